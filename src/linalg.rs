//! Linear algebra on dense matrices: `nalgebra` at the interface, `faer` inside.
//!
//! All factorisations run on one thread, so that their results do not depend on the number of
//! threads; callers parallelise over cells.

use faer::linalg::matmul::triangular::{BlockStructure, matmul as triangular_matmul};
use faer::linalg::solvers::SelfAdjointEigen;
use faer::{Accum, MatMut, MatRef, Par, Side};
use nalgebra::DMatrix;
use rayon::prelude::*;

use crate::error::Error;
use crate::sample::Sample;

pub(crate) mod lanes;
pub(crate) mod product;
mod svd;
pub(crate) mod triangular;

pub use svd::{ThinSvd, pseudo_inverse, singular_values, svd};

use product::view;

/// A symmetric positive definite matrix with its Cholesky factor.
///
/// The factorisation works on the matrix scaled to unit diagonal, so that coordinates in
/// units of `1e6` and `1e-6` lose no digits to each other, and a matrix counts as singular
/// when some coordinate has less than `16 d eps` of its variance left given those before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Spd {
    lower: DMatrix<f64>,
    log_det: f64,
    ridge: f64,
}

impl Spd {
    /// Factorises a symmetric positive definite matrix. Cost `O(d^3)`.
    ///
    /// # Errors
    /// [`Error::NotPositiveDefinite`] when it is not square, not symmetric (to `1e-9` of its
    /// diagonal) or has a negative diagonal; [`Error::SingularCovariance`] when it is singular
    /// to working precision; [`Error::TinyVariance`] for a diagonal entry below the smallest normal
    /// double.
    pub fn new(matrix: &DMatrix<f64>) -> Result<Self, Error> {
        Self::with_ridge(matrix, 0.0)
    }

    /// Factorises `matrix + ridge I`; [`Spd::ridge`] reports what was added.
    ///
    /// # Errors
    /// As [`Spd::new`]; [`Error::InvalidParameter`] for a negative ridge.
    pub fn with_ridge(matrix: &DMatrix<f64>, ridge: f64) -> Result<Self, Error> {
        if !(ridge >= 0.0 && ridge.is_finite()) {
            return Err(Error::invalid(
                "ridge",
                ridge,
                "a finite number, at least 0",
            ));
        }
        let dim = matrix.nrows();
        let not = |reason: String| Error::NotPositiveDefinite { dim, reason };
        if dim == 0 || matrix.ncols() != dim {
            return Err(not(format!("it is {dim} x {}", matrix.ncols())));
        }
        let variances: Vec<f64> = (0..dim).map(|i| matrix[(i, i)] + ridge).collect();
        for (i, &variance) in variances.iter().enumerate() {
            if !variance.is_finite() || variance < 0.0 {
                return Err(not(format!("diagonal entry {i} is {variance}")));
            }
        }
        let tolerance = 16.0 * dim as f64 * f64::EPSILON;
        let singular = |coordinate, residual| Error::SingularCovariance {
            dim,
            coordinate,
            residual,
            tolerance,
        };
        for (coordinate, &variance) in variances.iter().enumerate() {
            check_variance(dim, coordinate, variance, tolerance)?;
        }
        let std_devs: Vec<f64> = variances.iter().map(|v| v.sqrt()).collect();
        for j in 0..dim {
            for i in 0..j {
                let (upper, lower) = (matrix[(i, j)], matrix[(j, i)]);
                let asymmetry = (upper - lower).abs() / (std_devs[i] * std_devs[j]);
                if asymmetry.is_nan() || asymmetry > 1e-9 {
                    return Err(not(format!(
                        "entries ({i}, {j}) and ({j}, {i}) are {upper} and {lower}"
                    )));
                }
            }
        }
        let correlation = DMatrix::from_fn(dim, dim, |i, j| {
            if i == j {
                1.0
            } else {
                matrix[(i.max(j), i.min(j))] / std_devs[i] / std_devs[j]
            }
        });
        let factor = view(&correlation).llt(Side::Lower).map_err(
            |faer::linalg::cholesky::llt::factor::LltError::NonPositivePivot { index }| {
                singular(index, 0.0)
            },
        )?;
        let unit_lower = factor.L();
        let mut log_det = 0.0;
        for (i, variance) in variances.iter().enumerate() {
            let residual = unit_lower[(i, i)] * unit_lower[(i, i)];
            if residual.is_nan() || residual < tolerance {
                return Err(singular(i, residual));
            }
            log_det += residual.ln() + variance.ln();
        }
        let lower = DMatrix::from_fn(dim, dim, |i, j| {
            if i >= j {
                unit_lower[(i, j)] * std_devs[i]
            } else {
                0.0
            }
        });
        Ok(Self {
            lower,
            log_det,
            ridge,
        })
    }

