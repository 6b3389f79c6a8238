//! Distances in single precision, to find out cheaply which few are worth the exact arithmetic.
//!
//! With `a`, `b` the points less a common centre, in units of a power of two, `a'`, `b'` their
//! roundings to `f32`, and `u = 2^-23`: `|a'_j - a_j| <= u |a_j|`, so that
//! `| |a' - b'| - |a - b| | <= u (|a| + |b|)` in either norm, and the total that is computed from
//! `a'` and `b'` is that of `|a' - b'|` up to a factor `1 +- (d + 8) u`, which has room for the
//! rounding of the exact arithmetic too. A point whose total lies outside of these bounds is
//! certainly farther (nearer) than a radius; every other one is looked at exactly, so that no
//! result depends on this file.

use pulp::Simd;
use pulp::bytemuck::bytes_of;

use super::block::{LANES, Row};
use super::metric::Metric;

/// Points of a tile: two blocks.
pub(super) const WIDTH: usize = 2 * LANES;
/// Blocks that share a bound on the size of their points. Their totals to a few points fit into the
/// first level of cache, and among a thousand points the nearest are about the nearest of all.
pub(super) const STRETCH: usize = 128;
/// Points that are compared with a tile at once.
pub(super) const TOGETHER: usize = 4;
/// Relative rounding of a coordinate, twice what it is.
const UNIT: f64 = 1.0 / (1 << 23) as f64;
/// More than the smallest positive `f32`, which rounding may add or take.
const TINY: f64 = 1e-44;
/// Up to this dimension the bounds above are tight.
const DIM: usize = 1 << 16;

/// One number for each point of a tile.
pub(super) type Tile = [f32; WIDTH];

/// The points once more, in single precision.
pub(super) struct Sieve {
    dim: usize,
    /// Factor from coordinates of the tree to those here, a power of two.
    factor: f64,
    /// Coordinate `j` of tile `t` at `t * dim + j`; infinite behind the last point.
    tiles: Vec<Tile>,
    /// Upper bound on the distance of each point from the centre.
    sizes: Vec<f64>,
    /// The largest of them in each stretch.
    reaches: Vec<f64>,
}

/// Totals between which the exact arithmetic decides.
#[derive(Clone, Copy)]
pub(super) struct Doubt {
    /// Below it a point is certainly within.
    pub from: f32,
    /// Above it a point is certainly not within.
    pub to: f32,
}

impl Sieve {
    /// The sieve for points in blocks; `None` where single precision cannot hold them.
    pub fn new<M: Metric>(rows: &[Row], n: usize, dim: usize) -> Option<Self> {
        let mut bounds = vec![[f64::INFINITY, f64::NEG_INFINITY]; dim];
        for p in 0..n {
            for (bound, row) in bounds.iter_mut().zip(&rows[p / LANES * dim..]) {
                let v = row[p % LANES];
                *bound = [bound[0].min(v), bound[1].max(v)];
            }
        }
        let extent = bounds
            .iter()
            .fold(0.0, |m: f64, [low, high]| m.max(high - low));
        if !(1e-300..=1e300).contains(&extent) || dim > DIM {
            return None;
        }
        // The extent becomes a number from 1 to 2.
        let factor = f64::from_bits((2046 - (extent.to_bits() >> 52)) << 52);
        let centre: Vec<f64> = (0..dim).map(|j| middle(rows, n, dim, j)).collect();
        let mut sieve = Self {
            dim,
            factor,
            tiles: vec![[f32::INFINITY; WIDTH]; n.div_ceil(WIDTH) * dim],
            sizes: Vec::with_capacity(n),
            reaches: vec![0.0; n.div_ceil(STRETCH * LANES)],
        };
        for p in 0..n {
            let tile = &mut sieve.tiles[p / WIDTH * dim..][..dim];
            let mut total = 0.0;
            for ((row, tile), centre) in rows[p / LANES * dim..].iter().zip(tile).zip(&centre) {
                let v = (row[p % LANES] - centre) * factor;
                tile[p % WIDTH] = v as f32;
                total = M::fold(total, v);
            }
            let size = M::distance(total) * (1.0 + 1e-6);
            let reach = &mut sieve.reaches[p / (STRETCH * LANES)];
            *reach = reach.max(size);
            sieve.sizes.push(size);
        }
        Some(sieve)
    }

    /// Bounds for the question whether points of a stretch are within `threshold`, a total of the
    /// tree, of point `p`.
    #[inline(always)]
    pub fn doubt<M: Metric>(&self, p: usize, stretch: usize, threshold: f64) -> Doubt {
        // None is within a negative total, which stands for a place without a point, nor within 0.
        if threshold <= 0.0 {
            let to = if threshold < 0.0 {
                f32::NEG_INFINITY
            } else {
                0.0
            };
            return Doubt { from: 0.0, to };
        }
        let radius = M::distance(threshold) * self.factor;
        let dim = self.dim as f64;
        let error = UNIT * (self.sizes[p] + self.reaches[stretch]) + dim * TINY;
        let rounding = (dim + 8.0) * UNIT;
        let (below, above) = ((radius - error).max(0.0), radius + error);
        let from = M::total(below) * (1.0 - rounding) - dim * TINY;
        let to = M::total(above) * (1.0 + rounding) + dim * TINY;
        Doubt {
            from: (from as f32).next_down(),
            to: (to as f32).next_up(),
        }
    }

