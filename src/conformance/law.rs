use nalgebra::DMatrix;
use statrs::function::erf::erfc_inv;

use super::{
    Failure, Outcome, REPLICATES, Summary, Z, collect, errors, named, on_threads, seed, within,
};
use crate::entropy::{self, EntropyEstimator, KozachenkoLeonenko};
use crate::error::Error;
use crate::information::{self, InformationEstimator, Ksg1, Ties};
use crate::law::{JointLaw, Law, Moments, Truth};
use crate::neighbour::Norm;
use crate::sample::{Paired, Sample};
use crate::seed::Seed;

type Check = fn(&dyn Law) -> Outcome;
type JointCheck = fn(&dyn JointLaw) -> Outcome;

/// Name, what it demands, and the check.
const CHECKS: [(&str, &str, Check); 9] = [
    ("dim", "a sample has the dimension of the law", |law| {
        equal("dimension", law.sample(3, seed("dim")).dim(), law.dim())
    }),
    ("count", "a sample has as many points as asked", |law| {
        counts(|n| law.sample(n, seed("count")).n())
    }),
    (
        "same_seed",
        "one seed gives the same bits every time, on one and two threads",
        |law| same_seed(|seed| bits(&law.sample(500, seed))),
    ),
    ("other_seed", "another seed gives other points", |law| {
        other_seed(|seed| bits(&law.sample(20, seed)))
    }),
    (
        "nested",
        "a larger sample begins with the smaller one (if promised)",
        |law| {
            if !law.nested() {
                return Ok(());
            }
            nested(|n| bits(&law.sample(n, seed("nested"))))
        },
    ),
    (
        "independent",
        "neighbouring points of a sample are not correlated",
        |law| independent(&law.sample(4000, seed("independent"))),
    ),
    (
        "truth_form",
        "the truth is finite, bounds are ordered, a standard error is positive",
        |law| form(law.entropy(), f64::NEG_INFINITY),
    ),
    (
        "truth",
        "nearest neighbours or the covariance find the stated entropy",
        entropy_truth,
    ),
    (
        "moments",
        "samples have the stated mean and covariance",
        |law| match law.moments() {
            None => Ok(()),
            Some(stated) => moments(&stated, &law.sample(20_000, seed("moments"))),
        },
    ),
];

/// Name, what it demands, and the check.
const JOINT_CHECKS: [(&str, &str, JointCheck); 12] = [
    ("dims", "the halves have the dimensions of the law", |law| {
        let (pairs, (dim_x, dim_y)) = (law.sample(3, seed("dims")), law.dims());
        equal("dimension of x", pairs.x.dim(), dim_x)?;
        equal("dimension of y", pairs.y.dim(), dim_y)
    }),
    ("count", "a sample has as many pairs as asked", |law| {
        counts(|n| law.sample(n, seed("count")).n())
    }),
    (
        "same_seed",
        "one seed gives the same bits every time, on one and two threads",
        |law| same_seed(|seed| bits(&law.sample(500, seed).joint())),
    ),
    ("other_seed", "another seed gives other pairs", |law| {
        other_seed(|seed| bits(&law.sample(20, seed).joint()))
    }),
    (
        "nested",
        "a larger sample begins with the smaller one (if promised)",
        |law| {
            if !law.nested() {
                return Ok(());
            }
            nested(|n| bits(&law.sample(n, seed("nested")).joint()))
        },
    ),
    (
        "independent",
        "neighbouring pairs of a sample are not correlated",
        |law| independent(&law.sample(4000, seed("independent")).joint()),
    ),
    (
        "truth_form",
        "the truth is finite and not negative, bounds are ordered, a standard error is positive",
        |law| form(law.information(), 0.0),
    ),
    (
        "truth",
        "nearest neighbours or canonical correlations find the stated information (in up to four coordinates)",
        information_truth,
    ),
    (
        "pointwise",
        "the mean pointwise information of pairs is the stated information (if known; needed beyond four coordinates)",
        pointwise,
    ),
    (
        "normalised",
        "exp of the pointwise information has the mean 1 over unpaired halves (if known)",
        normalised,
    ),
    (
        "paired",
        "an estimate on pairs is above that on the same halves paired anew",
        paired,
    ),
    (
        "moments",
        "samples have the stated mean and covariance",
        |law| match law.moments() {
            None => Ok(()),
            Some(stated) => moments(&stated, &law.sample(20_000, seed("moments")).joint()),
        },
    ),
];

