//! What neighbours say of Gaussian twins: their bias on such points, and what the slack is held against.

use crate::entropy::{EntropyEstimator, KozachenkoLeonenko};
use crate::error::Error;
use crate::neighbour::Norm;
use crate::sample::Sample;
use crate::seed::Seed;
use crate::stats::Summary;
use crate::uncertainty::{self, Calibration, Quantity, Twins};

/// What neighbours say of Gaussian twins of some points, and of the twins of these.
pub(super) struct OfTwins {
    /// Their errors on the twins, whose entropy is known.
    pub calibration: Calibration,
    /// How much more they say of a twin than of a twin of that, in the mean.
    pub loss: f64,
    /// Standard error of what they say of twins, plus that loss, less what they say of points that are Gaussian themselves.
    pub std_error: f64,
}

impl OfTwins {
    /// Twins one after the other: the work on each is spread over the cores, and a single one with its own twin is in memory.
    pub fn new(points: &Sample, number: u64, seed: Seed) -> Result<Self, Error> {
        let estimator = neighbours()?;
        let entropy = uncertainty::Entropy(&estimator);
        let twins = Twins::new(points)?;
        let truth = entropy.gaussian_truth(&twins)?;
        let (mut errors, mut losses, mut means, mut scatter) = (vec![], vec![], vec![], vec![]);
        for r in 0..number {
            let seed = seed.child(r);
            let twin = twins.draw(seed)?;
            let of_twin = estimator.entropy(&twin)?;
            let (own, again) = {
                let twins = Twins::new(&twin)?;
                (
                    entropy.gaussian_truth(&twins)?,
                    twins.draw(seed.child("again"))?,
                )
            };
            drop(twin);
            let of_again = estimator.entropy(&again)?;
            errors.push(of_twin - truth);
            losses.push(of_twin - of_again);
            means.push(2.0 * of_twin - of_again);
            scatter.push(of_twin - own);
        }
        // Given their covariance, points vary as a twin does about its own; what they are held against is a mean over twins and theirs.
        let scatter = Summary::new(&scatter)?.std_dev;
        Ok(Self {
            calibration: Calibration {
                truth,
                errors: Summary::new(&errors)?,
            },
            loss: Summary::new(&losses)?.mean,
            std_error: scatter.hypot(Summary::new(&means)?.std_error),
        })
    }
}

/// The estimator by neighbours.
pub(super) fn neighbours() -> Result<KozachenkoLeonenko, Error> {
    KozachenkoLeonenko::new(3, Norm::Euclidean)
}
