use nalgebra::DMatrix;

use super::activation::{Activation, scale};
use super::architecture::Architecture;
use super::arena::Arena;
use super::batch_norm::Normalised;
use super::layer::{Layer, Piece};
use super::real::Real;
use super::{Network, finite_image};
use crate::error::Error;

/// What the forward pass in training mode keeps for the backward pass: the inputs of linear layers,
/// convolutions and batch normalisations, the states of activations as bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Tape<T: Real> {
    n: usize,
    /// The network that it belongs to: its layers and the sizes of its parameters.
    network: (Architecture, Vec<Vec<usize>>),
    records: Vec<Record<T>>,
}

/// What one layer keeps.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Record<T: Real> {
    /// The input.
    Input(DMatrix<T>),
    /// The affine piece.
    Piece(Piece<T>),
    /// The slopes of a smooth activation.
    Slopes(DMatrix<T>),
    /// The input of a batch normalisation, with its statistics.
    Normalised(Normalised<T>),
    /// Nothing: the batch normalisation before has done what this layer does.
    Done,
    /// The records of both ways.
    Residual {
        body: Vec<Record<T>>,
        shortcut: Vec<Record<T>>,
    },
}

/// The derivative of `sum_i <v_i, y_i>` in one parameter, `v_i` the cotangent and `y_i` the image
/// of point `i`.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradient<T: Real> {
    /// Name of the parameter.
    pub name: String,
    /// The derivatives, in the order of the parameter's values.
    pub values: Vec<T>,
}

/// The gradients of all parameters, and the cotangents of the input where they are known.
type Passed<T> = (Vec<Gradient<T>>, Option<DMatrix<T>>);

impl<T: Real> Tape<T> {
    /// Number of points.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Gives its memory back, where there is no backward pass.
    pub(crate) fn discard(self, arena: &mut Arena<T>) {
        discard_all(self.records, arena);
    }
}

fn discard_all<T: Real>(records: Vec<Record<T>>, arena: &mut Arena<T>) {
    for record in records {
        match record {
            Record::Input(matrix) | Record::Slopes(matrix) => arena.give(matrix),
            Record::Normalised(normalised) => arena.give(normalised.input),
            Record::Residual { body, shortcut } => {
                discard_all(body, arena);
                discard_all(shortcut, arena);
            }
            Record::Piece(_) | Record::Done => {}
        }
    }
}

impl<T: Real> Network<T> {
    /// The images of a batch in training mode, a `d_out x n` matrix, with what the backward pass
    /// needs.
    ///
    /// Batch normalisations use the statistics of the batch, and their running statistics move.
    /// Without batch normalisation the images are those of [`Network::apply`].
    ///
    /// # Errors
    /// As [`Network::apply`]; [`Error::Empty`] without points; [`Error::TooFewPoints`] when a
    /// batch normalisation gets a single number in a channel. The network is unchanged after an
    /// error.
    pub fn forward(&mut self, points: &DMatrix<T>) -> Result<(DMatrix<T>, Tape<T>), Error> {
        self.forward_in(points, &mut Arena::new())
    }

    /// As [`Network::forward`], in memory of the arena.
    pub(crate) fn forward_in(
        &mut self,
        points: &DMatrix<T>,
        arena: &mut Arena<T>,
    ) -> Result<(DMatrix<T>, Tape<T>), Error> {
        let dim = self.input.size();
        self.require_dim("coordinates of the points", dim, points.nrows())?;
        if points.is_empty() {
            return Err(Error::Empty { n: 0, dim });
        }
        let layers = &self.layers;
        let (image, records) = in_pool(|| {
            let points = arena.copy(points);
            forward_all(layers, points, arena)
        })?;
        let image = finite_image(image)?;
        absorb_all(&mut self.layers, &records);
        let tape = Tape {
            n: points.ncols(),
            network: self.signature(),
            records,
        };
        Ok((image, tape))
    }

    /// The gradients of all parameters, in the order of [`Network::parameters`], and the
    /// cotangents of the input, from a `d_out x n` matrix of cotangents `v_i`, one a point of the
    /// tape: the derivatives of `sum_i <v_i, y_i>`.
    ///
    /// Takes the tape, whose memory is given back on the way.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for cotangents that do not belong to the tape,
    /// [`Error::NonFiniteResult`] when a gradient overflows.
    pub fn backward(
        &self,
        tape: Tape<T>,
        cotangents: &DMatrix<T>,
    ) -> Result<(Vec<Gradient<T>>, DMatrix<T>), Error> {
        self.backward_in(tape, cotangents, &mut Arena::new())
    }

