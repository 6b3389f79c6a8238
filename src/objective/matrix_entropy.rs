use nalgebra::DMatrix;

use super::centred::Centred;
use super::{ENTROPIES, Entry, Evaluation, Objective, OfView};
use crate::error::{Error, finite};
use crate::linalg::product::{product, view};
use crate::linalg::{power_of_two, symmetric_eigen};
use crate::parameters::Parameters;
use crate::sample::{Paired, Sample};

/// The matrix entropy of the views, with a minus sign: how evenly variance spreads over directions.
///
/// `-(S(Z) + S(Z')) / 2`, `S = (1 / (1 - alpha)) ln sum_k p_k^alpha`, in the limit `alpha = 1` the von
/// Neumann entropy `-sum_k p_k ln p_k`, `p_k` the eigenvalues of the covariance over their sum.
/// `alpha = 2` is `2 ln tr C - ln tr C^2` and needs no eigenvalues. Blind to scale: a collapsed
/// embedding can have any value, look at the standard deviations first.
///
/// Takes `n > 1` points in each view. Cost `O(n d min(n, d) + min(n, d)^3)`.
///
/// # Errors
/// [`Error::TooFewPoints`] for a single point; [`Error::SingularCovariance`] when all points are equal;
/// [`Error::NonFiniteResult`] when a derivative exceeds the largest double, as for coordinates of `1e-310`.
///
/// # Source
/// Giraldo, Rao & Principe 2015; as an objective Kim, Kang, Hwang, Shin & Rhee 2023 (`alpha = 1`) and
/// Skean, Osorio, Brockmeier & Giraldo 2023.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatrixEntropy {
    alpha: f64,
}

const ALPHA: &str = "a finite number, at least 1: below, the gradient is infinite at rank below d";

impl MatrixEntropy {
    /// Chooses the order.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless it is finite and at least 1.
    pub fn new(alpha: f64) -> Result<Self, Error> {
        if alpha.is_finite() && alpha >= 1.0 {
            Ok(Self { alpha })
        } else {
            Err(Error::invalid("alpha", alpha, ALPHA))
        }
    }

    /// `S` of one view.
    ///
    /// # Errors
    /// As the objective.
    pub fn entropy(&self, points: &Sample) -> Result<OfView, Error> {
        // Blind to scale: in a unit near the largest coordinate no square overflows or vanishes.
        let unit = power_of_two(points.matrix());
        let centred = Centred::new(&Sample::new(points.matrix() / unit)?)?;
        let wide = points.dim() > points.n();
        let matrix = if wide {
            centred.gram()
        } else {
            centred.covariance()
        };
        let trace = matrix.trace();
        if trace <= 0.0 {
            return Err(Error::SingularCovariance {
                dim: points.dim(),
                coordinate: 0,
                residual: 0.0,
                tolerance: f64::MIN_POSITIVE,
            });
        }
        let (value, slope) = if (self.alpha - 2.0).abs() <= f64::EPSILON {
            collision(matrix / trace)
        } else {
            self.spectral(matrix / trace)?
        };
        let slope = slope / trace;
        let gradient = if wide {
            centred.pull_gram(&slope)
        } else {
            centred.pull(&slope)
        } / unit;
        if let Some(derivative) = gradient.iter().find(|v| !v.is_finite()) {
            finite("a derivative of a matrix entropy", *derivative)?;
        }
        Ok(OfView { value, gradient })
    }

    /// The entropy of a matrix of trace 1, and its derivatives along the matrices of trace 1.
    fn spectral(&self, matrix: DMatrix<f64>) -> Result<(f64, DMatrix<f64>), Error> {
        let (values, vectors) = symmetric_eigen(&matrix)?;
        // Rounding leaves numbers of this size in place of eigenvalues that are 0.
        let rounding = 16.0 * values.len() as f64 * f64::EPSILON * values[0];
        let kept = values.iter().take_while(|p| **p > rounding);
        let (entropy, slopes) = self.spectrum(&kept.copied().collect::<Vec<f64>>());
        let mut scaled = vectors.columns(0, slopes.len()).into_owned();
        let kept = vectors.columns(0, slopes.len()).into_owned();
        for (mut column, slope) in scaled.column_iter_mut().zip(slopes) {
            column *= slope;
        }
        Ok((entropy, product(view(&scaled), view(&kept).transpose())))
    }

    /// The entropy of positive shares, largest first, and its derivatives at a constant sum.
    fn spectrum(&self, shares: &[f64]) -> (f64, Vec<f64>) {
        let excess = self.alpha - 1.0;
        if excess <= f64::EPSILON {
            let entropy = -shares.iter().map(|p| p * p.ln()).sum::<f64>();
            let slopes = shares.iter().map(|p| -p.ln() - entropy);
            return (entropy, slopes.collect());
        }
        if excess < 0.5 {
            // sum p^alpha = 1 + sum p (p^excess - 1), with no digits lost near alpha = 1.
            let powers = || shares.iter().map(|p| (excess * p.ln()).exp_m1());
            let sum: f64 = shares.iter().zip(powers()).map(|(p, e)| p * e).sum();
            let slopes = powers().map(|e| self.alpha / excess * (sum - e) / (1.0 + sum));
            return (-sum.ln_1p() / excess, slopes.collect());
        }
        // Against the largest share: high powers of small numbers underflow.
        let power = |p: f64, order: f64| (p / shares[0]).powf(order);
        let sum: f64 = shares.iter().map(|&p| power(p, self.alpha)).sum();
        let entropy = -(self.alpha * shares[0].ln() + sum.ln()) / excess;
        let slopes = shares
            .iter()
            .map(|&p| self.alpha / excess * (1.0 - power(p, excess) / (shares[0] * sum)));
        (entropy, slopes.collect())
    }
}

/// `-ln tr P^2` of a matrix of trace 1, and its derivatives along the matrices of trace 1.
fn collision(mut matrix: DMatrix<f64>) -> (f64, DMatrix<f64>) {
    let purity: f64 = matrix.as_slice().iter().map(|v| v * v).sum();
    matrix *= -2.0 / purity;
    for i in 0..matrix.nrows() {
        matrix[(i, i)] += 2.0;
    }
    (-purity.ln(), matrix)
}

impl Objective for MatrixEntropy {
    fn name(&self) -> String {
        format!("{}(alpha={})", ENTRY.id, self.alpha)
    }

    fn evaluate(&self, views: &Paired) -> Result<Evaluation, Error> {
        super::of_each_view((ENTRY.id, &self.name()), views, ENTROPIES, -1.0, |view| {
            self.entropy(view)
        })
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "matrix_entropy",
    summary: "minus the von Neumann (alpha=1) or Rényi entropy of the spectrum of the covariance, mean over the views",
    parameters: &[("alpha", "1")],
    build,
    defaults: &["matrix_entropy(alpha=1)", "matrix_entropy(alpha=2)"],
};

fn build(parameters: &Parameters) -> Result<Box<dyn Objective>, Error> {
    Ok(Box::new(MatrixEntropy::new(
        parameters.value("alpha", ALPHA)?,
    )?))
}
