use super::tail::two_sided_normal;
use super::whitened::whitened;
use super::{Entry, NormalityTest, Outcome, Tail, outcome};
use crate::error::Error;
use crate::sample::Sample;

/// Mardia's test of multivariate kurtosis.
///
/// `Z = (b - d(d+2)) / sqrt(8d(d+2)/n)`, `b = (1/n) sum_i ((x_i - m)^T S^-1 (x_i - m))^2`, `m` the mean and `S` the
/// covariance with divisor `n`; for Gaussian points nearly `N(0, 1)`; the p-value is two-sided.
///
/// Takes `n >= d + 2` points in `R^d`: any `d + 1` are the corners of one simplex once standardised.
/// Affine invariant. The law is a limit for `n -> infinity` that high dimensions are far
/// from: the mean of `b` is `d(d+2)(n-1)/(n+1)`, so that `Z` has mean `-sqrt(d(d+2)n/2)/(n+1)`, which is -1.5 for
/// `d = 64` and `n = 1000`, where the test rejects 0.30 of Gaussian samples at level 0.05. [`Calibrated`](super::Calibrated)
/// keeps the size. Cost `O(n d^2)`. Blind to the direction of `x - m`, and to the law of its length but for one moment.
///
/// # Errors
/// [`Error::TooFewPoints`] when `n < d + 2`, [`Error::SingularCovariance`], [`Error::NonFiniteResult`] on overflow.
///
/// # Source
/// Mardia 1970; Mardia 1974 for the mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MardiaKurtosis;

impl NormalityTest for MardiaKurtosis {
    fn name(&self) -> String {
        ENTRY.id.to_owned()
    }

    fn tail(&self) -> Tail {
        Tail::Both
    }

    fn test(&self, sample: &Sample) -> Result<Outcome, Error> {
        let (n, d) = (sample.n() as f64, sample.dim() as f64);
        let points = whitened(ENTRY.id, sample)?;
        let squares = points.column_iter().map(|point| point.norm_squared());
        let kurtosis = squares.map(|s| s * s).sum::<f64>() / n;
        let gaussian = d * (d + 2.0);
        let z = (kurtosis - gaussian) / (8.0 * gaussian / n).sqrt();
        outcome(ENTRY.id, z, two_sided_normal(z))
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "mardia_kurtosis",
    summary: "Mardia's test of the fourth power of the Mahalanobis length",
    parameters: &[],
    build: |_| Ok(Box::new(MardiaKurtosis)),
    defaults: &[],
};
