//! Rules that change the parameters of networks by their gradients. One method a file.

mod adamw;
mod lars;
mod sgd;

use std::fmt;

pub use adamw::AdamW;
pub use lars::Lars;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
pub use sgd::Sgd;

use super::same;
use crate::error::{Error, finite};
use crate::network::{Gradient, ParameterMut, Real};
use crate::parameters;

/// A rule, written as a name with parameters: `adamw(weight_decay=0.00001)`.
///
/// The rule itself has no state: what it remembers between steps is in a [`Memory`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Optimiser {
    /// Adam with decoupled weight decay.
    AdamW(AdamW),
    /// Stochastic gradient descent with momentum.
    Sgd(Sgd),
    /// Momentum with a rate for each parameter.
    Lars(Lars),
}

/// Which parameters the weight decay, and the rates of [`Lars`], leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spared {
    /// Biases, and the scales and shifts of batch normalisations: all that are vectors.
    #[default]
    Vectors,
    /// None, as PyTorch's optimisers do unless told otherwise.
    None,
}

/// Numbers that one task works on: fixed, so that results do not depend on the number of threads.
const CHUNK: usize = 1 << 14;

const SPARED: &[(&str, Spared)] = &[("vectors", Spared::Vectors), ("none", Spared::None)];

impl Spared {
    fn spares(self, shape: &[usize]) -> bool {
        self == Self::Vectors && shape.len() < 2
    }

    fn name(self) -> &'static str {
        match self {
            Self::Vectors => "vectors",
            Self::None => "none",
        }
    }
}

/// What an optimiser remembers: the number of steps, and numbers beside each parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Memory<T: Real> {
    /// Steps done.
    pub steps: u64,
    /// For each slot of the rule ([`Optimiser::slots`]) and each parameter, as many numbers as the
    /// parameter has. Empty before the first step.
    pub slots: Vec<Vec<Vec<T>>>,
}

impl<T: Real> Memory<T> {
    /// Nothing.
    pub fn new() -> Self {
        Self {
            steps: 0,
            slots: Vec::new(),
        }
    }
}

impl<T: Real> Default for Memory<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl Optimiser {
    /// Every rule of the crate.
    pub const ALL: &'static [&'static parameters::Entry<Self>] =
        &[&adamw::ENTRY, &sgd::ENTRY, &lars::ENTRY];

    /// Reads `adamw(weight_decay=0.00001)`; a parameter that is left out takes its default.
    ///
    /// # Errors
    /// [`Error::UnknownName`] and [`Error::InvalidParameter`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        parameters::build("optimiser", Self::ALL, text)
    }

    /// What it keeps beside each parameter, by name.
    pub fn slots(&self) -> &'static [&'static str] {
        match self {
            Self::AdamW(_) => &["first_moment", "second_moment"],
            Self::Sgd(_) | Self::Lars(_) => &["momentum"],
        }
    }

    /// One step with the learning rate `rate`.
    ///
    /// Parameters and gradients come in the same order in every step. Works in the precision of the
    /// parameters; cost `O(numbers)`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a rate that is negative or not finite; [`Error::Mismatch`] when
    /// gradients or memory do not belong to the parameters, with everything as it was;
    /// [`Error::NonFiniteResult`], naming the parameter, when a number of it or of the memory overflows: the parameters
    /// before it have moved.
    pub fn step<T: Real>(
        &self,
        rate: f64,
        memory: &mut Memory<T>,
        parameters: &mut [ParameterMut<'_, T>],
        gradients: &[Gradient<T>],
    ) -> Result<(), Error> {
        if !(rate >= 0.0 && rate.is_finite()) {
            return Err(Error::invalid("rate", rate, super::NOT_NEGATIVE));
        }
        same("number of gradients", parameters.len(), gradients.len())?;
        for (parameter, gradient) in parameters.iter().zip(gradients) {
            same(
                "numbers of a gradient",
                parameter.values.len(),
                gradient.values.len(),
            )?;
        }
        if memory.slots.is_empty() {
            let zeros =
                || (parameters.iter()).map(|parameter| vec![T::ZERO; parameter.values.len()]);
            memory.slots = (self.slots().iter()).map(|_| zeros().collect()).collect();
        }
        same(
            "slots of the memory",
            self.slots().len(),
            memory.slots.len(),
        )?;
        for slot in &memory.slots {
            same("parameters in the memory", parameters.len(), slot.len())?;
            for (parameter, numbers) in parameters.iter().zip(slot) {
                same(
                    "numbers in the memory",
                    parameter.values.len(),
                    numbers.len(),
                )?;
            }
        }
        memory.steps += 1;
        let steps = memory.steps;
        let [first, rest @ ..] = &mut memory.slots[..] else {
            unreachable!("every rule has a slot")
        };
        for (at, (parameter, gradient)) in parameters.iter_mut().zip(gradients).enumerate() {
            let (values, slopes) = (&mut *parameter.values, &gradient.values);
            let first = &mut first[at];
            match (self, rest.first_mut()) {
                (Self::AdamW(rule), Some(second)) => {
                    let decays = !rule.spared.spares(&parameter.shape);
                    rule.update(
                        rate,
                        steps,
                        decays,
                        values,
                        slopes,
                        [first, &mut second[at]],
                    );
                }
                (Self::Sgd(rule), _) => {
                    let decays = !rule.spared.spares(&parameter.shape);
                    rule.update(rate, decays, values, slopes, first);
                }
                (Self::Lars(rule), _) => {
                    let adapts = !rule.spared.spares(&parameter.shape);
                    let length = rule.update(rate, adapts, values, slopes, first);
                    finite(
                        format!("update of {} in step {steps}", parameter.name),
                        length,
                    )?;
                }
                (Self::AdamW(_), None) => unreachable!("two slots have been made"),
            }
            let after = format!("{} after step {steps}", parameter.name);
            require_finite(&after, values)?;
            // An infinite moment would hold a parameter where it is for ever.
            let numbers = [Some(&*first), rest.first().map(|second| &second[at])];
            for (slot, numbers) in self.slots().iter().zip(numbers.into_iter().flatten()) {
                require_finite(&format!("{slot} of {after}"), numbers)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Optimiser {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::AdamW(rule) => rule.fmt(f),
            Self::Sgd(rule) => rule.fmt(f),
            Self::Lars(rule) => rule.fmt(f),
        }
    }
}

impl TryFrom<String> for Optimiser {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<Optimiser> for String {
    fn from(value: Optimiser) -> Self {
        value.to_string()
    }
}

/// Refuses numbers that have left their range.
fn require_finite<T: Real>(what: &str, numbers: &[T]) -> Result<(), Error> {
    let infinite = (numbers.par_chunks(CHUNK))
        .find_map_first(|numbers| numbers.iter().find(|number| !number.is_finite()));
    match infinite {
        None => Ok(()),
        Some(number) => finite(what, number.to_f64()).map(|_| ()),
    }
}

/// Reads a share of what is kept, from 0 to below 1.
fn share(name: &'static str, value: f64) -> Result<f64, Error> {
    if (0.0..1.0).contains(&value) {
        Ok(value)
    } else {
        Err(Error::invalid(name, value, "at least 0 and below 1"))
    }
}
