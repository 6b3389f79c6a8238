use nalgebra::{DMatrix, DVector};

use super::{Pushforward, summarise};
use crate::error::{Error, finite};
use crate::linalg::singular_values;
use crate::network::{Layer, Network, Piece};
use crate::seed::Seed;
use crate::stats::Summary;

/// Distances between `Z = f(X)` and `Z^ = A_n X + b_n`, bounded by their coupling.
///
/// Both are made from the same component and the same point, so that they differ only where `X`
/// has left the region of its prototype.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CouplingBounds {
    /// Share of the draws that leave the region of their prototype, as [`Pushforward::escape_share`] of
    /// the same seed: at least `P(Z != Z^)`, hence at least the total variation.
    pub escape_share: Summary,
    /// `E|Z - Z^|`: at least the Wasserstein distance of order 1.
    ///
    /// This and what follows know of rare escapes only what has been drawn, and how far one may lead
    /// has no ceiling: they are `0 ± 0` where no draw escapes. Then the standard error of
    /// `escape_share` says how many may.
    pub wasserstein_1: Summary,
    /// `sum_n w_n E[(Lip f + |A_n|) |X - x_n|; X outside]`: at least the same, and known from
    /// norms of the network alone.
    pub wasserstein_1_by_norms: Summary,
    /// `sqrt(E|Z - Z^|^2)`: at least the Wasserstein distance of order 2.
    pub wasserstein_2: Summary,
    /// `sqrt(E|Z - Z^|^2 / E|Z - E Z|^2)`: the same in units of the output's spread; none for an output
    /// that is the same at every draw.
    pub relative_wasserstein_2: Option<f64>,
}

impl Pushforward<'_> {
    /// The bounds of the coupling, by Monte Carlo. Cost: a pass of `draws` points, whose images are
    /// kept, and the norms of the layers as in [`lipschitz`].
    ///
    /// The standard errors are those of the draws; for the root, by the delta method.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] below two draws; as [`lipschitz`].
    pub fn coupling_bounds(&self, draws: usize, seed: Seed) -> Result<CouplingBounds, Error> {
        let lipschitz = lipschitz(self.network)?;
        let norms = (self.prototypes.iter())
            .map(|p| spectral_norm(&p.affine.matrix))
            .collect::<Result<Vec<_>, _>>()?;
        let rows = self.over_draws(draws, seed, |draws| {
            let coupled = self.couple(draws)?;
            let mut rows = Vec::with_capacity(draws.index.len());
            for (c, &n) in draws.index.iter().enumerate() {
                let image = coupled.z.column(c).into_owned();
                // Inside, both maps are the same one, whatever rounding says.
                if coupled.inside[c] {
                    rows.push(([0.0, 0.0, 0.0], image));
                    continue;
                }
                let difference = (&image - coupled.affine.column(c)).norm();
                let radius = (draws.points.column(c) - &self.prototypes[n].mean).norm();
                rows.push(([1.0, difference, (lipschitz + norms[n]) * radius], image));
            }
            Ok(rows)
        })?;
        let (rows, images): (Vec<[f64; 3]>, Vec<DVector<f64>>) = rows.into_iter().unzip();
        let column = |k: usize| rows.iter().map(|row| row[k]).collect::<Vec<f64>>();
        let squares = Summary::new(&column(1).iter().map(|v| v * v).collect::<Vec<_>>())?;
        let root = squares.mean.sqrt();
        // At 0 the root has no slope, and nothing has been seen to vary.
        let slope = if root > 0.0 { 0.5 / root } else { 0.0 };
        let wasserstein_2 = Summary {
            n: squares.n,
            mean: root,
            std_dev: squares.std_dev * slope,
            std_error: squares.std_error * slope,
        };
        Ok(CouplingBounds {
            escape_share: summarise(&column(0), 1.0)?,
            wasserstein_1: Summary::new(&column(1))?,
            wasserstein_1_by_norms: Summary::new(&column(2))?,
            relative_wasserstein_2: match spread(&images) {
                0.0 => None,
                spread => Some(finite(
                    "the relative Wasserstein distance",
                    root / spread.sqrt(),
                )?),
            },
            wasserstein_2,
        })
    }
}

/// `E|Z - E Z|^2`: exactly 0 for images that are all the same.
fn spread(images: &[DVector<f64>]) -> f64 {
    let Some(first) = images.first() else {
        return 0.0;
    };
    let n = images.len() as f64;
    // From the first one: a mean of equal numbers may round away from them.
    let shifts = images.iter().map(|z| z - first);
    let centre = shifts.clone().sum::<DVector<f64>>() / n;
    shifts.map(|z| (z - &centre).norm_squared()).sum::<f64>() / n
}

fn spectral_norm(matrix: &DMatrix<f64>) -> Result<f64, Error> {
    Ok(singular_values(matrix)?.first().copied().unwrap_or(0.0))
}

/// An upper bound on the Lipschitz constant of a piecewise-affine network: the product of the
/// spectral norms of its layers and the largest slopes of its activations.
///
/// Far above the true constant for deep networks; finding that is NP-hard. Cost: a dense singular
/// value decomposition of each affine layer, whose matrix of outputs times inputs is formed: 1.3 GB
/// for a convolution from 64 x 14 x 14 to as many numbers.
///
/// # Errors
/// [`Error::InvalidParameter`] for a layer that is neither affine nor an activation with pieces;
/// [`Error::NoConvergence`].
///
/// # Source
/// Virmaux & Scaman 2018, proposition 1 and theorem 2.
pub fn lipschitz(network: &Network<f64>) -> Result<f64, Error> {
    let mut product = 1.0;
    let mut shape = network.input();
    for (index, layer) in network.layers().iter().enumerate() {
        product *= match layer {
            Layer::Activation(activation) if activation.is_piecewise_affine() => {
                (activation.pieces().iter())
                    .map(|piece| piece.slope.abs())
                    .fold(0.0, f64::max)
            }
            layer => spectral_norm(&affine_layer(layer, index, shape.size())?)?,
        };
        shape = layer.output_shape(shape)?;
    }
    finite("the Lipschitz bound", product)
}

/// The matrix of a layer that is one affine map.
pub(super) fn affine_layer(
    layer: &Layer<f64>,
    index: usize,
    dim: usize,
) -> Result<DMatrix<f64>, Error> {
    let piece = layer.piece(&DMatrix::zeros(dim, 1));
    if piece != Piece::Whole {
        return Err(Error::invalid(
            format!("layer {index}"),
            "neither affine nor a piecewise-affine activation",
            "its norm and its rank are not known here",
        ));
    }
    Ok(layer.push(&piece, DMatrix::identity(dim, dim)))
}
