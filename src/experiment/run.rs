//! The run of an experiment: from the grid over finished cells to the record.

use std::path::{Path, PathBuf};

use clap::{Args, FromArgMatches};
use rayon::prelude::*;

use super::{Entry, Experiment, Finding, Inputs, Scale, Seed, Shard, version};
use crate::error::{Error, finite};
use crate::figure::svg;
use crate::record::{self, CellHeader, FigureEntry, InputFile, Manifest, Record, TableEntry};

/// How to run experiments; the same for every binary.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// How much work to do
    #[arg(long, value_enum, default_value_t = Scale::Standard)]
    pub scale: Scale,
    /// Root of all random streams
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Folder of the records; each experiment has its own below
    #[arg(long, value_name = "DIR", default_value = "reproduction")]
    pub out: PathBuf,
    /// Threads to use; results do not depend on it [default: all cores]
    #[arg(long)]
    pub threads: Option<usize>,
    /// Compute only the I-th of N parts (from 0) and stop before the table; a run without this
    /// option assembles the finished parts
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Forget the finished cells of an interrupted run; with --shard, those of the shard alone
    #[arg(long)]
    pub fresh: bool,
    /// Table of timings: a run appends what every experiment took, `vicinfo plan` estimates from it
    #[arg(long, value_name = "FILE.csv")]
    pub timings: Option<PathBuf>,
    /// What the experiments read
    #[command(flatten)]
    pub inputs: Inputs,
}

impl Default for Options {
    /// Those of a command line without options.
    fn default() -> Self {
        let nothing =
            Self::augment_args(clap::Command::new("options")).get_matches_from(["options"]);
        Self::from_arg_matches(&nothing).expect("every option has a default or may be missing")
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The record is complete.
    Complete(Box<Manifest>),
    /// A shard is done: so many cells of so many.
    Partial {
        /// Finished cells of the shard.
        cells: usize,
        /// Cells of the whole grid.
        of: usize,
    },
}

/// What follows from a table alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Derived {
    /// The decisions.
    pub findings: Vec<Finding>,
    /// The figures with their SVG.
    pub figures: Vec<(FigureEntry, String)>,
}

/// Decides and draws from rows.
pub(super) fn derive<E: Experiment>(rows: &[E::Row]) -> Result<Derived, Error> {
    let figures = (E::figures(rows).into_iter())
        .map(|figure| {
            let drawn = svg(&figure)?;
            let entry = FigureEntry {
                file: format!("{}.svg", figure.id),
                title: figure.title,
                caption: figure.caption,
            };
            Ok((entry, drawn))
        })
        .collect::<Result<_, Error>>()?;
    let findings = E::check(rows);
    findings.iter().try_for_each(in_numbers)?;
    Ok(Derived { findings, figures })
}

/// A finding that is not in numbers, as of a table without the rows that it compares, is none: no record could hold it.
fn in_numbers(finding: &Finding) -> Result<(), Error> {
    let place = format!("{} ({})", finding.claim, finding.form);
    let of = |what: &str, numbers: &[f64]| {
        (numbers.iter()).try_for_each(|number| {
            finite(format!("{what} of the finding {place}"), *number).map(drop)
        })
    };
    of(
        "the effect or its error",
        &[finding.effect, finding.std_error],
    )?;
    of(
        "the line",
        &[finding.bound, finding.tolerance, finding.standard_errors],
    )?;
    for control in &finding.controls {
        let what = format!("control '{}'", control.setting);
        of(
            &what,
            &[control.effect, control.std_error, control.standard_errors],
        )?;
    }
    Ok(())
}

/// Cells of a run or of its shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Number of all of them.
    pub cells: usize,
    /// Places in the grid of those that do not lie finished in the folder, under the same settings.
    pub left: Vec<usize>,
}

/// Counts what a run would do.
pub(super) fn plan<E: Experiment>(options: &Options) -> Result<Plan, Error> {
    let folder = options.out.join(E::ID);
    let files = E::files(&options.inputs)?;
    let grid = E::grid(options.scale, &options.inputs)?;
    let mine = shard::<E>(&grid, options);
    let mut left = Vec::new();
    for (place, cell) in &mine {
        let header = header::<E>(cell, options, &files)?;
        // One that is damaged is computed again.
        if options.fresh || !matches!(record::read_cell::<E::Row>(&folder, &header), Ok(Some(_))) {
            left.push(*place);
        }
    }
    Ok(Plan {
        cells: mine.len(),
        left,
    })
}

