//! The distance from every point to its `k`-th neighbour.

use std::ops::Range;

use pulp::Simd;
use rayon::prelude::*;

use super::super::block::{LANES, Mask, Row, below, lanes, nearest_place, totals};
use super::super::gather;
use super::super::metric::Metric;
use super::super::sieve::{self, STRETCH, Sieve, Tile, lower, within};
use super::{TASK, Tree};

/// From this many queries on that need a leaf, all of the group are compared with it at once.
const TOGETHER: u32 = 6;
/// Up to this order the smallest totals of a group are kept without branches.
const FEW: usize = 4;
/// Blocks that single precision has found and that are looked at exactly at once.
const LOOKED: usize = 2;

impl<M: Metric> Tree<M> {
    pub fn kth_distances(&self, k: usize) -> Vec<f64> {
        let mut totals = self.kth_totals(k, self.search_pays(k));
        totals.iter_mut().for_each(|t| *t = M::distance(*t));
        gather(totals, &self.order)
    }

    /// Whether to walk the tree in search of the `k`-th neighbours.
    pub(super) fn search_pays(&self, k: usize) -> bool {
        pulp::Arch::new().dispatch(TrySearch { tree: self, k })
    }

    /// Total between every position and its `k`-th neighbour.
    pub(super) fn kth_totals(&self, k: usize, walk: bool) -> Vec<f64> {
        let arch = pulp::Arch::new();
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
    /// does not rule them out. All single-precision totals come first, because their smallest tell
    /// beforehand about how far the exact ones will come down.
    #[inline(always)]
    fn sift<S: Simd>(
        &self,
        simd: S,
        sieve: &Sieve,
        stretch: usize,
        own: usize,
        singles: &mut Singles,
        best: &mut [Row],
    ) {
        let last = best.len() - 1;
        for first in (0..LANES).step_by(sieve::TOGETHER) {
            let position = own * LANES + first;
            let at = |q: usize| (position + q).min(self.n - 1);
            let limits: [f32; sieve::TOGETHER] =
                std::array::from_fn(|q| sieve.doubt::<M>(at(q), stretch, best[last][first + q]).to);
            let mut smallest = [[f32::INFINITY; sieve::WIDTH]; sieve::TOGETHER];
            for (blocks, kept) in self.pairs_of(stretch).zip(&mut singles.totals) {
                let tile = blocks.start / 2;
                let Some(mut totals) = sieve.totals::<M, S>(simd, position, tile, &limits) else {
                    *kept = [[f32::INFINITY; sieve::WIDTH]; sieve::TOGETHER];
                    continue;
                };
                if tile == own / 2 {
                    for (q, total) in totals.iter_mut().enumerate() {
                        total[(position + q) % sieve::WIDTH] = f32::INFINITY;
                    }
                }
                for (smallest, total) in smallest.iter_mut().zip(&totals) {
                    lower(simd, smallest, total);
                }
                *kept = totals;
            }
            for (q, smallest) in smallest.iter().enumerate() {
                if !within(simd, smallest, limits[q]) {
                    continue;
                }
                let ahead = sieve.limit::<M, S>(simd, at(q), stretch, smallest, singles.k);
                let limit = limits[q].min(ahead);
                let mut found = [0; LOOKED];
                let mut many = 0;
                for (blocks, kept) in self.pairs_of(stretch).zip(&singles.totals) {
                    let mut hits = sieve::hits(simd, &kept[q], limit);
                    while hits != 0 {
                        let half = hits.trailing_zeros() as usize / LANES;
                        hits &= !(0xff << (half * LANES));
                        if blocks.start + half == blocks.end {
                            // No limit yet, and the last tile is half empty.
                            break;
                        }
                        found[many] = blocks.start + half;
                        many += 1;
                        if many == LOOKED {
                            self.look(simd, found, position + q, best);
                            many = 0;
                        }
                    }
                }
                for b in &found[..many] {
                    self.look(simd, [*b], position + q, best);
                }
            }
        }
    }

    /// Compares the points of some blocks with one query of a group.
    #[inline(always)]
    fn look<S: Simd, const W: usize>(
        &self,
        simd: S,
        blocks: [usize; W],
        itself: usize,
        best: &mut [Row],
    ) {
        let lane = itself % LANES;
        let values = blocks.map(|b| self.block(b));
        let totals = totals::<M, W>(values, self.block(itself / LANES), lane);
        for (b, total) in blocks.iter().zip(&totals) {
            insert(simd, *b, total, itself, best);
        }
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
        self.compare(
            blocks,
            group,
            lane,
            #[inline(always)]
            |b, total| insert(simd, b, total, itself, best),
        );
    }
}

/// Enters the totals between one query and a block.
#[inline(always)]
fn insert<S: Simd>(simd: S, b: usize, total: &Row, itself: usize, best: &mut [Row]) {
    let lane = itself % LANES;
    let last = best.len() - 1;
    for l in lanes(below(simd, total, &[best[last][lane]; LANES])) {
        if b * LANES + l == itself || total[l] >= best[last][lane] {
            continue;
        }
        let mut at = last;
        while at > 0 && total[l] < best[at - 1][lane] {
            best[at][lane] = best[at - 1][lane];
            at -= 1;
        }
        best[at][lane] = total[l];
    }
}

/// Totals in single precision between a few queries and the points of a stretch.
struct Singles {
    /// The order of the neighbour that is looked for.
    k: usize,
    totals: [[Tile; sieve::TOGETHER]; STRETCH / 2],
}

/// What [`Tree::search_pays`] asks.
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
            let mut singles = Singles {
                k,
                totals: [[[0.0; sieve::WIDTH]; sieve::TOGETHER]; STRETCH / 2],
            };
            for stretch in 0..tree.stretches() {
                for (group, best) in (self.first..).zip(best.chunks_mut(rows)) {
                    tree.sift(simd, sieve, stretch, group, &mut singles, best);
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
