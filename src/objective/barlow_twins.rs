use nalgebra::DMatrix;

use super::centred::Centred;
use super::{Entry, Evaluation, Objective, Term, WEIGHT, common_dim, weight};
use crate::error::{Error, finite};
use crate::linalg::product::{product, view};
use crate::parameters::Parameters;
use crate::sample::{Paired, Sample};

/// Barlow Twins: the correlation of the views should be the identity.
///
/// `sum_i (1 - C_ii)^2 + lambda sum_{i != j} C_ij^2` with `C = (1/n) A B^T`, `A` and `B` the views with
/// each coordinate centred and divided by `sqrt(var + epsilon)`, variances with divisor `n`: what a
/// batch normalisation without scale and shift does. `epsilon` is 1e-5 in the published code; 0 gives
/// correlations, and refuses constant coordinates.
///
/// Takes `n > 1` pairs of the same dimension. Cost `O(n d^2)`.
///
/// # Errors
/// [`Error::Mismatch`] when the views differ in dimension; [`Error::TooFewPoints`] for a single pair;
/// [`Error::SingularCovariance`] for a constant coordinate with `epsilon` 0.
///
/// # Source
/// Zbontar, Jing, Misra, LeCun & Deny 2021, eq. 1, and the authors' code.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BarlowTwins {
    lambda: f64,
    epsilon: f64,
}

impl BarlowTwins {
    /// Chooses the weight of the off-diagonal part and what is added to a variance.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a negative number.
    pub fn new(lambda: f64, epsilon: f64) -> Result<Self, Error> {
        Ok(Self {
            lambda: weight("lambda", lambda)?,
            epsilon: weight("epsilon", epsilon)?,
        })
    }
}

/// A view with each coordinate centred and divided by its spread.
struct Standard {
    points: DMatrix<f64>,
    spreads: Vec<f64>,
}

impl Standard {
    fn new(sample: &Sample, epsilon: f64) -> Result<Self, Error> {
        let centred = Centred::new(sample)?;
        let n = sample.n() as f64;
        let spreads = (centred.variances().iter().enumerate())
            .map(|(coordinate, variance)| {
                let variance = finite("a variance of barlow_twins", *variance)?;
                let spread = (variance * (n - 1.0) / n + epsilon).sqrt();
                if spread > 0.0 {
                    Ok(spread)
                } else {
                    Err(Error::SingularCovariance {
                        dim: sample.dim(),
                        coordinate,
                        residual: 0.0,
                        tolerance: f64::MIN_POSITIVE,
                    })
                }
            })
            .collect::<Result<Vec<f64>, Error>>()?;
        let mut points = centred.points().clone();
        for point in points.as_mut_slice().chunks_exact_mut(spreads.len()) {
            for (v, spread) in point.iter_mut().zip(&spreads) {
                *v /= spread;
            }
        }
        Ok(Self { points, spreads })
    }

    /// Derivatives with respect to the view: `(g - mean(g) - a mean(g a)) / spread` for each
    /// coordinate `a`.
    fn pull(&self, mut gradient: DMatrix<f64>) -> DMatrix<f64> {
        let (dim, n) = self.points.shape();
        let (mut means, mut along) = (vec![0.0; dim], vec![0.0; dim]);
        for (g, a) in
            (gradient.as_slice().chunks_exact(dim)).zip(self.points.as_slice().chunks_exact(dim))
        {
            for j in 0..dim {
                means[j] += g[j] / n as f64;
                along[j] += g[j] * a[j] / n as f64;
            }
        }
        for (g, a) in (gradient.as_mut_slice().chunks_exact_mut(dim))
            .zip(self.points.as_slice().chunks_exact(dim))
        {
            for j in 0..dim {
                g[j] = (g[j] - means[j] - a[j] * along[j]) / self.spreads[j];
            }
        }
        gradient
    }
}

impl Objective for BarlowTwins {
    fn name(&self) -> String {
        format!(
            "{}(lambda={},epsilon={})",
            ENTRY.id, self.lambda, self.epsilon
        )
    }

    fn evaluate(&self, views: &Paired) -> Result<Evaluation, Error> {
        let dim = common_dim(views)?;
        let n = views.n() as f64;
        let first = Standard::new(&views.x, self.epsilon)?;
        let second = Standard::new(&views.y, self.epsilon)?;
        let mut slope = product(view(&first.points), view(&second.points).transpose()) / n;
        let (mut on, mut off) = (0.0, 0.0);
        for (j, column) in slope.as_mut_slice().chunks_exact_mut(dim).enumerate() {
            for (i, c) in column.iter_mut().enumerate() {
                if i == j {
                    on += (1.0 - *c) * (1.0 - *c);
                    *c = 2.0 * (*c - 1.0) / n;
                } else {
                    off += *c * *c;
                    *c *= 2.0 * self.lambda / n;
                }
            }
        }
        let terms = vec![
            Term {
                of: ENTRY.id,
                name: "on_diagonal",
                weight: 1.0,
                value: on,
            },
            Term {
                of: ENTRY.id,
                name: "off_diagonal",
                weight: self.lambda,
                value: off,
            },
        ];
        let gradient = [
            first.pull(product(view(&slope), view(&second.points))),
            second.pull(product(view(&slope).transpose(), view(&first.points))),
        ];
        Evaluation::new(&self.name(), terms, gradient)
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "barlow_twins",
    summary: "distance of the correlation of the views from the identity",
    parameters: &[("lambda", "0.005"), ("epsilon", "0.00001")],
    build,
    defaults: &["barlow_twins(lambda=0.005,epsilon=0.00001)"],
};

fn build(parameters: &Parameters) -> Result<Box<dyn Objective>, Error> {
    let lambda = parameters.value("lambda", WEIGHT)?;
    let epsilon = parameters.value("epsilon", WEIGHT)?;
    Ok(Box::new(BarlowTwins::new(lambda, epsilon)?))
}
