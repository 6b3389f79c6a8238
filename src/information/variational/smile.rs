use nalgebra::DMatrix;

use super::{Bound, Entry, check, log_mean_exp_unpaired, mean_of_pairs, named};
use crate::error::Error;

/// Registry entry.
pub const ENTRY: Entry = Entry {
    id: "smile",
    summary: "as donsker_varadhan with the scores elsewhere clipped to [-tau, tau]; less variance, no bound",
    parameters: &[("tau", "5")],
    build: |parameters| {
        let tau: f64 = parameters.value("tau", "a positive number")?;
        check_tau(tau)?;
        Ok(Bound {
            name: format!("{}(tau={tau})", ENTRY.id),
            side: None,
            value: Box::new(move |scores| smile(scores, tau)),
        })
    },
    defaults: &["smile(tau=5)"],
};

fn check_tau(tau: f64) -> Result<(), Error> {
    if tau > 0.0 && tau.is_finite() {
        Ok(())
    } else {
        Err(Error::invalid("tau", tau, "positive and finite"))
    }
}

/// The bound of Donsker and Varadhan with clipped scores.
///
/// `(1/n) sum_i S[i, i] - ln((1 / (n (n - 1))) sum_(i != j) exp c(S[i, j]))`,
/// `c` clips to `[-tau, tau]` and `S[i, j] = f(x_i, y_j)`. The clipping is the method, and the scores
/// of pairs are not clipped.
///
/// Takes an `n x n` matrix, `n > 1`; returns nats. Cost `O(n^2)`.
/// Approaches [`donsker_varadhan`](super::donsker_varadhan) as `tau` grows. Neither a lower nor an
/// upper bound: where scores elsewhere exceed `tau`, the value exceeds that bound without limit.
///
/// # Errors
/// [`Error::InvalidParameter`] unless `tau` is positive and finite; as [`Bound::value`].
///
/// # Source
/// Song & Ermon 2020, "Understanding the limitations of variational mutual information estimators".
pub fn smile(scores: &DMatrix<f64>, tau: f64) -> Result<f64, Error> {
    check_tau(tau)?;
    check(scores)?;
    let elsewhere = log_mean_exp_unpaired(scores, |score| score.clamp(-tau, tau));
    named("smile", mean_of_pairs(scores) - elsewhere)
}
