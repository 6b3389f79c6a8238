use std::f64::consts::TAU;

use nalgebra::DMatrix;
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

use super::{Diagnostic, Entry};
use crate::error::{Error, finite};
use crate::linalg::{Spd, covariance, mean};
use crate::parameters::Parameters;
use crate::sample::Sample;
use crate::stats::normality::EppsPulley;

/// Sliced Epps-Pulley distance of the points from the standard Gaussian.
///
/// `(1/s) sum_u int |f_u(t) - exp(-t^2/2)|^2 w(t) dt`, weight `w(t) = exp(-t^2/2)`, over the real
/// line, `f_u(t) = (1/n) sum_j exp(i t <u, x_j>)` the characteristic function of the points on
/// direction `u`, `s` the number of directions. In closed form, with `y_j = <u, x_j>`, the integral is
/// `sqrt(2 pi) ((1/n^2) sum_jk exp(-(y_j - y_k)^2 / 2) - (sqrt 2 / n) sum_j exp(-y_j^2 / 4) + 1 / sqrt 3)`,
/// [`EppsPulley::closed_form`]; where that is cheaper, the trapezoidal rule is taken on nodes
/// so close that it gives the same number to rounding, [`EppsPulley::quadrature`].
///
/// Nothing is drawn: coordinate `c` of direction `u` is the normal quantile of the SplitMix64 hash of
/// `u d + c`, the direction then scaled to length 1. In one dimension there is one direction.
/// With `standardise` the points are first centred and multiplied by the inverse Cholesky factor of
/// their covariance (divisor `n - 1`), so that only the shape counts; without, also the distance from
/// mean 0 and covariance `I`.
///
/// Takes `n >= 1` points in `R^d`, `n > d` to standardise; a pure number from 0 to
/// `sqrt(2 pi) (1 + 1 / sqrt 3)`. Cost `O(s n (d + r))`, `r` the range of the points in units of 1, and
/// at most `O(s n (d + n))`.
/// For standard Gaussian points its mean is `sqrt(2 pi) (1 - 1 / sqrt 3) / n = 1.06 / n`, not 0; standardised,
/// about `sqrt(2 pi) (1 - (3/2) / sqrt 3) / n = 0.34 / n`, since mean and variance are fitted. It sees a departure only
/// along the directions taken: any `s` of them miss some in high dimension, and it is not invariant under rotation.
///
/// # Errors
/// To standardise: [`Error::TooFewPoints`] when `n <= d`, [`Error::SingularCovariance`].
/// [`Error::NonFiniteResult`] when a projection overflows.
///
/// # Source
/// Epps & Pulley 1983; Baringhaus & Henze 1988 for the closed form; as an objective Balestriero &
/// LeCun 2025 (arXiv 2511.08544), whose statistic is `n` times this on 17 nodes of `[-5, 5]`;
/// Steele, Lea & Flood 2014 for the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlicedEppsPulley {
    slices: usize,
    standardise: bool,
}

impl SlicedEppsPulley {
    /// Chooses the number of directions, and whether the points are standardised.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for no directions.
    pub fn new(slices: usize, standardise: bool) -> Result<Self, Error> {
        if !(1..=MOST_SLICES).contains(&slices) {
            return Err(Error::invalid("slices", slices, SLICES));
        }
        Ok(Self {
            slices,
            standardise,
        })
    }

    /// The directions in `R^dim`, one a column, of length 1.
    pub fn directions(&self, dim: usize) -> DMatrix<f64> {
        if dim == 1 {
            return DMatrix::from_element(1, 1, 1.0);
        }
        let normal = Normal::standard();
        let mut directions = DMatrix::from_fn(dim, self.slices, |c, u| {
            // The middle of one of 2^53 equal parts of (0, 1).
            let part = split_mix((u * dim + c) as u64) >> 11;
            normal.inverse_cdf((part as f64 + 0.5) / (1_u64 << 53) as f64)
        });
        for mut direction in directions.column_iter_mut() {
            let length = direction.norm();
            direction /= length;
        }
        directions
    }
}

/// The output of SplitMix64 at a place of its sequence.
fn split_mix(place: u64) -> u64 {
    let mut z = place.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

const SLICES: &str = "a whole number from 1 to 1048576";
/// So many directions in a thousand dimensions take 8 GB.
const MOST_SLICES: usize = 1 << 20;

impl Diagnostic for SlicedEppsPulley {
    fn name(&self) -> String {
        format!(
            "{}(slices={},standardise={})",
            ENTRY.id, self.slices, self.standardise
        )
    }

    fn unit(&self) -> &'static str {
        "1"
    }

    fn measure(&self, sample: &Sample) -> Result<f64, Error> {
        let (n, dim) = (sample.n(), sample.dim());
        let mut directions = self.directions(dim);
        let mut origin = vec![0.0; dim];
        if self.standardise {
            if n <= dim {
                return Err(Error::TooFewPoints {
                    method: "standardised points",
                    required: dim + 1,
                    actual: n,
                });
            }
            // <u, L^-1 x> = <L^-T u, x>: a few directions are cheaper to map than all points.
            directions = Spd::new(&covariance(sample)?)?.solve_transposed(&directions);
            origin = mean(sample);
        }
        let distances: Vec<Result<f64, Error>> = (0..directions.ncols())
            .into_par_iter()
            .map(|slice| {
                let direction = directions.column(slice);
                let values: Vec<f64> = (sample.points())
                    .map(|point| {
                        let terms = point.iter().zip(&origin).zip(&direction);
                        terms.map(|((v, o), u)| (v - o) * u).sum()
                    })
                    .collect();
                if let Some(value) = values.iter().find(|v| !v.is_finite()) {
                    finite(format!("a projection on direction {slice}"), *value)?;
                }
                finite(self.name(), EppsPulley::distance(&values)?)
            })
            .collect();
        // Gathered first: which error comes first must not depend on the threads.
        let distances = distances.into_iter().collect::<Result<Vec<f64>, Error>>()?;
        Ok(distances.iter().sum::<f64>() / distances.len() as f64)
    }

    fn warnings(&self, sample: &Sample) -> Vec<String> {
        let mut warnings = Vec::new();
        let n = sample.n();
        if n < 1000 {
            let fitted = if self.standardise { 1.5 } else { 1.0 };
            let null = TAU.sqrt() * (1.0 - fitted / 3.0_f64.sqrt()) / n as f64;
            warnings.push(format!(
                "for Gaussian points the mean at n = {n} is about {null:.2e}, not 0"
            ));
        }
        if sample.dim() > self.slices {
            warnings.push(format!(
                "{} directions in {} dimensions: a departure from the Gaussian across all of them is not seen",
                self.slices,
                sample.dim()
            ));
        }
        warnings
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "sliced_epps_pulley",
    summary: "distance of characteristic functions from the standard Gaussian's, averaged over fixed directions",
    parameters: &[("slices", "64"), ("standardise", "true")],
    build,
    defaults: &[
        "sliced_epps_pulley(slices=64,standardise=true)",
        "sliced_epps_pulley(slices=64,standardise=false)",
    ],
};

fn build(parameters: &Parameters) -> Result<Box<dyn Diagnostic>, Error> {
    let slices = parameters.value("slices", SLICES)?;
    let standardise = parameters.value("standardise", "true or false")?;
    Ok(Box::new(SlicedEppsPulley::new(slices, standardise)?))
}
