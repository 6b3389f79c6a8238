//! Variational bounds on mutual information, from the scores of a critic. One bound a file.
//!
//! A critic `f` scores pairs. The bounds read the `n x n` matrix `S[i, j] = f(x_i, y_j)` of `n`
//! pairs: row `i` belongs to `x_i`, column `j` to `y_j`, the diagonal holds the pairs that were
//! drawn together, the rest pairs that were not. Which critic is best depends on the bound; for
//! all of them `f = ln p(x, y) / (p(x) p(y))` is among the best, for [`nwj`] with 1 added.
//!
//! What is said about sides holds for a critic that does not depend on these `n` pairs. Scores of the
//! pairs that a critic was trained on overstate the information.
//!
//! ```
//! use nalgebra::DMatrix;
//! use vicinfo::information::variational;
//!
//! let scores = DMatrix::from_row_slice(2, 2, &[2.0, 0.0, 0.0, 2.0]);
//! let bound = variational::parse("info_nce").unwrap();
//! let value = bound.value(&scores).unwrap();
//! assert!((value - (2.0 - (2.0_f64.exp() + 1.0).ln() + 2.0_f64.ln())).abs() < 1e-15);
//! ```

use nalgebra::DMatrix;

use crate::entropy::Side;
use crate::error::{Error, finite};
use crate::parameters;

mod donsker_varadhan;
mod info_nce;
mod jensen_shannon;
mod nwj;
mod smile;

pub use donsker_varadhan::donsker_varadhan;
pub use info_nce::info_nce;
pub use jensen_shannon::jensen_shannon;
pub use nwj::nwj;
pub use smile::smile;

type Value = Box<dyn Fn(&DMatrix<f64>) -> Result<f64, Error> + Send + Sync>;

/// A function of a matrix of scores, with its parameters.
pub struct Bound {
    name: String,
    side: Option<Side>,
    value: Value,
}

impl Bound {
    /// Name with parameters, in the form that [`parse`] reads back.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Side of the information on which the value lies as the number of pairs grows, whatever the
    /// critic; `None` where there is none.
    pub fn side(&self) -> Option<Side> {
        self.side
    }

    /// Value on scores, in nats.
    ///
    /// # Errors
    /// [`Error::Mismatch`] when the matrix is not square; [`Error::TooFewPoints`] for fewer than
    /// two pairs; [`Error::NonFinite`] for a score that is not finite;
    /// [`Error::NonFiniteResult`] when the value exceeds the largest double.
    pub fn value(&self, scores: &DMatrix<f64>) -> Result<f64, Error> {
        (self.value)(scores)
    }
}

/// A bound as the registry knows it.
pub type Entry = parameters::Entry<Bound>;

/// Every function of scores of the crate.
pub const ALL: &[&Entry] = &[
    &info_nce::ENTRY,
    &donsker_varadhan::ENTRY,
    &nwj::ENTRY,
    &smile::ENTRY,
    &jensen_shannon::ENTRY,
];

/// Makes a bound from its written name, such as `smile(tau=5)`.
/// A parameter that is left out takes its default.
///
/// # Errors
/// [`Error::UnknownName`] and [`Error::InvalidParameter`].
pub fn parse(text: &str) -> Result<Bound, Error> {
    parameters::build("function of scores", ALL, text)
}

/// Rejects what is no matrix of scores of at least two pairs.
fn check(scores: &DMatrix<f64>) -> Result<(), Error> {
    let (rows, columns) = scores.shape();
    if rows != columns {
        return Err(Error::Mismatch {
            what: "columns of a matrix of scores, one a pair",
            expected: rows,
            actual: columns,
        });
    }
    if rows < 2 {
        return Err(Error::TooFewPoints {
            method: "a bound from scores",
            required: 2,
            actual: rows,
        });
    }
    match scores.iter().position(|score| !score.is_finite()) {
        Some(at) => Err(Error::NonFinite {
            point: at % rows,
            coordinate: at / rows,
            value: scores[at].to_string(),
        }),
        None => Ok(()),
    }
}

/// `ln sum exp` of values, without leaving the range of doubles.
fn log_sum_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = values.clone().fold(f64::NEG_INFINITY, f64::max);
    largest + values.map(|v| (v - largest).exp()).sum::<f64>().ln()
}

/// `(1/n) sum_i S[i, i]`.
fn mean_of_pairs(scores: &DMatrix<f64>) -> f64 {
    let n = scores.nrows() as f64;
    // Divided first, since a sum of large scores may overflow.
    scores.diagonal().iter().map(|score| score / n).sum()
}

/// The scores of pairs that were not drawn together.
fn unpaired(scores: &DMatrix<f64>) -> impl Iterator<Item = f64> + Clone {
    let n = scores.nrows();
    (0..n)
        .flat_map(move |j| (0..n).map(move |i| (i, j)))
        .filter(|(i, j)| i != j)
        .map(|at| scores[at])
}

/// `ln` of the mean of `exp` over the unpaired scores after a map.
fn log_mean_exp_unpaired(scores: &DMatrix<f64>, map: impl Fn(f64) -> f64 + Clone) -> f64 {
    let n = scores.nrows() as f64;
    log_sum_exp(unpaired(scores).map(map)) - (n * (n - 1.0)).ln()
}

/// A named value that has to be finite.
fn named(name: &str, value: f64) -> Result<f64, Error> {
    finite(name, value)
}
