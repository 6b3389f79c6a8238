//! Does the bound on the downstream risk hold, and which step of its proof fails where an assumption does?
//!
//! On populations of finitely many points every expectation and supremum is a sum or a maximum, so that both sides
//! of every step of the proof are known. The bound itself is never violated, whatever is done to its assumptions: its
//! coverage tests nothing. The steps can fail, and in the controls they do.
//!
//! * **events**: each step over many draws, on populations from easy to hopeless; and without its deviation.
//! * **pairs**: a share of the positive pairs are two views of one image.
//! * **shift**: classes drawn with other probabilities than assumed.
//! * **family**: the encoder that looks most invariant on the pairs, out of a family.
//! * **overfit**: weights fitted to few pairs, taken for weights that were fixed before.
//! * **missing**: fewer labelled points than classes.
//! * **dimension**: as many points as dimensions, where the main terms alone are put to the test.
//! * **rescaled**: features times a factor, which changes no risk.
//! * **spend**: what the logarithms of the statement add up to.

mod check;
mod figure;
mod measure;
mod source;
mod term;

use serde::{Deserialize, Serialize};

use vicinfo::Error;
use vicinfo::experiment::{Experiment, Finding, Inputs, Scale};
use vicinfo::figure::Figure;
use vicinfo::paper::ClaimId;
use vicinfo::seed::Seed;

use source::Source;

/// Probability with which the bound may fail.
const DELTA: f64 = 0.05;
/// Labelled points and pairs of the larger setting.
const LARGE: (usize, usize) = (500, 5000);
/// Labelled points and pairs of the smaller setting.
const SMALL: (usize, usize) = (50, 200);

/// As many labelled points and pairs as coordinates of most populations.
const NEAR: (usize, usize) = (16, 16);
/// Labelled points and pairs of the part `overfit`.
const FEW: (usize, usize) = (50, 50);

/// See the module documentation.
pub struct BoundCoverage;

/// One design point: all trials on one population.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    part: Part,
    source: Source,
    /// Labelled points and pairs of each setting.
    sizes: Vec<(usize, usize)>,
    trials: usize,
}

/// What a cell measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Every step of the proof.
    Events,
    /// Positive pairs of which a share are two views of one image.
    Pairs,
    /// Class probabilities other than assumed.
    Shift,
    /// An encoder chosen on the pairs.
    Family,
    /// Weights fitted to few pairs.
    Overfit,
    /// Classes without labelled points.
    Missing,
    /// As many points as dimensions.
    Dimension,
    /// Features times a factor.
    Rescaled,
    /// Probabilities of failure.
    Spend,
}

/// One inequality over the trials of a setting, or one mean.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    part: Part,
    source: Source,
    /// What was changed.
    setting: String,
    /// The inequality or quantity.
    quantity: String,
    n: usize,
    m: usize,
    /// Share of pairs of one image, size of the family or factor of the features; 0 elsewhere.
    x: f64,
    trials: usize,
    /// Trials in which the inequality held; nothing for a mean.
    held: Option<usize>,
    /// Share of the trials in which it held, or the mean.
    mean: f64,
    /// Ends of the exact 95 % interval of the share, or 1.96 standard errors around the mean.
    lower: f64,
    upper: f64,
    std_error: f64,
    /// Mean over the trials of the left side as a share of the right side, and the largest.
    used: Option<f64>,
    most_used: Option<f64>,
}

/// Populations of the part `events`.
const SOURCES: [Source; 7] = [
    Source::Easy,
    Source::Medium,
    Source::Linear,
    Source::Collapsed,
    Source::Random,
    Source::Constant,
    Source::ManyClasses,
];

/// The five steps that may fail, in the order of the proof.
const EVENTS: [&str; 5] = [
    "count",
    "invariance_labelled",
    "invariance_unlabelled",
    "loss_labelled",
    "loss_unlabelled",
];

