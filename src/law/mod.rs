//! Laws whose entropy or information is known. One law a file.

use crate::sample::{Paired, Sample};
use crate::seed::Seed;

mod bijection;
pub mod catalogue;
mod gaussian;
mod joint_gaussian;
mod mixture;
mod student;
mod uniform_box;

pub use bijection::{Affine, Bijection, Composition, Coordinatewise, Image, JointImage};
pub use gaussian::Gaussian;
pub use joint_gaussian::JointGaussian;
pub use mixture::{EntropyBounds, Mixture};
pub use student::StudentT;
pub use uniform_box::UniformBox;

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
