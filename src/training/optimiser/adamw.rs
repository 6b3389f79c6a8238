use std::fmt;

use rayon::prelude::*;

use super::{CHUNK, Optimiser, SPARED, Spared, share};
use crate::error::Error;
use crate::network::Real;
use crate::parameters::Entry;
use crate::training::not_negative;

/// Adam with decoupled weight decay.
///
/// With the gradient `g` in step `t`, `m <- b1 m + (1 - b1) g`, `v <- b2 v + (1 - b2) g^2` and the rate `r`,
///
/// `w <- (1 - r l) w - r (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)`,
///
/// `l` the weight decay, from which `spared` parameters are free. The first step moves every number by
/// `r` whatever its gradient, as long as that is large against `epsilon`: a parameter whose true
/// gradient is zero follows the rounding.
///
/// # Source
/// Loshchilov & Hutter 2019; the defaults of PyTorch's `AdamW`, but for the weight decay (0.01 there) and
/// the vectors (not spared there).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamW {
    /// Share `b1` of the first moment that is kept.
    pub beta1: f64,
    /// Share `b2` of the second moment that is kept.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Weight decay `l`.
    pub weight_decay: f64,
    /// What does not decay.
    pub spared: Spared,
}

impl AdamW {
    pub(super) fn update<T: Real>(
        &self,
        rate: f64,
        step: u64,
        decays: bool,
        values: &mut [T],
        gradient: &[T],
        [first, second]: [&mut [T]; 2],
    ) {
        let number = T::from_f64;
        let kept = number(if decays {
            1.0 - rate * self.weight_decay
        } else {
            1.0
        });
        let (beta1, beta2) = (number(self.beta1), number(self.beta2));
        let (new1, new2) = (number(1.0 - self.beta1), number(1.0 - self.beta2));
        // Beyond 2^31 steps the corrections are 1 to the last digit.
        let corrected = |beta: f64| 1.0 - beta.powi(i32::try_from(step).unwrap_or(i32::MAX));
        let size = number(rate / corrected(self.beta1));
        let root = number(1.0 / corrected(self.beta2).sqrt());
        let epsilon = number(self.epsilon);
        let moments = (first.par_chunks_mut(CHUNK)).zip(second.par_chunks_mut(CHUNK));
        (values.par_chunks_mut(CHUNK).zip(gradient.par_chunks(CHUNK)))
            .zip(moments)
            .for_each(|((values, gradient), (first, second))| {
                let moments = first.iter_mut().zip(second);
                for ((value, g), (m, v)) in values.iter_mut().zip(gradient).zip(moments) {
                    *m = beta1 * *m + new1 * *g;
                    *v = beta2 * *v + new2 * *g * *g;
                    *value = kept * *value - size * (*m / (v.root() * root + epsilon));
                }
            });
    }
}

impl fmt::Display for AdamW {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(
            f,
            "{}(beta1={},beta2={},epsilon={},weight_decay={},spared={})",
            ENTRY.id,
            self.beta1,
            self.beta2,
            self.epsilon,
            self.weight_decay,
            self.spared.name()
        )
    }
}

pub(super) const ENTRY: Entry<Optimiser> = Entry {
    id: "adamw",
    summary: "Adam with decoupled weight decay",
    parameters: &[
        ("beta1", "0.9"),
        ("beta2", "0.999"),
        ("epsilon", "0.00000001"),
        ("weight_decay", "0.00001"),
        ("spared", "vectors"),
    ],
    build: |parameters| {
        let number = |name| parameters.value::<f64>(name, "a number");
        let epsilon = number("epsilon")?;
        if !(epsilon > 0.0 && epsilon.is_finite()) {
            return Err(Error::invalid(
                "epsilon",
                epsilon,
                "a positive finite number",
            ));
        }
        Ok(Optimiser::AdamW(AdamW {
            beta1: share("beta1", number("beta1")?)?,
            beta2: share("beta2", number("beta2")?)?,
            epsilon,
            weight_decay: not_negative("weight_decay", number("weight_decay")?)?,
            spared: parameters.choice("spared", SPARED)?,
        }))
    },
    defaults: &["adamw()"],
};
