//! Pairs that nearly determine each other.

use libm::erfc;
use rand::RngExt;
use rand_distr::StandardNormal;

use super::{allowance, pair};
use crate::conformance::{Outcome, REPLICATES, errors, seed, within};
use crate::entropy::Side;
use crate::information::InformationEstimator;
use crate::law::{JointLaw, NoisyCopy, Truth};
use crate::sample::{Paired, Sample};
use crate::seed::Seed;

/// Changes pairs, and not their information; the stream is for what it draws.
type Change = fn(&Paired, Seed) -> Paired;

/// What is made of noisy copies `Y = X + noise N`, the noise, and whether the pairs stay Gaussian.
const SHAPES: [(&str, f64, bool, Change); 4] = [
    ("copies", 1e-4, true, |pairs, _| pairs.clone()),
    ("copies", 1e-6, true, |pairs, _| pairs.clone()),
    (
        "copies of one of two near coordinates",
        1e-4,
        true,
        beside_itself,
    ),
    ("copies along a curve", 1e-4, false, curved),
];

pub(super) fn strong_dependence(estimator: &dyn InformationEstimator) -> Outcome {
    // Nobody may declare an error away: neighbours counted along the axes miss 2.5 nats.
    const MOST: f64 = 0.5;
    let Some(declared) = estimator.strong_dependence_error() else {
        return Ok(());
    };
    if !(0.0..=MOST).contains(&declared) {
        return Err(format!(
            "an error of {declared} nats is declared; it has to be from 0 to {MOST}"
        ));
    }
    let gaussian_only = estimator.promises().side == Side::IfGaussian;
    for (what, noise, gaussian, change) in SHAPES {
        if gaussian_only && !gaussian {
            continue;
        }
        let law = NoisyCopy::new(1, noise).map_err(|error| error.to_string())?;
        let Truth::Exact(truth) = law.information() else {
            return Err("the law of the suite has no exact information".to_owned());
        };
        let errors = errors(REPLICATES, |replicate| {
            let stream = seed(what).child(noise).child(replicate);
            let pairs = change(&law.sample(2000, stream), stream.child("change"));
            Ok(estimator.information(&pairs)? - truth)
        })?;
        let allowed = declared + allowance(2);
        within(
            &format!("{what}, noise {noise:e}"),
            errors,
            -allowed,
            allowed,
        )?;
    }
    Ok(())
}

/// A second coordinate of `X` that is nearly the first, and says nothing else.
fn beside_itself(pairs: &Paired, stream: Seed) -> Paired {
    let mut rng = stream.rng();
    let x = pairs
        .x
        .points()
        .flat_map(|x| [x[0], x[0] + 1e-5 * rng.sample::<f64, _>(StandardNormal)]);
    let x = Sample::from_points(2, x.collect()).expect("sums of normal draws are finite");
    pair(x, pairs.y.clone())
}

/// `X` uniform on `[0, 1]`, and `Y` beside a parabola: an increasing map of each half.
fn curved(pairs: &Paired, _: Seed) -> Paired {
    let uniform = |v: f64| 0.5 * erfc(-v * std::f64::consts::FRAC_1_SQRT_2);
    let image = |half: &Sample, map: &dyn Fn(f64) -> f64| {
        half.map(1, |v, image| image[0] = map(v[0]))
            .expect("the map keeps finite points finite")
    };
    pair(
        image(&pairs.x, &uniform),
        image(&pairs.y, &|v| 0.5 * (1.0 + uniform(v)).powi(2)),
    )
}
