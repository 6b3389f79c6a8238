use super::centred::Centred;
use super::{ENTROPIES, Entry, Evaluation, Objective, OfView, POSITIVE, positive, regularised};
use crate::error::Error;
use crate::parameters::Parameters;
use crate::sample::{Paired, Sample};

/// The log-determinant entropy of the views, with a minus sign.
///
/// `-(H(Z) + H(Z')) / 2`, `H(Z) = (1/2) ln det(epsilon I + C)`, `C` the covariance with divisor
/// `n - 1`: up to the constant `(d/2) ln(2 pi e)` the entropy of the Gaussian with the covariance of
/// the points after noise `N(0, epsilon I)` was added to them. `epsilon` sets a floor,
/// `(d/2) ln epsilon` for equal points, which is part of every value: compare values of one
/// `epsilon` only. Grows without limit with the spread of the points.
///
/// For `d > n` it is computed from the `n x n` products of the centred points; the value is the
/// same (Sylvester). Derivatives of `H` are `(epsilon I + C)^-1 Z / (n - 1)`, `Z` centred.
///
/// Takes `n > 1` points in each view. Cost `O(n d min(n, d) + min(n, d)^3)`.
///
/// # Errors
/// [`Error::TooFewPoints`] for a single point; [`Error::SingularCovariance`] when `C` has rank
/// below `d` and is so large that `epsilon` vanishes beside it.
///
/// # Source
/// Shwartz-Ziv, Balestriero, Kawaguchi, Rudner & LeCun 2023 (arXiv 2303.00633); for the determinant
/// Sylvester 1851.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogDet {
    epsilon: f64,
}

impl LogDet {
    /// Chooses the variance of the added noise.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless it is positive and finite.
    pub fn new(epsilon: f64) -> Result<Self, Error> {
        Ok(Self {
            epsilon: positive("epsilon", epsilon)?,
        })
    }

    /// `H` of one view.
    ///
    /// # Errors
    /// As the objective.
    pub fn entropy(&self, view: &Sample) -> Result<OfView, Error> {
        let centred = Centred::new(view)?;
        let excess = regularised::log_det(centred.points(), centred.share() / self.epsilon)?;
        Ok(OfView {
            value: 0.5 * (view.dim() as f64 * self.epsilon.ln() + excess.value),
            gradient: excess.gradient * 0.5,
        })
    }
}

impl Objective for LogDet {
    fn name(&self) -> String {
        format!("{}(epsilon={})", ENTRY.id, self.epsilon)
    }

    fn evaluate(&self, views: &Paired) -> Result<Evaluation, Error> {
        super::of_each_view((ENTRY.id, &self.name()), views, ENTROPIES, -1.0, |view| {
            self.entropy(view)
        })
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "log_det",
    summary: "minus (1/2) ln det(epsilon I + covariance), mean over the views",
    parameters: &[("epsilon", "0.01")],
    build,
    defaults: &["log_det(epsilon=0.01)"],
};

fn build(parameters: &Parameters) -> Result<Box<dyn Objective>, Error> {
    Ok(Box::new(LogDet::new(
        parameters.value("epsilon", POSITIVE)?,
    )?))
}
