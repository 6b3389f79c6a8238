use super::assumption::Assumptions;
use super::downstream::{bound, term};
use super::observation::{NEEDS_CLASSES, Observation};
use super::radius::{no_less_than, not_negative};
use super::spend::{deviation, probability};
use super::term::{Bound, Value};
use crate::error::Error;

/// What is known of `E |f(x)|`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MeanNorm {
    /// `E |f(x)|`, or the larger `sqrt(E |f(x)|^2)`, of the law itself.
    Expected(f64),
    /// `|f(x)| <= b` for every point: the mean over the labelled points takes the place of the expectation,
    /// at a cost of `b sqrt(ln(1/d)/2n)` and half of the probability of failure.
    Bounded(f64),
}

impl Observation {
    /// A bound on the same risk in one line, without the second halves of the pairs, the invariance or the class
    /// counts:
    ///
    /// `E |W_S f(x) - y| <= |Y_S̄ P_Z̄|_F/sqrt(m) + 2 R_m(W F)/sqrt(m) + kappa sqrt(ln(1/d)/2m) + c E|f(x)|`,
    ///
    /// `c = |W_S - W_S̄|_2`, since `|W_S f - y| <= |W_S̄ f - y| + c |f|`. It needs the same hidden classes, without which there
    /// is no `W_S̄`, and is the smaller one unless `c` is huge. `d = delta` times the share of the ball. With [`MeanNorm::Bounded`], `d` is
    /// half of that and `E|f(x)|` becomes `(1/n) sum_i |z_i| + b sqrt(ln(2/delta)/2n)`. Cost `O(1)`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a `delta` outside `(0, 1)`, and for a norm that is not positive and finite
    /// or that an observed point exceeds; as [`Observation::bound`].
    ///
    /// # Source
    /// Bartlett & Mendelson 2002, theorem 8, for the loss of `W_S̄`; the rest is the triangle inequality.
    pub fn alternative(
        &self,
        assumptions: &Assumptions,
        norm: MeanNorm,
        delta: f64,
    ) -> Result<Bound, Error> {
        assumptions.check()?;
        probability("delta", delta)?;
        let (n, m) = (self.n(), self.pairs);
        let (share, mean) = match norm {
            MeanNorm::Expected(mean) => (1.0, not_negative("mean norm", mean)?),
            MeanNorm::Bounded(largest) => {
                no_less_than(largest, self.largest_norm)?;
                let spread = largest * deviation(delta / 2.0, n);
                (0.5, self.mean_norm + spread)
            }
        };
        let drift = match self.weight_distance {
            Some(c) => Value::Known(c * mean),
            None => Value::Unknown(NEEDS_CLASSES),
        };
        let d = delta * share * assumptions.ball.share;
        let terms = vec![
            self.residual_unlabelled(1.0),
            term(
                "complexity",
                "2 R_m(W F)/sqrt(m)",
                Value::Known(2.0 * assumptions.complexities.loss / (m as f64).sqrt()),
            ),
            term(
                "kappa_m",
                "kappa sqrt(ln(1/d)/2m)",
                Value::Known(assumptions.constants.kappa * deviation(d, m)),
            ),
            term("c_norm", "c E|f(x)|", drift),
        ];
        bound(terms, delta)
    }
}
