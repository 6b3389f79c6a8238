use super::unit::Units;
use super::{Entry, Evaluation, Objective, sum};
use crate::error::Error;
use crate::sample::{Paired, Sample};

/// An objective of the embeddings scaled to length `sqrt(d)`, so that their coordinates have a mean square of 1.
///
/// `L(sqrt(d) z / |z|)` for a given `L`. Methods that compare directions only, such as [`Byol`](super::Byol), say
/// nothing about lengths, and a log-determinant of theirs would be about nothing else.
///
/// Takes pairs as the objective does. Cost that of the objective and `O(n d)`.
///
/// # Errors
/// Those of the objective; [`Error::ZeroVector`].
pub struct Normalised {
    objective: Box<dyn Objective>,
}

impl Normalised {
    /// Takes the objective.
    pub fn new(objective: Box<dyn Objective>) -> Self {
        Self { objective }
    }
}

impl Objective for Normalised {
    fn name(&self) -> String {
        format!("{}(objective={})", ENTRY.id, self.objective.name())
    }

    fn evaluate(&self, views: &Paired) -> Result<Evaluation, Error> {
        let first = Units::new("the first view", &views.x)?;
        let second = Units::new("the second view", &views.y)?;
        let length = |units: &Units| (units.matrix().nrows() as f64).sqrt();
        let scaled = |units: &Units| Sample::new(units.matrix() * length(units));
        let evaluation = self
            .objective
            .evaluate(&Paired::new(scaled(&first)?, scaled(&second)?)?)?;
        let [of_first, of_second] = evaluation.gradient;
        let pull = |units: &Units, gradient| units.pull(gradient * length(units));
        Evaluation::new(
            &self.name(),
            evaluation.terms,
            [pull(&first, of_first), pull(&second, of_second)],
        )
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "normalised",
    summary: "another objective, of embeddings scaled to length sqrt(d)",
    parameters: &[("objective", "log_det()")],
    build: |parameters| {
        Ok(Box::new(Normalised::new(sum::parse(
            parameters.text("objective")?,
        )?)))
    },
    defaults: &["normalised(objective=log_det(epsilon=0.01))"],
};
