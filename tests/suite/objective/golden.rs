//! Against PyTorch's automatic differentiation; `tests/golden/objective/torch_objectives.py` made the
//! numbers.

use nalgebra::DMatrix;
use serde_json::Value;
use vicinfo::diagnostic::{self, SlicedEppsPulley};
use vicinfo::entropy::{EntropyEstimator, KolchinskyTracey, PairwiseBound};
use vicinfo::objective::{self, LogDet, Objective, PairDist, SigReg};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

use super::{close, views};

/// Views, directions of slices, and what PyTorch says of each objective there.
pub(super) struct Set {
    pub(super) views: Paired,
    pub(super) directions: DMatrix<f64>,
    pub(super) references: Vec<Reference>,
}

pub(super) struct Reference {
    pub(super) name: String,
    pub(super) value: f64,
    pub(super) gradient: [DMatrix<f64>; 2],
}

pub(super) fn sets() -> Vec<Set> {
    let text = include_str!("../../golden/objective/torch.json");
    let json: Vec<Value> = serde_json::from_str(text).unwrap();
    json.iter().map(set).collect()
}

fn numbers(json: &Value) -> Vec<f64> {
    let numbers = json.as_array().unwrap().iter();
    numbers.map(|v| v.as_f64().unwrap()).collect()
}

fn set(json: &Value) -> Set {
    let dim = json["dim"].as_u64().unwrap() as usize;
    let matrix = |json: &Value| {
        let numbers = numbers(json);
        DMatrix::from_vec(dim, numbers.len() / dim, numbers)
    };
    let sample = |json| Sample::new(matrix(json)).unwrap();
    let references = json["values"].as_array().unwrap().iter();
    Set {
        views: Paired::new(sample(&json["first"]), sample(&json["second"])).unwrap(),
        directions: matrix(&json["directions"]),
        references: references
            .map(|reference| Reference {
                name: reference["name"].as_str().unwrap().to_owned(),
                value: reference["value"].as_f64().unwrap(),
                gradient: [0, 1].map(|view| matrix(&reference["gradient"][view])),
            })
            .collect(),
    }
}

#[test]
fn values_and_gradients_of_torch() {
    let mut checked = 0;
    for set in sets() {
        for reference in &set.references {
            let objective: Box<dyn Objective> = if reference.name == "sigreg" {
                Box::new(SigReg::new(set.directions.clone(), 0.02, 17, 3.0).unwrap())
            } else {
                objective::parse(&reference.name).unwrap()
            };
            let evaluation = objective.evaluate(&set.views).unwrap();
            let name = &reference.name;
            let error = (evaluation.value - reference.value).abs();
            assert!(
                error <= 1e-10 * (1.0 + reference.value.abs()),
                "{name}: {} against {}",
                evaluation.value,
                reference.value
            );
            for (ours, theirs) in evaluation.gradient.iter().zip(&reference.gradient) {
                let error = (ours - theirs).amax();
                assert!(
                    error <= 1e-10 * (1.0 + theirs.amax()),
                    "{name}: gradient off by {error}"
                );
            }
            checked += 1;
        }
    }
    assert!(checked >= 60, "{checked}");
    // Every objective is among them.
    let set = &sets()[0];
    for entry in objective::ALL {
        let mut names = set.references.iter().map(|reference| &reference.name);
        assert!(names.any(|name| name.starts_with(entry.id)), "{}", entry.id);
    }
}

#[test]
fn one_number_by_two_ways() {
    // Another module says the same of the same points.
    for (n, dim) in [(50, 7), (20, 33)] {
        let views = views(n, dim, Seed::root(8).child(n));
        let view = &views.x;
        for bound in [
            PairwiseBound::Kl,
            PairwiseBound::Bhattacharyya,
            PairwiseBound::ExpectedLikelihood,
        ] {
            let objective = PairDist::new(bound, 0.8).unwrap();
            let estimator = KolchinskyTracey::new(bound, 0.8).unwrap();
            let value = objective.entropy(view).unwrap().value;
            close(value, estimator.entropy(view).unwrap(), 1e-12);
        }
        let log_det = LogDet::new(0.04).unwrap().entropy(view).unwrap().value;
        let rate = diagnostic::parse("log_det(beta=25)").unwrap();
        let expected = rate.measure(view).unwrap() + 0.5 * dim as f64 * 0.04_f64.ln();
        close(log_det, expected, 1e-12);
        for (ours, theirs) in [
            ("matrix_entropy(alpha=1)", "von_neumann_entropy"),
            ("matrix_entropy(alpha=2)", "renyi_matrix_entropy(alpha=2)"),
            (
                "matrix_entropy(alpha=1.1)",
                "renyi_matrix_entropy(alpha=1.1)",
            ),
            ("matrix_entropy(alpha=4)", "renyi_matrix_entropy(alpha=4)"),
        ] {
            let ours = objective::parse(ours).unwrap().evaluate(&views).unwrap();
            let theirs = diagnostic::parse(theirs).unwrap().measure(view).unwrap();
            close(ours.term("entropy_first").unwrap(), theirs, 1e-11);
        }
        // Many knots give the integral over the line.
        let sigreg = SigReg::fixed(16, 1.0, 301, 9.0).unwrap();
        let slices = SlicedEppsPulley::new(16, false).unwrap();
        let expected = n as f64 * diagnostic::Diagnostic::measure(&slices, view).unwrap();
        close(sigreg.statistic(view).unwrap().value, expected, 1e-12);
    }
}

#[test]
fn gram_form_is_the_covariance_form() {
    // The same points with coordinates of value 0 added: the determinant gains the floor of each,
    // and the smaller of the two matrices becomes the other one.
    let (n, dim, more) = (9, 5, 20);
    let points = views(n, dim, Seed::root(9)).x;
    let wide = points
        .map(dim + more, |point, target| {
            target[..dim].copy_from_slice(point);
        })
        .unwrap();
    for epsilon in [1e-3_f64, 0.5] {
        let objective = LogDet::new(epsilon).unwrap();
        let narrow = objective.entropy(&points).unwrap();
        let wide = objective.entropy(&wide).unwrap();
        let floor = 0.5 * more as f64 * epsilon.ln();
        close(wide.value, narrow.value + floor, 1e-13);
        let rows = wide.gradient.rows(0, dim);
        assert!((rows - &narrow.gradient).amax() < 1e-11 * narrow.gradient.amax());
        assert!(wide.gradient.rows(dim, more).amax() < 1e-15);
    }
}

#[test]
fn same_bits_on_any_number_of_threads() {
    let names: Vec<&str> = (objective::ALL.iter())
        .flat_map(|entry| entry.defaults.iter().copied())
        .collect();
    for (n, dim) in [(300, 70), (70, 150)] {
        let views = views(n, dim, Seed::root(11));
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| {
                let evaluate = |name: &&str| {
                    let evaluation = objective::parse(name).unwrap().evaluate(&views).unwrap();
                    let gradient = evaluation.gradient.iter().flatten().map(|v| v.to_bits());
                    (evaluation.value.to_bits(), gradient.collect::<Vec<u64>>())
                };
                names.iter().map(evaluate).collect::<Vec<_>>()
            })
        };
        assert_eq!(on(1), on(5));
    }
}
