//! Does a zero variance and covariance penalty mean high entropy and information?
//!
//! Codes with mean 0 and covariance `I` exactly, seen through two views with noise of standard
//! deviation `s`, `Z = code + s N`: VICReg's three terms are the same functions of `s` for all of them.
//!
//! * **population**: entropy and information of the laws, against those of the Gaussian of the same
//!   moments.
//! * **loss**: VICReg on finite designs that have the moments of the law exactly.
//! * **objectives**: every objective of the crate on such designs: which ones see the code.
//! * **samples**: what nearest neighbours read off drawn pairs.
//! * **batch**: mean penalty and mean log-determinant of batches of uncorrelated Gaussian points.
//! * **picture**: points of the codes in a plane.

mod check;
mod code;
mod figure;
mod measure;

use serde::{Deserialize, Serialize};

use vicinfo::Error;
use vicinfo::experiment::{Experiment, Finding, Inputs, Scale};
use vicinfo::figure::Figure;
use vicinfo::paper::ClaimId;
use vicinfo::seed::Seed;

use code::Code;

/// Relative differences of a loss below this are rounding.
const ROUNDING: f64 = 1e-12;
/// A difference in entropy or information that a reader would call small.
const SMALL: f64 = 0.1;
/// Noise at which the codes are told apart with ease, as views of trained networks are.
const WEAK_NOISE: f64 = 0.1;
/// Noise at which the words of the cube are mistaken for each other, so that its information is below their
/// number's logarithm.
const MEDIUM_NOISE: f64 = 0.5;
/// Noise as large as the code.
const STRONG_NOISE: f64 = 1.0;
/// The pairwise entropy with components as wide as [`WEAK_NOISE`]; the default's are wider than the code.
const FINE_PAIR_DIST: &str = "pair_dist(bound=kl,std=0.1)";
/// The entropy that reads the covariance.
const LOG_DET: &str = "log_det(epsilon=0.01)";
/// Noise of the picture.
const PICTURE_NOISE: f64 = 0.05;

/// See the module documentation.
pub struct ZeroPenalty;

/// One design point.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    part: Part,
    code: Code,
    dim: usize,
    /// Standard deviation of the noise of a view.
    std: f64,
    /// Monte-Carlo draws, words of a design, sample size, batch size or points of a picture.
    n: usize,
    replicates: usize,
}

/// What a cell measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Entropy and information of the law.
    Population,
    /// Terms of VICReg on designs with the moments of the law.
    Loss,
    /// Every objective on such designs.
    Objectives,
    /// Estimates from drawn pairs.
    Samples,
    /// Batches of uncorrelated Gaussian points.
    Batch,
    /// Points to draw.
    Picture,
}

/// One quantity of a cell, or one point of a picture.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    part: Part,
    code: Code,
    dim: usize,
    std: f64,
    n: usize,
    quantity: String,
    /// First coordinate of a point of a picture.
    x: Option<f64>,
    /// Mean over replicates or draws; second coordinate of a point of a picture.
    mean: f64,
    /// Standard error of the mean; 0 for an exact computation.
    std_error: f64,
}

impl Row {
    fn new(cell: &Cell, quantity: impl Into<String>, mean: f64, std_error: f64) -> Self {
        Self {
            part: cell.part,
            code: cell.code,
            dim: cell.dim,
            std: cell.std,
            n: cell.n,
            quantity: quantity.into(),
            x: None,
            mean,
            std_error,
        }
    }
}

const STDS: [f64; 8] = [0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0];

/// The codes with the dimensions in which they are studied.
const CODES: [(Code, usize); 8] = [
    (Code::Cube, 7),
    (Code::Parity, 7),
    (Code::Gaussian, 7),
    (Code::Cube, 3),
    (Code::Parity, 3),
    (Code::Gaussian, 3),
    (Code::Fourier, 6),
    (Code::Gaussian, 6),
];

impl Experiment for ZeroPenalty {
    const ID: &'static str = "zero-penalty";
    const SUMMARY: &'static str =
        "Whether a zero variance and covariance penalty means high entropy and information.";
    const CLAIMS: &'static [ClaimId] = &[ClaimId("zero-penalty")];
    type Cell = Cell;
    type Row = Row;

