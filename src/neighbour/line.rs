//! Points on a line, sorted: neighbours are adjacent, range counts are two binary searches.

use rayon::prelude::*;

use super::{Neighbour, gather, sortable};

/// Points that one task answers for.
const TASK: usize = 1024;
/// Binary searches that run side by side, so that their loads overlap.
const LANES: usize = 8;

/// The coordinates in ascending order, equal ones by index.
pub(super) struct Line {
    values: Vec<f64>,
    order: Vec<usize>,
}

impl Line {
    pub fn new(coordinates: &[f64]) -> Self {
        let mut keys: Vec<u128> = coordinates
            .iter()
            .enumerate()
            .map(|(i, &v)| sortable(v, i))
            .collect();
        keys.sort_unstable();
        // The low half of a key is the index.
        let order: Vec<usize> = keys.iter().map(|&key| key as u64 as usize).collect();
        let values = order.iter().map(|&i| coordinates[i]).collect();
        Self { values, order }
    }

    pub fn kth_distances(&self, k: usize) -> Vec<f64> {
        self.answer(|first, out| {
            for (p, out) in (first..).zip(out) {
                *out = self.kth(p, k);
            }
        })
    }

    pub fn nearest(&self, k: usize) -> Vec<Vec<Neighbour>> {
        self.answer(|first, out| {
            for (p, out) in (first..).zip(out) {
                *out = self.nearest_of(p, k);
            }
        })
    }

    pub fn counts_within(&self, radii: &[f64]) -> Vec<usize> {
        self.answer(|first, out: &mut [usize]| {
            for (at, out) in out.chunks_mut(LANES).enumerate() {
                self.count(first + at * LANES, radii, out);
            }
        })
    }

    /// Fills an array in sorted order, in parallel, and returns it in the order of the sample.
    fn answer<T: Default + Clone + Send + Sync>(
        &self,
        task: impl Fn(usize, &mut [T]) + Sync,
    ) -> Vec<T> {
        let mut sorted = vec![T::default(); self.values.len()];
        sorted
            .par_chunks_mut(TASK)
            .enumerate()
            .for_each(|(chunk, out)| task(chunk * TASK, out));
        gather(sorted, &self.order)
    }

    /// Distance from position `p` to its `k`-th neighbour: the two sides merged.
    fn kth(&self, p: usize, k: usize) -> f64 {
        let (values, x) = (&self.values, self.values[p]);
        let (mut left, mut right) = (p, p + 1);
        let mut distance = 0.0;
        for _ in 0..k {
            let to_left = if left > 0 { x - values[left - 1] } else { f64::INFINITY };
            let to_right = values.get(right).map_or(f64::INFINITY, |v| v - x);
            // At the left end both are infinite only when the difference overflows.
            if left > 0 && to_left <= to_right || right == values.len() {
                distance = to_left;
                left -= 1;
            } else {
                distance = to_right;
                right += 1;
            }
        }
        distance
    }

    /// The `k` nearest: all below the `k`-th distance, then those at it with the lowest indices.
    fn nearest_of(&self, p: usize, k: usize) -> Vec<Neighbour> {
        let (values, x, radius) = (&self.values, self.values[p], self.kth(p, k));
        let from = values[..p].partition_point(|v| x - v > radius);
        let to = p + values[p..].partition_point(|v| v - x <= radius);
        let mut all: Vec<Neighbour> = (from..to)
            .filter(|&q| q != p)
            .map(|q| Neighbour {
                point: self.order[q],
                distance: (values[q] - x).abs(),
            })
            .collect();
        all.sort_unstable_by(|a, b| {
            a.distance.total_cmp(&b.distance).then(a.point.cmp(&b.point))
        });
        all.truncate(k);
        all
    }

    /// Counts for the positions from `first` on: differences grow with the distance in rank
    /// (rounding keeps order), so each side is a prefix, found bit by bit.
    #[inline]
    fn count(&self, first: usize, radii: &[f64], out: &mut [usize]) {
        let values = &self.values[..];
        let n = values.len();
        let lane = |l: usize| (first + l).min(n - 1);
        let mut x = [0.0; LANES];
        let mut radius = [0.0; LANES];
        for l in 0..LANES {
            x[l] = values[lane(l)];
            radius[l] = radii[self.order[lane(l)]];
        }
        let mut right = [0; LANES];
        let mut left = [0; LANES];
        let mut step = n.next_power_of_two();
        while step > 0 {
            for l in 0..LANES {
                let reach = lane(l) + right[l] + step;
                let within = values[reach.min(n - 1)] - x[l] < radius[l];
                right[l] += step * usize::from((reach < n) & within);
                let reach = left[l] + step;
                let within = x[l] - values[lane(l).saturating_sub(reach)] < radius[l];
                left[l] += step * usize::from((reach <= lane(l)) & within);
            }
            step /= 2;
        }
        for (l, out) in out.iter_mut().enumerate() {
            *out = left[l] + right[l];
        }
    }
}
