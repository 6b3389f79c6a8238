use nalgebra::{DMatrix, DVector};

use super::Pushforward;
use crate::error::Error;
use crate::law::Mixture;
use crate::linalg::singular_values;

/// The paper's law of the output: the mixture of `N(A_n x_n + b_n, A_n S_n A_n^T)`.
///
/// Components keep the factor `A_n L_n`, `S_n = L_n L_n^T`: forming the covariance squares the
/// condition number of `A_n`, and where `A_n` crushes dimensions the covariance is singular and
/// there is no density.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputMixture {
    /// The weights `w_n`.
    pub weights: Vec<f64>,
    /// The components.
    pub components: Vec<OutputComponent>,
}

/// `N(m, F F^T)`, possibly on a subspace.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputComponent {
    /// `m = A_n x_n + b_n`.
    pub mean: DVector<f64>,
    /// `F = A_n L_n`, a `d_out x d_in` matrix.
    pub factor: DMatrix<f64>,
}

impl OutputComponent {
    /// `F F^T`. Cost `O(d_out^2 d_in)`.
    pub fn covariance(&self) -> DMatrix<f64> {
        &self.factor * self.factor.transpose()
    }

    /// Dimension of the subspace that the component lives on: the number of singular values of `F`
    /// above `max(d_out, d_in) eps` of the largest.
    ///
    /// # Errors
    /// [`Error::NoConvergence`].
    pub fn rank(&self) -> Result<usize, Error> {
        Ok(rank(&singular_values(&self.factor)?, self.factor.shape()))
    }
}

/// How many singular values, largest first, are above rounding.
pub(super) fn rank(values: &[f64], (rows, columns): (usize, usize)) -> usize {
    let largest = values.first().copied().unwrap_or(0.0);
    let floor = rows.max(columns) as f64 * f64::EPSILON * largest;
    values.iter().filter(|&&value| value > floor).count()
}

impl OutputMixture {
    /// Mean of the mixture.
    pub fn mean(&self) -> DVector<f64> {
        let dim = self.components.first().map_or(0, |c| c.mean.len());
        let mut mean = DVector::zeros(dim);
        for (weight, component) in self.weights.iter().zip(&self.components) {
            mean.axpy(*weight, &component.mean, 1.0);
        }
        mean
    }

    /// Covariance of the mixture, `sum_n w_n (F_n F_n^T + (m_n - m)(m_n - m)^T)`.
    pub fn covariance(&self) -> DMatrix<f64> {
        let mean = self.mean();
        let mut total = DMatrix::zeros(mean.len(), mean.len());
        for (weight, component) in self.weights.iter().zip(&self.components) {
            let shift = &component.mean - &mean;
            total += (component.covariance() + &shift * shift.transpose()) * *weight;
        }
        total
    }

    /// The law of `Z^ + N(0, epsilon^2 I)`, which has a density whatever the ranks.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a negative or non-finite `epsilon`; for an `epsilon` of zero,
    /// [`Error::SingularCovariance`] where a component is degenerate; otherwise as [`Mixture::new`].
    pub fn smoothed(&self, epsilon: f64) -> Result<Mixture, Error> {
        if !(epsilon >= 0.0 && epsilon.is_finite()) {
            return Err(Error::invalid(
                "epsilon",
                epsilon,
                "a standard deviation is finite and not negative",
            ));
        }
        let means: Vec<DVector<f64>> = (self.components.iter())
            .map(|component| component.mean.clone())
            .collect();
        let covariances = (self.components.iter())
            .map(|component| {
                let mut covariance = component.covariance();
                for i in 0..covariance.nrows() {
                    covariance[(i, i)] += epsilon * epsilon;
                }
                covariance
            })
            .collect();
        Mixture::new(
            self.weights.clone(),
            DMatrix::from_columns(&means),
            covariances,
        )
    }
}

impl Pushforward<'_> {
    /// The mixture of the images of the components under their prototypes' affine maps.
    pub fn output_mixture(&self) -> OutputMixture {
        let components = (self.prototypes.iter())
            .map(|prototype| OutputComponent {
                mean: &prototype.affine.matrix * &prototype.mean + &prototype.affine.offset,
                factor: &prototype.affine.matrix * prototype.covariance.lower(),
            })
            .collect();
        OutputMixture {
            weights: self.prototypes.iter().map(|p| p.weight).collect(),
            components,
        }
    }

    /// **Not the law of the output**: the mixture of `N(A_n x_n + b_n, A_n^T S_n A_n)`, as the paper's
    /// theorem is stated. Only there for experiments to refute.
    ///
    /// The covariance differs from `A_n S_n A_n^T` unless `A_n` is special, yet for `S_n = sigma^2 I`
    /// its eigenvalues are the same, so that a single component has the entropy of the right one.
    /// Overlaps of several differ.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for a network with another number of outputs than of inputs, for which
    /// the expression has no meaning.
    pub fn output_mixture_as_stated(&self) -> Result<OutputMixture, Error> {
        let (dim, out) = (self.network.input().size(), self.network.output().size());
        if dim != out {
            return Err(Error::Mismatch {
                what: "outputs of a network whose output's covariance is to be A^T S A",
                expected: dim,
                actual: out,
            });
        }
        let mut mixture = self.output_mixture();
        for (component, prototype) in mixture.components.iter_mut().zip(&self.prototypes) {
            component.factor = prototype.affine.matrix.transpose() * prototype.covariance.lower();
        }
        Ok(mixture)
    }
}
