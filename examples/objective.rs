//! Prints an objective on two `.npy` files, the lengths of its gradients and the seconds that the
//! calls take.
//!
//! `cargo run --release --example objective -- OBJECTIVE RUNS THREADS X.npy Y.npy`
//!
//! One line: the value, the Euclidean norms of the gradients with respect to both views, then the
//! time of every run, value and gradients together. `benches/compare_torch_objective.py` reads it.
#![allow(
    clippy::disallowed_methods,
    reason = "it reads files and measures time: that is its job"
)]

use std::fs::File;
use std::io::BufReader;
use std::time::Instant;

use vicinfo::objective;
use vicinfo::sample::{Paired, Sample};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, runs, threads, x, y] = &arguments[..] else {
        return Err("usage: objective OBJECTIVE RUNS THREADS X.npy Y.npy".into());
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.parse()?)
        .build_global()?;
    let views = Paired::new(read(x)?, read(y)?)?;
    let objective = objective::parse(name)?;
    let mut evaluation = objective.evaluate(&views)?;
    let mut times = String::new();
    for _ in 0..runs.parse::<usize>()? {
        let start = Instant::now();
        evaluation = objective.evaluate(&views)?;
        times += &format!(" {:.6}", start.elapsed().as_secs_f64());
    }
    let [first, second] = evaluation.gradient.map(|gradient| gradient.norm());
    println!("{:?} {first:?} {second:?}{times}", evaluation.value);
    Ok(())
}

fn read(path: &str) -> Result<Sample, Box<dyn std::error::Error>> {
    let file = npyz::NpyFile::new(BufReader::new(File::open(path)?))?;
    let shape = file.shape().to_vec();
    let [_, dim] = shape[..] else {
        return Err(format!("{path}: expected two axes, found {}", shape.len()).into());
    };
    Ok(Sample::from_points(dim as usize, file.into_vec::<f64>()?)?)
}
