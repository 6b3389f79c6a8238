use std::fmt;

use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::network::{
    Activation, Arena, ConvNet, Gradient, Initialisation, Network, ParameterMut, Perceptron,
    Projector, Real, ResNet18, Shape, Tape,
};
use crate::parameters::{self, Entry};
use crate::seed::Seed;

/// What makes representations of images, written as a name with parameters: `conv_net(channels=16-32-128)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Encoder {
    /// [`Perceptron`] with ReLUs; the last of its widths is the dimension of the representation.
    Perceptron {
        /// Units of each layer.
        widths: Vec<usize>,
    },
    /// [`ConvNet`].
    ConvNet {
        /// Planes after each convolution.
        channels: Vec<usize>,
    },
    /// [`ResNet18`].
    ResNet18 {
        /// Planes of the first stage.
        width: usize,
    },
}

impl Encoder {
    /// Every encoder of the crate.
    pub const ALL: &'static [&'static Entry<Self>] = &[
        &Entry {
            id: "perceptron",
            summary: "linear layers with ReLUs between them",
            parameters: &[("widths", "512-512")],
            build: |parameters| {
                let widths = Self::sizes("widths", parameters.text("widths")?)?;
                Ok(Self::Perceptron { widths })
            },
            defaults: &["perceptron()"],
        },
        &Entry {
            id: "conv_net",
            summary: "3 x 3 convolutions of stride 2 with batch normalisation, mean of each plane",
            parameters: &[("channels", "16-32-128")],
            build: |parameters| {
                let channels = Self::sizes("channels", parameters.text("channels")?)?;
                Ok(Self::ConvNet { channels })
            },
            defaults: &["conv_net()"],
        },
        &Entry {
            id: "resnet18",
            summary: "ResNet-18 with the stem for small images",
            parameters: &[("width", "64")],
            build: |parameters| {
                let width = parameters.value("width", "a number of planes, at least 1")?;
                Ok(Self::ResNet18 { width })
            },
            defaults: &["resnet18()"],
        },
    ];

    /// Reads an encoder; a parameter that is left out takes its default.
    ///
    /// # Errors
    /// [`Error::UnknownName`] and [`Error::InvalidParameter`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        parameters::build("encoder", Self::ALL, text)
    }

    /// Reads numbers of units, as `256-64`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] with the `name` of what they are.
    pub fn sizes(name: &'static str, text: &str) -> Result<Vec<usize>, Error> {
        (text.split('-'))
            .map(|size| match size.trim().parse() {
                Ok(size) if size > 0 => Ok(size),
                _ => Err(Error::invalid(
                    name,
                    text,
                    "positive whole numbers with - between them, as 16-32-128",
                )),
            })
            .collect()
    }

    /// Draws the network from images to representations.
    ///
    /// # Errors
    /// As the networks' own constructors.
    pub fn network<T: Real>(&self, input: Shape, seed: Seed) -> Result<Network<T>, Error> {
        match self {
            Self::Perceptron { widths } => {
                let mut all = vec![input.size()];
                all.extend(widths);
                let perceptron = Perceptron {
                    widths: all,
                    activation: Activation::Relu,
                    initialisation: Initialisation::He,
                    bias: 0.0,
                };
                perceptron.network(seed.child("encoder"))
            }
            Self::ConvNet { channels } => {
                let mut net = ConvNet::new(input);
                net.channels.clone_from(channels);
                net.encoder(seed)
            }
            Self::ResNet18 { width } => {
                let mut net = ResNet18::new(input);
                net.width = *width;
                net.encoder(seed)
            }
        }
    }
}

impl fmt::Display for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let joined = |sizes: &[usize]| {
            let texts: Vec<String> = sizes.iter().map(usize::to_string).collect();
            texts.join("-")
        };
        match self {
            Self::Perceptron { widths } => write!(f, "perceptron(widths={})", joined(widths)),
            Self::ConvNet { channels } => write!(f, "conv_net(channels={})", joined(channels)),
            Self::ResNet18 { width } => write!(f, "resnet18(width={width})"),
        }
    }
}

