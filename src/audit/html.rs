//! An audit, or a comparison of several, as one HTML file.

use super::compare::{Cell, Comparison};
use super::reading::Reading;
use super::{Audit, Section};
use crate::figure::svg;
use crate::report::page::{END, escape, figure, open, push};

/// What the page opens with: section, reading, and how it is called there.
pub(super) const KEY: [(&str, &str, &str); 8] = [
    ("collapse", "std", "standard deviation of a coordinate"),
    (
        "collapse",
        "relative_invariance",
        "distance of two views over that of two inputs",
    ),
    (
        "entropy",
        "gaussian",
        "entropy that the covariance allows (nats)",
    ),
    (
        "slack",
        "off_diagonal",
        "lost to correlation, of what the variances allow (nats)",
    ),
    (
        "slack",
        "non_gaussianity_against_twins",
        "overstated by the covariance, against Gaussian twins (nats)",
    ),
    (
        "information",
        "info_nce",
        "information between the views, at least (nats)",
    ),
    ("rank", "rankme", "rank used (RankMe)"),
    ("labels", "held_out_error", "held-out error of a linear fit"),
];

pub(super) fn page(audit: &Audit) -> String {
    let mut out = String::new();
    open(&mut out, &format!("vicinfo audit: {}", audit.name));
    contents(
        &mut out,
        audit
            .sections
            .iter()
            .map(|s| (s.id.as_str(), s.title.as_str())),
    );
    let how = if audit.collapsed {
        ""
    } else {
        " Entropies and informations are in nats; standard errors are of chance alone. Numbers marked <em>above</em> or <em>below</em> go to bounds of \
         the truth as points are added, not to the truth. Entropy, slack, rank, tests of normality, redundancy and labels are read from the first view, and \
         so are rank and held-out error beside what nobody trained; the downstream bound takes both."
    };
    push(
        &mut out,
        format_args!(
            "<main>\n<h1>vicinfo audit: {}</h1>\n<p>{} pairs of embeddings in {} dimensions{}.{how}</p>\n",
            escape(&audit.name),
            audit.n,
            audit.dim,
            match (audit.labelled, audit.images) {
                (true, true) => ", with labels and the images behind them",
                (true, false) => ", with labels",
                (false, true) => ", with the images behind them",
                (false, false) => "",
            }
        ),
    );
    if audit.collapsed {
        // Audits that were written before both views were looked at name none.
        let view = audit.collapsed_view.as_deref().unwrap_or("the first view");
        push(
            &mut out,
            format_args!(
                "<p class=\"warning\" role=\"alert\"><strong>Collapsed.</strong> The points of {} are one point, as good as: \
                 what is said of collapse and the terms of VICReg are given, entropies, information, ranks and the rest are not.</p>\n",
                escape(view)
            ),
        );
    }
    out.push_str("<h2 id=\"numbers\">In a few numbers</h2>\n<table class=\"readings\">\n<tbody>\n");
    for (section, name, label) in KEY {
        if let Some(reading) = audit.reading(section, name) {
            push(
                &mut out,
                format_args!(
                    "<tr><td data-label=\"Number\"><a href=\"#{section}\">{label}</a></td><td data-label=\"Value\">{}</td></tr>\n",
                    value(reading)
                ),
            );
        }
    }
    out.push_str("</tbody>\n</table>\n");
    for part in &audit.sections {
        section(&mut out, part);
    }
    push(
        &mut out,
        format_args!(
            "<p class=\"source\">vicinfo {}{}</p>\n",
            escape(&audit.version),
            match audit.seed {
                Some(seed) => format!(", seed {seed}"),
                None => String::new(),
            }
        ),
    );
    out.push_str(END);
    out
}

