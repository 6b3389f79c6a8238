//! Faults planted in kernel densities: each is caught by the named check.

use vicinfo::Error;
use vicinfo::conformance;
use vicinfo::entropy::{self, EntropyEstimator, Promises, Side};
use vicinfo::linalg::{Spd, covariance};
use vicinfo::sample::Sample;

use crate::conformance::{caught, none};

/// Ways to get a kernel density wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum DensityFault {
    None,
    BandwidthNotSquared,
    MissingHalf,
    MissingDimension,
    OwnTermCounted,
    DivisorN,
    DeclaredError,
}

/// Leave-one-out kernel density with Scott's bandwidth and the covariance of the sample.
struct Density(DensityFault);

impl EntropyEstimator for Density {
    fn name(&self) -> String {
        format!("{:?}", self.0)
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            scaling: true,
            rotation: true,
            unbiased_on_gaussian: false,
            side: Side::Consistent,
        }
    }

    fn entropy(&self, sample: &Sample) -> Result<f64, Error> {
        use DensityFault as F;
        let (n, dim) = (sample.n(), sample.dim());
        let mean = vicinfo::linalg::mean(sample);
        let centred = sample.map(dim, |point, image| {
            for ((image, v), mean) in image.iter_mut().zip(point).zip(&mean) {
                *image = v - mean;
            }
        })?;
        let spd = Spd::new(&covariance(sample)?)?;
        let white = Sample::new(spd.whiten(centred.matrix()))?;
        let width = (n as f64).powf(-1.0 / (dim as f64 + 4.0));
        let divisor = match self.0 {
            F::BandwidthNotSquared => 2.0 * width,
            F::MissingHalf => width * width,
            _ => 2.0 * width * width,
        };
        let terms = if self.0 == F::DivisorN { n } else { n - 1 };
        let mut sum = 0.0;
        for (i, a) in white.points().enumerate() {
            let kernels = (white.points().enumerate())
                .filter(|(j, _)| *j != i || self.0 == F::OwnTermCounted)
                .map(|(_, b)| {
                    let squared: f64 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
                    (-squared / divisor).exp()
                });
            sum += (kernels.sum::<f64>() / terms as f64).ln();
        }
        let d = match self.0 {
            F::MissingDimension => 1.0,
            _ => dim as f64,
        };
        let volume = d * (0.5 * std::f64::consts::TAU.ln() + width.ln());
        vicinfo::error::finite("this", volume + 0.5 * spd.log_det() - sum / n as f64)
    }

    fn edge_bias(&self, n: usize, dim: usize) -> f64 {
        if self.0 == DensityFault::DeclaredError {
            return 0.3;
        }
        entropy::parse("kernel_density").map_or(0.0, |ours| ours.edge_bias(n, dim))
    }
}

/// Two points at distance 2 on a line: both have the other at `D = 4`, the variance is 2, so that
/// the density at both is `N(2; 0, 2 b^2)`, `b = 2^(-1/5)`.
fn two_points_in_closed_form(estimator: &dyn EntropyEstimator) -> bool {
    let sample = Sample::from_points(1, vec![0.0, 2.0]).unwrap();
    let variance = 2.0 * 2f64.powf(-0.4);
    let expected = 0.5 * (std::f64::consts::TAU * variance).ln() + 4.0 / (2.0 * variance);
    (estimator.entropy(&sample).unwrap() - expected).abs() < 1e-13
}

#[test]
fn faults_in_kernel_densities_are_caught_by_name() {
    use DensityFault as F;
    none("without a fault", &conformance::entropy(&Density(F::None)));
    assert!(two_points_in_closed_form(&Density(F::None)));
    assert!(two_points_in_closed_form(
        &*entropy::parse("kernel_density").unwrap()
    ));
    for (fault, check) in [
        (F::BandwidthNotSquared, "gaussian_truth"),
        (F::MissingHalf, "gaussian_truth"),
        (F::MissingDimension, "gaussian_truth"),
        (F::OwnTermCounted, "gaussian_truth"),
        (F::DeclaredError, "uniform_truth"),
    ] {
        caught(
            &format!("{fault:?}"),
            check,
            &conformance::entropy(&Density(fault)),
        );
    }
    // One part in n of a mean over thousands of points: only few points show it.
    assert!(!two_points_in_closed_form(&Density(F::DivisorN)));
}
