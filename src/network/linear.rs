use nalgebra::{DMatrix, DVector};

use super::channel::channel_sums;
use super::product::{product, view};
use super::real::Real;
use crate::error::Error;

/// `x -> W x + b`.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear<T: Real> {
    weight: DMatrix<T>,
    bias: Option<DVector<T>>,
}

impl<T: Real> Linear<T> {
    /// Takes an `out x in` weight and, if there is one, a bias of `out` numbers.
    ///
    /// # Errors
    /// [`Error::Empty`] for a weight without rows or columns, [`Error::Mismatch`] for a bias of
    /// another length, [`Error::InvalidParameter`] for a weight that is not finite.
    pub fn new(weight: DMatrix<T>, bias: Option<DVector<T>>) -> Result<Self, Error> {
        let (out, dim) = weight.shape();
        if out == 0 || dim == 0 {
            return Err(Error::Empty { n: out, dim });
        }
        if let Some(bias) = &bias
            && bias.len() != out
        {
            return Err(Error::Mismatch {
                what: "length of the bias",
                expected: out,
                actual: bias.len(),
            });
        }
        super::require_finite("weight", weight.as_slice())?;
        if let Some(bias) = &bias {
            super::require_finite("bias", bias.as_slice())?;
        }
        Ok(Self { weight, bias })
    }

    /// The `out x in` matrix.
    pub fn weight(&self) -> &DMatrix<T> {
        &self.weight
    }

    /// The offset, where there is one.
    pub fn bias(&self) -> Option<&DVector<T>> {
        self.bias.as_ref()
    }

    pub(super) fn apply(&self, points: &DMatrix<T>) -> DMatrix<T> {
        let mut image = self.push(points);
        if let Some(bias) = &self.bias {
            for mut column in image.column_iter_mut() {
                for (value, offset) in column.iter_mut().zip(bias.iter()) {
                    *value += *offset;
                }
            }
        }
        image
    }

    pub(super) fn push(&self, tangents: &DMatrix<T>) -> DMatrix<T> {
        product(view(&self.weight), view(tangents))
    }

    pub(super) fn pull(&self, cotangents: &DMatrix<T>) -> DMatrix<T> {
        product(view(&self.weight).transpose(), view(cotangents))
    }

    pub(super) fn weight_mut(&mut self) -> (&mut [T], Option<&mut [T]>) {
        let bias = self.bias.as_mut().map(DVector::as_mut_slice);
        (self.weight.as_mut_slice(), bias)
    }

    /// Gradients of `sum_i <v_i, y_i>` in the weight and the bias, `v_i` the cotangent and `y_i`
    /// the image of point `i`.
    pub(super) fn gradients(&self, points: &DMatrix<T>, cotangents: &DMatrix<T>) -> Vec<Vec<T>> {
        let weight = product(view(cotangents), view(points).transpose());
        let mut gradients = vec![weight.data.into()];
        if self.bias.is_some() {
            gradients.push(channel_sums(cotangents, self.weight.nrows()));
        }
        gradients
    }
}
