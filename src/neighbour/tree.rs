//! A balanced k-d tree over blocks of eight points, without the tree where boxes cannot help.

use std::marker::PhantomData;
use std::ops::Range;

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
/// From this many queries on that need a leaf, all of the group are compared with it at once.
const TOGETHER: u32 = 4;
/// Up to this order the smallest totals of a group are kept without branches.
const FEW: usize = 4;

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
                    let (a, b) = (
                        boxes[(2 * node + 1) * dim + j],
                        boxes[(2 * node + 2) * dim + j],
                    );
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
        let mut totals = self.kth_totals(k);
        totals.iter_mut().for_each(|t| *t = M::distance(*t));
        gather(totals, &self.order)
    }

    /// The `k` nearest: everything up to the `k`-th total, sorted and cut off.
    pub fn nearest(&self, k: usize) -> Vec<Vec<Neighbour>> {
        let limits = self.kth_totals(k);
        let nearest = (0..self.n).into_par_iter().map(|own| {
            let mut all = Vec::new();
            self.collect(own, limits[own], &mut all);
            all.sort_unstable_by(|a, b| {
                a.distance
                    .total_cmp(&b.distance)
                    .then(a.point.cmp(&b.point))
            });
            all.truncate(k);
            for neighbour in &mut all {
                neighbour.distance = M::distance(neighbour.distance);
            }
            all
        });
        gather(nearest.collect(), &self.order)
    }

    /// The points other than the one at a position whose total is at most `limit`, totals in
    /// place of distances.
    fn collect(&self, own: usize, limit: f64, all: &mut Vec<Neighbour>) {
        let group = self.block(own / LANES);
        let lane = own % LANES;
        let mut stack = vec![0];
        while let Some(node) = stack.pop() {
            if nearest_place::<M>(self.bounds(node), group)[lane] > limit {
                continue;
            }
            if node + 1 < self.leaves() {
                stack.extend([2 * node + 2, 2 * node + 1]);
                continue;
            }
            let (from, to) = self.blocks(node);
            for b in from..to {
                let total = totals::<M>(self.block(b), group, lane);
                for (position, &distance) in (b * LANES..self.n).zip(&total) {
                    if position != own && distance <= limit {
                        let point = self.order[position];
                        all.push(Neighbour { point, distance });
                    }
                }
            }
        }
    }

    /// Total between every position and its `k`-th neighbour.
    fn kth_totals(&self, k: usize) -> Vec<f64> {
        let arch = pulp::Arch::new();
        let mut totals = vec![0.0; self.n];
        totals
            .par_chunks_mut(TASK * LANES)
            .enumerate()
            .for_each(|(task, out)| {
                arch.dispatch(Search {
                    tree: self,
                    first: task * TASK,
                    k,
                    out,
                });
            });
        totals
    }

    /// The search for the points of one block, which walk the tree together. The last `k` rows of
    /// `best` receive the smallest totals of each, ascending.
    #[inline(always)]
    fn search_group(&self, own: usize, k: usize, best: &mut [Row], stack: &mut Vec<(usize, Row)>) {
        let group = self.block(own);
        let last = best.len() - 1;
        let mut start: Row = [f64::INFINITY; LANES];
        for l in (self.n - own * LANES).min(LANES)..LANES {
            // No point is nearer to a lane without a point.
            start[l] = f64::NEG_INFINITY;
        }
        best.fill([f64::NEG_INFINITY; LANES]);
        best[last + 1 - k..].fill(start);
        // The own leaf comes first, then the subtrees beside the path to it, nearest first.
        let first_leaf = self.leaves() - 1;
        let mut node = 0;
        while node < first_leaf {
            let (left, right) = (2 * node + 1, 2 * node + 2);
            let (on_path, beside) = if own < self.blocks(right).0 {
                (left, right)
            } else {
                (right, left)
            };
            stack.push((beside, nearest_place::<M>(self.bounds(beside), group)));
            node = on_path;
        }
        stack.push((node, [0.0; LANES]));
        while let Some((node, bound)) = stack.pop() {
            let worst = best[last];
            let active = mask(|l| bound[l] < worst[l]);
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
            match <&mut [Row; FEW]>::try_from(&mut *best) {
                Ok(best) if active.count_ones() >= TOGETHER => {
                    self.scan_together(from..to, own, group, best);
                }
                _ => {
                    for lane in lanes(active) {
                        self.scan_alone(from..to, own * LANES + lane, group, best);
                    }
                }
            }
        }
    }

    /// Compares the points of blocks with all queries of a group, without branches.
    #[inline(always)]
    fn scan_together(
        &self,
        blocks: Range<usize>,
        own: usize,
        group: &[Row],
        best: &mut [Row; FEW],
    ) {
        // A copy that stays in registers.
        let mut rows = *best;
        for b in blocks {
            let block = self.block(b);
            for point in 0..LANES {
                let mut total = totals::<M>(group, block, point);
                let itself = if b == own { point } else { LANES };
                for l in 0..LANES {
                    total[l] = if l == itself { f64::INFINITY } else { total[l] };
                }
                for row in &mut rows {
                    for l in 0..LANES {
                        let (old, new) = (row[l], total[l]);
                        row[l] = if new < old { new } else { old };
                        total[l] = if new < old { old } else { new };
                    }
                }
            }
        }
        *best = rows;
    }

    /// Compares the points of blocks with one query of a group.
    #[inline(always)]
    fn scan_alone(&self, blocks: Range<usize>, itself: usize, group: &[Row], best: &mut [Row]) {
        let lane = itself % LANES;
        let last = best.len() - 1;
        let mut worst = best[last][lane];
        for b in blocks {
            let total = totals::<M>(self.block(b), group, lane);
            for l in lanes(mask(|l| total[l] < worst)) {
                if b * LANES + l == itself || total[l] >= worst {
                    continue;
                }
                let mut at = last;
                while at > 0 && total[l] < best[at - 1][lane] {
                    best[at][lane] = best[at - 1][lane];
                    at -= 1;
                }
                best[at][lane] = total[l];
                worst = best[last][lane];
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

/// A task of [`Tree::kth_totals`]. A type, because a closure would be called through a shim that
/// is compiled for the baseline instruction set.
struct Search<'a, M> {
    tree: &'a Tree<M>,
    first: usize,
    k: usize,
    out: &'a mut [f64],
}

impl<M: Metric> pulp::NullaryFnOnce for Search<'_, M> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let mut best = vec![[0.0; LANES]; self.k.max(FEW)];
        let last = best.len() - 1;
        let mut stack = Vec::new();
        for (group, out) in (self.first..).zip(self.out.chunks_mut(LANES)) {
            self.tree.search_group(group, self.k, &mut best, &mut stack);
            out.copy_from_slice(&best[last][..out.len()]);
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
