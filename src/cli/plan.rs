use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::json;
use vicinfo::Error;
use vicinfo::experiment::{Entry, Options, Plan, Scale, Shard, Timing};
use vicinfo::record;

use super::registry::{EXPERIMENTS, chosen};
use super::{Done, Format, aligned, print};

/// Arguments of `vicinfo plan`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Names of experiments [default: all]
    experiments: Vec<String>,
    #[command(flatten)]
    options: Options,
    /// Parts that the cells are to be spread over
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "shard")]
    shards: usize,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Timings of `reproduce` at the scale `standard`, on two cores with AVX-512.
const RECORDED: &str = include_str!("timings.csv");

/// What is left to do for one experiment.
struct Line {
    entry: &'static Entry,
    plan: Plan,
    recorded: Option<Recorded>,
}

/// What is known of the time of a cell.
struct Recorded {
    /// Seconds of one core for one cell.
    core_seconds: f64,
    /// Where they were recorded: at the scale in question, or at the next below, whose cells are no larger.
    scale: Scale,
}

impl Line {
    fn finished(&self) -> usize {
        self.plan.cells - self.plan.left.len()
    }

    fn total(&self) -> Option<f64> {
        self.seconds_of(self.plan.left.len())
    }

    /// Seconds of one core for so many cells; none take none, recorded or not.
    fn seconds_of(&self, cells: usize) -> Option<f64> {
        if cells == 0 {
            return Some(0.0);
        }
        Some(self.recorded.as_ref()?.core_seconds * cells as f64)
    }

    /// Whether the time of what is left is that of a smaller scale.
    fn is_lower_bound(&self, scale: Scale) -> bool {
        !self.plan.left.is_empty() && self.recorded.as_ref().is_some_and(|one| one.scale != scale)
    }

    /// Cells left to each shard.
    fn shares(&self, shards: usize) -> Vec<usize> {
        let mut left = vec![0; shards];
        for place in &self.plan.left {
            left[Shard::of(self.entry.id, *place, shards).index()] += 1;
        }
        left
    }
}

/// What is left to one shard.
struct Part {
    shard: Shard,
    cells: usize,
    /// Seconds of one core, if there are timings of all experiments of which it has cells.
    core_seconds: Option<f64>,
}

/// What is left to each of so many shards; all of it is left to the one that was asked for.
fn parts(lines: &[Line], arguments: &Arguments) -> Vec<Part> {
    let all: Vec<Shard> = match arguments.options.shard {
        Some(shard) => vec![shard],
        None => Shard::all(arguments.shards).collect(),
    };
    let mut parts: Vec<Part> = (all.into_iter())
        .map(|shard| Part {
            shard,
            cells: 0,
            core_seconds: Some(0.0),
        })
        .collect();
    for line in lines {
        for (part, cells) in parts.iter_mut().zip(line.shares(arguments.shards)) {
            part.cells += cells;
            let seconds = part.core_seconds.zip(line.seconds_of(cells));
            part.core_seconds = seconds.map(|(sum, more)| sum + more);
        }
    }
    parts
}

/// Counts and prints.
pub fn run(arguments: &Arguments) -> Done {
    if !(1..=Shard::MOST).contains(&arguments.shards) {
        let needed = format!("from 1 to {}", Shard::MOST);
        return Err(Error::invalid("shards", arguments.shards, needed));
    }
    let options = &arguments.options;
    let timings = timings(options.timings.as_ref())?;
    let entries: Vec<&'static Entry> = if arguments.experiments.is_empty() {
        EXPERIMENTS.iter().collect()
    } else {
        chosen(&arguments.experiments)?
    };
    let lines = (entries.into_iter())
        .map(|entry| {
            Ok(Line {
                entry,
                plan: (entry.plan)(options)?,
                recorded: recorded(&timings, entry.id, options.scale),
            })
        })
        .collect::<Result<Vec<Line>, Error>>()?;
    match arguments.format {
        Format::Table => print(&table(&lines, arguments)),
        Format::Json => print(&format!("{:#}\n", as_json(&lines, arguments))),
    }
    Ok(ExitCode::SUCCESS)
}

fn timings(path: Option<&PathBuf>) -> Result<Vec<Timing>, Error> {
    if let Some(path) = path {
        return record::read_table(path);
    }
    record::parse_table("the recorded timings".as_ref(), RECORDED.as_bytes())
}

/// Mean over the runs at this scale, or at the next below that has any, each cell with as much weight.
fn recorded(timings: &[Timing], id: &str, scale: Scale) -> Option<Recorded> {
    let mut at_most = (Scale::value_variants().iter().rev()).skip_while(|other| **other != scale);
    at_most.find_map(|&scale| {
        let runs = || {
            let of = |run: &&Timing| run.experiment == id && run.scale == scale;
            timings.iter().filter(of)
        };
        let cells: usize = runs().map(|run| run.cells).sum();
        // Threads beyond the cells were idle.
        let busy = |run: &Timing| run.threads.min(run.cells) as f64;
        let seconds: f64 = runs().map(|run| run.seconds * busy(run)).sum();
        (cells > 0).then(|| Recorded {
            core_seconds: seconds / cells as f64,
            scale,
        })
    })
}

