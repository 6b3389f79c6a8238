//! How many points lie within a radius of every point.

use std::ops::Range;

use pulp::Simd;
use rayon::prelude::*;

use super::super::block::{LANES, Mask, Row, below, lanes, nearest_and_farthest_place};
use super::super::gather;
use super::super::metric::{Metric, Unit};
use super::super::sieve::{self, Doubt, Sieve};
use super::{TASK, Tree};

impl<M: Metric> Tree<M> {
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
