use vicinfo::experiment::{Effect, Finding, Line};
use vicinfo::stats::{Summary, student_t_quantile};
use vicinfo::training::Preset;

use super::{ENOUGH, Row, replicates, select};

/// An entropy of 64 coordinates that a reader would call small: 0.05 nats each.
const SMALL: f64 = 3.2;

const RAW: &str = "log_det_nats";
const LOG_DET: &str = "scaled_log_det_nats";
const SCALED: [(&str, &str); 3] = [
    ("log-determinant", LOG_DET),
    ("pairwise distances", "scaled_pair_dist_nats"),
    ("nearest neighbours", "scaled_neighbour_entropy_nats"),
];

/// The name of a method in a figure.
pub(super) fn label(method: &str) -> &str {
    Preset::named(method).map_or(method, |preset| preset.label)
}

/// Level of a decision, two-sided.
const LEVEL: f64 = 0.01;

/// The mean of values of replicates, to be decided by Student's t.
fn effect(values: &[f64]) -> Option<Effect> {
    let summary = Summary::new(values).ok()?;
    let freedom = (values.len() - 1) as f64;
    let quantile = student_t_quantile(1.0 - LEVEL / 2.0, freedom).ok()?;
    Some(Effect::new(summary.mean, summary.std_error).keeping(quantile))
}

/// When networks are read.
#[derive(Clone, Copy)]
enum When {
    /// After the first step.
    Step,
    /// At the end of the first epoch.
    Epoch,
    /// After the last step.
    End,
}

/// A quantity of a method at a time: `(replicate, value)`. None where not all replicates have it: a mean over those that have
/// not collapsed would be one of others.
fn at(
    rows: &[Row],
    data: &str,
    method: &str,
    quantity: &str,
    when: When,
) -> Option<Vec<(usize, f64)>> {
    let epochs = || {
        let of_data = rows.iter().filter(|row| row.data == data);
        of_data.map(|row| row.epoch)
    };
    let epoch = match when {
        When::Step => epochs().fold(f64::INFINITY, f64::min),
        When::Epoch => 1.0,
        When::End => epochs().fold(0.0, f64::max),
    };
    let values: Vec<(usize, f64)> = select(rows, data, method, quantity)
        .filter(|row| row.epoch.total_cmp(&epoch).is_eq())
        .map(|row| (row.replicate, row.value))
        .collect();
    (values.len() == replicates(rows, data)).then_some(values)
}

/// Mean of a quantity over the replicates.
fn mean(rows: &[Row], data: &str, method: &str, quantity: &str, when: When) -> Option<f64> {
    let values = at(rows, data, method, quantity, when)?;
    let values: Vec<f64> = values.into_iter().map(|(_, value)| value).collect();
    Some(effect(&values)?.value)
}

/// Mean of the differences, replicate by replicate.
fn paired(a: &[(usize, f64)], b: &[(usize, f64)]) -> Option<Effect> {
    let differences = (a.iter().zip(b))
        .map(|((replicate, value), (other, subtracted))| {
            (replicate == other).then_some(value - subtracted)
        })
        .collect::<Option<Vec<f64>>>()?;
    effect(&differences)
}

/// The last value less the one at a time before.
fn rise(rows: &[Row], data: &str, method: &str, quantity: &str, from: When) -> Option<Effect> {
    let value = |when| at(rows, data, method, quantity, when);
    paired(&value(When::End)?, &value(from)?)
}

/// What one method ends with beyond another.
fn beyond(rows: &[Row], data: &str, method: &str, other: &str, quantity: &str) -> Option<Effect> {
    let end = |method| at(rows, data, method, quantity, When::End);
    paired(&end(method)?, &end(other)?)
}

fn text(effect: Effect) -> String {
    format!("{:+.1} ± {:.1}", effect.value, effect.std_error)
}

