//! Kernel densities and pairwise bounds on normal points: `cargo bench --bench kernel`.
#![allow(missing_docs, reason = "the macros of criterion make public items")]

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rand_distr::{Distribution, StandardNormal};
use vicinfo::entropy;
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

const ESTIMATORS: [&str; 4] = [
    "kernel_density(leave_one_out=false,kernel_covariance=identity)",
    "kernel_density(leave_one_out=true,kernel_covariance=full)",
    "kolchinsky_tracey(bound=kl,std=0.5)",
    // Every point is isolated: each sum takes a second pass.
    "kernel_density(bandwidth=0.0001,kernel_covariance=identity)",
];

fn points(n: usize, dim: usize) -> Sample {
    let mut rng = Seed::root(0).child("bench").rng();
    let points = (0..n * dim).map(|_| StandardNormal.sample(&mut rng));
    Sample::from_points(dim, points.collect()).expect("finite")
}

fn estimators(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("kernels");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    for name in ESTIMATORS {
        let estimator = entropy::parse(name).expect("a name of the registry");
        for dim in [2, 10, 50] {
            for n in [1_000, 10_000] {
                let points = points(n, dim);
                let size = format!("{dim} dimensions, n={n}");
                group.bench_function(BenchmarkId::new(name, &size), |b| {
                    b.iter(|| estimator.entropy(&points));
                });
            }
        }
    }
    group.finish();
}

criterion_group!(benches, estimators);
criterion_main!(benches);
