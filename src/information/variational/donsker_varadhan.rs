use nalgebra::DMatrix;

use super::{Bound, Entry, check, log_mean_exp_unpaired, mean_of_pairs, named};
use crate::entropy::Side;
use crate::error::Error;

/// Registry entry.
pub const ENTRY: Entry = Entry {
    id: "donsker_varadhan",
    summary: "mean score of pairs less the log of the mean exponential elsewhere (MINE); a lower bound in the limit, of high variance",
    parameters: &[],
    build: |_| {
        Ok(Bound {
            name: format!("{}()", ENTRY.id),
            side: Some(Side::Below),
            value: Box::new(donsker_varadhan),
        })
    },
    defaults: &["donsker_varadhan()"],
};

/// The bound of Donsker and Varadhan.
///
/// `(1/n) sum_i S[i, i] - ln((1 / (n (n - 1))) sum_(i != j) exp S[i, j])`,
/// `S[i, j] = f(x_i, y_j)`. A constant added to all scores changes nothing.
///
/// Takes an `n x n` matrix, `n > 1`; returns nats. Cost `O(n^2)`.
/// A lower bound on the information in the limit of many pairs. At any `n` the logarithm of a
/// mean is too low in the mean, so that the value is too high; its variance grows like the
/// exponential of the information, and a few scores decide it.
///
/// # Errors
/// As [`Bound::value`].
///
/// # Source
/// Donsker & Varadhan 1983; Belghazi et al. 2018; McAllester & Stratos 2020 on the variance.
pub fn donsker_varadhan(scores: &DMatrix<f64>) -> Result<f64, Error> {
    check(scores)?;
    let value = mean_of_pairs(scores) - log_mean_exp_unpaired(scores, |score| score);
    named("donsker_varadhan", value)
}
