use nalgebra::DMatrix;

use super::{Failure, Outcome, collect, named, normal, seed};
use crate::error::Error;
use crate::law::Bijection;
use crate::linalg::svd;

type Check = fn(&dyn Bijection, &[f64]) -> Outcome;

/// Name, what it demands, and the check.
const CHECKS: [(&str, &str, Check); 5] = [
    (
        "dim",
        "the number of coordinates is one that the map takes",
        dim,
    ),
    ("inverse", "the inverse of the image is the point", inverse),
    (
        "jacobian",
        "the matrix of derivatives is that of central differences",
        jacobian,
    ),
    (
        "ln_abs_det",
        "the logarithm of the determinant is that of the matrix",
        ln_abs_det,
    ),
    (
        "constant_ln_abs_det",
        "a constant is the value at every point",
        constant_ln_abs_det,
    ),
];

/// Names of the checks of [`bijection`], in order, and what each demands.
pub fn bijection_checks() -> impl Iterator<Item = (&'static str, &'static str)> {
    CHECKS.iter().map(|(name, demand, _)| (*name, *demand))
}

/// Runs every check on a bijection of `R^dim` at 20 normal points and returns those that fail.
pub fn bijection(map: &dyn Bijection, dim: usize) -> Vec<Failure> {
    let points = normal(dim, 20, seed("bijection"));
    collect(
        CHECKS.iter().map(|(name, _, check)| (*name, *check)),
        |check| points.points().try_for_each(|point| check(map, point)),
    )
}

/// Runs the one check of [`bijection_checks`] that has this name; what it found, if it does not hold.
///
/// # Errors
/// [`Error::InvalidParameter`] for a name that no check has.
pub fn bijection_check(
    map: &dyn Bijection,
    dim: usize,
    check: &str,
) -> Result<Option<Failure>, Error> {
    let points = normal(dim, 20, seed("bijection"));
    let one = named(&CHECKS, check)?;
    let at_all = |check: Check| points.points().try_for_each(|point| check(map, point));
    Ok(collect(std::iter::once(one), at_all).pop())
}

fn dim(map: &dyn Bijection, point: &[f64]) -> Outcome {
    match map.dim() {
        Some(dim) if dim != point.len() => Err(format!(
            "checked in R^{}, the map is one of R^{dim}",
            point.len()
        )),
        _ => Ok(()),
    }
}

fn image(map: &dyn Bijection, point: &[f64]) -> Vec<f64> {
    let mut image = vec![0.0; point.len()];
    map.apply(point, &mut image);
    image
}

fn inverse(map: &dyn Bijection, point: &[f64]) -> Outcome {
    let mut back = vec![0.0; point.len()];
    map.invert(&image(map, point), &mut back);
    let worst = point
        .iter()
        .zip(&back)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max);
    if worst <= 1e-8 {
        Ok(())
    } else {
        Err(format!("{point:?} comes back {worst:e} away"))
    }
}

fn jacobian(map: &dyn Bijection, point: &[f64]) -> Outcome {
    const STEP: f64 = 1e-5;
    let analytic = map.jacobian(point);
    let dim = point.len();
    let mut numeric = DMatrix::zeros(dim, dim);
    for j in 0..dim {
        let at = |shift: f64| {
            let mut moved = point.to_vec();
            moved[j] += shift;
            image(map, &moved)
        };
        let (forward, backward) = (at(STEP), at(-STEP));
        for i in 0..dim {
            numeric[(i, j)] = (forward[i] - backward[i]) / (2.0 * STEP);
        }
    }
    // Central differences: step^2 times the third derivative, and rounding / step.
    let worst = (&analytic - &numeric).amax();
    if worst <= 1e-6 * (1.0 + numeric.amax()) {
        Ok(())
    } else {
        Err(format!(
            "at {point:?}: {analytic} against central differences {numeric}"
        ))
    }
}

fn ln_abs_det(map: &dyn Bijection, point: &[f64]) -> Outcome {
    let values = svd(&map.jacobian(point))
        .map_err(|error| error.to_string())?
        .values;
    let expected: f64 = values.iter().map(|v| v.ln()).sum();
    let value = map.ln_abs_det(point);
    if (value - expected).abs() <= 1e-9 * (1.0 + expected.abs()) {
        Ok(())
    } else {
        Err(format!(
            "{value} at {point:?}, the matrix of derivatives gives {expected}"
        ))
    }
}

fn constant_ln_abs_det(map: &dyn Bijection, point: &[f64]) -> Outcome {
    match map.constant_ln_abs_det() {
        Some(constant)
            if (constant - map.ln_abs_det(point)).abs() > 1e-9 * (1.0 + constant.abs()) =>
        {
            Err(format!(
                "{constant} promised, {} at {point:?}",
                map.ln_abs_det(point)
            ))
        }
        _ => Ok(()),
    }
}
