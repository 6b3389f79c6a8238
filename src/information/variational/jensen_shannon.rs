use nalgebra::DMatrix;

use super::{Bound, Entry, check, named, unpaired};
use crate::error::Error;

/// Registry entry.
pub const ENTRY: Entry = Entry {
    id: "jensen_shannon",
    summary: "objective of a classifier between pairs and other combinations; a training objective, not an information",
    parameters: &[],
    build: |_| {
        Ok(Bound {
            name: format!("{}()", ENTRY.id),
            side: None,
            value: Box::new(jensen_shannon),
        })
    },
    defaults: &["jensen_shannon()"],
};

/// The objective of a classifier that tells pairs from other combinations.
///
/// `-(1/n) sum_i s(-S[i, i]) - (1 / (n (n - 1))) sum_(i != j) s(S[i, j])`,
/// `s(t) = ln(1 + exp t)` and `S[i, j] = f(x_i, y_j)`.
///
/// Takes an `n x n` matrix, `n > 1`; returns nats, never positive. Cost `O(n^2)`.
/// **Not a mutual information**: its best value is `2 JSD - 2 ln 2`, `JSD` the Jensen-Shannon
/// divergence between `p(x, y)` and `p(x) p(y)`, from `-2 ln 2` for independent halves up to 0.
/// Its use is to train critics steadily: the best one is `ln p(x, y) / (p(x) p(y))`, which
/// the other functions here then take.
///
/// # Errors
/// As [`Bound::value`].
///
/// # Source
/// Nowozin, Cseke & Tomioka 2016; Hjelm et al. 2019, eq. 4.
pub fn jensen_shannon(scores: &DMatrix<f64>) -> Result<f64, Error> {
    check(scores)?;
    let n = scores.nrows() as f64;
    let pairs: f64 = scores.diagonal().iter().map(|&s| softplus(-s) / n).sum();
    let others: f64 = unpaired(scores)
        .map(|s| softplus(s) / (n * (n - 1.0)))
        .sum();
    named("jensen_shannon", -pairs - others)
}

/// `ln(1 + exp t)` without overflow.
fn softplus(t: f64) -> f64 {
    t.max(0.0) + (-t.abs()).exp().ln_1p()
}
