use super::assumption::Assumptions;
use super::observation::{NEEDS_CLASSES, Observation};
use super::population::Population;
use super::term::{Piece, Value};
use crate::error::Error;

/// An inequality of the proof: its left side, and the addends of its right side.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// What it says.
    pub name: &'static str,
    /// The left side.
    pub left: f64,
    /// The addends of the right side.
    pub right: Vec<Piece>,
}

impl Event {
    fn new(name: &'static str, left: f64, right: &[(&'static str, f64)]) -> Self {
        let pieces = right.iter().map(|&(name, value)| Piece::new(name, value));
        Self {
            name,
            left,
            right: pieces.collect(),
        }
    }

    /// The right side less the left.
    pub fn margin(&self) -> f64 {
        self.right.iter().map(|piece| piece.value).sum::<f64>() - self.left
    }

    /// Whether the left side is at most the right, up to rounding: `1e-12` of their sizes and of the one-hot
    /// targets, next to which a loss of 0 is rounded.
    pub fn holds(&self) -> bool {
        let sizes = self.right.iter().map(|piece| piece.value.abs());
        self.margin() >= -1e-12 * (1.0 + self.left.abs() + sizes.sum::<f64>())
    }

    /// The addend of this name.
    pub fn piece(&self, name: &str) -> Option<f64> {
        let piece = self.right.iter().find(|piece| piece.name == name);
        piece.map(|piece| piece.value)
    }

    /// The same inequality with the addend of this name left out.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        let mut event = self.clone();
        event.right.retain(|piece| piece.name != name);
        event
    }
}

/// Both sides of every step of the proof of the bound, on a population where all of them are known.
///
/// `S` are the labelled points, `q_k` their class shares, `a_k` the losses of `W_S` over the classes,
/// `phi(x', y)` the mean distance of `x'` to its class. The first two and the last hold always or follow
/// from the others; the five between fail with the probabilities of [`Spend`](super::Spend).
#[derive(Debug, Clone, PartialEq)]
pub struct Events {
    /// The deterministic chain: `sum_k q_k a_k <=` `loss_labelled` `(1/n) sum_i |W_S f(x_i) - y_i|`
    /// `+` `c_distance` `(c/n) sum_i phi(x_i, y_i)` `+` `loss_unlabelled`
    /// `(1/n) sum_i [E |W_S̄ f(x) - y_i| + |W_S̄ f(x_i) - y_i|]`.
    pub chain: Event,
    /// `(1/n) sum_i |W_S f(x_i) - y_i| <=` `residual_labelled` `|Y_S P_Z|_F/sqrt(n)`.
    pub residual: Event,
    /// `sum_k (p_k - q_k) a_k <=` `count` `kappa_S D_n(d_1)`.
    pub count: Event,
    /// `(1/n) sum_i phi(x_i, y_i) <=` `invariance` `I(f) +` `deviation` `tau_S̄ sqrt(ln(1/d_2)/2n)`.
    pub invariance_labelled: Event,
    /// `I(f) <=` `invariance` `I_S̄ +` `complexity` `2 R̃_m(F)/sqrt(m) +` `deviation` `tau sqrt(ln(1/d_3)/2m)`.
    pub invariance_unlabelled: Event,
    /// `(1/n) sum_i [E |W_S̄ f(x) - y_i| + |W_S̄ f(x_i) - y_i|] <=` `loss` `2 E |W_S̄ f(x) - y| +` `deviation`
    /// `2 kappa_S̄ sqrt(ln(1/d_4)/2n)`.
    pub loss_labelled: Event,
    /// `E |W_S̄ f(x) - y| <=` `residual` `|Y_S̄ P_Z̄|_F/sqrt(m) +` `complexity` `2 R_m(W F)/sqrt(m) +` `deviation`
    /// `kappa sqrt(ln(1/d_5)/2m)`.
    pub loss_unlabelled: Event,
    /// `E |W_S f(x) - y| <=` the terms of the bound.
    pub bound: Event,
}

