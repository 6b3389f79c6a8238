use rand::seq::SliceRandom;
use rayon::prelude::*;

use super::{Data, Quantity};
use crate::error::Error;
use crate::seed::Seed;
use crate::stats::{Interval, Summary, student_t_quantile};

/// Standard error of an estimate, from disjoint parts of the data.
///
/// The points are put in random order and cut into `m` blocks of `b = floor(n/m)`. The blocks are
/// independent samples, so the variance `s_b^2` of the estimates over them is, without bias, the
/// variance of the estimate at `b` points. With the variance falling as `1/n`,
///
/// `std_error^2 = (b/n) s_b^2`,
///
/// for halves, `m = 2`, over 48 random orders: the largest blocks have the shortest way to `n`.
/// Quarters and eighths show whether the variance falls as `1/n`: [`Rate::exponent`] is the slope
/// of `-ln s_b^2` over `ln b`, 1 when it does. The *means* over blocks are not used: how the bias
/// changes with the number of points is not known.
///
/// The standard error is about chance alone. It does not contain the bias, which is the larger
/// part of the error in high dimension; see [`Calibration`](super::Calibration).
///
/// Takes independent points (not a time series), [`Subsampling::REQUIRED`] or more. Cost: 71
/// estimates on all points for a method of linear cost, 29 for one of quadratic cost.
///
/// For estimates that are nearly a mean over the points, as those by nearest neighbours, the
/// standard error is known to about 10 % (48 degrees of freedom). Where the
/// variance does not fall as `1/n` between half of the points and all, it is off:
///
/// * too small by some 5 to 10 % for KSG at a few hundred pairs, more in high dimension
///   and for large `k`: the exponent is below 1, though often not by more than its own error;
/// * too large by up to `sqrt(2)` where the leading term of the error vanishes, as for the
///   Gaussian information of independent halves (variance as `1/n^2`), and for few more points than
///   coordinates: the exponent is above 1;
/// * meaningless where the estimate has no variance, as for the Gaussian entropy of a law
///   without fourth moments; too small, by some 15 % at a few hundred points, for tails that are
///   nearly as heavy.
///
/// Why not the bootstrap: it draws with replacement, so that about a quarter of the points occur
/// more than once; their nearest neighbours are at distance zero, and the entropy estimate is
/// minus infinity.
///
/// # Source
/// Politis, Romano & Wolf 1999, chapters 2 and 3; for nearest-neighbour information Holmes &
/// Nemenman 2019, section III.
#[derive(Debug, Clone, PartialEq)]
pub struct Subsampling {
    /// Standard error of the estimate on all points.
    pub std_error: f64,
    /// Degrees of freedom of the standard error, one for each order of the halves.
    pub degrees: usize,
    /// The sizes of blocks, largest first.
    pub levels: Vec<Level>,
    /// How the variance falls with the number of points; `None` when the blocks of one size all
    /// gave the same value.
    pub rate: Option<Rate>,
}

/// Blocks of one size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// Points in a block.
    pub size: usize,
    /// Blocks that the points were cut into.
    pub blocks: usize,
    /// Random orders of the points.
    pub orders: usize,
    /// Standard deviation of the estimates over blocks, pooled over the orders.
    pub std_dev: f64,
}

/// How fast a variance falls: as `n^-exponent`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// The exponent, 1 for a variance in proportion to `1/n`.
    pub exponent: f64,
    /// Its standard error, that of three variances with their degrees of freedom.
    pub std_error: f64,
}

/// Blocks and orders: about as many degrees of freedom, `(blocks - 1) orders`, for each size.
const DESIGN: [(usize, usize); 3] = [(2, 48), (4, 16), (8, 7)];

/// Points in the smallest block: with fewer, variances are far from falling as `1/n`.
const SMALLEST: usize = 16;

impl Subsampling {
    /// Fewest points that are taken; an estimator may need more.
    pub const REQUIRED: usize = SMALLEST * DESIGN[DESIGN.len() - 1].0;

    /// Estimates that one standard error takes.
    pub fn estimates() -> usize {
        DESIGN.iter().map(|(blocks, orders)| blocks * orders).sum()
    }

    /// Measures the spread of an estimate.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] below [`Subsampling::REQUIRED`] points, or so few that a block has
    /// too few for the estimator; the first error of the estimator on a block.
    pub fn new<Q>(quantity: &Q, data: &Q::Data, seed: Seed) -> Result<Self, Error>
    where
        Q: Quantity + ?Sized,
    {
        let n = data.n();
        if n < Self::REQUIRED {
            return Err(too_few(Self::REQUIRED, n));
        }
        let seed = seed.child("subsampling");
        // Smallest blocks first: what is too small for the estimator is named by what all need.
        let mut levels = (DESIGN.iter().rev())
            .map(|&(blocks, orders)| level(quantity, data, blocks, orders, seed.child(blocks)))
            .collect::<Result<Vec<Level>, Error>>()?;
        levels.reverse();
        let halves = levels[0];
        Ok(Self {
            std_error: halves.std_dev * (halves.size as f64 / n as f64).sqrt(),
            degrees: halves.degrees(),
            rate: rate(&levels),
            levels,
        })
    }

