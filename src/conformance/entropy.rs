use std::f64::consts::TAU;

use nalgebra::DMatrix;

use super::{
    EXTREME, Failure, Outcome, REPLICATES, collect, errors, named, near_and_far, normal,
    refused_or_finite, reversed, rotated, same, same_on_threads, same_or_refused, scaled, seed,
    shifted, within,
};
use crate::entropy::{EntropyEstimator, Family, Side};
use crate::error::Error;
use crate::law::{Law, Mixture, Truth, UniformBox};
use crate::sample::Sample;
use crate::seed::Seed;

type Check = fn(&dyn EntropyEstimator) -> Outcome;

/// Name, what it demands, and the check.
const CHECKS: [(&str, &str, Check); 19] = [
    (
        "permutation",
        "the order of the points changes nothing",
        permutation,
    ),
    (
        "translation",
        "a shift changes nothing (if promised)",
        translation,
    ),
    (
        "large_offset",
        "a shift by 2^24 that keeps every difference changes nothing (if translation is promised)",
        large_offset,
    ),
    (
        "scaling_up",
        "a factor of 1000 adds d ln 1000 (if promised)",
        scaling_up,
    ),
    (
        "scaling_down",
        "a factor of 1/1000 subtracts d ln 1000 (if promised)",
        scaling_down,
    ),
    (
        "extreme_units",
        "a factor of 2^500 or 2^-500 adds d ln of it, or is refused (if scaling is promised)",
        extreme_units,
    ),
    (
        "rotation",
        "a rotation changes nothing (if promised)",
        rotation,
    ),
    (
        "gaussian_truth",
        "the mean over Gaussian samples is near the truth (if it converges there)",
        gaussian_truth,
    ),
    (
        "correlated_gaussian",
        "the mean over correlated Gaussian samples is near the truth (if it converges there)",
        correlated_gaussian,
    ),
    (
        "uniform_truth",
        "the mean over uniform samples is near the truth (if it converges there)",
        uniform_truth,
    ),
    (
        "side",
        "the mean lies on the promised side for Gaussian, uniform and mixture laws",
        side,
    ),
    (
        "negative_entropy",
        "a law of negative entropy gives a negative value",
        negative_entropy,
    ),
    (
        "unbiased_on_gaussian",
        "the mean over samples of 12 points in R^4 is the truth (if promised)",
        unbiased_on_gaussian,
    ),
    (
        "reproducible",
        "the same sample gives the same bits, on one and two threads",
        reproducible,
    ),
    (
        "other_dimensions",
        "points of a dimension that it does not take are refused",
        other_dimensions,
    ),
    (
        "one_point",
        "one point: an error or a finite number",
        one_point,
    ),
    (
        "duplicates",
        "repeated points: an error or a finite number",
        duplicates,
    ),
    (
        "constant_coordinate",
        "a constant coordinate: an error or a finite number",
        constant_coordinate,
    ),
    (
        "more_dimensions_than_points",
        "n < d: an error or a finite number",
        more_dimensions_than_points,
    ),
];

/// Names of the checks of [`entropy`], in order, and what each demands.
pub fn entropy_checks() -> impl Iterator<Item = (&'static str, &'static str)> {
    CHECKS.iter().map(|(name, demand, _)| (*name, *demand))
}

/// Runs every check on an estimator of entropy and returns those that fail.
///
/// Cost: some hundred estimates of up to 2000 points in up to 4 dimensions.
pub fn entropy(estimator: &dyn EntropyEstimator) -> Vec<Failure> {
    collect(
        CHECKS.iter().map(|(name, _, check)| (*name, *check)),
        |check| check(estimator),
    )
}

/// Runs the one check of [`entropy_checks`] that has this name; what it found, if it does not hold.
///
/// # Errors
/// [`Error::InvalidParameter`] for a name that no check has.
pub fn entropy_check(
    estimator: &dyn EntropyEstimator,
    check: &str,
) -> Result<Option<Failure>, Error> {
    let one = named(&CHECKS, check)?;
    Ok(collect(std::iter::once(one), |check| check(estimator)).pop())
}

