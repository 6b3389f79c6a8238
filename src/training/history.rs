use serde::{Deserialize, Serialize};

use super::learner::Step;
use super::monitor::Reading;
use crate::objective::distinct_names;

/// One number on the way of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Steps done.
    pub step: u64,
    /// The same in epochs.
    pub epoch: f64,
    /// What it is; in nats where the name ends so.
    pub quantity: String,
    /// The number; none where it cannot be had.
    pub value: Option<f64>,
    /// Why there is none.
    pub note: String,
}

/// What a run has seen so far: the losses and their terms, as means over the steps between two looks, and what was measured at
/// each look.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    points: Vec<Point>,
    /// Sums since the last look.
    #[serde(skip)]
    sums: Vec<(String, f64)>,
    #[serde(skip)]
    steps: u64,
}

impl History {
    /// Counts a step: its loss, the standard deviation of its embeddings, and the unweighted terms of the loss, under [`distinct_names`].
    pub fn count(&mut self, step: &Step) {
        let terms = (distinct_names(&step.terms).into_iter().zip(&step.terms))
            .map(|(name, term)| (format!("term {name}"), term.value));
        let all = [("loss", step.loss), ("std_in_batch", step.std)];
        let all = all.map(|(name, value)| (name.to_owned(), value));
        for (name, value) in all.into_iter().chain(terms) {
            if let Some((_, sum)) = self.sums.iter_mut().find(|(known, _)| *known == name) {
                *sum += value;
            } else {
                self.sums.push((name, value));
            }
        }
        self.steps += 1;
    }

    /// A look at the model after `step` steps of `per_epoch` an epoch: the means since the last one, then the readings.
    pub fn look(&mut self, step: u64, per_epoch: u64, readings: Vec<Reading>) {
        let epoch = step as f64 / per_epoch as f64;
        let count = self.steps as f64;
        let means = (self.sums.drain(..)).map(|(quantity, sum)| (quantity, Ok(sum / count)));
        let readings = (readings.into_iter()).map(|r| (r.name.to_owned(), r.value));
        for (quantity, value) in means.chain(readings) {
            let (value, note) = match value {
                Ok(value) => (Some(value), String::new()),
                Err(error) => (None, error.to_string()),
            };
            self.points.push(Point {
                step,
                epoch,
                quantity,
                value,
                note,
            });
        }
        self.steps = 0;
    }

    /// All numbers in the order in which they came.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// A quantity at each look that has it: `(step, value)`.
    pub fn curve(&self, quantity: &str) -> Vec<(f64, f64)> {
        (self.points.iter())
            .filter(|point| point.quantity == quantity)
            .filter_map(|point| Some((point.step as f64, point.value?)))
            .collect()
    }
}
