use super::labels::Labels;
use super::least_squares::{LeastSquares, spectral_norm};
use crate::error::{Error, finite};
use crate::sample::{Paired, Sample};

/// What the bound reads off the data: the two fits, their distance and the distance of the positives.
///
/// `n` labelled points, and `m` pairs of positives, independent of them, on which the features may have been
/// trained. The bound needs the classes of the pairs too; without them what depends on them is `None`.
///
/// Cost `O((n + m)(d + K)^2 + d^3)`. See [`LeastSquares`] for the memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The fit `W_S` on the labelled points.
    pub labelled: LeastSquares,
    /// The fit `W_S̄` on the first halves of the pairs.
    pub unlabelled: Option<LeastSquares>,
    /// `c = |W_S - W_S̄|_2`, the largest singular value.
    pub weight_distance: Option<f64>,
    /// `I_S̄ = (1/m) sum_j |z_j^+ - z_j^++|`.
    pub invariance: f64,
    /// Number of pairs.
    pub pairs: usize,
    /// Share of each class among the labelled points.
    pub shares: Vec<f64>,
    /// Mean of `|z_i|` over the labelled points.
    pub mean_norm: f64,
    /// Largest `|z|` over all points.
    pub largest_norm: f64,
}

impl Observation {
    /// Reads labelled features, positive pairs of features and, where they are known, the classes of the
    /// pairs. Singular values up to `cutoff` times the largest count as zero; [`CUTOFF`](super::CUTOFF) is
    /// a sound choice.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for another number of labels than points, and for positives of another dimension than
    /// the labelled features; [`Error::InvalidParameter`] when the two sets of labels name different classes
    /// ([`Labels::among`] aligns them); otherwise as [`LeastSquares::new`].
    pub fn new(
        features: &Sample,
        labels: &Labels,
        positives: &Paired,
        hidden: Option<&Labels>,
        cutoff: f64,
    ) -> Result<Self, Error> {
        let dim = features.dim();
        for (what, actual) in [
            ("dimension of the first positives", positives.x.dim()),
            ("dimension of the second positives", positives.y.dim()),
        ] {
            if actual != dim {
                return Err(Error::Mismatch {
                    what,
                    expected: dim,
                    actual,
                });
            }
        }
        if let Some(hidden) = hidden
            && hidden.classes() != labels.classes()
        {
            return Err(Error::invalid(
                "classes of the pairs",
                hidden.classes().join(", "),
                format!(
                    "the same as of the labelled points: {}",
                    labels.classes().join(", ")
                ),
            ));
        }
        let labelled = LeastSquares::new(features, &labels.one_hot(), cutoff)?;
        let unlabelled = hidden
            .map(|hidden| LeastSquares::new(&positives.x, &hidden.one_hot(), cutoff))
            .transpose()?;
        let weight_distance = (unlabelled.as_ref())
            .map(|fit| spectral_norm(&(&labelled.weights - &fit.weights)))
            .transpose()?;
        let norms: Vec<f64> = features.points().map(norm).collect();
        let positive_norms = positives.x.points().chain(positives.y.points()).map(norm);
        let largest = (positive_norms.chain(norms.iter().copied())).fold(0.0, f64::max);
        Ok(Self {
            labelled,
            unlabelled,
            weight_distance,
            invariance: finite(
                "the mean distance of the positives",
                mean_distance(positives),
            )?,
            pairs: positives.n(),
            shares: labels.shares(),
            mean_norm: finite(
                "the mean norm",
                norms.iter().sum::<f64>() / norms.len() as f64,
            )?,
            largest_norm: finite("the largest norm", largest)?,
        })
    }

    /// Number of labelled points.
    pub fn n(&self) -> usize {
        self.labelled.n
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.shares.len()
    }
}

/// Why a number that depends on `W_S̄` is missing.
pub(super) const NEEDS_CLASSES: &str = "needs the classes of the unlabelled pairs";

pub(super) fn norm(point: &[f64]) -> f64 {
    length(point.iter().copied())
}

/// Euclidean distance.
pub(super) fn distance(a: &[f64], b: &[f64]) -> f64 {
    length(a.iter().zip(b).map(|(a, b)| a - b))
}

/// The power of two at a positive number or below it: numbers in this unit have the same digits, and squares that
/// doubles hold.
pub(super) fn unit(value: f64) -> f64 {
    2.0_f64.powi(value.log2().floor().clamp(-1000.0, 1000.0) as i32)
}

/// The root of the sum of squares; by way of the largest number where the squares leave the range of doubles.
fn length(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let squares: f64 = values.clone().map(|v| v * v).sum();
    if (1e-280..f64::INFINITY).contains(&squares) {
        return squares.sqrt();
    }
    let largest = values.clone().map(f64::abs).fold(0.0, f64::max);
    if largest > 0.0 && largest.is_finite() {
        largest * values.map(|v| (v / largest).powi(2)).sum::<f64>().sqrt()
    } else {
        largest
    }
}

fn mean_distance(pairs: &Paired) -> f64 {
    let distances = pairs.x.points().zip(pairs.y.points());
    distances.map(|(a, b)| distance(a, b)).sum::<f64>() / pairs.n() as f64
}
