use nalgebra::DMatrix;
use rayon::prelude::*;

use vicinfo::Error;
use vicinfo::bound::{
    Assumptions, CUTOFF, LeastSquares, MeanNorm, Observation, Population, Radius, spectral_norm,
};
use vicinfo::linalg::{second_moment, singular_values, symmetric_eigen};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;

use super::source::Source;
use super::{Cell, DELTA, Part, Row};

/// Half the radius of the first ball of weights. White features of mean square 1 that tell all classes have weights of
/// norm 2 and 4 exactly, which must not lie at the edge of a ball.
pub(super) const BASE: f64 = 0.6;

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
    terms: Vec<f64>,
    total: f64,
    alternative: f64,
    risk: f64,
    distance: f64,
}

const TERMS: [&str; 8] = [
    "c_invariance",
    "c_concentration",
    "residual_labelled",
    "residual_unlabelled",
    "count",
    "complexity",
    "kappa_m",
    "kappa_n",
];

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
    let terms = (TERMS.iter())
        .map(|name| known(bound.term(name)))
        .collect::<Result<Vec<_>, _>>()?;
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
    let population = whitened(&raw, seed)?;
    let best = best(&population)?;
    let baseline = (1.0 - population.priors().iter().map(|p| p * p).sum::<f64>()).sqrt();
    let size = |k: usize| match cell.part {
        Part::Labelled => (Some(k), None),
        Part::Pairs => (None, Some(k)),
        _ => (Some(k), Some(k)),
    };
    // A table has no infinity.
    let named = |k: usize| (size(k).0.unwrap_or(0), size(k).1.unwrap_or(0));
    let floor = 3.0 * best.root_mean_square();
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
        for (t, term) in TERMS.iter().enumerate() {
            add(term, &at(k, &|reading| reading.terms[t]))?;
        }
        add("bound", &at(k, &|reading| reading.total))?;
        add("alternative", &at(k, &|reading| reading.alternative))?;
        add("risk", &at(k, &|reading| reading.risk))?;
        add("weight_distance", &at(k, &|reading| reading.distance))?;
    }
    let over = |value: &dyn Fn(&Reading) -> f64| -> Vec<Vec<(f64, f64)>> {
        let sizes = || cell.sizes.iter().map(|size| *size as f64);
        (readings.iter())
            .map(|reading| sizes().zip(reading.iter().map(value)).collect())
            .collect()
    };
    let total = over(&|reading| reading.total);
    let less_floor = over(&|reading| reading.total - floor);
    let alternative = over(&|reading| reading.alternative - floor / 3.0);
    let mut slopes = vec![
        ("slope", &total),
        ("slope_less_floor", &less_floor),
        ("slope_alternative", &alternative),
    ];
    let distance = over(&|reading| reading.distance);
    // There the fits are the same.
    if !matches!(cell.source, Source::Collapsed | Source::Constant) {
        slopes.push(("slope_weight_distance", &distance));
    }
    let at_largest = named(cell.sizes.last().copied().unwrap_or(0));
    for (quantity, curves) in slopes {
        let values: Vec<f64> = curves.iter().map(|points| log_slope(points)).collect();
        rows.push(row(cell, ("", quantity), at_largest, 0.0, &values)?);
    }
    if cell.part == Part::Both {
        for (quantity, curves, shift) in [
            ("limit_less_three_rms", &less_floor, 0.0),
            (
                "alternative_limit_less_three_rms",
                &alternative,
                -2.0 / 3.0 * floor,
            ),
            ("alternative_limit_less_rms", &alternative, 0.0),
        ] {
            let values = (curves.iter())
                .map(|points| Ok(limit(points)? + shift))
                .collect::<Result<Vec<f64>, Error>>()?;
            rows.push(row(cell, ("", quantity), at_largest, 0.0, &values)?);
        }
    }
    for (quantity, value) in [
        ("best_rms", best.root_mean_square()),
        ("best_risk", population.risk(&best.weights)?),
        ("baseline", baseline),
        // For balanced classes.
        (
            "r_squared",
            1.0 - (best.root_mean_square() / baseline).powi(2),
        ),
    ] {
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

/// Linear maps of features to others of the same span.
fn transforms(features: &Sample, seed: Seed) -> Result<Vec<(&'static str, DMatrix<f64>)>, Error> {
    let dim = features.dim();
    // Uncentred: the fit has no bias either, so that with E f f^T = I all directions count alike.
    let moment = second_moment(features)?;
    // A unit that answers nothing stays as it is.
    let stretch = |variance: f64, largest: f64| {
        if variance > CUTOFF * largest {
            variance.sqrt().recip()
        } else {
            0.0
        }
    };
    let largest = moment.diagonal().max();
    let std = DMatrix::from_fn(dim, dim, |i, j| {
        if i == j {
            stretch(moment[(i, i)], largest)
        } else {
            0.0
        }
    });
    let (values, vectors) = symmetric_eigen(&moment)?;
    let largest = values.iter().copied().fold(0.0, f64::max);
    let mut white = vectors.transpose();
    for (mut row, value) in white.row_iter_mut().zip(&values) {
        row *= stretch(*value, largest);
    }
    let square = seed.child("turn").normal_matrix(dim, dim);
    let (_, turn) = symmetric_eigen(&(&square + square.transpose()))?;
    Ok(vec![
        ("raw", DMatrix::identity(dim, dim)),
        ("turned", turn),
        ("equal units", std),
        ("white", white),
    ])
}

/// A population of the same points under a linear map, at mean square 1.
pub(super) fn mapped(population: &Population, map: &DMatrix<f64>) -> Result<Population, Error> {
    let features = map * population.features().matrix();
    let scale = (features.ncols() as f64).sqrt() / features.norm();
    Population::new(
        Sample::new(features * scale)?,
        population.labels().clone(),
        None,
    )
}

/// The population with white features.
pub(super) fn whitened(population: &Population, seed: Seed) -> Result<Population, Error> {
    let maps = transforms(population.features(), seed)?;
    mapped(population, &maps[maps.len() - 1].1)
}

pub(super) fn conditioning(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let population = cell.source.population(seed.child("population"))?;
    let maps = transforms(population.features(), seed)?;
    let populations = (maps.iter())
        .map(|(_, map)| mapped(&population, map))
        .collect::<Result<Vec<_>, _>>()?;
    let (n, m) = (cell.sizes[0], 10 * cell.sizes[0]);
    let values = replicated(cell.replicates, seed.child("trials"), |seed| {
        let labelled = population.draw(n, seed.child("labelled"));
        let pairs = population.draw_positives(m, seed.child("pairs"));
        (populations.iter())
            .map(|population| {
                let observation = population.observe(&labelled, &pairs, CUTOFF)?;
                let assumptions = assumptions(population, &observation)?;
                let total = known(Some(observation.bound(&assumptions)?.total))?;
                let risk = population.risk(&observation.labelled.weights)?;
                Ok([total, risk, assumptions.ball.radius])
            })
            .collect::<Result<Vec<_>, Error>>()
    })?;
    let mut rows = Vec::new();
    for (k, (setting, _)) in maps.iter().enumerate() {
        let over = |value: &dyn Fn(&Vec<[f64; 3]>) -> f64| -> Vec<f64> {
            values.iter().map(value).collect()
        };
        for (quantity, values) in [
            ("bound", over(&|v| v[k][0])),
            ("risk", over(&|v| v[k][1])),
            ("radius", over(&|v| v[k][2])),
            ("ln_bound_over_raw", over(&|v| (v[k][0] / v[0][0]).ln())),
            ("risk_less_raw", over(&|v| v[k][1] - v[0][1])),
        ] {
            rows.push(row(cell, (setting, quantity), (n, m), 0.0, &values)?);
        }
        let singular = singular_values(populations[k].features().matrix())?;
        let condition = singular[0] / singular[singular.len() - 1];
        let quantity = ("condition", condition);
        rows.push(row(
            cell,
            (setting, quantity.0),
            (0, 0),
            0.0,
            &[quantity.1; 2],
        )?);
    }
    Ok(rows)
}
