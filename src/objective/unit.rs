use nalgebra::DMatrix;

use crate::error::Error;
use crate::sample::Sample;

/// The points scaled to length 1, with their lengths.
pub(crate) struct Units {
    units: DMatrix<f64>,
    lengths: Vec<f64>,
}

impl Units {
    /// Divides each point by its length.
    pub(crate) fn new(what: &'static str, sample: &Sample) -> Result<Self, Error> {
        let mut units = sample.matrix().clone();
        let mut lengths = Vec::with_capacity(sample.n());
        for (point, unit) in (units.as_mut_slice())
            .chunks_exact_mut(sample.dim())
            .enumerate()
        {
            let largest = unit.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
            if largest <= 0.0 {
                return Err(Error::ZeroVector { what, point });
            }
            // Squares of huge or tiny coordinates would leave the range of doubles.
            unit.iter_mut().for_each(|v| *v /= largest);
            let length = unit.iter().map(|v| v * v).sum::<f64>().sqrt();
            unit.iter_mut().for_each(|v| *v /= length);
            lengths.push(largest * length);
        }
        Ok(Self { units, lengths })
    }

    pub(crate) fn matrix(&self) -> &DMatrix<f64> {
        &self.units
    }

    pub(super) fn points(&self) -> std::slice::ChunksExact<'_, f64> {
        self.units.as_slice().chunks_exact(self.units.nrows())
    }

    /// Derivatives with respect to the points from those with respect to the units:
    /// `(g - u <u, g>) / r`.
    pub(super) fn pull(&self, mut gradient: DMatrix<f64>) -> DMatrix<f64> {
        let dim = self.units.nrows();
        let columns = gradient.as_mut_slice().chunks_exact_mut(dim);
        for ((g, u), r) in columns.zip(self.points()).zip(&self.lengths) {
            let along: f64 = g.iter().zip(u).map(|(g, u)| g * u).sum();
            for (g, u) in g.iter_mut().zip(u) {
                *g = (*g - u * along) / r;
            }
        }
        gradient
    }
}

/// `<u_i, v_i>` for every pair of units.
pub(super) fn cosines(first: &Units, second: &Units) -> Vec<f64> {
    (first.points().zip(second.points()))
        .map(|(u, v)| u.iter().zip(v).map(|(u, v)| u * v).sum())
        .collect()
}
