//! The slack of the log-determinant and its parts.

use nalgebra::DMatrix;
use rand::RngExt;
use vicinfo::Error;
use vicinfo::diagnostic::{Diagnostic, LogDetSlack, Part, Split};
use vicinfo::entropy::{self, EntropyEstimator, Gaussian};
use vicinfo::neighbour::Norm;
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

use super::normal;
use crate::table::near;

#[test]
fn the_slack_splits_exactly() {
    // Uniform coordinates, mixed: correlated, and far from Gaussian.
    let mut rng = Seed::root(3).rng();
    let raw = DMatrix::from_fn(2, 4000, |_, _| rng.random_range(-1.0..1.0_f64));
    let turn = DMatrix::from_row_slice(2, 2, &[1.0, 0.0, 1.0, 0.5]);
    let sample = Sample::new(turn * raw).unwrap();
    let estimator = entropy::KozachenkoLeonenko::new(3, Norm::Euclidean).unwrap();
    let split = Split::new(&sample, &estimator).unwrap();
    near(
        "sum",
        split.slack(),
        split.off_diagonal + split.non_gaussianity,
        1e-14,
    );
    near(
        "parts",
        split.marginal - split.off_diagonal,
        Gaussian::default().entropy(&sample).unwrap(),
        1e-12,
    );
    assert_eq!(split.entropy, estimator.entropy(&sample).unwrap());
    // Cov = [[1, 1], [1, 1.25]] / 3, so that det R = 1 - 1/1.25; and ln(2 pi e / 12) of two uniforms.
    near(
        "off-diagonal",
        split.off_diagonal,
        -0.5 * 0.2_f64.ln(),
        0.05,
    );
    let per_coordinate = 0.5 * (std::f64::consts::TAU * std::f64::consts::E / 12.0).ln();
    near(
        "non-Gaussianity",
        split.non_gaussianity,
        2.0 * per_coordinate,
        0.1,
    );
    for (part, expected) in [
        (Part::Total, split.slack()),
        (Part::OffDiagonal, split.off_diagonal),
        (Part::NonGaussianity, split.non_gaussianity),
    ] {
        let diagnostic = LogDetSlack::new(part, Box::new(estimator)).unwrap();
        assert_eq!(
            diagnostic.measure(&sample),
            Ok(expected),
            "{}",
            diagnostic.name()
        );
    }
    assert!(matches!(
        Split::new(&sample, &Gaussian::default()),
        Err(Error::InvalidParameter { .. })
    ));
}

/// Counts its estimates, and fails where it is told to.
struct Counted {
    calls: std::sync::Arc<std::sync::atomic::AtomicUsize>,
    fails: bool,
}

impl EntropyEstimator for Counted {
    fn name(&self) -> String {
        "counted()".into()
    }

    fn promises(&self) -> entropy::Promises {
        entropy::parse("kozachenko_leonenko").unwrap().promises()
    }

    fn entropy(&self, sample: &Sample) -> Result<f64, Error> {
        self.calls
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if self.fails {
            return Err(Error::Empty { n: 0, dim: 0 });
        }
        Gaussian::default().entropy(sample)
    }
}

#[test]
fn a_part_of_the_slack_computes_what_it_needs() {
    let sample = normal(3, 40, Seed::root(8));
    let of = |part, fails, sample: &Sample| {
        let calls = std::sync::Arc::default();
        let estimator = Counted {
            calls: std::sync::Arc::clone(&calls),
            fails,
        };
        let slack = LogDetSlack::new(part, Box::new(estimator)).unwrap();
        let value = slack.measure(sample);
        (value, calls.load(std::sync::atomic::Ordering::Relaxed))
    };
    for (part, estimates) in [
        (Part::Total, 1),
        (Part::OffDiagonal, 0),
        (Part::NonGaussianity, 1),
    ] {
        let (value, calls) = of(part, false, &sample);
        assert!(value.is_ok(), "{part:?}: {value:?}");
        assert_eq!(calls, estimates, "{part:?}");
        let (value, _) = of(part, true, &sample);
        assert_eq!(value.is_ok(), estimates == 0, "{part:?}: {value:?}");
    }
    // Points in a flat: no estimate makes the slack finite.
    let few = normal(3, 3, Seed::root(8));
    for part in [Part::Total, Part::OffDiagonal, Part::NonGaussianity] {
        assert!(matches!(
            of(part, false, &few),
            (
                Err(Error::TooFewPoints {
                    required: 4,
                    actual: 3,
                    ..
                }),
                0
            )
        ));
    }
}
