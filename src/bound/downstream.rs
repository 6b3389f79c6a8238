use super::assumption::Assumptions;
use super::observation::{NEEDS_CLASSES, Observation};
use super::term::{Bound, Term, Value};
use crate::error::{Error, finite};

impl Observation {
    /// The bound on the downstream risk, with probability at least one minus the sum of the `d_i`:
    ///
    /// ```text
    /// E |W_S f(x) - y| <= c I_S̄                                                         c_invariance
    ///   + c [2 R̃_m(F)/sqrt(m) + tau sqrt(ln(1/d_3)/2m) + tau_S̄ sqrt(ln(1/d_2)/2n)]      c_concentration
    ///   + |Y_S P_Z|_F / sqrt(n)                                                          residual_labelled
    ///   + 2 |Y_S̄ P_Z̄|_F / sqrt(m)                                                        residual_unlabelled
    ///   + kappa_S D_n(d_1)                                                               count
    ///   + 4 R_m(W F)/sqrt(m)                                                             complexity
    ///   + 2 kappa sqrt(ln(1/d_5)/2m)                                                     kappa_m
    ///   + 2 kappa_S̄ sqrt(ln(1/d_4)/2n)                                                   kappa_n
    /// ```
    ///
    /// `c = |W_S - W_S̄|_2`; `I_S̄` the mean distance of the positives; `Y` one-hot; `P_Z` the projection onto the
    /// null space of the features; `D_n` the [`CountShape`](super::CountShape); the constants are those of
    /// [`Constants`](super::Constants), the complexities those of [`Complexities`](super::Complexities), `d_i`
    /// those of [`Spend`](super::Spend), `d_5` times the share of the ball. Both halves of a positive pair are
    /// drawn from the law of their class, independently given the class: two augmentations of one image are not.
    ///
    /// Without the classes of the pairs three terms and the total are [`Value::Unknown`]. Cost `O(K)`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a number among the assumptions that is out of its range;
    /// [`Error::Mismatch`] for another number of class probabilities than of classes;
    /// [`Error::NonFiniteResult`] on overflow.
    ///
    /// # Source
    /// Shwartz-Ziv et al. 2023 (arXiv 2303.00633), as reconstructed, with `c` in its place and a probability
    /// for each event.
    pub fn bound(&self, assumptions: &Assumptions) -> Result<Bound, Error> {
        assumptions.check()?;
        let Assumptions {
            spend,
            complexities,
            ..
        } = assumptions;
        let (n, m) = (self.n(), self.pairs);
        let root_m = (m as f64).sqrt();
        let deviations = assumptions.deviations(n, m);
        let concentration = 2.0 * complexities.invariance / root_m
            + deviations.invariance_unlabelled
            + deviations.invariance_labelled;
        let priors = assumptions.priors.as_deref();
        let count = assumptions.constants.kappa_labelled
            * (assumptions.count).deviation(n, &self.shares, priors, spend.count)?;
        let with_distance = |factor: f64| match self.weight_distance {
            Some(c) => Value::Known(c * factor),
            None => Value::Unknown(NEEDS_CLASSES),
        };
        let terms = vec![
            term("c_invariance", "c I_S̄", with_distance(self.invariance)),
            term(
                "c_concentration",
                "c [2 R̃_m(F)/sqrt(m) + tau sqrt(ln(1/d_3)/2m) + tau_S̄ sqrt(ln(1/d_2)/2n)]",
                with_distance(concentration),
            ),
            self.residual_labelled(),
            self.residual_unlabelled(2.0),
            term("count", "kappa_S D_n(d_1)", Value::Known(count)),
            term(
                "complexity",
                "4 R_m(W F)/sqrt(m)",
                Value::Known(4.0 * complexities.loss / root_m),
            ),
            term(
                "kappa_m",
                "2 kappa sqrt(ln(1/d_5)/2m)",
                Value::Known(2.0 * deviations.loss_unlabelled),
            ),
            term(
                "kappa_n",
                "2 kappa_S̄ sqrt(ln(1/d_4)/2n)",
                Value::Known(deviations.loss_labelled),
            ),
        ];
        bound(terms, spend.total())
    }

    pub(super) fn residual_labelled(&self) -> Term {
        term(
            "residual_labelled",
            "|Y_S P_Z|_F / sqrt(n)",
            Value::Known(self.labelled.root_mean_square()),
        )
    }

    pub(super) fn residual_unlabelled(&self, factor: f64) -> Term {
        let value = match &self.unlabelled {
            Some(fit) => Value::Known(factor * fit.root_mean_square()),
            None => Value::Unknown(NEEDS_CLASSES),
        };
        let formula = if factor > 1.0 {
            "2 |Y_S̄ P_Z̄|_F / sqrt(m)"
        } else {
            "|Y_S̄ P_Z̄|_F / sqrt(m)"
        };
        term("residual_unlabelled", formula, value)
    }
}

impl Bound {
    /// `c I_S̄ + |Y_S P_Z|_F/sqrt(n) + 2 |Y_S̄ P_Z̄|_F/sqrt(m)`: what is left of the bound with infinitely many points.
    ///
    /// Unknown without the classes of the pairs, and for a bound that has no such terms.
    pub fn core(&self) -> Value {
        let names = ["c_invariance", "residual_labelled", "residual_unlabelled"];
        Value::sum(names.map(|name| {
            self.term(name)
                .unwrap_or(Value::Unknown("needs the terms of the downstream bound"))
        }))
    }
}

pub(super) fn term(name: &'static str, formula: &'static str, value: Value) -> Term {
    Term {
        name,
        formula,
        value,
    }
}

/// Adds terms up, all of which must be finite where they are known.
pub(super) fn bound(terms: Vec<Term>, failure: f64) -> Result<Bound, Error> {
    for term in &terms {
        if let Value::Known(value) = term.value {
            finite(format!("{} of the bound", term.name), value)?;
        }
    }
    let bound = Bound::new(terms, failure);
    if let Value::Known(total) = bound.total {
        finite("the bound", total)?;
    }
    Ok(bound)
}
