use nalgebra::{DMatrix, DVector};

use super::affine::identity;
use super::gate::{Course, Gate};
use super::product::{product, view};
use super::{ActivationPiece, Network, Real};
use crate::error::Error;

/// Where a unit changes its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Face {
    /// The layer of activations or the max pooling, counted from 0 among all layers of the network;
    /// those on the two ways of a residual layer are counted in its place.
    pub layer: usize,
    /// The unit in it.
    pub unit: usize,
    /// The end of the unit's present piece.
    pub end: End,
}

/// An end of an affine piece of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// The left one, which the piece does not hold.
    Left,
    /// The right one, which the piece holds.
    Right,
    /// Where a max pooling would pass on this other of its inputs.
    Other(usize),
}

/// The set of all points of one activation pattern, a convex polyhedron.
///
/// It is given by `G x + h > 0`, one row a face; at the right end of a piece and between equal
/// inputs of a max pooling equality counts as inside. Rows of `G` that are zero are no faces: such a unit has the
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
        let course = Course {
            tangents: identity(dim),
            values: DMatrix::from_element(dim, 1, T::ZERO),
        };
        let (mut faces, mut dead) = (Vec::new(), Vec::new());
        let (mut normals, mut offsets) = (Vec::new(), Vec::new());
        let mut add = |face, row: &mut dyn Iterator<Item = T>, offset| {
            let start = normals.len();
            normals.extend(row);
            if normals[start..].iter().all(|value| *value == T::ZERO) {
                normals.truncate(start);
                dead.push(face);
            } else {
                faces.push(face);
                offsets.push(offset);
            }
        };
        self.at_gates(&pieces.layers, course, |layer, gate, course| {
            let (tangents, values) = (&course.tangents, &course.values);
            match gate {
                Gate::Activation(activation, states) => {
                    let bounds = activation.pieces();
                    for (unit, &state) in states.column(0).iter().enumerate() {
                        for (end, kink) in ends(bounds[state as usize]) {
                            let face = Face { layer, unit, end };
                            let (kink, offset) = (T::from_f64(kink), values[(unit, 0)]);
                            let row = tangents.row(unit);
                            if end == End::Left {
                                add(face, &mut row.iter().copied(), offset - kink);
                            } else {
                                add(face, &mut row.iter().map(|value| -*value), kink - offset);
                            }
                        }
                    }
                }
                Gate::Max(pooling, winners) => pooling.visit(|unit, other| {
                    let winner = winners[(unit, 0)] as usize;
                    if other != winner {
                        let end = End::Other(other);
                        let (own, row) = (tangents.row(winner), tangents.row(other));
                        let mut row = own.iter().zip(row.iter()).map(|(a, b)| *a - *b);
                        let offset = values[(winner, 0)] - values[(other, 0)];
                        add(Face { layer, unit, end }, &mut row, offset);
                    }
                }),
            }
            Ok(())
        })?;
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
                    End::Right | End::Other(_) => *margin >= T::ZERO,
                })
            }));
        }
        Ok(inside)
    }
}
