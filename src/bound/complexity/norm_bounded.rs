use crate::bound::radius::positive;
use crate::error::{Error, finite};
use crate::network::{Activation, Layer, Network};

/// Networks of given depth whose weights have a bounded product of Frobenius norms.
///
/// Layers are linear without bias, activations are positively homogeneous with slopes of at most 1. The norms
/// belong to the family and are fixed before the data, or peeled over; the norms of a trained network say which
/// family it lies in, not that this family was chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NormBounded {
    /// Number of linear layers `L`.
    pub depth: usize,
    /// `prod_l |W_l|_F`.
    pub norm_product: f64,
    /// Coordinates of the output `r`.
    pub outputs: usize,
    /// `sqrt(E |x|^2)` or any bound on `|x|`.
    pub input_norm: f64,
}

impl NormBounded {
    /// The smallest such family that holds a network.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a layer that is neither linear without bias nor a positively homogeneous
    /// activation with slopes of at most 1, and for an input norm that is not positive and finite;
    /// [`Error::NonFiniteResult`] on overflow.
    pub fn of(network: &Network<f64>, input_norm: f64) -> Result<Self, Error> {
        let (mut depth, mut norm_product) = (0, 1.0);
        for (index, layer) in network.layers().iter().enumerate() {
            match layer {
                Layer::Linear(linear) if linear.bias().is_none_or(|b| b.amax() <= 0.0) => {
                    depth += 1;
                    norm_product *= linear.weight().norm();
                }
                Layer::Activation(activation) if is_homogeneous(*activation) => {}
                _ => {
                    return Err(Error::invalid(
                        format!("layer {index}"),
                        "neither linear without bias nor a homogeneous activation with slopes of at most 1",
                        "the bound on the complexity does not cover it",
                    ));
                }
            }
        }
        Ok(Self {
            depth,
            norm_product: finite("the product of the norms", norm_product)?,
            outputs: network.output().size(),
            input_norm: positive("norm of the inputs", input_norm)?,
        })
    }

    /// Expected complexity of one output: `(sqrt(2 ln(2) L) + 1) prod_l |W_l|_F sqrt(E |x|^2)`. Cost `O(1)`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for norms that are not positive and finite or a depth or number of outputs of 0;
    /// [`Error::NonFiniteResult`] on overflow.
    ///
    /// # Source
    /// Golowich, Rakhlin & Shamir 2018, theorem 1.
    pub fn scalar(&self) -> Result<f64, Error> {
        positive("product of the norms", self.norm_product)?;
        positive("norm of the inputs", self.input_norm)?;
        for (name, value) in [("depth", self.depth), ("outputs", self.outputs)] {
            if value == 0 {
                return Err(Error::invalid(name, value, "at least 1"));
            }
        }
        let depth = (2.0 * std::f64::consts::LN_2 * self.depth as f64).sqrt() + 1.0;
        finite("a complexity", depth * self.norm_product * self.input_norm)
    }

    /// Expected complexity `R̃_m(F)` of the distances `|f(x^+) - f(x^++)|`: at most `2 sqrt(2) r` times that of one output.
    ///
    /// The distance is 1-Lipschitz in the difference `f(x^+) - f(x^++)`, the contraction costs `sqrt(2)`, and either
    /// half of the difference and every one of its `r` coordinates is counted by itself.
    ///
    /// # Errors
    /// As [`NormBounded::scalar`].
    ///
    /// # Source
    /// Maurer 2016, the vector contraction.
    pub fn invariance(&self) -> Result<f64, Error> {
        let factor = 2.0 * std::f64::consts::SQRT_2 * self.outputs as f64;
        finite("a complexity", factor * self.scalar()?)
    }

    /// Expected complexity `R_m(W F)` of the losses `|W f(x) - y|`, `|W|_F <= radius` with `classes` rows: at most
    /// `sqrt(2) K` times that of one output of a network with one layer more, of norm `B`.
    ///
    /// # Errors
    /// As [`NormBounded::scalar`]; [`Error::InvalidParameter`] for a radius that is not positive and finite and
    /// without classes.
    ///
    /// # Source
    /// Maurer 2016, the vector contraction.
    pub fn loss(&self, radius: f64, classes: usize) -> Result<f64, Error> {
        positive("radius", radius)?;
        if classes == 0 {
            return Err(Error::invalid("classes", classes, "at least 1"));
        }
        let one = Self {
            depth: self.depth + 1,
            norm_product: self.norm_product * radius,
            ..*self
        };
        let factor = std::f64::consts::SQRT_2 * classes as f64;
        finite("a complexity", factor * one.scalar()?)
    }
}

fn is_homogeneous(activation: Activation) -> bool {
    match activation {
        Activation::Relu | Activation::Absolute => true,
        Activation::LeakyRelu { slope } => slope.abs() <= 1.0,
        Activation::HardTanh | Activation::Tanh | Activation::Gelu | Activation::Silu => false,
    }
}
