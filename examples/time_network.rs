//! Prints the peak memory and the seconds of training steps in single precision.
//!
//! `cargo run --release --example time_network -- perceptron|conv_net|resnet18 STEPS THREADS`
//!
//! A step is a forward pass in training mode and the gradients of all parameters. One line: the
//! peak resident memory in KiB (`VmHWM`; 0 where the system does not say), then the time of every
//! step. `benches/compare_torch.py` reads it.
#![allow(
    clippy::disallowed_methods,
    reason = "it measures time: that is its job"
)]

use std::time::Instant;

use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use vicinfo::network::{Activation, ConvNet, Initialisation, Network, Perceptron, ResNet18, Shape};
use vicinfo::seed::Seed;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, steps, threads] = &arguments[..] else {
        return Err("usage: time_network NAME STEPS THREADS".into());
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.parse()?)
        .build_global()?;
    let seed = Seed::root(0);
    let (mut network, n): (Network<f32>, usize) = match name.as_str() {
        "perceptron" => {
            let perceptron = Perceptron {
                widths: vec![784, 512, 512, 128],
                activation: Activation::Relu,
                initialisation: Initialisation::He,
                bias: 0.0,
            };
            (perceptron.network(seed)?, 256)
        }
        "conv_net" => (ConvNet::new(Shape::image(3, 16, 16)).network(seed)?, 256),
        "resnet18" => (ResNet18::new(Shape::image(3, 32, 32)).network(seed)?, 64),
        other => return Err(format!("no network {other}").into()),
    };
    let points = normal(network.input().size(), n, seed.child("points"));
    let cotangents = normal(network.output().size(), n, seed.child("cotangents"));
    let mut times = String::new();
    for _ in 0..steps.parse::<usize>()? {
        let start = Instant::now();
        let (_, tape) = network.forward(&points)?;
        let gradients = network.gradients(tape, &cotangents)?;
        times += &format!(" {:.6}", start.elapsed().as_secs_f64());
        drop(gradients);
    }
    println!("{}{times}", peak_kib());
    Ok(())
}

/// Standard normal points, one a column.
fn normal(dim: usize, n: usize, seed: Seed) -> DMatrix<f32> {
    let mut rng = seed.rng();
    DMatrix::from_fn(dim, n, |_, _| rng.sample(StandardNormal))
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|rest| rest.trim().strip_suffix(" kB"));
    number.and_then(|kib| kib.parse().ok()).unwrap_or(0)
}
