//! Are images far apart compared with the noise around them?
//!
//! For each data set: distances between all pairs, to the nearest image, and between two views of
//! one image; the Bayes error between an image and its nearest neighbour under isotropic pixel
//! noise; how often a view lies nearer to another image than to its own, and how often two views are
//! farther apart than the nearest other image. The last alone would prove little: in many dimensions
//! isotropic noise does the same without confusing anything. Beside them a cloud of independent
//! Gaussian points, which has no prototypes at all.

use std::path::Path;
use std::process::ExitCode;

use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use statrs::function::erf::erfc;

use vicinfo::Error;
use vicinfo::experiment::{Control, Experiment, Finding, Inputs, Scale};
use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};
use vicinfo::image::{Augmentation, Images, find, sprites};
use vicinfo::neighbour::{Neighbours, Norm};
use vicinfo::paper::ClaimId;
use vicinfo::record::InputFile;
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::{Summary, Verdict, at_least, at_most};

/// Standard errors that a decision keeps from the line.
const Z: f64 = 4.0;
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

/// The images of a data set, at most `n` of them in an order that `seed` draws.
fn load(data: &str, n: usize, inputs: &Inputs, seed: Seed) -> Result<(Images, Vec<usize>), Error> {
    let images = match &inputs.images {
        None => sprites(n, 28, seed.child("sprites"))?.0,
        Some(folder) => found(folder, data)?,
    };
    let mut order: Vec<usize> = (0..images.n()).collect();
    let mut rng = seed.child("order").rng();
    for i in (1..order.len()).rev() {
        order.swap(i, rng.random_range(0..=i));
    }
    order.truncate(n);
    Ok((images, order))
}

fn found(folder: &Path, data: &str) -> Result<Images, Error> {
    let sets = find(folder)?;
    match sets.iter().find(|set| set.name == data) {
        Some(set) => set.read(),
        None => Err(Error::UnknownName {
            kind: "data set",
            name: data.to_owned(),
            known: sets
                .iter()
                .map(|set| set.name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        }),
    }
}

/// `ln Phi(-z)` for `z >= 0`, also where `Phi(-z)` underflows.
fn ln_tail(z: f64) -> f64 {
    if z < 20.0 {
        (0.5 * erfc(z * std::f64::consts::FRAC_1_SQRT_2)).ln()
    } else {
        // Mills' ratio; the next term is below 1e-8 of the logarithm here.
        let series = 1.0 - 1.0 / z.powi(2) + 3.0 / z.powi(4) - 15.0 / z.powi(6);
        -0.5 * (z * z + std::f64::consts::TAU.ln()) - z.ln() + series.ln()
    }
}

/// Logarithm (base 10) of the mean error `Phi(-d / (2 noise))`, and the mean with its standard error.
fn bayes_error(nearest: &[f64], noise: f64) -> Result<(f64, Summary), Error> {
    let logs: Vec<f64> = nearest.iter().map(|d| ln_tail(d / (2.0 * noise))).collect();
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mean = logs.iter().map(|l| (l - largest).exp()).sum::<f64>() / logs.len() as f64;
    let summary = Summary::new(&logs.iter().map(|l| l.exp()).collect::<Vec<_>>())?;
    Ok(((largest + mean.ln()) / std::f64::consts::LN_10, summary))
}

fn noises() -> impl Iterator<Item = f64> {
    (0..=30).map(|i| 10f64.powf(-2.0 + 0.1 * f64::from(i)))
}

struct Table<'a> {
    cell: &'a Cell,
    rows: Vec<Row>,
}

