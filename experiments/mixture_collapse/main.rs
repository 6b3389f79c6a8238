//! Does fitting a mixture with trainable inputs collapse, and what prevents it?
//!
//! Two moons of 200 points and a Gaussian mixture of equal weights and one fixed standard deviation `s`, ten means that start
//! on points; gradient ascent moves the means and, where they are trainable, the inputs as well. The horizon is the input
//! rate times the number of steps: how far the inputs could have gone. Spread is the trace of a covariance with divisor `n`.
//!
//! * **training**: spread over the horizon with soft and one-hot posteriors, frozen means, a log-determinant.
//! * **time**: the same over long horizons and for narrower components.
//! * **clusters**: two inputs with a mean on each, whose way to each other has a closed form.
//! * **rates**: spread under faster and slower means, at equal input rate and horizon, from the same starts.
//! * **transition**: the fixed inputs' means at `s` around the square root of the largest eigenvalue of their covariance.
//! * **scale**: the fixed inputs in other units, components of covariance `I`.
//! * **one**: a single mean, where the spread has a closed form.
//! * **log_det**: where the inputs come to rest with a log-determinant.
//! * **growth**: what becomes of them where the means stay apart: no rest.
//! * **picture**: inputs and means before and after.

mod ascent;
mod check;
mod figure;
mod measure;
mod moons;
mod rest;

use serde::{Deserialize, Serialize};

use vicinfo::Error;
use vicinfo::experiment::{Experiment, Finding, Inputs, Scale};
use vicinfo::figure::Figure;
use vicinfo::paper::ClaimId;
use vicinfo::seed::Seed;

/// Points of the two moons.
const POINTS: usize = 200;
/// Standard deviation of their noise.
const NOISE: f64 = 0.05;
/// Means of the mixture.
const COMPONENTS: usize = 10;
/// Rate of the inputs, and of the means unless a ratio says otherwise.
const RATE: f64 = 0.01;
/// Rate of both where long horizons are followed.
const FAST_RATE: f64 = 0.1;
/// Steps of a training at [`RATE`]: a horizon of 20.
const STEPS: usize = 2000;
/// Steps at [`FAST_RATE`]: a horizon of 1000.
const LONG_STEPS: usize = 10_000;
/// Weight of the log-determinant in the training that has one.
const LOG_DET: f64 = 0.1;
/// Inputs whose spread is at most this share of what they started with have collapsed.
const COLLAPSED: f64 = 1e-6;
/// At this share of it they are no longer followed; it stands for all that is less.
const GONE: f64 = 1e-12;
/// Starts of the parts that count them: all of so many say something of all starts, all of a few little.
const STARTS: usize = 40;
/// A standard deviation of the components at which most inputs collapse within a training.
const WIDE: f64 = 0.5;
/// One between.
const MIDDLE: f64 = 0.4;
/// One at which they do not.
const NARROW: f64 = 0.15;

/// See the module documentation.
pub struct MixtureCollapse;

/// One design point.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    part: Part,
    setting: Setting,
    /// Standard deviation of the components; for a transition in units of its critical value.
    std: f64,
    /// Weight of a log-determinant, factor of the inputs, or ratio of the rates of means and inputs.
    weight: f64,
    steps: usize,
    replicates: usize,
}

/// What a cell measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Spread over the horizon.
    Training,
    /// Spread over long horizons.
    Time,
    /// Two clusters on their way to each other.
    Clusters,
    /// Means faster or slower than the inputs.
    Rates,
    /// Means of fixed inputs around the critical `s`.
    Transition,
    /// Fixed inputs in other units.
    Scale,
    /// A single mean.
    One,
    /// Equilibrium under a log-determinant.
    LogDet,
    /// Growth under a log-determinant.
    Growth,
    /// Points to draw.
    Picture,
}

/// What is trained, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// Inputs and means, soft posteriors.
    Soft,
    /// Inputs and means, one-hot posteriors.
    OneHot,
    /// Inputs alone, soft posteriors.
    FrozenMeans,
    /// Inputs and means, soft posteriors, the log-determinant of the inputs added.
    LogDet,
    /// Means alone, soft posteriors.
    FixedInputs,
}

/// One quantity of a cell, or one point of a picture.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    part: Part,
    setting: Setting,
    std: f64,
    weight: f64,
    /// Input rate times steps so far.
    horizon: f64,
    quantity: String,
    /// First coordinate of a point of a picture.
    x: Option<f64>,
    /// Replicates.
    n: usize,
    /// Mean over the replicates; second coordinate of a point of a picture.
    mean: f64,
    /// Standard error of the mean, of a share of starts a quarter of the way to the farther end of its Clopper-Pearson
    /// interval at four standard errors; 0 for an exact computation.
    std_error: f64,
}

impl Row {
    fn new(cell: &Cell, quantity: impl Into<String>, mean: f64, std_error: f64) -> Self {
        Self {
            part: cell.part,
            setting: cell.setting,
            std: cell.std,
            weight: cell.weight,
            horizon: 0.0,
            quantity: quantity.into(),
            x: None,
            n: 1,
            mean,
            std_error,
        }
    }
}

/// Trainings, with the standard deviations of their components.
const TRAININGS: [(Setting, f64); 7] = [
    (Setting::Soft, NARROW),
    (Setting::Soft, WIDE),
    (Setting::Soft, 1.0),
    (Setting::OneHot, NARROW),
    (Setting::FrozenMeans, WIDE),
    (Setting::LogDet, WIDE),
    (Setting::LogDet, 1.0),
];
/// What is drawn after training.
const PICTURES: [(Setting, f64); 5] = [
    (Setting::Soft, WIDE),
    (Setting::OneHot, WIDE),
    (Setting::Soft, NARROW),
    (Setting::LogDet, 1.0),
    (Setting::FixedInputs, 1.0),
];
/// Ratios of the rates of means and inputs, the first the frozen means.
const RATIOS: [f64; 6] = [0.0, 0.01, 0.1, 1.0, 10.0, 100.0];

