//! Points on a line, sorted: neighbours are adjacent, the ends of a range are looked up.

use rayon::prelude::*;

use super::{Neighbour, gather, sortable};

/// Points that one task answers for.
const TASK: usize = 1024;

/// The coordinates in ascending order, equal ones by index.
pub(super) struct Line {
    values: Vec<f64>,
    order: Vec<usize>,
    /// First position of each bucket of equal width, as many buckets as points, and the end.
    starts: Vec<usize>,
    buckets_per_unit: f64,
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
        let values: Vec<f64> = order.iter().map(|&i| coordinates[i] + 0.0).collect();
        let n = values.len();
        let mut line = Self {
            buckets_per_unit: n as f64 / (values[n - 1] - values[0]),
            values,
            order,
            starts: vec![0; n + 1],
        };
        let mut filled = 0;
        for p in 0..n {
            let bucket = line.bucket(line.values[p]);
            line.starts[filled..=bucket].fill(p);
            filled = filled.max(bucket + 1);
        }
        line.starts[filled..].fill(n);
        line
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
        self.answer(|first, out| {
            for (p, out) in (first..).zip(out) {
                *out = self.count(p, radii[self.order[p]]);
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
            let to_left = if left > 0 {
                x - values[left - 1]
            } else {
                f64::INFINITY
            };
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
            a.distance
                .total_cmp(&b.distance)
                .then(a.point.cmp(&b.point))
        });
        all.truncate(k);
        all
    }

    /// How many others lie within a radius of position `p`. Differences grow with the distance
    /// in rank (rounding keeps order), so those within are a run around `p`.
    fn count(&self, p: usize, radius: f64) -> usize {
        let (values, x) = (&self.values, self.values[p]);
        if radius <= 0.0 {
            return 0;
        }
        let end = self.boundary(x + radius, p + 1, values.len(), |v| v - x < radius);
        let start = self.boundary(x - radius, 0, p, |v| x - v >= radius);
        end - start - 1
    }

    /// The end of the prefix of `from..to` that passes a test; `near` is about the value there.
    fn boundary(&self, near: f64, from: usize, to: usize, test: impl Fn(f64) -> bool) -> usize {
        let values = &self.values[..];
        let bucket = self.bucket(near);
        let low = self.starts[bucket].clamp(from, to);
        let high = self.starts[bucket + 1].clamp(from, to);
        // The test alone decides; where rounding or ties put the end elsewhere, all are searched.
        let (low, high) =
            if (low == from || test(values[low - 1])) && (high == to || !test(values[high])) {
                (low, high)
            } else {
                (from, to)
            };
        low + values[low..high].partition_point(|&v| test(v))
    }

    /// The bucket of a value; never decreases with it.
    fn bucket(&self, value: f64) -> usize {
        // A conversion saturates, and turns the NaN of 0 times infinity into 0.
        let at = ((value - self.values[0]) * self.buckets_per_unit) as usize;
        at.min(self.starts.len() - 2)
    }
}