/// Those of the dimensions that the estimator takes.
fn taken<const N: usize>(
    estimator: &dyn EntropyEstimator,
    dims: [usize; N],
) -> impl Iterator<Item = usize> {
    dims.into_iter().filter(|&dim| estimator.takes(dim))
}

/// `dim` where the estimator takes it, else the first smaller dimension that it takes.
fn at_most(estimator: &dyn EntropyEstimator, dim: usize) -> Result<usize, String> {
    (1..=dim)
        .rev()
        .find(|&dim| estimator.takes(dim))
        .ok_or_else(|| format!("it takes none of the dimensions 1 to {dim}"))
}

/// A sample without symmetries: three correlated coordinates, or the last ones of them, 120 points.
fn sample(dim: usize) -> Sample {
    let raw = normal(3, 120, seed("sample"));
    let three = |x: &[f64]| [x[0], 0.5 * x[0] + x[1], x[2] * x[2] + 0.1 * x[1]];
    raw.map(dim, |x, y| y.copy_from_slice(&three(x)[3 - dim..]))
        .expect("the map keeps finite points finite")
}

/// The sample of as many coordinates as the estimator takes.
fn ordinary(estimator: &dyn EntropyEstimator) -> Result<Sample, String> {
    at_most(estimator, 3).map(sample)
}

fn reference(estimator: &dyn EntropyEstimator) -> Result<f64, String> {
    estimator
        .entropy(&ordinary(estimator)?)
        .map_err(|error| format!("on 120 ordinary points: {error}"))
}

fn permutation(estimator: &dyn EntropyEstimator) -> Outcome {
    same(
        "reversed order",
        estimator.entropy(&reversed(&ordinary(estimator)?)),
        reference(estimator)?,
    )
}

fn translation(estimator: &dyn EntropyEstimator) -> Outcome {
    if !estimator.promises().translation {
        return Ok(());
    }
    same(
        "shifted",
        estimator.entropy(&shifted(&ordinary(estimator)?)),
        reference(estimator)?,
    )
}

fn large_offset(estimator: &dyn EntropyEstimator) -> Outcome {
    if !estimator.promises().translation {
        return Ok(());
    }
    let (near, far) = near_and_far(&ordinary(estimator)?);
    let expected = estimator
        .entropy(&near)
        .map_err(|error| error.to_string())?;
    same("shifted by 2^24", estimator.entropy(&far), expected)
}

fn scaling(estimator: &dyn EntropyEstimator, factor: f64) -> Outcome {
    if !estimator.promises().scaling {
        return Ok(());
    }
    let sample = ordinary(estimator)?;
    let expected = reference(estimator)? + sample.dim() as f64 * factor.ln();
    same(
        &format!("times {factor}"),
        estimator.entropy(&scaled(&sample, factor)),
        expected,
    )
}

fn scaling_up(estimator: &dyn EntropyEstimator) -> Outcome {
    scaling(estimator, 1000.0)
}

fn scaling_down(estimator: &dyn EntropyEstimator) -> Outcome {
    scaling(estimator, 0.001)
}

fn extreme_units(estimator: &dyn EntropyEstimator) -> Outcome {
    if !estimator.promises().scaling {
        return Ok(());
    }
    let sample = ordinary(estimator)?;
    EXTREME.into_iter().try_for_each(|power| {
        let ln_factor = f64::from(power) * std::f64::consts::LN_2;
        let expected = reference(estimator)? + sample.dim() as f64 * ln_factor;
        same_or_refused(
            &format!("times 2^{power}"),
            estimator.entropy(&scaled(&sample, 2.0_f64.powi(power))),
            expected,
        )
    })
}

