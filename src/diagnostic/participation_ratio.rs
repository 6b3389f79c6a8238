use super::rankme::few_points;
use super::spectrum::covariance_shares;
use super::{Diagnostic, Entry};
use crate::error::{Error, finite};
use crate::sample::Sample;

/// Participation ratio of the eigenvalues of the covariance.
///
/// `(sum_k l_k)^2 / sum_k l_k^2`, `l_k` the eigenvalues. Between 1 and the rank of the covariance,
/// and equal to it when all eigenvalues but the zeros are alike.
///
/// Takes `n > 1` points in `R^d`; a number of dimensions, the same in any units, after any
/// shift and any rotation. Cost `O(n d min(n, d) + min(n, d)^3)`.
///
/// # Errors
/// [`Error::TooFewPoints`] for a single point; [`Error::SingularCovariance`] when all points
/// are equal.
///
/// # Source
/// Gao, Trautmann, Yu, Santhanam, Ryu, Shenoy & Ganguli 2017.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ParticipationRatio;

impl ParticipationRatio {
    /// The same of the shares of a spectrum that is there: [`covariance_shares`](super::covariance_shares).
    ///
    /// # Errors
    /// [`Error::NonFiniteResult`].
    pub(crate) fn of_shares(&self, shares: &[f64]) -> Result<f64, Error> {
        let squares: f64 = shares.iter().map(|p| p * p).sum();
        finite(self.name(), 1.0 / squares)
    }
}

impl Diagnostic for ParticipationRatio {
    fn name(&self) -> String {
        format!("{}()", ENTRY.id)
    }

    fn unit(&self) -> &'static str {
        "dimensions"
    }

    fn measure(&self, sample: &Sample) -> Result<f64, Error> {
        self.of_shares(&covariance_shares(sample)?)
    }

    fn warnings(&self, sample: &Sample) -> Vec<String> {
        few_points(sample)
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "participation_ratio",
    summary: "squared trace of the covariance over the sum of its squared eigenvalues",
    parameters: &[],
    build: |_| Ok(Box::new(ParticipationRatio)),
    defaults: &["participation_ratio()"],
};
