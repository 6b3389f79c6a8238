//! Exact sums of Gaussian kernels over all pairs of points.
//!
//! `ln sum_j exp(-|x_i - x_j|^2 / w^2)` for every `i`, in `O(n d)` memory. Every pair is looked at
//! once and serves both of its points. Nothing is approximated: the squares are sums of squared
//! differences (not `|a|^2 + |b|^2 - 2 a b`, which loses the digits of near points and of points
//! far from the origin), a power is off by less than one unit in the last place, and pairs are
//! left out only where a sum cannot show them, see [`log_sums`].
//!
//! # Order of the sums
//!
//! Points stand in blocks of 128. Every block meets every other in the rounds of a tournament: in a
//! round each block is in one pair, so that the pairs of a round run in parallel and write to
//! their own two blocks. What is added to a point, and in which order, therefore depends on the
//! sample alone, not on the number of threads; the lanes of a vector are the same eight points for
//! every instruction set, and products are fused on every one.
//!
//! # What bounds the speed
//!
//! Arithmetic: all that a pair of blocks needs lies in the first two levels of cache. Processor
//! seconds on one thread (Zen 4, 2.6 GHz, 512-bit vectors), bandwidth `n^(-1/(d+4))`:
//!
//! | dimensions | n | seconds | ns an ordered pair |
//! |-|-|-|-|
//! | 2 | 10000 | 0.03 | 0.3 |
//! | 10 | 10000 | 0.06 | 0.55 |
//! | 50 | 10000 | 0.15 | 1.5 |
//! | 2 | 100000 | 2.3 | 0.23 |
//!
//! So the power takes about 0.25 ns of an ordered pair and a coordinate 0.025: a subtraction and a
//! fused product, which run side by side on this processor, where `|a|^2 + |b|^2 - 2 a b` would
//! have as many products to wait for. In few dimensions far blocks are left out, the more of them
//! the narrower the kernels: of width 0.02, the last row takes 0.13 s.

use std::f64::consts::LOG2_E;

use pulp::Simd;
use rayon::prelude::*;

use crate::error::{Error, finite};
use crate::sample::Sample;

pub mod brute;
mod exponential;
mod matrix;

use exponential::exp2;
pub use matrix::matrix;

/// Points that one vector holds. They are stored coordinate by coordinate.
const LANES: usize = 8;
/// One number for each of eight points.
type Row = [f64; LANES];
/// Rows of a block.
const ROWS: usize = 16;
/// Points of a block.
const BLOCK: usize = ROWS * LANES;
/// Points that are compared with a row at once: their sums stay in registers.
const TOGETHER: usize = 4;
/// Up to this dimension neighbouring points share a block, so that far blocks can be left out.
const ORDERED: usize = 6;
/// All that is left out of a sum is below two to this power.
const LEFT_OUT: i32 = -80;
/// Sums below two to this power are computed again when blocks were left out of them.
const FAINT: i32 = -24;
/// Sums below two to this power are computed again: their terms may have been below the smallest
/// double.
const VANISHING: i32 = -900;

/// What becomes of the term of the point itself, which is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// It is one of the terms.
    Counted,
    /// Only the others count.
    LeftOut,
}

