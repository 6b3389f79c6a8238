//! Suites for anyone's estimators, laws and maps.
//!
//! A suite runs named checks and returns the ones that fail, with their numbers. Which checks run
//! follows from what the estimator [promises](crate::entropy::Promises): the invariances it claims,
//! and the side of the truth it claims to lie on. Every sample comes from a fixed stream, so that
//! a suite gives the same answer every time.
//!
//! An estimator of your own passes like this:
//!
//! ```
//! use vicinfo::conformance;
//! use vicinfo::entropy::{EntropyEstimator, Promises, Side};
//! use vicinfo::error::Error;
//! use vicinfo::sample::Sample;
//!
//! /// One dimension only: entropy of the Gaussian with the same variance.
//! struct FromVariance;
//!
//! impl EntropyEstimator for FromVariance {
//!     fn name(&self) -> String {
//!         "from_variance()".into()
//!     }
//!     fn promises(&self) -> Promises {
//!         Promises {
//!             translation: true,
//!             scaling: true,
//!             rotation: true,
//!             unbiased_on_gaussian: false,
//!             side: Side::Above,
//!         }
//!     }
//!     fn entropy(&self, sample: &Sample) -> Result<f64, Error> {
//!         let log_det = vicinfo::linalg::Spd::new(&vicinfo::linalg::covariance(sample)?)?.log_det();
//!         let constant = (2.0 * std::f64::consts::PI * std::f64::consts::E).ln();
//!         Ok(0.5 * (sample.dim() as f64 * constant + log_det))
//!     }
//! }
//!
//! assert!(conformance::entropy(&FromVariance).is_empty());
//! ```
//!
//! Leave out the factor `d` before the constant, and the checks that see it say so by name; [`entropy_check`] runs a
//! single one again while you mend it:
//!
//! ```
//! # use vicinfo::conformance;
//! # use vicinfo::entropy::{EntropyEstimator, Promises, Side};
//! # use vicinfo::error::Error;
//! # use vicinfo::sample::Sample;
//! struct WithoutDimension;
//!
//! impl EntropyEstimator for WithoutDimension {
//!     // name and promises as above
//! #   fn name(&self) -> String { "without_dimension()".into() }
//! #   fn promises(&self) -> Promises {
//! #       Promises { translation: true, scaling: true, rotation: true, unbiased_on_gaussian: false, side: Side::Above }
//! #   }
//!     fn entropy(&self, sample: &Sample) -> Result<f64, Error> {
//!         let log_det = vicinfo::linalg::Spd::new(&vicinfo::linalg::covariance(sample)?)?.log_det();
//!         let constant = (2.0 * std::f64::consts::PI * std::f64::consts::E).ln();
//!         Ok(0.5 * (constant + log_det))
//!     }
//! }
//!
//! let failures = conformance::entropy(&WithoutDimension);
//! assert!(failures.iter().any(|failure| failure.check == "side"));
//! let side = conformance::entropy_check(&WithoutDimension, "side")?;
//! assert!(side.is_some_and(|failure| failure.detail.contains("nats")));
//! # Ok::<(), vicinfo::Error>(())
//! ```

mod bijection;
mod entropy;
mod information;
mod law;

pub use bijection::{bijection, bijection_check, bijection_checks};
pub use entropy::{entropy, entropy_check, entropy_checks};
pub use information::{information, information_check, information_checks};
pub use law::{joint_law, joint_law_check, joint_law_checks, law, law_check, law_checks};

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;

use crate::error::Error;
use crate::sample::Sample;
use crate::seed::Seed;
use crate::stats::Summary;

/// A check that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Name of the check.
    pub check: &'static str,
    /// What was found, with its numbers.
    pub detail: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.check, self.detail)
    }
}

/// Outcome of one check: nothing, or what was found.
type Outcome = Result<(), String>;

/// Largest departure from an exact invariance: rounding of sums over some hundred points.
const ROUNDING: f64 = 1e-8;
/// Standard errors that a mean keeps from the line.
const Z: f64 = 6.0;
/// Replicates behind a mean.
const REPLICATES: usize = 16;
/// Factors of units that no data have: their squares are doubles, most determinants are not.
const EXTREME: [i32; 2] = [-500, 500];

fn seed(check: &str) -> Seed {
    Seed::root(0).child("conformance").child(check)
}

/// Runs a check, turning a panic into a finding.
fn guarded(check: impl FnOnce() -> Outcome) -> Outcome {
    catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(|_| Err("it panicked".to_owned()))
}

fn normal(dim: usize, n: usize, seed: Seed) -> Sample {
    let mut rng = seed.rng();
    let noise = DMatrix::from_fn(dim, n, |_, _| rng.sample::<f64, _>(StandardNormal));
    Sample::new(noise).expect("normal draws are finite")
}

fn mapped(sample: &Sample, map: impl Fn(&[f64], &mut [f64])) -> Sample {
    sample
        .map(sample.dim(), map)
        .expect("the map keeps finite points finite")
}

fn scaled(sample: &Sample, factor: f64) -> Sample {
    mapped(sample, |x, y| {
        y.iter_mut().zip(x).for_each(|(y, x)| *y = factor * x)
    })
}

