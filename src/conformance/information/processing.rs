//! Pairs whose informations are related to each other.

use super::{allowance, pair, takes_density};
use crate::conformance::{Outcome, REPLICATES, errors, seed, within};
use crate::entropy::Side;
use crate::error::Error;
use crate::information::InformationEstimator;
use crate::law::{JointGaussian, JointLaw};
use crate::sample::{Paired, Sample};
use crate::stats::Summary;

/// Errors of one estimate minus others on the same Gaussian pairs in `R^2 x R^2`.
fn differences(
    estimator: &dyn InformationEstimator,
    label: &str,
    difference: impl Fn(&Paired) -> Result<f64, Error>,
) -> Result<Summary, String> {
    let law = JointGaussian::sparse(2, 2, &[0.6, 0.3]).map_err(|error| error.to_string())?;
    errors(REPLICATES, |replicate| {
        let pairs = law.sample(2000, seed(label).child(replicate));
        Ok(difference(&pairs)? - estimator.information(&pairs)?)
    })
}

/// Some coordinates of a half, through a map.
fn kept(half: &Sample, coordinates: &[usize], map: impl Fn(f64) -> f64) -> Sample {
    half.map(coordinates.len(), |x, y| {
        y.iter_mut()
            .zip(coordinates)
            .for_each(|(y, &j)| *y = map(x[j]));
    })
    .expect("the map keeps finite points finite")
}

pub(super) fn data_processing(estimator: &dyn InformationEstimator) -> Outcome {
    if estimator.promises().side != Side::Consistent || !takes_density(estimator) {
        return Ok(());
    }
    let folded = differences(estimator, "folded", |pairs| {
        let x = kept(&pairs.x, &[0, 1], f64::abs);
        estimator.information(&pair(x, pairs.y.clone()))
    })?;
    within("x folded at 0", folded, f64::NEG_INFINITY, 0.0)?;
    let dropped = differences(estimator, "dropped", |pairs| {
        let y = kept(&pairs.y, &[1], |v| v);
        estimator.information(&pair(pairs.x.clone(), y))
    })?;
    within(
        "y without its first coordinate",
        dropped,
        f64::NEG_INFINITY,
        0.0,
    )
}

pub(super) fn independent_blocks(estimator: &dyn InformationEstimator) -> Outcome {
    if !matches!(
        estimator.promises().side,
        Side::Consistent | Side::IfGaussian
    ) || !takes_density(estimator)
    {
        return Ok(());
    }
    let blocks = differences(estimator, "blocks", |pairs| {
        let block = |j: usize| {
            let half = |half: &Sample| kept(half, &[j], |v| v);
            estimator.information(&pair(half(&pairs.x), half(&pairs.y)))
        };
        Ok(block(0)? + block(1)?)
    })?;
    within(
        "the sum of two blocks, less both at once",
        blocks,
        -allowance(4),
        allowance(4),
    )
}
