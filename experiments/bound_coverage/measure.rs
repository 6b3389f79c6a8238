use nalgebra::DMatrix;
use rand::RngExt;
use rand::seq::SliceRandom;
use rayon::prelude::*;

use vicinfo::Error;
use vicinfo::bound::{
    Assumptions, Ball, CUTOFF, Complexities, Constants, Event, Events, Labels, Observation, Piece,
    Population, Radius, Spend, complexity,
};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::{Summary, clopper_pearson};

use super::source::VIEWS;
use super::{
    ASSUMED, BARE, Cell, DELTA, FAMILIES, FIXED, NARROW, ONE_IMAGE, PAID, Row, SHARES, WIDE,
    WITHOUT_COUNT,
};

/// Half the radius of the first ball of weights; the features have mean square 1.
pub(super) const BASE: f64 = 0.5;
/// Main terms of the bound.
pub(super) const CORE: [&str; 3] = ["c_invariance", "residual_labelled", "residual_unlabelled"];

/// An inequality in a setting.
pub(super) type Named = (&'static str, Event);

fn assumptions(population: &Population, observation: &Observation) -> Result<Assumptions, Error> {
    population.assumptions(observation, Radius::Peeled { base: BASE }, DELTA)
}

/// Draws labelled points and pairs of a population, and reads them.
pub(super) struct Draw {
    pub labelled: Vec<usize>,
    pub observation: Observation,
}

impl Draw {
    pub fn new(population: &Population, (n, m): (usize, usize), seed: Seed) -> Result<Self, Error> {
        let pairs = population.draw_positives(m, seed.child("pairs"));
        Self::of(population, population, n, &pairs, seed)
    }

    /// The labelled points from one population, the pairs as given, read in another.
    pub fn of(
        read: &Population,
        labelled_from: &Population,
        n: usize,
        pairs: &[[usize; 2]],
        seed: Seed,
    ) -> Result<Self, Error> {
        let labelled = labelled_from.draw(n, seed.child("labelled"));
        let observation = read.observe(&labelled, pairs, CUTOFF)?;
        Ok(Self {
            labelled,
            observation,
        })
    }

    pub fn events(&self, population: &Population) -> Result<Events, Error> {
        let assumptions = assumptions(population, &self.observation)?;
        self.events_under(population, &assumptions)
    }

    pub fn events_under(
        &self,
        population: &Population,
        assumptions: &Assumptions,
    ) -> Result<Events, Error> {
        Events::new(population, &self.labelled, &self.observation, assumptions)
    }
}

/// Draws trials and counts in how many of them each inequality holds.
pub(super) fn tally(
    cell: &Cell,
    (n, m): (usize, usize),
    x: f64,
    seed: Seed,
    trial: impl Fn(Seed) -> Result<Vec<Named>, Error> + Sync,
) -> Result<Vec<Row>, Error> {
    let outcomes = (0..cell.trials)
        .into_par_iter()
        .map(|t| trial(seed.child(t)))
        .collect::<Result<Vec<_>, Error>>()?;
    let kinds = outcomes.first().map_or(0, Vec::len);
    (0..kinds)
        .map(|kind| {
            let (setting, first) = &outcomes[0][kind];
            let events = || outcomes.iter().map(|outcome| &outcome[kind].1);
            let held = events().filter(|event| event.holds()).count();
            let interval = clopper_pearson(held as u64, cell.trials as u64, 0.95)?;
            let ratios: Vec<f64> = events()
                .map(|event| event.left / (event.left + event.margin()))
                .collect();
            let known = ratios.iter().all(|ratio| ratio.is_finite());
            Ok(Row {
                part: cell.part,
                source: cell.source,
                setting: (*setting).to_owned(),
                quantity: first.name.to_owned(),
                n,
                m,
                x,
                trials: cell.trials,
                held: Some(held),
                mean: held as f64 / cell.trials as f64,
                lower: interval.lower,
                upper: interval.upper,
                std_error: 0.0,
                used: known.then(|| ratios.iter().sum::<f64>() / ratios.len() as f64),
                most_used: known.then(|| ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
            })
        })
        .collect()
}

/// A mean over trials.
pub(super) fn average(
    cell: &Cell,
    (n, m): (usize, usize),
    x: f64,
    (setting, quantity): (&str, &str),
    values: &[f64],
) -> Result<Row, Error> {
    let summary = Summary::new(values)?;
    let half = 1.96 * summary.std_error;
    Ok(Row {
        part: cell.part,
        source: cell.source,
        setting: setting.to_owned(),
        quantity: quantity.to_owned(),
        n,
        m,
        x,
        trials: values.len(),
        held: None,
        mean: summary.mean,
        lower: summary.mean - half,
        upper: summary.mean + half,
        std_error: summary.std_error,
        used: None,
        most_used: None,
    })
}

/// `E |W_S f(x) - y| <=` other addends than those of the bound.
pub(super) fn risk_at_most(name: &'static str, events: &Events, right: Vec<Piece>) -> Event {
    Event {
        name,
        left: events.bound.left,
        right,
    }
}

/// The risk against the main terms of the bound.
pub(super) fn core(events: &Events) -> Event {
    let main = events.bound.right.iter().copied();
    risk_at_most(
        "core",
        events,
        main.filter(|piece| CORE.contains(&piece.name)).collect(),
    )
}

pub(super) fn events(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let population = cell.source.population(seed.child("population"))?;
    let mut rows = Vec::new();
    for &size in &cell.sizes {
        let stream = seed.child("trials").child(size.0).child(size.1);
        rows.extend(tally(cell, size, 0.0, stream, |seed| {
            let events = Draw::new(&population, size, seed)?.events(&population)?;
            let bare = [
                events.count.without("count"),
                events.invariance_labelled.without("deviation"),
                events.invariance_unlabelled.without("deviation"),
                events.loss_labelled.without("deviation"),
                (events.loss_unlabelled.without("deviation")).without("complexity"),
            ];
            let mut named: Vec<Named> = (events.all().into_iter().cloned())
                .map(|event| (ASSUMED, event))
                .collect();
            named.extend(bare.map(|event| (BARE, event)));
            Ok(named)
        })?);
    }
    Ok(rows)
}

/// A pair of two views of one image, drawn independently of each other.
fn views_of(point: usize, rng: &mut impl rand::Rng) -> [usize; 2] {
    let image = point / VIEWS;
    [0, 1].map(|_| image * VIEWS + rng.random_range(0..VIEWS))
}

/// Replaces a share of the pairs by pairs of one image each.
pub(super) fn replace(pairs: &mut [[usize; 2]], share: f64, seed: Seed) {
    let mut rng = seed.rng();
    for pair in pairs {
        if rng.random::<f64>() < share {
            *pair = views_of(pair[0], &mut rng);
        }
    }
}

pub(super) fn pairs(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let population = cell.source.population(seed.child("population"))?;
    let mut rows = Vec::new();
    for &size in &cell.sizes {
        for share in SHARES {
            let stream = seed.child("share").child(share);
            rows.extend(tally(cell, size, share, stream, |seed| {
                let mut pairs = population.draw_positives(size.1, seed.child("pairs"));
                replace(&mut pairs, share, seed.child("views"));
                let draw = Draw::of(&population, &population, size.0, &pairs, seed)?;
                let events = draw.events(&population)?;
                Ok(vec![
                    (ONE_IMAGE, events.invariance_unlabelled),
                    (ONE_IMAGE, events.bound),
                ])
            })?);
        }
    }
    Ok(rows)
}

pub(super) fn shift(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let features = cell.source.features(seed.child("population"))?;
    let labels = cell.source.labels()?;
    let with =
        |priors: [f64; 4]| Population::new(features.clone(), labels.clone(), Some(priors.to_vec()));
    let (even, narrow) = (with([0.25; 4])?, with([0.97, 0.01, 0.01, 0.01])?);
    let mut rows = Vec::new();
    for &size in &cell.sizes {
        for (setting, law, labelled_from, pairs_from) in [
            (ASSUMED, &even, &even, &even),
            (NARROW, &even, &even, &narrow),
            (ASSUMED, &narrow, &narrow, &narrow),
            (WIDE, &narrow, &even, &narrow),
        ] {
            // What follows from the draws that are not as assumed.
            let read: &[&str] = match setting {
                NARROW => &["invariance_unlabelled", "bound"],
                WIDE => &["invariance_labelled", "loss_labelled", "bound"],
                _ => &[],
            };
            let stream = seed.child("trials").child(setting).child(law.priors()[0]);
            rows.extend(tally(cell, size, 0.0, stream, |seed| {
                let pairs = pairs_from.draw_positives(size.1, seed.child("pairs"));
                let draw = Draw::of(law, labelled_from, size.0, &pairs, seed)?;
                let events = draw.events(law)?;
                let kept = (events.all().into_iter())
                    .filter(|event| read.is_empty() || read.contains(&event.name));
                Ok(kept.map(|event| (setting, event.clone())).collect())
            })?);
        }
    }
    Ok(rows)
}

/// Points of the population of the part `family`.
const POINTS: usize = 32;

/// Encoders that send half of the points to 1 and the others to -1: none is more invariant than another, and the distance
/// of a pair is 0 or 2.
fn codes(count: usize, seed: Seed) -> Result<Vec<Population>, Error> {
    let labels = Labels::new(vec![0; POINTS], vec!["0".into()])?;
    (0..count)
        .map(|f| {
            let mut signs = [1.0; POINTS];
            signs[POINTS / 2..].fill(-1.0);
            signs.shuffle(&mut seed.child(f).rng());
            let features = Sample::new(DMatrix::from_row_slice(1, POINTS, &signs))?;
            Population::new(features, labels.clone(), None)
        })
        .collect()
}

pub(super) fn family(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let largest = FAMILIES.into_iter().max().unwrap_or(1);
    let family = codes(largest, seed.child("family"))?;
    let mut rows = Vec::new();
    for &(n, m) in &cell.sizes {
        for count in FAMILIES {
            let paid = complexity::finite_union(0.0, 2.0, count)?;
            let stream = seed.child("count").child(count);
            rows.extend(tally(cell, (n, m), count as f64, stream, |seed| {
                let pairs = family[0].draw_positives(m, seed.child("pairs"));
                let distance = |f: &Population| -> f64 {
                    let z = f.features().coordinates();
                    pairs.iter().map(|&[a, b]| (z[a] - z[b]).abs()).sum()
                };
                // The first of the least.
                let mut chosen = &family[0];
                let mut least = distance(chosen);
                for f in &family[1..count] {
                    let own = distance(f);
                    if own < least {
                        (chosen, least) = (f, own);
                    }
                }
                let draw = Draw::of(chosen, chosen, n, &pairs, seed)?;
                let plain = assumptions(chosen, &draw.observation)?;
                let charged = Assumptions {
                    complexities: Complexities {
                        invariance: paid,
                        ..plain.complexities
                    },
                    spend: Spend {
                        invariance_unlabelled: DELTA,
                        ..plain.spend
                    },
                    ..plain
                };
                let events = draw.events_under(chosen, &charged)?;
                let event = events.invariance_unlabelled;
                let uncharged = event.without("complexity");
                Ok(vec![
                    (PAID, event),
                    (FIXED, uncharged),
                    (PAID, events.bound),
                ])
            })?);
        }
    }
    Ok(rows)
}

pub(super) fn overfit(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    // Classes that have nothing to do with the features.
    let features = seed
        .child("features")
        .normal_matrix(cell.source.dim(), cell.source.points());
    let scale = (features.ncols() as f64).sqrt() / features.norm();
    let population = Population::new(Sample::new(features * scale)?, cell.source.labels()?, None)?;
    let mut rows = Vec::new();
    for &size in &cell.sizes {
        rows.extend(tally(cell, size, 0.0, seed.child("trials"), |seed| {
            let draw = Draw::new(&population, size, seed)?;
            let plain = assumptions(&population, &draw.observation)?;
            let events = draw.events_under(&population, &plain)?;
            // A loss of weights that were fixed before has no complexity, and its own largest value.
            let fixed = Assumptions {
                complexities: Complexities {
                    loss: 0.0,
                    ..plain.complexities
                },
                constants: Constants {
                    kappa: plain.constants.kappa_unlabelled,
                    ..plain.constants
                },
                ball: Ball {
                    share: 1.0,
                    ..plain.ball
                },
                ..plain
            };
            let taken = draw.events_under(&population, &fixed)?.loss_unlabelled;
            Ok(vec![
                (ASSUMED, events.loss_unlabelled),
                (FIXED, taken),
                (ASSUMED, events.bound),
            ])
        })?);
    }
    Ok(rows)
}

pub(super) fn missing(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let classes = cell.source.classes();
    // Every class at a point of its own: a fit is exact on the classes it has seen.
    let features = Sample::new(DMatrix::identity(classes, classes))?;
    let names = (0..classes).map(|k| k.to_string()).collect();
    let labels = Labels::new((0..classes).collect(), names)?;
    let population = Population::new(features, labels, None)?;
    let mut rows = Vec::new();
    for &size in &cell.sizes {
        rows.extend(tally(cell, size, 0.0, seed.child("trials"), |seed| {
            let events = Draw::new(&population, size, seed)?.events(&population)?;
            let core = core(&events);
            Ok(vec![
                (WITHOUT_COUNT, events.count.without("count")),
                ("without remainder", core),
                (ASSUMED, events.count),
                (ASSUMED, events.bound),
            ])
        })?);
    }
    Ok(rows)
}
