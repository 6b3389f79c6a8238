use super::{Increasing, root};
use crate::error::Error;

/// `x -> x + sum_k a_k sin(f_k x + p_k)`: a line with ripples, increasing since `sum |a_k f_k| < 1`.
///
/// # Source
/// Czyż et al. 2023 (arXiv 2306.11078), appendix on transformations.
#[derive(Debug, Clone, PartialEq)]
pub struct Wiggly {
    waves: Vec<[f64; 3]>,
}

impl Wiggly {
    /// Ripples given as amplitude, frequency and phase `[a_k, f_k, p_k]`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] when the slopes `|a_k f_k|` sum to 1 or more, or a number is not
    /// finite.
    pub fn new(waves: Vec<[f64; 3]>) -> Result<Self, Error> {
        let steepest: f64 = waves.iter().map(|[a, f, _]| (a * f).abs()).sum();
        let finite = waves.iter().flatten().all(|v| v.is_finite());
        if !(finite && steepest < 1.0) {
            return Err(Error::invalid(
                "waves",
                format!("{waves:?}"),
                "finite numbers whose slopes |a f| sum to less than 1, so that the map increases",
            ));
        }
        Ok(Self { waves })
    }
}

impl Increasing for Wiggly {
    fn name(&self) -> String {
        format!("wiggly(waves={:?})", self.waves)
    }

    fn value(&self, x: f64) -> f64 {
        x + self
            .waves
            .iter()
            .map(|[a, f, p]| a * (f * x + p).sin())
            .sum::<f64>()
    }

    fn inverse(&self, y: f64) -> f64 {
        let reach: f64 = self.waves.iter().map(|[a, _, _]| a.abs()).sum();
        root::increasing(y - reach, y + reach, |x| {
            (self.value(x) - y, self.ln_derivative(x).exp())
        })
    }

    fn ln_derivative(&self, x: f64) -> f64 {
        let slope: f64 = self
            .waves
            .iter()
            .map(|[a, f, p]| a * f * (f * x + p).cos())
            .sum();
        slope.ln_1p()
    }
}
