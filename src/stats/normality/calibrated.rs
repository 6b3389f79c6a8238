use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use super::{NormalityTest, Outcome, Tail};
use crate::error::Error;
use crate::sample::Sample;
use crate::seed::Seed;

/// A test with the p-value of a Monte-Carlo null law in place of its own.
///
/// Draws `R` samples of `n` points from `N(0, I)` in `R^d`; with `t` the statistic and `t_r` that of draw `r`,
/// `p = (1 + #{r : t_r >= t}) / (R + 1)`; for a test that rejects on both sides, twice the smaller of this and
/// `(1 + #{r : t_r <= t}) / (R + 1)`, at most 1. Since the law of the statistic does not depend on mean and covariance, `p <= a` has
/// probability at most `a` for Gaussian points, for every `n`, `d` and `R`, over the draws of both: exact, where the
/// approximations of the publications hold for large `n` and small `d`.
/// For one set of draws the rate of rejection at level `a` still varies, with standard deviation
/// `sqrt(a (1-a) / (R+2))`: 0.007 for `a = 0.05` and `R = 999`.
///
/// The draws are made once and serve every sample of this size. `p` is never below [`NormalityTest::resolution`],
/// `1/(R+1)`, or `2/(R+1)` on both sides. Cost: `R` statistics, on all threads; then `O(log R)` beside the test itself.
///
/// # Source
/// Barnard 1963; Phipson & Smyth 2010 for the observation that counts as one of the draws.
pub struct Calibrated<'a> {
    test: &'a dyn NormalityTest,
    n: usize,
    dim: usize,
    null: Vec<f64>,
}

impl<'a> Calibrated<'a> {
    /// Draws the null law of the test for `n` points in `R^dim`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] without replicates, and for a test whose law depends on more than `n` and `d`
    /// ([`NormalityTest::pivotal`]); [`Error::Empty`] without points or coordinates; the first error of the test.
    pub fn new(
        test: &'a dyn NormalityTest,
        n: usize,
        dim: usize,
        replicates: usize,
        seed: Seed,
    ) -> Result<Self, Error> {
        if replicates == 0 {
            return Err(Error::invalid("replicates", replicates, "at least 1"));
        }
        if !test.pivotal() {
            return Err(Error::invalid(
                "test",
                test.name(),
                "one whose statistic has the same law for every Gaussian sample of n points in R^d: standardise the points",
            ));
        }
        let seed = seed.child("null");
        let draw = |replicate: usize| {
            let mut rng = seed.child(replicate).rng();
            Sample::new(DMatrix::from_fn(dim, n, |_, _| rng.sample(StandardNormal)))
        };
        let statistics: Vec<Result<f64, Error>> = (0..replicates)
            .into_par_iter()
            .map(|replicate| Ok(test.test(&draw(replicate)?)?.statistic))
            .collect();
        // Gathered first: which error comes first must not depend on the threads.
        let mut null = statistics
            .into_iter()
            .collect::<Result<Vec<f64>, Error>>()?;
        null.sort_unstable_by(f64::total_cmp);
        Ok(Self { test, n, dim, null })
    }

    /// The statistics of the draws, ascending.
    pub fn null(&self) -> &[f64] {
        &self.null
    }

    /// The p-value of a statistic.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for NaN.
    pub fn p_value(&self, statistic: f64) -> Result<f64, Error> {
        if statistic.is_nan() {
            return Err(Error::invalid("statistic", statistic, "a number"));
        }
        let total = (self.null.len() + 1) as f64;
        let at_least = self.null.len() - self.null.partition_point(|&t| t < statistic);
        let upper = (1 + at_least) as f64 / total;
        Ok(match self.test.tail() {
            Tail::Upper => upper,
            Tail::Both => {
                let at_most = self.null.partition_point(|&t| t <= statistic);
                let lower = (1 + at_most) as f64 / total;
                (2.0 * upper.min(lower)).min(1.0)
            }
        })
    }
}

impl NormalityTest for Calibrated<'_> {
    fn name(&self) -> String {
        format!(
            "calibrated(test={},replicates={})",
            self.test.name(),
            self.null.len()
        )
    }

    fn tail(&self) -> Tail {
        self.test.tail()
    }

    fn resolution(&self) -> f64 {
        let total = (self.null.len() + 1) as f64;
        match self.test.tail() {
            Tail::Upper => 1.0 / total,
            Tail::Both => (2.0 / total).min(1.0),
        }
    }

    /// The statistic of the test with its calibrated p-value.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for a sample of another size or dimension than the draws; those of the test.
    fn test(&self, sample: &Sample) -> Result<Outcome, Error> {
        for (what, expected, actual) in [
            ("points of a calibrated test", self.n, sample.n()),
            ("coordinates of a calibrated test", self.dim, sample.dim()),
        ] {
            if expected != actual {
                return Err(Error::Mismatch {
                    what,
                    expected,
                    actual,
                });
            }
        }
        let statistic = self.test.test(sample)?.statistic;
        Ok(Outcome {
            statistic,
            p_value: self.p_value(statistic)?,
        })
    }
}
