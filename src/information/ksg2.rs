//! Information from nearest neighbours, with a rectangle in place of the square.

use super::{Entry, InformationEstimator, Ties};
use crate::entropy::kozachenko_leonenko::{
    check_distinct, check_order, check_points, digamma_of_integers, neighbour_warnings,
};
use crate::entropy::{Promises, Side};
use crate::error::{Error, finite};
use crate::neighbour::{Neighbour, Neighbours, Norm, brute};
use crate::sample::{Paired, Sample};

/// Registry entry.
pub const ENTRY: Entry = Entry {
    id: "ksg2",
    summary: "as ksg1, with the extents of the k neighbours in each half for the counts (Kraskov et al., second algorithm)",
    parameters: &[("k", "3"), ("ties", "reject")],
    build: |parameters| {
        let k = parameters.value("k", "a whole number, at least 1")?;
        let ties = parameters.choice("ties", &Ties::WORDS)?;
        Ok(Box::new(Ksg2::new(k, ties)?))
    },
    defaults: &["ksg2(k=3)"],
};

/// Nearest-neighbour estimate of mutual information, second form.
///
/// `I = psi(k) - 1/k + psi(n) - (1/n) sum_i [psi(a_i) + psi(b_i)]`,
/// where the `k` nearest neighbours of pair `i` are those in the largest difference over all
/// coordinates of both halves, `a_i` counts the other points whose first halves are at most as far
/// as the farthest first half of these neighbours in the max norm, `b_i` the same for second
/// halves; `psi` is the digamma function.
///
/// Takes `n` pairs, `n > k`; returns nats, negative ones too. A little less biased than
/// [`Ksg1`](super::Ksg1) for strong dependence, noisier, and it depends on *which* points are the
/// neighbours, where the first form reads distances only. Cost as there.
///
/// # Errors
/// [`Error::TooFewPoints`] when `n <= k`; [`Error::NonFiniteResult`] when a distance exceeds the
/// largest double. When ties are rejected, [`Error::Duplicates`] where the `k`-th neighbour is at
/// distance 0 and [`Error::TiedNeighbours`] where another point is as far as the `k`-th neighbour.
///
/// # Source
/// Kraskov, Stögbauer & Grassberger 2004, eq. 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ksg2 {
    k: usize,
    ties: Ties,
}

impl Ksg2 {
    /// The estimator with neighbours of order `k`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for `k = 0`.
    pub fn new(k: usize, ties: Ties) -> Result<Self, Error> {
        check_order(k)?;
        Ok(Self { k, ties })
    }
}

impl InformationEstimator for Ksg2 {
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
        check_points(ENTRY.id, self.k, pairs.n())?;
        let nearest = nearest(pairs, self.k, self.ties)?;
        finite(self.name(), from_neighbours(pairs, &nearest)?)
    }

    fn warnings(&self, pairs: &Paired) -> Vec<String> {
        neighbour_warnings(&pairs.joint(), self.k)
    }
}

/// The `k` nearest pairs of every pair in the max norm, `n > k`.
pub(super) fn nearest(pairs: &Paired, k: usize, ties: Ties) -> Result<Vec<Vec<Neighbour>>, Error> {
    let n = pairs.n();
    // One more shows whether the last is the only one at its distance.
    let more = (k + 1).min(n - 1);
    let mut nearest = Neighbours::new(&pairs.joint(), Norm::Max).nearest(more)?;
    if ties == Ties::Reject {
        let radii: Vec<f64> = nearest.iter().map(|all| all[k - 1].distance).collect();
        check_distinct(&radii, k)?;
        let tied: Vec<usize> = (0..n)
            .filter(|&i| {
                let after = nearest[i].get(k);
                after.is_some_and(|next| next.distance <= radii[i])
            })
            .collect();
        if let Some(&point) = tied.first() {
            return Err(Error::TiedNeighbours {
                point,
                k,
                count: tied.len(),
                n,
            });
        }
    }
    nearest.iter_mut().for_each(|all| all.truncate(k));
    Ok(nearest)
}

/// The largest distance in one half from point `i` to its neighbours, in the max norm.
pub(super) fn extent(half: &Sample, i: usize, neighbours: &[Neighbour]) -> f64 {
    neighbours.iter().fold(0.0, |largest: f64, near| {
        largest.max(brute::distance(
            half.point(i),
            half.point(near.point),
            Norm::Max,
        ))
    })
}

/// The estimate from the neighbours of every pair, equally many each.
pub(super) fn from_neighbours(pairs: &Paired, nearest: &[Vec<Neighbour>]) -> Result<f64, Error> {
    let (n, k) = (pairs.n(), nearest[0].len());
    let counts = |half: &Sample| {
        // At most as far as the extent is strictly within the next double.
        let radii: Vec<f64> = nearest
            .iter()
            .enumerate()
            .map(|(i, all)| extent(half, i, all).next_up())
            .collect();
        Neighbours::new(half, Norm::Max).counts_within(&radii)
    };
    let (x, y) = rayon::join(|| counts(&pairs.x), || counts(&pairs.y));
    let (x, y) = (x?, y?);
    let psi = digamma_of_integers(n);
    let sum: f64 = x.iter().zip(&y).map(|(a, b)| psi[*a] + psi[*b]).sum();
    Ok(psi[k] - 1.0 / k as f64 + psi[n] - sum / n as f64)
}
