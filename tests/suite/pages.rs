//! The pages beside the code: they name what exists, and say what the records say.

use std::collections::BTreeMap;
use std::fs::read_to_string;
use std::path::{Path, PathBuf};

use vicinfo::finding::Finding;
use vicinfo::paper;
use vicinfo::record::Record;
use vicinfo::report::in_a_word;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The README, the pages of `docs/`, and those that stand beside what they describe.
fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = (std::fs::read_dir(root().join("docs")).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    for page in [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "python/README.md",
        "examples/pytorch/README.md",
    ] {
        pages.push(root().join(page));
    }
    pages
}

/// Targets of the links and images of a page.
fn links(page: &str) -> Vec<&str> {
    let after = page.split("](").skip(1);
    after
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target)
        .collect()
}

#[test]
fn links_lead_somewhere() {
    let mut seen = 0;
    for path in pages() {
        let page = read_to_string(&path).unwrap();
        for target in links(&page) {
            if target.starts_with("http") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let there = match file {
                "" => path.clone(),
                file => path.parent().unwrap().join(file),
            };
            assert!(there.exists(), "{}: no {target}", path.display());
            let marked = anchor.is_empty()
                || read_to_string(&there)
                    .unwrap()
                    .contains(&format!("<a id=\"{anchor}\"></a>"));
            assert!(marked, "{}: no place {target}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen} links");
}

#[test]
fn every_claim_has_the_word_that_its_record_gives_it() {
    let mut findings: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
    let mut places: BTreeMap<String, String> = BTreeMap::new();
    for record in Record::read_all(&root().join("figures")).unwrap() {
        for (i, finding) in record.manifest.findings.iter().enumerate() {
            places
                .entry(finding.claim.clone())
                .or_insert_with(|| format!("{}-{}", record.manifest.id, i + 1));
            let of_claim = findings.entry(finding.claim.clone()).or_default();
            of_claim.push(finding.clone());
        }
    }
    let page = text("docs/claims.md");
    for claim in paper::CLAIMS {
        let id = claim.id.0;
        let row = format!(
            "| [`{id}`](../figures/REPORT.md#{}) | {} | ",
            places[id],
            in_a_word(&findings[id])
        );
        assert_eq!(page.matches(&row).count(), 1, "docs/claims.md wants {row}");
    }
    assert_eq!(page.matches("\n| [`").count(), paper::CLAIMS.len());
}

#[test]
fn every_module_has_its_example() {
    let library = text("docs/library.md");
    let examples: String = (library.split("```rust\n").skip(1))
        .map(|rest| rest.split_once("\n```").unwrap().0)
        .collect();
    let source = text("src/lib.rs");
    let modules = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod "));
    let mut seen = 0;
    for module in modules.map(|rest| rest.trim_end_matches(';')) {
        assert!(
            library
                .lines()
                .any(|line| line.starts_with("## ") && line.contains(&format!("`{module}`"))),
            "docs/library.md has no heading for {module}"
        );
        // The guide is made of pages, and the error stands at the root.
        let used = match module {
            "guide" => library.contains("`guide::estimators`"),
            "error" => examples.contains("use vicinfo::Error;"),
            _ => examples.contains(&format!("use vicinfo::{module}")),
        };
        assert!(used, "docs/library.md shows nothing of {module}");
        seen += 1;
    }
    assert!(seen >= 25, "{seen} modules");
}
