use std::collections::BTreeMap;

use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::bound::{
    CUTOFF, Labels, LeastSquares, Population, Radius, Value, spectral_norm, with_constant,
};
use vicinfo::linalg::{covariance, pseudo_inverse, symmetric_eigen};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

use super::{CLASSES, Cell, DELTA, DIM, Row, STEP_POINTS, Setting, VERSIONS};

/// A square matrix with singular values from 1 to `1/condition` in equal factors; the last `lost` are 0.
fn linear_map(dim: usize, condition: f64, lost: usize, seed: Seed) -> Result<DMatrix<f64>, Error> {
    let basis = |label| {
        let matrix = seed.child(label).normal_matrix(dim, dim);
        symmetric_eigen(&(&matrix + matrix.transpose())).map(|(_, axes)| axes)
    };
    let (mut left, right) = (basis("left")?, basis("right")?);
    for (j, mut column) in left.column_iter_mut().enumerate() {
        let value = condition.powf(-(j as f64) / (dim - 1) as f64);
        column *= if j + lost < dim { value } else { 0.0 };
    }
    Ok(left * right.transpose())
}

/// `P_Z = 1 - Z^+ Z`, formed in full.
fn projection(features: &DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
    let n = features.ncols();
    Ok(DMatrix::identity(n, n) - pseudo_inverse(features, CUTOFF)? * features)
}

/// One value of one replicate: `((version, quantity, rank), value)`.
type Named = ((&'static str, &'static str, usize), f64);

/// Summarises each quantity over the replicates of a cell, in the order of the first.
fn replicated(
    cell: &Cell,
    seed: Seed,
    measure: impl Fn(Seed) -> Result<Vec<Named>, Error>,
) -> Result<Vec<Row>, Error> {
    vicinfo::experiment::replicated(cell.replicates, seed, measure)?
        .into_iter()
        .map(|(name, values)| Row::new(cell, name, &values))
        .collect()
}

/// Balanced classes in a fixed order.
fn balanced(n: usize) -> Result<Labels, Error> {
    let names = (0..CLASSES).map(|k| k.to_string()).collect();
    Labels::new((0..n).map(|i| i % CLASSES).collect(), names)
}

pub(super) fn identity(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let n = cell.n;
    replicated(cell, seed, |seed| {
        let mut values = Vec::new();
        // Full rank, some dependent coordinates, and more coordinates than points.
        for (dim, rank) in [(10, 10), (20, 12), (n + 10, n / 2)] {
            let seed = seed.child(dim);
            let features = seed.child("loadings").normal_matrix(dim, rank)
                * seed.child("factors").normal_matrix(rank, n);
            let own = projection(&features)?;
            let departure = |rank: usize| (own.norm() - ((n - rank) as f64).sqrt()).abs();
            let fit = LeastSquares::new(
                &Sample::new(features.clone())?,
                &balanced(n)?.one_hot(),
                CUTOFF,
            )?;
            let counted = fit.squared_projection_norm() as f64;
            values.extend([
                (("", "norm_departure", rank), departure(rank)),
                (
                    ("", "library_departure", rank),
                    (own.norm() - counted.sqrt()).abs(),
                ),
            ]);
            if rank < dim {
                let wrong = departure(dim.min(n));
                values.push((("", "coordinates_for_rank_departure", rank), wrong));
            }
            if dim > n {
                continue;
            }
            let moved = |map: &DMatrix<f64>| -> Result<f64, Error> {
                Ok((projection(&(map * &features))? - &own).norm())
            };
            for (condition, quantity) in [(10.0, "map_departure"), (100.0, "steep_map_departure")] {
                let map = linear_map(dim, condition, 0, seed.child("map"))?;
                values.push((("", quantity, rank), moved(&map)?));
            }
            if rank == dim {
                let singular = linear_map(dim, 10.0, 1, seed.child("map"))?;
                let centre = features.column_mean();
                let mut centred = features.clone();
                for mut column in centred.column_iter_mut() {
                    column -= &centre;
                }
                values.extend([
                    (("", "singular_map_departure", rank), moved(&singular)?),
                    (
                        ("", "centring_departure", rank),
                        (projection(&centred)? - &own).norm(),
                    ),
                ]);
            }
        }
        Ok(values)
    })
}

/// `|Y P_Z|_F / |Y|_F`.
fn residual_share(features: DMatrix<f64>, labels: &Labels) -> Result<f64, Error> {
    let fit = LeastSquares::new(&Sample::new(features)?, &labels.one_hot(), CUTOFF)?;
    Ok(fit.root_mean_square())
}

