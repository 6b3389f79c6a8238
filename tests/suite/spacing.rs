//! Entropies from spacings against SciPy 1.17.1.

use vicinfo::Error;
use vicinfo::entropy::{self, EntropyEstimator, Side, Spacing, SpacingMethod};
use vicinfo::sample::Sample;

use crate::table::near;

fn line(values: Vec<f64>) -> Sample {
    Sample::from_points(1, values).unwrap()
}

/// `(i*i*37 % 10007)/64 + i/1024`
fn values(n: usize) -> Sample {
    line(
        (0..n)
            .map(|i| (i * i * 37 % 10007) as f64 / 64.0 + i as f64 / 1024.0)
            .collect(),
    )
}

fn all(m: Option<usize>) -> impl Iterator<Item = Spacing> {
    (SpacingMethod::WORDS.into_iter()).map(move |(_, method)| Spacing::new(method, m).unwrap())
}

/// ```python
/// for n, m in ((30, 4), (101, 10), (101, None), (5, None), (3, 1)):
///     x = np.array([(i*i*37 % 10007)/64 + i/1024 for i in range(n)])
///     print([scipy.stats.differential_entropy(x, window_length=m, method=k)
///            for k in ('vasicek', 'van es', 'ebrahimi', 'correa')])
/// ```
#[test]
fn every_method_agrees_with_scipy() {
    for (n, m, expected) in [
        (
            30,
            Some(4),
            [
                4.865237843773639,
                5.155712928069071,
                4.970862128765773,
                4.940588381515536,
            ],
        ),
        (
            101,
            Some(10),
            [
                4.980379876635393,
                5.094426707867863,
                5.048088114821965,
                5.040395775562227,
            ],
        ),
        (
            101,
            None,
            [
                4.980379876635393,
                5.094426707867863,
                5.048088114821965,
                5.040395775562227,
            ],
        ),
        (
            5,
            None,
            [
                1.985481007631014,
                2.7194316595435066,
                2.3778127088357044,
                2.1806046223513302,
            ],
        ),
        (
            3,
            Some(1),
            [
                0.6868337896025625,
                1.8357996413100686,
                1.1489319099758595,
                0.9052594799217747,
            ],
        ),
    ] {
        for (estimator, expected) in all(m).zip(expected) {
            let what = format!("{} n = {n}", estimator.name());
            near(
                &what,
                estimator.entropy(&values(n)).unwrap(),
                expected,
                1e-12,
            );
            assert_eq!(
                entropy::parse(&estimator.name()).unwrap().name(),
                estimator.name()
            );
        }
    }
}

/// The order of the values does not matter, bit for bit.
#[test]
fn shuffled_values_give_the_same_bits() {
    let sample = values(101);
    let order: Vec<usize> = (0..101).map(|i| i * 37 % 101).collect();
    let shuffled = sample.select(&order).unwrap();
    for estimator in all(None) {
        assert_eq!(estimator.entropy(&shuffled), estimator.entropy(&sample));
    }
}

#[test]
fn planes_are_refused() {
    let plane = Sample::from_points(2, (0..40).map(f64::from).collect()).unwrap();
    for estimator in all(None) {
        assert!(!estimator.takes(2) && estimator.takes(1));
        assert!(matches!(
            estimator.entropy(&plane),
            Err(Error::Mismatch {
                expected: 1,
                actual: 2,
                ..
            })
        ));
        assert!(estimator.warnings(&plane).is_empty());
    }
}

#[test]
fn few_points_are_refused() {
    for (m, n, required) in [
        (None, 1, 5),
        (None, 2, 5),
        (None, 4, 5),
        (Some(3), 6, 7),
        (Some(usize::MAX), 6, usize::MAX),
    ] {
        for estimator in all(m) {
            assert_eq!(
                estimator.entropy(&values(n)),
                Err(Error::TooFewPoints {
                    method: "an entropy from spacings",
                    required,
                    actual: n,
                })
            );
        }
    }
    assert!(matches!(
        Spacing::new(SpacingMethod::Vasicek, Some(0)),
        Err(Error::InvalidParameter { .. })
    ));
    assert!(matches!(
        entropy::parse("spacing(m=some)"),
        Err(Error::InvalidParameter { .. })
    ));
}

#[test]
fn ties_are_refused_when_a_spacing_is_zero() {
    // Five equal values, m = 2: of the places 3 to 7 in order, only the middle one sees 2 on both sides equal.
    let inside = line(vec![9.0, 4.0, 4.0, 1.0, 4.0, 2.0, 4.0, 4.0, 7.0, 8.0]);
    let error = |point, count| {
        Err(Error::Duplicates {
            point,
            k: 2,
            count,
            n: 10,
        })
    };
    for (estimator, expected) in
        all(Some(2)).zip([error(4, 1), error(1, 3), error(4, 1), error(4, 1)])
    {
        assert_eq!(estimator.entropy(&inside), expected, "{}", estimator.name());
    }
    // Three equal values at the end, where a spacing is cut off.
    let end = line(vec![9.0, 1.0, 1.0, 1.0, 5.0, 2.0, 4.0, 3.0, 7.0, 8.0]);
    for estimator in all(Some(2)) {
        assert_eq!(estimator.entropy(&end), error(1, 1), "{}", estimator.name());
    }
    // Fewer repetitions than that give a number, and a warning.
    let pair = line(vec![9.0, 1.0, 4.0, 4.0, 5.0, 2.0, 6.0, 3.0, 7.0, 8.0]);
    for estimator in all(Some(2)) {
        assert!(estimator.entropy(&pair).is_ok());
        let warnings = estimator.warnings(&pair);
        assert!(
            warnings.iter().any(|w| w.starts_with("1 values repeat")),
            "{warnings:?}"
        );
    }
    for estimator in all(None) {
        assert_eq!(
            estimator.entropy(&line(vec![3.0; 100])),
            Err(Error::Duplicates {
                point: 0,
                k: 10,
                count: if estimator.name().contains("van_es") {
                    90
                } else {
                    100
                },
                n: 100,
            })
        );
    }
}

#[test]
fn tiny_and_huge_values_are_measured_or_refused() {
    for estimator in all(None) {
        let expected = estimator.entropy(&values(101)).unwrap();
        for factor in [1e-300, 1e300] {
            let scaled = line(
                values(101)
                    .coordinates()
                    .iter()
                    .map(|v| v * factor)
                    .collect(),
            );
            let value = estimator.entropy(&scaled).unwrap();
            near(&estimator.name(), value, expected + factor.ln(), 1e-12);
        }
        let wide = line((0..11).map(|i| f64::from(i - 5) * 3e307).collect());
        assert!(matches!(
            Spacing::new(SpacingMethod::Vasicek, Some(4))
                .unwrap()
                .entropy(&wide),
            Err(Error::NonFiniteResult { .. })
        ));
    }
}

/// What a fixed order promises: below for all but van Es, and Correa from `m = 4` on above.
#[test]
fn sides_follow_from_the_order() {
    for (m, sides) in [
        (None, [Side::Consistent; 4]),
        (
            Some(3),
            [Side::Below, Side::Consistent, Side::Below, Side::Below],
        ),
        (
            Some(4),
            [Side::Below, Side::Consistent, Side::Below, Side::Above],
        ),
    ] {
        for (estimator, side) in all(m).zip(sides) {
            assert_eq!(estimator.promises().side, side);
        }
    }
}
