use nalgebra::{DMatrix, DVector};
use rand::RngExt;

use super::{Law, Moments, Truth};
use crate::error::Error;
use crate::sample::Sample;
use crate::seed::Seed;

/// The uniform law on a box with sides parallel to the axes.
///
/// Entropy `sum_j ln(upper_j - lower_j)`: the logarithm of the volume.
///
/// # Source
/// Cover & Thomas 2006, section 8.1.
#[derive(Debug, Clone, PartialEq)]
pub struct UniformBox {
    lower: Vec<f64>,
    upper: Vec<f64>,
}

impl UniformBox {
    /// The box between two corners.
    ///
    /// # Errors
    /// [`Error::Mismatch`] when the corners differ in length, [`Error::Empty`] without coordinates,
    /// [`Error::InvalidParameter`] for a side that is not positive and finite.
    pub fn new(lower: Vec<f64>, upper: Vec<f64>) -> Result<Self, Error> {
        if lower.len() != upper.len() {
            return Err(Error::Mismatch {
                what: "coordinates of the upper corner",
                expected: lower.len(),
                actual: upper.len(),
            });
        }
        if lower.is_empty() {
            return Err(Error::Empty { n: 1, dim: 0 });
        }
        for (l, u) in lower.iter().zip(&upper) {
            let side = u - l;
            if !(side > 0.0 && side.is_finite()) {
                return Err(Error::invalid(
                    "side",
                    side,
                    "every side must be positive and finite",
                ));
            }
        }
        Ok(Self { lower, upper })
    }

    /// The unit cube `[0, 1]^dim`.
    ///
    /// # Errors
    /// [`Error::Empty`] for `dim` 0.
    pub fn unit(dim: usize) -> Result<Self, Error> {
        Self::new(vec![0.0; dim], vec![1.0; dim])
    }
}

impl Law for UniformBox {
    fn dim(&self) -> usize {
        self.lower.len()
    }

    fn sample(&self, n: usize, seed: Seed) -> Sample {
        let mut rng = seed.rng();
        let mut coordinates = Vec::with_capacity(n * self.dim());
        for _ in 0..n {
            for (lower, upper) in self.lower.iter().zip(&self.upper) {
                coordinates.push(lower + (upper - lower) * rng.random::<f64>());
            }
        }
        super::drawn(self.dim(), coordinates)
    }

    fn entropy(&self) -> Truth {
        Truth::Exact(
            self.lower
                .iter()
                .zip(&self.upper)
                .map(|(l, u)| (u - l).ln())
                .sum(),
        )
    }

    fn moments(&self) -> Option<Moments> {
        let (mean, variance): (Vec<f64>, Vec<f64>) = (self.lower.iter().zip(&self.upper))
            .map(|(l, u)| (f64::midpoint(*l, *u), (u - l).powi(2) / 12.0))
            .unzip();
        Some(Moments {
            mean: DVector::from_vec(mean),
            covariance: DMatrix::from_diagonal(&DVector::from_vec(variance)),
        })
    }
}
