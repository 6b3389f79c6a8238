use nalgebra::DMatrix;

use super::{JointLaw, Law, Mixture, Moments, Truth};
use crate::error::Error;
use crate::sample::Paired;
use crate::seed::Seed;

/// A mixture of Gaussian laws of pairs.
///
/// Its halves are mixtures too, so that the pointwise information
/// `ln p(x, y) - ln p(x) - ln p(y)` is known at every pair; the information is its Monte-Carlo mean.
///
/// # Source
/// Czyż et al. 2025 (arXiv 2310.10240), on the mutual-information profiles of such mixtures.
#[derive(Debug, Clone)]
pub struct JointMixture {
    joint: Mixture,
    x: Mixture,
    y: Mixture,
    information: Truth,
}

impl JointMixture {
    /// The pair of the first `dim_x` coordinates and the rest of a mixture of `N` components: weights, a
    /// `d x N` matrix of means and `N` covariances. `draws` pairs of stream `seed` give the information,
    /// in time `O(draws N d^2)`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless both halves have a coordinate; as [`Mixture::new`];
    /// [`Error::TooFewPoints`] below 100 draws.
    pub fn new(
        dim_x: usize,
        weights: Vec<f64>,
        means: DMatrix<f64>,
        covariances: Vec<DMatrix<f64>>,
        draws: usize,
        seed: Seed,
    ) -> Result<Self, Error> {
        let dim = means.nrows();
        if dim_x == 0 || dim_x >= dim {
            return Err(Error::invalid(
                "dim_x",
                dim_x,
                format!(
                    "from 1 to {}, so that both halves have a coordinate",
                    dim.saturating_sub(1)
                ),
            ));
        }
        let joint = Mixture::new(weights.clone(), means.clone(), covariances.clone())?;
        let half = |from: usize, size: usize| {
            let blocks = covariances
                .iter()
                .map(|s| s.view((from, from), (size, size)).into_owned());
            let means = means.rows(from, size).into_owned();
            Mixture::new(weights.clone(), means, blocks.collect())
        };
        let (x, y) = (half(0, dim_x)?, half(dim_x, dim - dim_x)?);
        // No ceiling is known: components may depend within. That of independent ones is taken.
        let ceiling = weights.iter().map(|w| -w.ln()).fold(0.0, f64::max);
        let information = super::monte_carlo_information(
            draws,
            seed,
            ceiling,
            |n, seed| super::split(&joint.sample(n, seed), dim_x),
            |a, b| pointwise(&joint, &x, &y, a, b),
        )?;
        Ok(Self {
            joint,
            x,
            y,
            information,
        })
    }
}

fn pointwise(joint: &Mixture, x: &Mixture, y: &Mixture, a: &[f64], b: &[f64]) -> f64 {
    joint.ln_density(&[a, b].concat()) - x.ln_density(a) - y.ln_density(b)
}

impl JointLaw for JointMixture {
    fn dims(&self) -> (usize, usize) {
        (self.x.dim(), self.y.dim())
    }

    fn sample(&self, n: usize, seed: Seed) -> Paired {
        super::split(&self.joint.sample(n, seed), self.x.dim())
    }

    fn information(&self) -> Truth {
        self.information
    }

    fn pointwise_information(&self, x: &[f64], y: &[f64]) -> Option<f64> {
        Some(pointwise(&self.joint, &self.x, &self.y, x, y))
    }

    fn moments(&self) -> Option<Moments> {
        self.joint.moments()
    }
}