/// `ln sum_j exp(-|x_i - x_j|^2 / width^2)` for every point `i`, over all `j` or over `j != i`.
///
/// Takes `n` points in `R^d`; without the own term `n > 1`. Cost `O(n^2 d)`, `n^2 / 2` powers,
/// less where far blocks of points can be left out; memory `O(n d)`.
///
/// A term carries the relative rounding `(d + 4) eps` of its exponent. Blocks whose terms
/// together stay below `2^-80` are left out where the sum is at least `2^-24`, which is always so
/// with the own term. Smaller sums come from a second pass, in units of their largest term:
/// however isolated a point is, its sum neither vanishes nor loses digits.
///
/// # Errors
/// [`Error::InvalidParameter`] unless `width` is positive and finite; [`Error::TooFewPoints`] for
/// a single point without its own term; [`Error::NonFiniteResult`] when a coordinate, or the
/// square of the distance to the nearest point, exceeds the largest double in units of `width`.
pub fn log_sums(sample: &Sample, width: f64, own: Own) -> Result<Vec<f64>, Error> {
    check(sample, width, own)?;
    let scale = Scale::new(width);
    let coordinates = scale.coordinates(sample)?;
    let (n, dim) = (sample.n(), sample.dim());
    let mut order: Vec<usize> = (0..n).collect();
    if dim <= ORDERED {
        arrange(sample, &mut order);
    }
    // Inside the pool: threads that wait for the next round are woken up faster from there.
    let blocks = rayon::scope(|_| sums(&coordinates, dim, &order, scale));
    let log = |position: usize| {
        let (home, place) = (position / BLOCK, position % BLOCK);
        let block = &blocks[home];
        let sum = block.sums[place / LANES][place % LANES];
        match own {
            Own::Counted => Ok(sum.ln_1p()),
            Own::LeftOut if sum >= block.trusted() => Ok(sum.ln()),
            Own::LeftOut => Isolated {
                blocks: &blocks,
                home,
                place,
                scale,
            }
            .log(),
        }
    };
    let sorted: Vec<Result<f64, Error>> = (0..n).into_par_iter().map(log).collect();
    let mut logs: Vec<Result<f64, Error>> = vec![Ok(0.0); n];
    for (log, &i) in sorted.into_iter().zip(&order) {
        logs[i] = log;
    }
    // In the order of the points: which error comes first must not depend on the threads.
    logs.into_iter().collect()
}

fn check(sample: &Sample, width: f64, own: Own) -> Result<(), Error> {
    if !(width > 0.0 && width.is_finite()) {
        return Err(Error::invalid("width", width, "a positive finite number"));
    }
    if own == Own::LeftOut && sample.n() < 2 {
        return Err(Error::TooFewPoints {
            method: "a sum of kernels over the other points",
            required: 2,
            actual: sample.n(),
        });
    }
    Ok(())
}

/// Units in which squares of distances near the width neither overflow nor vanish.
#[derive(Clone, Copy)]
struct Scale {
    /// Factor on coordinates: a power of two, so that it changes no digit of a difference.
    up: f64,
    /// Factor that turns a squared distance into the negative exponent of two.
    power: f64,
    /// Factor that turns a squared distance into the negative exponent of e.
    natural: f64,
}

impl Scale {
    fn new(width: f64) -> Self {
        // The exponent field: 0 for subnormal widths.
        let exponent = (width.to_bits() >> 52).clamp(23, 2023);
        let up = f64::from_bits((2046 - exponent) << 52);
        let natural = 1.0 / (width * up).powi(2);
        Self {
            up,
            power: natural * LOG2_E,
            natural,
        }
    }

    /// The coordinates in these units.
    fn coordinates(self, sample: &Sample) -> Result<Vec<f64>, Error> {
        let what = "a coordinate in units near the kernel's width";
        let coordinates: Vec<f64> = (sample.coordinates().iter()).map(|v| v * self.up).collect();
        match coordinates.iter().find(|v| !v.is_finite()) {
            Some(beyond) => finite(what, *beyond).map(|_| coordinates),
            None => Ok(coordinates),
        }
    }
}

/// Up to 128 points, behind them infinite coordinates.
#[derive(Default)]
struct Block {
    points: usize,
    /// Coordinate `j` of the `r`-th eight points at `r * dim + j`.
    rows: Vec<Row>,
    /// Bounds of each coordinate.
    bounds: Vec<[f64; 2]>,
    /// What the others add up to, for each point.
    sums: Vec<Row>,
    /// Whether another block was left out.
    left_out: bool,
}

impl Block {
    fn new(coordinates: &[f64], dim: usize, points: &[usize]) -> Self {
        let eights = points.len().div_ceil(LANES);
        let mut rows = vec![[f64::INFINITY; LANES]; eights * dim];
        let mut bounds = vec![[f64::INFINITY, f64::NEG_INFINITY]; dim];
        for (p, &i) in points.iter().enumerate() {
            for (j, &v) in coordinates[i * dim..][..dim].iter().enumerate() {
                rows[p / LANES * dim + j][p % LANES] = v;
                let [low, high] = &mut bounds[j];
                *low = low.min(v);
                *high = high.max(v);
            }
        }
        Self {
            points: points.len(),
            rows,
            bounds,
            sums: vec![[0.0; LANES]; eights],
            left_out: false,
        }
    }

