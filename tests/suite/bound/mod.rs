//! The downstream bound, its certificates and their parts.

mod certificate;
mod complexity;
mod curl;
mod event;
mod golden;
mod hand;
mod identity;
mod labels;
mod rejection;
mod rejection_certificate;

use serde_json::Value as Json;
use vicinfo::bound::{Labels, Population, Value};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

/// The numbers of `tests/golden/bound/reference.py`.
fn reference() -> Json {
    serde_json::from_str(include_str!("../../golden/bound/reference.json")).unwrap()
}

fn numbers(json: &Json) -> Vec<f64> {
    let numbers = json.as_array().unwrap().iter();
    numbers.map(number).collect()
}

fn number(json: &Json) -> f64 {
    json.as_f64().unwrap()
}

fn indices(json: &Json) -> Vec<usize> {
    let numbers = json.as_array().unwrap().iter();
    numbers.map(|v| v.as_u64().unwrap() as usize).collect()
}

fn near(what: &str, value: f64, expected: f64, tolerance: f64) {
    assert!(
        (value - expected).abs() <= tolerance * expected.abs().max(1.0),
        "{what}: {value} against {expected}"
    );
}

fn known(value: Option<Value>) -> f64 {
    value.unwrap().known().unwrap()
}

/// Class `A` at 1 and 2, class `B` at -1 and 0, all equally likely.
fn line() -> Population {
    let features = Sample::from_points(1, vec![1.0, 2.0, -1.0, 0.0]).unwrap();
    let labels = Labels::from_names(&["A", "A", "B", "B"]).unwrap();
    Population::new(features, labels, None).unwrap()
}

/// Points around the means of their classes, and positives around the same means.
struct Clouds {
    features: Sample,
    labels: Labels,
    positives: Paired,
    hidden: Labels,
}

impl Clouds {
    fn new(dim: usize, classes: usize, n: usize, m: usize, seed: Seed) -> Self {
        let means = seed.child("means").normal_matrix(dim, classes);
        let names: Vec<String> = (0..classes).map(|k| k.to_string()).collect();
        let labels = |count: usize| {
            Labels::new((0..count).map(|i| i % classes).collect(), names.clone()).unwrap()
        };
        let cloud = |count: usize, label: &str| {
            let mut points = seed.child(label).normal_matrix(dim, count) * 0.5;
            for (i, mut point) in points.column_iter_mut().enumerate() {
                point += means.column(i % classes);
            }
            Sample::new(points).unwrap()
        };
        Self {
            features: cloud(n, "labelled"),
            labels: labels(n),
            positives: Paired::new(cloud(m, "first"), cloud(m, "second")).unwrap(),
            hidden: labels(m),
        }
    }
}
