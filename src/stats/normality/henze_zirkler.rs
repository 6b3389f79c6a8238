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
/// Takes `n >= d + 2` points in `R^d`: any `d + 1` are the corners of one simplex once standardised.
/// Affine invariant, consistent against every law. In high dimension every point is far
/// from all others, and the lognormal law does not hold: for `d = 64` and `n = 1000` about 0.02 of Gaussian samples are
/// rejected at level 0.05, and no more of the corners of a cube, all of which are once the test is
/// [`Calibrated`](super::Calibrated). There `T` differs from 1 by `1e-10`; beyond 100 dimensions by less than the last
/// digit, where the p-value is still right but calibration, which compares `T`, finds all samples equal and rejects none. Cost
/// `O(n^2 d)` on all threads, memory `O(n d)`.
///
/// # Errors
/// [`Error::TooFewPoints`] when `n < d + 2`, [`Error::SingularCovariance`]; [`Error::NonFiniteResult`] where `T - 1` or
/// its variance is below the smallest double.
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
        // In high dimension T is 1, from the pairs of a point with itself, to all digits but a few: these are added last.
        let others: f64 = log_sums(&Sample::new(points)?, SQRT_2 / b, Own::LeftOut)?
            .iter()
            .map(|ln_sum| ln_sum.exp())
            .sum();
        let excess = others / n - 2.0 * (1.0 + b2).powf(-d / 2.0) * singles
            + n * (1.0 + 2.0 * b2).powf(-d / 2.0);
        outcome(ENTRY.id, 1.0 + excess, p_value(excess, d, b2))
    }
}

/// `excess` is `T - 1`, `b2` the square of the bandwidth.
fn p_value(excess: f64, d: f64, b2: f64) -> f64 {
    if excess <= -1.0 {
        return 1.0;
    }
    let (b4, b8) = (b2 * b2, b2 * b2 * b2 * b2);
    let a = 1.0 + 2.0 * b2;
    let w = (1.0 + b2) * (1.0 + 3.0 * b2);
    let e = d * (d + 2.0);
    let deficit = a.powf(-d / 2.0) * (1.0 + d * b2 / a + e * b4 / (2.0 * a * a));
    let variance = 2.0 * (1.0 + 4.0 * b2).powf(-d / 2.0)
        + 2.0 * a.powf(-d) * (1.0 + 2.0 * d * b4 / (a * a) + 3.0 * e * b8 / (4.0 * a.powi(4)))
        - 4.0 * w.powf(-d / 2.0) * (1.0 + 3.0 * d * b4 / (2.0 * w) + e * b8 / (2.0 * w * w));
    if variance <= 0.0 {
        // Below the smallest double: no law to compare with.
        return f64::NAN;
    }
    // The logarithm of T is normal with this mean and variance.
    let ln_variance = (variance / ((1.0 - deficit) * (1.0 - deficit))).ln_1p();
    let ln_mean = (-deficit).ln_1p() - ln_variance / 2.0;
    upper_normal((excess.ln_1p() - ln_mean) / ln_variance.sqrt())
}

pub(super) const ENTRY: Entry = Entry {
    id: "henze_zirkler",
    summary: "Henze and Zirkler's distance of characteristic functions, mean and covariance fitted",
    parameters: &[],
    build: |_| Ok(Box::new(HenzeZirkler)),
    defaults: &[],
};
