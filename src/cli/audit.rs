use std::path::{Path, PathBuf};
use std::process::ExitCode;

use vicinfo::Error;
use vicinfo::audit::{Audit, Comparison, Reading, Subject};
use vicinfo::experiment::thread_pool;
use vicinfo::record;
use vicinfo::sample::Paired;
use vicinfo::seed::Seed;

use super::measure::read;
use super::{Done, Format, aligned, labels, print};

const EXAMPLE: &str = "Examples:
  Embeddings of two views of the same inputs, rows in the same order
    vicinfo audit z1.npy z2.npy
  With classes, and with the images that were embedded
    vicinfo audit z1.npy z2.npy --labels y.npy --images x1.npy x2.npy --out audits/epoch-20
  Checkpoints side by side: audits written before, or two views each, with a comma between them
    vicinfo audit --compare audits/epoch-10/audit.json audits/epoch-20/audit.json
    vicinfo audit --compare a1.npy,a2.npy b1.npy,b2.npy";

/// Arguments of `vicinfo audit`.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLE)]
pub struct Arguments {
    /// Embeddings of the first view as rows: .npy, .npz[:key], .safetensors[:key], .csv or IDX (-ubyte[.gz])
    #[arg(required_unless_present = "compare", requires = "view2")]
    view1: Option<String>,
    /// Embeddings of the second view of the same inputs, as many rows in the same order
    view2: Option<String>,
    /// Classes of the inputs: whole numbers in any of these forms, or names one a line in .csv or .txt
    #[arg(long, value_name = "Y", conflicts_with = "compare")]
    labels: Option<String>,
    /// The images that were embedded, both views, as rows: a baseline of random projections is made of them
    #[arg(long, value_names = ["X1", "X2"], num_args = 2, conflicts_with = "compare")]
    images: Option<Vec<String>>,
    /// What the report calls the embedding [default: the first file]
    #[arg(long, conflicts_with = "compare")]
    name: Option<String>,
    /// Put several side by side: each an audit.json, or two files VIEW1,VIEW2
    #[arg(long, value_names = ["A", "B"], num_args = 2.., conflicts_with = "view1")]
    compare: Option<Vec<String>>,
    /// Folder for audit.html and audit.json, or comparison.html and comparison.json; of several, those that are made here
    /// have theirs in folders 1, 2, ... of it, in the order in which they are named
    #[arg(long, value_name = "DIR", default_value = "audit")]
    out: PathBuf,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Root of the random streams: which pairs slow methods get, Gaussian twins, random projections
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Threads to use; results do not depend on it [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
}

/// Audits.
pub fn run(arguments: &Arguments) -> Done {
    thread_pool(arguments.threads)?.install(|| match (&arguments.view1, &arguments.view2) {
        (Some(first), Some(second)) => one(arguments, first, second),
        _ => several(arguments, arguments.compare.as_deref().unwrap_or_default()),
    })
}

fn views(first: &str, second: &str) -> Result<Paired, Error> {
    let (x, y) = (read(first)?, read(second)?);
    if x.n() != y.n() {
        let needed = format!("{}, as many as {first}", x.n());
        return Err(Error::invalid(format!("points of {second}"), y.n(), needed));
    }
    Paired::new(x, y)
}

/// Audits with a line of progress on stderr.
fn audit(subject: &Subject, seed: u64) -> Result<Audit, Error> {
    let bar = indicatif::ProgressBar::new_spinner();
    bar.enable_steady_tick(std::time::Duration::from_millis(250));
    let mut audit = Audit::with_progress(subject, Seed::root(seed), &mut |title| {
        bar.set_message(format!("{}: {title}", subject.name));
    });
    bar.finish_and_clear();
    // The library gets a stream, which does not tell its number.
    if let Ok(audit) = &mut audit {
        audit.seed = Some(seed);
    }
    audit
}

/// Makes a folder and says now whether it takes files: one that is there can be read-only.
fn writable(folder: &Path) -> Result<(), Error> {
    record::create_folder(folder)?;
    let probe = folder.join(format!(".vicinfo-{}", std::process::id()));
    let tried = record::write(&probe, b"").and_then(|()| record::remove_file(&probe));
    tried.map_err(|error| match error {
        // The folder is what the user named.
        Error::File { message, .. } => Error::File {
            path: folder.to_owned(),
            message,
        },
        other => other,
    })
}

fn one(arguments: &Arguments, first: &str, second: &str) -> Done {
    let name = arguments.name.clone().unwrap_or_else(|| file_name(first));
    let mut subject = Subject::new(name, views(first, second)?)?;
    let mut warnings = Vec::new();
    if let Some(file) = &arguments.labels {
        let labels = labels::read(file, subject.views.n(), &mut warnings)?;
        subject = subject.with_labels(labels)?;
    }
    if let Some([first, second]) = arguments.images.as_deref() {
        subject = subject.with_images(views(first, second)?)?;
    }
    for warning in &warnings {
        eprintln!("warning: {warning}");
    }
    // A folder that cannot be written is said before minutes of work.
    writable(&arguments.out)?;
    let audit = audit(&subject, arguments.seed)?;
    let (html, json) = write(&audit, &arguments.out)?;
    match arguments.format {
        Format::Json => print(&String::from_utf8_lossy(&json)),
        Format::Table => print(&format!("{}\nreport: {}\n", text(&audit), html.display())),
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the page and the JSON of an audit into a folder.
fn write(audit: &Audit, folder: &Path) -> Result<(PathBuf, Vec<u8>), Error> {
    // Both are there before the first is written.
    let page = audit.html();
    let html = folder.join("audit.html");
    let path = folder.join("audit.json");
    let json = record::to_json(&path, audit)?;
    record::write(&path, &json)?;
    record::write(&html, page.as_bytes())?;
    Ok((html, json))
}

fn several(arguments: &Arguments, written: &[String]) -> Done {
    // Before minutes of work.
    if let Some(twice) = (written.iter().enumerate())
        .find_map(|(place, text)| written[..place].contains(text).then_some(text))
    {
        return Err(Error::invalid("name", twice, "another for each audit"));
    }
    // All that are there are read before one is made, and none of their files is written over.
    let sides = (written.iter())
        .map(|text| Side::read(text))
        .collect::<Result<Vec<Side>, Error>>()?;
    let folder = |place: usize| arguments.out.join((place + 1).to_string());
    for (place, side) in sides.iter().enumerate() {
        let target = std::fs::canonicalize(folder(place).join("audit.json"));
        if let (Side::Views(..), Ok(target)) = (side, target)
            && let Some(named) = (written.iter())
                .find(|text| std::fs::canonicalize(text).is_ok_and(|path| path == target))
        {
            return Err(Error::invalid(
                "compare",
                named,
                "another file than what this writes: choose another --out",
            ));
        }
    }
    let mut audits = (sides.into_iter().zip(written).enumerate())
        .map(|(place, (side, text))| side.audit(text, &folder(place), arguments.seed))
        .collect::<Result<Vec<Audit>, Error>>()?;
    // Checkpoints in files of one name, each in its folder, are told apart by their paths.
    if !distinct(&audits) {
        for (audit, text) in audits.iter_mut().zip(written) {
            audit.name.clone_from(text);
        }
    }
    let comparison = Comparison::new(&audits)?;
    let html = arguments.out.join("comparison.html");
    let path = arguments.out.join("comparison.json");
    let json = record::to_json(&path, &comparison)?;
    record::write(&path, &json)?;
    record::write(&html, comparison.html().as_bytes())?;
    match arguments.format {
        Format::Json => print(&String::from_utf8_lossy(&json)),
        Format::Table => {
            let notes = comparison.notes.iter();
            let notes = notes
                .map(|note| format!("{} ({}): {}\n", note.section, note.of.join("; "), note.text));
            print(&format!(
                "{}\n\n{}-: not among the numbers of that audit\n\n{}report: {}\n",
                comparison.subjects().join("\n"),
                aligned(&comparison.table()),
                notes.collect::<String>(),
                html.display()
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn distinct(audits: &[Audit]) -> bool {
    let names = audits.iter().map(|audit| audit.name.as_str());
    vicinfo::experiment::distinct(names).len() == audits.len()
}

/// One of several.
enum Side<'a> {
    /// An audit that was written before.
    Written(Box<Audit>),
    /// Files of two views.
    Views(&'a str, &'a str),
}

impl<'a> Side<'a> {
    fn read(text: &'a str) -> Result<Self, Error> {
        let path = Path::new(text);
        if path.extension().is_some_and(|ending| ending == "json") {
            return record::from_json(path, &record::read(path)?)
                .map(|audit| Self::Written(Box::new(audit)));
        }
        match text.split_once(',') {
            Some((first, second)) => Ok(Self::Views(first, second)),
            None => Err(Error::invalid(
                "compare",
                text,
                "an audit.json written before, or two files with a comma between them",
            )),
        }
    }

    /// The audit; one that is made here is written at once, so that it is not lost where a later one fails.
    fn audit(self, name: &str, folder: &Path, seed: u64) -> Result<Audit, Error> {
        match self {
            Self::Written(audit) => Ok(*audit),
            Self::Views(first, second) => {
                let subject = Subject::new(name, views(first, second)?)?;
                writable(folder)?;
                let audit = audit(&subject, seed)?;
                write(&audit, folder)?;
                Ok(audit)
            }
        }
    }
}

fn file_name(file: &str) -> String {
    let name = Path::new(file).file_name();
    name.map_or_else(
        || file.to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// The numbers, section by section, with what they say.
fn text(audit: &Audit) -> String {
    let mut text = format!(
        "{}: {} pairs in {} dimensions\n",
        audit.name, audit.n, audit.dim
    );
    for section in &audit.sections {
        text += &format!("\n{}\n{}\n", section.title, section.words);
        // Why there is no number is told once, below the numbers.
        let mut reasons = Vec::new();
        let rows: Vec<Vec<String>> = (section.readings.iter())
            .map(|reading| line(reading, &mut reasons))
            .collect();
        for row in aligned(&rows).lines() {
            text += &format!("  {row}\n");
        }
        for (reason, number) in reasons.iter().zip(1..) {
            text += &format!("  none ({number}): {reason}\n");
        }
        for note in &section.notes {
            text += &format!("  note: {note}\n");
        }
    }
    text
}

fn line(reading: &Reading, reasons: &mut Vec<String>) -> Vec<String> {
    let number = match &reading.missing {
        None => reading.text(),
        Some(missing) => {
            let known = reasons.iter().position(|reason| *reason == missing.message);
            let place = known.unwrap_or_else(|| {
                reasons.push(missing.message.clone());
                reasons.len() - 1
            });
            format!("none ({})", place + 1)
        }
    };
    let unit = if reading.unit == "1" {
        ""
    } else {
        &reading.unit
    };
    let side = reading
        .side
        .as_deref()
        .unwrap_or_default()
        .replace('_', " ");
    vec![reading.name.clone(), number, unit.to_owned(), side]
}
