use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};

use super::chain::{FIXED, STEPS};
use super::{Part, ROUNDING, Row, Source, select};

/// Levels of a source, in the order of the steps.
fn levels(rows: &[Row], source: Source) -> Vec<f64> {
    select(rows, Part::Chain, "level_nats")
        .filter(|row| row.source == source)
        .map(|row| row.mean)
        .collect()
}

/// Of the nats that steps lose, how many the decoder's fixed variance does, in words.
fn dearest(rows: &[Row], source: Source) -> String {
    let levels = levels(rows, source);
    let losses = levels.windows(2).map(|pair| (pair[0] - pair[1]).max(0.0));
    let fixed = losses.clone().nth(FIXED - 1).unwrap_or(f64::NAN);
    let all: f64 = losses.sum();
    format!("{fixed:.2} of {all:.2} ({:.0} %)", 100.0 * fixed / all)
}

/// What is left after each step, what the step lost or added to the one before.
fn waterfall(rows: &[Row], source: Source, title: &str) -> Panel {
    let levels = levels(rows, source);
    let (mut kept, mut lost, mut added) = (Vec::new(), Vec::new(), Vec::new());
    for (step, &level) in levels.iter().enumerate() {
        let before = if step == 0 { level } else { levels[step - 1] };
        let block = |from: f64, to: f64| {
            let middle = step as f64;
            (middle - 0.36, middle + 0.36, from.min(to), from.max(to))
        };
        // On its side of zero; nothing where the step crosses it.
        let nearest = 0_f64.clamp(level.min(before), level.max(before));
        if nearest.abs() > 0.0 {
            kept.push(block(0.0, nearest));
        }
        if level < before - ROUNDING {
            lost.push(block(level, before));
        } else if level > before + ROUNDING {
            added.push(block(before, level));
        }
    }
    let names = (STEPS.iter().zip(&levels))
        .map(|(step, level)| format!("{step}: {level:.2}").replace('-', "\u{2212}"))
        .collect();
    let mut series = vec![
        Series::new("left", 1, Mark::Blocks(kept)),
        Series::new("lost in this step", 2, Mark::Blocks(lost)),
    ];
    if !added.is_empty() {
        series.push(Series::new(
            "added in this step, no longer a bound",
            4,
            Mark::Blocks(added),
        ));
    }
    if let Some(information) = levels.first() {
        series.push(Series::new(
            "information I(Z; X')",
            0,
            Mark::Horizontal(*information),
        ));
    }
    Panel {
        title: title.into(),
        x: Axis::names("", names),
        y: Axis::linear("information and forms (nats)"),
        series,
    }
}

pub(super) fn chain(rows: &[Row]) -> Figure {
    Figure {
        id: "nats".into(),
        title: "From the information to VICReg's form, the decoder's fixed variance 1 loses most"
            .into(),
        panels: vec![
            waterfall(rows, Source::Best, "best linear encoder, 16 to 4"),
            waterfall(rows, Source::Random, "random linear encoders, 16 to 4"),
            waterfall(rows, Source::Prototypes, "four prototypes on a line"),
        ],
        columns: 3,
        caption: format!(
            "Each step replaces one part of the form before it, at features of standard deviation 1; its value in nats stands behind its name. After the information: the bound with the best linear Gaussian decoder of Z from X'; the log-determinant in place of H(Z); Z' in place of X' behind the decoder; the mean z' in place of the regression on z', its covariance fitted; one variance for all directions; variance 1, the invariance term; the covariance penalty in place of the log-determinant. Of what is lost, the fixed variance 1 loses {} nats at the best encoder, {} at random ones and {} on four prototypes; these lose the rest to a decoder that is linear, and the log-determinant then adds {:.2} nats, with which the form claims more than there is. Noise variance 0.09 on the numbers -3, -1, 1, 3; random encoders are means over the replicates.",
            dearest(rows, Source::Best),
            dearest(rows, Source::Random),
            dearest(rows, Source::Prototypes),
            (levels(rows, Source::Prototypes).windows(2))
                .map(|pair| pair[1] - pair[0])
                .fold(f64::NAN, f64::max),
        ),
    }
}

