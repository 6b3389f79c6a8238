use nalgebra::DMatrix;

use super::gaussian_pair::{GaussianPair, require, require_symmetric};
use crate::error::Error;
use crate::linalg::symmetric_eigenvalues;

/// Two Gaussian views of one Gaussian signal, `X = S + E` and `X' = S + E'`, with independent noises
/// of the same law.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalViews {
    signal: DMatrix<f64>,
    noise: DMatrix<f64>,
}

/// Informations in nats for a linear encoder `Z = A X`, `Z' = A X'`. Processing loses information:
/// each is at most the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Informations {
    /// `I(Z; Z')`.
    pub embeddings: f64,
    /// `I(Z; X')`.
    pub embedding_and_view: f64,
    /// `I(X; X')`.
    pub views: f64,
}

/// Refuses what is not the covariance of any law; that of a degenerate one may pass.
fn require_covariance(matrix: &DMatrix<f64>) -> Result<(), Error> {
    let values = symmetric_eigenvalues(matrix)?;
    require_symmetric(matrix)?;
    let largest = values
        .iter()
        .fold(0.0_f64, |most, value| most.max(value.abs()));
    match values.last() {
        Some(&least) if least < -1e-9 * largest => Err(Error::NotPositiveDefinite {
            dim: matrix.nrows(),
            reason: format!("its smallest eigenvalue is {least}"),
        }),
        _ => Ok(()),
    }
}

impl SignalViews {
    /// Takes the covariances of the signal and of the noise.
    ///
    /// # Errors
    /// [`Error::Mismatch`] unless both are square and of one size; [`Error::NotPositiveDefinite`] unless both
    /// are symmetric without a negative eigenvalue, to `1e-9` of the diagonal and of the largest;
    /// [`Error::NonFiniteResult`] for an entry that is not finite.
    pub fn new(signal: DMatrix<f64>, noise: DMatrix<f64>) -> Result<Self, Error> {
        let dim = signal.nrows();
        require("columns of the signal's covariance", dim, signal.ncols())?;
        require("rows of the noise's covariance", dim, noise.nrows())?;
        require("columns of the noise's covariance", dim, noise.ncols())?;
        require_covariance(&signal)?;
        require_covariance(&noise)?;
        Ok(Self { signal, noise })
    }

    /// The pair `(A X, B X')`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for encoders of another dimension; as [`GaussianPair::from_blocks`], for
    /// instance when an encoder has dependent rows.
    pub fn pair(&self, first: &DMatrix<f64>, second: &DMatrix<f64>) -> Result<GaussianPair, Error> {
        require("columns of the encoder", self.signal.nrows(), first.ncols())?;
        require(
            "columns of the encoder",
            self.signal.nrows(),
            second.ncols(),
        )?;
        let view = &self.signal + &self.noise;
        GaussianPair::from_blocks(
            first * &view * first.transpose(),
            second * &view * second.transpose(),
            first * &self.signal * second.transpose(),
        )
    }

    /// The three informations of a linear encoder `A`, from canonical correlations. With `A`
    /// invertible they are equal.
    ///
    /// # Errors
    /// As [`SignalViews::pair`] and [`GaussianPair::information`].
    pub fn informations(&self, encoder: &DMatrix<f64>) -> Result<Informations, Error> {
        let dim = self.signal.nrows();
        let identity = DMatrix::identity(dim, dim);
        Ok(Informations {
            embeddings: self.pair(encoder, encoder)?.information()?,
            embedding_and_view: self.pair(encoder, &identity)?.information()?,
            views: self.pair(&identity, &identity)?.information()?,
        })
    }
}
