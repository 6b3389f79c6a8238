//! The real experiments at scale smoke, and the published record.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use vicinfo::experiment::{Scale, failed_controls};
use vicinfo::paper::CLAIMS;
use vicinfo::record::{self, Manifest, Record};
use vicinfo::report::{claim_table, markdown};
use vicinfo::stats::{Summary, Verdict};

use crate::cli::{err, json, vicinfo};

fn published() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("figures")
}

/// The experiments of the command line and the claims that each decides.
fn experiments() -> Vec<(String, Vec<String>)> {
    let listed = json(&vicinfo(Path::new("."), &["list", "--json"]));
    let texts = |value: &serde_json::Value| -> Vec<String> {
        let values = value.as_array().unwrap().iter();
        values.map(|v| v.as_str().unwrap().to_owned()).collect()
    };
    let experiments = listed["experiments"].as_array().unwrap().iter();
    experiments
        .map(|one| {
            (
                one["id"].as_str().unwrap().to_owned(),
                texts(&one["claims"]),
            )
        })
        .collect()
}

/// Everything at the scale `smoke` on so many threads, in a folder of this number.
fn smoke(threads: &str) -> PathBuf {
    // One folder for each run of the tests, so that two runs at once do not meet.
    static CLEARED: LazyLock<()> = LazyLock::new(remove_left_behind);
    LazyLock::force(&CLEARED);
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("smoke-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let out = folder.join(threads);
    let how = ["--scale", "smoke", "--threads", threads, "--out", threads];
    let done = vicinfo(&folder, &[&["reproduce"], &how[..]].concat());
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    assert_eq!(err(&done), "");
    out
}

/// Removes the folders of runs of the tests that have ended, where that can be told.
fn remove_left_behind() {
    if !Path::new("/proc/self").exists() {
        return;
    }
    for entry in std::fs::read_dir(env!("CARGO_TARGET_TMPDIR")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        let ended = (name.to_str().and_then(|name| name.strip_prefix("smoke-")))
            .is_some_and(|id| !Path::new("/proc").join(id).exists());
        if ended {
            // Another run of the tests may be removing it, too.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// That on two threads, for all tests that read it.
fn smoke_on_two() -> &'static Path {
    static RUN: LazyLock<PathBuf> = LazyLock::new(|| smoke("2"));
    &RUN
}

/// The files of a folder, not those of folders in it.
fn bytes(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
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
#[ignore = "slow: every experiment on a single thread"]
fn smoke_gives_the_same_bytes_on_one_and_two_threads() {
    let one = smoke("1");
    let two = smoke_on_two();
    assert!(bytes(two).len() > 1);
    assert!(bytes(&one) == bytes(two), "report");
    for (id, _) in experiments() {
        let (one, two) = (bytes(&one.join(&id)), bytes(&two.join(&id)));
        assert!(two.len() > 2, "{id}");
        assert!(one == two, "{id}");
    }
}

#[test]
fn smoke_gives_the_recorded_verdicts() {
    let out = smoke_on_two();
    assert!(out.join("report.html").is_file() && out.join("REPORT.md").is_file());
    for (id, _) in experiments() {
        let folder = out.join(&id);
        assert!(!folder.join("cells").exists(), "{id}");
        let manifest = Record::read(&folder).unwrap().manifest;
        assert_eq!(failed_controls(&manifest), Vec::<String>::new());
        let record = Record::read(&published().join(&id)).unwrap();
        assert_eq!(
            record.manifest.scale,
            Scale::Full,
            "{id}: the published figures are at scale full"
        );
        let verdicts = |manifest: &Manifest| -> Vec<(String, String, Verdict)> {
            manifest
                .findings
                .iter()
                .map(|f| (f.claim.clone(), f.form.clone(), f.verdict))
                .collect()
        };
        let (mut found, recorded) = (verdicts(&manifest), verdicts(&record.manifest));
        if TRAINED.contains(&id.as_str()) {
            // Seconds of training decide nothing: what is decided without it has to be the same.
            found.retain(|finding| !recorded.contains(finding));
            assert_eq!(found, [], "{id}");
        } else {
            assert_eq!(found, recorded);
        }
    }
}

/// Experiments some of whose findings compare networks that have been trained for minutes.
const TRAINED: [&str; 3] = ["entropy-training", "gaussianity", "ssl-family"];

/// Copies a record.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for (name, content) in bytes(from) {
        std::fs::write(to.join(name), content).unwrap();
    }
}

fn redo(folder: &Path) {
    let done = vicinfo(folder, &["report", "--redo", "--out", "."]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
}

#[test]
fn the_published_figures_are_what_their_tables_draw() {
    let folder = tempfile::tempdir().unwrap();
    let experiments = experiments();
    for (id, _) in &experiments {
        copy(&published().join(id), &folder.path().join(id));
    }
    redo(folder.path());
    for (id, _) in &experiments {
        let (drawn, recorded) = (bytes(&folder.path().join(id)), bytes(&published().join(id)));
        assert_eq!(drawn.len(), recorded.len(), "{id}");
        for ((name, drawn), (other, recorded)) in drawn.iter().zip(&recorded) {
            assert!(
                name == other && drawn == recorded,
                "{id}/{other} is not what its table gives"
            );
        }
    }
}

/// A published record with another table, decided and drawn again.
pub fn redone(id: &str, table: &str) -> Record {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join(id);
    copy(&published().join(id), &at);
    let mut manifest = Record::read(&at).unwrap().manifest;
    manifest.table.sha256 = record::sha256(table.as_bytes());
    manifest.table.rows = table.lines().count() - 1;
    let path = at.join("manifest.json");
    std::fs::write(&path, record::to_json(&path, &manifest).unwrap()).unwrap();
    std::fs::write(at.join("table.csv"), table).unwrap();
    redo(folder.path());
    Record::read(&at).unwrap()
}

pub fn published_table(id: &str) -> String {
    std::fs::read_to_string(published().join(id).join("table.csv")).unwrap()
}

/// The same after a change of the published table.
fn changed(id: &str, change: impl Fn(&mut String)) -> Record {
    let mut table = published_table(id);
    change(&mut table);
    redone(id, &table)
}

/// Puts a value behind the start of a row.
fn replace(table: &mut String, row: &str, value: &str) {
    let from = table.find(row).unwrap() + row.len();
    let to = from + table[from..].find(',').unwrap();
    table.replace_range(from..to, value);
}

/// The record of gaussianity with other rates of rejection of its wide network, decided again.
fn gaussianity_with(rejected: &[(&str, &str)]) -> Vec<vicinfo::finding::Finding> {
    let record = changed("gaussianity", |table| {
        for (noise, rate) in rejected {
            let row = format!("curve,sprites,\"untrained, width 1024\",rejected,{noise},512,");
            replace(table, &row, rate);
        }
    });
    record.manifest.findings
}

#[test]
fn steps_of_the_form_stand_beside_each_other_where_a_level_is_below_zero() {
    // Across zero down, further down, and up again below it.
    let drawn = changed("information-bound", |table| {
        for (step, level) in [("5.0", "-0.5"), ("6.0", "-1.5"), ("7.0", "-1.0")] {
            let row = format!("chain,random,level_nats,4,{step},1000,");
            replace(table, &row, level);
        }
    });
    let blocks: Vec<[f64; 4]> = (drawn.svgs[0].split("<polygon opacity=\"0.45\"").skip(1))
        .map(|tag| {
            let points = tag.split_once("points=\"").unwrap().1;
            let places = points.split_once('"').unwrap().0.split_whitespace();
            let places = places.map(|place| place.split_once(',').unwrap());
            let (xs, ys): (Vec<f64>, Vec<f64>) = places
                .map(|(x, y)| (x.parse::<f64>().unwrap(), y.parse::<f64>().unwrap()))
                .unzip();
            let least = |v: &[f64]| v.iter().copied().fold(f64::INFINITY, f64::min);
            let most = |v: &[f64]| v.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            [least(&xs), most(&xs), least(&ys), most(&ys)]
        })
        .collect();
    for (i, a) in blocks.iter().enumerate() {
        for b in &blocks[..i] {
            let apart = a[0] >= b[1] || b[0] >= a[1] || a[2] >= b[3] - 1.0 || b[2] >= a[3] - 1.0;
            assert!(apart, "{a:?} over {b:?}");
        }
    }
    // The published levels have the same blocks but for what is left at step 5, where nothing is.
    let record = Record::read(&published().join("information-bound")).unwrap();
    let count = record.svgs[0].matches("<polygon opacity=\"0.45\"").count();
    assert_eq!(blocks.len() + 1, count);
}

#[test]
fn outputs_that_pass_nowhere_or_not_up_to_a_noise_decide_nothing_there() {
    let wide = |findings: Vec<vicinfo::finding::Finding>| -> Vec<_> {
        let of = |f: &vicinfo::finding::Finding| f.form.starts_with("untrained, width 1024: ");
        findings.into_iter().filter(of).collect()
    };
    let nowhere = wide(gaussianity_with(&[("1e-6", "0.9")]));
    assert_eq!(nowhere.len(), 2);
    for finding in nowhere {
        assert_eq!(finding.verdict, Verdict::Inconclusive, "{}", finding.form);
        assert!(finding.evidence.contains("there is no such noise"));
        assert!(finding.controls.iter().all(|control| control.holds()));
    }
    // Beyond a level that is rejected, those that pass again do not count.
    for finding in wide(gaussianity_with(&[("0.01", "0.9")])) {
        assert!(
            finding.evidence.contains("noise 0.003"),
            "{}",
            finding.evidence
        );
    }
}

/// With the face `a` standard deviations away: scipy 1.17, `norm.cdf(-a)` and `(1 + a*a)*norm.cdf(-a) - a*norm.pdf(a)`.
#[test]
fn networks_of_one_face_say_what_is_known() {
    let table = std::fs::read_to_string(published().join("gaussianity/table.csv")).unwrap();
    for (a, leave, remainder) in [
        (
            3.0_f64,
            0.001_349_898_031_630_094_6,
            0.000_203_435_080_486_862_13,
        ),
        (0.5, 0.308_537_538_725_986_9, 0.209_639_260_025_333_92),
    ] {
        for (quantity, known) in [("leave", leave), ("remainder", remainder)] {
            let row = |name: String| -> Vec<f64> {
                let start = format!("face,,one face,{name},{:?},512,", a.recip());
                let row = table.lines().find_map(|line| line.strip_prefix(&start));
                row.unwrap()
                    .split(',')
                    .map(|v| v.parse().unwrap())
                    .collect()
            };
            let exact = row(format!("{quantity}_exact"))[0];
            assert!((exact - known).abs() < 1e-12, "{exact} against {known}");
            let measured = row(quantity.to_owned());
            let (value, std_error) = (measured[0], measured[1]);
            assert!(
                (value - known).abs() < 4.5 * std_error,
                "{quantity} at {a}: {value} ± {std_error} against {known}"
            );
        }
    }
}

#[path = "../../experiments/gaussianity/twin.rs"]
mod twin;

/// Networks that differ a lot from each other and by a quarter from their twins: only twins give a difference without error,
/// whereas its mean is a quarter for any pairs.
#[test]
fn trained_networks_are_compared_with_their_own_twins() {
    let planted = [9.0, -2.0, 5.5, 0.25, 31.0];
    let networks: Vec<Vec<f64>> = planted.map(|v| vec![v, v + 0.25]).into();
    let methods = twin::by_method(networks);
    assert_eq!(
        methods,
        [planted.to_vec(), planted.map(|v| v + 0.25).to_vec()]
    );
    let difference = Summary::new(&twin::above_twins(&methods[1], &methods[0])).unwrap();
    assert_eq!((difference.mean, difference.std_error), (0.25, 0.0));
    let mut strangers = methods[0].clone();
    strangers.rotate_left(1);
    let difference = Summary::new(&twin::above_twins(&methods[1], &strangers)).unwrap();
    assert!((difference.mean - 0.25).abs() < 1e-12 && difference.std_error > 1.0);
}

/// What is published of a comparison is the difference of what is published of the methods.
#[test]
fn compared_methods_differ_by_the_difference_of_their_means() {
    let table = std::fs::read_to_string(published().join("gaussianity/table.csv")).unwrap();
    let row = |subject: &str, quantity: &str, noise: &str| -> Vec<f64> {
        let start = format!("trained,sprites,{subject},{quantity},{noise},512,");
        let row = table.lines().find_map(|line| line.strip_prefix(&start));
        let values = row.unwrap().split(',').map(|v| v.parse().unwrap());
        values.collect()
    };
    for layer in ["representations", "embeddings"] {
        for noise in ["1e-6", "0.003", "0.1", "0.8"] {
            let of = |method: &str| row(&format!("{method}: {layer}"), "p_value", noise)[0];
            let above = row(
                &format!("VICReg against SimCLR: {layer}"),
                "p_value_above",
                noise,
            );
            assert!((of("VICReg") - of("SimCLR") - above[0]).abs() < 1e-12);
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
    let experiments = experiments();
    for claim in CLAIMS {
        let of = |claims: &[String]| claims.iter().any(|id| id == claim.id.0);
        let deciding = experiments.iter().find(|(_, claims)| of(claims));
        let (id, _) = deciding.unwrap_or_else(|| panic!("no experiment decides {}", claim.id.0));
        let record = Record::read(&published().join(id)).unwrap();
        let findings = &record.manifest.findings;
        assert!(
            findings.iter().any(|finding| finding.claim == claim.id.0),
            "{}",
            claim.id.0
        );
    }
    for (id, claims) in experiments {
        let known = |claim: &String| vicinfo::paper::claim(claim).is_some();
        assert!(claims.iter().all(known), "{id}");
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
    assert_eq!(
        table,
        Some(claim_table(&records, "figures/REPORT.md").as_str())
    );
    let report = std::fs::read_to_string(published().join("REPORT.md")).unwrap();
    assert!(
        report == markdown(&records),
        "figures/REPORT.md is not that of the records"
    );
}
