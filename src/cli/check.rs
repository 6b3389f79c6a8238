use std::path::PathBuf;
use std::process::ExitCode;

use vicinfo::experiment::{Inputs, Options, Outcome, Scale, failed_controls};
use vicinfo::record::{self, Manifest, Record};

use super::registry::EXPERIMENTS;
use super::run::PUBLISHED;
use super::{Done, print};

/// Arguments of `vicinfo check`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Folder of the records to check
    #[arg(long, value_name = "DIR", default_value = PUBLISHED)]
    records: PathBuf,
    /// Threads to use [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
}

/// Reruns at smoke scale and compares.
pub fn run(arguments: &Arguments) -> Done {
    let scratch =
        Scratch(std::env::temp_dir().join(format!("vicinfo-check-{}", std::process::id())));
    let mut wrong = Vec::new();
    for entry in EXPERIMENTS {
        let published = Record::read(&arguments.records.join(entry.id))?;
        let derived = (entry.redo)(&published)?;
        if derived.findings != published.manifest.findings {
            wrong.push(format!(
                "{}: the recorded table leads to other findings than the recorded ones",
                entry.id
            ));
        }
        for ((figure, drawn), recorded) in derived.figures.iter().zip(&published.svgs) {
            if drawn != recorded {
                wrong.push(format!(
                    "{}: {} is not what its table draws",
                    entry.id, figure.file
                ));
            }
        }
        let options = Options {
            scale: Scale::Smoke,
            seed: published.manifest.seed,
            out: scratch.0.clone(),
            threads: arguments.threads,
            shard: None,
            fresh: true,
            timings: None,
            inputs: Inputs::default(),
        };
        let Outcome::Complete(again) = (entry.run)(&options)? else {
            continue;
        };
        wrong.extend(failed_controls(&again));
        let found = differences(&published.manifest, &again);
        print(&format!(
            "{}: {} findings rerun at scale smoke, {} differ from the record at scale {:?}\n",
            entry.id,
            again.findings.len(),
            found.len(),
            published.manifest.scale
        ));
        wrong.extend(found);
    }
    for line in &wrong {
        eprintln!("{line}");
    }
    if wrong.is_empty() {
        print("the records hold\n");
        Ok(ExitCode::SUCCESS)
    } else {
        eprintln!(
            "error: {} disagreements; run `vicinfo reproduce` to see the evidence",
            wrong.len()
        );
        Ok(ExitCode::FAILURE)
    }
}

/// Findings whose verdict is not that of the record.
pub fn differences(published: &Manifest, again: &Manifest) -> Vec<String> {
    let mut lines = Vec::new();
    for finding in &again.findings {
        let place = format!("{} ({})", finding.claim, finding.form);
        let recorded = (published.findings.iter())
            .find(|other| other.claim == finding.claim && other.form == finding.form);
        match recorded {
            None => lines.push(format!("{place}: not in the record")),
            Some(other) if other.verdict != finding.verdict => lines.push(format!(
                "{place}: {} now, {} in the record; {}",
                finding.verdict, other.verdict, finding.evidence
            )),
            Some(_) => {}
        }
    }
    lines
}

/// A folder that is removed when it is no longer needed.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = record::remove_folder(&self.0) {
            eprintln!("{error}");
        }
    }
}
