use nalgebra::DMatrix;
use rayon::prelude::*;

use crate::error::Error;
use crate::linalg::lanes::{run_sum, widely};
use crate::sample::Sample;

/// Points of the smallest task.
const POINTS: usize = 64;

/// The points scaled to length 1, with their lengths.
pub(crate) struct Units {
    units: DMatrix<f64>,
    lengths: Vec<f64>,
}

impl Units {
    /// Divides each point by its length.
    pub(crate) fn new(what: &'static str, sample: &Sample) -> Result<Self, Error> {
        let mut units = sample.matrix().clone();
        let scaled: Vec<Option<f64>> = (units.as_mut_slice())
            .par_chunks_exact_mut(sample.dim())
            .with_min_len(POINTS)
            .map(|point| {
                widely(
                    #[inline(always)]
                    || scale(point),
                )
            })
            .collect();
        let lengths = (scaled.into_iter().enumerate())
            .map(|(point, length)| length.ok_or(Error::ZeroVector { what, point }))
            .collect::<Result<_, _>>()?;
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
        (gradient.as_mut_slice().par_chunks_exact_mut(dim))
            .with_min_len(POINTS)
            .zip(self.units.as_slice().par_chunks_exact(dim))
            .zip(&self.lengths)
            .for_each(|((gradient, unit), length)| {
                let along: f64 = gradient.iter().zip(unit).map(|(g, u)| g * u).sum();
                for (g, u) in gradient.iter_mut().zip(unit) {
                    *g = (*g - u * along) / length;
                }
            });
        gradient
    }
}

/// Divides a point by its length, which is given unless it is 0.
#[inline(always)]
fn scale(point: &mut [f64]) -> Option<f64> {
    let largest = point.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
    if largest <= 0.0 {
        return None;
    }
    // Squares of huge or tiny coordinates would leave the range of doubles.
    point.iter_mut().for_each(|v| *v /= largest);
    let length = run_sum(point, |v| v * v).sqrt();
    point.iter_mut().for_each(|v| *v /= length);
    Some(largest * length)
}

/// `<u_i, v_i>` for every pair of units.
pub(super) fn cosines(first: &Units, second: &Units) -> Vec<f64> {
    (first.points().zip(second.points()))
        .map(|(u, v)| u.iter().zip(v).map(|(u, v)| u * v).sum())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::lanes::assert_same_bits_everywhere;

    #[test]
    fn a_unit_has_the_same_bits_everywhere() {
        let point: Vec<f64> = (0..77).map(|i| (f64::from(i) * 0.37).sin() * 3.0).collect();
        assert_same_bits_everywhere(
            #[inline(always)]
            || {
                let mut unit = point.clone();
                let length = scale(&mut unit);
                unit.extend(length);
                unit
            },
        );
    }
}
