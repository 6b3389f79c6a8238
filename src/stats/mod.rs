//! Summaries, decisions, intervals and tests.

mod interval;
mod kolmogorov_smirnov;
pub mod normality;
mod quantile;
mod rank;
mod verdict;

pub use interval::{Interval, clopper_pearson, clopper_pearson_upper, wilson};
pub use kolmogorov_smirnov::{KolmogorovSmirnov, kolmogorov_smirnov};
pub use quantile::student_t_quantile;
pub use rank::{holm, median, spearman};

pub use verdict::{Verdict, at_least, at_most, equivalent};

use crate::error::{Error, finite};

/// A mean with its standard error.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Summary {
    /// Number of values.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation (divisor `n - 1`).
    pub std_dev: f64,
    /// Standard error of the mean, `std_dev / sqrt(n)`.
    pub std_error: f64,
}

impl Summary {
    /// Summarises independent values.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] below two values, [`Error::NonFinite`] for a value that is not finite,
    /// [`Error::NonFiniteResult`] when their squares overflow.
    pub fn new(values: &[f64]) -> Result<Self, Error> {
        let n = values.len();
        if n < 2 {
            return Err(Error::TooFewPoints {
                method: "a standard error",
                required: 2,
                actual: n,
            });
        }
        if let Some(point) = values.iter().position(|v| !v.is_finite()) {
            return Err(Error::NonFinite {
                point,
                coordinate: 0,
                value: values[point].to_string(),
            });
        }
        // Two passes: the second is exact about the shift, so that a large mean costs no digits.
        let mean = values.iter().sum::<f64>() / n as f64;
        let mean = mean + values.iter().map(|v| v - mean).sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        let std_dev = finite("a standard deviation", (squares / (n - 1) as f64).sqrt())?;
        Ok(Self {
            n,
            mean,
            std_dev,
            std_error: std_dev / (n as f64).sqrt(),
        })
    }
}
