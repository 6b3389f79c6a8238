//! Faults planted in objectives: each is caught by the named check.

use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::objective::{Byol, Evaluation, Objective, Term};
use vicinfo::sample::{Paired, Sample};

use super::golden;
use super::toy;

/// Ways to get a loss wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    BiasedVariance,
    SummedHinge,
    CovarianceOverN,
    TemperatureSquared,
    PositiveLeftOut,
    SelfKept,
    OtherViewOnly,
    GradientToTargets,
}

/// Losses in the plainest form, one pair of numbers at a time, with a fault.
struct Plain {
    name: &'static str,
    fault: Fault,
}

fn covariance(view: &Sample, i: usize, j: usize, divisor: f64) -> f64 {
    let n = view.n() as f64;
    let mean = |k| view.coordinate(k).sum::<f64>() / n;
    let (a, b) = (mean(i), mean(j));
    let products = view.points().map(|point| (point[i] - a) * (point[j] - b));
    products.sum::<f64>() / divisor
}

fn vicreg(views: &Paired, fault: Fault) -> f64 {
    let (n, dim) = (views.n() as f64, views.x.dim());
    let squares = (views.x.coordinates().iter())
        .zip(views.y.coordinates())
        .map(|(a, b)| (a - b).powi(2));
    let invariance = squares.sum::<f64>() / (n * dim as f64);
    let over = |faulty: Fault| if fault == faulty { n } else { n - 1.0 };
    let hinge = |view: &Sample| {
        let spread = |j| (covariance(view, j, j, over(Fault::BiasedVariance)) + 1e-4).sqrt();
        let hinges = (0..dim).map(|j| (1.0 - spread(j)).max(0.0));
        hinges.sum::<f64>() / dim as f64
    };
    let share = if fault == Fault::SummedHinge {
        1.0
    } else {
        0.5
    };
    let off = |view: &Sample| {
        let pairs = (0..dim).flat_map(|i| (0..dim).map(move |j| (i, j)));
        let squares = pairs
            .filter(|(i, j)| i != j)
            .map(|(i, j)| covariance(view, i, j, over(Fault::CovarianceOverN)).powi(2));
        squares.sum::<f64>() / dim as f64
    };
    25.0 * invariance
        + 25.0 * share * (hinge(&views.x) + hinge(&views.y))
        + off(&views.x)
        + off(&views.y)
}

fn nt_xent(views: &Paired, fault: Fault) -> f64 {
    let n = views.n();
    let points: Vec<Vec<f64>> = (views.x.points().chain(views.y.points()))
        .map(|point| {
            let length = point.iter().map(|v| v * v).sum::<f64>().sqrt();
            point.iter().map(|v| v / length).collect()
        })
        .collect();
    let temperature = match fault {
        Fault::TemperatureSquared => 0.5 * 0.5,
        _ => 0.5,
    };
    let score = |i: usize, j: usize| {
        let cosine: f64 = points[i].iter().zip(&points[j]).map(|(a, b)| a * b).sum();
        cosine / temperature
    };
    let losses = (0..2 * n).map(|i| {
        let positive = (i + n) % (2 * n);
        let counted = |j: usize| match fault {
            Fault::PositiveLeftOut => j != i && j != positive,
            Fault::SelfKept => true,
            Fault::OtherViewOnly => (j < n) != (i < n),
            _ => j != i,
        };
        let sum: f64 = (0..2 * n)
            .filter(|j| counted(*j))
            .map(|j| score(i, j).exp())
            .sum();
        sum.ln() - score(i, positive)
    });
    losses.sum::<f64>() / (2 * n) as f64
}

impl Objective for Plain {
    fn name(&self) -> String {
        format!("{}, {:?}", self.name, self.fault)
    }

