//! Faults planted in estimators of entropy: each is caught by the named check.

use nalgebra::DMatrix;
use statrs::function::gamma::{digamma, ln_gamma};
use vicinfo::Error;
use vicinfo::conformance;
use vicinfo::entropy::{self, EntropyEstimator, Family, Promises, Side};
use vicinfo::linalg::{Spd, covariance};
use vicinfo::sample::Sample;

use crate::conformance::{caught, caught_by_name, none};

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
    caught_by_name(
        |fault| conformance::entropy(&Neighbour(fault)),
        |fault, check| conformance::entropy_check(&Neighbour(fault), check),
        F::None,
        [
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
        ],
    );
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
    caught_by_name(
        |fault| conformance::entropy(&Plugin(fault)),
        |fault, check| conformance::entropy_check(&Plugin(fault), check),
        F::None,
        [
            (F::DivisorN, "unbiased_on_gaussian"),
            (F::NoBiasCorrection, "unbiased_on_gaussian"),
            (F::Jitter, "scaling_down"),
            (F::NotCentred, "translation"),
            (F::CentredLate, "large_offset"),
            (F::BoundOnTheWrongSide, "side"),
            (F::DeterminantOverflow, "extreme_units"),
            (F::PanicsOnOnePoint, "one_point"),
        ],
    );
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

/// Ways to get a shrunk Gaussian entropy wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum ShrinkageFault {
    None,
    UnitTarget,
    DiagonalTarget,
    TargetAdded,
    NeverVanishing,
    MissingHalf,
    NotCentred,
    UnitsInTheCoefficient,
    SilentAboutConstants,
}

/// Gaussian entropy shrunk by a coefficient as simple as one over the number of points.
struct Shrunk(ShrinkageFault);

impl EntropyEstimator for Shrunk {
    fn name(&self) -> String {
        format!("{:?}", self.0)
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            scaling: true,
            rotation: true,
            unbiased_on_gaussian: false,
            side: Side::Above,
        }
    }

    fn converges_on(&self, family: Family) -> bool {
        family == Family::Gaussian
    }

    fn entropy(&self, sample: &Sample) -> Result<f64, Error> {
        use ShrinkageFault as F;
        let (n, dim) = (sample.n(), sample.dim());
        let matrix = match self.0 {
            F::NotCentred => vicinfo::linalg::second_moment(sample)?,
            _ => covariance(sample)?,
        };
        let scale = matrix.trace() / dim as f64;
        if self.0 == F::SilentAboutConstants && scale == 0.0 {
            return Ok(f64::NEG_INFINITY);
        }
        let coefficient = match self.0 {
            F::NeverVanishing => 0.5,
            F::TargetAdded => 0.3,
            F::UnitsInTheCoefficient => 1.0 / (1.0 + n as f64 * scale),
            _ => 1.0 / n as f64,
        };
        let target = match self.0 {
            F::UnitTarget => DMatrix::identity(dim, dim),
            F::DiagonalTarget => DMatrix::from_diagonal(&matrix.diagonal()),
            _ => DMatrix::identity(dim, dim) * scale,
        };
        let kept = match self.0 {
            F::TargetAdded => 1.0,
            _ => 1.0 - coefficient,
        };
        let log_det = Spd::new(&(matrix * kept + target * coefficient))?.log_det();
        let half = if self.0 == F::MissingHalf { 1.0 } else { 0.5 };
        Ok(0.5 * dim as f64 * (1.0 + std::f64::consts::TAU.ln()) + half * log_det)
    }
}

#[test]
fn faults_in_shrinkage_are_caught_by_name() {
    use ShrinkageFault as F;
    caught_by_name(
        |fault| conformance::entropy(&Shrunk(fault)),
        |fault, check| conformance::entropy_check(&Shrunk(fault), check),
        F::None,
        [
            (F::UnitTarget, "scaling_down"),
            (F::DiagonalTarget, "rotation"),
            (F::TargetAdded, "gaussian_truth"),
            (F::NeverVanishing, "correlated_gaussian"),
            (F::MissingHalf, "scaling_up"),
            (F::NotCentred, "translation"),
            (F::UnitsInTheCoefficient, "scaling_up"),
            (F::SilentAboutConstants, "constant_coordinate"),
        ],
    );
}

