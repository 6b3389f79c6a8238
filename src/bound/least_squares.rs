use faer::linalg::solvers::Qr;
use nalgebra::DMatrix;
use rayon::prelude::*;

use super::observation::unit;
use crate::error::{Error, finite};
use crate::linalg::product::{product, view};
use crate::linalg::{singular_values, svd};
use crate::sample::Sample;

/// Singular values of the features up to this share of the largest count as zero, unless said otherwise.
pub const CUTOFF: f64 = 1e-10;

/// The linear map of least norm that fits targets to features best.
///
/// `W = argmin |W Z - Y|_F`, `Z` the `d x n` features and `Y` the `K x n` targets, columns being points;
/// of all minimisers the one of least `|W|_F`. Its residual is `|W Z - Y|_F = |Y P_Z|_F`, `P_Z` the
/// projection onto the null space of `Z`, `|P_Z|_F^2 = n - rank`. No bias: add a coordinate that is constant
/// ([`with_constant`]).
///
/// From the triangular factor of `[Z^T Y^T]`, found by blocks of points, and the singular value
/// decomposition of its corner that belongs to `Z`: singular values up to `cutoff` times the largest count as
/// zero. The residual is a sum of squares and is never found by subtraction, so that it keeps its digits where
/// the features nearly determine the targets or each other. Any `n` and `d`; for `n <= d` and full rank the
/// residual is 0.
///
/// Cost `O(n (d + K)^2 + d^3)`, memory `24 (d + K)^2` numbers a core besides the features and the targets:
/// neither an `n x n` matrix nor a copy of the features is formed.
///
/// # Source
/// Demmel, Grigori, Hoemmen & Langou 2012 for the factorisation by blocks; Golub & Van Loan 2013, section 5.5.
#[derive(Debug, Clone, PartialEq)]
pub struct LeastSquares {
    /// `W`, `K x d`.
    pub weights: DMatrix<f64>,
    /// Points fitted.
    pub n: usize,
    /// Singular values of the features, `min(n, d)` of them, largest first.
    pub singular_values: Vec<f64>,
    /// How many of them count.
    pub rank: usize,
    /// `|Y P_Z|_F`.
    pub residual: f64,
}

impl LeastSquares {
    /// Fits `targets`, `K x n`, to the features of `n` points.
    ///
    /// # Errors
    /// [`Error::Empty`] without targets, [`Error::Mismatch`] for another number; [`Error::InvalidParameter`] for a cutoff outside
    /// `[0, 1)`; [`Error::NonFinite`] for a target that is not finite; [`Error::NoConvergence`];
    /// [`Error::NonFiniteResult`] when a weight exceeds the largest double.
    pub fn new(features: &Sample, targets: &DMatrix<f64>, cutoff: f64) -> Result<Self, Error> {
        let (n, dim) = (features.n(), features.dim());
        if targets.ncols() != n {
            return Err(Error::Mismatch {
                what: "labels",
                expected: n,
                actual: targets.ncols(),
            });
        }
        if !(0.0..1.0).contains(&cutoff) {
            return Err(Error::invalid("cutoff", cutoff, "at least 0 and below 1"));
        }
        if targets.nrows() == 0 {
            return Err(Error::Empty { n, dim: 0 });
        }
        if let Some(index) = targets.iter().position(|v| !v.is_finite()) {
            return Err(Error::NonFinite {
                point: index / targets.nrows(),
                coordinate: index % targets.nrows(),
                value: targets[index].to_string(),
            });
        }
        // Squares of huge or tiny features would end in wrong values without a word.
        let unit = unit(features.matrix().amax());
        let factor = triangular_factor(features, targets, unit);
        let size = factor.nrows();
        let top = dim.min(size);
        let corner = factor.view((0, 0), (top, dim)).into_owned();
        let fitted = factor.view((0, dim), (top, targets.nrows())).into_owned();
        let below = factor.view((top, dim), (size - top, targets.nrows()));
        let parts = svd(&corner)?;
        let largest = parts.values.first().copied().unwrap_or(0.0);
        let rank = (parts.values.iter())
            .take_while(|&&value| value > cutoff * largest)
            .count();
        let coefficients = parts.u.transpose() * fitted;
        let missed = coefficients.rows(rank, top - rank).norm_squared();
        let mut scaled = coefficients.rows(0, rank).into_owned();
        for (mut row, value) in scaled.row_iter_mut().zip(&parts.values) {
            row /= *value;
        }
        let weights = (parts.v.columns(0, rank) * scaled).transpose() / unit;
        if let Some(weight) = weights.iter().find(|v| !v.is_finite()) {
            finite("a weight of the least-squares fit", *weight)?;
        }
        Ok(Self {
            weights,
            n,
            singular_values: parts.values.iter().map(|v| v * unit).collect(),
            rank,
            residual: (below.norm_squared() + missed).sqrt(),
        })
    }

