use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal, StudentT};
use rayon::prelude::*;
use vicinfo::Error;
use vicinfo::experiment::Inputs;
use vicinfo::image::{Images, find, sprites};
use vicinfo::network::{Activation, Initialisation, Layer, Network, Pattern, Perceptron};
use vicinfo::record::{InputFile, read, sha256};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;
use vicinfo::stats::normality::{
    Calibrated, DagostinoPearson, HenzeZirkler, MardiaKurtosis, Moments, NormalityTest, Power,
    Sliced, power,
};

use super::{Cell, JOINT, LAWS, LEVEL, OUTPUTS, Row, TESTS};

/// Side of the sprites.
const SIDE: usize = 16;
const SPRITES: &str = "sprites";
/// Draws of the null law of a test: the level of a rejection is known to 0.2 points.
const NULL: usize = 9999;
/// The same of the joint tests, which cost the square of the points: known to 0.7 points.
const JOINT_NULL: usize = 999;
/// Degrees of freedom of the Student law beside the networks: its excess kurtosis is 3/8.
const STUDENT: f64 = 20.0;
/// Gaussian samples that check the level of the test: known to 0.3 points.
const SIZES: usize = 4096;
/// Directions of the projections.
const DIRECTIONS: usize = 32;

pub(super) fn files(inputs: &Inputs) -> Result<Vec<InputFile>, Error> {
    let mut files = Vec::new();
    if let Some(folder) = &inputs.images {
        for set in find(folder)? {
            files.extend(
                (set.digests()?.into_iter()).map(|(name, sha256)| InputFile { name, sha256 }),
            );
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
    (inputs.network.as_deref())
        .map(vicinfo::array::read_network)
        .transpose()
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
                    known: (sets.iter().map(|set| set.name.as_str()))
                        .collect::<Vec<_>>()
                        .join(", "),
                }),
            }
        }
    }
}

/// A network and an image that it takes.
type Pair = (Network<f64>, Vec<f64>);

