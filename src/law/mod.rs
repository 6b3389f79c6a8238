//! Laws whose entropy or information is known. One law a file.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use crate::error::{Error, finite};
use crate::sample::{Paired, Sample};
use crate::seed::Seed;
use crate::stats::Summary;

mod additive_uniform;
mod bijection;
pub mod catalogue;
mod fourier_curve;
mod gaussian;
mod joint_gaussian;
mod joint_mixture;
mod joint_student;
mod mixture;
mod noisy_copy;
mod normal_to_mixture;
mod root;
mod spiral;
mod staggered_uniform;
mod student;
mod swiss_roll;
mod two_views;
mod uniform_box;
mod wiggly;
mod zero_inflated_poisson;

pub use additive_uniform::AdditiveUniform;
pub use bijection::{
    Affine, Bijection, Composition, Coordinatewise, Image, Increasing, Injection, JointImage,
};
pub use fourier_curve::FourierCurve;
pub use gaussian::Gaussian;
pub use joint_gaussian::JointGaussian;
pub use joint_mixture::JointMixture;
pub use joint_student::JointStudent;
pub use mixture::{EntropyBounds, Mixture};
pub use noisy_copy::NoisyCopy;
pub use normal_to_mixture::NormalToMixture;
pub use spiral::Spiral;
pub use staggered_uniform::StaggeredUniform;
pub use student::StudentT;
pub use swiss_roll::SwissRoll;
pub use two_views::TwoViews;
pub use uniform_box::UniformBox;
pub use wiggly::Wiggly;
pub use zero_inflated_poisson::ZeroInflatedPoisson;

/// What is known about an entropy or an information, in nats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Truth {
    /// A closed form.
    Exact(f64),
    /// Two bounds.
    Between {
        /// Lower bound.
        lower: f64,
        /// Upper bound.
        upper: f64,
    },
    /// A Monte-Carlo mean.
    MonteCarlo {
        /// The mean.
        value: f64,
        /// Its standard error.
        std_error: f64,
    },
}

impl Truth {
    /// The value with its standard error, 0 for a closed form.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for two bounds, which are no value.
    pub fn value(self) -> Result<(f64, f64), Error> {
        match self {
            Self::Exact(value) => Ok((value, 0.0)),
            Self::MonteCarlo { value, std_error } => Ok((value, std_error)),
            Self::Between { lower, upper } => Err(Error::invalid(
                "truth",
                format!("[{lower}, {upper}]"),
                "a value with a standard error",
            )),
        }
    }
}

/// Mean and covariance of a law.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// The mean, of `d` coordinates.
    pub mean: DVector<f64>,
    /// The `d x d` covariance.
    pub covariance: DMatrix<f64>,
}

/// A probability law on `R^d` with a density.
pub trait Law: Sync {
    /// Dimension `d`.
    fn dim(&self) -> usize;

    /// `n >= 1` independent points.
    ///
    /// # Panics
    /// When `n` is 0.
    fn sample(&self, n: usize, seed: Seed) -> Sample;

    /// Differential entropy.
    fn entropy(&self) -> Truth;

    /// Mean and covariance, where they are known in closed form and finite.
    fn moments(&self) -> Option<Moments> {
        None
    }

    /// Whether a larger sample begins with the smaller one of the same seed.
    fn nested(&self) -> bool {
        true
    }
}

/// A probability law of pairs.
pub trait JointLaw: Sync {
    /// Dimensions of the two halves.
    fn dims(&self) -> (usize, usize);

    /// `n >= 1` independent pairs.
    ///
    /// # Panics
    /// When `n` is 0.
    fn sample(&self, n: usize, seed: Seed) -> Paired;

    /// Mutual information between the halves.
    fn information(&self) -> Truth;

    /// Pointwise mutual information `ln [dP / d(P_X x P_Y)]` at a pair of points of the supports of
    /// the halves, in nats, where it is known. Its mean over pairs is the information; it is `-inf`
    /// where the law of pairs has no mass but the halves have.
    fn pointwise_information(&self, _x: &[f64], _y: &[f64]) -> Option<f64> {
        None
    }

    /// Mean and covariance of the pairs as points of `R^(dim_x + dim_y)`, where they are known in
    /// closed form and finite.
    fn moments(&self) -> Option<Moments> {
        None
    }

    /// Whether a larger sample begins with the smaller one of the same seed.
    fn nested(&self) -> bool {
        true
    }
}

/// A sample of points that a law drew: finite for every law of the crate.
fn drawn(dim: usize, coordinates: Vec<f64>) -> Sample {
    assert!(!coordinates.is_empty(), "a law draws at least one point");
    Sample::from_points(dim, coordinates).expect("a law with finite parameters draws finite points")
}

/// Pairs whose halves a law drew together.
fn paired(x: Sample, y: Sample) -> Paired {
    Paired::new(x, y).expect("both halves hold a point for every pair")
}

/// The first `dim_x` coordinates of every point paired with the rest.
fn split(joint: &Sample, dim_x: usize) -> Paired {
    let half = |from: usize, to: usize| -> Sample {
        let points = joint.points().flat_map(|point| &point[from..to]);
        drawn(to - from, points.copied().collect())
    };
    paired(half(0, dim_x), half(dim_x, joint.dim()))
}

/// Information as the mean of the pointwise information over `draws` pairs, with its standard error.
/// The same number for any number of threads.
///
/// The standard error includes `ceiling / draws`, `ceiling` the largest pointwise information: places
/// too rare to be drawn leave no trace in the spread of the terms.
///
/// # Errors
/// [`Error::TooFewPoints`] below 100 draws.
fn monte_carlo_information(
    draws: usize,
    seed: Seed,
    ceiling: f64,
    sample: impl Fn(usize, Seed) -> Paired + Sync,
    pointwise: impl Fn(&[f64], &[f64]) -> f64 + Sync,
) -> Result<Truth, Error> {
    const BLOCK: usize = 1024;
    if draws < 100 {
        return Err(Error::TooFewPoints {
            method: "a Monte-Carlo information",
            required: 100,
            actual: draws,
        });
    }
    let values: Vec<f64> = (0..draws.div_ceil(BLOCK))
        .into_par_iter()
        .flat_map_iter(|block| {
            let pairs = sample(BLOCK.min(draws - block * BLOCK), seed.child(block));
            let values: Vec<f64> = (pairs.x.points().zip(pairs.y.points()))
                .map(|(x, y)| pointwise(x, y))
                .collect();
            values
        })
        .collect();
    let summary = Summary::new(&values)?;
    Ok(Truth::MonteCarlo {
        value: finite("the Monte-Carlo information", summary.mean)?,
        std_error: summary.std_error.hypot(ceiling / draws as f64),
    })
}
