//! The training pass: gradients against finite differences, threads, precisions.

use nalgebra::DMatrix;
use vicinfo::network::{
    Activation, ConvNet, Initialisation, Layer, Network, Perceptron, Pooling, PoolingKind,
    ResNet18, Residual, Shape, Window,
};
use vicinfo::seed::Seed;

use super::{golden, perceptron};

fn conv_net() -> ConvNet {
    ConvNet {
        input: Shape::image(2, 8, 8),
        channels: vec![4, 6],
        projector: vec![7, 3],
        initialisation: Initialisation::Orthogonal,
    }
}

fn resnet() -> ResNet18 {
    ResNet18 {
        width: 4,
        projector: vec![5, 3],
        ..ResNet18::new(Shape::image(3, 8, 8))
    }
}

/// `f(x) = sum v y` in training mode; the running statistics do not matter to it.
fn objective(network: &Network<f64>, points: &DMatrix<f64>, v: &DMatrix<f64>) -> f64 {
    network.clone().forward(points).unwrap().0.dot(v)
}

fn check_gradients(name: &str, mut network: Network<f64>, n: usize) {
    const STEP: f64 = 1e-5;
    let points = Seed::root(1)
        .child(name)
        .normal_matrix(network.input().size(), n);
    let v = Seed::root(2)
        .child(name)
        .normal_matrix(network.output().size(), n);
    let (_, tape) = network.forward(&points).unwrap();
    let (gradients, pulled) = network.backward(tape, &v).unwrap();
    let check = |what: &str, actual: f64, difference: f64| {
        let scale = 1.0 + actual.abs();
        assert!(
            (actual - difference).abs() <= 1e-6 * scale,
            "{name}, {what}: {actual} {difference}"
        );
    };
    for (p, gradient) in gradients.iter().enumerate() {
        let len = gradient.values.len();
        for index in [0, len / 3, len / 2, len - 1] {
            let moved = |step: f64| {
                let mut network = network.clone();
                network.parameters_mut()[p].values[index] += step;
                objective(&network, &points, &v)
            };
            let difference = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
            check(&gradient.name, gradient.values[index], difference);
        }
    }
    for index in [0, points.len() / 2, points.len() - 1] {
        let moved = |step: f64| {
            let mut points = points.clone();
            points[index] += step;
            objective(&network, &points, &v)
        };
        let difference = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
        check("input", pulled[index], difference);
    }
}

#[test]
fn gradients_are_finite_differences() {
    check_gradients(
        "relu",
        perceptron(&[5, 9, 3], Activation::Relu, Seed::root(3)),
        6,
    );
    check_gradients(
        "gelu",
        perceptron(&[5, 9, 3], Activation::Gelu, Seed::root(3)),
        6,
    );
    check_gradients("conv_net", conv_net().network(Seed::root(3)).unwrap(), 5);
    check_gradients("resnet", resnet().network(Seed::root(3)).unwrap(), 4);
    check_gradients("convolutions", golden::network("convolutions"), 4);
}

#[test]
fn gradients_without_those_of_the_input_are_the_same() {
    for mut network in [
        conv_net().network::<f64>(Seed::root(4)).unwrap(),
        resnet().network(Seed::root(4)).unwrap(),
    ] {
        let points = Seed::root(5).normal_matrix(network.input().size(), 6);
        let v = Seed::root(6).normal_matrix(network.output().size(), 6);
        let (_, tape) = network.forward(&points).unwrap();
        let (gradients, _) = network.backward(tape.clone(), &v).unwrap();
        assert_eq!(network.gradients(tape, &v).unwrap(), gradients);
        let names: Vec<String> = gradients
            .into_iter()
            .map(|gradient| gradient.name)
            .collect();
        let expected: Vec<String> = network.parameters().into_iter().map(|p| p.name).collect();
        assert_eq!(names, expected);
    }
}

#[test]
fn without_batch_norm_backward_is_pull() {
    let input = Shape::image(2, 6, 6);
    let pooling = Pooling::new(PoolingKind::Max, input, Window::square(2, 2, 0)).unwrap();
    let pooling = Network::new(input, vec![Layer::Pooling(pooling)]).unwrap();
    let body = perceptron(&[18, 20, 18], Activation::Absolute, Seed::root(7));
    let residual = Layer::Residual(Residual {
        body: body.layers().to_vec(),
        shortcut: Vec::new(),
    });
    let layers = [
        pooling.layers(),
        &[residual, Layer::Activation(Activation::HardTanh)],
    ]
    .concat();
    // A residual of linear layers gives a vector, so that the shortcut has to be one too.
    assert!(Network::new(input, layers.clone()).is_err());
    let shortcut = perceptron(&[18, 18], Activation::Relu, Seed::root(8));
    let residual = Layer::Residual(Residual {
        body: body.layers().to_vec(),
        shortcut: shortcut.layers().to_vec(),
    });
    let layers = [
        pooling.layers(),
        &[residual, Layer::Activation(Activation::HardTanh)],
    ]
    .concat();
    let mut network = Network::new(input, layers).unwrap();
    let points = Seed::root(9).normal_matrix(72, 5);
    let v = Seed::root(10).normal_matrix(18, 5);
    let (applied, pieces) = network.trace(&points).unwrap();
    let (image, tape) = network.forward(&points).unwrap();
    assert_eq!(image, applied);
    let (_, pulled) = network.backward(tape, &v).unwrap();
    assert_eq!(pulled, network.pull(&pieces, &v).unwrap());
}

