use nalgebra::{DMatrix, DVector};

use super::{Gaussian, JointLaw, Law, Truth};
use crate::error::Error;
use crate::linalg::Spd;
use crate::sample::{Paired, Sample};
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
    dim_x: usize,
    law: Gaussian,
    information: f64,
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
        let block = |from: usize, size: usize| -> Result<f64, Error> {
            Ok(Spd::new(&covariance.view((from, from), (size, size)).into_owned())?.log_det())
        };
        let marginal = block(0, dim_x)? + block(dim_x, dim - dim_x)?;
        let information = 0.5 * (marginal - law.covariance().log_det());
        Ok(Self {
            dim_x,
            law,
            information,
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
        (self.dim_x, self.law.dim() - self.dim_x)
    }

    fn sample(&self, n: usize, seed: Seed) -> Paired {
        let joint = self.law.sample(n, seed);
        let (dim_x, dim_y) = self.dims();
        let half = |from: usize, size: usize| -> Sample {
            let points = joint.points().flat_map(|point| &point[from..from + size]);
            super::drawn(size, points.copied().collect())
        };
        super::paired(half(0, dim_x), half(dim_x, dim_y))
    }

    fn information(&self) -> Truth {
        Truth::Exact(self.information)
    }
}
