//! The coordinates of marks: whether they can be drawn, and where they lie on the axes.

use super::axis::Span;
use super::{Figure, Mark, Panel, Polygon, Series, Spacing};
use crate::error::{Error, finite};

/// Coordinates of a mark: those that must have a place on the axes, and lower ends, which may
/// run out of the panel below (an end at or below zero on a logarithmic axis).
#[derive(Default)]
struct Coordinates {
    x: Vec<f64>,
    y: Vec<f64>,
    lower: Vec<f64>,
}

fn coordinates(mark: &Mark) -> Coordinates {
    let mut all = Coordinates::default();
    match mark {
        Mark::Line(line) | Mark::Dashed(line) | Mark::Points(line) => {
            (all.x, all.y) = line.iter().copied().unzip();
        }
        Mark::Band { line, band } => {
            (all.x, all.y) = line.iter().copied().unzip();
            for (x, lower, upper) in band {
                all.x.push(*x);
                all.y.push(*upper);
                all.lower.push(*lower);
            }
        }
        Mark::Bars(bars) => {
            for (x, y, half) in bars {
                all.x.push(*x);
                all.y.extend([*y, y + half]);
                all.lower.push(y - half);
            }
        }
        Mark::Intervals(bars) => {
            for (x, y, lower, upper) in bars {
                all.x.push(*x);
                all.y.extend([*y, *upper]);
                all.lower.push(*lower);
            }
        }
        Mark::Histogram(bins) => {
            for (left, right, height) in bins {
                all.x.extend([*left, *right]);
                all.lower.extend([0.0, *height]);
            }
        }
        Mark::Blocks(blocks) => {
            for (left, right, lower, upper) in blocks {
                all.x.extend([*left, *right]);
                all.y.push(*upper);
                all.lower.push(*lower);
            }
        }
        Mark::Horizontal(y) => all.y.push(*y),
        Mark::Vertical(x) => all.x.push(*x),
        Mark::Tiles { tiles, .. } => {
            for (x, y, _) in tiles {
                all.x.extend([x - 0.5, x + 0.5]);
                all.y.extend([y - 0.5, y + 0.5]);
            }
        }
        Mark::Polygons { polygons, .. } => {
            (all.x, all.y) = (polygons.iter())
                .flat_map(|polygon| polygon.corners.iter().copied())
                .unzip();
        }
    }
    all
}

/// The values that fix the ends of a panel's axes.
pub(super) fn values(panel: &Panel) -> (Vec<f64>, Vec<f64>) {
    let (mut xs, mut ys) = (Vec::new(), Vec::new());
    for series in &panel.series {
        let Coordinates { x, y, lower } = coordinates(&series.mark);
        xs.extend(x);
        ys.extend(y);
        ys.extend(
            lower
                .into_iter()
                .filter(|low| panel.y.spacing == Spacing::Linear || *low > 0.0),
        );
    }
    (xs, ys)
}

