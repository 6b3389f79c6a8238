use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::experiment::Inputs;
use vicinfo::objective::{
    self, LogDet,
    reading::{NtXentReading, log_mean_exp},
};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;
use vicinfo::training::{Preset, views};

use super::{Cell, Row};

/// Pairs on which the readings are compared: their sums hold all pairs of points.
const PAIRS: usize = 128;
/// The temperature of the SimCLR that is trained.
const TEMPERATURE: f64 = 0.2;
/// Standard deviation of a component of the pairwise entropy on the sphere.
const STD: f64 = 0.5;

fn row(cell: &Cell, quantity: impl Into<String>, value: f64) -> Row {
    Row {
        part: cell.part,
        data: cell.trial.data.clone(),
        method: cell.trial.method.to_owned(),
        replicate: cell.trial.replicate,
        quantity: quantity.into(),
        value,
    }
}

pub(super) fn training(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
    let trial = &cell.trial;
    let monitor = trial.monitor(&inputs.source()?, seed)?;
    let mut run = trial.run::<f32>(&monitor, seed)?;
    if Preset::named(trial.method)?.trained {
        run.finish()?;
    }
    let model = run.learner().model();
    let readings = if cell.diagnostics {
        monitor.measure(model)?
    } else {
        monitor.labelled(model)?
    };
    let mut rows = Vec::new();
    for reading in readings {
        // What is not said of a collapsed embedding is not in the table.
        match reading.value {
            Err(Error::Collapsed { .. }) => {}
            value => rows.push(row(cell, reading.name, value?)),
        }
    }
    Ok(rows)
}

/// The identities on embeddings of two views of fresh images, by networks after an epoch.
pub(super) fn reading(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
    let monitor = cell.trial.monitor(&inputs.source()?, seed)?;
    let mut run = cell.trial.run::<f32>(&monitor, seed)?;
    run.finish()?;
    let fresh = &monitor.fresh;
    let places: Vec<usize> = (0..fresh.n().min(PAIRS)).collect();
    let embed = |label: &str| {
        let points = views::<f32>(fresh, &places, &monitor.augmentation, seed.child(label));
        Sample::new(run.learner().model().embed(&points)?.map(f64::from))
    };
    let pair = Paired::new(embed("first")?, embed("second")?)?;
    let mut rows = Vec::new();
    let mut compare = |quantity: &str, objective: f64, reading: f64| {
        let scale = 1.0 + objective.abs();
        rows.push(row(cell, quantity, (objective - reading).abs() / scale));
    };

    let loss = |name: &str| Ok::<_, Error>(objective::parse(name)?.evaluate(&pair)?.value);
    let simclr = loss(&format!("nt_xent(temperature={TEMPERATURE})"))?;
    compare(
        "nt_xent",
        simclr,
        NtXentReading::new(&pair, TEMPERATURE)?.loss(),
    );
    compare(
        "nt_xent, wrong temperature",
        simclr,
        NtXentReading::new(&pair, 2.0 * TEMPERATURE)?.loss(),
    );

    let units = directions(&pair.x)?;
    let twice = Paired::new(units.clone(), units.clone())?;
    let entropy = -objective::parse(&format!("pair_dist(bound=kl,std={STD})"))?
        .evaluate(&twice)?
        .value;
    let contrastive = |temperature: f64| {
        let variance = STD * STD;
        let component = 0.5
            * units.dim() as f64
            * (std::f64::consts::TAU * std::f64::consts::E * variance).ln();
        Ok::<_, Error>(component + 1.0 / variance - log_mean_exp(&units, temperature)?)
    };
    compare("pair_dist", entropy, contrastive(STD * STD)?);
    compare(
        "pair_dist, wrong temperature",
        entropy,
        contrastive(2.0 * STD * STD)?,
    );

    // 25 times the mean square of the difference is a Gaussian likelihood of variance d / 50, up to its constant.
    let dim = pair.x.dim() as f64;
    let invariance = loss("vicreg(variance=0,covariance=0)")?;
    compare("invariance", invariance, gaussian(&pair, dim / 50.0));
    compare(
        "invariance, wrong variance",
        invariance,
        gaussian(&pair, dim / 25.0),
    );

    let epsilon = 0.01;
    let log_det = -loss(&format!("log_det(epsilon={epsilon})"))?;
    let moments = (second_moments(&pair.x, epsilon)? + second_moments(&pair.y, epsilon)?) / 2.0;
    compare("log_det", log_det, moments);
    let wider = (LogDet::new(2.0 * epsilon)?.entropy(&pair.x)?.value
        + LogDet::new(2.0 * epsilon)?.entropy(&pair.y)?.value)
        / 2.0;
    compare("log_det, wrong epsilon", log_det, wider);
    Ok(rows)
}

/// Every point over its length.
fn directions(sample: &Sample) -> Result<Sample, Error> {
    let mut points = sample.matrix().clone();
    for (i, mut point) in points.column_iter_mut().enumerate() {
        let length = point.norm();
        if length == 0.0 {
            return Err(Error::ZeroVector {
                what: "the embeddings",
                point: i,
            });
        }
        point /= length;
    }
    Sample::new(points)
}

/// Mean of `-ln N(z; z', variance I)` less its constant, from squared distances point by point.
fn gaussian(pair: &Paired, variance: f64) -> f64 {
    let squares = (pair.x.points().zip(pair.y.points())).map(|(z, other)| {
        z.iter()
            .zip(other)
            .map(|(a, b)| (a - b).powi(2))
            .sum::<f64>()
            / (2.0 * variance)
    });
    squares.sum::<f64>() / pair.x.n() as f64
}

/// `(1/2) ln det(epsilon I + C)` from the eigenvalues of the covariance.
fn second_moments(sample: &Sample, epsilon: f64) -> Result<f64, Error> {
    let mean = sample.matrix().column_mean();
    let mut centred = sample.matrix().clone();
    for mut point in centred.column_iter_mut() {
        point -= &mean;
    }
    let covariance: DMatrix<f64> = &centred * centred.transpose() / (sample.n() - 1) as f64;
    let eigenvalues = vicinfo::linalg::symmetric_eigenvalues(&covariance)?;
    Ok(0.5
        * eigenvalues
            .iter()
            .map(|value| (value + epsilon).ln())
            .sum::<f64>())
}

/// The probes: name of the quantity, and what it is.
pub(super) const PROBES: [(&str, &str); 3] = [
    ("linear_accuracy", "linear probe, all labels"),
    ("few_labels_accuracy", "linear probe, 500 labels"),
    ("neighbour_accuracy", "20 nearest neighbours"),
];
