//! Analytic gradients against differences, and single against double precision.

use nalgebra::DMatrix;
use proptest::prelude::*;
use vicinfo::objective::{self, Objective, SigReg};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

use super::views;

/// All defaults and some more, for other branches.
fn names() -> Vec<&'static str> {
    let defaults = (objective::ALL.iter()).flat_map(|entry| entry.defaults.iter().copied());
    let more = [
        "vicreg(invariance=1,variance=5,covariance=2,gamma=1.5,hinge=sum)",
        "vicreg(invariance=0,variance=5,covariance=0,gamma=2)",
        "nt_xent(temperature=0.1)",
        "barlow_twins(lambda=0.5,epsilon=0)",
        "sigreg(lambda=0.7,slices=5,knots=9,reach=5)",
        "pair_dist(bound=expected_likelihood,std=0.6)",
        "mec(distortion=0.7,order=7)",
        "matrix_entropy(alpha=1.2)",
        "matrix_entropy(alpha=3.5)",
        "alignment(alpha=1.5)",
        "uniformity(t=5)",
        "2*byol() + 0.3*pair_dist(std=0.5)",
    ];
    defaults.chain(more).collect()
}

/// Derivative along a direction by differences of fourth order: an error of second order is
/// seen where directions of points near the origin are taken, whose third derivative is 1/|z|³.
fn difference(objective: &dyn Objective, views: &Paired, along: &[DMatrix<f64>; 2]) -> f64 {
    const STEP: f64 = 1e-5;
    let at = |step: f64| {
        let moved = |view: &Sample, along: &DMatrix<f64>| {
            Sample::new(view.matrix() + along * step).unwrap()
        };
        let views = Paired::new(moved(&views.x, &along[0]), moved(&views.y, &along[1])).unwrap();
        objective.evaluate(&views).unwrap().value
    };
    let central = |step: f64| (at(step) - at(-step)) / (2.0 * step);
    (4.0 * central(STEP) - central(2.0 * STEP)) / 3.0
}

/// A case in which a point lies at 0.01 from the origin.
#[test]
fn gradients_near_the_origin_are_derivatives() {
    assert_gradients(3, 2, 959).unwrap();
}

