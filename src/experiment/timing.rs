//! What runs took, for an estimate of the next.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Entry, Options, Scale, thread_pool};
use crate::error::Error;
use crate::record;

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
pub(super) fn append(
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