    /// As [`Network::backward`], in memory of the arena.
    pub(crate) fn backward_in(
        &self,
        tape: Tape<T>,
        cotangents: &DMatrix<T>,
        arena: &mut Arena<T>,
    ) -> Result<(Vec<Gradient<T>>, DMatrix<T>), Error> {
        let (gradients, input) = self.pass_back(tape, cotangents, true, arena)?;
        // The cotangents themselves, where no layer changes them.
        let input = input.unwrap_or_else(|| cotangents.clone());
        Ok((gradients, finite_image(input)?))
    }

    /// The gradients of all parameters, as [`Network::backward`], without the cotangents of the
    /// input: the first layer with parameters then needs one product less.
    ///
    /// # Errors
    /// As [`Network::backward`].
    pub fn gradients(
        &self,
        tape: Tape<T>,
        cotangents: &DMatrix<T>,
    ) -> Result<Vec<Gradient<T>>, Error> {
        self.gradients_in(tape, cotangents, &mut Arena::new())
    }

    /// As [`Network::gradients`], in memory of the arena.
    pub(crate) fn gradients_in(
        &self,
        tape: Tape<T>,
        cotangents: &DMatrix<T>,
        arena: &mut Arena<T>,
    ) -> Result<Vec<Gradient<T>>, Error> {
        Ok(self.pass_back(tape, cotangents, false, arena)?.0)
    }

    fn signature(&self) -> (Architecture, Vec<Vec<usize>>) {
        let parameters = self.parameters().into_iter();
        (
            self.architecture(),
            parameters.map(|parameter| parameter.shape).collect(),
        )
    }

    fn pass_back(
        &self,
        tape: Tape<T>,
        cotangents: &DMatrix<T>,
        wanted: bool,
        arena: &mut Arena<T>,
    ) -> Result<Passed<T>, Error> {
        let dim = self.output.size();
        self.require_dim("coordinates of the cotangents", dim, cotangents.nrows())?;
        self.require_dim("number of cotangents", tape.n, cotangents.ncols())?;
        if tape.network != self.signature() {
            return Err(Error::invalid(
                "tape",
                "of another network",
                "it has to come from the forward pass of this network",
            ));
        }
        let (values, input) = in_pool(|| {
            let cotangents = arena.copy(cotangents);
            backward_all(&self.layers, tape.records, cotangents, wanted, arena)
        });
        let gradients = (self.parameters().into_iter().zip(values))
            .map(
                |(parameter, values)| match values.iter().find(|value| !value.is_finite()) {
                    None => Ok(Gradient {
                        name: parameter.name,
                        values,
                    }),
                    Some(value) => Err(Error::NonFiniteResult {
                        what: format!("gradient of {}", parameter.name),
                        value: value.to_string(),
                    }),
                },
            )
            .collect::<Result<_, _>>()?;
        Ok((gradients, input))
    }
}

/// Does all of a pass on the thread pool: from outside, every parallel loop in it would wake the pool
/// and put this thread to sleep.
fn in_pool<R: Send>(pass: impl FnOnce() -> R + Send) -> R {
    rayon::scope(|_| pass())
}

fn forward_all<T: Real>(
    layers: &[Layer<T>],
    points: DMatrix<T>,
    arena: &mut Arena<T>,
) -> Result<(DMatrix<T>, Vec<Record<T>>), Error> {
    let mut values = points;
    let mut records = Vec::with_capacity(layers.len());
    let mut rectified = false;
    for (l, layer) in layers.iter().enumerate() {
        if rectified {
            rectified = false;
            records.push(Record::Done);
            continue;
        }
        rectified = matches!(
            layers[l..],
            [Layer::BatchNorm(_), Layer::Activation(Activation::Relu), ..]
        );
        let (image, record) = forward(layer, values, rectified, arena)?;
        values = image;
        records.push(record);
    }
    Ok((values, records))
}

/// One layer, and a ReLU after it where it is to be `rectified`.
fn forward<T: Real>(
    layer: &Layer<T>,
    points: DMatrix<T>,
    rectified: bool,
    arena: &mut Arena<T>,
) -> Result<(DMatrix<T>, Record<T>), Error> {
    Ok(match layer {
        Layer::Linear(linear) => (linear.apply(&points), Record::Input(points)),
        Layer::Convolution(convolution) => {
            (convolution.forward(&points, arena), Record::Input(points))
        }
        Layer::Activation(activation) => activation.forward(points),
        Layer::BatchNorm(norm) => {
            let (image, normalised) = norm.forward(points, rectified, arena)?;
            (image, Record::Normalised(normalised))
        }
        Layer::Pooling(pooling) => {
            let (image, piece) = pooling.forward(&points);
            arena.give(points);
            (image, Record::Piece(piece))
        }
        Layer::Residual(residual) => {
            let copy = arena.copy(&points);
            let (mut image, body) = forward_all(&residual.body, copy, arena)?;
            let (other, shortcut) = forward_all(&residual.shortcut, points, arena)?;
            image += &other;
            arena.give(other);
            (image, Record::Residual { body, shortcut })
        }
    })
}

