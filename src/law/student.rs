use std::f64::consts::PI;

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::{ChiSquared, Distribution, StandardNormal};
use statrs::function::gamma::{digamma, ln_gamma};

use super::{Gaussian, Law, Truth};
use crate::error::Error;
use crate::sample::Sample;
use crate::seed::Seed;

/// The multivariate Student-t law with `df` degrees of freedom.
///
/// `mean + sqrt(df / chi^2_df) L z` with standard normal `z` and scale matrix `S = L L^T`; the
/// covariance is `S df / (df - 2)`, infinite for `df <= 2`. Entropy
/// `(1/2) ln det S + ln[(df pi)^(d/2) Gamma(df/2) / Gamma((df+d)/2)]
/// + ((df+d)/2) (psi((df+d)/2) - psi(df/2))`.
///
/// # Source
/// Guerrero-Cusumano 1996; Kotz & Nadarajah 2004, section 1.11.
#[derive(Debug, Clone, PartialEq)]
pub struct StudentT {
    df: f64,
    chi_squared: ChiSquared<f64>,
    /// The law of `mean + L z`.
    core: Gaussian,
}

impl StudentT {
    /// A Student-t law in `R^d`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless `df` is positive and finite; as [`Gaussian::new`] for the
    /// mean and the scale matrix.
    pub fn new(df: f64, mean: DVector<f64>, scale: &DMatrix<f64>) -> Result<Self, Error> {
        let chi_squared = (df.is_finite() && df > 0.0)
            .then(|| ChiSquared::new(df).ok())
            .flatten()
            .ok_or_else(|| Error::invalid("df", df, "a positive finite number"))?;
        Ok(Self {
            df,
            chi_squared,
            core: Gaussian::new(mean, scale)?,
        })
    }

    /// Centre 0 and scale matrix `I` in `R^dim`.
    ///
    /// # Errors
    /// As [`StudentT::new`].
    pub fn standard(dim: usize, df: f64) -> Result<Self, Error> {
        Self::new(df, DVector::zeros(dim), &DMatrix::identity(dim, dim))
    }
}

impl Law for StudentT {
    fn dim(&self) -> usize {
        self.core.dim()
    }

    fn sample(&self, n: usize, seed: Seed) -> Sample {
        let dim = self.dim();
        let mut rng = seed.rng();
        let mut noise = vec![0.0; dim];
        let mut coordinates = vec![0.0; n * dim];
        for point in coordinates.chunks_exact_mut(dim) {
            let stretch = (self.df / self.chi_squared.sample(&mut rng)).sqrt();
            noise.fill_with(|| stretch * rng.sample::<f64, _>(StandardNormal));
            self.core.place(&noise, point);
        }
        super::drawn(dim, coordinates)
    }

    fn entropy(&self) -> Truth {
        let dim = self.dim() as f64;
        let (half, both) = (self.df / 2.0, (self.df + dim) / 2.0);
        Truth::Exact(
            0.5 * (self.core.covariance().log_det() + dim * (self.df * PI).ln()) + ln_gamma(half)
                - ln_gamma(both)
                + both * (digamma(both) - digamma(half)),
        )
    }
}