/// Checks that a series can be drawn: every number finite, positive where the axis is
/// logarithmic, lower ends below upper ones.
///
/// # Errors
/// [`Error::NonFiniteResult`] and [`Error::InvalidParameter`], with figure, panel and series.
pub(super) fn check(figure: &Figure, panel: &Panel, series: &Series) -> Result<(), Error> {
    let place = format!(
        "series '{}' in panel '{}' of figure '{}'",
        series.label, panel.title, figure.id
    );
    let all = coordinates(&series.mark);
    for (name, values, spacing) in [
        ("x", &all.x, panel.x.spacing),
        ("y", &all.y, panel.y.spacing),
        ("y", &all.lower, Spacing::Linear),
    ] {
        for value in values {
            finite(format!("{name} of {place}"), *value)?;
            if spacing == Spacing::Log && *value <= 0.0 {
                let what = format!("logarithm of {name} = {value} of {place}");
                return Err(Error::NonFiniteResult {
                    what,
                    value: value.ln().to_string(),
                });
            }
        }
    }
    let wrong = |what: String| {
        Err(Error::invalid(
            place.clone(),
            what,
            "a lower end is at most its upper end; bins have a width and heights are not negative",
        ))
    };
    match &series.mark {
        Mark::Band { band, .. } => match band.iter().find(|(_, lower, upper)| lower > upper) {
            Some((_, lower, upper)) => wrong(format!("band from {lower} to {upper}")),
            None => Ok(()),
        },
        Mark::Bars(bars) => match bars.iter().find(|(_, _, half)| *half < 0.0) {
            Some((_, _, half)) => wrong(format!("half length {half}")),
            None => Ok(()),
        },
        Mark::Intervals(bars) => match bars.iter().find(|(_, y, l, u)| l > y || y > u) {
            Some((_, y, lower, upper)) => {
                wrong(format!("an interval from {lower} to {upper} around {y}"))
            }
            None => Ok(()),
        },
        Mark::Histogram(bins) => match bins.iter().find(|(l, r, h)| l >= r || *h < 0.0) {
            Some((left, right, height)) => wrong(format!("bin ({left}, {right}, {height})")),
            None => Ok(()),
        },
        Mark::Blocks(blocks) => match blocks.iter().find(|(l, r, low, up)| l >= r || low > up) {
            Some(block) => wrong(format!("block {block:?}")),
            None => Ok(()),
        },
        Mark::Tiles { tiles, limit } => {
            for value in tiles.iter().filter_map(|(_, _, value)| *value) {
                finite(format!("a tile of {place}"), value)?;
            }
            if *limit > 0.0 && limit.is_finite() {
                Ok(())
            } else {
                Err(Error::invalid(
                    place,
                    format!("limit {limit}"),
                    "a positive finite number",
                ))
            }
        }
        Mark::Polygons { polygons, ends } => {
            for Polygon { corners, value } in polygons {
                if corners.len() < 3 {
                    let found = format!("a polygon of {} corners", corners.len());
                    return Err(Error::invalid(place, found, "at least three"));
                }
                if let Some(value) = value {
                    finite(format!("a polygon's value in {place}"), *value)?;
                }
            }
            if ends.0 < ends.1 && ends.0.is_finite() && ends.1.is_finite() {
                Ok(())
            } else {
                Err(Error::invalid(
                    place,
                    format!("a scale from {} to {}", ends.0, ends.1),
                    "two finite increasing numbers",
                ))
            }
        }
        _ => Ok(()),
    }
}

/// Counts the points, bins and reference lines that given ends leave out of a panel.
pub(super) fn beyond(panel: &Panel, x: &Span, y: &Span) -> usize {
    let inside = |share: f64| (-1e-9..=1.0 + 1e-9).contains(&share);
    let visible = |(a, b): &(f64, f64)| inside(x.share(*a)) && inside(y.share(*b));
    panel
        .series
        .iter()
        .map(|series| match &series.mark {
            Mark::Line(line) | Mark::Points(line) | Mark::Band { line, .. } => {
                line.iter().filter(|point| !visible(point)).count()
            }
            // A curve without markers is seen to leave the panel, unless all of it is outside.
            Mark::Dashed(line) => usize::from(!line.is_empty() && !line.iter().any(visible)),
            Mark::Bars(bars) => {
                let points = bars.iter().map(|(x, y, _)| (*x, *y));
                points.filter(|point| !visible(point)).count()
            }
            Mark::Intervals(bars) => {
                let points = bars.iter().map(|(x, y, _, _)| (*x, *y));
                points.filter(|point| !visible(point)).count()
            }
            Mark::Histogram(bins) => bins
                .iter()
                .filter(|(left, right, height)| {
                    *height > 0.0 && !(inside(x.share(*left)) && inside(x.share(*right)))
                        || y.share(*height) > 1.0 + 1e-9
                })
                .count(),
            Mark::Blocks(blocks) => (blocks.iter())
                .filter(|(left, right, lower, upper)| {
                    !visible(&(*left, *lower)) || !visible(&(*right, *upper))
                })
                .count(),
            Mark::Horizontal(value) => usize::from(!inside(y.share(*value))),
            Mark::Vertical(value) => usize::from(!inside(x.share(*value))),
            Mark::Tiles { tiles, .. } => {
                let places = tiles.iter().map(|(x, y, _)| (*x, *y));
                places.filter(|place| !visible(place)).count()
            }
            // A polygon that is cut is seen to leave the panel.
            Mark::Polygons { polygons, .. } => polygons
                .iter()
                .filter(|polygon| !polygon.corners.iter().any(visible))
                .count(),
        })
        .sum()
}
