//! Does minimising VICReg maximise the information between the embeddings?
//!
//! Two Gaussian views `X = S + E`, `X' = S + E'` of one signal in `R^16` go through one linear encoder
//! `A` into `R^k`, trained by Adam on the gradients of the library's objectives. Eight directions of
//! the signal stand well above the noise, eight do not. The objectives read a sample whose moments
//! are those of the law exactly, so that what is minimised is the loss of infinitely many pairs.
//! Along the way `I(Z; Z')` is computed in closed form, with a declared noise floor on the
//! embedding: without one the information of a linear encoder does not depend on its scale, and a
//! collapsed encoder keeps all of it on paper.
//!
//! * **full** VICReg against the largest information any linear map of this width keeps
//!   (canonical correlations), against the same loss without one of its terms, and with ten times the
//!   weight of its invariance term;
//! * **invariance_only** against a loss with an entropy in place of the other terms
//!   (**log_det**): what collapses, and which numbers show it.

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

/// Dimension of a view.
const DIM: usize = 16;
/// Directions whose signal stands well above the noise.
const INFORMATIVE: usize = 8;
/// Variance of the noise on every coordinate of an embedding when its information is read.
const FLOOR: f64 = 1e-4;
/// Mean standard deviation below which an encoder counts as collapsed and is not trained on, four decades
/// below that of the noise floor.
const COLLAPSED: f64 = 1e-6;
/// Updates of the encoder.
const STEPS: usize = 3000;

/// See the module documentation.
pub struct VicregInformation;

/// What is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// VICReg with the published weights 25, 25, 1.
    Full,
    /// VICReg with ten times the published weight of the invariance term, 250, 25, 1.
    StrongInvariance,
    /// Without its invariance term.
    NoInvariance,
    /// Without its variance term.
    NoVariance,
    /// Without its covariance term.
    NoCovariance,
    /// The invariance term alone.
    InvarianceOnly,
    /// The invariance term and minus the log-determinant entropy.
    LogDet,
    /// The invariance term and Barlow Twins, which reads standardised features only.
    ScaleFree,
}

/// One design point.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    setting: Setting,
    /// Features of the encoder.
    k: usize,
    seeds: usize,
}

/// One line of the table: a quantity over encoders that started at different places, for
/// different signals.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    setting: Setting,
    k: usize,
    quantity: String,
    /// Updates so far.
    step: usize,
    n: usize,
    mean: f64,
    std_error: f64,
    min: f64,
    max: f64,
}

impl Row {
    fn new(cell: &Cell, quantity: &str, step: usize, values: &[f64]) -> Result<Self, Error> {
        let summary = Summary::new(values)?;
        Ok(Self {
            setting: cell.setting,
            k: cell.k,
            quantity: quantity.to_owned(),
            step,
            n: summary.n,
            mean: summary.mean,
            std_error: summary.std_error,
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

impl Experiment for VicregInformation {
    const ID: &'static str = "vicreg-information";
    const SUMMARY: &'static str = "Whether minimising VICReg maximises the information between the embeddings, and what collapses without its terms.";
    const CLAIMS: &'static [ClaimId] = &[
        ClaimId("vicreg-maximises-information"),
        ClaimId("invariance-collapses"),
    ];
    type Cell = Cell;
    type Row = Row;

    fn grid(scale: Scale, _inputs: &Inputs) -> Result<Vec<Cell>, Error> {
        let (widths, seeds): (&[usize], usize) = match scale {
            Scale::Smoke => (&[4, DIM], 4),
            Scale::Standard => (&[1, 4, 8, DIM], 6),
            Scale::Full => (&[1, 4, 8, DIM], 40),
        };
        let settings = [
            Setting::Full,
            Setting::StrongInvariance,
            Setting::NoInvariance,
            Setting::NoVariance,
            Setting::NoCovariance,
            Setting::InvarianceOnly,
            Setting::LogDet,
            Setting::ScaleFree,
        ];
        // The widest first: they take longest.
        let cells = widths.iter().rev().flat_map(|&k| {
            settings
                .into_iter()
                .map(move |setting| Cell { setting, k, seeds })
        });
        // A single feature has no covariance to leave out, and without invariance no loss but the
        // hinge, which may be 0 from the start; beyond the informative directions single
        // features collapse under a loss that is scale-free, and there is nothing to compare.
        Ok(cells
            .filter(|cell| match cell.setting {
                Setting::NoInvariance | Setting::NoCovariance => cell.k > 1,
                Setting::ScaleFree => cell.k > 1 && cell.k <= INFORMATIVE,
                _ => true,
            })
            .collect())
    }

    fn measure(cell: &Cell, _inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
        measure::train(cell, seed)
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        vec![
            check::narrow(rows),
            check::square(rows),
            check::path(rows),
            check::collapse(rows),
            check::entropy(rows),
            check::scale_free(rows),
        ]
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        vec![
            figure::path(rows),
            figure::ratio(rows),
            figure::collapse(rows),
        ]
    }
}

fn select<'a>(
    rows: &'a [Row],
    setting: Setting,
    quantity: &'a str,
) -> impl Iterator<Item = &'a Row> {
    rows.iter()
        .filter(move |row| row.setting == setting && row.quantity == quantity)
}

/// The widths of the table, narrowest first.
fn widths(rows: &[Row]) -> Vec<usize> {
    let mut widths: Vec<usize> = rows.iter().map(|row| row.k).collect();
    widths.sort_unstable();
    widths.dedup();
    widths
}

vicinfo::experiment_main!(VicregInformation);
