//! Experiments and the harness that runs them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use clap::{Args, FromArgMatches};
use rayon::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::figure::{Figure, svg};
pub use crate::finding::{Control, Effect, Finding, Line};
use crate::image::Source;
use crate::paper::ClaimId;
use crate::record::{self, CellHeader, FigureEntry, InputFile, Manifest, Record, TableEntry};
pub use crate::record::{Profile, Scale};
use crate::seed::Seed;
use crate::stats::Verdict;

/// What a user may hand to an experiment besides scale and seed.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct Inputs {
    /// Folder with MNIST, Fashion-MNIST (IDX) or CIFAR-10 (binary) files, plain or .gz;
    /// without it, experiments on images use procedural sprites
    #[arg(long, value_name = "DIR")]
    pub images: Option<PathBuf>,
    /// A network (.safetensors) to study in place of untrained ones, by experiments on networks
    /// and images
    #[arg(long, value_name = "FILE")]
    pub network: Option<PathBuf>,
    /// Data set of --images that networks are trained on, by experiments that train; its name or a
    /// part of it: fashion, mnist, cifar [default: procedural sprites]
    #[arg(long, value_name = "NAME")]
    pub dataset: Option<String>,
    /// How long networks are trained, by experiments that train: quick is 5 epochs, minutes 15
    /// [default: that of the scale, minutes]
    #[arg(long, value_enum)]
    pub profile: Option<Profile>,
}

impl Inputs {
    /// Where the images come from that networks are trained on.
    ///
    /// # Errors
    /// As [`Source::choose`].
    pub fn source(&self) -> Result<Source, Error> {
        Source::choose(self.dataset.as_deref(), self.images.as_deref())
    }

    /// The files of [`Inputs::source`], for the manifest.
    ///
    /// # Errors
    /// As [`Inputs::source`] and [`Source::digests`].
    pub fn source_files(&self) -> Result<Vec<InputFile>, Error> {
        let digests = self.source()?.digests()?;
        Ok(digests.into_iter().map(InputFile::from).collect())
    }
}

/// Names, each once, in the order in which they first appear.
pub fn distinct<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for name in names {
        if !seen.iter().any(|held| held == name) {
            seen.push(name.to_owned());
        }
    }
    seen
}

/// A name as part of a file name: ASCII letters in lower case and digits, hyphens for all else.
pub fn slug(name: &str) -> String {
    (name.chars())
        .map(|c| match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() => c,
            _ => '-',
        })
        .collect()
}

/// A small number as so many decimals and a power of ten; zero has no power of ten to tell and is plain `0`.
pub fn scientific(value: f64, decimals: usize) -> String {
    if value.abs().total_cmp(&0.0).is_eq() {
        "0".to_owned()
    } else {
        format!("{value:.decimals$e}")
    }
}

/// A claim family as a program: a grid of cells, a measurement, and what follows from the table.
pub trait Experiment {
    /// Name on the command line and below `figures/`.
    const ID: &'static str;
    /// One sentence.
    const SUMMARY: &'static str;
    /// Claims it decides.
    const CLAIMS: &'static [ClaimId];
    /// Whether it trains networks: on [`Inputs::dataset`], for [`Inputs::profile`].
    const TRAINS: bool = false;
    /// One design point. It holds no path and no clock: its JSON names it.
    type Cell: Serialize + Sync;
    /// One line of the table: one plotted point, already summarised.
    type Row: Serialize + DeserializeOwned + Send;

    /// The random stream of a cell, by name: its JSON where none is given. Cells of one stream see the same draws, as
    /// paired comparisons want it.
    fn stream(_cell: &Self::Cell) -> Option<String> {
        None
    }

    /// The files of the user's that this experiment reads, for the manifest.
    ///
    /// # Errors
    /// When they cannot be read.
    fn files(_inputs: &Inputs) -> Result<Vec<InputFile>, Error> {
        Ok(Vec::new())
    }

    /// The design points of a scale.
    ///
    /// # Errors
    /// When the inputs cannot be read.
    fn grid(scale: Scale, inputs: &Inputs) -> Result<Vec<Self::Cell>, Error>;

