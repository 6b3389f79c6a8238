use nalgebra::DMatrix;
use rayon::prelude::*;

use super::tail::chi_square;
use super::whitened::whitened;
use super::{Entry, NormalityTest, Outcome, Tail, outcome};
use crate::error::Error;
use crate::sample::Sample;

/// Mardia's test of multivariate skewness.
///
/// `n b / 6`, `b = (1/n^2) sum_ij g_ij^3`, `g_ij = (x_i - m)^T S^-1 (x_j - m)`, `m` the mean and `S` the covariance with
/// divisor `n`; for Gaussian points nearly chi-square with `d(d+1)(d+2)/6` degrees of freedom, which gives the p-value.
///
/// Takes `n >= d + 2` points in `R^d`: any `d + 1` are the corners of one simplex once standardised.
/// Affine invariant. The law is a limit for `n -> infinity`, reached the later the
/// higher `d`; [`Calibrated`](super::Calibrated) does not rely on it. Cost `O(n^2 d)` on all threads, memory
/// `O(n d)`. Blind to every law that is symmetric about its mean.
///
/// # Errors
/// [`Error::TooFewPoints`] when `n < d + 2`, [`Error::SingularCovariance`], [`Error::NonFiniteResult`] on overflow.
///
/// # Source
/// Mardia 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MardiaSkewness;

impl NormalityTest for MardiaSkewness {
    fn name(&self) -> String {
        ENTRY.id.to_owned()
    }

    fn tail(&self) -> Tail {
        Tail::Upper
    }

    fn test(&self, sample: &Sample) -> Result<Outcome, Error> {
        let (n, d) = (sample.n() as f64, sample.dim() as f64);
        let points = whitened(ENTRY.id, sample)?;
        let statistic = sum_of_cubes(&points) / n / 6.0;
        let degrees = d * (d + 1.0) * (d + 2.0) / 6.0;
        outcome(ENTRY.id, statistic, chi_square(statistic, degrees))
    }
}

/// `sum_ij <y_i, y_j>^3` over the columns.
fn sum_of_cubes(points: &DMatrix<f64>) -> f64 {
    // The products of two blocks stay in the second level of cache.
    const BLOCK: usize = 128;
    let (dim, n) = points.shape();
    let block = |b: usize| {
        let from = b * BLOCK;
        points.view((0, from), (dim, BLOCK.min(n - from)))
    };
    let rows: Vec<f64> = (0..n.div_ceil(BLOCK))
        .into_par_iter()
        .map(|b| {
            let left = block(b).transpose();
            let with = |other: usize| {
                let products = &left * block(other);
                products.iter().map(|g| g * g * g).sum::<f64>()
            };
            // The cubes are symmetric: a pair of blocks counts twice.
            2.0 * (0..b).map(with).sum::<f64>() + with(b)
        })
        .collect();
    rows.iter().sum()
}

pub(super) const ENTRY: Entry = Entry {
    id: "mardia_skewness",
    summary: "Mardia's test of multivariate third moments",
    parameters: &[],
    build: |_| Ok(Box::new(MardiaSkewness)),
    defaults: &[],
};