/// Names of the checks of [`law`], in order, and what each demands.
pub fn law_checks() -> impl Iterator<Item = (&'static str, &'static str)> {
    CHECKS.iter().map(|(name, demand, _)| (*name, *demand))
}

/// Names of the checks of [`joint_law`], in order, and what each demands.
pub fn joint_law_checks() -> impl Iterator<Item = (&'static str, &'static str)> {
    JOINT_CHECKS
        .iter()
        .map(|(name, demand, _)| (*name, *demand))
}

/// Runs every check on a law of points and returns those that fail.
///
/// Cost: some ten estimates on 2000 points, and 20 000 points for the moments.
pub fn law(law: &dyn Law) -> Vec<Failure> {
    collect(
        CHECKS.iter().map(|(name, _, check)| (*name, *check)),
        |check| check(law),
    )
}

/// Runs the one check of [`law_checks`] that has this name; what it found, if it does not hold.
///
/// # Errors
/// [`Error::InvalidParameter`] for a name that no check has.
pub fn law_check(law: &dyn Law, check: &str) -> Result<Option<Failure>, Error> {
    let one = named(&CHECKS, check)?;
    Ok(collect(std::iter::once(one), |check| check(law)).pop())
}

/// Runs every check on a law of pairs and returns those that fail.
///
/// A law whose [pointwise information](JointLaw::pointwise_information) is known is held to it: with the
/// mean 1 of its exponential over unpaired halves, its mean over pairs cannot exceed the information of
/// what is drawn, and reaches it only if it is right. This needs no estimator and no low dimension. The
/// estimates need both, and are the check that does not rely on the law's own formulas.
///
/// Cost: some ten estimates on 2000 pairs, and 20 000 pairs for the moments.
pub fn joint_law(law: &dyn JointLaw) -> Vec<Failure> {
    collect(
        JOINT_CHECKS.iter().map(|(name, _, check)| (*name, *check)),
        |check| check(law),
    )
}

/// Runs the one check of [`joint_law_checks`] that has this name; what it found, if it does not hold.
///
/// # Errors
/// [`Error::InvalidParameter`] for a name that no check has.
pub fn joint_law_check(law: &dyn JointLaw, check: &str) -> Result<Option<Failure>, Error> {
    let one = named(&JOINT_CHECKS, check)?;
    Ok(collect(std::iter::once(one), |check| check(law)).pop())
}

fn bits(sample: &Sample) -> Vec<u64> {
    sample.coordinates().iter().map(|v| v.to_bits()).collect()
}

fn equal(what: &str, found: usize, expected: usize) -> Outcome {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what}: {found} instead of {expected}"))
    }
}

fn counts(draw: impl Fn(usize) -> usize) -> Outcome {
    // Around the sizes of blocks that a law may draw in.
    [1, 2, 17, 1024, 1025]
        .into_iter()
        .try_for_each(|n| equal("number", draw(n), n))
}

fn same_seed(draw: impl Fn(Seed) -> Vec<u64> + Sync) -> Outcome {
    let run = || draw(seed("same"));
    let samples = [
        on_threads(1, run)?,
        on_threads(1, run)?,
        on_threads(2, run)?,
    ];
    if samples.iter().all(|sample| *sample == samples[0]) {
        Ok(())
    } else {
        Err("bits differ between two calls, or between 1 and 2 threads".to_owned())
    }
}

