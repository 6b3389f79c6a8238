use std::collections::BTreeSet;

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use vicinfo::Error;
use vicinfo::network::{
    Affine, BatchNorm, Cell as Polygon, Code, Convolution, Initialisation, Layer, Linear, Network,
    Perceptron, Pooling, PoolingKind, Region, Residual, Shape, Slice, Spread, Window,
};
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;

use super::{Cell, FIXED_UNITS, Part, Row};

/// Coordinates of a point and of its image.
const INPUT: usize = 8;
const OUTPUT: usize = 4;
/// Standard deviation of the biases.
const BIAS: f64 = 0.3;
/// Points around each centre whose membership is tested.
const PROBES: usize = 50;
/// Half the side of a slice's window.
const HALF: f64 = 1.0;

fn network(
    cell: &Cell,
    (input, output): (usize, usize),
    bias: f64,
    seed: Seed,
) -> Result<Network<f64>, Error> {
    let mut widths = vec![cell.width; cell.depth + 2];
    widths[0] = input;
    widths[cell.depth + 1] = output;
    Perceptron {
        widths,
        activation: cell.unit.activation(),
        initialisation: Initialisation::He,
        bias,
    }
    .network(seed)
}

/// A convolution with batch normalisation, max pooling, a residual layer of two convolutions, the
/// mean of every plane and a linear layer, with activations between them.
fn image_network(cell: &Cell, seed: Seed) -> Result<Network<f64>, Error> {
    const FILTERS: usize = 6;
    let activation = || Layer::Activation(cell.unit.activation());
    let convolution = |input, label: &str| {
        let window = Window::square(3, 1, 1);
        Convolution::draw(
            input,
            window,
            FILTERS,
            Initialisation::He,
            seed.child(label),
        )
    };
    let input = Shape::image(1, cell.width, cell.width);
    let first = convolution(input, "first")?;
    let norm = {
        let mut rng = seed.child("norm").rng();
        let mut draw =
            |low: f64, high: f64| DVector::from_fn(FILTERS, |_, _| rng.random_range(low..high));
        let scale = (draw(0.5, 1.5), draw(-0.5, 0.5));
        let (mean, variance) = (draw(-0.5, 0.5), draw(0.5, 1.5));
        BatchNorm::new(Some(scale), mean, variance, 1e-5, 0.1)?
    };
    let pooling = Pooling::new(PoolingKind::Max, first.output(), Window::square(2, 2, 0))?;
    let planes = pooling.output();
    let body = vec![
        Layer::Convolution(convolution(planes, "second")?),
        activation(),
        Layer::Convolution(convolution(planes, "third")?),
    ];
    let weight = seed.child("last").normal_matrix(OUTPUT, FILTERS);
    let layers = vec![
        Layer::Convolution(first),
        Layer::BatchNorm(norm),
        activation(),
        Layer::Pooling(pooling),
        Layer::Residual(Residual {
            body,
            shortcut: Vec::new(),
        }),
        activation(),
        Layer::Pooling(Pooling::global_average(planes)?),
        Layer::Linear(Linear::new(weight, None)?),
    ];
    Network::new(input, layers)
}

/// The larger of two; NaN once one of them is.
fn larger(a: f64, b: f64) -> f64 {
    if b > a || b.is_nan() { b } else { a }
}

impl Row {
    fn new(cell: &Cell, quantity: &str, value: f64, std_error: f64, n: usize) -> Self {
        Self {
            part: cell.part,
            unit: cell.unit,
            depth: cell.depth,
            width: cell.width,
            quantity: quantity.to_owned(),
            value,
            std_error,
            n,
            outline: String::new(),
        }
    }
}

/// A point with its region and its affine map.
struct Centre {
    x: DVector<f64>,
    region: Region<f64>,
    affine: Affine<f64>,
}

impl Centre {
    fn new(network: &Network<f64>, x: DVector<f64>) -> Result<Self, Error> {
        Ok(Self {
            region: network.region(x.as_slice())?,
            affine: network.affine_at(x.as_slice())?,
            x,
        })
    }

