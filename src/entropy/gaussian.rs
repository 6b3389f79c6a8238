use std::f64::consts::{PI, TAU};

use statrs::function::gamma::digamma;

use super::{EntropyEstimator, Entry, Family, Promises, Side};
use crate::error::{Error, finite};
use crate::linalg::{Spd, check_variance, covariance, mean};
use crate::parameters::Parameters;
use crate::sample::Sample;

/// Entropy of the Gaussian with the sample's covariance.
///
/// `h = (d/2) ln(2 pi e) + (1/2) ln det S`, `S` the covariance with divisor `n - 1`. With
/// `bias_corrected`, the exact mean of the error over Gaussian samples is subtracted:
/// `(1/2) (sum_{i=1..d} psi((n-i)/2) + d ln(2/(n-1)))`, see [`Gaussian::bias`].
///
/// Takes `n > d` points in `R^d`; returns nats. Cost `O(n d^2 + d^3)`.
/// An upper bound in the limit: no law of this covariance has more entropy.
///
/// # Source
/// Cover & Thomas 2006, theorem 8.6.5; the bias follows from the law of `ln det` of a Wishart
/// matrix, Muirhead 1982, theorem 3.2.15; Misra, Singh & Demchuk 2005.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gaussian {
    /// Whether the finite-sample bias is subtracted.
    pub bias_corrected: bool,
}

impl Gaussian {
    /// Mean error of the plug-in estimate over samples of `n` points of a Gaussian law in `R^dim`,
    /// `(1/2) (sum_{i=1..dim} psi((n-i)/2) + dim ln(2/(n-1)))`; negative, about `-dim (dim+1) / (4 n)`.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] when `n <= dim`: the mean is not finite.
    pub fn bias(n: usize, dim: usize) -> Result<f64, Error> {
        require(n, dim, "the Gaussian entropy")?;
        let digammas: f64 = (1..=dim).map(|i| digamma((n - i) as f64 / 2.0)).sum();
        Ok(0.5 * (digammas + dim as f64 * (2.0 / (n - 1) as f64).ln()))
    }

    /// The estimate from the factorised covariance of `n` points.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] when `n` is not more than the dimension; [`Error::NonFiniteResult`].
    pub(crate) fn of_factor(&self, n: usize, covariance: &Spd) -> Result<f64, Error> {
        let dim = covariance.dim();
        require(n, dim, "the Gaussian entropy")?;
        let plug_in = gaussian_entropy(dim, covariance.log_det());
        let bias = if self.bias_corrected {
            Self::bias(n, dim)?
        } else {
            0.0
        };
        finite(self.name(), plug_in - bias)
    }

    /// Variance of the estimate over samples of `n` points of a Gaussian law in `R^dim`, with or without its bias:
    /// `(1/4) sum_{i=1..dim} psi'((n-i)/2)`, about `dim / (2 n)` where `n` is much larger than `dim`.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] when `n <= dim`: there is no estimate.
    pub fn variance(n: usize, dim: usize) -> Result<f64, Error> {
        require(n, dim, "the Gaussian entropy")?;
        Ok((1..=dim)
            .map(|i| trigamma((n - i) as f64 / 2.0))
            .sum::<f64>()
            / 4.0)
    }
}

