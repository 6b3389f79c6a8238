//! Sums over everything that belongs to a channel.

use std::ops::Range;

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::layer::TASK;
use super::real::Real;
use crate::linalg::lanes::{LANES, run_sum, total, widely};

/// `sum f(x, y)` of both of its values over two runs of numbers, as [`run_sum`].
#[inline(always)]
pub(super) fn run_sums<T: Real>(left: &[T], right: &[T], f: impl Fn(T, T) -> (T, T)) -> (f64, f64) {
    let (lefts, left_rest) = left.as_chunks::<LANES>();
    let (rights, right_rest) = right.as_chunks::<LANES>();
    let mut sums = (0.0, 0.0);
    if !lefts.is_empty() {
        let (mut first, mut second) = ([T::ZERO; LANES], [T::ZERO; LANES]);
        for (left, right) in lefts.iter().zip(rights) {
            for i in 0..LANES {
                let (a, b) = f(left[i], right[i]);
                first[i] += a;
                second[i] += b;
            }
        }
        sums = (total(first), total(second));
    }
    for (x, y) in left_rest.iter().zip(right_rest) {
        let (a, b) = f(*x, *y);
        sums.0 += a.to_f64();
        sums.1 += b.to_f64();
    }
    sums
}

/// Something of every channel: `of_part(points)` of some neighbouring points at a time, in parallel and in the
/// order of the memory, and put together in order.
pub(super) fn by_part<S: Send>(
    dim: usize,
    n: usize,
    of_part: impl Fn(Range<usize>) -> Vec<S> + Sync,
    merge: impl Fn(&mut S, S),
) -> Vec<S> {
    let columns = (TASK / dim).max(1);
    let parts: Vec<Vec<S>> = (0..n.div_ceil(columns))
        .into_par_iter()
        .map(|part| widely(|| of_part(part * columns..n.min((part + 1) * columns))))
        .collect();
    let mut parts = parts.into_iter();
    let mut merged = parts.next().unwrap_or_default();
    for part in parts {
        for (sum, other) in merged.iter_mut().zip(part) {
            merge(sum, other);
        }
    }
    merged
}

/// The sum of each channel over all points and positions.
pub(super) fn channel_sums<T: Real>(images: &DMatrix<T>, channels: usize) -> Vec<T> {
    let (dim, n) = images.shape();
    let sums = by_part(
        dim,
        n,
        #[inline(always)]
        |points| {
            let mut sums = vec![0.0; channels];
            let planes = images.as_slice()[points.start * dim..points.end * dim]
                .chunks_exact(dim / channels);
            for (at, plane) in planes.enumerate() {
                sums[at % channels] += run_sum(plane, |value| value);
            }
            sums
        },
        |sum, other| *sum += other,
    );
    sums.into_iter().map(T::from_f64).collect()
}
