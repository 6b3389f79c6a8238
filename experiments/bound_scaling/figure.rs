use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};

use super::certificate::{BERNSTEIN, CLOPPER, HOEFFDING, ONE_LINE, PAC_BAYES, PAPER, SUPERVISED};
use super::check::of;
use super::complexity::{LINEAR, LOSSES, NETWORKS, ONE_COORDINATE};
use super::source::Source;
use super::{DIM, Part, Row, select};

pub(super) fn all(rows: &[Row]) -> Vec<Figure> {
    vec![
        terms(rows),
        rates(rows),
        encoders(rows),
        certificates(rows),
        complexity(rows),
    ]
}

/// Rows of a quantity on one population, over its sizes.
fn over<'a>(
    rows: &'a [Row],
    part: Part,
    source: Source,
    quantity: &'a str,
) -> impl Iterator<Item = &'a Row> {
    select(rows, part, quantity).filter(move |row| row.source == source)
}

/// The points that a part goes over.
fn size(row: &Row) -> f64 {
    row.n.max(row.m) as f64
}

fn bars<'a>(rows: impl Iterator<Item = &'a Row>, x: impl Fn(&Row) -> f64) -> Mark {
    Mark::points_within_95(rows.map(|row| (x(row), row.mean, row.std_error)))
}

/// The terms in the order in which they are stacked, with their labels.
const STACK: [(&[&str], &str); 7] = [
    (&["residual_labelled"], "residual, labelled"),
    (&["residual_unlabelled"], "2 residuals, pairs"),
    (&["c_invariance"], "c times distance of pairs"),
    (&["c_concentration"], "c times its deviation"),
    (&["complexity"], "complexity of the weights"),
    (&["kappa_m"], "deviation of losses, pairs"),
    (&["kappa_n", "count"], "deviations, labelled points"),
];

fn terms(rows: &[Row]) -> Figure {
    let panel = |part: Part, title: &str, x: &str| {
        let own = |quantity: &'static str| -> Vec<(f64, f64)> {
            over(rows, part, Source::Medium, quantity)
                .map(|row| (size(row), row.mean))
                .collect()
        };
        let mut line: Vec<(f64, f64)> = own("bound").iter().map(|(x, _)| (*x, 0.0)).collect();
        let mut series = Vec::new();
        for (k, (parts, label)) in STACK.into_iter().enumerate() {
            let below = line.clone();
            for part in parts {
                for (total, (_, value)) in line.iter_mut().zip(own(part)) {
                    total.1 += value;
                }
            }
            let band = (line.iter().zip(&below))
                .map(|((x, top), (_, low))| (*x, *low, *top))
                .collect();
            let line = line.clone();
            series.push(Series::new(label, k + 1, Mark::Band { line, band }));
        }
        series.push(Series::new("risk", 0, Mark::Line(own("risk"))));
        let rms = of(rows, part, Source::Medium, "", "best_rms").map_or(f64::NAN, |row| row.mean);
        series.push(Series::new(
            "three residuals of the best fit",
            0,
            Mark::Horizontal(3.0 * rms),
        ));
        Panel {
            title: title.into(),
            x: Axis::log(x),
            y: Axis::linear("terms of the bound, stacked (no unit)"),
            series,
        }
    };
    Figure {
        id: "terms".into(),
        title: "The bound term by term: it falls to three residuals of the best fit, far above the risk".into(),
        panels: vec![
            panel(Part::Labelled, "infinitely many pairs", "labelled points"),
            panel(Part::Pairs, "infinitely many labelled points", "pairs"),
            panel(Part::Both, "as many of both", "labelled points = pairs"),
        ],
        columns: 3,
        caption: "Medium population (16 random ReLU units, made white), means over the replicates; each panel has a population of its own. A line is the sum of its term and all below; the uppermost is the bound. The risk of a constant answer is 0.87. Standard errors of the sums are below 1 % of them.".into(),
    }
}

