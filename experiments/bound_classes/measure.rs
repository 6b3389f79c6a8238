use nalgebra::DMatrix;
use rand::RngExt;
use rayon::prelude::*;
use vicinfo::Error;
use vicinfo::bound::{
    CUTOFF, ContrastiveLoss, CountShape, Curl, Events, Labels, Population, Radius,
};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;

use super::{Cell, DELTA, Loss, Row, Setting};

/// Points of a class.
const MEMBERS: usize = 12;
/// Norm of the features: inner products go to 9, so that margins lie on both sides of the hinge.
const NORM: f64 = 3.0;
/// Units of the features, as many as the largest number of classes needs to stay apart.
const UNITS: usize = 32;

fn labels(classes: usize, members: usize) -> Result<Labels, Error> {
    let names = (0..classes).map(|k| k.to_string()).collect();
    Labels::new((0..classes * members).map(|i| i % classes).collect(), names)
}

/// `relu(V x)` scaled to norm 3, points `x` around the means of their classes.
fn units(
    classes: usize,
    noise: f64,
    priors: Option<Vec<f64>>,
    seed: Seed,
) -> Result<Population, Error> {
    const INPUTS: usize = 16;
    let labels = labels(classes, MEMBERS)?;
    let means = seed.child("means").normal_matrix(INPUTS, classes);
    let mut inputs = seed.child("noise").normal_matrix(INPUTS, labels.n()) * noise;
    for (mut point, &class) in inputs.column_iter_mut().zip(labels.of()) {
        point += means.column(class);
    }
    let weights = seed.child("weights").normal_matrix(UNITS, INPUTS);
    let mut image = (weights * inputs).map(|v| v.max(0.0));
    for mut column in image.column_iter_mut() {
        let norm = column.norm();
        // A point that no unit answers to stays at the origin.
        if norm > 0.0 {
            column *= NORM / norm;
        }
    }
    Population::new(Sample::new(image)?, labels, priors)
}

/// Every class one point, the unit vectors.
fn collapsed(classes: usize) -> Result<Population, Error> {
    let points = Sample::new(DMatrix::identity(classes, classes))?;
    Population::new(points, labels(classes, 1)?, None)
}

fn row(cell: &Cell, quantity: &str, values: &[f64]) -> Result<Row, Error> {
    let summary = Summary::new(values)?;
    Ok(Row {
        replicates: summary.n,
        std_error: summary.std_error,
        min: values.iter().copied().fold(f64::INFINITY, f64::min),
        max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        ..single(cell, quantity, summary.mean)
    })
}

/// A quantity that was computed once, without chance.
fn single(cell: &Cell, quantity: &str, value: f64) -> Row {
    Row {
        part: cell.part,
        setting: cell.setting,
        loss: cell.loss,
        classes: cell.classes,
        n: cell.n,
        quantity: quantity.to_owned(),
        x: None,
        replicates: 1,
        mean: value,
        std_error: 0.0,
        min: value,
        max: value,
    }
}

/// Summarises each quantity over the replicates of a cell.
fn replicated<const K: usize>(
    cell: &Cell,
    seed: Seed,
    names: [&str; K],
    measure: impl Fn(Seed) -> Result<[f64; K], Error>,
) -> Result<Vec<Row>, Error> {
    let measure = |seed| Ok(names.into_iter().zip(measure(seed)?));
    vicinfo::experiment::replicated(cell.replicates, seed, measure)?
        .into_iter()
        .map(|(name, values)| row(cell, name, &values))
        .collect()
}

/// `L_un` from its definition: the mean loss over all triples of points, whether their classes are equal or not, each
/// with its probability.
fn over_triples(law: &Population, loss: ContrastiveLoss) -> f64 {
    let of = law.labels().of();
    let counts = law.labels().counts();
    let z = law.features().matrix();
    let products = z.tr_mul(z);
    let probability = |i: usize| law.priors()[of[i]] / counts[of[i]] as f64;
    (0..of.len())
        .map(|i| {
            let same = (0..of.len()).filter(|&j| of[j] == of[i]);
            let over_positives: f64 = same
                .map(|j| {
                    let over_negatives = (0..of.len())
                        .map(|l| probability(l) * loss.value(products[(i, j)] - products[(i, l)]));
                    over_negatives.sum::<f64>()
                })
                .sum();
            probability(i) * over_positives / counts[of[i]] as f64
        })
        .sum()
}

/// The gap of the contrastive bound, `L_un` being over all triples.
fn gap_over_triples(law: &Population, curl: &Curl, loss: ContrastiveLoss) -> f64 {
    let collision: f64 = law.priors().iter().map(|p| p * p).sum();
    (over_triples(law, loss) - collision) / (1.0 - collision) - curl.supervised
}

pub(super) fn gap(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let loss = cell
        .loss
        .ok_or_else(|| Error::invalid("loss", "none", "one of the contrastive losses"))?;
    let loss = loss.contrastive();
    let names = [
        "gap",
        "collision",
        "jensen",
        "decomposition_departure",
        "without_collision_departure",
        "jensen_share",
    ];
    let quantities = |law: &Population| {
        let curl = law.curl(loss)?;
        let gap = gap_over_triples(law, &curl, loss);
        let parts = curl.collision() + curl.jensen();
        Ok::<_, Error>([
            gap,
            curl.collision(),
            curl.jensen(),
            (gap - parts).abs(),
            (gap - curl.jensen()).abs(),
            curl.jensen() / parts,
        ])
    };
    match cell.setting {
        Setting::Units => replicated(cell, seed, names, |seed| {
            quantities(&units(cell.classes, 1.0, None, seed)?)
        }),
        Setting::Collapsed => {
            let values = quantities(&collapsed(cell.classes)?)?;
            // Of a gap of zero there are no shares.
            let kept = names.iter().zip(values).take(names.len() - 1);
            kept.map(|(name, value)| Ok(single(cell, name, value)))
                .collect()
        }
    }
}

