use nalgebra::DMatrix;

use super::{Bound, Entry, check, log_sum_exp, named};
use crate::entropy::Side;
use crate::error::Error;

/// Registry entry.
pub const ENTRY: Entry = Entry {
    id: "info_nce",
    summary: "contrast of each pair with its row; a lower bound that cannot exceed ln n",
    parameters: &[],
    build: |_| {
        Ok(Bound {
            name: format!("{}()", ENTRY.id),
            side: Some(Side::Below),
            value: Box::new(info_nce),
        })
    },
    defaults: &["info_nce()"],
};

/// InfoNCE: how well each `y_i` is told from all `y_j` by `x_i`.
///
/// `(1/n) sum_i [S[i, i] - ln((1/n) sum_j exp S[i, j])]`, `S[i, j] = f(x_i, y_j)`. A constant
/// added to a row changes nothing.
///
/// Takes an `n x n` matrix, `n > 1`; returns nats. Cost `O(n^2)`.
/// A lower bound on the information in the mean, at every `n`. It never exceeds `ln n`: an
/// information above that needs more pairs, whatever the critic. Low variance.
///
/// # Errors
/// As [`Bound::value`].
///
/// # Source
/// Van den Oord, Li & Vinyals 2018; Poole et al. 2019, eq. 10 for the bound.
pub fn info_nce(scores: &DMatrix<f64>) -> Result<f64, Error> {
    check(scores)?;
    let n = scores.nrows() as f64;
    let sum: f64 = scores
        .row_iter()
        .enumerate()
        .map(|(i, row)| (row[i] - log_sum_exp(row.iter().copied())) / n)
        .sum();
    named("info_nce", sum + n.ln())
}