fn rates(rows: &[Row]) -> Figure {
    let less_floor = |part: Part| {
        let rms = of(rows, part, Source::Medium, "", "best_rms").map_or(f64::NAN, |row| row.mean);
        Mark::points_within_95(
            over(rows, part, Source::Medium, "bound")
                .map(|row| (size(row), row.mean - 3.0 * rms, row.std_error)),
        )
    };
    let guide = |part: Part| {
        let own: Vec<(f64, f64)> = over(rows, part, Source::Medium, "bound")
            .map(|row| (size(row), row.mean))
            .collect();
        let rms = of(rows, part, Source::Medium, "", "best_rms").map_or(f64::NAN, |row| row.mean);
        let last = own.last().copied().unwrap_or((1.0, 1.0));
        own.iter()
            .map(|(x, _)| (*x, (last.1 - 3.0 * rms) * (last.0 / x).sqrt()))
            .collect()
    };
    let near = |quantity: &'static str| {
        // Of a logarithm: the ends are those of its interval.
        let points = select(rows, Part::Dimension, quantity).map(|row| {
            let at = |z: f64| (row.mean + z * row.std_error).exp();
            (row.n as f64, at(0.0), at(-1.96), at(1.96))
        });
        Mark::Intervals(points.collect())
    };
    let sweeps = [
        (Part::Labelled, "labelled points", 1),
        (Part::Pairs, "pairs", 2),
        (Part::Both, "both", 3),
    ];
    let mut series = Vec::new();
    for (part, _, style) in sweeps {
        series.push(Series::new(
            if style == 1 { "power -1/2" } else { "" },
            0,
            Mark::Dashed(guide(part)),
        ));
    }
    for (part, label, style) in sweeps {
        series.push(Series::new(label, style, less_floor(part)));
    }
    Figure {
        id: "rates".into(),
        title: "Less its limit the bound falls as 1/sqrt(n), and near n = d the fit itself explodes".into(),
        panels: vec![
            Panel {
                title: "bound less three residuals".into(),
                x: Axis::log("points of the kind that grows"),
                y: Axis::log("bound less its limit (no unit)"),
                series,
            },
            Panel {
                title: "16 dimensions, infinitely many pairs".into(),
                x: Axis::log("labelled points"),
                y: Axis::log("geometric mean (no unit)"),
                series: vec![
                    Series::new("n = d", 0, Mark::Vertical(DIM as f64)),
                    Series::new("c, distance of the fits", 4, near("ln_weight_distance")),
                    Series::new("kappa_S, largest class loss", 5, near("ln_kappa_labelled")),
                    Series::new("risk", 0, near("ln_risk")),
                ],
            },
        ],
        columns: 2,
        caption: "Left: medium population, white features; 95 % bars are within the markers. Dashed lines have slope -1/2 through the last point. Right: raw features, 95 % intervals. The factors that the statement treats as constants depend on n, and peak where the fit of least norm just interpolates.".into(),
    }
}

fn encoders(rows: &[Row]) -> Figure {
    let panel = |quantity: &'static str, title: &str, y: Axis| {
        let points = select(rows, Part::Ranking, quantity)
            .filter(|row| row.setting == "first data")
            .map(|row| (row.x, row.mean))
            .collect();
        let name = format!("spearman of {quantity}");
        let correlation = (rows.iter())
            .find(|row| row.setting == "encoders" && row.quantity == name)
            .map_or((f64::NAN, f64::NAN), |row| (row.mean, row.std_error));
        Panel {
            title: format!("{title}: {:.3} ± {:.3}", correlation.0, correlation.1),
            x: Axis::linear("risk of the encoder"),
            y,
            series: vec![Series::new("an encoder", 1, Mark::Points(points))],
        }
    };
    Figure {
        id: "encoders".into(),
        title: "Rank correlation with the risk over 150 encoders: the residual ranks them, bound and invariance do not".into(),
        panels: vec![
            panel("bound", "bound", Axis::log("bound on the risk")),
            panel("invariance", "invariance", Axis::linear("distance of the pairs")),
            panel("c_invariance", "c times invariance", Axis::log("c times distance of the pairs")),
            panel(
                "bound of white features",
                "bound, white",
                Axis::log("bound with white features"),
            ),
            panel(
                "residual_labelled",
                "residual",
                Axis::linear("residual of the labelled points"),
            ),
            panel("bound in one line", "one line", Axis::log("bound in one line")),
        ],
        columns: 3,
        caption: "Encoders of one or two layers of random ReLU units that see signal and nuisance in random proportions, 16 features of mean square 1, all on the same labelled points and ten times as many pairs. Points are of one data set, correlations (with standard errors) over several. The bound ranks once the features are white, in one ball of weights for all encoders: what hides the order is their conditioning.".into(),
    }
}

