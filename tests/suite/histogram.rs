//! Histogram entropies against NumPy 2.4.6.

use vicinfo::Error;
use vicinfo::entropy::{self, Correction, EntropyEstimator, Histogram};
use vicinfo::sample::Sample;

use crate::table::{mixed, near};

fn entropy(sample: &Sample, bins: Option<usize>, correction: Correction) -> Result<f64, Error> {
    Histogram::new(bins, correction).unwrap().entropy(sample)
}

/// ```python
/// for n, d, b in ((50, 1, 6), (200, 2, 5), (200, 3, 4), (200, 2, round(200**(1/4)))):
///     x = mixed(n, d)
///     h, _ = np.histogramdd(x, bins=b)
///     c = h[h > 0]
///     H = -(c/n*np.log(c/n)).sum() + np.log(np.prod(x.max(0) - x.min(0))/b**d)
///     print(H, H + (len(c) - 1)/(2*n))
/// ```
#[test]
fn values_agree_with_numpy() {
    for (n, dim, bins, plug_in, corrected) in [
        (50, 1, Some(6), 1.1541183533657302, 1.2041183533657303),
        (200, 2, Some(5), 2.534763912089482, 2.574763912089482),
        (200, 3, Some(4), 3.936941588333685, 4.016941588333685),
        (200, 2, None, 2.610362388692547, 2.6378623886925467),
    ] {
        let sample = mixed(n, dim);
        let what = format!("n = {n}, dim = {dim}");
        near(
            &what,
            entropy(&sample, bins, Correction::None).unwrap(),
            plug_in,
            1e-12,
        );
        near(
            &what,
            entropy(&sample, bins, Correction::MillerMadow).unwrap(),
            corrected,
            1e-12,
        );
    }
}

/// Values on edges go to the cell above, the largest to the last.
#[test]
fn edges_are_numpys() {
    // Counts 1, 1, 1, 2 in cells of width 1.
    let sample = Sample::from_points(1, vec![0.0, 1.0, 2.0, 3.0, 4.0]).unwrap();
    let value = entropy(&sample, Some(4), Correction::None).unwrap();
    near(
        "by hand",
        value,
        5.0_f64.ln() - 2.0 * 2.0_f64.ln() / 5.0,
        1e-15,
    );
    // One bin: the log-volume of the box.
    let one = entropy(&mixed(50, 2), Some(1), Correction::MillerMadow).unwrap();
    let range = |j| {
        let values = || mixed(50, 2).coordinate(j).collect::<Vec<f64>>();
        values().into_iter().fold(f64::MIN, f64::max)
            - values().into_iter().fold(f64::MAX, f64::min)
    };
    near("box", one, (range(0) * range(1)).ln(), 1e-14);
}

#[test]
fn degenerate_data_are_refused_by_name() {
    let of = |dim, points| {
        entropy(
            &Sample::from_points(dim, points).unwrap(),
            Some(4),
            Correction::None,
        )
    };
    assert!(matches!(
        of(2, vec![1.0, 2.0]),
        Err(Error::TooFewPoints {
            required: 2,
            actual: 1,
            ..
        })
    ));
    assert!(matches!(
        of(2, vec![1.0, 5.0, 2.0, 5.0, 4.0, 5.0]),
        Err(Error::SingularCovariance {
            dim: 2,
            coordinate: 1,
            ..
        })
    ));
    assert!(matches!(
        of(1, vec![1e308, -1e308]),
        Err(Error::NonFiniteResult { .. })
    ));
    // Two neighbouring doubles leave no room for four bins.
    assert!(matches!(
        of(1, vec![1.0, 1.0 + f64::EPSILON]),
        Err(Error::InvalidParameter { .. })
    ));
    assert!(of(1, vec![1.0, 1.0, 1.0, 2.0]).is_ok());
    for bins in [0, (1 << 24) + 1] {
        assert!(matches!(
            Histogram::new(Some(bins), Correction::None),
            Err(Error::InvalidParameter { .. })
        ));
    }
    for name in [
        "histogram(bins=many)",
        "histogram(bins=-3)",
        "histogram(correction=some)",
    ] {
        assert!(
            matches!(entropy::parse(name), Err(Error::InvalidParameter { .. })),
            "{name}"
        );
    }
}

/// Cells are stored where points are: a grid of `1000^20` cells costs nothing.
#[test]
fn empty_cells_are_not_stored() {
    let sample = mixed(300, 20);
    let value = entropy(&sample, Some(1000), Correction::None).unwrap();
    assert!(value.is_finite());
    let estimator = Histogram::new(Some(1000), Correction::None).unwrap();
    let warnings = estimator.warnings(&sample);
    assert!(
        warnings.iter().any(|w| w.contains("occupied cells")),
        "{warnings:?}"
    );
}
