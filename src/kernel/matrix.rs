use nalgebra::DMatrix;
use pulp::Simd;
use rayon::prelude::*;

use super::{BLOCK, Block, LANES, Own, Scale, TOGETHER, check, squares, terms};
use crate::error::Error;
use crate::linalg::product::mirror;
use crate::sample::Sample;

/// Columns that one task computes. The later a block comes, the fewer rows are below it: tasks of whole blocks would leave threads
/// idle.
const COLUMNS: usize = 32;

/// Points whose kernels take 4 GiB.
const MOST: usize = 23_170;

/// The symmetric matrix `exp(-|x_i - x_j|^2 / width^2)`, `n x n`, 1 on its diagonal.
///
/// For gradients, which need every term; the sums alone come from [`log_sums`](super::log_sums) in
/// less memory. Every pair is computed once; terms below `2^-1021` are 0.
///
/// Takes up to 23170 points in `R^d`. Cost `O(n^2 d)`, memory `8 n^2` bytes, 4 GiB at most.
///
/// # Errors
/// [`Error::InvalidParameter`] unless `width` is positive and finite, and for more points; [`Error::NonFiniteResult`]
/// when a coordinate exceeds the largest double in units of `width`.
pub fn matrix(sample: &Sample, width: f64) -> Result<DMatrix<f64>, Error> {
    check(sample, width, Own::Counted)?;
    if sample.n() > MOST {
        return Err(Error::invalid(
            "points",
            sample.n(),
            format!("at most {MOST}, whose kernels take 4 GiB: take fewer at once, in batches"),
        ));
    }
    let scale = Scale::new(width);
    let coordinates = scale.coordinates(sample)?;
    let n = sample.n();
    let order: Vec<usize> = (0..n).collect();
    let blocks: Vec<Block> = (order.par_chunks(BLOCK))
        .map(|points| Block::new(&coordinates, sample.dim(), points))
        .collect();
    let arch = pulp::Arch::new();
    let mut matrix = DMatrix::zeros(n, n);
    (matrix.as_mut_slice())
        .par_chunks_mut(n * COLUMNS)
        .enumerate()
        .for_each(|(task, columns)| {
            let columns = Columns {
                blocks: &blocks,
                start: task * COLUMNS,
                columns,
                n,
                power: scale.power,
            };
            arch.dispatch(columns);
        });
    mirror(&mut matrix);
    // The square of the distance to itself may be that of an infinite coordinate, not 0.
    matrix.fill_diagonal(1.0);
    Ok(matrix)
}

/// Columns of a block of points, from the rows of the block on. A type, because a closure would be
/// called through a shim that is compiled for the baseline instruction set.
pub(super) struct Columns<'a> {
    pub(super) blocks: &'a [Block],
    pub(super) start: usize,
    pub(super) columns: &'a mut [f64],
    pub(super) n: usize,
    pub(super) power: f64,
}

impl pulp::WithSimd for Columns<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (home, from) = (self.start / BLOCK, self.start % BLOCK);
        let own = &self.blocks[home];
        for (b, other) in self.blocks.iter().enumerate().skip(home) {
            for p in (0..self.columns.len() / self.n).step_by(TOGETHER) {
                let place = from + p;
                let columns = &mut self.columns[p * self.n..];
                for r in 0..other.sums.len() {
                    let totals = squares(other.row(r), own.row(place / LANES), place % LANES);
                    let first = b * BLOCK + r * LANES;
                    for (column, total) in columns.chunks_exact_mut(self.n).zip(&totals) {
                        let terms = terms(total, self.power);
                        // Of a fixed length wherever there are as many points: a copy in registers.
                        match column[first..].first_chunk_mut() {
                            Some(eight) => *eight = terms,
                            None => column[first..].copy_from_slice(&terms[..self.n - first]),
                        }
                    }
                }
            }
        }
    }
}
