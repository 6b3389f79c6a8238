use std::f64::consts::TAU;

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use super::{Gaussian, Law, Moments, Truth};
use crate::error::{Error, finite};
use crate::linalg::{Spd, pseudo_inverse};
use crate::sample::Sample;
use crate::seed::Seed;
use crate::stats::Summary;

/// A mixture of `N` Gaussian laws in `R^d`, `p = sum_i w_i N(m_i, S_i)`.
///
/// Its entropy has no closed form: [`Law::entropy`] gives the bounds of
/// [`Mixture::bounds`], [`Mixture::monte_carlo_entropy`] a value with its standard error.
#[derive(Debug, Clone)]
pub struct Mixture {
    parts: Parts,
    bounds: EntropyBounds,
}

#[derive(Debug, Clone)]
struct Parts {
    weights: Vec<f64>,
    means: DMatrix<f64>,
    components: Vec<Gaussian>,
    whiteners: Vec<Whitener>,
}

/// `L^-1` of a component, so that a density costs no solve.
#[derive(Debug, Clone)]
enum Whitener {
    /// Of a multiple of the identity.
    Scale(f64),
    /// Of any covariance, lower triangular.
    Full(DMatrix<f64>),
}

impl Whitener {
    fn new(covariance: &Spd) -> Self {
        let lower = covariance.lower();
        let dim = lower.nrows();
        if *lower == DMatrix::identity(dim, dim) * lower[(0, 0)] {
            Self::Scale(1.0 / lower[(0, 0)])
        } else {
            Self::Full(covariance.whiten(&DMatrix::identity(dim, dim)))
        }
    }

    /// `|L^-1 (point - mean)|^2`.
    fn squared(&self, point: &[f64], mean: &[f64]) -> f64 {
        match self {
            Self::Scale(scale) => {
                let squared: f64 = point.iter().zip(mean).map(|(x, m)| (x - m) * (x - m)).sum();
                squared * scale * scale
            }
            Self::Full(matrix) => (0..point.len())
                .map(|i| {
                    let row: f64 = (0..=i).map(|k| matrix[(i, k)] * (point[k] - mean[k])).sum();
                    row * row
                })
                .sum(),
        }
    }
}

/// Bounds on the entropy of a mixture, in nats.
///
/// `h` is the mean entropy of the components, `sum_i w_i h(N(m_i, S_i))`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EntropyBounds {
    /// `h - sum_i w_i ln sum_j w_j exp(-KL_ij)`: upper bound.
    pub kl_upper: f64,
    /// `h - sum_i w_i ln sum_j w_j exp(-BD_ij)`, `BD` the Bhattacharyya distance: lower bound.
    pub bhattacharyya_lower: f64,
    /// `-sum_i w_i ln sum_j w_j N(m_i; m_j, S_i + S_j)`: lower bound.
    pub expected_likelihood_lower: f64,
    /// Entropy of the Gaussian of the same covariance: upper bound.
    pub log_det_upper: f64,
    /// `h` plus the entropy of the weights: upper bound, attained by components without overlap.
    pub no_overlap_upper: f64,
    /// `h + sum_ij w_i w_j KL_ij`: an upper bound that Jensen's inequality loosens beyond use.
    pub mean_pairwise_kl: f64,
}

impl Mixture {
    /// A mixture from `N` weights, a `d x N` matrix of means and `N` covariances. Cost
    /// `O(N^2 d^3)`, for the bounds.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for numbers that do not fit; [`Error::InvalidParameter`] for a weight
    /// that is not positive or weights whose sum is off 1 by more than `1e-12`; as
    /// [`Gaussian::new`] for the components and for the mixture's covariance.
    pub fn new(
        weights: Vec<f64>,
        means: DMatrix<f64>,
        covariances: Vec<DMatrix<f64>>,
    ) -> Result<Self, Error> {
        let n = weights.len();
        for (what, actual) in [
            ("means of a mixture", means.ncols()),
            ("covariances of a mixture", covariances.len()),
        ] {
            if actual != n {
                return Err(Error::Mismatch {
                    what,
                    expected: n,
                    actual,
                });
            }
        }
        if let Some(weight) = weights.iter().find(|w| w.is_nan() || **w <= 0.0) {
            return Err(Error::invalid("weight", weight, "a positive number"));
        }
        let total: f64 = weights.iter().sum();
        if total.is_nan() || (total - 1.0).abs() > 1e-12 {
            return Err(Error::invalid("weights", total, "their sum must be 1"));
        }
        let components = (means.column_iter().zip(&covariances))
            .map(|(mean, covariance)| Gaussian::new(mean.into_owned(), covariance))
            .collect::<Result<Vec<_>, _>>()?;
        let whiteners = components
            .iter()
            .map(|c| Whitener::new(c.covariance()))
            .collect();
        let parts = Parts {
            weights,
            means,
            components,
            whiteners,
        };
        let bounds = parts.pairwise_bounds()?;
        Ok(Self { parts, bounds })
    }

