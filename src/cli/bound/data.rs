use rand::seq::SliceRandom;
use vicinfo::bound::{Labels, with_constant};
use vicinfo::network::{Activation, Initialisation, Network, Perceptron};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;
use vicinfo::{Error, array};

use super::super::measure::{read, warning::warnings};
use super::{Features, Files, labels};

/// What the bounds are computed from: features, classes, and a norm that no feature exceeds.
pub struct Data {
    pub train: Sample,
    pub labels: Labels,
    pub pairs: Option<Pairs>,
    pub holdout: Option<(Sample, Labels)>,
    pub norm: f64,
    pub norm_source: &'static str,
    pub warnings: Vec<String>,
}

/// Positive pairs, with their classes where these are known.
pub struct Pairs {
    pub points: Paired,
    pub labels: Option<Labels>,
}

impl Data {
    pub fn read(files: &Files, features: &Features) -> Result<Self, Error> {
        let mut notes = Vec::new();
        let seed = Seed::root(features.seed).child("bound");
        let mut train = read(&files.train)?;
        let mut labels = labels::read(&files.labels, train.n(), &mut notes)?;
        if labels.classes().len() < 2 {
            return Err(Error::invalid(
                format!("classes of {}", files.labels),
                labels.classes().join(", "),
                "at least two: with a single class there is nothing to predict",
            ));
        }
        let mut pairs = match (&files.positives, &files.positive_of) {
            (None, _) if files.pair_by_class => {
                let order = shuffled(train.n(), seed.child("split"));
                let (own, other) = order.split_at(train.n().div_ceil(2));
                let pairs = pair_by_class(&train.select(other)?, &labels.select(other)?, seed)?;
                (train, labels) = (train.select(own)?, labels.select(own)?);
                Some(pairs)
            }
            (None, _) => None,
            (Some(first), Some(second)) => {
                let points = Paired::new(read(first)?, read(second)?)?;
                let labels = (files.positive_labels.as_ref())
                    .map(|name| labels::read(name, points.n(), &mut notes))
                    .transpose()?;
                Some(Pairs { points, labels })
            }
            (Some(first), None) => {
                let (Some(name), true) = (&files.positive_labels, files.pair_by_class) else {
                    return Err(Error::invalid(
                        "positives",
                        first,
                        "the other halves of the pairs (--positive-of), or --pair-by-class with --positive-labels",
                    ));
                };
                let points = read(first)?;
                let own = labels::read(name, points.n(), &mut notes)?;
                Some(pair_by_class(&points, &own, seed)?)
            }
        };
        let mut holdout = match (&files.holdout, &files.holdout_labels) {
            (Some(points), Some(name)) => {
                let points = read(points)?;
                let labels = labels::read(name, points.n(), &mut notes)?;
                Some((points, labels))
            }
            _ => None,
        };

        let mut sets = vec![&mut train];
        if let Some(Pairs { points, .. }) = &mut pairs {
            sets.extend([&mut points.x, &mut points.y]);
        }
        if let Some((points, _)) = &mut holdout {
            sets.push(points);
        }
        let dim = sets[0].dim();
        if let Some(other) = sets.iter().find(|set| set.dim() != dim) {
            return Err(Error::Mismatch {
                what: "dimension of the positives and of the held-out points",
                expected: dim,
                actual: other.dim(),
            });
        }
        let (mut norm, norm_source) = prepare(&mut sets, features, seed)?;
        let mut general = warnings(&[("", &*sets[0])]);
        if norm_source == GUESSED {
            general.push(format!(
                "the norm {norm:.4} is that of the largest point seen, and the bounds hold if no point that can be drawn exceeds it: state it with --norm, or scale with --normalise"
            ));
        }
        if features.bias {
            for set in &mut sets {
                **set = with_constant(set, norm)?;
            }
            norm *= std::f64::consts::SQRT_2;
        }

        let hidden = pairs.as_ref().and_then(|pairs| pairs.labels.as_ref());
        let held = holdout.as_ref().map(|(_, labels)| labels);
        let known: Vec<&Labels> = [Some(&labels), hidden, held]
            .into_iter()
            .flatten()
            .collect();
        let classes = labels::union(&known);
        for (class, count) in labels.among(&classes)?.counts().iter().enumerate() {
            if *count == 0 {
                let class = &classes[class];
                notes.push(format!(
                    "class '{class}' has no labelled point: all of its points count as errors"
                ));
            }
        }
        labels = labels.among(&classes)?;
        if let Some(Pairs {
            labels: Some(hidden),
            ..
        }) = &mut pairs
        {
            *hidden = hidden.among(&classes)?;
        }
        if let Some((_, held)) = &mut holdout {
            *held = held.among(&classes)?;
        }
        notes.extend(general);
        Ok(Self {
            train,
            labels,
            pairs,
            holdout,
            norm,
            norm_source,
            warnings: notes,
        })
    }
}