/// A quantity of the part on the noise against its variance.
fn against_noise(rows: &[Row], source: Source, quantity: &str) -> Vec<(f64, f64)> {
    // Beyond, all that is left is noise.
    select(rows, Part::Noise, quantity)
        .filter(|row| row.source == source && row.x <= 3.0)
        .map(|row| (row.x, row.mean))
        .collect()
}

pub(super) fn noise(rows: &[Row]) -> Figure {
    let panel = |title: &str, source: Source| {
        let line = |quantity: &str| against_noise(rows, source, quantity);
        Panel {
            title: title.into(),
            x: Axis::log("variance of the noise"),
            y: Axis::linear("information and forms (nats)"),
            series: vec![
                Series::new("as stated", 2, Mark::Line(line("stated_form_nats"))),
                Series::new(
                    "log-determinant for the entropy, best linear Gaussian decoder",
                    4,
                    Mark::Line(line("log_det_form_nats")),
                ),
                Series::new(
                    "bound, best linear Gaussian decoder",
                    3,
                    Mark::Line(line("best_gaussian_bound_nats")),
                ),
                Series::new(
                    "bound, decoder N(z', I) (corrected form)",
                    1,
                    Mark::Line(line("unit_bound_nats")),
                ),
                Series::new("information", 0, Mark::Line(line("information_nats"))),
            ],
        }
    };
    Figure {
        id: "stated".into(),
        title: "The form as stated lies above the information at every noise shown; the corrected one below".into(),
        panels: vec![
            panel("a Gaussian number of variance 1", Source::Gaussian),
            panel("four numbers, -3, -1, 1, 3", Source::Prototypes),
        ],
        columns: 2,
        caption: "One number seen twice with noise; the embedding is what is seen. Entropies and informations in closed form or by quadrature. The stated log-likelihood grows without limit as the noise vanishes. On four numbers the information cannot exceed ln 4, which the log-determinant in place of the entropy does. For the Gaussian number information, log-determinant form and best bound are one line.".into(),
    }
}

pub(super) fn scale(rows: &[Row]) -> Figure {
    let along = |quantity: &str| -> Vec<Row> {
        (select(rows, Part::Scale, quantity).filter(|row| row.x > 0.0))
            .cloned()
            .collect()
    };
    let band = |quantity: &str| {
        let rows = along(quantity);
        Mark::Band {
            line: rows.iter().map(|row| (row.x, row.mean)).collect(),
            band: rows.iter().map(|row| (row.x, row.min, row.max)).collect(),
        }
    };
    let line = |quantity: &str| {
        along(quantity)
            .iter()
            .map(|row| (row.x, row.mean))
            .collect()
    };
    let jensen = |quantity: &str| against_noise(rows, Source::Gaussian, quantity);
    Figure {
        id: "scale".into(),
        title: "A decoder of fixed variance measures the scale of the embedding; Jensen's step costs where there is noise".into(),
        panels: vec![
            Panel {
                title: "scaling a random encoder, 16 to 4".into(),
                x: Axis::log("standard deviation of a feature"),
                y: Axis::linear("information and bounds (nats)").between(-20.0, 6.0),
                series: vec![
                    Series::new("decoder N(z', I)", 1, band("unit_bound_nats")),
                    Series::new(
                        "decoder N(z', v I), v fitted",
                        3,
                        Mark::Line(line("scaled_bound_nats")),
                    ),
                    Series::new("information", 0, Mark::Dashed(line("information_nats"))),
                ],
            },
            Panel {
                title: "a Gaussian number of variance 1".into(),
                x: Axis::log("variance of the noise"),
                y: Axis::linear("information and bounds (nats)"),
                series: vec![
                    Series::new(
                        "before Jensen's inequality, q = E N(z', I)",
                        4,
                        Mark::Line(jensen("before_jensen_nats")),
                    ),
                    Series::new(
                        "after it (corrected form)",
                        2,
                        Mark::Line(jensen("unit_bound_nats")),
                    ),
                    Series::new(
                        "information",
                        0,
                        Mark::Dashed(jensen("information_about_source_nats")),
                    ),
                ],
            },
        ],
        columns: 2,
        caption: "Left: the information does not depend on the scale of the embedding, the bound with a decoder of variance 1 does; means over random encoders, band: their range. Right: what is seen of the number, decoded from the number itself, with q averaged over the other embedding before the logarithm and after it; the information is that about the number.".into(),
    }
}
