use vicinfo::experiment::{Effect, Finding, Line};
use vicinfo::stats::Summary;
use vicinfo::training::Preset;

use super::{ENOUGH, Row, curve};

/// An entropy of 64 coordinates that a reader would call small: 0.05 nats each.
const SMALL: f64 = 3.2;

const RAW: &str = "log_det_nats";
const SCALED: &str = "scaled_log_det_nats";
const OTHERS: [(&str, &str); 2] = [
    ("pairwise distances", "scaled_pair_dist_nats"),
    ("nearest neighbours", "scaled_neighbour_entropy_nats"),
];

/// The name of a method in a figure.
pub(super) fn label(method: &str) -> &str {
    Preset::named(method).map_or(method, |preset| preset.label)
}

fn effect(values: &[f64]) -> Option<Effect> {
    let summary = Summary::new(values).ok()?;
    Some(Effect::new(summary.mean, summary.std_error))
}

/// A quantity at the end of the first epoch and at the last step, replicate by replicate. After the first step alone the running
/// statistics of the batch normalisations hold a tenth of one batch, and differ more between networks than methods do.
fn ends(rows: &[Row], data: &str, method: &str, quantity: &str) -> Option<[Vec<f64>; 2]> {
    let curve = curve(rows, data, method, quantity);
    let (first, last) = (curve.get(1)?, curve.last()?);
    (first.1.len() == last.1.len()).then(|| [first.1.clone(), last.1.clone()])
}

fn paired(a: &[f64], b: &[f64]) -> Option<Effect> {
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    (a.len() == b.len()).then(|| effect(&differences))?
}

/// The last value less the first.
fn rise(rows: &[Row], data: &str, method: &str, quantity: &str) -> Option<Effect> {
    let [first, last] = ends(rows, data, method, quantity)?;
    paired(&last, &first)
}

/// What one method ends with beyond another.
fn beyond(rows: &[Row], data: &str, method: &str, other: &str, quantity: &str) -> Option<Effect> {
    let [[_, a], [_, b]] = [
        ends(rows, data, method, quantity)?,
        ends(rows, data, other, quantity)?,
    ];
    paired(&a, &b)
}

fn text(effect: Effect) -> String {
    format!("{:+.1} ± {:.1}", effect.value, effect.std_error)
}

