use nalgebra::DMatrix;
use rand::RngExt;
use rayon::prelude::*;

use crate::bound::radius::not_negative;
use crate::bound::spend::probability;
use crate::error::{Error, finite};
use crate::seed::Seed;
use crate::stats::Summary;

/// Over which signs a complexity is averaged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Signs {
    /// All of them, for at most 20: the average is exact.
    All,
    /// Independent draws.
    Drawn {
        /// How many, 2 at least.
        draws: usize,
        /// Their stream.
        seed: Seed,
    },
}

/// Most signs of which all combinations are taken.
const MOST: usize = 20;

/// Numbers of one task.
const TASK: usize = 1 << 22;

/// A complexity of given points, averaged over signs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawn {
    /// The average.
    pub mean: f64,
    /// Its standard error; 0 when it is over all signs.
    pub std_error: f64,
    /// Draws; `None` when it is over all signs.
    pub draws: Option<usize>,
    /// `sigma` with `P(E > mean + sigma sqrt(2 ln(1/d)/draws)) <= d`: half the root of the sum of squares by which
    /// single signs can change the supremum.
    pub deviation: f64,
}

impl Drawn {
    /// The same complexity of functions that are `factor` times as large, or that arise by a contraction of
    /// that factor.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a factor that is negative or not finite.
    pub fn scaled(self, factor: f64) -> Result<Self, Error> {
        not_negative("factor", factor)?;
        Ok(Self {
            mean: self.mean * factor,
            std_error: self.std_error * factor,
            deviation: self.deviation * factor,
            ..self
        })
    }

    /// An upper bound on the complexity of these points that fails with probability at most `delta` over the
    /// draws: `mean + sigma sqrt(2 ln(1/delta)/draws)`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a `delta` outside `(0, 1)`.
    ///
    /// # Source
    /// McDiarmid 1989.
    pub fn upper(&self, delta: f64) -> Result<f64, Error> {
        probability("delta", delta)?;
        Ok(match self.draws {
            None => self.mean,
            Some(draws) => self.mean + self.deviation * (-2.0 * delta.ln() / draws as f64).sqrt(),
        })
    }

    /// An upper bound on the expected complexity that fails with probability at most `delta` over the points and
    /// the draws: [`upper`](Self::upper)` + range sqrt(ln(1/d)/2)`, `d` being `delta`, or half of it for either
    /// where signs were drawn. `range` is the largest difference of two values of a function of the family.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a `delta` outside `(0, 1)` or a range that is negative or not finite.
    ///
    /// # Source
    /// Bartlett & Mendelson 2002, theorem 11, with McDiarmid's constant.
    pub fn expected(&self, range: f64, delta: f64) -> Result<f64, Error> {
        probability("delta", delta)?;
        not_negative("range", range)?;
        let each = if self.draws.is_some() {
            delta / 2.0
        } else {
            delta
        };
        Ok(self.upper(each)? + range * (-each.ln() / 2.0).sqrt())
    }
}

impl Signs {
    /// Averages a statistic of `points x vectors` signs.
    ///
    /// The statistic takes the signs of several draws side by side, `points x (vectors draws)`, and gives a number
    /// for each. The signs of a draw depend on its number and the shape alone.
    pub(super) fn average(
        self,
        points: usize,
        vectors: usize,
        deviation: f64,
        statistic: impl Fn(&DMatrix<f64>) -> Vec<f64> + Sync,
    ) -> Result<Drawn, Error> {
        let count = points * vectors;
        let draws = match self {
            Self::All if count > MOST => {
                return Err(Error::invalid(
                    "signs",
                    count,
                    format!("at most {MOST} where all combinations are taken; draw them instead"),
                ));
            }
            Self::All => 1 << count,
            Self::Drawn { draws, .. } if draws < 2 => {
                return Err(Error::TooFewPoints {
                    method: "an average over signs",
                    required: 2,
                    actual: draws,
                });
            }
            Self::Drawn { draws, .. } => draws,
        };
        let width = (TASK / count).clamp(1, 64);
        let blocks: Vec<Vec<f64>> = (0..draws.div_ceil(width))
            .into_par_iter()
            .map(|block| {
                let from = block * width;
                let to = draws.min(from + width);
                let mut signs = DMatrix::zeros(points, vectors * (to - from));
                let columns = signs.as_mut_slice().chunks_exact_mut(count);
                for (draw, column) in (from..to).zip(columns) {
                    self.fill(draw, column);
                }
                statistic(&signs)
            })
            .collect();
        let values: Vec<f64> = blocks.into_iter().flatten().collect();
        for value in &values {
            finite("a supremum over signs", *value)?;
        }
        finite("the deviation of a complexity", deviation)?;
        match self {
            Self::All => Ok(Drawn {
                mean: values.iter().sum::<f64>() / draws as f64,
                std_error: 0.0,
                draws: None,
                deviation,
            }),
            Self::Drawn { .. } => {
                let summary = Summary::new(&values)?;
                Ok(Drawn {
                    mean: summary.mean,
                    std_error: summary.std_error,
                    draws: Some(draws),
                    deviation,
                })
            }
        }
    }

    fn fill(self, draw: usize, signs: &mut [f64]) {
        let put = |bits: u64, signs: &mut [f64]| {
            for (bit, sign) in signs.iter_mut().enumerate() {
                *sign = if bits >> bit & 1 == 1 { 1.0 } else { -1.0 };
            }
        };
        match self {
            Self::All => put(draw as u64, signs),
            Self::Drawn { seed, .. } => {
                let mut rng = seed.child(draw).rng();
                for word in signs.chunks_mut(64) {
                    put(rng.random(), word);
                }
            }
        }
    }
}
