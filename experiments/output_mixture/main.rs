//! Is the output of a network on prototypes with Gaussian noise a mixture of Gaussians?
//!
//! Noise is measured in units of the distance `r_n` from a prototype to the nearest face of its
//! region: `sigma_n = s r_n`.
//!
//! * **square**: one-to-one networks, whose output density is known, so that the total variation
//!   between the output and the mixture is exact up to the draws. It never exceeds the probability of
//!   leaving the region (the coupling of both), nor the union bound over its faces. Beside it the
//!   mixture with the maps of other regions and the one with the covariance as printed.
//! * **line**: one unit, everything in closed form; folding and cutting attain the bound, and the
//!   Kullback-Leibler divergence has no bound at all.
//! * **covariance**: that of the output against `A S A^T` and `A^T S A`.
//! * **width**: wide networks look Gaussian although every draw leaves its region.

mod check;
mod figure;
mod measure;

use serde::{Deserialize, Serialize};

use vicinfo::Error;
use vicinfo::experiment::{Experiment, Finding, Inputs, Scale};
use vicinfo::figure::Figure;
use vicinfo::paper::ClaimId;
use vicinfo::seed::Seed;

/// Noise over distance to the nearest face.
const NOISES: [f64; 10] = [0.1, 0.2, 0.3, 0.43, 0.64, 1.0, 2.0, 4.0, 8.0, 16.0];
/// Noise at which one face lets through `Phi(-1/0.3) = 4.3e-4`; one percent passes at 0.43.
const SMALL: f64 = 0.3;
const UNIT: f64 = 1.0;
const LARGE: f64 = 4.0;
/// Total variation that counts as none.
const NEGLIGIBLE: f64 = 0.01;
/// Slopes of the leaky unit on the line.
const SLOPES: [f64; 4] = [0.9, 0.1, 0.01, 0.001];
/// Noise of the wide networks, in units of the spread of the inputs.
const WIDE_NOISES: [f64; 4] = [1e-6, 0.01, 0.1, 3.0];

/// See the module documentation.
pub struct OutputMixture;

/// One design point.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    part: Part,
    /// Inputs and outputs of a square network; 1 on the line.
    dim: usize,
    /// Linear layers of a square network, or units of each hidden layer of a wide one.
    size: usize,
    /// Which of the random networks.
    network: usize,
    /// Monte-Carlo draws, or draws for each prototype of a wide network.
    draws: usize,
}

/// What a cell measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Exact total variation in one-to-one networks.
    Square,
    /// Closed forms of one unit.
    Line,
    /// Covariance of the output.
    Covariance,
    /// Escapes and linearity in wide networks.
    Width,
}

/// One number of the table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    part: Part,
    dim: usize,
    size: usize,
    network: usize,
    quantity: String,
    /// Noise: in units of the distance to the nearest face, or absolute for wide networks.
    noise: f64,
    value: f64,
    /// 0 for a closed form, for the estimate of rounding and where all draws agree.
    std_error: f64,
    /// Draws; 1 for a closed form.
    n: usize,
}

impl Row {
    fn new(cell: &Cell, quantity: impl Into<String>, noise: f64, value: f64) -> Self {
        Self {
            part: cell.part,
            dim: cell.dim,
            size: cell.size,
            network: cell.network,
            quantity: quantity.into(),
            noise,
            value,
            std_error: 0.0,
            n: 1,
        }
    }
}

impl Experiment for OutputMixture {
    const ID: &'static str = "output-mixture";
    const SUMMARY: &'static str = "Whether the output of a network is the mixture of Gaussians that its affine maps at the prototypes make.";
    const CLAIMS: &'static [ClaimId] = &[ClaimId("output-mixture")];
    type Cell = Cell;
    type Row = Row;

    fn grid(scale: Scale, _inputs: &Inputs) -> Result<Vec<Cell>, Error> {
        let (shapes, networks, draws): (&[(usize, usize)], usize, usize) = match scale {
            Scale::Smoke => (&[(2, 3), (8, 3)], 2, 4_000),
            Scale::Standard => (&[(2, 3), (8, 3), (8, 6), (32, 3)], 3, 20_000),
            Scale::Full => (&[(2, 3), (8, 3), (8, 6), (32, 3)], 5, 40_000),
        };
        let (widths, prototypes, wide_draws): (&[usize], usize, usize) = match scale {
            Scale::Smoke => (&[16, 64], 8, 200),
            Scale::Standard => (&[16, 64, 256, 1024], 10, 200),
            Scale::Full => (&[16, 64, 256, 1024], 40, 500),
        };
        let cell = |part, dim, size, network, draws| Cell {
            part,
            dim,
            size,
            network,
            draws,
        };
        let mut cells = vec![cell(Part::Line, 1, 1, 0, 1)];
        for &(dim, depth) in shapes {
            for network in 0..networks {
                cells.push(cell(Part::Square, dim, depth, network, draws));
                cells.push(cell(Part::Covariance, dim, depth, network, draws));
            }
        }
        for &width in widths {
            cells.extend(
                (0..prototypes).map(|network| cell(Part::Width, 16, width, network, wide_draws)),
            );
        }
        Ok(cells)
    }

    fn measure(cell: &Cell, _inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
        match cell.part {
            Part::Square => measure::square(cell, seed),
            Part::Line => measure::line(cell),
            Part::Covariance => measure::covariances(cell, seed),
            Part::Width => measure::width(cell, seed),
        }
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        vec![
            check::any_noise(rows),
            check::small_noise(rows),
            check::bound(rows),
            check::attained(rows),
            check::divergence(rows),
            check::covariance_as_stated(rows),
            check::covariance(rows),
            check::regions(rows),
            check::linearity(rows),
        ]
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        vec![
            figure::total_variation(rows),
            figure::divergence(rows),
            figure::line(rows),
            figure::width(rows),
        ]
    }
}

fn select<'a>(rows: &'a [Row], part: Part, quantity: &'a str) -> impl Iterator<Item = &'a Row> {
    rows.iter()
        .filter(move |row| row.part == part && row.quantity == quantity)
}

/// The same quantity at one noise.
fn at<'a>(
    rows: &'a [Row],
    part: Part,
    quantity: &'a str,
    noise: f64,
) -> impl Iterator<Item = &'a Row> {
    select(rows, part, quantity).filter(move |row| row.noise.total_cmp(&noise).is_eq())
}

/// Shapes of the networks of a part, in the order of the table.
fn shapes(rows: &[Row], part: Part) -> Vec<(usize, usize)> {
    let mut shapes = Vec::new();
    for row in rows.iter().filter(|row| row.part == part) {
        if !shapes.contains(&(row.dim, row.size)) {
            shapes.push((row.dim, row.size));
        }
    }
    shapes
}

vicinfo::experiment_main!(OutputMixture);
