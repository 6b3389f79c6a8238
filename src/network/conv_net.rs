use super::weight_limit::require_weights;
use super::{
    Activation, BatchNorm, Convolution, Initialisation, Layer, Network, Pooling, Projector, Real,
    Shape, Window,
};
use crate::error::Error;
use crate::seed::Seed;

/// Side of the window of a convolution.
const SIDE: usize = 3;

/// A small convolutional network: 3 x 3 convolutions of stride 2, each with a batch normalisation
/// and a ReLU, then the mean of every plane, then a [`Projector`].
#[derive(Debug, Clone, PartialEq)]
pub struct ConvNet {
    /// Shape of the images.
    pub input: Shape,
    /// Planes after each convolution; the last is the dimension of the representation.
    pub channels: Vec<usize>,
    /// Units of the projector after the representation; none for no projector.
    pub projector: Vec<usize>,
    /// How the weights are drawn.
    pub initialisation: Initialisation,
}

impl ConvNet {
    /// 16, 32 and 128 planes, a representation of 128 numbers, a projector over 256 units to an
    /// embedding of 64.
    pub fn new(input: Shape) -> Self {
        Self {
            input,
            channels: vec![16, 32, 128],
            projector: vec![256, 64],
            initialisation: Initialisation::He,
        }
    }

    /// Draws the layers from an image to its representation; convolution `l` takes its weights
    /// from the stream `encoder/weight/l`.
    ///
    /// # Errors
    /// [`Error::Empty`] for an empty image, no convolution or one without planes; [`Error::InvalidParameter`] for
    /// more than 2^29 weights (4 GiB in double precision).
    pub fn encoder<T: Real>(&self, seed: Seed) -> Result<Network<T>, Error> {
        if self.channels.is_empty() {
            return Err(Error::Empty { n: 0, dim: 0 });
        }
        let planes = std::iter::once(&self.input.channels).chain(&self.channels);
        let convolutions = (planes.zip(&self.channels))
            .map(|(from, to)| [*from as u128, *to as u128, (SIDE * SIDE) as u128]);
        require_weights("channels", format!("{:?}", self.channels), convolutions)?;
        let seed = seed.child("encoder").child("weight");
        let mut layers = Vec::new();
        let mut shape = self.input;
        for (l, channels) in self.channels.iter().enumerate() {
            let convolution = Convolution::draw(
                shape,
                Window::square(SIDE, 2, 1),
                *channels,
                self.initialisation,
                seed.child(l),
            )?;
            shape = convolution.output();
            layers.push(Layer::Convolution(convolution));
            layers.push(Layer::BatchNorm(BatchNorm::identity(*channels)?));
            layers.push(Layer::Activation(Activation::Relu));
        }
        layers.push(Layer::Pooling(Pooling::global_average(shape)?));
        Network::new(self.input, layers)
    }

    /// Draws encoder and projector, one network from an image to its embedding.
    ///
    /// # Errors
    /// As [`ConvNet::encoder`] and [`Projector::network`].
    pub fn network<T: Real>(&self, seed: Seed) -> Result<Network<T>, Error> {
        with_projector(
            self.encoder(seed)?,
            &self.projector,
            self.initialisation,
            seed,
        )
    }
}

/// An encoder with the projector that the stream `projector` draws.
pub(super) fn with_projector<T: Real>(
    encoder: Network<T>,
    units: &[usize],
    initialisation: Initialisation,
    seed: Seed,
) -> Result<Network<T>, Error> {
    if units.is_empty() {
        return Ok(encoder);
    }
    let mut widths = vec![encoder.output().size()];
    widths.extend(units);
    let projector = Projector {
        widths,
        initialisation,
    };
    encoder.followed_by(projector.network(seed.child("projector"))?)
}
