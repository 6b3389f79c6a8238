use serde_json::{Map, Value as Json, json};
use vicinfo::bound::{Bound, Term, Value};

use super::super::aligned;
use super::assessment::{
    Assessment, Downstream, Entry, Measured, Missing, NEEDS_CLASSES, Quantity,
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

/// Why a term alone exceeds the baseline, and what would help.
fn why(term: &Term, value: f64, assessment: &Assessment, downstream: &Downstream) -> String {
    let baseline = assessment.baseline;
    let enough = |points: usize| {
        let needed = points as f64 * (value / baseline).powi(2);
        format!("{needed:.1e}")
    };
    let c = downstream.observation.weight_distance.unwrap_or(f64::NAN);
    match term.name {
        "c_invariance" => format!(
            "the two fits differ by c = {c:.3}, and positives lie {:.3} apart",
            downstream.observation.invariance
        ),
        "c_concentration" => format!("the two fits differ by c = {c:.3}"),
        "residual_labelled" | "residual_unlabelled" => format!(
            "the features explain {:.1} % of the variance of the classes",
            100.0 * assessment.explained
        ),
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
        Value::Known(value) => format!("{value:.4}"),
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

/// The certificate of the smallest value for a quantity.
fn best(assessment: &Assessment, quantity: Quantity) -> Option<(&Entry, f64)> {
    (assessment.certificates.iter())
        .filter(|entry| entry.of == quantity)
        .filter_map(|entry| Some((entry, *entry.value.as_ref().ok()?)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
}

/// What to conclude, one sentence a line.
pub fn conclusions(assessment: &Assessment) -> Vec<String> {
    let mut lines = Vec::new();
    let baseline = assessment.baseline;
    if let Some(downstream) = &assessment.downstream {
        lines.push(match downstream.corrected.total.known() {
            None => format!("The bound is unknown: it {NEEDS_CLASSES}. Its known terms alone bound nothing."),
            Some(total) if total >= baseline => format!(
                "The bound, {total:.4}, is vacuous: to answer the class shares whatever the point has the risk {baseline:.4}."
            ),
            Some(total) => format!(
                "The bound, {total:.4}, is below the risk {baseline:.4} of always answering the class shares."
            ),
        });
        // The distance c of the fits vanishes with more points, the residuals do not.
        let residuals = ["residual_labelled", "residual_unlabelled"]
            .map(|name| downstream.corrected.term(name).and_then(Value::known));
        if let [Some(own), Some(other)] = residuals
            && own + other >= baseline
        {
            lines.push(format!(
                "More points would not change that: what the fits leave of the classes makes {:.4} of it. The features would have to explain more than 8/9 of the variance of the classes; these explain {:.1} %.",
                own + other,
                100.0 * assessment.explained
            ));
        }
    }
    match (best(assessment, Quantity::Risk), best(assessment, Quantity::Error)) {
        (Some((entry, value)), error) if value < baseline => {
            let errors = error.map_or(String::new(), |(_, value)| {
                format!("; at most {:.2} % of new points are misclassified", 100.0 * value)
            });
            lines.push(format!(
                "To rely on: the risk is at most {value:.4} ({}){errors}; each with probability {}.",
                entry.name,
                1.0 - assessment.delta
            ));
        }
        (_, Some((_, value))) => lines.push(format!(
            "To rely on: at most {:.2} % of new points are misclassified, with probability {}.",
            100.0 * value,
            1.0 - assessment.delta
        )),
        _ => lines.push("No certificate is below the baseline. Points that the fit has not seen give the smallest: --holdout and --holdout-labels.".to_owned()),
    }
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
        "labelled points {}, coordinates {} (rank {}), classes {}, delta {}\n",
        assessment.n, assessment.dim, assessment.rank, assessment.classes, assessment.delta
    );
    text += &format!(
        "norm of the features at most {:.6} ({})\n",
        assessment.data.norm, assessment.data.norm_source
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
            "\nBound on the risk E |W f(x) - y| by {} positive pairs, ball |W|_F <= {:.4} (share {:.4} of the probability)\n",
            observation.pairs, downstream.ball.radius, downstream.ball.share
        );
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        let mut rows = vec![row(["term", "value", "as reconstructed", "what it is"])];
        for (term, other) in
            (downstream.corrected.terms.iter()).zip(&downstream.reconstructed.terms)
        {
            let note = match term.value {
                Value::Known(_) => words(term.name).to_owned(),
                Value::Unknown(_) => format!("{}; {NEEDS_CLASSES}", words(term.name)),
            };
            rows.push(vec![
                term.name.to_owned(),
                four(term.value),
                four(other.value),
                note,
            ]);
        }
        let fails = |bound: &Bound| format!("fails with probability {:.4} at most", bound.failure);
        rows.push(vec![
            "total".to_owned(),
            four(downstream.corrected.total),
            four(downstream.reconstructed.total),
            format!(
                "{}; as reconstructed {:.4}",
                fails(&downstream.corrected),
                downstream.reconstructed.failure
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
                    .map(|(name, value)| format!("{name} {value:.4}"))
                    .collect();
                (format!("{value:.4}"), pieces.join(" + "))
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
        all["invariance"] = json!(observation.invariance);
        all["weight_distance"] =
            (observation.weight_distance).map_or(unknown(NEEDS_CLASSES), |c| json!(c));
        all["ball"] = json!({ "radius": ball.radius, "share": ball.share });
        all["total"] = value(corrected.total);
        all["failure"] = json!(corrected.failure);
        all["core"] = value(corrected.core());
        all["terms"] = terms(corrected);
        all["term_details"] = details.collect();
        all["as_reconstructed"] = json!({
            "total": value(reconstructed.total),
            "failure": reconstructed.failure,
            "terms": terms(reconstructed),
        });
    }
    format!("{all:#}\n")
}
