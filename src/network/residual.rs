use nalgebra::DMatrix;

use super::layer::{Layer, Piece};
use super::real::Real;
use super::shape::Shape;
use crate::error::Error;

/// Two ways from the input to a sum: `x -> body(x) + shortcut(x)`.
///
/// An empty shortcut is the identity. An activation after the sum is a layer of its own.
///
/// # Source
/// He et al. 2016.
#[derive(Debug, Clone, PartialEq)]
pub struct Residual<T: Real> {
    /// Layers of the one way.
    pub body: Vec<Layer<T>>,
    /// Layers of the other way, none for the identity.
    pub shortcut: Vec<Layer<T>>,
}

/// The shape after some layers.
pub(super) fn shape_after<T: Real>(layers: &[Layer<T>], input: Shape) -> Result<Shape, Error> {
    (layers.iter()).try_fold(input, |shape, layer| layer.output_shape(shape))
}

fn apply_all<T: Real>(layers: &[Layer<T>], points: DMatrix<T>) -> DMatrix<T> {
    layers
        .iter()
        .fold(points, |points, layer| layer.apply(points))
}

/// The pieces of some layers, one after the other.
fn pieces<T: Real>(layers: &[Layer<T>], input: &DMatrix<T>) -> Vec<Piece<T>> {
    let mut values = input.clone();
    let mut pieces = Vec::with_capacity(layers.len());
    for (l, layer) in layers.iter().enumerate() {
        pieces.push(layer.piece(&values));
        if l + 1 < layers.len() {
            values = layer.apply(values);
        }
    }
    pieces
}

impl<T: Real> Residual<T> {
    /// # Errors
    /// As [`Layer::output_shape`] for the layers of both ways; [`Error::Mismatch`] when the ways
    /// end in different shapes.
    pub(super) fn output_shape(&self, input: Shape) -> Result<Shape, Error> {
        let body = shape_after(&self.body, input)?;
        shape_after(&self.shortcut, input)?.require("a shortcut", body)
    }

    pub(super) fn apply(&self, points: DMatrix<T>) -> DMatrix<T> {
        apply_all(&self.body, points.clone()) + apply_all(&self.shortcut, points)
    }

    pub(super) fn piece(&self, input: &DMatrix<T>) -> Piece<T> {
        Piece::Residual {
            body: pieces(&self.body, input),
            shortcut: pieces(&self.shortcut, input),
        }
    }

    pub(super) fn push(&self, piece: &Piece<T>, tangents: DMatrix<T>) -> DMatrix<T> {
        self.both(piece, tangents, |layers, pieces, vectors| {
            (layers.iter().zip(pieces)).fold(vectors, |vectors, (layer, piece)| {
                layer.push(piece, vectors)
            })
        })
    }

    pub(super) fn pull(&self, piece: &Piece<T>, cotangents: DMatrix<T>) -> DMatrix<T> {
        self.both(piece, cotangents, |layers, pieces, vectors| {
            (layers.iter().zip(pieces).rev()).fold(vectors, |vectors, (layer, piece)| {
                layer.pull(piece, vectors)
            })
        })
    }

    pub(super) fn extend(&self, piece: &Piece<T>, vectors: DMatrix<T>) -> DMatrix<T> {
        self.both(piece, vectors, |layers, pieces, vectors| {
            (layers.iter().zip(pieces)).fold(vectors, |vectors, (layer, piece)| {
                layer.extend(piece, vectors)
            })
        })
    }

    /// The sum of what a map of layers gives on both ways.
    fn both(
        &self,
        piece: &Piece<T>,
        vectors: DMatrix<T>,
        map: impl Fn(&[Layer<T>], &[Piece<T>], DMatrix<T>) -> DMatrix<T>,
    ) -> DMatrix<T> {
        let Piece::Residual { body, shortcut } = piece else {
            unreachable!("a residual layer has the pieces of its two ways")
        };
        map(&self.body, body, vectors.clone()) + map(&self.shortcut, shortcut, vectors)
    }
}
