//! Whether points can have a density: without one there is no differential entropy, whatever neighbours say.

use super::subject::squares;
use crate::sample::Sample;

/// Share of the points from which a value that they have in common, or repeats of points, are no chance.
const SHARE: f64 = 0.01;
/// Points that it takes at least, so that chance decides nothing where points are few and rounded.
const FEWEST: usize = 10;
/// Standard deviation of the squared lengths over the variance of the points up to which these lie on a sphere: unit vectors as
/// numbers of 16 bits have some 2e-4, Gaussian points in 8192 dimensions 0.016.
const SPHERE: f64 = 1e-3;

/// Why the points have no density, where every coordinate varies and none is a linear function of others.
pub(super) fn missing(points: &Sample) -> Option<String> {
    sphere(points).or_else(|| atoms(points))
}

/// Points that have been divided by their length. Held against their variance, as points far from the origin have nearly one length, too.
fn sphere(points: &Sample) -> Option<String> {
    let n = points.n() as f64;
    let (apart, length) = squares(points).ok()?;
    let spread = |point: &[f64]| {
        let square: f64 = point.iter().map(|v| v * v).sum();
        (square - length / n).powi(2)
    };
    let spread = (points.points().map(spread).sum::<f64>() / n).sqrt();
    (spread <= SPHERE * apart / n).then(|| "all points have the same length".to_owned())
}

/// Points, or values of single coordinates, that come again and again: those of counts, of rounded numbers, or the zeros of
/// rectified ones.
pub(super) fn atoms(points: &Sample) -> Option<String> {
    let n = points.n();
    let many = |count: usize| count >= FEWEST && count as f64 >= SHARE * n as f64;
    let repeated = n - points.distinct();
    if many(repeated) {
        return Some(format!(
            "{repeated} of {n} points repeat an earlier one (if they are copies, remove them)"
        ));
    }
    let shared: Vec<(usize, usize)> = (0..points.dim())
        .filter_map(|j| Some((j, points.occurrences(j).into_iter().max()?)))
        .filter(|(_, count)| many(*count))
        .collect();
    let (coordinate, count) = shared.iter().max_by_key(|(_, count)| *count)?;
    Some(format!(
        "in {} of {} coordinates 1 % of the points or more have one value in common (most in coordinate {coordinate}, counted from 0: {count} of {n})",
        shared.len(),
        points.dim()
    ))
}
