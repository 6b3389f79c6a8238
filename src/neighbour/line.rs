//! Points on a line, sorted: neighbours are adjacent, the ends of a range are looked up.

use rayon::prelude::*;

use super::{Neighbour, sortable};

/// Points that one task answers for.
const TASK: usize = 1024;
/// Values that are looked at before a search.
const WINDOW: usize = 8;

/// An integer that grows with a finite value.
fn key(value: f64) -> u64 {
    let bits = value.to_bits();
    // Negative values fall with their bits: turn all of them over; positive ones go above.
    bits ^ if bits >> 63 == 1 { u64::MAX } else { 1 << 63 }
}

/// The value of a [`key`].
fn value(key: u64) -> f64 {
    f64::from_bits(key ^ if key >> 63 == 1 { 1 << 63 } else { u64::MAX })
}

/// The coordinates as they came and in ascending order.
pub(super) struct Line {
    coordinates: Vec<f64>,
    values: Vec<f64>,
    /// First position of each bucket of equal width, as many buckets as points.
    starts: Vec<usize>,
    buckets_per_unit: f64,
}

impl Line {
    pub fn new(coordinates: &[f64]) -> Self {
        // + 0.0 turns -0 into 0.
        let coordinates: Vec<f64> = coordinates.iter().map(|v| v + 0.0).collect();
        // Integers in the order of the values sort in half the time.
        let mut keys: Vec<u64> = coordinates.iter().map(|v| key(*v)).collect();
        keys.sort_unstable();
        let values: Vec<f64> = keys.into_iter().map(value).collect();
        let n = values.len();
        let mut line = Self {
            buckets_per_unit: n as f64 / (values[n - 1] - values[0]),
            coordinates,
            values,
            starts: vec![0; n],
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
        self.answer(|i| self.kth(self.position(i), k))
    }

    pub fn nearest(&self, k: usize) -> Vec<Vec<Neighbour>> {
        let mut keys: Vec<u128> = (0..self.coordinates.len())
            .map(|i| sortable(self.coordinates[i], i))
            .collect();
        keys.sort_unstable();
        // The low half of a key is the index.
        let order: Vec<usize> = keys.iter().map(|&key| key as u64 as usize).collect();
        self.answer(|i| self.nearest_of(i, k, &order))
    }

    pub fn counts_within(&self, radii: &[f64]) -> Vec<usize> {
        self.answer(|i| self.count(i, radii[i]))
    }

    fn answer<T: Send>(&self, point: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
        let points = (0..self.coordinates.len()).into_par_iter();
        points.with_min_len(TASK).map(point).collect()
    }

    /// The first position that holds the value of point `i`.
    fn position(&self, i: usize) -> usize {
        let x = self.coordinates[i];
        self.boundary(x, |v| v < x)
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

    /// The `k` nearest: all up to the `k`-th distance, of those at it the ones of lowest index.
    fn nearest_of(&self, i: usize, k: usize, order: &[usize]) -> Vec<Neighbour> {
        let (values, x) = (&self.values, self.coordinates[i]);
        let radius = self.kth(self.position(i), k);
        let from = values.partition_point(|v| x - v > radius);
        let to = values.partition_point(|v| v - x <= radius);
        let mut all: Vec<Neighbour> = (from..to)
            .filter(|&p| order[p] != i)
            .map(|p| Neighbour {
                point: order[p],
                distance: (values[p] - x).abs(),
            })
            .collect();
        all.sort_unstable_by(|a, b| {
            a.distance
                .total_cmp(&b.distance)
                .then(a.point.cmp(&b.point))
        });
        all.truncate(k);
        // Ties with the last may be many; they must not stay in memory.
        all.shrink_to_fit();
        all
    }

    /// How many others lie within a radius of point `i`. Differences grow with the distance in
    /// rank (rounding keeps order), so those within are a run around the point.
    fn count(&self, i: usize, radius: f64) -> usize {
        let x = self.coordinates[i];
        if radius <= 0.0 {
            return 0;
        }
        let end = self.boundary(x + radius, |v| v - x < radius);
        let start = self.boundary(x - radius, |v| x - v >= radius);
        end - start - 1
    }

    /// The end of the prefix that passes a test; `near` is about the value there.
    fn boundary(&self, near: f64, test: impl Fn(f64) -> bool) -> usize {
        let values = &self.values[..];
        let low = self.starts[self.bucket(near)];
        // Most often the end is among the next few, which are counted without a branch.
        if let Some(window) = values[low..].first_chunk::<WINDOW>()
            && (low == 0 || test(values[low - 1]))
        {
            let passed = window.iter().filter(|&&v| test(v)).count();
            if passed < WINDOW {
                return low + passed;
            }
        }
        values.partition_point(|&v| test(v))
    }

    /// The bucket of a value; never decreases with it.
    fn bucket(&self, value: f64) -> usize {
        // A conversion saturates, and turns the NaN of 0 times infinity into 0.
        let at = ((value - self.values[0]) * self.buckets_per_unit) as usize;
        at.min(self.starts.len() - 1)
    }
}
