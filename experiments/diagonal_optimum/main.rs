//! Is a diagonal covariance optimal, and is the covariance penalty a log-determinant?
//!
//! * **hadamard**: at a fixed diagonal, no off-diagonal entry raises `ln det` (the correct core of
//!   the theorem); at a fixed trace it can (negative control).
//! * **spread**: with the eigenvalues of the conditional covariances bounded, the objective
//!   `ln det Cov Z - E ln det Cov(Z|x) - E ln det Cov(Z|x')` grows with the spread of the means.
//! * **rotation**: rotating the representation changes neither the objective nor the constraint.
//! * **taylor**: `ln det R = -(1/2) sum_{i != j} rho_ij^2 + O(rho^3)` for a correlation matrix `R`.
//! * **scale**: the penalty of VICReg is not normalised, and its hinge is flat above `gamma`.

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

/// Rounding of a Cholesky log-determinant at `d = 64` stays below this.
const ROUNDING: f64 = 1e-9;
/// A gain that no embedding dimension makes matter: 1 % of a nat.
const NEGLIGIBLE: f64 = 0.01;
/// Spread of the means at which the rotation is studied.
const ROTATION_SPREAD: f64 = 3.0;

/// See the module documentation.
pub struct DiagonalOptimum;

/// One design point. A replicate goes through all values of the horizontal axis, so that
/// slopes and differences compare the same random matrices.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    part: Part,
    dim: usize,
    replicates: usize,
}

/// What a cell measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Log-determinant at fixed diagonal.
    Hadamard,
    /// Objective against the spread of the means.
    Spread,
    /// Objective against the angle of a rotation.
    Rotation,
    /// Remainder of the second-order expansion.
    Taylor,
    /// Terms of the loss against the scale of the embedding.
    Scale,
}

/// One line of the table: a quantity summarised over replicates.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    part: Part,
    quantity: String,
    dim: usize,
    /// Correlation strength, spread of the means, angle, size of the correlations, or scale;
    /// 0 for a quantity that is a slope or a difference along that axis.
    x: f64,
    n: usize,
    mean: f64,
    std_error: f64,
    min: f64,
    max: f64,
}

impl Row {
    fn new(cell: &Cell, quantity: &str, x: f64, values: &[f64]) -> Result<Self, Error> {
        let summary = Summary::new(values)?;
        Ok(Self {
            part: cell.part,
            quantity: quantity.to_owned(),
            dim: cell.dim,
            x,
            n: summary.n,
            mean: summary.mean,
            std_error: summary.std_error,
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

const STRENGTHS: [f64; 7] = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95];
const SPREADS: [f64; 9] = [1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4];
const ANGLES: [f64; 7] = [0.0, 0.05, 0.1, 0.2, 0.4, 0.6, std::f64::consts::FRAC_PI_4];
const SIZES: [f64; 6] = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032];
const SCALES: [f64; 7] = [0.25, 0.5, 1.0, 1.1, 2.0, 4.0, 11.0];
/// Largest variance in the control in which spreading the means cannot go on.
const VARIANCE_CAP: f64 = 10.0;
/// Root mean square of the correlations at which the penalty is compared with the log-determinant.
const CORRELATION_SIZE: f64 = 0.02;

impl Experiment for DiagonalOptimum {
    const ID: &'static str = "diagonal-optimum";
    const SUMMARY: &'static str = "Whether a diagonal covariance is optimal, and how the covariance penalty relates to the log-determinant.";
    const CLAIMS: &'static [ClaimId] = &[ClaimId("diagonal-optimum"), ClaimId("covariance-taylor")];
    type Cell = Cell;
    type Row = Row;

    fn grid(scale: Scale, _inputs: &Inputs) -> Result<Vec<Cell>, Error> {
        let (dims, replicates): (&[usize], usize) = match scale {
            Scale::Smoke => (&[2, 8], 12),
            Scale::Standard => (&[2, 4, 8, 16, 32], 100),
            Scale::Full => (&[2, 4, 8, 16, 32, 64], 400),
        };
        let mut cells = Vec::new();
        for &dim in dims {
            let mut parts = vec![Part::Hadamard, Part::Taylor, Part::Scale];
            // A replicate factorises 8 d conditional covariances: few dimensions show the same.
            if dim <= 16 {
                parts.extend([Part::Spread, Part::Rotation]);
            }
            cells.extend(parts.into_iter().map(|part| Cell {
                part,
                dim,
                replicates,
            }));
        }
        Ok(cells)
    }

    fn measure(cell: &Cell, _inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
        match cell.part {
            Part::Hadamard => measure::hadamard(cell, seed),
            Part::Spread => measure::spread(cell, seed),
            Part::Rotation => measure::rotation(cell, seed),
            Part::Taylor => measure::taylor(cell, seed),
            Part::Scale => measure::scale(cell, seed),
        }
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        vec![
            check::hadamard(rows),
            check::supremum(rows),
            check::rotation(rows),
            check::expansion(rows),
            check::normalisation(rows),
            check::hinge(rows),
        ]
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        vec![
            figure::hadamard(rows),
            figure::objective(rows),
            figure::taylor(rows),
            figure::scale(rows),
        ]
    }
}

fn select<'a>(rows: &'a [Row], quantity: &'a str) -> impl Iterator<Item = &'a Row> {
    rows.iter().filter(move |row| row.quantity == quantity)
}

fn dims(rows: &[Row], quantity: &str) -> Vec<usize> {
    let mut dims: Vec<usize> = select(rows, quantity).map(|row| row.dim).collect();
    dims.sort_unstable();
    dims.dedup();
    dims
}

fn at(rows: &[Row], quantity: &str, dim: usize, x: f64) -> Option<Row> {
    select(rows, quantity)
        .find(|row| row.dim == dim && row.x.total_cmp(&x).is_eq())
        .cloned()
}

vicinfo::experiment_main!(DiagonalOptimum);
