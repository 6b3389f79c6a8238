use super::{Certificate, check, mean};
use crate::error::Error;
use crate::stats::Summary;

/// The empirical Bernstein bound on an expected loss from held-out losses:
/// `mean + sqrt(2 V ln(2/delta)/n) + 7 range ln(2/delta)/(3 (n - 1))`.
///
/// `V` is the sample variance with divisor `n - 1`. Smaller than [`hoeffding`](super::hoeffding) where losses vary
/// less than their range allows. `losses` of `n >= 2` points that had no part in the choice of what is judged,
/// each in `[0, range]` for every point that can be drawn: for a linear map and `|z| <= b`, `range = |W|_2 b + 1`.
/// Cost `O(n)`.
///
/// # Errors
/// [`Error::InvalidParameter`] for a `delta` outside `(0, 1)`, a range that is not positive and finite, or a loss
/// outside `[0, range]`; [`Error::TooFewPoints`] below two losses; [`Error::NonFinite`].
///
/// # Source
/// Maurer & Pontil 2009, theorem 4.
pub fn empirical_bernstein(losses: &[f64], range: f64, delta: f64) -> Result<Certificate, Error> {
    check("hold-out empirical Bernstein", 2, losses, range, delta)?;
    let n = losses.len() as f64;
    let log = (2.0 / delta).ln();
    let variance = Summary::new(losses)?.std_dev.powi(2);
    Certificate::new(
        "hold-out empirical Bernstein",
        delta,
        &[
            ("mean", mean(losses)),
            ("variance", (2.0 * variance * log / n).sqrt()),
            ("range", 7.0 * range * log / (3.0 * (n - 1.0))),
        ],
    )
}
