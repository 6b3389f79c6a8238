//! Any estimator of information, on coordinates brought to one scale.

use super::{CoordinateMaps, Entry, InformationEstimator};
use crate::entropy::Promises;
use crate::error::{Error, finite};
use crate::sample::{Paired, Sample};

/// Registry entry.
pub const ENTRY: Entry = Entry {
    id: "standardised",
    summary: "any estimator after every coordinate is centred and divided by its standard deviation",
    parameters: &[("estimator", "ksg1(k=3)")],
    build: |parameters| {
        let estimator = super::parse(parameters.text("estimator")?)?;
        Ok(Box::new(Standardised::new(estimator)))
    },
    defaults: &["standardised(estimator=ksg1(k=3))"],
};

/// Mutual information after every coordinate is standardised.
///
/// The inner estimate on `(v - m_j) / s_j`, `m_j` the mean and `s_j` the standard deviation of
/// coordinate `j` with divisor `n`. Information does not change under such maps, and neighbour
/// methods see coordinates of any unit alike.
///
/// Takes what the inner estimator takes; returns nats. Cost `O(n d ln n)` more.
/// Where variances are infinite or a few points far out dominate them, the scale is that of the
/// far points and the bulk shrinks: [`NormalRanks`](super::NormalRanks) does not mind.
///
/// # Errors
/// [`Error::SingularCovariance`] for a constant coordinate; [`Error::NonFiniteResult`] when the
/// range of a coordinate exceeds the largest double; those of the inner estimator.
///
/// # Source
/// Kraskov, Stögbauer & Grassberger 2004, section II.
pub struct Standardised {
    estimator: Box<dyn InformationEstimator>,
}

impl Standardised {
    /// The adapter around an estimator.
    pub fn new(estimator: Box<dyn InformationEstimator>) -> Self {
        Self { estimator }
    }
}

impl InformationEstimator for Standardised {
    fn name(&self) -> String {
        format!("{}(estimator={})", ENTRY.id, self.estimator.name())
    }

    fn promises(&self) -> Promises {
        let inner = self.estimator.promises();
        // An estimator that ignores the units of coordinates returns what it would without us.
        let unchanged = self.estimator.coordinate_maps() >= CoordinateMaps::Affine;
        Promises {
            translation: true,
            scaling: true,
            rotation: inner.rotation && unchanged,
            unbiased_on_gaussian: inner.unbiased_on_gaussian && unchanged,
            side: inner.side,
        }
    }

    fn strong_dependence_error(&self) -> Option<f64> {
        self.estimator.strong_dependence_error()
    }

    fn coordinate_maps(&self) -> CoordinateMaps {
        self.estimator.coordinate_maps().max(CoordinateMaps::Affine)
    }

    fn takes(&self) -> super::Takes {
        self.estimator.takes()
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        self.estimator.information(&standardised(pairs)?)
    }

    fn unbiased_when_independent(&self) -> bool {
        self.estimator.unbiased_when_independent()
    }

    fn warnings(&self, pairs: &Paired) -> Vec<String> {
        standardised(pairs).map_or_else(|_| Vec::new(), |pairs| self.estimator.warnings(&pairs))
    }
}

fn standardised(pairs: &Paired) -> Result<Paired, Error> {
    Paired::new(columns(&pairs.x)?, columns(&pairs.y)?)
}

/// Smallest and largest value of a coordinate that is not constant.
///
/// # Errors
/// [`Error::SingularCovariance`] when it is.
pub(super) fn varying(sample: &Sample, coordinate: usize) -> Result<(f64, f64), Error> {
    let low = sample.coordinate(coordinate).fold(f64::INFINITY, f64::min);
    let high = sample
        .coordinate(coordinate)
        .fold(f64::NEG_INFINITY, f64::max);
    if low < high {
        Ok((low, high))
    } else {
        Err(Error::SingularCovariance {
            dim: sample.dim(),
            coordinate,
            residual: 0.0,
            tolerance: f64::MIN_POSITIVE,
        })
    }
}

fn columns(sample: &Sample) -> Result<Sample, Error> {
    let (n, dim) = (sample.n() as f64, sample.dim());
    let mut scales = Vec::with_capacity(dim);
    for j in 0..dim {
        let (low, high) = varying(sample, j)?;
        // In units of the range nothing over- or underflows.
        let range = finite(format!("the range of coordinate {j}"), high - low)?;
        // Summed in ascending order, so that the order of the points does not reach the last digit,
        // which decides the ties of values on a lattice.
        let mut values: Vec<f64> = sample.coordinate(j).collect();
        values.sort_unstable_by(f64::total_cmp);
        let share: f64 = values.iter().map(|v| (v - low) / range).sum();
        let mean = low + share / n * range;
        let squares: f64 = values.iter().map(|v| ((v - mean) / range).powi(2)).sum();
        scales.push((mean, range, (squares / n).sqrt()));
    }
    sample.map(dim, |point, image| {
        for ((image, v), (mean, range, deviation)) in image.iter_mut().zip(point).zip(&scales) {
            *image = (v - mean) / range / deviation;
        }
    })
}
