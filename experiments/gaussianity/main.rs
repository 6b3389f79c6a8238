//! Does a Gaussian-looking output show that the noise around an image stays on one affine piece?
//!
//! * **curve**: the paper's figure: mean p-value of D'Agostino and Pearson's test on the outputs
//!   against the noise on the input, here for networks that were never trained (or one of the
//!   user's), beside what the p-value is taken for: the probability that the noise leaves the
//!   region of the image, the share of units that change their state, and how far the network is
//!   from its affine map there.
//!   The last hidden units are tested as well: an output is a sum over them.
//! * **points**: the same law tested with few and with many draws.
//! * **face**: networks with a single face, where the answers are known: controls of the curve.
//! * **blind**: laws that are not Gaussian, and which test notices.
//!
//! Replicate `i` is sprite `i` on network `i`, so that standard errors are those of independent pairs. Of
//! a data set of the user's the image is drawn anew for each replicate, with replacement: the standard error is that
//! over images of this set, not over sets. Of a network of the user's it is that over images alone.
//! Rates of a calibrated test have its finite null law in their standard error as well.

mod check;
mod figure;
mod measure;
mod subject;

use serde::{Deserialize, Serialize};

use vicinfo::Error;
use vicinfo::experiment::{Experiment, Finding, Inputs, Scale};
use vicinfo::figure::Figure;
use vicinfo::paper::ClaimId;
use vicinfo::record::InputFile;
use vicinfo::seed::Seed;

/// Level of the paper's dashed line.
const LINE: f64 = 0.01;
/// Level of the rejections counted here.
const LEVEL: f64 = 0.05;
/// Outputs of the untrained networks.
const OUTPUTS: usize = 64;
/// Outputs that are tested jointly: in more dimensions the joint tests have no power.
const JOINT: usize = 8;
/// Levels of noise below the paper's, down to where the noise does stay in the region.
const SMALL: [f64; 6] = [1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3];
/// The smallest and the largest noise of the paper's figure.
const PAPER: (f64, f64) = (0.01, 0.8);
/// Noise levels of the paper's figure.
const PAPER_LEVELS: usize = 15;

/// Standard deviations of the noise to the face of the part `face`.
const FACE_DISTANCES: [f64; 2] = [3.0, 0.5];
/// Name of its networks.
const FACE: &str = "one face";

/// See the module documentation.
pub struct Gaussianity;

/// One design point.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    part: Part,
    /// The network and, of real images, the data set; for the blind spots the law.
    subject: String,
    /// The data set.
    data: String,
    /// Hidden width of an untrained network; for the blind spots the dimension.
    width: usize,
    /// Draws of the noise a replicate, points of a sample.
    n: usize,
    replicates: usize,
    levels: Vec<f64>,
}

/// What a cell measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Everything against the noise.
    Curve,
    /// Rejections of the same law at several numbers of draws.
    Points,
    /// Networks with a single face, where the answers are known.
    Face,
    /// Power of tests against laws that are not Gaussian.
    Blind,
}

/// One plotted point.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    part: Part,
    /// The data set; empty for single faces and for the blind spots.
    data: String,
    subject: String,
    quantity: String,
    /// Standard deviation of the noise, or 0.
    noise: f64,
    /// Draws of the noise, or points of a sample.
    draws: usize,
    value: f64,
    std_error: f64,
    replicates: usize,
}

/// The paper's noise levels, equally spaced.
fn paper_levels() -> impl Iterator<Item = f64> {
    let step = (PAPER.1 - PAPER.0) / (PAPER_LEVELS - 1) as f64;
    (0..PAPER_LEVELS).map(move |i| {
        if i + 1 == PAPER_LEVELS {
            PAPER.1
        } else {
            PAPER.0 + step * i as f64
        }
    })
}

/// Name of an untrained network.
fn untrained(width: usize) -> String {
    format!("untrained, width {width}")
}

/// Name of a network of the user's.
const GIVEN: &str = "the network given";

/// Laws of the part `blind`, in the order of the figure, with their dimension.
const LAWS: [(&str, usize); 6] = [
    ("sign-XOR normal, d = 2", 2),
    ("sign-XOR normal, d = 8", 8),
    ("cube, d = 8", 8),
    ("Gaussian, d = 8", 8),
    ("cube, d = 64", 64),
    ("Gaussian, d = 64", 64),
];

/// Tests of the part `blind`.
const TESTS: [&str; 4] = [
    "K² per coordinate",
    "K² on 32 directions",
    "Mardia's kurtosis",
    "Henze-Zirkler",
];

impl Experiment for Gaussianity {
    const ID: &'static str = "gaussianity";
    const SUMMARY: &'static str = "Whether outputs that pass a test of normality show that the noise stays on one affine piece of the network.";
    const CLAIMS: &'static [ClaimId] = &[ClaimId("gaussianity")];
    type Cell = Cell;
    type Row = Row;

    fn files(inputs: &Inputs) -> Result<Vec<InputFile>, Error> {
        measure::files(inputs)
    }

