//! The one error type of the crate. Every variant carries its numbers.

use std::path::{Path, PathBuf};

/// Why something could not be computed.
///
/// Data can only cause an `Error`, never a panic and never a silent number.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A sample without points or without coordinates.
    #[error("the sample is empty: {n} points in {dim} dimensions; at least one of each is needed")]
    Empty {
        /// Points found.
        n: usize,
        /// Coordinates found.
        dim: usize,
    },
    /// A coordinate that is NaN or infinite.
    #[error(
        "point {point}, coordinate {coordinate} (counted from 0) is {value}; every number must be finite"
    )]
    NonFinite {
        /// Index of the point.
        point: usize,
        /// Index of the coordinate.
        coordinate: usize,
        /// The number as text, so that errors compare equal.
        value: String,
    },
    /// A count that does not fit another.
    #[error("{what}: expected {expected}, found {actual}")]
    Mismatch {
        /// What was counted.
        what: &'static str,
        /// The count that was needed.
        expected: usize,
        /// The count that was found.
        actual: usize,
    },
    /// Too few points for the method.
    #[error("{method} needs at least {required} points here, the sample has {actual}")]
    TooFewPoints {
        /// The method, as its name prints.
        method: &'static str,
        /// Points needed.
        required: usize,
        /// Points found.
        actual: usize,
    },
    /// Points that coincide, so that a neighbour distance is zero.
    #[error(
        "{count} of {n} points have their k-th neighbour, k = {k}, at distance zero (the first is point {point}): \
         the sample has repeated points, and the density is not bounded there. Remove the repetitions, or use an estimator for discrete or mixed data"
    )]
    Duplicates {
        /// First point concerned.
        point: usize,
        /// Neighbour order.
        k: usize,
        /// Points concerned.
        count: usize,
        /// Points in the sample.
        n: usize,
    },
    /// Neighbours that are not unique, where the estimate depends on which of them is taken.
    #[error(
        "{count} of {n} points have further points at exactly the distance of their k-th neighbour, k = {k} (the first is point {point}): \
         which of them counts as the neighbour would be decided by the order of the points. Use a method that reads distances only, \
         or ties=count where the lowest index may decide"
    )]
    TiedNeighbours {
        /// First point concerned.
        point: usize,
        /// Neighbour order.
        k: usize,
        /// Points concerned.
        count: usize,
        /// Points in the sample.
        n: usize,
    },
    /// Points whose law has no density, though their covariance may have an inverse.
    #[error("the points have no density: {why}")]
    NoDensity {
        /// What shows it.
        why: String,
    },
    /// A covariance that is singular to working precision.
    #[error(
        "the {dim} x {dim} covariance is singular: coordinate {coordinate} (counted from 0) has {} of its variance left once the \
         coordinates before it are known. Remove constant or linearly dependent coordinates",
        left(*residual, *tolerance)
    )]
    SingularCovariance {
        /// Size of the matrix.
        dim: usize,
        /// Coordinate at which the factorisation failed.
        coordinate: usize,
        /// Unexplained share of its variance.
        residual: f64,
        /// Smallest share accepted.
        tolerance: f64,
    },
    /// A variance so small that doubles cannot hold its digits.
    #[error(
        "the variance of coordinate {coordinate} (counted from 0) is {variance:e}, where doubles lose their digits \
         (below {:e}). Measure this coordinate in a smaller unit",
        f64::MIN_POSITIVE
    )]
    TinyVariance {
        /// Index of the coordinate.
        coordinate: usize,
        /// Its variance.
        variance: f64,
    },
    /// Two samples that determine each other linearly, so that the information is infinite.
    #[error("canonical correlation {index} is {correlation}: the Gaussian information is infinite")]
    PerfectDependence {
        /// Index of the canonical correlation, largest first.
        index: usize,
        /// Its value.
        correlation: f64,
    },
    /// Points with next to no spread, of which no number that does not see the scale is given.
    #[error(
        "{what} has collapsed: its standard deviation {std} is below {least}, and no number that does not see the scale is given of it"
    )]
    Collapsed {
        /// What has collapsed.
        what: &'static str,
        /// Root of the mean variance of its coordinates.
        std: f64,
        /// The least at which such numbers are given.
        least: f64,
    },
    /// A point that has no direction.
    #[error("point {point} of {what} (counted from 0) is the zero vector: it has no direction")]
    ZeroVector {
        /// Which points.
        what: &'static str,
        /// Index of the point.
        point: usize,
    },
    /// A matrix that had to be symmetric and positive definite.
    #[error("the {dim} x {dim} matrix is not symmetric and positive definite: {reason}")]
    NotPositiveDefinite {
        /// Size of the matrix.
        dim: usize,
        /// What was found, with its numbers.
        reason: String,
    },
    /// An iterative factorisation that did not converge.
    #[error("the {what} of a {rows} x {columns} matrix did not converge")]
    NoConvergence {
        /// Which factorisation.
        what: &'static str,
        /// Rows of the matrix.
        rows: usize,
        /// Columns of the matrix.
        columns: usize,
    },
    /// A parameter outside its range.
    #[error("{name} = {value}: {requirement}")]
    InvalidParameter {
        /// Name of the parameter.
        name: String,
        /// Value given.
        value: String,
        /// What it has to be.
        requirement: String,
    },
    /// A name that stands for nothing here.
    #[error("unknown {kind} '{name}'; known: {known}")]
    UnknownName {
        /// What was looked for.
        kind: &'static str,
        /// Name given.
        name: String,
        /// Names that exist.
        known: String,
    },
    /// A computation that ended in a number that is not finite.
    #[error("{what} is {value}; a result must be finite")]
    NonFiniteResult {
        /// What was computed.
        what: String,
        /// The number as text.
        value: String,
    },
    /// A step of a training run whose numbers left their range.
    #[error(
        "step {step} of the training (counted from 0, learning rate {rate}) failed: {cause}. The last loss was \
         {before}; if losses have grown, take a smaller rate or a longer warm-up"
    )]
    FailedStep {
        /// The step, counted from 0.
        step: u64,
        /// Its learning rate.
        rate: f64,
        /// What went wrong in it.
        cause: Box<Self>,
        /// The last loss as text; "none" in the first step.
        before: String,
    },
    /// The operating system refused a file.
    #[error("{path}: {message}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// A file whose content is not what its name promises.
    #[error("{path}: expected {expected}, found {found}", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What a correct file holds.
        expected: String,
        /// What this one holds.
        found: String,
    },
}

