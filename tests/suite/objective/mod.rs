//! Objectives of self-supervised learning.

mod golden;
mod gradient;
mod planted;
mod reading;
mod reading_gaussian;
mod rejection;
mod vicreg;

use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

/// Four points of the plane and the same moved by 0.1.
fn toy() -> Paired {
    let z = Sample::from_points(2, vec![1.0, 0.0, -1.0, 0.0, 0.0, 1.0, 0.0, -1.0]).unwrap();
    let shifted = Sample::new(z.matrix().map(|v| v + 0.1)).unwrap();
    Paired::new(z, shifted).unwrap()
}

/// Two noisy views of correlated points off the origin.
fn views(n: usize, dim: usize, seed: Seed) -> Paired {
    let mix = seed.child("mix").normal_matrix(dim, dim) / (dim as f64).sqrt();
    let shared = (mix * seed.child("shared").normal_matrix(dim, n)).add_scalar(0.3);
    let view =
        |label: &str| Sample::new(&shared + seed.child(label).normal_matrix(dim, n) * 0.4).unwrap();
    Paired::new(view("first"), view("second")).unwrap()
}

fn close(actual: f64, expected: f64, tolerance: f64) {
    assert!(
        (actual - expected).abs() <= tolerance * (1.0 + expected.abs()),
        "{actual} against {expected}"
    );
}
