//! The affine map of a point is the network there.

use vicinfo::network::Activation;
use vicinfo::seed::Seed;

use super::{normal, perceptron};

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
            let points = normal(widths[0], 3, seed.child("points"));
            let images = network.apply(&points).unwrap();
            for (x, image) in points.column_iter().zip(images.column_iter()) {
                let x = x.into_owned();
                let affine = network.affine_at(x.as_slice()).unwrap();
                let error = (&affine.matrix * &x + &affine.offset - image).norm();
                let scale = image.norm() + (&affine.matrix * &x).norm();
                assert!(
                    error <= 1e-12 * scale,
                    "{activation:?} {widths:?}: {error} of {scale}"
                );
            }
        }
    }
}

#[test]
fn pull_is_push_transposed() {
    let network = perceptron(&[6, 9, 9, 4], Activation::HardTanh, Seed::root(1));
    let points = normal(6, 5, Seed::root(2));
    let (_, pieces) = network.trace(&points).unwrap();
    let (u, v) = (normal(6, 10, Seed::root(3)), normal(4, 10, Seed::root(4)));
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
