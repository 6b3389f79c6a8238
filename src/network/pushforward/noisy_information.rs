use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use super::{Pushforward, log_sum_exp};
use crate::error::Error;
use crate::seed::Seed;
use crate::stats::Summary;

/// Two sides of `I(X; f(X) + epsilon N)` in nats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoisyInformation {
    /// Lower bound, at most the logarithm of the number of points it contrasts.
    pub lower: Summary,
    /// Upper bound; far above where it contrasts too few points.
    pub upper: Summary,
}

impl NoisyInformation {
    /// The same two sides for the entropy of `f(X) + epsilon N` in `dim` dimensions:
    /// information plus `(dim / 2) ln (2 pi e epsilon^2)`.
    pub fn entropy(&self, dim: usize, epsilon: f64) -> (f64, f64) {
        let noise = dim as f64 * (0.5 * (1.0 + std::f64::consts::TAU.ln()) + epsilon.ln());
        (self.lower.mean + noise, self.upper.mean + noise)
    }
}

impl Pushforward<'_> {
    /// Bounds on the information that `f(X) + epsilon N` has about `X`, for any piecewise-affine
    /// network and any dimension.
    ///
    /// Of `M` points `x_i`, each with its noisy image `y_i`, with `l_ij = ln N(y_i; f(x_j), epsilon^2 I)`:
    /// the mean of `l_ii - ln (1/M) sum_j exp l_ij` is a lower bound, with the sum over `j != i` and
    /// `1/(M - 1)` an upper bound; over independent `replicates` of `M = points`. Cost
    /// `O(replicates points^2 d_out)`.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] below two points or two replicates; [`Error::InvalidParameter`] for
    /// an `epsilon` that is not positive.
    ///
    /// # Source
    /// Poole et al. 2019, section 2.4, with the true conditional density as critic.
    pub fn noisy_information(
        &self,
        epsilon: f64,
        points: usize,
        replicates: usize,
        seed: Seed,
    ) -> Result<NoisyInformation, Error> {
        if !(epsilon > 0.0 && epsilon.is_finite()) {
            return Err(Error::invalid(
                "epsilon",
                epsilon,
                "the standard deviation of the noise is finite and positive",
            ));
        }
        if points < 2 {
            return Err(Error::TooFewPoints {
                method: "a contrast of points",
                required: 2,
                actual: points,
            });
        }
        let sides = (0..replicates)
            .into_par_iter()
            .map(|replicate| {
                let seed = seed.child(replicate);
                let images = self.network.apply(&self.draw(points, seed).points)?;
                let mut rng = seed.child("noise").rng();
                let noisy = images.map(|z| z + epsilon * rng.sample::<f64, _>(StandardNormal));
                Ok(contrast(&images, &noisy, epsilon))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let side = |pick: fn(&(f64, f64)) -> f64| -> Result<Summary, Error> {
            Summary::new(&sides.iter().map(pick).collect::<Vec<_>>())
        };
        Ok(NoisyInformation {
            lower: side(|pair| pair.0)?,
            upper: side(|pair| pair.1)?,
        })
    }
}

/// Lower and upper side from one set of points.
fn contrast(images: &DMatrix<f64>, noisy: &DMatrix<f64>, epsilon: f64) -> (f64, f64) {
    let n = images.ncols();
    let (mut lower, mut upper) = (0.0, 0.0);
    for (i, y) in noisy.column_iter().enumerate() {
        // The Gaussian's constant is in every term and cancels.
        let mut terms: Vec<f64> = (images.column_iter())
            .map(|z| -0.5 * (y - z).norm_squared() / (epsilon * epsilon))
            .collect();
        let own = terms[i];
        lower += own - log_sum_exp(&terms) + (n as f64).ln();
        terms.swap_remove(i);
        upper += own - log_sum_exp(&terms) + (n as f64 - 1.0).ln();
    }
    (lower / n as f64, upper / n as f64)
}
