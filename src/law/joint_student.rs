use nalgebra::{DMatrix, DVector};

use super::{JointLaw, Law, Moments, StudentT, Truth};
use crate::error::Error;
use crate::sample::Paired;
use crate::seed::Seed;

/// A multivariate Student-t law of pairs with centre 0.
///
/// One chi-squared number stretches both halves, so that they depend on each other even when the scale
/// matrix is diagonal. Information `h(X) + h(Y) - h(X, Y)`; the halves of a Student-t law are
/// Student-t laws of the same degrees of freedom.
///
/// # Source
/// Arellano-Valle, Contreras-Reyes & Genton 2013, section 3; as tasks, Czyż et al. 2023
/// (arXiv 2306.11078).
#[derive(Debug, Clone, PartialEq)]
pub struct JointStudent {
    law: StudentT,
    x: StudentT,
    y: StudentT,
}

impl JointStudent {
    /// The pair of the first `dim_x` coordinates and the rest, `df` degrees of freedom.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless both halves have a coordinate; as [`StudentT::new`].
    pub fn new(df: f64, dim_x: usize, scale: &DMatrix<f64>) -> Result<Self, Error> {
        let dim = scale.nrows();
        if dim_x == 0 || dim_x >= dim {
            return Err(Error::invalid(
                "dim_x",
                dim_x,
                format!(
                    "from 1 to {}, so that both halves have a coordinate",
                    dim.saturating_sub(1)
                ),
            ));
        }
        let law = StudentT::new(df, DVector::zeros(dim), scale)?;
        let half = |from: usize, size: usize| {
            let block = scale.view((from, from), (size, size)).into_owned();
            StudentT::new(df, DVector::zeros(size), &block)
        };
        Ok(Self {
            law,
            x: half(0, dim_x)?,
            y: half(dim_x, dim - dim_x)?,
        })
    }

    /// Scale matrix `I`: uncorrelated halves.
    ///
    /// # Errors
    /// As [`JointStudent::new`].
    pub fn identity(dim_x: usize, dim_y: usize, df: f64) -> Result<Self, Error> {
        Self::new(df, dim_x, &DMatrix::identity(dim_x + dim_y, dim_x + dim_y))
    }
}

impl JointLaw for JointStudent {
    fn dims(&self) -> (usize, usize) {
        (self.x.dim(), self.y.dim())
    }

    fn sample(&self, n: usize, seed: Seed) -> Paired {
        super::split(&self.law.sample(n, seed), self.x.dim())
    }

    fn information(&self) -> Truth {
        let entropy = StudentT::closed_entropy;
        Truth::Exact(entropy(&self.x) + entropy(&self.y) - entropy(&self.law))
    }

    fn pointwise_information(&self, x: &[f64], y: &[f64]) -> Option<f64> {
        let joint = self.law.ln_density(&[x, y].concat());
        Some(joint - self.x.ln_density(x) - self.y.ln_density(y))
    }

    fn moments(&self) -> Option<Moments> {
        self.law.moments()
    }
}
