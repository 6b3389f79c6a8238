use statrs::distribution::{Beta, ContinuousCDF, Normal};

use crate::error::Error;

/// A confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

fn check(successes: u64, trials: u64, name: &'static str, share: f64) -> Result<(), Error> {
    if trials == 0 {
        return Err(Error::invalid("trials", trials, "at least 1"));
    }
    if successes > trials {
        return Err(Error::invalid(
            "successes",
            successes,
            format!("at most the {trials} trials"),
        ));
    }
    if !(share > 0.0 && share < 1.0) {
        return Err(Error::invalid(name, share, "above 0 and below 1"));
    }
    Ok(())
}

/// Exact interval for a probability from `successes` in `trials`; its coverage is at least
/// `confidence`, with `(1 - confidence) / 2` on either side.
///
/// The ends are quantiles of `Beta(s, t - s + 1)` and `Beta(s + 1, t - s)`.
///
/// # Errors
/// [`Error::InvalidParameter`] without trials, for more successes than trials, or for a
/// confidence outside `(0, 1)`.
///
/// # Source
/// Clopper & Pearson 1934.
pub fn clopper_pearson(successes: u64, trials: u64, confidence: f64) -> Result<Interval, Error> {
    check(successes, trials, "confidence", confidence)?;
    let tail = (1.0 - confidence) / 2.0;
    let lower = match (successes, trials - successes) {
        (0, _) => 0.0,
        (_, 0) => tail.powf(1.0 / trials as f64),
        (_, failures) => beta_quantile(successes, failures + 1, tail)?,
    };
    let upper = clopper_pearson_upper(successes, trials, tail)?;
    Ok(Interval { lower, upper })
}

/// Exact upper bound on a probability from `successes` in `trials`: it is exceeded with probability at most `delta`.
///
/// The quantile `1 - delta` of `Beta(s + 1, t - s)`; for no successes `1 - delta^(1/t)`.
///
/// # Errors
/// As [`clopper_pearson`], for `delta` instead of the confidence.
///
/// # Source
/// Clopper & Pearson 1934.
pub fn clopper_pearson_upper(successes: u64, trials: u64, delta: f64) -> Result<f64, Error> {
    check(successes, trials, "delta", delta)?;
    match (successes, trials - successes) {
        (_, 0) => Ok(1.0),
        (0, _) => Ok(-(delta.ln() / trials as f64).exp_m1()),
        (_, failures) => beta_quantile(successes + 1, failures, 1.0 - delta),
    }
}

fn beta_quantile(a: u64, b: u64, p: f64) -> Result<f64, Error> {
    Beta::new(a as f64, b as f64)
        .map(|beta| beta.inverse_cdf(p))
        .map_err(|e| Error::invalid("successes", a, e.to_string()))
}

/// Score interval for a probability from `successes` in `trials`; its coverage is near
/// `confidence` also for few trials.
///
/// `(s + z^2/2 ± z sqrt(s (t - s)/t + z^2/4)) / (t + z^2)`, `z` the normal quantile.
///
/// # Errors
/// As [`clopper_pearson`].
///
/// # Source
/// Wilson 1927.
pub fn wilson(successes: u64, trials: u64, confidence: f64) -> Result<Interval, Error> {
    check(successes, trials, "confidence", confidence)?;
    let z = Normal::standard().inverse_cdf(0.5 + confidence / 2.0);
    let (s, t) = (successes as f64, trials as f64);
    let centre = s + z * z / 2.0;
    let half = z * (s * (t - s) / t + z * z / 4.0).sqrt();
    // At 0 and t successes the ends are 0 and 1 exactly; rounding alone would miss them.
    let lower = if successes == 0 {
        0.0
    } else {
        (centre - half) / (t + z * z)
    };
    let upper = if successes == trials {
        1.0
    } else {
        (centre + half) / (t + z * z)
    };
    Ok(Interval { lower, upper })
}
