//! Whether points can have a density: without one there is no differential entropy, whatever neighbours say.

use crate::sample::Sample;

/// Share of the points from which a value that they have in common, or repeats of points, are no chance.
const SHARE: f64 = 0.01;
/// Spread of the squared lengths over their mean up to which points lie on a sphere: numbers of 32 bits leave some 1e-7.
const SPHERE: f64 = 1e-5;

/// Why the points have no density, where every coordinate varies and none is a linear function of others.
pub(super) fn missing(points: &Sample) -> Option<String> {
    sphere(points).or_else(|| atoms(points))
}

/// Points that have been divided by their length.
fn sphere(points: &Sample) -> Option<String> {
    let squares = || (points.points()).map(|point| point.iter().map(|v| v * v).sum::<f64>());
    let n = points.n() as f64;
    let mean = squares().sum::<f64>() / n;
    let spread = (squares().map(|square| (square - mean).powi(2)).sum::<f64>() / n).sqrt();
    (spread <= SPHERE * mean).then(|| "all points have the same length".to_owned())
}

/// Points, or values of single coordinates, that come again and again: those of counts, of rounded numbers, or the zeros of
/// rectified ones.
pub(super) fn atoms(points: &Sample) -> Option<String> {
    let n = points.n();
    let many = |count: usize| count > 3 && count as f64 >= SHARE * n as f64;
    let repeated = n - points.distinct();
    if many(repeated) {
        return Some(format!("{repeated} of {n} points repeat an earlier one"));
    }
    let shared: Vec<(usize, usize)> = (0..points.dim())
        .map(|j| (j, most_common(points, j)))
        .filter(|(_, count)| many(*count))
        .collect();
    let (coordinate, count) = shared.iter().max_by_key(|(_, count)| *count)?;
    Some(format!(
        "in {} of {} coordinates 1 % of the points or more have one value in common (most in coordinate {coordinate}, counted from 0: {count} of {n})",
        shared.len(),
        points.dim()
    ))
}

/// Points that have the most common value of a coordinate.
fn most_common(points: &Sample, coordinate: usize) -> usize {
    // The two zeros are one value.
    let mut values: Vec<f64> = points.coordinate(coordinate).map(|v| v + 0.0).collect();
    values.sort_unstable_by(f64::total_cmp);
    let runs = values.chunk_by(|a, b| a.total_cmp(b).is_eq());
    runs.map(<[f64]>::len).max().unwrap_or(0)
}