/// Leaky units `max(v, v/10)`, `v = V x + b`, none of which can die, of points around the means of their classes.
fn units(labels: &Labels, dim: usize, seed: Seed) -> DMatrix<f64> {
    const INPUTS: usize = 8;
    let means = seed.child("means").normal_matrix(INPUTS, CLASSES);
    let mut inputs = seed.child("noise").normal_matrix(INPUTS, labels.n()) * 0.5;
    for (mut point, &class) in inputs.column_iter_mut().zip(labels.of()) {
        point += means.column(class);
    }
    let weights = seed.child("weights").normal_matrix(dim, INPUTS) / (INPUTS as f64).sqrt();
    let offsets = seed.child("offsets").normal_matrix(dim, 1) * 0.5;
    let mut image = weights * inputs;
    for mut column in image.column_iter_mut() {
        column += &offsets;
    }
    image.map(|v| v.max(0.1 * v))
}

/// Highest rank.
const MOST: usize = 128;

pub(super) fn rank(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let labels = balanced(cell.n)?;
    replicated(cell, seed, |seed| {
        let features = match cell.setting {
            Setting::Independent => seed.normal_matrix(MOST, cell.n),
            _ => units(&labels, MOST, seed),
        };
        let ranks = [1, 2, 4, 8, 16, 32, 64, MOST];
        (ranks.into_iter())
            .map(|rank| {
                let nested = features.rows(0, rank).into_owned();
                let share = residual_share(nested, &labels)?;
                // Above the cutoff of singular values every unit counts.
                let expected = (1.0 - rank as f64 / cell.n as f64).sqrt();
                Ok([
                    (("", "residual_share", rank), share),
                    (("", "share_over_expected", rank), share / expected),
                ])
            })
            .collect::<Result<Vec<_>, Error>>()
            .and_then(|values| {
                let mut values: Vec<Named> = values.into_iter().flatten().collect();
                if cell.setting == Setting::Independent {
                    let signs = features.rows(0, DIM).map(f64::signum);
                    values.push((("", "signs_share", DIM), residual_share(signs, &labels)?));
                }
                Ok(values)
            })
    })
}

/// Residual and label-free bound on it with the first `n` points of a draw, over `sqrt(n)`.
fn step_at(setting: Setting, n: usize, seed: Seed) -> Result<[f64; 2], Error> {
    let labels = balanced(n)?;
    let targets = labels.one_hot();
    // Both draw point after point: fewer points are the first of more.
    let features = match setting {
        Setting::Independent => seed.normal_matrix(DIM, n),
        _ => units(&labels, DIM, seed),
    };
    let fit = LeastSquares::new(&Sample::new(features)?, &targets, CUTOFF)?;
    let projection = (fit.squared_projection_norm() as f64).sqrt();
    let root = (n as f64).sqrt();
    Ok([
        fit.residual / root,
        projection * spectral_norm(&targets)? / root,
    ])
}

pub(super) fn step(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let at = |n, seed| step_at(cell.setting, n, seed);
    let (fewest, most) = (STEP_POINTS[0], cell.n);
    let mut rows = replicated(cell, seed, |seed| {
        let (few, many) = (at(fewest, seed)?, at(most, seed)?);
        let power = |k: usize| (many[k] / few[k]).ln() / (most as f64 / fewest as f64).ln();
        Ok(vec![
            (("", "residual_power", DIM), power(0)),
            (("", "label_free_power", DIM), power(1)),
        ])
    })?;
    for n in STEP_POINTS {
        rows.extend(replicated(&Cell { n, ..cell.clone() }, seed, |seed| {
            let [residual, label_free] = at(n, seed)?;
            Ok(vec![
                (("", "residual", DIM), residual),
                (("", "label_free", DIM), label_free),
            ])
        })?);
    }
    Ok(rows)
}

/// Points of a class in the population.
const MEMBERS: usize = 150;

/// The population's features in raw units, a constant last.
fn raw(setting: Setting, labels: &Labels, seed: Seed) -> Result<Sample, Error> {
    let mut features = match setting {
        // Bounded, as the bound needs it.
        Setting::Independent => seed
            .child("features")
            .normal_matrix(DIM, labels.n())
            .map(|v| v.clamp(-3.0, 3.0)),
        _ => units(labels, DIM, seed.child("features")),
    };
    match setting {
        Setting::Aligned => {}
        Setting::UnequalScales | Setting::Independent => {
            for (j, mut row) in features.row_iter_mut().enumerate() {
                row *= 100_f64.powf(-(j as f64) / (DIM - 1) as f64);
            }
        }
        Setting::Correlated => {
            let common = features.row_mean();
            for mut row in features.row_iter_mut() {
                row *= 0.03;
                row += &common;
            }
        }
    }
    with_constant(&Sample::new(features)?, 1.0)
}

