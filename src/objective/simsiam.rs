use nalgebra::DMatrix;

use super::unit::{Units, cosines};
use super::{Entry, Evaluation, Objective, Term, common_dim};
use crate::error::Error;
use crate::sample::Paired;

/// SimSiam: the negative cosine between predictions (first view) and targets (second view).
///
/// `-(1/n) sum_i <p_i, z_i> / (|p_i| |z_i|)`. The targets are constants: their gradient is 0, the
/// stop-gradient without which the loss has no reason not to collapse. The published loss is half the
/// sum of this over (predictor of view 1, encoding of view 2) and (predictor of view 2, encoding of
/// view 1).
///
/// Takes `n >= 1` pairs of the same dimension. Cost `O(n d)`.
///
/// # Errors
/// [`Error::Mismatch`] when the views differ in dimension; [`Error::ZeroVector`].
///
/// # Source
/// Chen & He 2021, eqs. 1-3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SimSiam;

/// The mean cosine between predictions and targets, and its derivatives with respect to the
/// predictions.
pub(super) fn mean_cosine(views: &Paired) -> Result<(f64, DMatrix<f64>), Error> {
    common_dim(views)?;
    let predictions = Units::new("the predictions", &views.x)?;
    let targets = Units::new("the targets", &views.y)?;
    let n = views.n() as f64;
    let mean = cosines(&predictions, &targets).iter().sum::<f64>() / n;
    Ok((mean, predictions.pull(targets.matrix() / n)))
}

impl Objective for SimSiam {
    fn name(&self) -> String {
        format!("{}()", ENTRY.id)
    }

    fn evaluate(&self, views: &Paired) -> Result<Evaluation, Error> {
        let (mean, slope) = mean_cosine(views)?;
        let term = Term {
            of: ENTRY.id,
            name: "cosine",
            weight: -1.0,
            value: mean,
        };
        let targets = DMatrix::zeros(slope.nrows(), slope.ncols());
        Evaluation::new(&self.name(), vec![term], [-slope, targets])
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "simsiam",
    summary: "negative cosine between predictions (first) and constant targets (second)",
    parameters: &[],
    build: |_| Ok(Box::new(SimSiam)),
    defaults: &["simsiam()"],
};
