use nalgebra::DMatrix;

use super::centred::Centred;
use super::invariance::{invariance_term, slope};
use super::{Entry, Evaluation, Objective, Term, WEIGHT, common_dim, positive, weight};
use crate::error::Error;
use crate::linalg::covariance;
use crate::parameters::Parameters;
use crate::sample::{Paired, Sample};

/// Added to a variance before the square root, as the published code does.
const EPSILON: f64 = 1e-4;

/// How the variance terms of the two views become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hinge {
    /// Their mean, as the authors' code has it (`facebookresearch/vicreg`, also lightly).
    Mean,
    /// Their sum, as solo-learn has it: the same weight is then twice as strong.
    Sum,
}

impl Hinge {
    const WORDS: [(&'static str, Self); 2] = [("mean", Self::Mean), ("sum", Self::Sum)];

    fn word(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Sum => "sum",
        }
    }

    /// Factor on the sum of the terms of the two views.
    fn share(self) -> f64 {
        match self {
            Self::Mean => 0.5,
            Self::Sum => 1.0,
        }
    }
}

/// VICReg: invariance, variance and covariance of the two views.
///
/// `a s(Z, Z') + b (v(Z) + v(Z')) / 2 + c (c(Z) + c(Z'))` with `s` of [`invariance_term`], `v` of
/// [`variance_term`], `c` of [`covariance_term`] and weights `a, b, c`, published as 25, 25, 1. With
/// [`Hinge::Sum`] the variance terms are summed, not averaged; the covariance terms are summed in
/// either convention.
///
/// Takes `n > 1` pairs of the same dimension `d`. Cost `O(n d^2)`. A term of weight 0 costs nothing.
/// At a standard deviation of exactly `gamma` the hinge is given the derivative 0.
///
/// # Errors
/// [`Error::Mismatch`] when the views differ in dimension; [`Error::TooFewPoints`] for a single point,
/// unless invariance alone has a weight.
///
/// # Source
/// Bardes, Ponce & LeCun 2022, eqs. 1-6, and the authors' code.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vicreg {
    invariance: f64,
    variance: f64,
    covariance: f64,
    gamma: f64,
    hinge: Hinge,
}

impl Vicreg {
    /// Chooses the weights of invariance, variance and covariance, the standard deviation `gamma` to
    /// reach, and how the variance terms are joined.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a negative weight or a `gamma` that is not positive.
    pub fn new(weights: [f64; 3], gamma: f64, hinge: Hinge) -> Result<Self, Error> {
        Ok(Self {
            invariance: weight("invariance", weights[0])?,
            variance: weight("variance", weights[1])?,
            covariance: weight("covariance", weights[2])?,
            gamma: positive("gamma", gamma)?,
            hinge,
        })
    }

    /// The published loss: weights 25, 25, 1, `gamma` 1, hinge averaged.
    pub fn published() -> Self {
        Self {
            invariance: 25.0,
            variance: 25.0,
            covariance: 1.0,
            gamma: 1.0,
            hinge: Hinge::Mean,
        }
    }

    /// Variance and covariance term of a view, and the gradient of their weighted sum.
    fn regularise(&self, view: &Sample) -> Result<(f64, f64, DMatrix<f64>), Error> {
        if self.variance <= 0.0 && self.covariance <= 0.0 {
            return Ok((0.0, 0.0, DMatrix::zeros(view.dim(), view.n())));
        }
        let centred = Centred::new(view)?;
        let dim = view.dim() as f64;
        let share = self.variance * self.hinge.share() / dim;
        // Derivative of the weighted hinge with respect to the variance.
        let slope = |variance: f64| match (variance + EPSILON).sqrt() {
            spread if spread < self.gamma => -0.5 * share / spread,
            _ => 0.0,
        };
        if self.covariance <= 0.0 {
            let variances = centred.variances();
            let slopes: Vec<f64> = (variances.iter())
                .map(|&variance| 2.0 * centred.share() * slope(variance))
                .collect();
            let mut gradient = centred.points().clone();
            for point in gradient.as_mut_slice().chunks_exact_mut(slopes.len()) {
                for (v, slope) in point.iter_mut().zip(&slopes) {
                    *v *= slope;
                }
            }
            return Ok((hinges(&variances, self.gamma), 0.0, gradient));
        }
        let mut matrix = centred.covariance();
        let variances: Vec<f64> = matrix.diagonal().iter().copied().collect();
        let covariance = off_diagonal(&matrix);
        matrix *= 2.0 * self.covariance / dim;
        for (j, &variance) in variances.iter().enumerate() {
            matrix[(j, j)] = slope(variance);
        }
        let gradient = centred.pull(&matrix);
        Ok((hinges(&variances, self.gamma), covariance, gradient))
    }
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
    let variances: Vec<f64> = covariance(view)?.diagonal().iter().copied().collect();
    Ok(hinges(&variances, gamma))
}

