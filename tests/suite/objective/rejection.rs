//! What objectives refuse, with the exact variant.

use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::objective::{
    self, Alignment, BarlowTwins, CodingRate, Evaluation, LogDet, MatrixEntropy, Mec, NtXent,
    Objective, PairDist, SigReg, Sum, Uniformity, Vicreg,
};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

use super::{close, toy, views};

fn evaluate(name: &str, views: &Paired) -> Result<Evaluation, Error> {
    objective::parse(name).unwrap().evaluate(views)
}

fn pair(dim: usize, first: Vec<f64>, second: Vec<f64>) -> Paired {
    let sample = |points| Sample::from_points(dim, points).unwrap();
    Paired::new(sample(first), sample(second)).unwrap()
}

#[test]
fn views_must_agree_in_dimension() {
    let x = Sample::from_points(1, vec![0.5, 1.0]).unwrap();
    let y = Sample::from_points(2, vec![0.5, 1.0, 2.0, 3.0]).unwrap();
    let views = Paired::new(x, y).unwrap();
    for name in [
        "vicreg",
        "invariance",
        "nt_xent",
        "barlow_twins",
        "byol",
        "simsiam",
        "sigreg",
        "mec",
        "alignment",
    ] {
        assert_eq!(
            evaluate(name, &views).unwrap_err(),
            Error::Mismatch {
                what: "dimension of the second view",
                expected: 1,
                actual: 2
            },
            "{name}"
        );
    }
    // Entropies read each view by itself.
    for name in ["log_det", "pair_dist"] {
        let evaluation = evaluate(name, &views).unwrap();
        assert_eq!(evaluation.gradient[1].shape(), (2, 2));
    }
}

#[test]
fn one_point_is_not_enough_where_others_are_needed() {
    let single = pair(2, vec![1.0, 0.5], vec![0.9, 0.6]);
    for (name, method) in [
        ("vicreg", "a covariance"),
        ("barlow_twins", "a covariance"),
        ("log_det", "a covariance"),
        ("matrix_entropy", "a covariance"),
        ("nt_xent", "a contrast with other pairs"),
        ("uniformity", "a mean over pairs"),
    ] {
        assert_eq!(
            evaluate(name, &single).unwrap_err(),
            Error::TooFewPoints {
                method,
                required: 2,
                actual: 1
            },
            "{name}"
        );
    }
    for name in [
        "invariance",
        "vicreg(variance=0,covariance=0)",
        "byol",
        "simsiam",
        "sigreg",
        "pair_dist",
        "mec",
        "coding_rate",
        "alignment",
    ] {
        assert!(evaluate(name, &single).is_ok(), "{name}");
    }
}

#[test]
fn zero_vectors_have_no_direction() {
    let zero = pair(2, vec![1.0, 0.5, 0.0, 0.0], vec![0.9, 0.6, 1.0, 2.0]);
    for (name, what) in [
        ("nt_xent", "the first view"),
        ("mec", "the first view"),
        ("alignment", "the first view"),
        ("byol", "the predictions"),
        ("simsiam", "the predictions"),
        ("coding_rate", "a view"),
        ("uniformity", "a view"),
    ] {
        let error = evaluate(name, &zero).unwrap_err();
        assert_eq!(error, Error::ZeroVector { what, point: 1 }, "{name}");
        assert_eq!(error.kind(), "ZeroVector");
    }
    let swapped = Paired::new(zero.y, zero.x).unwrap();
    assert_eq!(
        evaluate("byol", &swapped).unwrap_err(),
        Error::ZeroVector {
            what: "the targets",
            point: 1
        }
    );
    assert_eq!(
        SigReg::new(DMatrix::zeros(2, 1), 0.1, 17, 3.0).unwrap_err(),
        Error::ZeroVector {
            what: "the directions",
            point: 0
        }
    );
    // Tiny is not zero: squares of these coordinates vanish.
    let tiny = Sample::new(toy().y.matrix() * 1e-200).unwrap();
    let value = |sample: &Sample| {
        let views = Paired::new(sample.clone(), sample.clone()).unwrap();
        Uniformity::new(2.0)
            .unwrap()
            .uniformity(&views.x)
            .unwrap()
            .value
    };
    assert!((value(&tiny) - value(&toy().y)).abs() < 1e-14);
}

