use rayon::prelude::*;

use super::collapse::relative_invariance;
use super::information::Contrast;
use super::labels::held_out_error;
use super::reading::{Reading, Section, digits, rounded};
use super::subject::Context;
use crate::bound::Labels;
use crate::diagnostic::{Diagnostic, EffectiveRank};
use crate::error::Error;
use crate::figure::{Axis, Figure, Mark, Panel, Series};
use crate::sample::{Paired, Sample};
use crate::seed::Seed;
use crate::stats::{Summary, student_t_quantile};
use crate::uncertainty::Twins;

pub(super) const TITLE: &str = "Beside what nobody trained";

/// Random projections that a baseline is the mean of.
const PROJECTIONS: u64 = 3;

/// What is compared: name, unit, how it is read off a pair of views, and how many of so many pairs it takes.
type Measure = fn(Option<&Labels>, &Paired) -> Result<f64, Error>;
type Taken = fn(usize) -> usize;
const MEASURES: [(&str, &str, Measure, Taken); 4] = [
    (
        "relative_invariance",
        "1",
        |_, views| relative_invariance(views),
        |n| n,
    ),
    (
        "info_nce",
        "nats",
        |_, views| Ok(Contrast::new(views)?.largest().mean),
        |n| match Contrast::used(n) {
            0 => n,
            used => used,
        },
    ),
    (
        "effective_rank",
        "1",
        |_, views| EffectiveRank.measure(&views.x),
        |n| n,
    ),
    (
        "held_out_error",
        "1",
        |labels, views| match labels {
            Some(labels) => held_out_error(&views.x, labels),
            None => Err(Error::invalid("labels", "none", "given")),
        },
        |n| n,
    ),
];

/// What the embedding is held against.
struct Other {
    key: &'static str,
    label: &'static str,
    /// Whether its points are those of the embedding, in their order.
    keeps_labels: bool,
    draws: Vec<Result<Paired, Error>>,
}

