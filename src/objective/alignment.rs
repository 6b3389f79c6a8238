use super::nt_xent::squared_distance;
use super::unit::Units;
use super::{Entry, Evaluation, Objective, Term, common_dim};
use crate::error::Error;
use crate::parameters::Parameters;
use crate::sample::Paired;

/// Alignment: the mean power of the distance of the views on the unit sphere.
///
/// `(1/n) sum_i |u_i - v_i|^alpha`, `u_i` and `v_i` the points scaled to length 1. For `alpha = 2` twice
/// one minus the mean cosine. For equal units and `alpha < 2` the derivative is taken as 0.
///
/// Takes `n >= 1` pairs of the same dimension. Cost `O(n d)`.
///
/// # Errors
/// [`Error::Mismatch`] when the views differ in dimension; [`Error::ZeroVector`].
///
/// # Source
/// Wang & Isola 2020, eq. 4.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alignment {
    alpha: f64,
}

const ALPHA: &str = "a finite number, at least 1";

impl Alignment {
    /// Chooses the power.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless it is finite and at least 1.
    pub fn new(alpha: f64) -> Result<Self, Error> {
        if alpha.is_finite() && alpha >= 1.0 {
            Ok(Self { alpha })
        } else {
            Err(Error::invalid("alpha", alpha, ALPHA))
        }
    }
}

impl Objective for Alignment {
    fn name(&self) -> String {
        format!("{}(alpha={})", ENTRY.id, self.alpha)
    }

    fn evaluate(&self, views: &Paired) -> Result<Evaluation, Error> {
        let dim = common_dim(views)?;
        let n = views.n() as f64;
        let first = Units::new("the first view", &views.x)?;
        let second = Units::new("the second view", &views.y)?;
        let mut slope = first.matrix() - second.matrix();
        let mut sum = 0.0;
        let pairs = first.points().zip(second.points());
        for (difference, (u, v)) in slope.as_mut_slice().chunks_exact_mut(dim).zip(pairs) {
            let distance = squared_distance(u, v).sqrt();
            sum += distance.powf(self.alpha);
            let factor = if distance > 0.0 {
                self.alpha * distance.powf(self.alpha - 2.0) / n
            } else {
                0.0
            };
            difference.iter_mut().for_each(|v| *v *= factor);
        }
        let term = Term {
            of: ENTRY.id,
            name: "alignment",
            weight: 1.0,
            value: sum / n,
        };
        let gradient = [first.pull(slope.clone()), second.pull(-slope)];
        Evaluation::new(&self.name(), vec![term], gradient)
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "alignment",
    summary: "mean power of the distance of the views on the unit sphere",
    parameters: &[("alpha", "2")],
    build,
    defaults: &["alignment(alpha=2)"],
};

fn build(parameters: &Parameters) -> Result<Box<dyn Objective>, Error> {
    Ok(Box::new(Alignment::new(parameters.value("alpha", ALPHA)?)?))
}
