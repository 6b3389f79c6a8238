use nalgebra::DMatrix;

use super::enough;
use crate::error::Error;
use crate::linalg::{Spd, centred, covariance};
use crate::sample::Sample;

/// The Cholesky factor of the covariance with divisor `n`, the one that maximises the likelihood.
///
/// Fails with [`Error::TooFewPoints`] when `n <= d`, and with [`Error::SingularCovariance`].
pub(super) fn fitted(method: &'static str, sample: &Sample) -> Result<Spd, Error> {
    let n = sample.n();
    enough(method, sample.dim() + 1, n)?;
    Spd::new(&(covariance(sample)? * ((n - 1) as f64 / n as f64)))
}

/// The points standardised: `L^-1 (x - mean)`, `L` the factor of [`fitted`].
///
/// Fails as [`fitted`], and with [`Error::TooFewPoints`] also for `n = d + 1`: these are always the corners of
/// a regular simplex, whatever the points were, and say nothing about their law.
pub(super) fn whitened(method: &'static str, sample: &Sample) -> Result<DMatrix<f64>, Error> {
    enough(method, sample.dim() + 2, sample.n())?;
    Ok(fitted(method, sample)?.whiten(&centred(sample)))
}
