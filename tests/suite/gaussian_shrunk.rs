//! Shrunk Gaussian entropies against scikit-learn 1.9.1.

use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use vicinfo::Error;
use vicinfo::entropy::{self, EntropyEstimator, Gaussian, Shrinkage, ShrunkGaussian};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;

use crate::table::{mixed, near};

const METHODS: [ShrunkGaussian; 2] = [
    ShrunkGaussian {
        method: Shrinkage::LedoitWolf,
    },
    ShrunkGaussian {
        method: Shrinkage::Oas,
    },
];

/// ```python
/// from sklearn.covariance import ledoit_wolf, oas
/// for n, d in ((40, 3), (10, 25), (8, 8)):
///     for f in (ledoit_wolf, oas):
///         c, s = f(mixed(n, d))
///         print(s, .5*(d*(1 + np.log(2*np.pi)) + np.linalg.slogdet(c)[1]), c[0, 0], c[1, 0], c[d-1, 1])
/// ```
#[test]
fn shrinkage_covariance_and_entropy_agree_with_scikit_learn() {
    for (n, dim, method, [coefficient, entropy, first, below, last]) in [
        (
            40,
            3,
            0,
            [
                0.08502727470248071,
                4.23848358738102,
                1.060878908059776,
                0.5943283223031909,
                0.8703002629056087,
            ],
        ),
        (
            40,
            3,
            1,
            [
                0.11737534638554999,
                4.310608338275474,
                1.080445369200225,
                0.573316356982705,
                0.8395315476074445,
            ],
        ),
        (
            10,
            25,
            0,
            [
                0.2234731958499401,
                33.64117533333271,
                1.2196461305098807,
                0.10377765075134669,
                -0.21569341160926783,
            ],
        ),
        (
            10,
            25,
            1,
            [
                0.3198601479580433,
                36.546960997570594,
                1.32711963823989,
                0.09089617467170254,
                -0.18892031063747147,
            ],
        ),
        (
            8,
            8,
            0,
            [
                0.35328009234271507,
                12.747386589511851,
                1.391365964760951,
                0.23304344542332914,
                0.5364390268737278,
            ],
        ),
        (
            8,
            8,
            1,
            [
                0.3532542556494534,
                12.747228361520266,
                1.3913308432370466,
                0.23305275559291688,
                0.5364604578060786,
            ],
        ),
    ] {
        let (sample, estimator) = (mixed(n, dim), METHODS[method]);
        let what = format!("{} n = {n}, dim = {dim}", estimator.name());
        near(
            &what,
            estimator.coefficient(&sample).unwrap(),
            coefficient,
            1e-12,
        );
        near(&what, estimator.entropy(&sample).unwrap(), entropy, 1e-10);
        let covariance = estimator.covariance(&sample).unwrap();
        near(&what, covariance[(0, 0)], first, 1e-12);
        near(&what, covariance[(1, 0)], below, 1e-12);
        near(&what, covariance[(dim - 1, 1)], last, 1e-12);
        assert_eq!(
            entropy::parse(&estimator.name()).unwrap().name(),
            estimator.name()
        );
        assert!(estimator.warnings(&sample)[0].contains(&format!("{coefficient:.4}")));
        assert_eq!(
            estimator.warnings(&sample).len(),
            if n <= dim { 2 } else { 1 }
        );
    }
}

#[test]
fn nothing_is_shrunk_in_one_dimension() {
    let sample = mixed(40, 1);
    let divisor = 0.5 * (39.0_f64 / 40.0).ln();
    for estimator in METHODS {
        assert_eq!(estimator.coefficient(&sample), Ok(0.0));
        let plain = Gaussian::default().entropy(&sample).unwrap();
        near(
            &estimator.name(),
            estimator.entropy(&sample).unwrap(),
            plain + divisor,
            1e-14,
        );
    }
}

