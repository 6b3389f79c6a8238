use super::{Certificate, check, mean};
use crate::bound::spend::deviation;
use crate::error::Error;

/// Hoeffding's bound on an expected loss from held-out losses: `mean + range sqrt(ln(1/delta)/2n)`.
///
/// `losses` of `n >= 1` points that had no part in the choice of what is judged, each in `[0, range]` for every
/// point that can be drawn: for a linear map and `|z| <= b`, `range = |W|_2 b + 1`. Cost `O(n)`.
///
/// # Errors
/// [`Error::InvalidParameter`] for a `delta` outside `(0, 1)`, a range that is not positive and finite, or a loss
/// outside `[0, range]`; [`Error::TooFewPoints`] without losses; [`Error::NonFinite`].
///
/// # Source
/// Hoeffding 1963, theorem 1.
pub fn hoeffding(losses: &[f64], range: f64, delta: f64) -> Result<Certificate, Error> {
    check("hold-out Hoeffding", 1, losses, range, delta)?;
    let spread = range * deviation(delta, losses.len());
    Certificate::new(
        "hold-out Hoeffding",
        delta,
        &[("mean", mean(losses)), ("deviation", spread)],
    )
}