    fn dim(&self) -> usize {
        self.bounds.len()
    }

    #[inline(always)]
    fn row(&self, r: usize) -> &[Row] {
        let dim = self.dim();
        &self.rows[r * dim..][..dim]
    }

    /// A squared distance that no point of one block falls short of to any point of the other.
    /// Rounding keeps order, so this holds for the computed numbers.
    fn gap(&self, other: &Self) -> f64 {
        let mut total = 0.0;
        for ([low, high], [other_low, other_high]) in self.bounds.iter().zip(&other.bounds) {
            let gap = (low - other_high).max(other_low - high).max(0.0);
            total = gap.mul_add(gap, total);
        }
        total
    }

    /// As [`Block::gap`] to one point.
    fn gap_to(&self, point: &[f64]) -> f64 {
        let mut total = 0.0;
        for ([low, high], v) in self.bounds.iter().zip(point) {
            let gap = (low - v).max(v - high).max(0.0);
            total = gap.mul_add(gap, total);
        }
        total
    }

    /// From this sum on, what was left out or vanished does not show.
    fn trusted(&self) -> f64 {
        2f64.powi(if self.left_out { FAINT } else { VANISHING })
    }
}

/// Orders the points so that neighbours are in the same blocks: halves, split at the widest
/// coordinate. Ties go by index, so that the order depends on the sample alone.
fn arrange(sample: &Sample, order: &mut [usize]) {
    if order.len() <= BLOCK {
        return;
    }
    let extent = |axis: usize| {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for &i in &*order {
            let v = sample.point(i)[axis];
            (low, high) = (low.min(v), high.max(v));
        }
        high - low
    };
    let (mut axis, mut largest) = (0, -1.0);
    for j in 0..sample.dim() {
        let extent = extent(j);
        if extent > largest {
            (axis, largest) = (j, extent);
        }
    }
    let middle = order.len().div_ceil(BLOCK) / 2 * BLOCK;
    order.select_nth_unstable_by(middle, |&a, &b| {
        // + 0.0 turns -0 into 0.
        let (va, vb) = (sample.point(a)[axis] + 0.0, sample.point(b)[axis] + 0.0);
        va.total_cmp(&vb).then(a.cmp(&b))
    });
    let (left, right) = order.split_at_mut(middle);
    rayon::join(|| arrange(sample, left), || arrange(sample, right));
}

/// The blocks with the sums of their points over all other points.
fn sums(coordinates: &[f64], dim: usize, order: &[usize], scale: Scale) -> Vec<Block> {
    let arch = pulp::Arch::new();
    let mut blocks: Vec<Block> = (order.par_chunks(BLOCK))
        .map(|points| Block::new(coordinates, dim, points))
        .collect();
    blocks
        .par_iter_mut()
        .for_each(|block| arch.dispatch(Within { block, scale }));
    // One without points stands for a bye.
    let count = blocks.len();
    if count % 2 == 1 {
        blocks.push(Block::default());
    }
    let cutoff = cutoff(order.len());
    let half = blocks.len() / 2;
    for _ in 1..blocks.len() {
        let (left, right) = blocks.split_at_mut(half);
        (left.par_iter_mut().zip(right.par_iter_mut().rev())).for_each(|(a, b)| {
            if a.points == 0 || b.points == 0 {
                return;
            }
            if -a.gap(b) * scale.power < cutoff {
                (a.left_out, b.left_out) = (true, true);
                return;
            }
            arch.dispatch(Between { a, b, scale });
        });
        // The first stays, the others move on by one: after all rounds everyone has met everyone
        // and is back in place.
        blocks[1..].rotate_right(1);
    }
    blocks.truncate(count);
    blocks
}

/// Squared distances between four points of a row and all points of another row.
#[inline(always)]
fn squares(row: &[Row], group: &[Row], first: usize) -> [Row; TOGETHER] {
    let mut totals = [[0.0; LANES]; TOGETHER];
    for (values, query) in row.iter().zip(group) {
        for (q, total) in totals.iter_mut().enumerate() {
            let query = query[(first + q) % LANES];
            for l in 0..LANES {
                let difference = values[l] - query;
                total[l] = difference.mul_add(difference, total[l]);
            }
        }
    }
    totals
}

