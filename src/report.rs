//! Reports, assembled from records alone: nothing is measured or decided here.

mod html;
mod markdown;
pub(crate) mod page;

pub use html::html;
pub use markdown::{claim_table, markdown, verdict_table};

use crate::finding::{Control, Finding, STANDARD_ERRORS};
use crate::number::{significant, with_error};
use crate::paper::{self, CLAIMS};
use crate::record::{Manifest, Profile, Record, Scale};
use crate::stats::Verdict;

/// What every report says before its verdicts.
const ABOUT: &str = "vicinfo checks the information theory of self-supervised learning by computing it. \
    The statements checked here are those of arXiv 2303.00633, given as reconstructed from its abstract, \
    from numbers of its figures and tables, and from the literature around it, in our own words: they are not quotations.";

/// How to read the verdicts.
const READING: &str = "A claim is checked in several forms. Each has an effect, a number that was measured or computed, \
    and a line, on one side of which the effect has to lie, up to a tolerance. It is supported when the effect is \
    there by four standard errors or more (or by as many as are said to be kept: a quantile of Student's t where few \
    replicates are behind it, more where many effects are decided together), refuted when it is beyond the line by \
    as many, and inconclusive otherwise. \"Exact\" is an effect without a standard error: nothing random is in it. \
    Each check also ran on controls, settings in which its outcome is known beforehand. \
    Numbers are rounded for reading; the table and the manifest of each experiment hold them in full.";

/// A finding with the record it comes from.
struct Line<'a> {
    manifest: &'a Manifest,
    finding: &'a Finding,
    /// Unique in the report.
    anchor: String,
}

/// All findings, in the order of the claims in the paper.
fn lines(records: &[Record]) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = records
        .iter()
        .flat_map(|record| {
            let manifest = &record.manifest;
            let line = move |(i, finding)| Line {
                manifest,
                finding,
                anchor: format!("{}-{}", manifest.id, i + 1),
            };
            manifest.findings.iter().enumerate().map(line)
        })
        .collect();
    let position = |id: &str| {
        let known = CLAIMS.iter().position(|claim| claim.id.0 == id);
        known.unwrap_or(CLAIMS.len())
    };
    lines.sort_by_key(|line| position(&line.finding.claim));
    lines
}

/// The lines in groups of one claim each, with the claim's name.
fn by_claim<'a, 'b>(lines: &'b [Line<'a>]) -> Vec<(&'a str, Vec<&'b Line<'a>>)> {
    let mut groups: Vec<(&str, Vec<&Line<'_>>)> = Vec::new();
    for line in lines {
        let id = line.finding.claim.as_str();
        match groups.iter_mut().find(|(known, _)| *known == id) {
            Some((_, group)) => group.push(line),
            None => groups.push((id, vec![line])),
        }
    }
    groups
}

/// What the records say of a claim, in a word.
///
/// `holds`: nothing of it is refuted, something is supported, and no form called *as stated* is inconclusive. `wrong as stated`: every form
/// called *as stated* is refuted, and there is one. `undecided`: nothing is supported or refuted, or nothing is refuted and a form called
/// *as stated* is inconclusive. `in part`: anything else.
pub fn in_a_word<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> &'static str {
    let findings: Vec<&Finding> = findings.into_iter().collect();
    let is = |verdict| move |finding: &&Finding| finding.verdict == verdict;
    let refuted = is(Verdict::Refuted);
    let stated = || findings.iter().filter(|f| f.form.contains("as stated"));
    if !findings.iter().any(refuted) {
        let supported = findings.iter().any(is(Verdict::Supported));
        if supported && !stated().any(|f| f.verdict == Verdict::Inconclusive) {
            "holds"
        } else {
            "undecided"
        }
    } else if stated().count() > 0 && stated().all(refuted) {
        "wrong as stated"
    } else {
        "in part"
    }
}

/// What the paper says under this name, with its place, as far as this version knows.
fn reconstructed(claim: &str) -> Option<String> {
    let claim = paper::claim(claim)?;
    let statement = claim.statement.trim_end_matches('.');
    Some(format!("{statement} ({}).", claim.place))
}

