use std::f64::consts::LN_2;

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::{Distribution, Exp1, Poisson};
use statrs::function::gamma::{digamma, ln_gamma};

use super::{JointLaw, Moments, Truth};
use crate::error::Error;
use crate::sample::Paired;
use crate::seed::Seed;

/// `X` exponential of mean 1; `Y` is 0 with probability `p`, else a Poisson number of mean `X`.
///
/// Unconditionally `P(Y = k) = (1 - p) 2^-(k+1)`, plus `p` at 0, so the information is the sum over
/// `k >= 1` of `(1 - p) 2^-(k+1) [ln 2 - (k + 1)/2 + k psi(k + 1) - ln k!]`, plus for `k = 0`
/// `(p^2 - 1 - 2 p^2 ln p) / (4 (1 - p)) - (1 + p)/2 ln((1 + p)/2)`, `psi` the digamma function.
/// The value printed with the law at its origin multiplies that of `p = 0` by `1 - p`: for `p > 0` that
/// is too much, as it takes the inflating zeros to be recognisable.
///
/// # Source
/// The law: Gao, Kannan, Oh & Viswanath 2017 (arXiv 1709.06212), section 4. The information: the means
/// of `x` and `ln x` under the Gamma law of `X` given `Y = k` for `k >= 1`, and an elementary integral
/// in `e^-x` for `k = 0`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ZeroInflatedPoisson {
    zeros: f64,
}

impl ZeroInflatedPoisson {
    /// The law with the share `zeros` of inflating zeros, the `p` above.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless `0 <= zeros < 1`.
    pub fn new(zeros: f64) -> Result<Self, Error> {
        if (0.0..1.0).contains(&zeros) {
            Ok(Self { zeros })
        } else {
            Err(Error::invalid("zeros", zeros, "at least 0 and less than 1"))
        }
    }
}

impl JointLaw for ZeroInflatedPoisson {
    fn dims(&self) -> (usize, usize) {
        (1, 1)
    }

    fn sample(&self, n: usize, seed: Seed) -> Paired {
        let mut rng = seed.rng();
        let (x, y) = (0..n)
            .map(|_| {
                let x: f64 = rng.sample(Exp1);
                if rng.random::<f64>() < self.zeros {
                    return (x, 0.0);
                }
                // A mean of 0 is no Poisson law to the library; it counts nothing.
                (x, Poisson::new(x).map_or(0.0, |law| law.sample(&mut rng)))
            })
            .unzip();
        super::paired(super::drawn(1, x), super::drawn(1, y))
    }

    fn information(&self) -> Truth {
        let p = self.zeros;
        // The terms fall like 2^-k k ln k: beyond 80 they are below 1e-21.
        let counts: f64 = (1..=80)
            .map(|k| {
                let k = f64::from(k);
                let inner = LN_2 - 0.5 * (k + 1.0) + k * digamma(k + 1.0) - ln_gamma(k + 1.0);
                (-(k + 1.0)).exp2() * inner
            })
            .sum();
        let p_ln_p = if p > 0.0 { p * p.ln() } else { 0.0 };
        let half = 0.5 * (1.0 + p);
        let zero = (p * p - 1.0 - 2.0 * p * p_ln_p) / (4.0 * (1.0 - p)) - half * half.ln();
        Truth::Exact((1.0 - p) * counts + zero)
    }

    fn pointwise_information(&self, x: &[f64], y: &[f64]) -> Option<f64> {
        let (x, k, p) = (x[0], y[0], self.zeros);
        Some(if k == 0.0 {
            (p + (1.0 - p) * (-x).exp()).ln() - (0.5 * (1.0 + p)).ln()
        } else {
            k * x.ln() - x - ln_gamma(k + 1.0) + (k + 1.0) * LN_2
        })
    }

    fn moments(&self) -> Option<Moments> {
        let kept = 1.0 - self.zeros;
        Some(Moments {
            mean: DVector::from_vec(vec![1.0, kept]),
            covariance: DMatrix::from_row_slice(2, 2, &[1.0, kept, kept, kept * (3.0 - kept)]),
        })
    }
}
