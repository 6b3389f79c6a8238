use nalgebra::DMatrix;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use super::{Certificate, mean, positive, probability};
use crate::bound::least_squares::{frobenius_norm, losses, spectral_norm};
use crate::bound::observation::{norm, unit};
use crate::bound::radius::no_less_than;
use crate::error::Error;
use crate::sample::Sample;
use crate::seed::Seed;
use crate::stats::Summary;

/// How the mean loss of the random weights on the fitted points is found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gibbs {
    /// Bounded by `(1/n) sum_i sqrt(|W z_i - y_i|^2 + s^2 K |z_i|^2)`, without a draw (Jensen).
    Moment,
    /// The mean of draws and its deviation, `s (1/n) sum_i |z_i| sqrt(2 ln(1/d)/draws)`: the mean loss is
    /// Lipschitz in the weights, so that its draws are sub-Gaussian. A tenth of `delta` goes to this.
    MonteCarlo {
        /// How many, 2 at least.
        draws: usize,
        /// Their stream.
        seed: Seed,
    },
}

/// A PAC-Bayes bound on the risk `E |W z - y|` of a linear map, on the points that it was fitted to.
///
/// The weights are blurred to `q = N(W, s^2 I)`, the prior is `N(0, s_0^2 I)`, and with probability at least
/// `1 - delta`, for every `W`, every `s` and every `lambda` of a fixed grid of `J`,
///
/// `E |W z - y| <= E_q r + lambda E_q kappa^2/(8 n) + (KL(q|p) + ln(J/delta))/lambda`,
///
/// `r` the mean loss of the fitted points, `kappa = |W|_2 b + 1` the largest loss of a map for `|z| <= b`,
/// `KL = 1/2 [K d (s^2/s_0^2 - 1 - ln(s^2/s_0^2)) + |W|_F^2/s_0^2]`. The left side is that of `W` itself, since the loss is convex
/// in `W`. Weights are unbounded under `q`, and so is `kappa`: each map is discounted by its own
/// `exp(-lambda^2 kappa^2/8n)`, and `E_q kappa^2 <= (b (|W|_2 + s sqrt((sqrt(K) + sqrt(d))^2 + 1)) + 1)^2`. The grid is
/// `lambda = 2^(j/2)`, `j = 0 … J - 1`, up to the first beyond `4 n`; `s` is `s_0 2^(-j/4)`, `j = 0 … 80`. The best pair
/// of both is taken.
///
/// Cost `O(n d K)` for each draw, and `O(81 (n + J))`.
///
/// # Source
/// McAllester 1999; Catoni 2007; Alquier 2024, section 2, for the form with `lambda`; Davidson & Szarek 2001,
/// theorem II.13, for the norm of Gaussian matrices; Tsirelson, Ibragimov & Sudakov 1976 for the draws.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PacBayes {
    /// `s_0`, chosen without a look at the data.
    pub prior_std: f64,
    /// `b`, which no feature exceeds.
    pub norm: f64,
    /// Probability of failure.
    pub delta: f64,
    /// How the mean loss of the random weights is found.
    pub gibbs: Gibbs,
}

/// The bound and the parameters that gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct Posterior {
    /// The bound.
    pub certificate: Certificate,
    /// `s`.
    pub std: f64,
    /// `lambda`.
    pub lambda: f64,
    /// `KL(q|p)`, in nats.
    pub divergence: f64,
}

