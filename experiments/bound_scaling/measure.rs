use nalgebra::DMatrix;
use rayon::prelude::*;

use vicinfo::Error;
use vicinfo::bound::{
    Assumptions, CUTOFF, LeastSquares, MeanNorm, Observation, Population, Radius, spectral_norm,
};
use vicinfo::linalg::{second_moment, symmetric_eigen};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;

use super::source::Source;
use super::{Cell, DELTA, Part, Row};

/// Half the radius of the first ball of weights. White features of mean square 1 that tell all classes have weights of
/// norm 2 and 4 exactly, which must not lie at the edge of a ball.
pub(super) const BASE: f64 = 0.6;

/// Root mean square residual above which it is more than rounding.
const RESOLVED: f64 = 1e-9;

/// A summary of values over the replicates.
pub(super) fn row(
    cell: &Cell,
    (setting, quantity): (&str, &str),
    (n, m): (usize, usize),
    x: f64,
    values: &[f64],
) -> Result<Row, Error> {
    let summary = Summary::new(values)?;
    Ok(Row {
        part: cell.part,
        source: cell.source,
        setting: setting.to_owned(),
        quantity: quantity.to_owned(),
        n,
        m,
        x,
        replicates: values.len(),
        mean: summary.mean,
        std_error: summary.std_error,
    })
}

/// What each replicate gives, in the order of their streams.
pub(super) fn replicated<T: Send>(
    count: usize,
    seed: Seed,
    measure: impl Fn(Seed) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    (0..count)
        .into_par_iter()
        .map(|r| measure(seed.child(r)))
        .collect()
}

/// Least-squares slope of `ln y` over `ln x`.
fn log_slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let (mean_x, mean_y) = points.iter().fold((0.0, 0.0), |(x, y), point| {
        (x + point.0.ln() / n, y + point.1.ln() / n)
    });
    let (mut above, mut below) = (0.0, 0.0);
    for (x, y) in points {
        above += (x.ln() - mean_x) * (y.ln() - mean_y);
        below += (x.ln() - mean_x).powi(2);
    }
    above / below
}

/// Value at infinity of `y = a + b x^(-1/2)`, by least squares.
fn limit(points: &[(f64, f64)]) -> Result<f64, Error> {
    // Terms of order 1/x are left out, and so are the points where they matter.
    let points: Vec<(f64, f64)> = (points.iter().copied())
        .filter(|point| point.0 >= 4000.0)
        .collect();
    let design = DMatrix::from_fn(2, points.len(), |i, j| {
        // Relative to the first size, so that the columns are of one order.
        (points[0].0 / points[j].0).powf(0.5 * i as f64)
    });
    let values = DMatrix::from_fn(1, points.len(), |_, j| points[j].1);
    Ok(LeastSquares::new(&Sample::new(design)?, &values, CUTOFF)?.weights[0])
}

