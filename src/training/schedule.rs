use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::not_negative;
use crate::error::Error;

/// Learning rates that rise linearly and then fall along half a cosine.
///
/// Step `t` of `n`, counted from 0, has the rate `r (t + 1) / w` in the `w` steps of the warm-up and
/// `r (f + (1 - f) (1 + cos(pi (t - w) / (n - w))) / 2)` after it; `f r` is what the last steps tend to.
///
/// # Source
/// Loshchilov & Hutter 2017 (the cosine); Goyal et al. 2017 (the warm-up).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// Largest rate `r`.
    pub rate: f64,
    /// Steps `w` of the warm-up.
    pub warm_up: u64,
    /// Steps `n` altogether.
    pub steps: u64,
    /// Share `f` of the rate that is left at the end.
    pub floor: f64,
}

impl Schedule {
    /// Refuses a schedule that is none.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for no steps, a rate that is negative or not finite, a floor outside
    /// `[0, 1]`.
    pub fn require(&self) -> Result<(), Error> {
        not_negative("rate", self.rate)?;
        if self.steps == 0 {
            return Err(Error::invalid("steps", self.steps, "at least 1"));
        }
        if !(0.0..=1.0).contains(&self.floor) {
            return Err(Error::invalid("floor", self.floor, "from 0 to 1"));
        }
        Ok(())
    }

    /// The rate in step `step`, counted from 0; beyond the last step it stays at the floor.
    pub fn rate(&self, step: u64) -> f64 {
        if step < self.warm_up {
            return self.rate * (step + 1) as f64 / self.warm_up as f64;
        }
        if step >= self.steps {
            return self.rate * self.floor;
        }
        let share = (step - self.warm_up) as f64 / (self.steps - self.warm_up) as f64;
        self.rate * (self.floor + (1.0 - self.floor) * half_cosine(share))
    }
}

/// From 1 at 0 to 0 at 1.
pub(super) fn half_cosine(share: f64) -> f64 {
    0.5 * (1.0 + (PI * share).cos())
}
