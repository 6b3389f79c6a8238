//! Information between the cells of two grids.

use std::collections::BTreeMap;

use super::{CoordinateMaps, Entry, InformationEstimator};
use crate::entropy::histogram::{cells, discrete_entropy};
use crate::entropy::{Correction, Promises, Side};
use crate::error::{Error, finite};
use crate::sample::{Paired, Sample};

/// Registry entry.
pub const ENTRY: Entry = Entry {
    id: "binned",
    summary: "counts in cells of equal width, with or without the Miller-Madow correction; for one or two dimensions a half",
    parameters: &[("bins", "5"), ("correction", "miller_madow")],
    build: |parameters| {
        let bins = parameters.value("bins", "a whole number, at least 2")?;
        let correction = parameters.choice("correction", &Correction::WORDS)?;
        Ok(Box::new(Binned::new(bins, correction)?))
    },
    defaults: &[
        "binned(bins=5,correction=none)",
        "binned(bins=5,correction=miller_madow)",
    ],
};

/// Mutual information between the cells into which the halves fall.
///
/// `I = H(A) + H(B) - H(A, B)`, `A` and `B` the cells of the halves,
/// `H = -sum_c (n_c / n) ln(n_c / n)` over the occupied cells, `n_c` the points in a cell. Every
/// coordinate is cut into `bins` intervals of equal width between its smallest and its largest
/// value, the last one closed; a constant coordinate is one cell. `miller_madow` adds
/// `(K_a + K_b - K_ab - 1) / (2 n)`, `K` the numbers of occupied cells.
///
/// Takes `n > 1` pairs; returns nats. Cost `O(n (dim_x + dim_y) ln n)`, memory
/// `O((n + bins) (dim_x + dim_y))`: empty cells are not stored.
/// A lower bound in the limit, since cells are functions of the points. Above it for few pairs a
/// cell: uncorrected, independent halves give about `(K_a - 1)(K_b - 1) / (2 n)`.
///
/// # Errors
/// [`Error::TooFewPoints`] for a single pair; [`Error::InvalidParameter`] when a coordinate has
/// fewer numbers between its extremes than `bins`; [`Error::NonFiniteResult`] when the range of a
/// coordinate exceeds the largest double.
///
/// # Source
/// Cover & Thomas 2006, sections 2.3 and 2.8; Miller 1955 for the correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binned {
    bins: usize,
    correction: Correction,
}

impl Binned {
    /// Chooses the intervals per coordinate and the correction.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for fewer than two bins, which see nothing.
    pub fn new(bins: usize, correction: Correction) -> Result<Self, Error> {
        if bins < 2 {
            return Err(Error::invalid("bins", bins, "a whole number, at least 2"));
        }
        Ok(Self { bins, correction })
    }

    /// The cell of every point and the points in every occupied cell.
    fn half(&self, sample: &Sample) -> Result<(Vec<usize>, Vec<usize>), Error> {
        let varying: Vec<usize> = (0..sample.dim())
            .filter(|&j| {
                let first = sample.point(0)[j];
                sample.coordinate(j).any(|v| (v - first).abs() > 0.0)
            })
            .collect();
        if varying.is_empty() && sample.n() > 1 {
            return Ok((vec![0; sample.n()], vec![sample.n()]));
        }
        let kept = if varying.len() == sample.dim() || varying.is_empty() {
            cells(sample, self.bins)?
        } else {
            let kept = sample.map(varying.len(), |point, image| {
                image
                    .iter_mut()
                    .zip(&varying)
                    .for_each(|(v, &j)| *v = point[j]);
            })?;
            cells(&kept, self.bins)?
        };
        Ok((kept.of_point, kept.counts))
    }

    fn counts(&self, pairs: &Paired) -> Result<[Vec<usize>; 3], Error> {
        let (of_x, x) = self.half(&pairs.x)?;
        let (of_y, y) = self.half(&pairs.y)?;
        let mut joint: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for cell in of_x.into_iter().zip(of_y) {
            *joint.entry(cell).or_default() += 1;
        }
        Ok([x, y, joint.into_values().collect()])
    }
}

impl InformationEstimator for Binned {
    fn name(&self) -> String {
        format!(
            "{}(bins={},correction={})",
            ENTRY.id,
            self.bins,
            self.correction.as_str()
        )
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            scaling: true,
            rotation: false,
            unbiased_on_gaussian: false,
            side: Side::Below,
        }
    }

    fn coordinate_maps(&self) -> CoordinateMaps {
        CoordinateMaps::Affine
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        let [x, y, joint] = self
            .counts(pairs)?
            .map(|counts| discrete_entropy(&counts, self.correction));
        finite(self.name(), x + y - joint)
    }

    fn warnings(&self, pairs: &Paired) -> Vec<String> {
        const SHARE: usize = 5;
        let n = pairs.n();
        match self.counts(pairs) {
            Ok([x, y, joint]) if SHARE * joint.len() > n => vec![format!(
                "{n} pairs in {} occupied cells ({} of x, {} of y): with so few in each the value says more about the cells than about the dependence",
                joint.len(),
                x.len(),
                y.len()
            )],
            _ => Vec::new(),
        }
    }
}
