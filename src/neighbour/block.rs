//! Arithmetic on blocks of eight points, in the form that compiles to vector instructions.

use pulp::Simd;
use pulp::bytemuck::bytes_of;

use super::metric::Metric;

/// Points of a block. A block is stored coordinate by coordinate, so that loops over its points
/// compile to vector instructions.
pub(super) const LANES: usize = 8;
/// One number for each point of a block.
pub(super) type Row = [f64; LANES];
/// One bit for each lane.
pub(super) type Mask = u8;

/// The lanes in which one row is below another. Compilers make no good code of the plain loop.
#[inline(always)]
pub(super) fn below<S: Simd>(simd: S, a: &Row, b: &Row) -> Mask {
    let ((a, _), (b, _)) = (S::as_simd_f64s(a), S::as_simd_f64s(b));
    let mut bits = 0;
    for (part, (a, b)) in a.iter().zip(b).enumerate() {
        let below = simd.less_than_f64s(*a, *b);
        // Either one byte with a bit a lane, or all bits of a lane alike.
        let below = match bytes_of(&below) {
            [bits] => *bits,
            bytes => (0..S::F64_LANES).fold(0, |bits, l| bits | (bytes[8 * l + 7] >> 7) << l),
        };
        bits |= below << (part * S::F64_LANES);
    }
    bits
}

/// The lanes of a mask.
#[inline(always)]
pub(super) fn lanes(mut mask: Mask) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lane = mask.trailing_zeros() as usize;
        mask &= mask.wrapping_sub(1);
        (lane < LANES).then_some(lane)
    })
}

/// Totals between one point of `group` and all points of `W` blocks.
#[inline(always)]
pub(super) fn totals<M: Metric, const W: usize>(
    blocks: [&[Row]; W],
    group: &[Row],
    lane: usize,
) -> [Row; W] {
    let mut totals = [[0.0; LANES]; W];
    for (j, query) in group.iter().enumerate() {
        let query = query[lane % LANES];
        for w in 0..W {
            for l in 0..LANES {
                totals[w][l] = M::fold(totals[w][l], blocks[w][j][l] - query);
            }
        }
    }
    totals
}

/// Totals from the points of `group` to the nearest place of a box.
#[inline(always)]
pub(super) fn nearest_place<M: Metric>(bounds: &[[f64; 2]], group: &[Row]) -> Row {
    let mut total = [0.0; LANES];
    for ([low, high], query) in bounds.iter().zip(group) {
        for l in 0..LANES {
            let (below, above) = (low - query[l], query[l] - high);
            total[l] = M::fold_gap(total[l], if below > above { below } else { above });
        }
    }
    total
}

/// Totals from the points of `group` to the nearest and to the farthest place of a box.
#[inline(always)]
pub(super) fn nearest_and_farthest_place<M: Metric>(
    bounds: &[[f64; 2]],
    group: &[Row],
) -> (Row, Row) {
    let (mut nearest, mut farthest) = ([0.0; LANES], [0.0; LANES]);
    for ([low, high], query) in bounds.iter().zip(group) {
        for l in 0..LANES {
            let (from_low, to_high) = (query[l] - low, high - query[l]);
            let (less, more) = if from_low < to_high {
                (from_low, to_high)
            } else {
                (to_high, from_low)
            };
            nearest[l] = M::fold_gap(nearest[l], -less);
            farthest[l] = M::fold_gap(farthest[l], more);
        }
    }
    (nearest, farthest)
}
