use rayon::prelude::*;

use super::NormalityTest;
use crate::error::Error;
use crate::sample::Sample;
use crate::seed::Seed;
use crate::stats::{Interval, clopper_pearson};

/// How often a test rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Power {
    /// Samples with a p-value at or below the level.
    pub rejections: u64,
    /// Samples tested.
    pub replicates: u64,
}

impl Power {
    /// Share of the samples that were rejected.
    pub fn rate(&self) -> f64 {
        self.rejections as f64 / self.replicates as f64
    }

    /// Clopper-Pearson interval for the probability of rejection.
    ///
    /// # Errors
    /// As [`clopper_pearson`].
    pub fn interval(&self, confidence: f64) -> Result<Interval, Error> {
        clopper_pearson(self.rejections, self.replicates, confidence)
    }
}

/// Rate at which a test rejects samples of `n` points from an alternative: its power there, or its size where
/// the alternative is Gaussian.
///
/// The alternative draws a sample of so many points from a seed. Replicate `r` has the seed `seed / "power" / r`: two tests
/// at the same seed see the same samples. Cost: `replicates` draws and tests, on all threads; the result does not depend on
/// their number.
///
/// # Errors
/// [`Error::InvalidParameter`] without replicates, for a level outside `(0, 1)`, and for one below the
/// [`resolution`](NormalityTest::resolution) of the test, at which it could not reject whatever the sample; the first error of the
/// alternative or the test.
pub fn power(
    test: &dyn NormalityTest,
    alternative: impl Fn(usize, Seed) -> Result<Sample, Error> + Sync,
    n: usize,
    replicates: usize,
    level: f64,
    seed: Seed,
) -> Result<Power, Error> {
    if replicates == 0 {
        return Err(Error::invalid("replicates", replicates, "at least 1"));
    }
    if !(level > 0.0 && level < 1.0) {
        return Err(Error::invalid("level", level, "above 0 and below 1"));
    }
    let resolution = test.resolution();
    if level < resolution {
        return Err(Error::invalid(
            "level",
            level,
            format!(
                "at least {resolution}, the smallest p-value of {}",
                test.name()
            ),
        ));
    }
    let seed = seed.child("power");
    let rejected: Vec<Result<bool, Error>> = (0..replicates)
        .into_par_iter()
        .map(|r| Ok(test.test(&alternative(n, seed.child(r))?)?.p_value <= level))
        .collect();
    // Gathered first: which error comes first must not depend on the threads.
    let rejected = rejected.into_iter().collect::<Result<Vec<bool>, Error>>()?;
    Ok(Power {
        rejections: rejected.iter().filter(|&&rejected| rejected).count() as u64,
        replicates: replicates as u64,
    })
}
