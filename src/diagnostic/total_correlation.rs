use nalgebra::DMatrix;
use statrs::function::gamma::digamma;

use super::{Diagnostic, Entry};
use crate::error::{Error, finite};
use crate::linalg::{Spd, check_variance, covariance};
use crate::sample::Sample;

/// Total correlation of the Gaussian with the sample's covariance.
///
/// `-(1/2) ln det R`, `R` the correlation matrix: what the coordinates, were they Gaussian, would
/// tell about each other. At least 0, and 0 for uncorrelated coordinates, dependent ones too. It is
/// the off-diagonal part of the slack of [`Split`](super::Split).
///
/// Takes `n > d` points in `R^d`; returns nats, the same in any units of any coordinate; a rotation
/// changes it. Cost `O(n d^2 + d^3)`. For independent Gaussian coordinates its mean is
/// `(1/2) (d psi((n-1)/2) - sum_{i=1..d} psi((n-i)/2))`, about `d (d-1) / (4 n)`, not 0.
///
/// # Errors
/// [`Error::TooFewPoints`] when `n <= d`; [`Error::SingularCovariance`]; [`Error::TinyVariance`].
///
/// # Source
/// Watanabe 1960; Cover & Thomas 2006, theorem 17.9.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TotalCorrelation;

impl TotalCorrelation {
    /// Mean over samples of `n` points of independent Gaussian coordinates.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] when `n <= dim`.
    pub fn null_mean(n: usize, dim: usize) -> Result<f64, Error> {
        require(n, dim)?;
        let psi = |i: usize| digamma((n - i) as f64 / 2.0);
        Ok(0.5 * (1..=dim).map(|i| psi(1) - psi(i)).sum::<f64>())
    }
}

impl TotalCorrelation {
    /// The value from the covariance of `n` points.
    ///
    /// # Errors
    /// As those of the type.
    pub(crate) fn of_covariance(&self, n: usize, covariance: &DMatrix<f64>) -> Result<f64, Error> {
        let dim = covariance.nrows();
        require(n, dim)?;
        for (coordinate, &variance) in covariance.diagonal().iter().enumerate() {
            check_variance(dim, coordinate, variance, f64::MIN_POSITIVE)?;
        }
        let std_devs: Vec<f64> = covariance.diagonal().iter().map(|v| v.sqrt()).collect();
        let correlation = DMatrix::from_fn(dim, dim, |i, j| {
            if i == j {
                1.0
            } else {
                covariance[(i, j)] / std_devs[i] / std_devs[j]
            }
        });
        finite(self.name(), -0.5 * Spd::new(&correlation)?.log_det())
    }
}

fn require(n: usize, dim: usize) -> Result<(), Error> {
    if n > dim {
        return Ok(());
    }
    Err(Error::TooFewPoints {
        method: "a log-determinant of correlations",
        required: dim + 1,
        actual: n,
    })
}

impl Diagnostic for TotalCorrelation {
    fn name(&self) -> String {
        format!("{}()", ENTRY.id)
    }

    fn unit(&self) -> &'static str {
        "nats"
    }

    fn measure(&self, sample: &Sample) -> Result<f64, Error> {
        let n = sample.n();
        require(n, sample.dim())?;
        self.of_covariance(n, &covariance(sample)?)
    }

    fn warnings(&self, sample: &Sample) -> Vec<String> {
        let (n, dim) = (sample.n(), sample.dim());
        match Self::null_mean(n, dim) {
            Ok(mean) if mean > 0.1 => vec![format!(
                "for independent Gaussian coordinates the mean at n = {n}, dim = {dim} is {mean:.3} nats, not 0"
            )],
            _ => Vec::new(),
        }
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "total_correlation",
    summary: "-(1/2) ln det R of the correlation matrix R: Gaussian dependence among the coordinates",
    parameters: &[],
    build: |_| Ok(Box::new(TotalCorrelation)),
    defaults: &["total_correlation()"],
};
