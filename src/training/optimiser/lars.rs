use std::fmt;

use rayon::prelude::*;

use super::{CHUNK, Optimiser, SPARED, Spared, share};
use crate::network::Real;
use crate::parameters::Entry;
use crate::training::not_negative;

/// Momentum with a rate for each parameter: layer-wise adaptive rate scaling.
///
/// With `u = g + l w`, `m <- p m + t (|w| / |u|) u` and `w <- w - r m`; the factor in front of `u` is 1 where `|w|` or
/// `|u|` is zero. Of `spared` parameters `u = g` and the factor is 1. The norms are those of a whole weight or bias,
/// summed in double precision.
///
/// # Source
/// You, Gitman & Ginsburg 2017, with the exceptions of Bardes, Ponce & LeCun 2022 (VICReg).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lars {
    /// Share `p` of the momentum that is kept.
    pub momentum: f64,
    /// Weight decay `l`.
    pub weight_decay: f64,
    /// Trust `t` in a layer's own rate.
    pub trust: f64,
    /// What has neither a decay nor a rate of its own.
    pub spared: Spared,
}

/// `|w + s v|`; the order of the sums is that of the chunks.
fn norm<T: Real>(values: &[T], scale: T, others: &[T]) -> f64 {
    let chunks: Vec<f64> = (values.par_chunks(CHUNK).zip(others.par_chunks(CHUNK)))
        .map(|(values, others)| {
            let numbers = values.iter().zip(others).map(|(w, v)| *w + scale * *v);
            numbers.map(|u| u.to_f64() * u.to_f64()).sum()
        })
        .collect();
    chunks.iter().sum::<f64>().sqrt()
}

impl Lars {
    /// Gives `|u|` of a parameter with a rate of its own: were it infinite, that rate would be zero.
    pub(super) fn update<T: Real>(
        &self,
        rate: f64,
        adapts: bool,
        values: &mut [T],
        gradient: &[T],
        momentum: &mut [T],
    ) -> f64 {
        let decay = T::from_f64(if adapts { self.weight_decay } else { 0.0 });
        let own = norm(values, T::ZERO, values);
        let update = norm(gradient, decay, values);
        let factor = if adapts && own > 0.0 && update > 0.0 {
            self.trust * own / update
        } else {
            1.0
        };
        let (rate, kept) = (T::from_f64(rate), T::from_f64(self.momentum));
        let factor = T::from_f64(factor);
        (values.par_chunks_mut(CHUNK).zip(gradient.par_chunks(CHUNK)))
            .zip(momentum.par_chunks_mut(CHUNK))
            .for_each(|((values, gradient), momentum)| {
                for ((value, g), m) in values.iter_mut().zip(gradient).zip(momentum) {
                    *m = kept * *m + factor * (*g + decay * *value);
                    *value -= rate * *m;
                }
            });
        if adapts { update } else { 0.0 }
    }
}

impl fmt::Display for Lars {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(
            f,
            "{}(momentum={},weight_decay={},trust={},spared={})",
            ENTRY.id,
            self.momentum,
            self.weight_decay,
            self.trust,
            self.spared.name()
        )
    }
}

pub(super) const ENTRY: Entry<Optimiser> = Entry {
    id: "lars",
    summary: "momentum with a rate for each parameter",
    parameters: &[
        ("momentum", "0.9"),
        ("weight_decay", "0.000001"),
        ("trust", "0.001"),
        ("spared", "vectors"),
    ],
    build: |parameters| {
        let number = |name| parameters.value::<f64>(name, "a number");
        Ok(Optimiser::Lars(Lars {
            momentum: share("momentum", number("momentum")?)?,
            weight_decay: not_negative("weight_decay", number("weight_decay")?)?,
            trust: not_negative("trust", number("trust")?)?,
            spared: parameters.choice("spared", SPARED)?,
        }))
    },
    defaults: &["lars()"],
};
