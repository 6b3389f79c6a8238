//! Distances to neighbours and range counts in many dimensions: `cargo bench --bench neighbour`.
#![allow(missing_docs, reason = "the macros of criterion make public items")]

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rand_distr::{Distribution, StandardNormal};
use vicinfo::neighbour::{Neighbours, Norm};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

const K: usize = 3;

/// Normal points of `intrinsic` dimensions, repeated with other signs and factors up to `dim`.
fn points(n: usize, dim: usize, intrinsic: usize) -> Sample {
    let mut rng = Seed::root(0).child("bench").rng();
    let mut points = Vec::with_capacity(n * dim);
    for _ in 0..n {
        let point: Vec<f64> = (0..intrinsic)
            .map(|_| StandardNormal.sample(&mut rng))
            .collect();
        points.extend((0..dim).map(|j| {
            let factor = 1.0 - 0.3 * (j / intrinsic % 7) as f64;
            factor * point[j % intrinsic]
        }));
    }
    Sample::from_points(dim, points).expect("finite")
}

fn searches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("neighbours, k = 3, n = 10000");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    for (dim, intrinsic) in [(5, 5), (10, 10), (16, 16), (50, 50), (50, 3)] {
        let points = points(10_000, dim, intrinsic);
        for norm in [Norm::Euclidean, Norm::Max] {
            let size = format!("{dim} dimensions of rank {intrinsic}, {}", norm.as_str());
            group.bench_function(BenchmarkId::new("kth_distances", &size), |b| {
                b.iter(|| Neighbours::new(&points, norm).kth_distances(K));
            });
            let neighbours = Neighbours::new(&points, norm);
            let radii = neighbours.kth_distances(K).expect("n > k");
            group.bench_function(BenchmarkId::new("counts_within", &size), |b| {
                b.iter(|| neighbours.counts_within(&radii));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, searches);
criterion_main!(benches);