/// Everything that a training step computes, as bits.
fn step<T: vicinfo::network::Real>(mut network: Network<T>, n: usize) -> Vec<u64> {
    let points = Seed::root(1)
        .normal_matrix(network.input().size(), n)
        .map(T::from_f64);
    let v = Seed::root(2)
        .normal_matrix(network.output().size(), n)
        .map(T::from_f64);
    let (image, tape) = network.forward(&points).unwrap();
    let (gradients, pulled) = network.backward(tape, &v).unwrap();
    let applied = network.apply(&points).unwrap();
    let all = (image.iter().chain(pulled.iter()).chain(applied.iter()))
        .chain(gradients.iter().flat_map(|gradient| &gradient.values));
    all.map(|value| value.to_f64().to_bits()).collect()
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let perceptron: Network<f32> = Perceptron {
        widths: vec![70, 150, 40],
        activation: Activation::Gelu,
        initialisation: Initialisation::He,
        bias: 0.1,
    }
    .network(Seed::root(3))
    .unwrap();
    let conv_net = ConvNet::new(Shape::image(3, 16, 16));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            [
                step(perceptron.clone(), 200),
                step::<f32>(conv_net.network(Seed::root(3)).unwrap(), 100),
                step::<f64>(conv_net.network(Seed::root(3)).unwrap(), 33),
                step::<f32>(resnet().network(Seed::root(3)).unwrap(), 70),
                step(golden::network("convolutions"), 50),
            ]
        })
    };
    let one = on(1);
    assert_eq!(one, on(2));
    assert_eq!(one, on(5));
}

#[test]
fn single_precision_is_double_precision_rounded() {
    // tanh has no kinks, over which a rounding could carry a point.
    let perceptron = Perceptron {
        widths: vec![20, 64, 64, 8],
        activation: Activation::Tanh,
        initialisation: Initialisation::He,
        bias: 0.1,
    };
    let single: Vec<f64> = step::<f32>(perceptron.network(Seed::root(1)).unwrap(), 40)
        .into_iter()
        .map(f64::from_bits)
        .collect();
    let double: Vec<f64> = step::<f64>(perceptron.network(Seed::root(1)).unwrap(), 40)
        .into_iter()
        .map(f64::from_bits)
        .collect();
    let scale = double.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
    assert_eq!(single.len(), double.len());
    for (s, d) in single.iter().zip(&double) {
        assert!((s - d).abs() <= 1e-5 * scale, "{s} {d}");
    }
}

#[test]
fn slope_of_a_relu_at_zero_is_zero() {
    let mut network =
        Network::<f64>::new(Shape::vector(3), vec![Layer::Activation(Activation::Relu)]).unwrap();
    let points = DMatrix::from_column_slice(3, 1, &[-1.0, 0.0, 1.0]);
    let (_, tape) = network.forward(&points).unwrap();
    let ones = DMatrix::from_element(3, 1, 1.0);
    let (_, pulled) = network.backward(tape, &ones).unwrap();
    assert_eq!(pulled.as_slice(), [0.0, 0.0, 1.0]);
}

#[test]
fn builders_have_the_published_sizes() {
    let numbers = |network: &Network<f32>| -> usize {
        network
            .parameters()
            .iter()
            .map(|parameter| parameter.values.len())
            .sum()
    };
    // torchvision's resnet18 has 11689512 parameters: 513000 in `fc`, and 9408 instead of 1728 in
    // its 7 x 7 stem.
    let resnet: Network<f32> = ResNet18::new(Shape::image(3, 32, 32))
        .network(Seed::root(1))
        .unwrap();
    assert_eq!(numbers(&resnet), 11_689_512 - 513_000 - 9408 + 1728);
    assert_eq!(resnet.output(), Shape::vector(512));
    assert_eq!(resnet.parameters().len(), 60);
    let conv_net: Network<f32> = ConvNet::new(Shape::image(3, 16, 16))
        .network(Seed::root(1))
        .unwrap();
    let convolutions = 27 * 16 + 144 * 32 + 288 * 128 + 2 * (16 + 32 + 128);
    assert_eq!(
        numbers(&conv_net),
        convolutions + 128 * 256 + 512 + 256 * 64
    );
    let names: Vec<String> = conv_net.parameters().into_iter().map(|p| p.name).collect();
    assert_eq!(names[..3], ["0.weight", "1.weight", "1.bias"]);
    // torch.nn.Flatten is layer 10.
    assert_eq!(
        names[9..],
        ["11.weight", "12.weight", "12.bias", "14.weight"]
    );
}

#[test]
fn encoder_is_the_beginning_of_the_network() {
    let seed = Seed::root(12);
    let encoder: Network<f64> = conv_net().encoder(seed).unwrap();
    let network: Network<f64> = conv_net().network(seed).unwrap();
    assert_eq!(
        network.layers()[..encoder.layers().len()],
        *encoder.layers()
    );
    // Orthogonal filters: 4 of 18 numbers, 6 of 36.
    for index in [0, 3] {
        let Layer::Convolution(convolution) = &encoder.layers()[index] else {
            panic!("a convolution")
        };
        let gram = convolution.weight().tr_mul(convolution.weight());
        let error = (&gram - DMatrix::identity(gram.nrows(), gram.ncols())).norm();
        assert!(error <= 1e-13, "{error}");
    }
}