    /// Above it a point of a stretch is certainly farther than the `k`-th neighbour of point `p`,
    /// where `totals` are of `p` and different others of the stretch; infinite when they are fewer
    /// than `k`.
    #[inline(always)]
    pub fn limit<M: Metric, S: Simd>(
        &self,
        simd: S,
        p: usize,
        stretch: usize,
        totals: &Tile,
        k: usize,
    ) -> f32 {
        if k > WIDTH {
            return f32::INFINITY;
        }
        let farthest = f64::from(smallest(simd, totals, k));
        // As in `doubt`, once up to the radius of that many points, once up to their totals.
        let dim = self.dim as f64;
        let error = UNIT * (self.sizes[p] + self.reaches[stretch]) + dim * TINY;
        let rounding = (dim + 8.0) * UNIT;
        let radius = M::distance((farthest + dim * TINY) * (1.0 + 2.0 * rounding)) + 2.0 * error;
        let to = M::total(radius) * (1.0 + rounding) + dim * TINY;
        (to as f32).next_up()
    }

    /// Totals between four neighbouring points from `p` on and all points of a tile; none, where
    /// already a part of the coordinates puts all of them above their limits.
    #[inline(always)]
    pub fn totals<M: Metric, S: Simd>(
        &self,
        simd: S,
        p: usize,
        tile: usize,
        limits: &[f32; TOGETHER],
    ) -> Option<[Tile; TOGETHER]> {
        let dim = self.dim;
        let points = &self.tiles[tile * dim..][..dim];
        let queries = &self.tiles[p / WIDTH * dim..][..dim];
        let first = p % WIDTH;
        let mut totals = [[0.0; WIDTH]; TOGETHER];
        let mut from = 0;
        while from < dim {
            let to = dim.min(from.saturating_add(M::PART));
            // Written out for registers: left to itself, the compiler makes vectors of the queries.
            for part in 0..WIDTH / S::F32_LANES {
                let mut sums: [S::f32s; TOGETHER] =
                    std::array::from_fn(|q| S::as_simd_f32s(&totals[q]).0[part]);
                for (values, query) in points[from..to].iter().zip(&queries[from..to]) {
                    let values = S::as_simd_f32s(values).0[part];
                    for (q, sum) in sums.iter_mut().enumerate() {
                        let query = simd.splat_f32s(query[(first + q) % WIDTH]);
                        *sum = M::fold_single(simd, *sum, simd.sub_f32s(values, query));
                    }
                }
                for (total, sum) in totals.iter_mut().zip(sums) {
                    S::as_mut_simd_f32s(total).0[part] = sum;
                }
            }
            if !any_within(simd, &totals, limits) {
                return None;
            }
            from = to;
        }
        Some(totals)
    }
}

/// The median of coordinate `j`, judged by a few points. Any centre will do; one amid most of the points
/// keeps their single-precision coordinates sharp, also beside an outlier.
fn middle(rows: &[Row], n: usize, dim: usize, j: usize) -> f64 {
    const JUDGED: usize = 65;
    let mut values: Vec<f64> = (0..n)
        .step_by(n.div_ceil(JUDGED))
        .map(|p| rows[p / LANES * dim + j][p % LANES])
        .collect();
    let half = values.len() / 2;
    *values.select_nth_unstable_by(half, f64::total_cmp).1
}

/// Whether a total is at most the limit of its row.
#[inline(always)]
fn any_within<S: Simd>(simd: S, totals: &[Tile; TOGETHER], limits: &[f32; TOGETHER]) -> bool {
    let mut any = false;
    for (total, limit) in totals.iter().zip(limits) {
        any |= within(simd, total, *limit);
    }
    any
}

/// Whether a total is at most a limit.
#[inline(always)]
pub(super) fn within<S: Simd>(simd: S, totals: &Tile, limit: f32) -> bool {
    let (parts, _) = S::as_simd_f32s(totals);
    let limit = simd.splat_f32s(limit);
    let mut any = false;
    for part in parts {
        let within = simd.less_than_or_equal_f32s(*part, limit);
        any |= simd.first_true_m32s(within) < S::F32_LANES;
    }
    any
}

/// The lanes whose total is at most a limit, a bit each.
#[inline(always)]
pub(super) fn hits<S: Simd>(simd: S, totals: &Tile, limit: f32) -> u32 {
    let (parts, _) = S::as_simd_f32s(totals);
    let limit = simd.splat_f32s(limit);
    let mut bits = 0;
    for (at, part) in parts.iter().enumerate() {
        let within = simd.less_than_or_equal_f32s(*part, limit);
        let within = match bytes_of(&within) {
            [bits] => u32::from(*bits),
            [low, high] => u32::from(*low) | u32::from(*high) << 8,
            bytes => {
                (0..S::F32_LANES).fold(0, |bits, l| bits | u32::from(bytes[4 * l + 3] >> 7) << l)
            }
        };
        bits |= within << (at * S::F32_LANES);
    }
    bits
}

/// Lowers each lane to another.
#[inline(always)]
pub(super) fn lower<S: Simd>(simd: S, lowest: &mut Tile, totals: &Tile) {
    let (lowest, _) = S::as_mut_simd_f32s(lowest);
    let (parts, _) = S::as_simd_f32s(totals);
    for (lowest, part) in lowest.iter_mut().zip(parts) {
        *lowest = simd.min_f32s(*lowest, *part);
    }
}

/// The `k`-th smallest of different totals; a larger one where some are alike.
#[inline(always)]
fn smallest<S: Simd>(simd: S, totals: &Tile, k: usize) -> f32 {
    let mut rest = *totals;
    let mut least = f32::INFINITY;
    for _ in 0..k {
        let (parts, _) = S::as_mut_simd_f32s(&mut rest);
        least = parts.iter().fold(f32::INFINITY, |least, part| {
            least.min(simd.reduce_min_f32s(*part))
        });
        let (bound, none) = (simd.splat_f32s(least), simd.splat_f32s(f32::INFINITY));
        for part in parts {
            let gone = simd.less_than_or_equal_f32s(*part, bound);
            *part = simd.select_f32s(gone, none, *part);
        }
    }
    least
}