/// A measure of the embedding, and the same of what it is held against.
struct Compared {
    name: &'static str,
    own: f64,
    others: Vec<(&'static str, Mean)>,
}

/// The mean over draws.
#[derive(Clone, Copy)]
struct Mean {
    value: f64,
    /// Its standard error, and half the 95 % interval by Student's law for so few draws; a single draw has none.
    error: Option<(f64, f64)>,
}

impl Mean {
    fn std_error(self) -> Option<f64> {
        self.error.map(|(std_error, _)| std_error)
    }
}

pub(super) fn section(context: &Context<'_>) -> Section {
    let few = context.few_pairs();
    let own = context.mixed(&context.subject.views, few);
    let mut others = vec![Other {
        key: "gaussian_twin",
        label: "Gaussian twin",
        keeps_labels: false,
        draws: vec![
            own.as_ref()
                .map_err(Clone::clone)
                .and_then(|views| Twins::new(views)?.draw(context.seed.child("twin"))),
        ],
    }];
    if let Some(images) = &context.subject.images {
        let images = context.mixed(images, few);
        let project = |number: u64| {
            images.as_ref().map_err(Clone::clone).and_then(|images| {
                projected(
                    images,
                    context.dim(),
                    context.seed.child("projection").child(number),
                )
            })
        };
        others.push(Other {
            key: "random_projection",
            label: "random projection of the images",
            keeps_labels: true,
            draws: (0..PROJECTIONS).map(project).collect(),
        });
    }
    let mut readings = Vec::new();
    let mut rows: Vec<Compared> = Vec::new();
    let classes = context.subject.labels.as_ref();
    let classes = classes
        .map(|labels| labels.select(context.drawn(few)))
        .transpose();
    for (name, unit, measure, taken) in MEASURES {
        let labels = name == "held_out_error";
        if labels && context.subject.labels.is_none() {
            continue;
        }
        let of = |views: &Result<Paired, Error>| {
            let classes = classes.as_ref().map_err(Clone::clone)?;
            measure(classes.as_ref(), views.as_ref().map_err(Clone::clone)?)
        };
        // Labels know nothing of what was drawn anew.
        let beside: Vec<&Other> = (others.iter())
            .filter(|other| !labels || other.keeps_labels)
            .collect();
        // All at once: a factorisation has one thread.
        let (value, values) = rayon::join(
            || of(&own),
            || -> Vec<Vec<Result<f64, Error>>> {
                (beside.par_iter())
                    .map(|other| other.draws.par_iter().map(of).collect())
                    .collect()
            },
        );
        let known = value.clone().ok();
        readings.push(Reading::new(
            name,
            unit,
            taken(few),
            value,
            "the embedding, on the pairs that the others are made of",
        ));
        let mut compared = Vec::new();
        for (other, values) in beside.into_iter().zip(values) {
            let value = mean(values);
            let std_error = value.as_ref().ok().and_then(|mean| mean.std_error());
            if let Ok(mean) = value {
                compared.push((other.label, mean));
            }
            let about = match other.draws.len() {
                1 => format!("the same of a {}, a single draw", other.label),
                number => format!(
                    "the same of a {}, mean of {number} with its standard error",
                    other.label
                ),
            };
            readings.push(Reading {
                std_error,
                ..Reading::new(
                    format!("{name}, {}", other.key),
                    unit,
                    taken(few),
                    value.map(|mean| mean.value),
                    about,
                )
            });
        }
        if let (Some(own), false) = (known, compared.is_empty()) {
            rows.push(Compared {
                name,
                own,
                others: compared,
            });
        }
    }
    let told: Vec<String> = rows
        .iter()
        .map(|Compared { name, own, others }| {
            let others: Vec<String> = (others.iter())
                .map(|(label, mean)| {
                    format!("{} for a {label}", rounded(mean.value, mean.std_error()))
                })
                .collect();
            let name = name.replace('_', " ");
            format!("{name}: {} ({})", digits(*own), others.join(", "))
        })
        .collect();
    let words = if told.is_empty() {
        "Nothing could be compared.".to_owned()
    } else {
        format!(
            "{}. A Gaussian twin has the same means and covariances of both views and nothing else: what it reaches, second moments alone can reach. \
             It is a single draw: a small difference from it may be chance, and that there is none does not show that second moments are all there is.",
            told.join("; ")
        )
    };
    let mut notes: Vec<String> = context
        .note("comparisons", few, "all are read from the same pairs")
        .into_iter()
        .collect();
    if let Some(size) = Contrast::largest_size(few) {
        notes.push(format!(
            "info_nce here is of batches of {size} and never above ln {size} = {} nats: of other batches, it is no number to compare with these",
            digits((size as f64).ln())
        ));
    }
    if context.subject.images.is_none() {
        notes.push(
            "no random projection: it needs the images behind the embeddings (--images)".to_owned(),
        );
    }
    let figures = figure(&rows).into_iter().collect();
    Section {
        id: "baseline".to_owned(),
        title: TITLE.to_owned(),
        words,
        readings,
        notes,
        figures,
    }
}

fn mean(values: Vec<Result<f64, Error>>) -> Result<Mean, Error> {
    let values = values.into_iter().collect::<Result<Vec<f64>, Error>>()?;
    if let [value] = values.as_slice() {
        return Ok(Mean {
            value: *value,
            error: None,
        });
    }
    let summary = Summary::new(&values)?;
    let factor = student_t_quantile(0.975, values.len() as f64 - 1.0)?;
    Ok(Mean {
        value: summary.mean,
        error: Some((summary.std_error, factor * summary.std_error)),
    })
}

/// Both views under one matrix of independent normal numbers.
fn projected(images: &Paired, dim: usize, seed: Seed) -> Result<Paired, Error> {
    let (from, _) = images.dims();
    let matrix = seed.normal_matrix(dim, from) / (from as f64).sqrt();
    let project = |view: &Sample| Sample::new(&matrix * view.matrix());
    Paired::new(project(&images.x)?, project(&images.y)?)
}

fn figure(rows: &[Compared]) -> Option<Figure> {
    let panels: Vec<Panel> = rows
        .iter()
        .map(|Compared { name, own, others }| {
            let mut series = vec![Series::new("embedding", 1, Mark::Points(vec![(0.0, *own)]))];
            let mut names = vec!["embedding".to_owned()];
            for (label, mean) in others {
                let style = if *label == "Gaussian twin" { 0 } else { 2 };
                let place = names.len() as f64;
                let mark = match mean.error {
                    Some((_, half)) => Mark::Bars(vec![(place, mean.value, half)]),
                    None => Mark::Points(vec![(place, mean.value)]),
                };
                series.push(Series::new(*label, style, mark));
                names.push(label.replace(" of the images", ""));
            }
            let ends = |mean: &Mean| {
                let half = mean.error.map_or(0.0, |(_, half)| half);
                [mean.value - half, mean.value + half]
            };
            let values = || others.iter().flat_map(|(_, mean)| ends(mean));
            let (low, high) = (
                values().fold(own.min(0.0), f64::min),
                values().fold(*own, f64::max),
            );
            // Where all are 0 there is nothing to scale by.
            let room = if high > low { 0.1 * (high - low) } else { 1.0 };
            Panel {
                title: name.replace('_', " "),
                x: Axis::names("", names),
                y: Axis::linear(if *name == "info_nce" { "nats" } else { "" })
                    // A bar below 0 ends above the axis.
                    .between(if low < 0.0 { low - room } else { low }, high + room),
                series,
            }
        })
        .collect();
    (!panels.is_empty()).then(|| Figure {
        id: "baseline".to_owned(),
        title: "The embedding beside a Gaussian twin and random projections".to_owned(),
        columns: panels.len().min(2),
        panels,
        caption: "The twin has the embedding's means and covariances of both views; projections are of the images, by random matrices: the mean of some, with its 95 % interval.".to_owned(),
    })
}