fn other_seed(draw: impl Fn(Seed) -> Vec<u64>) -> Outcome {
    if draw(seed("one")) == draw(seed("another")) {
        Err("two seeds give the same sample".to_owned())
    } else {
        Ok(())
    }
}

fn nested(draw: impl Fn(usize) -> Vec<u64>) -> Outcome {
    let (smaller, larger) = (draw(100), draw(1100));
    if larger.starts_with(&smaller) {
        Ok(())
    } else {
        Err("1100 points do not begin with the 100 of the same seed".to_owned())
    }
}

/// Every coordinate of a point against the same of the next, by ranks: heavy tails do no harm.
fn independent(sample: &Sample) -> Outcome {
    let scores = normal_scores(sample);
    for j in 0..sample.dim() {
        let values: Vec<f64> = scores.coordinate(j).collect();
        let products: Vec<f64> = values.windows(2).map(|pair| pair[0] * pair[1]).collect();
        let products = Summary::new(&products).map_err(|error| error.to_string())?;
        if products.mean.abs() > Z * products.std_error {
            return Err(format!(
                "coordinate {j} of a point and of the next: covariance of normal scores {:.4} ± {:.4}",
                products.mean, products.std_error
            ));
        }
    }
    Ok(())
}

fn form(truth: Truth, smallest: f64) -> Outcome {
    let good = match truth {
        Truth::Exact(value) => value.is_finite() && value >= smallest,
        Truth::Between { lower, upper } => {
            lower.is_finite() && upper.is_finite() && lower <= upper && upper >= smallest
        }
        Truth::MonteCarlo { value, std_error } => {
            // The mean of a law of independent halves may fall below.
            let reach = value + Z * std_error;
            reach.is_finite() && std_error > 0.0 && reach >= smallest
        }
    };
    if good {
        Ok(())
    } else {
        Err(format!("{truth:?}"))
    }
}

fn middle(truth: Truth) -> f64 {
    match truth {
        Truth::Exact(value) | Truth::MonteCarlo { value, .. } => value,
        Truth::Between { lower, upper } => f64::midpoint(lower, upper),
    }
}

/// The estimates must meet the truth, up to an allowance.
fn meets(what: &str, truth: Truth, estimates: &[f64], allowance: f64) -> Outcome {
    let (lower, upper, std_error) = match truth {
        Truth::Exact(value) => (value, value, 0.0),
        Truth::Between { lower, upper } => (lower, upper, 0.0),
        Truth::MonteCarlo { value, std_error } => (value, value, std_error),
    };
    let middle = middle(truth);
    let mut error = errors(estimates.len(), |i| Ok(estimates[i] - middle))?;
    error.std_error = error.std_error.hypot(std_error);
    within(
        &format!("{what} against {truth:?}"),
        error,
        lower - middle - allowance,
        upper - middle + allowance,
    )
}

/// Passes when one of the outcomes does: estimators err in ways of their own, and agree with a wrong
/// truth only by chance.
fn any(outcomes: Vec<Outcome>) -> Outcome {
    if outcomes.iter().any(Result::is_ok) {
        return Ok(());
    }
    let found: Vec<String> = outcomes.into_iter().filter_map(Result::err).collect();
    Err(found.join("; "))
}

fn entropy_truth(law: &dyn Law) -> Outcome {
    let truth = law.entropy();
    // What nearest neighbours leave at 2000 points of a law that may have edges.
    let allowance = 0.04 + 0.04 * law.dim() as f64;
    let neighbours = KozachenkoLeonenko::new(3, Norm::Euclidean).map_err(|e| e.to_string())?;
    let gaussian = entropy::Gaussian {
        bias_corrected: true,
    };
    let estimators: [&dyn EntropyEstimator; 2] = [&neighbours, &gaussian];
    let run = |estimator: &dyn EntropyEstimator| -> Outcome {
        let estimates = (0..REPLICATES)
            .map(|i| estimator.entropy(&law.sample(2000, seed("truth").child(i))))
            .collect::<Result<Vec<f64>, _>>()
            .map_err(|error| error.to_string())?;
        meets(&estimator.name(), truth, &estimates, allowance)
    };
    any(estimators.into_iter().map(run).collect())
}

