//! Training steps in single precision, affine maps and regions: `cargo bench --bench network`.
#![allow(missing_docs, reason = "the macros of criterion make public items")]

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use vicinfo::network::{
    Activation, ConvNet, Initialisation, Network, Perceptron, ResNet18, Shape, Slice,
};
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

/// Affine maps at a thousand points beside one forward pass of them, and the regions of a slice.
fn geometry(criterion: &mut Criterion) {
    let seed = Seed::root(0).child("bench");
    let network = |widths: Vec<usize>| -> Network<f64> {
        let perceptron = Perceptron {
            widths,
            activation: Activation::Relu,
            initialisation: Initialisation::He,
            bias: 0.1,
        };
        perceptron.network(seed).expect("sizes")
    };
    let wide = network(vec![784, 512, 512, 128]);
    let points = normal(784, 1000, seed.child("geometry")).map(f64::from);
    let columns: Vec<&[f64]> = points.as_slice().chunks_exact(784).collect();
    let mut group = criterion.benchmark_group("geometry");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(3));
    group.bench_function("forward pass, 1000 points", |b| {
        b.iter(|| wide.apply(&points).expect("finite"));
    });
    group.bench_function("affine maps, 1000 points", |b| {
        b.iter(|| {
            (columns.par_iter().map(|x| {
                let map = wide.affine_at(x).expect("finite");
                map.matrix[(0, 0)] + map.offset[0]
            }))
            .sum::<f64>()
        });
    });
    let deep = network(vec![2, 256, 256, 2]);
    let ends = (-1.0, 1.0);
    let slice = Slice::rectangle(&[0.0; 2], &[1.0, 0.0], &[0.0, 1.0], ends, ends).expect("plane");
    group.bench_function("regions of 2-256-256-2 on a square", |b| {
        b.iter(|| deep.cells(&slice).expect("finite").len());
    });
    group.finish();
}

criterion_group!(benches, steps, geometry);
criterion_main!(benches);
