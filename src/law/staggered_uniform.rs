use nalgebra::{DMatrix, DVector};
use rand::RngExt;

use super::{JointLaw, Moments, Truth};
use crate::error::Error;
use crate::sample::Paired;
use crate::seed::Seed;

/// `X` uniform on the letters `0, ..., m - 1`, `Y` uniform on `[X, X + 2]`: one half discrete, one
/// continuous.
///
/// Information `ln m - (m - 1)/m ln 2`: a `y` in `[0, 1)` or `[m, m + 1)` gives the letter away, any
/// other leaves two.
///
/// # Source
/// Gao, Kannan, Oh & Viswanath 2017 (arXiv 1709.06212), section 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StaggeredUniform {
    letters: u32,
}

impl StaggeredUniform {
    /// The law of `letters` letters, the `m` above.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] below two letters.
    pub fn new(letters: u32) -> Result<Self, Error> {
        if letters < 2 {
            return Err(Error::invalid("letters", letters, "at least 2"));
        }
        Ok(Self { letters })
    }
}

impl JointLaw for StaggeredUniform {
    fn dims(&self) -> (usize, usize) {
        (1, 1)
    }

    fn sample(&self, n: usize, seed: Seed) -> Paired {
        let mut rng = seed.rng();
        let (x, y) = (0..n)
            .map(|_| {
                let x = f64::from(rng.random_range(0..self.letters));
                (x, x + 2.0 * rng.random::<f64>())
            })
            .unzip();
        super::paired(super::drawn(1, x), super::drawn(1, y))
    }

    fn information(&self) -> Truth {
        let m = f64::from(self.letters);
        Truth::Exact(m.ln() - (m - 1.0) / m * std::f64::consts::LN_2)
    }

    /// `ln m` less the logarithm of the number of letters that `y` leaves.
    fn pointwise_information(&self, x: &[f64], y: &[f64]) -> Option<f64> {
        let (x, y, m) = (x[0], y[0], f64::from(self.letters));
        if y < x || y >= x + 2.0 {
            return Some(f64::NEG_INFINITY);
        }
        let left = if y < 1.0 || y >= m { 1.0 } else { 2.0_f64 };
        Some(m.ln() - left.ln())
    }

    fn moments(&self) -> Option<Moments> {
        let m = f64::from(self.letters);
        let (mean, variance) = (0.5 * (m - 1.0), (m * m - 1.0) / 12.0);
        Some(Moments {
            mean: DVector::from_vec(vec![mean, mean + 1.0]),
            covariance: DMatrix::from_row_slice(
                2,
                2,
                &[variance, variance, variance, variance + 1.0 / 3.0],
            ),
        })
    }
}
