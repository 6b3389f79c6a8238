//! Pairs that carry no information.

use rand::RngExt;
use rand_distr::Exp1;

use super::{allowance, on_its_side, pair, takes_density};
use crate::conformance::{Outcome, REPLICATES, errors, normal, seed, within};
use crate::information::InformationEstimator;
use crate::sample::{Paired, Sample};
use crate::seed::Seed;
use crate::stats::Summary;

/// Independent halves; letters in turn where the estimator needs them.
fn independent_pairs(
    estimator: &dyn InformationEstimator,
    n: usize,
    stream: Seed,
    other: impl FnOnce(Seed) -> Sample,
) -> Paired {
    let x = if takes_density(estimator) {
        normal(1, n, stream.child("x"))
    } else {
        let letters = (0..n).map(|i| (i % 3) as f64).collect();
        Sample::from_points(1, letters).expect("letters are finite")
    };
    pair(x, other(stream.child("y")))
}

fn independent_values(estimator: &dyn InformationEstimator) -> Result<Vec<f64>, String> {
    (0..2 * REPLICATES)
        .map(|replicate| {
            let stream = seed("independent").child(replicate);
            let pairs = independent_pairs(estimator, 400, stream, |seed| normal(1, 400, seed));
            estimator
                .information(&pairs)
                .map_err(|error| error.to_string())
        })
        .collect()
}

pub(super) fn independent(estimator: &dyn InformationEstimator) -> Outcome {
    let values = independent_values(estimator)?;
    let summary = Summary::new(&values).map_err(|error| error.to_string())?;
    on_its_side(
        estimator.promises().side,
        "independent normal pairs",
        summary,
        allowance(2),
    )
}

pub(super) fn few_independent(estimator: &dyn InformationEstimator) -> Outcome {
    if !estimator.unbiased_when_independent() {
        return Ok(());
    }
    let errors = errors(2000, |replicate| {
        let stream = seed("few").child(replicate);
        let mut rng = stream.child("y").rng();
        let y = Sample::from_points(1, (0..20).map(|_| rng.sample(Exp1)).collect())?;
        estimator.information(&independent_pairs(estimator, 20, stream, |_| y))
    })?;
    within("20 pairs, normal and exponential", errors, 0.0, 0.0)
}

pub(super) fn not_clipped(estimator: &dyn InformationEstimator) -> Outcome {
    let values = independent_values(estimator)?;
    // A continuous estimate is exactly zero with probability zero.
    let zeros = values.iter().filter(|value| **value == 0.0).count();
    if zeros > 1 {
        return Err(format!(
            "{zeros} of {} estimates on independent pairs are exactly 0",
            values.len()
        ));
    }
    Ok(())
}
