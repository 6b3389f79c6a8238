use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};

use super::code::Code;
use super::{CODES, PICTURE_NOISE, Part, Row, WEAK_NOISE, at, of_code, select};

fn style(code: Code) -> usize {
    match code {
        Code::Gaussian => 0,
        Code::Cube => 1,
        Code::Parity => 2,
        Code::Fourier => 3,
    }
}

pub(super) fn codes(rows: &[Row]) -> Figure {
    let panel = |code: (Code, usize)| {
        let value = |quantity| {
            at(rows, Part::Population, quantity, code, PICTURE_NOISE)
                .map_or(f64::NAN, |row| row.mean)
        };
        let points = of_code(rows, Part::Picture, "point", code)
            .filter_map(|row| Some((row.x?, row.mean)))
            .collect();
        Panel {
            title: format!(
                "{}: I = {:.2} nats, entropy {:.2} below Gaussian",
                code.0.title(code.1),
                value("information_nats"),
                value("entropy_gap_nats").abs()
            ),
            x: Axis::linear("first coordinate of a plane").between(-3.6, 3.6),
            y: Axis::linear("second coordinate").between(-3.6, 3.6),
            series: vec![Series::new(
                code.0.name(),
                style(code.0),
                Mark::Points(points),
            )],
        }
    };
    Figure {
        id: "codes".into(),
        title: "One VICReg loss, six codes: both penalties are zero in every panel, information and entropy are not the same".into(),
        panels: [
            (Code::Gaussian, 7),
            (Code::Cube, 7),
            (Code::Parity, 7),
            (Code::Fourier, 6),
            (Code::Cube, 3),
            (Code::Parity, 3),
        ]
        .map(panel)
        .into(),
        columns: 3,
        caption: "One view of each code at noise 0.05, projected to a plane. All have mean 0 and equal, uncorrelated coordinates, and the three terms of the loss agree to rounding. I is the information between two views; the entropy of a view is given as nats below that of the Gaussian of the same covariance.".into(),
    }
}

/// A line with its 95 % band.
fn band<'a>(points: impl Iterator<Item = (f64, &'a Row)>) -> Mark {
    Mark::line_within_95(points.map(|(x, row)| (x, row.mean, row.std_error)))
}

pub(super) fn noise(rows: &[Row]) -> Figure {
    let panel = |dim: usize, quantity: &str, y: Axis| Panel {
        title: format!("{dim} dimensions"),
        x: Axis::log("standard deviation of the noise"),
        y,
        series: (CODES.iter())
            .filter(|(_, other)| *other == dim)
            .map(|&code| {
                let rows = of_code(rows, Part::Population, quantity, code);
                Series::new(
                    code.0.name(),
                    style(code.0),
                    band(rows.map(|row| (row.std, row))),
                )
            })
            .collect(),
    };
    let dims = [7, 3, 6];
    let information = dims.map(|dim| {
        let y = Axis::log("information between the views (nats)");
        panel(dim, "information_nats", y)
    });
    let entropy = dims.map(|dim| {
        let y = Axis::linear("entropy below the Gaussian's (nats)");
        panel(dim, "entropy_gap_nats", y)
    });
    Figure {
        id: "noise".into(),
        title: "At equal loss, information and entropy differ by nats, and the order of the codes turns with the noise".into(),
        panels: information.into_iter().chain(entropy).collect(),
        columns: 3,
        caption: "Above: information between two views. Under weak noise it ends at the logarithm of the number of words, and grows on for the curve and the Gaussian; near noise 1 the parities lead and the Gaussian is last. Below: how far the entropy of a view lies below that of the Gaussian of the same covariance. The code has variance 1 in every direction; 95 % bands are narrower than the lines.".into(),
    }
}

pub(super) fn samples(rows: &[Row]) -> Figure {
    let codes = [Code::Gaussian, Code::Cube, Code::Parity];
    let panel = |title: &str, quantity: &str, label: &str, truth: Option<&str>, y: Axis| {
        let mut series = Vec::new();
        for code in codes {
            let points = of_code(rows, Part::Samples, quantity, (code, 7));
            series.push(Series::new(
                format!("{}{label}", code.name()),
                style(code),
                band(points.map(|row| (row.n as f64, row))),
            ));
            let truth =
                truth.and_then(|truth| at(rows, Part::Population, truth, (code, 7), WEAK_NOISE));
            if let Some(truth) = truth {
                series.push(Series::new("", style(code), Mark::Horizontal(truth.mean)));
            }
        }
        Panel {
            title: title.into(),
            x: Axis::log("pairs in the sample"),
            y,
            series,
        }
    };
    Figure {
        id: "samples".into(),
        title: "What the loss cannot see, nearest neighbours read off the same samples".into(),
        panels: vec![
            panel(
                "VICReg loss",
                "loss",
                "",
                None,
                Axis::linear("loss (weights 25, 25, 1)"),
            ),
            panel(
                "information, nearest neighbours",
                "ksg_information_nats",
                "",
                Some("information_nats"),
                Axis::linear("information (nats)"),
            ),
            panel(
                "information, Gaussian formula",
                "gaussian_information_nats",
                "",
                Some("information_nats"),
                Axis::linear("information (nats)"),
            ),
            panel(
                "entropy of a view, nearest neighbours",
                "nearest_entropy_nats",
                "",
                Some("entropy_nats"),
                Axis::linear("entropy (nats)"),
            ),
        ],
        columns: 2,
        caption: "Codes in 7 dimensions at noise 0.1; bands are 95 %, dashed lines the truths. The loss is the same for both discrete codes; that of the Gaussian is higher in small samples, as its sample variances fluctuate and some fall below the hinge, and comes down to theirs. Nearest neighbours (Kraskov, Kozachenko-Leonenko) tell the discrete codes apart and approach their truths; the 13.7 nats of the Gaussian are beyond what so few neighbours can tell. The Gaussian formula reads one number off all three.".into(),
    }
}

