//! The nearest points of every point: everything up to the `k`-th distance, sorted and cut off.

use std::ops::Range;

use pulp::Simd;
use rayon::prelude::*;

use super::super::block::{LANES, Mask, Row, below, lanes, nearest_place};
use super::super::metric::Metric;
use super::super::sieve::{self, Sieve, within};
use super::super::{Neighbour, gather};
use super::{TASK, Tree};

impl<M: Metric> Tree<M> {
    pub fn nearest(&self, k: usize) -> Vec<Vec<Neighbour>> {
        let walk = self.search_pays(k);
        let limits = self.kth_totals(k, walk);
        let arch = pulp::Arch::new();
        let mut nearest = vec![Vec::new(); self.n];
        nearest
            .par_chunks_mut(TASK * LANES)
            .enumerate()
            .for_each(|(task, out)| {
                arch.dispatch(Collect {
                    tree: self,
                    walk,
                    first: task * TASK,
                    k,
                    limits: &limits,
                    out,
                });
            });
        gather(nearest, &self.order)
    }

    /// Collects for the points of one block, which walk the tree together.
    #[inline(always)]
    fn collect_group<S: Simd>(
        &self,
        simd: S,
        own: usize,
        limit: &Row,
        near: &mut [Near],
        stack: &mut Vec<usize>,
    ) {
        let group = self.block(own);
        let first_leaf = self.leaves() - 1;
        stack.push(0);
        while let Some(node) = stack.pop() {
            let bound = nearest_place::<M>(self.bounds(node), group);
            // A point at the limit itself may have a lower index than another.
            let open = !below(simd, limit, &bound);
            if open == 0 {
                continue;
            }
            if node < first_leaf {
                stack.extend([2 * node + 2, 2 * node + 1]);
                continue;
            }
            self.collect_scan(simd, self.blocks(node), open, own, limit, near);
        }
    }

    /// Collects from the points of a stretch: exactly where single precision leaves a doubt.
    #[inline(always)]
    fn collect_sifted<S: Simd>(
        &self,
        simd: S,
        sieve: &Sieve,
        stretch: usize,
        own: usize,
        limit: &Row,
        near: &mut [Near],
    ) {
        for first in (0..LANES).step_by(sieve::TOGETHER) {
            let position = own * LANES + first;
            let limits: [f32; sieve::TOGETHER] = std::array::from_fn(|q| {
                let at = (position + q).min(self.n - 1);
                // What is at the limit is within the next double.
                let limit = limit[first + q].next_up();
                sieve.doubt::<M>(at, stretch, limit).to
            });
            for blocks in self.pairs_of(stretch) {
                let tile = blocks.start / 2;
                let Some(totals) = sieve.totals::<M, S>(simd, position, tile, &limits) else {
                    continue;
                };
                for (q, total) in totals.iter().enumerate() {
                    if within(simd, total, limits[q]) {
                        let open = 1 << (first + q);
                        self.collect_scan(simd, blocks.clone(), open, own, limit, near);
                    }
                }
            }
        }
    }

    /// Collects from the points of blocks for those queries of a group that are open.
    #[inline(always)]
    fn collect_scan<S: Simd>(
        &self,
        simd: S,
        blocks: Range<usize>,
        open: Mask,
        own: usize,
        limit: &Row,
        near: &mut [Near],
    ) {
        let group = self.block(own);
        let points = near.len();
        for lane in lanes(open).take_while(|&lane| lane < points) {
            let limit = [limit[lane]; LANES];
            let near = &mut near[lane];
            self.compare(
                blocks.clone(),
                group,
                lane,
                #[inline(always)]
                |b, total| {
                    for l in lanes(!below(simd, &limit, total)) {
                        let position = b * LANES + l;
                        if position < self.n && position != own * LANES + lane {
                            near.add(self.order[position], total[l]);
                        }
                    }
                },
            );
        }
    }
}

/// The nearest points of one so far, totals in place of distances.
struct Near {
    k: usize,
    points: Vec<Neighbour>,
}

impl Near {
    fn new(k: usize) -> Self {
        let points = Vec::with_capacity(k);
        Self { k, points }
    }

    /// Most often there are `k` in all. Ties with the last may be many, and must not take memory.
    fn add(&mut self, point: usize, distance: f64) {
        if self.points.len() == 2 * self.k + LANES {
            self.cut();
        }
        self.points.push(Neighbour { point, distance });
    }

    /// Keeps the first `k`, in order.
    fn cut(&mut self) {
        self.points.sort_unstable_by(|a, b| {
            a.distance
                .total_cmp(&b.distance)
                .then(a.point.cmp(&b.point))
        });
        self.points.truncate(self.k);
    }

    fn finish<M: Metric>(mut self) -> Vec<Neighbour> {
        self.cut();
        self.points.shrink_to_fit();
        for neighbour in &mut self.points {
            neighbour.distance = M::distance(neighbour.distance);
        }
        self.points
    }
}

/// A task of [`Tree::nearest`].
struct Collect<'a, M> {
    tree: &'a Tree<M>,
    walk: bool,
    first: usize,
    k: usize,
    /// The `k`-th total of every position.
    limits: &'a [f64],
    out: &'a mut [Vec<Neighbour>],
}

impl<M: Metric> pulp::WithSimd for Collect<'_, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (tree, k) = (self.tree, self.k);
        let mut near: Vec<Near> = self.out.iter().map(|_| Near::new(k)).collect();
        let limits: Vec<Row> = self.limits[self.first * LANES..][..near.len()]
            .chunks(LANES)
            .map(|limits| {
                // No total is below that of a lane without a point.
                let mut row = [f64::NEG_INFINITY; LANES];
                row[..limits.len()].copy_from_slice(limits);
                row
            })
            .collect();
        let mut groups: Vec<_> = (self.first..)
            .zip(&limits)
            .zip(near.chunks_mut(LANES))
            .collect();
        if self.walk {
            let mut stack = Vec::new();
            for ((group, row), near) in &mut groups {
                tree.collect_group(simd, *group, row, near, &mut stack);
            }
        } else if let Some(sieve) = &tree.sieve {
            for stretch in 0..tree.stretches() {
                for ((group, row), near) in &mut groups {
                    tree.collect_sifted(simd, sieve, stretch, *group, row, near);
                }
            }
        } else {
            for leaf in tree.leaves() - 1..2 * tree.leaves() - 1 {
                for ((group, row), near) in &mut groups {
                    tree.collect_scan(simd, tree.blocks(leaf), Mask::MAX, *group, row, near);
                }
            }
        }
        for (out, near) in self.out.iter_mut().zip(near) {
            *out = near.finish::<M>();
        }
    }
}
