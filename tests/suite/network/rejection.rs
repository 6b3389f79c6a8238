//! What cannot be computed is refused, with the numbers.

use nalgebra::{DMatrix, DVector};
use vicinfo::Error;
use vicinfo::network::{
    Activation, BatchNorm, ConvNet, Convolution, Initialisation, Layer, Linear, Network,
    Perceptron, Pooling, PoolingKind, Projector, ResNet18, Residual, Shape, Window,
};
use vicinfo::seed::Seed;

use super::perceptron;

const INPUT: Shape = Shape {
    channels: 2,
    height: 4,
    width: 4,
};

fn filters(value: f64) -> DMatrix<f64> {
    DMatrix::from_element(18, 3, value)
}

fn convolution(value: f64) -> Result<Convolution<f64>, Error> {
    Convolution::new(INPUT, Window::square(3, 1, 1), filters(value), None)
}

#[test]
fn convolutions_that_cannot_be_are_refused() {
    let window = Window::square(3, 1, 1);
    let new = |input, window, bias| Convolution::new(input, window, filters(0.1), bias);
    assert!(matches!(
        new(INPUT, Window::square(7, 1, 1), None),
        Err(Error::InvalidParameter { name, value, .. }) if name == "window" && value == "7 x 7"
    ));
    assert!(matches!(
        new(INPUT, Window::square(3, 0, 1), None),
        Err(Error::InvalidParameter { name, .. }) if name == "window"
    ));
    assert!(matches!(
        new(INPUT, Window::square(0, 1, 1), None),
        Err(Error::InvalidParameter { name, .. }) if name == "window"
    ));
    assert!(matches!(
        new(INPUT, Window::square(3, 1, usize::MAX), None),
        Err(Error::InvalidParameter { name, .. }) if name == "window"
    ));
    assert_eq!(
        new(Shape::image(0, 4, 4), window, None),
        Err(Error::Empty { n: 0, dim: 16 })
    );
    assert_eq!(
        new(Shape::image(3, 4, 4), window, None),
        Err(Error::Mismatch {
            what: "numbers of a filter",
            expected: 27,
            actual: 18
        })
    );
    assert_eq!(
        new(INPUT, window, Some(DVector::zeros(2))),
        Err(Error::Mismatch {
            what: "length of the bias",
            expected: 3,
            actual: 2
        })
    );
    assert_eq!(
        Convolution::<f64>::new(INPUT, window, DMatrix::zeros(18, 0), None),
        Err(Error::Empty { n: 0, dim: 18 })
    );
    assert_eq!(
        Convolution::<f64>::draw(INPUT, window, 0, Initialisation::Orthogonal, Seed::root(1)),
        Err(Error::Empty { n: 0, dim: 18 })
    );
    for value in [f64::NAN, f64::INFINITY] {
        assert!(matches!(
            convolution(value),
            Err(Error::InvalidParameter { name, value: text, .. })
                if name == "weight, entry 0" && text == value.to_string()
        ));
        assert!(matches!(
            new(INPUT, window, Some(DVector::from_element(3, value))),
            Err(Error::InvalidParameter { name, .. }) if name == "bias, entry 0"
        ));
    }
}

#[test]
fn batch_norms_that_cannot_be_are_refused() {
    let fill = |len, value: f64| DVector::from_element(len, value);
    let new = |mean, variance, eps, momentum| {
        BatchNorm::new(None, fill(3, mean), fill(3, variance), eps, momentum)
    };
    assert_eq!(
        BatchNorm::<f64>::identity(0),
        Err(Error::Empty { n: 0, dim: 0 })
    );
    assert_eq!(
        BatchNorm::new(None, fill(3, 0.0), fill(2, 1.0), 1e-5, 0.1),
        Err(Error::Mismatch {
            what: "channels of a batch normalisation",
            expected: 3,
            actual: 2
        })
    );
    for (result, parameter) in [
        (new(f64::NAN, 1.0, 1e-5, 0.1), "running mean, entry 0"),
        (
            new(0.0, f64::INFINITY, 1e-5, 0.1),
            "running variance, entry 0",
        ),
        (new(0.0, -1.0, 1e-5, 0.1), "running variance, entry 0"),
        (new(0.0, 1.0, 0.0, 0.1), "eps"),
        (new(0.0, 1.0, 1e-5, 1.5), "momentum"),
        (new(0.0, 1.0, 1e-5, f64::NAN), "momentum"),
    ] {
        assert!(
            matches!(&result, Err(Error::InvalidParameter { name, .. }) if name == parameter),
            "{parameter}: {result:?}"
        );
    }
}

