//! Training steps in single precision: `cargo bench --bench network`.
#![allow(missing_docs)] // the macros of criterion make public items

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use vicinfo::network::{Activation, ConvNet, Initialisation, Network, Perceptron, ResNet18, Shape};
use vicinfo::seed::Seed;

fn normal(dim: usize, n: usize, seed: Seed) -> DMatrix<f32> {
    let mut rng = seed.rng();
    DMatrix::from_fn(dim, n, |_, _| rng.sample(StandardNormal))
}

fn steps(criterion: &mut Criterion) {
    let seed = Seed::root(0).child("bench");
    let perceptron = Perceptron {
        widths: vec![784, 512, 512, 128],
        activation: Activation::Relu,
        initialisation: Initialisation::He,
        bias: 0.0,
    };
    let conv_net = ConvNet::new(Shape::image(3, 16, 16));
    let resnet = ResNet18::new(Shape::image(3, 32, 32));
    let networks: [(&str, Network<f32>, usize); 3] = [
        ("perceptron", perceptron.network(seed).expect("sizes"), 256),
        ("conv_net", conv_net.network(seed).expect("sizes"), 256),
        ("resnet18", resnet.network(seed).expect("sizes"), 64),
    ];
    let mut group = criterion.benchmark_group("forward and gradients");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(3));
    for (name, mut network, n) in networks {
        let points = normal(network.input().size(), n, seed.child("points"));
        let cotangents = normal(network.output().size(), n, seed.child("cotangents"));
        group.bench_function(format!("{name}, batch {n}"), |b| {
            b.iter(|| {
                let (_, tape) = network.forward(&points).expect("finite");
                network.gradients(tape, &cotangents).expect("finite")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, steps);
criterion_main!(benches);
