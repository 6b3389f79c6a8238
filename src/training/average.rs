use super::schedule::half_cosine;
use crate::error::Error;
use crate::network::{Network, Real};

/// The share of a target network that is kept in step `step` of `steps`: from `start` to 1 along half a cosine.
///
/// `1 - (1 - start) (1 + cos(pi step / steps)) / 2`.
///
/// # Source
/// Grill et al. 2020 (BYOL), section 3.2.
pub fn keep(start: f64, step: u64, steps: u64) -> f64 {
    1.0 - (1.0 - start) * half_cosine(step as f64 / steps as f64)
}

/// Moves the parameters of a network towards those of another of the same layers:
/// `t <- k t + (1 - k) w`. Running statistics stay: a target collects its own.
///
/// # Errors
/// [`Error::Mismatch`] when the networks do not have the same parameters.
pub fn move_towards<T: Real>(
    target: &mut Network<T>,
    online: &Network<T>,
    keep: f64,
) -> Result<(), Error> {
    let (mut targets, onlines) = (target.parameters_mut(), online.parameters());
    let mismatch = |expected, actual| Error::Mismatch {
        what: "parameters of a target network",
        expected,
        actual,
    };
    if targets.len() != onlines.len() {
        return Err(mismatch(onlines.len(), targets.len()));
    }
    for (target, online) in targets.iter().zip(&onlines) {
        if target.values.len() != online.values.len() {
            return Err(mismatch(online.values.len(), target.values.len()));
        }
    }
    let (kept, new) = (T::from_f64(keep), T::from_f64(1.0 - keep));
    for (target, online) in targets.iter_mut().zip(&onlines) {
        for (target, online) in target.values.iter_mut().zip(online.values) {
            *target = kept * *target + new * *online;
        }
    }
    Ok(())
}
