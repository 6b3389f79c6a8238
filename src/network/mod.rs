//! Deterministic networks: what they compute, and the exact affine map that they are at a point.
//!
//! A network of linear layers and piecewise-affine activations is a continuous piecewise-affine
//! map: on the *region* of a point, the set where no unit changes its state, it is `x -> A x + b`.
//! Every layer hands out its own affine piece, and one definition serves three ends: the
//! Jacobian-vector product `A v`, the backward pass `A^T v` and the affine map itself.
//!
//! [`Network::region`] gives the region of a point as half-spaces, [`Network::face_distances`] how
//! far its faces are, [`Network::cells`] all regions of a planar slice, [`Network::inverse`] the
//! inverse of a network that is a bijection.
//!
//! In evaluation, convolutions, batch normalisations, poolings and residual layers are affine or
//! piecewise affine too. [`Network::forward`] is the training mode, whose backward pass is the same
//! transposed piece with the gradients of the parameters beside it; [`Network::parameters_mut`]
//! hands them to an optimiser. [`Network::from_safetensors`] reads what PyTorch has trained; the
//! names are those of its state dicts ([`Architecture`]).
//!
//! Matrices hold points as columns, as [`Sample`](crate::sample::Sample) does. Networks compute in
//! `f32` or `f64` ([`Real`]); results are bitwise equal for any number of threads.

mod activation;
mod affine;
mod architecture;
mod arena;
mod batch_norm;
mod channel;
mod code;
mod conv_net;
mod convolution;
mod face_distance;
mod gate;
mod inverse;
mod layer;
mod linear;
mod parameter;
mod pattern;
mod perceptron;
mod pooling;
mod product;
mod projector;
pub mod pushforward;
mod real;
mod region;
mod remainder;
mod residual;
mod resnet;
mod safetensor;
mod shape;
mod slice;
mod state;
mod tape;
mod tile;
mod weight_limit;
mod window;

use nalgebra::DMatrix;

pub use activation::{Activation, ActivationPiece};
pub use affine::Affine;
pub use architecture::{Architecture, Description, Sides};
pub(crate) use arena::Arena;
pub use batch_norm::BatchNorm;
pub use code::Code;
pub use conv_net::ConvNet;
pub use convolution::Convolution;
pub use face_distance::{FaceDistance, FaceDistances, Spread};
pub use inverse::{Inverse, Preimages};
pub use layer::{Layer, Piece};
pub use linear::Linear;
pub use parameter::{Parameter, ParameterMut};
pub use pattern::Pattern;
pub use perceptron::{Initialisation, Perceptron};
pub use pooling::{Pooling, PoolingKind};
pub use projector::Projector;
pub use real::Real;
pub use region::{End, Face, Region};
pub use remainder::Remainder;
pub use residual::Residual;
pub use resnet::ResNet18;
pub(crate) use safetensor::{Stored, serialize};
pub use shape::Shape;
pub use slice::{Cell, Slice};
pub(crate) use state::{State, not_safetensors};
pub use tape::{Gradient, Tape};
pub use window::Window;

use crate::error::Error;

/// Layers, one after the other, from points of a given shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Network<T: Real> {
    input: Shape,
    output: Shape,
    layers: Vec<Layer<T>>,
}

/// The affine pieces of a network at some points, one entry a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Pieces<T: Real> {
    n: usize,
    layers: Vec<Piece<T>>,
}

impl<T: Real> Pieces<T> {
    /// Number of points.
    pub fn n(&self) -> usize {
        self.n
    }

    /// The piece of each layer, in order.
    pub fn layers(&self) -> &[Piece<T>] {
        &self.layers
    }
}

impl<T: Real> Network<T> {
    /// Puts layers together.
    ///
    /// # Errors
    /// [`Error::Empty`] for an empty shape, [`Error::InvalidParameter`] for one of 2^32 - 1 numbers or
    /// more; as [`Layer::output_shape`] for a layer that does not take what the layer before it gives.
    pub fn new(input: Shape, layers: Vec<Layer<T>>) -> Result<Self, Error> {
        if input.size() == 0 {
            return Err(Error::Empty { n: 0, dim: 0 });
        }
        input.require_size()?;
        let output = (layers.iter()).try_fold(input, |shape, layer| layer.output_shape(shape))?;
        Ok(Self {
            input,
            output,
            layers,
        })
    }

    /// This network and then another one.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless the other takes what this one gives.
    pub fn followed_by(self, other: Self) -> Result<Self, Error> {
        other.input.require("the second network", self.output)?;
        let mut layers = self.layers;
        layers.extend(other.layers);
        Ok(Self {
            output: other.output,
            layers,
            ..self
        })
    }

    /// Shape of the points that it takes.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// Shape of the points that it gives.
    pub fn output(&self) -> Shape {
        self.output
    }