/// A difference by every estimator, of the embedding scaled.
fn by_all(read: impl Fn(&'static str) -> Option<Effect>) -> Option<String> {
    let texts = SCALED
        .iter()
        .map(|(name, quantity)| Some(format!("{} by {name}", text(read(quantity)?))))
        .collect::<Option<Vec<String>>>()?;
    Some(texts.join(", "))
}

pub(super) fn findings(rows: &[Row], data: &str) -> Vec<Finding> {
    if replicates(rows, data) < ENOUGH {
        return Vec::new();
    }
    // One is left out where an embedding that it compares has collapsed, so that there is no entropy to compare.
    [
        rises(rows, data, When::Step),
        rises(rows, data, When::Epoch),
        rises_scaled(rows, data),
        ranking(rows, data),
        weight(rows, data),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Methods whose rises are told.
const TOLD: [&str; 6] = [
    "vicreg",
    "vicreg_cov25",
    "vicreg_log_det",
    "simclr",
    "byol",
    "barlow_twins",
];

/// What the first step in place of the first epoch says, about which so many replicates may decide nothing.
fn from_first_step(line: &Line, rows: &[Row], data: &str, quantity: &str) -> Option<String> {
    let change = rise(rows, data, "vicreg", quantity, When::Step)?;
    Some(format!(
        "from the first step {} ({})",
        text(change),
        line.decide(change)
    ))
}

fn any_rise() -> Line {
    Line::at_least(
        0.0,
        0.0,
        "any rise is one; decided by Student's t over the replicates, level 1 %",
    )
}

fn rises(rows: &[Row], data: &str, from: When) -> Option<Finding> {
    let line = any_rise();
    let change = |method: &str| rise(rows, data, method, RAW, from);
    let told: Vec<String> = TOLD
        .iter()
        .map(|method| {
            let value = |when| at(rows, data, method, RAW, when);
            let jump = paired(&value(When::Epoch)?, &value(When::Step)?)?;
            let then = rise(rows, data, method, RAW, When::Epoch)?;
            Some(format!(
                "{} {} and {}",
                label(method),
                text(jump),
                text(then)
            ))
        })
        .collect::<Option<_>>()?;
    let spread = |when| mean(rows, data, "vicreg", "std_embedding", when);
    let (first, epoch) = (spread(When::Step)?, spread(When::Epoch)?);
    let (form, since) = match from {
        When::Step => ("from the first step", "From the first step to the last"),
        _ => (
            "after the first epoch",
            "From the end of the first epoch to the last step",
        ),
    };
    Some(Finding {
        claim: "entropy-during-training".into(),
        form: format!("{data}: as stated, {form}"),
        statement: format!("{since} the entropy of VICReg's embedding, as it is, rises."),
        unit: "nats".into(),
        evidence: format!(
            "change of (1/2) ln det(Cov Z + 1e-6 I) within the first epoch and after it: {}; in the first epoch VICReg's standard deviation goes from {first:.3} to {epoch:.3}, which alone is {:.0} nats",
            told.join(", "),
            64.0 * (epoch / first).ln()
        ),
        controls: vec![
            line.refuted("invariance alone, which collapses", change("invariance")?),
            line.supported(
                "VICReg with the log-determinant added",
                change("vicreg_plus_log_det")?,
            ),
        ],
        ..line.judge(change("vicreg")?)
    })
}

fn rises_scaled(rows: &[Row], data: &str) -> Option<Finding> {
    let line = any_rise();
    let after = |method: &str, quantity: &str| rise(rows, data, method, quantity, When::Epoch);
    let change = after("vicreg", LOG_DET)?;
    let told: Vec<String> = TOLD
        .iter()
        .map(|method| {
            let by_all = by_all(|quantity| after(method, quantity))?;
            Some(format!("{} {by_all}", label(method)))
        })
        .collect::<Option<_>>()?;
    Some(Finding {
        claim: "entropy-during-training".into(),
        form: format!("{data}: scaled, after the first epoch"),
        statement: "From the end of the first epoch to the last step the entropy of VICReg's embedding, scaled to a mean variance of 1, rises (by the log-determinant).".into(),
        unit: "nats".into(),
        evidence: format!(
            "{}; by the log-determinant VICReg {}",
            told.join("; "),
            from_first_step(&line, rows, data, LOG_DET)?
        ),
        controls: vec![
            line.refuted(
                "VICReg without its covariance term, whose dimensions collapse",
                after("vicreg_without_covariance", LOG_DET)?,
            ),
            line.supported(
                "its networks after the first epoch, and at the end those of VICReg with the log-determinant in place of the covariance term, whose loss contains it",
                paired(
                    &at(rows, data, "vicreg_log_det", LOG_DET, When::End)?,
                    &at(rows, data, "vicreg", LOG_DET, When::Epoch)?,
                )?,
            ),
        ],
        ..line.judge(change)
    })
}

fn an_order() -> Line {
    Line::at_least(
        SMALL,
        0.0,
        "less than 0.05 nats a coordinate are no order of methods; decided by Student's t over the replicates, level 1 %",
    )
}

fn ranking(rows: &[Row], data: &str) -> Option<Finding> {
    let line = an_order();
    let against =
        |method: &str, quantity: &'static str| beyond(rows, data, method, "simclr", quantity);
    let difference = against("vicreg", LOG_DET)?;
    Some(Finding {
        claim: "entropy-during-training".into(),
        form: format!("{data}: as stated, the order of the methods"),
        statement: format!(
            "VICReg with its published weights ends with more entropy than SimCLR, by more than {SMALL} nats, embeddings scaled to a mean variance of 1 (by the log-determinant)."
        ),
        unit: "nats, VICReg less SimCLR".into(),
        evidence: format!(
            "{}; BYOL less SimCLR {}",
            by_all(|quantity| against("vicreg", quantity))?,
            by_all(|quantity| against("byol", quantity))?
        ),
        controls: vec![
            line.refuted(
                "Barlow Twins in its place",
                against("barlow_twins", LOG_DET)?,
            ),
            line.supported(
                "VICReg with the log-determinant in place of the covariance term",
                against("vicreg_log_det", LOG_DET)?,
            ),
        ],
        ..line.judge(difference)
    })
}

fn weight(rows: &[Row], data: &str) -> Option<Finding> {
    let line = an_order();
    let against =
        |method: &str, quantity: &'static str| beyond(rows, data, method, "simclr", quantity);
    let difference = against("vicreg_cov25", LOG_DET)?;
    let relative = |method: &str| mean(rows, data, method, "relative_invariance", When::End);
    Some(Finding {
        claim: "entropy-during-training".into(),
        form: format!("{data}: the order is one of hyperparameters"),
        statement: format!(
            "VICReg with a covariance weight of 25 ends with more entropy than SimCLR, by more than {SMALL} nats, embeddings scaled to a mean variance of 1 (by the log-determinant)."
        ),
        unit: "nats, VICReg less SimCLR".into(),
        evidence: format!(
            "{}; as it is, {} by the log-determinant, which follows the spread; the distance of two views, relative to that of two images, is {:.2} with a weight of 25 and {:.2} with 1: entropy can rise by what is not invariant",
            by_all(|quantity| against("vicreg_cov25", quantity))?,
            text(against("vicreg_cov25", RAW)?),
            relative("vicreg_cov25")?,
            relative("vicreg")?
        ),
        controls: vec![line.refuted(
            "VICReg without its covariance term",
            against("vicreg_without_covariance", LOG_DET)?,
        )],
        ..line.judge(difference)
    })
}
