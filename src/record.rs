//! Records on disk: `table.csv`, `manifest.json`, figures and finished cells. The only writer of
//! results: a file is there whole or not at all.
#![allow(
    clippy::disallowed_methods,
    reason = "this module is where results are read and written"
)]

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::finding::Finding;

/// How much work an experiment does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Seconds: the tests run it.
    Smoke,
    /// Minutes: enough for a verdict.
    Standard,
    /// The published figures.
    Full,
}

/// How long networks are trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// 5 epochs: a look.
    Quick,
    /// 15 epochs: seconds a run, enough to tell methods apart.
    Minutes,
}

impl Profile {
    /// Times that every image is seen.
    pub fn epochs(self) -> u64 {
        match self {
            Self::Quick => 5,
            Self::Minutes => 15,
        }
    }
}

/// A file that a user handed in: its name and content, never its path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    /// Name of the file, with its data set.
    pub name: String,
    /// SHA-256 of its decompressed content.
    pub sha256: String,
}

impl From<(String, String)> for InputFile {
    /// Of a name and a SHA-256.
    fn from((name, sha256): (String, String)) -> Self {
        Self { name, sha256 }
    }
}

/// The table of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableEntry {
    /// File name.
    pub file: String,
    /// Lines without the heading.
    pub rows: usize,
    /// SHA-256 of the file.
    pub sha256: String,
}

/// A figure of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FigureEntry {
    /// File name.
    pub file: String,
    /// What it shows.
    pub title: String,
    /// What to see in it.
    pub caption: String,
}

/// What is known of a finished experiment besides its table. No clock, host or path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Name of the experiment.
    pub id: String,
    /// One sentence.
    pub summary: String,
    /// Version of vicinfo.
    pub version: String,
    /// How much work was done.
    pub scale: Scale,
    /// Root of the random streams.
    pub seed: u64,
    /// Claims it decides.
    pub claims: Vec<String>,
    /// Files of the user's that were read.
    pub inputs: Vec<InputFile>,
    /// The data set among them that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// How long networks were trained, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// The table.
    pub table: TableEntry,
    /// The figures in order.
    pub figures: Vec<FigureEntry>,
    /// The decisions with their evidence.
    pub findings: Vec<Finding>,
}

/// A record as it lies on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its folder.
    pub folder: PathBuf,
    /// The manifest.
    pub manifest: Manifest,
    /// The figures as SVG, in the manifest's order.
    pub svgs: Vec<String>,
}

/// Name of the manifest in a record's folder.
pub const MANIFEST: &str = "manifest.json";
/// Name of the table in a record's folder.
pub const TABLE: &str = "table.csv";

impl Record {
    /// Reads a record and checks its table against the manifest.
    ///
    /// # Errors
    /// [`Error::File`] and [`Error::Format`], naming the file.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(MANIFEST);
        let manifest: Manifest = from_json(&path, &read(&path)?)?;
        let table = folder.join(&manifest.table.file);
        let found = sha256(&read(&table)?);
        if found != manifest.table.sha256 {
            return Err(Error::format(
                &table,
                format!(
                    "the table of its manifest, SHA-256 {}",
                    manifest.table.sha256
                ),
                format!("SHA-256 {found}; run the experiment again"),
            ));
        }
        let svgs = (manifest.figures.iter())
            .map(|figure| text(&folder.join(&figure.file)))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            folder: folder.to_owned(),
            manifest,
            svgs,
        })
    }

    /// Reads every record below a folder, by name.
    ///
    /// # Errors
    /// As [`Record::read`]; [`Error::Format`] when there is none.
    pub fn read_all(folder: &Path) -> Result<Vec<Self>, Error> {
        let mut folders: Vec<PathBuf> = std::fs::read_dir(folder)
            .map_err(|error| Error::file(folder, &error))?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()
            .map_err(|error| Error::file(folder, &error))?;
        folders.retain(|path| path.join(MANIFEST).exists());
        folders.sort();
        if folders.is_empty() {
            return Err(Error::format(
                folder,
                "at least one record, a folder with manifest.json and table.csv",
                "none; run an experiment first",
            ));
        }
        folders.iter().map(|path| Self::read(path)).collect()
    }

    /// Reads the table's rows.
    ///
    /// # Errors
    /// [`Error::File`] and [`Error::Format`].
    pub fn rows<R: DeserializeOwned>(&self) -> Result<Vec<R>, Error> {
        read_table(&self.folder.join(&self.manifest.table.file))
    }
}

/// Reads a whole file.
///
/// # Errors
/// [`Error::File`].
pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| Error::file(path, &error))
}

/// Reads a whole text file.
///
/// # Errors
/// [`Error::File`]; [`Error::Format`] unless it is UTF-8.
pub fn text(path: &Path) -> Result<String, Error> {
    String::from_utf8(read(path)?)
        .map_err(|error| Error::format(path, "UTF-8 text", error.to_string()))
}

