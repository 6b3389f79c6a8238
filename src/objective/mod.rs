//! Objectives of self-supervised learning: value, terms and analytic gradient. One method a file.
//!
//! An [`Objective`] reads two views of the same `n` inputs, embedded in `R^d`, and is **minimised**:
//! entropies enter with a minus sign. One call gives the value, its named terms and the gradient
//! with respect to both views, and forms nothing twice. All arithmetic is in double precision;
//! networks in single precision go through [`evaluate_f32`], and lose digits to their own rounding
//! only. Products run on every core and give the same bits on any number of them.
//!
//! Objectives are written as names with parameters, and as sums of these, which is how an entropy
//! replaces a term of a published loss or is added to it:
//!
//! ```
//! use vicinfo::objective;
//! use vicinfo::sample::{Paired, Sample};
//!
//! let first = Sample::from_points(2, vec![1.0, 0.0, -1.0, 0.0, 0.0, 1.0, 0.0, -1.0])?;
//! let second = first.map(2, |z, shifted| shifted.copy_from_slice(&[z[0] + 0.1, z[1] + 0.1]))?;
//! let objective = objective::parse("vicreg(covariance=0) + 0.5*log_det(epsilon=0.01)")?;
//! let evaluation = objective.evaluate(&Paired::new(first, second)?)?;
//! assert_eq!(evaluation.gradient[0].shape(), (2, 4));
//! let sum: f64 = evaluation.terms.iter().map(|term| term.weight * term.value).sum();
//! assert!((evaluation.value - sum).abs() < 1e-12);
//! # Ok::<(), vicinfo::Error>(())
//! ```
//!
//! What an objective says about information is in [`reading`].

use nalgebra::{DMatrix, Scalar};

use crate::error::{Error, finite};
use crate::parameters;
use crate::sample::{Paired, Sample};

mod alignment;
mod barlow_twins;
mod byol;
mod centred;
mod coding_rate;
mod invariance;
mod log_det;
mod matrix_entropy;
mod mec;
mod normalised;
mod nt_xent;
mod pair_dist;
mod pairwise;
pub mod reading;
mod regularised;
mod sigreg;
mod simsiam;
mod sum;
mod uniformity;
mod unit;
mod vicreg;

pub use alignment::Alignment;
pub use barlow_twins::BarlowTwins;
pub use byol::Byol;
pub use coding_rate::CodingRate;
pub use invariance::{Invariance, invariance_term};
pub use log_det::LogDet;
pub use matrix_entropy::MatrixEntropy;
pub use mec::Mec;
pub use normalised::Normalised;
pub use nt_xent::NtXent;
pub use pair_dist::PairDist;
pub use sigreg::SigReg;
pub use simsiam::SimSiam;
pub use sum::Sum;
pub use uniformity::Uniformity;
pub(crate) use unit::Units;
pub use vicreg::{Hinge, Vicreg, covariance_term, variance_term};

/// A loss on two views, to be minimised.
pub trait Objective: Send + Sync {
    /// Name with parameters, in the form that [`parse`] reads back.
    fn name(&self) -> String;

    /// Weights and names of the objectives that it is the sum of: itself, for all but a [`Sum`].
    fn addends(&self) -> Vec<(f64, String)> {
        vec![(1.0, self.name())]
    }

    /// Value, terms and gradient.
    ///
    /// # Errors
    /// When it is not defined for these views; never a number that is not finite.
    fn evaluate(&self, views: &Paired) -> Result<Evaluation, Error>;
}

/// One addend of an objective.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    /// The objective that it is a term of, without parameters.
    pub of: &'static str,
    /// What it is.
    pub name: &'static str,
    /// Its factor in the objective. [`Vicreg`] leaves terms of weight 0 out.
    pub weight: f64,
    /// Its value before weighting.
    pub value: f64,
}

/// What terms are called where each needs a name of its own: as they are, with their objective behind them where several have one
/// name, as `entropy_first (log_det)`, and with a count where that is the same too, as `entropy_first (log_det 2)`.
pub fn distinct_names(terms: &[Term]) -> Vec<String> {
    (terms.iter().enumerate())
        .map(|(place, term)| {
            let Term { of, name, .. } = *term;
            let alike = |terms: &[Term]| {
                let alike = terms.iter().filter(|t| (t.of, t.name) == (of, name));
                alike.count()
            };
            let of_name = terms.iter().filter(|t| t.name == name).count();
            match alike(terms) {
                _ if of_name == 1 => name.to_owned(),
                1 => format!("{name} ({of})"),
                _ => format!("{name} ({of} {})", alike(&terms[..=place])),
            }
        })
        .collect()
}

/// What an objective says about two views.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation<T: Scalar = f64> {
    /// The sum of the weighted terms.
    pub value: f64,
    /// The terms.
    pub terms: Vec<Term>,
    /// Derivatives of the value with respect to the first and the second view, `d x n` each.
    pub gradient: [DMatrix<T>; 2],
}