#[test]
fn batch_of_one_number_has_no_variance() {
    let norm = || Layer::BatchNorm(BatchNorm::<f64>::identity(3).unwrap());
    let mut vectors = Network::new(Shape::vector(3), vec![norm()]).unwrap();
    assert_eq!(
        vectors
            .forward(&Seed::root(1).normal_matrix(3, 1))
            .unwrap_err(),
        Error::TooFewPoints {
            method: "batch normalisation in training mode",
            required: 2,
            actual: 1
        }
    );
    // As in PyTorch, one image has as many numbers a channel as positions.
    let mut images = Network::new(Shape::image(3, 2, 1), vec![norm()]).unwrap();
    let (image, _) = images.forward(&Seed::root(1).normal_matrix(6, 1)).unwrap();
    assert!(image.column(0).sum().abs() <= 1e-12);
}

#[test]
fn poolings_that_cannot_be_are_refused() {
    let new = |window| Pooling::new(PoolingKind::Max, INPUT, window);
    assert!(matches!(
        new(Window::square(5, 1, 0)),
        Err(Error::InvalidParameter { name, .. }) if name == "window"
    ));
    assert!(matches!(
        new(Window::square(3, 1, 2)),
        Err(Error::InvalidParameter { name, .. }) if name == "padding of a pooling"
    ));
    assert_eq!(
        Pooling::global_average(Shape::image(2, 0, 4)),
        Err(Error::Empty { n: 2, dim: 0 })
    );
}

#[test]
fn layers_that_do_not_fit_are_refused() {
    let wide = Layer::Convolution(convolution(0.1).unwrap());
    assert!(matches!(
        Network::new(Shape::vector(32), vec![wide.clone()]),
        Err(Error::InvalidParameter { name, value, .. })
            if name == "shape at a convolution" && value == "32 x 1 x 1"
    ));
    let norm = Layer::BatchNorm(BatchNorm::<f64>::identity(2).unwrap());
    assert_eq!(
        Network::new(INPUT, vec![wide.clone(), norm]),
        Err(Error::Mismatch {
            what: "channels of a batch normalisation",
            expected: 2,
            actual: 3
        })
    );
    let pooling = Pooling::global_average(INPUT).unwrap();
    assert!(matches!(
        Network::new(INPUT, vec![wide.clone(), Layer::Pooling(pooling)]),
        Err(Error::InvalidParameter { name, .. }) if name == "shape at a pooling"
    ));
    let residual = Layer::Residual(Residual {
        body: vec![wide],
        shortcut: Vec::new(),
    });
    assert!(matches!(
        Network::new(INPUT, vec![residual]),
        Err(Error::InvalidParameter { name, value, .. })
            if name == "shape at a shortcut" && value == "2 x 4 x 4"
    ));
    let first = perceptron(&[3, 4], Activation::Relu, Seed::root(1));
    assert!(matches!(
        first.clone().followed_by(first),
        Err(Error::InvalidParameter { name, .. }) if name == "shape at the second network"
    ));
}

