use vicinfo::experiment::slug;
use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};

use super::check::label;
use super::{METHODS, Row, curve, replicates};

/// Mean over the replicates with their range, up to where one of them has no value for the first time: a mean over those that have not
/// collapsed would be one of others, and a line across the gap would be none at all.
fn band(rows: &[Row], data: &str, method: &str, quantity: &str) -> Option<Mark> {
    let all = replicates(rows, data);
    let curve: Vec<(f64, Vec<f64>)> = curve(rows, data, method, quantity)
        .into_iter()
        .zip(times(rows, data))
        .take_while(|((epoch, values), time)| epoch.total_cmp(time).is_eq() && values.len() == all)
        .map(|(point, _)| point)
        .collect();
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

/// A panel of every method, of which none is where no method has a value of all replicates.
fn panel(rows: &[Row], data: &str, title: &str, quantity: &str, y: Axis) -> Option<Panel> {
    let series = METHODS.iter().enumerate().filter_map(|(i, method)| {
        Some(Series::new(
            label(method),
            // Black for the control, the palette for the methods.
            (i + 1) % METHODS.len(),
            band(rows, data, method, quantity)?,
        ))
    });
    let series: Vec<Series> = series.collect();
    (!series.is_empty()).then(|| Panel {
        title: title.into(),
        x: Axis::linear("epochs"),
        y,
        series,
    })
}

/// A figure of the panels that there are.
fn figure(
    id: String,
    title: String,
    panels: Vec<Option<Panel>>,
    caption: String,
) -> Option<Figure> {
    let panels: Vec<Panel> = panels.into_iter().flatten().collect();
    (!panels.is_empty()).then_some(Figure {
        id,
        title,
        panels,
        columns: 2,
        caption,
    })
}

/// When networks were read, in epochs.
fn times(rows: &[Row], data: &str) -> Vec<f64> {
    let of_data = rows.iter().filter(|row| row.data == data);
    let mut times: Vec<f64> = of_data.map(|row| row.epoch).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    times
}

/// What lines and bands are.
fn bands(rows: &[Row], data: &str) -> String {
    let times = times(rows, data);
    let epochs: Vec<String> = times.iter().skip(1).map(f64::to_string).collect();
    let when = if times.last() == Some(&(epochs.len() as f64)) {
        "of every epoch".to_owned()
    } else {
        format!("of epochs {}", epochs.join(", "))
    };
    format!(
        "Held-out images in evaluation, after the first step and at the end {when}, joined by straight lines; lines are means over the replicates, bands their range."
    )
}

const COLLAPSED: &str = "Where the embedding of a replicate has a standard deviation below 0.05, as happens soon with invariance alone, nothing scaled is given and the line ends.";

pub(super) fn entropy(rows: &[Row], data: &str) -> Option<Figure> {
    figure(
        format!("entropy-{}", slug(data)),
        format!(
            "Entropy of the embedding during training, as it is and scaled to a mean variance of 1, {data}"
        ),
        vec![
            panel(
                rows,
                data,
                "log-determinant, as it is",
                "log_det_nats",
                Axis::linear("½ ln det (nats)"),
            ),
            panel(
                rows,
                data,
                "log-determinant, scaled",
                "scaled_log_det_nats",
                Axis::linear("½ ln det (nats)"),
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
        format!(
            "{} Scaled: divided by the root of the mean variance. {COLLAPSED} The log-determinant is (1/2) ln det of the covariance with 1e-6 (as it is) or 1e-2 (scaled) on its diagonal, without the constant (d/2) ln 2 pi e of a Gaussian's entropy. Values of different estimators are not comparable with each other; pairwise distances saturate at the logarithm of the number of points above the entropy of a component; nearest neighbours are biased upwards in 64 dimensions.",
            bands(rows, data)
        ),
    )
}

pub(super) fn spread(rows: &[Row], data: &str) -> Option<Figure> {
    figure(
        format!("spread-{}", slug(data)),
        format!("Spread and invariance of the embedding during training, {data}"),
        vec![
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
        format!(
            "{} Squared distances, with the views of the training. {COLLAPSED}",
            bands(rows, data)
        ),
    )
}
