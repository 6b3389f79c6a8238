//! Prints the peak memory and the seconds of steps of self-supervised training in single precision.
//!
//! `cargo run --release --example time_training -- perceptron|conv_net_16|conv_net_28|resnet18|loss STEPS THREADS`
//!
//! A step is all that [`Learner::step`] does on two views of a batch: forward passes, VICReg, gradients
//! and AdamW; `loss` is VICReg alone, on embeddings of the size that the steps have. One line: the peak
//! resident memory in KiB (`VmHWM`; 0 where the system does not say), the processor seconds a step, then
//! the time of every step. `benches/compare_training.py` reads it.
#![allow(
    clippy::disallowed_methods,
    reason = "it measures time: that is its job"
)]

use std::time::Instant;

use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use vicinfo::network::Shape;
use vicinfo::objective;
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;
use vicinfo::training::{Encoder, Learner, Optimiser, Plan, Schedule};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, steps, threads] = &arguments[..] else {
        return Err("usage: time_training NAME STEPS THREADS".into());
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.parse()?)
        .build_global()?;
    let (encoder, input, n) = match name.as_str() {
        "perceptron" => ("perceptron(widths=512-512)", Shape::vector(784), 256),
        "conv_net_16" => ("conv_net()", Shape::image(1, 16, 16), 256),
        "conv_net_28" => ("conv_net()", Shape::image(1, 28, 28), 256),
        "resnet18" => ("resnet18()", Shape::image(3, 32, 32), 64),
        "loss" => {
            let embeddings =
                ["first", "second"].map(|view| Sample::new(normal(64, 256, view).map(f64::from)));
            let [first, second] = embeddings;
            let embeddings = Paired::new(first?, second?)?;
            let objective = objective::parse("vicreg()")?;
            return time(steps, || {
                objective.evaluate(&embeddings)?;
                Ok(())
            });
        }
        other => return Err(format!("no network {other}").into()),
    };
    let plan = Plan {
        encoder: Encoder::parse(encoder)?,
        projector: vec![256, 64],
        predictor: 256,
        method: "vicreg()".to_owned(),
        optimiser: Optimiser::parse("adamw()")?,
        schedule: Schedule {
            rate: 1e-3,
            warm_up: 0,
            steps: 1_000_000,
            floor: 1.0,
        },
        keep: 0.99,
    };
    let mut learner = Learner::<f32>::new(plan, input, Seed::root(0))?;
    let [first, second] = ["first", "second"].map(|view| normal(input.size(), n, view));
    time(steps, || {
        learner.step(&first, &second)?;
        Ok(())
    })
}

/// The first step finds no memory and is not counted.
fn time(
    steps: &str,
    mut step: impl FnMut() -> Result<(), vicinfo::Error>,
) -> Result<(), Box<dyn std::error::Error>> {
    let steps: u32 = steps.parse()?;
    step()?;
    let before = processor_seconds();
    let mut times = String::new();
    for _ in 0..steps {
        let start = Instant::now();
        step()?;
        times += &format!(" {:.6}", start.elapsed().as_secs_f64());
    }
    let processor = (processor_seconds() - before) / f64::from(steps);
    println!("{} {processor:.6}{times}", peak_kib());
    Ok(())
}

/// Standard normal points, one a column.
fn normal(dim: usize, n: usize, label: &str) -> DMatrix<f32> {
    let mut rng = Seed::root(0).child(label).rng();
    DMatrix::from_fn(dim, n, |_, _| rng.sample(StandardNormal))
}

/// Of all threads together, in hundredths of a second; 0 where the system does not say.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in parentheses, is the second field and may contain spaces.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|rest| rest.trim().strip_suffix(" kB"));
    number.and_then(|kib| kib.parse().ok()).unwrap_or(0)
}
