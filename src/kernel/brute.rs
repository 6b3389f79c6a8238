//! The oracle: every pair of points, in the plainest form.
//!
//! Slow on purpose (`O(n^2 d)`, one thread, the exponential of the standard library). The tests
//! demand that [`log_sums`](super::log_sums) gives the same numbers up to rounding.

use super::{Own, check};
use crate::error::{Error, finite};
use crate::neighbour::{Norm, brute::distance};
use crate::sample::Sample;

/// As [`log_sums`](super::log_sums).
///
/// # Errors
/// As there.
pub fn log_sums(sample: &Sample, width: f64, own: Own) -> Result<Vec<f64>, Error> {
    check(sample, width, own)?;
    (0..sample.n())
        .map(|i| {
            let exponents: Vec<f64> = (0..sample.n())
                .filter(|&j| j != i || own == Own::Counted)
                .map(|j| distance(sample.point(i), sample.point(j), Norm::Euclidean))
                .map(|distance| -(distance / width).powi(2))
                .collect();
            let largest = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let largest = finite("the exponent of the nearest point", largest)?;
            let sum: f64 = exponents.iter().map(|e| (e - largest).exp()).sum();
            Ok(largest + sum.ln())
        })
        .collect()
}