/// The cells of the shard, or all, with their places in the grid.
fn shard<'a, E: Experiment>(grid: &'a [E::Cell], options: &Options) -> Vec<(usize, &'a E::Cell)> {
    (grid.iter().enumerate())
        .filter(|(place, _)| (options.shard).is_none_or(|shard| shard.holds(E::ID, *place)))
        .collect()
}

/// Runs an experiment: measures its cells, taking finished ones of an interrupted run, reads back the table as it will be
/// written, decides and draws from it, writes the record. Then the cells go.
///
/// # Errors
/// The first error in grid order; [`Error::NonFiniteResult`] for a finding that is not in numbers; when a file cannot be
/// written. Finished cells stay and are taken up by the next run.
pub fn run<E: Experiment>(options: &Options) -> Result<Outcome, Error> {
    let outcome = record_it::<E>(options)?;
    if options.shard.is_none() {
        clear::<E>(options)?;
    }
    Ok(outcome)
}

/// As [`run`], but the cells stay: of many experiments, none is computed again until all are recorded.
pub(super) fn record_it<E: Experiment>(options: &Options) -> Result<Outcome, Error> {
    let folder = options.out.join(E::ID);
    let files = E::files(&options.inputs)?;
    if E::TRAINS && options.inputs.images.is_some() && files.is_empty() {
        eprintln!(
            "note: {} reads nothing of --images and trains on sprites: name a data set with --dataset",
            E::ID
        );
    }
    let grid = E::grid(options.scale, &options.inputs)?;
    let mine = shard::<E>(&grid, options);
    if options.fresh {
        match options.shard {
            None => record::remove_folder(&record::cells_folder(&folder))?,
            // Those of the other shards are others' work.
            Some(_) => {
                let own = mine
                    .iter()
                    .map(|(_, cell)| header::<E>(cell, options, &files));
                record::remove_cells(&folder, &own.collect::<Result<Vec<_>, _>>()?)?;
            }
        }
    }
    let pool = thread_pool(options.threads)?;
    let progress = progress(E::ID, mine.len());
    let cells = pool.install(|| {
        let cells: Vec<Result<Measured<E::Row>, Error>> = mine
            .par_iter()
            .map(|(_, cell)| {
                let rows = measure::<E>(cell, options, &files, &folder)?;
                progress.inc(1);
                Ok(rows)
            })
            .collect();
        cells.into_iter().collect::<Result<Vec<_>, _>>()
    });
    progress.finish_and_clear();
    let cells = cells?;
    let earlier = cells.iter().filter(|cell| cell.earlier).count();
    if earlier > 0 {
        eprintln!(
            "note: {}: {earlier} of {} cells lay finished in {} and were not computed again (--fresh forgets them)",
            E::ID,
            mine.len(),
            record::cells_folder(&folder).display()
        );
    }
    let rows: Vec<E::Row> = cells.into_iter().flat_map(|cell| cell.rows).collect();
    if options.shard.is_some() {
        return Ok(Outcome::Partial {
            cells: mine.len(),
            of: grid.len(),
        });
    }
    let manifest = publish::<E>(options, files, &folder, &rows)?;
    Ok(Outcome::Complete(Box::new(manifest)))
}

/// Removes the cells of a run: only its own, as another may be writing beside them.
pub(super) fn clear<E: Experiment>(options: &Options) -> Result<(), Error> {
    let files = E::files(&options.inputs)?;
    let grid = E::grid(options.scale, &options.inputs)?;
    let headers = grid.iter().map(|cell| header::<E>(cell, options, &files));
    let headers = headers.collect::<Result<Vec<_>, _>>()?;
    record::remove_cells(&options.out.join(E::ID), &headers)
}

/// Threads at most: far above any machine's cores, far below what would take its memory.
const THREADS: usize = 1024;

/// A pool of so many threads, of one a core where no number is given.
///
/// # Errors
/// [`Error::InvalidParameter`] for more than 1024 threads, and where the system refuses them.
pub fn thread_pool(threads: Option<usize>) -> Result<rayon::ThreadPool, Error> {
    let threads = threads.unwrap_or(0);
    if threads > THREADS {
        return Err(Error::invalid(
            "threads",
            threads,
            format!("at most {THREADS}"),
        ));
    }
    (rayon::ThreadPoolBuilder::new().num_threads(threads).build())
        .map_err(|error| Error::invalid("threads", threads, error.to_string()))
}

