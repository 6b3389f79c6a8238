//! Steps of self-supervised training in single precision, with what they consist of beside the
//! networks: `cargo bench --bench training`.
#![allow(missing_docs, reason = "the macros of criterion make public items")]

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use vicinfo::image::{Augmentation, sprites};
use vicinfo::network::Shape;
use vicinfo::objective;
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;
use vicinfo::training::{Encoder, Learner, Optimiser, Plan, Preset, Schedule, views};

/// Numbers of an embedding.
const DIM: usize = 64;

fn learner(encoder: &str, input: Shape) -> Learner<f32> {
    let plan = Plan {
        encoder: Encoder::parse(encoder).expect("an encoder"),
        projector: vec![256, DIM],
        predictor: 256,
        method: "vicreg()".to_owned(),
        optimiser: Optimiser::parse("adamw()").expect("an optimiser"),
        schedule: Schedule {
            rate: 1e-3,
            warm_up: 0,
            steps: 1_000_000,
            floor: 1.0,
        },
        keep: 0.99,
    };
    Learner::new(plan, input, Seed::root(0)).expect("sizes")
}

fn normal(dim: usize, n: usize, seed: Seed) -> DMatrix<f32> {
    let mut rng = seed.rng();
    DMatrix::from_fn(dim, n, |_, _| rng.sample(StandardNormal))
}

/// The same batch again and again, which costs what different ones cost.
fn steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("step");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(3));
    for (name, encoder, input, n) in [
        ("conv_net 16x16", "conv_net()", Shape::image(1, 16, 16), 256),
        ("conv_net 28x28", "conv_net()", Shape::image(1, 28, 28), 256),
        ("resnet18 32x32", "resnet18()", Shape::image(3, 32, 32), 64),
    ] {
        let mut learner = learner(encoder, input);
        let seed = Seed::root(1);
        let first = normal(input.size(), n, seed.child("first"));
        let second = normal(input.size(), n, seed.child("second"));
        group.bench_function(BenchmarkId::new(name, format!("batch {n}")), |b| {
            b.iter(|| learner.step(&first, &second).expect("finite").loss);
        });
    }
    group.finish();
}

/// What a step needs beside the networks: two views of every image, and the losses, with their gradients.
fn rest(criterion: &mut Criterion) {
    let n = 256;
    let augmentation = Augmentation {
        crop: 0.6,
        turn: 3.0,
        flip: true,
        jitter: 0.4,
        blur: 1.2,
        noise: 0.05,
    };
    let indices: Vec<usize> = (0..n).collect();
    let mut group = criterion.benchmark_group("beside the networks");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    for side in [16, 28] {
        let (images, _) = sprites(n, side, Seed::root(2)).expect("a size");
        group.bench_function(
            BenchmarkId::new("two views", format!("{side}x{side}")),
            |b| {
                b.iter(|| {
                    ["first", "second"].map(|view| {
                        let seed = Seed::root(3).child(view);
                        views::<f32>(&images, &indices, &augmentation, seed)
                    })
                });
            },
        );
    }
    let sample = |label: &str| {
        let points = normal(DIM, n, Seed::root(4).child(label)).map(f64::from);
        Sample::new(points).expect("finite")
    };
    let embeddings = Paired::new(sample("first"), sample("second")).expect("one size");
    for id in [
        "vicreg",
        "vicreg_log_det",
        "vicreg_pair_dist",
        "simclr",
        "barlow_twins",
        "sigreg",
    ] {
        let method = Preset::named(id).expect("a preset").method(DIM);
        let objective = objective::parse(&method).expect("an objective");
        let place = format!("{id}, {n} x {DIM}");
        group.bench_function(BenchmarkId::new("loss and gradient", place), |b| {
            // On the thread pool, as in a step.
            b.iter(|| rayon::scope(|_| objective.evaluate(&embeddings).expect("finite").value));
        });
    }
    group.finish();
}

criterion_group!(benches, steps, rest);
criterion_main!(benches);
