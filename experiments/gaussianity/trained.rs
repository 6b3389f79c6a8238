//! Networks that are trained here: what the test says about representations and embeddings.

use std::path::Path;

use rayon::prelude::*;
use vicinfo::Error;
use vicinfo::experiment::Inputs;
use vicinfo::image::{Images, Source, named};
use vicinfo::network::Network;
use vicinfo::seed::Seed;
use vicinfo::training::{Course, Model, Preset, Run};

use super::measure::{Quantity, Table, coordinate};
use super::subject::{Networks, Reading, Replicates, Split, Tests, readings};
use super::twin::{above_twins, by_method};
use super::{Cell, LAYERS, PAPER, Row, Training, against, layer_of};

/// Of one network, layer by layer and level by level: the reading at each image.
type Readings = Vec<Vec<Vec<Reading>>>;

/// The images of a network: those that it is trained on, and others.
fn images(
    cell: &Cell,
    training: &Training,
    inputs: &Inputs,
    seed: Seed,
) -> Result<(Source, [Images; 2]), Error> {
    let source = match &inputs.images {
        None => Source::Sprites,
        Some(folder) => Source::Files(named(folder, &cell.data)?),
    };
    let known = match &source {
        Source::Sprites => training.known,
        // Of a small set all are trained on but those that the noise is put on.
        Source::Files(set) => training
            .known
            .min(set.read()?.n().saturating_sub(cell.replicates)),
    };
    let split = source.split(None, known, cell.replicates, seed)?;
    Ok((source, split))
}

/// The model of a method at the end of its course, trained in single precision.
fn train(
    preset: &Preset,
    training: &Training,
    source: &Source,
    known: &Images,
    seed: Seed,
) -> Result<Model<f64>, Error> {
    let mut course = Course::small(preset, source.augmentation(), known.n(), training.epochs)?;
    course.plan.encoder = training.encoder.clone();
    course.plan.projector.clone_from(&training.projector);
    let dim = course.plan.projector.last().copied().unwrap_or_default();
    course.plan.method = preset.method(dim);
    let mut run = Run::<f32>::new(course, known, seed)?;
    if preset.trained {
        run.finish()?;
    }
    let model = run.learner().model();
    Ok(Model {
        encoder: double(&model.encoder)?,
        projector: double(&model.projector)?,
    })
}

/// The same numbers in double precision.
fn double(network: &Network<f32>) -> Result<Network<f64>, Error> {
    let bytes = network.to_safetensors()?;
    Network::from_safetensors(Path::new("a network trained here"), &bytes, None)
}

/// What the test says about a network at images, with the same noise for both layers.
fn read(
    model: Model<f64>,
    images: &Images,
    cell: &Cell,
    tests: &Tests<'_>,
    seed: Seed,
) -> Result<Readings, Error> {
    let embedder = (model.encoder.clone()).followed_by(model.projector)?;
    ([model.encoder, embedder].into_iter())
        .map(|network| {
            let split = Split::new(network)?;
            let replicates = Replicates {
                networks: Networks::Same(&split),
                images: (0..images.n()).map(|i| images.intensities(i)).collect(),
            };
            readings(replicates, &cell.levels, cell.n, tests, seed)
        })
        .collect()
}

/// The readings of every network, method by method.
fn networks(
    cell: &Cell,
    training: &Training,
    presets: &[&Preset],
    inputs: &Inputs,
    seed: Seed,
) -> Result<Vec<Vec<Readings>>, Error> {
    let coordinate = coordinate(cell, seed)?;
    let tests = Tests {
        coordinate: &coordinate,
        joint: None,
    };
    let by_network: Result<Vec<Vec<Readings>>, Error> = (0..training.networks)
        .into_par_iter()
        .map(|i| {
            // All that methods share: images, first weights, views, noise.
            let seed = seed.child("network").child(i);
            let (source, [known, fresh]) = images(cell, training, inputs, seed.child("images"))?;
            (presets.par_iter())
                .map(|preset| {
                    let model = train(preset, training, &source, &known, seed.child("run"))?;
                    read(model, &fresh, cell, &tests, seed.child("noise"))
                })
                .collect::<Vec<Result<Readings, Error>>>()
                .into_iter()
                .collect::<Result<Vec<Readings>, Error>>()
        })
        .collect::<Vec<_>>()
        .into_iter()
        .collect();
    Ok(by_method(by_network?))
}

/// The mean over the images of a network.
fn mean(readings: &[Reading], read: fn(&Reading) -> f64) -> f64 {
    readings.iter().map(read).sum::<f64>() / readings.len() as f64
}

/// The mean share over the images of a network, at each of the levels of rejection, where every image has one.
fn mean_share(readings: &[Reading], read: Share) -> Option<[f64; 3]> {
    let shares: Vec<[f64; 3]> = readings.iter().map(read).collect::<Option<_>>()?;
    let mean = |level: usize| shares.iter().map(|share| share[level]).sum::<f64>();
    Some([0, 1, 2].map(|level| mean(level) / shares.len() as f64))
}

/// Where to read a share of rejections that not every network has.
type Share = fn(&Reading) -> Option<[f64; 3]>;

/// One layer of the networks of one method.
struct Layer<'a> {
    networks: &'a [Readings],
    layer: usize,
}

