use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};

use super::{OVERLAPPING, POINTS, Part, RANKED, Row, SEPARATE, named, select};

fn line(rows: &[Row], part: Part, name: &str, quantity: &str) -> Vec<(f64, f64)> {
    named(rows, part, name, quantity)
        .map(|row| (row.x, row.value))
        .collect()
}

pub(super) fn change_of_variables(rows: &[Row]) -> Figure {
    let networks = 1 + select(rows, Part::Bijective, "formula_nats")
        .map(|row| row.network)
        .max()
        .unwrap_or(0);
    // Networks of one dimension stand side by side.
    let mut dims: Vec<usize> = select(rows, Part::Bijective, "formula_nats")
        .map(|row| row.size)
        .collect();
    dims.dedup();
    let bars = |quantity: &str, shift: f64| {
        Mark::Bars(
            select(rows, Part::Bijective, quantity)
                .filter_map(|row| {
                    let group = dims.iter().position(|dim| *dim == row.size)? as f64;
                    let place = (row.network as f64 + 0.5) / networks as f64 - 0.5;
                    let x = group + 0.8 * place + shift / networks as f64;
                    Some((x, row.value, 2.0 * row.std_error))
                })
                .collect(),
        )
    };
    Figure {
        id: "change-of-variables".into(),
        title: "For one-to-one networks the change of variables gives the entropy".into(),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::names(
                "dimension (networks side by side)",
                dims.iter().map(ToString::to_string).collect(),
            ),
            y: Axis::linear("difference (nats / dimension)"),
            series: vec![
                Series::new(
                    "to the measured entropy",
                    1,
                    bars("formula_error_nats", -0.3),
                ),
                Series::new(
                    "to the mean of -ln p(Z), of the same determinants",
                    2,
                    bars("direct_difference_nats", -0.1),
                ),
                Series::new(
                    "turned into one dimension more: to the measured entropy",
                    3,
                    bars("manifold_error_nats", 0.1),
                ),
                Series::new(
                    "turned: to the formula before the turn",
                    4,
                    bars("manifold_difference_nats", 0.3),
                ),
                Series::new("equal", 0, Mark::Horizontal(0.0)),
            ],
        }],
        columns: 1,
        caption: "H(X) + E ln |det A| for leaky networks on a mixture of four Gaussians, less other values of the entropy of the output; bars are two standard errors. Measured without Jacobians, by quadrature on the line and by nearest neighbours (k = 5, whitened) in the plane, it decides; neighbours farther apart than a map is narrow see an entropy that is a little too large; the mean of -ln p(Z) over inverted points takes the same determinants and shows consistency in any dimension. Turned into one dimension more, the network keeps its entropy on the image, although around the image there is no density.".into(),
    }
}

pub(super) fn folding(rows: &[Row]) -> Figure {
    let of = |quantity: &str| line(rows, Part::Folding, "|x|", quantity);
    Figure {
        id: "folding".into(),
        title: "Folding loses exactly H(X|Z)".into(),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("distance of the mean from the fold (standard deviations)"),
            y: Axis::linear("nats"),
            series: vec![
                Series::new(
                    "H(X) + E ln |f'(X)| - H(Z)",
                    1,
                    Mark::Line(of("formula_error_nats")),
                ),
                Series::new("H(X|Z)", 0, Mark::Dashed(of("folding_entropy_nats"))),
                Series::new(
                    "rest",
                    2,
                    Mark::Points(of("corrected_error_nats")),
                ),
            ],
        }],
        columns: 1,
        caption: "Z = |X| for X normal, in closed form and by quadrature: the change of variables is too large by the entropy of which preimage was X, ln 2 where the fold halves the mass.".into(),
    }
}

