//! A balanced k-d tree over blocks of eight points, without the tree where boxes cannot help.

use std::marker::PhantomData;

use rayon::prelude::*;

use super::metric::{Metric, Unit};
use super::{Neighbour, gather, sortable};
use crate::sample::Sample;

/// Points of a block. A block is stored coordinate by coordinate, so that loops over its points
/// compile to vector instructions.
const LANES: usize = 8;
/// One number for each point of a block.
type Row = [f64; LANES];
/// Most blocks of a leaf.
const LEAF: usize = 4;
/// Blocks of queries that one task answers for.
const TASK: usize = 16;

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
    metric: PhantomData<M>,
}

/// The lanes, as bits, that pass a test.
#[inline(always)]
fn mask(test: impl Fn(usize) -> bool) -> u8 {
    let mut bits = 0;
    for l in 0..LANES {
        bits |= u8::from(test(l)) << l;
    }
    bits
}

/// The lanes of a mask.
#[inline(always)]
fn lanes(mut mask: u8) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lane = mask.trailing_zeros() as usize;
        mask &= mask.wrapping_sub(1);
        (lane < LANES).then_some(lane)
    })
}

/// Totals between one point of `group` and all points of `block`.
#[inline(always)]
fn totals<M: Metric>(block: &[Row], group: &[Row], lane: usize) -> Row {
    let mut total = [0.0; LANES];
    for (row, query) in block.iter().zip(group) {
        let query = query[lane % LANES];
        for l in 0..LANES {
            total[l] = M::fold(total[l], row[l] - query);
        }
    }
    total
}

/// Totals from the points of `group` to the nearest place of a box.
#[inline(always)]
fn nearest_place<M: Metric>(bounds: &[[f64; 2]], group: &[Row]) -> Row {
    let mut total = [0.0; LANES];
    for ([low, high], query) in bounds.iter().zip(group) {
        for l in 0..LANES {
            let (below, above) = (low - query[l], query[l] - high);
            let gap = if below > above { below } else { above };
            total[l] = M::fold(total[l], if gap > 0.0 { gap } else { 0.0 });
        }
    }
    total
}

/// Totals from the points of `group` to the farthest place of a box.
#[inline(always)]
fn farthest_place<M: Metric>(bounds: &[[f64; 2]], group: &[Row]) -> Row {
    let mut total = [0.0; LANES];
    for ([low, high], query) in bounds.iter().zip(group) {
        for l in 0..LANES {
            let (below, above) = (query[l] - low, high - query[l]);
            total[l] = M::fold(total[l], if below > above { below } else { above });
        }
    }
    total
}