#[test]
fn builders_refuse_nothing_to_build() {
    let seed = Seed::root(1);
    let conv_net = ConvNet {
        channels: Vec::new(),
        ..ConvNet::new(INPUT)
    };
    assert_eq!(
        conv_net.network::<f64>(seed),
        Err(Error::Empty { n: 0, dim: 0 })
    );
    let conv_net = ConvNet {
        channels: vec![4, 0],
        ..ConvNet::new(INPUT)
    };
    assert_eq!(
        conv_net.network::<f64>(seed),
        Err(Error::Empty { n: 0, dim: 36 })
    );
    let resnet = ResNet18 {
        width: 0,
        ..ResNet18::new(INPUT)
    };
    assert_eq!(
        resnet.network::<f64>(seed),
        Err(Error::Empty { n: 0, dim: 18 })
    );
    let conv_net = ConvNet {
        projector: vec![4, 0],
        ..ConvNet::new(INPUT)
    };
    assert!(matches!(
        conv_net.network::<f64>(seed),
        Err(Error::InvalidParameter { name, .. }) if name == "widths"
    ));
}

#[test]
fn overflow_is_an_error_whatever_comes_after_it() {
    // inf - inf is NaN, which no later layer may turn into a number.
    let enormous = DMatrix::from_row_slice(2, 2, &[1e308, 1e308, -1e308, -1e308]);
    let linear = || Layer::Linear(Linear::new(enormous.clone(), None).unwrap());
    let ones = DMatrix::from_element(2, 1, 1e200);
    for activation in [
        Activation::Relu,
        Activation::LeakyRelu { slope: 0.5 },
        Activation::Absolute,
        Activation::HardTanh,
        Activation::Tanh,
        Activation::Gelu,
        Activation::Silu,
    ] {
        let sum = DMatrix::from_element(2, 2, 1.0);
        let sum = Layer::Linear(Linear::new(sum, None).unwrap());
        let layers = vec![linear(), sum, Layer::Activation(activation)];
        let mut network = Network::new(Shape::vector(2), layers).unwrap();
        for result in [
            network.apply(&ones),
            network.forward(&ones).map(|(image, _)| image),
        ] {
            assert!(
                matches!(&result, Err(Error::NonFiniteResult { what, value })
                    if what == "output 0 of the network at point 0" && value == "NaN"),
                "{activation:?}: {result:?}"
            );
        }
    }
    let max = Pooling::new(PoolingKind::Max, INPUT, Window::square(4, 1, 0)).unwrap();
    let max = Network::<f64>::new(INPUT, vec![Layer::Pooling(max)]).unwrap();
    let mut image = Seed::root(1).normal_matrix(32, 1);
    image[5] = f64::NAN;
    assert!(matches!(
        max.apply(&image),
        Err(Error::NonFiniteResult { value, .. }) if value == "NaN"
    ));
}

#[test]
fn empty_batches_are_refused() {
    let mut network = perceptron(&[3, 4, 2], Activation::Relu, Seed::root(1));
    assert_eq!(
        network.forward(&DMatrix::zeros(3, 0)).unwrap_err(),
        Error::Empty { n: 0, dim: 3 }
    );
    assert_eq!(
        network.apply(&DMatrix::zeros(3, 0)).unwrap().shape(),
        (2, 0)
    );
    let mut image = ConvNet::new(INPUT).network::<f64>(Seed::root(1)).unwrap();
    assert_eq!(
        image.forward(&DMatrix::zeros(32, 0)).unwrap_err(),
        Error::Empty { n: 0, dim: 32 }
    );
    assert_eq!(
        image.apply(&DMatrix::zeros(32, 0)).unwrap().shape(),
        (64, 0)
    );
}

#[test]
fn statistics_that_overflow_are_refused_and_nothing_moves() {
    let norm = BatchNorm::<f32>::identity(2).unwrap();
    let mut network = Network::new(Shape::vector(2), vec![Layer::BatchNorm(norm)]).unwrap();
    let before = network.clone();
    let points = DMatrix::from_column_slice(2, 2, &[0.0, 1e30, 1.0, -1e30]);
    assert!(matches!(
        network.forward(&points),
        Err(Error::NonFiniteResult { what, .. }) if what == "variance of channel 1 in the batch"
    ));
    assert_eq!(network, before);
}

