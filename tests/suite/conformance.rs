//! The suites pass on our own estimators, and each planted fault is caught by the named check.

use nalgebra::DMatrix;
use statrs::function::gamma::{digamma, ln_gamma};
use vicinfo::Error;
use vicinfo::conformance::{self, Failure};
use vicinfo::entropy::{self, EntropyEstimator, Promises, Side};
use vicinfo::information::{self, InformationEstimator};
use vicinfo::law::{Affine, Bijection, Composition, Coordinatewise};
use vicinfo::linalg::{Spd, covariance};
use vicinfo::sample::{Paired, Sample};

fn none(name: &str, failures: &[Failure]) {
    let lines: Vec<String> = failures.iter().map(Failure::to_string).collect();
    assert!(failures.is_empty(), "{name} fails\n{}", lines.join("\n"));
}

fn caught(fault: &str, check: &str, failures: &[Failure]) {
    let names: Vec<&str> = failures.iter().map(|failure| failure.check).collect();
    assert!(
        names.contains(&check),
        "{fault}: expected '{check}' among {names:?}"
    );
}

#[test]
fn our_entropy_estimators_conform() {
    for entry in entropy::ALL {
        for name in entry.defaults {
            none(name, &conformance::entropy(&*entropy::parse(name).unwrap()));
        }
    }
    for name in [
        "kolchinsky_tracey(bound=kl,std=0.05)",
        "kozachenko_leonenko(k=1)",
        "kozachenko_leonenko(k=10,norm=max)",
    ] {
        none(name, &conformance::entropy(&*entropy::parse(name).unwrap()));
    }
}

#[test]
fn our_information_estimators_conform() {
    for entry in information::ALL {
        for name in entry.defaults {
            none(
                name,
                &conformance::information(&*information::parse(name).unwrap()),
            );
        }
    }
    none(
        "ksg1(k=10)",
        &conformance::information(&*information::parse("ksg1(k=10)").unwrap()),
    );
}

#[test]
fn our_bijections_conform() {
    let matrix = DMatrix::from_row_slice(3, 3, &[1.0, 2.0, 0.0, 0.0, -1.0, 0.5, 3.0, 0.0, 1.0]);
    let affine = || Affine::new(matrix.clone(), vec![1.0, -2.0, 0.0]).unwrap();
    none("affine", &conformance::bijection(&affine(), 3));
    for map in [
        Coordinatewise::Asinh,
        Coordinatewise::HalfCube,
        Coordinatewise::NormalCdf,
    ] {
        none(&map.name(), &conformance::bijection(&map, 3));
    }
    let composed = Composition(vec![
        Box::new(affine()),
        Box::new(Coordinatewise::Asinh),
        Box::new(affine()),
    ]);
    none(&composed.name(), &conformance::bijection(&composed, 3));
    assert_eq!(composed.constant_ln_abs_det(), None);
    let twice = Composition(vec![Box::new(affine()), Box::new(affine())]);
    none("affine twice", &conformance::bijection(&twice, 3));
    assert!(twice.constant_ln_abs_det().is_some());
}

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
        let psi_k = digamma((k + usize::from(self.0 == F::PsiOfKPlusOne)) as f64);
        let psi_n = if self.0 == F::LogarithmForPsi {
            (n as f64).ln() * 0.98
        } else {
            digamma(n as f64)
        };
        let value = psi_n - psi_k + volume + mean;
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
        (F::BoundOnTheWrongSide, "side"),
        (F::DeterminantOverflow, "constant_coordinate"),
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

/// Ways to get KSG-1 wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum KsgFault {
    None,
    BitsForNats,
    ClippedAtZero,
    PsiOfN,
    EuclideanJoint,
    FixedNoise,
    OneSided,
}

/// Brute-force KSG-1, k = 3.
struct Ksg(KsgFault);

