use rayon::prelude::*;

use super::require_labelled;
use crate::bound::Labels;
use crate::error::Error;
use crate::linalg::product::{product, view};
use crate::objective::Units;
use crate::sample::Sample;
use crate::training::same;

/// Weighted vote of the nearest neighbours by cosine similarity.
///
/// The `k` points of the largest cosine `s` vote for their classes with the weight `exp(s / T)`; the first of equal classes
/// wins, and of points at the same cosine the first are taken.
///
/// Takes `n >= k` labelled points and queries in the same space. Cost `O(n d)` a query, memory for the
/// similarities of 256 queries at a time.
///
/// # Errors
/// [`Error::Mismatch`] for another number of labels or coordinates; [`Error::TooFewPoints`] for `n < k`;
/// [`Error::ZeroVector`].
///
/// # Source
/// Wu, Xiong, Yu & Lin 2018, section 3.4, with `k = 20` and `T = 0.07` as self-supervised benchmarks have it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearest {
    /// Neighbours `k`.
    pub k: usize,
    /// Temperature `T`.
    pub temperature: f64,
}

impl Default for Nearest {
    /// 20 neighbours, temperature 0.07.
    fn default() -> Self {
        Self {
            k: 20,
            temperature: 0.07,
        }
    }
}

/// Queries whose similarities are in memory at once.
const BLOCK: usize = 256;

impl Nearest {
    /// The class of each query.
    ///
    /// # Errors
    /// See the type.
    pub fn predict(
        &self,
        sample: &Sample,
        labels: &Labels,
        queries: &Sample,
    ) -> Result<Vec<usize>, Error> {
        require_labelled(sample, labels)?;
        same("coordinates of the queries", sample.dim(), queries.dim())?;
        if self.k == 0 {
            return Err(Error::invalid("k", self.k, "at least 1"));
        }
        if !(self.temperature > 0.0 && self.temperature.is_finite()) {
            return Err(Error::invalid(
                "temperature",
                self.temperature,
                "a positive finite number",
            ));
        }
        if sample.n() < self.k {
            return Err(Error::TooFewPoints {
                method: "a vote of neighbours",
                required: self.k,
                actual: sample.n(),
            });
        }
        let known = Units::new("the labelled points", sample)?;
        let queries = Units::new("the queries", queries)?;
        let (known, queries) = (view(known.matrix()).transpose(), view(queries.matrix()));
        let mut classes = Vec::with_capacity(queries.ncols());
        for start in (0..queries.ncols()).step_by(BLOCK) {
            let width = BLOCK.min(queries.ncols() - start);
            let cosines = product(known, queries.subcols(start, width));
            let votes = (cosines.as_slice().par_chunks(sample.n()))
                .map(|cosines| self.vote(cosines, labels));
            classes.par_extend(votes);
        }
        Ok(classes)
    }

    fn vote(&self, cosines: &[f64], labels: &Labels) -> usize {
        let mut order: Vec<usize> = (0..cosines.len()).collect();
        let nearer = |a: &usize, b: &usize| cosines[*b].total_cmp(&cosines[*a]).then(a.cmp(b));
        if self.k < order.len() {
            order.select_nth_unstable_by(self.k - 1, nearer);
            order.truncate(self.k);
        }
        // A fixed order of the sums.
        order.sort_unstable_by(nearer);
        let largest = cosines[order[0]];
        let mut votes = vec![0.0; labels.classes().len()];
        for i in order {
            // Against the largest, so that no weight overflows; the winner is the same.
            votes[labels.of()[i]] += ((cosines[i] - largest) / self.temperature).exp();
        }
        let best = votes.into_iter().enumerate().reduce(
            |best, next| {
                if next.1 > best.1 { next } else { best }
            },
        );
        best.map_or(0, |(class, _)| class)
    }
}
