use nalgebra::DMatrix;

use super::activation::scale;
use super::architecture::Architecture;
use super::batch_norm::Normalised;
use super::layer::{Layer, Piece};
use super::real::Real;
use super::{Network, finite_image};
use crate::error::Error;

/// What the forward pass in training mode keeps for the backward pass: the inputs of linear layers
/// and convolutions, the states of activations as bytes, the normalised inputs of batch
/// normalisations.
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
    /// The normalised input.
    Normalised(Normalised<T>),
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
        let dim = self.input.size();
        self.require_dim("coordinates of the points", dim, points.nrows())?;
        if points.is_empty() {
            return Err(Error::Empty { n: 0, dim });
        }
        let layers = &self.layers;
        let (image, records) = in_pool(|| forward_all(layers, points.clone()))?;
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
        let (gradients, input) = self.pass_back(tape, cotangents, true)?;
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
        Ok(self.pass_back(tape, cotangents, false)?.0)
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
        let (values, input) =
            in_pool(|| backward_all(&self.layers, tape.records, cotangents.clone(), wanted));
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
) -> Result<(DMatrix<T>, Vec<Record<T>>), Error> {
    let mut values = points;
    let mut records = Vec::with_capacity(layers.len());
    for layer in layers {
        let (image, record) = forward(layer, values)?;
        values = image;
        records.push(record);
    }
    Ok((values, records))
}

fn forward<T: Real>(
    layer: &Layer<T>,
    points: DMatrix<T>,
) -> Result<(DMatrix<T>, Record<T>), Error> {
    Ok(match layer {
        Layer::Linear(linear) => (linear.apply(&points), Record::Input(points)),
        Layer::Convolution(convolution) => (convolution.apply(&points), Record::Input(points)),
        Layer::Activation(activation) => activation.forward(points),
        Layer::BatchNorm(norm) => {
            let (image, normalised) = norm.forward(points)?;
            (image, Record::Normalised(normalised))
        }
        Layer::Pooling(pooling) => {
            let (image, piece) = pooling.forward(&points);
            (image, Record::Piece(piece))
        }
        Layer::Residual(residual) => {
            let (mut image, body) = forward_all(&residual.body, points.clone())?;
            let (other, shortcut) = forward_all(&residual.shortcut, points)?;
            image += other;
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
        let (gradients, pulled) = backward(layer, record, cotangents, wanted || l > first);
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
) -> (Vec<Vec<T>>, Option<DMatrix<T>>) {
    match (layer, record) {
        (Layer::Linear(linear), Record::Input(input)) => (
            linear.gradients(&input, &cotangents),
            wanted.then(|| linear.pull(&cotangents)),
        ),
        (Layer::Convolution(convolution), Record::Input(input)) => (
            convolution.gradients(&input, &cotangents),
            wanted.then(|| convolution.pull(&cotangents)),
        ),
        (Layer::BatchNorm(norm), Record::Normalised(record)) => {
            let (gradients, pulled) = norm.backward(&record, cotangents);
            (gradients, Some(pulled))
        }
        (Layer::Activation(_), Record::Slopes(slopes)) => {
            let pulled = scale(cotangents, &slopes, |value, slope| value * slope);
            (Vec::new(), Some(pulled))
        }
        (Layer::Residual(residual), Record::Residual { body, shortcut }) => {
            let (mut gradients, pulled) =
                backward_all(&residual.body, body, cotangents.clone(), wanted);
            let (others, other) = backward_all(&residual.shortcut, shortcut, cotangents, wanted);
            gradients.extend(others);
            (
                gradients,
                pulled.zip(other).map(|(pulled, other)| pulled + other),
            )
        }
        // Piecewise affine: the backward pass is the transpose of the piece.
        (layer, Record::Piece(piece)) => (Vec::new(), Some(layer.pull(&piece, cotangents))),
        _ => unreachable!("the tape has been compared with the network"),
    }
}
