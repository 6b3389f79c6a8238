use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};
use vicinfo::training::History;

use super::Setting;

/// Names of all figures.
pub const IDS: [&str; 3] = ["loss", "entropy", "probe"];

/// The curves of a run; a panel without a number is left out, and a figure without a panel.
pub fn all(history: &History, setting: &Setting) -> Vec<Figure> {
    let of = format!("{} on {}", setting.course.plan.method, setting.data);
    let mut terms: Vec<String> = Vec::new();
    for point in history.points() {
        if point.quantity.starts_with("term ") && !terms.contains(&point.quantity) {
            terms.push(point.quantity.clone());
        }
    }
    let last = history
        .points()
        .last()
        .map_or(0.0, |point| point.step as f64);
    // Curves that end early have the steps of the others.
    let steps = || match last > 0.0 {
        true => Axis::linear("steps").between(-0.03 * last, 1.03 * last),
        false => Axis::linear("steps"),
    };
    // One legend for all panels: every curve that is named there has a style of its own, from `first` on.
    let panel = |title: &str, label: &str, first: usize, shown: &[(&str, &str)]| {
        // What a single curve is, its panel says.
        let name = |label: &str| match shown {
            [_] => String::new(),
            _ => label.to_owned(),
        };
        let series: Vec<Series> = (shown.iter().enumerate())
            .filter_map(|(i, (label, quantity))| {
                let curve = history.curve(quantity);
                (!curve.is_empty()).then(|| Series::new(name(label), first + i, Mark::Line(curve)))
            })
            .collect();
        (!series.is_empty()).then(|| Panel {
            title: title.to_owned(),
            x: steps(),
            y: Axis::linear(label),
            series,
        })
    };
    let figure = |id: &str, what: &str, panels: Vec<Option<Panel>>, caption: &str| {
        let panels: Vec<Panel> = panels.into_iter().flatten().collect();
        (!panels.is_empty()).then(|| Figure {
            id: id.to_owned(),
            title: format!("{what}: {of}"),
            columns: panels.len().min(2),
            panels,
            caption: caption.to_owned(),
        })
    };
    let alone =
        |title: &str, label: &str, quantity: &str| panel(title, label, 1, &[("", quantity)]);
    let mut losses = vec![alone("Loss", "loss", "loss")];
    losses.extend(terms.iter().map(|term| {
        let name = term.strip_prefix("term ").unwrap_or(term);
        alone(&format!("Term: {name}"), "value before weighting", term)
    }));
    let figures = [
        figure(
            IDS[0],
            "Loss and its terms",
            losses,
            "Means over the steps since the last look: the first step, then epochs.",
        ),
        figure(
            IDS[1],
            "Entropy of the embedding",
            vec![
                alone("Log-determinant", "entropy (nats)", "log_det_nats"),
                alone("The same, scaled", "entropy (nats)", "scaled_log_det_nats"),
                alone(
                    "Pairwise distances, scaled",
                    "entropy (nats)",
                    "scaled_pair_dist_nats",
                ),
                alone(
                    "Nearest neighbours, scaled",
                    "entropy (nats)",
                    "scaled_neighbour_entropy_nats",
                ),
                panel(
                    "Spread",
                    "standard deviation",
                    1,
                    &[
                        ("embedding", "std_embedding"),
                        ("representation", "std_representation"),
                    ],
                ),
                alone(
                    "Distance of two views, squared",
                    "share of any two's",
                    "relative_invariance",
                ),
            ],
            "Held-out images in evaluation, as they are; distances of two augmented views. Scaled: to a mean variance of 1. Numbers that do not see the scale are not given of a collapsed embedding.",
        ),
        figure(
            IDS[2],
            "Probes and ranks",
            vec![
                panel(
                    "Accuracy on held-out images",
                    "share of right classes",
                    1,
                    &[
                        ("linear probe, all labels", "linear_accuracy"),
                        ("linear probe, few labels", "few_labels_accuracy"),
                        ("nearest neighbours", "neighbour_accuracy"),
                        ("linear probe on the embedding", "linear_accuracy_embedding"),
                    ],
                ),
                panel(
                    "Rank",
                    "effective dimensions",
                    5,
                    &[
                        ("RankMe, embedding", "rankme_embedding"),
                        ("RankMe, representation", "rankme_representation"),
                        ("LiDAR, embedding", "lidar_embedding"),
                    ],
                ),
                panel(
                    "Downstream bound",
                    "one-hot distance",
                    8,
                    &[
                        ("labelled residual", "bound_residual_labelled"),
                        ("unlabelled residual, twice", "bound_residual_unlabelled"),
                        ("risk that is bounded", "downstream_risk"),
                    ],
                ),
                alone(
                    "Downstream bound: invariance term",
                    "c I",
                    "bound_c_invariance",
                ),
            ],
            "Probes see representations in evaluation unless said otherwise.",
        ),
    ];
    figures.into_iter().flatten().collect()
}
