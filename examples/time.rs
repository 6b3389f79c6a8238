//! Prints the KSG-1 estimate on two `.npy` files and the seconds that the call takes.
//!
//! `cargo run --release --example time_ksg -- X.npy Y.npy [K] [RUNS] [THREADS]`
//!
//! One line: the estimate, then the time of every run. `benches/compare_ksg.py` reads it.
#![allow(clippy::disallowed_methods)] // it reads files and measures time: that is its job

use std::fs::File;
use std::io::BufReader;
use std::time::Instant;

use vicinfo::information::InformationEstimator;
use vicinfo::information::{Ksg1, Ties};
use vicinfo::sample::{Paired, Sample};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [x, y, numbers @ ..] = &arguments[..] else {
        return Err("usage: time_ksg X.npy Y.npy [K] [RUNS] [THREADS]".into());
    };
    let number = |at: usize, default: usize| match numbers.get(at) {
        Some(text) => text.parse(),
        None => Ok(default),
    };
    let (k, runs, threads) = (number(0, 3)?, number(1, 5)?, number(2, 2)?);
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()?;
    let pairs = Paired::new(read(x)?, read(y)?)?;
    let estimator = Ksg1::new(k, Ties::Reject)?;
    let mut line = String::new();
    for run in 0..runs {
        let start = Instant::now();
        let value = estimator.information(&pairs)?;
        let seconds = start.elapsed().as_secs_f64();
        if run == 0 {
            line = format!("{value:?}");
        }
        line.push_str(&format!(" {seconds:.6}"));
    }
    println!("{line}");
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