pub(super) fn lemma(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    let mut departures = Loss::ALL.map(|_| Vec::new());
    for replicate in 0..cell.replicates {
        let seed = seed.child(replicate);
        let mut rng = seed.child("shape").rng();
        let classes = rng.random_range(2..=6_usize);
        let noise = rng.random_range(0.1..2.0);
        let mut priors: Vec<f64> = (0..classes).map(|_| rng.random_range(0.1..1.0)).collect();
        let total: f64 = priors.iter().sum();
        priors.iter_mut().for_each(|p| *p /= total);
        let law = units(classes, noise, Some(priors), seed)?;
        for (loss, departures) in Loss::ALL.into_iter().zip(&mut departures) {
            let curl = law.curl(loss.contrastive())?;
            let gap = gap_over_triples(&law, &curl, loss.contrastive());
            departures.push((gap - curl.gap()).abs());
            rows.push(Row {
                classes,
                loss: Some(loss),
                x: Some(curl.supervised),
                ..single(cell, "bound", curl.bound())
            });
        }
    }
    for (loss, departures) in Loss::ALL.into_iter().zip(&departures) {
        let cell = Cell {
            loss: Some(loss),
            ..cell.clone()
        };
        rows.push(row(&cell, "decomposition_departure", departures)?);
    }
    Ok(rows)
}

pub(super) fn counts(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let law = collapsed(cell.classes)?;
    // Enough to see every class.
    let pairs = 20 * cell.classes;
    // The norm of the law's own fit, the identity, is known of the law.
    let radius = Radius::Declared((cell.classes as f64).sqrt() * (1.0 + 1e-9));
    let names = [
        "risk",
        "core",
        "count",
        "core_margin",
        "core_and_count_margin",
        "chain_margin",
        "chain_margin_without_count",
    ];
    replicated(cell, seed, names, |seed| {
        let labelled = law.draw(cell.n, seed.child("labelled"));
        let pairs = law.draw_positives(pairs, seed.child("pairs"));
        let observation = law.observe(&labelled, &pairs, CUTOFF)?;
        let assumptions = law.assumptions(&observation, radius, DELTA)?;
        let events = Events::new(&law, &labelled, &observation, &assumptions)?;
        let bound = observation.bound(&assumptions)?;
        let known = |value: Option<f64>| {
            value.ok_or_else(|| Error::invalid("term", "unknown", "known, with the classes"))
        };
        let risk = events.bound.left;
        let core = known(bound.core().known())?;
        let count = known(events.count.piece("count"))?;
        // The chain bounds the loss over the classes as they were drawn. From there to the risk it is `kappa_S` times the
        // total variation at most, in every draw.
        let chain = events.chain.left + events.chain.margin();
        let drawn = assumptions.constants.kappa_labelled
            * total_variation(law.priors(), &observation.shares);
        Ok([
            risk,
            core,
            count,
            core - risk,
            core + count - risk,
            chain + drawn - risk,
            chain - risk,
        ])
    })
}

fn total_variation(p: &[f64], q: &[f64]) -> f64 {
    0.5 * p.iter().zip(q).map(|(p, q)| (p - q).abs()).sum::<f64>()
}

/// Quantile of level 0.95 with its standard error: a quarter of the distance between the order statistics that are two
/// standard errors of the number below it to either side, and at least half of `step`, of which the values are multiples.
fn quantile(values: &mut [f64], step: f64) -> (f64, f64) {
    const LEVEL: f64 = 0.95;
    values.sort_unstable_by(f64::total_cmp);
    let n = values.len() as f64;
    let spread = 2.0 * (n * LEVEL * (1.0 - LEVEL)).sqrt();
    let at = |rank: f64| values[(rank.round().max(0.0) as usize).min(values.len() - 1)];
    let centre = n * LEVEL;
    let quarter = 0.25 * (at(centre + spread) - at(centre - spread));
    (at(centre), quarter.max(0.5 * step))
}

pub(super) fn shares(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let priors = vec![1.0 / cell.classes as f64; cell.classes];
    let term =
        |shape: CountShape, shares: &[f64]| shape.deviation(cell.n, shares, Some(&priors), DELTA);
    let draws = (0..cell.replicates)
        .into_par_iter()
        .map(|draw| {
            let mut rng = seed.child(draw).rng();
            let mut shares = vec![0.0; cell.classes];
            for _ in 0..cell.n {
                shares[rng.random_range(0..cell.classes)] += 1.0 / cell.n as f64;
            }
            Ok([
                total_variation(&priors, &shares),
                term(CountShape::TotalVariation, &shares)?,
                term(CountShape::Chernoff, &shares)?,
            ])
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let column = |k: usize| draws.iter().map(|draw| draw[k]).collect::<Vec<f64>>();
    let held = |k: usize| -> Vec<f64> {
        let within = draws.iter().map(|draw| draw[0] <= draw[k]);
        within.map(|within| f64::from(u8::from(within))).collect()
    };
    let (value, std_error) = quantile(&mut column(0), 1.0 / cell.n as f64);
    Ok(vec![
        Row {
            std_error,
            ..row(cell, "quantile", &column(0)).map(|row| Row { mean: value, ..row })?
        },
        row(cell, "total_variation", &column(1))?,
        row(cell, "chernoff", &column(2))?,
        row(cell, "total_variation_held", &held(1))?,
        row(cell, "chernoff_held", &held(2))?,
    ])
}