impl Evaluation {
    /// Adds the terms up.
    ///
    /// # Errors
    /// [`Error::NonFiniteResult`] when a term or a derivative exceeds the largest double.
    pub fn new(name: &str, terms: Vec<Term>, gradient: [DMatrix<f64>; 2]) -> Result<Self, Error> {
        let mut value = 0.0;
        for term in &terms {
            finite(format!("{} of {name}", term.name), term.value)?;
            value += term.weight * term.value;
        }
        for derivatives in &gradient {
            if let Some(derivative) = derivatives.iter().find(|v| !v.is_finite()) {
                finite(format!("a derivative of {name}"), *derivative)?;
            }
        }
        Ok(Self {
            value: finite(name, value)?,
            terms,
            gradient,
        })
    }

    /// The value of the first term of this name.
    pub fn term(&self, name: &str) -> Option<f64> {
        let term = self.terms.iter().find(|term| term.name == name);
        term.map(|term| term.value)
    }
}

/// A function of one view, and its derivatives with respect to the points.
#[derive(Debug, Clone, PartialEq)]
pub struct OfView {
    /// The value.
    pub value: f64,
    /// Its derivatives, `d x n`.
    pub gradient: DMatrix<f64>,
}

/// `weight` times the mean over both views of a function of one view.
fn of_each_view(
    (of, name): (&'static str, &str),
    views: &Paired,
    names: [&'static str; 2],
    weight: f64,
    function: impl Fn(&Sample) -> Result<OfView, Error>,
) -> Result<Evaluation, Error> {
    let weight = weight / 2.0;
    let [first, second] = [function(&views.x)?, function(&views.y)?];
    let term = |name, value| Term {
        of,
        name,
        weight,
        value,
    };
    let terms = vec![term(names[0], first.value), term(names[1], second.value)];
    Evaluation::new(
        name,
        terms,
        [first.gradient * weight, second.gradient * weight],
    )
}

/// Names of the entropies of the two views.
const ENTROPIES: [&str; 2] = ["entropy_first", "entropy_second"];

/// Rejects views of different dimensions.
fn common_dim(views: &Paired) -> Result<usize, Error> {
    let (first, second) = views.dims();
    if first == second {
        Ok(first)
    } else {
        Err(Error::Mismatch {
            what: "dimension of the second view",
            expected: first,
            actual: second,
        })
    }
}

/// Rejects a single point where others are needed.
fn several(method: &'static str, sample: &Sample) -> Result<(), Error> {
    if sample.n() < 2 {
        return Err(Error::TooFewPoints {
            method,
            required: 2,
            actual: sample.n(),
        });
    }
    Ok(())
}

/// Reads a weight.
fn weight(name: &'static str, value: f64) -> Result<f64, Error> {
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        Err(Error::invalid(name, value, WEIGHT))
    }
}

/// Reads a positive number.
fn positive(name: &'static str, value: f64) -> Result<f64, Error> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(Error::invalid(name, value, POSITIVE))
    }
}

const WEIGHT: &str = "a finite number, at least 0";
const POSITIVE: &str = "a positive finite number";

/// Evaluates an objective on views in single precision, and rounds its derivatives to it.
///
/// # Errors
/// As [`Paired::new`] and [`Objective::evaluate`]; [`Error::NonFiniteResult`] when a derivative exceeds
/// the largest number of single precision.
pub fn evaluate_f32(
    objective: &dyn Objective,
    first: &DMatrix<f32>,
    second: &DMatrix<f32>,
) -> Result<Evaluation<f32>, Error> {
    let sample = |view: &DMatrix<f32>| Sample::new(view.map(f64::from));
    let views = Paired::new(sample(first)?, sample(second)?)?;
    let evaluation = objective.evaluate(&views)?;
    for derivative in evaluation.gradient.iter().flatten() {
        finite(
            format!("a derivative of {} in single precision", objective.name()),
            f64::from(*derivative as f32),
        )?;
    }
    Ok(Evaluation {
        value: evaluation.value,
        terms: evaluation.terms,
        gradient: evaluation.gradient.map(|g| g.map(|v| v as f32)),
    })
}

/// An objective as the registry knows it.
pub type Entry = parameters::Entry<Box<dyn Objective>>;

/// Every objective of the crate.
pub const ALL: &[&Entry] = &[
    &vicreg::ENTRY,
    &invariance::ENTRY,
    &nt_xent::ENTRY,
    &barlow_twins::ENTRY,
    &byol::ENTRY,
    &simsiam::ENTRY,
    &sigreg::ENTRY,
    &log_det::ENTRY,
    &pair_dist::ENTRY,
    &mec::ENTRY,
    &coding_rate::ENTRY,
    &matrix_entropy::ENTRY,
    &alignment::ENTRY,
    &uniformity::ENTRY,
    &normalised::ENTRY,
];

/// Makes an objective from its written name, `nt_xent(temperature=0.2)`, or from a weighted sum,
/// `25*invariance() + 2*log_det(epsilon=0.01)`. A parameter that is left out takes its default.
///
/// # Errors
/// [`Error::UnknownName`] and [`Error::InvalidParameter`].
pub fn parse(text: &str) -> Result<Box<dyn Objective>, Error> {
    sum::parse(text)
}
