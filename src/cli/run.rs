use std::path::Path;

use vicinfo::Error;
use vicinfo::experiment::{Ending, Entry, Options, clear_cells, run_and_print};
use vicinfo::record::Record;

use super::registry::{EXPERIMENTS, chosen};
use super::{Done, check, print, report};

/// Where the published records lie, beside the sources.
pub const PUBLISHED: &str = "figures";

/// Arguments of `vicinfo run`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Names of experiments; `vicinfo list` prints them
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    experiments: Vec<String>,
    /// Run all of them
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    options: Options,
}

/// Arguments of `vicinfo reproduce`.
#[derive(clap::Args)]
pub struct Reproduce {
    #[command(flatten)]
    options: Options,
}

/// Runs the experiments named.
pub fn run(arguments: &Arguments) -> Done {
    let entries: Vec<&Entry> = if arguments.all {
        EXPERIMENTS.iter().collect()
    } else {
        chosen(&arguments.experiments)?
    };
    let ending = worst(&each(&entries, &arguments.options));
    if ending != Ending::Failed {
        clear_cells(&entries, &arguments.options);
    } else {
        kept(&arguments.options);
    }
    Ok(ending.code())
}

/// Says where an interrupted run goes on.
fn kept(options: &Options) {
    let how = if options.fresh {
        " without --fresh"
    } else {
        ""
    };
    eprintln!("cells that are finished are kept: the same command{how} goes on from them");
}

/// Runs every entry, also after a failure: what can be computed is computed.
fn each(entries: &[&Entry], options: &Options) -> Vec<Ending> {
    (entries.iter())
        .map(|entry| run_and_print(entry, options, &mut std::io::stdout()))
        .collect()
}

fn worst(endings: &[Ending]) -> Ending {
    [Ending::Failed, Ending::ControlFailed]
        .into_iter()
        .find(|ending| endings.contains(ending))
        .unwrap_or(Ending::Done)
}

/// Runs everything and writes the report.
pub fn reproduce(arguments: &Reproduce) -> Done {
    let options = &arguments.options;
    let entries: Vec<&Entry> = EXPERIMENTS.iter().collect();
    let ending = worst(&each(&entries, options));
    if options.shard.is_some() {
        return Ok(ending.code());
    }
    if ending == Ending::Failed {
        eprintln!("error: not everything could be computed, see above; no report was written");
        kept(options);
        return Ok(ending.code());
    }
    let records = report::write(&options.out)?;
    print(&format!("\n{}", vicinfo::report::verdict_table(&records)));
    print(&format!(
        "\nreport: {}\n",
        options.out.join("report.html").display()
    ));
    compare_with_published(&records, &options.out)?;
    clear_cells(&entries, options);
    if ending == Ending::ControlFailed {
        eprintln!(
            "error: a control did not come out as it must, see above and the warnings of the report; the checks that rest on it cannot be trusted"
        );
    }
    Ok(ending.code())
}

/// Says whether the verdicts are those of the published record, if that lies here.
fn compare_with_published(records: &[Record], out: &Path) -> Result<(), Error> {
    let published = Path::new(PUBLISHED);
    if out == published || !published.is_dir() {
        return Ok(());
    }
    let mut differences = Vec::new();
    let mut compared = 0;
    for record in records {
        let folder = published.join(&record.manifest.id);
        if !folder.is_dir() || !record.manifest.inputs.is_empty() {
            continue;
        }
        let other = Record::read(&folder)?;
        compared += record.manifest.findings.len();
        differences.extend(check::differences(&other.manifest, &record.manifest));
    }
    if compared == 0 {
        return Ok(());
    }
    if differences.is_empty() {
        print(&format!(
            "all {compared} verdicts agree with the published record in {PUBLISHED}/\n"
        ));
    } else {
        print(&format!(
            "differences from the published record in {PUBLISHED}/:\n"
        ));
        for line in differences {
            print(&format!("  {line}\n"));
        }
    }
    Ok(())
}
