use vicinfo::experiment::{Effect, Finding, Line, scientific};
use vicinfo::training::Preset;

use super::compare::{Difference, family as differences, shared_error};
use super::measure::PROBES;
use super::{ENOUGH, Part, Row, values};

/// Relative differences below this are rounding: sums of 128 x 256 terms of single-precision embeddings, evaluated in double.
const ROUNDING: f64 = 1e-12;

/// Variants of the paper and what they are compared with.
pub(super) const VARIANTS: [(&str, &str); 8] = [
    ("vicreg_log_det", "vicreg"),
    ("vicreg_pair_dist", "vicreg"),
    ("vicreg_plus_log_det", "vicreg"),
    ("vicreg_plus_pair_dist", "vicreg"),
    ("simclr_plus_log_det", "simclr"),
    ("simclr_plus_pair_dist", "simclr"),
    ("byol_plus_log_det", "byol"),
    ("byol_plus_pair_dist", "byol"),
];

/// What the variants are compared with.
const ORIGINALS: [&str; 3] = ["vicreg", "simclr", "byol"];

/// VICReg with several weights.
const WEIGHTS: [&str; 4] = ["vicreg", "vicreg_cov5", "vicreg_cov25", "vicreg_inv10"];

/// The name of a method in a figure.
pub(super) fn label(method: &str) -> &str {
    Preset::named(method).map_or(method, |preset| preset.label)
}

/// The methods around an original, which share the error of a run: itself, its variants, and VICReg with other weights.
pub(super) fn around(original: &'static str) -> Vec<&'static str> {
    let weighted = WEIGHTS.contains(&original);
    let root = if weighted { WEIGHTS[0] } else { original };
    let mut methods = if weighted {
        WEIGHTS.to_vec()
    } else {
        vec![original]
    };
    let variants = VARIANTS.iter().filter(|pair| pair.1 == root);
    methods.extend(variants.map(|pair| pair.0));
    methods
}

pub(super) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The weights of VICReg that have the most accurate linear probe: chosen on the very runs that it is compared on,
/// which is in its favour.
pub(super) fn tuned(rows: &[Row], data: &str) -> Option<&'static str> {
    let accuracy = |method: &str| mean(&values(rows, data, method, PROBES[0].0));
    (WEIGHTS.into_iter())
        .filter_map(|method| Some((method, accuracy(method)?)))
        .reduce(|best, next| if next.1 > best.1 { next } else { best })
        .map(|(method, _)| method)
}

/// The comparisons with the originals, and those with the tuned VICReg where that is another.
pub(super) fn pairs(rows: &[Row], data: &str) -> Option<Vec<(&'static str, &'static str)>> {
    let tuned = tuned(rows, data)?;
    let mut pairs = VARIANTS.to_vec();
    if tuned != "vicreg" {
        pairs.extend(
            (VARIANTS.iter())
                .filter(|p| p.1 == "vicreg")
                .map(|p| (p.0, tuned)),
        );
    }
    Some(pairs)
}

fn points(difference: &Difference) -> String {
    let adjusted = match difference.adjusted {
        p if p < 0.001 => "< 0.001".to_owned(),
        p => format!("{p:.3}"),
    };
    format!(
        "{:+.1} ± {:.1} points (adjusted p {adjusted})",
        100.0 * difference.mean,
        100.0 * difference.std_error
    )
}

pub(super) fn family(rows: &[Row], data: &str) -> Vec<Finding> {
    let compared = || -> Option<Vec<Finding>> {
        if values(rows, data, "vicreg", PROBES[0].0).len() < ENOUGH {
            return None;
        }
        let pairs = pairs(rows, data)?;
        let by_probe: Vec<Vec<Difference>> = (PROBES.iter())
            .map(|(quantity, _)| differences(rows, data, quantity, &pairs))
            .collect::<Option<_>>()?;
        let line = Line::at_least(
            0.0,
            0.0,
            "the claim is a gain of any size; Holm's margin at 5 % over all comparisons of this probe, by Student's t",
        );
        let mut findings = Vec::new();
        let worst = line.worst(by_probe[0][..VARIANTS.len()].iter().map(Difference::effect));
        let won = by_probe[0][..VARIANTS.len()]
            .iter()
            .filter(|d| d.mean - d.half > 0.0)
            .count();
        let lost = by_probe[0][..VARIANTS.len()]
            .iter()
            .filter(|d| d.mean + d.half < 0.0)
            .count();
        findings.push(Finding {
            claim: "entropy-family".into(),
            form: format!("{data}: as stated"),
            statement: "Every variant with an entropy term, in place of the covariance term or added, has a more accurate linear probe than its original.".into(),
            unit: "accuracy of the linear probe, least favourable variant less its original".into(),
            evidence: format!(
                "of {} variants {won} gain and {lost} lose beyond Holm's margin on the linear probe; {}; {}",
                VARIANTS.len(),
                noise(rows, data)?,
                beside(rows, data)
            ),
            controls: controls(rows, data, &line, "vicreg")?,
            ..line.judge(worst)
        });
        for (i, difference) in by_probe[0].iter().enumerate() {
            let others: Vec<String> = (1..PROBES.len())
                .map(|probe| format!("{} {}", PROBES[probe].1, points(&by_probe[probe][i])))
                .collect();
            let (variant, original) = (label(difference.variant), label(difference.original));
            findings.push(Finding {
                claim: "entropy-family".into(),
                form: format!("{data}: {variant} against {original}"),
                statement: format!(
                    "{variant} has a more accurate linear probe than {original}, trained for as long on the same views{}.",
                    if WEIGHTS[1..].contains(&difference.original) {
                        " (the best of the weights that were tried: it lacks the entropy term and has another weight, too)"
                    } else {
                        ""
                    }
                ),
                unit: "difference in accuracy of the linear probe".into(),
                evidence: format!(
                    "linear probe {}; {}",
                    points(difference),
                    others.join("; ")
                ),
                controls: controls(rows, data, &line, difference.original)?,
                ..line.judge(difference.effect())
            });
        }
        Some(findings)
    };
    compared().unwrap_or_default()
}

