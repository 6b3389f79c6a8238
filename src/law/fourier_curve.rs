use std::f64::consts::{SQRT_2, TAU};

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::StandardNormal;

use super::mixture::log_sum_exp;
use super::{JointLaw, Moments, Truth};
use crate::error::Error;
use crate::sample::Paired;
use crate::seed::Seed;

/// Two noisy views of one point of a closed curve: `X = c(T) + s N`, `Y = c(T) + s N'`.
///
/// `c(t) = sqrt(2) (cos t, sin t, cos 2t, sin 2t, ..., cos K t, sin K t)` with `T` uniform on the circle
/// has mean 0 and covariance `I` in `R^(2K)` exactly, and one latent dimension. Pointwise information
/// `ln [m(x, y) / (m(x) m(y))]`, `m` the means over `t` of the likelihoods
/// `exp(<c(t), x> / s^2 - K / s^2)` and of their product; a mean over equally spaced `t` is that of a
/// smooth periodic function, exact to rounding.
///
/// # Source
/// Trefethen & Weideman 2014 for the rule.
#[derive(Debug, Clone, PartialEq)]
pub struct FourierCurve {
    std: f64,
    /// The curve at equally spaced `t`, as columns.
    nodes: DMatrix<f64>,
    information: Truth,
}

/// More nodes would take gigabytes.
const MOST_NODES: f64 = 1e5;

/// Nodes that the rule needs.
///
/// Two views place `t` within `s / (sqrt(2) |c'|)`; with `h` the step, the rule errs by
/// `exp(-2 pi^2 (width / h)^2)`, here below 1e-15. The constant resolves weak likelihoods, whose
/// highest frequencies are some multiples of the harmonics.
fn nodes(harmonics: usize, std: f64) -> f64 {
    (12.0 * speed(harmonics) / std).ceil() + 8.0 * harmonics as f64 + 32.0
}

/// `|c'|`, the same everywhere.
fn speed(harmonics: usize) -> f64 {
    let squares = (1..=harmonics).map(|k| 2.0 * (k * k) as f64);
    squares.sum::<f64>().sqrt()
}

impl FourierCurve {
    /// The curve of `harmonics` frequencies, the `K` above, with noise of standard deviation `std`.
    /// `draws` pairs of stream `seed` give the information, in time `O(draws K^3 / s)`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for `harmonics` outside 1 to 100, for `std` that is not finite and
    /// positive or so small that more than 100 000 nodes would be needed; [`Error::TooFewPoints`] below
    /// 100 draws.
    pub fn new(harmonics: usize, std: f64, draws: usize, seed: Seed) -> Result<Self, Error> {
        if !(1..=100).contains(&harmonics) {
            return Err(Error::invalid("harmonics", harmonics, "from 1 to 100"));
        }
        let nodes = nodes(harmonics, std);
        if !(std > 0.0 && std.is_finite() && nodes <= MOST_NODES) {
            return Err(Error::invalid(
                "std",
                std,
                format!(
                    "a finite number, at least {:e} for {harmonics} harmonics",
                    12.0 * speed(harmonics) / MOST_NODES
                ),
            ));
        }
        let nodes = nodes as usize;
        let mut law = Self {
            std,
            nodes: DMatrix::zeros(2 * harmonics, nodes),
            information: Truth::Exact(0.0),
        };
        for (j, mut column) in law.nodes.column_iter_mut().enumerate() {
            curve(TAU * j as f64 / nodes as f64, column.as_mut_slice());
        }
        // The largest information is that of telling all nodes apart.
        law.information = super::monte_carlo_information(
            draws,
            seed,
            (nodes as f64).ln(),
            |n, seed| law.sample(n, seed),
            |x, y| law.pointwise(x, y),
        )?;
        Ok(law)
    }

    /// As many draws, at most `draws`, as `products` products pay for, and at least 100, which
    /// [`FourierCurve::new`] needs: fewer draws, a larger standard error.
    pub(super) fn affordable_draws(
        harmonics: usize,
        std: f64,
        draws: usize,
        products: f64,
    ) -> usize {
        let of_a_draw = 4.0 * harmonics as f64 * nodes(harmonics, std);
        draws.min((products / of_a_draw) as usize).max(100)
    }

    /// `ln` of the likelihood at every node.
    fn ln_likelihoods(&self, view: &[f64]) -> Vec<f64> {
        let precision = 1.0 / (self.std * self.std);
        let half_square = 0.5 * self.nodes.nrows() as f64;
        self.nodes
            .column_iter()
            .map(|node| {
                let product: f64 = view.iter().zip(node.iter()).map(|(v, c)| v * c).sum();
                (product - half_square) * precision
            })
            .collect()
    }

    fn pointwise(&self, x: &[f64], y: &[f64]) -> f64 {
        let (x, y) = (self.ln_likelihoods(x), self.ln_likelihoods(y));
        let both: Vec<f64> = x.iter().zip(&y).map(|(x, y)| x + y).collect();
        let ln_nodes = (self.nodes.ncols() as f64).ln();
        log_sum_exp(&both) - log_sum_exp(&x) - log_sum_exp(&y) + ln_nodes
    }
}

/// Writes `c(t)`.
fn curve(t: f64, point: &mut [f64]) {
    for (k, pair) in point.chunks_exact_mut(2).enumerate() {
        let (sin, cos) = ((k + 1) as f64 * t).sin_cos();
        (pair[0], pair[1]) = (SQRT_2 * cos, SQRT_2 * sin);
    }
}

impl JointLaw for FourierCurve {
    fn dims(&self) -> (usize, usize) {
        (self.nodes.nrows(), self.nodes.nrows())
    }

    fn sample(&self, n: usize, seed: Seed) -> Paired {
        let dim = self.nodes.nrows();
        let mut rng = seed.rng();
        let mut point = vec![0.0; dim];
        let (mut x, mut y) = (Vec::with_capacity(n * dim), Vec::with_capacity(n * dim));
        for _ in 0..n {
            curve(TAU * rng.random::<f64>(), &mut point);
            for view in [&mut x, &mut y] {
                for c in &point {
                    view.push(c + self.std * rng.sample::<f64, _>(StandardNormal));
                }
            }
        }
        super::paired(super::drawn(dim, x), super::drawn(dim, y))
    }

    fn information(&self) -> Truth {
        self.information
    }

    fn pointwise_information(&self, x: &[f64], y: &[f64]) -> Option<f64> {
        Some(self.pointwise(x, y))
    }

    fn moments(&self) -> Option<Moments> {
        let dim = self.nodes.nrows();
        let noise = self.std * self.std;
        Some(Moments {
            mean: DVector::zeros(2 * dim),
            covariance: DMatrix::from_fn(2 * dim, 2 * dim, |i, j| {
                if i == j {
                    1.0 + noise
                } else if i % dim == j % dim {
                    1.0
                } else {
                    0.0
                }
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 harmonics need 99 000 nodes for a noise of 0.1, 40 million products a draw.
    #[test]
    fn many_harmonics_take_fewer_draws() {
        let draws = |harmonics, std| FourierCurve::affordable_draws(harmonics, std, 40_000, 1e10);
        assert_eq!(draws(3, 0.1), 40_000);
        let few = draws(100, 0.1);
        let products = few as f64 * 400.0 * nodes(100, 0.1);
        assert!(few > 200 && products <= 1e10, "{few}: {products:e}");
        // What `new` needs at least, whatever it costs.
        assert_eq!(FourierCurve::affordable_draws(100, 0.1, 40_000, 1.0), 100);
    }
}
