use rand::seq::SliceRandom;
use vicinfo::bound::{Labels, with_constant};
use vicinfo::error::finite;
use vicinfo::network::{Activation, Initialisation, Network, Perceptron};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;
use vicinfo::{Error, array};

use super::super::measure::{read, warning::warnings};
use super::{Features, Files};
use crate::cli::labels;

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
        labels.two_at_least(format!("classes of {}", files.labels))?;
        let mut pairs = match (&files.positives, &files.positive_of) {
            (None, _) if files.pair_by_class => {
                let order = shuffled(train.n(), seed.child("split"));
                let (own, other) = order.split_at(train.n().div_ceil(2));
                let (points, others) = (train.select(other)?, labels.select(other)?);
                let pairs = pair_by_class(&points, &others, seed, &mut notes)?;
                (train, labels) = (train.select(own)?, labels.select(own)?);
                labels.two_at_least(format!("classes of the labelled half of {}", files.labels))?;
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
                Some(pair_by_class(&points, &own, seed, &mut notes)?)
            }
        };
        if let Some(hidden) = pairs.as_ref().and_then(|pairs| pairs.labels.as_ref()) {
            hidden.two_at_least("classes of the pairs")?;
        }
        let mut holdout = match (&files.holdout, &files.holdout_labels) {
            (Some(points), Some(name)) => {
                let points = read(points)?;
                let labels = labels::read(name, points.n(), &mut notes)?;
                if let [only] = &labels.seen()[..] {
                    notes.push(format!(
                        "all held-out points are of class '{only}': the certificates take them for draws from the law of all classes"
                    ));
                }
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
        let classes = Labels::union(&known);
        let most = known.iter().map(|labels| labels.n()).max().unwrap_or(0);
        fits_memory(classes.len(), most, train.dim())?;
        labels = labels.among(&classes)?;
        let counts = labels.counts();
        let unseen: Vec<&str> = (classes.iter().zip(&counts))
            .filter(|(_, count)| **count == 0)
            .map(|(class, _)| class.as_str())
            .collect();
        if !unseen.is_empty() {
            notes.push(format!(
                "without a labelled point, so that all of their points count as errors: {}",
                listed(&unseen)
            ));
        }
        let (n, seen) = (labels.n(), classes.len() - unseen.len());
        if 2 * seen > n {
            notes.push(format!(
                "{n} labelled points have {seen} different classes, less than two points each: are the labels identifiers?"
            ));
        }
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
    let longest = |sets: &[&mut Sample]| -> f64 {
        let norms = sets.iter().flat_map(|set| set.points().map(norm));
        norms.fold(0.0, f64::max)
    };
    if features.normalise {
        for set in sets.iter_mut() {
            if let Some(point) = set.points().position(|point| largest(point) <= 0.0) {
                return Err(Error::ZeroVector {
                    what: "the features, which --normalise divides by their norm",
                    point,
                });
            }
            **set = set.map(set.dim(), |point, target| {
                // In the unit of its largest coordinate first, whose squares doubles hold.
                let unit = largest(point);
                let squares = point.iter().map(|v| (v / unit).powi(2));
                let length = squares.sum::<f64>().sqrt();
                for (value, target) in point.iter().zip(target) {
                    *target = value / unit / length;
                }
            })?;
        }
        Ok((1.0, "scaled to it"))
    } else if let Some(declared) = features.norm {
        let largest = longest(sets);
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
        let largest = finite("the largest norm of the features", longest(sets))?;
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

fn largest(point: &[f64]) -> f64 {
    point.iter().map(|v| v.abs()).fold(0.0, f64::max)
}

fn norm(point: &[f64]) -> f64 {
    let unit = largest(point);
    if unit <= 0.0 {
        return 0.0;
    }
    let squares = point.iter().map(|v| (v / unit).powi(2));
    unit * squares.sum::<f64>().sqrt()
}

/// The numbers below `n` in random order.
fn shuffled(n: usize, seed: Seed) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    order.shuffle(&mut seed.rng());
    order
}

/// The first few names of a list, and how many more there are.
fn listed(names: &[&str]) -> String {
    const MOST: usize = 5;
    let first: Vec<String> = names.iter().take(MOST).map(|n| format!("'{n}'")).collect();
    let classes = if names.len() == 1 { "class" } else { "classes" };
    match names.len().saturating_sub(MOST) {
        0 => format!("{classes} {}", first.join(", ")),
        more => format!("{classes} {} and {more} more", first.join(", ")),
    }
}

/// Most bytes that the fits may take.
const MOST_BYTES: u64 = 4 << 30;

/// Refuses more classes than the one-hot columns of the largest set and the factors of the fit have room for, as when
/// labels are identifiers: before anything of that size is there.
fn fits_memory(classes: usize, points: usize, dim: usize) -> Result<(), Error> {
    let (k, n, d) = (classes as u64, points as u64, dim as u64);
    // 24 (d + K)^2 numbers for the factors, of which 24 d^2 are those of the features alone.
    let columns = n.saturating_add(k.saturating_add(2 * d).saturating_mul(24));
    let bytes = k.saturating_mul(columns).saturating_mul(8);
    if bytes <= MOST_BYTES {
        return Ok(());
    }
    Err(Error::invalid(
        "classes",
        classes,
        format!(
            "few enough to be fitted within 4 GiB; with {points} points in {dim} dimensions these take {:.1}. Are the labels identifiers?",
            bytes as f64 / (1_u64 << 30) as f64
        ),
    ))
}

/// Pairs points of one class, met in random order, each in one pair at most.
fn pair_by_class(
    points: &Sample,
    labels: &Labels,
    seed: Seed,
    warnings: &mut Vec<String>,
) -> Result<Pairs, Error> {
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
    let alone = waiting.iter().flatten().count();
    if alone > 0 {
        warnings.push(format!(
            "--pair-by-class: {alone} of {} points, one of each class of odd count, have no partner and are left out",
            points.n()
        ));
    }
    Ok(Pairs {
        points: Paired::new(points.select(&first)?, points.select(&second)?)?,
        labels: Some(labels.select(&first)?),
    })
}
