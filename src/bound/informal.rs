use super::downstream::term;
use super::observation::Observation;
use super::radius::not_negative;
use super::term::{Term, Value};
use crate::error::{Error, finite};

/// The sum that the informal statement names, which bounds nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Informal {
    /// The terms.
    pub terms: Vec<Term>,
    /// Their sum.
    pub total: Value,
}

impl Observation {
    /// The informal form of the bound:
    /// `I_S̄ + 2 R̃_m(F)/sqrt(m) + |Y_S P_Z|_F/sqrt(n) + 2 |Y_S̄ P_Z̄|_F/sqrt(m)`, up to a remainder.
    ///
    /// It lacks the factor `c = |W_S - W_S̄|_2`. Scaling the features, `f -> s f`, changes neither the risk nor
    /// the residuals, and multiplies `I_S̄` and `R̃_m` by `s`: for small `s` the sum falls to the residuals
    /// alone, and below the risk where those are small, as for `n` below `d`. `complexity` is `R̃_m(F)`. Cost `O(1)`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a complexity that is negative or not finite;
    /// [`Error::NonFiniteResult`] on overflow.
    ///
    /// # Source
    /// Shwartz-Ziv et al. 2023 (arXiv 2303.00633), as reconstructed.
    pub fn informal(&self, complexity: f64) -> Result<Informal, Error> {
        not_negative("complexity of the invariance", complexity)?;
        let spread = 2.0 * complexity / (self.pairs as f64).sqrt();
        let terms = vec![
            term("invariance", "I_S̄", Value::Known(self.invariance)),
            term("complexity", "2 R̃_m(F)/sqrt(m)", Value::Known(spread)),
            self.residual_labelled(),
            self.residual_unlabelled(2.0),
        ];
        let total = Value::sum(terms.iter().map(|term| term.value));
        if let Value::Known(total) = total {
            finite("the informal bound", total)?;
        }
        Ok(Informal { terms, total })
    }
}
