use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Exp1, StandardNormal};
use rayon::prelude::*;
use statrs::function::gamma::checked_gamma_ur;

use super::{BLOCK, Pushforward, normal_cdf, summarise};
use crate::error::{Error, finite};
use crate::network::face_distance::row_norms;
use crate::seed::Seed;
use crate::stats::Summary;

/// Bounds on the probability that a Gaussian leaves the region of its centre.
///
/// `d_j` is the distance of face `j` in standard deviations across it, `Phi` the normal
/// distribution function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EscapeBounds {
    /// `max_j Phi(-d_j)`: the nearest face alone, a lower bound.
    pub nearest: f64,
    /// `min(1, sum_j Phi(-d_j))`: an upper bound, tight while escapes are rare.
    pub union: f64,
    /// `P(chi^2_d > min_j d_j^2)`: leaving the largest ball inside; an upper bound that is near 1
    /// in many dimensions.
    pub ball: f64,
}

impl EscapeBounds {
    /// Bounds from the distances of the faces and the dimension of the Gaussian.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a distance that is negative or NaN, or a dimension of 0.
    pub fn new(distances: &[f64], dim: usize) -> Result<Self, Error> {
        if let Some(distance) = distances.iter().find(|d| d.is_nan() || **d < 0.0) {
            return Err(Error::invalid("distance of a face", distance, "at least 0"));
        }
        if dim == 0 {
            return Err(Error::invalid("dimension", dim, "at least 1"));
        }
        let smallest = distances.iter().copied().fold(f64::INFINITY, f64::min);
        let ball = match 0.5 * smallest * smallest {
            half if half.is_finite() && half > 0.0 => checked_gamma_ur(0.5 * dim as f64, half)
                .map_err(|_| Error::invalid("distance of a face", smallest, "a finite number"))?,
            0.0 => 1.0,
            _ => 0.0,
        };
        Ok(Self {
            nearest: normal_cdf(-smallest),
            union: distances
                .iter()
                .map(|d| normal_cdf(-d))
                .sum::<f64>()
                .min(1.0),
            ball,
        })
    }
}

/// The faces of a region in coordinates in which the Gaussian is standard: `xi` is inside where
/// `normals xi + distances > 0`, rows of unit length.
struct WhitenedFaces {
    normals: DMatrix<f64>,
    distances: DVector<f64>,
}