/// Network and image of each replicate.
fn pairs(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Pair>, Error> {
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
    /// Share of the last hidden units that are rejected, of those that vary.
    hidden_rejected: Option<f64>,
    /// Whether the joint test rejects [`JOINT`] outputs; `None` where their covariance is singular.
    joint: Option<f64>,
    /// Share of draws that leave the region of the image.
    leave: f64,
    /// Share of hidden units that change their state.
    flips: f64,
    /// `E |f(X) - A X - b|^2 / E |A (X - x)|^2`.
    remainder: f64,
}

/// The name of a number and where to read it.
type Quantity = (&'static str, fn(&Reading) -> f64);

/// What the test says about coordinates, on average over those that vary.
#[derive(Clone, Copy)]
struct Coordinates {
    p_value: f64,
    rejected: f64,
    effect: f64,
    /// Share of coordinates that are constant, which no test takes.
    constant: f64,
}

fn coordinates(points: &DMatrix<f64>, calibrated: &Calibrated<'_>) -> Result<Coordinates, Error> {
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
        p_value += omnibus.p_value;
        effect += omnibus.effect_size;
        if calibrated.p_value(omnibus.statistic) <= LEVEL {
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

/// One replicate: a network, an image, and what does not depend on the level of the noise.
struct Subject {
    /// The layers up to the last hidden units.
    hidden: Network<f64>,
    /// The linear layer behind them, where there is one.
    readout: Option<Network<f64>>,
    image: Vec<f64>,
    base: DMatrix<f64>,
    home: Pattern,
    /// Noise of standard deviation 1.
    noise: DMatrix<f64>,
    /// The same through the affine map of the image.
    linear: DMatrix<f64>,
    affine: Coordinates,
}

impl Subject {
    fn new(
        network: Network<f64>,
        image: Vec<f64>,
        n: usize,
        calibrated: &Calibrated<'_>,
        seed: Seed,
    ) -> Result<Self, Error> {
        let mut rng = seed.rng();
        let noise = DMatrix::from_fn(image.len(), n, |_, _| rng.sample(StandardNormal));
        let centre = DMatrix::from_column_slice(image.len(), 1, &image);
        let (base, pieces) = network.trace(&centre)?;
        let linear = network.push(&pieces, &noise)?;
        let (hidden, readout) = match network.layers() {
            [first @ .., Layer::Linear(last)] if !first.is_empty() => {
                let hidden = Network::new(network.input(), first.to_vec())?;
                let readout = Network::new(hidden.output(), vec![Layer::Linear(last.clone())])?;
                (hidden, Some(readout))
            }
            _ => (network, None),
        };
        Ok(Self {
            home: hidden.pattern(&centre)?,
            affine: coordinates(&linear, calibrated)?,
            hidden,
            readout,
            image,
            base,
            noise,
            linear,
        })
    }

    fn reading(&self, level: f64, tests: &Tests<'_>) -> Result<Reading, Error> {
        let mut points = &self.noise * level;
        for mut point in points.column_iter_mut() {
            for (value, pixel) in point.iter_mut().zip(&self.image) {
                *value += pixel;
            }
        }
        let (hidden, pieces) = self.hidden.trace(&points)?;
        let pattern = pieces.pattern()?;
        let left = (pattern.flips(&self.home)?.into_iter())
            .filter(|&count| count > 0)
            .count();
        let (outputs, hidden_rejected) = match &self.readout {
            None => (hidden, None),
            Some(readout) => {
                let outputs = readout.apply(&hidden)?;
                let rejected = coordinates(&hidden, tests.coordinate)?.rejected;
                (outputs, Some(rejected))
            }
        };
        let (mut departure, mut size) = (0.0, 0.0);
        for (output, linear) in outputs.column_iter().zip(self.linear.column_iter()) {
            let linear = linear * level;
            departure += (output - self.base.column(0) - &linear).norm_squared();
            size += linear.norm_squared();
        }
        let joint = match &tests.joint {
            None => None,
            Some(test) => {
                let few = outputs.rows(0, JOINT.min(outputs.nrows())).into_owned();
                match test.test(&Sample::new(few)?) {
                    Ok(outcome) => Some(f64::from(u8::from(outcome.p_value <= LEVEL))),
                    Err(Error::SingularCovariance { .. }) => None,
                    Err(error) => return Err(error),
                }
            }
        };
        Ok(Reading {
            output: coordinates(&outputs, tests.coordinate)?,
            affine: self.affine,
            hidden_rejected,
            joint,
            leave: left as f64 / pattern.n() as f64,
            flips: pattern.flip_rate(&self.home)?,
            remainder: departure / size,
        })
    }
}

/// The tests with their null laws.
struct Tests<'a> {
    coordinate: &'a Calibrated<'a>,
    /// Not taken where only the coordinates matter.
    joint: Option<&'a Calibrated<'a>>,
}

struct Table<'a> {
    cell: &'a Cell,
    subject: &'a str,
    rows: Vec<Row>,
}

impl<'a> Table<'a> {
    fn new(cell: &'a Cell) -> Self {
        Self {
            cell,
            subject: &cell.subject,
            rows: Vec::new(),
        }
    }

    fn push(&mut self, quantity: &str, noise: f64, value: f64, std_error: f64, replicates: usize) {
        self.rows.push(Row {
            part: self.cell.part,
            data: self.cell.data.clone(),
            subject: self.subject.to_owned(),
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

    fn rate(&mut self, quantity: &str, power: &Power) {
        // The plus-four estimate, so that 0 and all keep an error.
        let of = power.replicates as f64 + 4.0;
        let smooth = (power.rejections as f64 + 2.0) / of;
        let std_error = (smooth * (1.0 - smooth) / of).sqrt();
        self.push(
            quantity,
            0.0,
            power.rate(),
            std_error,
            power.replicates as usize,
        );
    }
}

/// The readings of every replicate at every level, level by level. The draws of a replicate are
/// the same at all levels, so that curves are smooth.
fn readings(
    cell: &Cell,
    inputs: &Inputs,
    with_joint: bool,
    seed: Seed,
) -> Result<Vec<Vec<Reading>>, Error> {
    let pairs = pairs(cell, inputs, seed)?;
    let coordinate = Calibrated::new(&DagostinoPearson, cell.n, 1, NULL, seed.child("coordinate"))?;
    let dim = JOINT.min(pairs[0].0.output().size());
    let joint = if with_joint {
        Some(Calibrated::new(
            &HenzeZirkler,
            cell.n,
            dim,
            JOINT_NULL,
            seed.child("joint"),
        )?)
    } else {
        None
    };
    let tests = Tests {
        coordinate: &coordinate,
        joint: joint.as_ref(),
    };
    let by_subject: Vec<Result<Vec<Reading>, Error>> = (pairs.into_par_iter().enumerate())
        .map(|(replicate, (network, image))| {
            let seed = seed.child("noise").child(replicate);
            let subject = Subject::new(network, image, cell.n, &coordinate, seed)?;
            (cell.levels.iter())
                .map(|&level| subject.reading(level, &tests))
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
    let mut table = Table::new(cell);
    let by_level = readings(cell, inputs, true, seed)?;
    for (&noise, readings) in cell.levels.iter().zip(&by_level) {
        let quantities: [Quantity; 11] = [
            ("p_value", |r| r.output.p_value),
            ("rejected", |r| r.output.rejected),
            ("constant", |r| r.output.constant),
            ("k2_per_draw", |r| r.output.effect),
            ("affine_p_value", |r| r.affine.p_value),
            ("affine_rejected", |r| r.affine.rejected),
            ("affine_k2_per_draw", |r| r.affine.effect),
            ("k2_excess", |r| r.output.effect - r.affine.effect),
            ("leave", |r| r.leave),
            ("flips", |r| r.flips),
            ("remainder", |r| r.remainder),
        ];
        for (quantity, read) in quantities {
            table.mean(
                quantity,
                noise,
                &readings.iter().map(read).collect::<Vec<_>>(),
            )?;
        }
        let hidden: Vec<f64> = readings.iter().filter_map(|r| r.hidden_rejected).collect();
        if hidden.len() == readings.len() {
            table.mean("hidden_rejected", noise, &hidden)?;
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
            (low.iter().zip(high))
                .map(|(low, high)| read(low) - read(high))
                .collect()
        };
        table.mean("p_value_fall", 0.0, &falls(|r| r.output.p_value))?;
        table.mean("affine_p_value_fall", 0.0, &falls(|r| r.affine.p_value))?;
    }
    Ok(table.rows)
}

pub(super) fn points(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
    let mut table = Table::new(cell);
    let quantities: [Quantity; 3] = [
        ("p_value", |r| r.output.p_value),
        ("rejected", |r| r.output.rejected),
        ("affine_rejected", |r| r.affine.rejected),
    ];
    for (&noise, readings) in cell
        .levels
        .iter()
        .zip(&readings(cell, inputs, false, seed)?)
    {
        for (quantity, read) in quantities {
            table.mean(
                quantity,
                noise,
                &readings.iter().map(read).collect::<Vec<_>>(),
            )?;
        }
    }
    // A law slightly off the Gaussian, of which the power against n is known.
    let null = Calibrated::new(&DagostinoPearson, cell.n, 1, NULL, seed.child("coordinate"))?;
    let student = StudentT::new(STUDENT)
        .map_err(|error| Error::invalid("degrees of freedom", STUDENT, error.to_string()))?;
    let draw = |n: usize, seed: Seed| {
        let mut rng = seed.rng();
        Sample::from_points(1, (0..n).map(|_| student.sample(&mut rng)).collect())
    };
    let replicates = cell.replicates * OUTPUTS;
    let student = power(
        &null,
        draw,
        cell.n,
        replicates,
        LEVEL,
        seed.child("student"),
    )?;
    table.rate("student_rejected", &student);
    let draw = |n: usize, seed: Seed| {
        let mut rng = seed.rng();
        Sample::from_points(1, (0..n).map(|_| rng.sample(StandardNormal)).collect())
    };
    let gaussian = power(&null, draw, cell.n, SIZES, LEVEL, seed.child("gaussian"))?;
    table.rate("gaussian_rejected", &gaussian);
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
    let dim = cell.width;
    let axes = Sliced::along(&DagostinoPearson, DMatrix::identity(dim, dim), true)?;
    let directions = Sliced::random(
        &DagostinoPearson,
        DIRECTIONS,
        true,
        seed.child("directions"),
    )?;
    let tests: [&dyn NormalityTest; 4] = [&axes, &directions, &MardiaKurtosis, &HenzeZirkler];
    let mut table = Table::new(cell);
    for (name, test) in TESTS.into_iter().zip(tests) {
        let null = Calibrated::new(test, cell.n, dim, JOINT_NULL, seed.child("null"))?;
        for (law, _) in LAWS.into_iter().filter(|(_, of)| *of == dim) {
            let draw = |n: usize, seed: Seed| draw(law, dim, n, seed);
            let seed = seed.child("power").child(law);
            let outcome = power(&null, draw, cell.n, cell.replicates, LEVEL, seed)?;
            table.subject = law;
            table.rate(name, &outcome);
        }
    }
    Ok(table.rows)
}
