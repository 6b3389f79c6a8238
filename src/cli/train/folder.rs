use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use vicinfo::figure::svg;
use vicinfo::network::Real;
use vicinfo::training::{History, Learner, Run};
use vicinfo::{Error, record};

use super::{Setting, figure};

/// The checkpoint of a run.
pub const CHECKPOINT: &str = "checkpoint.safetensors";
/// Key of the [`Setting`] in its metadata.
pub const SETTING: &str = "setting";
/// Key of the [`History`].
const HISTORY: &str = "history";
const METRICS: &str = "metrics.csv";
const ENCODER: &str = "encoder.safetensors";
const EMBEDDER: &str = "embedder.safetensors";

/// Where a run writes. Every file is there whole or not at all.
pub struct Folder<'a> {
    path: &'a Path,
    setting: &'a Setting,
}

impl<'a> Folder<'a> {
    pub fn new(path: &'a Path, setting: &'a Setting) -> Self {
        Self { path, setting }
    }

    fn checkpoint(&self) -> PathBuf {
        self.path.join(CHECKPOINT)
    }

    /// Removes the files of the run that lies here; others stay.
    pub fn forget(&self) -> Result<(), Error> {
        let figures = figure::IDS.map(|id| format!("{id}.svg"));
        // The checkpoint last: while it is there, so is what is said about it.
        ([METRICS, ENCODER, EMBEDDER].into_iter())
            .chain(figures.iter().map(String::as_str))
            .chain([CHECKPOINT])
            .try_for_each(|name| record::remove_file(&self.path.join(name)))
    }

    /// The learner and the history of an interrupted or finished run with this setting.
    pub fn resume<T: Real>(&self) -> Result<Option<(Learner<T>, History)>, Error> {
        let path = self.checkpoint();
        if !record::is_file(&path) {
            return Ok(None);
        }
        let expected = "a checkpoint of `vicinfo train`, with its setting and its history";
        let (learner, notes) = Learner::from_safetensors(&path, &record::read(&path)?)
            .map_err(|error| unusable(&path, expected, error))?;
        let note = |key: &str| {
            (notes.get(key))
                .ok_or_else(|| Error::format(&path, expected, format!("no entry '{key}'")))
                .map_err(|error| unusable(&path, expected, error))
        };
        let before: Setting = record::from_json(&path, note(SETTING)?.as_bytes())
            .map_err(|error| unusable(&path, expected, error))?;
        if before != *self.setting {
            return Err(Error::format(
                &path,
                "a run with the settings asked for",
                format!(
                    "one with {}; another --out keeps both, --fresh forgets it",
                    difference(&before, self.setting)
                ),
            ));
        }
        let history = record::from_json(&path, note(HISTORY)?.as_bytes())
            .map_err(|error| unusable(&path, expected, error))?;
        Ok(Some((learner, history)))
    }

    /// The checkpoint and what can be seen by now.
    pub fn save<T: Real>(&self, run: &Run<'_, T>, history: &History) -> Result<(), Error> {
        let path = self.checkpoint();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let notes = BTreeMap::from([
            (
                SETTING.to_owned(),
                text(record::to_json(&path, self.setting)?),
            ),
            (HISTORY.to_owned(), text(record::to_json(&path, history)?)),
        ]);
        record::write(&path, &run.learner().to_safetensors(notes)?)?;
        self.describe(history)
    }

    /// Metrics and curves.
    pub fn describe(&self, history: &History) -> Result<(), Error> {
        if history.points().is_empty() {
            return Ok(());
        }
        let path = self.path.join(METRICS);
        record::write(&path, &record::table(&path, history.points())?)?;
        for figure in figure::all(history, self.setting) {
            let path = self.path.join(format!("{}.svg", figure.id));
            record::write(&path, svg(&figure)?.as_bytes())?;
        }
        Ok(())
    }

    /// Everything, with the networks as files of their own.
    pub fn publish<T: Real>(&self, run: &Run<'_, T>, history: &History) -> Result<(), Error> {
        self.describe(history)?;
        let model = run.learner().model();
        let embedder = (model.encoder.clone()).followed_by(model.projector.clone())?;
        record::write(&self.path.join(ENCODER), &model.encoder.to_safetensors()?)?;
        record::write(&self.path.join(EMBEDDER), &embedder.to_safetensors()?)
    }
}

/// The error for a checkpoint that cannot be read, with the file and the way out.
fn unusable(path: &Path, expected: &str, error: Error) -> Error {
    match error {
        Error::Format {
            path,
            expected,
            found,
        } => Error::Format {
            path,
            expected,
            found: format!("{found}; --fresh starts again"),
        },
        other => Error::format(path, expected, format!("{other}; --fresh starts again")),
    }
}

/// What differs between two settings, by name.
fn difference(before: &Setting, now: &Setting) -> String {
    let fields = |setting: &Setting| match serde_json::to_value(setting) {
        Ok(value) => leaves("", &value),
        Err(_) => Vec::new(),
    };
    let (before, now) = (fields(before), fields(now));
    (before.iter())
        .filter(|(name, value)| !(now.iter()).any(|(other, same)| name == other && value == same))
        .map(|(name, value)| format!("{name} {value}"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn leaves(name: &str, value: &serde_json::Value) -> Vec<(String, String)> {
    match value {
        serde_json::Value::Object(fields) => (fields.iter())
            .flat_map(|(field, value)| {
                let name = if name.is_empty() {
                    field.clone()
                } else {
                    format!("{name}.{field}")
                };
                leaves(&name, value)
            })
            .collect(),
        other => vec![(name.to_owned(), other.to_string())],
    }
}