    /// Number of rows.
    pub fn dim(&self) -> usize {
        self.lower.nrows()
    }

    /// Logarithm of the determinant.
    pub fn log_det(&self) -> f64 {
        self.log_det
    }

    /// What was added to the diagonal before the factorisation.
    pub fn ridge(&self) -> f64 {
        self.ridge
    }

    /// Lower triangular `L` with `L L^T` the matrix.
    pub fn lower(&self) -> &DMatrix<f64> {
        &self.lower
    }

    /// `L^-1 b`, column by column: the whitened columns of `b`. Cost `O(d^2)` a column, on every core where there is
    /// much to do; the bits are the same on any number of them.
    ///
    /// # Panics
    /// When `b` has another number of rows.
    pub fn whiten(&self, b: &DMatrix<f64>) -> DMatrix<f64> {
        let dim = self.dim();
        assert_eq!(b.nrows(), dim, "rows of the right-hand side");
        let mut solution = b.clone();
        triangular::solve(&self.lower, solution.as_mut_slice());
        solution
    }

    /// The solution `x` of `matrix x = b`.
    ///
    /// # Panics
    /// When `b` has another number of rows.
    pub fn solve(&self, b: &DMatrix<f64>) -> DMatrix<f64> {
        self.solve_transposed(&self.whiten(b))
    }

    /// As [`Spd::solve`], for many columns: blocked and on every core. The last digits may differ.
    ///
    /// # Panics
    /// When `b` has another number of rows.
    pub fn solve_many(&self, mut b: DMatrix<f64>) -> DMatrix<f64> {
        assert_eq!(b.nrows(), self.dim(), "rows of the right-hand side");
        product::solve_in_place(&self.lower, &mut b);
        b
    }

    /// `L^-T b`, column by column: directions in which whitened points look as along those of `b`
    /// the points themselves.
    ///
    /// # Panics
    /// When `b` has another number of rows.
    pub fn solve_transposed(&self, b: &DMatrix<f64>) -> DMatrix<f64> {
        let dim = self.dim();
        assert_eq!(b.nrows(), dim, "rows of the right-hand side");
        let mut solution = b.clone();
        for mut column in solution.column_iter_mut() {
            for i in (0..dim).rev() {
                let known: f64 = (i + 1..dim).map(|k| self.lower[(k, i)] * column[k]).sum();
                column[i] = (column[i] - known) / self.lower[(i, i)];
            }
        }
        solution
    }
}

/// Refuses a variance whose logarithm has no digits: 0, and what is too small for a normal double.
///
/// Above, the covariances of the coordinate keep theirs too: they are rounded to `5e-324`, a share of
/// `2e-16` of the smallest variance that passes.
pub(crate) fn check_variance(
    dim: usize,
    coordinate: usize,
    variance: f64,
    tolerance: f64,
) -> Result<(), Error> {
    if variance >= f64::MIN_POSITIVE {
        Ok(())
    } else if variance > 0.0 {
        Err(Error::TinyVariance {
            coordinate,
            variance,
        })
    } else {
        Err(Error::SingularCovariance {
            dim,
            coordinate,
            residual: 0.0,
            tolerance,
        })
    }
}

