use super::rankme::few_points;
use super::spectrum::covariance_shares;
use super::{Diagnostic, Entry};
use crate::error::{Error, finite};
use crate::parameters::Parameters;
use crate::sample::Sample;

/// Exponent of the power law that the spectrum of the covariance follows.
///
/// The slope `alpha` of `ln l_j = c - alpha ln j`, `l_j` the eigenvalues of the covariance, largest first, `j` from `first` to
/// `last` (to the last positive one where `last` is 0), by least squares with the weights `1/j`: every factor of `j` counts alike. Large where
/// few directions carry the variance, 0 for a flat spectrum.
///
/// Takes `n > 1` points in `R^d` with at least two positive eigenvalues in the range; a pure number, the same in any units and
/// after any rotation. Cost `O(n d min(n, d))`.
///
/// # Errors
/// [`Error::SingularCovariance`] when all points coincide; [`Error::InvalidParameter`] when the range holds fewer than two
/// positive eigenvalues or goes beyond the last of them.
///
/// # Source
/// Agrawal, Mondal, Ghosh & Richards 2022 (alpha-ReQ), with the weights of Stringer et al. 2019.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlphaReq {
    first: usize,
    last: usize,
}

impl AlphaReq {
    /// Chooses the range of the fit, counted from 1; 0 as the last for all positive eigenvalues.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a first of 0, or a last that is neither 0 nor above the first.
    pub fn new(first: usize, last: usize) -> Result<Self, Error> {
        if first == 0 {
            return Err(Error::invalid("first", first, FIRST));
        }
        if last != 0 && last <= first {
            return Err(Error::invalid("last", last, LAST));
        }
        Ok(Self { first, last })
    }

    /// The same of the shares of a spectrum that is there: [`covariance_shares`](super::covariance_shares).
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] when the range holds fewer than two positive shares or goes beyond the last of them.
    pub(crate) fn of_shares(&self, shares: &[f64]) -> Result<f64, Error> {
        let positive = shares.iter().take_while(|share| **share > 0.0).count();
        let last = if self.last == 0 { positive } else { self.last };
        if last > positive || last <= self.first {
            return Err(Error::invalid(
                "last",
                last,
                format!(
                    "the fit begins at {} and needs two eigenvalues at least; {positive} are positive",
                    self.first
                ),
            ));
        }
        let points =
            (self.first..=last).map(|j| (1.0 / j as f64, (j as f64).ln(), shares[j - 1].ln()));
        let (mut weight, mut x, mut y) = (0.0, 0.0, 0.0);
        for (w, log_index, log_share) in points.clone() {
            weight += w;
            x += w * log_index;
            y += w * log_share;
        }
        let (x, y) = (x / weight, y / weight);
        let (mut cross, mut square) = (0.0, 0.0);
        for (w, log_index, log_share) in points {
            cross += w * (log_index - x) * (log_share - y);
            square += w * (log_index - x).powi(2);
        }
        finite(self.name(), -cross / square)
    }
}

const FIRST: &str = "an index of an eigenvalue, counted from 1";
const LAST: &str = "0, or an index above the first";

impl Diagnostic for AlphaReq {
    fn name(&self) -> String {
        format!("{}(first={},last={})", ENTRY.id, self.first, self.last)
    }

    fn unit(&self) -> &'static str {
        "1"
    }

    fn measure(&self, sample: &Sample) -> Result<f64, Error> {
        self.of_shares(&covariance_shares(sample)?)
    }

    fn warnings(&self, sample: &Sample) -> Vec<String> {
        few_points(sample)
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "alpha_req",
    summary: "exponent of the power law that the spectrum of the covariance follows",
    parameters: &[("first", "1"), ("last", "0")],
    build,
    defaults: &["alpha_req(first=1,last=0)"],
};

fn build(parameters: &Parameters) -> Result<Box<dyn Diagnostic>, Error> {
    let first = parameters.value("first", FIRST)?;
    let last = parameters.value("last", LAST)?;
    Ok(Box::new(AlphaReq::new(first, last)?))
}
