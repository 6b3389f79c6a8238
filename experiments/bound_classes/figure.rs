use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};

use super::{Loss, Part, Row, Setting, of_gap, select};

/// A line with its 95 % band.
fn band<'a>(points: impl Iterator<Item = (f64, &'a Row)>) -> Mark {
    Mark::line_within_95(points.map(|(x, row)| (x, row.mean, row.std_error)))
}

pub(super) fn gap(rows: &[Row]) -> Figure {
    let panel = |loss: Loss| {
        let of = |quantity, setting| {
            band(of_gap(rows, quantity, setting, loss).map(|row| (row.classes as f64, row)))
        };
        Panel {
            title: loss.name().to_owned(),
            x: Axis::log("classes"),
            y: Axis::linear("contrastive bound less risk"),
            series: vec![
                Series::new("gap", 0, of("gap", Setting::Units)),
                Series::new("its Jensen part", 1, of("jensen", Setting::Units)),
                Series::new("its collision part", 2, of("collision", Setting::Units)),
                Series::new(
                    "gap where every class is one point",
                    3,
                    of("gap", Setting::Collapsed),
                ),
            ],
        }
    };
    Figure {
        id: "gap".into(),
        title: "Many classes take the collisions out of the contrastive gap; only classes that are points close it".into(),
        panels: vec![panel(Loss::Hinge), panel(Loss::Logistic)],
        columns: 2,
        caption: "The contrastive bound less the risk of classifiers by class means, for units of an untrained layer, and its two parts. Where every class is one point the gap is zero at 2 classes as at 64. Bands: 95 % over populations.".into(),
    }
}

pub(super) fn lemma(rows: &[Row]) -> Figure {
    let panel = |(style, loss): (usize, Loss)| {
        let points: Vec<(f64, f64)> = select(rows, Part::Lemma, "bound")
            .filter(|row| row.loss == Some(loss))
            .filter_map(|row| Some((row.x?, row.mean)))
            .collect();
        let ends = points
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |ends, (x, _)| {
                (ends.0.min(*x), ends.1.max(*x))
            });
        let mut series = vec![Series::new(loss.name(), style, Mark::Points(points))];
        if ends.0 < ends.1 {
            let line = vec![(ends.0, ends.0), (ends.1, ends.1)];
            series.push(Series::new("bound = risk", 0, Mark::Dashed(line)));
        }
        Panel {
            title: loss.name().to_owned(),
            x: Axis::linear("risk of the classifier by means"),
            y: Axis::linear("contrastive bound"),
            series,
        }
    };
    Figure {
        id: "lemma".into(),
        title: "The contrastive bound needs a loss that is 1 at margin 0".into(),
        panels: (1..).zip(Loss::ALL).map(panel).collect(),
        columns: 3,
        caption: "Random populations of 2 to 6 classes, unevenly probable: bound against risk, every point above the dashed line where the bound holds. The natural logarithm in the logistic loss, ln 2 at 0, puts it below.".into(),
    }
}

pub(super) fn counts(rows: &[Row]) -> Figure {
    let panel = |title: &str, quantity: &str, y: Axis| Panel {
        title: title.to_owned(),
        x: Axis::log("labelled points"),
        y,
        series: [2, 5, 20, 64]
            .into_iter()
            .zip(1..)
            .map(|(classes, style)| {
                let of = select(rows, Part::Counts, quantity)
                    .filter(|row| row.classes == classes)
                    .map(|row| (row.n as f64, row));
                Series::new(format!("{classes} classes"), style, band(of))
            })
            .collect(),
    };
    let of_shares =
        |quantity| band(select(rows, Part::Shares, quantity).map(|row| (row.classes as f64, row)));
    let shares = Panel {
        title: "1000 points of even classes".into(),
        x: Axis::log("classes"),
        y: Axis::log("total variation, or bound on it"),
        series: vec![
            Series::new("published shape", 6, of_shares("chernoff")),
            Series::new("term of the bound", 5, of_shares("total_variation")),
            Series::new("total variation, quantile 0.95", 0, of_shares("quantile")),
        ],
    };
    Figure {
        id: "counts".into(),
        title: "Where invariance and residuals are zero, the risk is that of classes without a labelled point".into(),
        panels: vec![
            panel("risk", "risk", Axis::linear("mean risk")),
            panel(
                "count term of the bound",
                "count",
                Axis::linear("count term"),
            ),
            shares,
        ],
        columns: 3,
        caption: "Every class is one point, so that invariance and both residuals are zero in every draw. Left: the risk is the share of the classes that no labelled point has; it needs many points a class, not many classes. Middle: the term of the bound that has to carry it. Right: the total variation of shares and probabilities of even classes among 1000 points, and what the count term allows for it with kappa_S = 1. Bands: 95 %.".into(),
    }
}
