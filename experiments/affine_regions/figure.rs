use vicinfo::figure::{Axis, Figure, Mark, Panel, Polygon, Series};

use super::{FIXED_UNITS, Part, ROUNDING, Row, UNITS, select};

/// Corners of an outline; those that are no numbers are left to the renderer to refuse.
fn corners(outline: &str) -> Vec<(f64, f64)> {
    let number = |text: Option<&str>| text.and_then(|t| t.parse().ok()).unwrap_or(f64::NAN);
    outline
        .split(';')
        .map(|pair| {
            let mut numbers = pair.split(' ');
            (number(numbers.next()), number(numbers.next()))
        })
        .collect()
}

pub(super) fn partition(rows: &[Row]) -> Figure {
    let mut stretches: Vec<f64> = select(rows, "log_stretch").map(|row| row.value).collect();
    stretches.sort_by(f64::total_cmp);
    // A few polygons are all but flattened; without them the scale tells the others apart.
    let low = stretches.get(stretches.len() / 50).copied();
    let (low, high) = (
        low.unwrap_or(f64::NAN),
        stretches.last().copied().unwrap_or(f64::NAN),
    );
    let mut shapes: Vec<(usize, usize)> = select(rows, "log_stretch")
        .map(|row| (row.depth, row.width))
        .collect();
    shapes.dedup();
    let panels = (shapes.iter())
        .map(|&(depth, width)| {
            let polygons: Vec<Polygon> = select(rows, "log_stretch")
                .filter(|row| (row.depth, row.width) == (depth, width))
                .map(|row| Polygon {
 corners: corners(&row.outline),
 value: Some(row.value),
 })
                .collect();
            let layers = match depth {
                1 => "one hidden layer".to_owned(),
                depth => format!("{depth} hidden layers"),
            };
            let label = format!(
                "ln of the factor by which the map stretches areas, from {low:.1} or less (dark) to {high:.1} (light)"
            )
            .replace('-', "\u{2212}");
            Panel {
                title: format!("{layers} of {width} units: {} regions", polygons.len()),
                x: Axis::linear("first input").between(-2.0, 2.0),
                y: Axis::linear("second input").between(-2.0, 2.0),
                series: vec![Series::new(
                    label,
                    0,
                    Mark::Polygons {
                        polygons,
                        ends: (low, high),
                    },
                )],
            }
        })
        .collect();
    Figure {
        id: "partition".into(),
        title: "A network is one affine map on each polygon of its input plane".into(),
        panels,
        columns: 2,
        caption: "The exact regions of two leaky ReLU networks from the plane to the plane, coloured by the determinant of their affine maps. The kinks of one hidden layer are straight lines; those of later layers bend where they cross the kinks of earlier ones.".into(),
    }
}

pub(super) fn error(rows: &[Row]) -> Figure {
    let rows: Vec<&Row> = rows.iter().filter(|row| row.part == Part::Affine).collect();
    let largest = |size: fn(&Row) -> usize| rows.iter().map(|row| size(row)).max().unwrap_or(0);
    let (depth, width) = (largest(|row| row.depth), largest(|row| row.width));
    let panel = |title: String, label: &str, at: fn(&Row) -> usize, keep: &dyn Fn(&Row) -> bool| {
        let line = |unit, quantity: &str| -> Vec<(f64, f64)> {
            let mut line: Vec<(f64, f64)> = (rows.iter())
                .filter(|row| row.unit == unit && row.quantity == quantity && keep(row))
                // An error of exactly zero has no place on the axis.
                .filter(|row| row.value > 0.0)
                .map(|row| (at(row) as f64, row.value))
                .collect();
            line.sort_by(|a, b| a.0.total_cmp(&b.0));
            line
        };
        let mut series = Vec::new();
        for (i, unit) in UNITS.into_iter().enumerate() {
            let name = unit.name();
            series.push(Series::new(
                name,
                i + 1,
                Mark::Line(line(unit, "relative_error")),
            ));
            series.push(Series::new(
                format!("{name}, map of another region"),
                i + 1,
                Mark::Dashed(line(unit, "relative_error_of_another_region")),
            ));
        }
        series.push(Series::new("1e-12", 0, Mark::Horizontal(ROUNDING)));
        Panel {
            title,
            x: Axis::log(label),
            y: Axis::log("relative error of A y + b"),
            series,
        }
    };
    Figure {
        id: "error".into(),
        title: "The affine map of a region is the network there, to rounding".into(),
        panels: vec![
            panel(
                format!("{width} units"),
                "hidden layers",
                |row| row.depth,
                &|row| row.width == width,
            ),
            panel(
                format!("{depth} hidden layers"),
                "units of a layer",
                |row| row.width,
                &|row| row.depth == depth,
            ),
        ],
        columns: 2,
        caption: "Largest relative error of A y + b over points y of the region (markers), and the smallest with the map of another point's region (no markers), which is wrong by many orders of magnitude.".into(),
    }
}

pub(super) fn distance(rows: &[Row]) -> Figure {
    let curve = |quantity: &str| -> Vec<(f64, f64, f64)> {
        let mut curve: Vec<_> = select(rows, quantity)
            .map(|row| (row.width as f64, row.value, 2.0 * row.std_error))
            .collect();
        curve.sort_by(|a, b| a.0.total_cmp(&b.0));
        curve
    };
    let with_errors = |quantity: &str| Mark::Band {
        line: (curve(quantity).iter())
            .map(|(x, log, _)| (*x, log.exp()))
            .collect(),
        band: (curve(quantity).iter())
            .map(|(x, log, half)| (*x, (log - half).exp(), (log + half).exp()))
            .collect(),
    };
    let ends = curve("ln_nearest_lower").into_iter();
    let ends = ends.zip(curve("ln_nearest_upper"));
    let points = Mark::Band {
        line: (curve("ln_nearest_median").iter())
            .map(|(x, log, _)| (*x, log.exp()))
            .collect(),
        band: ends
            .map(|((x, low, _), (_, high, _))| (x, low.exp(), high.exp()))
            .collect(),
    };
    let reference = curve("ln_nearest").into_iter();
    Figure {
        id: "nearest-face".into(),
        title: "The nearest face is about half of 1 / width away".into(),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::log("units of each of two hidden layers"),
            y: Axis::log("distance to the nearest face"),
            series: vec![
                Series::new("median of points, with their central 80 %", 1, points),
                Series::new("geometric mean ± 2 standard errors", 2, with_errors("ln_nearest")),
                Series::new(
                    format!("the same among {FIXED_UNITS} units alone"),
                    3,
                    with_errors("ln_nearest_of_fixed_units"),
                ),
                Series::new(
                    "0.5 / width",
                    0,
                    Mark::Dashed(reference.map(|(x, _, _)| (x, 0.5 / x)).collect()),
                ),
            ],
        }],
        columns: 1,
        caption: "Distance from standard normal points to the nearest place where a ReLU changes its state, in random networks of 16 inputs. The noise that stays in one region shrinks with the width.".into(),
    }
}
