use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};

use super::{CLASSES, DIM, Part, RANK_POINTS, Row, Setting, VERSIONS, bound_row, select};

/// A line with its 95 % band.
fn band<'a>(points: impl Iterator<Item = (f64, &'a Row)>) -> Mark {
    Mark::line_within_95(points.map(|(x, row)| (x, row.mean, row.std_error)))
}

pub(super) fn rank(rows: &[Row]) -> Figure {
    let of = |setting| {
        select(rows, Part::Rank, "residual_share")
            .filter(move |row| row.setting == setting)
            .map(|row| (row.rank as f64, row))
    };
    let n = RANK_POINTS as f64;
    let expected = |rank: f64| (rank, (1.0 - rank / n).sqrt());
    let curve = (0..=80).map(|i| expected(128_f64.powf(f64::from(i) / 80.0)));
    Figure {
        id: "rank".into(),
        title: "Rank without alignment buys only the square root of 1 \u{2212} d/n".into(),
        panels: vec![Panel {
            title: format!("{RANK_POINTS} points, 4 classes"),
            x: Axis::log("rank d of the features, the projection having norm sqrt(n \u{2212} d)"),
            y: Axis::linear("residual, as a share of that of no features").between(0.0, 1.05),
            series: vec![
                Series::new("units that follow the classes", 1, band(of(Setting::Aligned))),
                Series::new("label-independent features", 2, band(of(Setting::Independent))),
                Series::new("sqrt(1 \u{2212} d/n)", 0, Mark::Dashed(curve.collect())),
            ],
        }],
        columns: 1,
        caption: "What least squares leaves of the one-hot classes, for nested features of growing rank. At equal rank the projections have equal norms, and the residuals differ by what the features know of the classes; features that know nothing fall along the square root of 1 - d/n, which is overfitting. Bands: 95 %.".into(),
    }
}

pub(super) fn step(rows: &[Row]) -> Figure {
    let of = |quantity| {
        band(
            select(rows, Part::Step, quantity)
                .filter(|row| row.setting == Setting::Aligned)
                .map(|row| (row.n as f64, row)),
        )
    };
    Figure {
        id: "step".into(),
        title: "Bounding the residual by the norm of the projection loses the square root of n".into(),
        panels: vec![Panel {
            title: format!("units that follow the classes, d = {DIM}"),
            x: Axis::log("points n"),
            y: Axis::log("bound on the residual, or the residual"),
            series: vec![
                Series::new("|P|_F |Y|_2 / sqrt(n): no classes needed", 2, of("label_free")),
                Series::new("residual |Y P|_F / sqrt(n)", 1, of("residual")),
                Series::new("residual of no features at all", 0, Mark::Horizontal(1.0)),
            ],
        }],
        columns: 1,
        caption: "The residual of the fit, and what the norm of the projection and the size of the classes say of it. Of the norm sqrt(n - d) the rank takes d; the rest makes the step worse than no features as soon as n is above d by the number of classes.".into(),
    }
}

pub(super) fn conditioning(rows: &[Row]) -> Figure {
    let panel = |setting, title: &str| {
        // The terms in the order of the bound, and what they come to.
        let mut terms: Vec<&str> = (rows.iter())
            .filter(|row| row.part == Part::Conditioning && row.setting == setting)
            .filter(|row| row.version == VERSIONS[0])
            .map(|row| row.quantity.as_str())
            .take_while(|quantity| *quantity != "total")
            .collect();
        terms.extend(["total", "risk"]);
        let series = (VERSIONS.into_iter())
            .zip(["raw", "unit variances", "whitened"])
            .enumerate()
            .map(|(shift, (version, label))| {
                let bars = (terms.iter().enumerate()).filter_map(|(place, quantity)| {
                    let row = bound_row(rows, setting, version, quantity)?;
                    let x = place as f64 + 0.22 * (shift as f64 - 1.0);
                    Some((x, row.mean, row.std_error))
                });
                Series::new(label, shift + 1, Mark::points_within_95(bars))
            })
            .chain([Series::new(
                "risk of always answering the class shares",
                0,
                Mark::Horizontal((1.0 - 1.0 / CLASSES as f64).sqrt()),
            )])
            .collect();
        let names = terms.iter().map(|name| name.replace('_', " ")).collect();
        Panel {
            title: title.to_owned(),
            x: Axis::names("", names),
            y: Axis::log("term of the bound"),
            series,
        }
    };
    Figure {
        id: "conditioning".into(),
        title: "The residuals do not know the units of the features; the other terms do".into(),
        panels: vec![
            panel(Setting::UnequalScales, "units of unequal scales"),
            panel(Setting::Correlated, "correlated units"),
        ],
        columns: 2,
        caption: format!(
            "The bound on the downstream risk, term by term, for the same {DIM} features in three units. The two residuals, the risk and the rank are the same in all. What falls are the terms that contain the weights: their distance c, their ball and their losses. For units of unequal scales unit variances do it, for correlated ones only whitening. Bars: 95 %."
        ),
    }
}