    /// Measures one design point.
    ///
    /// # Errors
    /// When something could not be computed.
    fn measure(cell: &Self::Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Self::Row>, Error>;

    /// Decides from the table alone.
    fn check(rows: &[Self::Row]) -> Vec<Finding>;

    /// Draws from the table alone.
    fn figures(rows: &[Self::Row]) -> Vec<Figure>;
}

/// Measures once for each replicate, with a seed of its own, and gathers the values of each quantity:
/// `(quantity, its values over the replicates)`, in the order in which a replicate names them.
///
/// Replicates run in their order on the thread of the cell.
///
/// # Errors
/// The first error of a replicate; [`Error::Mismatch`] when one names other quantities than the first.
pub fn replicated<K: PartialEq, I: IntoIterator<Item = (K, f64)>>(
    count: usize,
    seed: Seed,
    measure: impl Fn(Seed) -> Result<I, Error>,
) -> Result<Vec<(K, Vec<f64>)>, Error> {
    let mut columns: Vec<(K, Vec<f64>)> = Vec::new();
    for replicate in 0..count {
        let values: Vec<(K, f64)> = measure(seed.child(replicate))?.into_iter().collect();
        if replicate == 0 {
            columns.extend(values.into_iter().map(|(quantity, v)| (quantity, vec![v])));
            continue;
        }
        let both = values.iter().zip(&columns);
        let same = both.filter(|(own, first)| own.0 == first.0).count();
        if same != columns.len() || values.len() != same {
            return Err(Error::Mismatch {
                what: "quantities of a replicate, each that of the first at its place",
                expected: columns.len(),
                actual: if same == columns.len() {
                    values.len()
                } else {
                    same
                },
            });
        }
        for ((_, column), (_, v)) in columns.iter_mut().zip(values) {
            column.push(v);
        }
    }
    Ok(columns)
}

/// Part of the cells of every experiment: each `count`-th of a grid, from a place that the experiment's name gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

impl Shard {
    /// All parts of `count`, in order.
    pub fn all(count: usize) -> impl Iterator<Item = Self> {
        (0..count).map(move |index| Self { index, count })
    }

    /// Whether the cell at a place of an experiment's grid is one of this part.
    pub fn holds(self, id: &str, cell: usize) -> bool {
        // Were the first cell of every grid one of the first part, what is over would be too, of all experiments.
        let start = (id.bytes()).fold(0, |sum: usize, byte| {
            (31 * sum + usize::from(byte)) % self.count
        });
        (cell % self.count + start) % self.count == self.index
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (index, count) = text.split_once('/')?;
            let (index, count) = (index.parse().ok()?, count.parse().ok()?);
            (index < count).then_some(Self { index, count })
        };
        parse().ok_or_else(|| "write I/N with I from 0 to N - 1, for example 0/4".to_owned())
    }
}

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
    /// Forget the finished cells of an interrupted run
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

/// An experiment without its types, for a registry.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Name.
    pub id: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Claims it decides.
    pub claims: &'static [ClaimId],
    /// Runs it and writes its record, as [`run`]; the cells of a complete run stay until [`Entry::clear`].
    pub run: fn(&Options) -> Result<Outcome, Error>,
    /// Removes the finished cells of a run.
    pub clear: fn(&Options) -> Result<(), Error>,
    /// Counts what a run would do.
    pub plan: fn(&Options) -> Result<Plan, Error>,
    /// Decides and draws again from a recorded table.
    pub redo: fn(&Record) -> Result<Derived, Error>,
}

impl Entry {
    /// The entry of an experiment.
    pub const fn of<E: Experiment>() -> Self {
        Self {
            id: E::ID,
            summary: E::SUMMARY,
            claims: E::CLAIMS,
            run: record_it::<E>,
            clear: clear::<E>,
            plan: plan::<E>,
            redo: |record| derive::<E>(&record.rows()?),
        }
    }
}

/// What follows from a table alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Derived {
    /// The decisions.
    pub findings: Vec<Finding>,
    /// The figures with their SVG.
    pub figures: Vec<(FigureEntry, String)>,
}

fn derive<E: Experiment>(rows: &[E::Row]) -> Result<Derived, Error> {
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
    Ok(Derived {
        findings: E::check(rows),
        figures,
    })
}

/// Cells of a run or of its shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Number of all of them.
    pub cells: usize,
    /// Places in the grid of those that do not lie finished in the folder, under the same settings.
    pub left: Vec<usize>,
}

