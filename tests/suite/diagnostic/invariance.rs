//! Identities that the diagnostics obey on arbitrary samples.

use nalgebra::DMatrix;
use proptest::prelude::*;
use rand::RngExt;
use rand_distr::StandardNormal;
use vicinfo::linalg::{Spd, covariance, mean, svd};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

use super::{measure, normal};
use crate::table::near;

/// A sample of its own for every case: normal points, stretched and turned, so that spectra vary.
fn arbitrary() -> impl Strategy<Value = Sample> {
    (1_usize..7, 16_usize..40, any::<u64>()).prop_map(|(dim, n, seed)| {
        let mut rng = Seed::root(seed).child("stretch").rng();
        let stretch = DMatrix::from_fn(dim, dim, |i, j| {
            if i == j {
                rng.random_range(-2.0..2.0_f64).exp()
            } else {
                0.0
            }
        });
        let points = normal(dim, n, Seed::root(seed));
        Sample::new(orthogonal(dim, seed) * stretch * points.matrix()).unwrap()
    })
}

/// An orthogonal matrix.
fn orthogonal(dim: usize, seed: u64) -> DMatrix<f64> {
    let mut rng = Seed::root(seed).child("rotation").rng();
    svd(&DMatrix::from_fn(dim, dim, |_, _| {
        rng.sample::<f64, _>(StandardNormal)
    }))
    .unwrap()
    .u
}

/// Points whose covariance is the identity, to rounding, with mean 0.
fn whitened(sample: &Sample) -> Sample {
    let mean = mean(sample);
    let centred = sample
        .map(sample.dim(), |x, y| {
            y.iter_mut()
                .zip(x)
                .zip(&mean)
                .for_each(|((y, x), m)| *y = x - m)
        })
        .unwrap();
    Sample::new(
        Spd::new(&covariance(sample).unwrap())
            .unwrap()
            .whiten(centred.matrix()),
    )
    .unwrap()
}

const SPECTRAL: [&str; 8] = [
    "rankme",
    "effective_rank",
    "participation_ratio",
    "von_neumann_entropy",
    "renyi_matrix_entropy(alpha=0.5)",
    "renyi_matrix_entropy(alpha=2)",
    "log_det(beta=0.1)",
    "log_det(beta=10)",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn rotations_change_no_spectrum(sample in arbitrary(), seed in any::<u64>()) {
        let rotated = Sample::new(orthogonal(sample.dim(), seed) * sample.matrix()).unwrap();
        for name in SPECTRAL {
            near(name, measure(name, &rotated).unwrap(), measure(name, &sample).unwrap(), 1e-8);
        }
    }

    #[test]
    fn units_change_only_what_depends_on_them(sample in arbitrary(), power in -20_i32..20) {
        let factor = 2.0_f64.powi(power);
        let scaled = Sample::new(sample.matrix() * factor).unwrap();
        for name in SPECTRAL.iter().take(6).chain(&["total_correlation", "sliced_epps_pulley(slices=8)"]) {
            near(name, measure(name, &scaled).unwrap(), measure(name, &sample).unwrap(), 1e-9);
        }
        // The factor of the covariance takes up the units.
        let inverse = format!("log_det(beta={})", 1.0 / (factor * factor));
        near("log_det", measure(&inverse, &scaled).unwrap(), measure("log_det", &sample).unwrap(), 1e-10);
    }

    #[test]
    fn shifts_change_only_the_uncentred(sample in arbitrary(), shift in -8.0..8.0_f64) {
        let shifted = Sample::new(sample.matrix().map(|v| v + shift)).unwrap();
        for name in SPECTRAL.iter().skip(2).chain(&["total_correlation", "sliced_epps_pulley(slices=8)"]) {
            near(name, measure(name, &shifted).unwrap(), measure(name, &sample).unwrap(), 1e-8);
        }
    }

    #[test]
    fn ranks_and_entropies_keep_their_bounds(sample in arbitrary()) {
        let most = sample.dim().min(sample.n()) as f64;
        let value = |name: &str| measure(name, &sample).unwrap();
        for name in ["effective_rank", "participation_ratio"] {
            prop_assert!((1.0 - 1e-12..=most * (1.0 + 1e-12)).contains(&value(name)), "{name}");
        }
        let mut above = most.ln() + 1e-12;
        for alpha in ["0.1", "0.9", "1", "1.1", "2", "10"] {
            let entropy = value(&format!("renyi_matrix_entropy(alpha={alpha})"));
            prop_assert!(entropy >= -1e-12 && entropy <= above, "alpha {alpha}: {entropy} after {above}");
            above = entropy + 1e-12;
        }
        prop_assert!(value("log_det") >= 0.0 && value("total_correlation") >= -1e-12);
        let distance = value("sliced_epps_pulley(slices=8,standardise=false)");
        let most = std::f64::consts::TAU.sqrt() * (1.0 + 1.0 / 3.0_f64.sqrt());
        prop_assert!((0.0..=most).contains(&distance));
    }

    #[test]
    fn whitened_points_are_the_equality_case(sample in arbitrary()) {
        let white = whitened(&sample);
        let dim = sample.dim() as f64;
        let value = |name: &str| measure(name, &white).unwrap();
        near("participation", value("participation_ratio"), dim, 1e-8);
        near("effective", value("effective_rank"), dim, 1e-8);
        near("von Neumann", value("von_neumann_entropy"), dim.ln(), 1e-8);
        near("order 3", value("renyi_matrix_entropy(alpha=3)"), dim.ln(), 1e-8);
        near("log_det", value("log_det(beta=3)"), dim * 2.0_f64.ln(), 1e-8);
        near("total correlation", value("total_correlation"), 0.0, 1e-8);
        // Standardising what is standard already.
        let raw = value("sliced_epps_pulley(slices=8,standardise=false)");
        near("Epps-Pulley", value("sliced_epps_pulley(slices=8)"), raw, 1e-8);
    }
}
