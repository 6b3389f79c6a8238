//! Diagnostics against NumPy 2.4.6 and SciPy 1.17.1, and the identities that they obey.

mod invariance;
mod log_det_slack;
mod rejection;
mod sliced_epps_pulley;
mod spectrum;
mod total_correlation;
mod views;

use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use vicinfo::Error;
use vicinfo::diagnostic::{self, Diagnostic};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

fn normal(dim: usize, n: usize, seed: Seed) -> Sample {
    let mut rng = seed.rng();
    Sample::new(DMatrix::from_fn(dim, n, |_, _| rng.sample(StandardNormal))).unwrap()
}

fn measure(name: &str, sample: &Sample) -> Result<f64, Error> {
    diagnostic::parse(name).unwrap().measure(sample)
}

fn defaults() -> impl Iterator<Item = Box<dyn Diagnostic>> {
    (diagnostic::ALL.iter())
        .flat_map(|entry| entry.defaults)
        .map(|name| diagnostic::parse(name).unwrap())
}

#[test]
fn names_read_back() {
    let mut count = 0;
    for entry in diagnostic::ALL {
        for name in entry.defaults {
            let diagnostic = diagnostic::parse(name).unwrap();
            assert_eq!(diagnostic.name(), *name);
            assert!(
                ["nats", "dimensions", "1"].contains(&diagnostic.unit()),
                "{name}"
            );
            count += 1;
        }
    }
    assert!(count >= 12);
    for (name, kind) in [
        ("rank", "UnknownName"),
        ("rankme(epsilon=1)", "UnknownName"),
        ("rankme(eps=1)", "InvalidParameter"),
        ("rankme(eps=-1e-9)", "InvalidParameter"),
        ("log_det(beta=0)", "InvalidParameter"),
        ("log_det(beta=inf)", "InvalidParameter"),
        ("renyi_matrix_entropy(alpha=0)", "InvalidParameter"),
        ("renyi_matrix_entropy(alpha=nan)", "InvalidParameter"),
        ("sliced_epps_pulley(slices=0)", "InvalidParameter"),
        ("sliced_epps_pulley(standardise=yes)", "InvalidParameter"),
        ("log_det_slack(part=rest)", "InvalidParameter"),
        ("log_det_slack(estimator=gaussian)", "InvalidParameter"),
        (
            "log_det_slack(estimator=kolchinsky_tracey)",
            "InvalidParameter",
        ),
    ] {
        let error = diagnostic::parse(name).err().unwrap();
        assert_eq!(error.kind(), kind, "{name}: {error}");
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let sample = normal(6, 3000, Seed::root(15));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            defaults()
                .map(|diagnostic| diagnostic.measure(&sample).unwrap().to_bits())
                .collect::<Vec<u64>>()
        })
    };
    assert_eq!(on(1), on(2));
}
