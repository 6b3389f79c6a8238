use std::path::Path;

use vicinfo::bound::Labels;
use vicinfo::{Error, array, record};

/// Reads the classes of `n` points: whole numbers from an array, or one class a line from a `.csv` or `.txt`.
///
/// Labels belong to points by their place alone, so that a line too many or too few would move all labels after
/// it: a blank line between labels is an error, and so is any other number of labels than `n`. A first line that is no
/// number above numbers is a heading; `warnings` says so.
pub fn read(name: &str, n: usize, warnings: &mut Vec<String>) -> Result<Labels, Error> {
    let path = Path::new(name);
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    match ending.to_lowercase().as_str() {
        "csv" | "txt" => text(path, n, warnings),
        _ => numbers(name, path, n),
    }
}

fn wrong_count(path: &Path, n: usize, found: impl Into<String>) -> Error {
    Error::format(path, format!("{n} labels, one for each point"), found)
}

/// A whole number that a double holds exactly.
fn whole(value: f64) -> Option<i64> {
    (value.fract() == 0.0 && value.abs() <= (1_u64 << 53) as f64).then_some(value as i64)
}

fn numbers(name: &str, path: &Path, n: usize) -> Result<Labels, Error> {
    let array = array::read(name)?;
    if array.dim() != 1 {
        return Err(Error::format(
            path,
            "one label a point, shape (points,)",
            format!("shape ({}, {})", array.n(), array.dim()),
        ));
    }
    if array.n() != n {
        return Err(wrong_count(path, n, format!("{} labels", array.n())));
    }
    let label = |(point, &value): (usize, &f64)| {
        whole(value).ok_or_else(|| {
            Error::format(
                path,
                "whole numbers as labels",
                format!("{value} at point {point} (counted from 0)"),
            )
        })
    };
    let labels = array.coordinates().iter().enumerate().map(label);
    Labels::from_integers(&labels.collect::<Result<Vec<_>, _>>()?)
}

fn text(path: &Path, n: usize, warnings: &mut Vec<String>) -> Result<Labels, Error> {
    let content = record::read(path)?;
    let content = String::from_utf8(content)
        .map_err(|error| Error::format(path, "text in UTF-8", error.to_string()))?;
    // A byte order mark belongs to the file and not to its first label.
    let content = content.strip_prefix('\u{feff}').unwrap_or(&content);
    let mut lines: Vec<&str> = (content.trim_end().lines())
        .map(|line| line.trim().trim_matches('"').trim())
        .collect();
    for (index, line) in lines.iter().enumerate() {
        let found = match line {
            &"" => "none".to_owned(),
            line if line.contains(',') => format!("'{line}', a line of several"),
            _ => continue,
        };
        return Err(Error::format(
            path,
            "one label a line",
            format!("{found} in line {}", index + 1),
        ));
    }
    let number = |line: &str| line.parse::<f64>().ok();
    let are_numbers = |lines: &[&str]| lines.iter().all(|line| number(line).is_some());
    let mut heading = None;
    if lines.len() > 1 && number(lines[0]).is_none() && are_numbers(&lines[1..]) {
        heading = Some(lines.remove(0));
    }
    if lines.len() != n {
        let found = lines.len();
        return Err(wrong_count(
            path,
            n,
            match heading {
                Some(heading) => {
                    format!("{found} labels below '{heading}', a heading above numbers")
                }
                None if found == n + 1 => format!(
                    "{found} labels; if the first line, '{}', is a heading, remove it",
                    lines[0]
                ),
                None => format!("{found} labels"),
            },
        ));
    }
    if let Some(heading) = heading {
        warnings.push(format!(
            "{}: the first line, '{heading}', is no number as all others are and was taken for a heading",
            path.display(),
        ));
    }
    if !are_numbers(&lines) {
        return Labels::from_names(&lines);
    }
    let first = if heading.is_some() { 2 } else { 1 };
    let integers = lines.iter().enumerate().map(|(index, line)| {
        // The integer itself first: beyond 2^53 doubles have no room for its last digits.
        let exact = line.parse::<i64>().ok();
        exact.or_else(|| whole(number(line)?)).ok_or_else(|| {
            Error::format(
                path,
                "whole numbers as labels",
                format!("'{line}' in line {}", index + first),
            )
        })
    });
    Labels::from_integers(&integers.collect::<Result<Vec<_>, _>>()?)
}
