//! The command line as a user meets it.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn vicinfo(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vicinfo"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(output: &Output) -> Value {
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
    for claim in listed["claims"].as_array().unwrap() {
        assert!(
            !claim["experiments"].as_array().unwrap().is_empty(),
            "{claim}"
        );
    }
}

#[test]
fn sample_then_measure() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let drawn = json(&vicinfo(
        at,
        &[
            "sample",
            "1v1-normal-0.75",
            "--n",
            "2000",
            "--seed",
            "3",
            "--out",
            "pairs.npz",
        ],
    ));
    let truth = drawn["truth"]["information_nats"]["value"]
        .as_f64()
        .unwrap();
    assert!((truth - 0.413_339_286_592_234).abs() < 1e-12);
    let measured = vicinfo(
        at,
        &[
            "measure",
            "information",
            "pairs.npz:x",
            "pairs.npz:y",
            "--format",
            "json",
        ],
    );
    assert_eq!(measured.status.code(), Some(0), "{}", err(&measured));
    let measured = json(&measured);
    assert_eq!(
        (&measured["n"], &measured["dim_x"], &measured["dim_y"]),
        (&2000.into(), &1.into(), &1.into())
    );
    for result in measured["results"].as_array().unwrap() {
        let value = result["value_nats"].as_f64().unwrap();
        assert!((value - truth).abs() < 0.15, "{result}");
        assert!(result["side"].is_string() && result["warnings"].is_array());
    }
    let one = vicinfo(
        at,
        &[
            "measure",
            "information",
            "pairs.npz:x",
            "pairs.npz:y",
            "--estimator",
            "ksg1(k=5),three_entropies(estimator=kozachenko_leonenko(k=2,norm=max))",
            "--format",
            "json",
        ],
    );
    let names: Vec<String> = json(&one)["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        names,
        [
            "ksg1(k=5)",
            "three_entropies(estimator=kozachenko_leonenko(k=2,norm=max))"
        ]
    );
    let table = vicinfo(at, &["measure", "entropy", "pairs.npz:x", "--threads", "1"]);
    assert_eq!(table.status.code(), Some(0));
    assert!(
        out(&table).contains("value (nats)")
            && out(&table).contains("kolchinsky_tracey(bound=kl,std=1)")
    );
    // The same numbers, digit by digit, on one and on two threads.
    assert_eq!(
        out(&table),
        out(&vicinfo(
            at,
            &["measure", "entropy", "pairs.npz:x", "--threads", "2"]
        ))
    );
    let points = json(&vicinfo(
        at,
        &[
            "sample",
            "mixture-2-8-4",
            "--n",
            "10",
            "--out",
            "points.npz",
        ],
    ));
    assert!(
        points["truth"]["entropy_nats"]["lower"].as_f64()
            < points["truth"]["entropy_nats"]["upper"].as_f64()
    );
}

#[test]
fn estimators_that_do_not_apply_give_entries_not_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(
        at.join("twins.csv"),
        "a,b\n1,2\n1,2\n3,4\n3,4\n5,7\n1,2\n1,2\n",
    )
    .unwrap();
    let measured = vicinfo(at, &["measure", "entropy", "twins.csv", "--format", "json"]);
    assert_eq!(measured.status.code(), Some(0), "{}", err(&measured));
    let measured = json(&measured);
    assert!(
        measured["warnings"][0]
            .as_str()
            .unwrap()
            .contains("4 of 7 points repeat"),
        "{measured}"
    );
    let results = measured["results"].as_array().unwrap();
    let find = |name: &str| {
        results
            .iter()
            .find(|r| r["name"].as_str().unwrap().starts_with(name))
            .unwrap()
    };
    assert_eq!(
        find("kozachenko_leonenko(k=3,norm=max)")["error"]["kind"],
        "Duplicates"
    );
    assert!(find("gaussian")["value_nats"].is_f64());
    // Nothing applies: exit code 1, still with the entries.
    std::fs::write(at.join("still.csv"), "1,1\n1,1\n1,1\n").unwrap();
    let nothing = vicinfo(
        at,
        &[
            "measure",
            "entropy",
            "still.csv",
            "--estimator",
            "gaussian,kozachenko_leonenko(k=1)",
        ],
    );
    assert_eq!(nothing.status.code(), Some(1));
    assert!(
        out(&nothing).contains("SingularCovariance")
            && out(&nothing).contains("constant coordinates"),
        "{}",
        out(&nothing)
    );
    assert!(err(&nothing).contains("no estimator applies"));
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
            "known: gaussian-2",
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
