//! Subcommands, one file each. They use the public interface of the crate only.

mod audit;
mod bound;
mod check;
mod embed;
mod labels;
mod list;
mod man;
mod measure;
mod network;
mod plan;
mod registry;
mod report;
mod run;
mod sample;
mod train;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use vicinfo::Error;

/// Check the information theory of self-supervised learning by computing it.
///
/// Entropies and informations are in nats. Exit codes: 0 done, 1 could not compute, 2 a command line that cannot be read (no such command or option, a value missing or malformed).
#[derive(Parser)]
#[command(name = "vicinfo", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List claims, experiments, estimators and laws
    List(list::Arguments),
    /// Run experiments by name, or all of them
    Run(run::Arguments),
    /// Run every experiment, then write the report: the main job
    Reproduce(run::Reproduce),
    /// What a run would do and how long it would take, in shards
    Plan(plan::Arguments),
    /// Run every experiment at smoke scale and compare verdicts and figures with the record
    Check(check::Arguments),
    /// Write REPORT.md and report.html from the records
    Report(report::Arguments),
    /// Measure your own points or pairs
    #[command(subcommand)]
    Measure(measure::Command),
    /// What the theory has to say about your own embeddings, as a report
    Audit(audit::Arguments),
    /// The downstream bound of your own embeddings, term by term, and certificates
    Bound(bound::Arguments),
    /// A network of yours as a piecewise-affine map: regions, escape, output law
    #[command(subcommand)]
    Network(network::Command),
    /// Train one self-supervised method on one data set
    Train(train::Arguments),
    /// Embeddings of images by a trained network, as .npy
    Embed(embed::Arguments),
    /// Draw from a law with known entropy or information
    Sample(sample::Arguments),
    /// Write the manual pages
    Man(man::Arguments),
    /// Print a completion script for your shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns for people.
    Table,
    /// One JSON object on standard output and nothing else there.
    Json,
}

/// Parses the command line and does what it says.
pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::List(arguments) => list::run(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::Reproduce(arguments) => run::reproduce(&arguments),
        Command::Plan(arguments) => plan::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Measure(command) => measure::run(&command),
        Command::Audit(arguments) => audit::run(&arguments),
        Command::Bound(arguments) => bound::run(&arguments),
        Command::Network(command) => network::run(&command),
        Command::Train(arguments) => train::run(&arguments),
        Command::Embed(arguments) => embed::run(&arguments),
        Command::Sample(arguments) => sample::run(&arguments),
        Command::Man(arguments) => man::run(&arguments, Cli::command()),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "vicinfo", &mut script);
            print(&String::from_utf8_lossy(&script));
            Ok(ExitCode::SUCCESS)
        }
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

/// What a subcommand returns.
type Done = Result<ExitCode, Error>;

/// Writes to standard output. A reader that closed the pipe has seen enough.
fn print(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// Whether a number reads badly without an exponent.
fn remote(value: f64) -> bool {
    value != 0.0 && !(1e-4..1e16).contains(&value.abs())
}

/// A few digits.
fn rounded(value: f64) -> String {
    if remote(value) {
        format!("{value:.3e}")
    } else {
        format!("{value:.4}")
    }
}

/// A table of left-aligned columns, two spaces apart.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|j| {
            rows.iter()
                .filter_map(|row| row.get(j))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = (row.iter().zip(&widths))
            .map(|(cell, &width)| format!("{cell:<width$}"))
            .collect();
        text += cells.join("  ").trim_end();
        text.push('\n');
    }
    text
}
