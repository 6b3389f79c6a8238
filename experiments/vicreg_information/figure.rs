use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};

use super::{INFORMATIVE, Row, STEPS, Setting, select, widths};

/// Mean over the seeds with its range, after the start (a logarithmic axis has no 0).
fn band(rows: &[Row], setting: Setting, quantity: &str, k: usize) -> Mark {
    let rows: Vec<&Row> = select(rows, setting, quantity)
        .filter(|row| row.k == k && row.step > 0)
        .collect();
    Mark::Band {
        line: (rows.iter())
            .map(|row| (row.step as f64, row.mean))
            .collect(),
        band: (rows.iter())
            .map(|row| (row.step as f64, row.min, row.max))
            .collect(),
    }
}

fn steps() -> Axis {
    Axis::log("updates of the encoder")
}

fn maximum(rows: &[Row], k: usize) -> Option<f64> {
    let mut maxima = select(rows, Setting::Full, "maximum_nats").filter(|row| row.k == k);
    maxima.next().map(|row| row.mean)
}

pub(super) fn path(rows: &[Row]) -> Figure {
    let widths = widths(rows);
    let loss = widths.iter().map(|&k| Panel {
        title: format!("k = {k}"),
        x: steps(),
        y: Axis::linear("VICReg loss"),
        series: vec![Series::new(
            "VICReg loss",
            2,
            band(rows, Setting::Full, "loss", k),
        )],
    });
    let information = widths.iter().map(|&k| Panel {
        title: String::new(),
        x: steps(),
        y: Axis::linear("I(Z; Z') (nats)"),
        series: (maximum(rows, k).map(Mark::Horizontal).into_iter())
            .map(|mark| Series::new("maximum over linear encoders of this width", 0, mark))
            .chain([Series::new(
                "information between the embeddings",
                1,
                band(rows, Setting::Full, "information_nats", k),
            )])
            .collect(),
    });
    Figure {
        id: "path".into(),
        title: "The loss falls at every width; the information rises to its maximum, but at k = d ends below its start".into(),
        panels: loss.chain(information).collect(),
        columns: widths.len(),
        caption: format!("Linear encoders with k features, trained on VICReg (25, 25, 1) on Gaussian views in 16 dimensions, {INFORMATIVE} of them informative. Lines are means over the seeds, bands their range. Information in closed form above a noise floor of variance 1e-4; dashed: the largest any linear encoder of the width keeps (canonical correlations). Axes do not start at 0."),
    }
}

/// The settings in the order of the legend, with their styles.
const SETTINGS: [(Setting, &str, usize); 8] = [
    (Setting::Full, "VICReg", 1),
    (
        Setting::StrongInvariance,
        "VICReg, ten times the invariance",
        8,
    ),
    (Setting::LogDet, "invariance and log-determinant", 3),
    (Setting::NoInvariance, "without invariance", 5),
    (Setting::NoCovariance, "without covariance", 4),
    (Setting::NoVariance, "without variance", 6),
    (Setting::InvarianceOnly, "invariance alone", 2),
    (Setting::ScaleFree, "invariance and Barlow Twins", 7),
];

pub(super) fn ratio(rows: &[Row]) -> Figure {
    let widths = widths(rows);
    let place = |k: usize| widths.iter().position(|width| *width == k).unwrap_or(0) as f64;
    let series = (SETTINGS.iter().enumerate()).map(|(i, (setting, label, style))| {
        let bars = select(rows, *setting, "ratio")
            .filter(|row| row.step == STEPS)
            // Side by side, so that no setting hides another.
            .map(|row| {
                let x = place(row.k) + (i as f64 - 3.5) * 0.11;
                (x, row.mean, row.std_error)
            });
        Series::new(*label, *style, Mark::Bars(bars.collect()))
    });
    let all = Series::new(
        "all that a linear encoder can keep",
        0,
        Mark::Horizontal(1.0),
    );
    Figure {
        id: "ratio".into(),
        title: "Up to 8 features VICReg needs all its terms; at k = d the log-determinant keeps more".into(),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::names(
                "features of the encoder",
                widths.iter().map(|k| format!("k = {k}")).collect(),
            ),
            y: Axis::linear("share of the largest I(Z; Z') at this width"),
            series: [all].into_iter().chain(series).collect(),
        }],
        columns: 1,
        caption: "Information between the embeddings at the end of training, above a noise floor of variance 1e-4, over the largest that a linear encoder with k features keeps. Bars are standard errors over the seeds; points of one width stand side by side. VICReg's weights are 25, 25, 1; ten times the invariance is 250, 25, 1.".into(),
    }
}

pub(super) fn collapse(rows: &[Row]) -> Figure {
    let k = (widths(rows).into_iter())
        .rfind(|&k| k <= INFORMATIVE)
        .unwrap_or(1);
    let panel = |title: &str, quantity: &str, y: Axis, settings: &[Setting]| Panel {
        title: title.into(),
        x: steps(),
        y,
        series: (SETTINGS.iter())
            .filter(|(setting, ..)| settings.contains(setting))
            .map(|(setting, label, style)| {
                Series::new(*label, *style, band(rows, *setting, quantity, k))
            })
            .collect(),
    };
    let top = 1.03 * maximum(rows, k).unwrap_or(1.0);
    let nats = || Axis::linear("I(Z; Z') (nats)").between(0.0, top);
    let all = [
        Setting::Full,
        Setting::LogDet,
        Setting::InvarianceOnly,
        Setting::ScaleFree,
    ];
    Figure {
        id: "collapse".into(),
        title: "Invariance collapses the encoder unless another term sees its scale; with Barlow Twins the scale-free numbers stay high"
            .into(),
        panels: vec![
            panel(
                "scale: standard deviation",
                "std",
                Axis::log("mean standard deviation of a feature"),
                &all,
            ),
            panel(
                "scale-free: effective rank",
                "effective_rank_share",
                Axis::linear("effective rank / k").between(0.0, 1.03),
                &all,
            ),
            panel("information above a noise floor", "information_nats", nats(), &all),
            panel(
                "information without a noise floor",
                "information_without_floor_nats",
                nats(),
                &all,
            ),
        ],
        columns: 2,
        caption: format!(
            "Linear encoders with k = {k} features on Gaussian views; lines are means over the seeds, bands their range. Invariance alone collapses the standard deviation, and with it the information above a noise floor of variance 1e-4; so does invariance with a loss on standardised features (Barlow Twins), whose effective rank and information without a floor stay those of the best encoder. With invariance alone the effective rank falls as well, by an amount that depends on the start. Encoders below 1e-6 are not trained on."
        ),
    }
}
