//! The mean error where the information is known.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use super::{allowance, on_its_side, pair, takes_density};
use crate::conformance::{Outcome, REPLICATES, errors, seed, within};
use crate::entropy::Side;
use crate::information::{InformationEstimator, Takes};
use crate::law::{JointGaussian, JointLaw, Truth};
use crate::sample::{Paired, Sample};
use crate::seed::Seed;

pub(super) fn gaussian_truth(estimator: &dyn InformationEstimator) -> Outcome {
    if !takes_density(estimator) {
        return Ok(());
    }
    let side = estimator.promises().side;
    for (dim, correlations) in [(1, &[0.6][..]), (2, &[0.6, 0.3])] {
        let law =
            JointGaussian::sparse(dim, dim, correlations).map_err(|error| error.to_string())?;
        let Truth::Exact(truth) = law.information() else {
            return Err("the law of the suite has no exact information".to_owned());
        };
        let errors = errors(REPLICATES, |replicate| {
            let stream = seed("gaussian pairs")
                .child(format!("{correlations:?}"))
                .child(replicate);
            Ok(estimator.information(&law.sample(2000, stream))? - truth)
        })?;
        on_its_side(
            side,
            &format!("correlations {correlations:?} in R^{dim} x R^{dim}"),
            errors,
            allowance(2 * dim),
        )?;
    }
    Ok(())
}

/// `X` uniform on the unit circle `[0, 1)`, `Y = X + U` on it with `U` uniform on `[0, 1/2)`:
/// information `ln 2`, correlation 0.
fn wrapped(n: usize, seed: Seed) -> Paired {
    let mut rng = seed.rng();
    let (x, y) = (0..n)
        .map(|_| {
            let (x, shift): (f64, f64) = (rng.random(), rng.random());
            (x, (x + 0.5 * shift).fract())
        })
        .unzip();
    let sample = |values| Sample::from_points(1, values).expect("uniform draws are finite");
    pair(sample(x), sample(y))
}

pub(super) fn wrapped_truth(estimator: &dyn InformationEstimator) -> Outcome {
    let side = estimator.promises().side;
    if side == Side::IfGaussian || !takes_density(estimator) {
        return Ok(());
    }
    let errors = errors(REPLICATES, |replicate| {
        let pairs = wrapped(2000, seed("wrapped").child(replicate));
        Ok(estimator.information(&pairs)? - std::f64::consts::LN_2)
    })?;
    // The edges of the density bias nearest neighbours more than a smooth law does.
    on_its_side(
        side,
        "uniform shifts on the circle",
        errors,
        2.0 * allowance(2),
    )
}

/// Pairs whose halves come from a rule each, drawn one by one.
fn drawn(n: usize, seed: Seed, draw: impl Fn(&mut ChaCha8Rng) -> (f64, f64)) -> Paired {
    let mut rng = seed.rng();
    let (x, y) = (0..n).map(|_| draw(&mut rng)).unzip();
    let sample = |values| Sample::from_points(1, values).expect("draws are finite");
    pair(sample(x), sample(y))
}

/// The mean error over pairs that a rule draws.
fn drawn_truth(
    estimator: &dyn InformationEstimator,
    what: &str,
    truth: f64,
    draw: impl Fn(&mut ChaCha8Rng) -> (f64, f64),
) -> Outcome {
    let errors = errors(REPLICATES, |replicate| {
        let pairs = drawn(2000, seed(what).child(replicate), &draw);
        Ok(estimator.information(&pairs)? - truth)
    })?;
    on_its_side(estimator.promises().side, what, errors, allowance(2))
}

pub(super) fn letters_truth(estimator: &dyn InformationEstimator) -> Outcome {
    if estimator.takes() == Takes::Density {
        return Ok(());
    }
    // Y is uniform on [x, x + 2]: of 5 letters, inner points have two that fit.
    drawn_truth(
        estimator,
        "five letters and overlapping intervals",
        5.0_f64.ln() - 0.8 * std::f64::consts::LN_2,
        |rng| {
            let x = f64::from(rng.random_range(0..5_i32));
            (x, x + 2.0 * rng.random::<f64>())
        },
    )?;
    // Uniform on [-1, 1] or on [-2, 2]: densities 1/2 and 1/4 against 3/8 inside and 1/8 outside.
    drawn_truth(
        estimator,
        "two letters and nested intervals",
        0.75 * (4.0_f64 / 3.0).ln(),
        |rng| {
            let x = f64::from(rng.random_range(1..3_i32));
            (x, x * (2.0 * rng.random::<f64>() - 1.0))
        },
    )
}

pub(super) fn two_letters_truth(estimator: &dyn InformationEstimator) -> Outcome {
    if estimator.takes() != Takes::Anything {
        return Ok(());
    }
    // The second letter is the first with probability 0.8 and each other one with 0.1.
    drawn_truth(
        estimator,
        "three letters, read with errors",
        3.0_f64.ln() + 0.8 * 0.8_f64.ln() + 0.2 * 0.1_f64.ln(),
        |rng| {
            let x = rng.random_range(0..3_i32);
            let u: f64 = rng.random();
            let shift = i32::from(u >= 0.8) + i32::from(u >= 0.9);
            (f64::from(x), f64::from((x + shift) % 3))
        },
    )
}

pub(super) fn mixture_truth(estimator: &dyn InformationEstimator) -> Outcome {
    if estimator.takes() != Takes::Anything {
        return Ok(());
    }
    // With probability 1/2 both are the same one of the letters -1 and 5, else X and Y are
    // independent and uniform on [0, 1] and [2, 3]. Each half shows which of the two it is, ln 2,
    // and in one case of two the letter, another ln 2.
    drawn_truth(
        estimator,
        "letters or points, by chance",
        1.5 * std::f64::consts::LN_2,
        |rng| {
            if rng.random::<bool>() {
                let letter = if rng.random::<bool>() { -1.0 } else { 5.0 };
                (letter, letter)
            } else {
                (rng.random(), 2.0 + rng.random::<f64>())
            }
        },
    )
}

pub(super) fn unbiased_on_gaussian(estimator: &dyn InformationEstimator) -> Outcome {
    if !estimator.promises().unbiased_on_gaussian {
        return Ok(());
    }
    let law = JointGaussian::sparse(2, 2, &[0.6]).map_err(|error| error.to_string())?;
    let Truth::Exact(truth) = law.information() else {
        return Err("the law of the suite has no exact information".to_owned());
    };
    let errors = errors(3000, |replicate| {
        Ok(estimator.information(&law.sample(12, seed("small pairs").child(replicate)))? - truth)
    })?;
    within("12 pairs in R^2 x R^2", errors, 0.0, 0.0)
}
