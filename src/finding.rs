//! Decisions with their evidence.

use serde::{Deserialize, Serialize};

use crate::stats::{Verdict, at_least, at_most, clopper_pearson, equivalent};

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
    /// Standard errors that the decision kept from the line.
    #[serde(default = "usual", skip_serializing_if = "is_usual")]
    pub standard_errors: f64,
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
    /// Standard errors that the decision kept from the line.
    #[serde(default = "usual", skip_serializing_if = "is_usual")]
    pub standard_errors: f64,
    /// Unit of the effect, for example `nats`.
    pub unit: String,
    /// On which side of `bound` the effect has to lie.
    pub rule: Rule,
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

/// Standard errors that a decision keeps from the line, where an effect does not say otherwise.
pub const STANDARD_ERRORS: f64 = 4.0;
/// Probability of a normal number within [`STANDARD_ERRORS`] of its mean.
const CONFIDENCE: f64 = 0.999_936_657_516_334;

fn usual() -> f64 {
    STANDARD_ERRORS
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes the field by reference"
)]
fn is_usual(standard_errors: &f64) -> bool {
    standard_errors.total_cmp(&STANDARD_ERRORS).is_eq()
}

/// A measured number with its standard error; 0 for an exact computation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// The number.
    pub value: f64,
    /// Its standard error.
    pub std_error: f64,
    /// Standard errors that a decision keeps from the line.
    pub standard_errors: f64,
}

impl Effect {
    /// A number with its standard error, which is known well enough to take the number for normal.
    pub fn new(value: f64, std_error: f64) -> Self {
        Self {
            value,
            std_error,
            standard_errors: STANDARD_ERRORS,
        }
    }

    /// The same with so many standard errors between it and the line: a quantile of Student's t where few replicates are behind the
    /// error, a larger one where many effects are decided together.
    #[must_use]
    pub fn keeping(self, standard_errors: f64) -> Self {
        Self {
            standard_errors,
            ..self
        }
    }

    /// A number without an error.
    pub fn exact(value: f64) -> Self {
        Self::new(value, 0.0)
    }

    /// A share of trials. The farther end of its Clopper-Pearson interval counts as [`STANDARD_ERRORS`] standard errors, so
    /// that 500 of 500 is not taken for certainty. NaN without trials, or for more than all of them.
    pub fn share(held: usize, trials: usize) -> Self {
        let value = held as f64 / trials as f64;
        clopper_pearson(held as u64, trials as u64, CONFIDENCE).map_or(
            Self::exact(f64::NAN),
            |interval| {
                let far = (value - interval.lower).max(interval.upper - value);
                Self::new(value, far / STANDARD_ERRORS)
            },
        )
    }

    /// The largest of several, the first where they are equal.
    ///
    /// NaN for none or when one of them is NaN: nothing measured decides nothing.
    pub fn largest(effects: impl Iterator<Item = Self>) -> Self {
        Self::first_by(effects, |value| value)
    }

    /// The smallest of several, likewise.
    pub fn smallest(effects: impl Iterator<Item = Self>) -> Self {
        Self::first_by(effects, |value| -value)
    }

    /// The one farthest from 0, likewise.
    pub fn farthest(effects: impl Iterator<Item = Self>) -> Self {
        Self::first_by(effects, f64::abs)
    }

    fn first_by(effects: impl Iterator<Item = Self>, height: fn(f64) -> f64) -> Self {
        let better = |a: Self, b: Self| {
            let (high, other) = (height(a.value), height(b.value));
            if high.is_nan() || high >= other { a } else { b }
        };
        effects.reduce(better).unwrap_or(Self::exact(f64::NAN))
    }
}

/// On which side of a number an effect has to lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// At most the number and the tolerance.
    AtMost,
    /// At least the number less the tolerance.
    AtLeast,
    /// No farther from the number than the tolerance.
    Near,
}

impl Rule {
    /// The words before the number.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AtMost => "at most",
            Self::AtLeast => "at least",
            Self::Near => "near",
        }
    }
}

