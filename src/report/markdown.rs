//! Reports as Markdown.

use std::fmt::Write;

use super::{
    ABOUT, Line, READING, by_claim, command, controls, in_a_word, line_and_tolerance, lines,
    outcome, reconstructed, scale_name, undecided, warnings,
};
use crate::finding::Finding;
use crate::number::with_error;
use crate::record::Record;
use crate::stats::Verdict;

/// The report as one Markdown file, to stand beside the folders of the records.
///
/// Verdicts first, then a section for each experiment with every finding in full and its figures,
/// which are linked as `<experiment>/<file>`.
pub fn markdown(records: &[Record]) -> String {
    let mut out = format!("# vicinfo: report\n\n{ABOUT}\n\n{READING}\n\n## Verdicts\n\n");
    for warning in warnings(records) {
        push(
            &mut out,
            format_args!("> **Warning.** {}\n\n", escape(&warning)),
        );
    }
    out.push_str(
        "| Claim | Form | Statement checked | Verdict | Effect ± standard error | Line | Controls |\n\
         |---|---|---|---|---|---|---|\n",
    );
    let lines = lines(records);
    for (claim, group) in by_claim(&lines) {
        for (i, line) in group.into_iter().enumerate() {
            // The paper's statement stands once, with the first form of its claim.
            let paper = reconstructed(claim)
                .filter(|_| i == 0)
                .map_or_else(String::new, |text| {
                    format!("<br><sub>Paper, as reconstructed: {}</sub>", escape(&text))
                });
            verdict_line(&mut out, line, &paper);
        }
    }
    let undecided = undecided(records);
    if !undecided.is_empty() {
        let names: Vec<String> = undecided.iter().map(|id| format!("`{id}`")).collect();
        push(
            &mut out,
            format_args!("\nNot decided by these records: {}.\n", names.join(", ")),
        );
    }
    for record in records {
        section(&mut out, record, &lines);
    }
    out
}

/// The claims as a Markdown table, for the README: a line each, with what its checks add up to, and a link to the first of them in the
/// Markdown report at `report`.
pub fn claim_table(records: &[Record], report: &str) -> String {
    let mut out = String::from(
        "| Claim | The paper, as reconstructed | Verdict | Checks |\n|---|---|---|---|\n",
    );
    let lines = lines(records);
    for (claim, group) in by_claim(&lines) {
        let Some(first) = group.first() else { continue };
        let counts: Vec<String> = [Verdict::Supported, Verdict::Refuted, Verdict::Inconclusive]
            .into_iter()
            .filter_map(|verdict| {
                let of = group.iter().filter(|line| line.finding.verdict == verdict);
                let count = of.count();
                (count > 0).then(|| format!("{count} {verdict}"))
            })
            .collect();
        let paper = reconstructed(claim).unwrap_or_default();
        push(
            &mut out,
            format_args!(
                "| [`{claim}`]({report}#{}) | {} | **{}** | {} |\n",
                first.anchor,
                escape(&paper),
                in_a_word(group.iter().map(|line| line.finding)),
                counts.join(", "),
            ),
        );
    }
    out
}

/// The verdicts as a compact Markdown table, for a terminal.
pub fn verdict_table(records: &[Record]) -> String {
    let mut out = String::from(
        "| Claim | Form | What was checked | Verdict | Evidence |\n|---|---|---|---|---|\n",
    );
    for Line { finding, .. } in lines(records) {
        push(
            &mut out,
            format_args!(
                "| `{}` | {} | {} | **{}** | {} {} for {}; {} |\n",
                finding.claim,
                escape(&finding.form),
                escape(&finding.statement),
                finding.verdict,
                with_error(finding.effect, finding.std_error),
                escape(&finding.unit),
                line_and_tolerance(finding),
                emphasised_controls(finding),
            ),
        );
    }
    out
}

fn verdict_line(out: &mut String, line: &Line<'_>, paper: &str) {
    let finding = line.finding;
    push(
        out,
        format_args!(
            "| [`{}`](#{}) | {} | {}{paper} | **{}** | {} {} | {} | {} |\n",
            finding.claim,
            line.anchor,
            escape(&finding.form),
            escape(&finding.statement),
            finding.verdict,
            with_error(finding.effect, finding.std_error),
            escape(&finding.unit),
            line_and_tolerance(finding),
            emphasised_controls(finding),
        ),
    );
}

fn emphasised_controls(finding: &Finding) -> String {
    let text = controls(finding);
    if finding.controls.is_empty() || finding.controls.iter().any(|c| !c.holds()) {
        format!("**{text}**")
    } else {
        text
    }
}

fn section(out: &mut String, record: &Record, lines: &[Line<'_>]) {
    let manifest = &record.manifest;
    push(
        out,
        format_args!(
            "\n## {}\n\n{}\n\nScale {}, seed {}, vicinfo {}. Table `{}`: {} rows, SHA-256 `{}`.\n",
            manifest.id,
            escape(&manifest.summary),
            scale_name(manifest.scale),
            manifest.seed,
            manifest.version,
            manifest.table.file,
            manifest.table.rows,
            manifest.table.sha256,
        ),
    );
    for input in &manifest.inputs {
        push(
            out,
            format_args!(
                "Read: {}, SHA-256 `{}`.\n",
                escape(&input.name),
                input.sha256
            ),
        );
    }
    push(out, format_args!("\n```sh\n{}\n```\n", command(manifest)));
    for line in lines.iter().filter(|line| line.manifest.id == manifest.id) {
        self::finding(out, line);
    }
    for figure in &manifest.figures {
        push(
            out,
            format_args!(
                "\n![{}]({}/{})\n\n*{}.* {}\n",
                escape(&figure.title),
                manifest.id,
                figure.file,
                escape(figure.title.trim_end_matches('.')),
                escape(&figure.caption),
            ),
        );
    }
}

fn finding(out: &mut String, line: &Line<'_>) {
    let finding = line.finding;
    push(
        out,
        format_args!(
            "\n### <a id=\"{}\"></a>`{}`, {}: {}\n\n",
            line.anchor,
            finding.claim,
            escape(&finding.form),
            finding.verdict
        ),
    );
    if let Some(paper) = reconstructed(&finding.claim) {
        push(
            out,
            format_args!("- Paper, as reconstructed: {}\n", escape(&paper)),
        );
    }
    let unit = escape(&finding.unit);
    push(
        out,
        format_args!(
            "- Checked: {}\n- Verdict: **{}**\n- Effect: {} {unit}\n- Line: {}; {}\n- Evidence: {}\n",
            escape(&finding.statement),
            finding.verdict,
            with_error(finding.effect, finding.std_error),
            line_and_tolerance(finding),
            escape(&finding.tolerance_reason),
            escape(&finding.evidence),
        ),
    );
    push(out, format_args!("- {}\n", emphasised_controls(finding)));
    for control in &finding.controls {
        let outcome = escape(&outcome(control));
        let outcome = if control.holds() {
            outcome
        } else {
            format!("**{outcome}**")
        };
        push(
            out,
            format_args!("  - {}: {outcome} {unit}\n", escape(&control.setting)),
        );
    }
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text)
        .expect("writing to a string cannot fail");
}

/// Text that Markdown shows as it is, in a cell of a table too.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => out.extend(['\\', c]),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\r' => out.push(' '),
            _ => out.push(c),
        }
    }
    out
}
