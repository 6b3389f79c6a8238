use serde::Serialize;

use super::reading::rounded;
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
    /// Value and standard error for each audit that has it.
    pub values: Vec<Option<(f64, Option<f64>)>>,
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
        for (place, audit) in audits.iter().enumerate() {
            if audits[..place].iter().any(|other| other.name == audit.name) {
                return Err(Error::invalid(
                    "name",
                    &audit.name,
                    "another for each audit",
                ));
            }
            for section in &audit.sections {
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
                                values: vec![None; audits.len()],
                            },
                        );
                        at
                    });
                    rows[at].values[place] = reading.value.map(|value| (value, reading.std_error));
                }
            }
        }
        Ok(Self {
            names: audits.iter().map(|audit| audit.name.clone()).collect(),
            n: audits.iter().map(|audit| audit.n).collect(),
            dim: audits.iter().map(|audit| audit.dim).collect(),
            rows,
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
        let rows = self.rows.iter().map(|row| {
            let unit = if row.unit == "1" { "" } else { &row.unit };
            let mut cells = vec![row.section.clone(), row.name.clone(), unit.to_owned()];
            cells.extend(row.values.iter().map(|value| cell(*value)));
            cells
        });
        std::iter::once(heading).chain(rows).collect()
    }

    /// The comparison as one HTML file.
    pub fn html(&self) -> String {
        html::comparison(self)
    }
}

pub(super) fn cell(value: Option<(f64, Option<f64>)>) -> String {
    value.map_or_else(|| "-".to_owned(), |(value, error)| rounded(value, error))
}