    /// `|Y P_Z|_F / sqrt(n)`: the root mean square of the distances `|W z_i - y_i|`.
    pub fn root_mean_square(&self) -> f64 {
        self.residual / (self.n as f64).sqrt()
    }

    /// `|W|_F`.
    pub fn weight_norm(&self) -> f64 {
        frobenius_norm(&self.weights)
    }

    /// `|P_Z|_F^2 = n - rank`.
    pub fn squared_projection_norm(&self) -> usize {
        self.n - self.rank
    }
}

/// `|W z_i - y_i|` for each point, `W` being `K x d`, the targets `K x n`. Cost `O(n d K)`.
///
/// # Errors
/// [`Error::Mismatch`] when the shapes do not fit, [`Error::NonFiniteResult`] on overflow.
pub fn losses(
    weights: &DMatrix<f64>,
    features: &Sample,
    targets: &DMatrix<f64>,
) -> Result<Vec<f64>, Error> {
    for (what, expected, actual) in [
        ("columns of the weights", features.dim(), weights.ncols()),
        ("rows of the weights", targets.nrows(), weights.nrows()),
        ("labels", features.n(), targets.ncols()),
    ] {
        if expected != actual {
            return Err(Error::Mismatch {
                what,
                expected,
                actual,
            });
        }
    }
    let difference = product(view(weights), view(features.matrix())) - targets;
    (difference.column_iter())
        .map(|column| finite("a loss", column.norm()))
        .collect()
}

/// `|W|_F`, also where the squares of the weights leave the range of doubles.
pub(super) fn frobenius_norm(matrix: &DMatrix<f64>) -> f64 {
    let unit = unit(matrix.amax());
    unit * (matrix / unit).norm()
}

/// Largest singular value of a matrix. Cost `O(rows columns min(rows, columns))`.
///
/// # Errors
/// [`Error::NoConvergence`].
pub fn spectral_norm(matrix: &DMatrix<f64>) -> Result<f64, Error> {
    Ok(singular_values(matrix)?.first().copied().unwrap_or(0.0))
}

/// The points with one more coordinate, the same for all: a linear map of these has a bias.
///
/// # Errors
/// [`Error::NonFinite`] for a value that is not finite.
pub fn with_constant(features: &Sample, value: f64) -> Result<Sample, Error> {
    let dim = features.dim();
    Sample::new(features.matrix().clone().insert_row(dim, value))
}

/// Points of one task, for each coordinate of the features and the targets.
const POINTS_PER_COORDINATE: usize = 8;

/// Fewest points of one task.
const LEAST_POINTS: usize = 512;

/// The upper triangular `R` of `[Z^T/unit Y^T] = Q R`, `min(n, d + K) x (d + K)`.
///
/// Blocks of points are factorised apart and their factors stacked and factorised again, until one is
/// left. The blocks depend on the shape alone.
fn triangular_factor(features: &Sample, targets: &DMatrix<f64>, unit: f64) -> DMatrix<f64> {
    let (n, dim) = (features.n(), features.dim());
    let columns = dim + targets.nrows();
    let block = LEAST_POINTS.max(POINTS_PER_COORDINATE * columns);
    let mut factors: Vec<DMatrix<f64>> = (0..n.div_ceil(block))
        .into_par_iter()
        .map(|b| {
            let (from, to) = (b * block, n.min((b + 1) * block));
            let mut rows = DMatrix::zeros(to - from, columns);
            for (row, point) in (from..to).enumerate() {
                for (j, value) in features.point(point).iter().enumerate() {
                    rows[(row, j)] = value / unit;
                }
                for (k, value) in targets.column(point).iter().enumerate() {
                    rows[(row, dim + k)] = *value;
                }
            }
            upper(&rows)
        })
        .collect();
    while factors.len() > 1 {
        factors = factors
            .par_chunks(POINTS_PER_COORDINATE)
            .map(|group| {
                let rows = group.iter().map(DMatrix::nrows).sum();
                let mut stacked = DMatrix::zeros(rows, columns);
                let mut from = 0;
                for factor in group {
                    stacked.rows_mut(from, factor.nrows()).copy_from(factor);
                    from += factor.nrows();
                }
                upper(&stacked)
            })
            .collect();
    }
    factors.swap_remove(0)
}

/// The triangular factor of a matrix.
fn upper(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let qr = Qr::new(view(matrix));
    let r = qr.thin_R();
    DMatrix::from_fn(
        r.nrows(),
        r.ncols(),
        |i, j| if i <= j { r[(i, j)] } else { 0.0 },
    )
}
