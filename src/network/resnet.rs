use super::conv_net::with_projector;
use super::weight_limit::require_weights;
use super::{
    Activation, BatchNorm, Convolution, Initialisation, Layer, Network, Pooling, Real, Residual,
    Shape, Window,
};
use crate::error::Error;
use crate::seed::Seed;

/// ResNet-18 with the stem for small images: one 3 x 3 convolution of stride 1 and no pooling.
///
/// Four stages of two blocks with `width`, `2 width`, `4 width` and `8 width` planes, then the mean
/// of every plane. The tensors are those of torchvision's `resnet18` in the same order, without its
/// `fc`: `dict(zip(ours, theirs.values()))` renames a state dict of that model, with `conv1` of
/// 3 x 3 and `num_batches_tracked` left out.
///
/// # Source
/// He et al. 2016, section 4.2 for the stem.
#[derive(Debug, Clone, PartialEq)]
pub struct ResNet18 {
    /// Shape of the images.
    pub input: Shape,
    /// Planes of the first stage; the representation has eight times as many numbers.
    pub width: usize,
    /// Units of the projector after the representation; none for no projector.
    pub projector: Vec<usize>,
    /// How the weights are drawn.
    pub initialisation: Initialisation,
}

impl ResNet18 {
    /// 64 planes, a representation of 512 numbers, no projector.
    pub fn new(input: Shape) -> Self {
        Self {
            input,
            width: 64,
            projector: Vec::new(),
            initialisation: Initialisation::He,
        }
    }

    /// Draws the layers from an image to its representation; convolution `l`, counted as its
    /// weights are named, takes them from the stream `encoder/weight/l`.
    ///
    /// # Errors
    /// [`Error::Empty`] for an empty image or a width of zero; [`Error::InvalidParameter`] for more than 2^29 weights
    /// (4 GiB in double precision).
    pub fn encoder<T: Real>(&self, seed: Seed) -> Result<Network<T>, Error> {
        require_weights("width", self.width, self.convolutions())?;
        let seed = seed.child("encoder").child("weight");
        let mut drawn = 0;
        let mut convolution = |input, window, channels| {
            let seed = seed.child(drawn);
            drawn += 1;
            let convolution =
                Convolution::draw(input, window, channels, self.initialisation, seed)?;
            let norm = BatchNorm::identity(channels)?;
            let output = convolution.output();
            Ok::<_, Error>((
                vec![Layer::Convolution(convolution), Layer::BatchNorm(norm)],
                output,
            ))
        };
        let relu = || Layer::Activation(Activation::Relu);
        let (mut layers, mut shape) = convolution(self.input, Window::square(3, 1, 1), self.width)?;
        layers.push(relu());
        for stage in 0..4 {
            let channels = self.width << stage;
            for block in 0..2 {
                let stride = if stage > 0 && block == 0 { 2 } else { 1 };
                let (mut body, inner) = convolution(shape, Window::square(3, stride, 1), channels)?;
                body.push(relu());
                let (second, outer) = convolution(inner, Window::square(3, 1, 1), channels)?;
                body.extend(second);
                let shortcut = if stride == 1 {
                    Vec::new()
                } else {
                    convolution(shape, Window::square(1, stride, 0), channels)?.0
                };
                layers.push(Layer::Residual(Residual { body, shortcut }));
                layers.push(relu());
                shape = outer;
            }
        }
        layers.push(Layer::Pooling(Pooling::global_average(shape)?));
        Network::new(self.input, layers)
    }

    /// Planes in, planes out and numbers of the window of every convolution.
    fn convolutions(&self) -> impl Iterator<Item = [u128; 3]> {
        let width = self.width as u128;
        let stem = [self.input.channels as u128, width, 9];
        let stages = (0..4).flat_map(move |stage| {
            let to = width << stage;
            let inside = [[to, to, 9]; 3];
            let (first, shortcut) = match stage {
                0 => ([to, to, 9], None),
                _ => ([to / 2, to, 9], Some([to / 2, to, 1])),
            };
            inside.into_iter().chain([first]).chain(shortcut)
        });
        std::iter::once(stem).chain(stages)
    }

    /// Draws encoder and projector, one network from an image to its embedding.
    ///
    /// # Errors
    /// As [`ResNet18::encoder`]; [`Error::InvalidParameter`] for a width of zero in the projector.
    pub fn network<T: Real>(&self, seed: Seed) -> Result<Network<T>, Error> {
        with_projector(
            self.encoder(seed)?,
            &self.projector,
            self.initialisation,
            seed,
        )
    }
}
