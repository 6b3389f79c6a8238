//! The generalisation bound of self-supervised features on a downstream task, term by term, and bounds that a
//! user can rely on. One method a file.
//!
//! Features of `n` labelled points are fitted to their classes by least squares, and the question is how far
//! `W_S f(x)` is from the class `y` of a new point, in expectation. [`Observation`] reads the data, once;
//! [`Observation::bound`] answers from positive pairs under [`Assumptions`]. It holds, and says little: with
//! infinitely many points it is still three times the residual of the fit. [`certificate`]s say more. The
//! statement with its proof is in the [guide](crate::guide::bound).
//!
//! ```
//! use vicinfo::bound::{Assumptions, CUTOFF, Labels, Observation, Radius, Value, certificate};
//! use vicinfo::sample::{Paired, Sample};
//!
//! let features = Sample::from_points(1, vec![1.0, 2.0, -1.0])?;
//! let labels = Labels::from_names(&["cat", "cat", "dog"])?;
//! let positives = Paired::new(
//!     Sample::from_points(1, vec![2.0, -1.0])?,
//!     Sample::from_points(1, vec![1.0, 0.0])?,
//! )?;
//! let observation = Observation::new(&features, &labels, &positives, None, CUTOFF)?;
//! let assumptions = Assumptions::from_norm(&observation, 2.0, Radius::Declared(1.0), 0.05)?;
//! let bound = observation.bound(&assumptions)?;
//! // The bound needs the classes of the pairs, and says so.
//! assert!(matches!(bound.total, Value::Unknown(_)));
//! assert!(bound.term("residual_labelled").unwrap().known().is_some());
//!
//! // Weights against points that they were not fitted to: no classes but theirs, no positives.
//! let held_out = certificate::clopper_pearson(3, 100, 0.05)?;
//! assert!(held_out.value < 0.08);
//! # Ok::<(), vicinfo::Error>(())
//! ```
//!
//! Whether the bound holds tests little, since it always does. On a [`Population`], a law with finitely many
//! points, [`Events`] has both sides of every step of the proof, and these can fail.
//!
//! Every matrix is thin: nothing of size `n x n` is formed. 60 000 labelled points and as many pairs in 512
//! dimensions need the memory of the features and less than 0.3 GiB besides.

mod alternative;
mod assumption;
pub mod certificate;
pub mod complexity;
mod count;
mod curl;
mod downstream;
mod event;
mod informal;
mod labels;
mod least_squares;
mod observation;
mod population;
mod radius;
mod spend;
mod term;

pub use alternative::MeanNorm;
pub use assumption::{Assumptions, Complexities, Constants};
pub use count::CountShape;
pub use curl::{ContrastiveLoss, Curl, curl};
pub use event::{Event, Events};
pub use informal::Informal;
pub use labels::Labels;
pub use least_squares::{CUTOFF, LeastSquares, losses, spectral_norm, with_constant};
pub use observation::Observation;
pub use population::Population;
pub use radius::{Ball, Radius};
pub use spend::Spend;
pub use term::{Bound, Piece, Term, Value};
