//! Experiments and the harness that runs them.

mod ending;
mod run;
mod shard;
mod timing;

use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::ending::{Ending, clear_cells, describe, failed_controls, main, run_and_print};
pub use self::run::{Derived, Options, Outcome, Plan, redo, run, thread_pool};
pub use self::shard::Shard;
pub use self::timing::Timing;
use crate::error::Error;
use crate::figure::Figure;
pub use crate::finding::{Control, Effect, Finding, Line};
use crate::image::Source;
pub use crate::number::scientific;
use crate::paper::ClaimId;
use crate::record::{InputFile, Record};
pub use crate::record::{Profile, Scale};
use crate::seed::Seed;

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
            run: run::record_it::<E>,
            clear: run::clear::<E>,
            plan: run::plan::<E>,
            redo: |record| run::derive::<E>(&record.rows()?),
        }
    }
}

/// The version that records, cells and programs carry.
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
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
