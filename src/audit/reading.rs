use serde::{Deserialize, Serialize};

use crate::error::{Error, finite};
use crate::figure::Figure;
pub(super) use crate::number::short as digits;
use crate::number::with_error;

/// A part of an audit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// Identifier, one word.
    pub id: String,
    /// Heading.
    pub title: String,
    /// One paragraph of plain words about this embedding.
    pub words: String,
    /// The numbers.
    pub readings: Vec<Reading>,
    /// Reasons to read them with care: what was subsampled and why, saturation, assumptions that fail.
    pub notes: Vec<String>,
    /// Figures; not part of the JSON.
    #[serde(skip)]
    pub figures: Vec<Figure>,
}

/// One number of an audit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// What it is called.
    pub name: String,
    /// Its unit; "1" for a pure number.
    pub unit: String,
    /// The number; absent where it could not be had.
    pub value: Option<f64>,
    /// Its standard error, of chance alone, where one is known.
    pub std_error: Option<f64>,
    /// The side of the truth on which it lies as the sample grows, for an estimate of something.
    pub side: Option<String>,
    /// Pairs or points it was read from.
    pub points: usize,
    /// What it says, in a line.
    pub about: String,
    /// Why there is no number.
    pub missing: Option<Missing>,
}

/// Why there is no number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The kind of the error.
    pub kind: String,
    /// The error in words.
    pub message: String,
}

impl Reading {
    pub(super) fn new(
        name: impl Into<String>,
        unit: &str,
        points: usize,
        value: Result<f64, Error>,
        about: impl Into<String>,
    ) -> Self {
        let name = name.into();
        let (value, missing) = match value.and_then(|value| finite(&name, value)) {
            Ok(value) => (Some(value), None),
            Err(error) => (
                None,
                Some(Missing {
                    kind: error.kind().to_owned(),
                    message: error.to_string(),
                }),
            ),
        };
        Self {
            name,
            unit: unit.to_owned(),
            value,
            std_error: None,
            side: None,
            points,
            about: about.into(),
            missing,
        }
    }

    /// A value that is known together with its standard error, or not at all.
    pub(super) fn estimated(
        name: impl Into<String>,
        unit: &str,
        points: usize,
        value: Result<(f64, f64), Error>,
        about: impl Into<String>,
    ) -> Self {
        let std_error = value.as_ref().ok().map(|(_, error)| *error);
        Self {
            std_error,
            ..Self::new(name, unit, points, value.map(|(value, _)| value), about)
        }
    }

    /// This with its standard error. A value is kept where its error is not known, and a note says why that is so.
    pub(super) fn with_std_error(
        mut self,
        error: Result<f64, Error>,
        notes: &mut Vec<String>,
    ) -> Self {
        match (self.value, error) {
            (None, _) => {}
            (Some(_), Ok(error)) => self.std_error = Some(error),
            (Some(_), Err(error)) => {
                notes.push(format!("no standard error of {}: {error}", self.name));
            }
        }
        self
    }

    /// The number with its error, rounded for people; the error where there is none.
    pub fn text(&self) -> String {
        match (self.value, &self.missing) {
            (Some(value), _) => rounded(value, self.std_error),
            (None, Some(missing)) => missing.message.clone(),
            (None, None) => "none".to_owned(),
        }
    }

    pub(super) fn on_side(self, side: &str) -> Self {
        Self {
            side: Some(side.to_owned()),
            ..self
        }
    }
}

/// A number with its error, to two digits of the latter; three significant digits without one.
pub(super) fn rounded(value: f64, std_error: Option<f64>) -> String {
    match std_error {
        Some(error) if error > 0.0 => with_error(value, error),
        _ => digits(value),
    }
}

/// A reading's number for a sentence.
pub(super) fn said(reading: Option<&Reading>) -> String {
    reading
        .and_then(|reading| reading.value)
        .map_or_else(|| "not known".to_owned(), digits)
}
