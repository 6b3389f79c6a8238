use nalgebra::DMatrix;

use super::gaussian::{gaussian_entropy, require};
use super::{EntropyEstimator, Entry, Family, Promises, Side};
use crate::error::{Error, finite};
use crate::linalg::{Spd, check_variance, covariance, mean};
use crate::parameters::Parameters;
use crate::sample::Sample;

/// How far a covariance is drawn towards a multiple of the identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shrinkage {
    /// Ledoit-Wolf: consistent for the best coefficient, whatever the law.
    #[default]
    LedoitWolf,
    /// Oracle approximating shrinkage: better than Ledoit-Wolf for Gaussian data.
    Oas,
}

impl Shrinkage {
    /// The words of the parameter `method`.
    pub const WORDS: [(&'static str, Self); 2] =
        [("ledoit_wolf", Self::LedoitWolf), ("oas", Self::Oas)];

    /// The word that a name prints.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LedoitWolf => "ledoit_wolf",
            Self::Oas => "oas",
        }
    }
}

/// Entropy of the Gaussian with the sample's covariance shrunk towards a multiple of the identity.
///
/// `h = (d/2) ln(2 pi e) + (1/2) ln det((1 - c) S + c m I)`, `S` the covariance with divisor `n`
/// (not `n - 1`: the coefficients are derived for it), `m = tr S / d` the mean variance, and `c` in
/// `[0, 1]` the coefficient. With `R = S / m` and `z_i` the centred points over `sqrt m`,
///
/// * `ledoit_wolf`: `c = min(b, a) / a`, `a = |R - I|^2 / d`,
///   `b = (mean_i |z_i|^4 - |R|^2) / (n d)`;
/// * `oas`: `c = min(1, (|R|^2 + d^2) / ((n + 1) |R - I|^2))`, the form that scikit-learn
///   computes: the published one without its terms in `2/d`.
///
/// `|.|` is the Frobenius norm. In one dimension, where `R = I`, the coefficient is 0.
///
/// Takes `n > 1` points in `R^d`, also `n <= d`; returns nats. Cost `O(n d^2 + d^3)`.
/// The coefficient vanishes as `n` grows, and the value becomes that of [`Gaussian`](super::Gaussian):
/// an upper bound in the limit. For `n` of the order of `d` or less the value is largely that of
/// the target, and rests on the variances being alike.
///
/// # Errors
/// [`Error::TooFewPoints`] for a single point; [`Error::SingularCovariance`] when a coordinate is
/// constant, or when `n > d` points lie in a flat: their entropy is minus infinity, and the finite number
/// that shrinkage makes of it would say nothing; or when the shrunk matrix is singular, as for two points, which
/// give Ledoit and Wolf no reason to shrink.
///
/// # Source
/// Ledoit & Wolf 2004, lemmas 3.2-3.5; Chen, Wiesel, Eldar & Hero 2010, eq. 23.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShrunkGaussian {
    /// The rule for the coefficient.
    pub method: Shrinkage,
}

impl ShrunkGaussian {
    /// The coefficient `c` for this sample, between 0 (nothing) and 1 (all variances equal, no
    /// correlation).
    ///
    /// # Errors
    /// As the entropy's.
    pub fn coefficient(&self, sample: &Sample) -> Result<f64, Error> {
        Ok(self.shrink(sample)?.0)
    }

    /// The shrunk covariance, `d x d`, in the squared units of the points.
    ///
    /// # Errors
    /// As the entropy's.
    pub fn covariance(&self, sample: &Sample) -> Result<DMatrix<f64>, Error> {
        Ok(self.shrink(sample)?.1)
    }

    fn shrink(&self, sample: &Sample) -> Result<(f64, DMatrix<f64>), Error> {
        let (n, dim) = (sample.n(), sample.dim());
        require(n, 1, "a shrunk covariance")?;
        let mut matrix = covariance(sample)? * ((n - 1) as f64 / n as f64);
        for (j, &variance) in matrix.diagonal().iter().enumerate() {
            check_variance(dim, j, variance, f64::MIN_POSITIVE)?;
        }
        let scale = matrix.trace() / dim as f64;
        // Fourth powers of the points are taken in units of the mean variance, where they cannot overflow.
        let relative = &matrix / scale;
        let distance = (&relative - DMatrix::identity(dim, dim)).norm_squared();
        let coefficient = match self.method {
            _ if dim == 1 => 0.0,
            Shrinkage::LedoitWolf => {
                let spread = (fourth_moment(sample, scale) - relative.norm_squared()) / n as f64;
                // A mean of squares, so that a negative value is rounding.
                let spread = spread.max(0.0).min(distance);
                if spread > 0.0 { spread / distance } else { 0.0 }
            }
            Shrinkage::Oas => {
                let signal = relative.norm_squared() + (dim * dim) as f64;
                let noise = (n + 1) as f64 * distance;
                if noise > signal { signal / noise } else { 1.0 }
            }
        };
        let coefficient = finite("a coefficient of shrinkage", coefficient)?;
        matrix *= 1.0 - coefficient;
        for j in 0..dim {
            matrix[(j, j)] += coefficient * scale;
        }
        Ok((coefficient, matrix))
    }
}

/// Mean of the fourth power of the distance to the mean, in units of `scale` squared.
fn fourth_moment(sample: &Sample, scale: f64) -> f64 {
    let mean = mean(sample);
    let unit = scale.sqrt();
    let powers = sample.points().map(|point| {
        let squares = point
            .iter()
            .zip(&mean)
            .map(|(v, m)| ((v - m) / unit).powi(2));
        squares.sum::<f64>().powi(2)
    });
    powers.sum::<f64>() / sample.n() as f64
}

impl EntropyEstimator for ShrunkGaussian {
    fn name(&self) -> String {
        format!("gaussian_shrunk(method={})", self.method.as_str())
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            scaling: true,
            rotation: true,
            unbiased_on_gaussian: false,
            side: Side::Above,
        }
    }

    fn converges_on(&self, family: Family) -> bool {
        family == Family::Gaussian
    }

    fn entropy(&self, sample: &Sample) -> Result<f64, Error> {
        if sample.n() > sample.dim() {
            // Enough points that still span no volume lie in a flat: the entropy is minus infinity,
            // and what shrinkage adds would hide it.
            Spd::new(&covariance(sample)?)?;
        }
        let log_det = Spd::new(&self.covariance(sample)?)?.log_det();
        finite(self.name(), gaussian_entropy(sample.dim(), log_det))
    }

    fn warnings(&self, sample: &Sample) -> Vec<String> {
        let (n, dim) = (sample.n(), sample.dim());
        let Ok(coefficient) = self.coefficient(sample) else {
            return Vec::new();
        };
        let mut warnings = vec![format!(
            "shrinkage {coefficient:.4}: that share of the covariance is the mean variance times the identity"
        )];
        if n <= dim {
            warnings.push(format!(
                "{n} points in {dim} dimensions: in the directions that the points leave out the value rests on the target alone"
            ));
        }
        warnings
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "gaussian_shrunk",
    summary: "log-determinant of a shrunk covariance (Ledoit-Wolf or OAS), also for fewer points than dimensions; an upper bound for many points",
    parameters: &[("method", "ledoit_wolf")],
    build,
    defaults: &[
        "gaussian_shrunk(method=ledoit_wolf)",
        "gaussian_shrunk(method=oas)",
    ],
};

fn build(parameters: &Parameters) -> Result<Box<dyn EntropyEstimator>, Error> {
    let method = parameters.choice("method", &Shrinkage::WORDS)?;
    Ok(Box::new(ShrunkGaussian { method }))
}
