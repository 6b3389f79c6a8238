//! Matrix products and triangular solves that use every core and give the same bits on any number
//! of them: the columns that one task computes are fixed by the shape.

use faer::linalg::matmul::matmul;
use faer::linalg::triangular_solve::{
    solve_lower_triangular_in_place, solve_upper_triangular_in_place,
};
use faer::traits::RealField;
use faer::traits::math_utils::{one, zero};
use faer::{Accum, MatMut, MatRef, Par};
use nalgebra::DMatrix;
use rayon::prelude::*;

/// Columns that one task computes.
const COLUMNS: usize = 64;
/// Columns that [`mirror`] reads at once.
const SOURCES: usize = 8;

/// A matrix as the product routines see it.
pub(crate) fn view<T: nalgebra::Scalar>(matrix: &DMatrix<T>) -> MatRef<'_, T> {
    MatRef::from_column_major_slice(matrix.as_slice(), matrix.nrows(), matrix.ncols())
}

/// `left right`, an `m x n` matrix. Cost `O(m k n)`.
pub(crate) fn product<T>(left: MatRef<'_, T>, right: MatRef<'_, T>) -> DMatrix<T>
where
    T: RealField + nalgebra::Scalar + Copy + Send + Sync,
{
    let (rows, columns) = (left.nrows(), right.ncols());
    let mut result = DMatrix::from_element(rows, columns, zero());
    if rows == 0 || columns == 0 {
        return result;
    }
    result
        .as_mut_slice()
        .par_chunks_mut(rows * COLUMNS)
        .enumerate()
        .for_each(|(block, target)| {
            let width = target.len() / rows;
            let target = MatMut::from_column_major_slice_mut(target, rows, width);
            let right = right.subcols(block * COLUMNS, width);
            matmul(target, Accum::Replace, left, right, one(), Par::Seq);
        });
    result
}

/// `factor a a^T`, exactly symmetric, in half the products. Cost `O(m^2 k)` for an `m x k` matrix.
pub(crate) fn symmetric_product(a: MatRef<'_, f64>, factor: f64) -> DMatrix<f64> {
    let rows = a.nrows();
    let mut result = DMatrix::zeros(rows, rows);
    (result.as_mut_slice())
        .par_chunks_mut(rows * COLUMNS)
        .enumerate()
        .for_each(|(block, target)| {
            let (start, width) = (block * COLUMNS, target.len() / rows);
            let target = MatMut::from_column_major_slice_mut(target, rows, width);
            let target = target.subrows_mut(start, rows - start);
            let (left, right) = (
                a.subrows(start, rows - start),
                a.subrows(start, width).transpose(),
            );
            matmul(target, Accum::Replace, left, right, factor, Par::Seq);
        });
    mirror(&mut result);
    result
}

/// Copies what is below the diagonal of a square matrix to above it.
pub(crate) fn mirror(matrix: &mut DMatrix<f64>) {
    let size = matrix.nrows();
    for from in (0..size).step_by(COLUMNS) {
        let width = COLUMNS.min(size - from);
        // Left of the tile column everything is in place; the tiles above its diagonal come from there.
        let (left, own) = matrix.as_mut_slice().split_at_mut(from * size);
        // A few sources at a time, whose lines stay in the cache until all of their numbers are read.
        for (few, sources) in left.chunks(SOURCES * size).enumerate() {
            for (i, column) in own.chunks_exact_mut(size).take(width).enumerate() {
                let targets = &mut column[few * SOURCES..];
                for (target, source) in targets.iter_mut().zip(sources.chunks_exact(size)) {
                    *target = source[from + i];
                }
            }
        }
        for i in 1..width {
            let (before, column) = own.split_at_mut(i * size);
            for (j, source) in before.chunks_exact(size).enumerate() {
                column[from + j] = source[from + i];
            }
        }
    }
}

/// `(L L^T)^-1 b` in place, `L` lower triangular. Cost `O(d^2)` a column.
pub(crate) fn solve_in_place(lower: &DMatrix<f64>, b: &mut DMatrix<f64>) {
    let dim = lower.nrows();
    let lower = view(lower);
    (b.as_mut_slice())
        .par_chunks_mut(dim * COLUMNS)
        .for_each(|target| {
            let width = target.len() / dim;
            let mut target = MatMut::from_column_major_slice_mut(target, dim, width);
            solve_lower_triangular_in_place(lower, target.as_mut(), Par::Seq);
            solve_upper_triangular_in_place(lower.transpose(), target, Par::Seq);
        });
}