impl PacBayes {
    /// Bounds the risk of `weights`, `K x d`, that were fitted to these features and `K x n` targets.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a `delta` outside `(0, 1)`, a standard deviation or norm that is not positive and
    /// finite, or a feature beyond the norm; [`Error::Mismatch`] when the shapes do not fit;
    /// [`Error::TooFewPoints`] below two draws; [`Error::NonFiniteResult`] on overflow.
    pub fn certify(
        &self,
        features: &Sample,
        targets: &DMatrix<f64>,
        weights: &DMatrix<f64>,
    ) -> Result<Posterior, Error> {
        positive("standard deviation of the prior", self.prior_std)?;
        probability("delta", self.delta)?;
        let norms: Vec<f64> = features.points().map(norm).collect();
        no_less_than(self.norm, norms.iter().copied().fold(0.0, f64::max))?;
        let fitted = losses(weights, features, targets)?;
        let n = features.n() as f64;
        let (classes, dim) = weights.shape();
        let size = (classes * dim) as f64;
        let (draw_delta, delta) = match self.gibbs {
            Gibbs::Moment => (0.0, self.delta),
            Gibbs::MonteCarlo { .. } => (0.1 * self.delta, 0.9 * self.delta),
        };
        let lambdas = grid(n);
        let log = (lambdas.len() as f64 / delta).ln();
        let spectral = spectral_norm(weights)?;
        let weight_norm = frobenius_norm(weights);
        let unit = unit(self.norm);
        let gaussian = (((classes as f64).sqrt() + (dim as f64).sqrt()).powi(2) + 1.0).sqrt();

        let candidates: Vec<Candidate> = (0..=80_u32)
            .into_par_iter()
            .flat_map_iter(|step| {
                let ratio = 2.0_f64.powf(-f64::from(step) / 4.0);
                let std = self.prior_std * ratio;
                let blurred = (fitted.iter().zip(&norms)).map(|(loss, norm)| {
                    let (std, norm) = (std * unit, norm / unit);
                    (loss * loss + std * std * classes as f64 * norm * norm).sqrt()
                });
                let gibbs = blurred.sum::<f64>() / n;
                let kappa = self.norm * (spectral + std * gaussian) + 1.0;
                let divergence = 0.5
                    * (size * (ratio * ratio - 1.0 - 2.0 * ratio.ln())
                        + (weight_norm / self.prior_std).powi(2));
                lambdas.iter().map(move |&lambda| Candidate {
                    std,
                    lambda,
                    divergence,
                    gibbs,
                    range: lambda * kappa * kappa / (8.0 * n),
                    price: (divergence + log) / lambda,
                })
            })
            .collect();
        let best = (candidates.iter()).min_by(|a, b| a.total().total_cmp(&b.total()));
        let Some(best) = best else {
            return Err(Error::Empty { n: 0, dim });
        };
        let (gibbs, drawn) = match self.gibbs {
            Gibbs::Moment => (best.gibbs, 0.0),
            Gibbs::MonteCarlo { draws, seed } => {
                let summary = draw(features, targets, weights, best.std, draws, seed)?;
                let spread =
                    best.std * mean(&norms) * (-2.0 * draw_delta.ln() / draws as f64).sqrt();
                (summary.mean, spread)
            }
        };
        let certificate = Certificate::new(
            "PAC-Bayes",
            self.delta,
            &[
                ("gibbs", gibbs),
                ("draws", drawn),
                ("range", best.range),
                ("divergence", best.price),
            ],
        )?;
        Ok(Posterior {
            certificate,
            std: best.std,
            lambda: best.lambda,
            divergence: best.divergence,
        })
    }
}

/// The bound at one pair of `s` and `lambda`, with the mean loss by moments.
struct Candidate {
    std: f64,
    lambda: f64,
    divergence: f64,
    gibbs: f64,
    range: f64,
    price: f64,
}

impl Candidate {
    fn total(&self) -> f64 {
        self.gibbs + self.range + self.price
    }
}

/// `2^(j/2)` up to the first beyond `4 n`.
fn grid(n: f64) -> Vec<f64> {
    let mut lambdas = vec![1.0];
    let mut step = 0;
    while lambdas.last().is_some_and(|last| *last <= 4.0 * n) {
        step += 1;
        lambdas.push(2.0_f64.powf(f64::from(step) / 2.0));
    }
    lambdas
}

/// Mean losses of draws of the weights.
fn draw(
    features: &Sample,
    targets: &DMatrix<f64>,
    weights: &DMatrix<f64>,
    std: f64,
    draws: usize,
    seed: Seed,
) -> Result<Summary, Error> {
    let values = (0..draws)
        .map(|draw| {
            let mut rng = seed.child(draw).rng();
            let drawn = weights.map(|w| {
                let normal: f64 = StandardNormal.sample(&mut rng);
                w + std * normal
            });
            Ok(mean(&losses(&drawn, features, targets)?))
        })
        .collect::<Result<Vec<f64>, Error>>()?;
    Summary::new(&values)
}
