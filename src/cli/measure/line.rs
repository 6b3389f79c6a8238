use serde_json::{Map, Value, json};
use vicinfo::Error;
use vicinfo::number::to_error;
use vicinfo::stats::Interval;
use vicinfo::uncertainty::{Calibration, Permutation, Subsampling};

use super::subject::Subject;
use crate::cli::aligned;

/// What is printed about one estimator.
pub struct Line {
    pub name: String,
    pub unit: &'static str,
    /// On which side of the truth the value lies, for what has a truth.
    pub side: Option<&'static str>,
    pub value: Result<f64, Error>,
    pub warnings: Vec<String>,
    /// The parts that were asked for; `None` when not.
    pub spread: Option<Result<Spread, Error>>,
    pub permutation: Option<Result<Permutation, Error>>,
    pub calibration: Option<Result<Calibration, Error>>,
}

/// A standard error and the interval that follows from it.
pub struct Spread {
    pub subsampling: Subsampling,
    pub level: f64,
    pub interval: Interval,
}

impl Line {
    /// The value alone.
    pub fn new<S: Subject>(subject: &S, data: &S::Data) -> Self {
        Self {
            unit: subject.unit(),
            side: Some(subject.side()),
            warnings: subject.warnings(data),
            ..Self::plain(subject.name(), subject.estimate(data))
        }
    }

    /// A value in nats without a side and warnings.
    pub fn plain(name: String, value: Result<f64, Error>) -> Self {
        Self {
            name,
            unit: "nats",
            side: None,
            value,
            warnings: Vec::new(),
            spread: None,
            permutation: None,
            calibration: None,
        }
    }

