use nalgebra::DMatrix;

use super::enough;
use crate::error::Error;
use crate::linalg::{Spd, covariance, mean};
use crate::sample::Sample;

/// The points less their mean, one a column.
pub(super) fn centred(sample: &Sample) -> DMatrix<f64> {
    let origin = mean(sample);
    let mut points = sample.matrix().clone();
    for mut point in points.column_iter_mut() {
        point.iter_mut().zip(&origin).for_each(|(v, o)| *v -= o);
    }
    points
}

/// The Cholesky factor of the covariance with divisor `n`, the one that maximises the likelihood.
///
/// Fails with [`Error::TooFewPoints`] when `n <= d`, and with [`Error::SingularCovariance`].
pub(super) fn fitted(method: &'static str, sample: &Sample) -> Result<Spd, Error> {
    let n = sample.n();
    enough(method, sample.dim() + 1, n)?;
    Spd::new(&(covariance(sample)? * ((n - 1) as f64 / n as f64)))
}

/// The points standardised: `L^-1 (x - mean)`, `L` the factor of [`fitted`].
pub(super) fn whitened(method: &'static str, sample: &Sample) -> Result<DMatrix<f64>, Error> {
    Ok(fitted(method, sample)?.whiten(&centred(sample)))
}
