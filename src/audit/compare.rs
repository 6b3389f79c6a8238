use serde::Serialize;

use super::reading::{Missing, Reading, rounded};
use super::{Audit, html};
use crate::error::Error;

/// Audits side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Names of the audits.
    pub names: Vec<String>,
    /// Pairs of each.
    pub n: Vec<usize>,
    /// Dimension of each.
    pub dim: Vec<usize>,
    /// One row for each number that any of them has, in the order of the sections.
    pub rows: Vec<Row>,
    /// Reasons to read the numbers with care, and why some are missing.
    pub notes: Vec<Note>,
}

/// A note of one audit, or the same of several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Identifier of the section.
    pub section: String,
    /// Names of the audits that have it.
    pub of: Vec<String>,
    /// What it says.
    pub text: String,
}

/// A number of all audits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Identifier of the section.
    pub section: String,
    /// Its heading.
    pub title: String,
    /// Name of the number.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// What each audit has of it.
    pub cells: Vec<Cell>,
}

/// What an audit has of a number.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// The number, as its [`Reading`] has it.
    Number {
        /// The value.
        value: f64,
        /// Its standard error, where one is known.
        std_error: Option<f64>,
        /// The side of the truth on which it lies.
        side: Option<String>,
        /// Pairs or points it was read from.
        points: usize,
    },
    /// It could not be had, for this reason.
    Missing(Missing),
    /// A view has collapsed to a point, and the audit says nothing of this.
    Collapsed,
    /// It is not among the numbers of the audit, as those about labels where none were given.
    NotRead,
}

impl Cell {
    fn of(reading: &Reading) -> Self {
        match (reading.value, &reading.missing) {
            (Some(value), _) => Self::Number {
                value,
                std_error: reading.std_error,
                side: reading.side.clone(),
                points: reading.points,
            },
            (None, Some(missing)) => Self::Missing(missing.clone()),
            (None, None) => Self::NotRead,
        }
    }

    /// The number with its error, rounded for people, or a word in its place.
    pub fn text(&self) -> String {
        match self {
            Self::Number {
                value, std_error, ..
            } => rounded(*value, *std_error),
            Self::Missing(missing) => format!("none: {}", missing.kind),
            Self::Collapsed => "collapsed".to_owned(),
            Self::NotRead => "-".to_owned(),
        }
    }
}

impl Row {
    /// The sides on which its numbers lie, each once; for people. It says where not all numbers have one, as of points without density.
    pub fn sides(&self) -> String {
        let mut sides: Vec<String> = Vec::new();
        let mut without = false;
        for cell in &self.cells {
            let Cell::Number { side, .. } = cell else {
                continue;
            };
            let Some(side) = side else {
                without = true;
                continue;
            };
            let side = side.replace('_', " ");
            if !sides.contains(&side) {
                sides.push(side);
            }
        }
        if without && !sides.is_empty() {
            sides.push("none".to_owned());
        }
        sides.join(" / ")
    }
}

impl Comparison {
    /// Puts audits side by side.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for fewer than two, and for two of one name.
    pub fn new(audits: &[Audit]) -> Result<Self, Error> {
        if audits.len() < 2 {
            return Err(Error::invalid(
                "audits",
                audits.len(),
                "at least two to compare",
            ));
        }
        let mut rows: Vec<Row> = Vec::new();
        let mut notes: Vec<Note> = Vec::new();
        for (place, audit) in audits.iter().enumerate() {
            if audits[..place].iter().any(|other| other.name == audit.name) {
                return Err(Error::invalid(
                    "name",
                    &audit.name,
                    "another for each audit",
                ));
            }
            for section in &audit.sections {
                // Every reason once, with the numbers that are not there for it.
                let mut missing: Vec<(&str, Vec<&str>)> = Vec::new();
                for reading in &section.readings {
                    let known = (rows.iter())
                        .position(|row| row.section == section.id && row.name == reading.name);
                    let at = known.unwrap_or_else(|| {
                        // Behind the last of its section, or at the end.
                        let last = rows.iter().rposition(|row| row.section == section.id);
                        let at = last.map_or(rows.len(), |last| last + 1);
                        rows.insert(
                            at,
                            Row {
                                section: section.id.clone(),
                                title: section.title.clone(),
                                name: reading.name.clone(),
                                unit: reading.unit.clone(),
                                cells: (audits.iter())
                                    .map(|audit| match audit.collapsed {
                                        true => Cell::Collapsed,
                                        false => Cell::NotRead,
                                    })
                                    .collect(),
                            },
                        );
                        at
                    });
                    rows[at].cells[place] = Cell::of(reading);
                    if let Some(Missing { message, .. }) = &reading.missing {
                        match missing.iter_mut().find(|(reason, _)| reason == message) {
                            Some((_, names)) => names.push(&reading.name),
                            None => missing.push((message, vec![&reading.name])),
                        }
                    }
                }
                for (reason, names) in missing {
                    let text = format!("{}: {reason}", names.join("; "));
                    note(&mut notes, &section.id, &audit.name, text);
                }
                for text in &section.notes {
                    note(&mut notes, &section.id, &audit.name, text.clone());
                }
            }
        }
        Ok(Self {
            names: audits.iter().map(|audit| audit.name.clone()).collect(),
            n: audits.iter().map(|audit| audit.n).collect(),
            dim: audits.iter().map(|audit| audit.dim).collect(),
            rows,
            notes,
        })
    }

    /// What is compared, one text each.
    pub fn subjects(&self) -> Vec<String> {
        (self.names.iter().zip(self.n.iter().zip(&self.dim)))
            .map(|(name, (n, dim))| format!("{name}: {n} pairs in {dim} dimensions"))
            .collect()
    }

    /// The cells of a table, its heading first.
    pub fn table(&self) -> Vec<Vec<String>> {
        let mut heading = vec!["section".to_owned(), "number".to_owned(), "unit".to_owned()];
        heading.extend(self.names.iter().cloned());
        heading.push("side".to_owned());
        let rows = self.rows.iter().map(|row| {
            let unit = if row.unit == "1" { "" } else { &row.unit };
            let mut cells = vec![row.section.clone(), row.name.clone(), unit.to_owned()];
            cells.extend(row.cells.iter().map(Cell::text));
            cells.push(row.sides());
            cells
        });
        std::iter::once(heading).chain(rows).collect()
    }

    /// The comparison as one HTML file.
    pub fn html(&self) -> String {
        html::comparison(self)
    }
}

/// Adds a note, or the name of an audit to the same note of others.
fn note(notes: &mut Vec<Note>, section: &str, name: &str, text: String) {
    let same = (notes.iter_mut()).find(|note| note.section == section && note.text == text);
    match same {
        Some(note) => note.of.push(name.to_owned()),
        None => notes.push(Note {
            section: section.to_owned(),
            of: vec![name.to_owned()],
            text,
        }),
    }
}