fn as_json(lines: &[Line], arguments: &Arguments) -> serde_json::Value {
    let experiments: Vec<serde_json::Value> = (lines.iter())
        .map(|line| {
            json!({
                "experiment": line.entry.id,
                "cells": line.plan.cells,
                "finished": line.finished(),
                "core_seconds_per_cell": line.recorded.as_ref().map(|one| one.core_seconds),
                "recorded_at": line.recorded.as_ref().map(|one| one.scale),
                "core_seconds_left": line.total(),
            })
        })
        .collect();
    let total: Option<f64> = lines.iter().map(Line::total).sum();
    let shards: Vec<serde_json::Value> = (parts(lines, arguments).iter())
        .map(|part| {
            json!({
                "shard": part.shard.to_string(),
                "cells_left": part.cells,
                "core_seconds_left": part.core_seconds,
            })
        })
        .collect();
    json!({
        "scale": arguments.options.scale,
        "shards": shards,
        "experiments": experiments,
        "core_seconds_left": total,
        "at_least": lines.iter().any(|line| line.is_lower_bound(arguments.options.scale)),
    })
}

fn table(lines: &[Line], arguments: &Arguments) -> String {
    let heading = [
        "experiment",
        "cells",
        "finished",
        "core seconds a cell",
        "core time left",
        "cells left to a shard",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    let known = |seconds: Option<f64>, text: &dyn Fn(f64) -> String| {
        seconds.map_or_else(|| "not recorded".to_owned(), text)
    };
    let scale = arguments.options.scale;
    for line in lines {
        rows.push(vec![
            line.entry.id.to_owned(),
            line.plan.cells.to_string(),
            line.finished().to_string(),
            match &line.recorded {
                None => "not recorded".to_owned(),
                Some(one) if one.scale == scale => format!("{:.2}", one.core_seconds),
                Some(one) => format!("{:.2} at {}", one.core_seconds, named_scale(one.scale)),
            },
            known(line.total(), &time),
            shares(line, arguments.shards),
        ]);
    }
    let left: usize = lines.iter().map(|line| line.plan.left.len()).sum();
    let recorded = lines.iter().filter_map(Line::total).fold(0.0, |a, b| a + b);
    let missing = lines.iter().filter(|line| line.total().is_none()).count();
    let below = (lines.iter().filter(|line| line.is_lower_bound(scale))).count();
    // A sum that leaves some out, or has them at a smaller scale.
    let least = if below + missing > 0 { "at least " } else { "" };
    let mut text = aligned(&rows);
    text += &format!("\n{left} cells left");
    if lines.iter().any(|line| line.recorded.is_some()) {
        text += &format!("; {least}{} of core time", time(recorded));
    }
    if below > 0 {
        text += &format!(
            "; experiments with timings of a smaller scale alone, whose cells may be smaller, too: {below} of {}",
            lines.len()
        );
    }
    if missing > 0 {
        text += &format!(
            "; experiments without timings: {missing} of {}",
            lines.len()
        );
    }
    if below + missing > 0 {
        text += " (a run with --timings FILE.csv records it)";
    }
    if arguments.options.inputs.profile.is_some() {
        text += "\ntimings do not tell profiles apart: of experiments that train, those that come with this are of the default one";
    }
    if let Some(shard) = arguments.options.shard {
        text += &format!("\nof shard {shard} alone");
    }
    if arguments.shards > 1 {
        let parts = parts(lines, arguments);
        // By time, by cells where that is not known of all experiments.
        let by_time = |a: &&Part, b: &&Part| {
            let seconds = |part: &Part| part.core_seconds.unwrap_or(0.0);
            seconds(a)
                .total_cmp(&seconds(b))
                .then(a.cells.cmp(&b.cells))
        };
        let said = |part: &Part| {
            format!(
                "{} with {} cells, {}",
                part.shard,
                part.cells,
                known(part.core_seconds, &|seconds| format!(
                    "{least}{}",
                    time(seconds)
                ))
            )
        };
        if let (Some(least), Some(most)) =
            (parts.iter().min_by(by_time), parts.iter().max_by(by_time))
        {
            text += &format!(
                "\nshards, on one core each: from {} to {}; --shard {} to {}",
                said(least),
                said(most),
                parts[0].shard,
                parts[parts.len() - 1].shard
            );
        }
    }
    text + "\n"
}

fn named_scale(scale: Scale) -> String {
    let value = scale.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Cells left to the shards with the fewest and the most.
fn shares(line: &Line, shards: usize) -> String {
    let left = line.shares(shards);
    let (least, most) = (left.iter().min(), left.iter().max());
    match (least, most) {
        (Some(least), Some(most)) if least < most => format!("{least} to {most}"),
        (Some(least), _) => least.to_string(),
        _ => String::new(),
    }
}

fn time(seconds: f64) -> String {
    if seconds < 60.0 {
        format!("{seconds:.0} s")
    } else if seconds < 3600.0 {
        format!("{:.0} min", seconds / 60.0)
    } else {
        format!("{:.1} h", seconds / 3600.0)
    }
}
