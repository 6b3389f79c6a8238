//! Estimators of mutual information. One method a file.

use crate::entropy::Promises;
use crate::error::Error;
use crate::parameters::{Parameters, Written};
use crate::sample::Paired;

mod gaussian;
mod ksg;
mod three_entropies;

pub use gaussian::{Gaussian, canonical_correlations};
pub use ksg::{Ksg1, Ties};
pub use three_entropies::ThreeEntropies;

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

    /// Reasons to read the estimate on these pairs with care, in plain words.
    fn warnings(&self, _pairs: &Paired) -> Vec<String> {
        Vec::new()
    }
}

/// An estimator as the registry knows it.
pub struct Entry {
    /// Name without parameters.
    pub id: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Parameters with their defaults.
    pub parameters: &'static [(&'static str, &'static str)],
    /// Makes the estimator from its parameters.
    pub build: fn(&Parameters) -> Result<Box<dyn InformationEstimator>, Error>,
    /// What `measure` runs when the user names no estimator, as names that [`parse`] reads.
    pub defaults: &'static [&'static str],
}

/// Every information estimator of the crate.
pub const ALL: &[&Entry] = &[&ksg::ENTRY, &gaussian::ENTRY, &three_entropies::ENTRY];

/// Makes an estimator from its written name, such as `ksg1(k=3)`.
/// A parameter that is left out takes its default.
///
/// # Errors
/// [`Error::UnknownName`] and [`Error::InvalidParameter`].
pub fn parse(text: &str) -> Result<Box<dyn InformationEstimator>, Error> {
    let written = Written::parse(text)?;
    let entry = ALL
        .iter()
        .find(|entry| entry.id == written.id)
        .ok_or_else(|| Error::UnknownName {
            kind: "information estimator",
            name: written.id.clone(),
            known: ALL.iter().map(|e| e.id).collect::<Vec<_>>().join(", "),
        })?;
    (entry.build)(&written.parameters(entry.parameters)?)
}
