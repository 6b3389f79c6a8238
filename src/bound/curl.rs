use rayon::prelude::*;

use super::certificate::Certificate;
use super::population::Population;
use super::radius::{not_negative, positive};
use super::spend::{deviation, probability};
use crate::error::{Error, finite};
use crate::linalg::product::{product, view};

/// A loss of the margin `v = <f(x), f(x^+) - f(x^-)>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContrastiveLoss {
    /// `max(0, 1 - v)`.
    Hinge,
    /// `log_2(1 + exp(-v))`.
    Logistic,
    /// `ln(1 + exp(-v))`, which is `ln 2` at 0 and not 1: the bound does not hold for it.
    NaturalLogistic,
}

impl ContrastiveLoss {
    /// Its value at a margin.
    pub fn value(self, margin: f64) -> f64 {
        // The exponential of the side on which it does not overflow.
        let logistic = || (-margin.abs()).exp().ln_1p() + (-margin).max(0.0);
        match self {
            Self::Hinge => (1.0 - margin).max(0.0),
            Self::Logistic => logistic() / std::f64::consts::LN_2,
            Self::NaturalLogistic => logistic(),
        }
    }

    /// Largest slope.
    fn slope(self) -> f64 {
        match self {
            Self::Hinge | Self::NaturalLogistic => 1.0,
            Self::Logistic => std::f64::consts::LN_2.recip(),
        }
    }
}

/// Contrastive and downstream risk of features on a population, and the gap between them taken apart.
///
/// Classes `c^+`, `c^-` are drawn independently, `x` and `x^+` from `c^+`, `x^-` from `c^-`; `tau = P(c^+ = c^-)`. The
/// downstream task is a random pair of different classes, classified by the difference of their means `mu`. For a
/// convex loss with `l(0) = 1`
///
/// `L_sup = E[l(<f(x), mu_+ - mu_->) ; c^+ != c^-] <= (L_un - tau)/(1 - tau)`,
///
/// and the gap is exactly `tau/(1 - tau) (L_un^= - 1) + (L_un^!= - L_sup)`: collisions of the classes, which vanish with
/// many of them, and Jensen's inequality at the means, which does not.
///
/// # Source
/// Arora, Khandeparkar, Khodak, Plevrakis & Saunshi 2019, section 4.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Curl {
    /// `tau`.
    pub collision_probability: f64,
    /// `L_un = E l(<f(x), f(x^+) - f(x^-)>)`, which is `tau L_un^= + (1 - tau) L_un^!=`.
    pub unsupervised: f64,
    /// `L_un^=`, given `c^+ = c^-`.
    pub same: f64,
    /// `L_un^!=`, given `c^+ != c^-`.
    pub different: f64,
    /// `L_sup`, that of the classifiers by means.
    pub supervised: f64,
}

impl Curl {
    /// `(L_un - tau)/(1 - tau)`: at least `L_sup` for a convex loss that is 1 at 0.
    pub fn bound(&self) -> f64 {
        (self.unsupervised - self.collision_probability) / (1.0 - self.collision_probability)
    }

    /// The bound less `L_sup`; negative where the bound does not hold.
    pub fn gap(&self) -> f64 {
        self.collision() + self.jensen()
    }

    /// The part of the gap that comes from equal classes, `tau/(1 - tau) (L_un^= - 1)`.
    pub fn collision(&self) -> f64 {
        let tau = self.collision_probability;
        tau / (1.0 - tau) * (self.same - 1.0)
    }

    /// The part of the gap that comes from points other than the means, `L_un^!= - L_sup`.
    pub fn jensen(&self) -> f64 {
        self.different - self.supervised
    }
}

impl Population {
    /// The contrastive risk and that of the classifiers by means, with every expectation a sum.
    ///
    /// Cost `O(sum_(k, l) N_k^2 N_l)` for classes of `N_k` points.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] when two classes are always equal, so that there is no task;
    /// [`Error::NonFiniteResult`] on overflow.
    pub fn curl(&self, loss: ContrastiveLoss) -> Result<Curl, Error> {
        let priors = self.priors();
        let tau: f64 = priors.iter().map(|p| p * p).sum();
        let apart: f64 = priors.iter().map(|p| p * (1.0 - p)).sum();
        if apart <= 0.0 {
            return Err(Error::invalid(
                "probability of two equal classes",
                tau,
                "below 1: with a single class there is nothing to tell apart",
            ));
        }
        let members = self.members();
        // For each class of x and x^+, the sums over that of x^-: of the loss, of the loss at the means.
        let rows: Vec<[f64; 3]> = (0..priors.len())
            .into_par_iter()
            .filter(|&k| priors[k] > 0.0)
            .map(|k| {
                let own = self.inner_products(k, k);
                let mut sums = [0.0; 3];
                for l in (0..members.len()).filter(|&l| priors[l] > 0.0) {
                    let weight = priors[k] * priors[l];
                    let other = self.inner_products(k, l);
                    let (mut total, mut at_means) = (0.0, 0.0);
                    for (near, far) in own.iter().zip(&other) {
                        for positive in near {
                            for negative in far {
                                total += loss.value(positive - negative);
                            }
                        }
                        at_means += loss.value(mean(near) - mean(far));
                    }
                    let points = members[k].len() as f64;
                    let triples = points * points * members[l].len() as f64;
                    if k == l {
                        sums[0] += weight * total / triples;
                    } else {
                        sums[1] += weight * total / triples;
                        sums[2] += weight * at_means / points;
                    }
                }
                sums
            })
            .collect();
        let [same, different, supervised] =
            [0, 1, 2].map(|i| rows.iter().map(|r| r[i]).sum::<f64>());
        let risk = |value| finite("a contrastive risk", value);
        Ok(Curl {
            collision_probability: tau,
            unsupervised: risk(same + different)?,
            same: risk(same / tau)?,
            different: risk(different / apart)?,
            supervised: risk(supervised / apart)?,
        })
    }