impl Table<'_> {
    fn push(&mut self, quantity: &str, x: (f64, f64), value: f64, std_error: f64, n: usize) {
        self.rows.push(Row {
            data: self.cell.data.clone(),
            part: self.cell.part,
            quantity: quantity.to_owned(),
            x: x.0,
            x_end: x.1,
            value,
            std_error,
            n,
        });
    }

    /// A histogram of density over 48 bars from 0 to the largest value.
    fn histogram(&mut self, quantity: &str, values: &[f64]) {
        const BARS: usize = 48;
        let end = values.iter().copied().fold(0.0, f64::max);
        let width = if end > 0.0 { end / BARS as f64 } else { 1.0 };
        let mut counts = [0_usize; BARS];
        for value in values {
            counts[((value / width) as usize).min(BARS - 1)] += 1;
        }
        for (bar, count) in counts.into_iter().enumerate() {
            let density = count as f64 / (values.len() as f64 * width);
            let share = count as f64 / values.len() as f64;
            let std_error = (share * (1.0 - share) / values.len() as f64).sqrt() / width;
            let ends = (bar as f64 * width, (bar + 1) as f64 * width);
            self.push(quantity, ends, density, std_error, values.len());
        }
    }

    /// The distribution function at every fortieth of the sample.
    fn distribution(&mut self, quantity: &str, values: &[f64]) {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        for step in 0..=40 {
            let share = f64::from(step) / 40.0;
            let place = (share * (sorted.len() - 1) as f64).round() as usize;
            self.push(quantity, (share, share), sorted[place], 0.0, sorted.len());
        }
    }

    fn bayes(&mut self, nearest: &[f64]) -> Result<(), Error> {
        for noise in noises() {
            let (log, _) = bayes_error(nearest, noise)?;
            self.push("log10_bayes_error", (noise, noise), log, 0.0, nearest.len());
        }
        for noise in [NOISE, HUGE_NOISE] {
            let (_, summary) = bayes_error(nearest, noise)?;
            self.push(
                "bayes_error",
                (noise, noise),
                summary.mean,
                summary.std_error,
                summary.n,
            );
        }
        Ok(())
    }

    fn mean(&mut self, quantity: &str, values: &[f64]) -> Result<(), Error> {
        let summary = Summary::new(values)?;
        self.push(
            quantity,
            (0.0, 0.0),
            summary.mean,
            summary.std_error,
            summary.n,
        );
        Ok(())
    }

    fn share(&mut self, quantity: &str, hits: usize, of: usize) {
        let share = hits as f64 / of as f64;
        // The plus-four estimate, so that 0 and all hits keep an error.
        let smooth = (hits as f64 + 2.0) / (of as f64 + 4.0);
        let std_error = (smooth * (1.0 - smooth) / (of as f64 + 4.0)).sqrt();
        self.push(quantity, (0.0, 0.0), share, std_error, of);
    }
}

/// A changed image whose source is to be found again.
#[derive(Clone, Copy)]
enum Probe {
    /// A view of [`PIPELINE`].
    Augmented,
    /// Isotropic noise of this standard deviation, not cut to `[0, 1]`: as the claim has it.
    Noise(f64),
}

impl Probe {
    fn of(self, images: &Images, i: usize, seed: Seed) -> Vec<f64> {
        let image = images.intensities(i);
        match self {
            Self::Augmented => PIPELINE.view(&image, images.size(), seed),
            Self::Noise(std) => {
                let mut rng = seed.rng();
                let noisy = |value| value + std * rng.sample::<f64, _>(StandardNormal);
                image.into_iter().map(noisy).collect()
            }
        }
    }
}

fn noise_name(std: f64) -> String {
    format!("isotropic noise {std}")
}

/// Whether some other image is nearer to the probe than image `i`: the error of the best rule under
/// isotropic noise, which guesses the nearest.
fn is_confused(images: &Images, i: usize, probe: &[f64]) -> bool {
    let scaled: Vec<f32> = probe.iter().map(|value| (value * 255.0) as f32).collect();
    let squared = |j: usize| -> f32 {
        // Eight sums side by side; single precision decides between images, not within rounding.
        let mut sums = [0.0_f32; 8];
        for (bytes, values) in images.bytes(j).chunks(8).zip(scaled.chunks(8)) {
            for ((sum, byte), value) in sums.iter_mut().zip(bytes).zip(values) {
                let difference = f32::from(*byte) - value;
                *sum += difference * difference;
            }
        }
        sums.iter().sum()
    };
    let own = squared(i);
    (0..images.n()).any(|j| j != i && squared(j) < own)
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b) * (a - b))
        .sum::<f64>()
        .sqrt()
}

