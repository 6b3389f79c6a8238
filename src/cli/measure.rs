use std::process::ExitCode;

use serde_json::{Value, json};
use vicinfo::parameters::split_top_level;
use vicinfo::sample::{Paired, Sample};
use vicinfo::{Error, array, entropy, information};

use super::{Done, Format, aligned, print};

/// Subcommands of `vicinfo measure`.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Differential entropy of points
    Entropy {
        /// Points as rows: .npy, .npz[:key], .safetensors[:key] or .csv
        x: String,
        #[command(flatten)]
        options: Measure,
    },
    /// Mutual information of pairs
    Information {
        /// First halves as rows: .npy, .npz[:key], .safetensors[:key] or .csv
        x: String,
        /// Second halves, as many rows
        y: String,
        #[command(flatten)]
        options: Measure,
    },
}

/// Options of both.
#[derive(clap::Args)]
pub struct Measure {
    /// Estimators separated by commas, such as 'ksg1(k=5),gaussian'; all when left out
    #[arg(long, value_name = "A,B,…")]
    estimator: Option<String>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Threads to use; results do not depend on it [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
}

/// One line of the result.
struct Line {
    name: String,
    result: Result<f64, Error>,
    side: &'static str,
    warnings: Vec<String>,
}

/// Measures and prints.
pub fn run(command: &Command) -> Done {
    let (Command::Entropy { options, .. } | Command::Information { options, .. }) = command;
    rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.unwrap_or(0))
        .build()
        .map_err(|error| {
            Error::invalid("threads", options.threads.unwrap_or(0), error.to_string())
        })?
        .install(|| match command {
            Command::Entropy { x, options } => of_points(x, options),
            Command::Information { x, y, options } => of_pairs(x, y, options),
        })
}

/// The estimators to run: those written, or every default.
fn names<'a>(written: Option<&'a str>, defaults: Vec<&'a str>) -> Result<Vec<&'a str>, Error> {
    match written {
        None => Ok(defaults),
        Some(text) => match split_top_level(text) {
            Some(names) if !names.is_empty() => Ok(names),
            _ => Err(Error::invalid(
                "estimator",
                text,
                "names separated by commas, each as `vicinfo list` prints it",
            )),
        },
    }
}

fn of_points(x: &str, options: &Measure) -> Done {
    let defaults = entropy::ALL
        .iter()
        .flat_map(|entry| entry.defaults)
        .copied()
        .collect();
    let estimators = names(options.estimator.as_deref(), defaults)?
        .into_iter()
        .map(entropy::parse)
        .collect::<Result<Vec<_>, _>>()?;
    let sample = array::read(x)?;
    let general = warnings(&[("", &sample)]);
    let lines: Vec<Line> = (estimators.iter())
        .map(|estimator| Line {
            name: estimator.name(),
            result: estimator.entropy(&sample),
            side: estimator.promises().side.as_str(),
            warnings: estimator.warnings(&sample),
        })
        .collect();
    let about = json!({ "n": sample.n(), "dim": sample.dim() });
    Ok(show(about, &general, &lines, options.format))
}

fn of_pairs(x: &str, y: &str, options: &Measure) -> Done {
    let defaults = information::ALL
        .iter()
        .flat_map(|entry| entry.defaults)
        .copied()
        .collect();
    let estimators = names(options.estimator.as_deref(), defaults)?
        .into_iter()
        .map(information::parse)
        .collect::<Result<Vec<_>, _>>()?;
    let pairs = Paired::new(array::read(x)?, array::read(y)?)?;
    let general = warnings(&[("x: ", &pairs.x), ("y: ", &pairs.y)]);
    let lines: Vec<Line> = (estimators.iter())
        .map(|estimator| Line {
            name: estimator.name(),
            result: estimator.information(&pairs),
            side: estimator.promises().side.as_str(),
            warnings: estimator.warnings(&pairs),
        })
        .collect();
    let (dim_x, dim_y) = pairs.dims();
    let about = json!({ "n": pairs.n(), "dim_x": dim_x, "dim_y": dim_y });
    Ok(show(about, &general, &lines, options.format))
}

/// What is worth knowing about the data whatever the estimator.
fn warnings(samples: &[(&str, &Sample)]) -> Vec<String> {
    let mut warnings = Vec::new();
    for (label, sample) in samples {
        let (n, dim) = (sample.n(), sample.dim());
        if n <= dim {
            warnings.push(format!(
                "{label}{n} points in {dim} dimensions: no more points than coordinates"
            ));
        }
        let constant: Vec<String> = (0..dim)
            .filter(|&j| {
                sample
                    .coordinate(j)
                    .all(|v| v.total_cmp(&sample.point(0)[j]).is_eq())
            })
            .map(|j| j.to_string())
            .collect();
        if n > 1 && !constant.is_empty() {
            warnings.push(format!(
                "{label}constant coordinates (counted from 0): {}",
                constant.join(", ")
            ));
        }
        let repeated = n - distinct(sample);
        if repeated > 0 {
            warnings.push(format!(
                "{label}{repeated} of {n} points repeat an earlier point"
            ));
        }
    }
    warnings
}

fn distinct(sample: &Sample) -> usize {
    let mut order: Vec<&[f64]> = sample.points().collect();
    let compare = |a: &&[f64], b: &&[f64]| {
        a.iter()
            .zip(*b)
            .map(|(a, b)| a.total_cmp(b))
            .find(|o| o.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    };
    order.sort_unstable_by(compare);
    order.dedup_by(|a, b| compare(a, b).is_eq());
    order.len()
}

fn show(mut about: Value, general: &[String], lines: &[Line], format: Format) -> ExitCode {
    match format {
        Format::Json => {
            let results: Vec<Value> = lines.iter().map(json_line).collect();
            about["warnings"] = json!(general);
            about["results"] = json!(results);
            print(&format!("{about:#}\n"));
        }
        Format::Table => print(&table(&about, general, lines)),
    }
    if lines.iter().any(|line| line.result.is_ok()) {
        ExitCode::SUCCESS
    } else {
        eprintln!("error: no estimator applies to these data; the reasons stand with each");
        ExitCode::FAILURE
    }
}

fn json_line(line: &Line) -> Value {
    match &line.result {
        Ok(value) => json!({
            "name": line.name,
            "value_nats": value,
            "side": line.side,
            "warnings": line.warnings,
        }),
        Err(error) => json!({
            "name": line.name,
            "error": { "kind": error.kind(), "message": error.to_string() },
        }),
    }
}

fn table(about: &Value, general: &[String], lines: &[Line]) -> String {
    let sizes: Vec<String> = (about.as_object().into_iter().flatten())
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    let mut rows = vec![vec![
        "estimator".to_owned(),
        "value (nats)".to_owned(),
        "side of the truth".to_owned(),
    ]];
    for line in lines {
        rows.push(match &line.result {
            Ok(value) => vec![
                line.name.clone(),
                value.to_string(),
                line.side.replace('_', " "),
            ],
            Err(error) => vec![line.name.clone(), "-".to_owned(), error.kind().to_owned()],
        });
    }
    let mut text = format!("{}\n\n{}", sizes.join(", "), aligned(&rows));
    let mut notes: Vec<String> = general.to_vec();
    for line in lines {
        let own: Vec<String> = match &line.result {
            Ok(_) => line.warnings.clone(),
            Err(error) => vec![error.to_string()],
        };
        notes.extend(own.into_iter().map(|note| format!("{}: {note}", line.name)));
    }
    if !notes.is_empty() {
        text += "\nwarnings\n";
        for note in notes {
            text += &format!("  {note}\n");
        }
    }
    text
}
