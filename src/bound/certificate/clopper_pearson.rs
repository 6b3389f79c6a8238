use nalgebra::DMatrix;

use super::{Certificate, probability};
use crate::bound::labels::Labels;
use crate::error::Error;
use crate::linalg::product::{product, view};
use crate::sample::Sample;
use crate::stats::clopper_pearson_upper;

/// The exact upper bound on the probability of an error from `errors` in `n` held-out points: the quantile
/// `1 - delta` of `Beta(errors + 1, n - errors)`.
///
/// Cost `O(1)`.
///
/// # Errors
/// [`Error::InvalidParameter`] for a `delta` outside `(0, 1)`, without points, or for more errors than points.
///
/// # Source
/// Clopper & Pearson 1934.
pub fn clopper_pearson(errors: u64, n: u64, delta: f64) -> Result<Certificate, Error> {
    probability("delta", delta)?;
    let upper = clopper_pearson_upper(errors, n, delta)?;
    let rate = errors as f64 / n as f64;
    Certificate::new(
        "hold-out Clopper-Pearson",
        delta,
        &[("rate", rate), ("deviation", upper - rate)],
    )
}

/// How many points get another class than their own from the largest coordinate of `W z`.
///
/// A point whose own class ties with another counts as an error. Cost `O(n d K)`.
///
/// # Errors
/// [`Error::Mismatch`] when the shapes do not fit.
pub fn misclassified(
    weights: &DMatrix<f64>,
    features: &Sample,
    labels: &Labels,
) -> Result<u64, Error> {
    for (what, expected, actual) in [
        ("columns of the weights", features.dim(), weights.ncols()),
        (
            "rows of the weights",
            labels.classes().len(),
            weights.nrows(),
        ),
        ("labels", features.n(), labels.n()),
    ] {
        if expected != actual {
            return Err(Error::Mismatch {
                what,
                expected,
                actual,
            });
        }
    }
    let scores = product(view(weights), view(features.matrix()));
    let wrong = (scores.column_iter().zip(labels.of())).filter(|(scores, own)| {
        let mut others = scores.iter().enumerate().filter(|(class, _)| class != *own);
        !others.all(|(_, score)| *score < scores[**own])
    });
    Ok(wrong.count() as u64)
}
