//! Gaussian and pairwise estimators against closed forms and independent programs.

use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use vicinfo::Error;
use vicinfo::entropy::{
    DiagonalGaussian, EntropyEstimator, Gaussian, KolchinskyTracey, PairwiseBound,
};
use vicinfo::information::{self, InformationEstimator, canonical_correlations};
use vicinfo::linalg::{Spd, covariance};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;

use crate::fixture::{self, Reference};

fn normal(dim: usize, n: usize, seed: Seed) -> Sample {
    let mut rng = seed.rng();
    Sample::new(DMatrix::from_fn(dim, n, |_, _| rng.sample(StandardNormal))).unwrap()
}

fn agree(what: &str, value: Result<f64, Error>, reference: Reference, tolerance: f64) {
    match reference {
        Reference::Number(expected) => {
            let value = value.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert!(
                (value - expected).abs() <= tolerance,
                "{what}: {value} against {expected}"
            );
        }
        Reference::Undefined => {
            assert!(
                matches!(
                    value,
                    Err(Error::SingularCovariance { .. } | Error::PerfectDependence { .. })
                ),
                "{what}: {value:?}"
            );
        }
    }
}

#[test]
fn gaussian_values_agree_with_numpy() {
    let Some(fixtures) = fixture::all("gaussian_values_agree_with_numpy") else {
        return;
    };
    let mut compared = 0;
    for set in fixtures {
        let joint = set.pairs.joint();
        for (key, bias_corrected) in [("ddof1", false), ("bias_corrected", true)] {
            if let Some(reference) = set.reference(&format!("gaussian_entropy_xy_{key}")) {
                let value = Gaussian { bias_corrected }.entropy(&joint);
                agree(
                    &format!("{} entropy {key}", set.id),
                    value,
                    reference,
                    1e-10,
                );
                compared += 1;
            }
        }
        for (key, bias_corrected) in [("gaussian_mi", false), ("gaussian_mi_bias_corrected", true)]
        {
            if let Some(reference) = set.reference(key) {
                let value = information::Gaussian { bias_corrected }.information(&set.pairs);
                agree(&format!("{} {key}", set.id), value, reference, 1e-10);
                compared += 1;
            }
        }
    }
    assert!(compared >= 80, "only {compared} values compared");
}

