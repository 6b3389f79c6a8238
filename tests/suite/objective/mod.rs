//! Objectives of self-supervised learning.

mod golden;
mod gradient;
mod planted;
mod reading;
mod reading_gaussian;
mod rejection;
mod vicreg;

use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

/// Four points of the plane and the same moved by 0.1.
fn toy() -> Paired {
    let z = Sample::from_points(2, vec![1.0, 0.0, -1.0, 0.0, 0.0, 1.0, 0.0, -1.0]).unwrap();
    let shifted = Sample::new(z.matrix().map(|v| v + 0.1)).unwrap();
    Paired::new(z, shifted).unwrap()
}

/// Standard normal numbers.
fn normal(rows: usize, columns: usize, seed: Seed) -> DMatrix<f64> {
    let mut rng = seed.rng();
    DMatrix::from_fn(rows, columns, |_, _| rng.sample(StandardNormal))
}

/// Two noisy views of correlated points off the origin.
fn views(n: usize, dim: usize, seed: Seed) -> Paired {
    let mix = normal(dim, dim, seed.child("mix")) / (dim as f64).sqrt();
    let shared = (mix * normal(dim, n, seed.child("shared"))).add_scalar(0.3);
    let view =
        |label: &str| Sample::new(&shared + normal(dim, n, seed.child(label)) * 0.4).unwrap();
    Paired::new(view("first"), view("second")).unwrap()
}

fn close(actual: f64, expected: f64, tolerance: f64) {
    assert!(
        (actual - expected).abs() <= tolerance * (1.0 + expected.abs()),
        "{actual} against {expected}"
    );
}
