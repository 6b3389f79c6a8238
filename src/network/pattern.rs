use nalgebra::DMatrix;

use super::layer::{Layer, Piece};
use super::{Network, Real};
use crate::error::Error;

/// The states of all units of piecewise-affine activations at some points.
///
/// Two points of equal states lie in one region: the network is the same affine map at both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    n: usize,
    layers: Vec<(usize, DMatrix<u8>)>,
}

impl<T: Real> Network<T> {
    /// The activation pattern at each point.
    ///
    /// Takes points as columns. Cost: one pass; one byte a unit and point.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a smooth activation, which has no states; as
    /// [`Network::apply`].
    pub fn pattern(&self, points: &DMatrix<T>) -> Result<Pattern, Error> {
        self.require_states()?;
        let n = points.ncols();
        let (_, pieces) = self.trace(points)?;
        let layers = (pieces.layers.into_iter().enumerate())
            .filter_map(|(layer, piece)| match piece {
                Piece::States(states) => Some((layer, states)),
                Piece::Whole | Piece::Expansion { .. } => None,
            })
            .collect();
        Ok(Pattern { n, layers })
    }

    /// Refuses the first smooth activation.
    pub(super) fn require_states(&self) -> Result<(), Error> {
        for (index, layer) in self.layers.iter().enumerate() {
            match layer {
                Layer::Activation(activation) if !activation.is_piecewise_affine() => {
                    return Err(Error::invalid(
                        format!("activation of layer {index}"),
                        format!("{activation:?}"),
                        "only piecewise-affine activations have states and regions",
                    ));
                }
                Layer::Linear(_) | Layer::Activation(_) => {}
            }
        }
        Ok(())
    }
}

impl Pattern {
    /// Number of points.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Number of units that have a state.
    pub fn units(&self) -> usize {
        self.layers.iter().map(|(_, states)| states.nrows()).sum()
    }

    /// For each layer of activations its place in the network and the states, a `units x n` matrix.
    pub fn layers(&self) -> &[(usize, DMatrix<u8>)] {
        &self.layers
    }

    /// The states of all units at one point, in the order of the layers.
    ///
    /// # Panics
    /// When there is no such point.
    pub fn states(&self, point: usize) -> Vec<u8> {
        assert!(point < self.n, "point {point} of {}", self.n);
        (self.layers.iter())
            .flat_map(|(_, states)| states.column(point).into_owned().data.as_vec().clone())
            .collect()
    }

    /// For each point the number of units whose state differs from the other pattern's: zero where
    /// both points lie in one region. The other pattern holds as many points, or a single one.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for patterns of another number of points or of another network.
    pub fn flips(&self, other: &Self) -> Result<Vec<usize>, Error> {
        let mismatch = |what, expected, actual| {
            Err(Error::Mismatch {
                what,
                expected,
                actual,
            })
        };
        if other.n != self.n && other.n != 1 {
            return mismatch("points of the other pattern", self.n, other.n);
        }
        if other.layers.len() != self.layers.len() {
            let (expected, actual) = (self.layers.len(), other.layers.len());
            return mismatch("layers of the other pattern", expected, actual);
        }
        let mut flips = vec![0; self.n];
        for ((_, own), (_, others)) in self.layers.iter().zip(&other.layers) {
            let units = own.nrows();
            if others.nrows() != units {
                return mismatch("units of the other pattern", units, others.nrows());
            }
            let (own, others) = (own.as_slice(), others.as_slice());
            let stride = if other.n == 1 { 0 } else { units };
            for (i, (count, states)) in flips.iter_mut().zip(own.chunks_exact(units)).enumerate() {
                let others = &others[i * stride..i * stride + units];
                *count += states.iter().zip(others).filter(|(a, b)| a != b).count();
            }
        }
        Ok(flips)
    }

    /// Mean share of units whose state differs from the other pattern's.
    ///
    /// # Errors
    /// As [`Pattern::flips`]; [`Error::Empty`] without points or units.
    pub fn flip_rate(&self, other: &Self) -> Result<f64, Error> {
        let (n, units) = (self.n, self.units());
        if n == 0 || units == 0 {
            return Err(Error::Empty { n, dim: units });
        }
        let flips: usize = self.flips(other)?.into_iter().sum();
        Ok(flips as f64 / (n * units) as f64)
    }
}