    /// The parts that were asked for, each with the reason if it could not be given.
    pub fn asked(&self) -> Vec<(&'static str, Option<&Error>)> {
        fn part<'a, T>(
            what: &'static str,
            part: &'a Option<Result<T, Error>>,
        ) -> Option<(&'static str, Option<&'a Error>)> {
            part.as_ref().map(|part| (what, part.as_ref().err()))
        }
        [
            part("standard error", &self.spread),
            part("test of independence", &self.permutation),
            part("calibration", &self.calibration),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Reasons to read the numbers with care.
    fn warnings(&self) -> Vec<String> {
        let mut warnings = self.warnings.clone();
        if let Some(Ok(spread)) = &self.spread {
            warnings.extend(spread.subsampling.warnings());
        }
        if let Some(Ok(test)) = &self.permutation {
            warnings.extend(test.warnings());
        }
        if let Some(Ok(calibration)) = &self.calibration {
            warnings.extend(calibration.warnings());
        }
        warnings
    }

    /// The entry of the JSON output.
    pub fn json(&self) -> Value {
        let value = match &self.value {
            Ok(value) => value,
            Err(error) => return json!({ "name": self.name, "error": reason(error) }),
        };
        // Numbers in nats say so in their names.
        let in_unit = |name: &str| match self.unit {
            "nats" => format!("{name}_nats"),
            _ => name.to_owned(),
        };
        let mut entry = Map::new();
        entry.insert("name".to_owned(), json!(self.name));
        entry.insert(in_unit("value"), json!(value));
        if self.unit != "nats" {
            entry.insert("unit".to_owned(), json!(self.unit));
        }
        if let Some(side) = self.side {
            entry.insert("side".to_owned(), json!(side));
        }
        if let Some(spread) = &self.spread {
            let details = match spread {
                Err(error) => json!({ "error": reason(error) }),
                Ok(Spread {
                    subsampling,
                    interval,
                    ..
                }) => {
                    let ends = json!([interval.lower, interval.upper]);
                    entry.insert(in_unit("std_error"), json!(subsampling.std_error));
                    entry.insert("std_error_method".to_owned(), json!(subsampling.method()));
                    entry.insert(in_unit("interval"), ends);
                    let levels: Vec<Value> = (subsampling.levels.iter())
                        .map(|level| {
                            json!({
                                "size": level.size,
                                "blocks": level.blocks,
                                "orders": level.orders,
                                in_unit("std"): level.std_dev,
                            })
                        })
                        .collect();
                    json!({
                        "levels": levels,
                        "degrees_of_freedom": subsampling.degrees,
                        "variance_exponent": subsampling.rate.map(|rate| rate.exponent),
                        "variance_exponent_std_error": subsampling.rate.map(|rate| rate.std_error),
                    })
                }
            };
            entry.insert("subsampling".to_owned(), details);
        }
        if let Some(permutation) = &self.permutation {
            let details = match permutation {
                Err(error) => json!({ "error": reason(error) }),
                Ok(test) => json!({
                    "p_value": test.p_value,
                    "permutations": test.permutations,
                    in_unit("null_mean"): test.null.mean,
                    in_unit("null_std"): test.null.std_dev,
                }),
            };
            entry.insert("permutation".to_owned(), details);
        }
        if let Some(calibration) = &self.calibration {
            let details = match calibration {
                Err(error) => json!({ "error": reason(error) }),
                Ok(calibration) => json!({
                    in_unit("truth"): calibration.truth,
                    in_unit("bias"): calibration.errors.mean,
                    in_unit("bias_std_error"): calibration.errors.std_error,
                    in_unit("std"): calibration.errors.std_dev,
                    "replicates": calibration.errors.n,
                    in_unit("corrected"): calibration.corrected(*value),
                }),
            };
            entry.insert("calibration".to_owned(), details);
        }
        entry.insert("warnings".to_owned(), json!(self.warnings()));
        Value::Object(entry)
    }
}

/// Said on stderr when no line has a value.
pub const NOTHING: &str = "nothing could be computed from these data; the reasons stand with each";

/// An error as JSON.
pub fn reason(error: &Error) -> Value {
    json!({ "kind": error.kind(), "message": error.to_string() })
}

/// A column of the table: its heading, and the cell of a line whose value is given; `None` where
/// it could not be computed.
type Column = (String, Box<dyn Fn(&Line, f64) -> Option<String>>);

/// The table for people. Uncertainties are rounded to what they are worth; JSON has all digits.
pub fn table(about: &Value, general: &[String], lines: &[Line]) -> String {
    let columns = columns(lines);
    let mut rows = vec![
        std::iter::once("estimator".to_owned())
            .chain(columns.iter().map(|(heading, _)| heading.clone()))
            .collect::<Vec<_>>(),
    ];
    for line in lines {
        let mut row = vec![line.name.clone()];
        for (at, (_, cell)) in columns.iter().enumerate() {
            row.push(match &line.value {
                Ok(value) => cell(line, *value).unwrap_or_else(|| "-".to_owned()),
                Err(error) if at + 1 == columns.len() => error.kind().to_owned(),
                Err(_) => "-".to_owned(),
            });
        }
        rows.push(row);
    }
    let mut notes: Vec<String> = general.to_vec();
    for line in lines {
        let mut own = Vec::new();
        match &line.value {
            Err(error) => own.push(error.to_string()),
            Ok(_) => {
                own.extend(line.warnings());
                for (what, error) in line.asked() {
                    own.extend(error.map(|error| format!("no {what}: {error}")));
                }
            }
        }
        notes.extend(own.into_iter().map(|note| format!("{}: {note}", line.name)));
    }
    with_notes(about, &format!("\n{}", aligned(&rows)), &notes)
}

/// The sizes of the data above a table, the warnings below it.
pub fn with_notes(about: &Value, table: &str, notes: &[String]) -> String {
    let sizes: Vec<String> = (about.as_object().into_iter().flatten())
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    let mut text = format!("{}\n{table}", sizes.join(", "));
    if !notes.is_empty() {
        text += "\nwarnings\n";
        for note in notes {
            text += &format!("  {note}\n");
        }
    }
    text
}

/// Only what was asked for has a column.
fn columns(lines: &[Line]) -> Vec<Column> {
    fn given<T>(part: &Option<Result<T, Error>>) -> Option<&T> {
        part.as_ref().and_then(|part| part.as_ref().ok())
    }
    fn column(
        heading: impl Into<String>,
        cell: impl Fn(&Line, f64) -> Option<String> + 'static,
    ) -> Column {
        (heading.into(), Box::new(cell))
    }
    let in_nats = lines.iter().all(|line| line.unit == "nats");
    let mut columns = vec![column(
        if in_nats { "value (nats)" } else { "value" },
        |_, value| Some(value.to_string()),
    )];
    if !in_nats {
        columns.push(column("unit", |line, _| Some(line.unit.to_owned())));
    }
    if lines.iter().any(|line| line.spread.is_some()) {
        let level = lines.iter().find_map(|line| given(&line.spread));
        let level = level.map_or(String::new(), |spread| format!(" (level {})", spread.level));
        columns.push(column("std error", |line, _| {
            given(&line.spread).map(|spread| {
                let std_error = spread.subsampling.std_error;
                to_error(std_error, std_error)
            })
        }));
        columns.push(column(format!("interval{level}"), |line, _| {
            given(&line.spread).map(|spread| {
                let (ends, std_error) = (spread.interval, spread.subsampling.std_error);
                let [lower, upper] = [ends.lower, ends.upper].map(|end| to_error(end, std_error));
                format!("[{lower}, {upper}]")
            })
        }));
    }
    if lines.iter().any(|line| line.permutation.is_some()) {
        columns.push(column("p (independence)", |line, _| {
            given(&line.permutation).map(|test| format!("{:.4}", test.p_value))
        }));
        columns.push(column("when independent", |line, _| {
            given(&line.permutation).map(|test| plus_minus(test.null.mean, test.null.std_dev))
        }));
    }
    if lines.iter().any(|line| line.calibration.is_some()) {
        columns.push(column("bias on Gaussian twins", |line, _| {
            given(&line.calibration).map(|calibration| {
                plus_minus(calibration.errors.mean, calibration.errors.std_error)
            })
        }));
        columns.push(column("corrected", |line, value| {
            given(&line.calibration).map(|calibration| {
                to_error(calibration.corrected(value), calibration.errors.std_error)
            })
        }));
    }
    if lines.iter().any(|line| line.side.is_some()) {
        columns.push(column("side of the truth", |line, _| {
            line.side.map(|side| side.replace('_', " "))
        }));
    }
    columns
}

fn plus_minus(value: f64, std: f64) -> String {
    format!("{} ± {}", to_error(value, std), to_error(std, std))
}
