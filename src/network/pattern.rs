use nalgebra::DMatrix;

use super::layer::Piece;
use super::{Code, Network, Pieces, Real};
use crate::error::Error;

/// The states of all units of piecewise-affine activations, and the inputs that all max poolings
/// pass on, at some points.
///
/// Two points of equal states and equal winners, hence of one [`Pattern::code`], lie in one region:
/// the network is the same affine map at both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    n: usize,
    layers: Vec<(usize, DMatrix<u8>)>,
    winners: Vec<(usize, DMatrix<u32>)>,
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
        self.trace(points)?.1.pattern()
    }
}

impl<T: Real> Pieces<T> {
    /// The activation pattern that these pieces make up.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for the expansion of a smooth activation.
    pub fn pattern(&self) -> Result<Pattern, Error> {
        let mut pattern = Pattern::new(self.n, Vec::new());
        pattern.collect(&self.layers, &mut 0)?;
        Ok(pattern)
    }
}

impl Pattern {
    pub(super) fn new(n: usize, layers: Vec<(usize, DMatrix<u8>)>) -> Self {
        let winners = Vec::new();
        Self { n, layers, winners }
    }

    /// Appends the states of every layer that has some, with its place among the layers.
    fn collect<T: Real>(&mut self, pieces: &[Piece<T>], place: &mut usize) -> Result<(), Error> {
        for piece in pieces {
            match piece {
                Piece::Residual { body, shortcut } => {
                    self.collect(body, place)?;
                    self.collect(shortcut, place)?;
                    continue;
                }
                Piece::States(states) => self.layers.push((*place, states.clone())),
                Piece::Winners(winners) => self.winners.push((*place, winners.clone())),
                Piece::Expansion { .. } => {
                    return Err(Error::invalid(
                        format!("activation of layer {place}"),
                        "smooth",
                        "only piecewise-affine activations have states and regions",
                    ));
                }
                Piece::Whole => {}
            }
            *place += 1;
        }
        Ok(())
    }

    /// Number of points.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Number of units that have a state.
    pub fn units(&self) -> usize {
        let activations = self.layers.iter().map(|(_, states)| states.nrows());
        let poolings = self.winners.iter().map(|(_, winners)| winners.nrows());
        activations.chain(poolings).sum()
    }

    /// For each max pooling its place in the network and the input that each unit passes on, a
    /// `units x n` matrix.
    pub fn winners(&self) -> &[(usize, DMatrix<u32>)] {
        &self.winners
    }

    /// For each layer of activations its place in the network and the states, a `units x n` matrix.
    pub fn layers(&self) -> &[(usize, DMatrix<u8>)] {
        &self.layers
    }

    /// The states of the units of all activations at one point, in the order of the layers. With a max
    /// pooling they do not name the region: [`Pattern::code`] does.
    ///
    /// # Panics
    /// When there is no such point.
    pub fn states(&self, point: usize) -> Vec<u8> {
        assert!(point < self.n, "point {point} of {}", self.n);
        (self.layers.iter())
            .flat_map(|(_, states)| states.column(point).iter().copied().collect::<Vec<u8>>())
            .collect()
    }

    /// States and winners at one point, packed: equal in one region only, to compare and to sort by.
    ///
    /// # Panics
    /// When there is no such point.
    pub fn code(&self, point: usize) -> Code {
        let winners = (self.winners.iter())
            .flat_map(|(_, winners)| winners.column(point).iter().copied().collect::<Vec<u32>>())
            .collect();
        Code::new(&self.states(point), winners)
    }

    /// For each point the number of units whose state differs from the other pattern's: zero where
    /// both points lie in one region. The other pattern holds as many points, or a single one.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for patterns of another number of points or of another network.
    pub fn flips(&self, other: &Self) -> Result<Vec<usize>, Error> {
        if other.n != self.n && other.n != 1 {
            return Err(Error::Mismatch {
                what: "points of the other pattern",
                expected: self.n,
                actual: other.n,
            });
        }
        let mut flips = vec![0; self.n];
        count_flips(&self.layers, &other.layers, &mut flips)?;
        count_flips(&self.winners, &other.winners, &mut flips)?;
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

/// Adds for each point the number of states that differ; the other matrices have as many columns,
/// or one.
fn count_flips<S: PartialEq>(
    own: &[(usize, DMatrix<S>)],
    others: &[(usize, DMatrix<S>)],
    flips: &mut [usize],
) -> Result<(), Error> {
    let require = |what, expected, actual| {
        if expected == actual {
            Ok(())
        } else {
            Err(Error::Mismatch {
                what,
                expected,
                actual,
            })
        }
    };
    require("layers of the other pattern", own.len(), others.len())?;
    for ((_, own), (_, others)) in own.iter().zip(others) {
        let units = own.nrows();
        require("units of the other pattern", units, others.nrows())?;
        let stride = if others.ncols() == 1 { 0 } else { units };
        let (own, others) = (own.as_slice(), others.as_slice());
        for (i, (count, states)) in flips.iter_mut().zip(own.chunks_exact(units)).enumerate() {
            let others = &others[i * stride..i * stride + units];
            *count += states.iter().zip(others).filter(|(a, b)| a != b).count();
        }
    }
    Ok(())
}
