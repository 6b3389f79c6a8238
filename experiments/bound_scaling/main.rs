//! How fast does the bound on the downstream risk fall, where does it end, and what does it say of an encoder?
//!
//! On populations of finitely many points the risk of a fit, the best fit and every constant of the bound are known
//! exactly, so that a bound can be held against what it bounds.
//!
//! * **rate**: the terms over labelled points, over pairs, and over both, and what is left with infinitely many.
//! * **dimension**: the distance of the two fits near as many points as dimensions.
//! * **ranking**: 150 encoders, by what is said of them and by their risk.
//! * **certificate**: bounds that a user can compute, side by side.
//! * **covered**: how often those on held-out points hold.
//! * **complexity**: Rademacher averages of finite families against Massart's bound.
//! * **linear**: those of linear maps, and of their losses, against the bounds by the norm of the weights.
//! * **networks**: the bound by the norms of the layers, for untrained networks.

mod certificate;
mod check;
mod complexity;
mod figure;
mod measure;
mod rank;
#[allow(
    dead_code,
    clippy::duplicate_mod,
    reason = "the populations of bound-coverage, which uses all of them; the command line holds both experiments"
)]
#[path = "../bound_coverage/source.rs"]
mod source;

use serde::{Deserialize, Serialize};

use vicinfo::Error;
use vicinfo::experiment::{Experiment, Finding, Inputs, Scale};
use vicinfo::figure::Figure;
use vicinfo::paper::ClaimId;
use vicinfo::seed::Seed;

use source::Source;

/// Probability with which a bound may fail.
const DELTA: f64 = 0.05;
/// Coordinates of the features of most populations.
const DIM: usize = 16;

/// See the module documentation.
pub struct BoundScaling;

/// One design point.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    part: Part,
    source: Source,
    /// Sizes of the sweep, or sizes of the families; nothing for networks.
    sizes: Vec<usize>,
    replicates: usize,
}

/// What a cell measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Over labelled points, with infinitely many pairs.
    Labelled,
    /// Over pairs, with infinitely many labelled points.
    Pairs,
    /// Over as many labelled points as pairs.
    Both,
    /// Near as many points as dimensions.
    Dimension,
    /// Encoders by their risk.
    Ranking,
    /// Bounds that a user can compute.
    Certificate,
    /// How often bounds on held-out points hold.
    Covered,
    /// Rademacher averages of finite families.
    Complexity,
    /// Those of linear maps and of their losses.
    Linear,
    /// Bounds on those of networks.
    Networks,
}

/// One quantity, summarised over replicates.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    part: Part,
    source: Source,
    setting: String,
    quantity: String,
    /// Labelled points, 0 for infinitely many.
    n: usize,
    /// Pairs, likewise.
    m: usize,
    /// Risk of an encoder, size of a family or layers of a network; 0 elsewhere.
    x: f64,
    replicates: usize,
    mean: f64,
    std_error: f64,
}

/// Populations of the part `both`.
const SOURCES: [Source; 6] = [
    Source::Easy,
    Source::Medium,
    Source::Linear,
    Source::Collapsed,
    Source::Random,
    Source::Constant,
];
/// Encoders of the part `ranking`.
const ENCODERS: usize = 150;

fn doubled(from: usize, count: u32) -> Vec<usize> {
    (0..count).map(|k| from << k).collect()
}

