use nalgebra::{DMatrix, DVector};

use super::affine::identity;
use super::layer::{Layer, Piece};
use super::product::{product, view};
use super::{ActivationPiece, Network, Real};
use crate::error::Error;

/// Where a unit changes its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Face {
    /// The layer of activations, counted from 0 among all layers of the network.
    pub layer: usize,
    /// The unit in it.
    pub unit: usize,
    /// The end of the unit's present piece.
    pub end: End,
}

/// An end of an affine piece of an activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// The left one, which the piece does not hold.
    Left,
    /// The right one, which the piece holds.
    Right,
}

/// The set of all points of one activation pattern, a convex polyhedron.
///
/// It is given by `G x + h > 0`, one row a face; at the right end of a piece equality counts as
/// inside, as it does for the pattern. Rows of `G` that are zero are no faces: such a unit has the
/// same input on the whole region.
#[derive(Debug, Clone, PartialEq)]
pub struct Region<T: Real> {
    faces: Vec<Face>,
    dead: Vec<Face>,
    normals: DMatrix<T>,
    offsets: DVector<T>,
}

/// Points that a membership test takes at once: bounds its memory.
const POINTS: usize = 256;

/// The faces at the ends of a unit's piece, with the place of the kink on the unit's input.
pub(super) fn ends(piece: ActivationPiece) -> impl Iterator<Item = (End, f64)> {
    [(End::Left, piece.from), (End::Right, piece.to)]
        .into_iter()
        .filter(|(_, kink)| kink.is_finite())
}

impl<T: Real> Network<T> {
    /// The region of a point: all points of the same activation pattern.
    ///
    /// With `u = P x + c` the input of a unit on the region, a piece `(from, to]` gives the rows
    /// `(P, c - from)` and `(-P, to - c)`, so a unit of hard tanh may have two faces. Cost: `d_in`
    /// passes; `d_in` numbers a face.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a smooth activation, which has no regions; as
    /// [`Network::apply`]; [`Error::NonFiniteResult`] when a face overflows.
    pub fn region(&self, x: &[T]) -> Result<Region<T>, Error> {
        self.require_states()?;
        let (_, pieces) = self.trace(&DMatrix::from_column_slice(x.len(), 1, x))?;
        let dim = self.input.size();
        let mut tangents = identity(dim);
        let mut image = DMatrix::from_element(dim, 1, T::ZERO);
        let (mut faces, mut dead) = (Vec::new(), Vec::new());
        let (mut normals, mut offsets) = (Vec::new(), Vec::new());
        for (index, (layer, piece)) in self.layers.iter().zip(&pieces.layers).enumerate() {
            if let (Layer::Activation(activation), Piece::States(states)) = (layer, piece) {
                let bounds = activation.pieces();
                for (unit, &state) in states.column(0).iter().enumerate() {
                    for (end, kink) in ends(bounds[state as usize]) {
                        let face = Face {
                            layer: index,
                            unit,
                            end,
                        };
                        let (kink, offset) = (T::from_f64(kink), image[(unit, 0)]);
                        let row = tangents.row(unit);
                        if row.iter().all(|value: &T| *value == T::ZERO) {
                            dead.push(face);
                            continue;
                        }
                        faces.push(face);
                        match end {
                            End::Left => {
                                normals.extend(row.iter().copied());
                                offsets.push(offset - kink);
                            }
                            End::Right => {
                                normals.extend(row.iter().map(|value: &T| -*value));
                                offsets.push(kink - offset);
                            }
                        }
                    }
                }
            }
            tangents = layer.push(piece, tangents);
            image = layer.extend(piece, image);
        }
        let finite = |value: &T| value.is_finite();
        if let Some(bad) = normals.iter().chain(&offsets).find(|value| !finite(value)) {
            return Err(Error::NonFiniteResult {
                what: "a face of the region".to_owned(),
                value: bad.to_string(),
            });
        }
        Ok(Region {
            normals: DMatrix::from_row_slice(faces.len(), dim, &normals),
            offsets: DVector::from_vec(offsets),
            faces,
            dead,
        })
    }
}

impl<T: Real> Region<T> {
    /// The faces, in the order of the layers and of their units.
    pub fn faces(&self) -> &[Face] {
        &self.faces
    }

    /// Ends of pieces that are no faces, since the unit's input is constant on the region.
    pub fn dead(&self) -> &[Face] {
        &self.dead
    }

    /// `G`, one row a face.
    pub fn normals(&self) -> &DMatrix<T> {
        &self.normals
    }

    /// `h`, one entry a face.
    pub fn offsets(&self) -> &DVector<T> {
        &self.offsets
    }

    /// `G x + h` for each point `x`, one column a point: how far the units are from their kinks.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for points of another dimension.
    pub fn margins(&self, points: &DMatrix<T>) -> Result<DMatrix<T>, Error> {
        let (expected, actual) = (self.normals.ncols(), points.nrows());
        if expected != actual {
            return Err(Error::Mismatch {
                what: "coordinates of the points",
                expected,
                actual,
            });
        }
        let mut margins = product(view(&self.normals), view(points));
        for mut column in margins.column_iter_mut() {
            for (margin, offset) in column.iter_mut().zip(self.offsets.iter()) {
                *margin += *offset;
            }
        }
        Ok(margins)
    }

    /// Whether each point lies in the region: whether it has the same activation pattern, up to
    /// rounding at the faces. Cost: a product with `G`.
    ///
    /// # Errors
    /// As [`Region::margins`].
    pub fn contains(&self, points: &DMatrix<T>) -> Result<Vec<bool>, Error> {
        let mut inside = Vec::with_capacity(points.ncols());
        for start in (0..points.ncols()).step_by(POINTS) {
            let count = POINTS.min(points.ncols() - start);
            let margins = self.margins(&points.columns(start, count).into_owned())?;
            inside.extend(margins.column_iter().map(|column| {
                (column.iter().zip(&self.faces)).all(|(margin, face)| match face.end {
                    End::Left => *margin > T::ZERO,
                    End::Right => *margin >= T::ZERO,
                })
            }));
        }
        Ok(inside)
    }
}
