use std::f64::consts::TAU;

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::StandardNormal;

use super::{Law, Moments, Truth};
use crate::error::Error;
use crate::linalg::{Spd, triangular};
use crate::sample::Sample;
use crate::seed::Seed;

/// Points whose noise is drawn before they are placed, in parallel.
const TOGETHER: usize = 1024;

/// The Gaussian law `N(mean, covariance)`.
///
/// Density `exp(-(1/2) (x - m)^T S^-1 (x - m)) / sqrt((2 pi)^d det S)`, entropy
/// `(d/2) ln(2 pi e) + (1/2) ln det S`.
///
/// # Source
/// Cover & Thomas 2006, theorem 8.4.1.
#[derive(Debug, Clone, PartialEq)]
pub struct Gaussian {
    mean: DVector<f64>,
    covariance: Spd,
}

impl Gaussian {
    /// A Gaussian law in `R^d`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] when the covariance is not `d x d`, [`Error::NonFinite`] in the mean;
    /// [`Error::NotPositiveDefinite`] and [`Error::SingularCovariance`].
    pub fn new(mean: DVector<f64>, covariance: &DMatrix<f64>) -> Result<Self, Error> {
        if covariance.nrows() != mean.len() {
            return Err(Error::Mismatch {
                what: "rows of the covariance",
                expected: mean.len(),
                actual: covariance.nrows(),
            });
        }
        if let Some(coordinate) = mean.iter().position(|v| !v.is_finite()) {
            return Err(Error::NonFinite {
                point: 0,
                coordinate,
                value: mean[coordinate].to_string(),
            });
        }
        Ok(Self {
            mean,
            covariance: Spd::new(covariance)?,
        })
    }

    /// `N(0, I)` in `R^dim`.
    ///
    /// # Errors
    /// [`Error::NotPositiveDefinite`] for `dim` 0.
    pub fn standard(dim: usize) -> Result<Self, Error> {
        Self::new(DVector::zeros(dim), &DMatrix::identity(dim, dim))
    }

    /// Logarithm of the density at a point of `d` coordinates.
    pub fn ln_density(&self, point: &[f64]) -> f64 {
        let dim = self.mean.len() as f64;
        -0.5 * (dim * TAU.ln() + self.covariance.log_det() + self.squared(point))
    }

    /// `|L^-1 (point - mean)|^2`.
    pub(super) fn squared(&self, point: &[f64]) -> f64 {
        let shifted = DMatrix::from_fn(point.len(), 1, |i, _| point[i] - self.mean[i]);
        self.covariance.whiten(&shifted).norm_squared()
    }

    pub(crate) fn covariance(&self) -> &Spd {
        &self.covariance
    }

    /// Writes `mean + L noise` for standard normal noise, of one point or of several.
    pub(super) fn place(&self, noise: &[f64], points: &mut [f64]) {
        triangular::multiply(self.covariance.lower(), noise, points);
        for point in points.chunks_exact_mut(self.mean.len()) {
            for (target, mean) in point.iter_mut().zip(self.mean.iter()) {
                *target += mean;
            }
        }
    }
}

impl Law for Gaussian {
    fn dim(&self) -> usize {
        self.mean.len()
    }

    fn sample(&self, n: usize, seed: Seed) -> Sample {
        let dim = self.dim();
        let mut rng = seed.rng();
        let mut noise = vec![0.0; dim * n.min(TOGETHER)];
        let mut coordinates = vec![0.0; n * dim];
        for points in coordinates.chunks_mut(dim * TOGETHER) {
            let noise = &mut noise[..points.len()];
            noise.fill_with(|| rng.sample(StandardNormal));
            self.place(noise, points);
        }
        super::drawn(dim, coordinates)
    }

    fn entropy(&self) -> Truth {
        Truth::Exact(0.5 * (self.dim() as f64 * (1.0 + TAU.ln()) + self.covariance.log_det()))
    }

    fn moments(&self) -> Option<Moments> {
        let lower = self.covariance.lower();
        Some(Moments {
            mean: self.mean.clone(),
            covariance: lower * lower.transpose(),
        })
    }
}
