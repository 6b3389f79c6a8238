//! Tests of normality against SciPy, statsmodels, pingouin and NumPy, and what they promise.

use nalgebra::DMatrix;
use proptest::prelude::*;
use vicinfo::Error;
use vicinfo::linalg::symmetric_eigenvalues;
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::holm;
use vicinfo::stats::normality::{
    self, AndersonDarling, Calibrated, DagostinoPearson, EppsPulley, HenzeZirkler, Kurtosis,
    MardiaKurtosis, MardiaSkewness, Moments, NormalityTest, Skewness, Sliced, Tail, UNIVARIATE,
    Univariate,
};

use crate::normality_check::{
    bell, failures, fourth, gaussian, golden, line, odd, ramp, relative, sixth, squares, twelve,
};
use crate::table::{mixed, near};

/// SciPy's to `1e-12`, relative also for p-values of `1e-220`; the others to `1e-10`.
#[test]
fn tests_keep_what_they_promise() {
    for (id, _) in UNIVARIATE {
        let test = normality::parse(id).unwrap();
        let tolerance = if *id == "epps_pulley" { 1e-11 } else { 1e-12 };
        assert_eq!(failures(&*test, 1, &golden(id), tolerance), [""; 0], "{id}");
    }
    for id in ["mardia_skewness", "mardia_kurtosis", "henze_zirkler"] {
        let test = normality::parse(id).unwrap();
        assert_eq!(failures(&*test, 3, &golden(id), 1e-10), [""; 0], "{id}");
    }
}

/// Published to 12 digits: `x_i = i^2`, and Mardia's and Henze and Zirkler's numbers of twelve points.
#[test]
fn hand_examples() {
    let moments = Moments::new(squares(20).coordinates()).unwrap();
    near("skewness", moments.skewness(), 0.607709938704, 1e-12);
    near("kurtosis", moments.kurtosis(), 2.099284932824, 1e-12);
    let test = DagostinoPearson::of(&moments).unwrap();
    near("Z of skewness", test.skewness, 1.319732572582, 1e-12);
    near("Z of kurtosis", test.kurtosis, -0.879206101708, 1e-12);
    near("K2", test.statistic, 2.514697432414, 1e-12);
    near("p", test.p_value, 0.28440707165, 1e-12);
    near("effect", test.effect_size, 2.514697432414 / 20.0, 1e-12);
    let (b1, b2) = (1.698622175151, 10.567194760596);
    let skewness = MardiaSkewness.test(&twelve()).unwrap();
    near("b1", skewness.statistic * 6.0 / 12.0, b1, 1e-12);
    let kurtosis = MardiaKurtosis.test(&twelve()).unwrap();
    let z = (b2 - 15.0) / (8.0 * 15.0 / 12.0_f64).sqrt();
    near("b2", kurtosis.statistic, z, 1e-12);
    // The corners of a square: b1 = 0, b2 = 4, of which 8 are expected with standard deviation 4.
    let square = Sample::from_points(2, vec![1.0, 1.0, 1.0, -1.0, -1.0, 1.0, -1.0, -1.0]).unwrap();
    near(
        "b1",
        MardiaSkewness.test(&square).unwrap().statistic,
        0.0,
        1e-15,
    );
    near(
        "b2",
        MardiaKurtosis.test(&square).unwrap().statistic,
        -1.0,
        1e-14,
    );
}

/// SciPy puts `y = 1` where the skewness is exactly 0 and gives `Z = 1.02` for these symmetric numbers.
#[test]
fn symmetric_numbers_have_no_skewness() {
    let outcome = Skewness.test(&ramp()).unwrap();
    assert_eq!((outcome.statistic, outcome.p_value), (0.0, 1.0));
}

/// A kurtosis of 1 in 1000 points lies beyond the pole of the formula: its size counts, SciPy has the same.
/// `kurtosistest([-1, 1]*500)`.
#[test]
fn two_values_are_rejected() {
    let outcome = Kurtosis
        .test(&line((0..1000).map(|i| f64::from(2 * (i % 2) - 1))))
        .unwrap();
    relative("Z", outcome.statistic, 61.34700939873604, 1e-12);
    assert!(outcome.p_value < 1e-300);
}

