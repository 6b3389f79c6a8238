use std::collections::BTreeMap;

use nalgebra::DMatrix;

use super::Pushforward;
use super::coupling::affine_layer;
use super::output_mixture::rank;
use super::volume::Volumes;
use crate::error::Error;
use crate::law::Truth;
use crate::linalg::singular_values;
use crate::network::{Code, Layer, Network};
use crate::seed::Seed;
use crate::stats::Summary;

/// What can be said about the entropy of `Z = f(X)`, in nats.
///
/// `J(x)` is `|det A|`, or `sqrt(det A^T A)` for more outputs than inputs, of the affine map at `x`.
#[derive(Debug, Clone, PartialEq)]
pub enum OutputEntropy {
    /// As many outputs as inputs and one to one: `H(Z) = H(X) + E ln J(X)`.
    Continuous {
        /// The entropy.
        value: f64,
        /// Its standard error.
        std_error: f64,
    },
    /// More outputs than inputs and one to one: the same formula gives the entropy with respect to
    /// the `dim`-dimensional volume on the image. With respect to the volume around, it is `-inf`.
    Manifold {
        /// Dimension of the image.
        dim: usize,
        /// The entropy.
        value: f64,
        /// Its standard error.
        std_error: f64,
    },
    /// Full rank, but not known to be one to one: the formula gives `H(Z) + H(X|Z)`, which lies
    /// above `H(Z)` by what folding loses.
    Folded {
        /// Dimension of the image.
        dim: usize,
        /// `H(X) + E ln J(X)`.
        upper: f64,
        /// Its standard error.
        std_error: f64,
    },
    /// Fewer outputs than inputs, and every map onto them: `Z` has a density, but what goes to one
    /// `z` is no point, and no change of variables gives its entropy. That of the mixture in its
    /// place has bounds: [`OutputMixture::smoothed`](super::OutputMixture::smoothed) with noise 0.
    Projected {
        /// Dimension of the output.
        dim: usize,
    },
    /// Part of the input is mapped to fewer dimensions than there are, so that `Z` has no density
    /// there, and no number is its entropy. A determinant with a ridge would give one, about the
    /// ridge.
    Degenerate {
        /// Share of the draws at which `A` has rank `0, 1, …, min(d_in, d_out)`.
        ranks: Vec<f64>,
        /// `E rank A(X)`, at which rate information is lost to noise: `I(X; Z + eps N)` grows by
        /// this times `ln 1/eps`.
        information_dimension: f64,
    },
}

