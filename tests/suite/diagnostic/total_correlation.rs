//! Total correlation of independent coordinates.

use vicinfo::diagnostic::{Diagnostic, TotalCorrelation};
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;

use super::normal;

#[test]
fn total_correlation_of_independent_coordinates_has_the_mean_it_says() {
    let values: Vec<f64> = (0..4000)
        .map(|replicate| {
            let sample = normal(4, 12, Seed::root(11).child(replicate));
            TotalCorrelation.measure(&sample).unwrap()
        })
        .collect();
    let summary = Summary::new(&values).unwrap();
    let expected = TotalCorrelation::null_mean(12, 4).unwrap();
    assert!(
        (summary.mean - expected).abs() < 6.0 * summary.std_error,
        "{summary:?} against {expected}"
    );
    assert!(expected > 0.25);
    assert!(
        !TotalCorrelation
            .warnings(&normal(4, 12, Seed::root(1)))
            .is_empty()
    );
}
