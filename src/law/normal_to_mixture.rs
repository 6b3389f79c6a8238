use std::f64::consts::TAU;

use super::bijection::{normal_cdf, normal_quantile};
use super::{Increasing, root};
use crate::error::Error;

/// The increasing map that takes the standard normal law to a mixture of unit normal laws on the line.
///
/// `x -> F^-1(Phi(x))`, `F(y) = sum_i w_i Phi(y - m_i)`, `Phi` the standard normal distribution
/// function. Numbers above 0 go through the upper tails, so that no digits are lost there.
///
/// # Source
/// Czyż et al. 2023 (arXiv 2306.11078), the bimodal task.
#[derive(Debug, Clone, PartialEq)]
pub struct NormalToMixture {
    weights: Vec<f64>,
    means: Vec<f64>,
}

impl NormalToMixture {
    /// The map onto the mixture of these weights and means.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for different numbers of weights and means; [`Error::InvalidParameter`]
    /// for a weight that is not positive, weights whose sum is off 1 by more than `1e-12`, or a mean
    /// that is not finite.
    pub fn new(weights: Vec<f64>, means: Vec<f64>) -> Result<Self, Error> {
        if means.len() != weights.len() {
            return Err(Error::Mismatch {
                what: "means of a mixture",
                expected: weights.len(),
                actual: means.len(),
            });
        }
        if let Some(weight) = weights.iter().find(|w| w.is_nan() || **w <= 0.0) {
            return Err(Error::invalid("weight", weight, "a positive number"));
        }
        let total: f64 = weights.iter().sum();
        if total.is_nan() || (total - 1.0).abs() > 1e-12 {
            return Err(Error::invalid("weights", total, "their sum must be 1"));
        }
        if let Some(mean) = means.iter().find(|m| !m.is_finite()) {
            return Err(Error::invalid("mean", mean, "a finite number"));
        }
        Ok(Self { weights, means })
    }

    fn sum(&self, of: impl Fn(f64) -> f64) -> f64 {
        self.weights
            .iter()
            .zip(&self.means)
            .map(|(w, m)| w * of(*m))
            .sum()
    }

    fn density(&self, y: f64) -> f64 {
        self.sum(|m| density(y - m))
    }
}

fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / TAU.sqrt()
}

impl Increasing for NormalToMixture {
    fn name(&self) -> String {
        format!(
            "normal_to_mixture(weights={:?},means={:?})",
            self.weights, self.means
        )
    }

    fn value(&self, x: f64) -> f64 {
        let smallest = self.means.iter().copied().fold(f64::INFINITY, f64::min);
        let largest = self.means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let target = normal_cdf(-x.abs());
        root::increasing(x + smallest, x + largest, |y| {
            let excess = if x <= 0.0 {
                self.sum(|m| normal_cdf(y - m)) - target
            } else {
                target - self.sum(|m| normal_cdf(m - y))
            };
            (excess, self.density(y))
        })
    }

    fn inverse(&self, y: f64) -> f64 {
        let (below, above) = (
            self.sum(|m| normal_cdf(y - m)),
            self.sum(|m| normal_cdf(m - y)),
        );
        if below <= above {
            normal_quantile(below)
        } else {
            -normal_quantile(above)
        }
    }

    fn ln_derivative(&self, x: f64) -> f64 {
        density(x).ln() - self.density(self.value(x)).ln()
    }
}