/// Centred features times a matrix, the constant left alone: a linear map of features with a constant.
fn mapped(features: &Sample, map: &DMatrix<f64>) -> Result<Sample, Error> {
    let rows = features.matrix().rows(0, DIM);
    let centre = rows.column_mean();
    let mut centred = rows.into_owned();
    for mut column in centred.column_iter_mut() {
        column -= &centre;
    }
    with_constant(&Sample::new(map * centred)?, 1.0)
}

pub(super) fn conditioning(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let labels = balanced(CLASSES * MEMBERS)?;
    replicated(cell, seed, |seed| {
        let raw = raw(cell.setting, &labels, seed)?;
        let plain = Sample::new(raw.matrix().rows(0, DIM).into_owned())?;
        let moments = covariance(&plain)?;
        let spread: Vec<f64> = moments.diagonal().iter().map(|v| v.sqrt()).collect();
        let scaling = DMatrix::from_fn(DIM, DIM, |i, j| if i == j { 1.0 / spread[i] } else { 0.0 });
        let (eigenvalues, axes) = symmetric_eigen(&moments)?;
        let whitening = DMatrix::from_fn(DIM, DIM, |i, j| axes[(j, i)] / eigenvalues[i].sqrt());
        let turn = linear_map(DIM, 1.0, 0, seed.child("turn"))?;
        let whitened = mapped(&raw, &whitening)?;
        let small = Sample::new(whitened.matrix() * 0.01)?;
        let versions = [
            ("std", mapped(&raw, &scaling)?),
            ("whitened", whitened),
            ("small", small),
            ("turned", mapped(&raw, &(turn * whitening))?),
            ("raw", raw),
        ];
        // The same draws for all: only the units differ.
        let (n, m) = (cell.n, 10 * cell.n);
        let mut values = Vec::new();
        let mut logarithms = BTreeMap::new();
        let mut residuals = BTreeMap::new();
        let rank = DIM + 1;
        for (version, features) in versions {
            let law = Population::new(features, labels.clone(), None)?;
            let labelled = law.draw(n, seed.child("labelled"));
            let pairs = law.draw_positives(m, seed.child("pairs"));
            let observation = law.observe(&labelled, &pairs, CUTOFF)?;
            let best = LeastSquares::new(law.features(), &labels.one_hot(), CUTOFF)?;
            // Twice the norm of the law's own best fit: known of the law, whatever is drawn.
            let radius = 2.0 * best.weights.norm();
            let assumptions = law.assumptions(&observation, Radius::Declared(radius), DELTA)?;
            let bound = observation.bound(&assumptions)?;
            let known = |value: Option<Value>| {
                value.and_then(Value::known).ok_or_else(|| {
                    Error::invalid(
                        "term",
                        "unknown",
                        "known, since the classes of the pairs are",
                    )
                })
            };
            let total = known(Some(bound.total))?;
            logarithms.insert(version, total.ln());
            residuals.insert(
                version,
                known(bound.term("residual_labelled"))? + known(bound.term("residual_unlabelled"))?,
            );
            // The others are compared with these.
            if !VERSIONS.contains(&version) {
                continue;
            }
            for term in &bound.terms {
                values.push(((version, term.name, rank), known(Some(term.value))?));
            }
            let risk = law.risk(&observation.labelled.weights)?;
            let largest = best.singular_values.first().copied().unwrap_or(f64::NAN);
            let least = best.singular_values.last().copied().unwrap_or(f64::NAN);
            values.extend([
                ((version, "total", rank), total),
                ((version, "risk", rank), risk),
                ((version, "condition", rank), largest / least),
                ((version, "weight_norm", rank), best.weights.norm()),
            ]);
        }
        let fall = |from: &str, to: &str| logarithms[from] - logarithms[to];
        let residual_fall = |from: &str, to: &str| 1.0 - residuals[to] / residuals[from];
        let whitening = fall("raw", "whitened");
        let differences = [
            (("raw to whitened", "log_fall", rank), whitening),
            (
                ("whitened to turned", "log_fall", rank),
                fall("whitened", "turned"),
            ),
            (
                ("whitened to small", "log_fall", rank),
                fall("whitened", "small"),
            ),
            (
                ("raw to std", "share_of_fall", rank),
                fall("raw", "std") / whitening,
            ),
            (
                ("raw to whitened", "residual_fall", rank),
                residual_fall("raw", "whitened"),
            ),
            (
                ("whitened to turned", "residual_fall", rank),
                residual_fall("whitened", "turned"),
            ),
        ];
        values.extend(differences);
        Ok(values)
    })
}
