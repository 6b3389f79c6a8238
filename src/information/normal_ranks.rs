//! Any estimator of information, on ranks.

use std::f64::consts::SQRT_2;

use statrs::function::erf::erfc_inv;

use super::standardised::varying;
use super::{CoordinateMaps, Entry, InformationEstimator};
use crate::entropy::Promises;
use crate::error::Error;
use crate::sample::{Paired, Sample};

/// Registry entry.
pub const ENTRY: Entry = Entry {
    id: "normal_ranks",
    summary: "any estimator after every coordinate is replaced by the normal quantiles of its ranks; for heavy tails",
    parameters: &[("estimator", "ksg1(k=3)")],
    build: |parameters| {
        let estimator = super::parse(parameters.text("estimator")?)?;
        Ok(Box::new(NormalRanks::new(estimator)))
    },
    defaults: &["normal_ranks(estimator=ksg1(k=3))"],
};

/// Mutual information after every coordinate is mapped to normal quantiles of its ranks.
///
/// The inner estimate on `z = Phi^-1(r / (n + 1))`, `r` the rank of a value in its coordinate,
/// from 1, equal values sharing the mean of their ranks, `Phi` the standard normal distribution
/// function. Information does not change under strictly increasing maps of single coordinates,
/// and this estimate does not either, whatever the tails and units.
///
/// Takes what the inner estimator takes; returns nats. Cost `O(n d ln n)` more.
/// Converges where the inner estimator does; the ranks of `n` points are not independent, which
/// costs `O(1/n)`. Ranks straighten coordinates one by one, not the dependence between the
/// coordinates of one half.
///
/// # Errors
/// [`Error::SingularCovariance`] for a constant coordinate; those of the inner estimator.
///
/// # Source
/// Van der Waerden 1952 for the scores; Kraskov, Stögbauer & Grassberger 2004, section II, on
/// rescaling for neighbours; Ince et al. 2017 for the copula.
pub struct NormalRanks {
    estimator: Box<dyn InformationEstimator>,
}

impl NormalRanks {
    /// The adapter around an estimator.
    pub fn new(estimator: Box<dyn InformationEstimator>) -> Self {
        Self { estimator }
    }
}

impl InformationEstimator for NormalRanks {
    fn name(&self) -> String {
        format!("{}(estimator={})", ENTRY.id, self.estimator.name())
    }

    fn promises(&self) -> Promises {
        promises(self.estimator.promises())
    }

    fn coordinate_maps(&self) -> CoordinateMaps {
        CoordinateMaps::Monotone
    }

    fn takes(&self) -> super::Takes {
        self.estimator.takes()
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        self.estimator.information(&normal_ranks(pairs)?)
    }

    fn warnings(&self, pairs: &Paired) -> Vec<String> {
        let mut warnings = tie_warnings(pairs);
        if let Ok(pairs) = normal_ranks(pairs) {
            warnings.extend(self.estimator.warnings(&pairs));
        }
        warnings
    }
}

/// What holds on normal ranks, from what holds on the points themselves.
pub(super) fn promises(inner: Promises) -> Promises {
    Promises {
        translation: true,
        scaling: true,
        rotation: false,
        unbiased_on_gaussian: false,
        ..inner
    }
}

/// Pairs with every coordinate replaced by its normal scores.
pub(super) fn normal_ranks(pairs: &Paired) -> Result<Paired, Error> {
    Paired::new(scores(&pairs.x)?, scores(&pairs.y)?)
}

/// How many values share their rank, where any do.
pub(super) fn tie_warnings(pairs: &Paired) -> Vec<String> {
    let mut warnings = Vec::new();
    for (label, half) in [("x", &pairs.x), ("y", &pairs.y)] {
        for j in 0..half.dim() {
            let column: Vec<f64> = half.coordinate(j).collect();
            let tied: usize = runs(&column)
                .iter()
                .filter(|run| run.len() > 1)
                .map(Vec::len)
                .sum();
            if tied > 0 {
                warnings.push(format!(
                    "{label}: {tied} of {} values of coordinate {j} share their rank with others",
                    half.n()
                ));
            }
        }
    }
    warnings
}

fn scores(sample: &Sample) -> Result<Sample, Error> {
    let (n, dim) = (sample.n(), sample.dim());
    let mut scores = vec![0.0; n * dim];
    for j in 0..dim {
        varying(sample, j)?;
        let column: Vec<f64> = sample.coordinate(j).collect();
        let mut before = 0;
        for run in runs(&column) {
            // Ranks before + 1 to before + len have this mean; times 2 it is a whole number.
            let twice = 2 * before + run.len() + 1;
            let score = normal_quantile(twice, n + 1);
            before += run.len();
            for i in run {
                scores[i * dim + j] = score;
            }
        }
    }
    Sample::from_points(dim, scores)
}

/// Indices of equal values, in ascending order of the values.
fn runs(values: &[f64]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    // Partial order is total here: samples are finite.
    let compare = |a: f64, b: f64| a.partial_cmp(&b).unwrap_or(std::cmp::Ordering::Equal);
    order.sort_by(|&a, &b| compare(values[a], values[b]));
    order
        .chunk_by(|&a, &b| compare(values[a], values[b]).is_eq())
        .map(<[usize]>::to_vec)
        .collect()
}

/// `Phi^-1(twice / (2 whole))`; exactly odd around one half, so that a reversed order changes the
/// sign and nothing else.
fn normal_quantile(twice: usize, whole: usize) -> f64 {
    let below = |twice: usize| -SQRT_2 * erfc_inv(twice as f64 / whole as f64);
    match twice.cmp(&whole) {
        std::cmp::Ordering::Less => below(twice),
        std::cmp::Ordering::Equal => 0.0,
        std::cmp::Ordering::Greater => -below(2 * whole - twice),
    }
}
