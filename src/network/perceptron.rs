use nalgebra::{DMatrix, DVector};
use rand_distr::{Distribution, StandardNormal};

use super::weight_limit::{linear, require_weights};
use super::{Activation, Layer, Linear, Network, Real, Shape};
use crate::error::Error;
use crate::seed::Seed;

/// How the weights of a new network are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Initialisation {
    /// Independent normals of variance `2 / fan_in` (He et al. 2015).
    He,
    /// A random matrix with orthonormal rows or columns, whichever are fewer (Saxe et al. 2014).
    Orthogonal,
}

/// Linear layers with the same activation after all but the last.
#[derive(Debug, Clone, PartialEq)]
pub struct Perceptron {
    /// Units of the input, of each hidden layer and of the output.
    pub widths: Vec<usize>,
    /// The activation of the hidden layers.
    pub activation: Activation,
    /// How the weights are drawn.
    pub initialisation: Initialisation,
    /// Standard deviation of the biases; zero for biases of zero.
    pub bias: f64,
}

impl Perceptron {
    /// Draws the network. Layer `l` takes its weights from the stream `weight/l` and its biases
    /// from `bias/l`, in double precision whatever `T`, so that both precisions are one network.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for fewer than two widths, a width of zero, more than 2^29 weights (4 GiB in
    /// double precision), or a negative or non-finite standard deviation of the biases.
    pub fn network<T: Real>(&self, seed: Seed) -> Result<Network<T>, Error> {
        if self.widths.len() < 2 || self.widths.contains(&0) {
            return Err(Error::invalid(
                "widths",
                format!("{:?}", self.widths),
                "at least the input's and the output's, none of them zero",
            ));
        }
        if !(self.bias >= 0.0 && self.bias.is_finite()) {
            return Err(Error::invalid(
                "bias",
                self.bias,
                "a standard deviation is finite and not negative",
            ));
        }
        require_weights("widths", format!("{:?}", self.widths), linear(&self.widths))?;
        let mut layers = Vec::new();
        for (l, pair) in self.widths.windows(2).enumerate() {
            if l > 0 {
                layers.push(Layer::Activation(self.activation));
            }
            let (fan_in, out) = (pair[0], pair[1]);
            let weight = self
                .initialisation
                .draw(out, fan_in, seed.child("weight").child(l));
            let mut rng = seed.child("bias").child(l).rng();
            let bias = DVector::from_fn(out, |_, _| {
                let normal: f64 = StandardNormal.sample(&mut rng);
                T::from_f64(self.bias * normal)
            });
            layers.push(Layer::Linear(Linear::new(
                weight.map(T::from_f64),
                Some(bias),
            )?));
        }
        Network::new(Shape::vector(self.widths[0]), layers)
    }
}

impl Initialisation {
    /// An `out x fan_in` weight.
    pub(super) fn draw(self, out: usize, fan_in: usize, seed: Seed) -> DMatrix<f64> {
        let mut rng = seed.rng();
        let mut normal = |rows, columns| {
            DMatrix::from_fn(rows, columns, |_, _| -> f64 {
                StandardNormal.sample(&mut rng)
            })
        };
        match self {
            Self::He => normal(out, fan_in) * (2.0 / fan_in as f64).sqrt(),
            Self::Orthogonal => {
                let (tall, narrow) = (out.max(fan_in), out.min(fan_in));
                let qr = normal(tall, narrow).qr();
                // With the signs of R's diagonal taken out the law is uniform (Mezzadri 2007).
                let r = qr.r();
                let mut q = qr.q();
                for (j, mut column) in q.column_iter_mut().enumerate() {
                    column *= r[(j, j)].signum();
                }
                if out >= fan_in { q } else { q.transpose() }
            }
        }
    }
}