pub(super) fn ranks(rows: &[Row]) -> Figure {
    let panels = (RANKED.iter())
        .filter(|(name, _, _)| named(rows, Part::Rank, name, "share").next().is_some())
        .map(|(name, _, _)| Panel {
            title: (*name).into(),
            x: Axis::linear("rank of the affine map").between(-0.5, 8.5),
            y: Axis::linear("share of the inputs").between(0.0, 1.05),
            series: vec![Series::new(
                "mean over random networks",
                1,
                Mark::Histogram(
                    line(rows, Part::Rank, name, "share")
                        .into_iter()
                        .map(|(rank, share)| (rank - 0.4, rank + 0.4, share))
                        .collect(),
                ),
            )],
        })
        .collect();
    Figure {
        id: "ranks".into(),
        title: "ReLU networks of constant width crush dimensions almost everywhere".into(),
        panels,
        columns: 3,
        caption: "Rank of the affine map at standard normal inputs, over random networks. Where the rank drops, the output has no density and its entropy is -inf; wide hidden layers keep the rank, a leaky ReLU always does.".into(),
    }
}

pub(super) fn information(rows: &[Row]) -> Figure {
    let ceiling = (POINTS as f64).ln();
    let maps = [
        ("identity", "identity"),
        ("leaky", "leaky ReLU, slope 0.1"),
        ("relu", "ReLU"),
        ("sign", "sign"),
    ];
    let continuous = (maps.iter().enumerate())
        .map(|(i, (name, label))| {
            Series::new(
                *label,
                i + 1,
                Mark::Line(line(rows, Part::Noise, name, "information_nats")),
            )
        })
        .collect();
    let data: Vec<&Row> = select(rows, Part::Data, "information_nats").collect();
    let mut noises: Vec<f64> = data.iter().map(|row| row.x).collect();
    noises.sort_by(f64::total_cmp);
    noises.dedup();
    let spans: Vec<(f64, f64, f64, f64)> = (noises.into_iter())
        .map(|noise| {
            let values: Vec<f64> = (data.iter())
                .filter(|row| row.x.total_cmp(&noise).is_eq())
                .map(|row| row.value)
                .collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            (noise, mean, low, high)
        })
        .collect();
    let encoders = |name: &str, quantity: &str| {
        Mark::Bars(
            named(rows, Part::Index, name, quantity)
                .map(|row| (row.network as f64, row.value, 2.0 * row.std_error))
                .collect(),
        )
    };
    let cap = || Series::new(format!("ln {POINTS}"), 0, Mark::Horizontal(ceiling));
    Figure {
        id: "information".into(),
        title: "The information of a network is infinite, or capped by the number of points".into(),
        panels: vec![
            Panel {
                title: "continuous input, noise on the output".into(),
                x: Axis::log("standard deviation of the noise"),
                y: Axis::linear("information (nats)"),
                series: continuous,
            },
            Panel {
                title: format!("{POINTS} points, noise on the output"),
                x: Axis::log("standard deviation of the noise"),
                y: Axis::linear("information (nats)"),
                series: vec![
                    Series::new(
                        "random encoders",
                        5,
                        Mark::Band {
                            line: spans.iter().map(|s| (s.0, s.1)).collect(),
                            band: spans.iter().map(|s| (s.0, s.2, s.3)).collect(),
                        },
                    ),
                    cap(),
                ],
            },
            Panel {
                title: format!("{POINTS} prototypes, noise on the input"),
                x: Axis::linear("random encoder"),
                y: Axis::linear("information about the prototype (nats)"),
                series: vec![
                    Series::new(
                        format!("noise {SEPARATE}, lower bound"),
                        6,
                        encoders("separate", "lower_nats"),
                    ),
                    Series::new(
                        format!("noise {OVERLAPPING}, upper bound"),
                        7,
                        encoders("overlapping", "upper_nats"),
                    ),
                    Series::new(
                        format!("noise {OVERLAPPING}, lower bound"),
                        8,
                        encoders("overlapping", "lower_nats"),
                    ),
                    cap(),
                ],
            },
        ],
        columns: 2,
        caption: "Without noise on the output, information about a continuous input is infinite: it grows by the share of inputs where the map is not flat, for each factor e. On finitely many points it ends at ln N for every untrained encoder, and with noise on the input it starts there unless supports overlap.".into(),
    }
}