/// What names a finished cell.
fn header<E: Experiment>(
    cell: &E::Cell,
    options: &Options,
    files: &[InputFile],
) -> Result<CellHeader, Error> {
    let json = serde_json::to_string(cell).map_err(|error| {
        Error::invalid("cell", E::ID, format!("it must have a JSON form: {error}"))
    })?;
    Ok(CellHeader {
        id: E::ID.to_owned(),
        version: version().to_owned(),
        scale: options.scale,
        seed: options.seed,
        inputs: files.to_vec(),
        cell: json,
    })
}

/// The rows of a cell.
struct Measured<R> {
    rows: Vec<R>,
    /// Whether an earlier run had finished it.
    earlier: bool,
}

fn measure<E: Experiment>(
    cell: &E::Cell,
    options: &Options,
    files: &[InputFile],
    folder: &Path,
) -> Result<Measured<E::Row>, Error> {
    let header = header::<E>(cell, options, files)?;
    let stream = E::stream(cell).unwrap_or_else(|| header.cell.clone());
    let seed = Seed::root(options.seed).child(E::ID).child(stream);
    match record::read_cell(folder, &header) {
        Ok(Some(rows)) => {
            return Ok(Measured {
                rows,
                earlier: true,
            });
        }
        Ok(None) => {}
        Err(error) => eprintln!("{error}\nthis cell is computed again"),
    }
    let rows = E::measure(cell, &options.inputs, seed)?;
    record::write_cell(folder, &header, &rows)?;
    Ok(Measured {
        rows,
        earlier: false,
    })
}

fn publish<E: Experiment>(
    options: &Options,
    inputs: Vec<InputFile>,
    folder: &Path,
    rows: &[E::Row],
) -> Result<Manifest, Error> {
    let path = folder.join(record::TABLE);
    let table = record::table(&path, rows)?;
    // What is decided and drawn is what will be on disk; an older record stays whole where nothing can be decided.
    let rows: Vec<E::Row> = record::parse_table(&path, &table)?;
    let derived = derive::<E>(&rows)?;
    record::write(&path, &table)?;
    let manifest = Manifest {
        id: E::ID.to_owned(),
        summary: E::SUMMARY.to_owned(),
        version: version().to_owned(),
        scale: options.scale,
        seed: options.seed,
        claims: E::CLAIMS.iter().map(|claim| claim.0.to_owned()).collect(),
        inputs,
        dataset: (options.inputs.dataset.clone()).filter(|_| E::TRAINS),
        profile: options.inputs.profile.filter(|_| E::TRAINS),
        table: TableEntry {
            file: record::TABLE.to_owned(),
            rows: rows.len(),
            sha256: record::sha256(&table),
        },
        figures: Vec::new(),
        findings: Vec::new(),
    };
    conclude(manifest, derived, folder)
}

/// Writes what follows from the table: the figures, then the manifest that names them.
fn conclude(manifest: Manifest, derived: Derived, folder: &Path) -> Result<Manifest, Error> {
    for (figure, drawn) in &derived.figures {
        record::write(&folder.join(&figure.file), drawn.as_bytes())?;
    }
    let figures = derived.figures.into_iter().map(|(figure, _)| figure);
    let manifest = Manifest {
        figures: figures.collect(),
        findings: derived.findings,
        ..manifest
    };
    let path = folder.join(record::MANIFEST);
    record::write(&path, &record::to_json(&path, &manifest)?)?;
    Ok(manifest)
}

/// Decides and draws again from a recorded table, as after a change of a check or of a figure.
/// Nothing is measured: the table stays as it is.
///
/// # Errors
/// As [`Record::read`] when the record is damaged; [`Error::NonFiniteResult`] for a finding that is not in numbers; when a
/// file cannot be written.
pub fn redo(entry: &Entry, folder: &Path) -> Result<Manifest, Error> {
    let record = Record::read(folder)?;
    let derived = (entry.redo)(&record)?;
    conclude(record.manifest, derived, folder)
}

/// A bar on stderr, drawn only when that is a terminal.
fn progress(id: &'static str, cells: usize) -> indicatif::ProgressBar {
    let style =
        indicatif::ProgressStyle::with_template("{msg} [{bar:32}] {pos}/{len} cells, {eta} left")
            .unwrap_or_else(|_| indicatif::ProgressStyle::default_bar());
    let bar = indicatif::ProgressBar::new(cells as u64)
        .with_style(style)
        .with_message(id);
    bar.enable_steady_tick(std::time::Duration::from_millis(250));
    bar
}
