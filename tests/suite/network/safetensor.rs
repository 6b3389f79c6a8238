//! Networks as files.

use std::path::Path;

use nalgebra::{DMatrix, DVector};
use vicinfo::Error;
use vicinfo::network::{
    Activation, Architecture, BatchNorm, ConvNet, Description, Layer, Linear, Network, Pooling,
    PoolingKind, ResNet18, Residual, Shape, Window,
};
use vicinfo::seed::Seed;

use super::{golden, perceptron};

/// A file of the format, from its header and its numbers.
fn file(header: &str, numbers: &[u8]) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(numbers);
    bytes
}

fn doubles(numbers: &[f64]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

fn read(bytes: &[u8]) -> Result<Network<f64>, Error> {
    Network::from_safetensors(Path::new("model.safetensors"), bytes, None)
}

/// What was expected and found at a place of the file.
fn format(place: &str, result: Result<Network<f64>, Error>) -> (String, String) {
    match result {
        Err(Error::Format {
            path,
            expected,
            found,
        }) if path == Path::new(place) => (expected, found),
        other => panic!("{place}: {other:?}"),
    }
}

#[test]
fn networks_come_back_bit_for_bit() {
    let seed = Seed::root(1);
    let resnet = ResNet18 {
        width: 3,
        projector: vec![5, 4],
        ..ResNet18::new(Shape::image(2, 8, 8))
    };
    let shape = Shape::image(1, 4, 6);
    let poolings = Network::new(
        shape,
        vec![
            Layer::Pooling(Pooling::new(PoolingKind::Max, shape, Window::square(3, 1, 1)).unwrap()),
            Layer::Pooling(
                Pooling::new(
                    PoolingKind::Average,
                    shape,
                    Window {
                        height: 2,
                        width: 3,
                        stride: 1,
                        padding: 0,
                    },
                )
                .unwrap(),
            ),
            Layer::Residual(Residual {
                body: vec![Layer::Activation(Activation::HardTanh)],
                shortcut: Vec::new(),
            }),
            Layer::Activation(Activation::LeakyRelu { slope: 1.0 / 3.0 }),
        ],
    );
    let mut networks: Vec<Network<f64>> = vec![
        perceptron(&[4, 6, 3], Activation::Gelu, seed),
        perceptron(&[4, 6, 3], Activation::Absolute, seed),
        ConvNet::new(Shape::image(3, 7, 5)).network(seed).unwrap(),
        resnet.network(seed).unwrap(),
        poolings.unwrap(),
    ];
    networks.extend(["perceptron", "activations", "convolutions", "residual"].map(golden::network));
    for network in networks {
        let bytes = network.to_safetensors().unwrap();
        assert_eq!(read(&bytes).unwrap(), network);
        assert_eq!(network.to_safetensors().unwrap(), bytes);
    }
    let single: Network<f32> = ConvNet::new(Shape::image(3, 7, 5)).network(seed).unwrap();
    let bytes = single.to_safetensors().unwrap();
    let path = Path::new("model.safetensors");
    assert_eq!(
        Network::from_safetensors(path, &bytes, None).unwrap(),
        single
    );
}

#[test]
fn single_precision_widens_and_double_is_not_narrowed() {
    let seed = Seed::root(2);
    let path = Path::new("model.safetensors");
    let single: Network<f32> = ConvNet::new(Shape::image(3, 7, 5)).network(seed).unwrap();
    let wide: Network<f64> =
        Network::from_safetensors(path, &single.to_safetensors().unwrap(), None).unwrap();
    for (wide, single) in wide.parameters().iter().zip(single.parameters()) {
        assert_eq!(wide.name, single.name);
        assert!(
            wide.values
                .iter()
                .zip(single.values)
                .all(|(w, s)| *w == f64::from(*s))
        );
    }
    let double = perceptron(&[4, 3], Activation::Relu, seed)
        .to_safetensors()
        .unwrap();
    assert!(matches!(
        Network::<f32>::from_safetensors(path, &double, None),
        Err(Error::Format { path, found, .. })
            if path == Path::new("model.safetensors:0.weight") && found == "F64"
    ));
}

#[test]
fn architecture_follows_from_names_and_shapes() {
    let header = r#"{"0.weight":{"dtype":"F64","shape":[1,2],"data_offsets":[0,16]},
        "2.weight":{"dtype":"F64","shape":[2,1],"data_offsets":[16,32]},
        "2.bias":{"dtype":"F64","shape":[2],"data_offsets":[32,48]}}"#;
    let bytes = file(header, &doubles(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    let linear = |rows, columns, numbers: &[f64], bias: Option<&[f64]>| {
        let weight = DMatrix::from_row_slice(rows, columns, numbers);
        Layer::Linear(Linear::new(weight, bias.map(DVector::from_column_slice)).unwrap())
    };
    let expected = Network::new(
        Shape::vector(2),
        vec![
            linear(1, 2, &[1.0, 2.0], None),
            Layer::Activation(Activation::Relu),
            linear(2, 1, &[3.0, 4.0], Some(&[5.0, 6.0])),
        ],
    );
    assert_eq!(read(&bytes), expected);
    // An architecture that is given decides.
    let given = Architecture {
        input: Shape::vector(2),
        layers: vec![
            Description::Linear {},
            Description::Tanh {},
            Description::Linear {},
        ],
    };
    let path = Path::new("model.safetensors");
    let network = Network::<f64>::from_safetensors(path, &bytes, Some(&given)).unwrap();
    assert_eq!(network.layers()[1], Layer::Activation(Activation::Tanh));
}

#[test]
fn normalisations_without_scale_are_inferred() {
    let header = r#"{"0.weight":{"dtype":"F64","shape":[2,1],"data_offsets":[0,16]},
        "1.running_mean":{"dtype":"F64","shape":[2],"data_offsets":[16,32]},
        "1.running_var":{"dtype":"F64","shape":[2],"data_offsets":[32,48]},
        "1.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[48,56]}}"#;
    let bytes = file(header, &doubles(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 0.0]));
    let pair = |a, b| DVector::from_column_slice(&[a, b]);
    let norm = BatchNorm::new(None, pair(3.0, 4.0), pair(5.0, 6.0), 1e-5, 0.1).unwrap();
    assert_eq!(read(&bytes).unwrap().layers()[1], Layer::BatchNorm(norm));
}

#[test]
fn what_cannot_be_inferred_is_refused() {
    let tensor = |name: &str, shape: &str, numbers: usize| {
        let header = format!(
            r#"{{"{name}":{{"dtype":"F64","shape":{shape},"data_offsets":[0,{}]}}}}"#,
            8 * numbers
        );
        read(&file(&header, &doubles(&vec![1.0; numbers])))
    };
    let found = |result| format("model.safetensors", result).1;
    assert_eq!(
        found(tensor("0.weight", "[1,1,1,1]", 1)),
        "0.weight of shape [1, 1, 1, 1]"
    );
    assert_eq!(found(tensor("fc.weight", "[1,1]", 1)), "a tensor fc.weight");
    assert_eq!(found(tensor("0.gain", "[1]", 1)), "a tensor 0.gain");
    assert_eq!(
        found(tensor("1.weight", "[1,1]", 1)),
        "no tensors of the layers 0 to 0"
    );
    assert_eq!(found(tensor("0.bias", "[1]", 1)), "no tensor");
    assert_eq!(found(read(&file("{}", &[]))), "no tensor");
}

#[test]
fn damaged_files_are_refused() {
    let bytes = golden::network("residual").to_safetensors().unwrap();
    for length in [0, 7, 8, 100, bytes.len() - 1] {
        let (expected, _) = format("model.safetensors", read(&bytes[..length]));
        assert_eq!(expected, "a .safetensors file");
    }
    // Something else: eight letters are a number too, and so are four with zeros behind them.
    for (bytes, says) in [
        (
            &b"x,y\n1.0,2.0\n"[..],
            "something else, or a damaged one: its first 8 bytes would be the length of a header of \
             3184095724714929272 bytes, in a file of 12",
        ),
        (
            b"PK\x03\x04\0\0\0\0",
            "something else, or a damaged one: its first 8 bytes would be the length of a header of 67324752 bytes, in a file of 8",
        ),
        (
            b"12345",
            "5 bytes, of which the first 8 would be the length of a header",
        ),
        (
            b"\x02\0\0\0\0\0\0\0[]",
            "something else, or a damaged one: invalid JSON in header",
        ),
    ] {
        let (_, found) = format("model.safetensors", read(bytes));
        assert!(found.starts_with(says), "{found}");
    }
    let metadata = |json: &str| {
        let json = serde_json::to_string(json).unwrap();
        file(
            &format!(r#"{{"__metadata__":{{"architecture":{json}}}}}"#),
            &[],
        )
    };
    for json in [
        "nonsense",
        r#"{"input":[3],"layers":[{"type":"Bilinear"}]}"#,
        r#"{"input":[3],"layers":[{"type":"GELU","approximate":"tanh"}]}"#,
        r#"{"input":[3,3],"layers":[]}"#,
    ] {
        let (expected, _) = format("model.safetensors", read(&metadata(json)));
        assert_eq!(
            expected, "an architecture as JSON in the metadata",
            "{json}"
        );
    }
    assert_eq!(
        read(&metadata(r#"{"input":[0],"layers":[]}"#)),
        Err(Error::Empty { n: 0, dim: 0 })
    );
}

/// A file of one linear layer on three numbers with the given tensors.
fn linear(tensors: &str, numbers: &[u8]) -> Result<Network<f64>, Error> {
    let architecture = r#"{\"input\":[3],\"layers\":[{\"type\":\"Linear\"}]}"#;
    let header = format!(r#"{{"__metadata__":{{"architecture":"{architecture}"}}{tensors}}}"#);
    read(&file(&header, numbers))
}

#[test]
fn wrong_tensors_are_named() {
    let weight = r#","0.weight":{"dtype":"F64","shape":[1,3],"data_offsets":[0,24]}"#;
    assert!(linear(weight, &doubles(&[1.0, 2.0, 3.0])).is_ok());
    assert_eq!(
        format("model.safetensors:0.weight", linear("", &[])),
        (
            "a tensor of this name".to_owned(),
            "no further tensor".to_owned()
        )
    );
    let misnamed = weight.replace("0.weight", "fc.weight");
    assert_eq!(
        format(
            "model.safetensors:0.weight",
            linear(&misnamed, &doubles(&[1.0, 2.0, 3.0]))
        )
        .1,
        "the further tensors fc.weight"
    );
    let transposed = weight.replace("[1,3]", "[3,1]");
    assert_eq!(
        format(
            "model.safetensors:0.weight",
            linear(&transposed, &doubles(&[1.0, 2.0, 3.0]))
        ),
        ("shape [out, 3]".to_owned(), "shape [3, 1]".to_owned())
    );
    let flat = weight.replace("[1,3]", "[3]");
    assert_eq!(
        format(
            "model.safetensors:0.weight",
            linear(&flat, &doubles(&[1.0, 2.0, 3.0]))
        ),
        ("shape [out, in]".to_owned(), "shape [3]".to_owned())
    );
    for (dtype, bytes) in [("BF16", 6), ("F16", 6), ("I64", 24)] {
        let other = weight
            .replace("F64", dtype)
            .replace("24", &bytes.to_string());
        let (expected, found) = format(
            "model.safetensors:0.weight",
            linear(&other, &vec![0; bytes]),
        );
        assert_eq!(
            expected,
            "numbers of type F32 or F64; convert the model before it is saved"
        );
        assert_eq!(found, dtype);
    }
    assert!(matches!(
        linear(weight, &doubles(&[1.0, f64::NAN, 3.0])),
        Err(Error::InvalidParameter { name, value, .. })
            if name == "0.weight, entry 1" && value == "NaN"
    ));
    let bias = format!(r#"{weight},"0.bias":{{"dtype":"F64","shape":[2],"data_offsets":[24,40]}}"#);
    assert_eq!(
        format(
            "model.safetensors:0.bias",
            linear(&bias, &doubles(&[1.0; 5]))
        ),
        ("shape [1]".to_owned(), "shape [2]".to_owned())
    );
    let further = bias.replace("0.bias", "1.bias");
    assert!(matches!(
        linear(&further, &doubles(&[1.0; 5])),
        Err(Error::UnknownName { kind: "tensor", name, .. }) if name == "1.bias"
    ));
}

#[test]
fn images_need_to_be_flattened_as_in_pytorch() {
    let network = ConvNet::new(Shape::image(1, 4, 4))
        .network::<f64>(Seed::root(1))
        .unwrap();
    let mut architecture = network.architecture();
    assert_eq!(architecture.layers[10], Description::Flatten {});
    architecture.layers.remove(10);
    let bytes = network.to_safetensors().unwrap();
    let path = Path::new("model.safetensors");
    let result = Network::from_safetensors(path, &bytes, Some(&architecture));
    assert_eq!(
        format("model.safetensors:10.", result).0,
        "a Flatten between an image and a Linear layer"
    );
}