    fn grid(scale: Scale, _inputs: &Inputs) -> Result<Vec<Cell>, Error> {
        let (draws, replicates, resolution) = match scale {
            Scale::Smoke => (4_000, 6, 0.01),
            Scale::Standard => (40_000, 12, 0.01),
            Scale::Full => (200_000, 40, 0.005),
        };
        let stds: &[f64] = match scale {
            Scale::Smoke => &[0.05, 0.1, 0.5, 1.0],
            Scale::Standard | Scale::Full => &STDS,
        };
        let sizes: &[usize] = match scale {
            Scale::Smoke => &[500, 1000],
            Scale::Standard => &[500, 1000, 2000],
            Scale::Full => &[500, 1000, 2000, 4000],
        };
        let mut cells = Vec::new();
        for (code, dim) in CODES {
            let cell = |part, std, n, replicates| Cell {
                part,
                code,
                dim,
                std,
                n,
                replicates,
            };
            let population = if code == Code::Gaussian {
                // Means of densities, without control variates, and cheap.
                draws.max(60_000)
            } else {
                draws
            };
            for &std in stds {
                cells.push(cell(Part::Population, std, population, 1));
                cells.push(cell(Part::Loss, std, code::WORDS, 1));
            }
            if dim == 3 {
                cells.push(cell(Part::Objectives, WEAK_NOISE, code::FEW_WORDS, 1));
            }
            if dim == 7 {
                for &n in sizes {
                    cells.push(cell(Part::Samples, WEAK_NOISE, n, replicates));
                }
            }
            if code != Code::Gaussian || dim == 7 {
                cells.push(cell(Part::Picture, PICTURE_NOISE, 400, 1));
            }
        }
        for dim in [8, 64] {
            let powers = (4..=12).map(|power| 1_usize << power);
            for n in [dim + 1].into_iter().chain(powers).filter(|n| *n > dim) {
                if scale == Scale::Smoke && (n > 512 || n < dim + 8 && dim > 8) {
                    continue;
                }
                // The variance of (1/2) ln det S is nearly this; the penalty varies by
                // sqrt(4 / (d (d - 1))) of its mean.
                let variance = 0.5 * (n as f64 / (n - dim) as f64).ln();
                let replicates =
                    ((variance / (resolution * resolution)) as usize).max(16_000 / dim);
                cells.push(Cell {
                    part: Part::Batch,
                    code: Code::Gaussian,
                    dim,
                    std: 0.0,
                    n,
                    replicates,
                });
            }
        }
        Ok(cells)
    }

    fn measure(cell: &Cell, _inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
        match cell.part {
            Part::Population => measure::population(cell, seed),
            Part::Loss => measure::loss(cell, seed),
            Part::Objectives => measure::objectives(cell, seed),
            Part::Samples => measure::samples(cell, seed),
            Part::Batch => measure::batch(cell, seed),
            Part::Picture => measure::picture(cell, seed),
        }
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        vec![
            check::loss(rows),
            check::entropy(rows),
            check::information_stated(rows),
            check::ranking(rows),
            check::upper(rows),
            check::gaussian(rows),
            check::samples(rows),
            check::pairwise(rows),
            check::batch(rows),
            check::covariance_bias(rows),
            check::log_det_bias(rows),
        ]
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        vec![
            figure::codes(rows),
            figure::noise(rows),
            figure::samples(rows),
            figure::objectives(rows),
            figure::batch(rows),
        ]
    }
}

fn select<'a>(rows: &'a [Row], part: Part, quantity: &'a str) -> impl Iterator<Item = &'a Row> {
    rows.iter()
        .filter(move |row| row.part == part && row.quantity == quantity)
}

/// The rows of a quantity of one code.
fn of_code<'a>(
    rows: &'a [Row],
    part: Part,
    quantity: &'a str,
    (code, dim): (Code, usize),
) -> impl Iterator<Item = &'a Row> {
    select(rows, part, quantity).filter(move |row| row.code == code && row.dim == dim)
}

/// The row of a quantity of one code at one noise.
fn at<'a>(
    rows: &'a [Row],
    part: Part,
    quantity: &'a str,
    code: (Code, usize),
    std: f64,
) -> Option<&'a Row> {
    of_code(rows, part, quantity, code).find(|row| row.std.total_cmp(&std).is_eq())
}

vicinfo::experiment_main!(ZeroPenalty);
