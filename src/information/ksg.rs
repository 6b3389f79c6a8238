//! Information from nearest neighbours, without entropies in between.

use super::{Entry, InformationEstimator};
use crate::entropy::kozachenko_leonenko::{
    check_distinct, check_order, check_points, digamma_of_integers, neighbour_warnings,
};
use crate::entropy::{Promises, Side};
use crate::error::{Error, finite};
use crate::neighbour::{Neighbours, Norm, product};
use crate::sample::Paired;

/// Registry entry.
pub const ENTRY: Entry = Entry {
    id: "ksg1",
    summary: "nearest neighbours in the joint space, counts in the marginals (Kraskov et al., first algorithm)",
    parameters: &[("k", "3"), ("norm", "max"), ("ties", "reject")],
    build: |parameters| {
        let k = parameters.value("k", "a whole number, at least 1")?;
        let norm = parameters.choice("norm", &Norm::WORDS)?;
        let ties = parameters.choice("ties", &Ties::WORDS)?;
        Ok(Box::new(Ksg1::new(k, ties)?.with_norm(norm)))
    },
    defaults: &["ksg1(k=3)", "ksg1(k=3,norm=euclidean)"],
};

/// What to do where the `k`-th neighbour is at distance zero, or not the only one at its distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// Fail where the pairs repeat, so that they have no joint density, and where the estimate
    /// depends on which of several neighbours at one distance is taken.
    Reject,
    /// Follow the definition literally: nobody is strictly within zero, and of several neighbours
    /// at one distance those of lowest index are taken.
    Count,
}

impl Ties {
    /// The words of the parameter `ties`.
    pub const WORDS: [(&'static str, Self); 2] = [("reject", Self::Reject), ("count", Self::Count)];
}

/// Nearest-neighbour estimate of mutual information.
///
/// `I = psi(k) + psi(n) - (1/n) sum_i [psi(a_i + 1) + psi(b_i + 1)]`,
/// where `e_i` is the distance from pair `i` to its `k`-th neighbour, the larger of the distances
/// of the two halves, and `a_i`, `b_i` count the other points whose first, second halves lie
/// strictly within `e_i`; `psi` is the digamma function. The norm inside each half is the largest
/// difference of a coordinate, or Euclidean.
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
/// Kraskov, Stögbauer & Grassberger 2004, eq. 8; the Euclidean norm inside each half as in the
/// benchmark of Czyż et al. 2023.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ksg1 {
    k: usize,
    norm: Norm,
    ties: Ties,
}

impl Ksg1 {
    /// The estimator with neighbours of order `k`, in the max norm.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for `k = 0`.
    pub fn new(k: usize, ties: Ties) -> Result<Self, Error> {
        check_order(k)?;
        Ok(Self {
            k,
            norm: Norm::Max,
            ties,
        })
    }

    /// The same with another norm inside each half.
    #[must_use]
    pub fn with_norm(self, norm: Norm) -> Self {
        Self { norm, ..self }
    }
}

impl InformationEstimator for Ksg1 {
    fn name(&self) -> String {
        let norm = match self.norm {
            Norm::Max => "",
            Norm::Euclidean => ",norm=euclidean",
        };
        let ties = match self.ties {
            Ties::Reject => "",
            Ties::Count => ",ties=count",
        };
        format!("{}(k={}{norm}{ties})", ENTRY.id, self.k)
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            // One factor for both halves.
            scaling: true,
            rotation: self.norm == Norm::Euclidean,
            unbiased_on_gaussian: false,
            side: Side::Consistent,
        }
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        let (n, k) = (pairs.n(), self.k);
        check_points(ENTRY.id, k, n)?;
        let (radii, (x, y)) = rayon::join(
            || match self.norm {
                Norm::Max => Neighbours::new(&pairs.joint(), Norm::Max).kth_distances(k),
                Norm::Euclidean => product::kth_distances(pairs, k),
            },
            || {
                rayon::join(
                    || Neighbours::new(&pairs.x, self.norm),
                    || Neighbours::new(&pairs.y, self.norm),
                )
            },
        );
        let radii = radii?;
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
        // With ties it is neither defined by the densities nor unbiased.
        self.ties == Ties::Reject
    }

    fn warnings(&self, pairs: &Paired) -> Vec<String> {
        neighbour_warnings(&pairs.joint(), self.k)
    }
}