/// Writes a file whole or not at all: beside its place first, then moved there. Makes its folder.
///
/// # Errors
/// [`Error::File`].
pub fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        create_folder(folder)?;
    }
    let (draft, mut file) = new_draft(path)
        .or_else(|error| match (error.kind(), folder) {
            // Another run has just taken the empty folder away.
            (std::io::ErrorKind::NotFound, Some(folder)) => {
                std::fs::create_dir_all(folder)?;
                new_draft(path)
            }
            _ => Err(error),
        })
        .map_err(|error| Error::file(path, &error))?;
    let attempt = (|| {
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&draft, path)
    })();
    attempt.map_err(|error| {
        // The error that matters is the first.
        let _ = std::fs::remove_file(&draft);
        Error::file(path, &error)
    })
}

/// A file beside another that nobody else has: processes that write the same file (shards that overlap) must not share
/// a draft, and on a shared folder two of them, on two machines, can have one process number.
fn new_draft(path: &Path) -> std::io::Result<(PathBuf, std::fs::File)> {
    let mut number = 0_u32;
    loop {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}-{number}.partial", std::process::id()));
        let draft = path.with_file_name(name);
        match std::fs::File::create_new(&draft) {
            Ok(file) => return Ok((draft, file)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && number < 1000 => {
                number += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Appends a row to a table, which begins with it if it is not there. Rows are appended whole: several runs may share a table.
///
/// # Errors
/// [`Error::File`]; [`Error::Format`] for a table with other columns; as [`table`].
pub fn append<R: Serialize>(path: &Path, row: &R) -> Result<(), Error> {
    let file_error = |error: std::io::Error| Error::file(path, &error);
    let whole = table(path, &[row])?;
    let end = whole.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (heading, line) = (&whole[..end], &whole[end + 1..]);
    if !path.exists() {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder {
            create_folder(folder)?;
        }
        // There whole from the first moment: a run beside this one must not find a table without its heading.
        let (draft, mut file) = new_draft(path).map_err(file_error)?;
        let made = file
            .write_all(&whole)
            .and_then(|()| std::fs::hard_link(&draft, path));
        let _ = std::fs::remove_file(&draft);
        match made {
            // Another run was first.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            made => return made.map_err(file_error),
        }
    }
    let before = read(path)?;
    let found = before
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let mut file = (std::fs::OpenOptions::new().append(true).open(path)).map_err(file_error)?;
    if before.is_empty() {
        return file.write_all(&whole).map_err(file_error);
    }
    if found.trim_ascii_end() != heading {
        let columns = String::from_utf8_lossy(heading).into_owned();
        return Err(Error::format(
            path,
            format!("a table of {columns}"),
            "another one",
        ));
    }
    let mut text = Vec::new();
    if !before.ends_with(b"\n") {
        text.push(b'\n');
    }
    text.extend_from_slice(line);
    file.write_all(&text).map_err(file_error)
}

/// Makes a folder and those above it, if they are not there.
///
/// # Errors
/// [`Error::File`].
pub fn create_folder(path: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(path).map_err(|error| Error::file(path, &error))
}

/// Whether there is such a file.
pub fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// Removes a file, if it is there.
///
/// # Errors
/// [`Error::File`].
pub fn remove_file(path: &Path) -> Result<(), Error> {
    removed(path, std::fs::remove_file(path))
}

/// Removes a folder and everything in it, if it is there.
///
/// # Errors
/// [`Error::File`].
pub fn remove_folder(path: &Path) -> Result<(), Error> {
    removed(path, std::fs::remove_dir_all(path))
}

/// What is not there need not be removed.
fn removed(path: &Path, done: std::io::Result<()>) -> Result<(), Error> {
    match done {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file(path, &error))
        }
        _ => Ok(()),
    }
}

/// SHA-256 as hexadecimal digits.
pub fn sha256(content: &[u8]) -> String {
    Sha256::digest(content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A table as CSV with a heading. Numbers read back exactly.
///
/// # Errors
/// [`Error::NonFiniteResult`] for a number that is not finite, [`Error::Format`] for rows that are no
/// flat records.
pub fn table<R: Serialize>(path: &Path, rows: &[R]) -> Result<Vec<u8>, Error> {
    for (i, row) in rows.iter().enumerate() {
        require_finite(i, row)?;
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(|error| {
            Error::format(path, "rows that are flat records", error.to_string())
        })?;
    }
    writer
        .into_inner()
        .map_err(|error| Error::format(path, "a table", error.to_string()))
}

/// JSON has no number that is not finite: it turns it into null, which no `f64` reads back.
fn require_finite<R: Serialize>(index: usize, row: &R) -> Result<(), Error> {
    let refuse = |value: String| Error::NonFiniteResult {
        what: format!("row {index} of the table"),
        value,
    };
    let json = serde_json::to_value(row).map_err(|error| refuse(error.to_string()))?;
    let mut writer = csv::WriterBuilder::new()
        .has_headers(false)
        .from_writer(Vec::new());
    writer
        .serialize(row)
        .map_err(|error| refuse(error.to_string()))?;
    let line = writer
        .into_inner()
        .map_err(|error| refuse(error.to_string()))?;
    let line = String::from_utf8_lossy(&line).trim_end().to_owned();
    let suspicious = ["NaN", "inf", "-inf"];
    if let Some(bad) = line.split(',').find(|field| suspicious.contains(field)) {
        let column = json
            .as_object()
            .and_then(|fields| fields.iter().find(|(_, value)| value.is_null()))
            .map_or_else(|| "?".to_owned(), |(name, _)| name.clone());
        return Err(Error::NonFiniteResult {
            what: format!("column '{column}' of row {index} of the table ({line})"),
            value: bad.to_owned(),
        });
    }
    Ok(())
}

/// Reads a table that [`table`] made.
///
/// # Errors
/// [`Error::File`], [`Error::Format`].
pub fn read_table<R: DeserializeOwned>(path: &Path) -> Result<Vec<R>, Error> {
    parse_table(path, &read(path)?)
}

/// Reads a table that [`table`] made from its content; errors name the path.
///
/// # Errors
/// [`Error::Format`].
pub fn parse_table<R: DeserializeOwned>(path: &Path, content: &[u8]) -> Result<Vec<R>, Error> {
    csv::Reader::from_reader(content)
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(|error| Error::format(path, "the columns of this experiment", error.to_string()))
}

/// Pretty JSON with a final line break.
///
/// # Errors
/// [`Error::Format`] when the value has no JSON form.
pub fn to_json<T: Serialize>(path: &Path, value: &T) -> Result<Vec<u8>, Error> {
    let mut text = serde_json::to_vec_pretty(value)
        .map_err(|error| Error::format(path, "a value with a JSON form", error.to_string()))?;
    text.push(b'\n');
    Ok(text)
}

/// Reads JSON.
///
/// # Errors
/// [`Error::Format`].
pub fn from_json<T: DeserializeOwned>(path: &Path, content: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(content)
        .map_err(|error| Error::format(path, "JSON of this version", error.to_string()))
}

/// What a finished cell was computed from: it is taken again only if all of it is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellHeader {
    /// Name of the experiment.
    pub id: String,
    /// Version of vicinfo.
    pub version: String,
    /// How much work is done.
    pub scale: Scale,
    /// Root of the random streams.
    pub seed: u64,
    /// Files of the user's that were read.
    pub inputs: Vec<InputFile>,
    /// The cell's JSON.
    pub cell: String,
}

#[derive(Serialize, Deserialize)]
struct StoredCell<R> {
    header: CellHeader,
    rows: Vec<R>,
}

/// Folder of the finished cells below an experiment's folder.
pub fn cells_folder(folder: &Path) -> PathBuf {
    folder.join("cells")
}

fn cell_path(folder: &Path, header: &CellHeader) -> PathBuf {
    let key = format!(
        "{}\n{}\n{:?}\n{}\n{:?}\n{}",
        header.id, header.version, header.scale, header.seed, header.inputs, header.cell
    );
    cells_folder(folder).join(format!("{}.json", &sha256(key.as_bytes())[..32]))
}

/// Writes the rows of a finished cell.
///
/// # Errors
/// [`Error::File`], [`Error::NonFiniteResult`].
pub fn write_cell<R: Serialize>(
    folder: &Path,
    header: &CellHeader,
    rows: &[R],
) -> Result<(), Error> {
    for (i, row) in rows.iter().enumerate() {
        require_finite(i, row)?;
    }
    let path = cell_path(folder, header);
    let stored = StoredCell {
        header: header.clone(),
        rows: rows.iter().collect(),
    };
    write(&path, &to_json(&path, &stored)?)
}

/// Removes finished cells, and their folder unless there is something else in it: the cells of another run, which may be writing.
///
/// # Errors
/// [`Error::File`].
pub fn remove_cells(folder: &Path, headers: &[CellHeader]) -> Result<(), Error> {
    for header in headers {
        remove_file(&cell_path(folder, header))?;
    }
    let cells = cells_folder(folder);
    match std::fs::remove_dir(&cells) {
        Err(error) if error.kind() == std::io::ErrorKind::DirectoryNotEmpty => Ok(()),
        done => removed(&cells, done),
    }
}

/// Reads the rows of a finished cell: `Ok(None)` when it is not there, an error when it is
/// there and not what its header says.
///
/// # Errors
/// [`Error::File`], [`Error::Format`].
pub fn read_cell<R: DeserializeOwned>(
    folder: &Path,
    header: &CellHeader,
) -> Result<Option<Vec<R>>, Error> {
    let path = cell_path(folder, header);
    if !path.exists() {
        return Ok(None);
    }
    let stored: StoredCell<R> = from_json(&path, &read(&path)?)?;
    if stored.header != *header {
        return Err(Error::format(
            &path,
            "the cell that its name says",
            "another one",
        ));
    }
    Ok(Some(stored.rows))
}
