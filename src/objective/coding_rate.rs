use super::unit::Units;
use super::{ENTROPIES, Entry, Evaluation, Objective, OfView, POSITIVE, positive, regularised};
use crate::error::Error;
use crate::parameters::Parameters;
use crate::sample::{Paired, Sample};

/// The total coding rate of the views, with a minus sign.
///
/// `-(R(Z) + R(Z')) / 2`, `R(Z) = (1/2) ln det(I + d / (n epsilon^2) U U^T)`, `U` the points scaled to
/// length 1, not centred: about the nats a point takes when it is coded up to a distance `epsilon`.
///
/// Takes `n >= 1` points in each view. Cost `O(n d min(n, d) + min(n, d)^3)`.
///
/// # Errors
/// [`Error::ZeroVector`]; [`Error::SingularCovariance`] when `epsilon` is so small that the identity
/// vanishes.
///
/// # Source
/// Yu, Chan, You, Song & Ma 2020, eq. 1; as an objective Tong, Chen, Ma & LeCun 2023.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CodingRate {
    epsilon: f64,
}

impl CodingRate {
    /// Chooses the distance up to which points are coded.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless it is positive and finite.
    pub fn new(epsilon: f64) -> Result<Self, Error> {
        Ok(Self {
            epsilon: positive("epsilon", epsilon)?,
        })
    }

    /// `R` of one view.
    ///
    /// # Errors
    /// As the objective.
    pub fn rate(&self, view: &Sample) -> Result<OfView, Error> {
        let units = Units::new("a view", view)?;
        let scale = view.dim() as f64 / (view.n() as f64 * self.epsilon * self.epsilon);
        let log_det = regularised::log_det(units.matrix(), scale)?;
        Ok(OfView {
            value: 0.5 * log_det.value,
            gradient: units.pull(log_det.gradient * 0.5),
        })
    }
}

impl Objective for CodingRate {
    fn name(&self) -> String {
        format!("{}(epsilon={})", ENTRY.id, self.epsilon)
    }

    fn evaluate(&self, views: &Paired) -> Result<Evaluation, Error> {
        super::of_each_view((ENTRY.id, &self.name()), views, ENTROPIES, -1.0, |view| {
            self.rate(view)
        })
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "coding_rate",
    summary: "minus the total coding rate of the unit points, mean over the views",
    parameters: &[("epsilon", "0.5")],
    build,
    defaults: &["coding_rate(epsilon=0.5)"],
};

fn build(parameters: &Parameters) -> Result<Box<dyn Objective>, Error> {
    Ok(Box::new(CodingRate::new(
        parameters.value("epsilon", POSITIVE)?,
    )?))
}
