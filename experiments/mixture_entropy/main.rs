//! Do the first two moments give the entropy of a mixture?
//!
//! * **bounds**: Gaussian mixtures over dimension, number of components and spread of the means;
//!   the Monte-Carlo truth against the pairwise bounds and the log-determinant.
//! * **whitened**: mixtures brought to `Cov = I` exactly, so that the log-determinant is one number.
//! * **split**: the slack of the diagonal log-determinant as off-diagonal part plus divergence from
//!   the Gaussian, each from its own draws.

mod check;
mod figure;
mod measure;

use serde::{Deserialize, Serialize};

use vicinfo::Error;
use vicinfo::experiment::{Experiment, Finding, Inputs, Scale};
use vicinfo::figure::Figure;
use vicinfo::paper::ClaimId;
use vicinfo::seed::Seed;

/// A violation of a bound below this is Monte-Carlo noise that more draws would remove.
const RESOLUTION: f64 = 0.01;
/// An error in an entropy that a reader would call small.
const SMALL: f64 = 0.1;

/// See the module documentation.
pub struct MixtureEntropy;

/// One design point.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    part: Part,
    shape: Shape,
    dim: usize,
    components: usize,
    /// Standard deviation of the means, in units of a component's; for whitened mixtures their index.
    spread: f64,
    replicates: usize,
    draws: usize,
}

/// What a cell measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Truth and bounds.
    Bounds,
    /// Truth and bounds at unit covariance.
    Whitened,
    /// The two parts of the slack.
    Split,
}

/// Covariances of the components.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// All the identity.
    Common,
    /// Random axes, eigenvalues from 0.1 to 10.
    Different,
}

/// One quantity of a cell, summarised over its replicates.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    part: Part,
    shape: Shape,
    quantity: String,
    dim: usize,
    components: usize,
    spread: f64,
    n: usize,
    mean: f64,
    /// Standard error of the mean: Monte-Carlo error for a difference to the truth, spread over
    /// the replicates otherwise.
    std_error: f64,
}

const SPREADS: [f64; 6] = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0];

impl Experiment for MixtureEntropy {
    const ID: &'static str = "mixture-entropy";
    const SUMMARY: &'static str =
        "Whether the first two moments give the entropy of a mixture, and which bounds do.";
    const CLAIMS: &'static [ClaimId] = &[ClaimId("moment-entropy")];
    type Cell = Cell;
    type Row = Row;

    fn grid(scale: Scale, _inputs: &Inputs) -> Result<Vec<Cell>, Error> {
        let (replicates, draws, whitened) = match scale {
            Scale::Smoke => (4, 10_000, 12),
            Scale::Standard => (10, 50_000, 60),
            Scale::Full => (20, 200_000, 120),
        };
        let shapes: &[(usize, usize)] = match scale {
            Scale::Smoke => &[(1, 8), (2, 8), (10, 8)],
            Scale::Standard | Scale::Full => &[(1, 8), (2, 8), (10, 8), (1, 64), (2, 64), (10, 64)],
        };
        let mut cells = Vec::new();
        for shape in [Shape::Common, Shape::Different] {
            for &(dim, components) in shapes {
                for spread in SPREADS {
                    cells.push(Cell {
                        part: Part::Bounds,
                        shape,
                        dim,
                        components,
                        spread,
                        replicates,
                        draws,
                    });
                }
            }
        }
        for components in [1, 2, 8] {
            for index in 0..whitened {
                cells.push(Cell {
                    part: Part::Whitened,
                    shape: Shape::Different,
                    dim: 3,
                    components,
                    spread: index as f64,
                    replicates: 1,
                    draws: draws * 2,
                });
            }
        }
        for spread in SPREADS {
            cells.push(Cell {
                part: Part::Split,
                shape: Shape::Different,
                dim: 3,
                components: 4,
                spread,
                replicates,
                draws,
            });
        }
        Ok(cells)
    }

    fn measure(cell: &Cell, _inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
        match cell.part {
            Part::Bounds | Part::Whitened => measure::bounds(cell, seed),
            Part::Split => measure::split(cell, seed),
        }
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        vec![
            check::approximation(rows),
            check::ranking(rows),
            check::upper(rows),
            check::lower(rows),
            check::split(rows),
        ]
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        vec![
            figure::bounds(rows),
            figure::slack(rows),
            figure::whitened(rows),
        ]
    }
}

fn select<'a>(rows: &'a [Row], part: Part, quantity: &'a str) -> impl Iterator<Item = &'a Row> {
    rows.iter()
        .filter(move |row| row.part == part && row.quantity == quantity)
}

vicinfo::experiment_main!(MixtureEntropy);
