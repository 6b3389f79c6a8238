use std::f64::consts::{PI, TAU};

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::{ChiSquared, Distribution, StandardNormal};
use statrs::function::gamma::{digamma, ln_gamma};

use super::{Gaussian, Law, Moments, Truth};
use crate::error::Error;
use crate::sample::Sample;
use crate::seed::Seed;

/// The multivariate Student-t law with `df` degrees of freedom.
///
/// `mean + sqrt(df / chi^2_df) L z` with standard normal `z` and scale matrix `S = L L^T`; the
/// covariance is `S df / (df - 2)`, infinite for `df <= 2`. With `a = df/2` and `b = (df+d)/2`,
/// entropy `(1/2) ln det S + (d/2) ln(df pi) + ln Gamma(a) - ln Gamma(b) + b (psi(b) - psi(a))`.
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
    /// [`Error::InvalidParameter`] unless `df` is finite and at least 1/8: with less, the points
    /// outgrow the largest double; as [`Gaussian::new`] for the mean and the scale matrix.
    pub fn new(df: f64, mean: DVector<f64>, scale: &DMatrix<f64>) -> Result<Self, Error> {
        let chi_squared = (df.is_finite() && df >= SMALLEST_DF)
            .then(|| ChiSquared::new(df).ok())
            .flatten()
            .ok_or_else(|| Error::invalid("df", df, "a finite number, at least 1/8"))?;
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

    pub(super) fn closed_entropy(&self) -> f64 {
        let standard = standard_entropy(0.5 * self.df, self.dim() as f64);
        0.5 * self.core.covariance().log_det() + standard
    }

    /// Logarithm of the density at a point of `d` coordinates,
    /// `ln Gamma(b) - ln Gamma(a) - (d/2) ln(df pi) - (1/2) ln det S - b ln(1 + q / df)`, `q` the
    /// squared distance from the centre in units of the scale matrix.
    pub fn ln_density(&self, point: &[f64]) -> f64 {
        let dim = self.dim() as f64;
        let (a, b) = (0.5 * self.df, 0.5 * (self.df + dim));
        let log_det = self.core.covariance().log_det();
        let squared = self.core.squared(point);
        ln_gamma(b)
            - ln_gamma(a)
            - 0.5 * (dim * (self.df * PI).ln() + log_det)
            - b * (squared / self.df).ln_1p()
    }
}

/// A chi-squared number of `df` degrees of freedom is about `u^(2/df)` for small `df`, `u` uniform
/// and at least `2^-53`; here that stays above the smallest double.
const SMALLEST_DF: f64 = 0.125;

/// `(d/2) ln(2 a pi) + ln Gamma(a) - ln Gamma(b) + b (psi(b) - psi(a))`, `b = a + d/2`.
fn standard_entropy(a: f64, dim: f64) -> f64 {
    let half_dim = 0.5 * dim;
    let b = a + half_dim;
    if a < 16.0 {
        return half_dim * (2.0 * a * PI).ln() + ln_gamma(a) - ln_gamma(b)
            + b * (digamma(b) - digamma(a));
    }
    // For large a the terms are far larger than their sum. In Stirling's series all that is large
    // cancels on paper; the first term left out is below 1e-13.
    let ln_gamma_tail = |z: f64| {
        let w = 1.0 / (z * z);
        (1.0 / 12.0 - w * (1.0 / 360.0 - w * (1.0 / 1260.0 - w / 1680.0))) / z
    };
    let digamma_tail = |z: f64| {
        let w = 1.0 / (z * z);
        let rest = 1.0 / 252.0 - w * (1.0 / 240.0 - w / 132.0);
        -w * (1.0 / 12.0 - w * (1.0 / 120.0 - w * rest))
    };
    half_dim * (1.0 + TAU.ln())
        + 0.5 * (half_dim / a).ln_1p()
        + half_dim / (2.0 * a)
        + ln_gamma_tail(a)
        - ln_gamma_tail(b)
        + b * (digamma_tail(b) - digamma_tail(a))
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
        Truth::Exact(self.closed_entropy())
    }

    fn moments(&self) -> Option<Moments> {
        if self.df <= 2.0 {
            return None;
        }
        let mut moments = self.core.moments()?;
        moments.covariance *= self.df / (self.df - 2.0);
        Some(moments)
    }
}
