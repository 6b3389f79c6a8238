//! Reports as one HTML file that needs nothing else.

use super::page::{END, escape, figure, open, push};
use super::{
    ABOUT, Line, READING, by_claim, command, controls, in_a_word, line_and_tolerance, lines,
    outcome, reconstructed, scale_name, undecided, warnings,
};
use crate::number::with_error;
use crate::record::Record;
use crate::stats::Verdict;

/// The report as one HTML file with its figures inside: no scripts, no other files, no network.
///
/// Verdicts first, then a section for each experiment with every finding in full and its figures.
/// Each claim has the anchor `claim-<claim>`, each experiment `experiment-<id>`.
pub fn html(records: &[Record]) -> String {
    let lines = lines(records);
    let claims = by_claim(&lines);
    let mut out = String::new();
    open(&mut out, "vicinfo: report");
    contents(&mut out, records, &claims);
    let about = escape(ABOUT).replace(
        "arXiv 2303.00633",
        "<a href=\"https://arxiv.org/abs/2303.00633\">arXiv 2303.00633</a>",
    );
    push(
        &mut out,
        format_args!(
            "<main>\n<h1>vicinfo: report</h1>\n<p>{about}</p>\n<p>{}</p>\n<h2 id=\"verdicts\">Verdicts</h2>\n",
            escape(READING)
        ),
    );
    for warning in warnings(records) {
        push(
            &mut out,
            format_args!(
                "<p class=\"warning\" role=\"alert\"><strong>Warning.</strong> {}</p>\n",
                escape(&warning)
            ),
        );
    }
    verdicts(&mut out, &claims);
    let undecided = undecided(records);
    if !undecided.is_empty() {
        let names: Vec<String> = undecided
            .iter()
            .map(|id| format!("<code>{id}</code>"))
            .collect();
        push(
            &mut out,
            format_args!(
                "<p>Not decided by these records: {}.</p>\n",
                names.join(", ")
            ),
        );
    }
    for record in records {
        section(&mut out, record, &lines);
    }
    out.push_str(END);
    out
}

