use serde_json::{Map, Value as Json, json};
use vicinfo::bound::{Bound, CUTOFF, Term, Value};

use super::super::aligned;
use super::assessment::{
    Assessment, BERNSTEIN, CLOPPER_PEARSON, Downstream, Entry, Measured, Missing, NEEDS_CLASSES,
    Quantity, RADEMACHER,
};

/// What a term of the bound is, in words.
fn words(name: &str) -> &'static str {
    match name {
        "c_invariance" => "distance of the two fits x mean distance of the positives",
        "c_concentration" => "distance of the two fits x uncertainty of that mean",
        "residual_labelled" => "what the fit leaves of the classes of the labelled points",
        "residual_unlabelled" => "twice what the other fit leaves of the classes of the pairs",
        "count" => "class shares among the labelled points against their probabilities",
        "complexity" => "how well the maps of the ball fit random signs on the pairs",
        "kappa_m" => "largest loss of the ball x deviation of a mean over the pairs",
        "kappa_n" => "largest loss of the other fit x deviation of a mean over the labelled points",
        _ => "",
    }
}

/// An upper bound with so many decimals, rounded up: to the nearest it might no longer be one.
fn up(value: f64, decimals: usize) -> String {
    let nearest = format!("{value:.decimals$}");
    match nearest.parse::<f64>() {
        Ok(printed) if printed < value => {
            let step = 10.0_f64.powf(-(decimals as f64));
            format!("{:.decimals$}", printed + step)
        }
        _ => nearest,
    }
}

/// A share in percent with one decimal, without a sign at zero.
fn percent(share: f64) -> String {
    format!("{:.1} %", ((1000.0 * share).round() + 0.0) / 10.0)
}

/// Why a term alone exceeds the baseline, and what would help.
fn why(term: &Term, value: f64, assessment: &Assessment, downstream: &Downstream) -> String {
    let baseline = assessment.baseline;
    let enough = |points: usize| {
        let needed = points as f64 * (value / baseline).powi(2);
        format!("{needed:.1e}")
    };
    let explained = |share: f64| {
        format!(
            "the features explain {} of the variance of these classes",
            percent(share)
        )
    };
    let c = downstream.observation.weight_distance.unwrap_or(f64::NAN);
    match term.name {
        "c_invariance" => format!(
            "the two fits differ by c = {c:.3}, and positives lie {:.3} apart",
            downstream.observation.invariance
        ),
        "c_concentration" => format!("the two fits differ by c = {c:.3}"),
        "residual_labelled" => explained(assessment.explained),
        "residual_unlabelled" => explained(downstream.explained.unwrap_or(f64::NAN)),
        "count" | "kappa_n" => format!(
            "falls as 1/sqrt(n): below the baseline from about n = {} on",
            enough(assessment.n)
        ),
        _ => format!(
            "falls as 1/sqrt(m): below the baseline from about m = {} on",
            enough(downstream.observation.pairs)
        ),
    }
}

/// The terms that alone exceed the baseline, with the reason.
fn vacuous(assessment: &Assessment, downstream: &Downstream) -> Vec<(&'static str, String)> {
    (downstream.corrected.terms.iter())
        .filter_map(|term| {
            let value = term.value.known().filter(|v| *v >= assessment.baseline)?;
            Some((term.name, why(term, value, assessment, downstream)))
        })
        .collect()
}

fn four(value: Value) -> String {
    match value {
        Value::Known(value) => up(value, 4),
        Value::Unknown(_) => "unknown".to_owned(),
    }
}

fn missing(why: &Missing) -> String {
    match why {
        Missing::Input(what) => (*what).to_owned(),
        Missing::Error(error) => error.to_string(),
    }
}

fn of(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Risk => "E |W f(x) - y|",
        Quantity::Error => "P(error)",
    }
}

/// The certificate of this name, where there is one.
fn certified(assessment: &Assessment, name: &str) -> Option<f64> {
    let mut entries = assessment.certificates.iter();
    let entry = entries.find(|entry| entry.name == name)?;
    entry.value.as_ref().ok().copied()
}

