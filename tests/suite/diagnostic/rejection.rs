//! Samples that leave a diagnostic too little to measure, and units at the ends of the doubles.

use vicinfo::Error;
use vicinfo::sample::Sample;

use super::{defaults, measure};
use crate::table::{mixed, near};

/// What every diagnostic says to samples without a spectrum, or with too little of one.
#[test]
fn degenerate_samples_are_defined_or_refused_by_name() {
    let one = Sample::from_points(3, vec![1.0, 2.0, 3.0]).unwrap();
    let constant = Sample::from_points(2, vec![0.1; 20]).unwrap();
    let zero = Sample::from_points(2, vec![0.0; 20]).unwrap();
    let wide = mixed(5, 9);
    let line = Sample::from_points(
        2,
        (0..20)
            .flat_map(|i| [f64::from(i), 2.0 * f64::from(i)])
            .collect(),
    )
    .unwrap();
    let kinds = |name: &str| {
        [&one, &constant, &zero, &wide, &line].map(|sample| match measure(name, sample) {
            Ok(value) => {
                assert!(value.is_finite());
                "Ok"
            }
            Err(error) => error.kind(),
        })
    };
    for (name, expected) in [
        ("rankme", ["Ok", "Ok", "NonFiniteResult", "Ok", "Ok"]),
        (
            "effective_rank",
            ["Ok", "Ok", "NonFiniteResult", "Ok", "Ok"],
        ),
        (
            "participation_ratio",
            [
                "TooFewPoints",
                "SingularCovariance",
                "SingularCovariance",
                "Ok",
                "Ok",
            ],
        ),
        (
            "von_neumann_entropy",
            [
                "TooFewPoints",
                "SingularCovariance",
                "SingularCovariance",
                "Ok",
                "Ok",
            ],
        ),
        (
            "renyi_matrix_entropy",
            [
                "TooFewPoints",
                "SingularCovariance",
                "SingularCovariance",
                "Ok",
                "Ok",
            ],
        ),
        ("log_det", ["TooFewPoints", "Ok", "Ok", "Ok", "Ok"]),
        (
            "total_correlation",
            [
                "TooFewPoints",
                "SingularCovariance",
                "SingularCovariance",
                "TooFewPoints",
                "SingularCovariance",
            ],
        ),
        (
            "log_det_slack",
            [
                "TooFewPoints",
                "SingularCovariance",
                "SingularCovariance",
                "TooFewPoints",
                "SingularCovariance",
            ],
        ),
        (
            "sliced_epps_pulley",
            [
                "TooFewPoints",
                "SingularCovariance",
                "SingularCovariance",
                "TooFewPoints",
                "SingularCovariance",
            ],
        ),
        ("sliced_epps_pulley(standardise=false)", ["Ok"; 5]),
    ] {
        assert_eq!(kinds(name), expected, "{name}");
    }
    // Collapsed samples have the values that their spectrum says.
    near("one", measure("effective_rank", &one).unwrap(), 1.0, 1e-14);
    near(
        "constant",
        measure("effective_rank", &constant).unwrap(),
        1.0,
        1e-13,
    );
    near(
        "line",
        measure("effective_rank", &line).unwrap(),
        1.0,
        1e-13,
    );
    near(
        "line",
        measure("participation_ratio", &line).unwrap(),
        1.0,
        1e-14,
    );
    near(
        "line",
        measure("von_neumann_entropy", &line).unwrap(),
        0.0,
        1e-14,
    );
    near(
        "line",
        measure("renyi_matrix_entropy(alpha=0.01)", &line).unwrap(),
        0.0,
        1e-14,
    );
    assert_eq!(measure("log_det", &constant), Ok(0.0));
    let at_zero = std::f64::consts::TAU.sqrt() * (1.0 - 2.0_f64.sqrt() + 1.0 / 3.0_f64.sqrt());
    near(
        "zero",
        measure("sliced_epps_pulley(standardise=false)", &zero).unwrap(),
        at_zero,
        1e-13,
    );
    assert!(matches!(
        measure("participation_ratio", &constant),
        Err(Error::SingularCovariance {
            dim: 2,
            coordinate: 0,
            ..
        })
    ));
    assert!(matches!(
        measure("total_correlation", &line),
        Err(Error::SingularCovariance {
            dim: 2,
            coordinate: 1,
            ..
        })
    ));
    assert!(matches!(
        measure("total_correlation", &wide),
        Err(Error::TooFewPoints {
            required: 10,
            actual: 5,
            ..
        })
    ));
}

/// Squares beyond the doubles are refused; units that fit change nothing.
#[test]
fn extreme_units() {
    let sample = mixed(40, 3);
    let times = |factor: f64| {
        sample
            .map(3, |x, y| {
                y.iter_mut().zip(x).for_each(|(y, x)| *y = factor * x)
            })
            .unwrap()
    };
    for diagnostic in defaults() {
        let name = diagnostic.name();
        let scale_free =
            diagnostic.unit() == "dimensions" || name.contains("matrix") || name.contains("von");
        for factor in [1e-140, 1e140] {
            let value = diagnostic.measure(&times(factor));
            if scale_free {
                let expected = diagnostic.measure(&sample).unwrap();
                near(&name, value.clone().unwrap(), expected, 1e-12);
            }
            assert!(value.is_ok_and(f64::is_finite), "{name}");
        }
        if let Ok(value) = diagnostic.measure(&times(1e300)) {
            assert!(value.is_finite(), "{name}");
        }
    }
    for name in [
        "participation_ratio",
        "log_det",
        "total_correlation",
        "sliced_epps_pulley",
    ] {
        let value = measure(name, &times(1e300));
        assert!(
            matches!(value, Err(Error::NonFiniteResult { .. })),
            "{name}: {value:?}"
        );
    }
    let expected = measure("effective_rank", &sample).unwrap();
    for factor in [1e-290, 1e290] {
        near(
            "effective rank",
            measure("effective_rank", &times(factor)).unwrap(),
            expected,
            1e-12,
        );
    }
}
