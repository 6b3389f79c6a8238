//! Networks.

mod affine;
mod convolution;
mod divergence;
mod entropy;
mod escape;
mod gate;
mod golden;
mod inverse;
mod pushforward;
mod region;
mod rejection;
mod safetensor;
mod slice;
mod training;
mod volume;

use vicinfo::network::{Activation, Initialisation, Network, Perceptron};
use vicinfo::seed::Seed;

fn perceptron(widths: &[usize], activation: Activation, seed: Seed) -> Network<f64> {
    Perceptron {
        widths: widths.to_vec(),
        activation,
        initialisation: Initialisation::He,
        bias: 0.1,
    }
    .network(seed)
    .unwrap()
}