/// Ways to get an entropy from spacings wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum SpacingFault {
    None,
    HalfTheSpacing,
    WithoutBiasConstant,
    WithoutN,
    NotSorted,
    AllCoordinates,
    SilentAboutTies,
    FlooredSpacing,
    PadsWithZero,
}

/// Spacings over `m` places with the correction of van Es.
struct Spaced {
    fault: SpacingFault,
    m: usize,
}

impl EntropyEstimator for Spaced {
    fn name(&self) -> String {
        format!("{:?} m = {}", self.fault, self.m)
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
            side: Side::Consistent,
        }
    }

    fn entropy(&self, sample: &Sample) -> Result<f64, Error> {
        use SpacingFault as F;
        if sample.dim() != 1 && self.fault != F::AllCoordinates {
            return Err(Error::Mismatch {
                what: "coordinates",
                expected: 1,
                actual: sample.dim(),
            });
        }
        let mut values = sample.coordinates().to_vec();
        if self.fault == F::PadsWithZero {
            values.push(0.0);
        }
        if self.fault != F::NotSorted {
            values.sort_by(f64::total_cmp);
        }
        let (n, m) = (values.len(), self.m);
        if n <= m {
            return Err(Error::TooFewPoints {
                method: "this",
                required: m + 1,
                actual: n,
            });
        }
        let mut sum = 0.0;
        for i in 0..n - m {
            let mut spacing = (values[i + m] - values[i]).abs();
            if self.fault == F::FlooredSpacing {
                spacing = spacing.max(1e-3);
            }
            if spacing == 0.0 && self.fault != F::SilentAboutTies {
                return Err(Error::Duplicates {
                    point: i,
                    k: m,
                    count: 1,
                    n,
                });
            }
            sum += spacing.ln();
        }
        let places = match self.fault {
            F::HalfTheSpacing => 2 * m,
            _ => m,
        } as f64;
        let after = n as f64 + 1.0;
        let factor = match self.fault {
            F::WithoutN => 1.0 / places,
            _ => after / places,
        };
        let harmonic: f64 = (m..=n).map(|k| 1.0 / k as f64).sum();
        let bias = match self.fault {
            F::WithoutBiasConstant => 0.0,
            _ => harmonic + (m as f64).ln() - after.ln(),
        };
        Ok(sum / (n - m) as f64 + factor.ln() + bias)
    }
}

#[test]
fn faults_in_spacings_are_caught_by_name() {
    use SpacingFault as F;
    caught_by_name(
        |fault| conformance::entropy(&Spaced { fault, m: 2 }),
        |fault, check| conformance::entropy_check(&Spaced { fault, m: 2 }, check),
        F::None,
        [
            (F::HalfTheSpacing, "uniform_truth"),
            (F::WithoutBiasConstant, "gaussian_truth"),
            (F::WithoutN, "gaussian_truth"),
            (F::NotSorted, "gaussian_truth"),
            (F::AllCoordinates, "other_dimensions"),
            (F::SilentAboutTies, "duplicates"),
            (F::FlooredSpacing, "scaling_down"),
            (F::PadsWithZero, "translation"),
        ],
    );
}

