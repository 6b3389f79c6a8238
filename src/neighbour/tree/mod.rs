//! A balanced k-d tree over blocks of eight points, without the tree where boxes cannot help.

use std::marker::PhantomData;
use std::ops::Range;

use rayon::prelude::*;

use super::block::{LANES, Row, totals};
use super::metric::Metric;
use super::sieve::{STRETCH, Sieve};
use super::sortable;
use crate::sample::Sample;

mod collect;
mod count;
mod search;

/// Most blocks of a leaf.
const LEAF: usize = 8;
/// Blocks of queries that one task answers for.
const TASK: usize = 16;
/// Blocks that are compared with a query at once.
const WIDE: usize = 2;

/// From this dimension on single precision is faster than boxes that spare nothing.
const SIFTED: usize = 8;
/// Of this many groups one tries the boxes.
const TRIED: usize = 64;
/// Boxes pay when they leave less than one in this many leaves to look at.
const SPARED: usize = 4;

/// Points in the order of the leaves; the node `i` has the children `2 i + 1` and `2 i + 2`.
pub(super) struct Tree<M> {
    n: usize,
    dim: usize,
    /// Index in the sample of each position.
    order: Vec<usize>,
    /// Coordinate `j` of block `b` at `b * dim + j`; infinite behind the last point.
    rows: Vec<Row>,
    /// Levels below the root; there are `2^depth` leaves.
    depth: u32,
    /// Tight bounds `[low, high]` of coordinate `j` of node `i` at `i * dim + j`.
    boxes: Vec<[f64; 2]>,
    /// What spares most of the arithmetic where boxes spare little.
    sieve: Option<Sieve>,
    metric: PhantomData<M>,
}

impl<M: Metric> Tree<M> {
    /// Arranges the points; coordinates are multiplied by `factor`, a power of two. Without boxes
    /// every search compares all points, block by block.
    pub fn new(sample: &Sample, factor: f64, boxes: bool) -> Self {
        let (n, dim) = (sample.n(), sample.dim());
        let blocks = n.div_ceil(LANES);
        let depth = blocks.div_ceil(LEAF).next_power_of_two().trailing_zeros();
        let mut order: Vec<usize> = (0..n).collect();
        let mut tree = Self {
            n,
            dim,
            order: Vec::new(),
            rows: Vec::new(),
            depth,
            boxes: Vec::new(),
            sieve: None,
            metric: PhantomData,
        };
        if boxes {
            tree.arrange(sample, 0, 0, &mut order, &mut vec![0; n]);
        }
        tree.order = order;
        tree.rows = vec![[f64::INFINITY; LANES]; blocks * dim];
        tree.rows
            .par_chunks_mut(dim)
            .zip(tree.order.par_chunks(LANES))
            .for_each(|(rows, points)| {
                for (l, &i) in points.iter().enumerate() {
                    for (row, v) in rows.iter_mut().zip(sample.point(i)) {
                        row[l] = v * factor;
                    }
                }
            });
        if boxes {
            tree.bound();
        }
        if dim >= SIFTED {
            tree.sieve = Sieve::new::<M>(&tree.rows, n, dim);
        }
        tree
    }

    fn leaves(&self) -> usize {
        1 << self.depth
    }

    fn stretches(&self) -> usize {
        self.n.div_ceil(STRETCH * LANES)
    }

    /// The blocks of a node.
    #[inline(always)]
    fn blocks(&self, node: usize) -> Range<usize> {
        let level = (node + 1).ilog2();
        let at = node + 1 - (1 << level);
        let blocks = self.n.div_ceil(LANES);
        (blocks * at) >> level..(blocks * (at + 1)) >> level
    }

    /// Splits the points of a node at the middle block along its widest coordinate, and so on
    /// down to the leaves. Ties are broken by index, so the order depends on the sample alone.
    fn arrange(
        &self,
        sample: &Sample,
        node: usize,
        level: u32,
        order: &mut [usize],
        keys: &mut [u128],
    ) {
        if level == self.depth {
            return;
        }
        let middle = (self.blocks(2 * node + 2).start - self.blocks(node).start) * LANES;
        let axis = widest(sample, order);
        for (key, &i) in keys.iter_mut().zip(&*order) {
            *key = sortable(sample.point(i)[axis], i);
        }
        keys.select_nth_unstable(middle);
        for (i, &key) in order.iter_mut().zip(&*keys) {
            *i = key as u64 as usize;
        }
        let (left, right) = order.split_at_mut(middle);
        let (left_keys, right_keys) = keys.split_at_mut(middle);
        rayon::join(
            || self.arrange(sample, 2 * node + 1, level + 1, left, left_keys),
            || self.arrange(sample, 2 * node + 2, level + 1, right, right_keys),
        );
    }

