use super::rankme::few_points;
use super::spectrum::{covariance_shares, shannon};
use super::{Diagnostic, Entry};
use crate::error::{Error, finite};
use crate::sample::Sample;

/// Von Neumann entropy of the covariance over its trace: how evenly variance spreads over directions.
///
/// `-sum_k p_k ln p_k`, `p_k` the eigenvalues of the covariance over their sum; `0 ln 0 = 0`.
/// Between 0 (one direction) and `ln d` (all alike). Not the entropy of the law of the points: a
/// factor on all coordinates leaves it as it is.
///
/// Takes `n > 1` points in `R^d`; returns nats. Cost `O(n d min(n, d) + min(n, d)^3)`.
///
/// # Errors
/// [`Error::TooFewPoints`] for a single point; [`Error::SingularCovariance`] when all points
/// are equal.
///
/// # Source
/// von Neumann 1927; for embeddings Kim, Kang, Hwang, Shin & Rhee 2023.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VonNeumannEntropy;

impl VonNeumannEntropy {
    /// The same of the shares of a spectrum that is there: [`covariance_shares`](super::covariance_shares).
    ///
    /// # Errors
    /// [`Error::NonFiniteResult`].
    pub(crate) fn of_shares(&self, shares: &[f64]) -> Result<f64, Error> {
        finite(self.name(), shannon(shares.iter().copied()))
    }
}

impl Diagnostic for VonNeumannEntropy {
    fn name(&self) -> String {
        format!("{}()", ENTRY.id)
    }

    fn unit(&self) -> &'static str {
        "nats"
    }

    fn measure(&self, sample: &Sample) -> Result<f64, Error> {
        self.of_shares(&covariance_shares(sample)?)
    }

    fn warnings(&self, sample: &Sample) -> Vec<String> {
        few_points(sample)
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "von_neumann_entropy",
    summary: "entropy of the eigenvalues of the covariance over its trace; blind to scale",
    parameters: &[],
    build: |_| Ok(Box::new(VonNeumannEntropy)),
    defaults: &["von_neumann_entropy()"],
};
