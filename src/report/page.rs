//! What HTML pages have in common.

use std::fmt::Write;

const STYLE: &str = include_str!("style.css");

/// The head of a page, up to the beginning of its body.
pub(crate) fn open(out: &mut String, title: &str) {
    push(
        out,
        format_args!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
            escape(title)
        ),
    );
}

/// The end of a page.
pub(crate) const END: &str = "</main>\n</body>\n</html>\n";

/// A drawing with what it shows; names inside it get a prefix of their own.
pub(crate) fn figure(out: &mut String, title: &str, caption: &str, drawing: &str, prefix: &str) {
    // A file may open with declarations that have no place inside a page.
    let drawing = drawing.find("<svg").map_or("", |start| &drawing[start..]);
    // Names inside a drawing are its own; in one page they must differ between drawings.
    let drawing = drawing
        .replace(" id=\"", &format!(" id=\"{prefix}-"))
        .replace("url(#", &format!("url(#{prefix}-"))
        .replace("href=\"#", &format!("href=\"#{prefix}-"));
    push(
        out,
        format_args!(
            "<figure id=\"{}\">\n<div class=\"drawing\">{drawing}</div>\n\
             <figcaption><strong>{}.</strong> {}</figcaption>\n</figure>\n",
            escape(prefix),
            escape(title.trim_end_matches('.')),
            escape(caption),
        ),
    );
}

/// Appends.
pub(crate) fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text)
        .expect("writing to a string cannot fail");
}

/// Text with the signs of HTML made harmless.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}