/// Every coordinate replaced by the normal quantile of its rank, tied values by that of their mean
/// rank: keeps the information, and tames tails and units.
fn normal_scores(sample: &Sample) -> Sample {
    let n = sample.n();
    let mut scores = DMatrix::zeros(sample.dim(), n);
    for j in 0..sample.dim() {
        let values: Vec<f64> = sample.coordinate(j).collect();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
        let mut below = 0;
        for tied in order.chunk_by(|a, b| values[*a].total_cmp(&values[*b]).is_eq()) {
            let rank = below as f64 + 0.5 * (tied.len() + 1) as f64;
            below += tied.len();
            let score = -std::f64::consts::SQRT_2 * erfc_inv(2.0 * rank / (n + 1) as f64);
            for i in tied {
                scores[(j, *i)] = score;
            }
        }
    }
    Sample::new(scores).expect("quantiles of ranks are finite")
}

fn scores(pairs: &Paired) -> Paired {
    Paired::new(normal_scores(&pairs.x), normal_scores(&pairs.y))
        .expect("scores are as many as the points")
}

/// The same halves, every `x` with the `y` of a pair half a sample away.
fn unpaired(pairs: &Paired) -> Paired {
    let n = pairs.n();
    let order: Vec<usize> = (0..n).map(|i| (i + n / 2) % n).collect();
    let y = pairs
        .y
        .select(&order)
        .expect("the indices are those of the sample");
    Paired::new(pairs.x.clone(), y).expect("as many as before")
}

type Changed = fn(&Paired) -> Paired;

/// Estimates of an estimator over replicates of `n` pairs, changed first.
fn estimates(
    law: &dyn JointLaw,
    estimator: &dyn InformationEstimator,
    n: usize,
    change: Changed,
) -> Result<Vec<f64>, String> {
    (0..REPLICATES)
        .map(|i| estimator.information(&change(&law.sample(n, seed("estimate").child(i)))))
        .collect::<Result<_, _>>()
        .map_err(|error| format!("{}: {error}", estimator.name()))
}

fn neighbours() -> Result<Ksg1, String> {
    Ksg1::new(3, Ties::Reject).map_err(|error| error.to_string())
}

/// Canonical correlations.
const CORRELATIONS: information::Gaussian = information::Gaussian {
    bias_corrected: true,
};

/// Coordinates up to which nearest neighbours are trusted with 2000 pairs.
const LOW: usize = 4;

fn information_truth(law: &dyn JointLaw) -> Outcome {
    let dims = law.dims().0 + law.dims().1;
    if dims > LOW {
        return Ok(());
    }
    let truth = law.information();
    // The bias of nearest neighbours grows with the dimension and with what there is to find.
    let allowance = (0.02 + 0.01 * dims as f64) * (1.0 + middle(truth).abs());
    let run = |estimator: &dyn InformationEstimator, change: Changed| -> Outcome {
        let estimates = estimates(law, estimator, 2000, change)?;
        meets(&estimator.name(), truth, &estimates, allowance)
    };
    // Ranks of so few pairs cannot tell apart what is nearly a copy; correlations of Gaussian pairs can.
    any(vec![
        run(&neighbours()?, scores),
        run(&CORRELATIONS, Paired::clone),
    ])
}

/// Pointwise informations of pairs, or `None` where they are not known.
fn pointwise_values(law: &dyn JointLaw, pairs: &Paired) -> Option<Vec<f64>> {
    (pairs.x.points().zip(pairs.y.points()))
        .map(|(x, y)| law.pointwise_information(x, y))
        .collect()
}