#[test]
fn collapsed_views() {
    let collapsed = pair(
        2,
        vec![1.0, 2.0, 1.0, 2.0, 1.0, 2.0],
        vec![1.0, 2.0, 1.0, 2.0, 1.0, 2.0],
    );
    // The hinge is at its most, gamma - sqrt(1e-4), with no gradient to leave by: both are finite.
    let vicreg = evaluate("vicreg(invariance=0,covariance=0,variance=1)", &collapsed).unwrap();
    assert!((vicreg.value - 0.99).abs() < 1e-15);
    assert_eq!(vicreg.gradient[0].amax(), 0.0);
    // The floor that epsilon sets.
    let log_det = evaluate("log_det(epsilon=0.01)", &collapsed).unwrap();
    assert!((log_det.value + 0.01_f64.ln()).abs() < 1e-14);
    for name in ["matrix_entropy(alpha=1)", "matrix_entropy(alpha=2)"] {
        assert_eq!(
            evaluate(name, &collapsed).unwrap_err(),
            Error::SingularCovariance {
                dim: 2,
                coordinate: 0,
                residual: 0.0,
                tolerance: f64::MIN_POSITIVE
            }
        );
    }
    assert_eq!(
        evaluate("barlow_twins(epsilon=0)", &collapsed).unwrap_err(),
        Error::SingularCovariance {
            dim: 2,
            coordinate: 0,
            residual: 0.0,
            tolerance: f64::MIN_POSITIVE
        }
    );
    // With the published epsilon a constant coordinate counts as uncorrelated.
    assert!((evaluate("barlow_twins", &collapsed).unwrap().value - 2.0).abs() < 1e-15);
    // All cosines are 1: the loss of a guess among the 2n - 1 others.
    let nt_xent = evaluate("nt_xent", &collapsed).unwrap();
    assert!((nt_xent.value - 5.0_f64.ln()).abs() < 1e-14);
}

#[test]
fn numbers_that_overflow_are_errors() {
    let huge = pair(1, vec![1e200, -1e200, 3e200], vec![1e200, 2e200, 0.0]);
    for name in ["vicreg", "invariance", "sigreg", "barlow_twins"] {
        assert!(
            matches!(evaluate(name, &huge), Err(Error::NonFiniteResult { .. })),
            "{name}"
        );
    }
    assert!(matches!(
        evaluate("log_det", &huge),
        Err(Error::NotPositiveDefinite { .. })
    ));
    // Blind to scale, and so to such numbers: numpy 2.4, p = eigvalsh(cov(z)); p /= p.sum();
    // -(p*log(p)).sum(), log((p**a).sum())/(1 - a).
    let points = [
        vec![1.0, -1.0, 3.0],
        vec![1.0, 0.0, -1.0, 1.0, 3.0, 2.0],
        [[1, 0, 2, 1, 0], [-1, 1, 0, 1, -2], [3, 2, -1, 0, 1]]
            .concat()
            .into_iter()
            .map(f64::from)
            .collect(),
    ];
    for (alpha, entropies) in [
        (1.0, [0.0, 0.403_954_486_418_113_4, 0.594_883_777_220_642_6]),
        (1.25, [0.0, 0.359_446_891_939_087, 0.573_557_085_778_199_5]),
        (2.0, [0.0, 0.274_436_845_701_760_3, 0.519_193_873_436_507_4]),
        (
            3.0,
            [0.0, 0.223_143_551_314_209_65, 0.467_609_370_879_837_06],
        ),
    ] {
        let objective = MatrixEntropy::new(alpha).unwrap();
        for ((points, dim), entropy) in points.iter().zip([1, 2, 5]).zip(entropies) {
            let of = |unit: f64| {
                let points = points.iter().map(|v| v * unit).collect();
                objective.entropy(&Sample::from_points(dim, points).unwrap())
            };
            let plain = of(1.0).unwrap();
            for unit in [2.0_f64.powi(-1000), 1e-200, 1e155, 1e200, 5e307] {
                let scaled = of(unit).unwrap();
                close(scaled.value, entropy, 1e-12);
                let gradient = (scaled.gradient * unit - &plain.gradient).amax();
                assert!(
                    gradient < 1e-12,
                    "alpha {alpha}, dim {dim}, unit {unit}: {gradient}"
                );
            }
            // Derivatives of 1e310.
            if dim > 1 {
                assert!(matches!(of(1e-310), Err(Error::NonFiniteResult { .. })));
            }
        }
    }
    // Isolated points: the entropy is at its ceiling and has no gradient.
    let evaluation = evaluate("pair_dist", &huge).unwrap();
    assert_eq!(evaluation.gradient[0].amax(), 0.0);
    // In single precision a gradient may overflow that fits in double: predictions of length 1e-44.
    let tiny = DMatrix::from_row_slice(2, 1, &[1e-44_f32, 0.0]);
    let target = DMatrix::from_row_slice(2, 1, &[0.5_f32, 1.0]);
    let byol = objective::parse("byol").unwrap();
    assert!(matches!(
        objective::evaluate_f32(&*byol, &tiny, &target),
        Err(Error::NonFiniteResult { .. })
    ));
    assert!(objective::evaluate_f32(&*byol, &target, &tiny).is_ok());
}

#[test]
fn points_that_are_not_numbers_never_come_in() {
    let nan = DMatrix::from_row_slice(1, 2, &[f32::NAN, 0.0]);
    let objective = objective::parse("invariance").unwrap();
    assert!(matches!(
        objective::evaluate_f32(&*objective, &nan, &nan),
        Err(Error::NonFinite {
            point: 0,
            coordinate: 0,
            ..
        })
    ));
}

#[test]
fn directions_must_fit_the_points() {
    let objective = SigReg::new(DMatrix::identity(3, 3), 0.1, 17, 3.0).unwrap();
    assert_eq!(
        objective.evaluate(&toy()).unwrap_err(),
        Error::Mismatch {
            what: "coordinates of a direction",
            expected: 2,
            actual: 3
        }
    );
}