/// What an effect is held against: finding and controls are decided by one and the same line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    rule: Rule,
    bound: f64,
    tolerance: f64,
    reason: String,
}

impl Line {
    /// `effect <= bound`, up to a tolerance and the reason why it is negligible.
    pub fn at_most(bound: f64, tolerance: f64, reason: impl Into<String>) -> Self {
        Self::new(Rule::AtMost, bound, tolerance, reason)
    }

    /// `effect >= bound`, likewise.
    pub fn at_least(bound: f64, tolerance: f64, reason: impl Into<String>) -> Self {
        Self::new(Rule::AtLeast, bound, tolerance, reason)
    }

    /// `effect = bound`, likewise.
    pub fn near(bound: f64, tolerance: f64, reason: impl Into<String>) -> Self {
        Self::new(Rule::Near, bound, tolerance, reason)
    }

    fn new(rule: Rule, bound: f64, tolerance: f64, reason: impl Into<String>) -> Self {
        Self {
            rule,
            bound,
            tolerance,
            reason: reason.into(),
        }
    }

    /// On which side of the line an effect lies, as many standard errors away from it as it says.
    pub fn decide(&self, effect: Effect) -> Verdict {
        let Effect {
            value,
            std_error,
            standard_errors: z,
        } = effect;
        let (bound, tolerance) = (self.bound, self.tolerance);
        match self.rule {
            Rule::AtMost => at_most(value, std_error, bound, tolerance, z),
            Rule::AtLeast => at_least(value, std_error, bound, tolerance, z),
            Rule::Near => equivalent(value - bound, std_error, tolerance, z),
        }
    }

    /// Of effects that must all keep to this line, the one that decides: the first of the worst
    /// verdict, and among those of one verdict the one nearest to the wrong side. NaN for none.
    pub fn worst(&self, effects: impl Iterator<Item = Effect>) -> Effect {
        let rank = |effect: Effect| {
            let severity = match self.decide(effect) {
                Verdict::Supported => 0,
                Verdict::Inconclusive => 1,
                Verdict::Refuted => 2,
            };
            let toward = match self.rule {
                Rule::AtMost => effect.value,
                Rule::AtLeast => -effect.value,
                Rule::Near => (effect.value - self.bound).abs(),
            };
            (severity, toward)
        };
        let worse = |a: Effect, b: Effect| {
            let ((level, height), (other_level, other_height)) = (rank(a), rank(b));
            let stays = match level.cmp(&other_level) {
                std::cmp::Ordering::Greater => true,
                std::cmp::Ordering::Less => false,
                std::cmp::Ordering::Equal => height.is_nan() || height >= other_height,
            };
            if stays { a } else { b }
        };
        effects.reduce(worse).unwrap_or(Effect::exact(f64::NAN))
    }

    /// The numbers of a finding, for the caller to complete with its words and controls.
    pub fn judge(&self, effect: Effect) -> Finding {
        Finding {
            claim: String::new(),
            form: String::new(),
            statement: String::new(),
            verdict: self.decide(effect),
            effect: effect.value,
            std_error: effect.std_error,
            standard_errors: effect.standard_errors,
            unit: String::new(),
            rule: self.rule,
            bound: self.bound,
            tolerance: self.tolerance,
            tolerance_reason: self.reason.clone(),
            evidence: String::new(),
            controls: Vec::new(),
        }
    }

    /// A control in which this line must be missed.
    pub fn refuted(&self, setting: impl Into<String>, effect: Effect) -> Control {
        self.control(setting, Verdict::Refuted, effect)
    }

    /// A control in which this line must be kept.
    pub fn supported(&self, setting: impl Into<String>, effect: Effect) -> Control {
        self.control(setting, Verdict::Supported, effect)
    }

    fn control(&self, setting: impl Into<String>, expected: Verdict, effect: Effect) -> Control {
        Control {
            setting: setting.into(),
            expected,
            verdict: self.decide(effect),
            effect: effect.value,
            std_error: effect.std_error,
            standard_errors: effect.standard_errors,
        }
    }
}
