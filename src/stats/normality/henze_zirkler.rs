use std::f64::consts::SQRT_2;

use super::tail::upper_normal;
use super::whitened::whitened;
use super::{Entry, NormalityTest, Outcome, Tail, outcome};
use crate::error::Error;
use crate::kernel::{Own, log_sums};
use crate::sample::Sample;

/// Henze and Zirkler's test.
///
/// `T = (1/n) sum_jk exp(-b^2 |y_j - y_k|^2 / 2) - 2 (1+b^2)^(-d/2) sum_j exp(-b^2 |y_j|^2 / (2(1+b^2))) + n (1+2b^2)^(-d/2)`,
/// `y` the points less their mean times the inverse root of their covariance (divisor `n`),
/// `b = (n(2d+1)/4)^(1/(d+4)) / sqrt 2`. It is `n` times the squared distance of the characteristic functions with the density of
/// `N(0, b^2 I)` as its weight; for `d = 1` and `b = 1` that of [`EppsPulley`](super::EppsPulley).
///
/// The p-value is that of a lognormal law with the mean and the variance that `T` has for Gaussian points as
/// `n -> infinity` at this `b`: `mean = 1 - a^(-d/2) (1 + d b^2/a + d(d+2) b^4/(2a^2))`, and
/// `variance = 2(1+4b^2)^(-d/2) + 2a^(-d) (1 + 2d b^4/a^2 + 3d(d+2) b^8/(4a^4)) - 4w^(-d/2) (1 + 3d b^4/(2w) + d(d+2) b^8/(2w^2))`,
/// `a = 1 + 2b^2`, `w = (1+b^2)(1+3b^2)`.
///
/// Takes `n > d` points in `R^d`. Affine invariant, consistent against every law. In high dimension the limit is not
/// reached: for `d = 64` and `n = 1000` the p-value is near 1 for Gaussian points and most others, and
/// [`Calibrated`](super::Calibrated) has to be used. Even then it hardly sees anything there, since every point is
/// far from all others. Cost `O(n^2 d)` on all threads, memory `O(n d)`.
///
/// # Errors
/// [`Error::TooFewPoints`] when `n <= d`, [`Error::SingularCovariance`], [`Error::NonFiniteResult`] on overflow.
///
/// # Source
/// Henze & Zirkler 1990.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HenzeZirkler;

impl NormalityTest for HenzeZirkler {
    fn name(&self) -> String {
        ENTRY.id.to_owned()
    }

    fn tail(&self) -> Tail {
        Tail::Upper
    }

    fn test(&self, sample: &Sample) -> Result<Outcome, Error> {
        let (n, d) = (sample.n() as f64, sample.dim() as f64);
        let points = whitened(ENTRY.id, sample)?;
        let b = (n * (2.0 * d + 1.0) / 4.0).powf(1.0 / (d + 4.0)) / SQRT_2;
        let b2 = b * b;
        let singles: f64 = (points.column_iter())
            .map(|y| (-0.5 * b2 / (1.0 + b2) * y.norm_squared()).exp())
            .sum();
        let pairs: f64 = log_sums(&Sample::new(points)?, SQRT_2 / b, Own::Counted)?
            .iter()
            .map(|ln_sum| ln_sum.exp())
            .sum();
        let statistic = pairs / n - 2.0 * (1.0 + b2).powf(-d / 2.0) * singles
            + n * (1.0 + 2.0 * b2).powf(-d / 2.0);
        outcome(ENTRY.id, statistic, p_value(statistic, d, b2))
    }
}

/// `b2` is the square of the bandwidth.
fn p_value(statistic: f64, d: f64, b2: f64) -> f64 {
    if statistic <= 0.0 {
        return 1.0;
    }
    let (b4, b8) = (b2 * b2, b2 * b2 * b2 * b2);
    let a = 1.0 + 2.0 * b2;
    let w = (1.0 + b2) * (1.0 + 3.0 * b2);
    let e = d * (d + 2.0);
    let mean = 1.0 - a.powf(-d / 2.0) * (1.0 + d * b2 / a + e * b4 / (2.0 * a * a));
    let variance = 2.0 * (1.0 + 4.0 * b2).powf(-d / 2.0)
        + 2.0 * a.powf(-d) * (1.0 + 2.0 * d * b4 / (a * a) + 3.0 * e * b8 / (4.0 * a.powi(4)))
        - 4.0 * w.powf(-d / 2.0) * (1.0 + 3.0 * d * b4 / (2.0 * w) + e * b8 / (2.0 * w * w));
    // The logarithm of T is normal with this mean and variance.
    let ln_variance = (variance / (mean * mean)).ln_1p();
    let ln_mean = mean.ln() - ln_variance / 2.0;
    upper_normal((statistic.ln() - ln_mean) / ln_variance.sqrt())
}

pub(super) const ENTRY: Entry = Entry {
    id: "henze_zirkler",
    summary: "Henze and Zirkler's distance of characteristic functions, mean and covariance fitted",
    parameters: &[],
    build: |_| Ok(Box::new(HenzeZirkler)),
};
