//! A balanced k-d tree over blocks of eight points, without the tree where boxes cannot help.

use std::marker::PhantomData;
use std::ops::Range;

use pulp::Simd;
use rayon::prelude::*;

use super::block::{
    LANES, Mask, Row, below, lanes, nearest_and_farthest_place, nearest_place, totals,
};
use super::metric::{Metric, Unit};
use super::sieve::{self, Doubt, STRETCH, Sieve, within};
use super::{Neighbour, gather, sortable};
use crate::sample::Sample;

/// Most blocks of a leaf.
const LEAF: usize = 8;
/// Blocks of queries that one task answers for.
const TASK: usize = 16;
/// From this many queries on that need a leaf, all of the group are compared with it at once.
const TOGETHER: u32 = 6;
/// Blocks that are compared with a query at once.
const WIDE: usize = 2;
/// Up to this order the smallest totals of a group are kept without branches.
const FEW: usize = 4;

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
            // Ties with the last may be many; they must not stay in memory.
            all.shrink_to_fit();
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
        let first_leaf = self.leaves() - 1;
        let mut stack = vec![0];
        if self.boxes.is_empty() {
            stack = (first_leaf..2 * first_leaf + 1).collect();
        }
        while let Some(node) = stack.pop() {
            if !self.boxes.is_empty() && nearest_place::<M>(self.bounds(node), group)[lane] > limit
            {
                continue;
            }
            if node < first_leaf {
                stack.extend([2 * node + 2, 2 * node + 1]);
                continue;
            }
            for b in self.blocks(node) {
                let [total] = totals::<M, 1>([self.block(b)], group, lane);
                for (position, &distance) in (b * LANES..self.n).zip(&total) {
                    if position != own && distance <= limit {
                        let point = self.order[position];
                        all.push(Neighbour { point, distance });
                    }
                }
            }
        }
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

    /// Total between every position and its `k`-th neighbour.
    fn kth_totals(&self, k: usize) -> Vec<f64> {
        let arch = pulp::Arch::new();
        let walk = arch.dispatch(TrySearch { tree: self, k });
        let mut totals = vec![0.0; self.n];
        totals
            .par_chunks_mut(TASK * LANES)
            .enumerate()
            .for_each(|(task, out)| {
                arch.dispatch(Search {
                    tree: self,
                    walk,
                    first: task * TASK,
                    k,
                    out,
                });
            });
        totals
    }

    /// The search for the points of one block, which walk the tree together; returns how many
    /// leaves they looked at, each for itself.
    #[inline(always)]
    fn search_group<S: Simd>(
        &self,
        simd: S,
        own: usize,
        best: &mut [Row],
        stack: &mut Vec<(usize, Row)>,
    ) -> usize {
        let mut visited = 0;
        let group = self.block(own);
        let last = best.len() - 1;
        // The own leaf comes first, then the subtrees beside the path to it, nearest first.
        let first_leaf = self.leaves() - 1;
        let mut node = 0;
        while node < first_leaf {
            let (left, right) = (2 * node + 1, 2 * node + 2);
            let (on_path, beside) = if own < self.blocks(right).start {
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
            let active = below(simd, &bound, &worst);
            if active == 0 {
                continue;
            }
            if node < first_leaf {
                let (left, right) = (2 * node + 1, 2 * node + 2);
                let to_left = nearest_place::<M>(self.bounds(left), group);
                let to_right = nearest_place::<M>(self.bounds(right), group);
                let nearer = below(simd, &to_left, &to_right) & active;
                let farther = below(simd, &to_right, &to_left) & active;
                if nearer.count_ones() >= farther.count_ones() {
                    stack.push((right, to_right));
                    stack.push((left, to_left));
                } else {
                    stack.push((left, to_left));
                    stack.push((right, to_right));
                }
                continue;
            }
            visited += active.count_ones() as usize;
            self.scan(simd, node, active, own, best);
        }
        visited
    }

    /// Compares the points of a leaf with those queries of a group that are active.
    #[inline(always)]
    fn scan<S: Simd>(&self, simd: S, leaf: usize, active: Mask, own: usize, best: &mut [Row]) {
        match <&mut [Row; FEW]>::try_from(&mut *best) {
            Ok(best) if active.count_ones() >= TOGETHER => {
                self.scan_together(self.blocks(leaf), own, best);
            }
            _ => {
                for lane in lanes(active) {
                    self.scan_alone(simd, self.blocks(leaf), own * LANES + lane, best);
                }
            }
        }
    }

    /// Compares the points of a stretch with the queries of a group: exactly where single precision
    /// does not rule them out.
    #[inline(always)]
    fn sift<S: Simd>(&self, simd: S, sieve: &Sieve, stretch: usize, own: usize, best: &mut [Row]) {
        let last = best.len() - 1;
        for first in (0..LANES).step_by(sieve::TOGETHER) {
            let position = own * LANES + first;
            let limit = |q: usize, best: &[Row]| {
                let worst = best[last][first + q];
                sieve
                    .doubt::<M>((position + q).min(self.n - 1), stretch, worst)
                    .to
            };
            let mut limits = std::array::from_fn(|q| limit(q, best));
            for blocks in self.pairs_of(stretch) {
                let tile = blocks.start / 2;
                let Some(totals) = sieve.totals::<M, S>(simd, position, tile, &limits) else {
                    continue;
                };
                for (q, total) in totals.iter().enumerate() {
                    if within(simd, total, limits[q]) {
                        self.scan_alone(simd, blocks.clone(), position + q, best);
                        limits[q] = limit(q, best);
                    }
                }
            }
        }
    }

    /// The blocks of a stretch, two by two.
    #[inline(always)]
    fn pairs_of(&self, stretch: usize) -> impl Iterator<Item = Range<usize>> + use<M> {
        let end = self.n.div_ceil(LANES).min((stretch + 1) * STRETCH);
        (stretch * STRETCH..end)
            .step_by(2)
            .map(move |b| b..end.min(b + 2))
    }

    /// Compares the points of blocks with all queries of a group, without branches.
    #[inline(always)]
    fn scan_together(&self, blocks: Range<usize>, own: usize, best: &mut [Row; FEW]) {
        let group = self.block(own);
        // A copy that stays in registers.
        let mut rows = *best;
        for b in blocks {
            let block = self.block(b);
            for point in 0..LANES {
                let [mut total] = totals::<M, 1>([group], block, point);
                let itself = if b == own { point } else { LANES };
                for (l, total) in total.iter_mut().enumerate() {
                    *total = if l == itself { f64::INFINITY } else { *total };
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
    fn scan_alone<S: Simd>(&self, simd: S, blocks: Range<usize>, itself: usize, best: &mut [Row]) {
        let group = self.block(itself / LANES);
        let lane = itself % LANES;
        let last = best.len() - 1;
        let mut worst = best[last][lane];
        self.compare(
            blocks,
            group,
            lane,
            #[inline(always)]
            |b, total| {
                for l in lanes(below(simd, total, &[worst; LANES])) {
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
            },
        );
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

    pub fn counts_within(&self, radii: &[f64], unit: Unit) -> Vec<usize> {
        let arch = pulp::Arch::new();
        let walk = arch.dispatch(TryCount {
            tree: self,
            radii,
            unit,
        });
        let mut sorted = vec![0; self.n];
        sorted
            .par_chunks_mut(TASK * LANES)
            .enumerate()
            .for_each(|(task, out)| {
                arch.dispatch(Count {
                    tree: self,
                    walk,
                    first: task * TASK,
                    radii,
                    unit,
                    out,
                });
            });
        gather(sorted, &self.order)
    }

    /// The totals below which points are within the radius of each point of a block.
    fn thresholds(&self, own: usize, radii: &[f64], unit: Unit) -> Row {
        let mut thresholds = [f64::NEG_INFINITY; LANES];
        let points = self.order[own * LANES..].iter();
        for (threshold, &i) in thresholds.iter_mut().zip(points) {
            *threshold = M::threshold(unit.radius(radii[i]));
        }
        thresholds
    }

    /// The counts for the points of one block, which walk the tree together; returns how many
    /// leaves they looked at, each for itself.
    #[inline(always)]
    fn count_group<S: Simd>(
        &self,
        simd: S,
        own: usize,
        threshold: &Row,
        count: &mut [usize; LANES],
        stack: &mut Vec<(usize, Mask)>,
    ) -> usize {
        let mut visited = 0;
        let group = self.block(own);
        let first_leaf = self.leaves() - 1;
        stack.push((0, Mask::MAX));
        while let Some((node, open)) = stack.pop() {
            let (nearest, farthest) = nearest_and_farthest_place::<M>(self.bounds(node), group);
            let open = open & below(simd, &nearest, threshold);
            let inside = open & below(simd, &farthest, threshold);
            let open = open & !inside;
            let blocks = self.blocks(node);
            if inside != 0 {
                let points = (blocks.end * LANES).min(self.n) - blocks.start * LANES;
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
            visited += open.count_ones() as usize;
            self.count_scan(blocks, open, own, threshold, count);
        }
        visited
    }

    /// Counts the points of a stretch: exactly where single precision leaves a doubt.
    #[inline(always)]
    fn count_sifted<S: Simd>(
        &self,
        simd: S,
        sieve: &Sieve,
        stretch: usize,
        own: usize,
        threshold: &Row,
        count: &mut [usize; LANES],
    ) {
        for first in (0..LANES).step_by(sieve::TOGETHER) {
            let position = own * LANES + first;
            let doubts: [Doubt; sieve::TOGETHER] = std::array::from_fn(|q| {
                let at = (position + q).min(self.n - 1);
                sieve.doubt::<M>(at, stretch, threshold[first + q])
            });
            for blocks in self.pairs_of(stretch) {
                let tile = blocks.start / 2;
                let limits = doubts.map(|doubt| doubt.to);
                let Some(totals) = sieve.totals::<M, S>(simd, position, tile, &limits) else {
                    continue;
                };
                for (q, total) in totals.iter().enumerate() {
                    let Doubt { from, to } = doubts[q];
                    let (mut inside, mut possible) = (0, 0);
                    for t in total {
                        inside += u32::from(*t < from);
                        possible += u32::from(*t <= to);
                    }
                    if inside == possible {
                        count[first + q] += inside as usize;
                    } else {
                        let open = 1 << (first + q);
                        self.count_scan(blocks.clone(), open, own, threshold, count);
                    }
                }
            }
        }
    }

    /// Counts the points of blocks for those queries of a group that are open.
    #[inline(always)]
    fn count_scan(
        &self,
        blocks: Range<usize>,
        open: Mask,
        own: usize,
        threshold: &Row,
        count: &mut [usize; LANES],
    ) {
        let group = self.block(own);
        for lane in lanes(open) {
            let limit = threshold[lane];
            let mut hits = [0; LANES];
            self.compare(
                blocks.clone(),
                group,
                lane,
                #[inline(always)]
                |_, total| {
                    for l in 0..LANES {
                        hits[l] += usize::from(total[l] < limit);
                    }
                },
            );
            count[lane] += hits.iter().sum::<usize>();
        }
    }
}

/// What [`Tree::kth_totals`] asks before it walks the tree.
struct TrySearch<'a, M> {
    tree: &'a Tree<M>,
    k: usize,
}

impl<M: Metric> pulp::WithSimd for TrySearch<'_, M> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> bool {
        let (tree, k) = (self.tree, self.k);
        let rows = k.max(FEW);
        let mut stack = Vec::new();
        tree.boxes_pay(
            #[inline(always)]
            |group| {
                let mut best = vec![[f64::NEG_INFINITY; LANES]; rows];
                let points = (tree.n - group * LANES).min(LANES);
                for row in &mut best[rows - k..] {
                    row[..points].fill(f64::INFINITY);
                }
                tree.search_group(simd, group, &mut best, &mut stack)
            },
        )
    }
}

/// A task of [`Tree::kth_totals`]. A type, because a closure would be called through a shim that
/// is compiled for the baseline instruction set.
struct Search<'a, M> {
    tree: &'a Tree<M>,
    walk: bool,
    first: usize,
    k: usize,
    out: &'a mut [f64],
}

impl<M: Metric> pulp::WithSimd for Search<'_, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (tree, k) = (self.tree, self.k);
        // Of the rows of a group the last `k` receive the smallest totals, ascending; no total
        // gets past the others, nor into a lane without a point.
        let rows = k.max(FEW);
        let groups = self.out.len().div_ceil(LANES);
        let mut best = vec![[f64::NEG_INFINITY; LANES]; rows * groups];
        for (best, out) in best.chunks_mut(rows).zip(self.out.chunks(LANES)) {
            for row in &mut best[rows - k..] {
                row[..out.len()].fill(f64::INFINITY);
            }
        }
        if self.walk {
            let mut stack = Vec::new();
            for (group, best) in (self.first..).zip(best.chunks_mut(rows)) {
                tree.search_group(simd, group, best, &mut stack);
            }
        } else if let Some(sieve) = &tree.sieve {
            for stretch in 0..tree.stretches() {
                for (group, best) in (self.first..).zip(best.chunks_mut(rows)) {
                    tree.sift(simd, sieve, stretch, group, best);
                }
            }
        } else {
            // Leaf by leaf for all groups, so that a leaf is read from the cache.
            for leaf in tree.leaves() - 1..2 * tree.leaves() - 1 {
                for (group, best) in (self.first..).zip(best.chunks_mut(rows)) {
                    let active = below(simd, &[0.0; LANES], &best[rows - 1]);
                    tree.scan(simd, leaf, active, group, best);
                }
            }
        }
        for (out, best) in self.out.chunks_mut(LANES).zip(best.chunks(rows)) {
            out.copy_from_slice(&best[rows - 1][..out.len()]);
        }
    }
}

/// What [`Tree::counts_within`] asks before it walks the tree.
struct TryCount<'a, M> {
    tree: &'a Tree<M>,
    radii: &'a [f64],
    unit: Unit,
}

