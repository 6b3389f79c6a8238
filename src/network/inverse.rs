use faer::MatMut;
use faer::linalg::solvers::{PartialPivLu, Solve};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::pattern::Pattern;
use super::{Activation, Layer, Linear, Network};
use crate::error::Error;

/// The inverse of a network of square linear layers and leaky ReLUs, prepared once.
///
/// Every such layer is a bijection: a linear layer is undone by a solve with its factors, a leaky
/// ReLU by dividing what is negative by its slope. So the network is a bijection of the space, and
/// a density passes through it exactly, by [`Preimages::log_det`].
#[derive(Debug, Clone)]
pub struct Inverse {
    dim: usize,
    layers: Vec<Undo>,
}

#[derive(Debug, Clone)]
enum Undo {
    Linear(Box<Factors>),
    LeakyRelu(f64),
}

/// `R W C = P^T L U`, with scales `R` and `C` that are powers of two and so round nothing.
#[derive(Debug, Clone)]
struct Factors {
    lu: PartialPivLu<f64>,
    rows: Vec<f64>,
    columns: Vec<f64>,
    bias: Option<DVector<f64>>,
    log_det: f64,
}

/// Points that a network takes to given images.
#[derive(Debug, Clone, PartialEq)]
pub struct Preimages {
    /// The points, a `d x n` matrix.
    pub points: DMatrix<f64>,
    /// `ln |det A|` for the affine map `A` of the network at each point.
    pub log_det: Vec<f64>,
    /// The activation pattern at each point.
    pub pattern: Pattern,
}

/// Columns that one task solves for: fixed, so that results do not depend on the number of threads.
const COLUMNS: usize = 64;

impl Network<f64> {
    /// Prepares the inverse. Cost `O(w^3)` a linear layer of width `w`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for a linear layer that is not square; [`Error::InvalidParameter`] for
    /// one that is singular to working precision, for a leaky ReLU whose slope is not positive,
    /// and for any other activation.
    pub fn inverse(&self) -> Result<Inverse, Error> {
        let layers = (self.layers.iter().enumerate())
            .map(|(index, layer)| match layer {
                Layer::Linear(linear) => {
                    Factors::new(linear, index).map(|factors| Undo::Linear(Box::new(factors)))
                }
                Layer::Activation(Activation::LeakyRelu { slope }) if *slope > 0.0 => {
                    Ok(Undo::LeakyRelu(*slope))
                }
                Layer::Activation(other) => Err(Error::invalid(
                    format!("activation of layer {index}"),
                    format!("{other:?}"),
                    "only a leaky ReLU of positive slope has an inverse on the whole space",
                )),
            })
            .collect::<Result<_, _>>()?;
        let dim = self.input.size();
        Ok(Inverse { dim, layers })
    }
}

impl Inverse {
    /// The points that the network takes to these images, one a column. Cost: as one pass through
    /// the network.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for images of another dimension, [`Error::NonFiniteResult`] when a
    /// point overflows.
    pub fn apply(&self, images: &DMatrix<f64>) -> Result<Preimages, Error> {
        if images.nrows() != self.dim {
            return Err(Error::Mismatch {
                what: "coordinates of the images",
                expected: self.dim,
                actual: images.nrows(),
            });
        }
        let n = images.ncols();
        let mut values = images.clone();
        let mut states = Vec::new();
        for (index, layer) in self.layers.iter().enumerate().rev() {
            match layer {
                Undo::Linear(factors) => factors.solve(&mut values),
                Undo::LeakyRelu(slope) => {
                    let here = values.map(|value| u8::from(value > 0.0));
                    for value in values.as_mut_slice() {
                        if *value <= 0.0 {
                            *value /= slope;
                        }
                    }
                    states.push((index, here));
                }
            }
        }
        if let Some(i) = values.as_slice().iter().position(|v| !v.is_finite()) {
            return Err(Error::NonFiniteResult {
                what: format!(
                    "coordinate {} of the point that goes to image {}",
                    i % self.dim,
                    i / self.dim
                ),
                value: values.as_slice()[i].to_string(),
            });
        }
        states.reverse();
        let pattern = Pattern::new(n, states);
        Ok(Preimages {
            points: values,
            log_det: self.log_det(&pattern)?,
            pattern,
        })
    }