/// Vasicek's spacings of a fixed order stay below the truth by `ln(2 m) - psi(2 m)`: a promise of
/// consistency does not hold.
#[test]
fn a_fixed_order_is_not_consistent() {
    struct Promising(Box<dyn EntropyEstimator>);
    impl EntropyEstimator for Promising {
        fn name(&self) -> String {
            self.0.name()
        }
        fn takes(&self, dim: usize) -> bool {
            self.0.takes(dim)
        }
        fn promises(&self) -> Promises {
            Promises {
                side: Side::Consistent,
                ..self.0.promises()
            }
        }
        fn entropy(&self, sample: &Sample) -> Result<f64, Error> {
            self.0.entropy(sample)
        }
    }
    let fixed = || entropy::parse("spacing(method=vasicek,m=2)").unwrap();
    none("below", &conformance::entropy(&*fixed()));
    caught(
        "consistent",
        "gaussian_truth",
        &conformance::entropy(&Promising(fixed())),
    );
}

/// Ways to get a histogram wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum HistogramFault {
    None,
    WidthForgotten,
    RangeForWidth,
    WidthOfOneCoordinate,
    Bits,
    CorrectionWithoutN,
    EdgesAtZero,
    FixedRange,
    SilentAboutConstants,
}

/// Plug-in over five bins a coordinate.
struct Binned(HistogramFault);

impl EntropyEstimator for Binned {
    fn name(&self) -> String {
        format!("{:?}", self.0)
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            scaling: true,
            rotation: false,
            unbiased_on_gaussian: false,
            side: Side::Above,
        }
    }

    fn converges_on(&self, family: Family) -> bool {
        family == Family::Uniform
    }

    fn entropy(&self, sample: &Sample) -> Result<f64, Error> {
        use HistogramFault as F;
        let (n, dim, bins) = (sample.n() as f64, sample.dim(), 5.0);
        let mut log_volume = 0.0;
        let mut cells = vec![Vec::with_capacity(dim); sample.n()];
        for j in 0..dim {
            let mut low = sample.coordinate(j).fold(f64::INFINITY, f64::min);
            let mut high = sample.coordinate(j).fold(f64::NEG_INFINITY, f64::max);
            match self.0 {
                F::EdgesAtZero => low = low.min(0.0),
                F::FixedRange => (low, high) = (-5.0, 5.0),
                _ => {}
            }
            let width = (high - low) / bins;
            if width == 0.0 && self.0 != F::SilentAboutConstants {
                return Err(Error::SingularCovariance {
                    dim,
                    coordinate: j,
                    residual: 0.0,
                    tolerance: 0.0,
                });
            }
            log_volume += match self.0 {
                F::WidthForgotten => 0.0,
                F::RangeForWidth => (high - low).ln(),
                F::WidthOfOneCoordinate if j > 0 => 0.0,
                _ => width.ln(),
            };
            for (cell, v) in cells.iter_mut().zip(sample.coordinate(j)) {
                cell.push(((v - low) / width).floor().clamp(0.0, bins - 1.0) as u32);
            }
        }
        cells.sort_unstable();
        let counts: Vec<f64> = (cells.chunk_by(|a, b| a == b))
            .map(|cell| cell.len() as f64)
            .collect();
        let plug_in: f64 = counts.iter().map(|c| c / n * (n / c).ln()).sum();
        let occupied = counts.len() as f64 - 1.0;
        Ok(log_volume
            + match self.0 {
                F::Bits => plug_in / std::f64::consts::LN_2,
                F::CorrectionWithoutN => plug_in + occupied / 2.0,
                _ => plug_in + occupied / (2.0 * n),
            })
    }
}

#[test]
fn faults_in_histograms_are_caught_by_name() {
    use HistogramFault as F;
    caught_by_name(
        |fault| conformance::entropy(&Binned(fault)),
        |fault, check| conformance::entropy_check(&Binned(fault), check),
        F::None,
        [
            (F::WidthForgotten, "scaling_up"),
            (F::RangeForWidth, "uniform_truth"),
            (F::WidthOfOneCoordinate, "scaling_down"),
            (F::Bits, "uniform_truth"),
            (F::CorrectionWithoutN, "uniform_truth"),
            (F::EdgesAtZero, "translation"),
            (F::FixedRange, "scaling_down"),
            (F::SilentAboutConstants, "constant_coordinate"),
        ],
    );
}