    /// How far the region reaches in a direction; 1 where it has no end.
    fn reach(&self, direction: &DVector<f64>) -> Result<f64, Error> {
        let margins = self
            .region
            .margins(&DMatrix::from_columns(std::slice::from_ref(&self.x)))?;
        let rates = self.region.normals() * direction;
        let steps = (margins.iter().zip(rates.iter()))
            .filter(|(_, rate)| **rate < 0.0)
            .map(|(margin, rate)| margin / -rate);
        let reach = steps.fold(f64::INFINITY, f64::min);
        Ok(if reach.is_finite() { reach } else { 1.0 })
    }

    /// `|A y + b - f(y)| / (|A y| + |f(y)|)`, the largest over points `y` with images `f(y)`.
    fn error(&self, points: &DMatrix<f64>, images: &DMatrix<f64>) -> f64 {
        let linear = &self.affine.matrix * points;
        let columns = linear.column_iter().zip(images.column_iter());
        columns
            .map(|(linear, image)| {
                let residual = linear + &self.affine.offset - image;
                residual.norm() / (linear.norm() + image.norm())
            })
            .fold(0.0, larger)
    }
}

pub(super) fn affine(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let (mut error, mut other_error) = (0.0f64, f64::INFINITY);
    let (mut wrong, mut other_wrong, mut probes) = (0, 0, 0);
    for replicate in 0..cell.networks {
        let seed = seed.child(replicate);
        let network = if cell.part == Part::Image {
            image_network(cell, seed.child("network"))?
        } else {
            network(cell, (INPUT, OUTPUT), BIAS, seed.child("network"))?
        };
        let dim = network.input().size();
        let drawn = seed.child("points").normal_matrix(dim, cell.points);
        let centres = (drawn.column_iter())
            .map(|x| Centre::new(&network, x.into_owned()))
            .collect::<Result<Vec<Centre>, Error>>()?;
        for (c, centre) in centres.iter().enumerate() {
            let other = &centres[(c + 1) % centres.len()];
            let directions = seed.child("directions").child(c).normal_matrix(dim, PROBES);
            let mut rng = seed.child("steps").child(c).rng();
            let mut inside = Vec::with_capacity(PROBES);
            let mut around = Vec::with_capacity(PROBES);
            for direction in directions.column_iter() {
                let direction = direction.into_owned();
                let reach = centre.reach(&direction)?;
                inside.push(&centre.x + &direction * (reach * rng.random_range(0.0..0.99)));
                // From a hundredth of the way to the edge to ten times as far.
                let step = 10f64.powf(rng.random_range(-2.0..1.0));
                around.push(&centre.x + &direction * (reach * step));
            }
            let inside = DMatrix::from_columns(&inside);
            let images = network.apply(&inside)?;
            error = larger(error, centre.error(&inside, &images));
            other_error = other_error.min(other.error(&inside, &images));
            let around = DMatrix::from_columns(&around);
            let own = network.pattern(&DMatrix::from_columns(std::slice::from_ref(&centre.x)))?;
            let flips = network.pattern(&around)?.flips(&own)?;
            let disagreements = |held: Vec<bool>| {
                let pairs = held.into_iter().zip(&flips);
                pairs
                    .filter(|(held, flips)| *held != (**flips == 0))
                    .count()
            };
            wrong += disagreements(centre.region.contains(&around)?);
            other_wrong += disagreements(other.region.contains(&around)?);
            probes += PROBES;
        }
    }
    let share = |count: usize| count as f64 / probes as f64;
    let row = |quantity, value| Row::new(cell, quantity, value, 0.0, probes);
    Ok(vec![
        row("relative_error", error),
        row("relative_error_of_another_region", other_error),
        row("membership_error", share(wrong)),
        row("membership_error_of_another_region", share(other_wrong)),
    ])
}