impl<M: Metric> pulp::WithSimd for TryCount<'_, M> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> bool {
        let tree = self.tree;
        let mut stack = Vec::new();
        tree.boxes_pay(
            #[inline(always)]
            |group| {
                let thresholds = tree.thresholds(group, self.radii, self.unit);
                tree.count_group(simd, group, &thresholds, &mut [0; LANES], &mut stack)
            },
        )
    }
}

/// A task of [`Tree::counts_within`].
struct Count<'a, M> {
    tree: &'a Tree<M>,
    walk: bool,
    first: usize,
    radii: &'a [f64],
    unit: Unit,
    out: &'a mut [usize],
}

impl<M: Metric> pulp::WithSimd for Count<'_, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (tree, first) = (self.tree, self.first);
        let groups = self.out.len().div_ceil(LANES);
        let thresholds: Vec<Row> = (first..first + groups)
            .map(|group| tree.thresholds(group, self.radii, self.unit))
            .collect();
        let mut counts = vec![[0; LANES]; groups];
        if self.walk {
            let mut stack = Vec::new();
            for ((group, row), count) in (first..).zip(&thresholds).zip(&mut counts) {
                tree.count_group(simd, group, row, count, &mut stack);
            }
        } else if let Some(sieve) = &tree.sieve {
            for stretch in 0..tree.stretches() {
                for ((group, row), count) in (first..).zip(&thresholds).zip(&mut counts) {
                    tree.count_sifted(simd, sieve, stretch, group, row, count);
                }
            }
        } else {
            for leaf in tree.leaves() - 1..2 * tree.leaves() - 1 {
                for ((group, row), count) in (first..).zip(&thresholds).zip(&mut counts) {
                    let open = below(simd, &[0.0; LANES], row);
                    tree.count_scan(tree.blocks(leaf), open, group, row, count);
                }
            }
        }
        for ((out, row), count) in self.out.chunks_mut(LANES).zip(&thresholds).zip(&counts) {
            for l in 0..out.len() {
                // A point counts itself when its distance zero is within.
                out[l] = count[l] - usize::from(row[l] > 0.0);
            }
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
