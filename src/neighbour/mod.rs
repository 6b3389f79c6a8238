//! Exact nearest neighbours and range counts, for all points of a sample at once.
//!
//! Three structures give the same bits, those of [`brute`]:
//!
//! * one coordinate: the sorted values;
//! * up to `3 log2 n` coordinates: a balanced k-d tree whose leaves hold at most 64 points. Eight
//!   neighbouring points walk it together, and a leaf is compared with vector instructions, the
//!   widest that the processor has;
//! * more coordinates: every point with every other, in single precision first. That rules most of
//!   them out, with a margin for its rounding, and the exact arithmetic decides about the rest.
//!
//! From 8 coordinates on there are both, and the data choose: one group of eight points in 64 walks
//! the tree, and when it had to look at a quarter of all leaves the tree is left alone. So points
//! near a surface of few dimensions have their tree in 40 coordinates, too.
//!
//! # What bounds the speed
//!
//! Processor seconds on one thread (Zen 4, 2.6 GHz, 512-bit vectors) for the distances to the third
//! neighbour, independent normal coordinates (correlation 0.6 between the halves), which is the
//! hardest case for a tree:
//!
//! | dimensions | n | max: tree | all pairs | Euclidean: tree | all pairs |
//! |-|-|-|-|-|-|
//! | 8 | 10000 | 0.018 | 0.057 | 0.033 | 0.048 |
//! | 12 | 10000 | 0.053 | 0.072 | 0.128 | 0.059 |
//! | 16 | 10000 | 0.112 | 0.092 | 0.300 | 0.069 |
//! | 20 | 10000 | 0.177 | 0.109 | 0.430 | 0.080 |
//! | 34 | 10000 | 0.473 | 0.162 | 0.693 | 0.117 |
//! | 8 | 30000 | 0.095 | 0.432 | 0.169 | 0.342 |
//! | 12 | 30000 | 0.327 | 0.585 | 0.808 | 0.435 |
//! | 16 | 30000 | 0.709 | 0.747 | 2.253 | 0.539 |
//! | 20 | 30000 | 1.365 | 0.833 | 3.915 | 0.618 |
//!
//! All pairs are bounded by arithmetic: at 50 coordinates and `n = 10000` 1.8 ns an ordered pair in
//! the Euclidean norm and 2.2 in the max norm (double precision alone: 8.8 and 8.2), three quarters
//! of it subtractions and fused products of `f32`, one quarter the exact look at the few that
//! remain. The tree is bounded by leaves up to about 8 coordinates and by boxes beyond.
//! Leaves of 32 points are up to 5 % slower, of 16 points 20 %.
//!
//! # Memory
//!
//! `n d` coordinates, from 8 dimensions on once more in single precision, `n` indices, boxes of at
//! most `n d / 2` numbers, while building `n` keys of 16 bytes; a task of 128 points takes
//! `O(k + log n)` numbers a point. [`Neighbours::nearest`] returns `n k` neighbours: it looks once
//! more, at all up to the `k`-th distance, which takes about half as long as to find that; many ties
//! with it take time, no memory. The time of a search grows in proportion to `k` once `k` exceeds 4.

use crate::error::{Error, finite};
use crate::sample::Sample;

mod block;
pub mod brute;
mod line;
mod metric;
pub mod product;
mod sieve;
mod tree;

use line::Line;
use metric::{Largest, Squares, Unit};
use tree::Tree;

/// How far apart two points are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Norm {
    /// `sqrt(sum_j (a_j - b_j)^2)`.
    Euclidean,
    /// `max_j |a_j - b_j|`.
    Max,
}

impl Norm {
    /// The words that parameters use.
    pub const WORDS: [(&'static str, Self); 2] =
        [("euclidean", Self::Euclidean), ("max", Self::Max)];

    /// The word that names print.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Euclidean => "euclidean",
            Self::Max => "max",
        }
    }
}

/// A point near another.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Neighbour {
    /// Its index in the sample.
    pub point: usize,
    /// Its distance.
    pub distance: f64,
}

/// Points arranged for exact neighbour searches in one norm.
///
/// Differences are rounded once, squares are added over ascending coordinates, and nothing
/// depends on the number of threads or on the instruction set. Squares of differences neither
/// overflow nor vanish down to `1e-290` of the extent of the sample.
pub struct Neighbours {
    n: usize,
    unit: Unit,
    index: Index,
}

enum Index {
    Line(Line),
    Max(Tree<Largest>),
    Euclidean(Tree<Squares>),
}

