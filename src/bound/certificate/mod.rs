//! Upper bounds on the risk that a user can compute, and that mean something. One method a file.
//!
//! [`empirical_bernstein`], [`hoeffding`] and [`clopper_pearson`] need points that `W` was not fitted to;
//! [`PacBayes`] and [`supervised`] use those that it was.

mod clopper_pearson;
mod empirical_bernstein;
mod hoeffding;
mod pac_bayes;
mod supervised;

pub use clopper_pearson::{clopper_pearson, misclassified};
pub use empirical_bernstein::empirical_bernstein;
pub use hoeffding::hoeffding;
pub use pac_bayes::{Gibbs, PacBayes, Posterior};
pub use supervised::supervised;

use super::radius::positive;
use super::spend::probability;
use super::term::Piece;
use crate::error::{Error, finite};

/// An upper bound on a risk, and the addends that it is the sum of.
#[derive(Debug, Clone, PartialEq)]
pub struct Certificate {
    /// How it was found.
    pub name: &'static str,
    /// The bound.
    pub value: f64,
    /// The probability with which it may fail.
    pub delta: f64,
    /// Its addends.
    pub pieces: Vec<Piece>,
}

impl Certificate {
    pub(super) fn new(
        name: &'static str,
        delta: f64,
        pieces: &[(&'static str, f64)],
    ) -> Result<Self, Error> {
        let pieces: Vec<Piece> = (pieces.iter())
            .map(|&(name, value)| Piece::new(name, value))
            .collect();
        let value = pieces.iter().map(|piece| piece.value).sum();
        Ok(Self {
            name,
            value: finite(name, value)?,
            delta,
            pieces,
        })
    }

    /// The addend of this name.
    pub fn piece(&self, name: &str) -> Option<f64> {
        let piece = self.pieces.iter().find(|piece| piece.name == name);
        piece.map(|piece| piece.value)
    }
}

/// Rejects losses outside `[0, range]`, and a probability outside `(0, 1)`.
fn check(
    method: &'static str,
    required: usize,
    losses: &[f64],
    range: f64,
    delta: f64,
) -> Result<(), Error> {
    probability("delta", delta)?;
    positive("range", range)?;
    if losses.len() < required {
        return Err(Error::TooFewPoints {
            method,
            required,
            actual: losses.len(),
        });
    }
    for (point, &loss) in losses.iter().enumerate() {
        if !loss.is_finite() {
            return Err(Error::NonFinite {
                point,
                coordinate: 0,
                value: loss.to_string(),
            });
        }
        if !(0.0..=range).contains(&loss) {
            return Err(Error::invalid(
                format!("loss {point}"),
                loss,
                format!("at least 0 and at most the range {range}"),
            ));
        }
    }
    Ok(())
}

fn mean(losses: &[f64]) -> f64 {
    losses.iter().sum::<f64>() / losses.len() as f64
}
