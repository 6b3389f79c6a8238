use nalgebra::DMatrix;
use rand::RngExt;
use rand::seq::SliceRandom;
use rayon::prelude::*;

use vicinfo::Error;
use vicinfo::bound::{CUTOFF, Labels, LeastSquares, Population, Radius, losses};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::spearman;

use super::measure::{assumptions, known, replicated, row, whitened};
use super::{Cell, DIM, ENCODERS, Row};

/// Images and their classes, which every encoder sees.
pub(super) struct Scene {
    signal: DMatrix<f64>,
    nuisance: DMatrix<f64>,
    labels: Labels,
}

/// Coordinates of the signal, and of the nuisance.
const INPUTS: usize = 24;
const CLASSES: usize = 4;
const POINTS: usize = 60;

impl Scene {
    pub fn draw(seed: Seed) -> Result<Self, Error> {
        let count = CLASSES * POINTS;
        let means = seed.child("means").normal_matrix(INPUTS, CLASSES);
        let noise = seed.child("noise").normal_matrix(INPUTS, count);
        let of: Vec<usize> = (0..count).map(|j| j / POINTS).collect();
        Ok(Self {
            signal: DMatrix::from_fn(INPUTS, count, |i, j| {
                means[(i, of[j])] + 0.5 * noise[(i, j)]
            }),
            nuisance: seed.child("nuisance").normal_matrix(INPUTS, count),
            labels: Labels::new(of, (0..CLASSES).map(|k| k.to_string()).collect())?,
        })
    }

    /// One or two layers of ReLU units, of random width and biases, that see signal and nuisance in a random proportion
    /// (`informed`), or the nuisance alone.
    pub fn encoder(&self, informed: bool, seed: Seed) -> Result<Population, Error> {
        let mut rng = seed.child("design").rng();
        let share = if informed { rng.random::<f64>() } else { 0.0 };
        let width = [16, 32, 64][rng.random_range(0..3)];
        let hidden = rng.random::<bool>();
        let bias = rng.random::<f64>();
        let mut layer = &self.signal * share.sqrt() + &self.nuisance * (1.0 - share).sqrt();
        let sizes = if hidden { vec![width, DIM] } else { vec![DIM] };
        for (l, size) in sizes.into_iter().enumerate() {
            let inputs = layer.nrows() as f64;
            let stream = seed.child("layer").child(l);
            let weights =
                stream.child("weights").normal_matrix(size, layer.nrows()) / inputs.sqrt();
            let shifts = stream.child("biases").normal_matrix(size, 1);
            layer = weights * layer;
            for (mut row, shift) in layer.row_iter_mut().zip(shifts.iter()) {
                row.add_scalar_mut(bias * shift);
            }
            layer.apply(|v| *v = v.max(0.0));
        }
        let scale = (layer.ncols() as f64).sqrt() / layer.norm();
        Population::new(Sample::new(layer * scale)?, self.labels.clone(), None)
    }
}

/// What is said of an encoder, and its risk last.
const SAID: [&str; 9] = [
    "bound",
    "c_invariance",
    "invariance",
    "residual_labelled",
    "bound of white features",
    "bound in one line",
    SHUFFLED,
    HELD_OUT,
    "risk",
];
/// How many of them are drawn against the risk.
const DRAWN: usize = 6;
/// What is asked of encoders that do not see the classes.
const OF_BLIND: [&str; 2] = ["residual_labelled", "bound of white features"];
/// What cannot rank them: how well the same points are fitted to each other's classes.
pub(super) const SHUFFLED: &str = "residual of shuffled classes";
/// What must: the mean loss on points that were not fitted, as many as pairs.
pub(super) const HELD_OUT: &str = "loss on other points";

fn say(population: &Population, n: usize, seed: Seed) -> Result<[f64; SAID.len()], Error> {
    let labelled = population.draw(n, seed.child("labelled"));
    let pairs = population.draw_positives(10 * n, seed.child("pairs"));
    let observation = population.observe(&labelled, &pairs, CUTOFF)?;
    let taken = assumptions(population, &observation)?;
    let bound = observation.bound(&taken)?;
    let white = whitened(population)?;
    let white_observation = white.observe(&labelled, &pairs, CUTOFF)?;
    // The best fit has norm sqrt(d) at most there, so that one ball does for all encoders.
    let radius = Radius::Declared(1.25 * (DIM as f64).sqrt());
    let white_taken = white.assumptions(&white_observation, radius, super::DELTA)?;
    let white_bound = white_observation.bound(&white_taken)?;
    let norm = vicinfo::bound::MeanNorm::Expected(population.root_mean_square());
    let alternative = observation.alternative(&taken, norm, super::DELTA)?;
    let weights = &observation.labelled.weights;
    let mut shuffled = labelled.clone();
    shuffled.shuffle(&mut seed.child("shuffled").rng());
    let blind = LeastSquares::new(
        &population.features().select(&labelled)?,
        &population.labels().select(&shuffled)?.one_hot(),
        CUTOFF,
    )?;
    let others = population.draw(10 * n, seed.child("others"));
    let other_losses = losses(
        weights,
        &population.features().select(&others)?,
        &population.labels().select(&others)?.one_hot(),
    )?;
    Ok([
        known(Some(bound.total))?,
        known(bound.term("c_invariance"))?,
        observation.invariance,
        known(bound.term("residual_labelled"))?,
        known(Some(white_bound.total))?,
        known(Some(alternative.total))?,
        blind.root_mean_square(),
        other_losses.iter().sum::<f64>() / other_losses.len() as f64,
        population.risk(weights)?,
    ])
}

pub(super) fn encoders(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let n = cell.sizes[0];
    let size = (n, 10 * n);
    let mut rows = Vec::new();
    for (setting, informed) in [("encoders", true), ("blind encoders", false)] {
        let tables = replicated(cell.replicates, seed.child("data"), |seed| {
            let scene = Scene::draw(seed.child("scene"))?;
            (0..ENCODERS)
                .into_par_iter()
                .map(|e| {
                    let stream = seed.child(setting).child(e);
                    let population = scene.encoder(informed, stream)?;
                    // All encoders see the same points and pairs.
                    say(&population, n, seed.child("draw"))
                })
                .collect::<Result<Vec<_>, Error>>()
        })?;
        let risk_at = SAID.len() - 1;
        for (k, quantity) in SAID.into_iter().enumerate().take(risk_at) {
            if !informed && !OF_BLIND.contains(&quantity) {
                continue;
            }
            let correlations = (tables.iter())
                .map(|table| {
                    let column = |k: usize| table.iter().map(|said| said[k]).collect::<Vec<_>>();
                    spearman(&column(k), &column(risk_at))
                })
                .collect::<Result<Vec<_>, Error>>()?;
            let name = format!("spearman of {quantity}");
            rows.push(row(cell, (setting, &name), size, 0.0, &correlations)?);
            if informed && k < DRAWN {
                for said in &tables[0] {
                    let name = ("first data", quantity);
                    rows.push(row(cell, name, size, said[risk_at], &[said[k]; 2])?);
                }
            }
        }
    }
    Ok(rows)
}