/// Units from the smallest doubles to the largest, and offsets that leave ten digits.
#[test]
fn moments_in_any_unit() {
    let values = bell().coordinates().to_vec();
    let plain = Moments::new(&values).unwrap();
    for exponent in [-1060, -1000, -300, 300, 1000, 1015] {
        let unit = 2.0_f64.powi(exponent / 2);
        let scaled: Vec<f64> = values.iter().map(|v| v * unit * unit).collect();
        let moments = Moments::new(&scaled).unwrap();
        near("skewness", moments.skewness(), plain.skewness(), 1e-12);
        near("kurtosis", moments.kurtosis(), plain.kurtosis(), 1e-12);
        if exponent < -1000 {
            // Mean and deviation are themselves too small to have all their digits.
            continue;
        }
        relative("mean", moments.mean() / unit / unit, plain.mean(), 1e-12);
        relative(
            "std_dev",
            moments.std_dev() / unit / unit,
            plain.std_dev(),
            1e-12,
        );
    }
    for offset in [-1e6, 1e9, 1e13] {
        let shifted: Vec<f64> = values.iter().map(|v| v + offset).collect();
        let moments = Moments::new(&shifted).unwrap();
        relative("skewness", moments.skewness(), plain.skewness(), 1e-11);
        relative("kurtosis", moments.kurtosis(), plain.kurtosis(), 1e-11);
        relative("std_dev", moments.std_dev(), plain.std_dev(), 1e-12);
    }
    // Numbers that differ in the last bit are not constant.
    let next = f64::from_bits(0.1_f64.to_bits() + 1);
    let bits: Vec<f64> = (0..100)
        .map(|i| if i % 4 == 0 { next } else { 0.1 })
        .collect();
    let moments = Moments::new(&bits).unwrap();
    // A coin of probability 1/4: skewness (1 - 2p) / sqrt(p (1-p)), kurtosis 3 + (1 - 6p(1-p)) / (p(1-p)).
    near(
        "skewness",
        moments.skewness(),
        0.5 / 0.1875_f64.sqrt(),
        1e-12,
    );
    near("kurtosis", moments.kurtosis(), 3.0 - 0.125 / 0.1875, 1e-12);
}

/// The eigenvalues of the limit law, by the trapezoidal rule: they decide every p-value of Epps and Pulley.
/// The golden p-values invert the characteristic function of the limit law along the parallel to the imaginary
/// axis through the saddle point, in NumPy, with eigenvalues of the same matrix.
#[test]
fn epps_pulley_has_the_tail_of_its_limit() {
    let nodes: Vec<f64> = (-120..=120).map(|i| f64::from(i) * 0.1).collect();
    let weight = |t: f64| 0.1 * (-0.5 * t * t).exp() / std::f64::consts::TAU.sqrt();
    let kernel = DMatrix::from_fn(nodes.len(), nodes.len(), |i, j| {
        let (s, t) = (nodes[i], nodes[j]);
        let limit = (-0.5 * (s - t) * (s - t)).exp()
            - (1.0 + s * t + 0.5 * s * s * t * t) * (-0.5 * (s * s + t * t)).exp();
        limit * (weight(s) * weight(t)).sqrt()
    });
    let eigenvalues = symmetric_eigenvalues(&kernel).unwrap();
    // One term of the tail's leading behaviour, P ~ c exp(-x / (2 w_1)) / sqrt(x): two samples of the same n
    // tell w_1.
    let n = 4000;
    let far = |spread: f64| {
        let values =
            (0..n).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 } + spread * f64::from(i % 7));
        EppsPulley.test(&line(values)).unwrap()
    };
    let (a, b) = (far(0.5), far(0.52));
    let limit = |statistic: f64| {
        let n = f64::from(n);
        (statistic - 0.365 / n + 1.34 / (n * n)) * (1.0 + 1.3 / n)
    };
    let (x, y) = (limit(a.statistic), limit(b.statistic));
    assert!(x > 5.0 && y > 5.0 && (x - y).abs() > 0.2, "{x} and {y}");
    let slope = (a.p_value.ln() + 0.5 * x.ln() - b.p_value.ln() - 0.5 * y.ln()) / (y - x);
    // The next term of the series is of order w_1 / x^2.
    near("slope", slope * 2.0 * eigenvalues[0], 1.0, 3e-3);
    let sum: f64 = eigenvalues.iter().sum();
    near("trace", sum, 1.0 - 1.5 / 3.0_f64.sqrt(), 1e-12);
}

