use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand_distr::Exp1;

use super::{
    EXTREME, Failure, Outcome, REPLICATES, collect, errors, mapped, near_and_far, normal,
    refused_or_finite, reversed, rotated, same, same_on_threads, same_or_refused, scaled, seed,
    shifted, within,
};
use crate::entropy::Side;
use crate::information::{CoordinateMaps, InformationEstimator, Takes};
use crate::law::{JointGaussian, JointLaw, Truth};
use crate::sample::{Paired, Sample};
use crate::seed::Seed;

type Check = fn(&dyn InformationEstimator) -> Outcome;

/// Name, what it demands, and the check.
const CHECKS: [(&str, &str, Check); 27] = [
    (
        "permutation",
        "the order of the pairs changes nothing",
        permutation,
    ),
    (
        "permutation_of_ties",
        "the order of pairs with many equal values changes nothing, or they are refused",
        permutation_of_ties,
    ),
    (
        "symmetry",
        "exchanging the halves changes nothing",
        symmetry,
    ),
    (
        "translation",
        "a shift of either half changes nothing (if promised)",
        translation,
    ),
    (
        "large_offset",
        "a shift by 2^24 that keeps every difference changes nothing (if translation is promised)",
        large_offset,
    ),
    (
        "scaling_up",
        "a common factor of 1000 changes nothing (if promised)",
        scaling_up,
    ),
    (
        "scaling_down",
        "a common factor of 1/1000 changes nothing (if promised)",
        scaling_down,
    ),
    (
        "extreme_units",
        "a common factor of 2^500 or 2^-500 changes nothing, or is refused (if scaling is promised)",
        extreme_units,
    ),
    (
        "rotation",
        "a rotation of either half changes nothing (if promised)",
        rotation,
    ),
    (
        "own_units",
        "a factor and a shift of its own for every coordinate change nothing (if promised)",
        own_units,
    ),
    (
        "monotone_maps",
        "an increasing map of every coordinate changes nothing (if promised)",
        monotone_maps,
    ),
    (
        "gaussian_truth",
        "the mean over Gaussian pairs is near the truth, on the promised side",
        gaussian_truth,
    ),
    (
        "wrapped_truth",
        "the mean over uncorrelated, dependent pairs is near the truth, on the promised side (unless for Gaussian laws only)",
        wrapped_truth,
    ),
    (
        "letters_truth",
        "the mean over pairs of a letter and a point is near the truth, on the promised side (if taken)",
        letters_truth,
    ),
    (
        "two_letters_truth",
        "the mean over pairs of letters is near the truth, on the promised side (if taken)",
        two_letters_truth,
    ),
    (
        "mixture_truth",
        "the mean over pairs that are letters by chance is near the truth, on the promised side (if taken)",
        mixture_truth,
    ),
    (
        "independent",
        "the mean over independent pairs is near zero, on the promised side",
        independent,
    ),
    (
        "few_independent",
        "the mean over samples of 20 independent pairs is zero (if promised)",
        few_independent,
    ),
    (
        "data_processing",
        "folding or dropping coordinates of a half does not raise the mean (if consistent)",
        data_processing,
    ),
    (
        "independent_blocks",
        "the mean over two independent blocks is the sum of theirs (if consistent, or for Gaussian laws)",
        independent_blocks,
    ),
    (
        "not_clipped",
        "independent pairs give both signs, or at least no run of exact zeros",
        not_clipped,
    ),
    (
        "unbiased_on_gaussian",
        "the mean over samples of 12 pairs in R^2 x R^2 is the truth (if promised)",
        unbiased_on_gaussian,
    ),
    (
        "reproducible",
        "the same pairs give the same bits, on one and two threads",
        reproducible,
    ),
    (
        "one_pair",
        "one pair: an error or a finite number",
        one_pair,
    ),
    (
        "duplicates",
        "repeated pairs: an error or a finite number",
        duplicates,
    ),
    (
        "constant_half",
        "a constant half: an error or a finite number",
        constant_half,
    ),
    (
        "equal_halves",
        "y = x: an error or a finite number",
        equal_halves,
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

fn permutation(estimator: &dyn InformationEstimator) -> Outcome {
    let Paired { x, y } = pairs(estimator);
    same(
        "reversed order",
        estimator.information(&pair(reversed(&x), reversed(&y))),
        reference(estimator)?,
    )
}

fn permutation_of_ties(estimator: &dyn InformationEstimator) -> Outcome {
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

fn symmetry(estimator: &dyn InformationEstimator) -> Outcome {
    let Paired { x, y } = pairs(estimator);
    same(
        "halves exchanged",
        estimator.information(&pair(y, x)),
        reference(estimator)?,
    )
}

fn translation(estimator: &dyn InformationEstimator) -> Outcome {
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

fn large_offset(estimator: &dyn InformationEstimator) -> Outcome {
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

fn scaling_up(estimator: &dyn InformationEstimator) -> Outcome {
    scaling(estimator, 1000.0)
}

fn scaling_down(estimator: &dyn InformationEstimator) -> Outcome {
    scaling(estimator, 0.001)
}

fn extreme_units(estimator: &dyn InformationEstimator) -> Outcome {
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

fn rotation(estimator: &dyn InformationEstimator) -> Outcome {
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

fn own_units(estimator: &dyn InformationEstimator) -> Outcome {
    if estimator.coordinate_maps() < CoordinateMaps::Affine {
        return Ok(());
    }
    maps(estimator, "coordinates in units of their own", |j, v| {
        10.0_f64.powi(3 * j as i32 - 4) * v + j as f64
    })
}

fn monotone_maps(estimator: &dyn InformationEstimator) -> Outcome {
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

/// Whether an estimator takes pairs with a joint density.
fn takes_density(estimator: &dyn InformationEstimator) -> bool {
    estimator.takes() != Takes::LettersAndDensity
}

/// Allowed departure of a mean error, beside its noise, at 2000 pairs.
fn allowance(dims: usize) -> f64 {
    0.02 + 0.01 * dims as f64
}

/// The mean error must be small, on the promised side of the truth only if there is one.
fn on_its_side(side: Side, what: &str, errors: super::Summary, allowance: f64) -> Outcome {
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

fn gaussian_truth(estimator: &dyn InformationEstimator) -> Outcome {
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

fn wrapped_truth(estimator: &dyn InformationEstimator) -> Outcome {
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

fn letters_truth(estimator: &dyn InformationEstimator) -> Outcome {
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

fn two_letters_truth(estimator: &dyn InformationEstimator) -> Outcome {
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

fn mixture_truth(estimator: &dyn InformationEstimator) -> Outcome {
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

/// Errors of one estimate minus others on the same Gaussian pairs in `R^2 x R^2`.
fn differences(
    estimator: &dyn InformationEstimator,
    label: &str,
    difference: impl Fn(&Paired) -> Result<f64, crate::error::Error>,
) -> Result<super::Summary, String> {
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

fn data_processing(estimator: &dyn InformationEstimator) -> Outcome {
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

fn independent_blocks(estimator: &dyn InformationEstimator) -> Outcome {
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

fn independent(estimator: &dyn InformationEstimator) -> Outcome {
    let values = independent_values(estimator)?;
    let summary = super::Summary::new(&values).map_err(|error| error.to_string())?;
    on_its_side(
        estimator.promises().side,
        "independent normal pairs",
        summary,
        allowance(2),
    )
}

fn few_independent(estimator: &dyn InformationEstimator) -> Outcome {
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

fn not_clipped(estimator: &dyn InformationEstimator) -> Outcome {
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

fn unbiased_on_gaussian(estimator: &dyn InformationEstimator) -> Outcome {
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

fn reproducible(estimator: &dyn InformationEstimator) -> Outcome {
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

fn one_pair(estimator: &dyn InformationEstimator) -> Outcome {
    let pairs = pair(normal(1, 1, seed("one x")), normal(1, 1, seed("one y")));
    refused_or_finite("one pair", estimator.information(&pairs))
}

fn duplicates(estimator: &dyn InformationEstimator) -> Outcome {
    let indices: Vec<usize> = (0..100).map(|i| i % 10).collect();
    let repeat = |label| {
        normal(1, 10, seed(label))
            .select(&indices)
            .map_err(|error| error.to_string())
    };
    let pairs = pair(repeat("twin x")?, repeat("twin y")?);
    refused_or_finite("ten pairs ten times each", estimator.information(&pairs))
}

fn constant_half(estimator: &dyn InformationEstimator) -> Outcome {
    let x = normal(1, 100, seed("free"));
    let y = mapped(&x, |_, y| y.fill(7.0));
    refused_or_finite("y constant", estimator.information(&pair(x, y)))
}

fn equal_halves(estimator: &dyn InformationEstimator) -> Outcome {
    let x = normal(2, 100, seed("equal"));
    refused_or_finite("y = x", estimator.information(&pair(x.clone(), x)))
}
