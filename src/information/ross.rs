//! Information between letters and points, from neighbours among the points of each letter.

use std::collections::BTreeMap;

use super::{Entry, InformationEstimator, Takes};
use crate::entropy::kozachenko_leonenko::{
    check_distinct, check_order, digamma_of_integers, neighbour_warnings,
};
use crate::entropy::{Promises, Side};
use crate::error::{Error, finite};
use crate::neighbour::{Neighbours, Norm};
use crate::sample::{Paired, Sample};

/// Registry entry.
pub const ENTRY: Entry = Entry {
    id: "ross",
    summary: "one discrete half, one continuous: neighbours of the same letter against all points",
    parameters: &[("k", "3"), ("discrete", "auto")],
    build: |parameters| {
        let k = parameters.value("k", "a whole number, at least 1")?;
        let discrete = parameters.choice("discrete", &Discrete::WORDS)?;
        Ok(Box::new(Ross::new(k, discrete)?))
    },
    // Most data have no letters: who has, asks for it.
    defaults: &[],
};

/// Which half holds the letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discrete {
    /// The one whose points repeat, if exactly one does.
    Auto,
    /// The first.
    X,
    /// The second.
    Y,
}

impl Discrete {
    /// The words of the parameter `discrete`.
    pub const WORDS: [(&'static str, Self); 3] =
        [("auto", Self::Auto), ("x", Self::X), ("y", Self::Y)];

    fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::X => "x",
            Self::Y => "y",
        }
    }
}

/// Nearest-neighbour estimate of the mutual information between a discrete and a continuous half.
///
/// `I = psi(n) + (1/n) sum_i [psi(k_i) - psi(n_i) - psi(m_i)]`, `n_i` the points with the letter
/// of point `i`, `k_i = min(k, n_i - 1)`, and `m_i - 1` the other points, of any letter, strictly
/// nearer to point `i` than its `k_i`-th neighbour of the same letter, in the Euclidean norm.
/// Letters are equal when all coordinates of the discrete half are.
///
/// Takes `n` pairs with at least two points of every letter; returns nats, negative ones too. Cost
/// `O(n ln n)` in low dimension, `O(n^2 d)` in high.
/// Converges when the continuous half has a bounded density for every letter. Exactly unbiased
/// for independent halves. It cannot exceed the entropy of the letters by more than its noise.
///
/// # Errors
/// [`Error::InvalidParameter`] when neither or both halves repeat points and `discrete` does not
/// say which holds the letters; [`Error::TooFewPoints`] when a letter occurs once;
/// [`Error::Duplicates`] when points of one letter coincide: then [`Mixed`](super::Mixed) applies.
///
/// # Source
/// Ross 2014, "Mutual information between discrete and continuous data sets".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ross {
    k: usize,
    discrete: Discrete,
}

impl Ross {
    /// The estimator with neighbours of order `k`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for `k = 0`.
    pub fn new(k: usize, discrete: Discrete) -> Result<Self, Error> {
        check_order(k)?;
        Ok(Self { k, discrete })
    }

    /// The points of every letter, and the continuous half.
    fn split<'a>(&self, pairs: &'a Paired) -> Result<(Vec<Vec<usize>>, &'a Sample), Error> {
        match self.discrete {
            Discrete::X => Ok((letters(&pairs.x), &pairs.y)),
            Discrete::Y => Ok((letters(&pairs.y), &pairs.x)),
            Discrete::Auto => {
                let (n, x, y) = (pairs.n(), letters(&pairs.x), letters(&pairs.y));
                match (x.len() < n, y.len() < n) {
                    (true, false) => Ok((x, &pairs.y)),
                    (false, true) => Ok((y, &pairs.x)),
                    _ => Err(Error::invalid(
                        "discrete",
                        self.discrete.as_str(),
                        format!(
                            "x or y here, since x has {} distinct points of {n} and y has {}",
                            x.len(),
                            y.len()
                        ),
                    )),
                }
            }
        }
    }
}

/// Indices of equal points.
fn letters(half: &Sample) -> Vec<Vec<usize>> {
    let mut letters: BTreeMap<Vec<u64>, Vec<usize>> = BTreeMap::new();
    for (i, point) in half.points().enumerate() {
        // + 0.0 turns -0 into 0.
        let key = point.iter().map(|v| (v + 0.0).to_bits()).collect();
        letters.entry(key).or_default().push(i);
    }
    letters.into_values().collect()
}

impl InformationEstimator for Ross {
    fn name(&self) -> String {
        match self.discrete {
            Discrete::Auto => format!("{}(k={})", ENTRY.id, self.k),
            side => format!("{}(k={},discrete={})", ENTRY.id, self.k, side.as_str()),
        }
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            scaling: true,
            rotation: true,
            unbiased_on_gaussian: false,
            side: Side::Consistent,
        }
    }

    fn takes(&self) -> Takes {
        Takes::LettersAndDensity
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        let n = pairs.n();
        let (letters, points) = self.split(pairs)?;
        let mut radii = vec![0.0; n];
        let mut orders = vec![(0, 0); n];
        for own in &letters {
            if own.len() < 2 {
                return Err(Error::TooFewPoints {
                    method: "ross, of every letter,",
                    required: 2,
                    actual: own.len(),
                });
            }
            let k = self.k.min(own.len() - 1);
            let nearest = Neighbours::new(&points.select(own)?, Norm::Euclidean);
            for (&i, radius) in own.iter().zip(nearest.kth_distances(k)?) {
                radii[i] = radius;
                orders[i] = (k, own.len());
            }
        }
        check_distinct(&radii, self.k)?;
        let within = Neighbours::new(points, Norm::Euclidean).counts_within(&radii)?;
        let psi = digamma_of_integers(n);
        let sum: f64 = orders
            .iter()
            .zip(&within)
            .map(|(&(k, same), others)| psi[k] - psi[same] - psi[others + 1])
            .sum();
        finite(self.name(), psi[n] + sum / n as f64)
    }

    /// Given the points, letters that are independent of them fall at random: among the `n - 1`
    /// others the rank `m` of the `k`-th of the `n_i - 1` of one letter has
    /// `E psi(m) = psi(n) - psi(n_i) + psi(k)`.
    fn unbiased_when_independent(&self) -> bool {
        true
    }

    fn warnings(&self, pairs: &Paired) -> Vec<String> {
        let Ok((letters, points)) = self.split(pairs) else {
            return Vec::new();
        };
        let mut warnings = neighbour_warnings(points, self.k);
        let few = letters.iter().filter(|own| own.len() <= self.k).count();
        if few > 0 {
            warnings.push(format!(
                "{few} of {} letters occur at most {} times: all other points of the letter are their neighbours, fewer than k",
                letters.len(),
                self.k
            ));
        }
        warnings
    }
}
