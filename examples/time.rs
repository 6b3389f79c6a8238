//! Prints an estimate on `.npy` files, the peak memory and the seconds that the calls take.
//!
//! `cargo run --release --example time -- ESTIMATOR RUNS THREADS X.npy [Y.npy]`
//!
//! One file: an estimator of entropy; two: of information. One line: the estimate, the peak
//! resident memory in KiB (`VmHWM`, reading the files included; 0 where the system does not say),
//! then the time of every run. `benches/compare_peers.py` reads it.
#![allow(
    clippy::disallowed_methods,
    reason = "it reads files and measures time: that is its job"
)]

use std::fs::File;
use std::io::BufReader;
use std::time::Instant;

use vicinfo::sample::{Paired, Sample};
use vicinfo::{Error, entropy, information};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, runs, threads, files @ ..] = &arguments[..] else {
        return Err("usage: time ESTIMATOR RUNS THREADS X.npy [Y.npy]".into());
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.parse()?)
        .build_global()?;
    let estimate: Box<dyn Fn() -> Result<f64, Error>> = match files {
        [x] => {
            let (estimator, sample) = (entropy::parse(name)?, read(x)?);
            Box::new(move || estimator.entropy(&sample))
        }
        [x, y] => {
            let pairs = Paired::new(read(x)?, read(y)?)?;
            let estimator = information::parse(name)?;
            Box::new(move || estimator.information(&pairs))
        }
        _ => return Err("one file for an entropy, two for an information".into()),
    };
    let mut value = 0.0;
    let mut times = String::new();
    for _ in 0..runs.parse::<usize>()? {
        let start = Instant::now();
        value = estimate()?;
        times += &format!(" {:.6}", start.elapsed().as_secs_f64());
    }
    println!("{value:?} {}{times}", peak_kib());
    Ok(())
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|rest| rest.trim().strip_suffix(" kB"));
    number.and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

fn read(path: &str) -> Result<Sample, Box<dyn std::error::Error>> {
    let file = npyz::NpyFile::new(BufReader::new(File::open(path)?))?;
    let shape = file.shape().to_vec();
    let [_, dim] = shape[..] else {
        return Err(format!("{path}: expected two axes, found {}", shape.len()).into());
    };
    Ok(Sample::from_points(dim as usize, file.into_vec::<f64>()?)?)
}
