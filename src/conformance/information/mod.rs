mod degenerate;
mod independence;
mod invariance;
mod processing;
mod strong_dependence;
mod truth;

use super::{Failure, Outcome, collect, named, normal, seed, within};
use crate::entropy::Side;
use crate::error::Error;
use crate::information::{InformationEstimator, Takes};
use crate::sample::{Paired, Sample};
use crate::stats::Summary;

type Check = fn(&dyn InformationEstimator) -> Outcome;

/// Name, what it demands, and the check.
const CHECKS: [(&str, &str, Check); 28] = [
    (
        "permutation",
        "the order of the pairs changes nothing",
        invariance::permutation,
    ),
    (
        "permutation_of_ties",
        "the order of pairs with many equal values changes nothing, or they are refused",
        invariance::permutation_of_ties,
    ),
    (
        "symmetry",
        "exchanging the halves changes nothing",
        invariance::symmetry,
    ),
    (
        "translation",
        "a shift of either half changes nothing (if promised)",
        invariance::translation,
    ),
    (
        "large_offset",
        "a shift by 2^24 that keeps every difference changes nothing (if translation is promised)",
        invariance::large_offset,
    ),
    (
        "scaling_up",
        "a common factor of 1000 changes nothing (if promised)",
        invariance::scaling_up,
    ),
    (
        "scaling_down",
        "a common factor of 1/1000 changes nothing (if promised)",
        invariance::scaling_down,
    ),
    (
        "extreme_units",
        "a common factor of 2^500 or 2^-500 changes nothing, or is refused (if scaling is promised)",
        invariance::extreme_units,
    ),
    (
        "rotation",
        "a rotation of either half changes nothing (if promised)",
        invariance::rotation,
    ),
    (
        "own_units",
        "a factor and a shift of its own for every coordinate change nothing (if promised)",
        invariance::own_units,
    ),
    (
        "monotone_maps",
        "an increasing map of every coordinate changes nothing (if promised)",
        invariance::monotone_maps,
    ),
    (
        "gaussian_truth",
        "the mean over Gaussian pairs is near the truth, on the promised side",
        truth::gaussian_truth,
    ),
    (
        "wrapped_truth",
        "the mean over uncorrelated, dependent pairs is near the truth, on the promised side (unless for Gaussian laws only)",
        truth::wrapped_truth,
    ),
    (
        "strong_dependence",
        "the mean over pairs that nearly determine each other is within the declared error (if one is declared)",
        strong_dependence::strong_dependence,
    ),
    (
        "letters_truth",
        "the mean over pairs of a letter and a point is near the truth, on the promised side (if taken)",
        truth::letters_truth,
    ),
    (
        "two_letters_truth",
        "the mean over pairs of letters is near the truth, on the promised side (if taken)",
        truth::two_letters_truth,
    ),
    (
        "mixture_truth",
        "the mean over pairs that are letters by chance is near the truth, on the promised side (if taken)",
        truth::mixture_truth,
    ),
    (
        "independent",
        "the mean over independent pairs is near zero, on the promised side",
        independence::independent,
    ),
    (
        "few_independent",
        "the mean over samples of 20 independent pairs is zero (if promised)",
        independence::few_independent,
    ),
    (
        "data_processing",
        "folding or dropping coordinates of a half does not raise the mean (if consistent)",
        processing::data_processing,
    ),
    (
        "independent_blocks",
        "the mean over two independent blocks is the sum of theirs (if consistent, or for Gaussian laws)",
        processing::independent_blocks,
    ),
    (
        "not_clipped",
        "independent pairs give both signs, or at least no run of exact zeros",
        independence::not_clipped,
    ),
    (
        "unbiased_on_gaussian",
        "the mean over samples of 12 pairs in R^2 x R^2 is the truth (if promised)",
        truth::unbiased_on_gaussian,
    ),
    (
        "reproducible",
        "the same pairs give the same bits, on one and two threads",
        invariance::reproducible,
    ),
    (
        "one_pair",
        "one pair: an error or a finite number",
        degenerate::one_pair,
    ),
    (
        "duplicates",
        "repeated pairs: an error or a finite number",
        degenerate::duplicates,
    ),
    (
        "constant_half",
        "a constant half: an error or a finite number",
        degenerate::constant_half,
    ),
    (
        "equal_halves",
        "y = x: an error or a finite number",
        degenerate::equal_halves,
    ),
];

