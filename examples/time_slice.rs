//! Prints the cells of a slice and the seconds that it takes to find them.
//!
//! `cargo run --release --example time_slice -- WIDTH ROUNDS THREADS FILE`
//!
//! The network is 2-WIDTH-WIDTH-2 with ReLU, random, in double precision, and goes to FILE
//! (`.safetensors`); the slice is the square `[-1, 1]^2` of its input space. One line: the number
//! of cells, the sum of their areas and that of the squares of their areas, then the time of every
//! round. `benches/compare_splinecam.py` reads it.
#![allow(
    clippy::disallowed_methods,
    reason = "it measures time: that is its job"
)]

use std::time::Instant;

use vicinfo::network::{Activation, Initialisation, Network, Perceptron, Slice};
use vicinfo::seed::Seed;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [width, rounds, threads, file] = &arguments[..] else {
        return Err("usage: time_slice WIDTH ROUNDS THREADS FILE".into());
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.parse()?)
        .build_global()?;
    let width = width.parse()?;
    let perceptron = Perceptron {
        widths: vec![2, width, width, 2],
        activation: Activation::Relu,
        initialisation: Initialisation::He,
        bias: 0.1,
    };
    let network: Network<f64> = perceptron.network(Seed::root(0).child("bench"))?;
    std::fs::write(file, network.to_safetensors()?)?;
    let ends = (-1.0, 1.0);
    let slice = Slice::rectangle(&[0.0; 2], &[1.0, 0.0], &[0.0, 1.0], ends, ends)?;
    let (mut areas, mut times) = (Vec::new(), String::new());
    for _ in 0..rounds.parse::<usize>()? {
        let start = Instant::now();
        let cells = network.cells(&slice)?;
        times += &format!(" {:.6}", start.elapsed().as_secs_f64());
        areas = cells.iter().map(|cell| cell.area()).collect();
    }
    let (sum, squares) = (areas.iter()).fold((0.0, 0.0), |(s, q), a| (s + a, q + a * a));
    println!("{} {sum:?} {squares:?}{times}", areas.len());
    Ok(())
}
