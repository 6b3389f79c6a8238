//! Information from nearest neighbours, for densities, letters and mixtures of both.

use super::{Entry, InformationEstimator, Takes};
use crate::entropy::kozachenko_leonenko::{check_order, check_points, digamma_of_integers};
use crate::entropy::{Promises, Side};
use crate::error::{Error, finite};
use crate::neighbour::{Neighbours, Norm};
use crate::sample::{Paired, Sample};

/// Registry entry.
pub const ENTRY: Entry = Entry {
    id: "mixed",
    summary: "nearest neighbours where pairs differ, counts where they repeat; for discrete, continuous and mixed halves",
    parameters: &[("k", "3")],
    build: |parameters| {
        let k = parameters.value("k", "a whole number, at least 1")?;
        Ok(Box::new(Mixed::new(k)?))
    },
    defaults: &["mixed(k=3)"],
};

/// Nearest-neighbour estimate of mutual information that takes repeated values.
///
/// `I = psi(n) + (1/n) sum_i [psi(k_i) - psi(a_i) - psi(b_i)]`. With `e_i` the distance from pair
/// `i` to its `k`-th neighbour, the largest difference of a coordinate: where `e_i > 0`,
/// `k_i = k` and `a_i`, `b_i` count the first, second halves strictly within `e_i`; where
/// `e_i = 0`, `k_i`, `a_i`, `b_i` count the pairs, first and second halves that coincide with those
/// of pair `i`. All of `a_i`, `b_i` and the `k_i` of coinciding pairs include point `i` itself.
///
/// Takes `n > k` pairs with repetitions of any kind; returns nats, negative ones too. Cost as
/// [`Ksg1`](super::Ksg1), of which this is the value where no pair repeats more than `k` times.
/// Where every cell of a discrete pair holds more than `k` pairs, it is the plug-in estimate with
/// digammas for logarithms, whose bias is of order `1/n^2`: Miller's correction is built in.
/// Numbers on a lattice so fine that few pairs repeat are neither: there it is biased.
///
/// The published form has `ln n` for `psi(n)`, which adds `1/(2 n)`, and logarithms of the counts;
/// the authors' program has digammas there, as here.
///
/// # Errors
/// [`Error::TooFewPoints`] when `n <= k`; [`Error::NonFiniteResult`] when a distance exceeds the
/// largest double.
///
/// # Source
/// Gao, Kannan, Oh & Viswanath 2017, "Estimating mutual information for discrete-continuous
/// mixtures", algorithm 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mixed {
    k: usize,
}

impl Mixed {
    /// The estimator with neighbours of order `k`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for `k = 0`.
    pub fn new(k: usize) -> Result<Self, Error> {
        check_order(k)?;
        Ok(Self { k })
    }
}

/// Whether in every coordinate most of these points have a value in common with others.
fn lattice(half: &Sample, points: &[usize]) -> bool {
    let Ok(half) = half.select(points) else {
        return false;
    };
    (0..half.dim()).all(|j| {
        let occurrences = half.occurrences(j);
        let alone = occurrences.iter().filter(|count| **count == 1).count();
        2 * alone < half.n()
    })
}

impl InformationEstimator for Mixed {
    fn name(&self) -> String {
        format!("{}(k={})", ENTRY.id, self.k)
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

    fn takes(&self) -> Takes {
        Takes::Anything
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        let (n, k) = (pairs.n(), self.k);
        check_points(ENTRY.id, k, n)?;
        let joint = Neighbours::new(&pairs.joint(), Norm::Max);
        let distances = joint.kth_distances(k)?;
        // What coincides is strictly within the smallest positive double.
        let radii: Vec<f64> = distances
            .iter()
            .map(|&e| if e > 0.0 { e } else { e.next_up() })
            .collect();
        let coinciding: Vec<f64> = distances
            .iter()
            .map(|&e| if e > 0.0 { 0.0 } else { e.next_up() })
            .collect();
        let alike = joint.counts_within(&coinciding)?;
        let counts = |half| Neighbours::new(half, Norm::Max).counts_within(&radii);
        let (x, y) = rayon::join(|| counts(&pairs.x), || counts(&pairs.y));
        let (x, y) = (x?, y?);
        let psi = digamma_of_integers(n);
        let sum: f64 = (0..n)
            .map(|i| {
                let order = if distances[i] > 0.0 { k } else { alike[i] + 1 };
                psi[order] - psi[x[i] + 1] - psi[y[i] + 1]
            })
            .sum();
        finite(self.name(), psi[n] + sum / n as f64)
    }

    fn warnings(&self, pairs: &Paired) -> Vec<String> {
        let joint = Neighbours::new(&pairs.joint(), Norm::Max);
        let Ok(distances) = joint.kth_distances(self.k) else {
            return Vec::new();
        };
        let n = pairs.n();
        let measured: Vec<usize> = (0..n).filter(|&i| distances[i] > 0.0).collect();
        let repeated = n - measured.len();
        let mut warnings = Vec::new();
        if repeated > 0 {
            warnings.push(format!(
                "{repeated} of {n} pairs repeat more than {} times and are counted as letters; the other {} are measured by distances",
                self.k,
                n - repeated
            ));
        }
        if lattice(&pairs.x, &measured) && lattice(&pairs.y, &measured) {
            warnings.push(format!(
                "both halves hold rounded or discrete numbers, and {} of {n} pairs are measured by distances: on a lattice this finds information that is not \
                 there. Merge values until pairs repeat",
                measured.len()
            ));
        }
        warnings
    }
}
