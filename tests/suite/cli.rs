//! The command line as a user meets it.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

pub fn vicinfo(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vicinfo"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

pub fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// That each of these ends with code 1, says this and prints nothing.
pub fn assert_refused(folder: &Path, command: &str, cases: &[(&[&str], &str)]) {
    for (arguments, says) in cases {
        let refused = vicinfo(folder, &[&[command], *arguments].concat());
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        assert!(
            err(&refused).contains(says),
            "{arguments:?}: {}",
            err(&refused)
        );
        assert_eq!(out(&refused), "");
    }
}

pub fn json(output: &Output) -> Value {
    serde_json::from_str(&out(output)).unwrap_or_else(|error| panic!("{error}: {}", out(output)))
}

#[test]
fn list_names_everything() {
    let folder = tempfile::tempdir().unwrap();
    let table = vicinfo(folder.path(), &["list"]);
    assert_eq!(table.status.code(), Some(0));
    for name in [
        "moment-entropy",
        "supports",
        "kozachenko_leonenko(k=3,norm=euclidean)",
        "ksg1",
        "rankme(eps=1e-7)",
        "zero-penalty",
        "vicreg(covariance=1,gamma=1,hinge=mean,invariance=25,variance=25)",
        "nt_xent(temperature=0.5)",
        "vicreg_pair_dist",
        "[vicreg(covariance=0) + 0.78125*log_det(epsilon=0.01)]",
        "henze_zirkler",
        "1v1-normal-0.75",
        "as reconstructed",
    ] {
        assert!(out(&table).contains(name), "{name}");
    }
    let listed = json(&vicinfo(folder.path(), &["list", "--json"]));
    assert_eq!(
        listed,
        json(&vicinfo(folder.path(), &["list", "--format", "json"]))
    );
    for (kind, entries) in [
        ("objectives", vicinfo::objective::ALL.len()),
        ("methods", vicinfo::training::Preset::ALL.len()),
        ("normality_tests", vicinfo::stats::normality::ALL.len()),
    ] {
        assert_eq!(listed[kind].as_array().unwrap().len(), entries, "{kind}");
    }
    for claim in listed["claims"].as_array().unwrap() {
        assert!(
            !claim["experiments"].as_array().unwrap().is_empty(),
            "{claim}"
        );
    }
}

#[test]
fn wrong_input_is_named_with_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("short.csv"), "1\n2\n").unwrap();
    std::fs::write(at.join("long.csv"), "1\n2\n3\n").unwrap();
    std::fs::write(at.join("empty.npy"), "").unwrap();
    for (arguments, code, says) in [
        (&["measure", "entropy", "no.npy"][..], 1, "no.npy"),
        (&["measure", "entropy", "empty.npy"], 1, "an empty file"),
        (
            &["measure", "entropy", "short.csv", "--estimator", "gausian"],
            1,
            "known: gaussian",
        ),
        (
            &["measure", "entropy", "short.csv", "--estimator", ""],
            1,
            "names separated by commas",
        ),
        (
            &["measure", "information", "short.csv", "long.csv"],
            1,
            "expected 2, found 3",
        ),
        (&["run", "nothing"], 1, "known: supports"),
        (&["run"], 2, "required"),
        (
            &["run", "supports", "--scale", "huge"],
            2,
            "possible values",
        ),
        (&["run", "supports", "--shard", "2/2"], 2, "write I/N"),
        (
            &["run", "supports", "--images", "nowhere", "--scale", "smoke"],
            1,
            "nowhere",
        ),
        (
            &["sample", "gauss", "--n", "3", "--out", "x.npz"],
            1,
            "known: gaussian-{dim}",
        ),
        (
            &["sample", "gaussian-2", "--n", "0", "--out", "x.npz"],
            1,
            "at least 1",
        ),
        (
            &["sample", "gaussian-2", "--n", "3", "--out", "x.csv"],
            1,
            "ending in .npz",
        ),
        (&["report", "--out", "nowhere"], 1, "nowhere"),
        (&["check", "--records", "nowhere"], 1, "nowhere"),
        (
            &[
                "measure",
                "information",
                "a.npy",
                "b.npy",
                "--permutations",
                "0",
            ],
            2,
            "a whole number, at least 2 and at most 1000000",
        ),
        (
            &["measure", "entropy", "a.npy", "--calibrate", "1"],
            2,
            "a whole number, at least 2 and at most 1000000",
        ),
        (
            &["measure", "entropy", "a.npy", "--std-error", "--level", "1"],
            2,
            "a number above 0 and below 1",
        ),
        (
            &[
                "measure",
                "entropy",
                "a.npy",
                "--std-error",
                "--level",
                "NaN",
            ],
            2,
            "a number above 0 and below 1",
        ),
        (
            &["measure", "entropy", "a.npy", "--level", "0.9"],
            2,
            "--std-error",
        ),
        (
            &["measure", "entropy", "a.npy", "--permutations", "9"],
            2,
            "unexpected argument",
        ),
        (&["frobnicate"], 2, "unrecognized subcommand"),
        (&[], 2, "Usage"),
    ] {
        let output = vicinfo(at, arguments);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {}",
            err(&output)
        );
        assert!(
            err(&output).contains(says),
            "{arguments:?}: {}",
            err(&output)
        );
        assert!(!err(&output).contains("panicked"), "{arguments:?}");
    }
}

#[test]
fn completions_are_scripts() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = vicinfo(folder.path(), &["completions", shell]);
        assert_eq!(script.status.code(), Some(0));
        assert!(out(&script).contains("reproduce"));
    }
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_vicinfo"))
        .current_dir(folder.path())
        .arg("list")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(!err(&output).contains("panicked"), "{}", err(&output));
    assert_eq!(output.status.code(), Some(0));
}

/// Links of the table lead from the file that it is put in to the report, however both were named.
#[test]
fn the_table_of_claims_is_put_into_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let run = ["run", "bound-rank", "--scale", "smoke", "--out", "records"];
    let done = vicinfo(at, &run);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    std::fs::create_dir(at.join("docs")).unwrap();
    let page = at.join("docs/page.md");
    let empty = "before\n<!-- verdicts:begin -->\n<!-- verdicts:end -->\nafter\n";
    let absolute = at.join("records");
    for out in ["records", absolute.to_str().unwrap()] {
        std::fs::write(&page, empty).unwrap();
        let done = vicinfo(at, &["report", "--out", out, "--readme", "docs/page.md"]);
        assert_eq!(done.status.code(), Some(0), "{}", err(&done));
        let text = std::fs::read_to_string(&page).unwrap();
        assert!(
            text.contains("\n| [`bound-rank`](../records/REPORT.md#bound-rank-1) | "),
            "{text}"
        );
        assert!(
            text.starts_with("before\n") && text.ends_with("after\n"),
            "{text}"
        );
    }
    std::fs::write(&page, "no marks\n").unwrap();
    let refused = vicinfo(
        at,
        &["report", "--out", "records", "--readme", "docs/page.md"],
    );
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        err(&refused).contains("docs/page.md: expected the marks"),
        "{}",
        err(&refused)
    );
    assert_eq!(std::fs::read_to_string(&page).unwrap(), "no marks\n");
}