    fn grid(scale: Scale, inputs: &Inputs) -> Result<Vec<Cell>, Error> {
        let (widths, n, replicates): (&[usize], usize, usize) = match scale {
            Scale::Smoke => (&[64, 1024], 512, 24),
            Scale::Standard => (&[64, 256, 1024], 512, 24),
            Scale::Full => (&[64, 256, 1024], 512, 96),
        };
        let levels: Vec<f64> = match scale {
            Scale::Smoke => vec![SMALL[0], PAPER.0, PAPER.1],
            Scale::Standard | Scale::Full => SMALL.into_iter().chain(paper_levels()).collect(),
        };
        let mut subjects: Vec<(String, String, usize)> = Vec::new();
        for data in measure::data_sets(inputs)? {
            let name = |network: &str| match &inputs.images {
                None => network.to_owned(),
                Some(_) => format!("{data}: {network}"),
            };
            if inputs.network.is_some() {
                subjects.push((name(GIVEN), data.clone(), 0));
            } else {
                subjects.extend((widths.iter()).map(|&w| (name(&untrained(w)), data.clone(), w)));
            }
        }
        let mut cells: Vec<Cell> = (subjects.iter())
            .map(|(subject, data, width)| Cell {
                part: Part::Curve,
                subject: subject.clone(),
                data: data.clone(),
                width: *width,
                n,
                replicates,
                levels: levels.clone(),
            })
            .collect();
        // The narrowest shows how the answer hangs on the number of draws.
        let (subject, data, width) = &subjects[0];
        let (draws, levels): (&[usize], Vec<f64>) = match scale {
            Scale::Smoke => (&[64, 1024], vec![PAPER.0, PAPER.1]),
            Scale::Standard => (&[64, 512, 4096], paper_levels().step_by(2).collect()),
            Scale::Full => (&[64, 512, 4096], levels),
        };
        for &draws in draws {
            cells.push(Cell {
                part: Part::Points,
                subject: subject.clone(),
                data: data.clone(),
                width: *width,
                n: draws,
                replicates,
                levels: levels.clone(),
            });
        }
        cells.push(Cell {
            part: Part::Face,
            subject: FACE.to_owned(),
            data: String::new(),
            width: 1,
            n,
            replicates,
            // The face is at distance 1.
            levels: FACE_DISTANCES.map(f64::recip).to_vec(),
        });
        let (samples, points) = match scale {
            Scale::Smoke => (40, 200),
            Scale::Standard => (200, 1000),
            Scale::Full => (1000, 1000),
        };
        let mut dims: Vec<usize> = LAWS.iter().map(|(_, dim)| *dim).collect();
        dims.dedup();
        cells.extend(dims.into_iter().map(|dim| Cell {
            part: Part::Blind,
            subject: format!("laws in {dim} dimensions"),
            data: String::new(),
            width: dim,
            n: points,
            replicates: samples,
            levels: Vec::new(),
        }));
        Ok(cells)
    }

    fn measure(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
        match cell.part {
            Part::Curve => measure::curve(cell, inputs, seed),
            Part::Points => measure::points(cell, inputs, seed),
            Part::Face => measure::face(cell, seed),
            Part::Blind => measure::blind(cell, seed),
        }
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        let mut findings = Vec::new();
        // Of each data set: the curve is clearest for the narrowest network, what it is taken for
        // fails most clearly for the widest; the others are in the figures.
        for data in data_sets(rows) {
            let rows: Vec<Row> = rows
                .iter()
                .filter(|row| row.data == data || row.part == Part::Face)
                .cloned()
                .collect();
            let subjects = subjects(&rows);
            if let (Some(narrow), Some(wide)) = (subjects.first(), subjects.last()) {
                findings.extend(check::falls(&rows, narrow));
                findings.extend(check::one_region(&rows, wide));
                findings.extend(check::one_map(&rows, wide));
                findings.extend(check::averaging(&rows, narrow, wide));
            }
        }
        findings.extend(check::points(rows));
        findings.extend(check::blind(rows));
        findings
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        vec![
            figure::p_value(rows),
            figure::mechanism(rows),
            figure::points(rows),
            figure::blind(rows),
        ]
    }
}

/// The data sets of the curves, in the order of the table.
fn data_sets(rows: &[Row]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for row in rows.iter().filter(|row| row.part == Part::Curve) {
        if !names.contains(&row.data) {
            names.push(row.data.clone());
        }
    }
    names
}

/// The networks of the curves, in the order of the table.
fn subjects(rows: &[Row]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for row in rows.iter().filter(|row| row.part == Part::Curve) {
        if !names.contains(&row.subject) {
            names.push(row.subject.clone());
        }
    }
    names
}

fn select<'a>(
    rows: &'a [Row],
    part: Part,
    subject: &'a str,
    quantity: &'a str,
) -> impl Iterator<Item = &'a Row> {
    rows.iter()
        .filter(move |row| row.part == part && row.subject == subject && row.quantity == quantity)
}

fn at<'a>(rows: &'a [Row], subject: &'a str, quantity: &'a str, noise: f64) -> Option<&'a Row> {
    select(rows, Part::Curve, subject, quantity).find(|row| row.noise.total_cmp(&noise).is_eq())
}

vicinfo::experiment_main!(Gaussianity);