fn contents(out: &mut String, records: &[Record], claims: &[(&str, Vec<&Line<'_>>)]) {
    out.push_str(
        "<nav aria-label=\"Contents\">\n<a class=\"top\" href=\"#verdicts\">Verdicts</a>\n",
    );
    for (claim, _) in claims {
        push(
            out,
            format_args!("<a href=\"#claim-{0}\">{0}</a>\n", escape(claim)),
        );
    }
    out.push_str("<span class=\"top\">Experiments</span>\n");
    for Record { manifest, .. } in records {
        push(
            out,
            format_args!(
                "<a href=\"#experiment-{0}\">{0}</a>\n",
                escape(&manifest.id)
            ),
        );
    }
    out.push_str("</nav>\n");
}

/// A verdict as a word with a sign, coloured besides.
fn verdict(verdict: Verdict) -> String {
    let sign = match verdict {
        Verdict::Supported => "✓",
        Verdict::Inconclusive => "?",
        Verdict::Refuted => "✗",
    };
    format!(
        "<strong class=\"{verdict}\"><span aria-hidden=\"true\">{sign}</span> {verdict}</strong>"
    )
}

fn verdicts(out: &mut String, claims: &[(&str, Vec<&Line<'_>>)]) {
    out.push_str(
        "<table class=\"verdicts\">\n<thead><tr><th>Form</th><th>Statement checked</th><th>Verdict</th>\
         <th>Effect ± standard error</th><th>Line</th><th>Controls</th></tr></thead>\n",
    );
    for (claim, group) in claims {
        let paper = reconstructed(claim).map_or_else(String::new, |text| {
            format!("<br>Paper, as reconstructed: {}", escape(&text))
        });
        push(
            out,
            format_args!(
                "<tbody>\n<tr class=\"claim\"><th colspan=\"6\" scope=\"rowgroup\" id=\"claim-{0}\">\
                 <code>{0}</code>: {1}<span>{paper}</span></th></tr>\n",
                escape(claim),
                in_a_word(group.iter().map(|line| line.finding))
            ),
        );
        for Line {
            finding, anchor, ..
        } in group
        {
            let class =
                if finding.controls.is_empty() || finding.controls.iter().any(|c| !c.holds()) {
                    " class=\"failing\""
                } else {
                    ""
                };
            push(
                out,
                format_args!(
                    "<tr><td data-label=\"Form\"><a href=\"#{anchor}\">{}</a></td>\
                     <td data-label=\"Checked\">{}</td><td data-label=\"Verdict\">{}</td>\
                     <td data-label=\"Effect\">{} {}</td><td data-label=\"Line\">{}</td>\
                     <td data-label=\"Controls\"{class}>{}</td></tr>\n",
                    escape(&finding.form),
                    escape(&finding.statement),
                    verdict(finding.verdict),
                    with_error(finding.effect, finding.std_error),
                    escape(&finding.unit),
                    line_and_tolerance(finding),
                    controls(finding),
                ),
            );
        }
        out.push_str("</tbody>\n");
    }
    out.push_str("</table>\n");
}

fn section(out: &mut String, record: &Record, lines: &[Line<'_>]) {
    let manifest = &record.manifest;
    push(
        out,
        format_args!(
            "<section>\n<h2 id=\"experiment-{0}\">{0}</h2>\n<p>{1}</p>\n\
             <p class=\"source\">Scale {2}, seed {3}, vicinfo {4}. Table <code>{5}</code>: {6} rows, \
             SHA-256 <code>{7}</code>.",
            escape(&manifest.id),
            escape(&manifest.summary),
            scale_name(manifest.scale),
            manifest.seed,
            escape(&manifest.version),
            escape(&manifest.table.file),
            manifest.table.rows,
            escape(&manifest.table.sha256),
        ),
    );
    for input in &manifest.inputs {
        push(
            out,
            format_args!(
                "<br>Read: {}, SHA-256 <code>{}</code>.",
                escape(&input.name),
                escape(&input.sha256)
            ),
        );
    }
    push(
        out,
        format_args!(
            "</p>\n<pre><code>{}</code></pre>\n",
            escape(&command(manifest))
        ),
    );
    for line in lines.iter().filter(|line| line.manifest.id == manifest.id) {
        finding(out, line);
    }
    for (i, (entry, drawing)) in manifest.figures.iter().zip(&record.svgs).enumerate() {
        let prefix = format!("{}-figure-{}", manifest.id, i + 1);
        figure(out, &entry.title, &entry.caption, drawing, &prefix);
    }
    out.push_str("</section>\n");
}

fn finding(out: &mut String, line: &Line<'_>) {
    let finding = line.finding;
    let unit = escape(&finding.unit);
    push(
        out,
        format_args!(
            "<article id=\"{}\">\n<h3><code>{}</code>, {}: {}</h3>\n<dl>\n",
            escape(&line.anchor),
            escape(&finding.claim),
            escape(&finding.form),
            verdict(finding.verdict)
        ),
    );
    let mut item = |name: &str, text: &str| {
        push(out, format_args!("<dt>{name}</dt><dd>{text}</dd>\n"));
    };
    if let Some(paper) = reconstructed(&finding.claim) {
        item("Paper, as reconstructed", &escape(&paper));
    }
    item("Checked", &escape(&finding.statement));
    let effect = with_error(finding.effect, finding.std_error);
    item("Effect ± standard error", &format!("{effect} {unit}"));
    let reason = escape(&finding.tolerance_reason);
    item(
        "Line",
        &format!("{}; {reason}", line_and_tolerance(finding)),
    );
    item("Evidence", &escape(&finding.evidence));
    let mut controls = controls(finding);
    for control in &finding.controls {
        let class = if control.holds() {
            ""
        } else {
            " class=\"failing\""
        };
        controls.push_str(&format!(
            "<br>{}: <span{class}>{} {unit}</span>",
            escape(&control.setting),
            escape(&outcome(control))
        ));
    }
    item("Controls", &controls);
    out.push_str("</dl>\n</article>\n");
}
