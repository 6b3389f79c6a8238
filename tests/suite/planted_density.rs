//! Faults planted in kernel densities: each is caught by the named check.

use vicinfo::Error;
use vicinfo::conformance;
use vicinfo::entropy::{self, EntropyEstimator, Promises, Side};
use vicinfo::linalg::{Spd, covariance};
use vicinfo::sample::Sample;

use crate::conformance::{caught, caught_by_name};

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
    caught_by_name(
        |fault| conformance::entropy(&Density(fault)),
        |fault, check| conformance::entropy_check(&Density(fault), check),
        F::None,
        [
            (F::BandwidthNotSquared, "gaussian_truth"),
            (F::MissingHalf, "gaussian_truth"),
            (F::MissingDimension, "gaussian_truth"),
            (F::OwnTermCounted, "gaussian_truth"),
            (F::DeclaredError, "uniform_truth"),
        ],
    );
    assert!(two_points_in_closed_form(&Density(F::None)));
    assert!(two_points_in_closed_form(
        &*entropy::parse("kernel_density").unwrap()
    ));
    // One part in n of a mean over thousands of points: only few points show it.
    assert!(!two_points_in_closed_form(&Density(F::DivisorN)));
}

/// Ways to get an upper bound on the entropy of a smoothed sample wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum SmoothedFault {
    None,
    MissingDimension,
    MissingHalf,
    DivisorNMinusOne,
    LowerBoundOnALine,
}

/// `(d/2) ln(2 pi e) - mean_i ln mean_j exp(-|x_i - x_j|^2 / 2)`: the sample smoothed by `N(0, I)` has
/// no more entropy.
struct Smoothed(SmoothedFault);

impl EntropyEstimator for Smoothed {
    fn name(&self) -> String {
        format!("{:?}", self.0)
    }

    fn takes(&self, dim: usize) -> bool {
        dim == 1 || self.0 != SmoothedFault::LowerBoundOnALine
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            scaling: false,
            rotation: true,
            unbiased_on_gaussian: false,
            side: Side::Above,
        }
    }

    fn smoothing(&self) -> Option<f64> {
        Some(1.0)
    }

    fn entropy(&self, sample: &Sample) -> Result<f64, Error> {
        use SmoothedFault as F;
        let (n, dim) = (sample.n(), sample.dim());
        if !self.takes(dim) {
            return Err(Error::invalid("dim", dim, "1"));
        }
        let divisor = match self.0 {
            // Bhattacharyya's.
            F::LowerBoundOnALine => 8.0,
            _ => 2.0,
        };
        let terms = match self.0 {
            F::DivisorNMinusOne => n as f64 - 1.0,
            _ => n as f64,
        };
        let mut sum = 0.0;
        for a in sample.points() {
            let kernels = sample.points().map(|b| {
                let squared: f64 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
                (-squared / divisor).exp()
            });
            sum += (kernels.sum::<f64>() / terms).ln();
        }
        let d = match self.0 {
            F::MissingDimension => 1.0,
            _ => dim as f64,
        };
        let constant = match self.0 {
            F::MissingHalf => 0.5 * std::f64::consts::TAU.ln(),
            _ => 0.5 * (1.0 + std::f64::consts::TAU.ln()),
        };
        vicinfo::error::finite("this", d * constant - sum / n as f64)
    }
}

#[test]
fn faults_in_smoothed_bounds_are_caught_by_name() {
    use SmoothedFault as F;
    caught_by_name(
        |fault| conformance::entropy(&Smoothed(fault)),
        |fault, check| conformance::entropy_check(&Smoothed(fault), check),
        F::None,
        [
            (F::MissingDimension, "side"),
            (F::MissingHalf, "side"),
            (F::DivisorNMinusOne, "side"),
            (F::LowerBoundOnALine, "side"),
        ],
    );
}

/// For one coordinate: the smaller of the entropies that the variance and the range allow, as if it were
/// a lower bound. It is the truth of Gaussian and of uniform laws.
struct LowerOnALine;

impl EntropyEstimator for LowerOnALine {
    fn name(&self) -> String {
        "lower_on_a_line".into()
    }

    fn takes(&self, dim: usize) -> bool {
        dim == 1
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            scaling: true,
            rotation: true,
            unbiased_on_gaussian: false,
            side: Side::Below,
        }
    }

    fn entropy(&self, sample: &Sample) -> Result<f64, Error> {
        if sample.dim() > 1 {
            return Err(Error::invalid("dim", sample.dim(), "1"));
        }
        let gaussian = entropy::Gaussian::default().entropy(sample)?;
        let (low, high) = sample
            .coordinate(0)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
                (low.min(v), high.max(v))
            });
        Ok(gaussian.min((high - low).ln()))
    }
}

#[test]
fn a_wrong_bound_for_one_coordinate_is_caught() {
    let failures = conformance::entropy(&LowerOnALine);
    caught("lower on a line", "side", &failures);
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(
        failures[0]
            .detail
            .contains("two Gaussians six apart in R^1"),
        "{failures:?}"
    );
}