#[test]
fn anderson_darling_far_out_goes_on_falling() {
    // Beyond the fit, where statsmodels gives 0.
    for sample in [sixth(), odd(), fourth()] {
        let outcome = AndersonDarling.test(&sample).unwrap();
        assert!(outcome.p_value < 1e-30, "{outcome:?}");
    }
    relative(
        "A2",
        AndersonDarling.test(&fourth()).unwrap().statistic,
        461.61305294113936,
        1e-12,
    );
    relative(
        "A2",
        AndersonDarling.test(&odd()).unwrap().statistic,
        128.4211828918003,
        1e-12,
    );
    let mut sorted = bell().coordinates().to_vec();
    sorted.sort_by(f64::total_cmp);
    let test = AndersonDarling.test(&bell()).unwrap();
    assert_eq!(AndersonDarling::of_sorted(&sorted).unwrap(), test);
    sorted.swap(3, 90);
    assert!(matches!(
        AndersonDarling::of_sorted(&sorted),
        Err(Error::InvalidParameter { name, .. }) if name == "values"
    ));
    // One point at 50 standard deviations: the normal distribution function there is below the smallest double.
    let outlier = line((0..3000).map(|i| if i == 7 { 1e6 } else { f64::from(i % 10) }));
    // scipy.stats.anderson
    relative(
        "A2",
        AndersonDarling.test(&outlier).unwrap().statistic,
        1158.1730228219758,
        1e-12,
    );
}

#[test]
fn names_read_back() {
    for entry in normality::ALL {
        let test = normality::parse(entry.id).unwrap();
        assert_eq!(test.name(), normality::parse(&test.name()).unwrap().name());
        assert!(test.name().starts_with(entry.id) && !entry.summary.is_empty());
        assert_eq!(test.resolution(), 0.0);
    }
    assert_eq!(
        normality::parse("sliced(slices=3)").unwrap().name(),
        "sliced(test=dagostino_pearson,slices=3,standardise=true)"
    );
    for (name, kind) in [
        ("shapiro_wilk", "UnknownName"),
        ("skewness(k=1)", "UnknownName"),
        ("sliced(test=mardia_skewness)", "UnknownName"),
        ("sliced(slices=0)", "InvalidParameter"),
        ("sliced(slices=-1)", "InvalidParameter"),
        ("sliced(standardise=1)", "InvalidParameter"),
    ] {
        let error = normality::parse(name).err().unwrap();
        assert_eq!(error.kind(), kind, "{name}: {error}");
    }
}

#[test]
fn unfit_data_are_refused() {
    let too_few = |method, required, actual| Error::TooFewPoints {
        method,
        required,
        actual,
    };
    let fewest = [
        ("skewness", 8),
        ("kurtosis", 5),
        ("dagostino_pearson", 8),
        ("anderson_darling", 8),
        ("epps_pulley", 10),
    ];
    for ((id, test), (same, required)) in UNIVARIATE.iter().zip(fewest) {
        assert_eq!(*id, same);
        for n in [0, 1, required - 1] {
            let values = squares(required).coordinates()[..n].to_vec();
            assert_eq!(test.test_values(&values), Err(too_few(id, required, n)));
        }
        let enough = squares(required);
        assert!(test.test(&enough).is_ok(), "{id}");
        let constant = Error::SingularCovariance {
            dim: 1,
            coordinate: 0,
            residual: 0.0,
            tolerance: 0.0,
        };
        for value in [0.0, 0.1, -1e300, 5e-324] {
            assert_eq!(
                test.test_values(&[value; 20]),
                Err(constant.clone()),
                "{id}"
            );
        }
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut values = squares(20).coordinates().to_vec();
            values[13] = value;
            assert_eq!(
                test.test_values(&values),
                Err(Error::NonFinite {
                    point: 13,
                    coordinate: 0,
                    value: value.to_string()
                }),
                "{id}"
            );
        }
        assert_eq!(
            test.test(&mixed(40, 2)),
            Err(Error::Mismatch {
                what: "coordinates of a point in a univariate test",
                expected: 1,
                actual: 2
            })
        );
    }
    assert_eq!(Moments::new(&[1.0]), Err(too_few("central moments", 2, 1)));
    for id in [
        "mardia_skewness",
        "mardia_kurtosis",
        "henze_zirkler",
        "sliced",
    ] {
        let test = normality::parse(id).unwrap();
        let method = normality::ALL.iter().find(|e| e.id == id).unwrap().id;
        let required = if id == "sliced" { 21 } else { 22 };
        for n in [20, required - 1] {
            let error = test.test(&mixed(n, 20)).err();
            assert_eq!(error, Some(too_few(method, required, n)));
        }
        if id != "sliced" {
            // d + 1 points are a regular simplex once standardised: the law of the statistic is a point.
            let calibrated = Calibrated::new(&*test, 4, 3, 9, Seed::root(5)).err();
            assert_eq!(calibrated, Some(too_few(method, 5, 4)));
            assert!(Calibrated::new(&*test, 5, 3, 9, Seed::root(5)).is_ok());
        }
        let plane = mixed(40, 2)
            .map(3, |x, y| {
                y.copy_from_slice(&[x[0], x[1], x[0] - 3.0 * x[1]])
            })
            .unwrap();
        assert!(
            matches!(
                test.test(&plane),
                Err(Error::SingularCovariance {
                    dim: 3,
                    coordinate: 2,
                    ..
                })
            ),
            "{id}"
        );
    }
}

