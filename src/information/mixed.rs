//! Information from nearest neighbours, for densities, letters and mixtures of both.

use super::{Entry, InformationEstimator, Takes};
use crate::entropy::kozachenko_leonenko::{check_order, check_points, digamma_of_integers};
use crate::entropy::{Promises, Side};
use crate::error::{Error, finite};
use crate::neighbour::{Neighbours, Norm};
use crate::sample::Paired;

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

/// Share of pairs whose neighbours are at equal distances without a warning: a hundredth of a nat or so, the standard error at thousands of pairs.
const EQUAL: f64 = 0.01;
/// Nats that may be lost without a warning: zeros beside a density lose less in one dimension, and in truth nothing.
const LOST: f64 = 0.1;

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
///
/// The [`warnings`](InformationEstimator::warnings) count what makes it err. Numbers on a lattice so
/// fine that few pairs repeat, and the zeros of a variable with a density otherwise, have several
/// others as far as the `k`-th neighbour: that adds information which is not there, of the order of the
/// share of such pairs in nats between independent halves of one dimension each, several times as
/// much in more. And the value depends on the units of the halves relative to each other: where
/// the `k`-th neighbour lies beyond the next letter, letters that the other half tells apart are
/// not.
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
        let (n, k) = (pairs.n(), self.k);
        let joint = Neighbours::new(&pairs.joint(), Norm::Max);
        let Ok(distances) = joint.kth_distances(k) else {
            return Vec::new();
        };
        let mut warnings = Vec::new();
        let measured = distances.iter().filter(|e| **e > 0.0).count();
        let repeated = n - measured;
        if repeated > 0 {
            warnings.push(format!(
                "{repeated} of {n} pairs repeat more than {k} times and are counted as letters; the other {measured} are measured by distances"
            ));
        }
        let closed: Vec<f64> = distances.iter().map(|e| e.next_up()).collect();
        let Ok(orders) = joint.counts_within(&closed) else {
            return warnings;
        };
        let equal = (0..n)
            .filter(|&i| distances[i] > 0.0 && orders[i] > k)
            .count();
        if equal as f64 > EQUAL * n as f64 {
            warnings.push(format!(
                "{equal} of {n} pairs have more than {k} others as near as the neighbour of order {k}, as numbers on a lattice have, and zeros beside a density: \
                 that adds information which is not there, in independent halves (permutations of one show it) some {:.2} nats, more in several dimensions",
                equal as f64 / n as f64
            ));
        }
        let psi = digamma_of_integers(n);
        let smallest = vec![0f64.next_up(); n];
        for (name, half) in [("first", &pairs.x), ("second", &pairs.y)] {
            let half = Neighbours::new(half, Norm::Max);
            let (Ok(alike), Ok(near)) = (
                half.counts_within(&smallest),
                half.counts_within(&distances),
            ) else {
                return warnings;
            };
            let beyond: Vec<f64> = (0..n)
                .filter(|&i| alike[i] >= k && near[i] > alike[i])
                .map(|i| psi[near[i] + 1] - psi[alike[i] + 1])
                .collect();
            let lost = beyond.iter().sum::<f64>() / n as f64;
            if lost > LOST {
                warnings.push(format!(
                    "{} of {n} pairs share their {name} half with {k} others or more, and yet the neighbour of order {k} is farther than the next such value: \
                     up to {lost:.2} nats are lost, if the other half tells these values apart. Scale the {name} half up",
                    beyond.len()
                ));
            }
        }
        warnings
    }
}
