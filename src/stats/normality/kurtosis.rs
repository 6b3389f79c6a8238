use super::tail::two_sided_normal;
use super::{Entry, Moments, NormalityTest, Outcome, Tail, Univariate, enough, line, outcome};
use crate::error::{Error, finite};
use crate::sample::Sample;

/// Anscombe and Glynn's test of kurtosis.
///
/// `Z = (1 - 2/(9a) - ((1 - 2/a) / (1 + x sqrt(2/(a-4))))^(1/3)) / sqrt(2/(9a))`, where
/// `x = (b - 3(n-1)/(n+1)) / sqrt(24n(n-2)(n-3) / ((n+1)^2(n+3)(n+5)))` is the kurtosis `b`
/// ([`Moments::kurtosis`]) less its mean over its standard deviation for Gaussian points,
/// `a = 6 + (8/s)(2/s + sqrt(1 + 4/s^2))`, and
/// `s = 6(n^2-5n+2) / ((n+7)(n+9)) sqrt(6(n+3)(n+5) / (n(n-2)(n-3)))` its skewness for Gaussian points.
/// There `Z` is nearly `N(0, 1)`; the p-value is two-sided.
///
/// Takes `n >= 5` numbers; the approximation was made for `n >= 20`, and below that the size is not kept. Cost
/// `O(n)`, nothing is allocated. Blind to every law with the kurtosis of the Gaussian, whatever its skewness.
/// Where the denominator under the root is negative, which takes a kurtosis near 1 and many points, the
/// formula gives a large positive `Z` for a small kurtosis: its size and the p-value are right, its sign is not.
///
/// # Errors
/// [`Error::TooFewPoints`], [`Error::NonFinite`], [`Error::SingularCovariance`] for constant numbers,
/// [`Error::NonFiniteResult`] where that denominator is 0.
///
/// # Source
/// Anscombe & Glynn 1983.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kurtosis;

impl Kurtosis {
    /// Tests numbers of which the moments are known.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`], [`Error::NonFiniteResult`].
    pub fn of(moments: &Moments) -> Result<Outcome, Error> {
        let z = score(moments)?;
        outcome(ENTRY.id, z, two_sided_normal(z))
    }
}

/// `Z`.
pub(super) fn score(moments: &Moments) -> Result<f64, Error> {
    enough(ENTRY.id, FEWEST, moments.n())?;
    let n = moments.n() as f64;
    let mean = 3.0 * (n - 1.0) / (n + 1.0);
    let variance =
        24.0 * n * (n - 2.0) * (n - 3.0) / ((n + 1.0) * (n + 1.0) * (n + 3.0) * (n + 5.0));
    let x = (moments.kurtosis() - mean) / variance.sqrt();
    let s = 6.0 * (n * n - 5.0 * n + 2.0) / ((n + 7.0) * (n + 9.0))
        * (6.0 * (n + 3.0) * (n + 5.0) / (n * (n - 2.0) * (n - 3.0))).sqrt();
    let a = 6.0 + 8.0 / s * (2.0 / s + (1.0 + 4.0 / (s * s)).sqrt());
    let root = ((1.0 - 2.0 / a) / (1.0 + x * (2.0 / (a - 4.0)).sqrt())).cbrt();
    let z = (1.0 - 2.0 / (9.0 * a) - root) / (2.0 / (9.0 * a)).sqrt();
    finite(format!("the statistic of {}", ENTRY.id), z)
}

const FEWEST: usize = 5;

impl NormalityTest for Kurtosis {
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

impl Univariate for Kurtosis {
    fn test_values(&self, values: &[f64]) -> Result<Outcome, Error> {
        enough(ENTRY.id, FEWEST, values.len())?;
        Self::of(&Moments::new(values)?)
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "kurtosis",
    summary: "Anscombe and Glynn's test of the fourth moment, in one dimension",
    parameters: &[],
    build: |_| Ok(Box::new(Kurtosis)),
};
