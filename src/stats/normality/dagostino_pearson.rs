use super::{
    Entry, Moments, NormalityTest, Outcome, Tail, Univariate, enough, kurtosis, line, outcome,
    skewness,
};
use crate::error::Error;
use crate::sample::Sample;

/// D'Agostino and Pearson's omnibus test.
///
/// `K^2 = Z_s^2 + Z_k^2` of [`Skewness`](super::Skewness) and [`Kurtosis`](super::Kurtosis); for Gaussian points nearly chi-square with two
/// degrees of freedom, so that `p = exp(-K^2 / 2)`.
///
/// Takes `n >= 8` numbers. The sum is not exactly chi-square: at level 0.05 Gaussian points are rejected with
/// probability 0.062 for `n = 8`, 0.059 for 10 and 0.051 for 1000, at 0.01 with 0.025, 0.024 and 0.012, and below
/// `n = 20` the kurtosis is outside the range of its approximation; [`Calibrated`](super::Calibrated) keeps the size.
/// Cost `O(n)`, nothing is allocated.
/// Blind to laws with the third and fourth moment of the Gaussian, and, coordinate by coordinate, to everything
/// joint. For the coordinates of a [`Sample`] take the columns of `sample.matrix().transpose()`.
///
/// # Errors
/// [`Error::TooFewPoints`], [`Error::NonFinite`], [`Error::SingularCovariance`] for constant numbers,
/// [`Error::NonFiniteResult`] as [`Kurtosis`](super::Kurtosis).
///
/// # Source
/// D'Agostino & Pearson 1973; D'Agostino, Belanger & D'Agostino 1990.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DagostinoPearson;

/// The parts of [`DagostinoPearson`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Omnibus {
    /// `Z_s`, the statistic of [`Skewness`](super::Skewness).
    pub skewness: f64,
    /// `Z_k`, the statistic of [`Kurtosis`](super::Kurtosis).
    pub kurtosis: f64,
    /// `K^2`.
    pub statistic: f64,
    /// The p-value.
    pub p_value: f64,
    /// `K^2 / n`: how far the law is from the moments of the Gaussian, where `K^2` says how surely it is. Its mean
    /// is about `2 / n` for Gaussian points; it converges otherwise.
    pub effect_size: f64,
}

impl DagostinoPearson {
    /// Tests numbers of which the moments are known.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`], [`Error::NonFiniteResult`].
    pub fn of(moments: &Moments) -> Result<Omnibus, Error> {
        enough(ENTRY.id, FEWEST, moments.n())?;
        let (skewness, kurtosis) = (skewness::score(moments)?, kurtosis::score(moments)?);
        let statistic = skewness * skewness + kurtosis * kurtosis;
        let Outcome { statistic, p_value } =
            outcome(ENTRY.id, statistic, (-statistic / 2.0).exp())?;
        Ok(Omnibus {
            skewness,
            kurtosis,
            statistic,
            p_value,
            effect_size: statistic / moments.n() as f64,
        })
    }
}

const FEWEST: usize = 8;

impl NormalityTest for DagostinoPearson {
    fn name(&self) -> String {
        ENTRY.id.to_owned()
    }

    fn tail(&self) -> Tail {
        Tail::Upper
    }

    fn test(&self, sample: &Sample) -> Result<Outcome, Error> {
        self.test_values(line(sample)?)
    }
}

impl Univariate for DagostinoPearson {
    fn test_values(&self, values: &[f64]) -> Result<Outcome, Error> {
        enough(ENTRY.id, FEWEST, values.len())?;
        let Omnibus {
            statistic, p_value, ..
        } = Self::of(&Moments::new(values)?)?;
        Ok(Outcome { statistic, p_value })
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "dagostino_pearson",
    summary: "D'Agostino and Pearson's K^2 of third and fourth moment, in one dimension",
    parameters: &[],
    build: |_| Ok(Box::new(DagostinoPearson)),
    defaults: &[],
};