    fn evaluate(&self, views: &Paired) -> Result<Evaluation, Error> {
        let zero = || DMatrix::zeros(views.x.dim(), views.n());
        let (value, gradient) = match self.name {
            "vicreg" => (vicreg(views, self.fault), [zero(), zero()]),
            "nt_xent" => (nt_xent(views, self.fault), [zero(), zero()]),
            _ => {
                let evaluation = Byol.evaluate(views)?;
                let [first, second] = evaluation.gradient;
                let second = match self.fault {
                    Fault::GradientToTargets => {
                        let swapped = Paired::new(views.y.clone(), views.x.clone())?;
                        Byol.evaluate(&swapped)?.gradient[0].clone()
                    }
                    _ => second,
                };
                (evaluation.value, [first, second])
            }
        };
        let term = Term {
            of: self.name,
            name: "value",
            weight: 1.0,
            value,
        };
        Evaluation::new(&self.name(), vec![term], gradient)
    }
}

/// A check that an implementation passes or not.
type Check = (&'static str, fn(&Plain) -> bool);

/// The four points of the plane, whose loss is known by hand.
fn toy_by_hand(plain: &Plain) -> bool {
    let value = plain.evaluate(&toy()).unwrap().value;
    (value - 4.836_054_603_123_22).abs() < 1e-12
}

/// Values of PyTorch.
fn torch_values(plain: &Plain) -> bool {
    golden::sets().iter().all(|set| {
        let mut references = set.references.iter();
        let reference = references.find(|r| r.name.starts_with(plain.name)).unwrap();
        let value = plain.evaluate(&set.views).unwrap().value;
        (value - reference.value).abs() <= 1e-10 * (1.0 + reference.value.abs())
    })
}

/// Points all alike: `n` pairs leave `2n - 1` others to guess among.
fn guess_among_the_others(plain: &Plain) -> bool {
    let same = Sample::from_points(2, vec![1.0, 2.0, 1.0, 2.0, 1.0, 2.0]).unwrap();
    let views = Paired::new(same.clone(), same).unwrap();
    (plain.evaluate(&views).unwrap().value - 5.0_f64.ln()).abs() < 1e-12
}

/// The gradient of targets is 0.
fn targets_are_constants(plain: &Plain) -> bool {
    let set = &golden::sets()[0];
    plain.evaluate(&set.views).unwrap().gradient[1].amax() <= 0.0
}

const CHECKS: [Check; 4] = [
    ("toy_by_hand", toy_by_hand),
    ("torch_values", torch_values),
    ("guess_among_the_others", guess_among_the_others),
    ("targets_are_constants", targets_are_constants),
];

fn passes(check: &str, plain: &Plain) -> bool {
    CHECKS.iter().find(|(name, _)| *name == check).unwrap().1(plain)
}

#[test]
fn faults_are_caught_by_name() {
    use Fault as F;
    for (name, fault, checks) in [
        (
            "vicreg",
            F::BiasedVariance,
            &["toy_by_hand", "torch_values"][..],
        ),
        ("vicreg", F::SummedHinge, &["toy_by_hand", "torch_values"]),
        ("vicreg", F::CovarianceOverN, &["torch_values"]),
        ("nt_xent", F::TemperatureSquared, &["torch_values"]),
        (
            "nt_xent",
            F::PositiveLeftOut,
            &["torch_values", "guess_among_the_others"],
        ),
        (
            "nt_xent",
            F::SelfKept,
            &["torch_values", "guess_among_the_others"],
        ),
        (
            "nt_xent",
            F::OtherViewOnly,
            &["torch_values", "guess_among_the_others"],
        ),
        ("byol", F::GradientToTargets, &["targets_are_constants"]),
    ] {
        for check in checks {
            let sound = Plain {
                name,
                fault: F::None,
            };
            assert!(
                passes(check, &sound),
                "{name} fails {check} without a fault"
            );
            assert!(
                !passes(check, &Plain { name, fault }),
                "{check} does not see {fault:?} in {name}"
            );
        }
    }
}

#[test]
fn the_crate_agrees_with_the_plainest_form() {
    for set in golden::sets() {
        for name in ["vicreg", "nt_xent"] {
            let fault = Fault::None;
            let plain = Plain { name, fault }.evaluate(&set.views).unwrap().value;
            let ours = vicinfo::objective::parse(name).unwrap();
            super::close(ours.evaluate(&set.views).unwrap().value, plain, 1e-13);
        }
    }
}