#[test]
fn gradients_that_overflow_are_refused() {
    let weight = DMatrix::from_element(1, 1, 1.0);
    let linear = Layer::Linear(Linear::<f64>::new(weight, None).unwrap());
    let mut network = Network::new(Shape::vector(1), vec![linear]).unwrap();
    let (_, tape) = network
        .forward(&DMatrix::from_element(1, 1, 1e200))
        .unwrap();
    assert_eq!(
        network.backward(tape, &DMatrix::from_element(1, 1, 1e200)),
        Err(Error::NonFiniteResult {
            what: "gradient of 0.weight".to_owned(),
            value: "inf".to_owned()
        })
    );
}

#[test]
fn tapes_of_other_networks_are_refused() {
    let mut small = perceptron(&[3, 4, 2], Activation::Relu, Seed::root(1));
    let deep = perceptron(&[3, 4, 4, 2], Activation::Relu, Seed::root(1));
    let points = Seed::root(2).normal_matrix(3, 5);
    let (image, tape) = small.forward(&points).unwrap();
    assert!(matches!(
        deep.backward(tape.clone(), &image),
        Err(Error::InvalidParameter { name, .. }) if name == "tape"
    ));
    assert!(matches!(
        small.backward(tape.clone(), &Seed::root(3).normal_matrix(2, 4)),
        Err(Error::Mismatch {
            what: "number of cotangents",
            expected: 5,
            actual: 4
        })
    ));
    assert!(matches!(
        small.gradients(tape.clone(), &Seed::root(3).normal_matrix(3, 5)),
        Err(Error::Mismatch {
            what: "coordinates of the cotangents",
            expected: 2,
            actual: 3
        })
    ));
    // As many layers, of other sizes.
    let wide = perceptron(&[3, 9, 2], Activation::Relu, Seed::root(1));
    assert!(matches!(
        wide.backward(tape, &image),
        Err(Error::InvalidParameter { name, .. }) if name == "tape"
    ));
}

#[test]
fn dead_layers_have_no_slope_and_no_gradient() {
    // All units of the hidden layer are off everywhere near the points.
    let first = Linear::new(
        DMatrix::from_element(4, 3, 0.01),
        Some(DVector::from_element(4, -9.0)),
    );
    let second = Linear::new(
        DMatrix::from_element(2, 4, 1.0),
        Some(DVector::from_element(2, 0.5)),
    );
    let layers = vec![
        Layer::Linear(first.unwrap()),
        Layer::BatchNorm(BatchNorm::<f64>::identity(4).unwrap()),
        Layer::Activation(Activation::Relu),
        Layer::Linear(second.unwrap()),
    ];
    let network = Network::new(Shape::vector(3), layers).unwrap();
    let affine = network.affine_at(&[0.1, 0.2, 0.3]).unwrap();
    assert!(affine.matrix.iter().all(|entry| *entry == 0.0));
    assert_eq!(affine.offset.as_slice(), [0.5, 0.5]);
    // A constant batch: the variance is zero and `eps` carries the division.
    let mut network = network;
    let points = DMatrix::from_element(3, 4, 0.1);
    let (image, tape) = network.forward(&points).unwrap();
    assert!(
        image.iter().all(|value| (value - 0.5).abs() <= 1e-12),
        "{image}"
    );
    let (gradients, pulled) = network.backward(tape, &image).unwrap();
    assert!(pulled.iter().all(|value| value.abs() <= 1e-10));
    assert!(gradients[0].values.iter().all(|value| value.abs() <= 1e-10));
}

