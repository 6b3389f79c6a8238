use serde_json::{Value, json};
use vicinfo::law::Truth;
use vicinfo::law::catalogue::{FAMILIES, Kind, MAPS, listed};
use vicinfo::parameters::Entry;
use vicinfo::stats::normality;
use vicinfo::training::Preset;
use vicinfo::{diagnostic, entropy, information, objective, paper};

use super::registry::EXPERIMENTS;
use super::{Done, Format, aligned, print};

/// Arguments of `vicinfo list`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

/// Prints what there is.
pub fn run(arguments: &Arguments) -> Done {
    let everything = gather()?;
    if arguments.json || arguments.format == Format::Json {
        print(&format!("{everything:#}\n"));
    } else {
        print(&table(&everything));
    }
    Ok(std::process::ExitCode::SUCCESS)
}

fn gather() -> Result<Value, vicinfo::Error> {
    let claims: Vec<Value> = (paper::CLAIMS.iter())
        .map(|claim| {
            let experiments: Vec<&str> = (EXPERIMENTS.iter())
                .filter(|entry| entry.claims.contains(&claim.id))
                .map(|entry| entry.id)
                .collect();
            json!({
                "id": claim.id.0,
                "statement_as_reconstructed": claim.statement,
                "place": claim.place,
                "experiments": experiments,
            })
        })
        .collect();
    let experiments: Vec<Value> = (EXPERIMENTS.iter())
        .map(|entry| {
            let claims: Vec<&str> = entry.claims.iter().map(|claim| claim.0).collect();
            json!({ "id": entry.id, "summary": entry.summary, "claims": claims })
        })
        .collect();
    // Building every law would draw for the entropies of images; `sample` prints the truth of one.
    let laws: Vec<Value> = listed()
        .map(|law| json!({ "id": law.id, "summary": law.summary }))
        .collect();
    let families: Vec<Value> = (FAMILIES.iter())
        .map(|family| json!({ "id": family.pattern, "summary": family.summary }))
        .collect();
    let maps: Vec<Value> = (MAPS.iter())
        .map(|map| json!({ "id": format!("{}-...", map.id), "summary": format!("{} ...", map.summary) }))
        .collect();
    let methods: Vec<Value> = (Preset::ALL.iter())
        .map(|preset| {
            json!({
                "id": preset.id,
                "summary": preset.summary,
                "objective_at_64_dimensions": preset.trained.then(|| preset.method(64)),
            })
        })
        .collect();
    Ok(json!({
        "claims": claims,
        "experiments": experiments,
        "entropy_estimators": entries(entropy::ALL),
        "information_estimators": entries(information::ALL),
        "diagnostics": entries(diagnostic::ALL),
        "objectives": entries(objective::ALL),
        "methods": methods,
        "normality_tests": entries(normality::ALL),
        "laws": laws,
        "law_families": families,
        "law_maps": maps,
    }))
}

/// A registry as JSON.
fn entries<B>(all: &[&Entry<B>]) -> Vec<Value> {
    let entry = |entry: &&Entry<B>| {
        let parameters: serde_json::Map<String, Value> = (entry.parameters.iter())
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        json!({
            "id": entry.id,
            "summary": entry.summary,
            "parameters": parameters,
            "defaults": entry.defaults,
        })
    };
    all.iter().map(entry).collect()
}

/// The truth of a law as JSON, with its kind.
pub fn truth(kind: &Kind) -> Value {
    let (quantity, truth) = match kind {
        Kind::Points(law) => ("entropy_nats", law.entropy()),
        Kind::Pairs(law) => ("information_nats", law.information()),
    };
    let value = match truth {
        Truth::Exact(value) => json!({ "kind": "exact", "value": value }),
        Truth::Between { lower, upper } => {
            json!({ "kind": "between", "lower": lower, "upper": upper })
        }
        Truth::MonteCarlo { value, std_error } => {
            json!({ "kind": "monte_carlo", "value": value, "std_error": std_error })
        }
    };
    json!({ quantity: value })
}

fn table(everything: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let words = |value: &Value| {
        let words: Vec<String> = value.as_array().into_iter().flatten().map(text).collect();
        words.join(", ")
    };
    let mut out = String::new();
    for (heading, key) in [
        (
            "CLAIMS (arXiv 2303.00633, as reconstructed; not quotations)",
            "claims",
        ),
        ("EXPERIMENTS (vicinfo run NAME)", "experiments"),
        (
            "ENTROPY ESTIMATORS (vicinfo measure entropy X --estimator NAME)",
            "entropy_estimators",
        ),
        (
            "INFORMATION ESTIMATORS (vicinfo measure information X Y --estimator NAME)",
            "information_estimators",
        ),
        (
            "DIAGNOSTICS (numbers about a sample that are not entropies)",
            "diagnostics",
        ),
        (
            "OBJECTIVES (vicinfo measure objective VIEW1 VIEW2 --objective NAME)",
            "objectives",
        ),
        (
            "METHODS (vicinfo train NAME; what is minimised in 64 dimensions)",
            "methods",
        ),
        ("NORMALITY TESTS (of the library)", "normality_tests"),
        ("LAWS (vicinfo sample NAME)", "laws"),
        (
            "FAMILIES OF LAWS (a number for every brace makes a name)",
            "law_families",
        ),
        (
            "MAPS OF LAWS (in front of a name; the last is applied first)",
            "law_maps",
        ),
    ] {
        out += &format!("{heading}\n");
        let mut rows = Vec::new();
        for entry in everything[key].as_array().into_iter().flatten() {
            let mut name = format!("  {}", text(&entry["id"]));
            if let Some(parameters) = entry["parameters"].as_object() {
                let written: Vec<String> = parameters
                    .iter()
                    .map(|(name, value)| format!("{name}={}", text(value)))
                    .collect();
                name += &format!("({})", written.join(","));
            }
            let about = match key {
                "claims" => format!(
                    "{} [{}]",
                    text(&entry["statement_as_reconstructed"]),
                    words(&entry["experiments"])
                ),
                "experiments" => {
                    format!("{} [{}]", text(&entry["summary"]), words(&entry["claims"]))
                }
                "methods" if !entry["objective_at_64_dimensions"].is_null() => format!(
                    "{} [{}]",
                    text(&entry["summary"]),
                    text(&entry["objective_at_64_dimensions"])
                ),
                _ => text(&entry["summary"]),
            };
            rows.push(vec![name, about]);
        }
        out += &aligned(&rows);
        out.push('\n');
    }
    out
}
