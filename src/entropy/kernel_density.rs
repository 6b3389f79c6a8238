//! Entropy from a density estimated with Gaussian kernels.

use std::f64::consts::{SQRT_2, TAU};

use nalgebra::DMatrix;

use super::gaussian::require;
use super::{EntropyEstimator, Entry, Promises, Side};
use crate::error::{Error, finite};
use crate::kernel::{Own, log_sums};
use crate::linalg::{Spd, covariance, mean};
use crate::parameters::Parameters;
use crate::sample::Sample;

/// How wide the kernels are, in units of [`KernelCovariance`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bandwidth {
    /// `n^(-1/(d+4))` (Scott).
    Scott,
    /// `(n (d+2) / 4)^(-1/(d+4))` (Silverman).
    Silverman,
    /// The same for every sample.
    Fixed(f64),
}

/// Covariance of a kernel of bandwidth 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KernelCovariance {
    /// The identity: coordinates count as they are.
    Identity,
    /// The variances of the sample: coordinates count in units of their standard deviations.
    Diagonal,
    /// The covariance of the sample, correlations and all.
    Full,
}

impl KernelCovariance {
    const WORDS: [(&'static str, Self); 3] = [
        ("identity", Self::Identity),
        ("diagonal", Self::Diagonal),
        ("full", Self::Full),
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Diagonal => "diagonal",
            Self::Full => "full",
        }
    }
}

/// Mean of the negative logarithm of a kernel density at the sample's own points.
///
/// `h = -(1/n) sum_i ln p(x_i)`, `p(x_i) = (1/m) sum_j N(x_i; x_j, b^2 C)`, where `b` is the
/// bandwidth and `C` the kernel covariance: the identity, the sample's variances or its covariance
/// (divisor `n - 1`). With `leave_one_out` the sum is over the `m = n - 1` other points, without
/// over all `m = n`.
///
/// Takes `n >= 1` points in `R^d`, `n >= 2` to leave one out or for the variances, `n > d` for the
/// covariance; returns nats. Cost `O(n^2 d)`, memory `O(n d)`.
///
/// With the bandwidths of Scott and Silverman it converges for densities with enough smoothness
/// and light tails, at a rate that worsens quickly with `d`. Left out, a point says nothing about
/// its own density, and the mean over samples lies above the truth for every `n` when `C` is the
/// identity (Gibbs' inequality); counted, its own term is a large part of its density once `d`
/// exceeds 2 or 3, and the estimate comes out too small. With a fixed bandwidth the limit is the
/// cross-entropy with the smoothed law, above the truth.
///
/// # Errors
/// [`Error::TooFewPoints`]; [`Error::SingularCovariance`] when a variance is 0 or the covariance is
/// singular; [`Error::NonFiniteResult`] when distances in units of the bandwidth exceed the largest
/// double. Repeated points are no error.
///
/// # Source
/// Ahmad & Lin 1976 for the estimate; Scott 1992, section 6.3, and Silverman 1986, section 4.3, for
/// the bandwidths; Hall & Morton 1993 for leaving one out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KernelDensity {
    bandwidth: Bandwidth,
    kernel_covariance: KernelCovariance,
    leave_one_out: bool,
}

impl KernelDensity {
    /// Chooses the kernels, and whether a point counts for its own density.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless a fixed bandwidth is positive and finite.
    pub fn new(
        bandwidth: Bandwidth,
        kernel_covariance: KernelCovariance,
        leave_one_out: bool,
    ) -> Result<Self, Error> {
        match bandwidth {
            Bandwidth::Fixed(width) if !(width > 0.0 && width.is_finite()) => {
                Err(Error::invalid("bandwidth", width, BANDWIDTHS))
            }
            _ => Ok(Self {
                bandwidth,
                kernel_covariance,
                leave_one_out,
            }),
        }
    }

    fn width(&self, n: usize, dim: usize) -> f64 {
        let (n, dim) = (n as f64, dim as f64);
        match self.bandwidth {
            Bandwidth::Scott => n.powf(-1.0 / (dim + 4.0)),
            Bandwidth::Silverman => (n * (dim + 2.0) / 4.0).powf(-1.0 / (dim + 4.0)),
            Bandwidth::Fixed(width) => width,
        }
    }

    /// The points in coordinates in which the kernel covariance is the identity, and half the
    /// logarithm of its determinant; `None` where they are so already.
    fn whitened(&self, sample: &Sample) -> Result<Option<(Sample, f64)>, Error> {
        let dim = sample.dim();
        let covariance = match self.kernel_covariance {
            KernelCovariance::Identity => return Ok(None),
            KernelCovariance::Diagonal => {
                require(sample.n(), 1, ENTRY.id)?;
                let covariance = covariance(sample)?;
                DMatrix::from_diagonal(&covariance.diagonal())
            }
            KernelCovariance::Full => {
                require(sample.n(), dim, ENTRY.id)?;
                covariance(sample)?
            }
        };
        let spd = Spd::new(&covariance)?;
        let centre = mean(sample);
        let centred = sample.map(dim, |point, image| {
            for ((image, v), centre) in image.iter_mut().zip(point).zip(&centre) {
                *image = v - centre;
            }
        })?;
        let whitened = Sample::new(spd.whiten(centred.matrix()))?;
        Ok(Some((whitened, 0.5 * spd.log_det())))
    }
}

