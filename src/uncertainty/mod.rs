//! How far a number from data may be trusted. One method a file.
//!
//! An estimate comes with three questions, and each has its method:
//!
//! * **How much would it vary over other samples of this size?** [`Subsampling`]: the standard
//!   error, from the spread over disjoint parts of the sample.
//! * **Could it come from independent halves?** [`Permutation`]: an exact test, which breaks the
//!   pairs and nothing else.
//! * **How wrong is it on average, at this size and dimension?** [`Calibration`]: the bias on
//!   Gaussian samples with the same covariance, whose truth is known.
//!
//! All of them take a [`Quantity`], so that they work for every entropy and information estimator
//! and for a statistic of your own. Numbers are drawn from a labelled [`Seed`](crate::seed::Seed):
//! results are bitwise equal for every number of threads, and every estimator sees the same draws.
//!
//! Resampling *with* replacement, the usual bootstrap, is not here: it repeats points, and a
//! nearest-neighbour estimator meets distances of zero. It then refuses, or, where it has a rule
//! for ties, takes the repetitions for structure.
//!
//! ```
//! use vicinfo::information::{Ksg1, Ties};
//! use vicinfo::law::{JointGaussian, JointLaw};
//! use vicinfo::seed::Seed;
//! use vicinfo::uncertainty::{Information, Permutation, Subsampling};
//!
//! let pairs = JointGaussian::sparse(1, 1, &[0.5])?.sample(500, Seed::root(1));
//! let ksg = Ksg1::new(3, Ties::Reject)?;
//! let spread = Subsampling::new(&Information(&ksg), &pairs, Seed::root(2))?;
//! assert!(spread.std_error > 0.01 && spread.std_error < 0.1);
//! let test = Permutation::new(&Information(&ksg), &pairs, 99, Seed::root(3))?;
//! assert_eq!(test.p_value, 0.01);
//! # Ok::<(), vicinfo::Error>(())
//! ```

mod calibration;
mod permutation;
mod quantity;
mod subsampling;

pub use calibration::Calibration;
pub use permutation::Permutation;
pub use quantity::{Data, Entropy, Information, Quantity, Twins};
pub use subsampling::{Level, Rate, Subsampling};