fn rotation(estimator: &dyn EntropyEstimator) -> Outcome {
    if !estimator.promises().rotation {
        return Ok(());
    }
    same(
        "rotated",
        estimator.entropy(&rotated(&ordinary(estimator)?)),
        reference(estimator)?,
    )
}

/// Allowed departure of a mean error in `R^dim`, beside its noise: what nearest neighbours and plug-in
/// covariances leave at 2000 points of a smooth law.
fn allowance(dim: usize) -> f64 {
    0.02 + 0.02 * dim as f64
}

fn gaussian_entropy(dim: usize, std: f64) -> f64 {
    0.5 * dim as f64 * (1.0 + (TAU * std * std).ln())
}

/// Errors on `N(0, I)` in `R^dim`.
fn gaussian_errors(estimator: &dyn EntropyEstimator, dim: usize) -> Result<super::Summary, String> {
    let truth = gaussian_entropy(dim, 1.0);
    errors(REPLICATES, |replicate| {
        let points = normal(dim, 2000, seed("gaussian").child(dim).child(replicate));
        Ok(estimator.entropy(&points)? - truth)
    })
}

fn gaussian_truth(estimator: &dyn EntropyEstimator) -> Outcome {
    if !estimator.converges_on(Family::Gaussian) {
        return Ok(());
    }
    for dim in taken(estimator, [1, 2, 4]) {
        let errors = gaussian_errors(estimator, dim)?;
        within(
            &format!("N(0, I) in R^{dim}"),
            errors,
            -allowance(dim),
            allowance(dim),
        )?;
    }
    Ok(())
}

fn correlated_gaussian(estimator: &dyn EntropyEstimator) -> Outcome {
    if !estimator.converges_on(Family::Gaussian) || !estimator.takes(2) {
        return Ok(());
    }
    // Covariance [[1, 1], [1, 1.25]], of determinant 1/4: far from a multiple of the identity.
    let truth = gaussian_entropy(2, 1.0) - std::f64::consts::LN_2;
    let errors = errors(REPLICATES, |replicate| {
        let points = normal(2, 2000, seed("correlated").child(replicate));
        let correlated = super::mapped(&points, |x, y| {
            y[0] = x[0];
            y[1] = x[0] + 0.5 * x[1];
        });
        Ok(estimator.entropy(&correlated)? - truth)
    })?;
    within(
        "correlated Gaussian in R^2",
        errors,
        -allowance(2),
        allowance(2),
    )
}

fn uniform_errors(estimator: &dyn EntropyEstimator, dim: usize) -> Result<super::Summary, String> {
    // Unit variances.
    let side = 12_f64.sqrt();
    let law =
        UniformBox::new(vec![0.0; dim], vec![side; dim]).map_err(|error| error.to_string())?;
    let truth = dim as f64 * side.ln();
    errors(REPLICATES, |replicate| {
        let points = law.sample(2000, seed("uniform").child(dim).child(replicate));
        Ok(estimator.entropy(&points)? - truth)
    })
}

fn uniform_truth(estimator: &dyn EntropyEstimator) -> Outcome {
    if !estimator.converges_on(Family::Uniform) {
        return Ok(());
    }
    for dim in taken(estimator, [1, 2]) {
        let errors = uniform_errors(estimator, dim)?;
        // The edges of a uniform law bias nearest neighbours more than a smooth law does, and what
        // they do to kernels is known.
        let edge_bias = estimator.edge_bias(2000, dim);
        // Nobody may declare an error away: it is small, and it vanishes.
        let later = estimator.edge_bias(2_000_000, dim);
        if !(0.0..=0.2 * dim as f64).contains(&edge_bias) || later > 0.5 * edge_bias {
            return Err(format!(
                "an edge bias of {edge_bias} nats at 2000 points in R^{dim} and {later} at 2000000 is declared; it has to be at most {} and to fall",
                0.2 * dim as f64
            ));
        }
        within(
            &format!("uniform on [0, sqrt 12]^{dim}"),
            errors,
            edge_bias - 2.0 * allowance(dim),
            edge_bias + 2.0 * allowance(dim),
        )?;
    }
    Ok(())
}