fn assert_gradients(n: usize, dim: usize, seed: u64) -> Result<(), TestCaseError> {
    let seed = Seed::root(seed).child("gradient");
    let views = views(n, dim, seed);
    for name in names() {
        let objective = objective::parse(name).unwrap();
        let evaluation = objective.evaluate(&views).unwrap();
        for side in 0..2 {
            // Targets are constants: the value moves with them, the gradient is 0 by definition.
            if side == 1 && (name.contains("byol") || name.contains("simsiam")) {
                continue;
            }
            let mut along = [DMatrix::zeros(dim, n), DMatrix::zeros(dim, n)];
            along[side] = seed.child(name).child(side).normal_matrix(dim, n);
            let analytic = evaluation.gradient[side].dot(&along[side]);
            let numeric = difference(&*objective, &views, &along);
            prop_assert!(
                (analytic - numeric).abs() <= 1e-6 * (1.0 + numeric.abs()),
                "{name}, view {side}: {analytic} against {numeric}"
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn gradients_are_derivatives(n in 3_usize..9, dim in 2_usize..8, seed in 0_u64..1000) {
        assert_gradients(n, dim, seed)?;
    }

    #[test]
    fn translations_and_scalings_change_nothing_where_they_should(seed in 0_u64..1000) {
        let views = views(9, 5, Seed::root(seed).child("invariances"));
        let moved = |scale: f64, shift: f64| {
            let map = |view: &Sample| Sample::new((view.matrix() * scale).add_scalar(shift)).unwrap();
            Paired::new(map(&views.x), map(&views.y)).unwrap()
        };
        let same = |name: &str, other: &Paired| {
            let objective = objective::parse(name).unwrap();
            let (a, b) = (objective.evaluate(&views).unwrap(), objective.evaluate(other).unwrap());
            (a.value - b.value).abs() <= 1e-8 * (1.0 + a.value.abs())
        };
        for name in ["vicreg", "log_det", "pair_dist", "matrix_entropy", "barlow_twins(epsilon=0)"] {
            prop_assert!(same(name, &moved(1.0, 3.0)), "{name}");
        }
        for scale in [1e-3, 1e3] {
            for name in [
                "nt_xent", "byol", "simsiam", "mec", "coding_rate", "alignment", "uniformity",
                "matrix_entropy(alpha=1)", "matrix_entropy(alpha=2)", "barlow_twins(epsilon=0)",
            ] {
                prop_assert!(same(name, &moved(scale, 0.0)), "{name}");
            }
        }
    }
}

#[test]
fn targets_are_constants() {
    let views = views(8, 4, Seed::root(2));
    for name in ["byol()", "simsiam()"] {
        let objective = objective::parse(name).unwrap();
        let evaluation = objective.evaluate(&views).unwrap();
        assert!(evaluation.gradient[0].amax() > 1e-3);
        assert_eq!(evaluation.gradient[1], DMatrix::zeros(4, 8));
        // Though the value depends on them.
        let along = [DMatrix::zeros(4, 8), Seed::root(5).normal_matrix(4, 8)];
        assert!(difference(&*objective, &views, &along).abs() > 1e-3);
    }
}

#[test]
fn single_precision_agrees_with_double() {
    let views = views(40, 12, Seed::root(6));
    let single = |view: &Sample| view.matrix().map(|v| v as f32);
    let (x, y) = (single(&views.x), single(&views.y));
    for name in names() {
        let objective = objective::parse(name).unwrap();
        let double = objective.evaluate(&views).unwrap();
        let single = objective::evaluate_f32(&*objective, &x, &y).unwrap();
        assert!(
            (single.value - double.value).abs() <= 1e-5 * (1.0 + double.value.abs()),
            "{name}"
        );
        for (single, double) in single.gradient.iter().zip(&double.gradient) {
            let error = (single.map(f64::from) - double).amax();
            assert!(error <= 1e-5 * (1.0 + double.amax()), "{name}: {error}");
        }
    }
}

#[test]
fn given_directions_are_scaled_to_length_one() {
    let views = views(9, 3, Seed::root(7));
    let directions = Seed::root(8).normal_matrix(3, 4);
    let sigreg = |directions| SigReg::new(directions, 0.3, 17, 3.0).unwrap();
    let value = |objective: SigReg| objective.evaluate(&views).unwrap().value;
    let (once, seven) = (
        value(sigreg(directions.clone())),
        value(sigreg(directions.clone() * 7.0)),
    );
    assert!((once - seven).abs() < 1e-13);
}

#[test]
fn near_points_far_from_the_origin_keep_their_digits() {
    // Differences of 1e-3 at a distance of 1e5: squares of coordinates have no digit left for them.
    let near = views(20, 3, Seed::root(12));
    let scaled = |offset: f64| {
        let map = |view: &Sample| {
            // Multiples of 2^-20, so that adding the offset is exact.
            let small = view
                .matrix()
                .map(|v| (v * 1e-3 * 1_048_576.0).round() / 1_048_576.0);
            Sample::new(small.add_scalar(offset)).unwrap()
        };
        Paired::new(map(&near.x), map(&near.y)).unwrap()
    };
    let objective = objective::parse("pair_dist(std=0.001)").unwrap();
    let (here, there) = (
        objective.evaluate(&scaled(0.0)).unwrap(),
        objective.evaluate(&scaled(131_072.0)).unwrap(),
    );
    assert!((here.value - there.value).abs() < 1e-12);
    let error = (&here.gradient[0] - &there.gradient[0]).amax();
    assert!(error < 1e-10 * here.gradient[0].amax(), "{error}");
}
