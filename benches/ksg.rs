//! KSG-1 and Kozachenko-Leonenko on correlated normal pairs: `cargo bench --bench ksg`.
#![allow(missing_docs, reason = "the macros of criterion make public items")]

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rand_distr::{Distribution, StandardNormal};
use vicinfo::entropy::EntropyEstimator;
use vicinfo::entropy::KozachenkoLeonenko;
use vicinfo::information::InformationEstimator;
use vicinfo::information::{Ksg1, Ties};
use vicinfo::neighbour::Norm;
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

/// Pairs with correlation 0.6 in every coordinate.
fn pairs(n: usize, dim: usize) -> Paired {
    let mut rng = Seed::root(0).child("bench").rng();
    let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
    let x: Vec<f64> = (0..n * dim).map(|_| normal()).collect();
    let y = x.iter().map(|x| 0.6 * x + 0.8 * normal()).collect();
    let half = |points| Sample::from_points(dim, points).expect("finite");
    let (x, y) = (half(x), half(y));
    Paired::new(x, y).expect("equal numbers")
}

fn estimators(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("nearest neighbours, k = 3");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    let ksg = Ksg1::new(3, Ties::Reject).expect("k > 0");
    let norms = [Norm::Euclidean, Norm::Max];
    let entropies = norms.map(|norm| KozachenkoLeonenko::new(3, norm).expect("k > 0"));
    for dim in [1, 5] {
        for n in [1_000, 10_000, 100_000] {
            let pairs = pairs(n, dim);
            let joint = pairs.joint();
            let size = format!("{dim}+{dim} n={n}");
            group.bench_function(BenchmarkId::new(ksg.name(), &size), |b| {
                b.iter(|| ksg.information(&pairs));
            });
            for entropy in &entropies {
                group.bench_function(BenchmarkId::new(entropy.name(), &size), |b| {
                    b.iter(|| entropy.entropy(&joint));
                });
            }
        }
    }
    group.finish();
}

criterion_group!(benches, estimators);
criterion_main!(benches);