impl<M: Metric> Tree<M> {
    /// Arranges the points; coordinates are multiplied by `factor`, a power of two.
    pub fn new(sample: &Sample, factor: f64) -> Self {
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
            metric: PhantomData,
        };
        let mut keys = vec![0; n];
        tree.arrange(sample, 0, 0, &mut order, &mut keys);
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
        tree.bound();
        tree
    }

    fn leaves(&self) -> usize {
        1 << self.depth
    }

    /// The blocks of a node.
    #[inline(always)]
    fn blocks(&self, node: usize) -> (usize, usize) {
        let level = (node + 1).ilog2();
        let at = node + 1 - (1 << level);
        let blocks = self.n.div_ceil(LANES);
        (blocks * at >> level, blocks * (at + 1) >> level)
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
        let (from, _) = self.blocks(node);
        let (middle, _) = self.blocks(2 * node + 2);
        let middle = (middle - from) * LANES;
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
                    let (a, b) = (boxes[(2 * node + 1) * dim + j], boxes[(2 * node + 2) * dim + j]);
                    boxes[node * dim + j] = [a[0].min(b[0]), a[1].max(b[1])];
                }
                continue;
            }
            let (from, to) = self.blocks(node);
            for b in from..to {
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

    pub fn kth_distances(&self, k: usize) -> Vec<f64> {
        self.search::<false, f64>(k, |best| M::distance(best[k - 1].0))
    }

    pub fn nearest(&self, k: usize) -> Vec<Vec<Neighbour>> {
        self.search::<true, _>(k, |best| {
            best.iter()
                .map(|&(total, point)| Neighbour {
                    point,
                    distance: M::distance(total),
                })
                .collect()
        })
    }

    /// Finds the `k` nearest of every point and hands their totals and indices, ascending, to
    /// `finish`. Among equal totals the lowest indices are right only with `TIES`.
    fn search<const TIES: bool, T: Default + Clone + Send + Sync>(
        &self,
        k: usize,
        finish: impl Fn(&[(f64, usize)]) -> T + Sync,
    ) -> Vec<T> {
        let arch = pulp::Arch::new();
        let mut sorted = vec![T::default(); self.n];
        sorted
            .par_chunks_mut(TASK * LANES)
            .enumerate()
            .for_each(|(task, out)| {
                arch.dispatch(Search::<M, _, _, TIES> {
                    tree: self,
                    first: task * TASK,
                    k,
                    finish: &finish,
                    out,
                });
            });
        gather(sorted, &self.order)
    }

    /// The search for the points of one block, which walk the tree together.
    #[inline(always)]
    fn search_group<const TIES: bool>(
        &self,
        own: usize,
        k: usize,
        best: &mut [(f64, usize)],
        stack: &mut Vec<(usize, Row)>,
    ) {
        let group = self.block(own);
        best.fill((f64::INFINITY, usize::MAX));
        let mut worst: Row = [f64::INFINITY; LANES];
        for l in (self.n - own * LANES).min(LANES)..LANES {
            worst[l] = f64::NEG_INFINITY;
        }
        let first_leaf = self.leaves() - 1;
        stack.push((0, [0.0; LANES]));
        while let Some((node, bound)) = stack.pop() {
            let active = if TIES {
                mask(|l| bound[l] <= worst[l])
            } else {
                mask(|l| bound[l] < worst[l])
            };
            if active == 0 {
                continue;
            }
            if node < first_leaf {
                let (left, right) = (2 * node + 1, 2 * node + 2);
                let to_left = nearest_place::<M>(self.bounds(left), group);
                let to_right = nearest_place::<M>(self.bounds(right), group);
                let nearer = mask(|l| to_left[l] < to_right[l]) & active;
                let farther = mask(|l| to_right[l] < to_left[l]) & active;
                if nearer.count_ones() >= farther.count_ones() {
                    stack.push((right, to_right));
                    stack.push((left, to_left));
                } else {
                    stack.push((left, to_left));
                    stack.push((right, to_right));
                }
                continue;
            }
            let (from, to) = self.blocks(node);
            for lane in lanes(active) {
                let itself = own * LANES + lane;
                let best = &mut best[lane * k..][..k];
                let mut limit = worst[lane];
                for b in from..to {
                    let total = totals::<M>(self.block(b), group, lane);
                    let candidates = if TIES {
                        mask(|l| total[l] <= limit)
                    } else {
                        mask(|l| total[l] < limit)
                    };
                    for l in lanes(candidates) {
                        let position = b * LANES + l;
                        if position != itself && position < self.n {
                            insert(best, (total[l], self.order[position]));
                        }
                    }
                    limit = best[k - 1].0;
                }
                worst[lane] = limit;
            }
        }
    }

    pub fn counts_within(&self, radii: &[f64], unit: Unit) -> Vec<usize> {
        let arch = pulp::Arch::new();
        let mut sorted = vec![0; self.n];
        sorted
            .par_chunks_mut(TASK * LANES)
            .enumerate()
            .for_each(|(task, out)| {
                arch.dispatch(Count {
                    tree: self,
                    first: task * TASK,
                    radii,
                    unit,
                    out,
                });
            });
        gather(sorted, &self.order)
    }

    /// The counts for the points of one block.
    #[inline(always)]
    fn count_group(
        &self,
        own: usize,
        radii: &[f64],
        unit: Unit,
        out: &mut [usize],
        stack: &mut Vec<(usize, u8)>,
    ) {
        let group = self.block(own);
        let mut threshold: Row = [f64::NEG_INFINITY; LANES];
        let mut count = [0; LANES];
        for l in 0..out.len() {
            threshold[l] = M::threshold(unit.radius(radii[self.order[own * LANES + l]]));
        }
        let first_leaf = self.leaves() - 1;
        stack.push((0, u8::MAX));
        while let Some((node, open)) = stack.pop() {
            let nearest = nearest_place::<M>(self.bounds(node), group);
            let farthest = farthest_place::<M>(self.bounds(node), group);
            let open = open & mask(|l| nearest[l] < threshold[l]);
            let inside = open & mask(|l| farthest[l] < threshold[l]);
            let open = open & !inside;
            let (from, to) = self.blocks(node);
            if inside != 0 {
                let points = (to * LANES).min(self.n) - from * LANES;
                for lane in lanes(inside) {
                    count[lane] += points;
                }
            }
            if open == 0 {
                continue;
            }
            if node < first_leaf {
                stack.push((2 * node + 2, open));
                stack.push((2 * node + 1, open));
                continue;
            }
            for lane in lanes(open) {
                let limit = threshold[lane];
                for b in from..to {
                    let total = totals::<M>(self.block(b), group, lane);
                    count[lane] += mask(|l| total[l] < limit).count_ones() as usize;
                }
            }
        }
        for (l, out) in out.iter_mut().enumerate() {
            // A point counts itself when its distance zero is within.
            *out = count[l] - usize::from(threshold[l] > 0.0);
        }
    }
}