    /// `ln |det A|` for the affine map `A` of the network at each point of a pattern.
    ///
    /// The sum of `ln |det W|` over the linear layers, and of `ln slope` over the units below zero:
    /// no product that could over- or underflow is formed.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for a pattern of another network.
    pub fn log_det(&self, pattern: &Pattern) -> Result<Vec<f64>, Error> {
        let (mut linear, mut slopes) = (0.0, Vec::new());
        for layer in &self.layers {
            match layer {
                Undo::Linear(factors) => linear += factors.log_det,
                Undo::LeakyRelu(slope) => slopes.push(slope.ln()),
            }
        }
        let layers = pattern.layers();
        if layers.len() != slopes.len() {
            return Err(Error::Mismatch {
                what: "layers of the pattern",
                expected: slopes.len(),
                actual: layers.len(),
            });
        }
        let mut log_det = vec![linear; pattern.n()];
        for (log_slope, (_, states)) in slopes.into_iter().zip(layers) {
            if states.nrows() != self.dim {
                return Err(Error::Mismatch {
                    what: "units of the pattern",
                    expected: self.dim,
                    actual: states.nrows(),
                });
            }
            for (sum, states) in log_det.iter_mut().zip(states.column_iter()) {
                let below = states.iter().filter(|state| **state == 0).count();
                *sum += below as f64 * log_slope;
            }
        }
        Ok(log_det)
    }
}

/// The power of two at or below a positive number.
fn power_of_two(value: f64) -> f64 {
    value.log2().floor().exp2()
}

impl Factors {
    fn new(linear: &Linear<f64>, index: usize) -> Result<Self, Error> {
        let weight = linear.weight();
        let dim = weight.ncols();
        if weight.nrows() != dim {
            return Err(Error::Mismatch {
                what: "outputs of a linear layer that is to have an inverse",
                expected: dim,
                actual: weight.nrows(),
            });
        }
        let singular = |found: String| {
            Error::invalid(
                format!("weight of layer {index}"),
                found,
                "a singular matrix has no inverse",
            )
        };
        // Rows and columns in units of their own, so that a small one is not taken for zero.
        let mut scaled = weight.clone();
        let mut rows = vec![1.0; dim];
        for (i, scale) in rows.iter_mut().enumerate() {
            let largest = scaled.row(i).amax();
            if largest == 0.0 {
                return Err(singular(format!("row {i} is zero")));
            }
            *scale = power_of_two(largest);
            scaled.row_mut(i).unscale_mut(*scale);
        }
        let mut columns = vec![1.0; dim];
        for (j, scale) in columns.iter_mut().enumerate() {
            let largest = scaled.column(j).amax();
            if largest == 0.0 {
                return Err(singular(format!("column {j} is zero")));
            }
            *scale = power_of_two(largest);
            scaled.column_mut(j).unscale_mut(*scale);
        }
        let lu = PartialPivLu::new(super::product::view(&scaled));
        let tolerance = 4.0 * dim as f64 * f64::EPSILON;
        let mut log_det: f64 = rows.iter().chain(&columns).map(|scale| scale.ln()).sum();
        for i in 0..dim {
            let pivot = lu.U()[(i, i)].abs();
            if pivot.is_nan() || pivot < tolerance {
                return Err(singular(format!(
                    "pivot {i} is {pivot:e} of the largest entry, below {tolerance:e}"
                )));
            }
            log_det += pivot.ln();
        }
        Ok(Self {
            lu,
            rows,
            columns,
            bias: linear.bias().cloned(),
            log_det,
        })
    }

    /// Replaces each column `y` by the `x` with `W x + b = y`.
    fn solve(&self, values: &mut DMatrix<f64>) {
        let dim = self.rows.len();
        (values.as_mut_slice().par_chunks_mut(dim * COLUMNS)).for_each(|block| {
            for column in block.chunks_exact_mut(dim) {
                for (i, value) in column.iter_mut().enumerate() {
                    *value -= self.bias.as_ref().map_or(0.0, |bias| bias[i]);
                    *value /= self.rows[i];
                }
            }
            let width = block.len() / dim;
            let mut target = MatMut::from_column_major_slice_mut(block, dim, width);
            self.lu.solve_in_place(target.as_mut());
            for column in block.chunks_exact_mut(dim) {
                for (value, scale) in column.iter_mut().zip(&self.columns) {
                    *value /= scale;
                }
            }
        });
    }
}
