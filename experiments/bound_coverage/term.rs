//! Measurements of the main terms, and of what the logarithms add up to.

use rayon::prelude::*;

use vicinfo::Error;
use vicinfo::bound::{Event, Events, Observation, Piece, Population, Radius, Spend};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

use super::measure::{BASE, CORE, Draw, average, core, replace, risk_at_most, tally};
use super::{CLASS_PAIRS, Cell, DELTA, FACTORS, NEAR, ONE_IMAGE, Row, TIMES, WITHOUT_C};

/// The risk against the main terms without the factor `c`: the informal form.
fn informal(events: &Events, observation: &Observation) -> Result<Event, Error> {
    let terms = observation.informal(0.0)?.terms;
    let right = (terms.iter())
        .filter_map(|term| {
            let value = term.value.known()?;
            Some(Piece {
                name: term.name,
                value,
            })
        })
        .collect();
    Ok(risk_at_most("informal", events, right))
}

/// The informal form with everything else that the bound adds, also without `c`.
fn with_remainder(events: &Events, informal: &Event, c: f64) -> Event {
    let rest = (events.bound.right.iter())
        .filter(|piece| !CORE.contains(&piece.name))
        .map(|piece| Piece {
            name: piece.name,
            value: if piece.name == "c_concentration" && c > 0.0 {
                piece.value / c
            } else {
                piece.value
            },
        });
    let right = informal.right.iter().copied().chain(rest);
    risk_at_most("informal with remainder", events, right.collect())
}

pub(super) fn dimension(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let population = cell.source.population(seed.child("population"))?;
    let mut rows = Vec::new();
    for &size in &cell.sizes {
        let stream = seed.child("trials").child(size.0).child(size.1);
        rows.extend(tally(cell, size, 0.0, stream, |seed| {
            let pairs = population.draw_positives(size.1, seed.child("pairs"));
            let mut views = pairs.clone();
            replace(&mut views, 1.0, seed.child("views"));
            let mut named = Vec::new();
            for (setting, pairs) in [(CLASS_PAIRS, &pairs), (ONE_IMAGE, &views)] {
                let draw = Draw::of(&population, &population, size.0, pairs, seed)?;
                let events = draw.events(&population)?;
                let informal = informal(&events, &draw.observation)?;
                if setting == CLASS_PAIRS {
                    let c = draw.observation.weight_distance.unwrap_or(0.0);
                    named.extend([
                        (setting, with_remainder(&events, &informal, c)),
                        (WITHOUT_C, events.chain.without("c_distance")),
                        (setting, events.bound.clone()),
                    ]);
                }
                named.extend([
                    (setting, informal),
                    (setting, core(&events)),
                    // It asks nothing of the pairs.
                    (setting, events.chain),
                ]);
            }
            Ok(named)
        })?);
    }
    Ok(rows)
}

pub(super) fn rescaled(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let population = cell.source.population(seed.child("population"))?;
    let times = |factor: f64| {
        let features = Sample::new(population.features().matrix() * factor)?;
        Population::new(features, population.labels().clone(), None)
    };
    let populations = FACTORS
        .map(times)
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    let mut rows = Vec::new();
    for &size in &cell.sizes {
        let stream = seed.child("trials").child(size.0).child(size.1);
        // The same draws for every factor.
        let read = |population: &Population, factor: f64, seed: Seed| {
            let draw = Draw::new(population, size, seed)?;
            let base = Radius::Peeled {
                base: BASE / factor,
            };
            let assumptions = population.assumptions(&draw.observation, base, DELTA)?;
            let events = draw.events_under(population, &assumptions)?;
            let informal = informal(&events, &draw.observation)?;
            Ok::<_, Error>((core(&events), informal, events))
        };
        // Near as many points as coordinates the informal form is put to the test, and with more its value is compared.
        if size == NEAR {
            for (factor, population) in FACTORS.into_iter().zip(&populations) {
                rows.extend(tally(cell, size, factor, stream, |seed| {
                    Ok(vec![(TIMES, read(population, factor, seed)?.1)])
                })?);
            }
            continue;
        }
        let sums = |population: &Population, factor, seed| {
            let (core, informal, events) = read(population, factor, seed)?;
            let right = |event: &Event| event.left + event.margin();
            Ok::<_, Error>([
                events.bound.left,
                right(&events.bound),
                right(&core),
                right(&informal),
            ])
        };
        let all = (0..cell.trials.min(200))
            .into_par_iter()
            .map(|t| {
                let each = FACTORS.into_iter().zip(&populations);
                each.map(|(factor, population)| sums(population, factor, stream.child(t)))
                    .collect::<Result<Vec<_>, Error>>()
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let one = FACTORS
            .iter()
            .position(|f| (f - 1.0).abs() < 1e-9)
            .unwrap_or(0);
        for (f, factor) in FACTORS.into_iter().enumerate() {
            for (k, quantity) in ["risk", "bound", "core", "informal"]
                .into_iter()
                .enumerate()
            {
                let ratios: Vec<f64> = all
                    .iter()
                    .map(|trial| trial[f][k] / trial[one][k])
                    .collect();
                let name = ("ratio to factor 1", quantity);
                rows.push(average(cell, size, factor, name, &ratios)?);
            }
        }
    }
    Ok(rows)
}

pub(super) fn spend(cell: &Cell) -> Result<Vec<Row>, Error> {
    let size = cell.sizes[0];
    let even = Spend::even(DELTA)?;
    let thirds = Spend {
        count: DELTA / 3.0,
        invariance_labelled: DELTA / 3.0,
        invariance_unlabelled: DELTA / 3.0,
        loss_labelled: DELTA / 3.0,
        loss_unlabelled: DELTA / 3.0,
    };
    [
        ("as reconstructed", Spend::as_reconstructed(DELTA)?),
        ("a fifth for each event", even),
        ("a third for each event", thirds),
    ]
    .into_iter()
    .map(|(setting, spend)| {
        let share = spend.total() / DELTA;
        average(
            cell,
            size,
            0.0,
            (setting, "spent share of delta"),
            &[share; 2],
        )
    })
    .collect()
}
