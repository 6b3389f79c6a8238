use std::ops::Range;
use std::process::ExitCode;

use serde_json::{Map, Value, json};
use vicinfo::Error;
use vicinfo::objective::{self, Objective};
use vicinfo::sample::{Paired, Sample};
use vicinfo::stats::Summary;

use super::line::{NOTHING, reason, with_notes};
use super::warning::warnings;
use super::{chosen, read};
use crate::cli::{Done, Format, aligned, print, remote, rounded};

/// Standard deviation at which the `1e-4` that VICReg adds to a variance is as large as the variance.
const COLLAPSED: f64 = 0.01;
/// Spread of the points over their length below which scaling them to length 1 leaves nearly one point.
const NARROW: f64 = 1e-3;

/// Measures and prints.
pub fn of_views(
    names: [&str; 2],
    written: &[String],
    batch: Option<usize>,
    format: Format,
) -> Done {
    let objectives = if written.is_empty() {
        let defaults = objective::ALL.iter().flat_map(|entry| entry.defaults);
        chosen("objective", None, defaults.copied(), objective::parse)?
    } else {
        let mut objectives = Vec::new();
        for text in written {
            let none = std::iter::empty();
            objectives.extend(chosen("objective", Some(text), none, objective::parse)?);
        }
        objectives
    };
    let views = Paired::new(read(names[0])?, read(names[1])?)?;
    let (dim_1, dim_2) = views.dims();
    let mut about = json!({ "n": views.n(), "dim_view1": dim_1, "dim_view2": dim_2 });
    let halves = [("view1", &views.x), ("view2", &views.y)];
    let mut general = Vec::new();
    let mut spreads = Map::new();
    for (label, view) in halves {
        let spread = match Spread::new(view) {
            Ok(spread) => {
                general.extend(spread.warning(label));
                spread.json()
            }
            Err(error) => {
                general.push(format!("{label}: no standard deviation: {error}"));
                Value::Null
            }
        };
        spreads.insert(label.to_owned(), spread);
    }
    general.extend(warnings(&[("view1: ", &views.x), ("view2: ", &views.y)]));
    let batches = match batch {
        None => vec![views],
        Some(size) => {
            let left = views.n() % size;
            about["batch"] = json!(size);
            about["batches"] = json!(views.n() / size);
            if left > 0 {
                general.push(format!("the last {left} pairs do not fill a batch"));
            }
            batches(&views, size)?
        }
    };
    let lines: Vec<Line> = (objectives.iter())
        .map(|objective| Line::new(&**objective, &batches))
        .collect();
    match format {
        Format::Json => {
            about["std"] = Value::Object(spreads);
            about["warnings"] = json!(general);
            about["results"] = lines.iter().map(Line::json).collect();
            print(&format!("{about:#}\n"));
        }
        Format::Table => print(&table(&about, &spreads, general, &lines)),
    }
    if lines.iter().all(|line| line.value.is_err()) {
        eprintln!("error: {NOTHING}");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Consecutive batches of this size; what does not fill the last is left out.
fn batches(views: &Paired, size: usize) -> Result<Vec<Paired>, Error> {
    if size > views.n() {
        return Err(Error::TooFewPoints {
            method: "a batch of this size",
            required: size,
            actual: views.n(),
        });
    }
    (0..views.n() / size)
        .map(|batch| {
            let indices: Vec<usize> = (batch * size..(batch + 1) * size).collect();
            Paired::new(views.x.select(&indices)?, views.y.select(&indices)?)
        })
        .collect()
}

/// Standard deviations of the coordinates of a view.
struct Spread {
    /// Root of the mean variance.
    rms: f64,
    smallest: f64,
    largest: f64,
    /// Root mean square of all coordinates.
    size: f64,
    /// Coordinates whose standard deviation is below [`COLLAPSED`], and all.
    narrow: (usize, usize),
}

impl Spread {
    fn new(view: &Sample) -> Result<Self, Error> {
        let stds = (0..view.dim())
            .map(|j| {
                let values: Vec<f64> = view.points().map(|point| point[j]).collect();
                Ok(Summary::new(&values)?.std_dev)
            })
            .collect::<Result<Vec<f64>, Error>>()?;
        let root_mean_square = |values: &[f64]| {
            let squares: f64 = values.iter().map(|v| v * v).sum();
            (squares / values.len() as f64).sqrt()
        };
        let narrow = stds.iter().filter(|std| **std < COLLAPSED).count();
        Ok(Self {
            rms: root_mean_square(&stds),
            smallest: stds.iter().copied().fold(f64::INFINITY, f64::min),
            largest: stds.iter().copied().fold(0.0, f64::max),
            size: root_mean_square(view.coordinates()),
            narrow: (narrow, view.dim()),
        })
    }

    /// Collapse, which objectives that scale points or coordinates do not show.
    fn warning(&self, label: &str) -> Option<String> {
        let (narrow, dim) = self.narrow;
        if self.largest <= 0.0 {
            Some(format!("{label}: collapsed: every point is the same"))
        } else if self.rms < COLLAPSED {
            Some(format!(
                "{label}: collapsed: the standard deviation, {:.1e} (root mean square over the coordinates), is below {COLLAPSED}, \
                 where the 1e-4 under VICReg's root outweighs the variance; objectives that scale points or coordinates to unit size do not show this",
                self.rms
            ))
        } else if self.rms < NARROW * self.size {
            Some(format!(
                "{label}: collapsed to one direction: the points spread by {:.1e} of their size; scaled to length 1 they are nearly one point",
                self.rms / self.size
            ))
        } else if narrow > 0 {
            Some(format!(
                "{label}: {narrow} of {dim} coordinates have a standard deviation below {COLLAPSED}"
            ))
        } else {
            None
        }
    }

    fn json(&self) -> Value {
        json!({ "rms": self.rms, "min": self.smallest, "max": self.largest })
    }
}

/// A value before and after weighting.
struct Term {
    name: String,
    weight: f64,
    value: f64,
}

/// Why there is no value.
struct Failure {
    /// The batch and its pairs, where there are several: the error counts points from the first of them.
    batch: Option<(usize, Range<usize>)>,
    error: Error,
}

impl Failure {
    fn json(&self) -> Value {
        let mut entry = reason(&self.error);
        entry["message"] = json!(self.message());
        if let Some((batch, _)) = &self.batch {
            entry["batch"] = json!(batch);
        }
        entry
    }

    fn message(&self) -> String {
        match &self.batch {
            Some((batch, pairs)) => format!(
                "batch {batch}, pairs {} to {} (counted from 0): {}",
                pairs.start,
                pairs.end - 1,
                self.error
            ),
            None => self.error.to_string(),
        }
    }
}

/// What is printed about one objective.
struct Line {
    name: String,
    /// The mean over the batches, and their standard deviation when there are several.
    value: Result<(f64, Option<f64>), Failure>,
    terms: Vec<Term>,
}

impl Line {
    fn new(objective: &dyn Objective, batches: &[Paired]) -> Self {
        let name = objective.name();
        let evaluations: Result<Vec<_>, Failure> = (batches.iter().enumerate())
            .map(|(index, batch)| match objective.evaluate(batch) {
                Ok(evaluation) => Ok((evaluation.value, evaluation.terms)),
                Err(error) => {
                    let first = index * batch.n();
                    let place = (index, first..first + batch.n());
                    let batch = (batches.len() > 1).then_some(place);
                    Err(Failure { batch, error })
                }
            })
            .collect();
        let evaluations = match evaluations {
            Ok(evaluations) => evaluations,
            Err(failure) => {
                return Self {
                    name,
                    value: Err(failure),
                    terms: Vec::new(),
                };
            }
        };
        let count = batches.len() as f64;
        let names = objective::distinct_names(&evaluations[0].1);
        let terms = (evaluations[0].1.iter().zip(names).enumerate())
            .map(|(k, (term, name))| Term {
                name,
                weight: term.weight,
                value: evaluations
                    .iter()
                    .map(|(_, terms)| terms[k].value)
                    .sum::<f64>()
                    / count,
            })
            .collect();
        let values: Vec<f64> = evaluations.iter().map(|(value, _)| *value).collect();
        let value = match values[..] {
            [single] => Ok((single, None)),
            _ => match Summary::new(&values) {
                Ok(summary) => Ok((summary.mean, Some(summary.std_dev))),
                Err(error) => Err(Failure { batch: None, error }),
            },
        };
        Self { name, value, terms }
    }

    fn json(&self) -> Value {
        let (value, std) = match &self.value {
            Ok(value) => *value,
            Err(failure) => return json!({ "name": self.name, "error": failure.json() }),
        };
        let terms: Vec<Value> = (self.terms.iter())
            .map(|term| json!({ "name": term.name, "weight": term.weight, "value": term.value }))
            .collect();
        let mut entry = json!({ "name": self.name, "value": value, "terms": terms });
        if let Some(std) = std {
            entry["std_over_batches"] = json!(std);
        }
        entry
    }
}

/// The table for people: an objective, and below it its terms, whose products add up to it.
fn table(
    about: &Value,
    spreads: &Map<String, Value>,
    mut notes: Vec<String>,
    lines: &[Line],
) -> String {
    let several = lines
        .iter()
        .any(|line| matches!(line.value, Ok((_, Some(_)))));
    let mut heading = vec!["objective and terms", "weight", "term", "value"];
    if several {
        heading.push("std over batches");
    }
    let mut rows = vec![heading.into_iter().map(str::to_owned).collect()];
    for line in lines {
        let cells = match &line.value {
            Ok((value, std)) => {
                let std = std.map(rounded);
                [digits(*value), std.unwrap_or_default()]
            }
            Err(failure) => [failure.error.kind().to_owned(), String::new()],
        };
        let [value, std] = cells;
        rows.push(vec![
            line.name.clone(),
            String::new(),
            String::new(),
            value,
            std,
        ]);
        for term in &line.terms {
            rows.push(vec![
                format!("  {}", term.name),
                digits(term.weight),
                digits(term.value),
                digits(term.weight * term.value),
            ]);
        }
        let failure = line.value.as_ref().err();
        notes.extend(failure.map(|failure| format!("{}: {}", line.name, failure.message())));
    }
    let mut text = String::new();
    for (label, spread) in spreads {
        let number = |key: &str| spread[key].as_f64().unwrap_or(f64::NAN);
        if !spread.is_null() {
            text += &format!(
                "standard deviation of {label}: {} (root mean square; coordinates from {} to {})\n",
                rounded(number("rms")),
                rounded(number("min")),
                rounded(number("max"))
            );
        }
    }
    with_notes(about, &format!("{text}\n{}", aligned(&rows)), &notes)
}

/// All digits.
fn digits(value: f64) -> String {
    if remote(value) {
        format!("{value:e}")
    } else {
        value.to_string()
    }
}
