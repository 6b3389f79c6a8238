//! Is a network of piecewise-affine units exactly affine on the region of a point?
//!
//! * **affine**: at points of the region of `x`, the network is `A x + b`, and the half-spaces of
//!   the region hold exactly the points of its activation pattern; with `(A, b)` or the half-spaces
//!   of another point's region as negative controls.
//! * **lines**: a slice through one hidden layer has as many regions as the formula for an
//!   arrangement of lines says.
//! * **slice**: random points of a slice through deeper networks always lie in a region that the
//!   exact partition of the slice holds.
//! * **distance**: how far the nearest face of a region is, against the width.
//! * **picture**: two slices, to be looked at.

mod check;
mod figure;
mod measure;

use serde::{Deserialize, Serialize};

use vicinfo::Error;
use vicinfo::experiment::{Experiment, Finding, Inputs, Scale};
use vicinfo::figure::Figure;
use vicinfo::network::Activation;
use vicinfo::paper::ClaimId;
use vicinfo::seed::Seed;

/// Relative error that double precision reaches through eight layers of 1024 units.
const ROUNDING: f64 = 1e-12;
/// Units whose number does not grow with the width: the control of the distances.
const FIXED_UNITS: usize = 16;

/// See the module documentation.
pub struct AffineRegions;

/// One design point.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    part: Part,
    unit: Unit,
    /// Hidden layers.
    depth: usize,
    /// Units of each.
    width: usize,
    /// Independent networks.
    networks: usize,
    /// Points for each network.
    points: usize,
}

/// What a cell measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The affine map and the half-spaces of a region.
    Affine,
    /// The same of networks on images: convolutions, batch normalisation, max pooling, a residual
    /// layer; the width is the side of the image.
    Image,
    /// The number of regions of one hidden layer on a slice.
    Lines,
    /// The partition of a slice through several layers.
    Slice,
    /// The nearest face.
    Distance,
    /// Outlines of the regions of a slice.
    Picture,
}

/// An activation, as the table names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// `max(0, u)`.
    Relu,
    /// Slope 0.1 below zero.
    LeakyRelu,
    /// `|u|`.
    Absolute,
    /// `u` cut to `[-1, 1]`.
    HardTanh,
}

const UNITS: [Unit; 4] = [Unit::Relu, Unit::LeakyRelu, Unit::Absolute, Unit::HardTanh];

impl Unit {
    fn activation(self) -> Activation {
        match self {
            Self::Relu => Activation::Relu,
            Self::LeakyRelu => Activation::LeakyRelu { slope: 0.1 },
            Self::Absolute => Activation::Absolute,
            Self::HardTanh => Activation::HardTanh,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Relu => "ReLU",
            Self::LeakyRelu => "leaky ReLU (0.1)",
            Self::Absolute => "absolute value",
            Self::HardTanh => "hard tanh",
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    part: Part,
    unit: Unit,
    depth: usize,
    width: usize,
    quantity: String,
    value: f64,
    /// 0 for an exact computation.
    std_error: f64,
    /// Points, regions or networks behind the value.
    n: usize,
    /// Corners of a region as `x y;x y;…`, else empty.
    outline: String,
}

impl Experiment for AffineRegions {
    const ID: &'static str = "affine-regions";
    const SUMMARY: &'static str = "Whether a network is exactly affine on the region of a point, and how regions fill the input space.";
    const CLAIMS: &'static [ClaimId] = &[ClaimId("cpa-affine")];
    type Cell = Cell;
    type Row = Row;

    fn grid(scale: Scale, _inputs: &Inputs) -> Result<Vec<Cell>, Error> {
        let (depths, widths, networks, points): (&[usize], &[usize], usize, usize) = match scale {
            Scale::Smoke => (&[1, 4], &[16, 64], 2, 4),
            Scale::Standard => (&[1, 2, 4, 8], &[16, 64, 256, 1024], 2, 4),
            Scale::Full => (&[1, 2, 4, 8], &[16, 64, 256, 1024], 8, 8),
        };
        let mut cells = Vec::new();
        let mut add = |part, unit, depth, width, networks, points| {
            cells.push(Cell {
                part,
                unit,
                depth,
                width,
                networks,
                points,
            });
        };
        // The costly ones first, so that no core waits for them at the end.
        for &width in widths.iter().rev() {
            for &depth in depths.iter().rev() {
                for unit in UNITS {
                    add(Part::Affine, unit, depth, width, networks, points);
                }
            }
        }
        for side in [6, 8] {
            for unit in UNITS {
                add(Part::Image, unit, 4, side, networks, points);
            }
        }
        let lines: &[usize] = match scale {
            Scale::Smoke => &[16, 48],
            Scale::Standard => &[16, 64, 256],
            Scale::Full => &[16, 64, 256, 512],
        };
        for &width in lines {
            for unit in UNITS {
                add(Part::Lines, unit, 1, width, 1, 0);
            }
        }
        let slices: &[(usize, usize)] = match scale {
            Scale::Smoke => &[(2, 16), (4, 8)],
            Scale::Standard => &[(2, 64), (4, 32), (8, 16)],
            Scale::Full => &[(2, 256), (4, 64), (8, 32)],
        };
        let samples = match scale {
            Scale::Smoke => 2000,
            Scale::Standard => 20_000,
            Scale::Full => 100_000,
        };
        for &(depth, width) in slices {
            for unit in UNITS {
                add(Part::Slice, unit, depth, width, 1, samples);
            }
        }
        let (widths, networks, points): (&[usize], usize, usize) = match scale {
            Scale::Smoke => (&[16, 64, 256], 8, 40),
            Scale::Standard => (&[16, 64, 256, 1024], 12, 40),
            Scale::Full => (&[16, 32, 64, 128, 256, 512, 1024], 40, 100),
        };
        for &width in widths.iter().rev() {
            add(Part::Distance, Unit::Relu, 2, width, networks, points);
        }
        add(Part::Picture, Unit::LeakyRelu, 1, 24, 1, 0);
        add(Part::Picture, Unit::LeakyRelu, 3, 14, 1, 0);
        Ok(cells)
    }

    fn measure(cell: &Cell, _inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
        match cell.part {
            Part::Affine | Part::Image => measure::affine(cell, seed),
            Part::Lines => measure::lines(cell, seed),
            Part::Slice => measure::slice(cell, seed),
            Part::Distance => measure::distance(cell, seed),
            Part::Picture => measure::picture(cell, seed),
        }
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        vec![
            check::affine(rows),
            check::half_spaces(rows),
            check::lines(rows),
            check::slice(rows),
            check::distance(rows),
        ]
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        vec![
            figure::partition(rows),
            figure::error(rows),
            figure::distance(rows),
        ]
    }
}

fn select<'a>(rows: &'a [Row], quantity: &'a str) -> impl Iterator<Item = &'a Row> {
    rows.iter().filter(move |row| row.quantity == quantity)
}

vicinfo::experiment_main!(AffineRegions);
