use vicinfo::experiment::distinct;
use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};

use super::{
    BETWEEN, LAWS, LAYERS, LEVEL, LINE, PAPER, PAPER_LEVELS, Part, Row, SIMCLR, TESTS, UNTRAINED,
    VICREG, VICREG_LOG_DET, at, curve, label as label_of, layer_of, select, subjects,
};

/// Methods of the figure of trained networks, with their styles.
const METHODS: [(&str, usize); 4] = [
    (VICREG, 1),
    (SIMCLR, 2),
    (VICREG_LOG_DET, 3),
    (UNTRAINED, 5),
];

/// A line with a band of two standard errors.
fn band<'a>(rows: impl Iterator<Item = &'a Row>) -> Mark {
    let mut line = Vec::new();
    let mut band = Vec::new();
    for row in rows {
        line.push((row.noise, row.value));
        let reach = 2.0 * row.std_error;
        band.push((row.noise, row.value - reach, row.value + reach));
    }
    Mark::Band { line, band }
}

pub(super) fn p_value(rows: &[Row]) -> Figure {
    let subjects = subjects(rows);
    let in_paper = |row: &&Row| row.noise >= PAPER.0;
    let mut series: Vec<Series> = (subjects.iter().enumerate())
        .map(|(i, subject)| {
            let rows = curve(rows, subject, "p_value").filter(in_paper);
            Series::new(subject.as_str(), i + 1, band(rows))
        })
        .collect();
    if let Some(subject) = subjects.first() {
        let rows = curve(rows, subject, "affine_p_value").filter(in_paper);
        let line = rows.map(|row| (row.noise, row.value)).collect();
        series.push(Series::new(
            "affine map of the image (Gaussian)",
            0,
            Mark::Dashed(line),
        ));
    }
    series.push(Series::new(
        "0.01, the paper's line",
        6,
        Mark::Horizontal(LINE),
    ));
    Figure {
        id: "p-value".into(),
        title: "Mean p-value of the outputs against the noise on the input".into(),
        columns: 1,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("standard deviation of the noise on the input (pixels in [0, 1])"),
            y: Axis::linear("mean p-value, D'Agostino-Pearson").between(0.0, 0.6),
            series,
        }],
        caption: "Mean p-value of D'Agostino and Pearson's test over the outputs of a network whose input is an image with isotropic Gaussian noise, at the paper's 15 levels; bands are two standard errors over pairs of image and network. A Gaussian output gives 0.5 on average whatever the noise.".into(),
    }
}

pub(super) fn mechanism(rows: &[Row]) -> Figure {
    let quantities = [
        ("rejected", "outputs rejected at 5 %", 1),
        ("hidden_rejected", "last hidden units rejected at 5 %", 2),
        ("joint_rejected", "eight outputs rejected jointly", 6),
        ("leave", "draws that leave the region", 3),
        ("flips", "hidden units that change state", 4),
        ("remainder", "squared departure from the affine map", 5),
    ];
    let subjects = subjects(rows);
    let panels: Vec<Panel> = (subjects.iter())
        .map(|subject| {
            let mut series: Vec<Series> = (quantities.iter())
                .map(|(quantity, label, style)| {
                    Series::new(*label, *style, band(curve(rows, subject, quantity)))
                })
                .collect();
            let affine = curve(rows, subject, "affine_rejected");
            series.push(Series::new(
                "outputs of the affine map rejected (Gaussian)",
                0,
                Mark::Dashed(affine.map(|row| (row.noise, row.value)).collect()),
            ));
            Panel {
                title: subject.clone(),
                x: Axis::log("standard deviation of the noise"),
                y: Axis::linear("share").between(-0.02, 1.02),
                series,
            }
        })
        .collect();
    Figure {
        id: "mechanism".into(),
        title: "What a test of the outputs says, and what the noise does inside the network".into(),
        columns: if panels.len() == 1 { 1 } else { 2 },
        panels,
        caption: "Shares against the noise, with bands of two standard errors. That outputs pass the test shows that the noise stays in the region of the image only if they are rejected wherever draws leave it. An output sums over the last hidden units; the squared departure is relative to the variance of the affine map.".into(),
    }
}

pub(super) fn trained(rows: &[Row]) -> Figure {
    let mut panels = Vec::new();
    let trained = rows.iter().filter(|row| row.part == Part::Trained);
    let data = distinct(trained.map(|row| row.data.as_str()));
    for set in &data {
        let rows: Vec<Row> = (rows.iter())
            .filter(|row| row.part == Part::Trained && row.data == *set)
            .cloned()
            .collect();
        let panel = |title: String, label: &str, layer: &str, quantity: &str| {
            let mut series = Vec::new();
            for (method, style) in METHODS.map(|(id, style)| (label_of(id), style)) {
                let subject = layer_of(method, layer);
                let rows: Vec<&Row> = curve(&rows, &subject, quantity).collect();
                if !rows.is_empty() {
                    series.push(Series::new(method, style, band(rows.into_iter())));
                }
            }
            Panel {
                title: match data.len() {
                    1 => title,
                    _ => format!("{set}: {title}"),
                },
                x: Axis::log("standard deviation of the noise"),
                y: Axis::linear(label),
                series,
            }
        };
        for (quantity, name, label, reference, highest) in [
            ("p_value", "p-values", "mean p-value", 0.5, 0.6),
            (
                "rejected",
                "rejections",
                "share rejected at 5 %",
                LEVEL,
                1.0,
            ),
        ] {
            for layer in LAYERS {
                let mut panel = panel(format!("{layer}: {name}"), label, layer, quantity);
                let gaussian = Mark::Horizontal(reference);
                (panel.series).push(Series::new("a Gaussian", 0, gaussian));
                if quantity == "p_value" {
                    let line = Mark::Horizontal(LINE);
                    (panel.series).push(Series::new("0.01, the paper's line", 6, line));
                }
                panel.y = panel.y.between(0.0, highest);
                panels.push(panel);
            }
        }
        let [_, embeddings] = LAYERS;
        panels.extend([
            panel(
                format!("{embeddings}: the region of the image"),
                "share of draws that leave",
                embeddings,
                "leave",
            ),
            panel(
                format!("{embeddings}: hidden units"),
                "share that change state",
                embeddings,
                "flips",
            ),
        ]);
    }
    Figure {
        id: "trained".into(),
        title: "Trained networks: what the test says, and what the noise does".into(),
        columns: 2,
        panels,
        caption: format!(
            "D'Agostino and Pearson's test on the representations (means of ReLUs) and on the embeddings (linear in 256 hidden units) of small convolutional networks trained here, and before training{}; bands are two standard errors over networks that were each trained from a seed of its own. All draws leave the region of the image long before the test notices.{} When the test notices is not a matter of how many units are summed alone: the embeddings of all methods sum as many{}.",
            levels(rows),
            on_faces(rows),
            noticed(rows)
        ),
    }
}