/// Moves the running statistics of every batch normalisation.
fn absorb_all<T: Real>(layers: &mut [Layer<T>], records: &[Record<T>]) {
    for pair in layers.iter_mut().zip(records) {
        match pair {
            (Layer::BatchNorm(norm), Record::Normalised(record)) => norm.absorb(record),
            (Layer::Residual(residual), Record::Residual { body, shortcut }) => {
                absorb_all(&mut residual.body, body);
                absorb_all(&mut residual.shortcut, shortcut);
            }
            _ => {}
        }
    }
}

/// The gradients of all parameters, in order, and the cotangents of the input if they are wanted.
fn backward_all<T: Real>(
    layers: &[Layer<T>],
    mut records: Vec<Record<T>>,
    cotangents: DMatrix<T>,
    wanted: bool,
    arena: &mut Arena<T>,
) -> (Vec<Vec<T>>, Option<DMatrix<T>>) {
    // Before the first layer with parameters nothing is to be done unless the input's are wanted.
    let first = if wanted {
        0
    } else {
        (layers.iter().position(Layer::has_parameters)).unwrap_or(layers.len())
    };
    let mut vectors = Some(cotangents);
    let mut reversed = Vec::new();
    for (l, layer) in layers.iter().enumerate().skip(first).rev() {
        let (Some(record), Some(cotangents)) = (records.pop(), vectors.take()) else {
            unreachable!("one record a layer, and cotangents until the first")
        };
        let (gradients, pulled) = backward(layer, record, cotangents, wanted || l > first, arena);
        vectors = pulled;
        reversed.push(gradients);
    }
    (reversed.into_iter().rev().flatten().collect(), vectors)
}

fn backward<T: Real>(
    layer: &Layer<T>,
    record: Record<T>,
    cotangents: DMatrix<T>,
    wanted: bool,
    arena: &mut Arena<T>,
) -> (Vec<Vec<T>>, Option<DMatrix<T>>) {
    match (layer, record) {
        (Layer::Linear(linear), Record::Input(input)) => {
            let gradients = linear.gradients(&input, &cotangents);
            let pulled = wanted.then(|| linear.pull(&cotangents));
            arena.give(input);
            arena.give(cotangents);
            (gradients, pulled)
        }
        (Layer::Convolution(convolution), Record::Input(input)) => {
            let passed = convolution.backward(&input, &cotangents, wanted, arena);
            arena.give(input);
            arena.give(cotangents);
            passed
        }
        (Layer::BatchNorm(norm), Record::Normalised(record)) => {
            let (gradients, pulled) = norm.backward(record, cotangents, arena);
            (gradients, Some(pulled))
        }
        (_, Record::Done) => (Vec::new(), Some(cotangents)),
        (Layer::Activation(_), Record::Slopes(slopes)) => {
            let pulled = scale(cotangents, &slopes, |value, slope| value * slope);
            (Vec::new(), Some(pulled))
        }
        (Layer::Residual(residual), Record::Residual { body, shortcut }) => {
            let copy = arena.copy(&cotangents);
            let (mut gradients, pulled) = backward_all(&residual.body, body, copy, wanted, arena);
            let (others, other) =
                backward_all(&residual.shortcut, shortcut, cotangents, wanted, arena);
            gradients.extend(others);
            let pulled = pulled.zip(other).map(|(mut pulled, other)| {
                pulled += &other;
                arena.give(other);
                pulled
            });
            (gradients, pulled)
        }
        (Layer::Pooling(pooling), Record::Piece(piece)) => {
            let zeros = arena.zeros(pooling.input().size() * cotangents.ncols());
            let pulled = pooling.pull_onto(&piece, &cotangents, zeros);
            arena.give(cotangents);
            (Vec::new(), Some(pulled))
        }
        // Piecewise affine: the backward pass is the transpose of the piece.
        (layer, Record::Piece(piece)) => (Vec::new(), Some(layer.pull(&piece, cotangents))),
        _ => unreachable!("the tape has been compared with the network"),
    }
}
