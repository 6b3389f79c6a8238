use nalgebra::DMatrix;

use super::weight_limit::{linear, require_weights};
use super::{Activation, BatchNorm, Initialisation, Layer, Linear, Network, Real, Shape};
use crate::error::Error;
use crate::seed::Seed;

/// The head from a representation to an embedding: linear layers with a batch normalisation and a
/// ReLU after all but the last.
///
/// No linear layer has a bias: before a batch normalisation it changes nothing, and in the last
/// layer it changes nothing that an objective of centred embeddings sees.
#[derive(Debug, Clone, PartialEq)]
pub struct Projector {
    /// Units of the representation, of each hidden layer and of the embedding.
    pub widths: Vec<usize>,
    /// How the weights are drawn.
    pub initialisation: Initialisation,
}

impl Projector {
    /// Draws the network; linear layer `l` takes its weights from the stream `weight/l`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for fewer than two widths, a width of zero, and more than 2^29 weights (4 GiB in
    /// double precision).
    pub fn network<T: Real>(&self, seed: Seed) -> Result<Network<T>, Error> {
        if self.widths.len() < 2 || self.widths.contains(&0) {
            return Err(Error::invalid(
                "widths",
                format!("{:?}", self.widths),
                "at least the representation's and the embedding's, none of them zero",
            ));
        }
        require_weights("widths", format!("{:?}", self.widths), linear(&self.widths))?;
        let mut layers = Vec::new();
        for (l, pair) in self.widths.windows(2).enumerate() {
            if l > 0 {
                layers.push(Layer::BatchNorm(BatchNorm::identity(pair[0])?));
                layers.push(Layer::Activation(Activation::Relu));
            }
            let seed = seed.child("weight").child(l);
            let weight: DMatrix<f64> = self.initialisation.draw(pair[1], pair[0], seed);
            layers.push(Layer::Linear(Linear::new(weight.map(T::from_f64), None)?));
        }
        Network::new(Shape::vector(self.widths[0]), layers)
    }
}
