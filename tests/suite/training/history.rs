//! What a run has seen: means between looks, readings with their errors.

use vicinfo::Error;
use vicinfo::objective::Term;
use vicinfo::training::{History, Point, Reading, Step};

fn step(step: u64, loss: f64, terms: &[(&'static str, f64)]) -> Step {
    Step {
        step,
        rate: 0.1,
        loss,
        terms: (terms.iter())
            .map(|&(name, value)| Term {
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
    history.count(&step(0, 4.0, &[("invariance", 1.0)]));
    history.look(1, 4, Vec::new());
    // Terms of one name, one for each view, are one sum: 3 + 5 and 1 + 1, of mean 5.
    history.count(&step(1, 2.0, &[("entropy", 3.0), ("entropy", 5.0)]));
    history.count(&step(2, 6.0, &[("entropy", 1.0), ("entropy", 1.0)]));
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
        point(3, 0.75, "term entropy", 5.0),
        point(3, 0.75, "rankme_embedding", 2.5),
        point(3, 0.75, "linear_accuracy", 0.0),
        point(3, 0.75, "std_embedding", 1.0),
    ];
    expected[7].value = None;
    expected[7].note = missing.to_string();
    assert_eq!(history.points(), expected);
    assert_eq!(history.curve("loss"), [(1.0, 4.0), (3.0, 4.0)]);
    assert_eq!(history.curve("linear_accuracy"), []);
    // As a checkpoint keeps it.
    let text = serde_json::to_string(&history).unwrap();
    assert_eq!(serde_json::from_str::<History>(&text).unwrap(), history);
}