/// Mean of the points, `d` numbers. Cost `O(n d)`.
pub fn mean(sample: &Sample) -> Vec<f64> {
    let n = sample.n() as f64;
    // The second pass removes what the first lost to a large offset.
    let shifted_mean = |shift: &[f64]| {
        let mut total = vec![0.0; sample.dim()];
        for point in sample.points() {
            for ((t, v), s) in total.iter_mut().zip(point).zip(shift) {
                *t += v - s;
            }
        }
        total
            .iter()
            .zip(shift)
            .map(|(t, s)| s + t / n)
            .collect::<Vec<_>>()
    };
    let first = shifted_mean(sample.point(0));
    shifted_mean(&first)
}

/// The points less their mean, one a column. Cost `O(n d)`.
pub fn centred(sample: &Sample) -> DMatrix<f64> {
    let origin = mean(sample);
    let mut points = sample.matrix().clone();
    for point in points.as_mut_slice().chunks_exact_mut(origin.len()) {
        for (v, o) in point.iter_mut().zip(&origin) {
            *v -= o;
        }
    }
    points
}

/// Sample covariance with divisor `n - 1`, `d x d`. Cost `O(n d^2)`, memory `9 d^2`.
///
/// # Errors
/// [`Error::TooFewPoints`] for a single point, [`Error::NonFiniteResult`] on overflow.
pub fn covariance(sample: &Sample) -> Result<DMatrix<f64>, Error> {
    if sample.n() < 2 {
        return Err(Error::TooFewPoints {
            method: "a covariance",
            required: 2,
            actual: sample.n(),
        });
    }
    let products = centred_products(sample, &mean(sample), sample, &mean(sample), true);
    checked(
        "an entry of the covariance",
        products / (sample.n() - 1) as f64,
    )
}

/// Cross-covariance with divisor `n - 1`, `dim(x) x dim(y)`. Cost `O(n dim(x) dim(y))`.
///
/// # Errors
/// [`Error::Mismatch`] for different numbers of points; otherwise as [`covariance`].
pub fn cross_covariance(x: &Sample, y: &Sample) -> Result<DMatrix<f64>, Error> {
    if x.n() != y.n() {
        return Err(Error::Mismatch {
            what: "points of the second sample",
            expected: x.n(),
            actual: y.n(),
        });
    }
    if x.n() < 2 {
        return Err(Error::TooFewPoints {
            method: "a covariance",
            required: 2,
            actual: x.n(),
        });
    }
    let products = centred_products(x, &mean(x), y, &mean(y), false);
    checked("an entry of the covariance", products / (x.n() - 1) as f64)
}

/// Uncentred second moment with divisor `n`, `d x d`. Cost `O(n d^2)`.
///
/// # Errors
/// [`Error::NonFiniteResult`] on overflow.
pub fn second_moment(sample: &Sample) -> Result<DMatrix<f64>, Error> {
    let origin = vec![0.0; sample.dim()];
    let products = centred_products(sample, &origin, sample, &origin, true);
    checked(
        "an entry of the second moment",
        products / sample.n() as f64,
    )
}

fn checked(what: &str, matrix: DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
    match matrix.iter().find(|v| !v.is_finite()) {
        None => Ok(matrix),
        Some(value) => Err(Error::NonFiniteResult {
            what: what.to_owned(),
            value: value.to_string(),
        }),
    }
}