impl Pushforward<'_> {
    /// Entropy of the output by the change of variables, over `draws` points.
    ///
    /// For a network with an inverse `ln J` is [`Inverse::log_det`](crate::network::Inverse::log_det)
    /// and the rank is full. Otherwise both are followed from layer to layer on an orthonormal basis
    /// of the image: singular values of a layer there count as zero up to `max(outputs, inputs) eps` of
    /// the largest one or of the layer's longest row, and no more are left than units with a slope. In
    /// the product of the layers, small singular values would be rounding of the large ones. Cost for
    /// layers of width `w`: `O(w d_in min(w, d_in))` a layer and region that draws fall into, besides
    /// their passes and the dense matrices that [`lipschitz`](super::lipschitz) needs.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] below 100 draws for a mixture of more than one component, below two
    /// otherwise; as [`Network::affine_at`].
    ///
    /// # Source
    /// Federer 1969, 3.2.5 (area formula); Renyi 1959 for the dimension.
    pub fn entropy(&self, draws: usize, seed: Seed) -> Result<OutputEntropy, Error> {
        let (dim, out) = (self.network.input().size(), self.network.output().size());
        let full = dim.min(out);
        // An error says that there is none, which is no failure here.
        let inverse = self.network.inverse().ok();
        let maps = Volumes::new(self.network);
        let volumes = self.over_draws(draws, seed.child("volume"), |draws| {
            let pattern = self.network.pattern(&draws.points)?;
            if let Some(inverse) = &inverse {
                let ln_volumes = inverse.log_det(&pattern)?.into_iter();
                return Ok(ln_volumes.map(|ln_volume| (full, ln_volume)).collect());
            }
            // Draws of one region share its map.
            let mut known: BTreeMap<Code, (usize, f64)> = BTreeMap::new();
            let mut volumes = Vec::with_capacity(draws.index.len());
            for (column, point) in draws.points.column_iter().enumerate() {
                let key = pattern.code(column);
                let volume = match known.get(&key) {
                    Some(volume) => *volume,
                    None => {
                        let volume = maps.at(point.into_owned().as_slice())?;
                        known.insert(key, volume);
                        volume
                    }
                };
                volumes.push(volume);
            }
            Ok(volumes)
        })?;
        if volumes.iter().any(|(rank, _)| *rank < full) {
            let mut ranks = vec![0.0; full + 1];
            for (rank, _) in &volumes {
                ranks[*rank] += 1.0;
            }
            for share in &mut ranks {
                *share /= draws as f64;
            }
            let information_dimension = (ranks.iter().enumerate())
                .map(|(rank, share)| rank as f64 * share)
                .sum();
            return Ok(OutputEntropy::Degenerate {
                ranks,
                information_dimension,
            });
        }
        if out < dim {
            return Ok(OutputEntropy::Projected { dim: out });
        }
        let (input, input_error) = self.input_entropy(draws, seed)?;
        let volume = Summary::new(&volumes.iter().map(|v| v.1).collect::<Vec<_>>())?;
        let value = input + volume.mean;
        let std_error = input_error.hypot(volume.std_error);
        let one_to_one = inverse.is_some() || one_to_one(self.network)?;
        Ok(match (one_to_one, out == dim) {
            (true, true) => OutputEntropy::Continuous { value, std_error },
            (true, false) => OutputEntropy::Manifold {
                dim,
                value,
                std_error,
            },
            (false, _) => OutputEntropy::Folded {
                dim,
                upper: value,
                std_error,
            },
        })
    }

    /// `H(X)` with its standard error: exact for one component.
    fn input_entropy(&self, draws: usize, seed: Seed) -> Result<(f64, f64), Error> {
        if self.prototypes.len() == 1 {
            return Ok((self.law.bounds().no_overlap_upper, 0.0));
        }
        match self.law.monte_carlo_entropy(draws, seed.child("input"))? {
            Truth::MonteCarlo { value, std_error } => Ok((value, std_error)),
            Truth::Exact(value) => Ok((value, 0.0)),
            Truth::Between { lower, upper } => Ok((0.5 * (lower + upper), 0.5 * (upper - lower))),
        }
    }

    /// Entropy of the output of a network with an inverse, as the mean of `-ln p(Z)` with `p(z) =
    /// p_X(f^-1(z)) / |det A|` at the preimage: unlike [`Pushforward::entropy`] it takes `H(X)` from no
    /// formula, and neither the preimage nor its pattern from the draw. The determinants are those
    /// that [`Pushforward::entropy`] averages, so that the two agree whatever they are.
    ///
    /// # Errors
    /// As [`Network::inverse`] for a network without one; [`Error::TooFewPoints`] below two draws.
    pub fn direct_entropy(&self, draws: usize, seed: Seed) -> Result<Summary, Error> {
        let inverse = self.network.inverse()?;
        let values = self.over_draws(draws, seed, |draws| {
            let preimages = inverse.apply(&self.network.apply(&draws.points)?)?;
            Ok((preimages.points.column_iter().zip(&preimages.log_det))
                .map(|(point, log_det)| {
                    let point = point.into_owned();
                    log_det - self.law.ln_density(point.as_slice())
                })
                .collect())
        })?;
        Summary::new(&values)
    }
}

/// Whether every layer is one to one, hence the network: linear layers of full column rank and
/// activations whose slopes all have the same sign. A network may be one to one without.
///
/// # Errors
/// As [`lipschitz`](super::lipschitz).
fn one_to_one(network: &Network<f64>) -> Result<bool, Error> {
    let mut shape = network.input();
    for (index, layer) in network.layers().iter().enumerate() {
        let one_to_one = match layer {
            Layer::Activation(activation) => {
                let pieces = activation.pieces();
                pieces.iter().all(|piece| piece.slope > 0.0)
                    || pieces.iter().all(|piece| piece.slope < 0.0)
            }
            // Fewer outputs, a maximum or a sum of two ways: not certified.
            layer if layer.output_shape(shape)?.size() < shape.size() => false,
            Layer::Pooling(_) | Layer::Residual(_) => false,
            layer => {
                let matrix: DMatrix<f64> = affine_layer(layer, index, shape.size())?;
                rank(&singular_values(&matrix)?, matrix.shape()) == matrix.ncols()
            }
        };
        if !one_to_one {
            return Ok(false);
        }
        shape = layer.output_shape(shape)?;
    }
    Ok(true)
}