impl Layer<'_> {
    /// One number a network: the mean over its images at a level.
    fn at(&self, level: usize, read: fn(&Reading) -> f64) -> Vec<f64> {
        (self.networks.iter())
            .map(|network| mean(&network[self.layer][level], read))
            .collect()
    }

    fn shares(&self, level: usize, read: Share) -> Option<Vec<[f64; 3]>> {
        (self.networks.iter())
            .map(|network| mean_share(&network[self.layer][level], read))
            .collect()
    }

    /// One number a network: the mean over its images and the levels of the paper.
    fn over_paper(&self, levels: &[f64], read: fn(&Reading) -> f64) -> Vec<f64> {
        let paper: Vec<usize> = (0..levels.len())
            .filter(|&level| levels[level] >= PAPER.0)
            .collect();
        let mut sums = vec![0.0; self.networks.len()];
        for &level in &paper {
            let values = self.at(level, read);
            sums.iter_mut()
                .zip(values)
                .for_each(|(sum, value)| *sum += value);
        }
        sums.iter().map(|sum| sum / paper.len() as f64).collect()
    }
}

const OUTPUT: fn(&Reading) -> f64 = |r| r.output.p_value;
const AFFINE: fn(&Reading) -> f64 = |r| r.affine.p_value;

pub(super) fn measure(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
    let Some(training) = &cell.training else {
        return Ok(Vec::new());
    };
    let presets: Vec<&Preset> = (training.methods.iter())
        .map(|method| Preset::named(method))
        .collect::<Result<_, _>>()?;
    let by_method = networks(cell, training, &presets, inputs, seed)?;
    let mut table = Table::new(cell);
    for (layer, name) in LAYERS.into_iter().enumerate() {
        let layers: Vec<(&str, Layer)> = (presets.iter().zip(&by_method))
            .map(|(preset, networks)| (preset.label, Layer { networks, layer }))
            .collect();
        for (i, (label, own)) in layers.iter().enumerate() {
            table.subject = layer_of(label, name);
            curve(&mut table, cell, own)?;
            // Each from the same first weights, on the same images with the same noise.
            for (other_label, other) in &layers[..i] {
                table.subject = layer_of(&against(label, other_label), name);
                compare(&mut table, cell, own, other)?;
            }
        }
    }
    Ok(table.rows)
}

/// What the test says about one layer of the networks of one method, and what the noise does.
fn curve(table: &mut Table, cell: &Cell, layer: &Layer) -> Result<(), Error> {
    let quantities: [Quantity; 6] = [
        ("p_value", OUTPUT),
        ("affine_p_value", AFFINE),
        ("constant", |r| r.output.constant),
        ("leave", |r| r.leave),
        ("flips", |r| r.flips),
        ("remainder", |r| r.remainder),
    ];
    let shares: [(&str, Share); 3] = [
        ("rejected", |r| Some(r.output.rejected)),
        ("affine_rejected", |r| Some(r.affine.rejected)),
        ("hidden_rejected", |r| r.hidden_rejected),
    ];
    for (level, &noise) in cell.levels.iter().enumerate() {
        for (quantity, read) in quantities {
            table.mean(quantity, noise, &layer.at(level, read))?;
        }
        for (quantity, read) in shares {
            if let Some(shares) = layer.shares(level, read) {
                table.rejected(quantity, noise, &shares)?;
            }
        }
    }
    let level = |noise: f64| (cell.levels.iter()).position(|l| l.total_cmp(&noise).is_eq());
    if let (Some(low), Some(high)) = (level(PAPER.0), level(PAPER.1)) {
        for (quantity, read) in [("p_value_fall", OUTPUT), ("affine_p_value_fall", AFFINE)] {
            let (before, after) = (layer.at(low, read), layer.at(high, read));
            let fall: Vec<f64> = before.iter().zip(after).map(|(p, q)| p - q).collect();
            table.mean(quantity, 0.0, &fall)?;
        }
    }
    Ok(())
}

/// How much higher the p-values of a method are than another's, network by network, on average over the paper's
/// levels; and the same with the affine maps in place of the one, or, at the largest noise, of the other.
fn compare(table: &mut Table, cell: &Cell, own: &Layer, other: &Layer) -> Result<(), Error> {
    for (level, &noise) in cell.levels.iter().enumerate() {
        let above = above_twins(&own.at(level, OUTPUT), &other.at(level, OUTPUT));
        table.mean("p_value_above", noise, &above)?;
        // Where a network is farthest from its affine maps.
        if noise.total_cmp(&PAPER.1).is_eq() {
            let above = above_twins(&own.at(level, AFFINE), &other.at(level, OUTPUT));
            table.mean("affine_p_value_above", noise, &above)?;
        }
    }
    let mean = |layer: &Layer, read| layer.over_paper(&cell.levels, read);
    for (quantity, values) in [
        (
            "p_value_above",
            above_twins(&mean(own, OUTPUT), &mean(other, OUTPUT)),
        ),
        (
            "p_value_above_affine",
            above_twins(&mean(own, OUTPUT), &mean(other, AFFINE)),
        ),
    ] {
        table.mean(quantity, 0.0, &values)?;
    }
    Ok(())
}
