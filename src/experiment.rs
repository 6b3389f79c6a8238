//! Experiments and the harness that runs them.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::figure::Figure;
use crate::paper::ClaimId;
use crate::seed::Seed;
use crate::stats::Verdict;

/// How much work an experiment does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Seconds: the tests run it.
    Smoke,
    /// Minutes: enough for a verdict.
    Standard,
    /// The published figures.
    Full,
}

/// What a user may hand to an experiment besides scale and seed.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct Inputs {
    /// Folder with MNIST, Fashion-MNIST (IDX) or CIFAR-10 (binary) files, plain or .gz;
    /// without it, experiments on images use procedural sprites
    #[arg(long, value_name = "DIR")]
    pub images: Option<PathBuf>,
}

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

/// A claim family as a program: a grid of cells, a measurement, and what follows from the table.
pub trait Experiment {
    /// Name on the command line and below `figures/`.
    const ID: &'static str;
    /// One sentence.
    const SUMMARY: &'static str;
    /// Claims it decides.
    const CLAIMS: &'static [ClaimId];
    /// One design point. Its JSON names its random stream, so it holds no path and no clock.
    type Cell: Serialize + Sync;
    /// One line of the table: one plotted point, already summarised.
    type Row: Serialize + DeserializeOwned + Send;

    /// The design points of a scale.
    ///
    /// # Errors
    /// When the inputs cannot be read.
    fn grid(scale: Scale, inputs: &Inputs) -> Result<Vec<Self::Cell>, Error>;

    /// Measures one design point.
    ///
    /// # Errors
    /// When something could not be computed.
    fn measure(cell: &Self::Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Self::Row>, Error>;

    /// Decides from the table alone.
    fn check(rows: &[Self::Row]) -> Vec<Finding>;

    /// Draws from the table alone.
    fn figures(rows: &[Self::Row]) -> Vec<Figure>;
}
