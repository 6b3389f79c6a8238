//! What does a representation of full rank buy in the downstream bound?
//!
//! `P_Z` is the projection onto the null space of the features `Z`, `d x n`; what least squares leaves of
//! the one-hot classes `Y` is `Y P_Z`.
//!
//! * **identity**: `|P_Z|_F = sqrt(n - rank)`, and `P_Z` is that of `B Z` for every invertible `B`.
//! * **rank**: the residual of features that follow the classes, and of such that do not, at equal rank.
//! * **step**: `|P_Z|_F |Y|_2`, which bounds the residual without classes, as the points become many.
//! * **conditioning**: the bound, term by term, for the same features raw, with unit variances, and whitened.

mod check;
mod figure;
mod measure;

use serde::{Deserialize, Serialize};

use vicinfo::Error;
use vicinfo::experiment::{Experiment, Finding, Inputs, Scale};
use vicinfo::figure::Figure;
use vicinfo::paper::ClaimId;
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;

/// Rounding of a projection that is formed from a singular value decomposition of a few hundred points.
const ROUNDING: f64 = 1e-10;
/// Classes of all parts.
const CLASSES: usize = 4;
/// Coordinates of the features of the parts on rank and conditioning.
const DIM: usize = 16;
/// Points of the part on rank.
const RANK_POINTS: usize = 400;
/// Points of the part on the label-free step.
const STEP_POINTS: [usize; 5] = [200, 400, 800, 1600, 3200];
/// Features of the part on conditioning that are taken apart.
const VERSIONS: [&str; 3] = ["raw", "std", "whitened"];
/// Probability of failure of the bound.
const DELTA: f64 = 0.05;

/// See the module documentation.
pub struct BoundRank;

/// One design point.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    part: Part,
    setting: Setting,
    /// Points; labelled points for the bound, which has ten times as many pairs.
    n: usize,
    replicates: usize,
}

/// What a cell measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Norm of the projection and invariance under linear maps.
    Identity,
    /// Residual against rank.
    Rank,
    /// The label-free bound on the residual.
    Step,
    /// Terms of the bound in three units of the same features.
    Conditioning,
}

/// The features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// Units that see the classes.
    Aligned,
    /// Gaussian, whatever the class.
    Independent,
    /// Units that see the classes, with standard deviations from 1 to 1/100.
    UnequalScales,
    /// Units that see the classes, all with a large part in common.
    Correlated,
}

/// One line of the table: a quantity summarised over replicates.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    part: Part,
    setting: Setting,
    /// Units of the features, or two between which something changes, in the part on conditioning.
    version: String,
    quantity: String,
    n: usize,
    /// Rank of the features.
    rank: usize,
    replicates: usize,
    mean: f64,
    std_error: f64,
    min: f64,
    max: f64,
}

impl Row {
    fn new(
        cell: &Cell,
        (version, quantity, rank): (&str, &str, usize),
        values: &[f64],
    ) -> Result<Self, Error> {
        let summary = Summary::new(values)?;
        Ok(Self {
            part: cell.part,
            setting: cell.setting,
            version: version.to_owned(),
            quantity: quantity.to_owned(),
            n: cell.n,
            rank,
            replicates: summary.n,
            mean: summary.mean,
            std_error: summary.std_error,
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

impl Experiment for BoundRank {
    const ID: &'static str = "bound-rank";
    const SUMMARY: &'static str = "What a representation of full rank, and what a well-conditioned one, buys in the downstream bound.";
    const CLAIMS: &'static [ClaimId] = &[ClaimId("bound-rank")];
    type Cell = Cell;
    type Row = Row;

    fn grid(scale: Scale, _inputs: &Inputs) -> Result<Vec<Cell>, Error> {
        let (identities, ranks, bounds, labelled) = match scale {
            Scale::Smoke => (4, 60, 4, 500),
            Scale::Standard => (20, 100, 16, 2000),
            Scale::Full => (50, 400, 40, 5000),
        };
        let cell = |part, setting, n, replicates| Cell {
            part,
            setting,
            n,
            replicates,
        };
        let mut cells = Vec::new();
        for n in [50, 100, 200] {
            cells.push(cell(Part::Identity, Setting::Independent, n, identities));
        }
        for setting in [Setting::Aligned, Setting::Independent] {
            cells.push(cell(Part::Rank, setting, RANK_POINTS, ranks));
        }
        for setting in [Setting::Aligned, Setting::Independent] {
            let most = STEP_POINTS[STEP_POINTS.len() - 1];
            cells.push(cell(Part::Step, setting, most, bounds));
        }
        for setting in [
            Setting::UnequalScales,
            Setting::Correlated,
            Setting::Independent,
        ] {
            cells.push(cell(Part::Conditioning, setting, labelled, bounds));
        }
        Ok(cells)
    }

    fn measure(cell: &Cell, _inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
        match cell.part {
            Part::Identity => measure::identity(cell, seed),
            Part::Rank => measure::rank(cell, seed),
            Part::Step => measure::step(cell, seed),
            Part::Conditioning => measure::conditioning(cell, seed),
        }
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        vec![
            check::norm(rows),
            check::invariance(rows),
            check::alignment(rows),
            check::independent(rows),
            check::label_free(rows),
            check::residual(rows),
            check::conditioning(rows),
            check::variances(rows),
        ]
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        vec![
            figure::rank(rows),
            figure::step(rows),
            figure::conditioning(rows),
        ]
    }
}

fn select<'a>(rows: &'a [Row], part: Part, quantity: &'a str) -> impl Iterator<Item = &'a Row> {
    rows.iter()
        .filter(move |row| row.part == part && row.quantity == quantity)
}

/// The row of a quantity of the bound, for one kind of features in one unit.
fn bound_row<'a>(
    rows: &'a [Row],
    setting: Setting,
    version: &str,
    quantity: &'a str,
) -> Option<&'a Row> {
    select(rows, Part::Conditioning, quantity)
        .find(|row| row.setting == setting && row.version == version)
}

vicinfo::experiment_main!(BoundRank);
