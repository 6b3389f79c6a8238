//! The oracle: every pair of points, in the plainest form.
//!
//! Slow on purpose (`O(n^2 d)`, one thread). The tests demand that [`Neighbours`](super::Neighbours)
//! gives the same bits.

use super::{Neighbour, Norm, check_order, check_radii};
use crate::error::{Error, finite};
use crate::sample::{Paired, Sample};

/// The distance between two points of equal dimension.
///
/// Every pair has its own power of two for the squares, which therefore neither overflow nor
/// vanish.
pub fn distance(a: &[f64], b: &[f64], norm: Norm) -> f64 {
    let largest = a
        .iter()
        .zip(b)
        .fold(0.0, |m: f64, (a, b)| m.max((a - b).abs()));
    if norm == Norm::Max || a.len() == 1 || largest == 0.0 || largest.is_infinite() {
        return largest;
    }
    let power = |e: u64| f64::from_bits(e << 52);
    // 1 / unit stays a normal number on both ends.
    let exponent = (largest.to_bits() >> 52).clamp(2, 2044);
    let (unit, inverse) = (power(exponent), power(2046 - exponent));
    let sum: f64 = a
        .iter()
        .zip(b)
        .map(|(a, b)| ((a - b) * inverse).powi(2))
        .sum();
    sum.sqrt() * unit
}

/// As [`Neighbours::nearest`](super::Neighbours::nearest).
///
/// # Errors
/// As there.
pub fn nearest(sample: &Sample, norm: Norm, k: usize) -> Result<Vec<Vec<Neighbour>>, Error> {
    check_order(k, sample.n())?;
    (0..sample.n())
        .map(|i| {
            let mut all: Vec<_> = (0..sample.n())
                .filter(|&j| j != i)
                .map(|j| Neighbour {
                    point: j,
                    distance: distance(sample.point(i), sample.point(j), norm),
                })
                .collect();
            all.sort_by(|a, b| {
                a.distance
                    .total_cmp(&b.distance)
                    .then(a.point.cmp(&b.point))
            });
            all.truncate(k);
            finite("distance to a neighbour", all[k - 1].distance)?;
            Ok(all)
        })
        .collect()
}

/// As [`Neighbours::kth_distances`](super::Neighbours::kth_distances).
///
/// # Errors
/// As there.
pub fn kth_distances(sample: &Sample, norm: Norm, k: usize) -> Result<Vec<f64>, Error> {
    let nearest = nearest(sample, norm, k)?;
    Ok(nearest.iter().map(|all| all[k - 1].distance).collect())
}

/// As [`Neighbours::counts_within`](super::Neighbours::counts_within).
///
/// # Errors
/// As there.
pub fn counts_within(sample: &Sample, norm: Norm, radii: &[f64]) -> Result<Vec<usize>, Error> {
    check_radii(radii, sample.n())?;
    let count = |i: usize| {
        (0..sample.n())
            .filter(|&j| j != i && distance(sample.point(i), sample.point(j), norm) < radii[i])
            .count()
    };
    Ok((0..sample.n()).map(count).collect())
}

/// As [`product::kth_distances`](super::product::kth_distances).
///
/// # Errors
/// As there.
pub fn product_kth_distances(pairs: &Paired, k: usize) -> Result<Vec<f64>, Error> {
    check_order(k, pairs.n())?;
    (0..pairs.n())
        .map(|i| {
            let half = |s: &Sample, j| distance(s.point(i), s.point(j), Norm::Euclidean);
            let mut all: Vec<f64> = (0..pairs.n())
                .filter(|&j| j != i)
                .map(|j| half(&pairs.x, j).max(half(&pairs.y, j)))
                .collect();
            all.sort_by(f64::total_cmp);
            finite("distance to a neighbour", all[k - 1])
        })
        .collect()
}
