//! The law of a network's output when its input is a mixture of Gaussians around prototypes.
//!
//! `X ~ sum_n w_n N(x_n, S_n)` and `Z = f(X)` for a piecewise-affine network `f`, which is
//! `x -> A_n x + b_n` on the region of `x_n`. The paper takes the mixture of
//! `N(A_n x_n + b_n, A_n S_n A_n^T)` for the law of `Z`. Both are images of one draw: with the same
//! component and the same point, `Z = f(X)` and `Z^ = A_n X + b_n` differ only where `X` has left the
//! region of its prototype. From this coupling follow the bounds of this module; closed forms on the
//! line and exact densities of one-to-one networks say how far from the truth they are.
//!
//! Entropies follow the same way: the change of variables where the network is one to one, a bound
//! where it folds, and a rank histogram, never a number, where it crushes dimensions.

mod change_of_variables;
mod coupling;
mod divergence;
mod escape;
mod index_information;
mod line;
mod line_divergence;
mod line_information;
mod noisy_information;
mod output_mixture;
mod quadrature;
mod separating_set;
mod sliced_wasserstein;
mod volume;

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;

pub use change_of_variables::OutputEntropy;
pub use coupling::{CouplingBounds, lipschitz};
pub use divergence::Divergence;
pub use escape::EscapeBounds;
pub use index_information::{IndexInformation, index_information};
pub use line::{LineSegment, PiecewiseLine};
pub use line_divergence::LineDivergence;
pub use noisy_information::NoisyInformation;
pub use output_mixture::{OutputComponent, OutputMixture};
pub use sliced_wasserstein::Sharing;

use super::{Affine, Network, Pieces};
use crate::error::Error;
use crate::law::{Law, Mixture};
use crate::linalg::Spd;
use crate::seed::Seed;
use crate::stats::Summary;

/// Draws that one task makes: fixed, so that the numbers do not depend on the number of threads.
const BLOCK: usize = 1024;

/// A piecewise-affine network and the mixture of Gaussians that it maps.
#[derive(Debug, Clone)]
pub struct Pushforward<'a> {
    network: &'a Network<f64>,
    law: &'a Mixture,
    prototypes: Vec<Prototype>,
}

/// One component of the input and what the network is at its centre.
#[derive(Debug, Clone)]
pub struct Prototype {
    weight: f64,
    mean: DVector<f64>,
    covariance: Spd,
    affine: Affine<f64>,
    pieces: Pieces<f64>,
}

impl Prototype {
    /// Its weight `w_n`.
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// Its centre `x_n`.
    pub fn mean(&self) -> &DVector<f64> {
        &self.mean
    }

    /// Its covariance `S_n`.
    pub fn covariance(&self) -> &Spd {
        &self.covariance
    }

    /// What the network is on the region of the centre.
    pub fn affine(&self) -> &Affine<f64> {
        &self.affine
    }

    /// `ln w_n N(x; x_n, S_n)` up to the constant that all components share.
    fn ln_likelihood(&self, point: &[f64]) -> f64 {
        let shifted = DMatrix::from_fn(point.len(), 1, |i, _| point[i] - self.mean[i]);
        let squares = self.covariance.whiten(&shifted).norm_squared();
        self.weight.ln() - 0.5 * (self.covariance.log_det() + squares)
    }

    /// Whether a point, the `column`-th of those traced, has the states of the centre.
    fn holds(&self, pieces: &Pieces<f64>, column: usize) -> bool {
        (self.pieces.layers().iter().zip(pieces.layers()))
            .all(|(centre, point)| centre.agrees(0, point, column))
    }
}

/// Points with the components that they come from.
struct Draws {
    index: Vec<usize>,
    points: DMatrix<f64>,
}

/// The images of the same draws under the network and under the maps of their prototypes.
struct Coupled {
    z: DMatrix<f64>,
    affine: DMatrix<f64>,
    inside: Vec<bool>,
}

