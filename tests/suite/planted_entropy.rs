//! Faults planted in estimators of entropy: each is caught by the named check.

use nalgebra::DMatrix;
use statrs::function::gamma::{digamma, ln_gamma};
use vicinfo::Error;
use vicinfo::conformance;
use vicinfo::entropy::{self, EntropyEstimator, Promises, Side};
use vicinfo::linalg::{Spd, covariance};
use vicinfo::sample::Sample;

use crate::conformance::{caught, none};

/// Ways to get a nearest-neighbour entropy wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum NeighbourFault {
    None,
    BitsForNats,
    WrongSign,
    MissingDimension,
    PsiOfKPlusOne,
    ClippedAtZero,
    MaxNormRadius,
    MissingSquareRoot,
    Diameter,
    LogarithmForPsi,
    FlooredDistance,
    ExpandedSquares,
    OrderDependent,
}

/// Brute-force Kozachenko-Leonenko in the Euclidean norm, k = 3.
struct Neighbour(NeighbourFault);

impl EntropyEstimator for Neighbour {
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
        use NeighbourFault as F;
        let (n, dim, k) = (sample.n(), sample.dim(), 3);
        if n <= k {
            return Err(Error::TooFewPoints {
                method: "this",
                required: k + 1,
                actual: n,
            });
        }
        let d = dim as f64;
        let mut sum = 0.0;
        for (i, point) in sample.points().enumerate() {
            let mut distances: Vec<f64> = (sample.points().enumerate())
                .filter(|(j, _)| *j != i)
                .map(|(_, other)| {
                    let differences = point.iter().zip(other).map(|(a, b)| (a - b).abs());
                    match self.0 {
                        F::MaxNormRadius => differences.fold(0.0, f64::max),
                        F::ExpandedSquares => {
                            let product =
                                |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum();
                            let (pp, oo): (f64, f64) =
                                (product(point, point), product(other, other));
                            let cross: f64 = product(point, other);
                            (pp + oo - 2.0 * cross).max(0.0).sqrt()
                        }
                        F::MissingSquareRoot => differences.map(|v| v * v).sum(),
                        _ => differences.map(|v| v * v).sum::<f64>().sqrt(),
                    }
                })
                .collect();
            let radius = *distances.select_nth_unstable_by(k - 1, f64::total_cmp).1;
            let radius = match self.0 {
                F::Diameter => 2.0 * radius,
                F::FlooredDistance => radius.max(1e-3),
                F::OrderDependent if i == 0 => 1.0,
                _ => radius,
            };
            if radius == 0.0 {
                return Err(Error::Duplicates {
                    point: i,
                    k,
                    count: 1,
                    n,
                });
            }
            sum += radius.ln();
        }
        let mean = if self.0 == F::MissingDimension {
            sum / n as f64
        } else {
            d * sum / n as f64
        };
        let volume = 0.5 * d * std::f64::consts::PI.ln() - ln_gamma(0.5 * d + 1.0);
        let psi_k = match self.0 {
            F::PsiOfKPlusOne => digamma((k + 1) as f64),
            F::LogarithmForPsi => (k as f64).ln(),
            _ => digamma(k as f64),
        };
        let value = digamma(n as f64) - psi_k + volume + mean;
        Ok(match self.0 {
            F::BitsForNats => value / std::f64::consts::LN_2,
            F::WrongSign => -value,
            F::ClippedAtZero => value.max(0.0),
            _ => value,
        })
    }
}

#[test]
fn faults_in_nearest_neighbours_are_caught_by_name() {
    use NeighbourFault as F;
    none(
        "without a fault",
        &conformance::entropy(&Neighbour(F::None)),
    );
    for (fault, check) in [
        (F::BitsForNats, "scaling_up"),
        (F::WrongSign, "scaling_up"),
        (F::MissingDimension, "scaling_down"),
        (F::PsiOfKPlusOne, "gaussian_truth"),
        (F::ClippedAtZero, "negative_entropy"),
        (F::MaxNormRadius, "rotation"),
        (F::MissingSquareRoot, "scaling_up"),
        (F::Diameter, "uniform_truth"),
        (F::LogarithmForPsi, "gaussian_truth"),
        (F::FlooredDistance, "scaling_down"),
        (F::ExpandedSquares, "large_offset"),
        (F::OrderDependent, "permutation"),
    ] {
        caught(
            &format!("{fault:?}"),
            check,
            &conformance::entropy(&Neighbour(fault)),
        );
    }
}

/// Ways to get a Gaussian entropy wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum GaussianFault {
    None,
    DivisorN,
    NoBiasCorrection,
    Jitter,
    NotCentred,
    CentredLate,
    BoundOnTheWrongSide,
    DeterminantOverflow,
    PanicsOnOnePoint,
}

