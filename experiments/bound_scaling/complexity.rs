//! Rademacher averages against the bounds on them.

use nalgebra::DMatrix;
use rand::RngExt;
use rayon::prelude::*;

use vicinfo::Error;
use vicinfo::bound::complexity::{NormBounded, Signs, finite_class, linear, massart, maurer};
use vicinfo::network::{Activation, Initialisation, Perceptron};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

use super::measure::{replicated, row};
use super::rank::Scene;
use super::{Cell, Row};

/// Pairs over which complexities are averaged.
const PAIRS: usize = 500;

/// Smallest distance at which two points of an encoder count as told apart.
const APART: f64 = 1e-9;

pub(super) fn finite(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
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
            let information = (family.iter().map(|member| member.1).min().unwrap_or(0) as f64).ln();
            add("information_nats", information, 0.0)?;
        }
    }
    Ok(rows)
}

pub(super) const LINEAR: &str = "linear functions, 8 coordinates";
pub(super) const ONE_COORDINATE: &str = "linear functions, 1 coordinate";
pub(super) const LOSSES: &str = "losses";
pub(super) const UNSEEKING: &str = "losses, weights not sought";

/// Signs drawn for each set of points.
const SIGNS: usize = 100;
/// Classes of the losses.
const CLASSES: usize = 4;
/// Coordinates of their points.
const COORDINATES: usize = 8;
/// Radius of the ball, the norm of weights that tell four classes from white features of mean square 1.
const RADIUS: f64 = 2.0;

pub(super) fn linear_maps(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for &m in &cell.sizes {
        for (setting, dim) in [(LINEAR, COORDINATES), (ONE_COORDINATE, 1)] {
            let stream = seed.child(setting).child(m);
            let shares = replicated(cell.replicates, stream, |seed| {
                let points = Sample::new(seed.child("points").normal_matrix(dim, m))?;
                let squares: f64 = points.coordinates().iter().map(|v| v * v).sum();
                let signs = Signs::Drawn {
                    draws: SIGNS,
                    seed: seed.child("signs"),
                };
                let bound = (squares / m as f64).sqrt();
                Ok(linear(&points, 1.0, 1, signs)?.mean / bound)
            })?;
            rows.push(row(cell, (setting, "share"), (0, m), 0.0, &shares)?);
        }
        let stream = seed.child(LOSSES).child(m);
        let shares = replicated(cell.replicates, stream, |seed| {
            Losses::draw(m, seed).shares(seed)
        })?;
        for (k, setting) in [LOSSES, UNSEEKING].into_iter().enumerate() {
            let values: Vec<f64> = shares.iter().map(|s| s[k]).collect();
            rows.push(row(cell, (setting, "share"), (0, m), 0.0, &values)?);
        }
    }
    Ok(rows)
}

/// `m^(-1/2) sum_j xi_j |W z_j - y_j|` for one draw of points, classes and signs.
struct Losses {
    points: DMatrix<f64>,
    targets: DMatrix<f64>,
    signs: Vec<f64>,
}

impl Losses {
    /// Normal points of mean square 1, whose classes say nothing of them.
    fn draw(m: usize, seed: Seed) -> Self {
        let mut rng = seed.child("classes and signs").rng();
        let classes: Vec<usize> = (0..m).map(|_| rng.random_range(0..CLASSES)).collect();
        Self {
            points: seed.child("points").normal_matrix(COORDINATES, m)
                / (COORDINATES as f64).sqrt(),
            targets: DMatrix::from_fn(CLASSES, m, |k, j| f64::from(u8::from(classes[j] == k))),
            signs: (0..m)
                .map(|_| if rng.random::<bool>() { 1.0 } else { -1.0 })
                .collect(),
        }
    }

    /// The sum, and its gradient.
    fn at(&self, weights: &DMatrix<f64>) -> (f64, DMatrix<f64>) {
        let root_m = (self.signs.len() as f64).sqrt();
        let mut residuals = weights * &self.points - &self.targets;
        let mut total = 0.0;
        for (mut residual, sign) in residuals.column_iter_mut().zip(&self.signs) {
            let norm = residual.norm();
            total += sign * norm;
            // Where a loss is 0 any direction will do.
            if norm > 0.0 {
                residual *= sign / norm;
            }
        }
        (total / root_m, residuals * self.points.transpose() / root_m)
    }

    /// Largest sum that gradient ascent in the ball finds, from the gradient at 0 and from random weights.
    fn ascend(&self, seed: Seed) -> f64 {
        const STARTS: usize = 4;
        const STEPS: usize = 100;
        let mut largest = f64::NEG_INFINITY;
        for start in 0..STARTS {
            let mut weights = if start == 0 {
                self.at(&DMatrix::zeros(CLASSES, COORDINATES)).1
            } else {
                seed.child(start).normal_matrix(CLASSES, COORDINATES)
            };
            weights *= RADIUS / weights.norm();
            for step in 0..STEPS {
                let (value, gradient) = self.at(&weights);
                largest = largest.max(value);
                let slope = gradient.norm();
                if slope <= 0.0 {
                    break;
                }
                weights += &gradient * (RADIUS / ((step + 1) as f64).sqrt() / slope);
                let norm = weights.norm();
                if norm > RADIUS {
                    weights *= RADIUS / norm;
                }
            }
        }
        largest
    }

    /// The sum at the weights that ascent finds, and at random weights of the same norm, as shares of the bound.
    ///
    /// Less the sum at 0, whose expectation over the signs is 0 and whose noise is theirs.
    fn shares(&self, seed: Seed) -> Result<[f64; 2], Error> {
        let norm = self.points.norm() / (self.signs.len() as f64).sqrt();
        let bound = maurer(RADIUS, CLASSES, norm)?;
        let random = seed.child("random").normal_matrix(CLASSES, COORDINATES);
        let random = &random * (RADIUS / random.norm());
        let at_zero = self.at(&DMatrix::zeros(CLASSES, COORDINATES)).0;
        let share = |sum: f64| (sum - at_zero) / bound;
        Ok([
            share(self.ascend(seed.child("ascent"))),
            share(self.at(&random).0),
        ])
    }
}

/// Layers and hidden units of untrained networks of 16 inputs and one output.
pub(super) const NETWORKS: [(usize, usize); 3] = [(2, 64), (3, 256), (5, 1024)];
/// Pairs over which their complexity is.
pub(super) const MILLION: usize = 1_000_000;

pub(super) fn networks(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    const INPUTS: usize = 16;
    (NETWORKS.into_iter())
        .map(|(layers, width)| {
            let mut widths = vec![INPUTS];
            widths.extend(vec![width; layers - 1]);
            widths.push(1);
            let perceptron = Perceptron {
                widths,
                activation: Activation::Relu,
                initialisation: Initialisation::He,
                bias: 0.0,
            };
            let values = replicated(cell.replicates, seed.child(layers), |seed| {
                // Normal inputs: the root of their mean square.
                let family = NormBounded::of(&perceptron.network(seed)?, (INPUTS as f64).sqrt())?;
                Ok(family.scalar()? / (MILLION as f64).sqrt())
            })?;
            row(
                cell,
                ("", "complexity_over_root_m"),
                (0, MILLION),
                layers as f64,
                &values,
            )
        })
        .collect()
}
