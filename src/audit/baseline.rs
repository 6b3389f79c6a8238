use super::collapse::relative_invariance;
use super::information::Contrast;
use super::labels::held_out_error;
use super::reading::{Reading, Section, digits, rounded};
use super::subject::Context;
use crate::diagnostic;
use crate::error::Error;
use crate::figure::{Axis, Figure, Mark, Panel, Series};
use crate::sample::{Paired, Sample};
use crate::seed::Seed;
use crate::stats::Summary;
use crate::uncertainty::Twins;

pub(super) const TITLE: &str = "Beside what nobody trained";

/// Random projections that a baseline is the mean of.
const PROJECTIONS: u64 = 3;

/// What is compared: name, unit, and how it is read off a pair of views.
type Measure = fn(&Context<'_>, &Paired) -> Result<f64, Error>;
const MEASURES: [(&str, &str, Measure); 4] = [
    ("relative_invariance", "1", |_, views| {
        relative_invariance(views)
    }),
    ("info_nce", "nats", |_, views| {
        Ok(Contrast::new(views)?.largest().1)
    }),
    ("effective_rank", "1", |_, views| {
        diagnostic::parse("effective_rank()")?.measure(&views.x)
    }),
    ("held_out_error", "1", |context, views| {
        match &context.subject.labels {
            Some(labels) => held_out_error(&views.x, &labels.select(context.drawn(views.n()))?),
            None => Err(Error::invalid("labels", "none", "given")),
        }
    }),
];

/// What the embedding is held against.
struct Other {
    key: &'static str,
    label: &'static str,
    /// Labels know nothing of what was drawn anew.
    keeps_labels: bool,
    draws: Vec<Result<Paired, Error>>,
}

/// A measure of the embedding, and the same of what it is held against.
struct Compared {
    name: &'static str,
    own: f64,
    /// What it is, the mean over its draws, and the standard error of that where there are several.
    others: Vec<(&'static str, f64, Option<f64>)>,
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
    for (name, unit, measure) in MEASURES {
        let labels = name == "held_out_error";
        if labels && context.subject.labels.is_none() {
            continue;
        }
        let value = own
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|views| measure(context, views));
        let known = value.clone().ok();
        readings.push(Reading::new(
            name,
            unit,
            few,
            value,
            "the embedding, on the pairs that the others are made of",
        ));
        let mut compared = Vec::new();
        for other in &others {
            if labels && !other.keeps_labels {
                continue;
            }
            let value = mean(other.draws.iter().map(|draw| {
                draw.as_ref()
                    .map_err(Clone::clone)
                    .and_then(|views| measure(context, views))
            }));
            let std_error = value.as_ref().ok().and_then(|(_, error)| *error);
            if let Ok((value, _)) = value {
                compared.push((other.label, value, std_error));
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
                    few,
                    value.map(|(value, _)| value),
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
                .map(|(label, other, error)| format!("{} for a {label}", rounded(*other, *error)))
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

/// The mean and its standard error; a single draw has none.
fn mean(values: impl Iterator<Item = Result<f64, Error>>) -> Result<(f64, Option<f64>), Error> {
    let values = values.collect::<Result<Vec<f64>, Error>>()?;
    if let [value] = values.as_slice() {
        return Ok((*value, None));
    }
    let summary = Summary::new(&values)?;
    Ok((summary.mean, Some(summary.std_error)))
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
            for (label, other, _) in others {
                let style = if *label == "Gaussian twin" { 0 } else { 2 };
                let place = names.len() as f64;
                series.push(Series::new(
                    *label,
                    style,
                    Mark::Points(vec![(place, *other)]),
                ));
                names.push(label.replace(" of the images", ""));
            }
            let values = || others.iter().map(|(_, value, _)| *value);
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
                    .between(low, high + room),
                series,
            }
        })
        .collect();
    (!panels.is_empty()).then(|| Figure {
        id: "baseline".to_owned(),
        title: "The embedding beside a Gaussian twin and random projections".to_owned(),
        columns: panels.len().min(2),
        panels,
        caption: "The twin has the embedding's means and covariances of both views; projections are of the images, by random matrices.".to_owned(),
    })
}