fn certificates(rows: &[Row]) -> Figure {
    let names = [
        PAPER, ONE_LINE, SUPERVISED, PAC_BAYES, HOEFFDING, BERNSTEIN, CLOPPER,
    ];
    let sizes = {
        let mut sizes: Vec<usize> = select(rows, Part::Certificate, "value")
            .map(|row| row.n)
            .collect();
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    };
    let panel = |source: Source| {
        let at = |quantity: &'static str, n: usize, beside: f64| {
            let points = names.iter().enumerate().filter_map(|(k, name)| {
                let row = over(rows, Part::Certificate, source, quantity)
                    .find(|row| row.setting == *name && row.n == n)?;
                // A rate of 0 has no place on a logarithmic axis.
                (row.mean > 0.0).then_some((k as f64 + beside, row.mean, row.std_error))
            });
            points.collect::<Vec<_>>()
        };
        let baseline = over(rows, Part::Certificate, source, "baseline")
            .next()
            .map_or(f64::NAN, |row| row.mean);
        let mut series = vec![Series::new(
            "risk of a constant answer",
            0,
            Mark::Horizontal(baseline),
        )];
        for (i, &n) in sizes.iter().enumerate() {
            let beside = 0.3 * (i as f64 - 0.5 * (sizes.len() - 1) as f64);
            let truth = at("truth", n, beside).into_iter().map(|(x, y, _)| (x, y));
            series.push(Series::new(
                "what is bounded",
                0,
                Mark::Points(truth.collect()),
            ));
            series.push(Series::new(
                format!("{n} labelled points"),
                i + 1,
                Mark::points_within_95(at("value", n, beside)),
            ));
        }
        Panel {
            title: source.name().into(),
            x: Axis::names("", names.map(str::to_owned).into()),
            y: Axis::log("bound at level 0.95 (no unit)"),
            series,
        }
    };
    Figure {
        id: "certificates".into(),
        title: "Bounds on a risk side by side: held-out points come near it, pairs and families do not".into(),
        panels: [Source::Easy, Source::Medium, Source::Random].map(panel).into(),
        columns: 3,
        caption: "Means over the trials with 95 % bars, which are mostly within the markers. All risks are mean distances from the one-hot class, but that of Clopper-Pearson, which is a rate of errors (not drawn where it is 0). The first two need ten times as many pairs and their hidden classes; the last three hold half of the points out.".into(),
    }
}

fn complexity(rows: &[Row]) -> Figure {
    let panel = |setting: &'static str, title: &str| {
        let own = |quantity: &'static str| {
            select(rows, Part::Complexity, quantity).filter(move |row| row.setting == setting)
        };
        let line = |quantity| own(quantity).map(|row| (row.x, row.mean)).collect();
        Panel {
            title: title.into(),
            x: Axis::log("encoders in the family"),
            y: Axis::linear("complexity, normalised by 1/sqrt(m)"),
            series: vec![
                Series::new("Massart", 2, Mark::Line(line("massart"))),
                Series::new(
                    "Massart, less the mean of the family",
                    3,
                    Mark::Line(line("massart_of_differences")),
                ),
                Series::new(
                    "average over signs",
                    1,
                    bars(own("complexity"), |row| row.x),
                ),
            ],
        }
    };
    let share = |setting: &'static str| {
        let own = select(rows, Part::Linear, "share").filter(move |row| row.setting == setting);
        bars(own, |row| row.m as f64)
    };
    let linear = Panel {
        title: "linear maps".into(),
        x: Axis::log("points"),
        y: Axis::linear("average as a share of its bound").between(0.0, 1.05),
        series: vec![
            Series::new("functions, 8 coordinates", 4, share(LINEAR)),
            Series::new("functions, 1 coordinate", 5, share(ONE_COORDINATE)),
            Series::new("losses of 4 classes, at least", 6, share(LOSSES)),
        ],
    };
    let place = |row: &Row| {
        let size = NETWORKS
            .iter()
            .position(|(layers, _)| (*layers as f64 - row.x).abs() < 0.5);
        size.map_or(f64::NAN, |k| k as f64)
    };
    let names = NETWORKS.map(|(layers, width)| format!("{layers} × {width}"));
    let networks = Panel {
        title: "networks by the norms of their layers".into(),
        x: Axis::names("layers × hidden units", names.into()),
        y: Axis::log("complexity over sqrt(m)"),
        series: vec![
            Series::new("a deviation of 1", 0, Mark::Horizontal(1.0)),
            Series::new(
                "bound for untrained networks",
                7,
                bars(
                    select(rows, Part::Networks, "complexity_over_root_m"),
                    place,
                ),
            ),
        ],
    };
    Figure {
        id: "complexity".into(),
        title: "Bounds on complexities hold: near for linear functions, several times too large for networks that agree, vacuous for deep ones".into(),
        panels: vec![
            panel("networks", "distances of pairs over random networks"),
            panel("binary codes", "unrelated binary codes"),
            linear,
            networks,
        ],
        columns: 2,
        caption: "Above: 500 pairs; 95 % bars of the average over drawn signs. All networks of all families have the same information I(Z; X) = ln 240 about the 240 points. Below, left: averages over normal points as shares of the bound by the norm of the weights; of the losses of 4 classes what gradient ascent attains. Right: the bound by the norms of the layers for one output of untrained networks, over a million pairs. 95 % bars.".into(),
    }
}