#[test]
fn pairwise_bounds_agree_with_numpy() {
    let Some(fixtures) = fixture::all("pairwise_bounds_agree_with_numpy") else {
        return;
    };
    let mut compared = 0;
    for set in fixtures {
        let joint = set.standardised_joint();
        for (word, bound) in [
            ("upper_kl", PairwiseBound::Kl),
            ("lower_bd", PairwiseBound::Bhattacharyya),
            ("lower_elk", PairwiseBound::ExpectedLikelihood),
        ] {
            for std in ["0.2", "0.5", "1.0"] {
                if let Some(reference) = set.reference(&format!("kt_{word}_xy_std_sigma{std}")) {
                    let estimator = KolchinskyTracey::new(bound, std.parse().unwrap()).unwrap();
                    let what = format!("{} {}", set.id, estimator.name());
                    agree(&what, estimator.entropy(&joint), reference, 1e-9);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared >= 180, "only {compared} values compared");
}

#[test]
fn correlations_give_the_log_determinants() {
    let mut rng = Seed::root(5).child("pairs").rng();
    let x = normal(3, 500, Seed::root(5).child("x"));
    let noise = normal(4, 500, Seed::root(5).child("noise"));
    let mix = DMatrix::from_fn(4, 3, |_, _| rng.random_range(-1.0..1.0));
    let y = Sample::new(mix * x.matrix() + noise.matrix()).unwrap();
    let pairs = Paired::new(x, y).unwrap();
    let log_det = |s: &Sample| Spd::new(&covariance(s).unwrap()).unwrap().log_det();
    let expected = 0.5 * (log_det(&pairs.x) + log_det(&pairs.y) - log_det(&pairs.joint()));
    let value = information::Gaussian::default()
        .information(&pairs)
        .unwrap();
    assert!(
        (value - expected).abs() < 1e-12,
        "{value} against {expected}"
    );
    let correlations = canonical_correlations(&pairs).unwrap();
    assert_eq!(correlations.len(), 3);
    assert!(correlations.windows(2).all(|w| w[0] >= w[1]));
}

/// `sum(polygamma(1, (n - i) / 2) for i in range(1, d + 1)) / 4` by SciPy 1.17.
#[test]
fn the_variance_of_a_log_determinant_is_that_of_wisharts_law() {
    for (n, dim, expected) in [
        (5, 1, 0.161_233_516_712_056_66),
        (20, 5, 0.157_275_083_368_197_93),
        (100, 64, 0.524_471_889_248_889_4),
        (4000, 64, 0.008_067_740_684_768_855),
    ] {
        let variance = Gaussian::variance(n, dim).unwrap();
        assert!(
            (variance / expected - 1.0).abs() < 1e-13,
            "{n} {dim}: {variance}"
        );
    }
    assert!(Gaussian::variance(64, 64).is_err());
}

#[test]
fn bias_is_the_mean_error_on_gaussian_samples() {
    // oracles.json: E_logdetS_d3_n10; twice the bias at d = 3, n = 10.
    let expected = -0.764_086_954_892_249_7;
    assert!((2.0 * Gaussian::bias(10, 3).unwrap() - expected).abs() < 1e-12);
    let truth = 1.5 * (1.0 + std::f64::consts::TAU.ln());
    for bias_corrected in [false, true] {
        let errors: Vec<f64> = (0..4000)
            .map(|replicate| {
                let sample = normal(3, 10, Seed::root(9).child(replicate));
                Gaussian { bias_corrected }.entropy(&sample).unwrap() - truth
            })
            .collect();
        let summary = Summary::new(&errors).unwrap();
        let expected = if bias_corrected { 0.0 } else { expected / 2.0 };
        assert!(
            (summary.mean - expected).abs() < 6.0 * summary.std_error,
            "{summary:?}"
        );
    }
}

#[test]
fn hadamard_orders_diagonal_and_full() {
    let sample = normal(4, 50, Seed::root(2));
    let full = Gaussian::default().entropy(&sample).unwrap();
    let diagonal = DiagonalGaussian.entropy(&sample).unwrap();
    let correlation = {
        let c = covariance(&sample).unwrap();
        DMatrix::from_fn(4, 4, |i, j| c[(i, j)] / (c[(i, i)] * c[(j, j)]).sqrt())
    };
    let off_diagonal = -0.5 * Spd::new(&correlation).unwrap().log_det();
    assert!((diagonal - full - off_diagonal).abs() < 1e-12);
    assert!(off_diagonal > 0.0);
    // More coordinates than points: no covariance, but variances.
    let wide = normal(60, 50, Seed::root(3));
    assert!(DiagonalGaussian.entropy(&wide).is_ok());
    assert!(matches!(
        Gaussian::default().entropy(&wide),
        Err(Error::TooFewPoints {
            required: 61,
            actual: 50,
            ..
        })
    ));
}

#[test]
fn pairwise_bounds_by_hand() {
    // Two points at distance D, std 1: oracles.json KT_KL_upper and KT_BD_lower.
    for (distance, upper, lower) in [
        (1.0, 1.638_008_729_584_511, 1.479_486_678_447_449),
        (2.0, 1.985_157_702_721_646, 1.638_008_729_584_511),
        (4.0, 2.111_750_307_391_722, 1.985_157_702_721_646),
        (6.0, 2.112_085_698_534_638, 2.101_037_968_916_024),
    ] {
        let sample = Sample::from_points(1, vec![0.0, distance]).unwrap();
        let value = |bound| {
            KolchinskyTracey::new(bound, 1.0)
                .unwrap()
                .entropy(&sample)
                .unwrap()
        };
        assert!((value(PairwiseBound::Kl) - upper).abs() < 1e-14);
        assert!((value(PairwiseBound::Bhattacharyya) - lower).abs() < 1e-14);
    }
    // One point: the entropy of one component, exactly.
    let one = Sample::from_points(2, vec![3.0, 4.0]).unwrap();
    let value = KolchinskyTracey::new(PairwiseBound::Kl, 0.5)
        .unwrap()
        .entropy(&one)
        .unwrap();
    let expected = 1.0 + std::f64::consts::TAU.ln() + 2.0 * 0.5_f64.ln();
    assert!((value - expected).abs() < 1e-14);
}

#[test]
fn degenerate_data_are_refused_by_name() {
    let constant = Sample::from_points(2, vec![1.0, 5.0, 2.0, 5.0, 4.0, 5.0]).unwrap();
    for estimator in [
        &Gaussian::default() as &dyn EntropyEstimator,
        &DiagonalGaussian,
    ] {
        assert!(matches!(
            estimator.entropy(&constant),
            Err(Error::SingularCovariance {
                dim: 2,
                coordinate: 1,
                ..
            })
        ));
    }
    let line = Sample::from_points(2, vec![1.0, 2.0, 2.0, 4.0, 4.0, 8.0, 5.0, 10.0]).unwrap();
    assert!(matches!(
        Gaussian::default().entropy(&line),
        Err(Error::SingularCovariance {
            dim: 2,
            coordinate: 1,
            ..
        })
    ));
    let one = Sample::from_points(2, vec![1.0, 2.0]).unwrap();
    assert!(matches!(
        DiagonalGaussian.entropy(&one),
        Err(Error::TooFewPoints {
            required: 2,
            actual: 1,
            ..
        })
    ));
    let x = normal(2, 30, Seed::root(1));
    let same = Paired::new(x.clone(), x.clone()).unwrap();
    assert!(matches!(
        information::Gaussian::default().information(&same),
        Err(Error::PerfectDependence { index: 0, .. })
    ));
    let few = Paired::new(
        x.select(&[0, 1, 2, 3]).unwrap(),
        x.select(&[4, 5, 6, 7]).unwrap(),
    )
    .unwrap();
    assert!(matches!(
        information::Gaussian::default().information(&few),
        Err(Error::TooFewPoints {
            required: 5,
            actual: 4,
            ..
        })
    ));
    for std in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            KolchinskyTracey::new(PairwiseBound::Kl, std),
            Err(Error::InvalidParameter { .. })
        ));
    }
}
