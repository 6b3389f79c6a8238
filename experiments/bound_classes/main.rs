//! Do the contrastive bound and the downstream bound need many classes?
//!
//! * **gap**: the contrastive bound on the risk of classifiers by class means, less that risk, taken apart
//!   into collisions of the classes and Jensen's inequality, for 2 to 64 classes.
//! * **lemma**: bound and risk on random populations, for losses that are 1 at margin 0 and one that is not.
//! * **counts**: the downstream bound where every class is one point: its invariance and its residuals are
//!   zero, and the risk is the share of the classes without a labelled point.
//! * **shares**: how far the class shares of a sample are from even, and what the count term allows for it.

mod check;
mod figure;
mod measure;

use serde::{Deserialize, Serialize};

use vicinfo::Error;
use vicinfo::bound::ContrastiveLoss;
use vicinfo::experiment::{Experiment, Finding, Inputs, Scale};
use vicinfo::figure::Figure;
use vicinfo::paper::ClaimId;
use vicinfo::seed::Seed;

/// Relative rounding of sums over a million triples.
const ROUNDING: f64 = 1e-10;
/// Probability of failure of the bound.
const DELTA: f64 = 0.05;
/// The sizes at which classes are missing among the labelled points.
const FEW: (usize, usize) = (20, 5);
/// Labelled points a class that count as many.
const MANY: usize = 30;

/// See the module documentation.
pub struct BoundClasses;

/// One design point.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    part: Part,
    setting: Setting,
    loss: Option<Loss>,
    classes: usize,
    /// Labelled points, in the parts on counts and shares.
    n: usize,
    replicates: usize,
}

/// What a cell measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The contrastive gap and its parts.
    Gap,
    /// Bound and risk of single random populations.
    Lemma,
    /// The downstream bound without invariance and residuals.
    Counts,
    /// Class shares of a sample.
    Shares,
}

/// The features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// Units of an untrained layer, scaled to norm 3.
    Units,
    /// Every class one point, a unit vector of its own.
    Collapsed,
}

/// The contrastive losses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// `max(0, 1 - v)`.
    Hinge,
    /// `log_2(1 + exp(-v))`.
    Logistic,
    /// `ln(1 + exp(-v))`, `ln 2` at 0.
    NaturalLogistic,
}

impl Loss {
    const ALL: [Self; 3] = [Self::Hinge, Self::Logistic, Self::NaturalLogistic];

    fn contrastive(self) -> ContrastiveLoss {
        match self {
            Self::Hinge => ContrastiveLoss::Hinge,
            Self::Logistic => ContrastiveLoss::Logistic,
            Self::NaturalLogistic => ContrastiveLoss::NaturalLogistic,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Hinge => "hinge",
            Self::Logistic => "logistic, base 2",
            Self::NaturalLogistic => "logistic, base e (control)",
        }
    }
}

/// One quantity of a cell, or one population of the part on the lemma.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    part: Part,
    setting: Setting,
    loss: Option<Loss>,
    classes: usize,
    n: usize,
    quantity: String,
    /// The risk, in the part on the lemma.
    x: Option<f64>,
    replicates: usize,
    mean: f64,
    std_error: f64,
    min: f64,
    max: f64,
}

/// Numbers of even classes of the part on shares.
const EVEN: [usize; 4] = [2, 10, 100, 1000];
const CLASSES: [usize; 6] = [2, 4, 8, 16, 32, 64];
/// Labelled points of the part on counts.
const SIZES: [usize; 11] = [5, 10, 20, 50, 60, 100, 150, 200, 600, 1000, 1920];
/// Those that the findings look at.
const CHECKED: [usize; 7] = [5, 50, 60, 150, 200, 600, 1920];

impl Experiment for BoundClasses {
    const ID: &'static str = "bound-classes";
    const SUMMARY: &'static str = "Whether the contrastive and the downstream bound need many classes, and what a class needs of each.";
    const CLAIMS: &'static [ClaimId] = &[ClaimId("bound-classes")];
    type Cell = Cell;
    type Row = Row;

    fn grid(scale: Scale, _inputs: &Inputs) -> Result<Vec<Cell>, Error> {
        let (gaps, populations, trials, draws) = match scale {
            Scale::Smoke => (3, 60, 12, 4000),
            Scale::Standard => (8, 200, 60, 8000),
            Scale::Full => (24, 400, 400, 40_000),
        };
        let sizes: &[usize] = match scale {
            Scale::Smoke => &CHECKED,
            Scale::Standard | Scale::Full => &SIZES,
        };
        let mut cells = Vec::new();
        for setting in [Setting::Units, Setting::Collapsed] {
            for loss in [Loss::Hinge, Loss::Logistic] {
                for classes in CLASSES {
                    cells.push(Cell {
                        part: Part::Gap,
                        setting,
                        loss: Some(loss),
                        classes,
                        n: 0,
                        // Collapsed populations are all the same.
                        // Populations of few classes differ more, and cost less.
                        replicates: match setting {
                            Setting::Units => gaps * CLASSES[CLASSES.len() - 1] / classes,
                            Setting::Collapsed => 1,
                        },
                    });
                }
            }
        }
        cells.push(Cell {
            part: Part::Lemma,
            setting: Setting::Units,
            // The same populations for every loss.
            loss: None,
            classes: 0,
            n: 0,
            replicates: populations,
        });
        for classes in [2, 5, 20, 64] {
            for &n in sizes {
                cells.push(Cell {
                    part: Part::Counts,
                    setting: Setting::Collapsed,
                    loss: None,
                    classes,
                    n,
                    replicates: trials,
                });
            }
        }
        for classes in EVEN {
            cells.push(Cell {
                part: Part::Shares,
                setting: Setting::Collapsed,
                loss: None,
                classes,
                n: 1000,
                replicates: draws,
            });
        }
        Ok(cells)
    }

    fn measure(cell: &Cell, _inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
        match cell.part {
            Part::Gap => measure::gap(cell, seed),
            Part::Lemma => measure::lemma(cell, seed),
            Part::Counts => measure::counts(cell, seed),
            Part::Shares => measure::shares(cell, seed),
        }
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        vec![
            check::decomposition(rows),
            check::lemma(rows),
            check::many_classes(rows),
            check::collisions(rows),
            check::few_classes(rows),
            check::core(rows),
            check::count_term(rows),
            check::count_size(rows),
        ]
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        vec![figure::gap(rows), figure::lemma(rows), figure::counts(rows)]
    }
}

fn select<'a>(rows: &'a [Row], part: Part, quantity: &'a str) -> impl Iterator<Item = &'a Row> {
    rows.iter()
        .filter(move |row| row.part == part && row.quantity == quantity)
}

/// A quantity of the gap for one kind of features and one loss, over the numbers of classes.
fn of_gap<'a>(
    rows: &'a [Row],
    quantity: &'a str,
    setting: Setting,
    loss: Loss,
) -> impl Iterator<Item = &'a Row> {
    select(rows, Part::Gap, quantity)
        .filter(move |row| row.setting == setting && row.loss == Some(loss))
}

/// A quantity of the part on counts.
fn count_row<'a>(
    rows: &'a [Row],
    quantity: &'a str,
    (classes, n): (usize, usize),
) -> Option<&'a Row> {
    select(rows, Part::Counts, quantity).find(|row| row.classes == classes && row.n == n)
}

vicinfo::experiment_main!(BoundClasses);
