//! Decisions with an effect size, a standard error and a tolerance.

use std::fmt;

/// Outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The data show the statement, up to the tolerance.
    Supported,
    /// The data decide neither way.
    Inconclusive,
    /// The data contradict the statement by more than the tolerance.
    Refuted,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Supported => "supported",
            Self::Inconclusive => "inconclusive",
            Self::Refuted => "refuted",
        })
    }
}

/// Decides `effect <= bound + tolerance`.
///
/// Supported when `effect + z std_error` lies below the line, refuted when `effect - z std_error`
/// lies above it, inconclusive in between or when a number is not finite.
pub fn at_most(effect: f64, std_error: f64, bound: f64, tolerance: f64, z: f64) -> Verdict {
    let line = bound + tolerance;
    let margin = z * std_error;
    if effect + margin <= line {
        Verdict::Supported
    } else if effect - margin > line {
        Verdict::Refuted
    } else {
        Verdict::Inconclusive
    }
}

/// Decides `effect >= bound - tolerance`, as [`at_most`] does the other side.
pub fn at_least(effect: f64, std_error: f64, bound: f64, tolerance: f64, z: f64) -> Verdict {
    at_most(-effect, std_error, -bound, tolerance, z)
}

/// Decides `|effect| <= tolerance`: an equivalence test, so that a wide interval is
/// inconclusive and never support.
pub fn equivalent(effect: f64, std_error: f64, tolerance: f64, z: f64) -> Verdict {
    let margin = z * std_error;
    if effect.abs() + margin <= tolerance {
        Verdict::Supported
    } else if effect.abs() - margin > tolerance {
        Verdict::Refuted
    } else {
        Verdict::Inconclusive
    }
}