impl Neighbours {
    /// Arranges the points of a sample.
    pub fn new(sample: &Sample, norm: Norm) -> Self {
        let boxes = boxes_pay(sample.n(), sample.dim());
        let (unit, index) = if sample.dim() == 1 {
            (Unit::ONE, Index::Line(Line::new(sample.coordinates())))
        } else if norm == Norm::Max {
            (Unit::ONE, Index::Max(Tree::new(sample, 1.0, boxes)))
        } else {
            let unit = Unit::for_extent(extent(sample));
            (unit, Index::Euclidean(Tree::new(sample, unit.up, boxes)))
        };
        Self {
            n: sample.n(),
            unit,
            index,
        }
    }

    /// Distance from every point to its `k`-th neighbour, itself excluded.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for `k = 0`, [`Error::TooFewPoints`] when `n <= k`,
    /// [`Error::NonFiniteResult`] when a distance exceeds the largest double.
    pub fn kth_distances(&self, k: usize) -> Result<Vec<f64>, Error> {
        check_order(k, self.n)?;
        let mut distances = match &self.index {
            Index::Line(line) => line.kth_distances(k),
            Index::Max(tree) => tree.kth_distances(k),
            Index::Euclidean(tree) => tree.kth_distances(k),
        };
        for distance in &mut distances {
            *distance = finite("distance to a neighbour", *distance * self.unit.down)?;
        }
        Ok(distances)
    }

    /// The `k` nearest points of every point, itself excluded, nearest first; at equal distance
    /// the lower index comes first.
    ///
    /// # Errors
    /// As [`Neighbours::kth_distances`].
    pub fn nearest(&self, k: usize) -> Result<Vec<Vec<Neighbour>>, Error> {
        check_order(k, self.n)?;
        let mut nearest = match &self.index {
            Index::Line(line) => line.nearest(k),
            Index::Max(tree) => tree.nearest(k),
            Index::Euclidean(tree) => tree.nearest(k),
        };
        for neighbour in nearest.iter_mut().flatten() {
            let distance = neighbour.distance * self.unit.down;
            neighbour.distance = finite("distance to a neighbour", distance)?;
        }
        Ok(nearest)
    }

    /// How many other points lie strictly within `radii[i]` of point `i`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] unless there is one radius a point, [`Error::InvalidParameter`] for a
    /// radius that is not finite.
    pub fn counts_within(&self, radii: &[f64]) -> Result<Vec<usize>, Error> {
        check_radii(radii, self.n)?;
        Ok(match &self.index {
            Index::Line(line) => line.counts_within(radii),
            Index::Max(tree) => tree.counts_within(radii, self.unit),
            Index::Euclidean(tree) => tree.counts_within(radii, self.unit),
        })
    }
}

/// Whether boxes can save anything; whether they do, the tree finds out.
fn boxes_pay(n: usize, dim: usize) -> bool {
    dim <= 3 * n.ilog2() as usize
}

/// Largest extent of a coordinate.
fn extent(sample: &Sample) -> f64 {
    let first = sample.point(0);
    let (mut low, mut high) = (first.to_vec(), first.to_vec());
    for point in sample.points() {
        for (j, &v) in point.iter().enumerate() {
            low[j] = low[j].min(v);
            high[j] = high[j].max(v);
        }
    }
    low.iter()
        .zip(high)
        .fold(0.0, |m, (low, high)| m.max(high - low))
}

fn check_order(k: usize, n: usize) -> Result<(), Error> {
    if k == 0 {
        return Err(Error::invalid(
            "k",
            k,
            "the order of a neighbour is at least 1",
        ));
    }
    if n <= k {
        return Err(Error::TooFewPoints {
            method: "nearest neighbours",
            required: k.saturating_add(1),
            actual: n,
        });
    }
    Ok(())
}

fn check_radii(radii: &[f64], n: usize) -> Result<(), Error> {
    if radii.len() != n {
        return Err(Error::Mismatch {
            what: "radii, one a point",
            expected: n,
            actual: radii.len(),
        });
    }
    match radii.iter().position(|r| !r.is_finite()) {
        Some(i) => Err(Error::invalid(
            format!("radius of point {i}"),
            radii[i],
            "a finite number",
        )),
        None => Ok(()),
    }
}

/// A key that sorts by value, then by index.
fn sortable(value: f64, index: usize) -> u128 {
    // + 0.0 turns -0 into 0; flipping the sign bit of positive and all bits of negative
    // numbers makes their order that of the bits.
    let bits = (value + 0.0).to_bits();
    let flip = (bits.cast_signed() >> 63) as u64 | 1 << 63;
    u128::from(bits ^ flip) << 64 | index as u128
}

/// Undoes an ordering: element `p` goes to `order[p]`.
fn gather<T: Default + Clone>(sorted: Vec<T>, order: &[usize]) -> Vec<T> {
    let mut out = vec![T::default(); sorted.len()];
    for (value, &i) in sorted.into_iter().zip(order) {
        out[i] = value;
    }
    out
}
