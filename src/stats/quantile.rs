use statrs::distribution::{Continuous, ContinuousCDF, StudentsT};

use crate::error::{Error, finite};

/// Quantile of Student's t law: the `x` with `P(T <= x) = p` for `degrees` degrees of freedom.
///
/// # Errors
/// [`Error::InvalidParameter`] for `p` outside `(0, 1)` and for degrees that are not positive and
/// finite; [`Error::NonFiniteResult`] where the quantile exceeds the largest double.
///
/// # Source
/// Student 1908.
pub fn student_t_quantile(p: f64, degrees: f64) -> Result<f64, Error> {
    if !(p > 0.0 && p < 1.0) {
        return Err(Error::invalid("p", p, "above 0 and below 1"));
    }
    if !(degrees > 0.0 && degrees.is_finite()) {
        return Err(Error::invalid(
            "degrees",
            degrees,
            "a positive finite number",
        ));
    }
    let law = StudentsT::new(0.0, 1.0, degrees)
        .map_err(|error| Error::invalid("degrees", degrees, error.to_string()))?;
    // The library's inverse is off by 4e-6 for 1e5 degrees; its distribution function is not.
    let mut quantile = law.inverse_cdf(p);
    for _ in 0..3 {
        quantile -= (law.cdf(quantile) - p) / law.pdf(quantile);
    }
    finite("a quantile of Student's law", quantile)
}
