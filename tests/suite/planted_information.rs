//! Faults planted in estimators of information: each is caught by the named check.

use statrs::function::gamma::digamma;
use vicinfo::Error;
use vicinfo::conformance;
use vicinfo::entropy::{Promises, Side};
use vicinfo::information::{self, InformationEstimator};
use vicinfo::sample::Paired;

use crate::conformance::{caught, none};

/// Ways to get KSG-1 wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum KsgFault {
    None,
    BitsForNats,
    ClippedAtZero,
    NotStrict,
    WithoutItself,
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

    fn unbiased_when_independent(&self) -> bool {
        true
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
        let (mut apart, mut sorted) = (Vec::with_capacity(n), Vec::with_capacity(n));
        for i in 0..n {
            let distance = |j: usize| {
                (
                    max_norm(pairs.x.point(i), pairs.x.point(j)),
                    max_norm(pairs.y.point(i), pairs.y.point(j)),
                )
            };
            apart.clear();
            apart.extend((0..n).filter(|j| *j != i).map(distance));
            let joint = |(x, y): &(f64, f64)| match self.0 {
                F::EuclideanJoint => x.hypot(*y),
                _ => x.max(*y),
            };
            sorted.clear();
            sorted.extend(apart.iter().map(joint));
            let mut radius = *sorted.select_nth_unstable_by(k - 1, f64::total_cmp).1;
            if self.0 == F::FixedNoise {
                radius += 1e-4;
            }
            let inside = |distance: f64| match self.0 {
                F::NotStrict => distance <= radius,
                _ => distance < radius,
            };
            let count = |side: fn(&(f64, f64)) -> f64| {
                apart.iter().filter(|pair| inside(side(pair))).count()
            };
            let (nx, ny) = (count(|pair| pair.0), count(|pair| pair.1));
            let (more_x, more_y) = match self.0 {
                // The point itself is not counted: a digamma at 0 is refused by taking 1.
                F::WithoutItself => (usize::from(nx == 0), usize::from(ny == 0)),
                F::OneSided => (1, 2),
                _ => (1, 1),
            };
            total += digamma((nx + more_x) as f64) + digamma((ny + more_y) as f64);
        }
        let value = digamma(k as f64) + digamma(n as f64) - total / n as f64;
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
        (F::NotStrict, "few_independent"),
        (F::WithoutItself, "few_independent"),
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

/// Promises the truth of every law, and sees linear dependence only.
struct LinearOnly;

impl InformationEstimator for LinearOnly {
    fn name(&self) -> String {
        "linear_only".into()
    }

    fn promises(&self) -> Promises {
        Promises {
            side: Side::Consistent,
            ..information::Gaussian::default().promises()
        }
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        information::Gaussian::default().information(pairs)
    }
}

#[test]
fn blindness_to_nonlinear_dependence_is_caught() {
    let failures = conformance::information(&LinearOnly);
    caught("linear dependence only", "wrapped_truth", &failures);
    assert_eq!(failures.len(), 1, "{failures:?}");
}

/// KSG-1 moved to one side by a constant: a bound with a gap.
struct Loose {
    inner: Box<dyn InformationEstimator>,
    gap: f64,
    side: Side,
}

impl InformationEstimator for Loose {
    fn name(&self) -> String {
        format!("loose({})", self.gap)
    }

    fn promises(&self) -> Promises {
        Promises {
            side: self.side,
            ..self.inner.promises()
        }
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        Ok(self.inner.information(pairs)? + self.gap)
    }
}

#[test]
fn a_bound_is_held_to_its_own_side_only() {
    for (gap, side, wrong) in [
        (0.3, Side::Above, Side::Below),
        (-0.3, Side::Below, Side::Above),
    ] {
        let loose = |side| Loose {
            inner: information::parse("ksg1(k=3)").unwrap(),
            gap,
            side,
        };
        none("a loose bound", &conformance::information(&loose(side)));
        let failures = conformance::information(&loose(wrong));
        for check in ["gaussian_truth", "wrapped_truth", "independent"] {
            caught("the other side", check, &failures);
        }
    }
}