/// Bias-corrected Gaussian entropy.
struct Plugin(GaussianFault);

impl EntropyEstimator for Plugin {
    fn name(&self) -> String {
        format!("{:?}", self.0)
    }

    fn promises(&self) -> Promises {
        let side = if self.0 == GaussianFault::BoundOnTheWrongSide {
            Side::Below
        } else {
            Side::Above
        };
        Promises {
            translation: true,
            scaling: true,
            rotation: true,
            unbiased_on_gaussian: true,
            side,
        }
    }

    fn entropy(&self, sample: &Sample) -> Result<f64, Error> {
        use GaussianFault as F;
        let (n, dim) = (sample.n(), sample.dim());
        if self.0 == F::PanicsOnOnePoint {
            assert!(n > 1, "one point");
        }
        let mut matrix = match self.0 {
            F::NotCentred => vicinfo::linalg::second_moment(sample)?,
            F::CentredLate => {
                let mean = vicinfo::linalg::mean(sample);
                let uncentred = vicinfo::linalg::second_moment(sample)?;
                let difference =
                    DMatrix::from_fn(dim, dim, |i, j| uncentred[(i, j)] - mean[i] * mean[j]);
                difference * (n as f64 / (n - 1) as f64)
            }
            _ => covariance(sample)?,
        };
        if self.0 == F::DivisorN {
            matrix *= (n - 1) as f64 / n as f64;
        }
        if self.0 == F::Jitter {
            matrix += DMatrix::identity(dim, dim) * 1e-4;
        }
        let log_det = match self.0 {
            F::DeterminantOverflow => nalgebra::linalg::LU::new(matrix).determinant().ln(),
            _ => Spd::new(&matrix)?.log_det(),
        };
        let bias = match self.0 {
            F::NoBiasCorrection => 0.0,
            _ => entropy::Gaussian::bias(n, dim)?,
        };
        Ok(0.5 * (dim as f64 * (1.0 + std::f64::consts::TAU.ln()) + log_det) - bias)
    }
}

#[test]
fn faults_in_gaussian_plug_ins_are_caught_by_name() {
    use GaussianFault as F;
    none("without a fault", &conformance::entropy(&Plugin(F::None)));
    for (fault, check) in [
        (F::DivisorN, "unbiased_on_gaussian"),
        (F::NoBiasCorrection, "unbiased_on_gaussian"),
        (F::Jitter, "scaling_down"),
        (F::NotCentred, "translation"),
        (F::CentredLate, "large_offset"),
        (F::BoundOnTheWrongSide, "side"),
        (F::DeterminantOverflow, "extreme_units"),
        (F::PanicsOnOnePoint, "one_point"),
    ] {
        caught(
            &format!("{fault:?}"),
            check,
            &conformance::entropy(&Plugin(fault)),
        );
    }
}

/// A pairwise bound with the other side promised, and one with the Bhattacharyya distance four times too large.
struct Pairwise {
    divisor: f64,
    side: Side,
}

impl EntropyEstimator for Pairwise {
    fn name(&self) -> String {
        format!("pairwise({})", self.divisor)
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            scaling: false,
            rotation: true,
            unbiased_on_gaussian: false,
            side: self.side,
        }
    }

    fn entropy(&self, sample: &Sample) -> Result<f64, Error> {
        let n = sample.n() as f64;
        let logs: f64 = (sample.points())
            .map(|a| {
                let kernel = |b: &[f64]| {
                    let squared: f64 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
                    (-squared / self.divisor).exp()
                };
                (sample.points().map(kernel).sum::<f64>() / n).ln()
            })
            .sum();
        Ok(0.5 * sample.dim() as f64 * (1.0 + std::f64::consts::TAU.ln()) - logs / n)
    }

    fn smoothing(&self) -> Option<f64> {
        Some(1.0)
    }
}

#[test]
fn bounds_on_the_wrong_side_are_caught() {
    none(
        "upper",
        &conformance::entropy(&Pairwise {
            divisor: 2.0,
            side: Side::Above,
        }),
    );
    none(
        "lower",
        &conformance::entropy(&Pairwise {
            divisor: 8.0,
            side: Side::Below,
        }),
    );
    caught(
        "upper for lower",
        "side",
        &conformance::entropy(&Pairwise {
            divisor: 8.0,
            side: Side::Above,
        }),
    );
    caught(
        "lower for upper",
        "side",
        &conformance::entropy(&Pairwise {
            divisor: 2.0,
            side: Side::Below,
        }),
    );
}

/// Ways to get a kernel density wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum DensityFault {
    None,
    BandwidthNotSquared,
    MissingHalf,
    MissingDimension,
    OwnTermCounted,
    DivisorN,
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