fn shifted(sample: &Sample) -> Sample {
    mapped(sample, |x, y| {
        for (j, (y, x)) in y.iter_mut().zip(x).enumerate() {
            *y = x + 3.0 - 5.0 * j as f64;
        }
    })
}

/// The coordinates on a grid of `2^-20`, as they are and far from 0: the differences are the same bits.
fn near_and_far(sample: &Sample) -> (Sample, Sample) {
    const STEP: f64 = 1.0 / 1_048_576.0;
    const OFFSET: f64 = 16_777_216.0;
    let near = mapped(sample, |x, y| {
        y.iter_mut()
            .zip(x)
            .for_each(|(y, x)| *y = (x / STEP).round() * STEP);
    });
    let far = mapped(&near, |x, y| {
        y.iter_mut().zip(x).for_each(|(y, x)| *y = x + OFFSET)
    });
    (near, far)
}

fn reversed(sample: &Sample) -> Sample {
    let order: Vec<usize> = (0..sample.n()).rev().collect();
    sample
        .select(&order)
        .expect("the indices are those of the sample")
}

/// Turns neighbouring coordinates by 0.7 rad; one coordinate changes its sign.
fn rotated(sample: &Sample) -> Sample {
    let (sin, cos) = 0.7_f64.sin_cos();
    mapped(sample, |x, y| {
        y.copy_from_slice(x);
        if x.len() == 1 {
            y[0] = -x[0];
        }
        for j in 0..x.len() - 1 {
            (y[j], y[j + 1]) = (cos * y[j] - sin * y[j + 1], sin * y[j] + cos * y[j + 1]);
        }
    })
}

/// `value` must be `expected` up to rounding.
fn same(what: &str, value: Result<f64, Error>, expected: f64) -> Outcome {
    match value {
        Ok(value) if (value - expected).abs() <= ROUNDING * (1.0 + expected.abs()) => Ok(()),
        Ok(value) => Err(format!("{what}: {value} instead of {expected}")),
        Err(error) => Err(format!("{what}: {error}")),
    }
}

/// As [`same`], where the arithmetic may leave the range of doubles: then an error, not a wrong number.
fn same_or_refused(what: &str, value: Result<f64, Error>, expected: f64) -> Outcome {
    match value {
        Err(_) => Ok(()),
        value => same(what, value, expected),
    }
}

/// Errors of an estimator over replicates.
fn errors(replicates: usize, run: impl Fn(usize) -> Result<f64, Error>) -> Result<Summary, String> {
    let errors = (0..replicates)
        .map(run)
        .collect::<Result<Vec<f64>, Error>>()
        .map_err(|error| error.to_string())?;
    Summary::new(&errors).map_err(|error| error.to_string())
}

/// The mean error must lie within the interval, up to its noise.
fn within(what: &str, errors: Summary, low: f64, high: f64) -> Outcome {
    let margin = Z * errors.std_error;
    if errors.mean + margin < low || errors.mean - margin > high {
        Err(format!(
            "{what}: mean error {:.4} ± {:.4} nats, allowed from {low:.4} to {high:.4}",
            errors.mean, errors.std_error
        ))
    } else {
        Ok(())
    }
}

/// A degenerate sample may be refused or measured, but never end in a number that is not finite.
fn refused_or_finite(what: &str, value: Result<f64, Error>) -> Outcome {
    match value {
        Ok(value) if !value.is_finite() => Err(format!("{what}: returned {value}")),
        _ => Ok(()),
    }
}

fn collect<C>(
    checks: impl Iterator<Item = (&'static str, C)>,
    run: impl Fn(C) -> Outcome,
) -> Vec<Failure> {
    checks
        .filter_map(|(check, function)| {
            let outcome = guarded(|| run(function));
            outcome.err().map(|detail| Failure { check, detail })
        })
        .collect()
}

/// One of the checks, by its name.
fn named<C: Copy>(
    checks: &[(&'static str, &'static str, C)],
    name: &str,
) -> Result<(&'static str, C), Error> {
    let found = checks.iter().find(|(known, ..)| *known == name);
    found
        .map(|(known, _, check)| (*known, *check))
        .ok_or_else(|| {
            let known: Vec<&str> = checks.iter().map(|(known, ..)| *known).collect();
            Error::invalid("check", name, format!("one of {}", known.join(", ")))
        })
}

/// The value in a pool of so many threads.
fn on_threads<T: Send>(threads: usize, run: impl Fn() -> T + Sync) -> Result<T, String> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|error| error.to_string())
        .map(|pool| pool.install(&run))
}

/// The same value in pools of one and of two threads.
fn same_on_threads(run: impl Fn() -> Result<f64, Error> + Sync) -> Outcome {
    let on = |threads: usize| on_threads(threads, || run().map(f64::to_bits));
    let values = [on(1)?, on(1)?, on(2)?];
    if values.iter().all(|value| *value == values[0]) {
        Ok(())
    } else {
        Err(format!(
            "bits differ between two calls, or between 1 and 2 threads: {values:x?}"
        ))
    }
}
