//! Spectra of a sample as shares that sum to 1, from the smaller side of its matrix.

use nalgebra::DMatrix;

use crate::error::{Error, finite};
use crate::linalg::{covariance, mean, second_moment, singular_values, symmetric_eigenvalues};
use crate::sample::Sample;

/// Singular values of the points as they are, uncentred, over their sum; `min(n, d)` of them,
/// largest first. Cost `O(n d min(n, d))`.
///
/// # Errors
/// [`Error::NonFiniteResult`] when all points are 0.
pub(crate) fn singular_shares(sample: &Sample) -> Result<Vec<f64>, Error> {
    let values = singular_values(sample.matrix())?;
    shares(values, "a share of the sum of the singular values")
}

/// Eigenvalues of the covariance over its trace, `min(n, d)` of them, largest first.
///
/// Rounding, that of the covariance included, leaves some `min(n, d) eps` of the largest eigenvalue, of
/// either sign, in place of an eigenvalue that is 0; what is not above 16 times that counts as 0.
/// Cost `O(n d min(n, d) + min(n, d)^3)`.
///
/// # Errors
/// [`Error::TooFewPoints`] for a single point; [`Error::SingularCovariance`] when all points are equal.
pub(crate) fn covariance_shares(sample: &Sample) -> Result<Vec<f64>, Error> {
    let matrix = smaller_covariance(sample)?;
    if matrix.trace() <= 0.0 {
        return Err(Error::SingularCovariance {
            dim: sample.dim(),
            coordinate: 0,
            residual: 0.0,
            tolerance: f64::MIN_POSITIVE,
        });
    }
    let mut values = symmetric_eigenvalues(&matrix)?;
    let rounding = 16.0 * values.len() as f64 * f64::EPSILON * values[0];
    for value in &mut values {
        if *value <= rounding {
            *value = 0.0;
        }
    }
    shares(values, "a share of the trace of the covariance")
}

fn shares(values: Vec<f64>, what: &'static str) -> Result<Vec<f64>, Error> {
    // Against the largest first: their sum could overflow.
    let largest = values.first().copied().unwrap_or(0.0);
    let sum: f64 = values.iter().map(|v| v / largest).sum();
    values
        .iter()
        .map(|v| finite(what, v / largest / sum))
        .collect()
}

/// The covariance, divisor `n - 1`, where `d <= n`; else the `n x n` products of the centred
/// points over `n - 1`, which have the same eigenvalues but for zeros.
pub(super) fn smaller_covariance(sample: &Sample) -> Result<DMatrix<f64>, Error> {
    let (n, dim) = (sample.n(), sample.dim());
    if dim <= n || n < 2 {
        return covariance(sample);
    }
    let mean = mean(sample);
    let centred = DMatrix::from_fn(n, dim, |i, j| sample.point(i)[j] - mean[j]);
    // Coordinates as points: their second moment is the matrix of products.
    Ok(second_moment(&Sample::new(centred)?)? * (dim as f64 / (n - 1) as f64))
}

/// `-sum p ln p`; a share of 0 adds nothing.
pub(super) fn shannon(shares: impl Iterator<Item = f64>) -> f64 {
    let terms = shares.map(|p| if p > 0.0 { p * p.ln() } else { 0.0 });
    -terms.sum::<f64>()
}
