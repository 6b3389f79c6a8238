use nalgebra::DMatrix;

use crate::error::{Error, finite};
use crate::linalg::svd;
use crate::network::affine::identity;
use crate::network::face_distance::row_norms;
use crate::network::{Layer, Network, Piece};

/// Rank and volume of the affine maps of a network, found without multiplying the layers out.
///
/// An orthonormal basis of the image is pushed through one layer after the other and made orthonormal
/// again. The volume is the product of the singular values met on the way, the rank the number of
/// basis vectors left at the end. A singular value is thus judged zero beside the layer that it comes
/// from; one of the product of all layers would be compared with the largest stretch of the whole
/// network.
pub(super) struct Volumes<'a> {
    network: &'a Network<f64>,
    /// The longest row of each layer's matrix.
    longest: Vec<f64>,
}

impl<'a> Volumes<'a> {
    pub(super) fn new(network: &'a Network<f64>) -> Self {
        let longest = network.layers().iter().map(longest_row).collect();
        Self { network, longest }
    }

    /// Rank `r` and logarithm of the volume, the product of `r` singular values, at a point.
    ///
    /// A singular value of a layer on the basis counts as zero when it is at most
    /// `max(outputs, inputs) eps` times the larger of the largest one and the layer's longest row. The
    /// rank is also at most the number of units whose slope is not zero. A map of rank 0 has volume 0,
    /// whose logarithm is minus infinity.
    ///
    /// # Errors
    /// As [`Network::trace`]; [`Error::NonFiniteResult`] when a layer's map overflows;
    /// [`Error::NoConvergence`] of the singular values.
    pub(super) fn at(&self, point: &[f64]) -> Result<(usize, f64), Error> {
        let column = DMatrix::from_column_slice(point.len(), 1, point);
        let (_, pieces) = self.network.trace(&column)?;
        let mut basis = identity(point.len());
        let (mut rank, mut ln_volume, mut scale) = (point.len(), 0.0, 1.0);
        let layers = self.network.layers();
        for (index, (layer, piece)) in layers.iter().zip(pieces.layers()).enumerate() {
            let inputs = basis.nrows();
            basis = layer.push(piece, basis);
            scale *= self.longest[index];
            if matches!(layer, Layer::Activation(_)) {
                let active = basis.row_iter().filter(|row| row.amax() > 0.0).count();
                rank = rank.min(active);
                // It scales rows, each number by itself: the next layer takes it in.
                if index + 1 < layers.len() {
                    continue;
                }
            }
            if let Some(value) = basis.iter().find(|value| !value.is_finite()) {
                finite(format!("the map of layer {index}"), *value)?;
            }
            let image = svd(&basis)?;
            let largest = image.values.first().copied().unwrap_or(0.0).max(scale);
            let floor = inputs.max(basis.nrows()) as f64 * f64::EPSILON * largest;
            let values = image.values.iter().take(rank);
            rank = values.filter(|value| **value > floor).count();
            ln_volume += image.values[..rank].iter().map(|v| v.ln()).sum::<f64>();
            if rank == 0 {
                return Ok((0, f64::NEG_INFINITY));
            }
            basis = image.u.columns(0, rank).into_owned();
            scale = 1.0;
        }
        Ok((rank, ln_volume))
    }
}

/// Length of the longest row of a layer's matrix: at most the matrix' spectral norm, and at least that
/// norm over the root of the number of rows. For a residual layer, the sum over its two ways of the
/// product along each.
fn longest_row(layer: &Layer<f64>) -> f64 {
    let longest = |rows: &DMatrix<f64>| {
        let norms = row_norms(rows, 0, rows.ncols());
        norms.into_iter().fold(0.0, f64::max)
    };
    match layer {
        Layer::Linear(linear) => longest(linear.weight()),
        Layer::Convolution(convolution) => longest(&convolution.weight().transpose()),
        Layer::BatchNorm(norm) => {
            let ones = DMatrix::from_element(norm.channels(), 1, 1.0);
            layer.push(&Piece::Whole, ones).amax()
        }
        Layer::Activation(activation) => (activation.pieces().iter())
            .map(|piece| piece.slope.abs())
            .fold(0.0, f64::max),
        Layer::Pooling(_) => 1.0,
        Layer::Residual(residual) => [&residual.body, &residual.shortcut]
            .into_iter()
            .map(|way| way.iter().map(longest_row).product::<f64>())
            .sum(),
    }
}
