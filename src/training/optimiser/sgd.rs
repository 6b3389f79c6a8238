use std::fmt;

use rayon::prelude::*;

use super::{CHUNK, Optimiser, SPARED, Spared, share};
use crate::network::Real;
use crate::parameters::Entry;
use crate::training::not_negative;

/// Stochastic gradient descent with momentum.
///
/// `m <- p m + g + l w` and `w <- w - r m`, with the gradient `g`, the rate `r`, the share `p` of the momentum that is
/// kept and the weight decay `l`, from which `spared` parameters are free.
///
/// # Source
/// The convention of PyTorch's `SGD` without dampening.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sgd {
    /// Share `p` of the momentum that is kept.
    pub momentum: f64,
    /// Weight decay `l`.
    pub weight_decay: f64,
    /// What does not decay.
    pub spared: Spared,
}

impl Sgd {
    pub(super) fn update<T: Real>(
        &self,
        rate: f64,
        decays: bool,
        values: &mut [T],
        gradient: &[T],
        momentum: &mut [T],
    ) {
        let (rate, kept) = (T::from_f64(rate), T::from_f64(self.momentum));
        let decay = T::from_f64(if decays { self.weight_decay } else { 0.0 });
        (values.par_chunks_mut(CHUNK).zip(gradient.par_chunks(CHUNK)))
            .zip(momentum.par_chunks_mut(CHUNK))
            .for_each(|((values, gradient), momentum)| {
                for ((value, g), m) in values.iter_mut().zip(gradient).zip(momentum) {
                    *m = kept * *m + (*g + decay * *value);
                    *value -= rate * *m;
                }
            });
    }
}

impl fmt::Display for Sgd {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(
            f,
            "{}(momentum={},weight_decay={},spared={})",
            ENTRY.id,
            self.momentum,
            self.weight_decay,
            self.spared.name()
        )
    }
}

pub(super) const ENTRY: Entry<Optimiser> = Entry {
    id: "sgd",
    summary: "stochastic gradient descent with momentum",
    parameters: &[
        ("momentum", "0.9"),
        ("weight_decay", "0.0001"),
        ("spared", "vectors"),
    ],
    build: |parameters| {
        let number = |name| parameters.value::<f64>(name, "a number");
        Ok(Optimiser::Sgd(Sgd {
            momentum: share("momentum", number("momentum")?)?,
            weight_decay: not_negative("weight_decay", number("weight_decay")?)?,
            spared: parameters.choice("spared", SPARED)?,
        }))
    },
    defaults: &["sgd()"],
};
