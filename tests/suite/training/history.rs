//! What a run has seen: means between looks, readings with their errors.

use vicinfo::Error;
use vicinfo::objective::{Term, distinct_names, parse};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;
use vicinfo::training::{History, Learner, Point, Preset, Reading, Step};

use super::learner::{SHAPE, plan};

fn step(step: u64, loss: f64, terms: &[(&'static str, &'static str, f64)]) -> Step {
    Step {
        step,
        rate: 0.1,
        loss,
        terms: (terms.iter())
            .map(|&(of, name, value)| Term {
                of,
                name,
                weight: 7.0,
                value,
            })
            .collect(),
        std: loss / 10.0,
    }
}

fn point(step: u64, epoch: f64, quantity: &str, value: f64) -> Point {
    Point {
        step,
        epoch,
        quantity: quantity.to_owned(),
        value: Some(value),
        note: String::new(),
    }
}

#[test]
fn a_look_has_the_means_since_the_last_one() {
    let mut history = History::default();
    history.count(&step(0, 4.0, &[("vicreg", "invariance", 1.0)]));
    history.look(1, 4, Vec::new());
    // Terms of one name are kept apart: 3 and 1, of mean 2, beside 5 and 2.
    let terms = |first, second| {
        [
            ("log_det", "entropy", first),
            ("pair_dist", "entropy", second),
        ]
    };
    history.count(&step(1, 2.0, &terms(3.0, 5.0)));
    history.count(&step(2, 6.0, &terms(1.0, 2.0)));
    let missing = Error::invalid("few", 0, "at least 1");
    let readings = vec![
        Reading {
            name: "rankme_embedding",
            value: Ok(2.5),
        },
        Reading {
            name: "linear_accuracy",
            value: Err(missing.clone()),
        },
    ];
    history.look(3, 4, readings);
    // A look without steps since has readings only.
    history.look(
        3,
        4,
        vec![Reading {
            name: "std_embedding",
            value: Ok(1.0),
        }],
    );
    let mut expected = vec![
        point(1, 0.25, "loss", 4.0),
        point(1, 0.25, "std_in_batch", 0.4),
        point(1, 0.25, "term invariance", 1.0),
        point(3, 0.75, "loss", 4.0),
        point(3, 0.75, "std_in_batch", 0.4),
        point(3, 0.75, "term entropy (log_det)", 2.0),
        point(3, 0.75, "term entropy (pair_dist)", 3.5),
        point(3, 0.75, "rankme_embedding", 2.5),
        point(3, 0.75, "linear_accuracy", 0.0),
        point(3, 0.75, "std_embedding", 1.0),
    ];
    expected[8].value = None;
    expected[8].note = missing.to_string();
    assert_eq!(history.points(), expected);
    assert_eq!(history.curve("loss"), [(1.0, 4.0), (3.0, 4.0)]);
    assert_eq!(history.curve("linear_accuracy"), []);
    // As a checkpoint keeps it.
    let text = serde_json::to_string(&history).unwrap();
    assert_eq!(serde_json::from_str::<History>(&text).unwrap(), history);
}

/// Names of the terms of an objective on two views.
fn names(objective: &str) -> Vec<String> {
    let view = |label: &str| Seed::root(1).child(label).normal_matrix(3, 20);
    let views = Paired::new(
        Sample::new(view("first")).unwrap(),
        Sample::new(view("second")).unwrap(),
    );
    let evaluation = parse(objective).unwrap().evaluate(&views.unwrap());
    distinct_names(&evaluation.unwrap().terms)
}

#[test]
fn terms_have_names_of_their_own() {
    assert_eq!(
        names("vicreg(covariance=0) + 0.5*log_det() + 3*pair_dist()"),
        [
            "invariance",
            "variance",
            "entropy_first (log_det)",
            "entropy_second (log_det)",
            "entropy_first (pair_dist)",
            "entropy_second (pair_dist)",
        ]
    );
    assert_eq!(
        names("nt_xent() + alignment() + uniformity()"),
        [
            "alignment (nt_xent)",
            "uniformity",
            "alignment (alignment)",
            "uniformity_first",
            "uniformity_second",
        ]
    );
    // The same objective twice, also inside of another.
    assert_eq!(
        names(
            "log_det(epsilon=0.1) + normalised(objective=log_det() + invariance()) + log_det(epsilon=0.1)"
        ),
        [
            "entropy_first (log_det 1)",
            "entropy_second (log_det 1)",
            "entropy_first (log_det 2)",
            "entropy_second (log_det 2)",
            "invariance",
            "entropy_first (log_det 3)",
            "entropy_second (log_det 3)",
        ]
    );
    // What a run publishes of a published method needs nothing behind it.
    for preset in Preset::ALL
        .iter()
        .filter(|preset| preset.id != "supervised")
    {
        let names = names(&preset.method(3));
        assert!(!names.iter().any(|name| name.contains('(')), "{names:?}");
    }
}

/// A step of two random views: its loss, and what the history has after it.
fn of_one_step(method: &str) -> (Step, Vec<Point>) {
    let mut learner = Learner::<f64>::new(plan(method), SHAPE, Seed::root(1)).unwrap();
    let view = |label: &str| Seed::root(2).child(label).normal_matrix(SHAPE.size(), 16);
    let step = learner.step(&view("first"), &view("second")).unwrap();
    let mut history = History::default();
    history.count(&step);
    history.look(1, 1, Vec::new());
    (step, history.points().to_vec())
}

#[test]
fn the_weighted_terms_of_a_history_are_the_loss() {
    for method in [
        "vicreg(covariance=0) + 0.5*log_det() + 3*pair_dist()",
        "3*nt_xent() + 2*alignment()",
        "2*simsiam() + 0.1*log_det()",
        "3*byol()",
    ] {
        let (step, points) = of_one_step(method);
        let published: Vec<&Point> = (points.iter())
            .filter(|point| point.quantity.starts_with("term "))
            .collect();
        assert_eq!(published.len(), step.terms.len(), "{method}");
        let sum: f64 = (step.terms.iter().zip(&published))
            .map(|(term, point)| term.weight * point.value.unwrap())
            .sum();
        assert!(
            (sum - step.loss).abs() < 1e-12 * (1.0 + step.loss.abs()),
            "{method}"
        );
    }
}

#[test]
fn a_prediction_is_one_term_as_the_loss_has_it() {
    let term = |method: &str, quantity: &str| {
        let (step, points) = of_one_step(method);
        let found: Vec<f64> = (points.iter())
            .filter(|point| point.quantity == quantity)
            .filter_map(|point| point.value)
            .collect();
        assert_eq!((step.terms.len(), found.len()), (1, 1));
        (step.loss, found[0])
    };
    // Minus the mean of two cosines, and the sum of two squared distances of directions.
    let (loss, cosine) = term("2*simsiam()", "term cosine");
    assert!((loss + 2.0 * cosine).abs() < 1e-14 && cosine.abs() <= 1.0);
    let (loss, regression) = term("2*byol()", "term regression");
    assert!((loss - 2.0 * regression).abs() < 1e-14);
}
