//! What a report must say, with records made by hand.

use vicinfo::figure::{Axis, Figure, Mark, Panel, Series, svg};
use vicinfo::finding::{Control, Finding, Rule};
use vicinfo::record::{FigureEntry, InputFile, Manifest, Profile, Record, Scale, TableEntry};
use vicinfo::report::{claim_table, html, in_a_word, markdown, verdict_table};
use vicinfo::stats::Verdict;

fn control(setting: &str, expected: Verdict, verdict: Verdict) -> Control {
    Control {
        setting: setting.to_owned(),
        expected,
        verdict,
        effect: 1.25,
        std_error: 0.05,
        standard_errors: 4.0,
    }
}

fn finding(claim: &str, form: &str, verdict: Verdict, controls: Vec<Control>) -> Finding {
    Finding {
        claim: claim.to_owned(),
        form: form.to_owned(),
        statement: format!("Under {form}, |h - truth| < 0.1 & more."),
        verdict,
        effect: -0.012345,
        std_error: 0.00456,
        standard_errors: 4.0,
        unit: "nats".to_owned(),
        rule: Rule::Near,
        bound: 0.0,
        tolerance: 0.1,
        tolerance_reason: "smaller than any difference of interest".to_owned(),
        evidence: format!("largest gap of {form} over 12 cells"),
        controls,
    }
}

fn record(id: &str, claims: &[&str], findings: Vec<Finding>) -> Record {
    let figure = Figure {
        id: "gap".to_owned(),
        title: "Gap & slack".to_owned(),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("x"),
            y: Axis::linear("gap (nats)"),
            series: vec![Series {
                label: "gap".to_owned(),
                style: 1,
                mark: Mark::Line((0..12).map(|i| (i as f64, (i * i) as f64)).collect()),
            }],
        }],
        columns: 1,
        caption: "The gap grows with x.".to_owned(),
    };
    Record {
        folder: id.into(),
        svgs: vec![svg(&figure).unwrap()],
        manifest: Manifest {
            id: id.to_owned(),
            summary: format!("What {id} measures."),
            version: "0.1.0".to_owned(),
            scale: Scale::Standard,
            seed: 17,
            claims: claims.iter().map(|&claim| claim.to_owned()).collect(),
            inputs: Vec::new(),
            dataset: None,
            profile: None,
            table: TableEntry {
                file: "table.csv".to_owned(),
                rows: 42,
                sha256: "ab".repeat(32),
            },
            figures: vec![FigureEntry {
                file: "gap.svg".to_owned(),
                title: figure.title,
                caption: figure.caption,
            }],
            findings,
        },
    }
}

/// Two experiments, against the order of the claims in the paper; every control holds.
fn records() -> Vec<Record> {
    use Verdict::{Inconclusive, Refuted, Supported};
    let refutable = || control("the planted setting", Refuted, Refuted);
    vec![
        record(
            "second-experiment",
            &["diagonal-optimum"],
            vec![
                finding(
                    "diagonal-optimum",
                    "as stated",
                    Refuted,
                    vec![
                        refutable(),
                        control("the true setting", Supported, Supported),
                    ],
                ),
                finding(
                    "diagonal-optimum",
                    "corrected",
                    Supported,
                    vec![refutable()],
                ),
            ],
        ),
        record(
            "first-experiment",
            &["moment-entropy"],
            vec![finding(
                "moment-entropy",
                "at d = 2",
                Inconclusive,
                vec![refutable()],
            )],
        ),
    ]
}

