use std::f64::consts::{SQRT_2, TAU};
use std::path::Path;

use libm::erfc;
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal, StudentT};
use rayon::prelude::*;
use vicinfo::Error;
use vicinfo::experiment::Inputs;
use vicinfo::image::{DataSet, Images, find, named, sprites};
use vicinfo::network::{Activation, Initialisation, Layer, Linear, Network, Perceptron, Shape};
use vicinfo::record::{InputFile, read, sha256};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;
use vicinfo::stats::normality::{
    Calibrated, DagostinoPearson, HenzeZirkler, MardiaKurtosis, NormalityTest, Sliced,
};

use super::subject::{Networks, Reading, Replicates, Split, Tests, readings, rejections};
use super::{Cell, FACE_DISTANCES, JOINT, LAWS, OUTPUTS, Row, TESTS};

/// Side of the sprites.
const SIDE: usize = 16;
pub(super) const SPRITES: &str = "sprites";
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
        for set in sets(folder, inputs)? {
            files.extend(set.digests()?.into_iter().map(InputFile::from));
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

/// The data sets of a folder, or the one of them that is named.
fn sets(folder: &Path, inputs: &Inputs) -> Result<Vec<DataSet>, Error> {
    match &inputs.dataset {
        None => find(folder),
        Some(name) => Ok(vec![named(folder, name)?]),
    }
}

/// The data sets that the networks can take.
pub(super) fn data_sets(inputs: &Inputs) -> Result<Vec<String>, Error> {
    let Some(folder) = &inputs.images else {
        if let Some(network) = given(inputs)? {
            require_pixels(SPRITES, SIDE * SIDE, &network)?;
        }
        return Ok(vec![SPRITES.to_owned()]);
    };
    let sets = sets(folder, inputs)?;
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

/// The image of each replicate: of the sprites, which are drawn for this, one each; of a data set any one,
/// drawn with replacement.
fn images(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Vec<f64>>, Error> {
    let replicates = 0..cell.replicates;
    let Some(folder) = &inputs.images else {
        let sprites = sprites(cell.replicates, SIDE, seed.child("sprites"))?.0;
        return Ok(replicates.map(|i| sprites.intensities(i)).collect());
    };
    let images: Images = named(folder, &cell.data)?.read()?;
    let mut rng = seed.child("image").rng();
    Ok(replicates
        .map(|_| images.intensities(rng.random_range(0..images.n())))
        .collect())
}

/// The readings of networks at images, level by level.
fn networks(
    cell: &Cell,
    inputs: &Inputs,
    coordinate: &Calibrated<'_>,
    with_joint: bool,
    seed: Seed,
) -> Result<Vec<Vec<Reading>>, Error> {
    let images = images(cell, inputs, seed)?;
    let given = given(inputs)?.map(Split::new).transpose()?;
    let dim = JOINT.min(given.as_ref().map_or(OUTPUTS, Split::outputs));
    let joint = if with_joint {
        let seed = seed.child("joint");
        Some(Calibrated::new(
            &HenzeZirkler,
            cell.n,
            dim,
            JOINT_NULL,
            seed,
        )?)
    } else {
        None
    };
    let pixels = images.first().map_or(0, Vec::len);
    let network = |replicate: usize| {
        Perceptron {
            widths: vec![pixels, cell.width, cell.width, OUTPUTS],
            activation: Activation::Relu,
            initialisation: Initialisation::He,
            bias: 0.1,
        }
        .network(seed.child("network").child(replicate))
    };
    let networks = match &given {
        Some(split) => Networks::Same(split),
        None => Networks::Own(&network),
    };
    let replicates = Replicates { networks, images };
    let tests = Tests {
        coordinate,
        joint: joint.as_ref(),
    };
    readings(
        replicates,
        &cell.levels,
        cell.n,
        &tests,
        seed.child("noise"),
    )
}

/// The null law of the test of the coordinates.
pub(super) fn coordinate(cell: &Cell, seed: Seed) -> Result<Calibrated<'static>, Error> {
    Calibrated::new(&DagostinoPearson, cell.n, 1, NULL, seed.child("coordinate"))
}

/// The name of a number and where to read it.
pub(super) type Quantity = (&'static str, fn(&Reading) -> f64);
/// The name of a share of rejections and where to read it.
type Rejected = (&'static str, fn(&Reading) -> [f64; 3]);

pub(super) struct Table<'a> {
    cell: &'a Cell,
    pub(super) subject: String,
    pub(super) rows: Vec<Row>,
}

impl<'a> Table<'a> {
    pub(super) fn new(cell: &'a Cell) -> Self {
        Self {
            cell,
            subject: cell.subject.clone(),
            rows: Vec::new(),
        }
    }

    fn push(&mut self, quantity: &str, noise: f64, value: f64, std_error: f64, replicates: usize) {
        self.rows.push(Row {
            part: self.cell.part,
            data: self.cell.data.clone(),
            subject: self.subject.clone(),
            quantity: quantity.to_owned(),
            noise,
            draws: self.cell.n,
            value,
            std_error,
            replicates,
        });
    }

    pub(super) fn mean(&mut self, quantity: &str, noise: f64, values: &[f64]) -> Result<(), Error> {
        let summary = Summary::new(values)?;
        self.push(quantity, noise, summary.mean, summary.std_error, summary.n);
        Ok(())
    }

    fn means(
        &mut self,
        quantities: &[Quantity],
        noise: f64,
        readings: &[Reading],
    ) -> Result<(), Error> {
        for (quantity, read) in quantities {
            let values: Vec<f64> = readings.iter().map(read).collect();
            self.mean(quantity, noise, &values)?;
        }
        Ok(())
    }

    /// A mean share of rejections, one share a replicate at each of the three levels.
    pub(super) fn rejected(
        &mut self,
        quantity: &str,
        noise: f64,
        shares: &[[f64; 3]],
    ) -> Result<(), Error> {
        let at = |level: usize| -> Vec<f64> { shares.iter().map(|share| share[level]).collect() };
        let summary = Summary::new(&at(1))?;
        let std_error = summary.std_error.hypot(of_the_null(shares));
        self.push(quantity, noise, summary.mean, std_error, summary.n);
        Ok(())
    }

    /// A share of replicates.
    fn share(&mut self, quantity: &str, noise: f64, hits: &[[f64; 3]]) {
        let (of, sum) = (
            hits.len() as f64,
            hits.iter().map(|hit| hit[1]).sum::<f64>(),
        );
        // The plus-four estimate, so that 0 and all keep an error.
        let smooth = (sum + 2.0) / (of + 4.0);
        let sampling = (smooth * (1.0 - smooth) / (of + 4.0)).sqrt();
        let std_error = sampling.hypot(of_the_null(hits));
        self.push(quantity, noise, sum / of, std_error, hits.len());
    }
}

/// Half of what a rate changes by between the outer levels, which are a standard error of the level to both
/// sides: the standard error that the finite null law gives it.
fn of_the_null(shares: &[[f64; 3]]) -> f64 {
    let change: f64 = shares.iter().map(|share| share[2] - share[0]).sum();
    change / (2.0 * shares.len() as f64)
}

pub(super) fn curve(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
    let mut table = Table::new(cell);
    let coordinate = coordinate(cell, seed)?;
    let by_level = networks(cell, inputs, &coordinate, true, seed)?;
    let quantities: [Quantity; 9] = [
        ("p_value", |r| r.output.p_value),
        ("constant", |r| r.output.constant),
        ("k2_per_draw", |r| r.output.effect),
        ("affine_p_value", |r| r.affine.p_value),
        ("affine_k2_per_draw", |r| r.affine.effect),
        ("k2_excess", |r| r.output.effect - r.affine.effect),
        ("leave", |r| r.leave),
        ("flips", |r| r.flips),
        ("remainder", |r| r.remainder),
    ];
    let shares: [Rejected; 2] = [
        ("rejected", |r| r.output.rejected),
        ("affine_rejected", |r| r.affine.rejected),
    ];
    for (&noise, readings) in cell.levels.iter().zip(&by_level) {
        table.means(&quantities, noise, readings)?;
        for (quantity, read) in shares {
            table.rejected(
                quantity,
                noise,
                &readings.iter().map(read).collect::<Vec<_>>(),
            )?;
        }
        let hidden: Vec<_> = readings.iter().filter_map(|r| r.hidden_rejected).collect();
        if hidden.len() == readings.len() {
            table.rejected("hidden_rejected", noise, &hidden)?;
        }
        let singular = |r: &Reading| [f64::from(u8::from(r.joint.is_none())); 3];
        let singular: Vec<_> = readings.iter().map(singular).collect();
        table.share("joint_singular", noise, &singular);
        let joint: Vec<_> = readings.iter().filter_map(|r| r.joint).collect();
        if joint.len() > 1 {
            table.share("joint_rejected", noise, &joint);
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

/// A network of one hidden unit, whose face lies at distance 1 from the image in a random direction.
fn one_face(image: &[f64], seed: Seed) -> Result<Network<f64>, Error> {
    let mut rng = seed.rng();
    let direction: DMatrix<f64> =
        DMatrix::from_fn(1, image.len(), |_, _| rng.sample(StandardNormal));
    let direction = direction.normalize();
    let here = (direction.iter().zip(image))
        .map(|(u, x)| u * x)
        .sum::<f64>();
    let unit = Linear::new(direction, Some(DVector::from_element(1, 1.0 - here)))?;
    let readout = Linear::new(DMatrix::from_element(1, 1, 1.0), None)?;
    let layers = vec![
        Layer::Linear(unit),
        Layer::Activation(Activation::Relu),
        Layer::Linear(readout),
    ];
    Network::new(Shape::vector(image.len()), layers)
}

/// Settings with known answers: a network with one face, `a` standard deviations of the noise away.
///
/// The noise leaves the region of the image with probability `Phi(-a)`, and the squared departure from
/// the affine map is `E (g + a)^2 1(g < -a) = (1 + a^2) Phi(-a) - a phi(a)` of its variance.
pub(super) fn face(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let mut table = Table::new(cell);
    let coordinate = coordinate(cell, seed)?;
    let images = images(cell, &Inputs::default(), seed)?;
    let network =
        |replicate: usize| one_face(&images[replicate], seed.child("network").child(replicate));
    let replicates = Replicates {
        networks: Networks::Own(&network),
        images: images.clone(),
    };
    let tests = Tests {
        coordinate: &coordinate,
        joint: None,
    };
    let by_level = readings(
        replicates,
        &cell.levels,
        cell.n,
        &tests,
        seed.child("noise"),
    )?;
    let quantities: [Quantity; 2] = [("leave", |r| r.leave), ("remainder", |r| r.remainder)];
    for ((&noise, a), readings) in cell.levels.iter().zip(FACE_DISTANCES).zip(&by_level) {
        table.means(&quantities, noise, readings)?;
        let beyond = 0.5 * erfc(a / SQRT_2);
        let density = (-0.5 * a * a).exp() / TAU.sqrt();
        let remainder = (1.0 + a * a) * beyond - a * density;
        table.push("leave_exact", noise, beyond, 0.0, cell.replicates);
        table.push("remainder_exact", noise, remainder, 0.0, cell.replicates);
    }
    Ok(table.rows)
}

/// How often a calibrated test rejects samples of a law, one after the other.
fn rates(
    test: &Calibrated<'_>,
    draw: impl Fn(Seed) -> Result<Sample, Error> + Sync,
    replicates: usize,
    seed: Seed,
) -> Result<Vec<[f64; 3]>, Error> {
    let hits: Vec<Result<[f64; 3], Error>> = (0..replicates)
        .into_par_iter()
        .map(|replicate| {
            let outcome = test.test(&draw(seed.child(replicate))?)?;
            Ok(rejections(outcome.p_value, test))
        })
        .collect();
    hits.into_iter().collect()
}

pub(super) fn points(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
    let mut table = Table::new(cell);
    let null = coordinate(cell, seed)?;
    let by_level = networks(cell, inputs, &null, false, seed)?;
    let shares: [Rejected; 2] = [
        ("rejected", |r| r.output.rejected),
        ("affine_rejected", |r| r.affine.rejected),
    ];
    for (&noise, readings) in cell.levels.iter().zip(&by_level) {
        table.means(&[("p_value", |r| r.output.p_value)], noise, readings)?;
        for (quantity, read) in shares {
            table.rejected(
                quantity,
                noise,
                &readings.iter().map(read).collect::<Vec<_>>(),
            )?;
        }
    }
    // A law slightly off the Gaussian, of which the power against n is known.
    let student = StudentT::new(STUDENT)
        .map_err(|error| Error::invalid("degrees of freedom", STUDENT, error.to_string()))?;
    let draw = |seed: Seed| {
        let mut rng = seed.rng();
        Sample::from_points(1, (0..cell.n).map(|_| student.sample(&mut rng)).collect())
    };
    let replicates = cell.replicates * OUTPUTS;
    let student = rates(&null, draw, replicates, seed.child("student"))?;
    table.share("student_rejected", 0.0, &student);
    let draw = |seed: Seed| {
        let mut rng = seed.rng();
        let values = (0..cell.n).map(|_| rng.sample(StandardNormal));
        Sample::from_points(1, values.collect())
    };
    let gaussian = rates(&null, draw, SIZES, seed.child("gaussian"))?;
    table.share("gaussian_rejected", 0.0, &gaussian);
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
            let draw = |seed: Seed| draw(law, dim, cell.n, seed);
            let hits = rates(&null, draw, cell.replicates, seed.child("power").child(law))?;
            law.clone_into(&mut table.subject);
            table.share(name, 0.0, &hits);
        }
    }
    Ok(table.rows)
}
