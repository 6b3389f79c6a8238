//! Estimators of mutual information. One method a file.

use crate::entropy::Promises;
use crate::error::Error;
use crate::parameters;
use crate::sample::Paired;

mod binned;
mod gaussian;
mod gaussian_copula;
mod ksg;
mod ksg2;
mod lnc;
mod mixed;
mod normal_ranks;
mod ross;
mod standardised;
mod three_entropies;
pub mod variational;

pub use binned::Binned;
pub use gaussian::{Gaussian, canonical_correlations};
pub use gaussian_copula::GaussianCopula;
pub use ksg::{Ksg1, Ties};
pub use ksg2::Ksg2;
pub use lnc::Lnc;
pub use mixed::Mixed;
pub use normal_ranks::NormalRanks;
pub use ross::{Discrete, Ross};
pub use standardised::Standardised;
pub use three_entropies::ThreeEntropies;

/// Maps of single coordinates that leave every estimate as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum CoordinateMaps {
    /// None beyond what [`Promises`] says.
    #[default]
    None,
    /// A factor and a shift of its own for every coordinate: its unit.
    Affine,
    /// A strictly increasing map of its own for every coordinate.
    Monotone,
}

/// Which halves an estimator is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Takes {
    /// Pairs with a joint density.
    #[default]
    Density,
    /// One half with few values that repeat, the letters, and a density of the other for each.
    LettersAndDensity,
    /// Densities, letters, and mixtures of both.
    Anything,
}

/// An estimator of the mutual information between the halves of pairs.
pub trait InformationEstimator: Sync {
    /// Name with parameters, in the form that [`parse`] reads back.
    fn name(&self) -> String;

    /// What holds for every sample.
    fn promises(&self) -> Promises;

    /// Estimate in nats; it may be negative, and is never clipped.
    ///
    /// # Errors
    /// When the method does not apply to these pairs; never a number that is not finite.
    fn information(&self, pairs: &Paired) -> Result<f64, Error>;

    /// Whether the mean over independent pairs is zero for any law of the halves and any number
    /// of pairs that the method takes.
    fn unbiased_when_independent(&self) -> bool {
        false
    }

    /// Largest mean error, in nats and of either sign, on up to three coordinates near a line from
    /// which they depart far less than neighbours are apart, so that each half nearly determines
    /// the other; `None` where it grows without bound as the departures shrink.
    ///
    /// For Gaussian pairs and, unless it is made for these only, for pairs near a curve that is
    /// straight among neighbours.
    fn strong_dependence_error(&self) -> Option<f64> {
        None
    }

    /// Which maps of single coordinates change nothing.
    fn coordinate_maps(&self) -> CoordinateMaps {
        CoordinateMaps::None
    }

    /// Which halves the method is made for.
    fn takes(&self) -> Takes {
        Takes::Density
    }

    /// Reasons to read the estimate on these pairs with care, in plain words.
    fn warnings(&self, _pairs: &Paired) -> Vec<String> {
        Vec::new()
    }
}

/// An estimator as the registry knows it.
pub type Entry = parameters::Entry<Box<dyn InformationEstimator>>;

/// Every information estimator of the crate.
pub const ALL: &[&Entry] = &[
    &ksg::ENTRY,
    &ksg2::ENTRY,
    &lnc::ENTRY,
    &mixed::ENTRY,
    &ross::ENTRY,
    &gaussian::ENTRY,
    &gaussian_copula::ENTRY,
    &three_entropies::ENTRY,
    &binned::ENTRY,
    &standardised::ENTRY,
    &normal_ranks::ENTRY,
];

/// Makes an estimator from its written name, such as `ksg1(k=3)`.
/// A parameter that is left out takes its default.
///
/// # Errors
/// [`Error::UnknownName`] and [`Error::InvalidParameter`].
pub fn parse(text: &str) -> Result<Box<dyn InformationEstimator>, Error> {
    parameters::build("information estimator", ALL, text)
}