#[test]
fn distances_of_no_law_are_refused() {
    for distance in [
        EppsPulley::distance,
        EppsPulley::closed_form,
        EppsPulley::quadrature,
    ] {
        assert_eq!(distance(&[]), Err(Error::Empty { n: 0, dim: 1 }));
        for value in [f64::NAN, f64::INFINITY] {
            assert_eq!(
                distance(&[0.5, value]),
                Err(Error::NonFinite {
                    point: 1,
                    coordinate: 0,
                    value: value.to_string()
                })
            );
        }
    }
    for far in [1e12, 1e300, f64::MAX] {
        assert!(matches!(
            EppsPulley::quadrature(&[far, -far]),
            Err(Error::InvalidParameter { name, .. }) if name == "nodes of the quadrature"
        ));
        // Isolated points, both far from the origin: sqrt(2 pi) (1/2 + 1/sqrt 3).
        let isolated = std::f64::consts::TAU.sqrt() * (0.5 + 1.0 / 3.0_f64.sqrt());
        for distance in [EppsPulley::distance, EppsPulley::closed_form] {
            near("isolated", distance(&[far, -far]).unwrap(), isolated, 1e-14);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// No order, no unit and no origin matters; a mirror turns the skewness alone.
    #[test]
    fn univariate_tests_are_invariant(
        values in prop::collection::vec(-5.0..5.0_f64, 12..80),
        scale in 1e-6..1e6_f64,
        offset in -100.0..100.0_f64,
        turn in 0..12_usize,
    ) {
        for (id, test) in UNIVARIATE {
            let plain = test.test_values(&values).unwrap();
            let mut moved: Vec<f64> = values.iter().map(|v| -scale * (v + offset)).collect();
            moved.rotate_left(turn);
            let moved = test.test_values(&moved).unwrap();
            let sign = if *id == "skewness" { -1.0 } else { 1.0 };
            near(id, sign * moved.statistic, plain.statistic, 1e-8);
            near(id, moved.p_value, plain.p_value, 1e-8);
        }
    }

    /// `x -> A x + b` for a random matrix.
    #[test]
    fn multivariate_tests_are_invariant(
        entries in prop::collection::vec(-1.0..1.0_f64, 9),
        offset in -100.0..100.0_f64,
        n in 6..200_usize,
    ) {
        let matrix = DMatrix::from_vec(3, 3, entries) + DMatrix::identity(3, 3) * 3.5;
        let sample = gaussian(3, n, Seed::root(1).child(n)).unwrap();
        let image = Sample::new((&matrix * sample.matrix()).add_scalar(offset)).unwrap();
        for test in [&MardiaSkewness as &dyn NormalityTest, &MardiaKurtosis, &HenzeZirkler] {
            let (plain, moved) = (test.test(&sample).unwrap(), test.test(&image).unwrap());
            near(&test.name(), moved.statistic, plain.statistic, 1e-8);
            near(&test.name(), moved.p_value, plain.p_value, 1e-8);
        }
    }

    /// Blocks of the Gram matrix add up to the sum over all pairs.
    #[test]
    fn mardia_skewness_is_the_sum_over_all_pairs(n in 3..400_usize) {
        let sample = gaussian(1, n, Seed::root(2).child(n)).unwrap();
        // In one dimension b is the square of the skewness.
        let moments = Moments::new(sample.coordinates()).unwrap();
        let expected = n as f64 / 6.0 * moments.skewness().powi(2);
        near("n b / 6", MardiaSkewness.test(&sample).unwrap().statistic, expected, 1e-10);
    }
}

#[test]
fn slices_are_univariate_tests() {
    let sample = mixed(60, 3);
    let sliced = Sliced::along(&DagostinoPearson, DMatrix::identity(3, 3) * 2.0, false).unwrap();
    let each = sliced.each(&sample).unwrap();
    let columns = sample.matrix().transpose();
    for (outcome, values) in each.iter().zip(columns.column_iter()) {
        let alone = DagostinoPearson.test_values(values.as_slice()).unwrap();
        relative("K2", outcome.statistic, alone.statistic, 1e-10);
    }
    let outcome = sliced.test(&sample).unwrap();
    let worst = each.iter().map(|o| o.statistic).fold(0.0, f64::max);
    assert_eq!(outcome.statistic, worst);
    // Bonferroni's is the smallest of Holm's.
    let p_values: Vec<f64> = each.iter().map(|o| o.p_value).collect();
    let smallest = holm(&p_values).unwrap().into_iter().fold(1.0, f64::min);
    assert_eq!(outcome.p_value, smallest);

    // Whitened by the Cholesky factor, the first coordinate stays itself.
    let first = DMatrix::from_column_slice(3, 1, &[1.0, 0.0, 0.0]);
    let standard = Sliced::along(&Skewness, first, true).unwrap();
    let alone = Skewness.test_values(columns.column(0).as_slice()).unwrap();
    let outcome = standard.test(&sample).unwrap();
    relative("|Z|", outcome.statistic, alone.statistic.abs(), 1e-10);
    assert_eq!(
        (standard.tail(), Skewness.tail()),
        (Tail::Upper, Tail::Both)
    );

    let seed = Seed::root(5);
    let random = Sliced::random(&EppsPulley, 7, true, seed).unwrap();
    let directions = random.directions(4).unwrap();
    assert_eq!(directions.shape(), (4, 7));
    for direction in directions.column_iter() {
        near("length", direction.norm(), 1.0, 1e-14);
    }
    assert_ne!(
        directions,
        Sliced::random(&EppsPulley, 7, true, seed.child(1))
            .unwrap()
            .directions(4)
            .unwrap()
    );
    let one = mixed(40, 1);
    let (a, b) = (random.test(&one).unwrap(), EppsPulley.test(&one).unwrap());
    relative("T", a.statistic, b.statistic, 1e-10);
    relative("p", a.p_value, b.p_value, 1e-9);

    assert_eq!(
        sliced.test(&mixed(60, 2)),
        Err(Error::Mismatch {
            what: "coordinates of a point, as many as of a direction",
            expected: 3,
            actual: 2
        })
    );
    let refused = |directions| Sliced::along(&Skewness, directions, true).err();
    assert_eq!(
        refused(DMatrix::zeros(3, 0)),
        Some(Error::Empty { n: 0, dim: 3 })
    );
    assert!(matches!(
        refused(DMatrix::from_row_slice(2, 2, &[1.0, 0.0, 1.0, 0.0])),
        Some(Error::InvalidParameter { name, .. }) if name == "directions"
    ));
}

/// In 64 dimensions `T` differs from 1 by `1e-10`: its last digits decide, and in 150 none is left of it.
///
/// ```python
/// b2 = (mpf(n)*(2*d+1)/4)**(mpf(2)/(d+4))/2       # all of T - 1 and of its lognormal law from here on in mpmath
/// ```
#[test]
fn henze_zirkler_in_many_dimensions() {
    let outcome = HenzeZirkler.test(&mixed(200, 64)).unwrap();
    relative(
        "T - 1",
        outcome.statistic - 1.0,
        2.6156076146497207e-10,
        1e-5,
    );
    relative("p", outcome.p_value, 0.3340728591124126, 1e-9);
    let outcome = HenzeZirkler.test(&mixed(200, 150)).unwrap();
    relative("p", outcome.p_value, 0.4988458811493236, 1e-9);
}