/// A task of [`Tree::search`]. A type, because a closure would be called through a shim that is
/// compiled for the baseline instruction set.
struct Search<'a, M, T, F, const TIES: bool> {
    tree: &'a Tree<M>,
    first: usize,
    k: usize,
    finish: &'a F,
    out: &'a mut [T],
}

impl<M: Metric, T, F: Fn(&[(f64, usize)]) -> T, const TIES: bool> pulp::NullaryFnOnce
    for Search<'_, M, T, F, TIES>
{
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let mut best = vec![(0.0, 0); self.k * LANES];
        let mut stack = Vec::new();
        for (group, out) in (self.first..).zip(self.out.chunks_mut(LANES)) {
            self.tree
                .search_group::<TIES>(group, self.k, &mut best, &mut stack);
            for (out, best) in out.iter_mut().zip(best.chunks(self.k)) {
                *out = (self.finish)(best);
            }
        }
    }
}

/// A task of [`Tree::counts_within`].
struct Count<'a, M> {
    tree: &'a Tree<M>,
    first: usize,
    radii: &'a [f64],
    unit: Unit,
    out: &'a mut [usize],
}

impl<M: Metric> pulp::NullaryFnOnce for Count<'_, M> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let mut stack = Vec::new();
        for (group, out) in (self.first..).zip(self.out.chunks_mut(LANES)) {
            self.tree
                .count_group(group, self.radii, self.unit, out, &mut stack);
        }
    }
}

/// The coordinate in which the points extend most.
fn widest(sample: &Sample, points: &[usize]) -> usize {
    let mut axis = 0;
    let mut largest = -1.0;
    for j in 0..sample.dim() {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for &i in points {
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

/// Puts a candidate in its place among the best, which are ascending, or drops it.
#[inline(always)]
fn insert(best: &mut [(f64, usize)], candidate: (f64, usize)) {
    let mut at = best.len();
    while at > 0 && (candidate.0, candidate.1) < (best[at - 1].0, best[at - 1].1) {
        at -= 1;
    }
    if at < best.len() {
        best.copy_within(at..best.len() - 1, at + 1);
        best[at] = candidate;
    }
}