fn plan<E: Experiment>(options: &Options) -> Result<Plan, Error> {
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

/// Runs an experiment: measures its cells, taking finished ones of an interrupted run, writes the
/// table, reads it back, decides and draws from it, writes the rest of the record. Then the cells go.
///
/// # Errors
/// The first error in grid order; finished cells stay and are taken up by the next run.
pub fn run<E: Experiment>(options: &Options) -> Result<Outcome, Error> {
    let outcome = record_it::<E>(options)?;
    if options.shard.is_none() {
        clear::<E>(options)?;
    }
    Ok(outcome)
}

/// As [`run`], but the cells stay: of many experiments, none is computed again until all are recorded.
fn record_it<E: Experiment>(options: &Options) -> Result<Outcome, Error> {
    let folder = options.out.join(E::ID);
    if options.fresh {
        record::remove_folder(&record::cells_folder(&folder))?;
    }
    let files = E::files(&options.inputs)?;
    if E::TRAINS && options.inputs.images.is_some() && files.is_empty() {
        eprintln!(
            "note: {} reads nothing of --images and trains on sprites: name a data set with --dataset",
            E::ID
        );
    }
    let grid = E::grid(options.scale, &options.inputs)?;
    let mine = shard::<E>(&grid, options);
    let pool = thread_pool(options.threads)?;
    let progress = progress(E::ID, mine.len());
    let rows = pool.install(|| {
        let cells: Vec<Result<Vec<E::Row>, Error>> = mine
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
    let rows: Vec<E::Row> = rows?.into_iter().flatten().collect();
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
fn clear<E: Experiment>(options: &Options) -> Result<(), Error> {
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

fn measure<E: Experiment>(
    cell: &E::Cell,
    options: &Options,
    files: &[InputFile],
    folder: &Path,
) -> Result<Vec<E::Row>, Error> {
    let header = header::<E>(cell, options, files)?;
    let stream = E::stream(cell).unwrap_or_else(|| header.cell.clone());
    let seed = Seed::root(options.seed).child(E::ID).child(stream);
    match record::read_cell(folder, &header) {
        Ok(Some(rows)) => return Ok(rows),
        Ok(None) => {}
        Err(error) => eprintln!("{error}\nthis cell is computed again"),
    }
    let rows = E::measure(cell, &options.inputs, seed)?;
    record::write_cell(folder, &header, &rows)?;
    Ok(rows)
}

fn publish<E: Experiment>(
    options: &Options,
    inputs: Vec<InputFile>,
    folder: &Path,
    rows: &[E::Row],
) -> Result<Manifest, Error> {
    let path = folder.join(record::TABLE);
    let table = record::table(&path, rows)?;
    record::write(&path, &table)?;
    // What is decided and drawn is what is on disk.
    let rows: Vec<E::Row> = record::read_table(&path)?;
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
    conclude(manifest, derive::<E>(&rows)?, folder)
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
/// As [`Record::read`] when the record is damaged, and when a file cannot be written.
pub fn redo(entry: &Entry, folder: &Path) -> Result<Manifest, Error> {
    let record = Record::read(folder)?;
    let derived = (entry.redo)(&record)?;
    conclude(record.manifest, derived, folder)
}

fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
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

/// Controls that did not come out as they must: a check with one of these cannot be trusted.
pub fn failed_controls(manifest: &Manifest) -> Vec<String> {
    let mut failed = Vec::new();
    for finding in &manifest.findings {
        let place = format!("{} ({})", finding.claim, finding.form);
        if !finding
            .controls
            .iter()
            .any(|control| control.expected == Verdict::Refuted)
        {
            failed.push(format!("{place}: no control that must come out refuted"));
        }
        for control in finding.controls.iter().filter(|control| !control.holds()) {
            failed.push(format!(
                "{place}: control '{}' came out {}, expected {}",
                control.setting, control.verdict, control.expected
            ));
        }
    }
    failed
}

/// The findings of a record as lines of text.
pub fn describe(manifest: &Manifest) -> String {
    let mut text = format!("{}: {}\n", manifest.id, manifest.summary);
    for finding in &manifest.findings {
        text += &format!(
            "  {:<12} {} ({})\n               {}\n               {}\n",
            finding.verdict, finding.claim, finding.form, finding.statement, finding.evidence
        );
    }
    text
}

/// How the run of an experiment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Its record, or its shard of the cells, is on disk.
    Done,
    /// Its record is on disk and says of a control that it did not come out as it must.
    ControlFailed,
    /// There is no record; the reason was printed.
    Failed,
}

impl Ending {
    /// Success for [`Ending::Done`] alone.
    pub fn code(self) -> ExitCode {
        match self {
            Self::Done => ExitCode::SUCCESS,
            Self::ControlFailed | Self::Failed => ExitCode::FAILURE,
        }
    }
}

/// Removes the finished cells of experiments that are recorded, warning of what is in the way: the records are there.
pub fn clear_cells(entries: &[&Entry], options: &Options) {
    if options.shard.is_some() {
        return;
    }
    for entry in entries {
        if let Err(error) = (entry.clear)(options) {
            eprintln!("warning: {}: its finished cells stay: {error}", entry.id);
        }
    }
}

/// Runs one experiment with progress and timing, prints its findings, and says whether all went
/// well: the body of an experiment's binary and of `vicinfo run`. The finished cells stay, see [`clear_cells`].
pub fn run_and_print(entry: &Entry, options: &Options, out: &mut dyn std::io::Write) -> Ending {
    // Counted before they are there; an error of the inputs is told by the run.
    let left = (options.timings.as_ref())
        .and_then(|_| (entry.plan)(options).ok())
        .map_or(0, |plan| plan.left.len());
    // The clock is shown, never recorded.
    #[allow(clippy::disallowed_methods, reason = "timing is shown, never recorded")]
    let start = std::time::Instant::now();
    let outcome = (entry.run)(options);
    if let (Some(path), Ok(_)) = (&options.timings, &outcome)
        && let Err(error) = timed(path, entry, options, left, start.elapsed().as_secs_f64())
    {
        eprintln!("warning: {}: the timing is lost: {error}", entry.id);
    }
    let (text, ending) = match outcome {
        Ok(Outcome::Complete(manifest)) => {
            let mut text = describe(&manifest);
            let failed = failed_controls(&manifest);
            for line in &failed {
                text += &format!("  CONTROL FAILED, the check cannot be trusted: {line}\n");
            }
            text += &format!(
                "  record: {} ({:.1} s)\n",
                options.out.join(entry.id).display(),
                start.elapsed().as_secs_f64()
            );
            (
                text,
                if failed.is_empty() {
                    Ending::Done
                } else {
                    Ending::ControlFailed
                },
            )
        }
        Ok(Outcome::Partial { cells, of }) => (
            format!(
                "{}: {cells} of {of} cells done ({:.1} s); when all shards are done, the same command without --shard assembles them\n",
                entry.id,
                start.elapsed().as_secs_f64()
            ),
            Ending::Done,
        ),
        Err(error) => {
            eprintln!("error: {}: {error}", entry.id);
            return Ending::Failed;
        }
    };
    // A reader that closed the pipe has seen enough; the record is on disk.
    let _ = out.write_all(text.as_bytes());
    ending
}

/// What an experiment took: a line of a table of timings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// The experiment.
    pub experiment: String,
    /// How much work it was asked to do.
    pub scale: Scale,
    /// Cells that were computed.
    pub cells: usize,
    /// Threads that it had.
    pub threads: usize,
    /// Wall-clock seconds, of the table and the figures too.
    pub seconds: f64,
}

/// Appends a timing, unless nothing was computed.
fn timed(
    path: &Path,
    entry: &Entry,
    options: &Options,
    cells: usize,
    seconds: f64,
) -> Result<(), Error> {
    if cells == 0 {
        return Ok(());
    }
    let timing = Timing {
        experiment: entry.id.to_owned(),
        scale: options.scale,
        cells,
        threads: thread_pool(options.threads)?.current_num_threads(),
        seconds,
    };
    record::append(path, &timing)
}

/// The body of an experiment's binary.
pub fn main<E: Experiment>() -> ExitCode {
    let command = clap::Command::new(E::ID)
        .about(E::SUMMARY)
        .version(version());
    let matches = Options::augment_args(command).get_matches();
    match Options::from_arg_matches(&matches) {
        Ok(options) => {
            let entry = Entry::of::<E>();
            let ending = run_and_print(&entry, &options, &mut std::io::stdout());
            if ending != Ending::Failed {
                clear_cells(&[&entry], &options);
            }
            ending.code()
        }
        Err(error) => error.exit(),
    }
}

/// The `main` of an experiment's own program.
#[macro_export]
macro_rules! experiment_main {
    ($experiment:ty) => {
        #[allow(
            dead_code,
            reason = "the command line includes this file as a module and runs it through its registry"
        )]
        fn main() -> ::std::process::ExitCode {
            $crate::experiment::main::<$experiment>()
        }
    };
}
