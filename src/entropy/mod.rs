//! Estimators of differential entropy. One method a file.
//!
//! An estimator reads a [`Sample`] and nothing else: it cannot see the law that made the
//! points and cannot draw random numbers.

use crate::error::Error;
use crate::parameters;
use crate::sample::Sample;

pub(crate) mod gaussian;
mod gaussian_shrunk;
pub(crate) mod histogram;
mod kernel_density;
mod kolchinsky_tracey;
pub(crate) mod kozachenko_leonenko;
mod spacing;

pub use gaussian::{DiagonalGaussian, Gaussian};
pub use gaussian_shrunk::{Shrinkage, ShrunkGaussian};
pub use histogram::{Correction, Histogram};
pub use kernel_density::{Bandwidth, KernelCovariance, KernelDensity};
pub use kolchinsky_tracey::{KolchinskyTracey, PairwiseBound};
pub use kozachenko_leonenko::KozachenkoLeonenko;
pub use spacing::{Spacing, SpacingMethod};

/// On which side of the truth an estimate lies as the sample grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It converges to the truth.
    Consistent,
    /// It converges to an upper bound.
    Above,
    /// It converges to a lower bound.
    Below,
    /// It converges to the truth of Gaussian laws; for other laws neither side is known.
    IfGaussian,
}

impl Side {
    /// The word that output prints.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consistent => "consistent",
            Self::Above => "above",
            Self::Below => "below",
            Self::IfGaussian => "consistent_if_gaussian",
        }
    }
}

/// Laws on which an estimator of a bound may be right all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Gaussian laws.
    Gaussian,
    /// Uniform laws on boxes with sides along the axes.
    Uniform,
}

/// What an estimator promises; the conformance suite checks all of it.
///
/// For an entropy estimator the invariances are those of differential entropy:
/// `h(x + b) = h(x)`, `h(a x) = h(x) + d ln |a|`, `h(Q x) = h(x)`. For an information
/// estimator each is an invariance of the value, under a map of either half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promises {
    /// A shift of all points changes nothing.
    pub translation: bool,
    /// A common factor on all coordinates acts as on the truth.
    pub scaling: bool,
    /// A rotation changes nothing.
    pub rotation: bool,
    /// The mean over Gaussian samples of any size `n > d` is the truth.
    pub unbiased_on_gaussian: bool,
    /// Side of the truth in the limit.
    pub side: Side,
}

/// An estimator of differential entropy.
pub trait EntropyEstimator: Sync {
    /// Name with parameters, in the form that [`parse`] reads back.
    fn name(&self) -> String;

    /// Whether it takes points of so many coordinates; where not, it refuses them.
    fn takes(&self, _dim: usize) -> bool {
        true
    }

    /// What holds for every sample.
    fn promises(&self) -> Promises;

    /// Whether it converges to the truth on these laws, whatever its side in general.
    fn converges_on(&self, family: Family) -> bool {
        match self.promises().side {
            Side::Consistent => true,
            Side::IfGaussian => family == Family::Gaussian,
            Side::Above | Side::Below => false,
        }
    }

    /// Estimate in nats.
    ///
    /// # Errors
    /// When the method does not apply to this sample; never a number that is not finite.
    fn entropy(&self, sample: &Sample) -> Result<f64, Error>;

    /// Standard deviation of the isotropic Gaussian noise that the estimate is about: the
    /// promised side is that of the sample smoothed by `N(0, std^2 I)`. `None` when the
    /// estimate is about the law of the points themselves.
    fn smoothing(&self) -> Option<f64> {
        None
    }

    /// Mean error that the edges of the support leave, in nats, on `n` points of the uniform law of a
    /// box in `R^dim` with unit variances; it vanishes as `n` grows. Zero unless the method smooths
    /// across edges.
    fn edge_bias(&self, _n: usize, _dim: usize) -> f64 {
        0.0
    }

    /// Reasons to read the estimate on this sample with care, in plain words.
    fn warnings(&self, _sample: &Sample) -> Vec<String> {
        Vec::new()
    }
}

/// An estimator as the registry knows it.
pub type Entry = parameters::Entry<Box<dyn EntropyEstimator>>;

/// Every entropy estimator of the crate.
pub const ALL: &[&Entry] = &[
    &gaussian::ENTRY,
    &gaussian::DIAGONAL_ENTRY,
    &gaussian_shrunk::ENTRY,
    &kozachenko_leonenko::ENTRY,
    &kernel_density::ENTRY,
    &kolchinsky_tracey::ENTRY,
    &spacing::ENTRY,
    &histogram::ENTRY,
];

/// Makes an estimator from its written name, such as `kozachenko_leonenko(k=5,norm=max)`.
/// A parameter that is left out takes its default.
///
/// # Errors
/// [`Error::UnknownName`] and [`Error::InvalidParameter`].
pub fn parse(text: &str) -> Result<Box<dyn EntropyEstimator>, Error> {
    parameters::build("entropy estimator", ALL, text)
}
