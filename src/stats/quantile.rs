use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::error::Error;

/// Quantile of Student's t law: the `x` with `P(T <= x) = p` for `degrees` degrees of freedom.
///
/// # Errors
/// [`Error::InvalidParameter`] for `p` outside `(0, 1)` and for degrees that are not positive and
/// finite.
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
    Ok(law.inverse_cdf(p))
}
