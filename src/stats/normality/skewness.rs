use super::tail::two_sided_normal;
use super::{Entry, Moments, NormalityTest, Outcome, Tail, Univariate, enough, line, outcome};
use crate::error::Error;
use crate::sample::Sample;

/// D'Agostino's test of skewness.
///
/// `Z = delta asinh(y / alpha)`, `y = g sqrt((n+1)(n+3) / (6(n-2)))`, `g` the skewness
/// ([`Moments::skewness`]); `beta = 3 (n^2+27n-70)(n+1)(n+3) / ((n-2)(n+5)(n+7)(n+9))`,
/// `w = sqrt(2(beta-1)) - 1` the square of the scale of a Johnson law, `delta = (ln(w)/2)^(-1/2)`,
/// `alpha = sqrt(2/(w-1))`. For Gaussian points `Z` is nearly `N(0, 1)`; the p-value is two-sided.
///
/// Takes `n >= 8` numbers. Cost `O(n)`, nothing is allocated. Blind to every symmetric law.
///
/// # Errors
/// [`Error::TooFewPoints`], [`Error::NonFinite`], [`Error::SingularCovariance`] for constant numbers.
///
/// # Source
/// D'Agostino 1970; in these symbols D'Agostino, Belanger & D'Agostino 1990.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skewness;

impl Skewness {
    /// Tests numbers of which the moments are known.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`].
    pub fn of(moments: &Moments) -> Result<Outcome, Error> {
        let z = score(moments)?;
        outcome(ENTRY.id, z, two_sided_normal(z))
    }
}

/// `Z`.
pub(super) fn score(moments: &Moments) -> Result<f64, Error> {
    enough(ENTRY.id, FEWEST, moments.n())?;
    let n = moments.n() as f64;
    let y = moments.skewness() * ((n + 1.0) * (n + 3.0) / (6.0 * (n - 2.0))).sqrt();
    let beta = 3.0 * (n * n + 27.0 * n - 70.0) * (n + 1.0) * (n + 3.0)
        / ((n - 2.0) * (n + 5.0) * (n + 7.0) * (n + 9.0));
    // Nearly 0 for large n: not by way of a number near 1.
    let excess = (2.0 * (beta - 1.0)).sqrt() - 2.0;
    let delta = (0.5 * excess.ln_1p()).sqrt().recip();
    let alpha = (2.0 / excess).sqrt();
    Ok(delta * (y / alpha).asinh())
}

const FEWEST: usize = 8;

impl NormalityTest for Skewness {
    fn name(&self) -> String {
        ENTRY.id.to_owned()
    }

    fn tail(&self) -> Tail {
        Tail::Both
    }

    fn test(&self, sample: &Sample) -> Result<Outcome, Error> {
        self.test_values(line(sample)?)
    }
}

impl Univariate for Skewness {
    fn test_values(&self, values: &[f64]) -> Result<Outcome, Error> {
        enough(ENTRY.id, FEWEST, values.len())?;
        Self::of(&Moments::new(values)?)
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "skewness",
    summary: "D'Agostino's test of the third moment, in one dimension",
    parameters: &[],
    build: |_| Ok(Box::new(Skewness)),
};
