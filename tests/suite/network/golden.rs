//! Images, Jacobians and gradients against PyTorch, in double precision: see
//! `tests/golden/network/make.py`.

use std::path::{Path, PathBuf};

use nalgebra::DMatrix;
use safetensors::SafeTensors;
use vicinfo::network::Network;

const NAMES: [&str; 4] = ["perceptron", "activations", "convolutions", "residual"];
const TOLERANCE: f64 = 1e-12;

fn read(name: &str) -> (PathBuf, Vec<u8>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/network");
    let path = folder.join(format!("{name}.safetensors"));
    let bytes = std::fs::read(&path).unwrap();
    (path, bytes)
}

pub(super) fn network(name: &str) -> Network<f64> {
    let (path, bytes) = read(name);
    Network::from_safetensors(&path, &bytes, None).unwrap()
}

/// The numbers of a golden tensor, and its sizes.
fn tensor(bytes: &[u8], key: &str) -> (Vec<usize>, Vec<f64>) {
    let tensors = SafeTensors::deserialize(bytes).unwrap();
    let tensor = tensors.tensor(key).unwrap();
    let numbers = tensor.data().as_chunks().0.iter();
    let numbers = numbers.map(|number| f64::from_le_bytes(*number)).collect();
    (tensor.shape().to_vec(), numbers)
}

/// A tensor of points, one a column.
fn points(bytes: &[u8], key: &str) -> DMatrix<f64> {
    let (shape, numbers) = tensor(bytes, key);
    DMatrix::from_vec(numbers.len() / shape[0], shape[0], numbers)
}

fn assert_close(what: &str, actual: &[f64], expected: &[f64]) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1.0, |max: f64, x| max.max(x.abs()));
    for (i, (a, e)) in actual.iter().zip(expected).enumerate() {
        let error = (a - e).abs();
        assert!(error <= TOLERANCE * scale, "{what}, {i}: {a} {e}");
    }
}

#[test]
fn images_and_jacobians_are_those_of_pytorch() {
    for name in NAMES {
        let network = network(name);
        let (_, values) = read(&format!("{name}_values"));
        let x = points(&values, "x");
        let y = points(&values, "eval.y");
        assert_close(name, network.apply(&x).unwrap().as_slice(), y.as_slice());
        // (n, out, in): columns of the transposed Jacobian are the gradients of the outputs.
        let jacobians = points(&values, "eval.jacobian");
        for (i, x) in x.column_iter().enumerate() {
            let x = x.into_owned();
            let affine = network.affine_at(x.as_slice()).unwrap();
            let transposed = affine.matrix.transpose();
            let expected = jacobians.column(i).into_owned();
            assert_close(name, transposed.as_slice(), expected.as_slice());
        }
    }
}

#[test]
fn training_mode_is_that_of_pytorch() {
    for name in NAMES {
        let mut network = network(name);
        let (_, values) = read(&format!("{name}_values"));
        let (image, tape) = network.forward(&points(&values, "x")).unwrap();
        let expected = points(&values, "train.y");
        assert_close(name, image.as_slice(), expected.as_slice());
        let v = points(&values, "v");
        let (gradients, pulled) = network.backward(tape, &v).unwrap();
        let expected = points(&values, "grad.x");
        assert_close(name, pulled.as_slice(), expected.as_slice());
        let shapes: Vec<Vec<usize>> = (network.parameters().into_iter())
            .map(|parameter| parameter.shape)
            .collect();
        assert_eq!(shapes.len(), gradients.len());
        for (gradient, shape) in gradients.iter().zip(shapes) {
            let (expected_shape, expected) = tensor(&values, &format!("grad.{}", gradient.name));
            assert_eq!(shape, expected_shape, "{}", gradient.name);
            let actual = match shape[..] {
                // By columns here, by rows there.
                [rows, columns] => DMatrix::from_column_slice(rows, columns, &gradient.values)
                    .transpose()
                    .as_slice()
                    .to_vec(),
                _ => gradient.values.clone(),
            };
            assert_close(&gradient.name, &actual, &expected);
        }
        // All tensors of the golden file have been met.
        let tensors = SafeTensors::deserialize(&values).unwrap();
        let count = |prefix: &str| {
            let names = tensors.names().into_iter();
            names.filter(|name| name.starts_with(prefix)).count()
        };
        assert_eq!(count("grad."), gradients.len() + 1);
        // The running statistics, through the file that holds them.
        let bytes = network.to_safetensors().unwrap();
        let state = SafeTensors::deserialize(&bytes).unwrap();
        let running: Vec<&str> = state
            .names()
            .into_iter()
            .filter(|n| n.contains("run"))
            .collect();
        assert_eq!(running.len(), count("after."));
        for key in running {
            let (_, expected) = tensor(&values, &format!("after.{key}"));
            assert_close(key, &tensor(&bytes, key).1, &expected);
        }
    }
}

#[test]
fn state_dict_comes_back_as_pytorch_wrote_it() {
    for name in NAMES {
        let (_, theirs) = read(name);
        let ours = network(name).to_safetensors().unwrap();
        let state = SafeTensors::deserialize(&theirs).unwrap();
        let names: Vec<&str> = (state.names().into_iter())
            .filter(|name| !name.ends_with("num_batches_tracked"))
            .collect();
        assert_eq!(names.len(), SafeTensors::deserialize(&ours).unwrap().len());
        for key in names {
            assert_eq!(tensor(&ours, key), tensor(&theirs, key), "{name} {key}");
        }
    }
}