/// How many levels of noise networks that are trained were read at, beside those of the paper's figure.
fn levels(rows: &[Row]) -> String {
    let mut levels: Vec<f64> = (rows.iter())
        .filter(|row| row.part == Part::Trained && row.noise > 0.0)
        .map(|row| row.noise)
        .collect();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    let in_paper = levels.iter().filter(|level| **level >= PAPER.0).count();
    format!(
        ", at {} levels of the noise, {in_paper} of them from {} to {}, where the paper has {PAPER_LEVELS}",
        levels.len(),
        PAPER.0,
        PAPER.1
    )
}

/// What leaves without any noise to speak of: see the module documentation.
fn on_faces(rows: &[Row]) -> String {
    let [_, embeddings] = LAYERS;
    let subject = layer_of(label_of(UNTRAINED), embeddings);
    let smallest = curve(rows, &subject, "leave").min_by(|a, b| a.noise.total_cmp(&b.noise));
    smallest.map_or_else(String::new, |row| {
        format!(
            " Before training units have no biases, so that images with an all-black patch lie on faces: {:.1} % of the draws leave at noise {:e}.",
            100.0 * row.value, row.noise
        )
    })
}

/// What the test rejects at [`BETWEEN`].
fn noticed(rows: &[Row]) -> String {
    let [_, embeddings] = LAYERS;
    let shares: Vec<String> = (METHODS.iter())
        .map(|(id, _)| label_of(id))
        .filter_map(|method| {
            let subject = layer_of(method, embeddings);
            let row = at(rows, &subject, "rejected", BETWEEN)?;
            Some(format!("{:.0} % ({method})", 100.0 * row.value))
        })
        .collect();
    if shares.is_empty() {
        String::new()
    } else {
        format!(", and at noise {BETWEEN} it rejects {}", shares.join(", "))
    }
}

pub(super) fn points(rows: &[Row]) -> Figure {
    let mut draws: Vec<usize> = (rows.iter())
        .filter(|row| row.part == Part::Points)
        .map(|row| row.draws)
        .collect();
    draws.sort_unstable();
    draws.dedup();
    let subject = (rows.iter())
        .find(|row| row.part == Part::Points)
        .map(|row| row.subject.clone())
        .unwrap_or_default();
    let of = |quantity: &'static str, draws: usize| {
        select(rows, Part::Points, &subject, quantity).filter(move |row| row.draws == draws)
    };
    let panel = |title: &str, label: &str, quantity: &'static str| Panel {
        title: title.into(),
        x: Axis::log("standard deviation of the noise"),
        y: Axis::linear(label),
        series: (draws.iter().enumerate())
            .map(|(i, &draws)| {
                Series::new(format!("{draws} draws"), i + 1, band(of(quantity, draws)))
            })
            .collect(),
    };
    let mut rejected = panel("rejections at 5 %", "share of outputs rejected", "rejected");
    rejected
        .series
        .push(Series::new("5 %", 0, Mark::Horizontal(LEVEL)));
    Figure {
        id: "draws".into(),
        title: "The same law tested with few and with many draws".into(),
        columns: 2,
        panels: vec![rejected, panel("mean p-value", "mean p-value", "p_value")],
        caption: format!(
            "The same law ({subject}) at several numbers of draws of the noise; bands are two standard errors. At a noise the law is the same for all: where the lines part, the test tells the number of draws."
        ),
    }
}

pub(super) fn blind(rows: &[Row]) -> Figure {
    let rate = |law: &str, test: &str| {
        select(rows, Part::Blind, law, test)
            .next()
            .map(|row| 100.0 * row.value)
    };
    let values: Vec<Vec<Option<f64>>> = (LAWS.iter())
        .map(|(law, _)| TESTS.iter().map(|test| rate(law, test)).collect())
        .collect();
    Figure {
        id: "blind-spots".into(),
        title: "What each test of normality sees".into(),
        columns: 1,
        panels: vec![Panel::heat_map(
            String::new(),
            ("test, calibrated to 5 %", TESTS.map(str::to_owned).to_vec()),
            ("law", LAWS.map(|(law, _)| law.to_owned()).to_vec()),
            "samples rejected (%)",
            &values,
            100.0,
        )],
        caption: "Share of samples that each test rejects at 5 %, all calibrated by simulation. The cube has independent signs as coordinates; in the sign-XOR normal any d - 1 coordinates are independent standard normals and the product of all signs is positive.".into(),
    }
}
