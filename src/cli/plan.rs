use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use vicinfo::Error;
use vicinfo::experiment::{Entry, Options, Timing};
use vicinfo::record;

use super::registry::{EXPERIMENTS, named};
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
    cells: usize,
    finished: usize,
    /// Seconds of one core for one cell, where they were recorded.
    core_seconds: Option<f64>,
}

impl Line {
    fn left(&self) -> usize {
        self.cells - self.finished
    }

    fn total(&self) -> Option<f64> {
        Some(self.core_seconds? * self.left() as f64)
    }
}

/// Counts and prints.
pub fn run(arguments: &Arguments) -> Done {
    if arguments.shards == 0 {
        return Err(Error::invalid("shards", 0, "at least 1"));
    }
    let options = &arguments.options;
    let timings = timings(options.timings.as_ref())?;
    let entries: Vec<&'static Entry> = if arguments.experiments.is_empty() {
        EXPERIMENTS.iter().collect()
    } else {
        (arguments.experiments.iter())
            .map(|id| named(id))
            .collect::<Result<_, _>>()?
    };
    let lines = (entries.into_iter())
        .map(|entry| {
            let plan = (entry.plan)(options)?;
            Ok(Line {
                entry,
                cells: plan.cells,
                finished: plan.finished,
                core_seconds: core_seconds(&timings, entry.id, options),
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

/// Mean over the runs at this scale, each cell with as much weight.
fn core_seconds(timings: &[Timing], id: &str, options: &Options) -> Option<f64> {
    let runs = || {
        let of = |run: &&Timing| run.experiment == id && run.scale == options.scale;
        timings.iter().filter(of)
    };
    let cells: usize = runs().map(|run| run.cells).sum();
    let seconds: f64 = runs().map(|run| run.seconds * run.threads as f64).sum();
    (cells > 0).then(|| seconds / cells as f64)
}

fn as_json(lines: &[Line], arguments: &Arguments) -> serde_json::Value {
    let experiments: Vec<serde_json::Value> = (lines.iter())
        .map(|line| {
            json!({
                "experiment": line.entry.id,
                "cells": line.cells,
                "finished": line.finished,
                "core_seconds_per_cell": line.core_seconds,
                "core_seconds_left": line.total(),
            })
        })
        .collect();
    let total: Option<f64> = lines.iter().map(Line::total).sum();
    json!({
        "scale": arguments.options.scale,
        "shards": arguments.shards,
        "experiments": experiments,
        "core_seconds_left": total,
    })
}

fn table(lines: &[Line], arguments: &Arguments) -> String {
    let heading = [
        "experiment",
        "cells",
        "finished",
        "core seconds a cell",
        "core time left",
        "cells of a shard",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    let known = |seconds: Option<f64>, text: &dyn Fn(f64) -> String| {
        seconds.map_or_else(|| "not recorded".to_owned(), text)
    };
    for line in lines {
        rows.push(vec![
            line.entry.id.to_owned(),
            line.cells.to_string(),
            line.finished.to_string(),
            known(line.core_seconds, &|s| format!("{s:.2}")),
            known(line.total(), &time),
            shares(line.cells, arguments.shards),
        ]);
    }
    let left: usize = lines.iter().map(Line::left).sum();
    let recorded = lines.iter().filter_map(Line::total).fold(0.0, |a, b| a + b);
    let missing = lines
        .iter()
        .filter(|line| line.core_seconds.is_none())
        .count();
    let mut text = aligned(&rows);
    let total = if missing == lines.len() {
        None
    } else {
        Some(recorded)
    };
    text += &format!("\n{left} cells left; {} of core time", known(total, &time));
    if missing > 0 {
        text += &format!(
            ": of {missing} experiments none is recorded at this scale (a run with --timings FILE.csv records it)"
        );
    }
    let shards = arguments.shards;
    if shards > 1 {
        text += &format!(
            "; {} a shard on one core\nshard I of {shards} has the cells I, I + {shards}, I + 2 x {shards}, … of each experiment: --shard 0/{shards} to {}/{shards}",
            known(total.map(|total| total / shards as f64), &time),
            shards - 1
        );
    }
    text + "\n"
}

/// Cells of the smallest and the largest shard.
fn shares(cells: usize, shards: usize) -> String {
    let (least, most) = (cells / shards, cells.div_ceil(shards));
    if least == most {
        least.to_string()
    } else {
        format!("{least} or {most}")
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
