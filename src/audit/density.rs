//! Whether points can have a density: without one there is no differential entropy, whatever neighbours say.

use super::reading::digits;
use super::subject::squares;
use crate::sample::Sample;
use crate::stats::median;

/// Share of the points from which a value that they have in common, or repeats of points, are no chance.
const SHARE: f64 = 0.01;
/// Points that it takes at least, so that chance decides nothing where points are few and rounded.
const FEWEST: usize = 10;
/// Standard deviation of the lengths over what the distance to a neighbour has in one direction, up to which neighbours see a sphere: unit vectors
/// in 8 dimensions and more have 0.02 as numbers of 16 bits, `bfloat16` or not; clusters and rings 0.3 or more. A shell that is so thin has a density,
/// and is a sphere to neighbours, which is what is asked here.
const THIN: f64 = 0.1;
/// Standard deviation of the squared lengths over that of Gaussian points, as far apart and the same in all directions, up to which they lie on
/// a sphere and not on a plane across the way to the origin, which Gaussian points may: unit vectors in 16 bits have 0.1 or less up to a mean
/// cosine of 0.97.
const CURVED: f64 = 0.25;
/// Standard deviation of the lengths over these, up to which nothing is said of it: numbers of 32 bits have some 1e-7.
const ROUNDING: f64 = 1e-6;

/// Why the points, whose third neighbours lie at `radii` where these are known, have no density, where no coordinate is a linear function of others.
pub(super) fn missing(points: &Sample, radii: Option<&[f64]>) -> Option<String> {
    (radii.and_then(|radii| sphere(points, radii)))
        .or_else(|| still(points))
        .or_else(|| atoms(points))
}

/// Points that have been divided by their length, which differ less in it than neighbours can see.
fn sphere(points: &Sample, radii: &[f64]) -> Option<String> {
    let (n, dim) = (points.n() as f64, points.dim() as f64);
    let (apart, length) = squares(points).ok()?;
    // Over the mean, so that squares of squares neither overflow nor vanish.
    let spread = |point: &[f64]| {
        let square: f64 = point.iter().map(|v| v * v).sum();
        (square / (length / n) - 1.0).powi(2)
    };
    let spread = (points.points().map(spread).sum::<f64>() / n).sqrt() / 2.0;
    let gaussian = apart / length / (2.0 * dim).sqrt();
    let thin = spread * (length / n).sqrt() <= THIN * median(radii)? / dim.sqrt();
    (thin && spread <= CURVED * gaussian).then(|| {
        if spread < ROUNDING {
            "all points have the same length".to_owned()
        } else {
            format!(
                "all points have the same length, but for {} % of it",
                digits(100.0 * spread)
            )
        }
    })
}

/// Coordinates that do not vary among these points.
pub(super) fn constant(points: &Sample) -> Vec<usize> {
    let constant = |j: &usize| {
        let mut values = points.coordinate(*j);
        let first = values.next();
        values.all(|value| Some(value) == first)
    };
    (0..points.dim()).filter(constant).collect()
}

/// That some coordinates do not vary.
fn still(points: &Sample) -> Option<String> {
    let still = constant(points);
    let first = still.first()?;
    Some(format!(
        "{} of {} coordinates do not vary among the {} points that neighbours are read from (the first is coordinate {first}, counted from 0)",
        still.len(),
        points.dim(),
        points.n()
    ))
}

/// Points, or values of single coordinates that vary, that come again and again: those of counts, of rounded numbers, or the zeros of
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
        .filter(|(_, count)| many(*count) && *count < n)
        .collect();
    let (coordinate, count) = shared.iter().max_by_key(|(_, count)| *count)?;
    Some(format!(
        "in {} of {} coordinates 1 % of the points or more have one value in common (most in coordinate {coordinate}, counted from 0: {count} of {n})",
        shared.len(),
        points.dim()
    ))
}