/// A square window on a random plane.
fn random_slice(seed: Seed) -> Result<Slice, Error> {
    let drawn = seed.normal_matrix(INPUT, 3);
    let column = |i: usize| drawn.column(i).into_owned();
    let (origin, first, second) = (column(0), column(1), column(2));
    let ends = (-HALF, HALF);
    let (origin, first) = (origin.as_slice(), first.as_slice());
    Slice::rectangle(origin, first, second.as_slice(), ends, ends)
}

/// Lines `a s + b t + c = 0` in which the kinks of the first layer meet a slice.
fn kinks(cell: &Cell, network: &Network<f64>, slice: &Slice) -> Vec<(f64, f64, f64)> {
    let Some(Layer::Linear(linear)) = network.layers().first() else {
        return Vec::new();
    };
    let slopes = linear.weight() * slice.directions();
    let mut offsets = linear.weight() * slice.origin();
    if let Some(bias) = linear.bias() {
        offsets += bias;
    }
    let pieces = cell.unit.activation().pieces();
    (0..offsets.len())
        .flat_map(|unit| {
            let (a, b, c) = (slopes[(unit, 0)], slopes[(unit, 1)], offsets[unit]);
            let ends = pieces.iter().skip(1);
            ends.map(move |piece| (a, b, c - piece.from))
        })
        .collect()
}

/// `1 +` lines that meet the window `+` pairs that meet in it; and the same for the whole plane.
///
/// Each line adds one region for itself and one for each line before it that it meets: the count of
/// an arrangement in general position (Zaslavsky 1975), restricted to a convex window.
fn expected_regions(lines: &[(f64, f64, f64)]) -> (usize, usize) {
    let corners = [(-HALF, -HALF), (HALF, -HALF), (HALF, HALF), (-HALF, HALF)];
    let meets = |(a, b, c): &&(f64, f64, f64)| {
        let values = corners.map(|(s, t)| a * s + b * t + c);
        values.iter().any(|v| *v < 0.0) && values.iter().any(|v| *v > 0.0)
    };
    let (mut inside, mut all) = (0, 0);
    for (i, (a, b, c)) in lines.iter().enumerate() {
        for (d, e, f) in &lines[..i] {
            let det = a * e - b * d;
            // The two kinks of a hard tanh are parallel.
            if det.abs() > 1e-12 * (a.hypot(*b) * d.hypot(*e)) {
                let (s, t) = ((b * f - e * c) / det, (c * d - a * f) / det);
                all += 1;
                inside += usize::from(s.abs() < HALF && t.abs() < HALF);
            }
        }
    }
    let meeting = lines.iter().filter(meets).count();
    (1 + meeting + inside, 1 + lines.len() + all)
}

pub(super) fn lines(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let network = network(cell, (INPUT, OUTPUT), BIAS, seed.child("network"))?;
    let slice = random_slice(seed.child("slice"))?;
    let counted = network.cells(&slice)?.len();
    let (expected, plane) = expected_regions(&kinks(cell, &network, &slice));
    let row = |quantity, value: usize| Row::new(cell, quantity, value as f64, 0.0, counted);
    Ok(vec![
        row("regions", counted),
        row("regions_expected", expected),
        row("regions_of_the_plane", plane),
    ])
}

pub(super) fn slice(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let slice = random_slice(seed.child("slice"))?;
    let partition = |label: &str| {
        let network = network(cell, (INPUT, OUTPUT), BIAS, seed.child(label))?;
        let cells = network.cells(&slice)?;
        Ok((network, cells))
    };
    let (network, cells): (Network<f64>, Vec<Polygon>) = partition("network")?;
    let (_, others): (Network<f64>, Vec<Polygon>) = partition("another network")?;
    let mut rng = seed.child("sample").rng();
    let sample: Vec<(f64, f64)> = (0..cell.points)
        .map(|_| (rng.random_range(-HALF..HALF), rng.random_range(-HALF..HALF)))
        .collect();
    let pattern = network.pattern(&slice.points(&sample))?;
    let missing = |cells: &[Polygon]| {
        let codes: BTreeSet<&Code> = cells.iter().map(Polygon::code).collect();
        let points = (0..cell.points).filter(|i| !codes.contains(&pattern.code(*i)));
        points.count() as f64 / cell.points as f64
    };
    let area: f64 = cells.iter().map(Polygon::area).sum();
    let mut map_error = 0.0f64;
    // The map of every polygon against the affine map at a point inside, for 200 of them.
    for polygon in cells.iter().step_by(cells.len().div_ceil(200)) {
        let x = slice.points(&[polygon.middle()]);
        let affine = network.affine_at(x.as_slice())?;
        let composed = &affine.matrix * slice.directions();
        let scale = affine.matrix.norm() * slice.directions().norm();
        map_error = larger(map_error, (composed - &polygon.map().matrix).norm() / scale);
    }
    let row = |quantity, value, n| Row::new(cell, quantity, value, 0.0, n);
    Ok(vec![
        row("regions_of_slice", cells.len() as f64, cells.len()),
        row("missing", missing(&cells), cell.points),
        row("missing_of_another_network", missing(&others), cell.points),
        row("area_error", (area / slice.area() - 1.0).abs(), cells.len()),
        row("map_error", map_error, cells.len()),
    ])
}

