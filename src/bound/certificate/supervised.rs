use super::{Certificate, check, mean};
use crate::bound::radius::not_negative;
use crate::bound::spend::deviation;
use crate::error::Error;

/// The standard bound by Rademacher complexity, on the points that `W` was fitted to:
/// `mean + 2 R_n/sqrt(n) + kappa sqrt(ln(1/delta)/2n)`, for every `W` of the family at once.
///
/// `losses` are `|W z_i - y_i|` of the fitted points, `complexity` is the expected complexity `R_n` of the losses over
/// the family, normalised by `1/sqrt(n)` (for a ball [`maurer`](crate::bound::complexity::maurer)), `kappa` the
/// largest loss of the family. No unlabelled points, no positives. Cost `O(n)`.
///
/// # Errors
/// [`Error::InvalidParameter`] for a `delta` outside `(0, 1)`, a complexity that is negative or not finite, a
/// `kappa` that is not positive and finite, or a loss outside `[0, kappa]`; [`Error::TooFewPoints`] without losses;
/// [`Error::NonFinite`].
///
/// # Source
/// Bartlett & Mendelson 2002, theorem 8; Mohri, Rostamizadeh & Talwalkar 2018, theorem 3.3.
pub fn supervised(
    losses: &[f64],
    complexity: f64,
    kappa: f64,
    delta: f64,
) -> Result<Certificate, Error> {
    check("supervised Rademacher", 1, losses, kappa, delta)?;
    not_negative("complexity of the loss", complexity)?;
    let n = losses.len();
    Certificate::new(
        "supervised Rademacher",
        delta,
        &[
            ("mean", mean(losses)),
            ("complexity", 2.0 * complexity / (n as f64).sqrt()),
            ("deviation", kappa * deviation(delta, n)),
        ],
    )
}
