//! What neighbours say of Gaussian twins: their bias on such points, and what the slack is held against.

use super::influence;
use crate::entropy::{EntropyEstimator, KozachenkoLeonenko};
use crate::error::Error;
use crate::linalg::Spd;
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
    /// Standard error of what they say of twins, plus that loss, less what they say of the points.
    pub std_error: Result<f64, Error>,
}

impl OfTwins {
    /// Twins of points whose third neighbours lie at `radii`, one after the other: the work on each is spread over the cores, and a single one with
    /// its own twin is in memory.
    pub fn new(points: &Sample, radii: &[f64], number: u64, seed: Seed) -> Result<Self, Error> {
        let (estimator, dim) = (neighbours()?, points.dim());
        let entropy = uncertainty::Entropy(&estimator);
        let twins = Twins::new(points)?;
        let truth = entropy.gaussian_truth(&twins)?;
        let of_points = spread(twins.factor(), points, radii);
        let mut of_twins = vec![];
        let (mut errors, mut losses, mut means, mut scatter) = (vec![], vec![], vec![], vec![]);
        for r in 0..number {
            let seed = seed.child(r);
            let twin = twins.draw(seed)?;
            let radii = estimator.radii(&twin)?;
            let of_twin = estimator.of_radii(&radii, dim)?;
            let (own, again) = {
                let twins = Twins::new(&twin)?;
                of_twins.push(spread(twins.factor(), &twin, &radii));
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
        // Given their covariance, points vary as a twin does about its own: that is the chance of neighbours, whatever the law. The rest, what the
        // log-density has beside that of a Gaussian, twins have not; where points are hardly more than coordinates, chance adds to it, and the error
        // is too large rather than too small. What points are held against is a mean over twins and theirs.
        let scatter = Summary::new(&scatter)?.std_dev.powi(2);
        let means = Summary::new(&means)?.std_error.powi(2);
        let rest = || {
            let of_twins = of_twins.into_iter().collect::<Result<Vec<f64>, _>>()?;
            let beyond = (of_points? - Summary::new(&of_twins)?.mean).max(0.0);
            Ok(beyond / points.n() as f64)
        };
        Ok(Self {
            calibration: Calibration {
                truth,
                errors: Summary::new(&errors)?,
            },
            loss: Summary::new(&losses)?.mean,
            std_error: rest().map(|rest: f64| (scatter + rest + means).sqrt()),
        })
    }
}

/// Variance over the points of what each has to do with the Gaussian entropy less that by neighbours, at distances `radii`.
fn spread(factor: &Spd, points: &Sample, radii: &[f64]) -> Result<f64, Error> {
    let (n, dim) = (points.n(), points.dim());
    if n <= dim + 1 {
        // By a covariance of so few points all lengths are equal, whatever the law.
        return Ok(0.0);
    }
    let lengths = influence::squared_lengths(factor, points, points);
    let parts = influence::of_each(&lengths, n)?.into_iter().zip(radii);
    let parts: Vec<f64> = parts.map(|(half, r)| half - dim as f64 * r.ln()).collect();
    Ok(Summary::new(&parts)?.std_dev.powi(2))
}

/// The estimator by neighbours.
pub(super) fn neighbours() -> Result<KozachenkoLeonenko, Error> {
    KozachenkoLeonenko::new(3, Norm::Euclidean)
}
