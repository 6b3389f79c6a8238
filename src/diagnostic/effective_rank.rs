use super::rankme::few_points;
use super::spectrum::{shannon, singular_shares};
use super::{Diagnostic, Entry};
use crate::error::{Error, finite};
use crate::sample::Sample;

/// Effective rank of the points.
///
/// `exp(-sum_k p_k ln p_k)`, `p_k = s_k / sum_l s_l`, `s_k` the `min(n, d)` singular values of the
/// points, not centred; `0 ln 0 = 0`. Between 1 and the rank, and equal to it when all singular
/// values but the zeros are alike.
///
/// Takes `n >= 1` points in `R^d`; a number of dimensions, the same in any units and after any
/// rotation. Cost `O(n d min(n, d))`.
///
/// # Errors
/// [`Error::NonFiniteResult`] when all points are 0.
///
/// # Source
/// Roy & Vetterli 2007.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EffectiveRank;

impl EffectiveRank {
    /// The same of the shares of a spectrum that is there: [`singular_shares`](super::singular_shares).
    ///
    /// # Errors
    /// [`Error::NonFiniteResult`].
    pub(crate) fn of_shares(&self, shares: &[f64]) -> Result<f64, Error> {
        finite(self.name(), shannon(shares.iter().copied()).exp())
    }
}

impl Diagnostic for EffectiveRank {
    fn name(&self) -> String {
        format!("{}()", ENTRY.id)
    }

    fn unit(&self) -> &'static str {
        "dimensions"
    }

    fn measure(&self, sample: &Sample) -> Result<f64, Error> {
        self.of_shares(&singular_shares(sample)?)
    }

    fn warnings(&self, sample: &Sample) -> Vec<String> {
        few_points(sample)
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "effective_rank",
    summary: "as rankme, with nothing added to the shares: between 1 and the rank",
    parameters: &[],
    build: |_| Ok(Box::new(EffectiveRank)),
    defaults: &["effective_rank()"],
};