/// `2^(-total power)`.
#[inline(always)]
fn terms(total: &Row, power: f64) -> Row {
    let mut exponents = [0.0; LANES];
    for l in 0..LANES {
        exponents[l] = -total[l] * power;
    }
    exp2(exponents)
}

/// Adds the terms between four points and the eight of a row to the sums of both.
#[inline(always)]
fn add(totals: &[Row; TOGETHER], power: f64, own: &mut [Row; TOGETHER], mut other: Row) -> Row {
    for (own, total) in own.iter_mut().zip(totals) {
        let terms = terms(total, power);
        for l in 0..LANES {
            own[l] += terms[l];
            other[l] += terms[l];
        }
    }
    other
}

/// The eight numbers of a row, added in a fixed order.
#[inline(always)]
fn across(row: &Row) -> f64 {
    ((row[0] + row[4]) + (row[1] + row[5])) + ((row[2] + row[6]) + (row[3] + row[7]))
}

/// All pairs of two blocks. A type, because a closure would be called through a shim that is
/// compiled for the baseline instruction set.
struct Between<'a> {
    a: &'a mut Block,
    b: &'a mut Block,
    scale: Scale,
}

impl pulp::WithSimd for Between<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (a, b) = (self.a, self.b);
        for p in (0..a.points).step_by(TOGETHER) {
            let mut own = [[0.0; LANES]; TOGETHER];
            for r in 0..b.sums.len() {
                let totals = squares(b.row(r), a.row(p / LANES), p % LANES);
                b.sums[r] = add(&totals, self.scale.power, &mut own, b.sums[r]);
            }
            for (q, own) in own.iter().enumerate() {
                a.sums[p / LANES][p % LANES + q] += across(own);
            }
        }
    }
}

/// All ordered pairs of a block: half of them twice, which is little of all.
struct Within<'a> {
    block: &'a mut Block,
    scale: Scale,
}

impl pulp::WithSimd for Within<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let block = self.block;
        for p in (0..block.points).step_by(TOGETHER) {
            let home = p / LANES;
            // The eight points of a row among themselves: both orders of a pair, none with itself.
            let mut totals = squares(block.row(home), block.row(home), p % LANES);
            for (q, total) in totals.iter_mut().enumerate() {
                total[p % LANES + q] = f64::INFINITY;
            }
            let mut own = [[0.0; LANES]; TOGETHER];
            for (own, total) in own.iter_mut().zip(&totals) {
                *own = terms(total, self.scale.power);
            }
            for r in home + 1..block.sums.len() {
                let totals = squares(block.row(r), block.row(home), p % LANES);
                block.sums[r] = add(&totals, self.scale.power, &mut own, block.sums[r]);
            }
            for (q, own) in own.iter().enumerate() {
                block.sums[home][p % LANES + q] += across(own);
            }
        }
    }
}

/// The sum over all points but one in units of its largest term: the squared distance to the
/// nearest point, and the sum divided by the term of that.
struct Isolated<'a> {
    blocks: &'a [Block],
    /// The block of the point, and its place there.
    home: usize,
    place: usize,
    scale: Scale,
}

impl Isolated<'_> {
    /// The logarithm of the sum.
    fn log(self) -> Result<f64, Error> {
        let natural = self.scale.natural;
        let (nearest, sum) = pulp::Arch::new().dispatch(self);
        let exponent = finite(
            "the squared distance to the nearest point in units of the kernel's width",
            nearest * natural,
        )?;
        Ok(sum.ln() - exponent)
    }

    /// Squared distances to the points of a row; infinite to the point itself.
    #[inline(always)]
    fn squares(&self, query: &[f64], b: usize, r: usize) -> Row {
        let mut total = [0.0; LANES];
        for (values, query) in self.blocks[b].row(r).iter().zip(query) {
            for l in 0..LANES {
                let difference = values[l] - query;
                total[l] = difference.mul_add(difference, total[l]);
            }
        }
        if (b, r) == (self.home, self.place / LANES) {
            total[self.place % LANES] = f64::INFINITY;
        }
        total
    }
}

