//! The published table of planted faults is that of the tests.

use std::fmt::Write as _;
use std::path::Path;

/// `NotStrict` as `not strict`.
fn words(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.extend(c.to_lowercase());
    }
    text
}

/// `(method, fault, check)` for every line `(F::Fault, "check")` of a test `faults_in_method_…`.
fn faults(source: &str) -> Vec<(String, String, String)> {
    let mut method = None;
    let mut found = Vec::new();
    for line in source.lines() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix("fn ") {
            let name = name.strip_prefix("faults_in_");
            let name = name.and_then(|name| name.split("_are_caught").next());
            method = name.map(|name| name.replace('_', " "));
        }
        let pair = line
            .strip_prefix("(F::")
            .and_then(|line| line.strip_suffix("\"),"))
            .and_then(|line| line.split_once(", \""));
        if let (Some(method), Some((fault, check))) = (&method, pair) {
            found.push((method.clone(), words(fault), check.to_owned()));
        }
    }
    found
}

#[test]
fn the_table_of_planted_faults_is_that_of_the_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut table = String::from(
        "# Planted faults\n\n\
         What the conformance suites are worth: each of these faults is planted in an estimator, a law or a\n\
         test in `tests/suite/planted_*.rs`, and the named check catches it. Without the fault the same code passes.\n\n\
         | planted in | fault | caught by |\n|-|-|-|\n",
    );
    let mut count = 0;
    for kind in [
        "entropy",
        "density",
        "information",
        "lnc",
        "law",
        "normality",
    ] {
        let path = root.join(format!("tests/suite/planted_{kind}.rs"));
        let found = faults(&std::fs::read_to_string(path).unwrap());
        assert!(found.len() > 3, "{kind}: only {}", found.len());
        count += found.len();
        for (method, fault, check) in found {
            writeln!(table, "| {method} | {fault} | `{check}` |").unwrap();
        }
    }
    assert!(count > 80, "only {count} faults");
    let published = root.join("docs/planted-faults.md");
    let known = std::fs::read_to_string(&published).unwrap_or_default();
    let expected = std::env::temp_dir().join("vicinfo-planted-faults.md");
    if known != table {
        std::fs::write(&expected, &table).unwrap();
    }
    assert!(
        known == table,
        "{} is not that of the tests; {} is",
        published.display(),
        expected.display()
    );
}
