use nalgebra::DMatrix;

use super::{Bound, Entry, check, log_mean_exp_unpaired, mean_of_pairs, named};
use crate::entropy::Side;
use crate::error::Error;

/// Registry entry.
pub const ENTRY: Entry = Entry {
    id: "nwj",
    summary: "mean score of pairs less the mean exponential elsewhere, over e (f-MINE); a lower bound of high variance",
    parameters: &[("shift", "0")],
    build: |parameters| {
        let shift: f64 = parameters.value("shift", "a finite number")?;
        if !shift.is_finite() {
            return Err(Error::invalid("shift", shift, "a finite number"));
        }
        Ok(Bound {
            name: format!("{}(shift={shift})", ENTRY.id),
            side: Some(Side::Below),
            value: Box::new(move |scores| nwj(scores, shift)),
        })
    },
    defaults: &["nwj(shift=0)"],
};

/// The bound of Nguyen, Wainwright and Jordan.
///
/// `(1/n) sum_i g(i, i) - (1 / (e n (n - 1))) sum_(i != j) exp g(i, j)`, `g = S + shift`,
/// `S[i, j] = f(x_i, y_j)`. Its best critic is `1 + ln p(x, y) / (p(x) p(y))`: with `shift = 1`
/// it takes critics that approach the log-ratio itself.
///
/// Takes an `n x n` matrix, `n > 1`; returns nats. Cost `O(n^2)`.
/// A lower bound on the information in the mean, at every `n`, and never above
/// [`donsker_varadhan`](super::donsker_varadhan) of the same scores. Its variance grows like the
/// exponential of the information; a critic that is off by a constant makes it useless.
///
/// # Errors
/// As [`Bound::value`]; the exponentials of scores above 700 are no doubles.
///
/// # Source
/// Nguyen, Wainwright & Jordan 2010; Poole et al. 2019, eq. 4.
pub fn nwj(scores: &DMatrix<f64>, shift: f64) -> Result<f64, Error> {
    check(scores)?;
    let elsewhere = log_mean_exp_unpaired(scores, |score| score) + shift - 1.0;
    named("nwj", mean_of_pairs(scores) + shift - elsewhere.exp())
}