/// The same difference by the other estimators.
fn by_others(read: impl Fn(&'static str) -> Option<Effect>) -> Option<String> {
    let texts = OTHERS
        .iter()
        .map(|(name, quantity)| Some(format!("{} by {name}", text(read(quantity)?))))
        .collect::<Option<Vec<String>>>()?;
    Some(texts.join(", "))
}

pub(super) fn findings(rows: &[Row], data: &str) -> Vec<Finding> {
    let enough = curve(rows, data, "vicreg", RAW)
        .first()
        .is_some_and(|(_, values)| values.len() >= ENOUGH);
    if !enough {
        return Vec::new();
    }
    [
        rises(rows, data),
        rises_scaled(rows, data),
        ranking(rows, data),
        weight(rows, data),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn rises(rows: &[Row], data: &str) -> Option<Finding> {
    let line = Line::at_least(0.0, 0.0, "any rise is one");
    let change = rise(rows, data, "vicreg", RAW)?;
    let jump = |method: &str| {
        let curve = curve(rows, data, method, RAW);
        let jump = paired(&curve.get(1)?.1, &curve.first()?.1)?;
        let then = rise(rows, data, method, RAW)?;
        Some(format!(
            "{} {} and {}",
            label(method),
            text(jump),
            text(then)
        ))
    };
    let all: Vec<String> = ["vicreg", "vicreg_cov25", "simclr", "byol", "barlow_twins"]
        .iter()
        .map(|method| jump(method))
        .collect::<Option<_>>()?;
    let spread = curve(rows, data, "vicreg", "std_embedding");
    let (first, epoch) = (effect(&spread.first()?.1)?, effect(&spread.get(1)?.1)?);
    Some(Finding {
        claim: "entropy-during-training".into(),
        form: format!("{data}: as stated, entropy of the embedding as it is"),
        statement:
            "From the end of the first epoch to the last the entropy of VICReg's embedding rises."
                .into(),
        unit: "nats".into(),
        evidence: format!(
            "change of (1/2) ln det(Cov Z + 1e-6 I) within the first epoch and after it: {}; in the first epoch VICReg's standard deviation goes from {:.3} to {:.3}, which alone is {:.0} nats",
            all.join(", "),
            first.value,
            epoch.value,
            64.0 * (epoch.value / first.value).ln()
        ),
        controls: vec![
            line.refuted(
                "invariance alone, which collapses",
                rise(rows, data, "invariance", RAW)?,
            ),
            line.supported(
                "VICReg with the log-determinant added",
                rise(rows, data, "vicreg_plus_log_det", RAW)?,
            ),
        ],
        ..line.judge(change)
    })
}

fn rises_scaled(rows: &[Row], data: &str) -> Option<Finding> {
    let line = Line::at_least(0.0, 0.0, "any rise is one");
    let change = rise(rows, data, "vicreg", SCALED)?;
    let others: Vec<String> = ["simclr", "byol", "barlow_twins", "vicreg_cov25"]
        .iter()
        .map(|method| {
            Some(format!(
                "{} {}",
                label(method),
                text(rise(rows, data, method, SCALED)?)
            ))
        })
        .collect::<Option<_>>()?;
    Some(Finding {
        claim: "entropy-during-training".into(),
        form: format!("{data}: corrected for the scale"),
        statement: "From the end of the first epoch to the last the entropy of VICReg's embedding, scaled to a mean variance of 1, rises.".into(),
        unit: "nats".into(),
        evidence: format!(
            "change of the scaled log-determinant {} ({}); {}",
            text(change),
            by_others(|quantity| rise(rows, data, "vicreg", quantity))?,
            others.join(", ")
        ),
        controls: vec![
            line.refuted(
                "invariance alone, not scaled: it collapses",
                rise(rows, data, "invariance", RAW)?,
            ),
            line.supported(
                "the same curve read backwards",
                Effect::new(-change.value, change.std_error),
            ),
        ],
        ..line.judge(change)
    })
}

fn ranking(rows: &[Row], data: &str) -> Option<Finding> {
    let line = Line::at_least(0.0, SMALL, "0.05 nats a coordinate are no order of methods");
    let against =
        |method: &str, quantity: &'static str| beyond(rows, data, method, "simclr", quantity);
    let difference = against("vicreg", SCALED)?;
    Some(Finding {
        claim: "entropy-during-training".into(),
        form: format!("{data}: as stated, the order of the methods"),
        statement: "VICReg with its published weights ends with more entropy than SimCLR, embeddings scaled to a mean variance of 1.".into(),
        unit: "nats, VICReg less SimCLR".into(),
        evidence: format!(
            "{} by the scaled log-determinant, {}; BYOL less SimCLR {}",
            text(difference),
            by_others(|quantity| against("vicreg", quantity))?,
            text(against("byol", SCALED)?)
        ),
        controls: vec![
            line.refuted("Barlow Twins in its place", against("barlow_twins", SCALED)?),
            line.supported(
                "VICReg with the log-determinant in place of the covariance term",
                against("vicreg_log_det", SCALED)?,
            ),
        ],
        ..line.judge(difference)
    })
}

fn weight(rows: &[Row], data: &str) -> Option<Finding> {
    let line = Line::at_least(0.0, SMALL, "0.05 nats a coordinate are no order of methods");
    let against =
        |method: &str, quantity: &'static str| beyond(rows, data, method, "simclr", quantity);
    let difference = against("vicreg_cov25", SCALED)?;
    let [_, invariance] = ends(rows, data, "vicreg_cov25", "relative_invariance")?;
    let [_, published] = ends(rows, data, "vicreg", "relative_invariance")?;
    Some(Finding {
        claim: "entropy-during-training".into(),
        form: format!("{data}: the order is one of hyperparameters"),
        statement: "VICReg with a covariance weight of 25 ends with more entropy than SimCLR."
            .into(),
        unit: "nats, VICReg less SimCLR".into(),
        evidence: format!(
            "{} by the scaled log-determinant, {}; the distance of two views, relative to that of two images, is {:.2} with a weight of 25 and {:.2} with 1: entropy can rise by what is not invariant",
            text(difference),
            by_others(|quantity| against("vicreg_cov25", quantity))?,
            effect(&invariance)?.value,
            effect(&published)?.value
        ),
        controls: vec![line.refuted(
            "VICReg with the published weight of 1",
            against("vicreg", SCALED)?,
        )],
        ..line.judge(difference)
    })
}
