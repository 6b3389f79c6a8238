use nalgebra::DMatrix;

use crate::error::Error;
use crate::linalg;
use crate::linalg::product::{product, symmetric_product, view};
use crate::sample::Sample;

/// The points less their mean.
pub(super) struct Centred {
    points: DMatrix<f64>,
}

impl Centred {
    /// Subtracts the mean.
    pub(super) fn new(sample: &Sample) -> Result<Self, Error> {
        super::several("a covariance", sample)?;
        Ok(Self {
            points: linalg::centred(sample),
        })
    }

    pub(super) fn points(&self) -> &DMatrix<f64> {
        &self.points
    }

    /// `1 / (n - 1)`.
    pub(super) fn share(&self) -> f64 {
        1.0 / (self.points.ncols() - 1) as f64
    }

    /// The covariance, divisor `n - 1`.
    pub(super) fn covariance(&self) -> DMatrix<f64> {
        symmetric_product(view(&self.points), self.share())
    }

    /// The `n x n` products of the points over `n - 1`, with the eigenvalues of the covariance.
    pub(super) fn gram(&self) -> DMatrix<f64> {
        symmetric_product(view(&self.points).transpose(), self.share())
    }

    /// The diagonal of the covariance.
    pub(super) fn variances(&self) -> Vec<f64> {
        let mut squares = vec![0.0; self.points.nrows()];
        for point in self.points.as_slice().chunks_exact(squares.len()) {
            for (s, v) in squares.iter_mut().zip(point) {
                *s += v * v;
            }
        }
        squares.iter().map(|s| s * self.share()).collect()
    }

    /// Derivatives with respect to the points from the symmetric matrix of derivatives with respect
    /// to the covariance, `2 / (n - 1) G Z`. That they pass through the mean changes nothing: the
    /// centred points sum to 0.
    pub(super) fn pull(&self, slope: &DMatrix<f64>) -> DMatrix<f64> {
        product(view(slope), view(&self.points)) * (2.0 * self.share())
    }

    /// As [`Centred::pull`] from the products of points.
    pub(super) fn pull_gram(&self, slope: &DMatrix<f64>) -> DMatrix<f64> {
        product(view(&self.points), view(slope)) * (2.0 * self.share())
    }
}