fn measure_images(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
    let (images, order) = load(&cell.data, cell.n, inputs, shared_stream(&cell.data))?;
    let mut table = Table {
        cell,
        rows: Vec::new(),
    };
    let pairs: Vec<f64> = (0..order.len())
        .into_par_iter()
        .flat_map_iter(|i| {
            let order = &order;
            let images = &images;
            (0..i).map(move |j| images.distance(order[i], order[j]))
        })
        .collect();
    table.histogram("pair_density", &pairs);
    table.mean("mean_pair_distance", &pairs)?;
    table.push("pixel_std", (0.0, 0.0), images.pixel_std(), 0.0, images.n());
    table.push(
        "dim",
        (0.0, 0.0),
        images.size().dim() as f64,
        0.0,
        images.n(),
    );

    // The nearest image is sought in the whole data set, not in the part that pairs are taken from.
    let queries = &order[..cell.queries.min(order.len())];
    let nearest = images.nearest_distances(queries)?;
    table.distribution("nearest", &nearest);
    table.mean("mean_nearest_distance", &nearest)?;
    table.push(
        "smallest_nearest_distance",
        (0.0, 0.0),
        nearest.iter().copied().fold(f64::INFINITY, f64::min),
        0.0,
        nearest.len(),
    );
    table.bayes(&nearest)?;

    let size = images.size();
    let views = |name: &str, augmentation: &Augmentation| -> Vec<f64> {
        let stream = seed.child(name);
        queries
            .par_iter()
            .map(|&i| {
                let image = images.intensities(i);
                let view =
                    |label: &str| augmentation.view(&image, size, stream.child(i).child(label));
                distance(&view("first"), &view("second"))
            })
            .collect()
    };
    let beyond = |distances: &[f64]| {
        distances
            .iter()
            .zip(&nearest)
            .filter(|(view, nearest)| view > nearest)
            .count()
    };
    for (name, augmentation) in &VIEWS {
        let distances = views(name, augmentation);
        table.mean(&format!("distance: {name}"), &distances)?;
        table.share(
            &format!("beyond: {name}"),
            beyond(&distances),
            distances.len(),
        );
    }
    let full = views(FULL, &PIPELINE);
    table.share(&format!("beyond: {FULL}"), beyond(&full), full.len());
    table.distribution("views", &full);
    table.mean(&format!("distance: {FULL}"), &full)?;
    for (name, view) in [
        (FULL.to_owned(), Probe::Augmented),
        (noise_name(NOISE), Probe::Noise(NOISE)),
        (noise_name(HUGE_NOISE), Probe::Noise(HUGE_NOISE)),
    ] {
        let probes = &queries[..queries.len().min(PROBES)];
        let confused = probes
            .par_iter()
            .filter(|&&i| {
                let probe = view.of(&images, i, seed.child("probe").child(&name).child(i));
                is_confused(&images, i, &probe)
            })
            .count();
        table.share(&format!("confused: {name}"), confused, probes.len());
    }
    let noisy: Vec<f64> = queries
        .par_iter()
        .map(|&i| {
            // Not an augmentation: unlimited noise, as the claim has it.
            let mut rng = seed.child("noise").child(i).rng();
            let squares: f64 = (0..size.dim())
                .map(|_| {
                    let noise: f64 = rng.sample(StandardNormal);
                    let other: f64 = rng.sample(StandardNormal);
                    (NOISE * (noise - other)).powi(2)
                })
                .sum();
            squares.sqrt()
        })
        .collect();
    table.distribution("noisy_views", &noisy);
    let mut rng = seed.child("others").rng();
    let others: Vec<f64> = (queries.iter())
        .map(|&i| {
            let shift = rng.random_range(1..images.n());
            images.distance(i, (i + shift) % images.n())
        })
        .collect();
    table.mean(&format!("distance: {OTHERS}"), &others)?;
    table.share(&format!("beyond: {OTHERS}"), beyond(&others), others.len());
    Ok(table.rows)
}

fn measure_cloud(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
    let (images, order) = load(&cell.data, cell.n, inputs, shared_stream(&cell.data))?;
    let dim = match cell.part {
        Part::PlaneCloud => 2,
        Part::WideCloud => 4 * images.size().dim(),
        Part::Cloud | Part::Images => images.size().dim(),
    };
    let std = images.pixel_std();
    let mut rng = seed.child("cloud").rng();
    let n = order.len();
    let cloud = Sample::new(DMatrix::from_fn(dim, n, |_, _| {
        std * rng.sample::<f64, _>(StandardNormal)
    }))?;
    let mut table = Table {
        cell,
        rows: Vec::new(),
    };
    if cell.part == Part::Cloud {
        let pairs: Vec<f64> = (0..n)
            .into_par_iter()
            .flat_map_iter(|i| {
                let cloud = &cloud;
                (0..i).map(move |j| distance(cloud.point(i), cloud.point(j)))
            })
            .collect();
        table.histogram("pair_density", &pairs);
        table.mean("mean_pair_distance", &pairs)?;
    }
    let nearest = Neighbours::new(&cloud, Norm::Euclidean).kth_distances(1)?;
    table.mean("mean_nearest_distance", &nearest)?;
    table.bayes(&nearest)?;
    Ok(table.rows)
}

