//! The affine map of a point is the network there.

use nalgebra::DMatrix;
use vicinfo::network::{Activation, ConvNet, Network, ResNet18, Shape};
use vicinfo::seed::Seed;

use super::{golden, perceptron};

/// `A x + b` is the image, for each point.
fn assert_affine(name: &str, network: &Network<f64>, points: &DMatrix<f64>) {
    let images = network.apply(points).unwrap();
    for (x, image) in points.column_iter().zip(images.column_iter()) {
        let x = x.into_owned();
        let affine = network.affine_at(x.as_slice()).unwrap();
        let error = (&affine.matrix * &x + &affine.offset - image).norm();
        let scale = image.norm() + (&affine.matrix * &x).norm();
        assert!(error <= 1e-12 * scale, "{name}: {error} of {scale}");
    }
}

/// Networks with every kind of layer.
fn images() -> Vec<(&'static str, Network<f64>)> {
    let conv_net = ConvNet::new(Shape::image(3, 12, 9));
    let resnet = ResNet18 {
        width: 4,
        projector: vec![9, 5],
        ..ResNet18::new(Shape::image(2, 8, 8))
    };
    vec![
        ("conv_net", conv_net.network(Seed::root(20)).unwrap()),
        ("resnet", resnet.network(Seed::root(21)).unwrap()),
        ("convolutions", golden::network("convolutions")),
        ("residual", golden::network("residual")),
    ]
}

#[test]
fn affine_map_of_a_network_on_images_is_the_network_there() {
    for (name, network) in images() {
        let points = Seed::root(22)
            .child(name)
            .normal_matrix(network.input().size(), 3);
        assert_affine(name, &network, &points);
    }
}

#[test]
fn pull_is_push_transposed_on_images() {
    for (name, network) in images() {
        let (dim, out) = (network.input().size(), network.output().size());
        let points = Seed::root(23).normal_matrix(dim, 4);
        let (_, pieces) = network.trace(&points).unwrap();
        let (u, v) = (
            Seed::root(3).normal_matrix(dim, 8),
            Seed::root(4).normal_matrix(out, 8),
        );
        let pushed = network.push(&pieces, &u).unwrap();
        let pulled = network.pull(&pieces, &v).unwrap();
        for c in 0..8 {
            let (left, right) = (
                pushed.column(c).dot(&v.column(c)),
                u.column(c).dot(&pulled.column(c)),
            );
            assert!(
                (left - right).abs() <= 1e-12 * (1.0 + left.abs()),
                "{name}: {left} {right}"
            );
        }
    }
}

#[test]
fn affine_map_at_a_point_is_the_network_there() {
    let activations = [
        Activation::Relu,
        Activation::LeakyRelu { slope: 0.1 },
        Activation::Absolute,
        Activation::HardTanh,
        Activation::Tanh,
        Activation::Gelu,
        Activation::Silu,
    ];
    let shapes: [&[usize]; 4] = [
        &[5, 3],
        &[3, 8, 8, 5],
        &[20, 16, 16, 16, 16, 16, 16, 16, 3],
        &[64, 1024, 1024, 16],
    ];
    for activation in activations {
        for widths in shapes {
            let seed = Seed::root(11).child(widths.len());
            let network = perceptron(widths, activation, seed);
            let points = seed.child("points").normal_matrix(widths[0], 3);
            assert_affine(&format!("{activation:?} {widths:?}"), &network, &points);
        }
    }
}

#[test]
fn pull_is_push_transposed() {
    let network = perceptron(&[6, 9, 9, 4], Activation::HardTanh, Seed::root(1));
    let points = Seed::root(2).normal_matrix(6, 5);
    let (_, pieces) = network.trace(&points).unwrap();
    let (u, v) = (
        Seed::root(3).normal_matrix(6, 10),
        Seed::root(4).normal_matrix(4, 10),
    );
    let pushed = network.push(&pieces, &u).unwrap();
    let pulled = network.pull(&pieces, &v).unwrap();
    for c in 0..10 {
        let (left, right) = (
            pushed.column(c).dot(&v.column(c)),
            u.column(c).dot(&pulled.column(c)),
        );
        assert!(
            (left - right).abs() <= 1e-13 * (1.0 + left.abs()),
            "{left} {right}"
        );
    }
}
