use nalgebra::DMatrix;

use super::activation::Activation;
use super::batch_norm::BatchNorm;
use super::convolution::Convolution;
use super::linear::Linear;
use super::pooling::Pooling;
use super::real::Real;
use super::residual::Residual;
use super::shape::Shape;
use crate::error::Error;

/// Numbers that one task works on: fixed, so that results do not depend on the number of threads.
pub(super) const TASK: usize = 1 << 14;

/// One layer of a network.
///
/// Every layer answers the same questions, all on matrices whose columns are points:
///
/// * `apply`: the image of each point;
/// * `piece`: which affine map the layer is at each point, which for a smooth layer is its
///   first-order expansion;
/// * `push`: tangents times that map, `A v`;
/// * `pull`: cotangents times its transpose, `A^T v`, which is the backward pass;
/// * `extend`: the affine map itself, with its offset, at any other point.
///
/// `push` and `pull` take a number of columns that is a multiple of the number of points of the
/// piece: column `c` of `m` a point belongs to point `c / m`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Layer<T: Real> {
    /// `x -> W x + b`.
    Linear(Linear<T>),
    /// A map of every unit by itself.
    Activation(Activation),
    /// A convolution of an image's planes.
    Convolution(Convolution<T>),
    /// Batch normalisation; in evaluation an affine map of every channel by itself.
    BatchNorm(BatchNorm<T>),
    /// Average or maximum over a window.
    Pooling(Pooling),
    /// Two ways from the input to a sum.
    Residual(Residual<T>),
}

/// The affine map that a layer is at each of some points.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Piece<T: Real> {
    /// The layer is the same affine map everywhere.
    Whole,
    /// The state of each unit at each point.
    States(DMatrix<u8>),
    /// First-order expansion of each unit at each point.
    Expansion {
        /// Slopes.
        slopes: DMatrix<T>,
        /// Values at zero.
        intercepts: DMatrix<T>,
    },
    /// The place in the input of the number that each unit of a max pooling passes on.
    Winners(DMatrix<u32>),
    /// The pieces of the layers on both ways of a residual layer.
    Residual {
        /// Of the body.
        body: Vec<Piece<T>>,
        /// Of the shortcut.
        shortcut: Vec<Piece<T>>,
    },
}

impl<T: Real> Piece<T> {
    /// Whether the states at one point are those of another piece at another point.
    pub(super) fn agrees(&self, column: usize, other: &Self, other_column: usize) -> bool {
        match (self, other) {
            (Self::States(own), Self::States(others)) => {
                own.column(column) == others.column(other_column)
            }
            (Self::Winners(own), Self::Winners(others)) => {
                own.column(column) == others.column(other_column)
            }
            (
                Self::Residual { body, shortcut },
                Self::Residual {
                    body: other_body,
                    shortcut: other_shortcut,
                },
            ) => (body.iter().chain(shortcut))
                .zip(other_body.iter().chain(other_shortcut))
                .all(|(own, other)| own.agrees(column, other, other_column)),
            _ => true,
        }
    }
}

impl<T: Real> Layer<T> {
    /// Shape of the image of points of this shape.
    ///
    /// # Errors
    /// [`Error::Mismatch`] when the layer does not take such points,
    /// [`Error::InvalidParameter`] when its own parameters cannot be.
    pub fn output_shape(&self, input: Shape) -> Result<Shape, Error> {
        match self {
            Self::Linear(linear) => {
                if linear.weight().ncols() == input.size() {
                    Ok(Shape::vector(linear.weight().nrows()))
                } else {
                    Err(Error::Mismatch {
                        what: "inputs of a linear layer",
                        expected: linear.weight().ncols(),
                        actual: input.size(),
                    })
                }
            }
            Self::Activation(activation) => activation.check().map(|()| input),
            Self::Convolution(convolution) => {
                input.require("a convolution", convolution.input())?;
                Ok(convolution.output())
            }
            Self::BatchNorm(norm) => {
                if norm.channels() == input.channels {
                    Ok(input)
                } else {
                    Err(Error::Mismatch {
                        what: "channels of a batch normalisation",
                        expected: norm.channels(),
                        actual: input.channels,
                    })
                }
            }
            Self::Pooling(pooling) => {
                input.require("a pooling", pooling.input())?;
                Ok(pooling.output())
            }
            Self::Residual(residual) => residual.output_shape(input),
        }
    }

    /// The image of each column.
    pub(super) fn apply(&self, points: DMatrix<T>) -> DMatrix<T> {
        match self {
            Self::Linear(linear) => linear.apply(&points),
            Self::Activation(activation) => activation.apply(points),
            Self::Convolution(convolution) => convolution.apply(&points),
            Self::BatchNorm(norm) => norm.apply(points),
            Self::Pooling(pooling) => pooling.apply(&points),
            Self::Residual(residual) => residual.apply(points),
        }
    }

    /// The affine map that the layer is at each column of its input.
    pub(super) fn piece(&self, input: &DMatrix<T>) -> Piece<T> {
        match self {
            Self::Linear(_) | Self::Convolution(_) | Self::BatchNorm(_) => Piece::Whole,
            Self::Activation(activation) => activation.piece(input),
            Self::Pooling(pooling) => pooling.piece(input),
            Self::Residual(residual) => residual.piece(input),
        }
    }

    /// `A v` for each column `v`.
    pub(super) fn push(&self, piece: &Piece<T>, tangents: DMatrix<T>) -> DMatrix<T> {
        match self {
            Self::Linear(linear) => linear.push(&tangents),
            Self::Activation(activation) => activation.push(piece, tangents),
            Self::Convolution(convolution) => convolution.push(&tangents),
            Self::BatchNorm(norm) => norm.push(tangents),
            Self::Pooling(pooling) => pooling.push(piece, &tangents),
            Self::Residual(residual) => residual.push(piece, tangents),
        }
    }

    /// `A^T v` for each column `v`.
    pub(super) fn pull(&self, piece: &Piece<T>, cotangents: DMatrix<T>) -> DMatrix<T> {
        match self {
            Self::Linear(linear) => linear.pull(&cotangents),
            Self::Activation(activation) => activation.push(piece, cotangents),
            Self::Convolution(convolution) => convolution.pull(&cotangents),
            Self::BatchNorm(norm) => norm.push(cotangents),
            Self::Pooling(pooling) => pooling.pull(piece, &cotangents),
            Self::Residual(residual) => residual.pull(piece, cotangents),
        }
    }

    /// `A v + b` for each column `v`, one a point.
    pub(super) fn extend(&self, piece: &Piece<T>, vectors: DMatrix<T>) -> DMatrix<T> {
        match self {
            Self::Linear(linear) => linear.apply(&vectors),
            Self::Activation(activation) => activation.extend(piece, vectors),
            Self::Convolution(convolution) => convolution.apply(&vectors),
            Self::BatchNorm(norm) => norm.apply(vectors),
            Self::Pooling(pooling) => pooling.push(piece, &vectors),
            Self::Residual(residual) => residual.extend(piece, vectors),
        }
    }
}