/// Sprites are the same images in every cell: their stream names the data set alone.
fn shared_stream(data: &str) -> Seed {
    Seed::root(0).child(Supports::ID).child(data)
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
            files.extend(
                set.digests()?
                    .into_iter()
                    .map(|(name, sha256)| InputFile { name, sha256 }),
            );
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
            Part::Images => measure_images(cell, inputs, seed),
            Part::Cloud | Part::PlaneCloud | Part::WideCloud => measure_cloud(cell, inputs, seed),
        }
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        (names(rows).iter())
            .flat_map(|data| {
                [
                    check_noise(rows, data),
                    check_confusion(rows, data),
                    check_views(rows, data),
                    check_evidence(rows, data),
                ]
            })
            .flatten()
            .collect()
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        vec![
            draw_pairs(rows),
            draw_nearest(rows),
            draw_bayes(rows),
            draw_views(rows),
        ]
    }
}

fn names(rows: &[Row]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for row in rows {
        if !names.contains(&row.data) {
            names.push(row.data.clone());
        }
    }
    names
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

fn bayes<'a>(rows: &'a [Row], data: &'a str, part: Part, noise: f64) -> Option<&'a Row> {
    select(rows, data, part, "bayes_error").find(|row| row.x.total_cmp(&noise).is_eq())
}

fn control(setting: String, expected: Verdict, verdict: Verdict, row: &Row) -> Control {
    Control {
        setting,
        expected,
        verdict,
        effect: row.value,
        std_error: row.std_error,
    }
}

fn check_noise(rows: &[Row], data: &str) -> Option<Finding> {
    let decide = |row: &Row| at_most(row.value, row.std_error, 0.0, OVERLAP, Z);
    let row = bayes(rows, data, Part::Images, NOISE)?;
    let huge = bayes(rows, data, Part::Images, HUGE_NOISE)?;
    let nearest = single(rows, data, Part::Images, "mean_nearest_distance")?;
    let smallest = single(rows, data, Part::Images, "smallest_nearest_distance")?;
    Some(Finding {
        claim: "prototype-supports".into(),
        form: format!("{data}: isotropic pixel noise"),
        statement: format!("Under isotropic pixel noise of standard deviation {NOISE}, an image and its nearest neighbour are told apart without error."),
        verdict: decide(row),
        effect: row.value,
        std_error: row.std_error,
        unit: "mean Bayes error".into(),
        bound: 0.0,
        tolerance: OVERLAP,
        tolerance_reason: "1 % error between the nearest pair is where the output law's total variation reaches 1 %".into(),
        evidence: format!(
            "mean Bayes error {:.1e} ± {:.0e} over {} images; nearest neighbours are {:.2} apart on average, the closest pair {:.2}, so most of the error comes from few pairs",
            row.value, row.std_error, row.n, nearest.value, smallest.value
        ),
        controls: vec![control(
            format!("noise of standard deviation {HUGE_NOISE}"),
            Verdict::Refuted,
            decide(huge),
            huge,
        )],
    })
}

fn check_confusion(rows: &[Row], data: &str) -> Option<Finding> {
    let decide = |row: &Row| at_most(row.value, row.std_error, 0.0, SHARE, Z);
    let confused = |name: &str| named(rows, data, &format!("confused: {name}"));
    let (row, noise, huge) = (
        confused(FULL)?,
        confused(&noise_name(NOISE))?,
        confused(&noise_name(HUGE_NOISE))?,
    );
    Some(Finding {
        claim: "prototype-supports".into(),
        form: format!("{data}: augmentations, recognising the source"),
        statement: "An augmented view (crop, brightness and contrast, blur, noise) is nearer to its own image than to any other image of the data set.".into(),
        verdict: decide(row),
        effect: row.value,
        std_error: row.std_error,
        unit: "share of views nearer to another image".into(),
        bound: 0.0,
        tolerance: SHARE,
        tolerance_reason: "one image in twenty may have a near twin in the data".into(),
        evidence: format!(
            "{:.1} % ± {:.1} % of {} views lie nearer to another image, against {:.1} % under isotropic noise of {NOISE}",
            100.0 * row.value,
            100.0 * row.std_error,
            row.n,
            100.0 * noise.value
        ),
        controls: vec![
            control(noise_name(HUGE_NOISE), Verdict::Refuted, decide(huge), huge),
            control(noise_name(NOISE), Verdict::Supported, decide(noise), noise),
        ],
    })
}

fn check_views(rows: &[Row], data: &str) -> Option<Finding> {
    let decide = |row: &Row| at_most(row.value, row.std_error, 0.0, SHARE, Z);
    let beyond = |name: &str| named(rows, data, &format!("beyond: {name}"));
    let (row, others, tiny) = (beyond(FULL)?, beyond(OTHERS)?, beyond("pixel noise 0.001")?);
    let view = named(rows, data, &format!("distance: {FULL}"))?;
    let nearest = single(rows, data, Part::Images, "mean_nearest_distance")?;
    Some(Finding {
        claim: "prototype-supports".into(),
        form: format!("{data}: augmentations, distance of two views"),
        statement: "Two augmented views of an image (crop, brightness and contrast, blur, noise) are closer to each other than the image is to any other.".into(),
        verdict: decide(row),
        effect: row.value,
        std_error: row.std_error,
        unit: "share of images where they are not".into(),
        bound: 0.0,
        tolerance: SHARE,
        tolerance_reason: "one image in twenty may have a near twin in the data".into(),
        evidence: format!(
            "for {:.1} % ± {:.1} % of {} images the views are farther apart than the nearest other image; mean distances: views {:.2}, nearest image {:.2}",
            100.0 * row.value, 100.0 * row.std_error, row.n, view.value, nearest.value
        ),
        controls: vec![
            control(OTHERS.into(), Verdict::Refuted, decide(others), others),
            control("views that differ by pixel noise 0.001".into(), Verdict::Supported, decide(tiny), tiny),
        ],
    })
}

fn check_evidence(rows: &[Row], data: &str) -> Option<Finding> {
    let decide = |row: &Row| at_least(row.value, row.std_error, OVERLAP, 0.0, Z);
    let row = bayes(rows, data, Part::Cloud, NOISE)?;
    let (plane, wide) = (
        bayes(rows, data, Part::PlaneCloud, NOISE)?,
        bayes(rows, data, Part::WideCloud, NOISE)?,
    );
    let mean = |part, quantity| single(rows, data, part, quantity).map(|row| row.value);
    let ratio =
        |part| Some(mean(part, "mean_nearest_distance")? / mean(part, "mean_pair_distance")?);
    Some(Finding {
        claim: "prototype-supports".into(),
        form: format!("{data}: large distances as evidence"),
        statement: "The same test refuses a cloud of independent Gaussian points of the images' dimension and spread, which has no prototypes.".into(),
        verdict: decide(row),
        effect: row.value,
        std_error: row.std_error,
        unit: "mean Bayes error".into(),
        bound: OVERLAP,
        tolerance: 0.0,
        tolerance_reason: "the line of the test itself".into(),
        evidence: format!(
            "mean Bayes error of the cloud at noise {NOISE}: {:.1e}; the test passes it, so large distances are a matter of dimension. Nearest over mean distance: images {:.2}, cloud {:.2}",
            row.value, ratio(Part::Images)?, ratio(Part::Cloud)?
        ),
        controls: vec![
            control("a cloud in four times the dimension".into(), Verdict::Refuted, decide(wide), wide),
            control("a cloud of the same spread in two dimensions".into(), Verdict::Supported, decide(plane), plane),
        ],
    })
}

fn series(label: impl Into<String>, style: usize, mark: Mark) -> Series {
    Series {
        label: label.into(),
        style,
        mark,
    }
}

fn columns(panels: usize) -> usize {
    if panels == 1 { 1 } else { 2 }
}

fn draw_pairs(rows: &[Row]) -> Figure {
    let panels: Vec<Panel> = (names(rows).iter())
        .map(|data| {
            let bars = |part| {
                Mark::Histogram(
                    select(rows, data, part, "pair_density")
                        .map(|row| (row.x, row.x_end, row.value))
                        .collect(),
                )
            };
            Panel {
                title: data.clone(),
                x: Axis::linear("ℓ2 distance of two images (pixel intensities in [0, 1])"),
                y: Axis::linear("density (1 / distance)"),
                series: vec![
                    series("images", 1, bars(Part::Images)),
                    series(
                        "independent Gaussian points, same dimension and spread",
                        2,
                        bars(Part::Cloud),
                    ),
                ],
            }
        })
        .collect();
    Figure {
        id: "pairs".into(),
        title: "Pairwise distances of images, beside a cloud without any structure".into(),
        columns: columns(panels.len()),
        panels,
        caption: "Distances between all pairs of raw images. Both histograms lie far from zero: large distances by themselves say nothing about prototypes. What sets images apart is the spread towards small distances.".into(),
    }
}

fn draw_nearest(rows: &[Row]) -> Figure {
    let panels: Vec<Panel> = (names(rows).iter())
        .map(|data| {
            let line = |quantity: &str| -> Mark {
                Mark::Line(
                    select(rows, data, Part::Images, quantity)
                        .map(|row| (row.value, row.x))
                        .collect(),
                )
            };
            Panel {
                title: data.clone(),
                x: Axis::linear("ℓ2 distance (pixel intensities in [0, 1])"),
                y: Axis::linear("share of images with a smaller distance").between(0.0, 1.0),
                series: vec![
                    series("to the nearest other image", 1, line("nearest")),
                    series("between two augmented views", 2, line("views")),
                    series(
                        format!("between two noisy copies, noise {NOISE}"),
                        3,
                        line("noisy_views"),
                    ),
                ],
            }
        })
        .collect();
    Figure {
        id: "nearest".into(),
        title: "Two views of one image are mostly farther apart than the nearest other image".into(),
        columns: columns(panels.len()),
        panels,
        caption: "Distribution functions of the distance to the nearest image in the whole data set, between two augmented views (crop, brightness and contrast, blur, noise 0.05), and between two copies with isotropic noise. Noisy copies lie far apart as well, yet in directions of their own: see the Bayes error.".into(),
    }
}

fn draw_bayes(rows: &[Row]) -> Figure {
    let names = names(rows);
    let line = |data: &str, part| -> Vec<(f64, f64)> {
        select(rows, data, part, "log10_bayes_error")
            .map(|row| (row.x, row.value))
            .collect()
    };
    let panels: Vec<Panel> = (names.iter())
        .map(|data| Panel {
            title: data.clone(),
            x: Axis::log("standard deviation of the pixel noise"),
            y: Axis::linear("log10 of the mean Bayes error").between(-12.0, 0.0),
            series: vec![
                series("images", 1, Mark::Line(line(data, Part::Images))),
                series(
                    "independent Gaussian points, same dimension and spread",
                    2,
                    Mark::Line(line(data, Part::Cloud)),
                ),
                series(
                    "Gaussian points in two dimensions",
                    3,
                    Mark::Line(line(data, Part::PlaneCloud)),
                ),
                series("1 % error", 0, Mark::Horizontal(OVERLAP.log10())),
                series(format!("noise {NOISE}"), 5, Mark::Vertical(NOISE)),
            ],
        })
        .collect();
    Figure {
        id: "bayes-error".into(),
        title: "Isotropic noise confuses an image with its nearest neighbour only when it is large".into(),
        columns: columns(panels.len()),
        panels,
        caption: "Error of the best rule that tells a noisy image from its noisy nearest neighbour, Phi(-d / 2 sigma), averaged over images. A cloud without prototypes in the same dimension does better still; one in two dimensions fails at once.".into(),
    }
}

fn draw_views(rows: &[Row]) -> Figure {
    let kinds: Vec<&str> = VIEWS
        .iter()
        .map(|(name, _)| *name)
        .chain([FULL, OTHERS])
        .collect();
    let point = |data: &str, kind: &str| {
        let share = named(rows, data, &format!("beyond: {kind}"))?;
        let distance = named(rows, data, &format!("distance: {kind}"))?;
        let nearest = single(rows, data, Part::Images, "mean_nearest_distance")?;
        Some((
            distance.value / nearest.value,
            share.value,
            2.0 * share.std_error,
        ))
    };
    let panels: Vec<Panel> = (names(rows).iter())
        .map(|data| Panel {
            title: data.clone(),
            x: Axis::log("mean distance of the views / to the nearest image"),
            y: Axis::linear("share of images with views beyond the nearest image")
                .between(-0.02, 1.02),
            series: (kinds.iter().enumerate())
                .map(|(k, kind)| {
                    series(
                        *kind,
                        k,
                        Mark::Bars(point(data, kind).into_iter().collect()),
                    )
                })
                .collect(),
        })
        .collect();
    Figure {
        id: "views".into(),
        title: "Which change of an image carries it past its nearest neighbour".into(),
        columns: columns(panels.len()),
        panels,
        caption: "Share of images whose two views are farther apart than the nearest other image, against how far apart the views are on average; bars are two standard errors. Two different images stand for views that share nothing.".into(),
    }
}

/// Runs this experiment alone.
#[allow(
    dead_code,
    reason = "the command line includes this file as a module and runs it through its registry"
)]
fn main() -> ExitCode {
    vicinfo::experiment::main::<Supports>()
}
