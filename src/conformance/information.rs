use rand::RngExt;
use rand_distr::Exp1;

use super::{
    EXTREME, Failure, Outcome, REPLICATES, collect, errors, mapped, near_and_far, normal,
    refused_or_finite, reversed, rotated, same, same_on_threads, same_or_refused, scaled, seed,
    shifted, within,
};
use crate::entropy::Side;
use crate::information::InformationEstimator;
use crate::law::{JointGaussian, JointLaw, Truth};
use crate::sample::{Paired, Sample};
use crate::seed::Seed;

type Check = fn(&dyn InformationEstimator) -> Outcome;

/// Name, what it demands, and the check.
const CHECKS: [(&str, &str, Check); 19] = [
    (
        "permutation",
        "the order of the pairs changes nothing",
        permutation,
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

/// Dependent pairs in `R^2 x R^2` without symmetries, 120 of them.
fn pairs() -> Paired {
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
        .information(&pairs())
        .map_err(|error| format!("on 120 ordinary pairs: {error}"))
}

fn permutation(estimator: &dyn InformationEstimator) -> Outcome {
    let Paired { x, y } = pairs();
    same(
        "reversed order",
        estimator.information(&pair(reversed(&x), reversed(&y))),
        reference(estimator)?,
    )
}

fn symmetry(estimator: &dyn InformationEstimator) -> Outcome {
    let Paired { x, y } = pairs();
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
    let Paired { x, y } = pairs();
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
    let Paired { x, y } = pairs();
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
    let Paired { x, y } = pairs();
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
    let Paired { x, y } = pairs();
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
    let Paired { x, y } = pairs();
    same(
        "x rotated",
        estimator.information(&pair(rotated(&x), y)),
        reference(estimator)?,
    )
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
    if side == Side::IfGaussian {
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

fn independent_values(estimator: &dyn InformationEstimator) -> Result<Vec<f64>, String> {
    (0..2 * REPLICATES)
        .map(|replicate| {
            let stream = seed("independent").child(replicate);
            let pairs = pair(
                normal(1, 400, stream.child("x")),
                normal(1, 400, stream.child("y")),
            );
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
        let y = (0..20).map(|_| rng.sample(Exp1)).collect();
        let y = Sample::from_points(1, y)?;
        estimator.information(&pair(normal(1, 20, stream.child("x")), y))
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