/// `N(0, I)`, the case that the target is made for: what is left is the divisor `n`, and that the
/// coefficient falls a little short of 1.
#[test]
fn the_truth_is_met_with_fewer_points_than_dimensions() {
    let (n, dim) = (40, 60);
    let truth = 0.5 * dim as f64 * (1.0 + std::f64::consts::TAU.ln());
    let divisor = 0.5 * dim as f64 * ((n - 1) as f64 / n as f64).ln();
    for estimator in METHODS {
        let errors: Vec<f64> = (0..100)
            .map(|replicate| {
                let mut rng = Seed::root(4).child(replicate).rng();
                let noise = DMatrix::from_fn(dim, n, |_, _| rng.sample::<f64, _>(StandardNormal));
                estimator.entropy(&Sample::new(noise).unwrap()).unwrap() - truth
            })
            .collect();
        let summary = Summary::new(&errors).unwrap();
        assert!(
            (summary.mean - divisor).abs() < 6.0 * summary.std_error + 0.1,
            "{}: {summary:?} against {divisor}",
            estimator.name()
        );
        assert!(summary.std_error < 0.15);
    }
    assert!(matches!(
        Gaussian::default().entropy(&mixed(40, 60)),
        Err(Error::TooFewPoints {
            required: 61,
            actual: 40,
            ..
        })
    ));
}

#[test]
fn units_do_not_matter() {
    let sample = mixed(40, 3);
    for (factor, offset) in [(1e-150, 0.0), (1e150, 0.0), (1.0, 1e8)] {
        let other = sample
            .map(3, |x, y| {
                y.iter_mut()
                    .zip(x)
                    .for_each(|(y, x)| *y = factor * x + offset)
            })
            .unwrap();
        for estimator in METHODS {
            let expected = estimator.coefficient(&sample).unwrap();
            near(
                "coefficient",
                estimator.coefficient(&other).unwrap(),
                expected,
                1e-8,
            );
        }
    }
}

/// Points `(t, 1.1 t)`, `t` normal.
fn normal_line(n: usize) -> Sample {
    let mut rng = Seed::root(31).rng();
    let points = (0..n).flat_map(|_| {
        let t: f64 = rng.sample(StandardNormal);
        [t, 1.1 * t]
    });
    Sample::from_points(2, points.collect()).unwrap()
}

#[test]
fn degenerate_data_are_refused_by_name() {
    for estimator in METHODS {
        let entropy = |dim, points| estimator.entropy(&Sample::from_points(dim, points).unwrap());
        assert!(matches!(
            entropy(2, vec![1.0, 2.0]),
            Err(Error::TooFewPoints {
                required: 2,
                actual: 1,
                ..
            })
        ));
        assert!(matches!(
            entropy(2, vec![0.1; 20]),
            Err(Error::SingularCovariance {
                dim: 2,
                coordinate: 0,
                ..
            })
        ));
        assert!(matches!(
            entropy(2, vec![1.0, 5.0, 2.0, 5.0, 4.0, 5.0]),
            Err(Error::SingularCovariance {
                dim: 2,
                coordinate: 1,
                ..
            })
        ));
        // Many points in a flat: their entropy is minus infinity, whatever shrinkage would add.
        let line = normal_line(100);
        assert!(matches!(
            estimator.entropy(&line),
            Err(Error::SingularCovariance {
                dim: 2,
                coordinate: 1,
                ..
            })
        ));
        assert!(matches!(
            entropy(1, vec![1e300, -1e300]),
            Err(Error::NonFiniteResult { .. })
        ));
    }
    // Two points: every product equals the covariance, so that Ledoit-Wolf sees no noise to shrink.
    let two = Sample::from_points(2, vec![1.0, 2.0, 3.0, 5.0]).unwrap();
    assert_eq!(METHODS[0].coefficient(&two), Ok(0.0));
    assert!(matches!(
        METHODS[0].entropy(&two),
        Err(Error::SingularCovariance {
            dim: 2,
            coordinate: 1,
            ..
        })
    ));
    assert!(matches!(
        entropy::parse("gaussian_shrunk(method=identity)"),
        Err(Error::InvalidParameter { .. })
    ));
}
