use nalgebra::DMatrix;
use rand::RngExt;
use vicinfo::Error;
use vicinfo::bound::{CUTOFF, Curl, Events, Labels, Population, Radius};
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
fn units(classes: usize, noise: f64, seed: Seed) -> Result<Population, Error> {
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
    Population::new(Sample::new(image)?, labels, None)
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
        "risk",
        "jensen_share",
    ];
    let quantities = |curl: &Curl| {
        let gap = curl.bound() - curl.supervised;
        let parts = curl.collision() + curl.jensen();
        [
            gap,
            curl.collision(),
            curl.jensen(),
            (gap - parts).abs(),
            (gap - curl.jensen()).abs(),
            curl.supervised,
            curl.jensen() / parts,
        ]
    };
    match cell.setting {
        Setting::Units => replicated(cell, seed, names, |seed| {
            Ok(quantities(&units(cell.classes, 1.0, seed)?.curl(loss)?))
        }),
        Setting::Collapsed => {
            let values = quantities(&collapsed(cell.classes)?.curl(loss)?);
            // Of a gap of zero there are no shares.
            let kept = names.iter().zip(values).take(names.len() - 1);
            kept.map(|(name, value)| Ok(single(cell, name, value)))
                .collect()
        }
    }
}

pub(super) fn lemma(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for replicate in 0..cell.replicates {
        let seed = seed.child(replicate);
        let mut rng = seed.child("shape").rng();
        let classes = rng.random_range(2..=6_usize);
        let noise = rng.random_range(0.1..2.0);
        let law = units(classes, noise, seed)?;
        for loss in Loss::ALL {
            let curl = law.curl(loss.contrastive())?;
            rows.push(Row {
                classes,
                loss: Some(loss),
                x: Some(curl.supervised),
                ..single(cell, "bound", curl.bound())
            });
        }
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
        "total",
        "core_margin",
        "core_and_count_margin",
        "event_margin_without_count",
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
        Ok([
            risk,
            core,
            count,
            known(bound.total.known())?,
            core - risk,
            core + count - risk,
            events.count.without("count").margin(),
        ])
    })
}
