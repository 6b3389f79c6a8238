//! Are images far apart compared with the noise around them?
//!
//! For each data set: distances between all pairs, to the nearest image, and between two views of
//! one image; the Bayes error between an image and its nearest neighbour under isotropic pixel
//! noise; how often a view lies nearer to another image than to its own, and how often two views are
//! farther apart than the nearest other image. The last alone would prove little: in many dimensions
//! isotropic noise does the same without confusing anything. Beside them a cloud of independent
//! Gaussian points, which has no prototypes at all.

mod check;
mod figure;
mod measure;

use serde::{Deserialize, Serialize};

use vicinfo::Error;
use vicinfo::experiment::{Experiment, Finding, Inputs, Scale, distinct};
use vicinfo::figure::Figure;
use vicinfo::image::{Augmentation, find};
use vicinfo::paper::ClaimId;
use vicinfo::record::InputFile;
use vicinfo::seed::Seed;

/// Noise at which supports are compared.
const NOISE: f64 = 0.3;
/// Noise that no supports survive: the control.
const HUGE_NOISE: f64 = 10.0;
/// Error that counts as no overlap.
const OVERLAP: f64 = 0.01;
/// Share of views beyond the nearest image that counts as none.
const SHARE: f64 = 0.05;
/// Views whose source is sought in the whole data set.
const PROBES: usize = 500;
/// Name of the procedural data set.
const SPRITES: &str = "sprites";

/// Crop, brightness and contrast, blur and noise; no flip and no turn, which would only add distance.
const PIPELINE: Augmentation = Augmentation {
    crop: 0.4,
    turn: 0.0,
    flip: false,
    jitter: 0.4,
    blur: 1.2,
    noise: 0.05,
};

/// What makes two views, by name.
const VIEWS: [(&str, Augmentation); 6] = [
    (
        "crop",
        Augmentation {
            crop: 0.4,
            ..Augmentation::IDENTITY
        },
    ),
    (
        "flip",
        Augmentation {
            flip: true,
            ..Augmentation::IDENTITY
        },
    ),
    (
        "brightness and contrast",
        Augmentation {
            jitter: 0.4,
            ..Augmentation::IDENTITY
        },
    ),
    (
        "blur",
        Augmentation {
            blur: 1.2,
            ..Augmentation::IDENTITY
        },
    ),
    (
        "pixel noise 0.05",
        Augmentation {
            noise: 0.05,
            ..Augmentation::IDENTITY
        },
    ),
    (
        "pixel noise 0.001",
        Augmentation {
            noise: 0.001,
            ..Augmentation::IDENTITY
        },
    ),
];
const FULL: &str = "crop, jitter, blur, noise";
const OTHERS: &str = "two different images";

/// See the module documentation.
pub struct Supports;

/// One design point: a data set and what is measured on it.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    data: String,
    part: Part,
    /// Images (or points) that distances are taken between.
    n: usize,
    /// Images that views are made of.
    queries: usize,
}

/// What a cell measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Distances between images and between views.
    Images,
    /// The same of independent Gaussian points of the same dimension and spread.
    Cloud,
    /// Gaussian points of the same spread in two dimensions.
    PlaneCloud,
    /// Gaussian points of the same spread in four times as many dimensions.
    WideCloud,
}

/// One plotted point.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    data: String,
    part: Part,
    quantity: String,
    /// Left end of a histogram's bar, cumulative share, noise, or 0.
    x: f64,
    /// Right end of a histogram's bar, else `x`.
    x_end: f64,
    value: f64,
    std_error: f64,
    n: usize,
}

fn noise_name(std: f64) -> String {
    format!("isotropic noise {std}")
}

impl Experiment for Supports {
    const ID: &'static str = "supports";
    const SUMMARY: &'static str =
        "Whether images are far apart compared with the noise and the augmentations around them.";
    const CLAIMS: &'static [ClaimId] = &[ClaimId("prototype-supports")];
    type Cell = Cell;
    type Row = Row;

    fn files(inputs: &Inputs) -> Result<Vec<InputFile>, Error> {
        let Some(folder) = &inputs.images else {
            return Ok(Vec::new());
        };
        let mut files = Vec::new();
        for set in find(folder)? {
            files.extend(set.digests()?.into_iter().map(InputFile::from));
        }
        Ok(files)
    }

    fn grid(scale: Scale, inputs: &Inputs) -> Result<Vec<Cell>, Error> {
        let names = match &inputs.images {
            None => vec![SPRITES.to_owned()],
            Some(folder) => find(folder)?.into_iter().map(|set| set.name).collect(),
        };
        let (n, queries) = match scale {
            Scale::Smoke => (400, 200),
            Scale::Standard => (2000, 1000),
            Scale::Full => (4000, 2000),
        };
        let parts = [Part::Images, Part::Cloud, Part::PlaneCloud, Part::WideCloud];
        Ok((names.iter())
            .flat_map(|data| {
                parts.map(|part| Cell {
                    data: data.clone(),
                    part,
                    n,
                    queries,
                })
            })
            .collect())
    }

    fn measure(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
        match cell.part {
            Part::Images => measure::images(cell, inputs, seed),
            Part::Cloud | Part::PlaneCloud | Part::WideCloud => measure::cloud(cell, inputs, seed),
        }
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        (names(rows).iter())
            .flat_map(|data| {
                [
                    check::noise(rows, data),
                    check::confusion(rows, data),
                    check::views(rows, data),
                    check::evidence(rows, data),
                ]
            })
            .flatten()
            .collect()
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        vec![
            figure::pairs(rows),
            figure::nearest(rows),
            figure::bayes(rows),
            figure::views(rows),
        ]
    }
}

fn names(rows: &[Row]) -> Vec<String> {
    distinct(rows.iter().map(|row| row.data.as_str()))
}

fn select<'a>(
    rows: &'a [Row],
    data: &'a str,
    part: Part,
    quantity: &'a str,
) -> impl Iterator<Item = &'a Row> {
    rows.iter()
        .filter(move |row| row.data == data && row.part == part && row.quantity == quantity)
}

fn single<'a>(rows: &'a [Row], data: &'a str, part: Part, quantity: &'a str) -> Option<&'a Row> {
    select(rows, data, part, quantity).next()
}

fn named<'a>(rows: &'a [Row], data: &str, quantity: &str) -> Option<&'a Row> {
    rows.iter()
        .find(|row| row.data == data && row.quantity == quantity)
}

vicinfo::experiment_main!(Supports);