    /// Bounds on the entropy from pairs of components.
    ///
    /// # Source
    /// Kolchinsky & Tracey 2017, eqs. 10-13; Jebara, Kondor & Howard 2004 for the kernel.
    pub fn bounds(&self) -> EntropyBounds {
        self.bounds
    }

    /// The weights.
    pub fn weights(&self) -> &[f64] {
        &self.parts.weights
    }

    /// The means as columns.
    pub fn means(&self) -> &DMatrix<f64> {
        &self.parts.means
    }

    /// The covariance of component `i`.
    ///
    /// # Panics
    /// When there is no such component.
    pub fn component_covariance(&self, i: usize) -> DMatrix<f64> {
        self.parts.component_covariance(i)
    }

    /// The mean of the mixture.
    pub fn mean(&self) -> DVector<f64> {
        self.parts.mean()
    }

    /// The covariance of the mixture, `sum_i w_i (S_i + (m_i - m)(m_i - m)^T)`.
    pub fn covariance(&self) -> DMatrix<f64> {
        self.parts.covariance()
    }

    /// Logarithm of the density at a point of `d` coordinates. Cost `O(N d^2)`, or `O(N d)` for
    /// components whose covariance is a multiple of the identity.
    pub fn ln_density(&self, point: &[f64]) -> f64 {
        self.parts.ln_density(point)
    }

    /// Entropy as a Monte-Carlo mean over `draws` points, with its standard error. Cost
    /// `O(draws N d^2)`; the same number for any number of threads.
    ///
    /// The mean of `-ln p(x)` less its least-squares fit by three control variates of mean zero.
    /// With `r_j` the probability that component `j` made `x`, they are the sums over `j` of
    /// `r_j (|L_j^-1 (x - m_j)|^2 - d) / 2` and of `r_j (h_j - ln w_j)` less its mean, and
    /// `(|L^-1 (x - m)|^2 - d) / 2` for the covariance `L L^T` of the mixture. Less the first two,
    /// `-ln p` is a constant minus the entropy of `r`, which lies between 0 and `ln N` and is nearly
    /// 0 for a separated mixture; the third is all that a nearly Gaussian one fluctuates by. The
    /// bias that the fit costs is of order `1 / draws`.
    ///
    /// The standard error includes `ln N / draws`: places of overlap that are too rare to be drawn
    /// leave no trace in the spread of the terms, and hold up to that much.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] below 100 draws, which the coefficients need.
    pub fn monte_carlo_entropy(&self, draws: usize, seed: Seed) -> Result<Truth, Error> {
        const BLOCK: usize = 1024;
        if draws < 100 {
            return Err(Error::TooFewPoints {
                method: "a Monte-Carlo entropy",
                required: 100,
                actual: draws,
            });
        }
        let half_dim = 0.5 * self.dim() as f64;
        let whole = Whitener::new(&Spd::new(&self.covariance())?);
        let mean = self.mean();
        let codes: Vec<f64> = (self.parts.components.iter().zip(&self.parts.weights))
            .map(|(component, weight)| 0.5 * component.covariance().log_det() - weight.ln())
            .collect();
        let mean_code: f64 = (codes.iter().zip(&self.parts.weights))
            .map(|(c, w)| c * w)
            .sum();
        let rows: Vec<[f64; 4]> = (0..draws.div_ceil(BLOCK))
            .into_par_iter()
            .flat_map_iter(|block| {
                let count = BLOCK.min(draws - block * BLOCK);
                let points = self.sample(count, seed.child(block));
                let mut squares = vec![0.0; codes.len()];
                let mut terms = vec![0.0; codes.len()];
                let rows: Vec<[f64; 4]> = (points.points())
                    .map(|point| {
                        for (i, (square, term)) in squares.iter_mut().zip(&mut terms).enumerate() {
                            *square = 0.5 * self.parts.squared(i, point);
                            *term = -codes[i] - *square;
                        }
                        let total = log_sum_exp(&terms);
                        let (mut within, mut code) = (0.0, 0.0);
                        for ((term, square), c) in terms.iter().zip(&squares).zip(&codes) {
                            let share = (term - total).exp();
                            within += share * square;
                            code += share * c;
                        }
                        let across = 0.5 * whole.squared(point, mean.as_slice());
                        [
                            half_dim * TAU.ln() - total,
                            within - half_dim,
                            code - mean_code,
                            across - half_dim,
                        ]
                    })
                    .collect();
                rows
            })
            .collect();
        let count = draws as f64;
        let centre: Vec<f64> = (0..4)
            .map(|k| rows.iter().map(|row| row[k]).sum::<f64>() / count)
            .collect();
        let product = |i: usize, j: usize| -> f64 {
            rows.iter()
                .map(|row| (row[i] - centre[i]) * (row[j] - centre[j]))
                .sum()
        };
        let products = DMatrix::from_fn(3, 3, |i, j| product(i + 1, j + 1));
        let targets = DMatrix::from_fn(3, 1, |i, _| product(i + 1, 0));
        // With one component two controls are one and the third is zero: least norm serves.
        let coefficients = pseudo_inverse(&products, 1e-10)? * targets;
        let residuals: Vec<f64> = (rows.iter())
            .map(|row| row[0] - (0..3).map(|k| coefficients[k] * row[k + 1]).sum::<f64>())
            .collect();
        let summary = Summary::new(&residuals)?;
        let unseen = (self.parts.weights.len() as f64).ln() / count;
        Ok(Truth::MonteCarlo {
            value: finite("the Monte-Carlo entropy", summary.mean)?,
            std_error: summary.std_error.hypot(unseen),
        })
    }