/// The errors of a run, original by original.
fn noise(rows: &[Row], data: &str) -> Option<String> {
    let errors: Vec<String> = (ORIGINALS.iter())
        .map(|original| {
            let (error, freedom) = shared_error(rows, data, &around(original), PROBES[0].0)?;
            let original = label(original);
            Some(format!(
                "{:.2} around {original} ({freedom} degrees of freedom)",
                100.0 * error
            ))
        })
        .collect::<Option<_>>()?;
    let replicates = values(rows, data, "vicreg", PROBES[0].0).len();
    Some(format!(
        "the standard deviation of a run beyond the effects of method and replicate is, in points, {}; {replicates} replicates",
        errors.join(", ")
    ))
}

/// What the comparisons stand beside: accuracies of the originals and, as far as they are in the table, of VICReg with other weights and
/// without its covariance term and of the networks as drawn.
fn beside(rows: &[Row], data: &str) -> String {
    let told: Vec<String> = ["random", "vicreg_without_covariance"]
        .into_iter()
        .chain(WEIGHTS)
        .chain(["simclr", "byol"])
        .filter_map(|method| {
            let of = |probe: usize| mean(&values(rows, data, method, PROBES[probe].0));
            let (linear, neighbours) = (100.0 * of(0)?, 100.0 * of(2)?);
            Some(format!("{} {linear:.1} and {neighbours:.1}", label(method)))
        })
        .collect();
    format!(
        "linear probe and nearest neighbours (%): {}",
        told.join(", ")
    )
}

/// What must lose and what must win in the place of a variant.
fn controls(
    rows: &[Row],
    data: &str,
    line: &Line,
    original: &'static str,
) -> Option<Vec<vicinfo::experiment::Control>> {
    let against = |control: &'static str| {
        let found = differences(rows, data, PROBES[0].0, &[(control, original)])?;
        Some(found.first()?.effect())
    };
    Some(vec![
        line.refuted(
            "invariance alone in its place, which collapses",
            against("invariance")?,
        ),
        line.supported("the labels in its place", against("supervised")?),
    ])
}

/// The identities behind the readings, with the wrong constant as control.
pub(super) fn readings(rows: &[Row]) -> Vec<Finding> {
    let largest = |quantity: &str| {
        Effect::largest(
            (rows.iter())
                .filter(|row| row.part == Part::Reading && row.quantity == quantity)
                .map(|row| Effect::exact(row.value)),
        )
    };
    // Of the controls the one that comes nearest to passing.
    let smallest = |quantity: &str| {
        Effect::smallest(
            (rows.iter())
                .filter(|row| row.part == Part::Reading && row.quantity == quantity)
                .map(|row| Effect::exact(row.value)),
        )
    };
    let line = Line::at_most(0.0, ROUNDING, "rounding of sums over all pairs of points");
    let of = [
        (
            "nt_xent",
            "nt_xent, wrong temperature",
            "SimCLR",
            "NT-Xent is ln(2n - 1) less a von Mises-Fisher likelihood and the leave-one-out kernel entropy of the directions, a log-sum-exp.",
            "twice the temperature in the likelihood and the entropy",
        ),
        (
            "pair_dist",
            "pair_dist, wrong temperature",
            "PairDist",
            "The pairwise-distance entropy of directions is itself contrastive: a constant less the logarithm of the mean exponential of cosines.",
            "twice the temperature in the exponentials",
        ),
        (
            "invariance",
            "invariance, wrong variance",
            "VICReg's invariance",
            "VICReg's invariance term is the likelihood of a Gaussian around the other view, of variance d / 50, up to its constant.",
            "twice the variance in the likelihood",
        ),
        (
            "log_det",
            "log_det, wrong epsilon",
            "second moments",
            "The log-determinant entropy sees the second moments alone: it follows from the eigenvalues of the covariance.",
            "twice the added variance",
        ),
    ];
    (of.into_iter())
        .map(|(quantity, wrong, form, statement, control)| Finding {
            claim: "simclr-reading".into(),
            form: form.into(),
            statement: statement.into(),
            unit: "relative difference".into(),
            evidence: format!(
                "largest relative difference {} on embeddings of views by trained networks; {} and more with {control}",
                scientific(largest(quantity).value, 1),
                scientific(smallest(wrong).value, 1)
            ),
            controls: vec![line.refuted(control, smallest(wrong))],
            ..line.judge(largest(quantity))
        })
        .collect()
}
