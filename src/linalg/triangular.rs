//! Products with a lower triangular matrix and its inverse, column by column, on every core and with the widest vectors.
//!
//! Every coordinate adds its terms one after the other in the order of its row, starting from -0: the bits are those of the
//! textbook's loop over rows, with any instruction set and any number of threads.

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::lanes::widely;

/// Columns of one task: what is read of the matrix serves them all.
const TOGETHER: usize = 8;
/// Rows whose sums stay in the nearest cache until all of their terms are added.
const ROWS: usize = 256;
/// Products from which threads are worth their while.
const APART: usize = 1 << 20;

/// `L u` for every column `u`. Cost `O(d^2)` a column.
pub(crate) fn multiply(lower: &DMatrix<f64>, factors: &[f64], products: &mut [f64]) {
    let task = TOGETHER * lower.nrows();
    let by_task = |products: &mut [f64], factors: &[f64]| {
        widely(
            #[inline(always)]
            || multiply_task(lower, factors, products),
        );
    };
    if products.len() * lower.nrows() < APART {
        let tasks = products.chunks_mut(task).zip(factors.chunks(task));
        tasks.for_each(|(products, factors)| by_task(products, factors));
    } else {
        let tasks = products.par_chunks_mut(task).zip(factors.par_chunks(task));
        tasks.for_each(|(products, factors)| by_task(products, factors));
    }
}

/// `L^-1 b` for every column `b`, in place. Cost `O(d^2)` a column.
pub(crate) fn solve(lower: &DMatrix<f64>, columns: &mut [f64]) {
    let task = TOGETHER * lower.nrows();
    let by_task = |sums: &mut Vec<f64>, columns: &mut [f64]| {
        widely(
            #[inline(always)]
            || solve_task(lower, columns, sums),
        );
    };
    if columns.len() * lower.nrows() < APART {
        let mut sums = Vec::new();
        (columns.chunks_mut(task)).for_each(|columns| by_task(&mut sums, columns));
    } else {
        (columns.par_chunks_mut(task)).for_each_init(Vec::new, by_task);
    }
}

#[inline(always)]
fn multiply_task(lower: &DMatrix<f64>, factors: &[f64], products: &mut [f64]) {
    let dim = lower.nrows();
    products.fill(-0.0);
    for from in (0..dim).step_by(ROWS) {
        let to = dim.min(from + ROWS);
        for k in 0..to {
            let start = from.max(k);
            let entries = entries(lower, k, start, to);
            for (product, factor) in products
                .chunks_exact_mut(dim)
                .zip(factors.chunks_exact(dim))
            {
                add(&mut product[start..to], entries, factor[k]);
            }
        }
    }
}

#[inline(always)]
fn solve_task(lower: &DMatrix<f64>, columns: &mut [f64], sums: &mut Vec<f64>) {
    let dim = lower.nrows();
    sums.clear();
    sums.resize(columns.len(), -0.0);
    for from in (0..dim).step_by(ROWS) {
        let to = dim.min(from + ROWS);
        for k in 0..to {
            let start = from.max(k);
            let entries = entries(lower, k, start, to);
            for (column, sum) in (columns.chunks_exact_mut(dim)).zip(sums.chunks_exact_mut(dim)) {
                if k >= from {
                    column[k] = (column[k] - sum[k]) / entries[0];
                }
                add(&mut sum[start..to], entries, column[k]);
            }
        }
    }
}

/// Entries of a column in these rows.
#[inline(always)]
fn entries(lower: &DMatrix<f64>, column: usize, from: usize, to: usize) -> &[f64] {
    let start = column * lower.nrows();
    &lower.as_slice()[start + from..start + to]
}

#[inline(always)]
fn add(sums: &mut [f64], entries: &[f64], factor: f64) {
    for (sum, entry) in sums.iter_mut().zip(entries) {
        *sum += entry * factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::lanes::assert_same_bits_everywhere;

    #[test]
    fn instruction_sets_agree_and_a_product_is_undone() {
        // Several tiles of rows, and a task that is not full.
        let dim = 2 * ROWS + 37;
        let entry = |i: usize, j: usize| ((31 * i + 17 * j) % 23) as f64 / 400.0 - 0.02;
        let lower = DMatrix::from_fn(dim, dim, |i, j| match i.cmp(&j) {
            std::cmp::Ordering::Less => 0.0,
            std::cmp::Ordering::Equal => 1.0 + entry(i, j),
            std::cmp::Ordering::Greater => entry(i, j),
        });
        let factors: Vec<f64> = (0..3 * dim).map(|i| ((7 * i) % 13) as f64 - 6.0).collect();
        let mut products = vec![0.0; factors.len()];
        multiply(&lower, &factors, &mut products);
        let mut solved = products.clone();
        solve(&lower, &mut solved);
        let worst = (solved.iter().zip(&factors)).map(|(a, b)| (a - b).abs());
        assert!(worst.fold(0.0, f64::max) < 1e-9);
        assert_same_bits_everywhere(
            #[inline(always)]
            || {
                let mut found = vec![0.0; factors.len()];
                multiply_task(&lower, &factors, &mut found);
                assert_eq!(found, products);
                solve_task(&lower, &mut found, &mut Vec::new());
                assert_eq!(found, solved);
                found
            },
        );
    }
}