    /// Interval around an estimate that covers the estimator's mean with this confidence:
    /// `value ± t std_error`, `t` the quantile of Student's law with [`Subsampling::degrees`].
    ///
    /// It covers the truth as often only where the bias is small against the standard error.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a confidence outside `(0, 1)`.
    pub fn interval(&self, value: f64, confidence: f64) -> Result<Interval, Error> {
        if !(confidence > 0.0 && confidence < 1.0) {
            return Err(Error::invalid(
                "confidence",
                confidence,
                "above 0 and below 1",
            ));
        }
        let t = student_t_quantile(0.5 + confidence / 2.0, self.degrees as f64)?;
        Ok(Interval {
            lower: value - t * self.std_error,
            upper: value + t * self.std_error,
        })
    }

    /// The method in a few words, with the sizes of the blocks.
    pub fn method(&self) -> String {
        let sizes: Vec<String> = (self.levels.iter())
            .map(|level| level.size.to_string())
            .collect();
        format!(
            "subsampling without replacement, blocks of {} points, variance of the largest taken to fall as 1/n; \
             not the bootstrap, whose repeated points are neighbours at distance zero",
            sizes.join(", ")
        )
    }

    /// Reasons to read the standard error with care, in plain words.
    pub fn warnings(&self) -> Vec<String> {
        let Some(Rate {
            exponent,
            std_error,
        }) = self.rate
        else {
            return vec![
                "every block of one size gave the same value: the standard error is not to be trusted"
                    .to_owned(),
            ];
        };
        let consequence = match exponent - 1.0 {
            above if above > 3.0 * std_error => "too large",
            below if below < -3.0 * std_error => "too small",
            _ => return Vec::new(),
        };
        let power = -exponent;
        vec![format!(
            "the variance goes as n^{power:.2} (± {std_error:.2}) with the number of points, not as 1/n: \
             the standard error is {consequence}"
        )]
    }
}

impl Level {
    fn degrees(&self) -> usize {
        (self.blocks - 1) * self.orders
    }
}

fn too_few(required: usize, actual: usize) -> Error {
    Error::TooFewPoints {
        method: "the subsampling standard error",
        required,
        actual,
    }
}

/// The spread over blocks of one size.
fn level<Q>(
    quantity: &Q,
    data: &Q::Data,
    blocks: usize,
    orders: usize,
    seed: Seed,
) -> Result<Level, Error>
where
    Q: Quantity + ?Sized,
{
    let n = data.n();
    let size = n / blocks;
    let order_of = |order: usize| {
        let mut indices: Vec<usize> = (0..n).collect();
        indices.shuffle(&mut seed.child(order).rng());
        indices
    };
    let indices: Vec<Vec<usize>> = (0..orders).map(order_of).collect();
    let values = (0..orders * blocks)
        .into_par_iter()
        .map(|at| {
            let (order, block) = (at / blocks, at % blocks);
            quantity.estimate(&data.select(&indices[order][block * size..(block + 1) * size])?)
        })
        .collect::<Vec<_>>()
        .into_iter()
        .collect::<Result<Vec<f64>, Error>>()
        .map_err(|error| match error {
            // In terms of the user's sample, not of a block.
            Error::TooFewPoints { required, .. } => too_few(blocks.saturating_mul(required), n),
            other => other,
        })?;
    let mut squares = 0.0;
    for order in values.chunks_exact(blocks) {
        squares += Summary::new(order)?.std_dev.powi(2);
    }
    Ok(Level {
        size,
        blocks,
        orders,
        std_dev: (squares / orders as f64).sqrt(),
    })
}

/// Slope of `-ln s_b^2` over `ln b`. The logarithm of a variance with `f` degrees of freedom has
/// variance about `2/f`.
fn rate(levels: &[Level]) -> Option<Rate> {
    let points: Option<Vec<(f64, f64, f64)>> = levels
        .iter()
        .map(|level| {
            let variance = level.std_dev.powi(2);
            (variance > 0.0).then(|| {
                let weight = level.degrees() as f64 / 2.0;
                ((level.size as f64).ln(), variance.ln(), weight)
            })
        })
        .collect();
    let points = points?;
    let total: f64 = points.iter().map(|(_, _, weight)| weight).sum();
    let mean = |of: fn(&(f64, f64, f64)) -> f64| {
        points.iter().map(|point| point.2 * of(point)).sum::<f64>() / total
    };
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let xx: f64 = points.iter().map(|p| p.2 * (p.0 - x).powi(2)).sum();
    let xy: f64 = points.iter().map(|p| p.2 * (p.0 - x) * (p.1 - y)).sum();
    Some(Rate {
        exponent: -xy / xx,
        std_error: xx.sqrt().recip(),
    })
}
