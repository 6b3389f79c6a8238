//! A run as a program: what it prints and how it ends.

use std::process::ExitCode;

use clap::{Args, FromArgMatches};

use super::{Entry, Experiment, Options, Outcome, timing, version};
use crate::record::Manifest;
use crate::stats::Verdict;

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
        && let Err(error) =
            timing::append(path, entry, options, left, start.elapsed().as_secs_f64())
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
