use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};

use super::check::over_networks;
use super::{NEGLIGIBLE, NOISES, Part, Row, SLOPES, WIDE_NOISES, at, select, shapes};

/// Mean over the networks of a shape, with the span, at each noise where all are positive.
fn spanned(rows: &[Row], quantity: &str, shape: (usize, usize)) -> Vec<(f64, f64, f64, f64)> {
    (NOISES.into_iter())
        .filter_map(|noise| {
            let values: Vec<f64> = at(rows, Part::Square, quantity, noise)
                .filter(|row| (row.dim, row.size) == shape)
                .map(|row| row.value)
                .collect();
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (low > 0.0).then_some((noise, mean, low, high))
        })
        .collect()
}

fn band(points: &[(f64, f64, f64, f64)]) -> Mark {
    Mark::Band {
        line: points.iter().map(|p| (p.0, p.1)).collect(),
        band: points.iter().map(|p| (p.0, p.2, p.3)).collect(),
    }
}

fn dashed(points: &[(f64, f64, f64, f64)]) -> Mark {
    Mark::Dashed(points.iter().map(|p| (p.0, p.1)).collect())
}

const NOISE_LABEL: &str = "noise s = sigma / distance to the nearest face";

pub(super) fn total_variation(rows: &[Row]) -> Figure {
    let panels = (shapes(rows, Part::Square).into_iter())
        .map(|shape| {
            let (dim, depth) = shape;
            Panel {
                title: format!("d = {dim}, {depth} layers"),
                x: Axis::log(NOISE_LABEL),
                y: Axis::log("total variation or probability").between(1e-4, 1.5),
                series: vec![
                    Series::new(
                        "total variation to the mixture",
                        1,
                        band(&spanned(rows, "total_variation", shape)),
                    ),
                    Series::new(
                        "probability of leaving the region",
                        2,
                        Mark::Points(
                            (spanned(rows, "p_leave", shape).iter())
                                .map(|p| (p.0, p.1))
                                .collect(),
                        ),
                    ),
                    Series::new(
                        "union bound over the faces",
                        0,
                        dashed(&spanned(rows, "union_bound", shape)),
                    ),
                    Series::new(
                        "largest ball inside the region",
                        3,
                        dashed(&spanned(rows, "ball_bound", shape)),
                    ),
                    Series::new("1 %", 5, Mark::Horizontal(NEGLIGIBLE)),
                ],
            }
        })
        .collect();
    Figure {
        id: "total-variation".into(),
        title: "The output is the mixture of Gaussians only for noise well inside the regions".into(),
        panels,
        columns: 2,
        caption: "Exact total variation between the output of one-to-one leaky networks and the mixture of Gaussians that their affine maps make, against the noise; bands span the networks. It stays below the probability of leaving the region and the union bound, and passes one percent where the noise is 0.4 of the distance to the nearest face. A ball inside the region says nothing in eight dimensions.".into(),
    }
}

pub(super) fn divergence(rows: &[Row]) -> Figure {
    let squares = (shapes(rows, Part::Square).into_iter().enumerate())
        .map(|(i, shape)| {
            let points: Vec<_> = (spanned(rows, "kl_nats", shape).into_iter())
                .filter(|point| point.2 > 1e-9)
                .collect();
            Series::new(
                format!("d = {}, {} layers", shape.0, shape.1),
                i + 5,
                band(&points),
            )
        })
        .collect();
    let slopes = (SLOPES.iter().enumerate())
        .map(|(i, slope)| {
            let points = select(rows, Part::Line, &format!("kl_nats flat side {slope}"))
                .filter(|row| row.value > 0.0)
                .map(|row| (row.noise, row.value))
                .collect();
            Series::new(format!("slope {slope}"), i + 1, Mark::Line(points))
        })
        .chain([Series::new(
            "probability of leaving",
            0,
            Mark::Dashed(
                select(rows, Part::Line, "p_leave absolute")
                    .map(|row| (row.noise, row.value))
                    .collect(),
            ),
        )])
        .collect();
    let panel = |title: &str, series| Panel {
        title: title.into(),
        x: Axis::log(NOISE_LABEL),
        y: Axis::log("Kullback-Leibler divergence (nats)").between(1e-4, 1e7),
        series,
    };
    Figure {
        id: "divergence".into(),
        title: "No bound of this kind holds for the Kullback-Leibler divergence".into(),
        panels: vec![
            panel("flat side of one leaky unit, exact", slopes),
            panel("one-to-one networks, Monte Carlo", squares),
        ],
        columns: 2,
        caption: "Left: around a prototype on the flat side of a leaky unit, the divergence grows with the square of the inverse slope at nearly the same total variation. Right: in deep networks it reaches thousands of nats where few draws leave; bands span the networks, and as rare draws decide it, neither mean nor band is more than an order of magnitude.".into(),
    }
}