impl pulp::WithSimd for Isolated<'_> {
    type Output = (f64, f64);

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> (f64, f64) {
        let blocks = self.blocks;
        let query: Vec<f64> = (blocks[self.home].row(self.place / LANES).iter())
            .map(|row| row[self.place % LANES])
            .collect();
        let gaps: Vec<f64> = blocks.iter().map(|block| block.gap_to(&query)).collect();
        let mut nearest = [f64::INFINITY; LANES];
        // The own block first: its points are near, and far blocks need no look then.
        let home = std::iter::once(self.home);
        for b in home.chain((0..blocks.len()).filter(|&b| b != self.home)) {
            if gaps[b] > nearest.iter().fold(f64::INFINITY, |a, b| a.min(*b)) {
                continue;
            }
            for r in 0..blocks[b].sums.len() {
                let total = self.squares(&query, b, r);
                for l in 0..LANES {
                    nearest[l] = if total[l] < nearest[l] {
                        total[l]
                    } else {
                        nearest[l]
                    };
                }
            }
        }
        let nearest = nearest.iter().fold(f64::INFINITY, |a, b| a.min(*b));
        let cutoff = cutoff(blocks.len() * BLOCK);
        let mut sum = [0.0; LANES];
        for b in 0..blocks.len() {
            if (nearest - gaps[b]) * self.scale.power < cutoff {
                continue;
            }
            for r in 0..blocks[b].sums.len() {
                let mut total = self.squares(&query, b, r);
                total.iter_mut().for_each(|total| *total -= nearest);
                let terms = terms(&total, self.scale.power);
                for l in 0..LANES {
                    sum[l] += terms[l];
                }
            }
        }
        (nearest, across(&sum))
    }
}

/// Terms below two to this power do not add up to `2^LEFT_OUT`, not even `n` of them.
fn cutoff(n: usize) -> f64 {
    f64::from(LEFT_OUT) - (n as f64).log2()
}

#[cfg(test)]
mod tests {
    use super::matrix::Columns;
    use super::*;

    /// The sums of two blocks, a small sum of the second pass, and columns of the matrix.
    fn sums_on<S: Simd>(simd: S) -> Vec<u64> {
        let (n, dim) = (BLOCK + 77, 3);
        let coordinates: Vec<f64> = (0..n * dim)
            .map(|i| (i as f64 * 0.37).sin() * 9.0)
            .collect();
        let scale = Scale::new(1.3);
        let order: Vec<usize> = (0..n).collect();
        let mut blocks: Vec<Block> = (order.chunks(BLOCK))
            .map(|points| Block::new(&coordinates, dim, points))
            .collect();
        for block in &mut blocks {
            simd.vectorize(Within { block, scale });
        }
        let [a, b] = &mut blocks[..] else {
            panic!("two blocks");
        };
        simd.vectorize(Between { a, b, scale });
        let (nearest, sum) = simd.vectorize(Isolated {
            blocks: &blocks,
            home: 1,
            place: 5,
            scale,
        });
        // The last columns: a part of a block, in rows that are no multiple of the lanes.
        let start = BLOCK + 64;
        let mut columns = vec![0.0; (n - start) * n];
        simd.vectorize(Columns {
            blocks: &blocks,
            start,
            columns: &mut columns,
            n,
            power: scale.power,
        });
        (order.iter())
            .map(|p| blocks[p / BLOCK].sums[p % BLOCK / LANES][p % LANES])
            .chain([nearest, sum])
            .chain(columns)
            .map(f64::to_bits)
            .collect()
    }

    #[test]
    fn every_instruction_set_gives_the_same_sums() {
        let plain = sums_on(pulp::Scalar::new());
        let mut tried = 0;
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(simd) = pulp::x86::V3::try_new() {
                assert_eq!(sums_on(simd), plain);
                tried += 1;
            }
            if let Some(simd) = pulp::x86::V4::try_new() {
                assert_eq!(sums_on(simd), plain);
                tried += 1;
            }
        }
        #[cfg(target_arch = "aarch64")]
        if let Some(simd) = pulp::aarch64::Neon::try_new() {
            assert_eq!(sums_on(simd), plain);
            tried += 1;
        }
        println!("{tried} instruction sets beside the plain one");
    }
}
