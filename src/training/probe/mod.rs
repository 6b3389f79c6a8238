//! What can be read off frozen embeddings: classifiers that see the labels. One method a file.

mod logistic;
mod nearest;

pub use logistic::{Logistic, LogisticFit};
pub use nearest::Nearest;

use super::same;
use crate::bound::Labels;
use crate::error::Error;
use crate::sample::Sample;

/// Share of points whose class is the predicted one.
///
/// # Errors
/// [`Error::Mismatch`] for another number of points.
pub fn accuracy(predicted: &[usize], labels: &Labels) -> Result<f64, Error> {
    same("predicted classes", labels.n(), predicted.len())?;
    let pairs = predicted.iter().zip(labels.of());
    Ok(pairs.filter(|(a, b)| a == b).count() as f64 / labels.n() as f64)
}

fn require_labelled(sample: &Sample, labels: &Labels) -> Result<(), Error> {
    same("labels", sample.n(), labels.n())
}