/// What a reader must know before the verdicts: controls that do not hold, findings without a
/// control, claims without a finding.
fn warnings(records: &[Record]) -> Vec<String> {
    let mut warnings = Vec::new();
    for line in lines(records) {
        let finding = line.finding;
        let name = format!("{} ({})", finding.claim, finding.form);
        for control in finding.controls.iter().filter(|control| !control.holds()) {
            warnings.push(format!(
                "A control of {name} does not hold: in the setting \"{}\" the check had to say {} and said {}. \
                 Its verdict, {}, cannot be relied on.",
                control.setting, control.expected, control.verdict, finding.verdict
            ));
        }
        if finding.controls.is_empty() {
            warnings.push(format!(
                "{name} has no control: its verdict cannot be relied on."
            ));
        }
    }
    for Record { manifest, .. } in records {
        for claim in &manifest.claims {
            if !manifest
                .findings
                .iter()
                .any(|finding| finding.claim == *claim)
            {
                warnings.push(format!(
                    "The record of {} has no finding on {claim}.",
                    manifest.id
                ));
            }
        }
    }
    warnings
}

/// Claims that this version checks and that no record decides.
fn undecided(records: &[Record]) -> Vec<&'static str> {
    let decided = |id: &str| {
        let mut findings = records.iter().flat_map(|record| &record.manifest.findings);
        findings.any(|finding| finding.claim == id)
    };
    let ids = CLAIMS.iter().map(|claim| claim.id.0);
    ids.filter(|id| !decided(id)).collect()
}

fn scale_name(scale: Scale) -> &'static str {
    match scale {
        Scale::Smoke => "smoke",
        Scale::Standard => "standard",
        Scale::Full => "full",
    }
}

/// The command that makes a record anew.
fn command(manifest: &Manifest) -> String {
    let scale = scale_name(manifest.scale);
    let files = if manifest.inputs.is_empty() {
        String::new()
    } else {
        let set = manifest.dataset.as_ref();
        let set = set.map(|name| format!(" --dataset {name}"));
        format!(" --images DIR{}", set.unwrap_or_default())
    };
    let profile = match manifest.profile {
        None => "",
        Some(Profile::Quick) => " --profile quick",
        Some(Profile::Minutes) => " --profile minutes",
    };
    format!(
        "cargo run --release -- run {} --scale {scale} --seed {}{files}{profile}",
        manifest.id, manifest.seed
    )
}

/// How many controls hold, of how many.
fn controls(finding: &Finding) -> String {
    let (count, holding) = (
        finding.controls.len(),
        finding.controls.iter().filter(|c| c.holds()).count(),
    );
    match (count, count - holding) {
        (0, _) => "NO CONTROL".to_owned(),
        (1, 0) => "1 control holds".to_owned(),
        (_, 0) => format!("{count} controls hold"),
        (_, failing) => format!("{failing} OF {count} CONTROLS NOT HOLDING"),
    }
}

/// What a control had to show and showed.
fn outcome(control: &Control) -> String {
    let found = if control.holds() {
        format!("{} as it must be", control.verdict)
    } else {
        format!(
            "DOES NOT HOLD: must be {}, is {}",
            control.expected, control.verdict
        )
    };
    let effect = with_error(control.effect, control.std_error);
    let errors = kept(control.standard_errors);
    format!("{found}; effect {effect}{errors}")
}

/// The line and the tolerance.
fn line_and_tolerance(finding: &Finding) -> String {
    let tolerance = match finding.tolerance {
        0.0 => String::new(),
        tolerance => format!(", tolerance {}", significant(tolerance)),
    };
    format!(
        "{} {}{tolerance}{}",
        finding.rule.as_str(),
        significant(finding.bound),
        kept(finding.standard_errors)
    )
}

/// The standard errors that a decision kept from the line, where they are not the usual.
fn kept(standard_errors: f64) -> String {
    if standard_errors.total_cmp(&STANDARD_ERRORS).is_eq() {
        String::new()
    } else {
        format!(", {} standard errors kept", significant(standard_errors))
    }
}