pub(super) fn line(rows: &[Row]) -> Figure {
    let names = ["absolute", "relu", "leaky 0.9", "leaky 0.1", "leaky 0.01"];
    let series = (names.iter().enumerate())
        .map(|(i, name)| {
            let ratio = NOISES.into_iter().filter_map(|noise| {
                let one = |quantity: &str| {
                    at(rows, Part::Line, quantity, noise)
                        .next()
                        .map(|row| row.value)
                };
                let escape = one("p_leave absolute").filter(|p| *p > 1e-12)?;
                Some((noise, one(&format!("total_variation {name}"))? / escape))
            });
            let points: Vec<(f64, f64)> = ratio.collect();
            let mark = if *name == "relu" {
                Mark::Points(points)
            } else {
                Mark::Line(points)
            };
            Series::new(
                name.replace("absolute", "|x|").replace("relu", "ReLU"),
                i + 1,
                mark,
            )
        })
        .chain([Series::new("the bound", 0, Mark::Horizontal(1.0))])
        .collect();
    Figure {
        id: "line".into(),
        title: "Folding and cutting attain the bound, bending does not".into(),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::log(NOISE_LABEL),
            y: Axis::linear("total variation / escape probability").between(0.0, 1.05),
            series,
        }],
        columns: 1,
        caption: "One unit in closed form: the total variation over the probability of leaving the region. It is 1 for |x| and for the ReLU at every noise; a leaky unit stays below, the more the gentler its bend.".into(),
    }
}

pub(super) fn width(rows: &[Row]) -> Figure {
    let widths: Vec<usize> = shapes(rows, Part::Width).into_iter().map(|s| s.1).collect();
    let bars = |quantity: &str, noise: f64| {
        Mark::Bars(
            (widths.iter())
                .map(|&width| {
                    let effect = over_networks(rows, quantity, width, noise);
                    (width as f64, effect.value, 2.0 * effect.std_error)
                })
                .collect(),
        )
    };
    let noises = &WIDE_NOISES[1..];
    let panel = |title: &str, y: Axis, quantity: &str| Panel {
        title: title.into(),
        x: Axis::log("width of the hidden layers"),
        y,
        series: (noises.iter().enumerate())
            .map(|(i, &noise)| Series::new(format!("noise {noise}"), i + 1, bars(quantity, noise)))
            .collect(),
    };
    let mut panels = vec![
        panel(
            "escapes",
            Axis::linear("probability of leaving the region").between(0.0, 1.05),
            "p_leave",
        ),
        panel("faces", Axis::log("faces crossed"), "faces_crossed"),
        panel(
            "bending",
            Axis::log("deviation from the affine map / its variance"),
            "nonlinearity",
        ),
    ];
    panels.push(Panel {
        title: "regions".into(),
        x: Axis::log("width of the hidden layers"),
        y: Axis::log("distance to the nearest face"),
        series: vec![Series::new(
            "mean over prototypes and networks",
            0,
            bars("distance", 0.0),
        )],
    });
    Figure {
        id: "width".into(),
        title: "Wide networks leave their region at once and stay near its affine map".into(),
        panels,
        columns: 2,
        caption: "ReLU networks 16-w-w-8 around standard normal prototypes; bars are two standard errors over prototypes, each in a network of its own. Regions shrink as 1/w, so that every draw leaves and crosses many faces, yet the deviation from the affine map does not grow with the width: many small bends average out.".into(),
    }
}