/// The derivative of the digamma function, for positive arguments: upwards to where the asymptotic series is exact to rounding
/// (Abramowitz & Stegun 6.4.6, 6.4.12).
pub(crate) fn trigamma(x: f64) -> f64 {
    const FROM: f64 = 16.0;
    let (mut x, mut sum) = (x, 0.0);
    while x < FROM {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    let series =
        y * (1.0 / 6.0 - y * (1.0 / 30.0 - y * (1.0 / 42.0 - y * (1.0 / 30.0 - y * 5.0 / 66.0))));
    sum + (1.0 + 0.5 / x + series) / x
}

/// Differential entropy of a Gaussian law from its log-determinant.
pub(crate) fn gaussian_entropy(dim: usize, log_det: f64) -> f64 {
    0.5 * (dim as f64 * (1.0 + TAU.ln()) + log_det)
}

pub(crate) fn require(n: usize, dim: usize, method: &'static str) -> Result<(), Error> {
    if n > dim {
        Ok(())
    } else {
        Err(Error::TooFewPoints {
            method,
            required: dim + 1,
            actual: n,
        })
    }
}

impl EntropyEstimator for Gaussian {
    fn name(&self) -> String {
        format!("gaussian(bias_corrected={})", self.bias_corrected)
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            scaling: true,
            rotation: true,
            unbiased_on_gaussian: self.bias_corrected,
            side: Side::Above,
        }
    }

    fn converges_on(&self, family: Family) -> bool {
        family == Family::Gaussian
    }

    fn entropy(&self, sample: &Sample) -> Result<f64, Error> {
        let n = sample.n();
        require(n, sample.dim(), "the Gaussian entropy")?;
        self.of_factor(n, &Spd::new(&covariance(sample)?)?)
    }

    fn warnings(&self, sample: &Sample) -> Vec<String> {
        let (n, dim) = (sample.n(), sample.dim());
        match Self::bias(n, dim) {
            Ok(bias) if !self.bias_corrected && bias < -0.1 => vec![format!(
                "for Gaussian data the mean error at n = {n}, dim = {dim} is {bias:.3} nats; bias_corrected=true removes it"
            )],
            _ => Vec::new(),
        }
    }
}

/// Entropy of the Gaussian with the sample's variances and no correlation.
///
/// `h = sum_j (1/2) ln(2 pi e s_j^2)`, `s_j^2` the variance of coordinate `j` with divisor
/// `n - 1`. It exceeds [`Gaussian`] by the off-diagonal part `-(1/2) ln det R`, `R` the
/// correlation matrix (Hadamard).
///
/// Takes `n > 1` points in `R^d`, also `n <= d`; returns nats. Cost `O(n d)`.
/// An upper bound in the limit.
///
/// # Errors
/// [`Error::TooFewPoints`] for a single point; [`Error::SingularCovariance`] when a coordinate is
/// constant, [`Error::TinyVariance`] when it nearly is; [`Error::NonFiniteResult`] on overflow.
///
/// # Source
/// Cover & Thomas 2006, theorems 8.6.5 and 17.9.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DiagonalGaussian;

impl EntropyEstimator for DiagonalGaussian {
    fn name(&self) -> String {
        "diagonal_gaussian()".to_owned()
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            scaling: true,
            rotation: false,
            unbiased_on_gaussian: false,
            side: Side::Above,
        }
    }

    fn entropy(&self, sample: &Sample) -> Result<f64, Error> {
        let (n, dim) = (sample.n(), sample.dim());
        require(n, 1, "the diagonal Gaussian entropy")?;
        let mean = mean(sample);
        let mut squares = vec![0.0; dim];
        for point in sample.points() {
            for ((s, v), m) in squares.iter_mut().zip(point).zip(&mean) {
                *s += (v - m) * (v - m);
            }
        }
        let mut entropy = 0.0;
        for (coordinate, square) in squares.into_iter().enumerate() {
            let variance = square / (n - 1) as f64;
            check_variance(dim, coordinate, variance, f64::MIN_POSITIVE)?;
            entropy += 0.5 * (1.0 + (2.0 * PI).ln() + variance.ln());
        }
        finite(self.name(), entropy)
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "gaussian",
    summary: "log-determinant of the covariance: the entropy of a Gaussian with the same covariance, an upper bound",
    parameters: &[("bias_corrected", "false")],
    build: build_gaussian,
    defaults: &[
        "gaussian(bias_corrected=false)",
        "gaussian(bias_corrected=true)",
    ],
};

fn build_gaussian(parameters: &Parameters) -> Result<Box<dyn EntropyEstimator>, Error> {
    let bias_corrected = parameters.value("bias_corrected", "true or false")?;
    Ok(Box::new(Gaussian { bias_corrected }))
}

pub(super) const DIAGONAL_ENTRY: Entry = Entry {
    id: "diagonal_gaussian",
    summary: "variances only: the entropy of uncorrelated Gaussians with the same variances, an upper bound",
    parameters: &[],
    build: |_| Ok(Box::new(DiagonalGaussian)),
    defaults: &["diagonal_gaussian()"],
};
