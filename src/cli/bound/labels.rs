use std::path::Path;

use vicinfo::bound::Labels;
use vicinfo::{Error, array, record};

/// Reads the classes of `n` points: whole numbers from an array, or one name a line from a `.csv` or `.txt`.
///
/// A first line that is one too many is a heading; `warnings` says so.
pub fn read(name: &str, n: usize, warnings: &mut Vec<String>) -> Result<Labels, Error> {
    let path = Path::new(name);
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let labels = match ending.to_lowercase().as_str() {
        "csv" | "txt" => text(path, n, warnings)?,
        _ => numbers(name, path)?,
    };
    if labels.n() != n {
        return Err(Error::format(
            path,
            format!("{n} labels, one for each point"),
            format!("{} labels", labels.n()),
        ));
    }
    Ok(labels)
}

fn numbers(name: &str, path: &Path) -> Result<Labels, Error> {
    let array = array::read(name)?;
    if array.dim() != 1 {
        return Err(Error::format(
            path,
            "one label a point, shape (points,)",
            format!("shape ({}, {})", array.n(), array.dim()),
        ));
    }
    let whole = |(point, &value): (usize, &f64)| {
        if value.fract() == 0.0 && value.abs() <= (1_u64 << 53) as f64 {
            Ok(value as i64)
        } else {
            Err(Error::format(
                path,
                "whole numbers as labels",
                format!("{value} at point {point} (counted from 0)"),
            ))
        }
    };
    let labels = array.coordinates().iter().enumerate().map(whole);
    Labels::from_integers(&labels.collect::<Result<Vec<_>, _>>()?)
}

fn text(path: &Path, n: usize, warnings: &mut Vec<String>) -> Result<Labels, Error> {
    let content = record::read(path)?;
    let content = String::from_utf8(content)
        .map_err(|error| Error::format(path, "text in UTF-8", error.to_string()))?;
    let mut lines: Vec<&str> = (content.lines())
        .map(|line| line.trim().trim_matches('"'))
        .filter(|line| !line.is_empty())
        .collect();
    if let Some(line) = lines.iter().find(|line| line.contains(',')) {
        return Err(Error::format(
            path,
            "one label a line",
            format!("'{line}', a line of several"),
        ));
    }
    if lines.len() == n + 1 {
        warnings.push(format!(
            "{}: the first line, '{}', is one more than there are points and was taken for a heading",
            path.display(),
            lines.remove(0)
        ));
    }
    let integers: Result<Vec<i64>, _> = lines.iter().map(|line| line.parse()).collect();
    match integers {
        Ok(integers) => Labels::from_integers(&integers),
        Err(_) => Labels::from_names(&lines),
    }
}

/// All classes of several sets: ordered by number where all are numbers, by name otherwise.
pub fn union(sets: &[&Labels]) -> Vec<String> {
    let mut classes: Vec<String> = (sets.iter())
        .flat_map(|labels| labels.classes().iter().cloned())
        .collect();
    classes.sort_unstable();
    classes.dedup();
    let numbers: Result<Vec<i64>, _> = classes.iter().map(|class| class.parse()).collect();
    if let Ok(mut numbers) = numbers {
        numbers.sort_unstable();
        classes = numbers.iter().map(ToString::to_string).collect();
    }
    classes
}