/// `sum_i (x_i - a)(y_i - b)^T`. The blocks, and so the order of the sums, depend on `n` alone.
fn centred_products(x: &Sample, a: &[f64], y: &Sample, b: &[f64], symmetric: bool) -> DMatrix<f64> {
    const GROUPS: usize = 8;
    const BLOCK: usize = 256;
    let (n, rows, columns) = (x.n(), x.dim(), y.dim());
    let group = n.div_ceil(GROUPS).max(BLOCK);
    let centred = |sample: &Sample, origin: &[f64], from: usize, to: usize| {
        let dim = sample.dim();
        let mut block = sample.coordinates()[from * dim..to * dim].to_vec();
        for point in block.chunks_exact_mut(dim) {
            for (v, o) in point.iter_mut().zip(origin) {
                *v -= o;
            }
        }
        block
    };
    let partial: Vec<DMatrix<f64>> = (0..n.div_ceil(group))
        .into_par_iter()
        .map(|g| {
            let mut total = DMatrix::zeros(rows, columns);
            let end = n.min((g + 1) * group);
            for from in (g * group..end).step_by(BLOCK) {
                let to = end.min(from + BLOCK);
                let left = centred(x, a, from, to);
                let right = if symmetric {
                    left.clone()
                } else {
                    centred(y, b, from, to)
                };
                let left = MatRef::from_column_major_slice(&left, rows, to - from);
                let right = MatRef::from_column_major_slice(&right, columns, to - from);
                let target =
                    MatMut::from_column_major_slice_mut(total.as_mut_slice(), rows, columns);
                let structure = if symmetric {
                    BlockStructure::TriangularLower
                } else {
                    BlockStructure::Rectangular
                };
                triangular_matmul(
                    target,
                    structure,
                    Accum::Add,
                    left,
                    BlockStructure::Rectangular,
                    right.transpose(),
                    BlockStructure::Rectangular,
                    1.0,
                    Par::Seq,
                );
            }
            total
        })
        .collect();
    let mut total = DMatrix::zeros(rows, columns);
    for part in partial {
        total += part;
    }
    if symmetric {
        total.fill_upper_triangle_with_lower_triangle();
    }
    total
}

/// Eigenvalues of a symmetric matrix, largest first, with their eigenvectors as columns.
/// Only the lower triangle is read. Cost `O(d^3)`.
///
/// # Errors
/// [`Error::Mismatch`] when it is not square, [`Error::NonFiniteResult`] for an entry that is not finite,
/// [`Error::NoConvergence`].
pub fn symmetric_eigen(matrix: &DMatrix<f64>) -> Result<(Vec<f64>, DMatrix<f64>), Error> {
    let (rows, columns) = matrix.shape();
    if rows != columns {
        return Err(Error::Mismatch {
            what: "columns of a symmetric matrix",
            expected: rows,
            actual: columns,
        });
    }
    let (scaled, unit) = in_unit(&matrix.lower_triangle())?;
    let eigen =
        SelfAdjointEigen::new(view(&scaled), Side::Lower).map_err(|_| Error::NoConvergence {
            what: "eigendecomposition",
            rows,
            columns,
        })?;
    let values: Vec<f64> = (0..rows).rev().map(|i| eigen.S()[i] * unit).collect();
    let vectors = DMatrix::from_fn(rows, rows, |i, j| eigen.U()[(i, rows - 1 - j)]);
    Ok((values, vectors))
}

/// Eigenvalues of a symmetric matrix, largest first. Only the lower triangle is read. Cost `O(d^3)`.
///
/// # Errors
/// As [`symmetric_eigen`].
pub fn symmetric_eigenvalues(matrix: &DMatrix<f64>) -> Result<Vec<f64>, Error> {
    let (rows, columns) = matrix.shape();
    if rows != columns {
        return Err(Error::Mismatch {
            what: "columns of a symmetric matrix",
            expected: rows,
            actual: columns,
        });
    }
    let (scaled, unit) = in_unit(&matrix.lower_triangle())?;
    let values = view(&scaled)
        .self_adjoint_eigenvalues(Side::Lower)
        .map_err(|_| Error::NoConvergence {
            what: "eigendecomposition",
            rows,
            columns,
        })?;
    Ok(values.into_iter().rev().map(|v| v * unit).collect())
}

/// The matrix over a power of two near its largest entry, and that power: the decompositions square
/// entries, and squares of huge or tiny ones would end in wrong values without a word.
fn in_unit(matrix: &DMatrix<f64>) -> Result<(DMatrix<f64>, f64), Error> {
    let unit = power_of_two(matrix);
    let scaled = checked("an entry of the matrix to be decomposed", matrix / unit)?;
    Ok((scaled, unit))
}

/// A power of two near the largest entry.
pub(crate) fn power_of_two(matrix: &DMatrix<f64>) -> f64 {
    let exponent = matrix.amax().log2().floor().clamp(-1000.0, 1000.0);
    2.0_f64.powi(exponent as i32)
}