/// Names of the checks of [`information`], in order, and what each demands.
pub fn information_checks() -> impl Iterator<Item = (&'static str, &'static str)> {
    CHECKS.iter().map(|(name, demand, _)| (*name, *demand))
}

/// Runs every check on an estimator of information and returns those that fail.
///
/// Cost: some hundred estimates of up to 2000 pairs in up to 2 + 2 dimensions.
pub fn information(estimator: &dyn InformationEstimator) -> Vec<Failure> {
    collect(
        CHECKS.iter().map(|(name, _, check)| (*name, *check)),
        |check| check(estimator),
    )
}

/// Runs the one check of [`information_checks`] that has this name; what it found, if it does not hold.
///
/// # Errors
/// [`Error::InvalidParameter`] for a name that no check has.
pub fn information_check(
    estimator: &dyn InformationEstimator,
    check: &str,
) -> Result<Option<Failure>, Error> {
    let one = named(&CHECKS, check)?;
    Ok(collect(std::iter::once(one), |check| check(estimator)).pop())
}

fn pair(x: Sample, y: Sample) -> Paired {
    Paired::new(x, y).expect("both halves have as many points")
}

/// Ordinary pairs that an estimator is made for, 120 of them.
fn pairs(estimator: &dyn InformationEstimator) -> Paired {
    match estimator.takes() {
        Takes::Density | Takes::Anything => dense_pairs(),
        Takes::LettersAndDensity => lettered_pairs(),
    }
}

/// One of three letters, and points of `R^2` about a place of its own.
fn lettered_pairs() -> Paired {
    let noise = normal(2, 120, seed("lettered"));
    let letter = |i: usize| ((i * i) % 3) as f64;
    let letters = Sample::from_points(1, (0..120).map(letter).collect());
    let mut points = noise.matrix().clone();
    for (i, mut column) in points.column_iter_mut().enumerate() {
        column[0] += letter(i);
        column[1] *= 1.0 + letter(i);
    }
    pair(
        letters.expect("letters are finite"),
        Sample::new(points).expect("normal draws are finite"),
    )
}

/// Dependent pairs in `R^2 x R^2` without symmetries.
fn dense_pairs() -> Paired {
    let x = normal(2, 120, seed("x"));
    let noise = normal(2, 120, seed("noise"));
    let mut points = noise.matrix().clone();
    for (i, mut column) in points.column_iter_mut().enumerate() {
        column[0] += x.point(i)[0];
        column[1] += 0.3 * x.point(i)[1] * x.point(i)[0];
    }
    pair(
        x,
        Sample::new(points).expect("sums of normal draws are finite"),
    )
}

fn reference(estimator: &dyn InformationEstimator) -> Result<f64, String> {
    estimator
        .information(&pairs(estimator))
        .map_err(|error| format!("on 120 ordinary pairs: {error}"))
}

/// Whether an estimator takes pairs with a joint density.
fn takes_density(estimator: &dyn InformationEstimator) -> bool {
    estimator.takes() != Takes::LettersAndDensity
}

/// Allowed departure of a mean error, beside its noise, at 2000 pairs.
fn allowance(dims: usize) -> f64 {
    0.02 + 0.01 * dims as f64
}

/// The mean error must be small, on the promised side of the truth only if there is one.
fn on_its_side(side: Side, what: &str, errors: Summary, allowance: f64) -> Outcome {
    let low = if side == Side::Below {
        f64::NEG_INFINITY
    } else {
        -allowance
    };
    let high = if side == Side::Above {
        f64::INFINITY
    } else {
        allowance
    };
    within(what, errors, low, high)
}
