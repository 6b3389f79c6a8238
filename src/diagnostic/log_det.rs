use nalgebra::DMatrix;

use super::spectrum::smaller_covariance;
use super::{Diagnostic, Entry};
use crate::error::{Error, finite};
use crate::linalg::Spd;
use crate::parameters::Parameters;
use crate::sample::Sample;

/// Regularised log-determinant of the covariance.
///
/// `(1/2) ln det(I + beta S)`, `S` the covariance with divisor `n - 1`. For Gaussian points it is
/// the information between a point and the point with noise `N(0, I / beta)` added. At least 0, and 0 for equal
/// points; without bound as the points spread, and it depends on their units.
/// For `d > n` it is computed as `(1/2) ln det(I + beta G)`, `G` the `n x n` products of the
/// centred points over `n - 1`; the two determinants are equal (Sylvester).
///
/// Takes `n > 1` points in `R^d`; returns nats. Cost `O(n d min(n, d) + min(n, d)^3)`.
///
/// # Errors
/// [`Error::TooFewPoints`] for a single point; [`Error::SingularCovariance`] when `beta S` has rank
/// below `d` and is so large that the identity vanishes beside it.
///
/// # Source
/// Ma, Derksen, Hong & Wright 2007; for embeddings Yu, Chan, You, Song & Ma 2020 (coding rate).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogDet {
    beta: f64,
}

impl LogDet {
    /// Chooses the factor of the covariance, in inverse squared units of the points.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless `beta` is positive and finite.
    pub fn new(beta: f64) -> Result<Self, Error> {
        if beta > 0.0 && beta.is_finite() {
            Ok(Self { beta })
        } else {
            Err(Error::invalid("beta", beta, BETA))
        }
    }
}

const BETA: &str = "a positive finite number";

impl Diagnostic for LogDet {
    fn name(&self) -> String {
        format!("{}(beta={})", ENTRY.id, self.beta)
    }

    fn unit(&self) -> &'static str {
        "nats"
    }

    fn measure(&self, sample: &Sample) -> Result<f64, Error> {
        let scaled = smaller_covariance(sample)? * self.beta;
        let size = scaled.nrows();
        let log_det = Spd::new(&(DMatrix::identity(size, size) + scaled))?.log_det();
        finite(self.name(), 0.5 * log_det)
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "log_det",
    summary: "(1/2) ln det(I + beta S) of the covariance S; depends on the units of the points",
    parameters: &[("beta", "1")],
    build,
    defaults: &["log_det(beta=1)"],
};

fn build(parameters: &Parameters) -> Result<Box<dyn Diagnostic>, Error> {
    Ok(Box::new(LogDet::new(parameters.value("beta", BETA)?)?))
}
