use vicinfo::experiment::slug;
use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};

use super::check::label;
use super::{METHODS, Row, curve};

/// Mean over the replicates with their range, where all have a value: a mean over those that have not collapsed would be one of others.
fn band(rows: &[Row], data: &str, method: &str, quantity: &str) -> Option<Mark> {
    let of_data = rows.iter().filter(|row| row.data == data);
    let replicates = of_data.map(|row| row.replicate + 1).max().unwrap_or(0);
    let mut curve = curve(rows, data, method, quantity);
    curve.retain(|(_, values)| values.len() == replicates);
    let ends = |values: &[f64]| {
        (values.iter()).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(*v), high.max(*v))
        })
    };
    (!curve.is_empty()).then(|| Mark::Band {
        line: (curve.iter())
            .map(|(epoch, values)| (*epoch, values.iter().sum::<f64>() / values.len() as f64))
            .collect(),
        band: (curve.iter())
            .map(|(epoch, values)| {
                let (low, high) = ends(values);
                (*epoch, low, high)
            })
            .collect(),
    })
}

fn panel(rows: &[Row], data: &str, title: &str, quantity: &str, y: Axis) -> Panel {
    let series = METHODS.iter().enumerate().filter_map(|(i, method)| {
        Some(Series::new(
            label(method),
            // Black for the control, the palette for the methods.
            (i + 1) % METHODS.len(),
            band(rows, data, method, quantity)?,
        ))
    });
    Panel {
        title: title.into(),
        x: Axis::linear("epochs"),
        y,
        series: series.collect(),
    }
}

const BANDS: &str = "Held-out images in evaluation, after the first step and after every epoch; lines are means over the replicates, bands their range.";

pub(super) fn entropy(rows: &[Row], data: &str) -> Figure {
    Figure {
        id: format!("entropy-{}", slug(data)),
        title: format!(
            "Entropy of the embedding during training, as it is and scaled to a mean variance of 1, {data}"
        ),
        panels: vec![
            panel(
                rows,
                data,
                "log-determinant, as it is",
                "log_det_nats",
                Axis::linear("entropy (nats)"),
            ),
            panel(
                rows,
                data,
                "log-determinant, scaled",
                "scaled_log_det_nats",
                Axis::linear("entropy (nats)"),
            ),
            panel(
                rows,
                data,
                "pairwise distances, scaled",
                "scaled_pair_dist_nats",
                Axis::linear("entropy (nats)"),
            ),
            panel(
                rows,
                data,
                "nearest neighbours, scaled",
                "scaled_neighbour_entropy_nats",
                Axis::linear("entropy (nats)"),
            ),
        ],
        columns: 2,
        caption: format!(
            "{BANDS} Scaled: divided by the root of the mean variance; where the embedding of a replicate has a standard deviation below 0.05, as with invariance alone, no scaled entropy is given. Values of different estimators are not comparable with each other; pairwise distances saturate at the logarithm of the number of points above the entropy of a component."
        ),
    }
}

pub(super) fn spread(rows: &[Row], data: &str) -> Figure {
    Figure {
        id: format!("spread-{}", slug(data)),
        title: format!("Spread and invariance of the embedding during training, {data}"),
        panels: vec![
            panel(
                rows,
                data,
                "spread",
                "std_embedding",
                Axis::log("standard deviation of a coordinate"),
            ),
            panel(
                rows,
                data,
                "invariance",
                "relative_invariance",
                Axis::linear("distance of two views / of two images"),
            ),
        ],
        columns: 2,
        caption: format!("{BANDS} Squared distances, with the views of the training."),
    }
}
