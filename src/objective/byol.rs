use nalgebra::DMatrix;

use super::simsiam::mean_cosine;
use super::{Entry, Evaluation, Objective, Term};
use crate::error::Error;
use crate::sample::Paired;

/// BYOL: the squared distance between predictions (first view) and targets (second view), both
/// scaled to length 1.
///
/// `(1/n) sum_i |p_i / |p_i| - z_i / |z_i||^2 = 2 - (2/n) sum_i <p_i, z_i> / (|p_i| |z_i|)`, twice
/// [`SimSiam`](super::SimSiam) and 2. The targets are constants: their gradient is 0. The published
/// loss is the sum of this over both directions, targets from the averaged network.
///
/// Takes `n >= 1` pairs of the same dimension. Cost `O(n d)`.
///
/// # Errors
/// [`Error::Mismatch`] when the views differ in dimension; [`Error::ZeroVector`].
///
/// # Source
/// Grill et al. 2020, eq. 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Byol;

impl Objective for Byol {
    fn name(&self) -> String {
        format!("{}()", ENTRY.id)
    }

    fn evaluate(&self, views: &Paired) -> Result<Evaluation, Error> {
        let (mean, slope) = mean_cosine(views)?;
        let term = Term {
            of: ENTRY.id,
            name: "regression",
            weight: 1.0,
            value: 2.0 - 2.0 * mean,
        };
        let targets = DMatrix::zeros(slope.nrows(), slope.ncols());
        Evaluation::new(&self.name(), vec![term], [slope * -2.0, targets])
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "byol",
    summary: "squared distance of unit predictions (first) from constant unit targets (second)",
    parameters: &[],
    build: |_| Ok(Box::new(Byol)),
    defaults: &["byol()"],
};
