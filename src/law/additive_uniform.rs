use nalgebra::{DMatrix, DVector};
use rand::RngExt;

use super::{JointLaw, Moments, Truth};
use crate::error::Error;
use crate::sample::Paired;
use crate::seed::Seed;

/// `X` uniform on `[0, 1]`, `Y = X + N` with `N` uniform on `[-e, e]`.
///
/// Information `e - ln(2 e)` for `e <= 1/2`, else `1 / (4 e)`. The density has edges: nearest neighbours
/// are biased there.
///
/// # Source
/// Czyż et al. 2023 (arXiv 2306.11078), the additive-noise task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdditiveUniform {
    noise: f64,
}

impl AdditiveUniform {
    /// The law of half-width `noise`, the `e` above.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless `noise` is from `1e-8` to `1e8`: beyond, the sum keeps less
    /// than half of the digits of one of its terms.
    pub fn new(noise: f64) -> Result<Self, Error> {
        if (1e-8..=1e8).contains(&noise) {
            Ok(Self { noise })
        } else {
            Err(Error::invalid("noise", noise, "a number from 1e-8 to 1e8"))
        }
    }
}

impl JointLaw for AdditiveUniform {
    fn dims(&self) -> (usize, usize) {
        (1, 1)
    }

    fn sample(&self, n: usize, seed: Seed) -> Paired {
        let mut rng = seed.rng();
        let (x, y) = (0..n)
            .map(|_| {
                let (x, u): (f64, f64) = (rng.random(), rng.random());
                (x, x + self.noise * (2.0 * u - 1.0))
            })
            .unzip();
        super::paired(super::drawn(1, x), super::drawn(1, y))
    }

    fn information(&self) -> Truth {
        let e = self.noise;
        Truth::Exact(if e <= 0.5 {
            e - (2.0 * e).ln()
        } else {
            0.25 / e
        })
    }

    /// `-ln` of the share of `[y - e, y + e]` that `[0, 1]` covers, times `2 e`.
    fn pointwise_information(&self, x: &[f64], y: &[f64]) -> Option<f64> {
        let (x, y, e) = (x[0], y[0], self.noise);
        if (y - x).abs() > e {
            return Some(f64::NEG_INFINITY);
        }
        Some(-((y + e).min(1.0) - (y - e).max(0.0)).ln())
    }

    fn moments(&self) -> Option<Moments> {
        let (x, noise) = (1.0 / 12.0, self.noise * self.noise / 3.0);
        Some(Moments {
            mean: DVector::from_element(2, 0.5),
            covariance: DMatrix::from_row_slice(2, 2, &[x, x, x, x + noise]),
        })
    }
}