impl Events {
    /// Evaluates them for the labelled points at these indices of the population, which the observation
    /// was made from. Cost `O(N d K)`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for an observation without the classes of the pairs; [`Error::Mismatch`]
    /// when it is of another number of points, classes or coordinates, or for an index beyond the last point;
    /// as [`Observation::bound`].
    pub fn new(
        population: &Population,
        labelled: &[usize],
        observation: &Observation,
        assumptions: &Assumptions,
    ) -> Result<Self, Error> {
        let (Some(unlabelled), Some(c)) = (&observation.unlabelled, observation.weight_distance)
        else {
            return Err(Error::invalid(
                "observation",
                "without classes",
                NEEDS_CLASSES,
            ));
        };
        if labelled.len() != observation.n() {
            return Err(Error::Mismatch {
                what: "labelled points",
                expected: observation.n(),
                actual: labelled.len(),
            });
        }
        let points = population.features().n();
        if let Some(&actual) = labelled.iter().find(|&&i| i >= points) {
            return Err(Error::Mismatch {
                what: "index of a point, at most",
                expected: points - 1,
                actual,
            });
        }
        let bound = observation.bound(assumptions)?;
        let complexities = &assumptions.complexities;
        let (n, m) = (observation.n(), observation.pairs);
        let root_m = (m as f64).sqrt();
        let over_labelled =
            |values: &[f64]| labelled.iter().map(|&i| values[i]).sum::<f64>() / n as f64;

        let own = population.losses(&observation.labelled.weights)?;
        let own_classes = population.class_means(&own);
        let other = population.losses(&unlabelled.weights)?;
        let other_classes = population.class_means(&other);
        let class_of = population.labels().of();
        let own_mean = over_labelled(&own);
        let bracket: Vec<f64> = (other.iter().zip(class_of))
            .map(|(loss, &class)| other_classes[class] + loss)
            .collect();
        let bracket = over_labelled(&bracket);
        let distance = over_labelled(population.distance_to_class());
        let priors = population.priors();
        let weighted = |weights: &dyn Fn(usize) -> f64| -> f64 {
            (own_classes.iter().enumerate())
                .map(|(k, loss)| weights(k) * loss)
                .sum()
        };
        let shares = &observation.shares;
        let invariance = population.invariance();
        let other_risk = population.mean(&other);
        let deviations = assumptions.deviations(n, m);
        let known = |value: Option<Value>| {
            (value.and_then(Value::known))
                .ok_or_else(|| Error::invalid("observation", "without classes", NEEDS_CLASSES))
        };
        let terms = (bound.terms.iter())
            .map(|term| Ok((term.name, known(Some(term.value))?)))
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(Self {
            chain: Event::new(
                "chain",
                weighted(&|k| shares[k]),
                &[
                    ("loss_labelled", own_mean),
                    ("c_distance", c * distance),
                    ("loss_unlabelled", bracket),
                ],
            ),
            residual: Event::new(
                "residual",
                own_mean,
                &[("residual_labelled", observation.labelled.root_mean_square())],
            ),
            count: Event::new(
                "count",
                weighted(&|k| priors[k] - shares[k]),
                &[("count", known(bound.term("count"))?)],
            ),
            invariance_labelled: Event::new(
                "invariance_labelled",
                distance,
                &[
                    ("invariance", invariance),
                    ("deviation", deviations.invariance_labelled),
                ],
            ),
            invariance_unlabelled: Event::new(
                "invariance_unlabelled",
                invariance,
                &[
                    ("invariance", observation.invariance),
                    ("complexity", 2.0 * complexities.invariance / root_m),
                    ("deviation", deviations.invariance_unlabelled),
                ],
            ),
            loss_labelled: Event::new(
                "loss_labelled",
                bracket,
                &[
                    ("loss", 2.0 * other_risk),
                    ("deviation", deviations.loss_labelled),
                ],
            ),
            loss_unlabelled: Event::new(
                "loss_unlabelled",
                other_risk,
                &[
                    ("residual", unlabelled.root_mean_square()),
                    ("complexity", 2.0 * complexities.loss / root_m),
                    ("deviation", deviations.loss_unlabelled),
                ],
            ),
            bound: Event::new("bound", population.mean(&own), &terms),
        })
    }

    /// All of them, in the order of the proof.
    pub fn all(&self) -> [&Event; 8] {
        [
            &self.chain,
            &self.residual,
            &self.count,
            &self.invariance_labelled,
            &self.invariance_unlabelled,
            &self.loss_labelled,
            &self.loss_unlabelled,
            &self.bound,
        ]
    }
}