    /// Draws a point.
    fn draw(&self, rng: &mut ChaCha8Rng, noise: &mut [f64], point: &mut [f64]) {
        let mut left: f64 = rng.random();
        // Rounding can leave a rest behind the last weight; that is the last component's.
        let component = (self.parts.weights.iter())
            .position(|weight| {
                left -= weight;
                left < 0.0
            })
            .unwrap_or(self.parts.weights.len() - 1);
        noise.fill_with(|| rng.sample(StandardNormal));
        self.parts.components[component].place(noise, point);
    }
}

impl Parts {
    fn component_covariance(&self, i: usize) -> DMatrix<f64> {
        let lower = self.components[i].covariance().lower();
        lower * lower.transpose()
    }

    fn mean(&self) -> DVector<f64> {
        &self.means * DVector::from_column_slice(&self.weights)
    }

    fn covariance(&self) -> DMatrix<f64> {
        let mean = self.mean();
        let mut total = DMatrix::zeros(mean.len(), mean.len());
        for (i, weight) in self.weights.iter().enumerate() {
            let shift = self.means.column(i) - &mean;
            total += (self.component_covariance(i) + &shift * shift.transpose()) * *weight;
        }
        total
    }

    /// Squared Mahalanobis distance from the mean of component `i`.
    fn squared(&self, i: usize, point: &[f64]) -> f64 {
        self.whiteners[i].squared(point, self.means.column(i).as_slice())
    }

    fn ln_density(&self, point: &[f64]) -> f64 {
        let terms: Vec<f64> = (0..self.weights.len())
            .map(|i| {
                let log_det = self.components[i].covariance().log_det();
                self.weights[i].ln() - 0.5 * (log_det + self.squared(i, point))
            })
            .collect();
        log_sum_exp(&terms) - 0.5 * self.means.nrows() as f64 * TAU.ln()
    }

