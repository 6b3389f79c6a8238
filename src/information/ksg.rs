//! Information from nearest neighbours, without entropies in between.

use super::{Entry, InformationEstimator};
use crate::entropy::kozachenko_leonenko::{
    check_distinct, check_order, check_points, digamma_of_integers, neighbour_warnings,
};
use crate::entropy::{Promises, Side};
use crate::error::{Error, finite};
use crate::neighbour::{Neighbours, Norm};
use crate::sample::Paired;

/// Registry entry.
pub const ENTRY: Entry = Entry {
    id: "ksg1",
    summary: "nearest neighbours in the joint space, counts in the marginals (Kraskov et al., first algorithm)",
    parameters: &[("k", "3"), ("ties", "reject")],
    build: |parameters| {
        let k = parameters.value("k", "a whole number, at least 1")?;
        let ties =
            parameters.choice("ties", &[("reject", Ties::Reject), ("count", Ties::Count)])?;
        Ok(Box::new(Ksg1::new(k, ties)?))
    },
    defaults: &["ksg1(k=3)"],
};

/// What to do where the `k`-th neighbour is at distance zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// Fail: the pairs repeat, so they have no joint density.
    Reject,
    /// Follow the definition literally: nobody is strictly within zero, so both counts are 0.
    Count,
}

/// Nearest-neighbour estimate of mutual information.
///
/// `I = psi(k) + psi(n) - (1/n) sum_i [psi(a_i + 1) + psi(b_i + 1)]`,
/// where `e_i` is the distance from pair `i` to its `k`-th neighbour, the largest difference over
/// all coordinates of both halves, and `a_i`, `b_i` count the other points whose first,
/// second halves lie strictly within `e_i` in the max norm; `psi` is the digamma function.
///
/// Takes `n` pairs, `n > k`; returns nats, negative ones too. Nothing is added to the data or
/// rescaled: the value depends on the units of the two halves relative to each other. Without
/// ties it cannot exceed `psi(n) - psi(k)`, so it saturates for strong dependence. Cost
/// `O(n log n)` in low dimension, `O(n^2 d)` in high.
///
/// # Errors
/// [`Error::TooFewPoints`] when `n <= k`; [`Error::Duplicates`] when an `e_i` is 0 and ties are
/// rejected; [`Error::NonFiniteResult`] when a distance exceeds the largest double.
///
/// # Source
/// Kraskov, Stögbauer & Grassberger 2004, eq. 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ksg1 {
    k: usize,
    ties: Ties,
}

impl Ksg1 {
    /// The estimator with neighbours of order `k`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for `k = 0`.
    pub fn new(k: usize, ties: Ties) -> Result<Self, Error> {
        check_order(k)?;
        Ok(Self { k, ties })
    }
}

impl InformationEstimator for Ksg1 {
    fn name(&self) -> String {
        match self.ties {
            Ties::Reject => format!("{}(k={})", ENTRY.id, self.k),
            Ties::Count => format!("{}(k={},ties=count)", ENTRY.id, self.k),
        }
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            // One factor for both halves.
            scaling: true,
            rotation: false,
            unbiased_on_gaussian: false,
            side: Side::Consistent,
        }
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        let (n, k) = (pairs.n(), self.k);
        check_points(ENTRY.id, k, n)?;
        let joint = pairs.joint();
        let (joint, (x, y)) = rayon::join(
            || Neighbours::new(&joint, Norm::Max),
            || {
                rayon::join(
                    || Neighbours::new(&pairs.x, Norm::Max),
                    || Neighbours::new(&pairs.y, Norm::Max),
                )
            },
        );
        let radii = joint.kth_distances(k)?;
        if self.ties == Ties::Reject {
            check_distinct(&radii, k)?;
        }
        let (x, y) = rayon::join(|| x.counts_within(&radii), || y.counts_within(&radii));
        let (x, y) = (x?, y?);
        let psi = digamma_of_integers(n);
        let sum: f64 = x.iter().zip(&y).map(|(a, b)| psi[a + 1] + psi[b + 1]).sum();
        finite(self.name(), psi[k] + psi[n] - sum / n as f64)
    }

    /// Not proved; found in every case tried (Kraskov et al. 2004, section III).
    fn unbiased_when_independent(&self) -> bool {
        true
    }

    fn warnings(&self, pairs: &Paired) -> Vec<String> {
        neighbour_warnings(&pairs.joint(), self.k)
    }
}