/// Two unit Gaussians six apart along the first coordinate: far from Gaussian, entropy known to 1e-3.
fn two_bumps(dim: usize) -> Result<Mixture, String> {
    let place = [-3.0, 3.0];
    let means = DMatrix::from_fn(dim, 2, |i, j| if i == 0 { place[j] } else { 0.0 });
    let unit = DMatrix::identity(dim, dim);
    Mixture::new(vec![0.5; 2], means, vec![unit.clone(), unit]).map_err(|error| error.to_string())
}

fn side(estimator: &dyn EntropyEstimator) -> Outcome {
    let (low, high) = match estimator.promises().side {
        Side::Above => (-1.0, f64::INFINITY),
        Side::Below => (f64::NEG_INFINITY, 1.0),
        Side::Consistent | Side::IfGaussian => return Ok(()),
    };
    let bounded = |what: &str, errors: super::Summary, dim: usize| {
        within(what, errors, low * allowance(dim), high * allowance(dim))
    };
    if let Some(smoothing) = estimator.smoothing() {
        // The promise is about the smoothed sample itself, not about a law behind it.
        return smoothed_side(estimator, smoothing, low, high);
    }
    for dim in taken(estimator, [1, 2, 4]) {
        bounded(
            &format!("N(0, I) in R^{dim}"),
            gaussian_errors(estimator, dim)?,
            dim,
        )?;
    }
    for dim in taken(estimator, [1, 2]) {
        bounded(
            &format!("uniform on [0, sqrt 12]^{dim}"),
            uniform_errors(estimator, dim)?,
            dim,
        )?;
    }
    for dim in taken(estimator, [1, 2]) {
        let mixture = two_bumps(dim)?;
        let Truth::Between { lower, upper } = mixture.entropy() else {
            return Err("the mixture of the suite has no bounds".to_owned());
        };
        let middle = f64::midpoint(lower, upper);
        let errors = errors(REPLICATES, |replicate| {
            let points = mixture.sample(2000, seed("bumps").child(dim).child(replicate));
            Ok(estimator.entropy(&points)? - middle)
        })?;
        bounded(&format!("two Gaussians six apart in R^{dim}"), errors, dim)?;
    }
    Ok(())
}

/// Five points as centres of a mixture whose entropy is a Monte-Carlo mean. Many bounds are tight where
/// the centres nearly coincide and where they are apart, and there show what is missing.
fn smoothed_side(estimator: &dyn EntropyEstimator, std: f64, low: f64, high: f64) -> Outcome {
    const SPREADS: [(&str, f64); 4] = [
        ("nearly equal", 1e-3),
        ("near", 0.7),
        ("far", 2.0),
        ("isolated", 100.0),
    ];
    let shapes = taken(estimator, [1, 2, 4]).flat_map(|dim| SPREADS.map(|spread| (dim, spread)));
    for (dim, (label, spread)) in shapes {
        let centres = scaled(&normal(dim, 5, seed("centres")), spread * std);
        let covariance = DMatrix::identity(dim, dim) * (std * std);
        let mixture = Mixture::new(vec![0.2; 5], centres.matrix().clone(), vec![covariance; 5])
            .map_err(|error| error.to_string())?;
        let truth = mixture
            .monte_carlo_entropy(100_000, seed("smoothed"))
            .map_err(|error| error.to_string())?;
        let Truth::MonteCarlo { value, std_error } = truth else {
            return Err("no Monte-Carlo value".to_owned());
        };
        let estimate = estimator
            .entropy(&centres)
            .map_err(|error| error.to_string())?;
        let error = super::Summary {
            n: 1,
            mean: estimate - value,
            std_dev: 0.0,
            std_error,
        };
        // No allowance: this is the very quantity that is bounded.
        within(
            &format!("five {label} centres in R^{dim}"),
            error,
            low * 1e-6,
            high * 1e-6,
        )?;
    }
    Ok(())
}