impl Error {
    /// Rejects a parameter, with the requirement it misses.
    pub fn invalid(
        name: impl Into<String>,
        value: impl ToString,
        requirement: impl Into<String>,
    ) -> Self {
        Self::InvalidParameter {
            name: name.into(),
            value: value.to_string(),
            requirement: requirement.into(),
        }
    }

    /// Reports what the operating system said about a file.
    pub fn file(path: &Path, error: &std::io::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            message: error.to_string(),
        }
    }

    /// Reports content that is not what a file of this name should hold.
    pub fn format(path: &Path, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Format {
            path: path.to_owned(),
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// The variant's name, as JSON output prints it under `kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "Empty",
            Self::NonFinite { .. } => "NonFinite",
            Self::Mismatch { .. } => "Mismatch",
            Self::TooFewPoints { .. } => "TooFewPoints",
            Self::Duplicates { .. } => "Duplicates",
            Self::TiedNeighbours { .. } => "TiedNeighbours",
            Self::NoDensity { .. } => "NoDensity",
            Self::SingularCovariance { .. } => "SingularCovariance",
            Self::TinyVariance { .. } => "TinyVariance",
            Self::PerfectDependence { .. } => "PerfectDependence",
            Self::ZeroVector { .. } => "ZeroVector",
            Self::Collapsed { .. } => "Collapsed",
            Self::NotPositiveDefinite { .. } => "NotPositiveDefinite",
            Self::NoConvergence { .. } => "NoConvergence",
            Self::InvalidParameter { .. } => "InvalidParameter",
            Self::UnknownName { .. } => "UnknownName",
            Self::NonFiniteResult { .. } => "NonFiniteResult",
            Self::FailedStep { .. } => "FailedStep",
            Self::File { .. } => "File",
            Self::Format { .. } => "Format",
        }
    }
}

/// The share of a variance that is left, where it is too little.
fn left(residual: f64, tolerance: f64) -> String {
    if residual > 0.0 {
        format!("the share {residual:e}, below {tolerance:e},")
    } else {
        "nothing".to_owned()
    }
}

/// Passes a finite number on and turns any other into [`Error::NonFiniteResult`].
///
/// # Errors
/// [`Error::NonFiniteResult`] when `value` is NaN or infinite.
pub fn finite(what: impl Into<String>, value: f64) -> Result<f64, Error> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Error::NonFiniteResult {
            what: what.into(),
            value: value.to_string(),
        })
    }
}