#[test]
fn parameters_out_of_range() {
    let invalid = |result: Result<(), Error>, parameter: &str| match result {
        Err(Error::InvalidParameter { name, .. }) => assert_eq!(name, parameter),
        other => panic!("{parameter}: {other:?}"),
    };
    let hinge = vicinfo::objective::Hinge::Mean;
    invalid(
        Vicreg::new([-1.0, 1.0, 1.0], 1.0, hinge).map(drop),
        "invariance",
    );
    invalid(Vicreg::new([1.0; 3], 0.0, hinge).map(drop), "gamma");
    invalid(NtXent::new(0.001).map(drop), "temperature");
    invalid(NtXent::new(f64::NAN).map(drop), "temperature");
    invalid(BarlowTwins::new(f64::INFINITY, 0.0).map(drop), "lambda");
    invalid(BarlowTwins::new(0.1, -1.0).map(drop), "epsilon");
    invalid(LogDet::new(0.0).map(drop), "epsilon");
    invalid(CodingRate::new(-0.5).map(drop), "epsilon");
    let kl = vicinfo::entropy::PairwiseBound::Kl;
    invalid(PairDist::new(kl, 0.0).map(drop), "std");
    invalid(Mec::new(0.0, 4).map(drop), "distortion");
    invalid(Mec::new(1.0, 0).map(drop), "order");
    invalid(MatrixEntropy::new(0.5).map(drop), "alpha");
    invalid(Alignment::new(0.9).map(drop), "alpha");
    invalid(Uniformity::new(171.0).map(drop), "t");
    invalid(SigReg::fixed(4, 1.5, 17, 3.0).map(drop), "lambda");
    invalid(SigReg::fixed(4, 0.5, 1, 3.0).map(drop), "knots");
    invalid(SigReg::fixed(4, 0.5, 17, 0.0).map(drop), "reach");
    invalid(SigReg::fixed(0, 0.5, 17, 3.0).map(drop), "slices");
    invalid(Sum::new(Vec::new()).map(drop), "parts");
    let part = || objective::parse("byol").unwrap();
    invalid(Sum::new(vec![(f64::NAN, part())]).map(drop), "weight");
    let huge = Sum::new(vec![(1e200, part())]).unwrap();
    invalid(Sum::new(vec![(1e200, Box::new(huge))]).map(drop), "weight");
    invalid(objective::parse("x*byol").map(drop), "weight");
    assert!(matches!(
        objective::parse("byol + no_such").map(drop),
        Err(Error::UnknownName {
            kind: "objective",
            ..
        })
    ));
    assert!(objective::parse("").is_err() && objective::parse("byol +").is_err());
}

#[test]
fn a_sum_of_sums_has_its_weights_multiplied_out() {
    let part = |name| objective::parse(name).unwrap();
    let inner = Sum::new(vec![(1.0, part("byol")), (0.5, part("log_det"))]).unwrap();
    let outer = Sum::new(vec![(4.0, Box::new(inner)), (1.0, part("invariance"))]).unwrap();
    let name = outer.name();
    assert_eq!(
        name,
        format!(
            "4*{} + 2*{} + invariance()",
            part("byol").name(),
            part("log_det").name()
        )
    );
    let read = objective::parse(&name).unwrap();
    assert_eq!(read.name(), name);
    let views = views(9, 3, Seed::root(2));
    let (value, again) = (
        outer.evaluate(&views).unwrap(),
        read.evaluate(&views).unwrap(),
    );
    close(value.value, again.value, 1e-14);
}

#[test]
fn a_floor_that_vanishes_beside_the_points_is_refused() {
    // Rank 1 of 2 and 1e30 times the floor: the determinant has no digit left.
    let line = Sample::from_points(2, vec![1e8, 1e8, -1e8, -1e8, 3e8, 3e8]).unwrap();
    assert!(matches!(
        LogDet::new(1e-14).unwrap().entropy(&line),
        Err(Error::SingularCovariance {
            dim: 2,
            coordinate: 1,
            ..
        })
    ));
    assert!(
        LogDet::new(1e-14)
            .unwrap()
            .entropy(&views(9, 3, Seed::root(1)).x)
            .is_ok()
    );
}

#[test]
fn pairs_that_would_fill_the_memory_are_refused() {
    let points = |n: usize| (0..n).map(|i| 1.0 + i as f64).collect::<Vec<f64>>();
    for (name, n, compared) in [
        ("nt_xent", 11_586, 23_172_usize),
        ("uniformity", 23_171, 23_171),
        ("pair_dist", 23_171, 23_171),
    ] {
        let error = evaluate(name, &pair(1, points(n), points(n))).unwrap_err();
        let Error::InvalidParameter {
            value, requirement, ..
        } = &error
        else {
            panic!("{name}: {error:?}");
        };
        assert_eq!(*value, compared.to_string(), "{name}");
        assert!(
            requirement.contains("at most 23170"),
            "{name}: {requirement}"
        );
    }
}