fn negative_entropy(estimator: &dyn EntropyEstimator) -> Outcome {
    // A smoothed sample has at least the entropy of its smoothing: nothing to clip unless that is small.
    if estimator.smoothing().is_some() {
        return Ok(());
    }
    let (std, dim) = (0.01, at_most(estimator, 2)?);
    let points = scaled(&normal(dim, 1000, seed("negative")), std);
    let truth = gaussian_entropy(dim, std);
    match estimator.entropy(&points) {
        Ok(value) if value < 0.5 * truth => Ok(()),
        Ok(value) => Err(format!("{value} where the truth is {truth}")),
        Err(error) => Err(error.to_string()),
    }
}

fn unbiased_on_gaussian(estimator: &dyn EntropyEstimator) -> Outcome {
    if !estimator.promises().unbiased_on_gaussian || !estimator.takes(4) {
        return Ok(());
    }
    let truth = gaussian_entropy(4, 1.0);
    let errors = errors(3000, |replicate| {
        Ok(estimator.entropy(&normal(4, 12, seed("small").child(replicate)))? - truth)
    })?;
    within("12 points in R^4", errors, 0.0, 0.0)
}

fn reproducible(estimator: &dyn EntropyEstimator) -> Outcome {
    let points = normal(at_most(estimator, 3)?, 500, seed("reproducible"));
    same_on_threads(|| estimator.entropy(&points))
}

fn other_dimensions(estimator: &dyn EntropyEstimator) -> Outcome {
    (1..=4)
        .filter(|&dim| !estimator.takes(dim))
        .try_for_each(
            |dim| match estimator.entropy(&normal(dim, 120, seed("other"))) {
                Err(_) => Ok(()),
                Ok(value) => Err(format!(
                    "{value} for points in R^{dim}, which it says it does not take"
                )),
            },
        )
}

/// Dimensions for a degenerate sample: the usual one, and where that is not taken one that is.
fn degenerate(estimator: &dyn EntropyEstimator, dim: usize) -> Vec<usize> {
    let mut dims = vec![dim];
    dims.extend(at_most(estimator, dim).ok().filter(|&other| other != dim));
    dims
}

fn one_point(estimator: &dyn EntropyEstimator) -> Outcome {
    degenerate(estimator, 2).into_iter().try_for_each(|dim| {
        refused_or_finite(
            &format!("one point in R^{dim}"),
            estimator.entropy(&normal(dim, 1, seed("one"))),
        )
    })
}

fn duplicates(estimator: &dyn EntropyEstimator) -> Outcome {
    degenerate(estimator, 2).into_iter().try_for_each(|dim| {
        let few = normal(dim, 10, seed("duplicates"));
        let indices: Vec<usize> = (0..100).map(|i| i % 10).collect();
        let repeated = few.select(&indices).map_err(|error| error.to_string())?;
        refused_or_finite(
            &format!("ten points of R^{dim} ten times each"),
            estimator.entropy(&repeated),
        )
    })
}

fn constant_coordinate(estimator: &dyn EntropyEstimator) -> Outcome {
    degenerate(estimator, 2).into_iter().try_for_each(|dim| {
        let flat = super::mapped(&normal(dim, 100, seed("constant")), |x, y| {
            y.copy_from_slice(x);
            y[dim - 1] = 7.0;
        });
        refused_or_finite(
            &format!("last of {dim} coordinates constant"),
            estimator.entropy(&flat),
        )?;
        let still = super::mapped(&flat, |_, y| y.fill(7.0));
        refused_or_finite(
            &format!("all points of R^{dim} equal"),
            estimator.entropy(&still),
        )
    })
}

fn more_dimensions_than_points(estimator: &dyn EntropyEstimator) -> Outcome {
    let wide = normal(20, 8, Seed::root(0).child("conformance").child("wide"));
    refused_or_finite("8 points in R^20", estimator.entropy(&wide))
}
