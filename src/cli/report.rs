use std::path::{Path, PathBuf};
use std::process::ExitCode;

use vicinfo::record::{self, Record};
use vicinfo::report::{claim_table, html, markdown};
use vicinfo::{Error, experiment};

use super::registry::named;
use super::{Done, print};

/// Arguments of `vicinfo report`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Folder of the records
    #[arg(long, value_name = "DIR", default_value = "reproduction")]
    out: PathBuf,
    /// Also put the table of the claims between the marks of this file
    #[arg(long, value_name = "FILE")]
    readme: Option<PathBuf>,
    /// Decide and draw again from the recorded tables first, as after a change of a check
    #[arg(long)]
    redo: bool,
}

const BEGIN: &str = "<!-- verdicts:begin -->\n";
const END: &str = "<!-- verdicts:end -->";

/// Writes the report of the records.
pub fn run(arguments: &Arguments) -> Done {
    if arguments.redo {
        for record in Record::read_all(&arguments.out)? {
            experiment::redo(named(&record.manifest.id)?, &record.folder)?;
        }
    }
    let records = write(&arguments.out)?;
    print(&format!(
        "{} records: {} and {}\n",
        records.len(),
        arguments.out.join("REPORT.md").display(),
        arguments.out.join("report.html").display()
    ));
    if let Some(readme) = &arguments.readme {
        let text = record::text(readme)?;
        let table = claim_table(&records, &link(readme, &arguments.out.join("REPORT.md"))?);
        let updated = with_table(readme, &text, &table)?;
        record::write(readme, updated.as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads the records of a folder and writes both forms of the report beside them.
pub fn write(out: &Path) -> Result<Vec<Record>, Error> {
    let records = Record::read_all(out)?;
    record::write(&out.join("REPORT.md"), markdown(&records).as_bytes())?;
    record::write(&out.join("report.html"), html(&records).as_bytes())?;
    Ok(records)
}

/// How a file is named in a link of another: from the folder of that, whatever both were called.
fn link(from: &Path, to: &Path) -> Result<String, Error> {
    let absolute =
        |path: &Path| std::fs::canonicalize(path).map_err(|error| Error::file(path, &error));
    let (from, to) = (absolute(from)?, absolute(to)?);
    let folder: Vec<_> = from.parent().unwrap_or(&from).components().collect();
    let target: Vec<_> = to.components().collect();
    let common = folder
        .iter()
        .zip(&target)
        .take_while(|(a, b)| a == b)
        .count();
    let up = folder[common..].iter().map(|_| "..".into());
    let down = target[common..]
        .iter()
        .map(|part| part.as_os_str().to_string_lossy());
    Ok(up.chain(down).collect::<Vec<_>>().join("/"))
}

fn with_table(path: &Path, text: &str, table: &str) -> Result<String, Error> {
    let parts = text
        .split_once(BEGIN)
        .and_then(|(before, rest)| rest.split_once(END).map(|(_, after)| (before, after)));
    match parts {
        Some((before, after)) => Ok(format!("{before}{BEGIN}{table}{END}{after}")),
        None => Err(Error::format(
            path,
            format!("the marks {} and {END}", BEGIN.trim_end()),
            "a text without them",
        )),
    }
}
