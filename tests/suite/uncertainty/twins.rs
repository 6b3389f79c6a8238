//! Gaussian twins of data.

use nalgebra::{DMatrix, DVector};
use vicinfo::Error;
use vicinfo::entropy::{self, KolchinskyTracey, PairwiseBound};
use vicinfo::law::{self, Law};
use vicinfo::linalg::covariance;
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;
use vicinfo::uncertainty::{Calibration, Entropy, Information, Quantity, Twins};

use super::{gaussian_pairs, gaussian_points, ksg};

#[test]
fn the_truth_of_twins_is_that_of_what_the_estimate_is_about() {
    let mixing = DMatrix::from_row_slice(2, 2, &[1.5, 0.0, -0.4, 0.3]);
    let sample = Sample::new(&mixing * gaussian_points(2, 80, "smoothed").matrix()).unwrap();
    let twins = Twins::new(&sample).unwrap();
    for std in [0.05, 0.7] {
        let bound = KolchinskyTracey::new(PairwiseBound::Kl, std).unwrap();
        let truth = Entropy(&bound).gaussian_truth(&twins).unwrap();
        // (1/2) ln det (2 pi e (S + std^2 I)), by hand for a 2 x 2 matrix.
        let s = covariance(&sample).unwrap();
        let det = (s[(0, 0)] + std * std) * (s[(1, 1)] + std * std) - s[(0, 1)] * s[(0, 1)];
        let expected = (2.0 * std::f64::consts::PI * std::f64::consts::E).ln() + 0.5 * det.ln();
        assert!((truth - expected).abs() < 1e-12, "{truth}, {expected}");
    }
    // Pairs: -(1/2) ln(1 - r^2), r the sample's correlation.
    let pairs = gaussian_pairs(&[0.6], 80, "truth");
    let s = covariance(&pairs.joint()).unwrap();
    let r2 = s[(0, 1)] * s[(0, 1)] / (s[(0, 0)] * s[(1, 1)]);
    let twins = Twins::new(&pairs).unwrap();
    let truth = Information(&ksg(3)).gaussian_truth(&twins).unwrap();
    assert!((truth + 0.5 * (1.0 - r2).ln()).abs() < 1e-12);
}

#[test]
fn twins_have_the_size_the_mean_and_the_covariance() {
    let law = law::Gaussian::new(
        DVector::from_vec(vec![1e8, -3.0]),
        &DMatrix::from_row_slice(2, 2, &[4.0, 1.0, 1.0, 0.5]),
    )
    .unwrap();
    let sample = law.sample(300, Seed::root(65));
    let halves = |sample: &Sample| {
        let half = |j: usize| Sample::from_points(1, sample.coordinate(j).collect()).unwrap();
        Paired::new(half(0), half(1)).unwrap()
    };
    let pairs = halves(&sample);
    let (points, paired) = (Twins::new(&sample).unwrap(), Twins::new(&pairs).unwrap());
    assert_eq!(points.covariance(), paired.covariance());
    let twin = points.draw(Seed::root(66)).unwrap();
    // One stream: the halves of twin pairs are the coordinates of twin points.
    assert_eq!(paired.draw(Seed::root(66)).unwrap(), halves(&twin));
    assert_eq!((twin.n(), twin.dim()), (300, 2));
    let mut means = [Vec::new(), Vec::new()];
    let mut products = Vec::new();
    for draw in 0..200 {
        let twin = points.draw(Seed::root(67).child(draw)).unwrap();
        for (j, means) in means.iter_mut().enumerate() {
            let centre = sample.coordinate(j).sum::<f64>() / 300.0;
            means.push(twin.coordinate(j).map(|v| v - centre).sum::<f64>() / 300.0);
        }
        products.push(covariance(&twin).unwrap()[(0, 1)] - points.covariance()[(0, 1)]);
    }
    for errors in [&means[0], &means[1], &products] {
        let summary = Summary::new(errors).unwrap();
        assert!(summary.mean.abs() < 5.0 * summary.std_error, "{summary:?}");
    }
}

#[test]
fn data_without_a_gaussian_twin_are_refused() {
    let calibrated = |sample: &Sample, replicates| {
        let estimator = entropy::DiagonalGaussian;
        Calibration::new(&Entropy(&estimator), sample, replicates, Seed::root(68))
    };
    let sample = gaussian_points(3, 20, "twin");
    for replicates in [0, 1] {
        assert_eq!(
            calibrated(&sample, replicates),
            Err(Error::invalid("replicates", replicates, "at least 2"))
        );
    }
    for n in [1, 3] {
        assert_eq!(
            calibrated(&gaussian_points(3, n, "few"), 5),
            Err(Error::TooFewPoints {
                method: "a Gaussian law with the covariance of the data",
                required: 4,
                actual: n
            })
        );
    }
    let collinear = sample
        .map(3, |x, y| y.copy_from_slice(&[x[0], x[1], x[0] - x[1]]))
        .unwrap();
    assert!(matches!(
        calibrated(&collinear, 5),
        Err(Error::SingularCovariance {
            dim: 3,
            coordinate: 2,
            ..
        })
    ));
    let constant = sample
        .map(3, |x, y| y.copy_from_slice(&[x[0], 7.0, x[1]]))
        .unwrap();
    assert!(matches!(
        calibrated(&constant, 5),
        Err(Error::SingularCovariance {
            dim: 3,
            coordinate: 1,
            ..
        })
    ));
    // Halves that determine each other have a singular covariance together.
    let equal = Paired::new(sample.clone(), sample).unwrap();
    let stopped = Calibration::new(&Information(&ksg(3)), &equal, 5, Seed::root(69));
    assert!(
        matches!(
            stopped,
            Err(Error::SingularCovariance {
                dim: 6,
                coordinate: 3,
                ..
            })
        ),
        "{stopped:?}"
    );
}