impl InformationEstimator for Ksg {
    fn name(&self) -> String {
        format!("{:?}", self.0)
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            scaling: true,
            rotation: false,
            unbiased_on_gaussian: false,
            side: Side::Consistent,
        }
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        use KsgFault as F;
        let (n, k) = (pairs.n(), 3);
        if n <= k {
            return Err(Error::TooFewPoints {
                method: "this",
                required: k + 1,
                actual: n,
            });
        }
        let max_norm = |a: &[f64], b: &[f64]| {
            a.iter()
                .zip(b)
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f64::max)
        };
        let mut total = 0.0;
        for i in 0..n {
            let distance = |j: usize| {
                (
                    max_norm(pairs.x.point(i), pairs.x.point(j)),
                    max_norm(pairs.y.point(i), pairs.y.point(j)),
                )
            };
            let apart: Vec<(f64, f64)> = (0..n).filter(|j| *j != i).map(distance).collect();
            let joint = |(x, y): &(f64, f64)| match self.0 {
                F::EuclideanJoint => x.hypot(*y),
                _ => x.max(*y),
            };
            let mut sorted: Vec<f64> = apart.iter().map(joint).collect();
            let mut radius = *sorted.select_nth_unstable_by(k - 1, f64::total_cmp).1;
            if self.0 == F::FixedNoise {
                radius += 1e-4;
            }
            let count = |side: fn(&(f64, f64)) -> f64| {
                apart.iter().filter(|pair| side(pair) < radius).count()
            };
            let (nx, ny) = (count(|pair| pair.0), count(|pair| pair.1));
            total += digamma((nx + 1) as f64)
                + digamma((ny + 1 + usize::from(self.0 == F::OneSided)) as f64);
        }
        let psi_n = digamma(n as f64) * if self.0 == F::PsiOfN { 0.95 } else { 1.0 };
        let value = digamma(k as f64) + psi_n - total / n as f64;
        Ok(match self.0 {
            F::BitsForNats => value / std::f64::consts::LN_2,
            F::ClippedAtZero => value.max(0.0),
            _ => value,
        })
    }
}

#[test]
fn faults_in_ksg_are_caught_by_name() {
    use KsgFault as F;
    none("without a fault", &conformance::information(&Ksg(F::None)));
    for (fault, check) in [
        (F::BitsForNats, "gaussian_truth"),
        (F::ClippedAtZero, "not_clipped"),
        (F::PsiOfN, "independent"),
        (F::EuclideanJoint, "independent"),
        (F::FixedNoise, "scaling_down"),
        (F::OneSided, "symmetry"),
    ] {
        caught(
            &format!("{fault:?}"),
            check,
            &conformance::information(&Ksg(fault)),
        );
    }
}

/// An affine map whose Jacobian is written transposed: its determinant, and so every entropy, is right.
struct Transposed(Affine);

impl Bijection for Transposed {
    fn name(&self) -> String {
        "transposed".into()
    }
    fn apply(&self, point: &[f64], image: &mut [f64]) {
        self.0.apply(point, image);
    }
    fn invert(&self, image: &[f64], point: &mut [f64]) {
        self.0.invert(image, point);
    }
    fn jacobian(&self, point: &[f64]) -> DMatrix<f64> {
        self.0.jacobian(point).transpose()
    }
    fn ln_abs_det(&self, point: &[f64]) -> f64 {
        self.0.ln_abs_det(point)
    }
    fn constant_ln_abs_det(&self) -> Option<f64> {
        self.0.constant_ln_abs_det()
    }
}

#[test]
fn a_transposed_jacobian_is_caught_although_its_determinant_is_right() {
    let matrix = DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 0.0, 1.0]);
    let map = Transposed(Affine::new(matrix, vec![0.0; 2]).unwrap());
    let failures = conformance::bijection(&map, 2);
    caught("transposed", "jacobian", &failures);
    assert_eq!(failures.len(), 1, "{failures:?}");
}

#[test]
fn every_check_has_a_name_of_its_own() {
    let mut names: Vec<&str> = conformance::entropy_checks()
        .map(|(name, _)| name)
        .collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(
        conformance::information_checks()
            .all(|(name, demand)| !name.is_empty() && !demand.is_empty())
    );
}