pub(super) fn distance(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let mut nearest = Vec::new();
    let (mut means, mut fixed_means) = (Vec::new(), Vec::new());
    for replicate in 0..cell.networks {
        let seed = seed.child(replicate);
        let network = network(cell, (16, 8), BIAS, seed.child("network"))?;
        let points = seed.child("points").normal_matrix(16, cell.points);
        let all = network.face_distances(&points, Spread::Isotropic(1.0))?;
        let (mut logs, mut fixed_logs) = (Vec::new(), Vec::new());
        for distances in all {
            let least = |among: &dyn Fn(usize, usize) -> bool| {
                let faces = distances.faces.iter();
                faces
                    .filter(|d| among(d.face.layer, d.face.unit))
                    .map(|d| d.distance)
                    .fold(f64::INFINITY, f64::min)
            };
            logs.push(least(&|_, _| true).ln());
            fixed_logs.push(least(&|layer, unit| layer == 1 && unit < FIXED_UNITS).ln());
        }
        means.push(Summary::new(&logs)?.mean);
        fixed_means.push(Summary::new(&fixed_logs)?.mean);
        nearest.extend(logs);
    }
    nearest.sort_by(f64::total_cmp);
    let quantile = |share: f64| nearest[(share * (nearest.len() - 1) as f64).round() as usize];
    // Points of one network are not independent: the standard error is over networks.
    let (all, fixed) = (Summary::new(&means)?, Summary::new(&fixed_means)?);
    let row = |quantity, value, std_error, n| Row::new(cell, quantity, value, std_error, n);
    Ok(vec![
        row("ln_nearest", all.mean, all.std_error, all.n),
        row(
            "ln_nearest_of_fixed_units",
            fixed.mean,
            fixed.std_error,
            fixed.n,
        ),
        row("ln_nearest_lower", quantile(0.1), 0.0, nearest.len()),
        row("ln_nearest_median", quantile(0.5), 0.0, nearest.len()),
        row("ln_nearest_upper", quantile(0.9), 0.0, nearest.len()),
    ])
}

pub(super) fn picture(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    // Larger biases spread the kinks over the window.
    let network = network(cell, (2, 2), 1.0, seed.child("network"))?;
    let ends = (-2.0, 2.0);
    let slice = Slice::rectangle(&[0.0, 0.0], &[1.0, 0.0], &[0.0, 1.0], ends, ends)?;
    let cells = network.cells(&slice)?;
    let rows = cells.iter().map(|polygon| {
        let stretch = polygon
            .log_stretch()
            .ok_or_else(|| Error::NonFiniteResult {
                what: "logarithm of the factor of areas".to_owned(),
                value: "-inf".to_owned(),
            })?;
        let corners = polygon.vertices().iter();
        let corners: Vec<String> = corners.map(|(s, t)| format!("{s:.4} {t:.4}")).collect();
        Ok(Row {
            outline: corners.join(";"),
            ..Row::new(cell, "log_stretch", stretch, 0.0, cells.len())
        })
    });
    rows.collect()
}
