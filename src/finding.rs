//! Decisions with their evidence.

use serde::{Deserialize, Serialize};

use crate::stats::Verdict;

/// A setting in which the outcome of a check is known beforehand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Control {
    /// What was changed.
    pub setting: String,
    /// What the check must say there.
    pub expected: Verdict,
    /// What it said.
    pub verdict: Verdict,
    /// Effect measured there, in the unit of the finding.
    pub effect: f64,
    /// Its standard error; 0 for an exact computation.
    pub std_error: f64,
}

impl Control {
    /// Whether the check said what it must.
    pub fn holds(&self) -> bool {
        self.verdict == self.expected
    }
}

/// A decision with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The claim it bears on.
    pub claim: String,
    /// Which form of the claim: `as stated`, `corrected`, or the condition it is checked under.
    pub form: String,
    /// The sentence that was checked.
    pub statement: String,
    /// The decision.
    pub verdict: Verdict,
    /// Measured effect.
    pub effect: f64,
    /// Its standard error; 0 for an exact computation.
    pub std_error: f64,
    /// Unit of the effect, for example `nats`.
    pub unit: String,
    /// The line that the effect was compared with.
    pub bound: f64,
    /// Largest negligible departure.
    pub tolerance: f64,
    /// Why it is negligible.
    pub tolerance_reason: String,
    /// The numbers behind the decision, in a sentence or two.
    pub evidence: String,
    /// At least one that must come out refuted; for a refuted finding also one that must be supported.
    pub controls: Vec<Control>,
}