impl Pushforward<'_> {
    fn whitened_faces(&self, n: usize) -> Result<WhitenedFaces, Error> {
        let Some(prototype) = self.prototypes.get(n) else {
            return Err(Error::invalid(
                "component",
                n,
                format!("below {}", self.prototypes.len()),
            ));
        };
        let region = self.network.region(prototype.mean.as_slice())?;
        let mut distances = region.normals() * &prototype.mean + region.offsets();
        let mut normals = region.normals() * prototype.covariance.lower();
        let lengths = row_norms(&normals, 0, normals.ncols());
        let rows = normals.row_iter_mut().zip(distances.iter_mut());
        for ((mut normal, distance), length) in rows.zip(lengths) {
            // A square would over- or underflow long before the row does.
            normal /= length;
            // The centre is inside: what is below 0 here is rounding at a face through it.
            *distance = finite("the distance of a face", *distance / length)?.max(0.0);
        }
        Ok(WhitenedFaces { normals, distances })
    }

    /// Bounds on `p_n = P(X outside the region of x_n)` for `X ~ N(x_n, S_n)`, those of each
    /// component. Cost: `d_in` passes a component.
    ///
    /// # Errors
    /// As [`Network::region`](crate::network::Network::region); [`Error::NonFiniteResult`] for a face
    /// whose distance is no number, as where its normal overflows in units of the covariance.
    pub fn escape_bounds(&self) -> Result<Vec<EscapeBounds>, Error> {
        let dim = self.network.input().size();
        (0..self.prototypes.len())
            .map(|n| EscapeBounds::new(self.whitened_faces(n)?.distances.as_slice(), dim))
            .collect()
    }

    /// `p_n` itself for an input of one dimension, where the region is an interval:
    /// `Phi(-d_left) + Phi(-d_right)`, to rounding.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for an input of more dimensions.
    pub fn escape_on_the_line(&self) -> Result<Vec<f64>, Error> {
        if self.network.input().size() != 1 {
            return Err(Error::Mismatch {
                what: "dimension of the input for an exact escape probability",
                expected: 1,
                actual: self.network.input().size(),
            });
        }
        (0..self.prototypes.len())
            .map(|n| {
                let faces = self.whitened_faces(n)?;
                let side = |positive: bool| {
                    (faces.normals.iter().zip(faces.distances.iter()))
                        .filter(|(normal, _)| (**normal > 0.0) == positive)
                        .map(|(_, distance)| *distance)
                        .fold(f64::INFINITY, f64::min)
                };
                Ok(normal_cdf(-side(true)) + normal_cdf(-side(false)))
            })
            .collect()
    }

    /// `p_n` by importance sampling, with its standard error.
    ///
    /// Face `j` is chosen in proportion to `Phi(-d_j)`, a point is drawn from the Gaussian beyond
    /// it, and `p_n = U E[1 / k]`, `U = sum_j Phi(-d_j)` and `k` the number of faces that the point is
    /// beyond. The terms lie in `[U / m, U]` for `m` faces, so that the relative error stays small
    /// however rare escapes are. With several faces the standard error includes `U / draws`, for
    /// overlaps too rare to be drawn; a single face, whose probability is `U`, has none. Cost
    /// `O(draws m d_in)`.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] below two draws; [`Error::InvalidParameter`] for a component that
    /// is not there.
    ///
    /// # Source
    /// Karp, Luby & Madras 1989 for unions; Adler, Blanchet & Liu 2012 for Gaussian ones.
    pub fn escape_probability(&self, n: usize, draws: usize, seed: Seed) -> Result<Summary, Error> {
        let faces = self.whitened_faces(n)?;
        let tails: Vec<f64> = faces.distances.iter().map(|d| normal_cdf(-d)).collect();
        let total: f64 = tails.iter().sum();
        let blocks: Vec<Vec<f64>> = (0..draws.div_ceil(BLOCK))
            .into_par_iter()
            .map(|block| {
                let count = BLOCK.min(draws - block * BLOCK);
                let mut rng = seed.child(block).rng();
                (0..count)
                    .map(|_| faces.term(&tails, total, &mut rng))
                    .collect()
            })
            .collect();
        let several = tails.len() > 1;
        summarise(&blocks.concat(), if several { total } else { 0.0 })
    }

    /// Probability of leaving, `sum_n w_n p_n`, as the share of draws whose activation pattern is
    /// not that of their prototype: the plain counterpart of [`Pushforward::escape_probability`].
    /// The standard error includes `1 / draws`, for escapes too rare to be drawn.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] below two draws.
    pub fn escape_share(&self, draws: usize, seed: Seed) -> Result<Summary, Error> {
        let escaped = self.over_draws(draws, seed, |draws| {
            let inside = self.couple(draws)?.inside;
            Ok(inside
                .into_iter()
                .map(|inside| if inside { 0.0 } else { 1.0 })
                .collect())
        })?;
        summarise(&escaped, 1.0)
    }
}

impl WhitenedFaces {
    /// `U / k` at a point drawn beyond a face.
    fn term(&self, tails: &[f64], total: f64, rng: &mut ChaCha8Rng) -> f64 {
        // Without faces, or with all of them beyond the smallest number, nothing escapes.
        if total == 0.0 {
            return 0.0;
        }
        let mut left = rng.random::<f64>() * total;
        let chosen = (tails.iter())
            .position(|tail| {
                left -= tail;
                left < 0.0
            })
            .unwrap_or(tails.len() - 1);
        let depth = normal_beyond(self.distances[chosen], rng);
        let mut point = DVector::from_fn(self.normals.ncols(), |_, _| {
            rng.sample::<f64, _>(StandardNormal)
        });
        let normal = self.normals.row(chosen).transpose();
        let along = normal.dot(&point);
        point.axpy(-depth - along, &normal, 1.0);
        let margins = &self.normals * point + &self.distances;
        let others = (margins.iter().enumerate())
            .filter(|&(j, margin)| j != chosen && *margin <= 0.0)
            .count();
        total / (1 + others) as f64
    }
}

/// A standard normal number given that it exceeds `bound >= 0`.
///
/// # Source
/// Robert 1995, proposition 2.3: rejection from an exponential, accepted three times in four or more.
fn normal_beyond(bound: f64, rng: &mut ChaCha8Rng) -> f64 {
    let rate = 0.5 * (bound + (bound * bound + 4.0).sqrt());
    loop {
        let step: f64 = rng.sample(Exp1);
        let proposal = bound + step / rate;
        if rng.random::<f64>() <= (-0.5 * (proposal - rate).powi(2)).exp() {
            return proposal;
        }
    }
}
