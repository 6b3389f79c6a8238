use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use super::Pushforward;
use crate::error::Error;
use crate::seed::Seed;
use crate::stats::Summary;

/// What the draws of `Z` and of `Z^` have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Components and points: the difference is all due to the maps.
    Points,
    /// Components only: the floor is that of two samples of one Gaussian each.
    Components,
    /// Nothing: how many draws each component happens to get differs, and for far components
    /// this alone is a distance, of order `spread / n^(1/4)`, that has nothing to do with the maps.
    Nothing,
}

impl Pushforward<'_> {
    /// Sliced Wasserstein distance of order 2 between samples of `Z` and of `Z^`,
    /// `sqrt(E_u W_2^2(u.Z, u.Z^))` over random directions `u`, with its spread over independent
    /// replicates.
    ///
    /// For samples the distance is above 0 even between equal laws; compare with the same number
    /// of draws of a law that is known. Cost `O(replicates directions draws ln draws)`.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] below two replicates, [`Error::InvalidParameter`] without draws or
    /// directions.
    ///
    /// # Source
    /// Bonneel et al. 2015, definition 6.
    pub fn sliced_wasserstein(
        &self,
        sharing: Sharing,
        draws: usize,
        directions: usize,
        replicates: usize,
        seed: Seed,
    ) -> Result<Summary, Error> {
        for (name, value) in [("draws", draws), ("directions", directions)] {
            if value == 0 {
                return Err(Error::invalid(name, value, "at least 1"));
            }
        }
        let distances = (0..replicates)
            .into_par_iter()
            .map(|replicate| {
                let seed = seed.child(replicate);
                let first = (seed.child("component"), seed.child("point"));
                let other = (seed.child("other component"), seed.child("other point"));
                let second = match sharing {
                    Sharing::Points => first,
                    Sharing::Components => (first.0, other.1),
                    Sharing::Nothing => other,
                };
                let z = self.couple(&self.draw_from(draws, first.0, first.1))?.z;
                let affine = self
                    .couple(&self.draw_from(draws, second.0, second.1))?
                    .affine;
                Ok(sliced(&z, &affine, directions, seed.child("direction")))
            })
            .collect::<Result<Vec<f64>, Error>>()?;
        Summary::new(&distances)
    }
}

fn sliced(a: &DMatrix<f64>, b: &DMatrix<f64>, directions: usize, seed: Seed) -> f64 {
    let mut rng = seed.rng();
    let mut total = 0.0;
    for _ in 0..directions {
        let direction =
            DVector::from_fn(a.nrows(), |_, _| rng.sample::<f64, _>(StandardNormal)).normalize();
        let sorted = |points: &DMatrix<f64>| {
            let mut values: Vec<f64> = points.tr_mul(&direction).iter().copied().collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let squares: f64 = (sorted(a).iter().zip(sorted(b)))
            .map(|(a, b)| (a - b) * (a - b))
            .sum();
        total += squares / a.ncols() as f64;
    }
    (total / directions as f64).sqrt()
}
