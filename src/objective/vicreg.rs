use crate::error::Error;
use crate::linalg::covariance;
use crate::sample::{Paired, Sample};

/// Added to a variance before the square root, as the published code does.
const EPSILON: f64 = 1e-4;

/// The three terms of VICReg, before weighting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VicregTerms {
    /// [`invariance_term`].
    pub invariance: f64,
    /// [`variance_term`], averaged over the two views.
    pub variance: f64,
    /// [`covariance_term`], summed over the two views.
    pub covariance: f64,
}

impl VicregTerms {
    /// The loss with weights for invariance, variance and covariance; published: 25, 25, 1.
    pub fn weighted(&self, weights: [f64; 3]) -> f64 {
        weights[0] * self.invariance + weights[1] * self.variance + weights[2] * self.covariance
    }
}

/// Mean squared difference of the views, `sum_ij (z_ij - z'_ij)^2 / (n d)`.
///
/// # Errors
/// [`Error::Mismatch`] when the views differ in dimension.
///
/// # Source
/// Bardes, Ponce & LeCun 2022, eq. 5; divided by `d` as in the published code.
pub fn invariance_term(views: &Paired) -> Result<f64, Error> {
    let (dim_x, dim_y) = views.dims();
    if dim_x != dim_y {
        return Err(Error::Mismatch {
            what: "dimension of the second view",
            expected: dim_x,
            actual: dim_y,
        });
    }
    let squares: f64 = (views.x.coordinates().iter())
        .zip(views.y.coordinates())
        .map(|(a, b)| (a - b) * (a - b))
        .sum();
    Ok(squares / (views.n() * dim_x) as f64)
}

/// Hinge on the standard deviations, `(1/d) sum_j max(0, gamma - sqrt(var_j + 1e-4))`, variances
/// with divisor `n - 1`. Flat once every coordinate has a standard deviation above `gamma`.
///
/// # Errors
/// [`Error::TooFewPoints`] for a single point.
///
/// # Source
/// Bardes, Ponce & LeCun 2022, eqs. 1-2.
pub fn variance_term(view: &Sample, gamma: f64) -> Result<f64, Error> {
    let covariance = covariance(view)?;
    let hinges = (0..view.dim()).map(|j| (gamma - (covariance[(j, j)] + EPSILON).sqrt()).max(0.0));
    Ok(hinges.sum::<f64>() / view.dim() as f64)
}

/// Squared off-diagonal covariances, `(1/d) sum_{i != j} C_ij^2`, divisor `n - 1`. In units of
/// the fourth power of the embedding.
///
/// # Errors
/// [`Error::TooFewPoints`] for a single point.
///
/// # Source
/// Bardes, Ponce & LeCun 2022, eqs. 3-4.
pub fn covariance_term(view: &Sample) -> Result<f64, Error> {
    let covariance = covariance(view)?;
    // Summed over the triangle: subtracting the diagonal from the whole would cancel digits.
    let lower: f64 = (0..view.dim())
        .flat_map(|j| (j + 1..view.dim()).map(move |i| (i, j)))
        .map(|entry| covariance[entry].powi(2))
        .sum();
    Ok(2.0 * lower / view.dim() as f64)
}

/// All three terms with `gamma = 1`: the hinge averaged over the views and the covariance term
/// summed, as in the published code.
///
/// # Errors
/// As the single terms.
pub fn vicreg(views: &Paired) -> Result<VicregTerms, Error> {
    Ok(VicregTerms {
        invariance: invariance_term(views)?,
        variance: (variance_term(&views.x, 1.0)? + variance_term(&views.y, 1.0)?) / 2.0,
        covariance: covariance_term(&views.x)? + covariance_term(&views.y)?,
    })
}