fn hinges(variances: &[f64], gamma: f64) -> f64 {
    let hinges = (variances.iter()).map(|v| (gamma - (v + EPSILON).sqrt()).max(0.0));
    hinges.sum::<f64>() / variances.len() as f64
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
    Ok(off_diagonal(&covariance(view)?))
}

fn off_diagonal(covariance: &DMatrix<f64>) -> f64 {
    let dim = covariance.nrows();
    // Summed over the triangle: subtracting the diagonal from the whole would cancel digits.
    let columns = covariance.as_slice().chunks_exact(dim).enumerate();
    let lower: f64 = columns
        .map(|(j, column)| column[j + 1..].iter().map(|v| v * v).sum::<f64>())
        .sum();
    2.0 * lower / dim as f64
}

impl Objective for Vicreg {
    fn name(&self) -> String {
        format!(
            "{}(invariance={},variance={},covariance={},gamma={},hinge={})",
            ENTRY.id,
            self.invariance,
            self.variance,
            self.covariance,
            self.gamma,
            self.hinge.word()
        )
    }

    fn evaluate(&self, views: &Paired) -> Result<Evaluation, Error> {
        common_dim(views)?;
        let (variance_first, covariance_first, mut first) = self.regularise(&views.x)?;
        let (variance_second, covariance_second, mut second) = self.regularise(&views.y)?;
        let mut terms = Vec::new();
        if self.invariance > 0.0 {
            terms.push(Term {
                of: ENTRY.id,
                name: "invariance",
                weight: self.invariance,
                value: invariance_term(views)?,
            });
            let slope = slope(views, self.invariance);
            first += &slope;
            second -= slope;
        }
        if self.variance > 0.0 {
            terms.push(Term {
                of: ENTRY.id,
                name: "variance",
                weight: self.variance,
                value: self.hinge.share() * (variance_first + variance_second),
            });
        }
        if self.covariance > 0.0 {
            terms.push(Term {
                of: ENTRY.id,
                name: "covariance",
                weight: self.covariance,
                value: covariance_first + covariance_second,
            });
        }
        Evaluation::new(&self.name(), terms, [first, second])
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "vicreg",
    summary: "mean squared difference, hinge on standard deviations, squared covariances",
    parameters: &[
        ("invariance", "25"),
        ("variance", "25"),
        ("covariance", "1"),
        ("gamma", "1"),
        ("hinge", "mean"),
    ],
    build,
    defaults: &["vicreg(invariance=25,variance=25,covariance=1,gamma=1,hinge=mean)"],
};

fn build(parameters: &Parameters) -> Result<Box<dyn Objective>, Error> {
    let weights = [
        parameters.value("invariance", WEIGHT)?,
        parameters.value("variance", WEIGHT)?,
        parameters.value("covariance", WEIGHT)?,
    ];
    let gamma = parameters.value("gamma", super::POSITIVE)?;
    let hinge = parameters.choice("hinge", &Hinge::WORDS)?;
    Ok(Box::new(Vicreg::new(weights, gamma, hinge)?))
}