/// Settings of the rows: every assumption in place,
const ASSUMED: &str = "as assumed";
/// an event without its deviation (the fifth without the complexity either),
const BARE: &str = "without deviation";
/// pairs of class points, or a share of them two views of one image,
const CLASS_PAIRS: &str = "class pairs";
const ONE_IMAGE: &str = "pairs of one image";
/// class probabilities other than assumed,
const NARROW: &str = "pairs mostly of the narrow class";
const WIDE: &str = "labelled points of the wide classes";
/// features or weights that were chosen on the pairs, with the complexity of their family and without,
const PAID: &str = "complexity of the family paid";
const FIXED: &str = "taken for fixed before";
/// and addends left out.
const WITHOUT_COUNT: &str = "without count term";
const WITHOUT_C: &str = "class pairs, without c";
const TIMES: &str = "times a factor";

/// Shares of the pairs that are two views of one image.
const SHARES: [f64; 8] = [0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0];
/// Encoders in a family.
const FAMILIES: [usize; 5] = [1, 2, 10, 100, 1000];
/// Factors of the features.
const FACTORS: [f64; 7] = [0.001, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0];

impl Experiment for BoundCoverage {
    const ID: &'static str = "bound-coverage";
    const SUMMARY: &'static str = "Whether the bound on the downstream risk holds, step by step, and where an assumption that fails shows.";
    const CLAIMS: &'static [ClaimId] = &[
        ClaimId("bound-holds"),
        ClaimId("bound-informal"),
        ClaimId("bound-positive-pairs"),
    ];
    type Cell = Cell;
    type Row = Row;

    fn grid(scale: Scale, _inputs: &Inputs) -> Result<Vec<Cell>, Error> {
        let (sources, sizes, trials): (&[Source], &[(usize, usize)], usize) = match scale {
            // An exact interval needs a thousand trials to exclude one failure in a hundred.
            Scale::Smoke => (&[Source::Medium, Source::Random], &[SMALL], 600),
            Scale::Standard => (&SOURCES, &[SMALL, LARGE], 500),
            Scale::Full => (&SOURCES, &[SMALL, LARGE], 2000),
        };
        let cell = |part, source, sizes: &[(usize, usize)], trials| Cell {
            part,
            source,
            sizes: sizes.to_vec(),
            trials,
        };
        let large = match scale {
            Scale::Smoke => (200, 1000),
            Scale::Standard | Scale::Full => LARGE,
        };
        let few = match scale {
            Scale::Smoke => 300,
            Scale::Standard => 500,
            Scale::Full => 2000,
        };
        let mut cells: Vec<Cell> = (sources.iter())
            .map(|&source| cell(Part::Events, source, sizes, trials))
            .collect();
        let near: Vec<(usize, usize)> = [8, 12, 16, 20, 24, 32, 48, 64].map(|n| (n, n)).into();
        cells.extend([
            cell(Part::Pairs, Source::Medium, &[large], few.min(500)),
            cell(Part::Shift, Source::Uneven, &[large], few),
            cell(Part::Family, Source::Constant, &[(10, 100)], 2 * few),
            cell(Part::Overfit, Source::ManyClasses, &[FEW], 2 * few),
            cell(Part::Missing, Source::ManyClasses, &[(5, 400)], few),
            cell(Part::Dimension, Source::Medium, &near, few),
            cell(Part::Rescaled, Source::Medium, &[NEAR, SMALL], few.min(200)),
            cell(Part::Spend, Source::Constant, &[(1, 1)], 1),
        ]);
        Ok(cells)
    }

    fn measure(cell: &Cell, _inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
        match cell.part {
            Part::Events => measure::events(cell, seed),
            Part::Pairs => measure::pairs(cell, seed),
            Part::Shift => measure::shift(cell, seed),
            Part::Family => measure::family(cell, seed),
            Part::Overfit => measure::overfit(cell, seed),
            Part::Missing => measure::missing(cell, seed),
            Part::Dimension => term::dimension(cell, seed),
            Part::Rescaled => term::rescaled(cell, seed),
            Part::Spend => term::spend(cell),
        }
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        check::all(rows)
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        figure::all(rows)
    }
}

/// The rows of one inequality or quantity in a setting.
fn select<'a>(
    rows: &'a [Row],
    part: Part,
    setting: &'a str,
    quantity: &'a str,
) -> impl Iterator<Item = &'a Row> {
    rows.iter()
        .filter(move |row| row.part == part && row.setting == setting && row.quantity == quantity)
}

vicinfo::experiment_main!(BoundCoverage);