pub(super) fn comparison(comparison: &Comparison) -> String {
    let mut out = String::new();
    open(&mut out, "vicinfo audit: comparison");
    let mut sections: Vec<(&str, &str)> = Vec::new();
    for row in &comparison.rows {
        if sections.last().is_none_or(|(id, _)| *id != row.section) {
            sections.push((&row.section, &row.title));
        }
    }
    contents(&mut out, sections.iter().copied());
    push(
        &mut out,
        format_args!(
            "<main>\n<h1>vicinfo audit: comparison</h1>\n<p>{}. Differences of a few standard errors are chance; numbers from different numbers of pairs or \
             dimensions are not comparable where their bias depends on them. A dash: not among the numbers of that audit, as those about labels where none were given.</p>\n",
            escape(&comparison.subjects().join("; "))
        ),
    );
    let heads: String = comparison
        .names
        .iter()
        .map(|name| format!("<th>{}</th>", escape(name)))
        .collect();
    for (id, title) in sections {
        push(
            &mut out,
            format_args!(
                "<section>\n<h2 id=\"{}\">{}</h2>\n<table class=\"readings\">\n<thead><tr><th>Number</th>{heads}<th>Unit</th><th>Side</th></tr></thead>\n<tbody>\n",
                escape(id),
                escape(title)
            ),
        );
        for row in comparison.rows.iter().filter(|row| row.section == id) {
            let cells: String = (row.cells.iter().zip(&comparison.names))
                .map(|(cell, name)| {
                    let class = match cell {
                        Cell::Missing(_) | Cell::Collapsed => " class=\"inconclusive\"",
                        Cell::Number { .. } | Cell::NotRead => "",
                    };
                    format!(
                        "<td data-label=\"{}\"><span{class}>{}</span></td>",
                        escape(name),
                        escape(&cell.text())
                    )
                })
                .collect();
            push(
                &mut out,
                format_args!(
                    "<tr><td data-label=\"Number\">{}</td>{cells}<td data-label=\"Unit\">{}</td><td data-label=\"Side\">{}</td></tr>\n",
                    escape(&row.name),
                    unit(&row.unit),
                    escape(&row.sides())
                ),
            );
        }
        out.push_str("</tbody>\n</table>\n");
        let mut notes = (comparison.notes.iter())
            .filter(|note| note.section == id)
            .peekable();
        if notes.peek().is_some() {
            out.push_str("<ul class=\"source\">\n");
            for note in notes {
                push(
                    &mut out,
                    format_args!(
                        "<li><strong>{}:</strong> {}</li>\n",
                        escape(&note.of.join("; ")),
                        escape(&note.text)
                    ),
                );
            }
            out.push_str("</ul>\n");
        }
        out.push_str("</section>\n");
    }
    out.push_str(END);
    out
}

fn contents<'a>(out: &mut String, sections: impl Iterator<Item = (&'a str, &'a str)>) {
    out.push_str("<nav aria-label=\"Contents\">\n<span class=\"top\">Contents</span>\n");
    for (id, title) in sections {
        push(
            out,
            format_args!("<a href=\"#{}\">{}</a>\n", escape(id), escape(title)),
        );
    }
    out.push_str("</nav>\n");
}

fn unit(unit: &str) -> String {
    if unit == "1" {
        String::new()
    } else {
        escape(unit)
    }
}

/// The number with its error, or the kind of the error.
fn value(reading: &Reading) -> String {
    match &reading.missing {
        Some(missing) => format!(
            "<span class=\"inconclusive\">none: {}</span>",
            escape(&missing.kind)
        ),
        None => escape(&reading.text()),
    }
}

fn section(out: &mut String, section: &Section) {
    push(
        out,
        format_args!(
            "<section>\n<h2 id=\"{}\">{}</h2>\n<p>{}</p>\n<table class=\"readings\">\n<thead><tr><th>Number</th><th>Value</th><th>Side</th>\
             <th>Pairs</th><th>What it says</th></tr></thead>\n<tbody>\n",
            escape(&section.id),
            escape(&section.title),
            escape(&section.words)
        ),
    );
    for reading in &section.readings {
        let about = match &reading.missing {
            Some(missing) => format!(
                "{}<br><span class=\"inconclusive\">{}</span>",
                escape(&reading.about),
                escape(&missing.message)
            ),
            None => escape(&reading.about),
        };
        push(
            out,
            format_args!(
                "<tr><td data-label=\"Number\"><code>{}</code></td><td data-label=\"Value\">{} {}</td><td data-label=\"Side\">{}</td>\
                 <td data-label=\"Pairs\">{}</td><td data-label=\"Says\">{about}</td></tr>\n",
                escape(&reading.name),
                value(reading),
                unit(&reading.unit),
                escape(&reading.side.as_deref().unwrap_or("").replace('_', " ")),
                reading.points,
            ),
        );
    }
    out.push_str("</tbody>\n</table>\n");
    if !section.notes.is_empty() {
        out.push_str("<ul class=\"source\">\n");
        for note in &section.notes {
            push(out, format_args!("<li>{}</li>\n", escape(note)));
        }
        out.push_str("</ul>\n");
    }
    for (place, drawn) in section.figures.iter().enumerate() {
        let prefix = format!("{}-figure-{}", section.id, place + 1);
        // A figure that cannot be drawn must not cost the numbers.
        match svg(drawn) {
            Ok(drawing) => figure(out, &drawn.title, &drawn.caption, &drawing, &prefix),
            Err(error) => push(
                out,
                format_args!(
                    "<p class=\"source\">{}: not drawn: {}</p>\n",
                    escape(&drawn.title),
                    escape(&error.to_string())
                ),
            ),
        }
    }
    out.push_str("</section>\n");
}
