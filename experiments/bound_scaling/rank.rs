use nalgebra::DMatrix;
use rand::RngExt;
use rayon::prelude::*;

use vicinfo::Error;
use vicinfo::bound::complexity::{Signs, finite_class, massart};
use vicinfo::bound::{CUTOFF, Labels, Population, Radius};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::spearman;

use super::measure::{assumptions, known, replicated, row, whitened};
use super::{Cell, DIM, ENCODERS, Row};

/// Images and their classes, which every encoder sees.
struct Scene {
    signal: DMatrix<f64>,
    nuisance: DMatrix<f64>,
    labels: Labels,
}

/// Coordinates of the signal, and of the nuisance.
const INPUTS: usize = 24;
const CLASSES: usize = 4;
const POINTS: usize = 60;

impl Scene {
    fn draw(seed: Seed) -> Result<Self, Error> {
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
    fn encoder(&self, informed: bool, seed: Seed) -> Result<Population, Error> {
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
const SAID: [&str; 7] = [
    "bound",
    "c_invariance",
    "invariance",
    "residual_labelled",
    "bound of white features",
    "bound in one line",
    "risk",
];

fn say(population: &Population, n: usize, seed: Seed) -> Result<[f64; 7], Error> {
    let labelled = population.draw(n, seed.child("labelled"));
    let pairs = population.draw_positives(10 * n, seed.child("pairs"));
    let observation = population.observe(&labelled, &pairs, CUTOFF)?;
    let taken = assumptions(population, &observation)?;
    let bound = observation.bound(&taken)?;
    let white = whitened(population, seed)?;
    let white_observation = white.observe(&labelled, &pairs, CUTOFF)?;
    // The best fit has norm sqrt(d) at most there, so that one ball does for all encoders.
    let radius = Radius::Declared(1.25 * (DIM as f64).sqrt());
    let white_taken = white.assumptions(&white_observation, radius, super::DELTA)?;
    let white_bound = white_observation.bound(&white_taken)?;
    let norm = vicinfo::bound::MeanNorm::Expected(population.root_mean_square());
    let alternative = observation.alternative(&taken, norm, super::DELTA)?;
    Ok([
        known(Some(bound.total))?,
        known(bound.term("c_invariance"))?,
        observation.invariance,
        known(bound.term("residual_labelled"))?,
        known(Some(white_bound.total))?,
        known(Some(alternative.total))?,
        population.risk(&observation.labelled.weights)?,
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
            let correlations = (tables.iter())
                .map(|table| {
                    let column = |k: usize| table.iter().map(|said| said[k]).collect::<Vec<_>>();
                    spearman(&column(k), &column(risk_at))
                })
                .collect::<Result<Vec<_>, Error>>()?;
            let name = format!("spearman of {quantity}");
            rows.push(row(cell, (setting, &name), size, 0.0, &correlations)?);
            if informed {
                for said in &tables[0] {
                    let name = ("first data", quantity);
                    rows.push(row(cell, name, size, said[risk_at], &[said[k]; 2])?);
                }
            }
        }
    }
    Ok(rows)
}

/// Pairs over which complexities are averaged.
const PAIRS: usize = 500;

/// Smallest distance at which two points of an encoder count as told apart.
const APART: f64 = 1e-9;

pub(super) fn complexity(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let scene = Scene::draw(seed.child("scene"))?;
    let largest = cell.sizes.iter().copied().max().unwrap_or(1);
    let first = scene.encoder(true, seed.child("first"))?;
    let pairs = first.draw_positives(PAIRS, seed.child("pairs"));
    let points = first.features().n();
    // Distances of the pairs for each encoder, and the points that it tells apart.
    let network = |stream: Seed| {
        let population = scene.encoder(true, stream)?;
        let z = population.features().matrix();
        let values: Vec<f64> = (pairs.iter())
            .map(|&[a, b]| (z.column(a) - z.column(b)).norm())
            .collect();
        let apart = (0..points)
            .filter(|&j| (0..j).all(|i| (z.column(i) - z.column(j)).amax() > APART))
            .count();
        Ok::<_, Error>((values, apart))
    };
    // A sign for each pair: what a family of unrelated binary codes makes of distances 0 and 2, less their mean.
    let code = |stream: Seed| {
        let mut rng = stream.rng();
        let signs = (0..PAIRS).map(|_| if rng.random::<bool>() { 1.0 } else { -1.0 });
        Ok::<_, Error>((signs.collect(), points))
    };
    let mut rows = Vec::new();
    for (setting, kind) in [("networks", 0), ("other networks", 1), ("binary codes", 2)] {
        // Twice as many as needed, since a few networks merge points.
        let drawn = (0..2 * largest)
            .into_par_iter()
            .map(|f| {
                let stream = seed.child(setting).child(f);
                if kind < 2 {
                    network(stream)
                } else {
                    code(stream)
                }
            })
            .collect::<Result<Vec<(Vec<f64>, usize)>, Error>>()?;
        let members: Vec<(Vec<f64>, usize)> = (drawn.into_iter())
            .filter(|member| member.1 == points)
            .take(largest)
            .collect();
        if members.len() < largest {
            return Err(Error::TooFewPoints {
                method: "a family of encoders that tell all points apart",
                required: largest,
                actual: members.len(),
            });
        }
        for &count in &cell.sizes {
            let family = &members[..count];
            let values = DMatrix::from_fn(count, PAIRS, |f, j| family[f].0[j]);
            let signs = Signs::Drawn {
                draws: cell.replicates,
                seed: seed.child("signs").child(setting),
            };
            let drawn = finite_class(&values, signs)?;
            let bound = massart(&values)?;
            let centred = values.row_mean();
            let spread = DMatrix::from_fn(count, PAIRS, |f, j| values[(f, j)] - centred[j]);
            let mut add = |quantity: &str, mean: f64, std_error: f64| -> Result<(), Error> {
                let mut line = row(
                    cell,
                    (setting, quantity),
                    (PAIRS, PAIRS),
                    count as f64,
                    &[mean; 2],
                )?;
                line.std_error = std_error;
                line.replicates = cell.replicates;
                rows.push(line);
                Ok(())
            };
            add("complexity", drawn.mean, drawn.std_error)?;
            add("massart", bound, 0.0)?;
            add("massart_of_differences", massart(&spread)?, 0.0)?;
            add("share", drawn.mean / bound, drawn.std_error / bound)?;
            let without = bound / 2.0_f64.sqrt();
            add(
                "share_without_root_2",
                drawn.mean / without,
                drawn.std_error / without,
            )?;
            let information = (family.iter().map(|member| member.1).min().unwrap_or(0) as f64).ln();
            add("information_nats", information, 0.0)?;
        }
    }
    Ok(rows)
}
