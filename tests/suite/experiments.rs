//! The real experiments at scale smoke, and the published record.

use std::path::{Path, PathBuf};

use vicinfo::experiment::{Entry, Inputs, Options, Outcome, Scale, failed_controls};
use vicinfo::paper::CLAIMS;
use vicinfo::record::{Manifest, Record};
use vicinfo::report::{markdown, verdict_table};
use vicinfo::stats::Verdict;

use crate::registry::EXPERIMENTS;

fn published() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("figures")
}

fn smoke(entry: &Entry, out: &Path, threads: usize) -> Manifest {
    let options = Options {
        scale: Scale::Smoke,
        seed: 1,
        out: out.to_owned(),
        threads: Some(threads),
        shard: None,
        fresh: false,
        inputs: Inputs::default(),
    };
    match (entry.run)(&options).unwrap() {
        Outcome::Complete(manifest) => *manifest,
        partial @ Outcome::Partial { .. } => panic!("{partial:?}"),
    }
}

fn bytes(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                std::fs::read(&path).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}

#[test]
fn smoke_gives_the_same_bytes_on_one_and_two_threads_and_the_recorded_verdicts() {
    let folder = tempfile::tempdir().unwrap();
    for entry in EXPERIMENTS {
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        let manifest = smoke(entry, &one, 1);
        smoke(entry, &two, 2);
        assert_eq!(
            bytes(&one.join(entry.id)),
            bytes(&two.join(entry.id)),
            "{}",
            entry.id
        );
        assert_eq!(failed_controls(&manifest), Vec::<String>::new());
        let record = Record::read(&published().join(entry.id)).unwrap();
        assert_eq!(
            record.manifest.scale,
            Scale::Full,
            "{}: the published figures are at scale full",
            entry.id
        );
        let verdicts = |manifest: &Manifest| -> Vec<(String, String, Verdict)> {
            manifest
                .findings
                .iter()
                .map(|f| (f.claim.clone(), f.form.clone(), f.verdict))
                .collect()
        };
        assert_eq!(verdicts(&manifest), verdicts(&record.manifest));
    }
}

#[test]
fn the_published_figures_are_what_their_tables_draw() {
    for entry in EXPERIMENTS {
        let record = Record::read(&published().join(entry.id)).unwrap();
        let derived = (entry.redo)(&record).unwrap();
        assert_eq!(derived.findings, record.manifest.findings, "{}", entry.id);
        assert_eq!(derived.figures.len(), record.svgs.len());
        for ((figure, drawn), recorded) in derived.figures.iter().zip(&record.svgs) {
            assert!(
                drawn == recorded,
                "{}/{} is not what its table draws",
                entry.id,
                figure.file
            );
        }
    }
}

#[test]
fn every_published_control_holds_and_refutes_something() {
    for record in Record::read_all(&published()).unwrap() {
        assert_eq!(failed_controls(&record.manifest), Vec::<String>::new());
        for finding in &record.manifest.findings {
            assert!(
                finding
                    .controls
                    .iter()
                    .any(|c| c.verdict == Verdict::Refuted),
                "{}",
                finding.form
            );
            if finding.verdict == Verdict::Refuted {
                let can_pass = finding
                    .controls
                    .iter()
                    .any(|c| c.verdict == Verdict::Supported);
                assert!(
                    can_pass,
                    "{} ({}): no setting in which the check passes",
                    finding.claim, finding.form
                );
            }
            assert!(!finding.tolerance_reason.is_empty() && !finding.unit.is_empty());
        }
    }
}

#[test]
fn every_claim_has_an_experiment_and_a_finding() {
    for claim in CLAIMS {
        let entry = EXPERIMENTS
            .iter()
            .find(|entry| entry.claims.contains(&claim.id));
        let entry = entry.unwrap_or_else(|| panic!("no experiment decides {}", claim.id.0));
        let record = Record::read(&published().join(entry.id)).unwrap();
        assert!(
            record
                .manifest
                .findings
                .iter()
                .any(|finding| finding.claim == claim.id.0),
            "{}",
            claim.id.0
        );
    }
    for entry in EXPERIMENTS {
        assert!(
            entry
                .claims
                .iter()
                .all(|claim| vicinfo::paper::claim(claim.0).is_some()),
            "{}",
            entry.id
        );
    }
}

#[test]
fn the_readme_and_the_report_are_those_of_the_records() {
    // The report's order is that of the folder.
    let records = Record::read_all(&published()).unwrap();
    let readme =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let table = readme
        .split_once("<!-- verdicts:begin -->\n")
        .and_then(|(_, rest)| rest.split_once("<!-- verdicts:end -->"))
        .map(|(table, _)| table);
    assert_eq!(table, Some(verdict_table(&records).as_str()));
    let report = std::fs::read_to_string(published().join("REPORT.md")).unwrap();
    assert!(
        report == markdown(&records),
        "figures/REPORT.md is not that of the records"
    );
}
