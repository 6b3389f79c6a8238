//! Tests of the hypothesis that independent points come from some Gaussian law, whatever its mean
//! and covariance. One method a file.
//!
//! | test | reads | blind to |
//! |-|-|-|
//! | [`Skewness`] | third moment, 1 dimension | symmetric laws |
//! | [`Kurtosis`] | fourth moment, 1 dimension | laws with the fourth moment of the Gaussian |
//! | [`DagostinoPearson`] | both | laws with both moments of the Gaussian; bumps amid the density |
//! | [`AndersonDarling`] | distribution function, tails above all | no law, for enough points |
//! | [`EppsPulley`] | characteristic function near 0 | no law, for enough points |
//! | [`MardiaSkewness`] | third moments of all projections | laws symmetric about their mean |
//! | [`MardiaKurtosis`] | mean fourth power of the Mahalanobis length | any law of the direction; laws of the length with that moment |
//! | [`HenzeZirkler`] | characteristic function near 0, `d` dimensions | no law, for enough points; in high dimension they are more than anybody has |
//! | [`Sliced`] | one of the first five on directions | what none of the directions shows: in high dimension most projections of most laws are nearly Gaussian |
//!
//! Not rejecting is no support of the hypothesis: a small `n` never rejects, a large one rejects
//! departures that do not matter. Report an effect size beside a p-value, such as `K^2 / n`
//! ([`Omnibus::effect_size`]), and the power against what has to be seen ([`power()`]).
//!
//! The p-values are those of the publications: approximations, some of them only asymptotic.
//! [`Calibrated`] replaces them by the share of Gaussian samples with a statistic as extreme, which
//! is exact for every `n` and `d`.

use crate::error::{Error, finite};
use crate::parameters::{Parameters, Written};
use crate::sample::Sample;

mod anderson_darling;
mod calibrated;
mod dagostino_pearson;
mod epps_pulley;
mod henze_zirkler;
mod kurtosis;
mod mardia_kurtosis;
mod mardia_skewness;
mod moments;
mod power;
mod skewness;
mod sliced;
mod tail;
mod whitened;

pub use anderson_darling::AndersonDarling;
pub use calibrated::Calibrated;
pub use dagostino_pearson::{DagostinoPearson, Omnibus};
pub use epps_pulley::EppsPulley;
pub use henze_zirkler::HenzeZirkler;
pub use kurtosis::Kurtosis;
pub use mardia_kurtosis::MardiaKurtosis;
pub use mardia_skewness::MardiaSkewness;
pub use moments::Moments;
pub use power::{Power, power};
pub use skewness::Skewness;
pub use sliced::Sliced;

/// What a test says about a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// The test statistic.
    pub statistic: f64,
    /// Probability of a statistic at least as extreme for Gaussian points, as well as the test knows
    /// it; 0 where that is below the smallest double.
    pub p_value: f64,
}

/// Which values of a statistic speak against the Gaussian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// Large ones.
    Upper,
    /// Large and small ones.
    Both,
}

/// A test of the hypothesis that the points of a sample come from some Gaussian law.
pub trait NormalityTest: Sync {
    /// Name with parameters. A test made by [`parse`] has the name that it was parsed from.
    fn name(&self) -> String;

    /// Which values of the statistic speak against the hypothesis.
    fn tail(&self) -> Tail;

    /// Whether the statistic has one law for all Gaussian samples of the same `n` and `d`, whatever
    /// their mean and covariance. Only then can it be [`Calibrated`].
    fn pivotal(&self) -> bool {
        true
    }

    /// The smallest p-value that the test can give; at a lower level it never rejects.
    fn resolution(&self) -> f64 {
        0.0
    }

    /// Tests the points.
    ///
    /// # Errors
    /// When the statistic is not defined for this sample; never a number that is not finite.
    fn test(&self, sample: &Sample) -> Result<Outcome, Error>;
}

/// A test that reads numbers. As a [`NormalityTest`] it takes samples in one dimension.
///
/// All of them are invariant under translation and scaling; a negative scale changes the sign of the
/// skewness.
pub trait Univariate: NormalityTest {
    /// Tests the numbers.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`], [`Error::NonFinite`]; [`Error::SingularCovariance`] for constant numbers.
    fn test_values(&self, values: &[f64]) -> Result<Outcome, Error>;
}

/// A test as the registry knows it.
pub struct Entry {
    /// Name without parameters.
    pub id: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Parameters with their defaults.
    pub parameters: &'static [(&'static str, &'static str)],
    /// Makes the test from its parameters.
    pub build: fn(&Parameters) -> Result<Box<dyn NormalityTest>, Error>,
}

/// Every normality test of the crate.
pub const ALL: &[&Entry] = &[
    &skewness::ENTRY,
    &kurtosis::ENTRY,
    &dagostino_pearson::ENTRY,
    &anderson_darling::ENTRY,
    &epps_pulley::ENTRY,
    &mardia_skewness::ENTRY,
    &mardia_kurtosis::ENTRY,
    &henze_zirkler::ENTRY,
    &sliced::ENTRY,
];

/// The tests that read numbers.
pub const UNIVARIATE: &[(&str, &dyn Univariate)] = &[
    (skewness::ENTRY.id, &Skewness),
    (kurtosis::ENTRY.id, &Kurtosis),
    (dagostino_pearson::ENTRY.id, &DagostinoPearson),
    (anderson_darling::ENTRY.id, &AndersonDarling),
    (epps_pulley::ENTRY.id, &EppsPulley),
];

/// Makes a test from its written name, such as `sliced(test=dagostino_pearson,slices=64)`.
/// A parameter that is left out takes its default.
///
/// # Errors
/// [`Error::UnknownName`] and [`Error::InvalidParameter`].
pub fn parse(text: &str) -> Result<Box<dyn NormalityTest>, Error> {
    let written = Written::parse(text)?;
    let entry = written.find("normality test", ALL, |entry| entry.id)?;
    (entry.build)(&written.parameters(entry.parameters)?)
}

/// Refuses fewer points than the method needs.
fn enough(method: &'static str, required: usize, actual: usize) -> Result<(), Error> {
    if actual < required {
        return Err(Error::TooFewPoints {
            method,
            required,
            actual,
        });
    }
    Ok(())
}

/// The numbers of a sample in one dimension.
fn line(sample: &Sample) -> Result<&[f64], Error> {
    if sample.dim() != 1 {
        return Err(Error::Mismatch {
            what: "coordinates of a point in a univariate test",
            expected: 1,
            actual: sample.dim(),
        });
    }
    Ok(sample.coordinates())
}

/// An outcome of finite numbers.
fn outcome(method: &'static str, statistic: f64, p_value: f64) -> Result<Outcome, Error> {
    Ok(Outcome {
        statistic: finite(format!("the statistic of {method}"), statistic)?,
        p_value: finite(format!("the p-value of {method}"), p_value)?,
    })
}
