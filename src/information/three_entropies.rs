//! Information as a sum of entropies.

use super::{Entry, InformationEstimator};
use crate::entropy::{self, EntropyEstimator, Promises, Side};
use crate::error::{Error, finite};
use crate::sample::Paired;

/// Registry entry.
pub const ENTRY: Entry = Entry {
    id: "three_entropies",
    summary: "H(X) + H(Y) - H(X, Y) with any entropy estimator that converges to the truth",
    parameters: &[("estimator", "kozachenko_leonenko(k=3,norm=max)")],
    build: |parameters| {
        let estimator = entropy::parse(parameters.text("estimator")?)?;
        Ok(Box::new(ThreeEntropies::new(estimator)?))
    },
    defaults: &["three_entropies(estimator=kozachenko_leonenko(k=3,norm=max))"],
};

/// Mutual information as the difference of estimated entropies.
///
/// `I = H(X) + H(Y) - H(X, Y)`, each term by the same estimator.
///
/// Takes `n` pairs; returns nats, negative ones too. The biases of the three terms differ and do
/// not cancel. Cost: three estimates, the largest in `dim_x + dim_y` dimensions.
///
/// Only estimators that converge to the truth are taken: a bound enters once with each sign, and
/// a difference of bounds is on neither side.
///
/// # Errors
/// Those of the entropy estimator, on either half or on the pairs.
///
/// # Source
/// Cover & Thomas 2006, eq. 8.47.
pub struct ThreeEntropies {
    estimator: Box<dyn EntropyEstimator>,
}

impl ThreeEntropies {
    /// The adapter around an entropy estimator.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] when the estimator converges to a bound instead of the truth.
    pub fn new(estimator: Box<dyn EntropyEstimator>) -> Result<Self, Error> {
        if estimator.promises().side != Side::Consistent {
            return Err(Error::invalid(
                "estimator",
                estimator.name(),
                "an entropy estimator that converges to the truth: a difference of bounds bounds nothing",
            ));
        }
        Ok(Self { estimator })
    }
}

impl InformationEstimator for ThreeEntropies {
    fn name(&self) -> String {
        format!("{}(estimator={})", ENTRY.id, self.estimator.name())
    }

    /// Those of the entropy estimator: what shifts each entropy by its dimension times a constant
    /// cancels, and the mean of a sum is the sum of the means.
    fn promises(&self) -> Promises {
        self.estimator.promises()
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        let x = self.estimator.entropy(&pairs.x)?;
        let y = self.estimator.entropy(&pairs.y)?;
        let joint = self.estimator.entropy(&pairs.joint())?;
        finite(self.name(), x + y - joint)
    }

    fn warnings(&self, pairs: &Paired) -> Vec<String> {
        let about = |what: &str, warnings: Vec<String>| -> Vec<String> {
            warnings
                .into_iter()
                .map(|w| format!("{what}: {w}"))
                .collect()
        };
        [
            about("H(X)", self.estimator.warnings(&pairs.x)),
            about("H(Y)", self.estimator.warnings(&pairs.y)),
            about("H(X, Y)", self.estimator.warnings(&pairs.joint())),
        ]
        .concat()
    }
}
