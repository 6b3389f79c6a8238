use super::{CoordinateMaps, Entry, InformationEstimator};
use crate::entropy::{Gaussian as GaussianEntropy, Promises, Side};
use crate::error::{Error, finite};
use crate::linalg::{Spd, covariance, cross_covariance, singular_values};
use crate::parameters::Parameters;
use crate::sample::Paired;

/// Information of the Gaussian pair with the sample's covariance, from its canonical correlations.
///
/// `I = -(1/2) sum_i ln(1 - rho_i^2)`, `rho_i` the canonical correlations
/// ([`canonical_correlations`]); the same number as
/// `(1/2) (ln det S_x + ln det S_y - ln det S)`. With `bias_corrected`, the exact mean of the
/// error over Gaussian samples is subtracted, that of each entropy being [`GaussianEntropy::bias`];
/// uncorrected it is about `dim_x dim_y / (2 n)`.
///
/// Takes `n > dim_x + dim_y` pairs; returns nats. Cost `O(n d^2 + d^3)`.
/// Sees linear dependence only: 0 for pairs that are uncorrelated and dependent.
///
/// # Source
/// Kullback 1959, chapter 9; Hotelling 1936 for the correlations; Misra, Singh & Demchuk 2005 for
/// the bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gaussian {
    /// Whether the finite-sample bias is subtracted.
    pub bias_corrected: bool,
}

/// Canonical correlations between the halves, largest first, `min(dim_x, dim_y)` numbers in `[0, 1)`.
///
/// They are the singular values of `L_x^-1 S_xy L_y^-T`, `L` the Cholesky factors of the
/// covariances. Takes `n > dim_x + dim_y` pairs. Cost `O(n d^2 + d^3)`.
///
/// # Errors
/// [`Error::TooFewPoints`]; [`Error::SingularCovariance`] when one half is degenerate;
/// [`Error::PerfectDependence`] when a correlation is 1 to working precision.
///
/// # Source
/// Hotelling 1936; Björck & Golub 1973.
pub fn canonical_correlations(pairs: &Paired) -> Result<Vec<f64>, Error> {
    let (dim_x, dim_y) = pairs.dims();
    if pairs.n() <= dim_x + dim_y {
        return Err(Error::TooFewPoints {
            method: "the Gaussian information",
            required: dim_x + dim_y + 1,
            actual: pairs.n(),
        });
    }
    let x = Spd::new(&covariance(&pairs.x)?)?;
    let y = Spd::new(&covariance(&pairs.y)?)?;
    let half = x.whiten(&cross_covariance(&pairs.x, &pairs.y)?);
    let correlations = singular_values(&y.whiten(&half.transpose()))?;
    // Rounding in the two whitenings moves a correlation by a few d eps.
    let ceiling = 1.0 - 16.0 * (dim_x + dim_y) as f64 * f64::EPSILON;
    match correlations.iter().position(|&rho| rho >= ceiling) {
        Some(index) => Err(Error::PerfectDependence {
            index,
            correlation: correlations[index],
        }),
        None => Ok(correlations),
    }
}

impl Gaussian {
    /// Mean of the uncorrected estimate less the truth, of `n` Gaussian pairs of these dimensions, in nats: the mean of the
    /// estimate for independent ones.
    ///
    /// # Errors
    /// As [`GaussianEntropy::bias`] in `dim_x + dim_y` dimensions.
    pub fn bias(n: usize, dim_x: usize, dim_y: usize) -> Result<f64, Error> {
        Ok(
            GaussianEntropy::bias(n, dim_x)? + GaussianEntropy::bias(n, dim_y)?
                - GaussianEntropy::bias(n, dim_x + dim_y)?,
        )
    }
}

impl InformationEstimator for Gaussian {
    fn name(&self) -> String {
        format!("gaussian(bias_corrected={})", self.bias_corrected)
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            scaling: true,
            rotation: true,
            unbiased_on_gaussian: self.bias_corrected,
            side: Side::IfGaussian,
        }
    }

    /// None: correlations near 1 have the errors of all others.
    fn strong_dependence_error(&self) -> Option<f64> {
        Some(0.0)
    }

    fn coordinate_maps(&self) -> CoordinateMaps {
        CoordinateMaps::Affine
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        let plug_in: f64 = canonical_correlations(pairs)?
            .iter()
            .map(|rho| -0.5 * ((-rho).ln_1p() + rho.ln_1p()))
            .sum();
        let bias = if self.bias_corrected {
            bias(pairs)?
        } else {
            0.0
        };
        finite(self.name(), plug_in - bias)
    }

    fn warnings(&self, pairs: &Paired) -> Vec<String> {
        match bias(pairs) {
            Ok(bias) if !self.bias_corrected && bias > 0.05 => vec![format!(
                "for Gaussian data the mean error at this n and these dimensions is {bias:.3} nats; bias_corrected=true removes it"
            )],
            _ => Vec::new(),
        }
    }
}

fn bias(pairs: &Paired) -> Result<f64, Error> {
    let (dim_x, dim_y) = pairs.dims();
    Gaussian::bias(pairs.n(), dim_x, dim_y)
}

pub(super) const ENTRY: Entry = Entry {
    id: "gaussian",
    summary: "canonical correlations: the information of Gaussian pairs with the same covariance",
    parameters: &[("bias_corrected", "false")],
    build,
    defaults: &[
        "gaussian(bias_corrected=false)",
        "gaussian(bias_corrected=true)",
    ],
};

fn build(parameters: &Parameters) -> Result<Box<dyn InformationEstimator>, Error> {
    let bias_corrected = parameters.value("bias_corrected", "true or false")?;
    Ok(Box::new(Gaussian { bias_corrected }))
}