/// Everything measured at one size of one replicate.
struct Reading {
    terms: Vec<(&'static str, f64)>,
    total: f64,
    alternative: f64,
    risk: f64,
    distance: f64,
}

pub(super) fn assumptions(
    population: &Population,
    observation: &Observation,
) -> Result<Assumptions, Error> {
    population.assumptions(observation, Radius::Peeled { base: BASE }, DELTA)
}

/// A quantity of the bound that needs the classes of the pairs, which a population knows.
pub(super) fn known(value: Option<vicinfo::bound::Value>) -> Result<f64, Error> {
    (value.and_then(vicinfo::bound::Value::known))
        .ok_or_else(|| Error::invalid("observation", "without classes", "the classes of the pairs"))
}

/// Number of points that stands for infinitely many.
const INFINITE: usize = 1_000_000_000_000_000;

/// The fit on the population, which infinitely many points lead to.
fn best(population: &Population) -> Result<LeastSquares, Error> {
    LeastSquares::new(
        population.features(),
        &population.labels().one_hot(),
        CUTOFF,
    )
}

/// What is read off `n` labelled points and `m` pairs; without a number, off infinitely many: the population itself.
fn observe(
    population: &Population,
    (n, m): (Option<usize>, Option<usize>),
    seed: Seed,
) -> Result<Observation, Error> {
    let labelled = population.draw(n.unwrap_or(1), seed.child("labelled"));
    let pairs = population.draw_positives(m.unwrap_or(1), seed.child("pairs"));
    let mut observation = population.observe(&labelled, &pairs, CUTOFF)?;
    let best = best(population)?;
    let infinite = LeastSquares {
        n: INFINITE,
        residual: best.root_mean_square() * (INFINITE as f64).sqrt(),
        ..best
    };
    if n.is_none() {
        observation.shares = population.priors().to_vec();
        observation.labelled = infinite.clone();
    }
    if m.is_none() {
        observation.invariance = population.invariance();
        observation.pairs = INFINITE;
        observation.unlabelled = Some(infinite);
    }
    if let Some(fit) = &observation.unlabelled {
        let difference = &observation.labelled.weights - &fit.weights;
        observation.weight_distance = Some(spectral_norm(&difference)?);
    }
    Ok(observation)
}

fn read(
    population: &Population,
    size: (Option<usize>, Option<usize>),
    seed: Seed,
) -> Result<Reading, Error> {
    let observation = observe(population, size, seed)?;
    let assumptions = assumptions(population, &observation)?;
    let bound = observation.bound(&assumptions)?;
    let terms = (bound.terms.iter())
        .map(|term| Ok((term.name, known(Some(term.value))?)))
        .collect::<Result<Vec<_>, Error>>()?;
    let mean_norm = MeanNorm::Expected(population.root_mean_square());
    let alternative = observation.alternative(&assumptions, mean_norm, DELTA)?;
    Ok(Reading {
        terms,
        total: known(Some(bound.total))?,
        alternative: known(Some(alternative.total))?,
        risk: population.risk(&observation.labelled.weights)?,
        distance: observation.weight_distance.unwrap_or(f64::NAN),
    })
}

pub(super) fn rate(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let raw = cell.source.population(seed.child("population"))?;
    // The distance of two fits in the weakest direction of raw features would be all that is seen.
    let population = whitened(&raw)?;
    let best = best(&population)?;
    let baseline = (1.0 - population.priors().iter().map(|p| p * p).sum::<f64>()).sqrt();
    let size = |k: usize| match cell.part {
        Part::Labelled => (Some(k), None),
        Part::Pairs => (None, Some(k)),
        _ => (Some(k), Some(k)),
    };
    // A table has no infinity.
    let named = |k: usize| (size(k).0.unwrap_or(0), size(k).1.unwrap_or(0));
    let readings = replicated(cell.replicates, seed.child("trials"), |seed| {
        (cell.sizes.iter())
            .map(|&k| read(&population, size(k), seed.child(k)))
            .collect::<Result<Vec<_>, Error>>()
    })?;
    let at = |k: usize, value: &dyn Fn(&Reading) -> f64| -> Vec<f64> {
        readings.iter().map(|sizes| value(&sizes[k])).collect()
    };
    let mut rows = Vec::new();
    for (k, &points) in cell.sizes.iter().enumerate() {
        let mut add = |quantity: &str, values: &[f64]| -> Result<(), Error> {
            rows.push(row(cell, ("", quantity), named(points), 0.0, values)?);
            Ok(())
        };
        // The figure takes one population apart.
        if cell.source == Source::Medium {
            for (t, (term, _)) in readings[0][k].terms.iter().enumerate() {
                add(term, &at(k, &|reading| reading.terms[t].1))?;
            }
        }
        add("bound", &at(k, &|reading| reading.total))?;
        add("risk", &at(k, &|reading| reading.risk))?;
    }
    let over = |value: &dyn Fn(&Reading) -> f64| -> Vec<Vec<(f64, f64)>> {
        let sizes = || cell.sizes.iter().map(|size| *size as f64);
        (readings.iter())
            .map(|reading| sizes().zip(reading.iter().map(value)).collect())
            .collect()
    };
    let rms = best.root_mean_square();
    let total = over(&|reading| reading.total);
    let less_floor = over(&|reading| reading.total - 3.0 * rms);
    let alternative = over(&|reading| reading.alternative);
    let alternative_less_floor = over(&|reading| reading.alternative - rms);
    let mut slopes = vec![
        ("slope", &total),
        ("slope_less_floor", &less_floor),
        ("slope_alternative", &alternative_less_floor),
    ];
    let distance = over(&|reading| reading.distance);
    if cell.part == Part::Labelled {
        slopes.push(("slope_weight_distance", &distance));
    }
    let at_largest = named(cell.sizes.last().copied().unwrap_or(0));
    for (quantity, curves) in slopes {
        let values: Vec<f64> = curves.iter().map(|points| log_slope(points)).collect();
        rows.push(row(cell, ("", quantity), at_largest, 0.0, &values)?);
    }
    let mut known_of_law = vec![("best_rms", rms)];
    if cell.part == Part::Both {
        // A residual that is nothing but rounding has no multiples.
        if rms > RESOLVED {
            for (quantity, curves) in [
                ("limit_over_rms", &total),
                ("alternative_limit_over_rms", &alternative),
            ] {
                let values = (curves.iter())
                    .map(|points| Ok(limit(points)? / rms))
                    .collect::<Result<Vec<f64>, Error>>()?;
                rows.push(row(cell, ("", quantity), at_largest, 0.0, &values)?);
            }
        }
        known_of_law.push(("baseline", baseline));
    }
    for (quantity, value) in known_of_law {
        rows.push(row(cell, ("", quantity), (0, 0), 0.0, &[value; 2])?);
    }
    Ok(rows)
}

pub(super) fn dimension(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let population = cell.source.population(seed.child("population"))?;
    let mut rows = Vec::new();
    for &n in &cell.sizes {
        let values = replicated(cell.replicates, seed.child(n), |seed| {
            let observation = observe(&population, (Some(n), None), seed)?;
            let assumptions = assumptions(&population, &observation)?;
            Ok([
                observation.weight_distance.unwrap_or(f64::NAN).ln(),
                assumptions.constants.kappa_labelled.ln(),
                population.risk(&observation.labelled.weights)?.ln(),
            ])
        })?;
        for (k, quantity) in ["ln_weight_distance", "ln_kappa_labelled", "ln_risk"]
            .into_iter()
            .enumerate()
        {
            let values: Vec<f64> = values.iter().map(|v| v[k]).collect();
            rows.push(row(cell, ("", quantity), (n, 0), 0.0, &values)?);
        }
    }
    Ok(rows)
}

/// The population with white features, of mean square 1.
///
/// Uncentred: the fit has no bias either, so that with `E f f^T = I` all directions count alike.
pub(super) fn whitened(population: &Population) -> Result<Population, Error> {
    let (values, vectors) = symmetric_eigen(&second_moment(population.features())?)?;
    let largest = values.iter().copied().fold(0.0, f64::max);
    let mut white = vectors.transpose();
    for (mut row, value) in white.row_iter_mut().zip(&values) {
        // A direction without features stays so.
        row *= if *value > CUTOFF * largest {
            value.sqrt().recip()
        } else {
            0.0
        };
    }
    let features = white * population.features().matrix();
    let scale = (features.ncols() as f64).sqrt() / features.norm();
    Population::new(
        Sample::new(features * scale)?,
        population.labels().clone(),
        None,
    )
}