fn all(records: &[Record]) -> [(&'static str, String); 3] {
    [
        ("markdown", markdown(records)),
        ("html", html(records)),
        ("table", verdict_table(records)),
    ]
}

#[test]
fn every_finding_stands_in_full() {
    let records = records();
    for (kind, text) in all(&records) {
        for verdict in ["supported", "inconclusive", "refuted"] {
            assert!(text.contains(verdict), "{kind}: {verdict}");
        }
        for wanted in [
            "as stated",
            "corrected",
            "at d = 2",
            "-0.0123 ± 0.0046",
            "tolerance 0.1",
        ] {
            assert!(text.contains(wanted), "{kind}: {wanted}");
        }
        // In the order of the claims, not of the records.
        assert!(
            text.find("moment-entropy") < text.find("diagonal-optimum"),
            "{kind}"
        );
        assert!(!text.contains("Warning"), "{kind}");
    }
    for (kind, text) in &all(&records)[..2] {
        assert_eq!(text.matches("the planted setting").count(), 3, "{kind}");
        for wanted in [
            "the true setting",
            "must be",
            "1.250 ± 0.050",
            "smaller than any difference of interest",
            "largest gap of corrected over 12 cells",
            "as reconstructed",
            "not quotations",
            "What first-experiment measures.",
            "cargo run --release -- run second-experiment --scale standard --seed 17",
            "42 rows",
            &"ab".repeat(32),
            "The gap grows with x.",
            "Not decided by these records",
            "prototype-supports",
        ] {
            assert!(text.contains(wanted), "{kind}: {wanted}");
        }
    }
    assert!(markdown(&records).contains("![Gap &amp; slack](first-experiment/gap.svg)"));
}

#[test]
fn a_claim_is_told_in_a_word() {
    let word = |forms: &[(&str, Verdict)]| {
        let findings: Vec<Finding> = (forms.iter())
            .map(|(form, verdict)| finding("moment-entropy", form, *verdict, Vec::new()))
            .collect();
        in_a_word(&findings)
    };
    use Verdict::{Inconclusive, Refuted, Supported};
    for (forms, expected) in [
        (
            &[("as stated", Supported), ("exact", Inconclusive)][..],
            "holds",
        ),
        (
            &[("as stated", Refuted), ("corrected", Supported)],
            "wrong as stated",
        ),
        (
            &[
                ("x: as stated, one way", Refuted),
                ("as stated", Inconclusive),
            ],
            "in part",
        ),
        (
            &[("as stated", Supported), ("a reading", Refuted)],
            "in part",
        ),
        (&[("condition", Refuted), ("exact", Supported)], "in part"),
        (&[("as stated", Inconclusive)], "undecided"),
        (
            &[("as stated", Inconclusive), ("corrected", Supported)],
            "undecided",
        ),
        (&[("condition", Inconclusive)], "undecided"),
    ] {
        assert_eq!(word(forms), expected, "{forms:?}");
    }
    let table = claim_table(&records(), "figures/REPORT.md");
    // A line a claim, with what it counts and a link to the first of its checks.
    assert_eq!(table.lines().count(), 4, "{table}");
    assert!(
        table.contains("| [`moment-entropy`](figures/REPORT.md#first-experiment-1) | "),
        "{table}"
    );
}

#[test]
fn a_control_that_fails_is_said_first() {
    let mut records = records();
    let controls = &mut records[0].manifest.findings[1].controls;
    controls[0].verdict = Verdict::Supported;
    for (kind, text) in &all(&records)[..2] {
        let warning = text
            .find("A control of diagonal-optimum (corrected) does not hold")
            .unwrap();
        assert!(warning < text.find("Statement checked").unwrap(), "{kind}");
        assert!(
            text.contains("DOES NOT HOLD: must be refuted, is supported"),
            "{kind}"
        );
    }
    let table = verdict_table(&records);
    let line = table
        .lines()
        .find(|line| line.contains("corrected"))
        .unwrap();
    assert!(line.contains("**1 OF 1 CONTROLS NOT HOLDING**"), "{line}");
}

#[test]
fn missing_controls_and_findings_are_said() {
    let mut records = records();
    records[1].manifest.findings[0].controls.clear();
    records[0]
        .manifest
        .claims
        .push("covariance-taylor".to_owned());
    for (kind, text) in &all(&records)[..2] {
        for wanted in [
            "moment-entropy (at d = 2) has no control",
            "The record of second-experiment has no finding on covariance-taylor.",
            "NO CONTROL",
        ] {
            assert!(text.contains(wanted), "{kind}: {wanted}");
        }
    }
    assert!(verdict_table(&records).contains("**NO CONTROL**"));
}

#[test]
fn text_of_records_cannot_break_the_page() {
    let mut records = records();
    records[0].manifest.findings[0].evidence =
        "a | b <script>alert(1)</script> & *c* \"d\"\nnext".to_owned();
    records[0].manifest.findings[0].statement = "a | b <b>".to_owned();
    records[0].manifest.inputs.push(InputFile {
        name: "<images>".to_owned(),
        sha256: "cd".repeat(32),
    });
    let page = html(&records);
    assert!(!page.contains("<script") && !page.contains("<images>"));
    assert!(page.contains("a | b &lt;script&gt;alert(1)&lt;/script&gt; &amp; *c* &quot;d&quot;"));
    assert!(page.contains("--seed 17 --images DIR<"));
    records[0].manifest.dataset = Some("fashion-mnist".to_owned());
    records[0].manifest.profile = Some(Profile::Quick);
    let command = "--seed 17 --images DIR --dataset fashion-mnist --profile quick<";
    assert!(html(&records).contains(command));
    let text = markdown(&records);
    assert!(
        text.contains("a \\| b &lt;script&gt;alert(1)&lt;/script&gt; &amp; \\*c\\* \"d\" next")
    );
    assert!(verdict_table(&records).contains("a \\| b &lt;b&gt;"));
    // Every line of every table has the columns of its heading.
    for table in [text, verdict_table(&records)] {
        let mut columns = None;
        for line in table.lines() {
            if !line.starts_with('|') {
                columns = None;
                continue;
            }
            let count = line.replace("\\|", "").matches('|').count();
            assert_eq!(*columns.get_or_insert(count), count, "{line}");
        }
    }
}

#[test]
fn the_page_needs_nothing_else() {
    let mut records = records();
    for record in &mut records {
        record.svgs[0] = record.svgs[0].replace(
            "<desc>",
            "<defs><clipPath id=\"cut\"></clipPath></defs><g clip-path=\"url(#cut)\"></g><desc>",
        );
    }
    let page = html(&records);
    for forbidden in ["<script", "<link", "<img", "@import", "src=", "url(http"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    for part in page.split("http").skip(1) {
        let known = ["s://arxiv.org/abs/2303.00633", "://www.w3.org/2000/svg\""];
        assert!(
            known.iter().any(|known| part.starts_with(known)),
            "http{}",
            &part[..40]
        );
    }
    assert_eq!(page.matches("<svg").count(), 2);
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    let mut ids: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .map(|part| part.split_once('"').unwrap().0)
        .collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "an id stands twice");
    // Every reference inside the page has its aim.
    for part in page
        .split("href=\"#")
        .skip(1)
        .chain(page.split("url(#").skip(1))
    {
        let end = part.find(['"', ')']).unwrap();
        assert!(
            ids.binary_search(&&part[..end]).is_ok(),
            "#{}",
            &part[..end]
        );
    }
    for tag in [
        "section", "article", "figure", "table", "tbody", "dl", "nav", "main",
    ] {
        let open =
            page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(open, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn equal_records_give_equal_reports() {
    assert_eq!(all(&records()), all(&records()));
}
