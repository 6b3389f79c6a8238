use super::rankme::few_points;
use super::spectrum::{covariance_shares, shannon};
use super::{Diagnostic, Entry};
use crate::error::{Error, finite};
use crate::parameters::Parameters;
use crate::sample::Sample;

/// Matrix-based Rényi entropy of the points, with the linear kernel.
///
/// `(1 / (1 - alpha)) ln sum_k p_k^alpha`, `p_k` the eigenvalues of the covariance over their
/// sum; these are also, but for zeros, the eigenvalues of the Gram matrix of the centred points
/// over its trace. The source takes a Gram matrix of unit diagonal, which a linear kernel has not:
/// here points far from the mean weigh more. `alpha = 1` is the limit,
/// [`VonNeumannEntropy`](super::VonNeumannEntropy); `alpha = 2` the logarithm of the
/// [`ParticipationRatio`](super::ParticipationRatio). Falls with `alpha`, between 0 and `ln d`.
///
/// Takes `n > 1` points in `R^d`; returns nats. Cost `O(n d min(n, d) + min(n, d)^3)`.
///
/// # Errors
/// [`Error::TooFewPoints`] for a single point; [`Error::SingularCovariance`] when all points
/// are equal.
///
/// # Source
/// Giraldo, Rao & Principe 2015 (there in bits).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RenyiMatrixEntropy {
    alpha: f64,
}

impl RenyiMatrixEntropy {
    /// Chooses the order.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless `alpha` is positive and finite.
    pub fn new(alpha: f64) -> Result<Self, Error> {
        if alpha > 0.0 && alpha.is_finite() {
            Ok(Self { alpha })
        } else {
            Err(Error::invalid("alpha", alpha, ALPHA))
        }
    }
}

const ALPHA: &str = "a positive finite number";

impl Diagnostic for RenyiMatrixEntropy {
    fn name(&self) -> String {
        format!("{}(alpha={})", ENTRY.id, self.alpha)
    }

    fn unit(&self) -> &'static str {
        "nats"
    }

    fn measure(&self, sample: &Sample) -> Result<f64, Error> {
        let shares = covariance_shares(sample)?;
        let positive = || shares.iter().copied().filter(|p| *p > 0.0);
        let excess = self.alpha - 1.0;
        let entropy = if excess.abs() <= f64::EPSILON {
            shannon(positive())
        } else if excess.abs() < 0.5 {
            // sum p^alpha = 1 + sum p (p^(alpha - 1) - 1), with no digits lost near alpha = 1.
            let sum: f64 = positive().map(|p| p * (excess * p.ln()).exp_m1()).sum();
            -sum.ln_1p() / excess
        } else {
            // Against the largest share: high powers of small numbers underflow.
            let sum: f64 = positive().map(|p| (p / shares[0]).powf(self.alpha)).sum();
            -(self.alpha * shares[0].ln() + sum.ln()) / excess
        };
        finite(self.name(), entropy)
    }

    fn warnings(&self, sample: &Sample) -> Vec<String> {
        few_points(sample)
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "renyi_matrix_entropy",
    summary: "Rényi entropy of the eigenvalues of the covariance over its trace; blind to scale",
    parameters: &[("alpha", "2")],
    build,
    defaults: &["renyi_matrix_entropy(alpha=2)"],
};

fn build(parameters: &Parameters) -> Result<Box<dyn Diagnostic>, Error> {
    let alpha = parameters.value("alpha", ALPHA)?;
    Ok(Box::new(RenyiMatrixEntropy::new(alpha)?))
}
