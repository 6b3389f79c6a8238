use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use vicinfo::Error;
use vicinfo::experiment::Inputs;
use vicinfo::image::{Images, find, sprites};
use vicinfo::network::{Activation, Initialisation, Network, Perceptron};
use vicinfo::record::{InputFile, read, sha256};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;
use vicinfo::stats::normality::{
    Calibrated, DagostinoPearson, HenzeZirkler, MardiaKurtosis, Moments, NormalityTest, Sliced,
    power,
};

use super::{Cell, JOINT, LAWS, LEVEL, OUTPUTS, Row, TESTS};

/// Side of the sprites.
const SIDE: usize = 16;
const SPRITES: &str = "sprites";
/// Draws of the null law of a test: the level of a rejection is known to 0.2 points.
const NULL: usize = 9999;
/// Directions of the projections.
const DIRECTIONS: usize = 32;

pub(super) fn files(inputs: &Inputs) -> Result<Vec<InputFile>, Error> {
    let mut files = Vec::new();
    if let Some(folder) = &inputs.images {
        for set in find(folder)? {
            files.extend((set.digests()?.into_iter()).map(|(name, sha256)| InputFile { name, sha256 }));
        }
    }
    if let Some(path) = &inputs.network {
        let name = path.file_name().unwrap_or(path.as_os_str());
        files.push(InputFile {
            name: name.to_string_lossy().into_owned(),
            sha256: sha256(&read(path)?),
        });
    }
    Ok(files)
}

/// The data sets that the networks can take.
pub(super) fn data_sets(inputs: &Inputs) -> Result<Vec<String>, Error> {
    let Some(folder) = &inputs.images else {
        if let Some(network) = given(inputs)? {
            require_pixels(SPRITES, SIDE * SIDE, &network)?;
        }
        return Ok(vec![SPRITES.to_owned()]);
    };
    let sets = find(folder)?;
    let Some(network) = given(inputs)? else {
        return Ok(sets.into_iter().map(|set| set.name).collect());
    };
    let mut names = Vec::new();
    let mut refusal = None;
    for set in sets {
        let pixels = set.read()?.size().dim();
        match require_pixels(&set.name, pixels, &network) {
            Ok(()) => names.push(set.name),
            Err(error) => refusal = Some(error),
        }
    }
    match refusal {
        Some(error) if names.is_empty() => Err(error),
        _ => Ok(names),
    }
}

fn require_pixels(data: &str, pixels: usize, network: &Network<f64>) -> Result<(), Error> {
    let expected = network.input().size();
    if pixels == expected {
        Ok(())
    } else {
        Err(Error::invalid(
            format!("numbers of an image of {data}"),
            pixels,
            format!("the network takes {expected}"),
        ))
    }
}

fn given(inputs: &Inputs) -> Result<Option<Network<f64>>, Error> {
    (inputs.network.as_deref()).map(vicinfo::array::read_network).transpose()
}

