use nalgebra::DMatrix;

use super::OfView;
use crate::error::Error;
use crate::linalg::Spd;
use crate::linalg::product::{product, symmetric_product, view};

/// `ln det(I + scale P P^T)` of a `d x n` matrix `P`, with its derivatives
/// `2 scale (I + scale P P^T)^-1 P`.
///
/// For `d > n` from the `n x n` matrix `I + scale P^T P`: the determinants are equal (Sylvester) and
/// the derivatives are `2 scale P (I + scale P^T P)^-1`.
pub(super) fn log_det(points: &DMatrix<f64>, scale: f64) -> Result<OfView, Error> {
    let (dim, n) = points.shape();
    let wide = dim > n;
    let side = view(points);
    let side = if wide { side.transpose() } else { side };
    let mut matrix = symmetric_product(side, scale);
    let size = matrix.nrows();
    for i in 0..size {
        matrix[(i, i)] += 1.0;
    }
    let factor = Spd::new(&matrix)?;
    let gradient = if wide {
        let inverse = factor.solve_many(DMatrix::identity(size, size));
        product(view(points), view(&inverse))
    } else {
        factor.solve_many(points.clone())
    };
    Ok(OfView {
        value: factor.log_det(),
        gradient: gradient * (2.0 * scale),
    })
}
