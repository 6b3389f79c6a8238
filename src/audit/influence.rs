//! How much single points have to do with a log-determinant: what its standard error is made of.

use crate::entropy::gaussian::trigamma;
use crate::error::{Error, finite};
use crate::linalg::{Spd, mean};
use crate::sample::Sample;

/// Squared lengths `(x - m)^T S^-1 (x - m)` of some points, with the mean of `points` and a covariance.
pub(super) fn squared_lengths(factor: &Spd, points: &Sample, some: &Sample) -> Vec<f64> {
    let mean = mean(points);
    let mut centred = some.matrix().clone();
    for mut point in centred.column_iter_mut() {
        for (value, mean) in point.iter_mut().zip(&mean) {
            *value -= mean;
        }
    }
    let whitened = factor.whiten(&centred);
    let lengths = whitened.column_iter().map(|z| z.norm_squared());
    lengths.collect()
}

/// What of `(1/2) ln det S` of `n` points hangs on one, `n - 1` times what it changes when that is left out: `-((n-1)/2) ln(1 - n D^2 / (n-1)^2)`
/// for a point of squared length `D^2` by the covariance of all, but for a constant. Their variance over `n` is the jackknife's; to first order they are `D^2 / 2`,
/// which cannot exceed `n / 2` and sees little of heavy tails where points are few for the dimension.
///
/// Takes `n > dim + 1` points.
///
/// # Errors
/// [`Error::NonFiniteResult`] where a point lies so far from the others that without it nothing is left to working precision.
pub(super) fn of_each(lengths: &[f64], n: usize) -> Result<Vec<f64>, Error> {
    let parts = lengths.iter().map(|length| of_one(*length, n));
    parts
        .map(|part| finite("the log-determinant without its farthest point", part))
        .collect()
}

/// That of one of `n` points; not finite where without it nothing is left.
pub(super) fn of_one(length: f64, n: usize) -> f64 {
    let n = n as f64;
    let share = n * length / (n - 1.0).powi(2);
    -0.5 * (n - 1.0) * (-share).ln_1p()
}

/// Variance of these over `n` Gaussian points, of which `n D^2 / (n-1)^2` has a Beta law of `d/2` and `(n-d-1)/2`.
pub(super) fn gaussian_variance(n: usize, dim: usize) -> f64 {
    let free = |less: usize| trigamma((n - less) as f64 / 2.0);
    0.25 * (n as f64 - 1.0).powi(2) * (free(dim + 1) - free(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six points in the plane, each left out in turn by NumPy: `(n-1) (1/2) (ln det S - ln det S_(-i))`, less that of the first.
    #[test]
    fn one_point_less_changes_the_log_determinant_by_so_much() {
        let points = [
            1.0, 2.0, 0.0, 1.0, 3.0, -1.0, 2.0, 2.0, -1.0, 0.5, 0.5, -2.0,
        ];
        let points = Sample::from_points(2, points.to_vec()).unwrap();
        let factor = Spd::new(&crate::linalg::covariance(&points).unwrap()).unwrap();
        let each = of_each(&squared_lengths(&factor, &points, &points), 6).unwrap();
        let expected = [
            0.0,
            -0.330_986_301_796_183_9,
            1.994_889_317_381_209_4,
            0.584_435_835_504_216_2,
            0.756_753_966_844_653_2,
            1.439_050_097_210_105_7,
        ];
        for (value, expected) in each.iter().zip(expected) {
            assert!((value - each[0] - expected).abs() < 1e-12, "{each:?}");
        }
    }

    /// A point without which the others are one point, to working precision, is refused and not infinite.
    #[test]
    fn a_point_that_is_all_there_is_is_refused() {
        let n = 5.0_f64;
        assert!(of_each(&[0.1, (n - 1.0).powi(2) / n], 5).is_err());
    }

    #[test]
    fn the_variance_of_gaussian_points_is_that_of_a_beta_law() {
        // scipy.special.polygamma(1, .) 1.17
        for (n, dim, expected) in [
            (6, 4, 27.777_777_777_777_78),
            (20, 3, 1.998_110_291_800_150_8),
            (120, 30, 20.453_963_600_126_443),
        ] {
            let found = gaussian_variance(n, dim);
            assert!((found / expected - 1.0).abs() < 1e-12, "{found}");
        }
    }
}