impl Experiment for MixtureCollapse {
    const ID: &'static str = "mixture-collapse";
    const SUMMARY: &'static str =
        "Whether fitting a mixture with trainable inputs collapses, and what prevents it.";
    const CLAIMS: &'static [ClaimId] = &[ClaimId("mixture-collapse")];
    type Cell = Cell;
    type Row = Row;

    fn grid(scale: Scale, _inputs: &Inputs) -> Result<Vec<Cell>, Error> {
        // The collapse begins at a time of its own from every start: rates need more of them.
        let (replicates, starts) = match scale {
            Scale::Smoke => (5, 12),
            Scale::Standard => (12, 16),
            Scale::Full => (STARTS, STARTS),
        };
        // Long runs first, so that no thread is left with one at the end.
        let (times, around, rates): (&[f64], &[f64], &[(f64, usize)]) = match scale {
            Scale::Smoke => (&[MIDDLE, WIDE], &[0.8, 0.99, 1.01], &[(WIDE, 200)]),
            Scale::Standard => (
                &[0.3, MIDDLE, WIDE],
                &[0.8, 0.9, 0.95, 0.98, 0.99, 1.01, 1.02, 1.05],
                &[(WIDE, 3000), (0.3, 3000)],
            ),
            Scale::Full => (
                &[NARROW, 0.25, 0.3, MIDDLE, WIDE],
                &[
                    0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 1.005, 1.01, 1.02,
                    1.05, 1.1,
                ],
                &[(WIDE, 3000), (0.3, 3000)],
            ),
        };
        let cell = |part, setting, std, weight, steps| Cell {
            part,
            setting,
            std,
            weight,
            steps,
            replicates,
        };
        let counted = |part, setting, std, steps| Cell {
            // That none of a few collapses says enough; that all do takes more of them.
            replicates: match (setting, scale) {
                (Setting::Soft, _) if std > NARROW => STARTS,
                (_, Scale::Smoke) => starts,
                _ => STARTS,
            },
            ..cell(part, setting, std, 1.0, steps)
        };
        let mut cells = Vec::new();
        for &(std, steps) in rates {
            cells.push(Cell {
                replicates: starts,
                ..cell(Part::Rates, Setting::Soft, std, 1.0, steps)
            });
        }
        for &std in times {
            cells.push(counted(Part::Time, Setting::Soft, std, LONG_STEPS));
        }
        cells.push(counted(Part::Time, Setting::OneHot, MIDDLE, LONG_STEPS));
        for (setting, std) in TRAININGS {
            cells.push(counted(Part::Training, setting, std, STEPS));
        }
        for &std in around {
            cells.push(cell(Part::Transition, Setting::FixedInputs, std, 1.0, 0));
        }
        let (factors, weights, clusters): (&[f64], &[f64], &[f64]) = match scale {
            Scale::Smoke => (&[0.75, 1.0, 4.0], &[0.1], &[0.3, 0.5, 1.0]),
            Scale::Standard | Scale::Full => (
                &[0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 4.0, 8.0],
                &[0.03, 0.1, 0.3],
                &[0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.7, 1.0],
            ),
        };
        for &factor in factors {
            cells.push(cell(Part::Scale, Setting::FixedInputs, 1.0, factor, 0));
        }
        for &weight in weights {
            cells.push(cell(Part::LogDet, Setting::LogDet, 1.0, weight, 500));
        }
        for std in [WIDE, 1.0] {
            cells.push(cell(Part::Growth, Setting::LogDet, std, LOG_DET, 2000));
        }
        for ratio in [0.0, 1.0, 100.0] {
            cells.push(cell(Part::One, Setting::Soft, WIDE, ratio, 200));
        }
        for &std in clusters {
            cells.push(cell(Part::Clusters, Setting::Soft, std, 1.0, 1_000_000));
        }
        cells.push(cell(Part::Picture, Setting::Soft, 0.0, 1.0, STEPS));
        Ok(cells)
    }

    fn measure(cell: &Cell, _inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
        measure::measure(cell, seed)
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        vec![
            check::collapse(rows),
            check::narrow(rows),
            check::patience(rows),
            check::clusters(rows),
            check::one_hot(rows),
            check::fast_means(rows),
            check::acceleration(rows),
            rest::transition(rows),
            rest::spread(rows),
            rest::fixed_inputs(rows),
            rest::single(rows),
            rest::log_det(rows),
            rest::growth(rows),
        ]
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        vec![
            figure::moons(rows),
            figure::spread(rows),
            figure::rates(rows),
            figure::transition(rows),
        ]
    }
}

/// The rows of a quantity of one setting.
fn of_setting<'a>(
    rows: &'a [Row],
    part: Part,
    quantity: &'a str,
    (setting, std): (Setting, f64),
) -> impl Iterator<Item = &'a Row> {
    select(rows, part, quantity)
        .filter(move |row| row.setting == setting && row.std.total_cmp(&std).is_eq())
}

/// Whether a row was read at a horizon; horizons are products and come with their rounding.
fn read_at(row: &Row, horizon: f64) -> bool {
    (row.horizon - horizon).abs() <= 1e-9 * horizon
}

fn select<'a>(rows: &'a [Row], part: Part, quantity: &'a str) -> impl Iterator<Item = &'a Row> {
    rows.iter()
        .filter(move |row| row.part == part && row.quantity == quantity)
}

vicinfo::experiment_main!(MixtureCollapse);
