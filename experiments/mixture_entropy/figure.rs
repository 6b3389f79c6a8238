use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};

use super::{Part, Row, Shape, select};

pub(super) fn bounds(rows: &[Row]) -> Figure {
    let mut shapes: Vec<(usize, usize)> = select(rows, Part::Bounds, "truth_nats")
        .map(|row| (row.components, row.dim))
        .collect();
    shapes.sort_unstable();
    shapes.dedup();
    let panels = shapes.iter().map(|&(components, dim)| {
        let line = |quantity: &str| -> Vec<(f64, f64)> {
            select(rows, Part::Bounds, quantity)
                .filter(|row| {
                    (row.components, row.dim, row.shape) == (components, dim, Shape::Common)
                })
                .map(|row| (row.spread, row.mean))
                .collect()
        };
        Panel {
            title: format!("d = {dim}, {components} components"),
            x: Axis::log("spread of the means (component std)"),
            y: Axis::linear("entropy (nats)"),
            series: vec![
                Series::new(
                    "log-determinant (upper bound)",
                    1,
                    Mark::Line(line("log_det_upper_nats")),
                ),
                Series::new(
                    "pairwise KL (upper bound)",
                    2,
                    Mark::Line(line("kl_upper_nats")),
                ),
                Series::new(
                    "no overlap (upper bound)",
                    5,
                    Mark::Dashed(line("no_overlap_upper_nats")),
                ),
                Series::new(
                    "Bhattacharyya (lower bound)",
                    3,
                    Mark::Line(line("bhattacharyya_lower_nats")),
                ),
                Series::new("truth (Monte Carlo)", 0, Mark::Line(line("truth_nats"))),
            ],
        }
    });
    Figure {
        id: "bounds".into(),
        title: "The entropy of a mixture saturates; its log-determinant grows without limit".into(),
        panels: panels.collect(),
        columns: shapes.iter().map(|s| s.1).collect::<std::collections::BTreeSet<_>>().len(),
        caption: "Mixtures of unit Gaussians, means over the random mixtures of a cell. The Monte-Carlo truth (errors smaller than the markers) lies between the pairwise bounds and leaves the log-determinant once the components separate.".into(),
    }
}

pub(super) fn slack(rows: &[Row]) -> Figure {
    let panel = |title: &str, shape: Shape| {
        let mut shapes: Vec<(usize, usize)> = select(rows, Part::Bounds, "log_det_slack_nats")
            .map(|row| (row.components, row.dim))
            .collect();
        shapes.sort_unstable();
        shapes.dedup();
        let series = shapes
            .into_iter()
            .enumerate()
            .map(|(i, (components, dim))| {
                let points = select(rows, Part::Bounds, "log_det_slack_nats")
                    .filter(|row| (row.components, row.dim, row.shape) == (components, dim, shape));
                let points: Vec<&Row> = points.collect();
                Series::new(
                    format!("d = {dim}, {components} components"),
                    i + 1,
                    Mark::Band {
                        line: points
                            .iter()
                            .map(|row| (row.spread, row.mean / dim as f64))
                            .collect(),
                        band: points
                            .iter()
                            .map(|row| {
                                let half = 2.0 * row.std_error / dim as f64;
                                let mean = row.mean / dim as f64;
                                (row.spread, mean - half, mean + half)
                            })
                            .collect(),
                    },
                )
            });
        Panel {
            title: title.into(),
            x: Axis::log("spread of the means (component std)"),
            y: Axis::linear("log-determinant less truth, per dimension (nats)"),
            series: series.collect(),
        }
    };
    Figure {
        id: "slack".into(),
        title: "How far the log-determinant lies above the entropy of a mixture".into(),
        panels: vec![
            panel("components of equal covariance", Shape::Common),
            panel("components of different covariance", Shape::Different),
        ],
        columns: 2,
        caption: "Slack of the two-moment approximation per dimension; bands are two Monte-Carlo standard errors. Small spread: nearly Gaussian and nearly exact. Components of different shape leave slack at every spread.".into(),
    }
}

pub(super) fn whitened(rows: &[Row]) -> Figure {
    let truth: Vec<&Row> = select(rows, Part::Whitened, "truth_nats")
        .filter(|row| row.components == 8)
        .collect();
    let against = |quantity: &str| -> Vec<(f64, f64)> {
        let bound = select(rows, Part::Whitened, quantity).filter(|row| row.components == 8);
        truth
            .iter()
            .map(|row| row.mean)
            .zip(bound.map(|row| row.mean))
            .collect()
    };
    let low = truth
        .iter()
        .map(|row| row.mean)
        .fold(f64::INFINITY, f64::min);
    let high = truth
        .iter()
        .map(|row| row.mean)
        .fold(f64::NEG_INFINITY, f64::max);
    Figure {
        id: "whitened".into(),
        title: "Mixtures with Cov = I exactly: one log-determinant, many entropies".into(),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("true entropy (nats)"),
            y: Axis::linear("estimate from moments or pairs (nats)"),
            series: vec![
                Series::new("equal to the truth", 0, Mark::Dashed(vec![(low, low), (high, high)])),
                Series::new("log-determinant", 1, Mark::Points(against("log_det_upper_nats"))),
                Series::new("pairwise KL (upper bound)", 2, Mark::Points(against("kl_upper_nats"))),
                Series::new("Bhattacharyya (lower bound)", 3, Mark::Points(against("bhattacharyya_lower_nats"))),
            ],
        }],
        columns: 1,
        caption: "Whitened mixtures of 8 components in three dimensions. The log-determinant cannot tell them apart; the pairwise bounds follow the truth.".into(),
    }
}
