use std::f64::consts::{LN_2, TAU};

use super::{EntropyEstimator, Entry, Promises, Side};
use crate::error::{Error, finite};
use crate::kernel::{Own, log_sums};
use crate::parameters::Parameters;
use crate::sample::Sample;

/// Which distance between components a pairwise bound uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairwiseBound {
    /// Kullback-Leibler divergence: an upper bound.
    Kl,
    /// Bhattacharyya distance: a lower bound.
    Bhattacharyya,
    /// Expected likelihood kernel: a lower bound, which may lie above the Bhattacharyya bound.
    ExpectedLikelihood,
}

impl PairwiseBound {
    /// The bounds with their names in text.
    pub const WORDS: [(&'static str, Self); 3] = [
        ("kl", Self::Kl),
        ("bhattacharyya", Self::Bhattacharyya),
        ("expected_likelihood", Self::ExpectedLikelihood),
    ];

    /// The name in text.
    pub fn word(self) -> &'static str {
        match self {
            Self::Kl => "kl",
            Self::Bhattacharyya => "bhattacharyya",
            Self::ExpectedLikelihood => "expected_likelihood",
        }
    }
}

/// Pairwise-distance bound on the entropy of the sample smoothed by `N(0, std^2 I)`.
///
/// The smoothed sample is the mixture of `N(x_i, std^2 I)` with equal weights. With
/// `h = (d/2) ln(2 pi e std^2)` and `D_ij = |x_i - x_j|^2`,
///
/// * `kl`: `h - mean_i ln mean_j exp(-D_ij / (2 std^2))`, an upper bound;
/// * `bhattacharyya`: `h - mean_i ln mean_j exp(-D_ij / (8 std^2))`, a lower bound;
/// * `expected_likelihood`: `-mean_i ln mean_j N(x_i; x_j, 2 std^2 I)`, a lower bound.
///
/// None of them bounds the entropy of the law that made the points. All lie between `h`-like
/// values for coinciding points and `h + ln n` for isolated ones.
///
/// Takes `n >= 1` points in `R^d` and `std > 0`; returns nats. Cost `O(n^2 d)`, memory `O(n d)`.
///
/// # Source
/// Kolchinsky & Tracey 2017, eqs. 10-13 ("Estimating mixture entropy with pairwise distances").
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KolchinskyTracey {
    bound: PairwiseBound,
    std: f64,
}

impl KolchinskyTracey {
    /// Chooses the bound and the standard deviation of the smoothing.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless `std` is positive and finite.
    pub fn new(bound: PairwiseBound, std: f64) -> Result<Self, Error> {
        if std > 0.0 && std.is_finite() {
            Ok(Self { bound, std })
        } else {
            Err(Error::invalid("std", std, "a positive finite number"))
        }
    }

    /// Divisor of `D_ij / std^2` in the exponent.
    fn divisor(&self) -> f64 {
        match self.bound {
            PairwiseBound::Kl => 2.0,
            PairwiseBound::Bhattacharyya => 8.0,
            PairwiseBound::ExpectedLikelihood => 4.0,
        }
    }

    /// The length `w` with terms `exp(-D_ij / w^2)`.
    pub fn width(&self) -> f64 {
        self.std * self.divisor().sqrt()
    }

    /// The value in `R^dim` when all points coincide: `h`, for `expected_likelihood`
    /// `(d/2) ln(4 pi std^2)`.
    pub fn floor(&self, dim: usize) -> f64 {
        let dim = dim as f64;
        let log_volume = match self.bound {
            PairwiseBound::Kl | PairwiseBound::Bhattacharyya => 0.5 * dim * (1.0 + TAU.ln()),
            PairwiseBound::ExpectedLikelihood => 0.5 * dim * (TAU.ln() + LN_2),
        };
        log_volume + dim * self.std.ln()
    }

    /// `-mean_i ln mean_j exp(-D_ij / (divisor std^2))`, between 0 and `ln n`.
    fn spread(&self, sample: &Sample) -> Result<f64, Error> {
        let n = sample.n() as f64;
        let logs = log_sums(sample, self.width(), Own::Counted)?;
        Ok(n.ln() - logs.iter().sum::<f64>() / n)
    }

    /// Whether the others add next to nothing to the sums of a few points: the spread of these
    /// alone, in `O(n d)`.
    fn looks_saturated(&self, sample: &Sample) -> bool {
        const JUDGED: usize = 64;
        let n = sample.n();
        let judged = (0..n).step_by(n.div_ceil(JUDGED));
        let count = judged.len() as f64;
        let width = self.width();
        let logs = judged.map(|i| {
            let point = sample.point(i);
            let others = sample.points().enumerate().filter(|(j, _)| *j != i);
            let terms = others.map(|(_, other)| {
                let differences = point.iter().zip(other).map(|(a, b)| (a - b) / width);
                (-differences.map(|v| v * v).sum::<f64>()).exp()
            });
            terms.sum::<f64>().ln_1p()
        });
        n > 1 && logs.sum::<f64>() / count < 0.01
    }
}

impl EntropyEstimator for KolchinskyTracey {
    fn name(&self) -> String {
        format!(
            "kolchinsky_tracey(bound={},std={})",
            self.bound.word(),
            self.std
        )
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            scaling: false,
            rotation: true,
            unbiased_on_gaussian: false,
            side: match self.bound {
                PairwiseBound::Kl => Side::Above,
                PairwiseBound::Bhattacharyya | PairwiseBound::ExpectedLikelihood => Side::Below,
            },
        }
    }

    fn entropy(&self, sample: &Sample) -> Result<f64, Error> {
        finite(self.name(), self.floor(sample.dim()) + self.spread(sample)?)
    }

    fn smoothing(&self) -> Option<f64> {
        Some(self.std)
    }

    fn warnings(&self, sample: &Sample) -> Vec<String> {
        let mut warnings = vec![format!(
            "bounds the entropy of the sample smoothed by N(0, {}^2 I), not that of the law of the points",
            self.std
        )];
        if self.looks_saturated(sample) {
            let ln_n = (sample.n() as f64).ln();
            warnings.push(format!(
                "saturated: at this std every point is isolated, the value is its ceiling (entropy of one component + ln n = {ln_n:.3})"
            ));
        }
        warnings
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "kolchinsky_tracey",
    summary: "pairwise-distance bounds on the entropy of the sample smoothed by N(0, std^2 I)",
    parameters: &[("bound", "kl"), ("std", "1")],
    build,
    defaults: &[
        "kolchinsky_tracey(bound=kl,std=1)",
        "kolchinsky_tracey(bound=bhattacharyya,std=1)",
        "kolchinsky_tracey(bound=expected_likelihood,std=1)",
    ],
};

fn build(parameters: &Parameters) -> Result<Box<dyn EntropyEstimator>, Error> {
    let bound = parameters.choice("bound", &PairwiseBound::WORDS)?;
    let std = parameters.value("std", "a positive finite number")?;
    Ok(Box::new(KolchinskyTracey::new(bound, std)?))
}