#[test]
fn sizes_beyond_all_memory_are_refused() {
    let refused = |error: Option<Error>| {
        assert!(
            matches!(error, Some(Error::InvalidParameter { .. })),
            "{error:?}"
        );
    };
    for huge in [1 << 16, 1 << 32, usize::MAX] {
        let shape = Shape::image(huge, huge, 1);
        refused(Network::<f64>::new(shape, Vec::new()).err());
        let json = format!("[{huge}, {huge}, 1]");
        let error = serde_json::from_str::<Shape>(&json).unwrap_err();
        assert!(error.to_string().contains("2^32 - 1"), "{error}");
    }
    for padding in [
        7,
        100_000,
        (1 << 31) - 1,
        1 << 31,
        usize::MAX / 2,
        usize::MAX,
    ] {
        let window = Window::square(3, 1, padding);
        refused(Convolution::new(INPUT, window, filters(0.1), None).err());
    }
    // One fewer than window and image together.
    let window = Window::square(3, 1, 6);
    assert!(Convolution::new(INPUT, window, filters(0.1), None).is_ok());
    for side in [1 << 13, 1 << 31, usize::MAX] {
        for kind in [PoolingKind::Max, PoolingKind::Average] {
            let window = Window::square(side, 1, side / 2);
            refused(Pooling::new(kind, INPUT, window).err());
        }
    }
    // More numbers than 2^32 come out of fewer.
    let plane = Shape::image(1, 1 << 15, 1 << 15);
    let weight = DMatrix::from_element(1, 4, 1.0);
    refused(Convolution::new(plane, Window::square(1, 1, 0), weight, None).err());
}

/// Also sizes whose product exceeds a `usize`.
#[test]
fn networks_without_end_are_refused() {
    fn refused<T>(drawn: Result<T, Error>, name: &str, value: &str, weights: u128) {
        let least = if weights == u128::MAX {
            "at least "
        } else {
            ""
        };
        let requirement = format!(
            "at most 536870912 weights, which take 4 GiB in double precision; these are {least}{weights}"
        );
        assert_eq!(
            drawn.err(),
            Some(Error::invalid(name, value, requirement)),
            "{name} {value}"
        );
    }
    let seed = Seed::root(1);
    let image = Shape::image(1, 16, 16);
    let perceptron = |widths: &[usize]| {
        let perceptron = Perceptron {
            widths: widths.to_vec(),
            activation: Activation::Relu,
            initialisation: Initialisation::He,
            bias: 0.0,
        };
        perceptron.network::<f32>(seed)
    };
    refused(
        perceptron(&[2, 99_999_999_999_999_999, 3]),
        "widths",
        "[2, 99999999999999999, 3]",
        5 * 99_999_999_999_999_999,
    );
    // Each layer is below the limit, their sum is not.
    refused(
        perceptron(&[1, 400_000_000, 1]),
        "widths",
        "[1, 400000000, 1]",
        800_000_000,
    );
    refused(
        perceptron(&[usize::MAX; 3]),
        "widths",
        &format!("{:?}", [usize::MAX; 3]),
        u128::MAX,
    );
    let projector = Projector {
        widths: vec![1 << 32, 1 << 32],
        initialisation: Initialisation::Orthogonal,
    };
    refused(
        projector.network::<f64>(seed),
        "widths",
        "[4294967296, 4294967296]",
        1 << 64,
    );
    let mut net = ConvNet::new(image);
    net.channels = vec![4_000_000_000; 2];
    refused(
        net.encoder::<f32>(seed),
        "channels",
        "[4000000000, 4000000000]",
        9 * (4_000_000_000 + 16_000_000_000_000_000_000),
    );
    // 9 w + 4 * 9 w^2, and 3 * 9 + 9/2 + 1/2 times (2 w)^2, (4 w)^2 and (8 w)^2.
    for width in [1_u128 << 10, 1 << 58, 1 << 62] {
        let mut net = ResNet18::new(image);
        net.width = width as usize;
        let squares = 4 * 9 + 32 * (4 + 16 + 64);
        refused(
            net.encoder::<f32>(seed),
            "width",
            &width.to_string(),
            (squares * width)
                .saturating_mul(width)
                .saturating_add(9 * width),
        );
    }
    let filters = 1 << 60;
    refused(
        Convolution::<f64>::draw(
            image,
            Window::square(3, 1, 1),
            filters,
            Initialisation::He,
            seed,
        ),
        "filters",
        &filters.to_string(),
        9 << 60,
    );
    refused(
        BatchNorm::<f64>::identity(usize::MAX),
        "channels",
        &usize::MAX.to_string(),
        4 * usize::MAX as u128,
    );
}
