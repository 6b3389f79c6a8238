use super::unit::Units;
use super::{Entry, Evaluation, Objective, OfView, pairwise, several};
use crate::error::Error;
use crate::kernel;
use crate::parameters::Parameters;
use crate::sample::{Paired, Sample};

/// Uniformity: the logarithm of the mean Gaussian kernel over pairs of points on the unit sphere.
///
/// `ln (1 / (n (n - 1))) sum_{i != j} exp(-t |u_i - u_j|^2)`, `u_i` the points scaled to length 1; mean
/// over the views. The published combination is `alignment() + uniformity()`.
///
/// Takes `n > 1` points in each view. Cost `O(n^2 d)`, memory `8 n^2` bytes: 23170 points at most.
///
/// # Errors
/// [`Error::TooFewPoints`] for a single point; [`Error::ZeroVector`].
///
/// # Source
/// Wang & Isola 2020, eq. 5.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Uniformity {
    t: f64,
}

const T: &str = "a positive number, at most 170: above, the kernel of opposite points vanishes";

impl Uniformity {
    /// Chooses the inverse squared width of the kernel.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless it is positive and at most 170.
    pub fn new(t: f64) -> Result<Self, Error> {
        if t > 0.0 && t <= 170.0 {
            Ok(Self { t })
        } else {
            Err(Error::invalid("t", t, T))
        }
    }

    /// The value of one view.
    ///
    /// # Errors
    /// As the objective.
    pub fn uniformity(&self, view: &Sample) -> Result<OfView, Error> {
        several("a mean over pairs", view)?;
        let n = view.n() as f64;
        let units = Units::new("a view", view)?;
        let points = Sample::new(units.matrix().clone())?;
        let mut kernel = kernel::matrix(&points, (1.0 / self.t).sqrt())?;
        kernel.fill_diagonal(0.0);
        let sum: f64 = pairwise::sums(&kernel).iter().sum();
        let slope = pairwise::pull(units.matrix(), &kernel) * (-4.0 * self.t / sum);
        Ok(OfView {
            value: (sum / (n * (n - 1.0))).ln(),
            gradient: units.pull(slope),
        })
    }
}

impl Objective for Uniformity {
    fn name(&self) -> String {
        format!("{}(t={})", ENTRY.id, self.t)
    }

    fn evaluate(&self, views: &Paired) -> Result<Evaluation, Error> {
        let names = ["uniformity_first", "uniformity_second"];
        super::of_each_view((ENTRY.id, &self.name()), views, names, 1.0, |view| {
            self.uniformity(view)
        })
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "uniformity",
    summary: "log of the mean Gaussian kernel over pairs on the unit sphere, mean over the views",
    parameters: &[("t", "2")],
    build,
    defaults: &["uniformity(t=2)"],
};

fn build(parameters: &Parameters) -> Result<Box<dyn Objective>, Error> {
    Ok(Box::new(Uniformity::new(parameters.value("t", T)?)?))
}
