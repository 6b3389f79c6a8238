//! `examples/pytorch` against this crate; `tests/golden/pytorch_example/make.py` made the numbers with the
//! example's own code.

use std::path::{Path, PathBuf};

use nalgebra::DMatrix;
use safetensors::SafeTensors;
use serde_json::Value;
use vicinfo::network::Network;
use vicinfo::objective;
use vicinfo::sample::{Paired, Sample};
use vicinfo::training::Learner;

const TOLERANCE: f64 = 1e-10;
/// Of single precision, with the few operations that a small sample takes.
const SINGLE: f64 = 1e-5;

fn path(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/pytorch_example");
    folder.join(name)
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap()
}

fn assert_close(what: &str, actual: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1.0, |max: f64, x| max.max(x.abs()));
    for (i, (a, e)) in actual.iter().zip(expected).enumerate() {
        let error = (a - e).abs();
        assert!(error <= tolerance * scale, "{what}, {i}: {a} {e}");
    }
}

fn numbers(json: &Value) -> Vec<f64> {
    let numbers = json.as_array().unwrap().iter();
    numbers.map(|number| number.as_f64().unwrap()).collect()
}

#[test]
fn losses_and_their_gradients_are_those_of_the_objectives() {
    let sets: Vec<Value> = serde_json::from_slice(&read("objectives.json")).unwrap();
    for set in &sets {
        let dim = set["dim"].as_u64().unwrap() as usize;
        let view = |key: &str| Sample::from_points(dim, numbers(&set[key])).unwrap();
        let views = Paired::new(view("first"), view("second")).unwrap();
        let values = set["values"].as_array().unwrap();
        for value in values {
            let name = value["name"].as_str().unwrap();
            let evaluation = objective::parse(name).unwrap().evaluate(&views).unwrap();
            let what = format!("{name} in {dim} dimensions");
            let expected = |key: &str| value[key].as_f64().unwrap();
            assert_close(&what, &[evaluation.value], &[expected("value")], TOLERANCE);
            assert_close(&what, &[evaluation.value], &[expected("single")], SINGLE);
            for (ours, theirs) in evaluation.gradient.iter().zip([0, 1]) {
                let theirs = numbers(&value["gradient"][theirs]);
                assert_close(&what, ours.as_slice(), &theirs, TOLERANCE);
            }
        }
    }
    // Every objective is among them, with its defaults.
    let names = sets[0]["values"].as_array().unwrap();
    for entry in objective::ALL {
        let name = format!("{}()", entry.id);
        assert!(names.iter().any(|value| value["name"] == name), "{name}");
    }
}

/// A tensor's numbers.
fn tensor(values: &SafeTensors, key: &str) -> Vec<f64> {
    let tensor = values.tensor(key).unwrap();
    let numbers = tensor.data().as_chunks().0.iter();
    numbers.map(|number| f64::from_le_bytes(*number)).collect()
}

/// The networks, the loss, the optimiser, the schedule and the target of the example are those of the crate, and so is
/// the form of its files.
fn assert_goes_on_in_vicinfo(name: &str) {
    let file = format!("{name}.safetensors");
    let (mut learner, notes) =
        Learner::<f64>::from_safetensors(Path::new(&file), &read(&file)).unwrap();
    assert_eq!(notes["made_by"], "examples/pytorch");
    assert_eq!(learner.steps(), 2);

    let values = read(&format!("{name}_values.safetensors"));
    let values = SafeTensors::deserialize(&values).unwrap();
    let dim = learner.model().encoder.input().size();
    let view = |key: &str| {
        let pixels = tensor(&values, key);
        DMatrix::from_vec(dim, pixels.len() / dim, pixels)
    };
    let (first, second) = (view("first"), view("second"));
    let close = |what: &str, actual: &[f64], key: &str| {
        let what = format!("{name}: {what}");
        assert_close(&what, actual, &tensor(&values, key), TOLERANCE);
    };

    let file = format!("{name}_model.safetensors");
    let model = Network::<f64>::from_safetensors(Path::new(&file), &read(&file), None).unwrap();
    let embeddings = model.apply(&first).unwrap();
    close("the model", embeddings.as_slice(), "embeddings");
    let embeddings = learner.model().embed(&first).unwrap();
    close("the learner", embeddings.as_slice(), "embeddings");

    let losses: Vec<f64> = (0..2)
        .map(|_| learner.step(&first, &second).unwrap().loss)
        .collect();
    close("losses", &losses, "losses");
    let embeddings = learner.model().embed(&first).unwrap();
    close("after", embeddings.as_slice(), "embeddings_after");
    assert_eq!(
        learner.target().is_some(),
        values.tensor("target_after").is_ok()
    );
    if let Some(target) = learner.target() {
        // In evaluation: with the running statistics that it collected itself.
        let embeddings = target.embed(&first).unwrap();
        close("the target after", embeddings.as_slice(), "target_after");
    }
}

#[test]
fn a_convolutional_network_goes_on_in_vicinfo() {
    assert_goes_on_in_vicinfo("conv_net");
}

#[test]
fn a_resnet_with_a_target_goes_on_in_vicinfo() {
    assert_goes_on_in_vicinfo("resnet18");
}

#[test]
fn a_perceptron_with_a_predictor_goes_on_in_vicinfo() {
    assert_goes_on_in_vicinfo("perceptron");
}
