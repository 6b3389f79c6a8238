//! What entropy and information does a deterministic network have?
//!
//! * **bijective**: one-to-one networks, `H(Z) = H(X) + E ln |det A|` against quadrature on the line and
//!   nearest neighbours in the plane, which know no Jacobian; in every dimension against the mean of
//!   `-ln p(Z)`, a second way to the same determinants; and the same network turned into more
//!   dimensions, whose entropy on the image is the same.
//! * **folding**: `|x|` in closed form: the formula is too large by exactly `H(X|Z)`.
//! * **rank**: how often ReLU networks crush dimensions, where no number is the entropy.
//! * **noise**: `I(X; f(X) + eps N)` grows by the information dimension times `ln 1/eps`.
//! * **index**: with noise on the input, `I(Z; T)` about the prototype `T` is finite, and at its
//!   ceiling `ln N` for every untrained network.
//! * **data**: on `N` points without noise on the input, `I(T; f(x_T) + eps N)` ends at `ln N`.

mod check;
mod figure;
mod measure;

use serde::{Deserialize, Serialize};

use vicinfo::Error;
use vicinfo::experiment::{Experiment, Finding, Inputs, Scale};
use vicinfo::figure::Figure;
use vicinfo::paper::ClaimId;
use vicinfo::seed::Seed;

/// Means of the folded Gaussian, in standard deviations from the fold.
const MEANS: [f64; 9] = [0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0];
/// Noise on the output.
const EPSILONS: [f64; 7] = [1.0, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6];
/// Noise on the output of a data set, whose points lie about 1 apart.
const DATA_EPSILONS: [f64; 11] = [10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4, 1e-5, 1e-6];
/// Prototypes, or points of the data set.
const POINTS: usize = 64;
/// Untrained networks that are asked for the prototype.
const ENCODERS: usize = 10;
/// Noise on the input: prototypes lie about 5 apart.
const SEPARATE: f64 = 0.05;
/// Noise on the input at which supports overlap.
const OVERLAPPING: f64 = 1.0;
/// Networks whose ranks are counted: name, widths, slope below zero.
const RANKED: [(&str, &[usize], f64); 5] = [
    ("8-8-8-8", &[8, 8, 8, 8], 0.0),
    ("8-32-8", &[8, 32, 8], 0.0),
    ("2-2-2", &[2, 2, 2], 0.0),
    ("8-16-16-8", &[8, 16, 16, 8], 0.0),
    ("8-8-8-8 leaky", &[8, 8, 8, 8], 0.1),
];
const RELU: &str = "8-8-8-8";
const SMALL_RELU: &str = "2-2-2";
const LEAKY: &str = "8-8-8-8 leaky";

/// See the module documentation.
pub struct NetworkEntropy;

/// One design point.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    part: Part,
    /// Dimension of a one-to-one network, or the place in the list of ranked networks.
    size: usize,
    /// Which of the random networks; for ranks, how many.
    network: usize,
    draws: usize,
}

/// What a cell measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Change of variables in one-to-one networks.
    Bijective,
    /// Closed forms of `|x|`.
    Folding,
    /// Ranks of ReLU networks.
    Rank,
    /// Information through noise on the output, on the line.
    Noise,
    /// Information about the prototype.
    Index,
    /// Information about a point of a finite data set.
    Data,
}

/// One number of the table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    part: Part,
    /// Map, network or setting.
    name: String,
    size: usize,
    network: usize,
    quantity: String,
    /// Mean, rank or noise; 0 without such an axis.
    x: f64,
    value: f64,
    /// 0 for a closed form or a quadrature.
    std_error: f64,
}

impl Row {
    fn new(cell: &Cell, name: &str, quantity: &str, x: f64, value: f64, std_error: f64) -> Self {
        Self {
            part: cell.part,
            name: name.to_owned(),
            size: cell.size,
            network: cell.network,
            quantity: quantity.to_owned(),
            x,
            value,
            std_error,
        }
    }
}

impl Experiment for NetworkEntropy {
    const ID: &'static str = "network-entropy";
    const SUMMARY: &'static str = "What entropy and information a deterministic network has: change of variables, folds, crushed dimensions, noise.";
    const CLAIMS: &'static [ClaimId] = &[
        ClaimId("entropy-change-of-variables"),
        ClaimId("finite-information"),
    ];
    type Cell = Cell;
    type Row = Row;

    fn grid(scale: Scale, _inputs: &Inputs) -> Result<Vec<Cell>, Error> {
        let (dims, networks, draws): (&[usize], usize, usize) = match scale {
            Scale::Smoke => (&[1, 2], 1, 40_000),
            Scale::Standard => (&[1, 2, 5, 10], 3, 50_000),
            Scale::Full => (&[1, 2, 5, 10], 5, 200_000),
        };
        let (ranked, rank_draws, index_draws) = match scale {
            Scale::Smoke => (20, 200, 4_000),
            Scale::Standard => (100, 500, 20_000),
            Scale::Full => (400, 1_000, 100_000),
        };
        let cell = |part, size, network, draws| Cell {
            part,
            size,
            network,
            draws,
        };
        let mut cells = vec![cell(Part::Folding, 1, 0, 1), cell(Part::Noise, 1, 0, 1)];
        for &dim in dims {
            cells.extend((0..networks).map(|network| cell(Part::Bijective, dim, network, draws)));
        }
        cells.extend((0..RANKED.len()).map(|place| cell(Part::Rank, place, ranked, rank_draws)));
        for network in 0..ENCODERS {
            cells.push(cell(Part::Index, POINTS, network, index_draws));
            cells.push(cell(Part::Data, POINTS, network, index_draws));
        }
        Ok(cells)
    }

    fn measure(cell: &Cell, _inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
        match cell.part {
            Part::Bijective => measure::bijective(cell, seed),
            Part::Folding => measure::folding(cell),
            Part::Rank => measure::ranks(cell, seed),
            Part::Noise => measure::noise(cell),
            Part::Index => measure::index(cell, seed),
            Part::Data => measure::data(cell, seed),
        }
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        vec![
            check::any_network(rows),
            check::folding(rows),
            check::ranks(rows),
            check::one_to_one(rows),
            check::manifold(rows),
            check::finite(rows),
            check::dimension(rows),
            check::data(rows),
            check::index(rows),
        ]
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        vec![
            figure::change_of_variables(rows),
            figure::folding(rows),
            figure::ranks(rows),
            figure::information(rows),
        ]
    }
}

fn select<'a>(rows: &'a [Row], part: Part, quantity: &'a str) -> impl Iterator<Item = &'a Row> {
    rows.iter()
        .filter(move |row| row.part == part && row.quantity == quantity)
}

/// The rows of one map or network.
fn named<'a>(
    rows: &'a [Row],
    part: Part,
    name: &'a str,
    quantity: &'a str,
) -> impl Iterator<Item = &'a Row> {
    select(rows, part, quantity).filter(move |row| row.name == name)
}

vicinfo::experiment_main!(NetworkEntropy);