    /// The layers in order.
    pub fn layers(&self) -> &[Layer<T>] {
        &self.layers
    }

    /// The images of points, a `d_out x n` matrix.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for points of another dimension, [`Error::NonFiniteResult`] when an
    /// image overflows.
    pub fn apply(&self, points: &DMatrix<T>) -> Result<DMatrix<T>, Error> {
        self.require_dim(
            "coordinates of the points",
            self.input.size(),
            points.nrows(),
        )?;
        let image = (self.layers.iter()).fold(points.clone(), |points, layer| layer.apply(points));
        finite_image(image)
    }

    /// The images of points, with the affine pieces that the network is there.
    ///
    /// # Errors
    /// As [`Network::apply`].
    pub fn trace(&self, points: &DMatrix<T>) -> Result<(DMatrix<T>, Pieces<T>), Error> {
        self.require_dim(
            "coordinates of the points",
            self.input.size(),
            points.nrows(),
        )?;
        let mut values = points.clone();
        let mut layers = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            layers.push(layer.piece(&values));
            values = layer.apply(values);
        }
        let n = points.ncols();
        Ok((finite_image(values)?, Pieces { n, layers }))
    }

    /// `A v` for each tangent `v`, a `d_in x (m n)` matrix with the `m` tangents of each of the
    /// `n` points side by side, `A` the map at that point.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for tangents of another dimension or a number that is no multiple of `n`.
    pub fn push(&self, pieces: &Pieces<T>, tangents: &DMatrix<T>) -> Result<DMatrix<T>, Error> {
        self.require_dim(
            "coordinates of the tangents",
            self.input.size(),
            tangents.nrows(),
        )?;
        require_groups(pieces.n, tangents.ncols())?;
        let layers = self.layers.iter().zip(&pieces.layers);
        finite_image(layers.fold(tangents.clone(), |vectors, (layer, piece)| {
            layer.push(piece, vectors)
        }))
    }

    /// `A^T v` for each cotangent `v`, a `d_out x (m n)` matrix with the `m` cotangents of each
    /// of the `n` points side by side: the backward pass.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for cotangents of another dimension or a number that is no multiple of `n`.
    pub fn pull(&self, pieces: &Pieces<T>, cotangents: &DMatrix<T>) -> Result<DMatrix<T>, Error> {
        let dim = self.output.size();
        self.require_dim("coordinates of the cotangents", dim, cotangents.nrows())?;
        require_groups(pieces.n, cotangents.ncols())?;
        let layers = self.layers.iter().zip(&pieces.layers).rev();
        finite_image(layers.fold(cotangents.clone(), |vectors, (layer, piece)| {
            layer.pull(piece, vectors)
        }))
    }

    /// `A v + b` for each column `v`, one a point of the pieces: the affine map of a point,
    /// evaluated anywhere.
    ///
    /// # Errors
    /// As [`Network::push`].
    pub fn extend(&self, pieces: &Pieces<T>, vectors: &DMatrix<T>) -> Result<DMatrix<T>, Error> {
        self.require_dim(
            "coordinates of the points",
            self.input.size(),
            vectors.nrows(),
        )?;
        self.require_dim("number of points", pieces.n, vectors.ncols())?;
        let layers = self.layers.iter().zip(&pieces.layers);
        finite_image(layers.fold(vectors.clone(), |vectors, (layer, piece)| {
            layer.extend(piece, vectors)
        }))
    }

    fn require_dim(&self, what: &'static str, expected: usize, actual: usize) -> Result<(), Error> {
        if expected == actual {
            Ok(())
        } else {
            Err(Error::Mismatch {
                what,
                expected,
                actual,
            })
        }
    }
}

fn require_groups(n: usize, columns: usize) -> Result<(), Error> {
    if n > 0 && columns > 0 && columns.is_multiple_of(n) {
        Ok(())
    } else {
        Err(Error::Mismatch {
            what: "number of vectors, a multiple of the number of points",
            expected: n,
            actual: columns,
        })
    }
}

/// Refuses the first number that is not finite.
fn require_finite<T: Real>(what: &str, values: &[T]) -> Result<(), Error> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => Err(Error::invalid(
            format!("{what}, entry {index}"),
            values[index],
            "every number of a network must be finite",
        )),
    }
}

fn finite_image<T: Real>(image: DMatrix<T>) -> Result<DMatrix<T>, Error> {
    match image.as_slice().iter().position(|value| !value.is_finite()) {
        None => Ok(image),
        Some(index) => Err(Error::NonFiniteResult {
            what: format!(
                "output {} of the network at point {}",
                index % image.nrows(),
                index / image.nrows()
            ),
            value: image.as_slice()[index].to_string(),
        }),
    }
}
