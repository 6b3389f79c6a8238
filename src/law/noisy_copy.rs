use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::StandardNormal;

use super::{JointLaw, Moments, Truth};
use crate::error::Error;
use crate::sample::Paired;
use crate::seed::Seed;

/// `X` standard normal in `R^d`, `Y = X + e N` with standard normal `N`: nearly a copy for small `e`.
///
/// Information `(d/2) ln(1 + 1/e^2)`: without bound as `e` goes to 0, by `d` nats for every factor of
/// `1/e` by Euler's number. Nearest neighbours cannot follow beyond about `ln n`.
///
/// # Source
/// Cover & Thomas 2006, section 9.1 (the Gaussian channel).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoisyCopy {
    dim: usize,
    noise: f64,
}

impl NoisyCopy {
    /// The law in `R^dim x R^dim` with noise of standard deviation `noise`, the `e` above.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for `dim` 0, or unless `noise` is from `1e-8` to `1e8`: beyond, the
    /// sum keeps less than half of the digits of one of its terms.
    pub fn new(dim: usize, noise: f64) -> Result<Self, Error> {
        if dim == 0 {
            return Err(Error::invalid("dim", dim, "at least 1"));
        }
        if !(1e-8..=1e8).contains(&noise) {
            return Err(Error::invalid("noise", noise, "a number from 1e-8 to 1e8"));
        }
        Ok(Self { dim, noise })
    }
}

impl JointLaw for NoisyCopy {
    fn dims(&self) -> (usize, usize) {
        (self.dim, self.dim)
    }

    fn sample(&self, n: usize, seed: Seed) -> Paired {
        let mut rng = seed.rng();
        let (x, y) = (0..n * self.dim)
            .map(|_| {
                let (x, noise): (f64, f64) =
                    (rng.sample(StandardNormal), rng.sample(StandardNormal));
                (x, x + self.noise * noise)
            })
            .unzip();
        super::paired(super::drawn(self.dim, x), super::drawn(self.dim, y))
    }

    fn information(&self) -> Truth {
        Truth::Exact(0.5 * self.dim as f64 * self.noise.powi(-2).ln_1p())
    }

    fn pointwise_information(&self, x: &[f64], y: &[f64]) -> Option<f64> {
        let variance = self.noise * self.noise;
        let terms = x.iter().zip(y).map(|(x, y)| {
            let noise = (y - x) / self.noise;
            self.noise.powi(-2).ln_1p() + y * y / (1.0 + variance) - noise * noise
        });
        Some(0.5 * terms.sum::<f64>())
    }

    fn moments(&self) -> Option<Moments> {
        let dim = self.dim;
        let covariance = DMatrix::from_fn(2 * dim, 2 * dim, |i, j| {
            if i % dim != j % dim {
                0.0
            } else if i >= dim && j >= dim {
                1.0 + self.noise * self.noise
            } else {
                1.0
            }
        });
        Some(Moments {
            mean: DVector::zeros(2 * dim),
            covariance,
        })
    }
}
