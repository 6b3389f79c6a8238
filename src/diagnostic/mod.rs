//! Numbers about a sample that are not differential entropies: ranks, spectra, dependence,
//! distance from the Gaussian. One method a file.
//!
//! A diagnostic reads a [`Sample`] and nothing else. None of them estimates the entropy of the law
//! of the points, and most depend on the units of the coordinates.

use crate::error::Error;
use crate::parameters;
use crate::sample::Sample;

mod alpha_req;
mod effective_rank;
mod lidar;
mod log_det;
mod log_det_slack;
mod participation_ratio;
mod rankme;
mod renyi_matrix_entropy;
mod sliced_epps_pulley;
mod spectrum;
mod total_correlation;
mod von_neumann_entropy;

pub use alpha_req::AlphaReq;
pub use effective_rank::EffectiveRank;
pub use lidar::Lidar;
pub use log_det::LogDet;
pub use log_det_slack::{LogDetSlack, Part, Split};
pub use participation_ratio::ParticipationRatio;
pub use rankme::RankMe;
pub use renyi_matrix_entropy::RenyiMatrixEntropy;
pub use sliced_epps_pulley::SlicedEppsPulley;
pub(crate) use spectrum::{covariance_shares, singular_shares};
pub use total_correlation::TotalCorrelation;
pub use von_neumann_entropy::VonNeumannEntropy;

/// A number about a sample.
pub trait Diagnostic: Sync {
    /// Name with parameters, in the form that [`parse`] reads back.
    fn name(&self) -> String;

    /// Unit of the value: `nats`, `dimensions`, or `1` for a pure number.
    fn unit(&self) -> &'static str;

    /// The value.
    ///
    /// # Errors
    /// When it is not defined for this sample; never a number that is not finite.
    fn measure(&self, sample: &Sample) -> Result<f64, Error>;

    /// Reasons to read the value on this sample with care, in plain words.
    fn warnings(&self, _sample: &Sample) -> Vec<String> {
        Vec::new()
    }
}

/// A diagnostic as the registry knows it.
pub type Entry = parameters::Entry<Box<dyn Diagnostic>>;

/// Every diagnostic of the crate.
pub const ALL: &[&Entry] = &[
    &rankme::ENTRY,
    &effective_rank::ENTRY,
    &participation_ratio::ENTRY,
    &alpha_req::ENTRY,
    &lidar::ENTRY,
    &von_neumann_entropy::ENTRY,
    &renyi_matrix_entropy::ENTRY,
    &log_det::ENTRY,
    &total_correlation::ENTRY,
    &log_det_slack::ENTRY,
    &sliced_epps_pulley::ENTRY,
];

/// Makes a diagnostic from its written name, such as `log_det(beta=10)`.
/// A parameter that is left out takes its default.
///
/// # Errors
/// [`Error::UnknownName`] and [`Error::InvalidParameter`].
pub fn parse(text: &str) -> Result<Box<dyn Diagnostic>, Error> {
    parameters::build("diagnostic", ALL, text)
}