pub(super) fn objectives(rows: &[Row]) -> Figure {
    let others = [(Code::Parity, 3), (Code::Gaussian, 3)];
    let cube: Vec<&Row> = (rows.iter())
        .filter(|row| row.part == Part::Objectives && row.code == Code::Cube)
        .collect();
    let values: Vec<Vec<Option<f64>>> = (cube.iter())
        .map(|own| {
            (others.iter())
                .map(|&code| {
                    let row = of_code(rows, Part::Objectives, &own.quantity, code).next()?;
                    Some(100.0 * (row.mean - own.mean) / own.mean.abs())
                })
                .collect()
        })
        .collect();
    Figure {
        id: "objectives".into(),
        title: "Objectives of pairs and of slices see the code where those of two moments do not".into(),
        panels: vec![Panel::heat_map(
            "",
            ("", others.iter().map(|code| code.0.title(code.1)).collect()),
            ("", cube.iter().map(|row| row.quantity.clone()).collect()),
            "value above that of the cube of 3 bits (% of its size)",
            &values,
            20.0,
        )],
        columns: 1,
        caption: "Every objective on designs in three dimensions that have the same mean, covariance and differences of the views (noise 0.1); the Gaussian code is 64 normal points brought to these moments. Zeros are exact to rounding: no training with these objectives can prefer one code. Objectives that scale the points to length 1 tell the Gaussian, whose points differ in length, but only those of pairs (nt_xent, pair_dist, uniformity) and of slices (sigreg) tell the exclusive or from the cube.".into(),
    }
}

fn of_dim<'a>(rows: &'a [Row], quantity: &'a str, dim: usize) -> impl Iterator<Item = &'a Row> {
    select(rows, Part::Batch, quantity).filter(move |row| row.dim == dim)
}

pub(super) fn batch(rows: &[Row]) -> Figure {
    let dims = [8, 64];
    let panel = |title: &str,
                 y: Axis,
                 formula: &dyn Fn(usize) -> Vec<(f64, f64)>,
                 quantity: &'static str,
                 sign: f64| {
        let mut series = Vec::new();
        for (i, dim) in dims.into_iter().enumerate() {
            series.push(Series::new(
                format!("formula, d = {dim}"),
                i + 1,
                Mark::Dashed(formula(dim)),
            ));
            let bars = of_dim(rows, quantity, dim)
                .map(|row| (row.n as f64, sign * row.mean, row.std_error));
            series.push(Series::new(
                format!("mean over batches, d = {dim}"),
                i + 1,
                Mark::points_within_95(bars),
            ));
        }
        Panel {
            title: title.into(),
            x: Axis::log("points in the batch"),
            y,
            series,
        }
    };
    let covariance = |dim: usize| {
        of_dim(rows, "covariance_term", dim)
            .map(|row| (row.n as f64, (dim as f64 - 1.0) / (row.n as f64 - 1.0)))
            .collect()
    };
    let log_det = |dim: usize| {
        of_dim(rows, "half_log_det_formula_nats", dim)
            .map(|row| (row.n as f64, -row.mean))
            .collect()
    };
    Figure {
        id: "batch".into(),
        title: "A batch shows covariances that are not there, and too little entropy".into(),
        panels: vec![
            panel(
                "covariance term",
                Axis::log("covariance term (no unit)"),
                &covariance,
                "covariance_term",
                1.0,
            ),
            panel(
                "Gaussian entropy missed",
                Axis::log("-(1/2) ln det S (nats)"),
                &log_det,
                "half_log_det_nats",
                -1.0,
            ),
        ],
        columns: 2,
        caption: "Independent standard normal coordinates, for which both numbers are zero in the population. Bars are 95 %. The covariance term is (d - 1) / (n - 1) in the mean; the log-determinant follows the formula of digammas for Wishart matrices.".into(),
    }
}