    fn pairwise_bounds(&self) -> Result<EntropyBounds, Error> {
        let (n, dim) = (self.weights.len(), self.means.nrows() as f64);
        let log_det = |i: usize| self.components[i].covariance().log_det();
        let component = |i: usize| 0.5 * (dim * (1.0 + TAU.ln()) + log_det(i));
        let mean_entropy: f64 = (0..n).map(|i| self.weights[i] * component(i)).sum();
        let mut mean_kl = 0.0;
        let [mut kl_upper, mut bhattacharyya, mut likelihood] = [0.0; 3];
        for i in 0..n {
            let mut terms = [const { Vec::new() }; 3];
            for j in 0..n {
                let pair = self.pair(i, j)?;
                let ln_weight = self.weights[j].ln();
                mean_kl += self.weights[i] * self.weights[j] * pair.kl;
                terms[0].push(ln_weight - pair.kl);
                terms[1].push(ln_weight - pair.bhattacharyya);
                terms[2].push(ln_weight + pair.ln_likelihood);
            }
            kl_upper -= self.weights[i] * log_sum_exp(&terms[0]);
            bhattacharyya -= self.weights[i] * log_sum_exp(&terms[1]);
            likelihood -= self.weights[i] * log_sum_exp(&terms[2]);
        }
        let of_weights: f64 = self.weights.iter().map(|w| -w * w.ln()).sum();
        let total = Spd::new(&self.covariance())?;
        Ok(EntropyBounds {
            kl_upper: mean_entropy + kl_upper,
            bhattacharyya_lower: mean_entropy + bhattacharyya,
            expected_likelihood_lower: likelihood,
            log_det_upper: 0.5 * (dim * (1.0 + TAU.ln()) + total.log_det()),
            no_overlap_upper: mean_entropy + of_weights,
            mean_pairwise_kl: mean_entropy + mean_kl,
        })
    }

    fn pair(&self, i: usize, j: usize) -> Result<Pair, Error> {
        let dim = self.means.nrows() as f64;
        let (a, b) = (
            self.components[i].covariance(),
            self.components[j].covariance(),
        );
        let squared = self.squared(j, self.means.column(i).as_slice());
        if a == b {
            // KL = 4 BD for equal covariances.
            return Ok(Pair {
                kl: 0.5 * squared,
                bhattacharyya: 0.125 * squared,
                ln_likelihood: -0.5 * (dim * (2.0 * TAU).ln() + a.log_det()) - 0.25 * squared,
            });
        }
        let shift = DMatrix::from_fn(self.means.nrows(), 1, |k, _| {
            self.means[(k, i)] - self.means[(k, j)]
        });
        let mixed = b.whiten(a.lower()).norm_squared();
        let sum = Spd::new(&(self.component_covariance(i) + self.component_covariance(j)))?;
        let across = sum.whiten(&shift).norm_squared();
        let ln_two = std::f64::consts::LN_2;
        Ok(Pair {
            kl: 0.5 * (b.log_det() - a.log_det() - dim + mixed + squared),
            bhattacharyya: 0.25 * across
                + 0.5 * (sum.log_det() - dim * ln_two - 0.5 * (a.log_det() + b.log_det())),
            ln_likelihood: -0.5 * (dim * TAU.ln() + sum.log_det() + across),
        })
    }
}

/// Divergences between two components.
struct Pair {
    kl: f64,
    bhattacharyya: f64,
    ln_likelihood: f64,
}

pub(super) fn log_sum_exp(terms: &[f64]) -> f64 {
    let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + terms.iter().map(|t| (t - largest).exp()).sum::<f64>().ln()
}

impl Law for Mixture {
    fn dim(&self) -> usize {
        self.parts.means.nrows()
    }

    fn sample(&self, n: usize, seed: Seed) -> Sample {
        let dim = self.dim();
        let mut rng = seed.rng();
        let mut noise = vec![0.0; dim];
        let mut coordinates = vec![0.0; n * dim];
        for point in coordinates.chunks_exact_mut(dim) {
            self.draw(&mut rng, &mut noise, point);
        }
        super::drawn(dim, coordinates)
    }

    /// The largest lower and the smallest upper bound of [`Mixture::bounds`].
    fn entropy(&self) -> Truth {
        let b = self.bounds;
        Truth::Between {
            lower: b.bhattacharyya_lower.max(b.expected_likelihood_lower),
            upper: b.kl_upper.min(b.log_det_upper),
        }
    }

    fn moments(&self) -> Option<Moments> {
        Some(Moments {
            mean: self.mean(),
            covariance: self.covariance(),
        })
    }
}
