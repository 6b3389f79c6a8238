//! Neighbours of pairs, apart by the larger of the Euclidean distances of their two halves.

use std::f64::consts::FRAC_1_SQRT_2;

use rayon::prelude::*;

use super::brute::distance;
use super::{Neighbours, Norm, check_order};
use crate::error::{Error, finite};
use crate::sample::Paired;

/// Candidates for each neighbour that is looked for. The ball that has to be searched is larger
/// than the ball of the product by a factor of 2 in `R^2 x R^2`, 3 in `R^5 x R^5` and 6.4 in
/// `R^25 x R^25`; what fluctuates beyond that is searched among all points.
const CANDIDATES: usize = 8;
/// Share of a distance that rounding of sums of squares cannot reach.
const SLACK: f64 = 1e-12;

/// Distance from every pair to its `k`-th neighbour, itself excluded, where
/// `d(i, j) = max(|x_i - x_j|, |y_i - y_j|)` with Euclidean norms.
///
/// The Euclidean distance `e` of the pairs as points satisfies `e / sqrt 2 <= d <= e`: the
/// candidates are the nearest in `e`, and the `k`-th smallest `d` among them is final when it is
/// at most `1 / sqrt 2` of the largest `e`. The same bits as
/// [`brute::product_kth_distances`](super::brute::product_kth_distances).
///
/// Memory: `8 (k + 1)` candidates a point.
///
/// # Errors
/// As [`Neighbours::kth_distances`].
pub fn kth_distances(pairs: &Paired, k: usize) -> Result<Vec<f64>, Error> {
    let n = pairs.n();
    check_order(k, n)?;
    if pairs.dims() == (1, 1) {
        return Neighbours::new(&pairs.joint(), Norm::Max).kth_distances(k);
    }
    let many = (n - 1).min(CANDIDATES * (k + 1));
    let candidates = Neighbours::new(&pairs.joint(), Norm::Euclidean).nearest(many)?;
    let apart = |i: usize, j: usize| {
        let x = distance(pairs.x.point(i), pairs.x.point(j), Norm::Euclidean);
        x.max(distance(
            pairs.y.point(i),
            pairs.y.point(j),
            Norm::Euclidean,
        ))
    };
    let kth = |mut distances: Vec<f64>| *distances.select_nth_unstable_by(k - 1, f64::total_cmp).1;
    candidates
        .par_iter()
        .enumerate()
        .map(|(i, nearest)| {
            let among = kth(nearest.iter().map(|near| apart(i, near.point)).collect());
            let beyond = nearest[many - 1].distance * FRAC_1_SQRT_2 * (1.0 - SLACK);
            let found = if among <= beyond || many == n - 1 {
                among
            } else {
                kth((0..n).filter(|&j| j != i).map(|j| apart(i, j)).collect())
            };
            finite("distance to a neighbour", found)
        })
        .collect()
}
