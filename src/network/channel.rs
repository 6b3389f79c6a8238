//! Sums over everything that belongs to a channel.

use std::ops::Range;

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::real::Real;

/// Sums that run side by side, so that they vectorise; fixed, as it decides the rounding.
const LANES: usize = 16;
/// Numbers of a point that one task reads at a time: whole lines of the cache.
const WIDTH: usize = 64;

/// `sum f(x)` over a run of numbers, in lanes of this precision that are summed in double.
pub(super) fn run_sum<T: Real>(values: &[T], f: impl Fn(T) -> T) -> f64 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sum = 0.0;
    if !chunks.is_empty() {
        let mut lanes = [T::ZERO; LANES];
        for chunk in chunks {
            for (lane, value) in lanes.iter_mut().zip(chunk) {
                *lane += f(*value);
            }
        }
        sum = lanes.iter().map(|lane| lane.to_f64()).sum();
    }
    rest.iter().fold(sum, |sum, value| sum + f(*value).to_f64())
}

/// `sum x y` over two runs of numbers, as [`run_sum`].
pub(super) fn run_dot<T: Real>(left: &[T], right: &[T]) -> f64 {
    let (lefts, left_rest) = left.as_chunks::<LANES>();
    let (rights, right_rest) = right.as_chunks::<LANES>();
    let mut sum = 0.0;
    if !lefts.is_empty() {
        let mut lanes = [T::ZERO; LANES];
        for (left, right) in lefts.iter().zip(rights) {
            for ((lane, x), y) in lanes.iter_mut().zip(left).zip(right) {
                *lane += *x * *y;
            }
        }
        sum = lanes.iter().map(|lane| lane.to_f64()).sum();
    }
    for (x, y) in left_rest.iter().zip(right_rest) {
        sum += (*x * *y).to_f64();
    }
    sum
}

/// Computes something for every channel, `per_block(channels)` for some neighbouring channels at
/// a time, in parallel.
pub(super) fn by_channel<S: Send>(
    channels: usize,
    positions: usize,
    per_block: impl Fn(Range<usize>) -> Vec<S> + Sync,
) -> Vec<S> {
    let block = (WIDTH / positions).max(1);
    (0..channels.div_ceil(block))
        .into_par_iter()
        .flat_map_iter(|b| per_block(b * block..channels.min((b + 1) * block)))
        .collect()
}

/// The sum of each channel over all points and positions.
pub(super) fn channel_sums<T: Real>(images: &DMatrix<T>, channels: usize) -> Vec<T> {
    let positions = images.nrows() / channels;
    by_channel(channels, positions, |range| {
        let mut sums = vec![0.0; range.len()];
        for image in images.as_slice().chunks_exact(images.nrows()) {
            let planes =
                image[range.start * positions..range.end * positions].chunks_exact(positions);
            for (sum, plane) in sums.iter_mut().zip(planes) {
                *sum += run_sum(plane, |value| value);
            }
        }
        sums.into_iter().map(T::from_f64).collect()
    })
}