/// What to rely on: on the certificates of [`BERNSTEIN`] and [`CLOPPER_PEARSON`] where points are held out, on that of
/// [`RADEMACHER`] where none are, whichever others may be smaller.
fn to_rely_on(assessment: &Assessment) -> Vec<String> {
    let (baseline, delta) = (assessment.baseline, assessment.delta);
    let vacuous_risk = |value: f64| {
        (value >= baseline).then(|| {
            format!("The bound on the risk is vacuous: to answer the class shares whatever the point has the risk {baseline:.4}.")
        })
    };
    let mut lines = Vec::new();
    if assessment.on_holdout.is_none() {
        let Some(value) = certified(assessment, RADEMACHER) else {
            return vec![
                "There is no certificate to rely on. Points that the fit has not seen give one: --holdout and --holdout-labels.".to_owned(),
            ];
        };
        lines.push(format!(
            "To rely on: the risk is at most {} ({RADEMACHER}), with probability 1 - {delta}. Points that the fit has not seen say more: --holdout and --holdout-labels.",
            up(value, 4)
        ));
        lines.extend(vacuous_risk(value));
        return lines;
    }
    let risk = certified(assessment, BERNSTEIN);
    let error = certified(assessment, CLOPPER_PEARSON);
    let parts: Vec<String> = [
        risk.map(|value| format!("the risk is at most {} ({BERNSTEIN})", up(value, 4))),
        error.map(|value| {
            format!(
                "at most {} % of new points are misclassified ({CLOPPER_PEARSON})",
                up(100.0 * value, 2)
            )
        }),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !parts.is_empty() {
        let each = if parts.len() > 1 { "each " } else { "" };
        lines.push(format!(
            "To rely on: {}; {each}with probability 1 - {delta}.",
            parts.join(", and ")
        ));
    }
    lines.extend(risk.and_then(vacuous_risk));
    if error.is_some_and(|value| value >= assessment.majority_error) {
        lines.push(format!(
            "The bound on the error is vacuous: to answer the most frequent class whatever the point is wrong on {:.2} %.",
            100.0 * assessment.majority_error
        ));
    }
    lines
}

/// What to conclude, one sentence a line.
pub fn conclusions(assessment: &Assessment) -> Vec<String> {
    let mut lines = Vec::new();
    let baseline = assessment.baseline;
    if let Some(downstream) = &assessment.downstream {
        lines.push(match downstream.corrected.total.known() {
            None => format!("The bound is unknown: it {NEEDS_CLASSES}. Its known terms alone bound nothing."),
            Some(total) if total >= baseline => format!(
                "The bound, {}, is vacuous: to answer the class shares whatever the point has the risk {baseline:.4}.",
                up(total, 4)
            ),
            Some(total) => format!(
                "The bound, {}, is below the risk {baseline:.4} of always answering the class shares.",
                up(total, 4)
            ),
        });
        // The distance c of the fits vanishes with more points, the residuals do not.
        let residuals = ["residual_labelled", "residual_unlabelled"]
            .map(|name| downstream.corrected.term(name).and_then(Value::known));
        if let [Some(own), Some(other)] = residuals
            && own + other >= baseline
        {
            lines.push(format!(
                "More points would not change that: what the fits leave of the classes makes {:.4} of it. The features would have to explain more than 8/9 of the variance of the classes; these explain {} on the labelled points and {} on the pairs.",
                own + other,
                percent(assessment.explained),
                percent(downstream.explained.unwrap_or(f64::NAN))
            ));
        }
    }
    lines.extend(to_rely_on(assessment));
    lines
}

fn measured(what: &str, measured: &Measured) -> String {
    format!(
        "{what}: mean loss {:.4}, {} of {} misclassified ({:.2} %)\n",
        measured.mean_loss,
        measured.errors,
        measured.n,
        100.0 * measured.error_rate()
    )
}

/// Everything for people.
pub fn table(assessment: &Assessment) -> String {
    let mut text = format!(
        "labelled points {}, coordinates {} (rank {} at the relative cut-off {CUTOFF:e}), classes {}, delta {}\n",
        assessment.n, assessment.dim, assessment.rank, assessment.classes, assessment.delta
    );
    text += &format!(
        "norm of the features at most {} ({})\n",
        up(assessment.data.norm, 6),
        assessment.data.norm_source
    );
    text += &measured("labelled points", &assessment.on_train);
    if let Some(holdout) = &assessment.on_holdout {
        text += &measured("held-out points", holdout);
    }
    text += &format!(
        "baseline (always answering the class shares): risk {:.4}, error of the most frequent class {:.2} %\n",
        assessment.baseline,
        100.0 * assessment.majority_error
    );
    if let Some(downstream) = &assessment.downstream {
        let observation = &downstream.observation;
        text += &format!(
            "\nBound on the risk E |W f(x) - y| by {} positive pairs{}, ball |W|_F <= {} (share {:.4} of the probability)\n",
            observation.pairs,
            (observation.unlabelled.as_ref())
                .map_or(String::new(), |fit| format!(" (rank {})", fit.rank)),
            up(downstream.ball.radius, 4),
            downstream.ball.share
        );
        let reconstructed = |value: &dyn Fn(&Bound) -> String| {
            (downstream.reconstructed.as_ref()).map_or("none".to_owned(), value)
        };
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        let mut rows = vec![row(["term", "value", "as reconstructed", "what it is"])];
        for term in &downstream.corrected.terms {
            let note = match term.value {
                Value::Known(_) => words(term.name).to_owned(),
                Value::Unknown(_) => format!("{}; {NEEDS_CLASSES}", words(term.name)),
            };
            rows.push(vec![
                term.name.to_owned(),
                four(term.value),
                reconstructed(&|bound| bound.term(term.name).map_or(String::new(), four)),
                note,
            ]);
        }
        rows.push(vec![
            "total".to_owned(),
            four(downstream.corrected.total),
            reconstructed(&|bound| four(bound.total)),
            format!(
                "fails with probability {} at most; as reconstructed {}",
                up(downstream.corrected.failure, 4),
                reconstructed(&|bound| up(bound.failure, 4))
            ),
        ]);
        text += &aligned(&rows);
        let vacuous = vacuous(assessment, downstream);
        if !vacuous.is_empty() {
            text += "vacuous by themselves:\n";
            let rows: Vec<Vec<String>> = (vacuous.into_iter())
                .map(|(name, why)| vec![format!("  {name}"), why])
                .collect();
            text += &aligned(&rows);
        }
    }
    text += "\nCertificates, each by itself with the same delta\n";
    let mut rows = vec![
        ["certificate", "bounds", "value", "made of"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for entry in &assessment.certificates {
        let (value, pieces) = match &entry.value {
            Ok(value) => {
                let pieces: Vec<String> = (entry.pieces.iter())
                    .map(|(name, value)| format!("{name} {}", up(*value, 4)))
                    .collect();
                (up(*value, 4), pieces.join(" + "))
            }
            Err(why) => ("none".to_owned(), missing(why)),
        };
        rows.push(vec![
            entry.name.to_owned(),
            of(entry.of).to_owned(),
            value,
            pieces,
        ]);
    }
    text += &aligned(&rows);
    text.push('\n');
    for line in conclusions(assessment) {
        text += &format!("{line}\n");
    }
    for warning in &assessment.data.warnings {
        text += &format!("warning: {warning}\n");
    }
    text
}

fn value(value: Value) -> Json {
    match value {
        Value::Known(value) => json!(value),
        Value::Unknown(_) => unknown(NEEDS_CLASSES),
    }
}

fn unknown(why: &str) -> Json {
    json!({ "error": { "kind": "Unknown", "message": why } })
}

fn terms(bound: &Bound) -> Json {
    let terms: Map<String, Json> = (bound.terms.iter())
        .map(|term| (term.name.to_owned(), value(term.value)))
        .collect();
    json!(terms)
}

fn certificate(entry: &Entry) -> Json {
    let of = match entry.of {
        Quantity::Risk => "risk",
        Quantity::Error => "probability_of_error",
    };
    match &entry.value {
        Ok(value) => {
            let pieces: Map<String, Json> = (entry.pieces.iter())
                .map(|(name, value)| ((*name).to_owned(), json!(value)))
                .collect();
            json!({ "name": entry.name, "bounds": of, "value": value, "pieces": pieces })
        }
        Err(why) => {
            let kind = match why {
                Missing::Input(_) => "Unknown",
                Missing::Error(error) => error.kind(),
            };
            json!({ "name": entry.name, "bounds": of, "error": { "kind": kind, "message": missing(why) } })
        }
    }
}

/// Everything for programs.
pub fn json(assessment: &Assessment) -> String {
    let measured = |m: &Measured| json!({ "n": m.n, "mean_loss": m.mean_loss, "errors": m.errors, "error_rate": m.error_rate() });
    let mut all = json!({
        "n": assessment.n,
        "dim": assessment.dim,
        "rank": assessment.rank,
        "cutoff": CUTOFF,
        "classes": assessment.data.labels.classes(),
        "delta": assessment.delta,
        "norm": { "value": assessment.data.norm, "source": assessment.data.norm_source },
        "baseline": { "risk": assessment.baseline, "error_rate": assessment.majority_error },
        "explained_variance": assessment.explained,
        "train": measured(&assessment.on_train),
        "certificates": assessment.certificates.iter().map(certificate).collect::<Vec<_>>(),
        "conclusions": conclusions(assessment),
        "warnings": assessment.data.warnings,
    });
    if let Some(holdout) = &assessment.on_holdout {
        all["holdout"] = measured(holdout);
    }
    if let Some(downstream) = &assessment.downstream {
        let Downstream {
            observation,
            ball,
            explained,
            corrected,
            reconstructed,
        } = downstream;
        let vacuous = vacuous(assessment, downstream);
        let details = corrected.terms.iter().map(|term| {
            let mut entry =
                json!({ "name": term.name, "formula": term.formula, "words": words(term.name) });
            if let Some((_, why)) = vacuous.iter().find(|(name, _)| *name == term.name) {
                entry["vacuous"] = json!(why);
            }
            entry
        });
        all["m"] = json!(observation.pairs);
        all["rank_pairs"] =
            (observation.unlabelled.as_ref()).map_or(unknown(NEEDS_CLASSES), |fit| json!(fit.rank));
        all["explained_variance_pairs"] =
            explained.map_or(unknown(NEEDS_CLASSES), |share| json!(share));
        all["invariance"] = json!(observation.invariance);
        all["weight_distance"] =
            (observation.weight_distance).map_or(unknown(NEEDS_CLASSES), |c| json!(c));
        all["ball"] = json!({ "radius": ball.radius, "share": ball.share });
        all["total"] = value(corrected.total);
        all["failure"] = json!(corrected.failure);
        all["core"] = value(corrected.core());
        all["terms"] = terms(corrected);
        all["term_details"] = details.collect();
        all["as_reconstructed"] = match reconstructed {
            Some(bound) => json!({
                "total": value(bound.total),
                "failure": bound.failure,
                "terms": terms(bound),
            }),
            None => unknown("its probabilities of failure reach 1 together from a delta of 2/3 on"),
        };
    }
    format!("{all:#}\n")
}