    /// Computes the boxes, leaves first.
    fn bound(&mut self) {
        let (dim, leaves) = (self.dim, self.leaves());
        let mut boxes = vec![[f64::INFINITY, f64::NEG_INFINITY]; (2 * leaves - 1) * dim];
        for node in (0..2 * leaves - 1).rev() {
            if node + 1 < leaves {
                for j in 0..dim {
                    let (a, b) = (
                        boxes[(2 * node + 1) * dim + j],
                        boxes[(2 * node + 2) * dim + j],
                    );
                    boxes[node * dim + j] = [a[0].min(b[0]), a[1].max(b[1])];
                }
                continue;
            }
            for b in self.blocks(node) {
                let points = (self.n - b * LANES).min(LANES);
                for j in 0..dim {
                    let [low, high] = &mut boxes[node * dim + j];
                    for &v in &self.rows[b * dim + j][..points] {
                        *low = low.min(v);
                        *high = high.max(v);
                    }
                }
            }
        }
        self.boxes = boxes;
    }

    #[inline(always)]
    fn block(&self, b: usize) -> &[Row] {
        &self.rows[b * self.dim..][..self.dim]
    }

    #[inline(always)]
    fn bounds(&self, node: usize) -> &[[f64; 2]] {
        &self.boxes[node * self.dim..][..self.dim]
    }

    /// Whether to walk the tree: where there is a choice, a few groups try, and `visit` says how
    /// many leaves the points of a group had to look at. Either way gives the same bits.
    #[inline(always)]
    fn boxes_pay(&self, mut visit: impl FnMut(usize) -> usize) -> bool {
        if self.boxes.is_empty() || self.sieve.is_none() {
            return !self.boxes.is_empty();
        }
        let groups = self.n.div_ceil(LANES);
        let (mut tried, mut visited) = (0, 0);
        let mut group = groups / 2 % TRIED;
        while group < groups {
            visited += visit(group);
            tried += 1;
            group += TRIED;
        }
        visited * SPARED < tried * self.leaves() * LANES
    }

    /// The blocks of a stretch, two by two.
    #[inline(always)]
    fn pairs_of(&self, stretch: usize) -> impl Iterator<Item = Range<usize>> + use<M> {
        let end = self.n.div_ceil(LANES).min((stretch + 1) * STRETCH);
        (stretch * STRETCH..end)
            .step_by(2)
            .map(move |b| b..end.min(b + 2))
    }

    /// Hands the totals between one point of `group` and the points of blocks to `each`.
    #[inline(always)]
    fn compare(
        &self,
        blocks: Range<usize>,
        group: &[Row],
        lane: usize,
        mut each: impl FnMut(usize, &Row),
    ) {
        let mut b = blocks.start;
        // Several at a time share the loads of the query.
        while b + WIDE <= blocks.end {
            let wide = totals::<M, WIDE>(std::array::from_fn(|w| self.block(b + w)), group, lane);
            for total in &wide {
                each(b, total);
                b += 1;
            }
        }
        while b < blocks.end {
            let [total] = totals::<M, 1>([self.block(b)], group, lane);
            each(b, &total);
            b += 1;
        }
    }
}

/// The coordinate in which the points extend most, judged by a few of them.
fn widest(sample: &Sample, points: &[usize]) -> usize {
    const JUDGED: usize = 64;
    let stride = points.len().div_ceil(JUDGED);
    let mut axis = 0;
    let mut largest = -1.0;
    for j in 0..sample.dim() {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for &i in points.iter().step_by(stride) {
            let v = sample.point(i)[j];
            low = if v < low { v } else { low };
            high = if v > high { v } else { high };
        }
        if high - low > largest {
            (axis, largest) = (j, high - low);
        }
    }
    axis
}