const GUESSED: &str = "largest seen";

/// Takes all sets through the same network and scaling; returns the norm that no feature exceeds, and where
/// it is from.
fn prepare(
    sets: &mut [&mut Sample],
    features: &Features,
    seed: Seed,
) -> Result<(f64, &'static str), Error> {
    if let Some(network) = network(features, sets[0].dim(), seed)? {
        for set in sets.iter_mut() {
            **set = Sample::new(network.apply(set.matrix())?)?;
        }
    }
    let largest = |sets: &[&mut Sample]| -> f64 {
        let norms = sets.iter().flat_map(|set| set.points().map(norm));
        norms.fold(0.0, f64::max)
    };
    if features.normalise {
        for set in sets.iter_mut() {
            if let Some(point) = set.points().position(|point| norm(point) <= 0.0) {
                return Err(Error::ZeroVector {
                    what: "the features, which --normalise divides by their norm",
                    point,
                });
            }
            **set = set.map(set.dim(), |point, target| {
                let length = norm(point);
                for (value, target) in point.iter().zip(target) {
                    *target = value / length;
                }
            })?;
        }
        Ok((1.0, "scaled to it"))
    } else if let Some(declared) = features.norm {
        let largest = largest(sets);
        // The comparison is written so that a declared NaN fails it.
        if !(declared.is_finite() && declared > 0.0 && largest <= declared * (1.0 + 1e-12)) {
            return Err(Error::invalid(
                "norm",
                declared,
                format!("a finite number, at least the norm {largest} of an observed point"),
            ));
        }
        Ok((declared, "declared"))
    } else {
        let largest = largest(sets);
        if largest <= 0.0 {
            return Err(Error::invalid(
                "largest norm of the features",
                largest,
                "a positive number: all features are zero",
            ));
        }
        Ok((largest, GUESSED))
    }
}

fn network(features: &Features, dim: usize, seed: Seed) -> Result<Option<Network<f64>>, Error> {
    if let Some(path) = &features.network {
        return array::read_network(path).map(Some);
    }
    let Some(width) = features.random_features else {
        return Ok(None);
    };
    let drawn = Perceptron {
        widths: vec![dim, width, width],
        activation: Activation::Relu,
        initialisation: Initialisation::He,
        bias: 0.0,
    };
    drawn.network(seed.child("network")).map(Some)
}

fn norm(point: &[f64]) -> f64 {
    point.iter().map(|v| v * v).sum::<f64>().sqrt()
}

/// The numbers below `n` in random order.
fn shuffled(n: usize, seed: Seed) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    order.shuffle(&mut seed.rng());
    order
}

/// Pairs points of one class, met in random order, each in one pair at most.
fn pair_by_class(points: &Sample, labels: &Labels, seed: Seed) -> Result<Pairs, Error> {
    let mut waiting = vec![None; labels.classes().len()];
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for i in shuffled(points.n(), seed.child("pairs")) {
        let place = &mut waiting[labels.of()[i]];
        match place.take() {
            Some(j) => {
                first.push(j);
                second.push(i);
            }
            None => *place = Some(i),
        }
    }
    if first.is_empty() {
        return Err(Error::invalid(
            "pairs",
            0,
            format!("a class with two points at least, of {} points", points.n()),
        ));
    }
    Ok(Pairs {
        points: Paired::new(points.select(&first)?, points.select(&second)?)?,
        labels: Some(labels.select(&first)?),
    })
}
