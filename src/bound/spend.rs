use crate::error::Error;

/// Probabilities of failure of the five events that the proof of the bound needs.
///
/// The bound holds with probability at least one minus their sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spend {
    /// `d_1`: the shares of the classes among the labelled points are near their probabilities.
    pub count: f64,
    /// `d_2`: the distance of a point to its class, over the labelled points, is near its expectation.
    pub invariance_labelled: f64,
    /// `d_3`: the same over the positive pairs, for every `f` of the family.
    pub invariance_unlabelled: f64,
    /// `d_4`: the loss of `W_S̄` over the labelled points is near its expectation.
    pub loss_labelled: f64,
    /// `d_5`: the same over the positive pairs, for every `W` and `f` of the families.
    pub loss_unlabelled: f64,
}

impl Spend {
    /// A fifth of `delta` for each event, so that all hold with probability at least `1 - delta`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a `delta` outside `(0, 1)`.
    pub fn even(delta: f64) -> Result<Self, Error> {
        let each = probability("delta", delta)? / 5.0;
        Ok(Self {
            count: each,
            invariance_labelled: each,
            invariance_unlabelled: each,
            loss_labelled: each,
            loss_unlabelled: each,
        })
    }

    /// The logarithms of the published statement as it can be reconstructed: `ln(6 K/delta)` for the counts,
    /// `ln(3/delta)` for the distances and `ln(4/delta)` for the losses.
    ///
    /// These are thirds and quarters of the same `delta`, and their sum is `1.5 delta`: the statement holds with
    /// probability `1 - 1.5 delta` by this proof, not `1 - delta`. Goes with
    /// [`CountShape::Chernoff`](super::CountShape::Chernoff), whose logarithm is `ln(2 K/d_1)`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a `delta` outside `(0, 1)`, and from 2/3 on, where the sum reaches 1 and the
    /// statement says nothing.
    pub fn as_reconstructed(delta: f64) -> Result<Self, Error> {
        let delta = probability("delta", delta)?;
        let spend = Self {
            count: delta / 3.0,
            invariance_labelled: delta / 3.0,
            invariance_unlabelled: delta / 3.0,
            loss_labelled: delta / 4.0,
            loss_unlabelled: delta / 4.0,
        };
        spend.check()?;
        Ok(spend)
    }

    /// Their sum.
    pub fn total(&self) -> f64 {
        self.named().iter().map(|(_, value)| value).sum()
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        for (name, value) in self.named() {
            probability(name, value)?;
        }
        probability("sum of the probabilities of failure", self.total())?;
        Ok(())
    }

    fn named(&self) -> [(&'static str, f64); 5] {
        [
            ("probability of failure, count", self.count),
            (
                "probability of failure, invariance labelled",
                self.invariance_labelled,
            ),
            (
                "probability of failure, invariance unlabelled",
                self.invariance_unlabelled,
            ),
            ("probability of failure, loss labelled", self.loss_labelled),
            (
                "probability of failure, loss unlabelled",
                self.loss_unlabelled,
            ),
        ]
    }
}

/// Passes a probability strictly between 0 and 1 on.
pub(super) fn probability(name: &'static str, value: f64) -> Result<f64, Error> {
    if value > 0.0 && value < 1.0 {
        Ok(value)
    } else {
        Err(Error::invalid(name, value, "above 0 and below 1"))
    }
}

/// `sqrt(ln(1/delta) / (2 n))`: the deviation of a mean of `n` numbers of `[0, 1]` from its expectation that
/// is exceeded with probability at most `delta` (Hoeffding 1963, theorem 1).
pub(super) fn deviation(delta: f64, n: usize) -> f64 {
    (-delta.ln() / (2.0 * n as f64)).sqrt()
}
