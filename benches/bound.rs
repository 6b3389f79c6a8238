//! The events of the bound over many draws, and the bound of a large data set: `cargo bench --bench bound`.
#![allow(missing_docs, reason = "the macros of criterion make public items")]

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use rayon::prelude::*;
use vicinfo::Error;
use vicinfo::bound::{
    Assumptions, CUTOFF, Events, Labels, MeanNorm, Observation, Population, Radius,
};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

const CLASSES: usize = 10;
const DELTA: f64 = 0.05;

/// Points around the means of their classes, on the unit sphere.
fn sphere(dim: usize, n: usize, label: &str) -> Result<(Sample, Labels), Error> {
    let seed = Seed::root(0).child("bench");
    let means = seed.child("means").normal_matrix(dim, CLASSES);
    let mut points = seed.child(label).normal_matrix(dim, n);
    for (i, mut point) in points.column_iter_mut().enumerate() {
        point += means.column(i % CLASSES);
        point.normalize_mut();
    }
    let classes = (0..CLASSES).map(|class| class.to_string()).collect();
    let labels = Labels::new((0..n).map(|i| i % CLASSES).collect(), classes)?;
    Ok((Sample::new(points)?, labels))
}

/// How many of all events hold in `trials` draws of `n` labelled points and `m` pairs.
fn coverage(population: &Population, trials: u64, n: usize, m: usize) -> Result<usize, Error> {
    (0..trials)
        .into_par_iter()
        .map(|trial| {
            let seed = Seed::root(0).child(trial);
            let labelled = population.draw(n, seed.child("labelled"));
            let pairs = population.draw_positives(m, seed.child("pairs"));
            let observation = population.observe(&labelled, &pairs, CUTOFF)?;
            let radius = Radius::Peeled { base: 1.0 };
            let assumptions = population.assumptions(&observation, radius, DELTA)?;
            let events = Events::new(population, &labelled, &observation, &assumptions)?;
            Ok(events.all().iter().filter(|event| event.holds()).count())
        })
        .sum()
}

/// Both fits, the bound and the bound in one line.
fn assess(
    (features, labels): &(Sample, Labels),
    positives: &Paired,
    hidden: &Labels,
) -> Result<[Option<f64>; 2], Error> {
    let observation = Observation::new(features, labels, positives, Some(hidden), CUTOFF)?;
    let norm = 1.0 + 1e-12;
    let radius = Radius::Peeled { base: 1.0 };
    let assumptions = Assumptions::from_norm(&observation, norm, radius, DELTA)?;
    let bound = observation.bound(&assumptions)?;
    let one_line = observation.alternative(&assumptions, MeanNorm::Bounded(norm), DELTA)?;
    Ok([bound.total.known(), one_line.total.known()])
}

fn bounds(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("bound");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(10));

    let (points, labels) = sphere(16, 1000, "population").expect("finite");
    let population = Population::new(points, labels, None).expect("classes with points");
    group.bench_function("500 trials, n=500, m=5000, 16 dimensions", |b| {
        b.iter(|| coverage(&population, 500, 500, 5000).expect("finite"));
    });

    let labelled = sphere(512, 60_000, "labelled").expect("finite");
    let (first, hidden) = sphere(512, 60_000, "first").expect("finite");
    let (second, _) = sphere(512, 60_000, "second").expect("finite");
    let positives = Paired::new(first, second).expect("as many");
    group.bench_function("assessment, n=m=60000, 512 dimensions", |b| {
        b.iter(|| assess(&labelled, &positives, &hidden).expect("finite"));
    });
    group.finish();
}

criterion_group!(benches, bounds);
criterion_main!(benches);
