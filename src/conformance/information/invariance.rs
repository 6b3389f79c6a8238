//! What changes nothing: order, units, positions, the number of threads.

use super::{lettered_pairs, pair, pairs, reference, takes_density};
use crate::conformance::{
    EXTREME, Outcome, mapped, near_and_far, normal, reversed, rotated, same, same_on_threads,
    same_or_refused, scaled, seed, shifted,
};
use crate::information::{CoordinateMaps, InformationEstimator};
use crate::sample::{Paired, Sample};

pub(super) fn permutation(estimator: &dyn InformationEstimator) -> Outcome {
    let Paired { x, y } = pairs(estimator);
    same(
        "reversed order",
        estimator.information(&pair(reversed(&x), reversed(&y))),
        reference(estimator)?,
    )
}

pub(super) fn permutation_of_ties(estimator: &dyn InformationEstimator) -> Outcome {
    let Paired { x, y } = pairs(estimator);
    let rounded = |half: &Sample| {
        mapped(half, |x, y| {
            y.iter_mut()
                .zip(x)
                .for_each(|(y, x)| *y = (4.0 * x).round() / 4.0);
        })
    };
    let (x, y) = (rounded(&x), rounded(&y));
    let forward = estimator.information(&pair(x.clone(), y.clone()));
    let backward = estimator.information(&pair(reversed(&x), reversed(&y)));
    match forward {
        Ok(value) => same("values on a lattice, reversed order", backward, value),
        Err(_) if backward.is_err() => Ok(()),
        Err(error) => Err(format!("refused in one order only: {error}")),
    }
}

pub(super) fn symmetry(estimator: &dyn InformationEstimator) -> Outcome {
    let Paired { x, y } = pairs(estimator);
    same(
        "halves exchanged",
        estimator.information(&pair(y, x)),
        reference(estimator)?,
    )
}

pub(super) fn translation(estimator: &dyn InformationEstimator) -> Outcome {
    if !estimator.promises().translation {
        return Ok(());
    }
    let Paired { x, y } = pairs(estimator);
    same(
        "x shifted",
        estimator.information(&pair(shifted(&x), y)),
        reference(estimator)?,
    )
}

pub(super) fn large_offset(estimator: &dyn InformationEstimator) -> Outcome {
    if !estimator.promises().translation {
        return Ok(());
    }
    let Paired { x, y } = pairs(estimator);
    let ((near_x, far_x), (near_y, far_y)) = (near_and_far(&x), near_and_far(&y));
    let expected = estimator
        .information(&pair(near_x, near_y))
        .map_err(|error| error.to_string())?;
    same(
        "both shifted by 2^24",
        estimator.information(&pair(far_x, far_y)),
        expected,
    )
}

fn scaling(estimator: &dyn InformationEstimator, factor: f64) -> Outcome {
    if !estimator.promises().scaling {
        return Ok(());
    }
    let Paired { x, y } = pairs(estimator);
    let both = pair(scaled(&x, factor), scaled(&y, factor));
    same(
        &format!("both times {factor}"),
        estimator.information(&both),
        reference(estimator)?,
    )
}

pub(super) fn scaling_up(estimator: &dyn InformationEstimator) -> Outcome {
    scaling(estimator, 1000.0)
}

pub(super) fn scaling_down(estimator: &dyn InformationEstimator) -> Outcome {
    scaling(estimator, 0.001)
}

pub(super) fn extreme_units(estimator: &dyn InformationEstimator) -> Outcome {
    if !estimator.promises().scaling {
        return Ok(());
    }
    let Paired { x, y } = pairs(estimator);
    EXTREME.into_iter().try_for_each(|power| {
        let factor = 2.0_f64.powi(power);
        let both = pair(scaled(&x, factor), scaled(&y, factor));
        same_or_refused(
            &format!("both times 2^{power}"),
            estimator.information(&both),
            reference(estimator)?,
        )
    })
}

pub(super) fn rotation(estimator: &dyn InformationEstimator) -> Outcome {
    if !estimator.promises().rotation {
        return Ok(());
    }
    let Paired { x, y } = pairs(estimator);
    same(
        "x rotated",
        estimator.information(&pair(rotated(&x), y)),
        reference(estimator)?,
    )
}

/// A map of its own for every coordinate of both halves changes nothing.
fn maps(
    estimator: &dyn InformationEstimator,
    what: &str,
    map: impl Fn(usize, f64) -> f64,
) -> Outcome {
    let Paired { x, y } = pairs(estimator);
    let image = |half: &Sample, first: usize| {
        mapped(half, |x, y| {
            for (j, (y, x)) in y.iter_mut().zip(x).enumerate() {
                *y = map(first + j, *x);
            }
        })
    };
    same(
        what,
        estimator.information(&pair(image(&x, 0), image(&y, x.dim()))),
        reference(estimator)?,
    )
}

pub(super) fn own_units(estimator: &dyn InformationEstimator) -> Outcome {
    if estimator.coordinate_maps() < CoordinateMaps::Affine {
        return Ok(());
    }
    maps(estimator, "coordinates in units of their own", |j, v| {
        10.0_f64.powi(3 * j as i32 - 4) * v + j as f64
    })
}

pub(super) fn monotone_maps(estimator: &dyn InformationEstimator) -> Outcome {
    if estimator.coordinate_maps() < CoordinateMaps::Monotone {
        return Ok(());
    }
    maps(
        estimator,
        "exponentials and cubes of the coordinates",
        |j, v| {
            if j % 2 == 0 { v.exp() } else { v * v * v }
        },
    )
}

pub(super) fn reproducible(estimator: &dyn InformationEstimator) -> Outcome {
    if !takes_density(estimator) {
        let pairs = lettered_pairs();
        return same_on_threads(|| estimator.information(&pairs));
    }
    let x = normal(2, 500, seed("reproducible x"));
    let y = mapped(&x, |x, y| {
        y[0] = x[1] * x[1];
        y[1] = x[0].sin();
    });
    let noise = normal(2, 500, seed("reproducible y"));
    let y = Sample::new(y.matrix() + noise.matrix()).map_err(|error| error.to_string())?;
    let pairs = pair(x, y);
    same_on_threads(|| estimator.information(&pairs))
}