fn pointwise(law: &dyn JointLaw) -> Outcome {
    let pairs = law.sample(20_000, seed("pointwise"));
    match pointwise_values(law, &pairs) {
        Some(values) => meets(
            "mean pointwise information",
            law.information(),
            &values,
            0.0,
        ),
        None if law.dims().0 + law.dims().1 > LOW => Err(format!(
            "not known, and {:?} coordinates are too many for the estimates of this suite",
            law.dims()
        )),
        None => Ok(()),
    }
}

fn normalised(law: &dyn JointLaw) -> Outcome {
    const N: usize = 20_000;
    // About N exp(-information) unpaired halves are likely pairs, and all of the mean comes from them.
    if N as f64 * (-middle(law.information())).exp() < 30.0 {
        return Ok(());
    }
    let pairs = unpaired(&law.sample(N, seed("normalised")));
    let Some(values) = pointwise_values(law, &pairs) else {
        return Ok(());
    };
    let ratios = errors(values.len(), |i| Ok(values[i].exp() - 1.0))?;
    within(
        "mean of exp(pointwise information), less 1",
        ratios,
        0.0,
        0.0,
    )
}

fn paired(law: &dyn JointLaw) -> Outcome {
    // Below, pairs cannot be told from unpaired halves by so few of them.
    const LEAST: f64 = 0.1;
    let certain = match law.information() {
        Truth::Exact(value) => value,
        Truth::Between { lower, .. } => lower,
        Truth::MonteCarlo { value, std_error } => value - Z * std_error,
    };
    if certain < LEAST {
        return Ok(());
    }
    let run = |estimator: &dyn InformationEstimator| -> Outcome {
        let with = estimates(law, estimator, 1000, scores)?;
        let without = estimates(law, estimator, 1000, |pairs| scores(&unpaired(pairs)))?;
        let gain = errors(with.len(), |i| Ok(with[i] - without[i]))?;
        if gain.mean > Z * gain.std_error {
            Ok(())
        } else {
            Err(format!(
                "{}: pairs carry {:.4} ± {:.4} nats more than unpaired halves",
                estimator.name(),
                gain.mean,
                gain.std_error
            ))
        }
    };
    any(vec![run(&neighbours()?), run(&CORRELATIONS)])
}

fn moments(stated: &Moments, sample: &Sample) -> Outcome {
    let dim = sample.dim();
    equal("coordinates of the mean", stated.mean.len(), dim)?;
    equal("rows of the covariance", stated.covariance.nrows(), dim)?;
    equal("columns of the covariance", stated.covariance.ncols(), dim)?;
    let shifted = |point: &[f64], j: usize| point[j] - stated.mean[j];
    let near = |what: &str, values: &[f64], expected: f64| -> Outcome {
        let found = Summary::new(values).map_err(|error| error.to_string())?;
        // Sums of equal terms round.
        let margin = Z * found.std_error + 1e-12 * expected.abs();
        if (found.mean - expected).abs() <= margin {
            Ok(())
        } else {
            Err(format!(
                "{what}: {:.4} ± {:.4}, stated {expected:.4}",
                found.mean, found.std_error
            ))
        }
    };
    for i in 0..dim {
        let values: Vec<f64> = sample.points().map(|point| shifted(point, i)).collect();
        near(
            &format!("mean of coordinate {i}, less the stated"),
            &values,
            0.0,
        )?;
    }
    for i in 0..dim {
        for j in 0..=i {
            let products: Vec<f64> = (sample.points())
                .map(|point| shifted(point, i) * shifted(point, j))
                .collect();
            let what = format!("covariance of coordinates {i} and {j}");
            // Both entries: a stated matrix that is not symmetric is no covariance.
            near(&what, &products, stated.covariance[(i, j)])?;
            near(&what, &products, stated.covariance[(j, i)])?;
        }
    }
    Ok(())
}
