use rand::seq::SliceRandom;
use rayon::prelude::*;

use super::Quantity;
use crate::error::Error;
use crate::sample::Paired;
use crate::seed::Seed;
use crate::stats::Summary;

/// Permutation test of independence.
///
/// The second halves are put in random order `B` times, which leaves both marginal samples as
/// they are and makes the halves independent. With `t` the estimate on the pairs and `t_b` that
/// after permutation `b`,
///
/// `p = (1 + #{b : t_b >= t}) / (B + 1)`.
///
/// When the halves are independent, `p <= a` has probability at most `a`, for every estimator, law
/// and number of pairs; the power is that of the estimator. `p` is never below `1/(B + 1)`. Values that
/// differ from `t` by rounding alone, `1e-12` relative to the larger of `|t|` and 1, count as equal:
/// estimators that take few different values would be tested too sharply otherwise.
///
/// The pairs have to be independent of each other: for time series, or several views of the same
/// image, permuting single pairs is not valid.
///
/// Cost: `B + 1` estimates.
///
/// # Source
/// Fisher 1935; Phipson & Smyth 2010 for the observation that counts as one of its permutations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Permutation {
    /// Share of the permutations, the identity among them, with an estimate as large.
    pub p_value: f64,
    /// Number of permutations, `B`.
    pub permutations: usize,
    /// The estimate on the pairs as they are.
    pub observed: f64,
    /// The estimates on permuted pairs. Their mean is the estimator's bias for independent halves with
    /// these marginals; `std_dev` is its spread there.
    pub null: Summary,
}

impl Permutation {
    /// Runs the test with `permutations` random orders.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] below 2 permutations, which have no standard deviation; the
    /// first error of the estimator, on the pairs or on permuted ones.
    pub fn new<Q>(
        quantity: &Q,
        pairs: &Paired,
        permutations: usize,
        seed: Seed,
    ) -> Result<Self, Error>
    where
        Q: Quantity<Data = Paired> + ?Sized,
    {
        if permutations < 2 {
            return Err(Error::invalid("permutations", permutations, "at least 2"));
        }
        let observed = quantity.estimate(pairs)?;
        let seed = seed.child("permutation");
        let null = (0..permutations)
            .into_par_iter()
            .map(|b| {
                let mut order: Vec<usize> = (0..pairs.n()).collect();
                order.shuffle(&mut seed.child(b).rng());
                let y = pairs.y.select(&order)?;
                quantity.estimate(&Paired::new(pairs.x.clone(), y)?)
            })
            // Errors are collected first, so that the one reported does not depend on the threads.
            .collect::<Vec<_>>()
            .into_iter()
            .collect::<Result<Vec<f64>, Error>>()?;
        let line = observed - 1e-12 * observed.abs().max(1.0);
        let as_large = null.iter().filter(|&&value| value >= line).count();
        Ok(Self {
            p_value: (1 + as_large) as f64 / (permutations + 1) as f64,
            permutations,
            observed,
            null: Summary::new(&null)?,
        })
    }
    /// Reasons to read the test with care, in plain words.
    pub fn warnings(&self) -> Vec<String> {
        const USUAL: f64 = 0.05;
        let smallest = 1.0 / (self.permutations + 1) as f64;
        if smallest <= USUAL {
            return Vec::new();
        }
        vec![format!(
            "with {} permutations p cannot be below {smallest:.3}, whatever the data",
            self.permutations
        )]
    }
}
