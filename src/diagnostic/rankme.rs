use super::spectrum::{shannon, singular_shares};
use super::{Diagnostic, Entry};
use crate::error::{Error, finite};
use crate::parameters::Parameters;
use crate::sample::Sample;

/// Smooth rank of the points, as RankMe computes it.
///
/// `exp(-sum_k p_k ln p_k)`, `p_k = s_k / sum_l s_l + eps`, `s_k` the `min(n, d)` singular values
/// of the points, not centred: a common offset counts as one direction. The `p_k` sum to
/// `1 + min(n, d) eps`, so that the value may leave `[1, min(n, d)]` by a multiple of `eps`;
/// [`EffectiveRank`](super::EffectiveRank) does not.
///
/// Takes `n >= 1` points in `R^d`; a number of dimensions, the same in any units and after any
/// rotation. Cost `O(n d min(n, d))`.
///
/// # Errors
/// [`Error::NonFiniteResult`] when all points are 0.
///
/// # Source
/// Garrido, Balestriero, Najman & LeCun 2023.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankMe {
    eps: f64,
}

impl RankMe {
    /// Chooses what is added to every share; published: `1e-7`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless `eps` is at least 0 and below 1.
    pub fn new(eps: f64) -> Result<Self, Error> {
        if (0.0..1.0).contains(&eps) {
            Ok(Self { eps })
        } else {
            Err(Error::invalid("eps", eps, EPS))
        }
    }

    /// The same of the shares of a spectrum that is there: [`singular_shares`](super::singular_shares).
    ///
    /// # Errors
    /// [`Error::NonFiniteResult`].
    pub(crate) fn of_shares(&self, shares: &[f64]) -> Result<f64, Error> {
        let rank = shannon(shares.iter().map(|p| p + self.eps)).exp();
        finite(self.name(), rank)
    }
}

const EPS: &str = "a number, at least 0 and below 1";

impl Diagnostic for RankMe {
    fn name(&self) -> String {
        format!("{}(eps={:e})", ENTRY.id, self.eps)
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

/// A rank that the number of points limits is not one of the law.
pub(super) fn few_points(sample: &Sample) -> Vec<String> {
    let (n, dim) = (sample.n(), sample.dim());
    if n < 4 * dim {
        vec![format!(
            "{n} points in {dim} dimensions: so few spread the spectrum, and no rank exceeds {n}"
        )]
    } else {
        Vec::new()
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "rankme",
    summary: "exponential of the entropy of the singular values of the uncentred points",
    parameters: &[("eps", "1e-7")],
    build,
    defaults: &["rankme(eps=1e-7)"],
};

fn build(parameters: &Parameters) -> Result<Box<dyn Diagnostic>, Error> {
    Ok(Box::new(RankMe::new(parameters.value("eps", EPS)?)?))
}