impl Experiment for BoundScaling {
    const ID: &'static str = "bound-scaling";
    const SUMMARY: &'static str = "How fast the bound on the downstream risk falls, where it ends, whether it ranks encoders, and what certifies a risk instead.";
    const CLAIMS: &'static [ClaimId] = &[
        ClaimId("bound-rates"),
        ClaimId("bound-tightness"),
        ClaimId("complexity-information"),
    ];
    type Cell = Cell;
    type Row = Row;

    fn grid(scale: Scale, _inputs: &Inputs) -> Result<Vec<Cell>, Error> {
        let replicates = match scale {
            Scale::Smoke => 4,
            Scale::Standard => 12,
            Scale::Full => 24,
        };
        let sources: &[Source] = match scale {
            Scale::Smoke => &[Source::Medium, Source::Random, Source::Collapsed],
            Scale::Standard | Scale::Full => &SOURCES,
        };
        let cell = |part, source, sizes: &[usize], replicates| Cell {
            part,
            source,
            sizes: sizes.to_vec(),
            replicates,
        };
        let sweep = match scale {
            Scale::Smoke => doubled(1000, 6),
            Scale::Standard | Scale::Full => doubled(1000, 7),
        };
        let sweeps = match scale {
            Scale::Smoke => 48,
            Scale::Standard => 72,
            Scale::Full => 144,
        };
        let both = match scale {
            Scale::Smoke => doubled(4000, 4),
            Scale::Standard | Scale::Full => sweep.clone(),
        };
        let near: Vec<usize> = [4, 8, 12, 14, 16, 18, 20, 24, 32, 64, 128, 256, 1024].into();
        let families = match scale {
            Scale::Smoke => vec![2, 16, 64, 256],
            Scale::Standard | Scale::Full => vec![2, 4, 16, 64, 256, 1024],
        };
        let certified = match scale {
            Scale::Smoke => vec![1000],
            Scale::Standard | Scale::Full => vec![1000, 10_000],
        };
        let (trials, averages, networks) = match scale {
            Scale::Smoke => (4000, 60, 8),
            Scale::Standard => (6000, 120, 16),
            Scale::Full => (16_000, 400, 48),
        };
        let mut cells = vec![
            cell(Part::Labelled, Source::Medium, &sweep, sweeps),
            cell(Part::Pairs, Source::Medium, &sweep, sweeps),
            cell(Part::Dimension, Source::Medium, &near, 25 * replicates),
            cell(
                Part::Complexity,
                Source::Medium,
                &families,
                400 * replicates,
            ),
            cell(Part::Linear, Source::Medium, &[10, 100, 1000], averages),
            cell(Part::Networks, Source::Medium, &[], networks),
        ];
        for &source in sources {
            cells.push(cell(Part::Both, source, &both, replicates));
        }
        for source in [Source::Easy, Source::Medium, Source::Random] {
            cells.push(cell(Part::Certificate, source, &certified, 2 * replicates));
        }
        let data = match scale {
            Scale::Smoke => 3,
            Scale::Standard => 4,
            Scale::Full => 10,
        };
        let ranked = match scale {
            Scale::Smoke => 200,
            Scale::Standard | Scale::Full => 500,
        };
        cells.push(cell(Part::Ranking, Source::Medium, &[ranked], data));
        // Clopper and Pearson's bound holds with probability 0.96 on so few points, which many trials tell from 0.95; on
        // more it comes nearer.
        for source in [Source::Medium, Source::Random] {
            cells.push(cell(Part::Covered, source, &[4 * DIM], trials));
        }
        Ok(cells)
    }

    fn measure(cell: &Cell, _inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
        match cell.part {
            Part::Labelled | Part::Pairs | Part::Both => measure::rate(cell, seed),
            Part::Dimension => measure::dimension(cell, seed),
            Part::Ranking => rank::encoders(cell, seed),
            Part::Certificate => certificate::certificates(cell, seed),
            Part::Covered => certificate::covered(cell, seed),
            Part::Complexity => complexity::finite(cell, seed),
            Part::Linear => complexity::linear_maps(cell, seed),
            Part::Networks => complexity::networks(cell, seed),
        }
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        check::all(rows)
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        figure::all(rows)
    }
}

/// The rows of one quantity in a part.
fn select<'a>(rows: &'a [Row], part: Part, quantity: &'a str) -> impl Iterator<Item = &'a Row> {
    rows.iter()
        .filter(move |row| row.part == part && row.quantity == quantity)
}

vicinfo::experiment_main!(BoundScaling);
