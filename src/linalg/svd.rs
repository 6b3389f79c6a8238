use faer::diag::DiagMut;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::svd::{ComputeSvdVectors, SvdParams, svd as decompose, svd_scratch};
use faer::{Auto, MatMut, Par, Spec};
use nalgebra::DMatrix;

use super::in_unit;
use super::product::view;
use crate::error::Error;

/// The thin singular value decomposition `U diag(s) V^T`, `s` largest first.
#[derive(Debug, Clone, PartialEq)]
pub struct ThinSvd {
    /// Left singular vectors as columns.
    pub u: DMatrix<f64>,
    /// Singular values.
    pub values: Vec<f64>,
    /// Right singular vectors as columns.
    pub v: DMatrix<f64>,
}

/// Singular value decomposition. Cost `O(rows columns min(rows, columns))`.
///
/// # Errors
/// [`Error::NonFiniteResult`] for an entry that is not finite, [`Error::NoConvergence`].
pub fn svd(matrix: &DMatrix<f64>) -> Result<ThinSvd, Error> {
    let (rows, columns) = matrix.shape();
    let (scaled, unit) = in_unit(matrix)?;
    let size = rows.min(columns);
    let mut parts = ThinSvd {
        u: DMatrix::zeros(rows, size),
        values: vec![0.0; size],
        v: DMatrix::zeros(columns, size),
    };
    let u = MatMut::from_column_major_slice_mut(parts.u.as_mut_slice(), rows, size);
    let v = MatMut::from_column_major_slice_mut(parts.v.as_mut_slice(), columns, size);
    by_iteration(&scaled, &mut parts.values, Some((u, v)))?;
    for value in &mut parts.values {
        *value *= unit;
    }
    Ok(parts)
}

/// Singular values, `min(rows, columns)` of them, largest first. Cost
/// `O(rows columns min(rows, columns))`, and memory for one copy of the matrix.
///
/// # Errors
/// As [`svd`].
pub fn singular_values(matrix: &DMatrix<f64>) -> Result<Vec<f64>, Error> {
    let (scaled, unit) = in_unit(matrix)?;
    let mut values = vec![0.0; matrix.nrows().min(matrix.ncols())];
    by_iteration(&scaled, &mut values, None)?;
    Ok(values.into_iter().map(|v| v * unit).collect())
}

/// Fills in the singular values, and the singular vectors where they are wanted, by QR iterations.
///
/// The library divides and conquers matrices of 128 rows and columns or more, and then returns singular values
/// of up to `1e-5` of the largest for matrices that lack ranks: a triangular factor of 200 points of rank 100 has
/// 101 of them. Whatever counts ranks would count wrong.
fn by_iteration(
    matrix: &DMatrix<f64>,
    values: &mut [f64],
    vectors: Option<(MatMut<'_, f64>, MatMut<'_, f64>)>,
) -> Result<(), Error> {
    let (rows, columns) = matrix.shape();
    let mut params: SvdParams = Auto::<f64>::auto();
    params.recursion_threshold = usize::MAX;
    let params = Spec::from(params);
    let wanted = match vectors {
        Some(_) => ComputeSvdVectors::Thin,
        None => ComputeSvdVectors::No,
    };
    let scratch = svd_scratch::<f64>(rows, columns, wanted, wanted, Par::Seq, params);
    let (u, v) = vectors.unzip();
    decompose(
        view(matrix),
        DiagMut::from_slice_mut(values),
        u,
        v,
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        params,
    )
    .map_err(|_| Error::NoConvergence {
        what: "singular value decomposition",
        rows,
        columns,
    })
}

/// Moore-Penrose inverse; singular values up to `cutoff` times the largest count as zero.
///
/// # Errors
/// [`Error::InvalidParameter`] for a cutoff outside `[0, 1)`; as [`svd`].
pub fn pseudo_inverse(matrix: &DMatrix<f64>, cutoff: f64) -> Result<DMatrix<f64>, Error> {
    if !(0.0..1.0).contains(&cutoff) {
        return Err(Error::invalid("cutoff", cutoff, "at least 0 and below 1"));
    }
    let svd = svd(matrix)?;
    let largest = svd.values.first().copied().unwrap_or(0.0);
    let mut scaled = svd.v;
    for (j, &value) in svd.values.iter().enumerate() {
        let inverse = if value > cutoff * largest {
            1.0 / value
        } else {
            0.0
        };
        scaled.column_mut(j).scale_mut(inverse);
    }
    Ok(scaled * svd.u.transpose())
}
