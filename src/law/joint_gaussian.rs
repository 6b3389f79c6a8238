use nalgebra::{DMatrix, DVector};

use super::{Gaussian, JointLaw, Law, Moments, Truth};
use crate::error::Error;
use crate::sample::Paired;
use crate::seed::Seed;

/// A Gaussian law of pairs with mean 0.
///
/// Information `(1/2) (ln det S_x + ln det S_y - ln det S)`.
///
/// # Source
/// Kullback 1959, chapter 9. The structures `dense` and `sparse` are those of Czyż et al. 2023
/// (arXiv 2306.11078).
#[derive(Debug, Clone, PartialEq)]
pub struct JointGaussian {
    law: Gaussian,
    x: Gaussian,
    y: Gaussian,
}

impl JointGaussian {
    /// The pair of the first `dim_x` coordinates and the rest of `N(0, covariance)`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless both halves have a coordinate; as [`Gaussian::new`].
    pub fn new(dim_x: usize, covariance: &DMatrix<f64>) -> Result<Self, Error> {
        let dim = covariance.nrows();
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
        let law = Gaussian::new(DVector::zeros(dim), covariance)?;
        let half = |from: usize, size: usize| {
            let block = covariance.view((from, from), (size, size)).into_owned();
            Gaussian::new(DVector::zeros(size), &block)
        };
        Ok(Self {
            law,
            x: half(0, dim_x)?,
            y: half(dim_x, dim - dim_x)?,
        })
    }

    /// Unit variances; coordinate `i` of X and coordinate `i` of Y have the correlation
    /// `correlations[i]`, everything else is uncorrelated. Information `-(1/2) sum ln(1 - rho^2)`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for more correlations than coordinates; as [`JointGaussian::new`],
    /// [`Error::SingularCovariance`] for a correlation of 1.
    pub fn sparse(dim_x: usize, dim_y: usize, correlations: &[f64]) -> Result<Self, Error> {
        if correlations.len() > dim_x.min(dim_y) {
            return Err(Error::invalid(
                "correlations",
                correlations.len(),
                format!("at most {} pairs of coordinates", dim_x.min(dim_y)),
            ));
        }
        let mut covariance = DMatrix::identity(dim_x + dim_y, dim_x + dim_y);
        for (i, &rho) in correlations.iter().enumerate() {
            covariance[(i, dim_x + i)] = rho;
            covariance[(dim_x + i, i)] = rho;
        }
        Self::new(dim_x, &covariance)
    }

    /// Unit variances and one correlation between all coordinates, within and across the halves.
    ///
    /// # Errors
    /// As [`JointGaussian::new`].
    pub fn dense(dim_x: usize, dim_y: usize, correlation: f64) -> Result<Self, Error> {
        let dim = dim_x + dim_y;
        let covariance = DMatrix::from_fn(dim, dim, |i, j| if i == j { 1.0 } else { correlation });
        Self::new(dim_x, &covariance)
    }
}

impl JointLaw for JointGaussian {
    fn dims(&self) -> (usize, usize) {
        (self.x.dim(), self.y.dim())
    }

    fn sample(&self, n: usize, seed: Seed) -> Paired {
        super::split(&self.law.sample(n, seed), self.x.dim())
    }

    fn information(&self) -> Truth {
        let log_det = |law: &Gaussian| law.covariance().log_det();
        Truth::Exact(0.5 * (log_det(&self.x) + log_det(&self.y) - log_det(&self.law)))
    }

    fn pointwise_information(&self, x: &[f64], y: &[f64]) -> Option<f64> {
        let joint = self.law.ln_density(&[x, y].concat());
        Some(joint - self.x.ln_density(x) - self.y.ln_density(y))
    }

    fn moments(&self) -> Option<Moments> {
        self.law.moments()
    }
}
