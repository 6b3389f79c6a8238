//! Matrix products that use every core and give the same bits on any number of them.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use nalgebra::DMatrix;
use rayon::prelude::*;

use super::real::Real;

/// Columns of a product that one task computes: fixed, so that every entry is summed in the
/// same order whatever the number of threads.
const COLUMNS: usize = 64;

/// A matrix as the product routines see it.
pub(super) fn view<T: Real>(matrix: &DMatrix<T>) -> MatRef<'_, T> {
    MatRef::from_column_major_slice(matrix.as_slice(), matrix.nrows(), matrix.ncols())
}

/// `left right`, an `m x n` matrix. Cost `O(m k n)`.
pub(super) fn product<T: Real>(left: MatRef<'_, T>, right: MatRef<'_, T>) -> DMatrix<T> {
    let (rows, columns) = (left.nrows(), right.ncols());
    let mut result = DMatrix::from_element(rows, columns, T::ZERO);
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
            matmul(target, Accum::Replace, left, right, T::ONE, Par::Seq);
        });
    result
}