fn images(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Images, Error> {
    match &inputs.images {
        None => Ok(sprites(cell.replicates, SIDE, seed.child("sprites"))?.0),
        Some(folder) => {
            let sets = find(folder)?;
            match sets.iter().find(|set| set.name == cell.data) {
                Some(set) => set.read(),
                None => Err(Error::UnknownName {
                    kind: "data set",
                    name: cell.data.clone(),
                    known: (sets.iter().map(|set| set.name.as_str())).collect::<Vec<_>>().join(", "),
                }),
            }
        }
    }
}

/// Network and image of each replicate.
fn subjects(
    cell: &Cell,
    inputs: &Inputs,
    seed: Seed,
) -> Result<Vec<(Network<f64>, Vec<f64>)>, Error> {
    let images = images(cell, inputs, seed)?;
    let given = given(inputs)?;
    let mut rng = seed.child("image").rng();
    (0..cell.replicates)
        .map(|replicate| {
            let image = images.intensities(rng.random_range(0..images.n()));
            let network = match &given {
                Some(network) => network.clone(),
                None => Perceptron {
                    widths: vec![image.len(), cell.width, cell.width, OUTPUTS],
                    activation: Activation::Relu,
                    initialisation: Initialisation::He,
                    bias: 0.1,
                }
                .network(seed.child("network").child(replicate))?,
            };
            Ok((network, image))
        })
        .collect()
}

/// What one replicate says at one level of noise.
struct Reading {
    /// The outputs.
    output: Coordinates,
    /// The outputs of the affine map of the image, which are Gaussian.
    affine: Coordinates,
    /// Whether the joint test rejects [`JOINT`] outputs; `None` where their covariance is singular.
    joint: Option<f64>,
    /// Share of draws that leave the region of the image.
    leave: f64,
    /// Share of hidden units that change their state.
    flips: f64,
    /// `E |f(X) - A X - b|^2 / E |A (X - x)|^2`.
    remainder: f64,
}

/// What the test says about coordinates, on average over those that vary.
struct Coordinates {
    p_value: f64,
    rejected: f64,
    effect: f64,
    /// Share of coordinates that are constant, which no test takes.
    constant: f64,
}

fn coordinates(
    points: &DMatrix<f64>,
    calibrated: &Calibrated<'_>,
) -> Result<Coordinates, Error> {
    let rows = points.transpose();
    let (mut p_value, mut rejected, mut effect) = (0.0, 0.0, 0.0);
    let mut count = 0;
    for values in rows.column_iter() {
        let moments = match Moments::new(values.as_slice()) {
            Ok(moments) => moments,
            Err(Error::SingularCovariance { .. }) => continue,
            Err(error) => return Err(error),
        };
        let omnibus = DagostinoPearson::of(&moments)?;
        p_value += omnibus.omnibus.p_value;
        effect += omnibus.effect_size;
        if calibrated.p_value(omnibus.omnibus.statistic) <= LEVEL {
            rejected += 1.0;
        }
        count += 1;
    }
    if count == 0 {
        return Err(Error::NonFiniteResult {
            what: format!(
                "the mean p-value over {} outputs, none of which varies with the noise,",
                points.nrows()
            ),
            value: f64::NAN.to_string(),
        });
    }
    let of = f64::from(count);
    Ok(Coordinates {
        p_value: p_value / of,
        rejected: rejected / of,
        effect: effect / of,
        constant: 1.0 - of / points.nrows() as f64,
    })
}

fn reading(
    network: &Network<f64>,
    image: &[f64],
    noise: &DMatrix<f64>,
    level: f64,
    tests: &Tests<'_>,
) -> Result<Reading, Error> {
    let mut points = noise * level;
    for mut point in points.column_iter_mut() {
        for (value, pixel) in point.iter_mut().zip(image) {
            *value += pixel;
        }
    }
    let centre = DMatrix::from_column_slice(image.len(), 1, image);
    let (_, home) = network.trace(&centre)?;
    let (outputs, pieces) = network.trace(&points)?;
    let affine = network.affine_at(image)?;
    let linear = &affine.matrix * (noise * level);
    let base = network.apply(&centre)?;
    let (mut departure, mut size) = (0.0, 0.0);
    for (output, linear) in outputs.column_iter().zip(linear.column_iter()) {
        departure += (output - base.column(0) - linear).norm_squared();
        size += linear.norm_squared();
    }
    let (leave, flips) = home.changes(&pieces)?;
    let output = coordinates(&outputs, tests.coordinate)?;
    let affine = coordinates(&linear, tests.coordinate)?;
    let few = outputs.rows(0, JOINT.min(outputs.nrows())).into_owned();
    let joint = match tests.joint.test(&Sample::new(few)?) {
        Ok(outcome) => Some(f64::from(outcome.p_value <= LEVEL)),
        Err(Error::SingularCovariance { .. }) => None,
        Err(error) => return Err(error),
    };
    Ok(Reading {
        output,
        affine,
        joint,
        leave,
        flips,
        remainder: departure / size,
    })
}

/// The tests with their null laws.
struct Tests<'a> {
    coordinate: &'a Calibrated<'a>,
    joint: &'a Calibrated<'a>,
}

struct Table<'a> {
    cell: &'a Cell,
    rows: Vec<Row>,
}

impl Table<'_> {
    fn push(&mut self, quantity: &str, noise: f64, value: f64, std_error: f64, replicates: usize) {
        self.rows.push(Row {
            part: self.cell.part,
            subject: self.cell.subject.clone(),
            quantity: quantity.to_owned(),
            noise,
            draws: self.cell.n,
            value,
            std_error,
            replicates,
        });
    }

    fn mean(&mut self, quantity: &str, noise: f64, values: &[f64]) -> Result<(), Error> {
        let summary = Summary::new(values)?;
        self.push(quantity, noise, summary.mean, summary.std_error, summary.n);
        Ok(())
    }
}

/// The readings of every replicate at every level, level by level. The draws of a replicate are
/// the same at all levels, so that curves are smooth.
fn readings(
    cell: &Cell,
    inputs: &Inputs,
    seed: Seed,
) -> Result<Vec<Vec<Reading>>, Error> {
    let subjects = subjects(cell, inputs, seed)?;
    let outputs = subjects[0].0.output().size();
    let joint = JOINT.min(outputs);
    let coordinate = Calibrated::new(&DagostinoPearson, cell.n, 1, NULL, seed.child("coordinate"))?;
    // Henze and Zirkler's statistic costs n^2: its level is known to 0.7 points.
    let joint = Calibrated::new(&HenzeZirkler, cell.n, joint, NULL / 10, seed.child("joint"))?;
    let tests = Tests {
        coordinate: &coordinate,
        joint: &joint,
    };
    let by_subject: Vec<Result<Vec<Reading>, Error>> = (subjects.par_iter().enumerate())
        .map(|(replicate, (network, image))| {
            let mut rng = seed.child("noise").child(replicate).rng();
            let noise = DMatrix::from_fn(image.len(), cell.n, |_, _| rng.sample(StandardNormal));
            (cell.levels.iter())
                .map(|&level| reading(network, image, &noise, level, &tests))
                .collect()
        })
        .collect();
    let mut by_level: Vec<Vec<Reading>> = cell.levels.iter().map(|_| Vec::new()).collect();
    for readings in by_subject {
        for (level, reading) in readings?.into_iter().enumerate() {
            by_level[level].push(reading);
        }
    }
    Ok(by_level)
}

