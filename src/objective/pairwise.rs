//! Gradients of sums of kernels over pairs of points.

use nalgebra::DMatrix;
use rayon::prelude::*;

use crate::linalg::lanes::{run_sum, widely};
use crate::linalg::product::{product, view};

/// Sums of the columns.
pub(super) fn sums(matrix: &DMatrix<f64>) -> Vec<f64> {
    let columns = matrix.as_slice().par_chunks_exact(matrix.nrows());
    columns
        .map(|column| {
            widely(
                #[inline(always)]
                || run_sum(column, |value| value),
            )
        })
        .collect()
}

/// Multiplies entry `(i, j)` by `w_i + w_j`.
pub(super) fn weigh(matrix: &mut DMatrix<f64>, weights: &[f64]) {
    let columns = matrix.as_mut_slice().par_chunks_exact_mut(weights.len());
    columns.zip(weights).for_each(|(column, own)| {
        for (entry, other) in column.iter_mut().zip(weights) {
            *entry *= own + other;
        }
    });
}

/// `sum_j M[j, i] (x_i - x_j)` for every point `i`, `M` symmetric.
pub(super) fn pull(points: &DMatrix<f64>, weights: &DMatrix<f64>) -> DMatrix<f64> {
    let mut pulled = product(view(points), view(weights));
    let totals = sums(weights);
    let columns = (pulled.as_mut_slice()).par_chunks_exact_mut(points.nrows());
    (columns.zip(points.as_slice().par_chunks_exact(points.nrows())))
        .zip(&totals)
        .for_each(|((pulled, point), total)| {
            for (p, v) in pulled.iter_mut().zip(point) {
                *p = total * v - *p;
            }
        });
    pulled
}