impl<'a> Pushforward<'a> {
    /// Finds the affine map of the network at the centre of every component.
    ///
    /// # Errors
    /// [`Error::Mismatch`] when the law lives in another dimension than the network's input,
    /// [`Error::InvalidParameter`] for a smooth network, which has no regions; as
    /// [`Network::affine_at`].
    pub fn new(network: &'a Network<f64>, law: &'a Mixture) -> Result<Self, Error> {
        if law.dim() != network.input().size() {
            return Err(Error::Mismatch {
                what: "dimension of the input law",
                expected: network.input().size(),
                actual: law.dim(),
            });
        }
        network.require_states()?;
        let prototypes = (law.weights().iter().enumerate())
            .map(|(n, &weight)| {
                let mean = law.means().column(n).into_owned();
                let at = DMatrix::from_column_slice(mean.len(), 1, mean.as_slice());
                let (_, pieces) = network.trace(&at)?;
                Ok(Prototype {
                    weight,
                    covariance: Spd::new(&law.component_covariance(n))?,
                    affine: network.affine_at(mean.as_slice())?,
                    mean,
                    pieces,
                })
            })
            .collect::<Result<_, Error>>()?;
        Ok(Self {
            network,
            law,
            prototypes,
        })
    }

    /// The network.
    pub fn network(&self) -> &Network<f64> {
        self.network
    }

    /// The law of the input.
    pub fn law(&self) -> &Mixture {
        self.law
    }

    /// The components of the input.
    pub fn prototypes(&self) -> &[Prototype] {
        &self.prototypes
    }

    fn draw(&self, count: usize, seed: Seed) -> Draws {
        self.draw_from(count, seed.child("component"), seed.child("point"))
    }

    /// Draws whose components and whose points have streams of their own.
    fn draw_from(&self, count: usize, component: Seed, point: Seed) -> Draws {
        let mut rng = component.rng();
        let index: Vec<usize> = (0..count)
            .map(|_| {
                let mut left: f64 = rng.random();
                // Rounding can leave a rest behind the last weight; that is the last one's.
                (self.prototypes.iter())
                    .position(|prototype| {
                        left -= prototype.weight;
                        left < 0.0
                    })
                    .unwrap_or(self.prototypes.len() - 1)
            })
            .collect();
        let mut rng = point.rng();
        let dim = self.network.input().size();
        let mut points = DMatrix::zeros(dim, count);
        let mut noise = DVector::zeros(dim);
        for (mut point, &n) in points.column_iter_mut().zip(&index) {
            noise
                .as_mut_slice()
                .fill_with(|| rng.sample(StandardNormal));
            let prototype = &self.prototypes[n];
            point.copy_from(&prototype.mean);
            point.gemv(1.0, prototype.covariance.lower(), &noise, 1.0);
        }
        Draws { index, points }
    }

    fn couple(&self, draws: &Draws) -> Result<Coupled, Error> {
        let (z, pieces) = self.network.trace(&draws.points)?;
        let inside = (draws.index.iter().enumerate())
            .map(|(column, &n)| self.prototypes[n].holds(&pieces, column))
            .collect();
        let mut affine = DMatrix::zeros(z.nrows(), z.ncols());
        for (column, &n) in draws.index.iter().enumerate() {
            let map = &self.prototypes[n].affine;
            let mut target = affine.column_mut(column);
            target.copy_from(&map.offset);
            target.gemv(1.0, &map.matrix, &draws.points.column(column), 1.0);
        }
        Ok(Coupled { z, affine, inside })
    }

    /// One value a draw, in the order of the draws.
    fn over_draws<R: Send>(
        &self,
        draws: usize,
        seed: Seed,
        measure: impl Fn(&Draws) -> Result<Vec<R>, Error> + Sync,
    ) -> Result<Vec<R>, Error> {
        let blocks = (0..draws.div_ceil(BLOCK))
            .into_par_iter()
            .map(|block| {
                let count = BLOCK.min(draws - block * BLOCK);
                measure(&self.draw(count, seed.child(block)))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(blocks.into_iter().flatten().collect())
    }
}

/// Mean of Monte-Carlo values that lie between 0 and `ceiling`.
///
/// The standard error includes `ceiling / draws`: places too rare to be drawn leave no trace in
/// the spread of the values.
fn summarise(values: &[f64], ceiling: f64) -> Result<Summary, Error> {
    let summary = Summary::new(values)?;
    Ok(Summary {
        std_error: summary.std_error.hypot(ceiling / values.len() as f64),
        ..summary
    })
}

/// `ln sum_k exp(t_k)`.
fn log_sum_exp(terms: &[f64]) -> f64 {
    let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        // A term that is no number stays one that is seen.
        return terms.iter().fold(largest, |sum, term| sum + term);
    }
    largest + terms.iter().map(|t| (t - largest).exp()).sum::<f64>().ln()
}

/// `max(x, 0)`, which a number that is none passes unclipped, so that it ends in an error.
fn positive_part(x: f64) -> f64 {
    if x < 0.0 { 0.0 } else { x }
}

/// Standard normal distribution function, with all digits of the lower tail.
fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}