pub(super) fn curve(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
    let mut table = Table {
        cell,
        rows: Vec::new(),
    };
    let by_level = readings(cell, inputs, seed)?;
    for (&noise, readings) in cell.levels.iter().zip(&by_level) {
        let quantities: [(&str, fn(&Reading) -> f64); 10] = [
            ("p_value", |r| r.output.p_value),
            ("rejected", |r| r.output.rejected),
            ("constant", |r| r.output.constant),
            ("k2_per_draw", |r| r.output.effect),
            ("affine_p_value", |r| r.affine.p_value),
            ("affine_rejected", |r| r.affine.rejected),
            ("affine_k2_per_draw", |r| r.affine.effect),
            ("leave", |r| r.leave),
            ("flips", |r| r.flips),
            ("remainder", |r| r.remainder),
        ];
        for (quantity, read) in quantities {
            table.mean(quantity, noise, &readings.iter().map(read).collect::<Vec<_>>())?;
        }
        let joint: Vec<f64> = readings.iter().filter_map(|r| r.joint).collect();
        let singular = readings.len() - joint.len();
        let share = singular as f64 / readings.len() as f64;
        table.push("joint_singular", noise, share, 0.0, readings.len());
        if joint.len() > 1 {
            table.mean("joint_rejected", noise, &joint)?;
        }
    }
    // The fall of the p-value along the paper's levels, replicate by replicate.
    let level = |noise: f64| {
        let index = cell.levels.iter().position(|l| l.total_cmp(&noise).is_eq());
        index.map(|index| &by_level[index])
    };
    if let (Some(low), Some(high)) = (level(super::PAPER.0), level(super::PAPER.1)) {
        let falls = |read: fn(&Reading) -> f64| -> Vec<f64> {
            (low.iter().zip(high)).map(|(low, high)| read(low) - read(high)).collect()
        };
        table.mean("p_value_fall", 0.0, &falls(|r| r.output.p_value))?;
        table.mean("affine_p_value_fall", 0.0, &falls(|r| r.affine.p_value))?;
    }
    Ok(table.rows)
}

pub(super) fn points(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
    let mut table = Table {
        cell,
        rows: Vec::new(),
    };
    let quantities: [(&str, fn(&Reading) -> f64); 3] = [
        ("p_value", |r| r.output.p_value),
        ("rejected", |r| r.output.rejected),
        ("affine_rejected", |r| r.affine.rejected),
    ];
    for (&noise, readings) in cell.levels.iter().zip(&readings(cell, inputs, seed)?) {
        for (quantity, read) in quantities {
            table.mean(quantity, noise, &readings.iter().map(read).collect::<Vec<_>>())?;
        }
    }
    Ok(table.rows)
}

/// Points of a law of the part `blind`.
fn draw(law: &str, dim: usize, n: usize, seed: Seed) -> Result<Sample, Error> {
    let mut rng = seed.rng();
    let mut points = DMatrix::from_fn(dim, n, |_, _| rng.sample::<f64, _>(StandardNormal));
    if law.starts_with("cube") {
        points.apply(|value| *value = value.signum());
    } else if law.starts_with("sign-XOR") {
        // The last sign makes the product of all signs positive: any d - 1 coordinates are
        // independent normals, all d together are not.
        for mut point in points.column_iter_mut() {
            let negative = point.iter().filter(|value| **value < 0.0).count();
            if negative % 2 == 1 {
                point[dim - 1] = -point[dim - 1];
            }
        }
    }
    Sample::new(points)
}

pub(super) fn blind(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let dim = (LAWS.iter().find(|(law, _)| *law == cell.subject))
        .map(|(_, dim)| *dim)
        .ok_or_else(|| Error::invalid("law", &cell.subject, "one of the list"))?;
    let axes = Sliced::along(&DagostinoPearson, DMatrix::identity(dim, dim), true)?;
    let directions = Sliced::random(&DagostinoPearson, DIRECTIONS, true, seed.child("directions"))?;
    let tests: [&dyn NormalityTest; 4] = [&axes, &directions, &MardiaKurtosis, &HenzeZirkler];
    let mut table = Table {
        cell,
        rows: Vec::new(),
    };
    for (name, test) in TESTS.into_iter().zip(tests) {
        let null = Calibrated::new(test, cell.n, dim, 1999, seed.child("null"))?;
        let outcome = power(
            &null,
            |n, seed| draw(&cell.subject, dim, n, seed),
            cell.n,
            cell.replicates,
            LEVEL,
            seed.child("power"),
        )?;
        let rate = outcome.rate();
        // The plus-four estimate, so that 0 and all keep an error.
        let of = outcome.replicates as f64 + 4.0;
        let smooth = (outcome.rejections as f64 + 2.0) / of;
        let std_error = (smooth * (1.0 - smooth) / of).sqrt();
        table.push(name, 0.0, rate, std_error, cell.replicates);
    }
    Ok(table.rows)
}
