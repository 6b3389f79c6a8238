use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};
use vicinfo::training::History;

use super::Setting;

/// The curves of a run; a panel without a number is left out, and a figure without a panel.
pub fn all(history: &History, setting: &Setting) -> Vec<Figure> {
    let of = format!("{} on {}", setting.course.plan.method, setting.data);
    let mut terms: Vec<String> = Vec::new();
    for point in history.points() {
        if point.quantity.starts_with("term ") && !terms.contains(&point.quantity) {
            terms.push(point.quantity.clone());
        }
    }
    let panel = |title: &str, label: &str, shown: &[(&str, &str)]| {
        let series: Vec<Series> = (shown.iter().enumerate())
            .filter_map(|(i, (label, quantity))| {
                let curve = history.curve(quantity);
                (!curve.is_empty()).then(|| Series::new(*label, i + 1, Mark::Line(curve)))
            })
            .collect();
        (!series.is_empty()).then(|| Panel {
            title: title.to_owned(),
            x: Axis::linear("steps"),
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
    let mut losses = vec![panel("Loss", "loss", &[("loss", "loss")])];
    losses.extend(terms.iter().map(|term| {
        let name = term.trim_start_matches("term ");
        panel(
            &format!("Term: {name}"),
            "value before weighting",
            &[(name, term)],
        )
    }));
    let figures = [
        figure(
            "loss",
            "Loss and its terms",
            losses,
            "Means over the steps since the last look: the first step, then epochs.",
        ),
        figure(
            "entropy",
            "Entropy of the embedding",
            vec![
                panel(
                    "As it is",
                    "entropy (nats)",
                    &[("log-determinant", "log_det_nats")],
                ),
                panel(
                    "Scaled to a mean variance of 1",
                    "entropy (nats)",
                    &[
                        ("log-determinant, scaled", "scaled_log_det_nats"),
                        ("pairwise distances, scaled", "scaled_pair_dist_nats"),
                        (
                            "nearest neighbours, scaled",
                            "scaled_neighbour_entropy_nats",
                        ),
                    ],
                ),
                panel(
                    "Spread",
                    "standard deviation",
                    &[
                        ("embedding", "std_embedding"),
                        ("representation", "std_representation"),
                    ],
                ),
                panel(
                    "Invariance",
                    "mean squared distance of views, relative",
                    &[("relative invariance", "relative_invariance")],
                ),
            ],
            "Held-out images in evaluation, as they are; invariance of two augmented views. Numbers that do not see the scale are not given of a collapsed embedding.",
        ),
        figure(
            "probe",
            "Probes and ranks",
            vec![
                panel(
                    "Accuracy on held-out images",
                    "share of right classes",
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
                    &[
                        ("RankMe, embedding", "rankme_embedding"),
                        ("RankMe, representation", "rankme_representation"),
                        ("LiDAR, embedding", "lidar_embedding"),
                    ],
                ),
                panel(
                    "Downstream bound",
                    "one-hot distance",
                    &[
                        ("labelled residual", "bound_residual_labelled"),
                        ("unlabelled residual, twice", "bound_residual_unlabelled"),
                        ("risk that is bounded", "downstream_risk"),
                    ],
                ),
                panel(
                    "Downstream bound: invariance term",
                    "c I",
                    &[("c I", "bound_c_invariance")],
                ),
            ],
            "Probes see representations in evaluation unless said otherwise.",
        ),
    ];
    figures.into_iter().flatten().collect()
}
