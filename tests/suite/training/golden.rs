//! Steps of training against PyTorch, in double precision: see `tests/golden/training/make.py`.

use std::path::{Path, PathBuf};

use nalgebra::DMatrix;
use safetensors::SafeTensors;
use vicinfo::training::Learner;

const TOLERANCE: f64 = 1e-10;

fn read(name: &str) -> (PathBuf, Vec<u8>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/training");
    let path = folder.join(format!("{name}.safetensors"));
    let bytes = std::fs::read(&path).unwrap();
    (path, bytes)
}

/// A tensor's numbers.
fn numbers(tensors: &SafeTensors, key: &str) -> Vec<f64> {
    let tensor = tensors.tensor(key).unwrap();
    let numbers = tensor.data().as_chunks().0.iter();
    numbers.map(|number| f64::from_le_bytes(*number)).collect()
}

fn assert_close(what: &str, actual: &[f64], expected: &[f64]) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1.0, |max: f64, x| max.max(x.abs()));
    for (i, (a, e)) in actual.iter().zip(expected).enumerate() {
        let error = (a - e).abs();
        assert!(error <= TOLERANCE * scale, "{what}, {i}: {a} {e}");
    }
}

fn assert_trains_as_pytorch(name: &str) {
    let (path, bytes) = read(name);
    let (mut learner, notes) = Learner::<f64>::from_safetensors(&path, &bytes).unwrap();
    assert!(notes.is_empty());
    let (_, values) = read(&format!("{name}_values"));
    let values = SafeTensors::deserialize(&values).unwrap();
    let view = |key: &str| {
        let pixels = numbers(&values, key);
        DMatrix::from_vec(64, pixels.len() / 64, pixels)
    };
    let (first, second) = (view("first"), view("second"));
    let losses = numbers(&values, "losses");
    let found: Vec<f64> = (losses.iter())
        .map(|_| learner.step(&first, &second).unwrap().loss)
        .collect();
    assert_close(name, &found, &losses);

    let after = learner.to_safetensors(Default::default()).unwrap();
    let after = SafeTensors::deserialize(&after).unwrap();
    let expected: Vec<&str> = (values.names().into_iter())
        .filter_map(|key| key.strip_prefix("after."))
        .collect();
    assert!(expected.len() > 10);
    for key in expected {
        let what = format!("{name}: {key}");
        assert_close(
            &what,
            &numbers(&after, key),
            &numbers(&values, &format!("after.{key}")),
        );
    }
}

#[test]
fn vicreg_with_adamw_trains_as_in_pytorch() {
    assert_trains_as_pytorch("vicreg_adamw");
}

#[test]
fn byol_with_an_entropy_and_sgd_trains_as_in_pytorch() {
    assert_trains_as_pytorch("byol_sgd");
}

#[test]
fn simsiam_with_layer_wise_rates_trains_as_in_pytorch() {
    assert_trains_as_pytorch("simsiam_lars");
}
