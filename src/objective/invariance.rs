use nalgebra::DMatrix;

use super::{Entry, Evaluation, Objective, Term, common_dim};
use crate::error::Error;
use crate::sample::Paired;

/// Mean squared difference of the views.
///
/// `sum_ij (z_ij - z'_ij)^2 / (n d)`, [`invariance_term`]. Alone it is least for a constant
/// embedding. Takes `n >= 1` pairs of the same dimension. Cost `O(n d)`.
///
/// # Errors
/// [`Error::Mismatch`] when the views differ in dimension; [`Error::NonFiniteResult`] on overflow.
///
/// # Source
/// Bardes, Ponce & LeCun 2022, eq. 5; divided by `d` as in the published code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Invariance;

/// Mean squared difference of the views, `sum_ij (z_ij - z'_ij)^2 / (n d)`.
///
/// # Errors
/// [`Error::Mismatch`] when the views differ in dimension.
///
/// # Source
/// Bardes, Ponce & LeCun 2022, eq. 5; divided by `d` as in the published code.
pub fn invariance_term(views: &Paired) -> Result<f64, Error> {
    let dim = common_dim(views)?;
    let squares: f64 = (views.x.coordinates().iter())
        .zip(views.y.coordinates())
        .map(|(a, b)| (a - b) * (a - b))
        .sum();
    Ok(squares / (views.n() * dim) as f64)
}

/// Derivatives of `factor` times the term with respect to the first view; those with respect to
/// the second are their negatives.
pub(super) fn slope(views: &Paired, factor: f64) -> DMatrix<f64> {
    let difference = views.x.matrix() - views.y.matrix();
    let share = 2.0 * factor / difference.len() as f64;
    difference * share
}

impl Objective for Invariance {
    fn name(&self) -> String {
        format!("{}()", ENTRY.id)
    }

    fn evaluate(&self, views: &Paired) -> Result<Evaluation, Error> {
        let term = Term {
            of: ENTRY.id,
            name: "invariance",
            weight: 1.0,
            value: invariance_term(views)?,
        };
        let first = slope(views, 1.0);
        let second = -&first;
        Evaluation::new(&self.name(), vec![term], [first, second])
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "invariance",
    summary: "mean squared difference of the views; least for a constant embedding",
    parameters: &[],
    build: |_| Ok(Box::new(Invariance)),
    defaults: &["invariance()"],
};