impl TryFrom<String> for Encoder {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<Encoder> for String {
    fn from(value: Encoder) -> Self {
        value.to_string()
    }
}

/// An encoder and the projector behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Model<T: Real> {
    /// From images to representations.
    pub encoder: Network<T>,
    /// From representations to embeddings.
    pub projector: Network<T>,
}

/// The tapes of both networks.
pub(super) struct Tapes<T: Real>([Tape<T>; 2]);

impl<T: Real> Tapes<T> {
    /// Gives their memory back, where there is no backward pass.
    pub(super) fn discard(self, arena: &mut Arena<T>) {
        for tape in self.0 {
            tape.discard(arena);
        }
    }
}

impl<T: Real> Model<T> {
    /// Draws both networks; `units` are those of the projector's layers, the last the embedding's.
    ///
    /// # Errors
    /// As [`Encoder::network`] and [`Projector::network`].
    pub fn draw(
        encoder: &Encoder,
        units: &[usize],
        input: Shape,
        seed: Seed,
    ) -> Result<Self, Error> {
        let encoder = encoder.network(input, seed)?;
        let mut widths = vec![encoder.output().size()];
        widths.extend(units);
        let projector = head(widths, seed.child("projector"))?;
        Ok(Self { encoder, projector })
    }

    /// Representations of images in evaluation, an `h x n` matrix.
    ///
    /// # Errors
    /// As [`Network::apply`].
    pub fn represent(&self, points: &DMatrix<T>) -> Result<DMatrix<T>, Error> {
        self.encoder.apply(points)
    }

    /// Embeddings of images in evaluation, a `d x n` matrix.
    ///
    /// # Errors
    /// As [`Network::apply`].
    pub fn embed(&self, points: &DMatrix<T>) -> Result<DMatrix<T>, Error> {
        self.projector.apply(&self.encoder.apply(points)?)
    }

    pub(super) fn forward(
        &mut self,
        points: &DMatrix<T>,
        arena: &mut Arena<T>,
    ) -> Result<(DMatrix<T>, Tapes<T>), Error> {
        let (representations, first) = self.encoder.forward_in(points, arena)?;
        let (embeddings, second) = self.projector.forward_in(&representations, arena)?;
        Ok((embeddings, Tapes([first, second])))
    }

    pub(super) fn gradients(
        &self,
        Tapes([first, second]): Tapes<T>,
        cotangents: &DMatrix<T>,
        arena: &mut Arena<T>,
    ) -> Result<Vec<Gradient<T>>, Error> {
        let (of_projector, cotangents) = self.projector.backward_in(second, cotangents, arena)?;
        let mut gradients = self.encoder.gradients_in(first, &cotangents, arena)?;
        gradients.extend(of_projector);
        Ok(gradients)
    }

    /// Names and shapes of the parameters, in the order of the gradients.
    pub(super) fn labels(&self) -> Vec<(String, Vec<usize>)> {
        let mut labels = labels("encoder", &self.encoder);
        labels.extend(self::labels("projector", &self.projector));
        labels
    }

    pub(super) fn parameters_mut(&mut self) -> Vec<ParameterMut<'_, T>> {
        let mut parameters = prefixed("encoder", self.encoder.parameters_mut());
        parameters.extend(prefixed("projector", self.projector.parameters_mut()));
        parameters
    }
}

/// A projector or a predictor of these widths.
pub(super) fn head<T: Real>(widths: Vec<usize>, seed: Seed) -> Result<Network<T>, Error> {
    let head = Projector {
        widths,
        initialisation: Initialisation::He,
    };
    head.network(seed)
}

/// Names and shapes of a network's parameters, with the name of the network in front.
pub(super) fn labels<T: Real>(name: &str, network: &Network<T>) -> Vec<(String, Vec<usize>)> {
    (network.parameters().into_iter())
        .map(|parameter| (format!("{name}.{}", parameter.name), parameter.shape))
        .collect()
}

/// Parameters with the name of their network in front.
pub(super) fn prefixed<'a, T: Real>(
    name: &str,
    mut parameters: Vec<ParameterMut<'a, T>>,
) -> Vec<ParameterMut<'a, T>> {
    for parameter in &mut parameters {
        parameter.name = format!("{name}.{}", parameter.name);
    }
    parameters
}
