use std::f64::consts::{LN_2, TAU};

use statrs::function::gamma::ln_gamma;

use super::super::unit::{Units, cosines};
use super::super::{common_dim, positive, several};
use crate::error::{Error, finite};
use crate::sample::{Paired, Sample};

/// NT-Xent as a conditional likelihood and an entropy estimate.
///
/// On the unit sphere let `q(u | v) = C exp(<u, v> / t)`, the law of von Mises and Fisher around `v` with
/// concentration `1 / t`. The mean of `ln q(u_i | u_p(i))` is a conditional log-likelihood;
/// `-(1/2n) sum_i ln (1/(2n - 1)) sum_{j != i} q(u_i | u_j)` is the leave-one-out kernel estimate of the
/// entropy of the points. Their sum has the form of the bound of Barber and Agakov, and
/// the loss is `ln(2n - 1)` less that sum: the constant `C` cancels.
///
/// # Source
/// Wang & Isola 2020 for the kernel estimate; Shwartz-Ziv, Balestriero, Kawaguchi, Rudner & LeCun 2023
/// for the reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NtXentReading {
    /// Mean of `ln q` over the pairs, in nats.
    pub log_likelihood: f64,
    /// The kernel estimate of the entropy with respect to the surface of the sphere, in nats.
    pub entropy: f64,
    /// Points of both views, `2 n`.
    pub points: usize,
}

impl NtXentReading {
    /// Reads two views at a temperature.
    ///
    /// Every sum is taken by itself, over cosines and in the logarithm, independently of the objective.
    /// Cost `O(n^2 d)`.
    ///
    /// # Errors
    /// As [`NtXent`](super::super::NtXent), for temperatures from 1e-7, as [`log_von_mises_fisher`] takes
    /// concentrations up to 1e7.
    pub fn new(views: &Paired, temperature: f64) -> Result<Self, Error> {
        let dim = common_dim(views)?;
        several("a contrast with other pairs", &views.x)?;
        let temperature = positive("temperature", temperature)?;
        if temperature < 1e-7 {
            return Err(Error::invalid("temperature", temperature, "at least 1e-7"));
        }
        let normaliser = log_von_mises_fisher(dim, 1.0 / temperature)?;
        let first = Units::new("the first view", &views.x)?;
        let second = Units::new("the second view", &views.y)?;
        let n = views.n() as f64;
        let cosine = cosines(&first, &second).iter().sum::<f64>() / n;
        let points: Vec<&[f64]> = first.points().chain(second.points()).collect();
        let log_densities = points.iter().enumerate().map(|(i, u)| {
            let others = points.iter().enumerate().filter(|(j, _)| *j != i);
            let logs: Vec<f64> = others.map(|(_, v)| dot(u, v) / temperature).collect();
            log_sum_exp(&logs)
        });
        let mean = log_densities.sum::<f64>() / points.len() as f64;
        let others = (points.len() - 1) as f64;
        Ok(Self {
            log_likelihood: finite("the log-likelihood", normaliser + cosine / temperature)?,
            entropy: finite("the entropy", others.ln() - normaliser - mean)?,
            points: points.len(),
        })
    }

    /// `entropy + log_likelihood`, which is never above `ln(2n - 1)`.
    pub fn information(&self) -> f64 {
        self.entropy + self.log_likelihood
    }

    /// The loss, `ln(2n - 1) - information`.
    pub fn loss(&self) -> f64 {
        ((self.points - 1) as f64).ln() - self.information()
    }
}

/// `(1/n) sum_i ln (1/n) sum_j exp(<x_i, x_j> / t)`, the points themselves among the terms: the
/// denominators of a contrastive loss of one view with `t = std^2`.
///
/// For points of length 1 the pairwise-distance entropy with the Kullback-Leibler bound is
/// `h + 1 / std^2` less this number at `t = std^2`, `h = (d/2) ln(2 pi e std^2)`: it is
/// itself contrastive. Cost `O(n^2 d)`.
///
/// # Errors
/// [`Error::InvalidParameter`] unless the temperature is positive and finite;
/// [`Error::NonFiniteResult`] on overflow.
pub fn log_mean_exp(sample: &Sample, temperature: f64) -> Result<f64, Error> {
    let temperature = positive("temperature", temperature)?;
    let n = sample.n() as f64;
    let logs = sample.points().map(|u| {
        let terms: Vec<f64> = sample.points().map(|v| dot(u, v) / temperature).collect();
        log_sum_exp(&terms) - n.ln()
    });
    finite("the log-mean-exp", logs.sum::<f64>() / n)
}

/// Logarithm of the constant `C` of the density `C exp(kappa <u, v>)` on the unit sphere of `R^dim`, with
/// respect to its surface.
///
/// `C = kappa^(d/2 - 1) / ((2 pi)^(d/2) I_{d/2 - 1}(kappa))`, the Bessel function by its power series,
/// all of whose terms are positive. For `dim` 1, where the sphere is two points, `1 / (2 cosh kappa)`.
/// Cost `O(kappa)`.
///
/// # Errors
/// [`Error::InvalidParameter`] unless `dim` is positive and `kappa` is from above 0 to 1e7.
///
/// # Source
/// Mardia & Jupp 2000, eq. 9.3.4; Abramowitz & Stegun 1964, 9.6.10 for the series.
pub fn log_von_mises_fisher(dim: usize, kappa: f64) -> Result<f64, Error> {
    if dim == 0 {
        return Err(Error::invalid("dim", dim, "at least 1"));
    }
    if !(kappa > 0.0 && kappa <= 1e7) {
        return Err(Error::invalid(
            "kappa",
            kappa,
            "a positive number, at most 1e7",
        ));
    }
    let half = dim as f64 / 2.0;
    let order = half - 1.0;
    let quarter = kappa * kappa / 4.0;
    // Terms in units of the first; brought down before they overflow.
    let (mut term, mut sum, mut shift) = (1.0_f64, 1.0_f64, 0.0_f64);
    let mut k = 1.0;
    loop {
        term *= quarter / (k * (k + order));
        sum += term;
        if sum > 1e200 {
            shift += sum.ln();
            term /= sum;
            sum = 1.0;
        }
        // Past the largest term they fall faster than a geometric series once the ratio is below 1/2.
        if term < 1e-18 * sum && quarter < 0.5 * k * (k + order) {
            break;
        }
        k += 1.0;
    }
    // ln I = order ln(kappa / 2) - ln Gamma(half) + ln of the sum; kappa^order cancels but for 2^order.
    Ok(order * LN_2 + ln_gamma(half) - half * TAU.ln() - shift - sum.ln())
}

fn dot(u: &[f64], v: &[f64]) -> f64 {
    u.iter().zip(v).map(|(u, v)| u * v).sum()
}

fn log_sum_exp(terms: &[f64]) -> f64 {
    let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + terms.iter().map(|t| (t - largest).exp()).sum::<f64>().ln()
}
