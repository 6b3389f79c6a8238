//! Calibration against the exact error of the Gaussian entropy.

use nalgebra::DMatrix;
use statrs::function::gamma::digamma;
use vicinfo::entropy::{self, EntropyEstimator};
use vicinfo::information::InformationEstimator;
use vicinfo::law::{JointGaussian, JointLaw};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;
use vicinfo::uncertainty::{Calibration, Entropy, Information};

use super::{exact, gaussian_points, ksg};

#[test]
fn calibration_finds_the_exact_error_of_the_gaussian_entropy() {
    // Any sample: the twins alone matter. Bias and variance of ln det of a Wishart matrix:
    // Muirhead 1982, theorem 3.2.15.
    let (n, dim, replicates) = (25, 4, 400);
    let mixing = DMatrix::from_row_slice(
        4,
        4,
        &[
            3.0, 0.0, 0.0, 0.0, 1.0, 1e-3, 0.0, 0.0, 0.0, 2e-4, 5.0, 0.0, 0.1, 0.0, -2.0, 40.0,
        ],
    );
    let sample = gaussian_points(dim, n, "calibration");
    let sample = Sample::new(&mixing * sample.matrix()).unwrap();
    let plug_in = entropy::Gaussian::default();
    let calibration =
        Calibration::new(&Entropy(&plug_in), &sample, replicates, Seed::root(63)).unwrap();
    let errors = calibration.errors;
    let bias = entropy::Gaussian::bias(n, dim).unwrap();
    assert!(
        (errors.mean - bias).abs() < 5.0 * errors.std_error,
        "{errors:?}, exact {bias}"
    );
    // Half the trigamma function, by a difference of the digamma function.
    let trigamma = |z: f64| (digamma(z + 1e-4) - digamma(z - 1e-4)) / 2e-4;
    let variance: f64 = (1..=dim)
        .map(|i| trigamma((n - i) as f64 / 2.0))
        .sum::<f64>()
        / 4.0;
    let ratio = errors.std_dev / variance.sqrt();
    assert!(
        (ratio - 1.0).abs() < 5.0 / (2.0 * replicates as f64).sqrt(),
        "{ratio}"
    );
    assert!((errors.std_error - errors.std_dev / 20.0).abs() < 1e-15);
    // The truth is the entropy of the law with the sample's covariance: the plug-in itself.
    let value = plug_in.entropy(&sample).unwrap();
    assert!((calibration.truth - value).abs() < 1e-11);
    assert!((calibration.corrected(value) - (value - errors.mean)).abs() < 1e-15);
    assert!(calibration.warnings().is_empty(), "{calibration:?}");
    // The unbiased estimator on the same twins.
    let unbiased = entropy::Gaussian {
        bias_corrected: true,
    };
    let calibration =
        Calibration::new(&Entropy(&unbiased), &sample, replicates, Seed::root(63)).unwrap();
    assert!((calibration.errors.mean - (errors.mean - bias)).abs() < 1e-11);
}

#[test]
fn calibration_corrects_estimates_on_gaussian_data() {
    // Strong dependence, few pairs, neighbours of high order: a bias that is plain to see.
    let law = JointGaussian::sparse(2, 2, &[0.95, 0.9]).unwrap();
    let truth = exact(law.information());
    let estimator = ksg(8);
    let (mut raw, mut corrected) = (Vec::new(), Vec::new());
    for replicate in 0..40 {
        let seed = Seed::root(64).child(replicate);
        let pairs = law.sample(150, seed);
        let value = estimator.information(&pairs).unwrap();
        let calibration = Calibration::new(&Information(&estimator), &pairs, 40, seed).unwrap();
        assert!(!calibration.warnings().is_empty(), "{calibration:?}");
        raw.push(value - truth);
        corrected.push(calibration.corrected(value) - truth);
    }
    let (raw, corrected) = (
        Summary::new(&raw).unwrap(),
        Summary::new(&corrected).unwrap(),
    );
    println!("raw {raw:?}, corrected {corrected:?}");
    assert!(raw.mean < -10.0 * raw.std_error, "{raw:?}");
    // The bias depends on the covariance, which the twins know to about 1/sqrt(150): a tenth of it.
    assert!(
        corrected.mean.abs() < 4.0 * corrected.std_error + 0.1 * raw.mean.abs(),
        "{corrected:?}"
    );
}