    /// `<f(x), f(x')>` for each `x` of class `k` and each `x'` of class `l`.
    fn inner_products(&self, k: usize, l: usize) -> Vec<Vec<f64>> {
        let points = |class: usize| {
            let columns: Vec<_> = (self.members()[class].iter())
                .map(|&i| self.features().matrix().column(i))
                .collect();
            nalgebra::DMatrix::from_columns(&columns)
        };
        let (left, right) = (points(l), points(k));
        let products = product(view(&left).transpose(), view(&right));
        (products.column_iter())
            .map(|column| column.iter().copied().collect())
            .collect()
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The bound on the risk of classifiers by means from `M` observed contrastive losses, for every `f` of a family:
/// `L_sup <= (L_un + G - tau)/(1 - tau)` with
/// `G = 2 sqrt(2) sqrt(6) l' b R_M/sqrt(M) + (l(-2 b^2) - l(2 b^2)) sqrt(ln(1/delta)/2M)`.
///
/// `losses` are `l(<f(x), f(x^+) - f(x^-)>)` of independent triples and `L_un` their mean, `tau` the probability that two
/// classes are equal, `b` a bound on `|f|`, `l'` the largest slope of the loss, which is `sqrt(6) l' b`-Lipschitz in the three
/// features; `complexity` is `R_M = E sup_f M^(-1/2) sum` over `M` triples and the coordinates of their three features, each
/// with a sign of its own. Cost `O(M)`.
///
/// # Errors
/// [`Error::InvalidParameter`] for the natural logistic loss, which is not 1 at 0, for a `delta` outside `(0, 1)`, a `tau`
/// outside `[0, 1)`, a norm that is not positive and finite, a complexity that is negative or not finite, or a loss
/// that such features cannot have; [`Error::TooFewPoints`] without losses; [`Error::NonFiniteResult`].
///
/// # Source
/// Arora et al. 2019, theorem 4.1, with the constants of the vector contraction of Maurer 2016.
pub fn curl(
    losses: &[f64],
    loss: ContrastiveLoss,
    tau: f64,
    norm: f64,
    complexity: f64,
    delta: f64,
) -> Result<Certificate, Error> {
    if loss == ContrastiveLoss::NaturalLogistic {
        return Err(Error::invalid(
            "loss",
            "the natural logistic loss",
            "1 at margin 0; take the logarithm to base 2",
        ));
    }
    probability("delta", delta)?;
    positive("norm of the features", norm)?;
    if !(0.0..1.0).contains(&tau) {
        return Err(Error::invalid(
            "probability of two equal classes",
            tau,
            "at least 0 and below 1",
        ));
    }
    not_negative("complexity of the features", complexity)?;
    if losses.is_empty() {
        return Err(Error::TooFewPoints {
            method: "the contrastive bound",
            required: 1,
            actual: 0,
        });
    }
    let margin = 2.0 * norm * norm;
    let (least, largest) = (loss.value(margin), loss.value(-margin));
    let rounding = 1e-12 * largest;
    for (i, value) in losses.iter().enumerate() {
        if !(least - rounding..=largest + rounding).contains(value) {
            return Err(Error::invalid(
                format!("loss {i}"),
                value,
                format!("at least {least} and at most {largest} for features of norm {norm}"),
            ));
        }
    }
    let m = losses.len() as f64;
    let lipschitz = 6.0_f64.sqrt() * loss.slope() * norm;
    let share = 1.0 / (1.0 - tau);
    Certificate::new(
        "contrastive",
        delta,
        &[
            ("mean", share * (mean(losses) - tau)),
            (
                "complexity",
                share * 2.0 * std::f64::consts::SQRT_2 * lipschitz * complexity / m.sqrt(),
            ),
            (
                "deviation",
                share * (largest - least) * deviation(delta, losses.len()),
            ),
        ],
    )
}