impl EntropyEstimator for KernelDensity {
    fn name(&self) -> String {
        let bandwidth = match self.bandwidth {
            Bandwidth::Scott => "scott".to_owned(),
            Bandwidth::Silverman => "silverman".to_owned(),
            Bandwidth::Fixed(width) => width.to_string(),
        };
        format!(
            "{}(bandwidth={bandwidth},leave_one_out={},kernel_covariance={})",
            ENTRY.id,
            self.leave_one_out,
            self.kernel_covariance.word()
        )
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            scaling: self.kernel_covariance != KernelCovariance::Identity,
            rotation: self.kernel_covariance != KernelCovariance::Diagonal,
            unbiased_on_gaussian: false,
            side: match self.bandwidth {
                Bandwidth::Scott | Bandwidth::Silverman => Side::Consistent,
                Bandwidth::Fixed(_) => Side::Above,
            },
        }
    }

    fn entropy(&self, sample: &Sample) -> Result<f64, Error> {
        let (n, dim) = (sample.n(), sample.dim());
        let (own, terms) = if self.leave_one_out {
            require(n, 1, ENTRY.id)?;
            (Own::LeftOut, n - 1)
        } else {
            (Own::Counted, n)
        };
        let whitened = self.whitened(sample)?;
        let (points, half_log_det) = match &whitened {
            Some((points, half_log_det)) => (points, *half_log_det),
            None => (sample, 0.0),
        };
        let width = self.width(n, dim);
        let logs = log_sums(points, SQRT_2 * width, own)?;
        let log_volume = dim as f64 * (0.5 * TAU.ln() + width.ln()) + half_log_det;
        let mean_log = logs.iter().sum::<f64>() / n as f64;
        finite(self.name(), log_volume + (terms as f64).ln() - mean_log)
    }

    /// A kernel at distance `t b` from an edge keeps the share `Phi(t)` of its mass inside, so that
    /// each of the `2 d` edges adds `b / sqrt(12)` times the integral of `-ln Phi` over `t > 0`, to
    /// first order in the bandwidth `b`.
    fn edge_bias(&self, n: usize, dim: usize) -> f64 {
        // scipy.integrate.quad(lambda t: -log_ndtr(t), 0, inf)
        const LOST: f64 = 0.477_535_339_807_947_4;
        if matches!(self.bandwidth, Bandwidth::Fixed(_)) {
            // It does not vanish: the limit is a bound, as the promised side says.
            return 0.0;
        }
        2.0 * dim as f64 * LOST * self.width(n, dim) / 12_f64.sqrt()
    }

    fn warnings(&self, sample: &Sample) -> Vec<String> {
        const DIM: usize = 4;
        let dim = sample.dim();
        let mut warnings = Vec::new();
        if let Bandwidth::Fixed(width) = self.bandwidth {
            warnings.push(format!(
                "a bandwidth fixed at {width} does not shrink with n: the limit is above the entropy of the law"
            ));
        }
        if dim > DIM {
            warnings.push(if self.leave_one_out {
                format!(
                    "{dim} dimensions: beyond about {DIM} kernels hold few points or are wide, and the estimate is too large"
                )
            } else {
                format!(
                    "{dim} dimensions: beyond about {DIM} a point is most of its own density, and the estimate is too small; leave_one_out=true does not count it"
                )
            });
        }
        warnings
    }
}

const BANDWIDTHS: &str = "scott, silverman or a positive finite number";

pub(super) const ENTRY: Entry = Entry {
    id: "kernel_density",
    summary: "Gaussian kernel density at the sample's own points; consistent for smooth densities of few dimensions",
    parameters: &[
        ("bandwidth", "scott"),
        ("leave_one_out", "true"),
        ("kernel_covariance", "full"),
    ],
    build,
    defaults: &["kernel_density(bandwidth=scott,leave_one_out=true,kernel_covariance=full)"],
};

fn build(parameters: &Parameters) -> Result<Box<dyn EntropyEstimator>, Error> {
    let bandwidth = match parameters.text("bandwidth")? {
        "scott" => Bandwidth::Scott,
        "silverman" => Bandwidth::Silverman,
        _ => Bandwidth::Fixed(parameters.value("bandwidth", BANDWIDTHS)?),
    };
    let leave_one_out = parameters.value("leave_one_out", "true or false")?;
    let kernel_covariance = parameters.choice("kernel_covariance", &KernelCovariance::WORDS)?;
    Ok(Box::new(KernelDensity::new(
        bandwidth,
        kernel_covariance,
        leave_one_out,
    )?))
}
