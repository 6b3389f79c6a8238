//! Self-supervised training: networks, objectives and optimisers put together, without automatic
//! differentiation.
//!
//! A [`Method`] is an objective on the embeddings of two views, on predictions of targets, or on
//! both. A [`Learner`] holds the networks and does one step at a time; [`views`] makes the batches. All
//! objectives are evaluated in double precision, whatever the networks compute in; every draw is from
//! a labelled [`Seed`](crate::seed::Seed), and results are bitwise equal for any number of threads.

mod average;
mod batch;
mod checkpoint;
mod course;
mod cross_entropy;
mod history;
mod learner;
mod method;
mod model;
mod monitor;
mod optimiser;
mod preset;
pub mod probe;
mod schedule;
mod trial;

pub use average::{keep, move_towards};
pub use batch::{Batches, views};
pub use course::{Course, Run};
pub use history::{History, Point};
pub use learner::{Learner, Plan, Step};
pub use method::{Method, Target};
pub use model::{Encoder, Model};
pub use monitor::{COMPONENT, Monitor, RAW_EPSILON, Reading, SCALED_EPSILON};
pub use optimiser::{AdamW, Lars, Memory, Optimiser, Sgd, Spared};
pub use preset::Preset;
pub use schedule::Schedule;
pub use trial::Trial;

pub use crate::record::Profile;

use crate::error::Error;
use crate::sample::Sample;

const NOT_NEGATIVE: &str = "a finite number, at least 0";

fn same(what: &'static str, expected: usize, actual: usize) -> Result<(), Error> {
    if expected == actual {
        Ok(())
    } else {
        Err(Error::Mismatch {
            what,
            expected,
            actual,
        })
    }
}

/// Mean variance of the coordinates, divisor `n - 1`.
fn mean_variance(sample: &Sample) -> f64 {
    let matrix = sample.matrix();
    let mean = matrix.column_mean();
    let squares: f64 = (matrix.column_iter())
        .map(|point| (point - &mean).norm_squared())
        .sum();
    squares / (sample.n() - 1) as f64 / sample.dim() as f64
}

fn not_negative(name: &'static str, value: f64) -> Result<f64, Error> {
    if value >= 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(Error::invalid(name, value, NOT_NEGATIVE))
    }
}
