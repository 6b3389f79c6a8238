use std::f64::consts::TAU;

use nalgebra::{DMatrix, DVector};

use super::gaussian_pair::require;
use crate::error::{Error, finite};
use crate::linalg::Spd;

/// The embeddings of two given views with independent Gaussian noise, `z ~ N(mu, S)` and
/// `z' ~ N(mu', S')`: what the expected log-likelihood of the derivation is an expectation over.
#[derive(Debug, Clone, PartialEq)]
pub struct NoisyViews {
    difference: DVector<f64>,
    first: DMatrix<f64>,
    second: DMatrix<f64>,
    first_factor: Spd,
    second_factor: Spd,
}

impl NoisyViews {
    /// Takes `mu - mu'` and the covariances of the two embeddings.
    ///
    /// # Errors
    /// [`Error::Mismatch`]; as [`Spd::new`].
    pub fn new(
        difference: DVector<f64>,
        first: DMatrix<f64>,
        second: DMatrix<f64>,
    ) -> Result<Self, Error> {
        require(
            "rows of the first covariance",
            difference.len(),
            first.nrows(),
        )?;
        require(
            "rows of the second covariance",
            difference.len(),
            second.nrows(),
        )?;
        Ok(Self {
            first_factor: Spd::new(&first)?,
            second_factor: Spd::new(&second)?,
            difference,
            first,
            second,
        })
    }

    fn dim(&self) -> f64 {
        self.difference.len() as f64
    }

    /// `E ln q(z | z')` for `q = N(z', I)`, over both embeddings:
    /// `-(d/2) ln(2 pi) - (1/2) (|mu - mu'|^2 + tr S + tr S')`.
    ///
    /// # Errors
    /// [`Error::NonFiniteResult`] on overflow.
    pub fn unit(&self) -> Result<f64, Error> {
        let squares = self.difference.norm_squared() + self.first.trace() + self.second.trace();
        finite(
            "the expected log-likelihood",
            -0.5 * (self.dim() * TAU.ln() + squares),
        )
    }

    /// What the derivation puts in its place, as reconstructed from its statement:
    /// `(d/2) ln(2 pi) - (1/2) (|mu - mu'|^2 + ln(det S det S'))`. It exceeds [`NoisyViews::unit`] by
    /// `d ln(2 pi) + (1/2) (tr S - ln det S + tr S' - ln det S')`, at least `d (1 + ln(2 pi))`, and
    /// without limit as the noise vanishes.
    ///
    /// # Errors
    /// [`Error::NonFiniteResult`] on overflow.
    pub fn as_stated(&self) -> Result<f64, Error> {
        let log_dets = self.first_factor.log_det() + self.second_factor.log_det();
        finite(
            "the expected log-likelihood as stated",
            0.5 * (self.dim() * TAU.ln() - self.difference.norm_squared() - log_dets),
        )
    }

    /// `E ln q(z)` for `q = N(mu', S')`, over `z`:
    /// `-(1/2) (d ln(2 pi) + ln det S' + (mu - mu')^T S'^-1 (mu - mu') + tr S'^-1 S)`.
    ///
    /// # Errors
    /// [`Error::NonFiniteResult`] on overflow.
    pub fn of_embedding(&self) -> Result<f64, Error> {
        self.gaussian(&self.second_factor)
    }

    /// `E ln q(z | x')` over `z` for the law that the choice `q(z | z') = N(z', I)` gives before the
    /// inequality of Jensen, `q(z | x') = E q(z | z') = N(mu', I + S')`.
    ///
    /// # Errors
    /// As [`Spd::new`]; [`Error::NonFiniteResult`] on overflow.
    pub fn before_jensen(&self) -> Result<f64, Error> {
        let dim = self.difference.len();
        self.gaussian(&Spd::new(&(DMatrix::identity(dim, dim) + &self.second))?)
    }

    /// What the inequality of Jensen, `ln E q >= E ln q`, gives away:
    /// [`NoisyViews::before_jensen`] less [`NoisyViews::unit`]. Never negative.
    ///
    /// # Errors
    /// As [`NoisyViews::before_jensen`].
    pub fn jensen_gap(&self) -> Result<f64, Error> {
        Ok(self.before_jensen()? - self.unit()?)
    }

    /// `E ln N(z; mu', Q)` over `z`.
    fn gaussian(&self, covariance: &Spd) -> Result<f64, Error> {
        let moment = &self.difference * self.difference.transpose() + &self.first;
        let squares = covariance.solve(&moment).trace();
        finite(
            "the expected log-likelihood",
            -0.5 * (self.dim() * TAU.ln() + covariance.log_det() + squares),
        )
    }
}
