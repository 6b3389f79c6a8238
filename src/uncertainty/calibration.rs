use rayon::prelude::*;

use super::{Quantity, Twins};
use crate::error::Error;
use crate::seed::Seed;
use crate::stats::Summary;

/// Error of an estimator on Gaussian data with the size and the covariance of the user's.
///
/// Draws `R` Gaussian samples with the same number of points, mean and covariance
/// ([`Twins`]), estimates on each, and compares with the truth of that law
/// ([`Quantity::gaussian_truth`]): `bias = mean_r(estimate_r - truth)`.
///
/// It says what the estimator's error would be if the data were Gaussian. For data that are not,
/// it is a guide to the order of magnitude: the bias of nearest-neighbour estimators comes from
/// the number of points, the dimension and the strength of linear dependence first, and from the
/// shape of the density second. Heavy tails, clusters and points on a surface of lower dimension
/// are what it does not see. For an estimator that converges to a bound, the bias holds the
/// distance from the bound to the truth.
///
/// Cost: `R` estimates and `R` draws of `O(n d^2)`.
///
/// # Source
/// A parametric bootstrap of the bias, Efron & Tibshirani 1993, sections 6.5 and 10.2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// The value for the Gaussian law of the twins.
    pub truth: f64,
    /// The errors on the twins: their mean is the bias, `std_error` how well it is known, `std_dev`
    /// the standard deviation of one estimate.
    pub errors: Summary,
}

impl Calibration {
    /// Calibrates on `replicates` Gaussian twins of the data.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] below 2 replicates, which have no standard error; those of
    /// [`Twins::new`]; the first error of the estimator on a twin.
    pub fn new<Q>(
        quantity: &Q,
        data: &Q::Data,
        replicates: usize,
        seed: Seed,
    ) -> Result<Self, Error>
    where
        Q: Quantity + ?Sized,
    {
        if replicates < 2 {
            return Err(Error::invalid("replicates", replicates, "at least 2"));
        }
        let twins = Twins::new(data)?;
        let truth = quantity.gaussian_truth(&twins)?;
        let seed = seed.child("calibration");
        let errors = (0..replicates)
            .into_par_iter()
            .map(|r| Ok(quantity.estimate(&twins.draw(seed.child(r))?)? - truth))
            .collect::<Vec<_>>()
            .into_iter()
            .collect::<Result<Vec<f64>, Error>>()?;
        Ok(Self {
            truth,
            errors: Summary::new(&errors)?,
        })
    }

    /// A value with the bias removed.
    pub fn corrected(&self, value: f64) -> f64 {
        value - self.errors.mean
    }
    /// Reasons to read an estimate with care, in plain words.
    pub fn warnings(&self) -> Vec<String> {
        let Summary {
            mean,
            std_dev,
            std_error,
            ..
        } = self.errors;
        if mean.abs() - 3.0 * std_error <= std_dev {
            return Vec::new();
        }
        vec![format!(
            "on Gaussian data of this size and covariance the bias, {mean:.3}, is larger than the standard deviation, {std_dev:.3}: \
             an interval around the uncorrected value misses the truth"
        )]
    }
}
