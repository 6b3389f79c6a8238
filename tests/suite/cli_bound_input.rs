//! `vicinfo bound`: labels that could be shifted, extreme scales, what a split leaves, and what is concluded.

use std::path::Path;

use serde_json::{Value, json as literal};
use vicinfo::array::write_npy;
use vicinfo::sample::Sample;

use crate::cli::{err, json, out, vicinfo};
use crate::cli_bound::{HAND, certificate, cloud, hand, near, put, with};

const LABELLED: [&str; 5] = ["bound", "--train", "z.csv", "--labels", "own.txt"];

fn run(at: &Path, arguments: &[&str]) -> String {
    let done = vicinfo(at, arguments);
    assert_eq!(done.status.code(), Some(0), "{arguments:?}: {}", err(&done));
    out(&done)
}

fn result(at: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&run(at, &[arguments, &["--format", "json"]].concat())).unwrap()
}

fn refused(at: &Path, arguments: &[&str], code: i32, message: &str) {
    let done = vicinfo(at, arguments);
    let said = err(&done);
    assert_eq!(done.status.code(), Some(code), "{arguments:?}: {said}");
    assert!(said.contains(message), "{arguments:?}: {said}");
    assert_eq!(out(&done), "");
}

#[test]
fn labels_stay_with_their_points() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    hand(at);
    let plain = result(at, &["bound", "--train", "z.csv", "--labels", "y.txt"]);
    for (content, classes) in [
        ("\u{feff}A\nA\nB\n", ["A", "B"]),
        ("\"A\"\r\n\"A\"\r\n\"B\"\r\n\r\n\n", ["A", "B"]),
        ("1\n1\n2", ["1", "2"]),
        ("\u{feff}class\n1\n1\n2\n", ["1", "2"]),
        // As NumPy's savetxt writes whole numbers.
        (
            "1.000000000000000000e+00\n1.000000000000000000e+00\n2.000000000000000000e+00\n",
            ["1", "2"],
        ),
    ] {
        put(at, "own.txt", content);
        let read = result(at, &LABELLED);
        assert_eq!(read["classes"], literal!(classes), "{content:?}");
        assert_eq!(read["train"], plain["train"], "{content:?}");
        let heading = read["warnings"].to_string().contains("taken for a heading");
        assert_eq!(heading, content.contains("class"), "{content:?}");
    }
    for (content, message) in [
        (
            "A\n\nA\nB\n",
            "own.txt: expected one label a line, found none in line 2",
        ),
        (
            "\n1\n1\n2\n",
            "own.txt: expected one label a line, found none in line 1",
        ),
        (
            "A\n\"\"\nB\n",
            "own.txt: expected one label a line, found none in line 2",
        ),
        ("A\nA,B\nB\n", "found 'A,B', a line of several in line 2"),
        (
            "name\nA\nA\nB\n",
            "own.txt: expected 3 labels, one for each point, found 4 labels; if the first line, 'name', is a heading, remove it",
        ),
        (
            "1\n1\n2\n2\n",
            "found 4 labels; if the first line, '1', is a heading, remove it",
        ),
        ("1\n1\n2\n2\n1\n", "found 5 labels\n"),
        // A heading above numbers is none of them.
        (
            "class\n1\n2\n",
            "own.txt: expected 3 labels, one for each point, found 2 labels below 'class', a heading above numbers",
        ),
        (
            "class\n1\n2.5\n2\n",
            "own.txt: expected whole numbers as labels, found '2.5' in line 3",
        ),
        (
            "1\nnan\n2\n",
            "whole numbers as labels, found 'nan' in line 2",
        ),
        (
            "",
            "own.txt: expected 3 labels, one for each point, found 0 labels",
        ),
    ] {
        put(at, "own.txt", content);
        refused(at, &LABELLED, 1, message);
    }
}

#[test]
fn a_split_that_leaves_one_class_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    put(at, "z.csv", "1\n2\n3\n4\n5\n-1\n");
    put(at, "own.txt", "A\nA\nA\nA\nA\nB\n");
    // The only B is in one of the halves.
    let mut without = [false; 2];
    for seed in ["1", "2", "3", "4", "5", "6", "7", "8"] {
        let done = vicinfo(
            at,
            &[&LABELLED[..], &["--pair-by-class", "--seed", seed]].concat(),
        );
        assert_eq!(done.status.code(), Some(1));
        let said = err(&done);
        let labelled =
            said.contains("classes of the labelled half of own.txt = A alone: at least two");
        let pairs = said.contains("classes of the pairs = A alone: at least two");
        assert!(labelled != pairs, "{said}");
        without[usize::from(pairs)] = true;
    }
    assert_eq!(without, [true; 2]);
    // Held-out points of one class are possible draws, if unlikely ones.
    put(at, "test.csv", "1\n2\n");
    put(at, "test.txt", "C\nC\n");
    let held = ["--holdout", "test.csv", "--holdout-labels", "test.txt"];
    let warned = result(at, &[&LABELLED[..], &held].concat())["warnings"].to_string();
    for what in [
        "all held-out points are of class 'C'",
        "without a labelled point, so that all of their points count as errors: class 'C'",
    ] {
        assert!(warned.contains(what), "{warned}");
    }
}

#[test]
fn points_of_any_size_are_scaled() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let write = |scale: &str| {
        let rows = |points: &[[i32; 2]]| {
            let rows = points
                .iter()
                .map(|[a, b]| format!("{a}{scale},{b}{scale}\n"));
            rows.collect::<String>()
        };
        put(at, "z.csv", rows(&[[1, 2], [3, 1], [-1, 1], [-2, -1]]));
        put(at, "a.csv", rows(&[[2, 1], [-1, 0], [-1, 2]]));
        put(at, "b.csv", rows(&[[1, 1], [-2, 1], [-1, 1]]));
    };
    put(at, "own.txt", "A\nA\nB\nB\n");
    put(at, "yy.txt", "A\nB\nB\n");
    let pairs = ["--positives", "a.csv", "--positive-of", "b.csv"];
    let held = ["--holdout", "a.csv", "--holdout-labels", "yy.txt"];
    let all = [
        &LABELLED[..],
        &pairs,
        &["--positive-labels", "yy.txt"],
        &held,
    ]
    .concat();
    for more in [&["--normalise", "--bias"][..], &["--normalise"], &[]] {
        let arguments = [&all[..], more].concat();
        write("");
        let plain = result(at, &arguments);
        for scale in ["e-160", "e160", "e-200", "e200"] {
            write(scale);
            let scaled = result(at, &arguments);
            near(&scaled["total"], plain["total"].as_f64().unwrap());
            for entry in plain["certificates"].as_array().unwrap() {
                let name = entry["name"].as_str().unwrap();
                let value = entry["value"].as_f64().unwrap();
                near(&certificate(&scaled, name)["value"], value);
            }
        }
    }
    // The largest norm of these is no double any more.
    put(at, "z.csv", "1e308,1e308\n1.5e308,1.5e308\n1,1\n2,2\n");
    refused(at, &LABELLED, 1, "the largest norm of the features is inf");
}

#[test]
fn identifiers_are_no_labels() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let numbers = |n: usize| Sample::from_points(1, (0..n).map(|i| i as f64).collect()).unwrap();
    write_npy(&at.join("many.npy"), &numbers(20_000)).unwrap();
    // 8 K (n + 24 (K + 2 d)) bytes are 74.5 GiB.
    refused(
        at,
        &["bound", "--train", "many.npy", "--labels", "many.npy"],
        1,
        "classes = 20000: few enough to be fitted within 4 GiB; with 20000 points in 1 dimensions these take 74.5. Are the labels identifiers?",
    );
    write_npy(&at.join("few.npy"), &numbers(12)).unwrap();
    let warned = result(at, &["bound", "--train", "few.npy", "--labels", "few.npy"]);
    let warned = warned["warnings"].to_string();
    assert!(
        warned.contains("12 labelled points have 12 different classes, less than two points each"),
        "{warned}"
    );
}

#[test]
fn conclusions_name_their_certificates_in_advance() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    hand(at);
    let held = [
        "--positive-labels",
        "yy.csv",
        "--holdout",
        "a.csv",
        "--holdout-labels",
        "yy.csv",
    ];
    // NumPy's 19.200082493532808, 2.430209900056914 and SciPy's 0.7763932022500211, none rounded down. Hoeffding's is
    // smaller here, and is not what was to be relied on.
    let text = run(at, &with(&held));
    for line in [
        "To rely on: the risk is at most 19.2001 (hold-out empirical Bernstein), and at most 77.64 % of new points are misclassified (hold-out Clopper-Pearson); each with probability 1 - 0.05.",
        "The bound on the risk is vacuous: to answer the class shares whatever the point has the risk 0.6285.",
        "The bound on the error is vacuous: to answer the most frequent class whatever the point is wrong on 33.33 %.",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(text.contains("2.4303"), "{text}");
    let text = run(at, &[&with(&held)[..], &["--delta", "0.07"]].concat());
    assert!(
        text.contains("1 - 0.07.") && !text.contains("0.9299"),
        "{text}"
    );
    // 7.349348066197979.
    let text = run(at, &HAND);
    let line = "To rely on: the risk is at most 7.3494 (supervised Rademacher), with probability 1 - 0.05.";
    assert!(text.contains(line), "{text}");
}

#[test]
fn variance_is_explained_by_either_fit() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    hand(at);
    let mut arguments = with(&["--positive-labels", "yy.csv", "--bias"]);
    arguments[12] = "10";
    let fitted = result(at, &arguments);
    // The squared correlation of 1, 2, -1 with 1, 1, 0 is 25/28, and a line meets two points.
    near(&fitted["explained_variance"], 25.0 / 28.0);
    near(&fitted["explained_variance_pairs"], 1.0);
    assert_eq!(
        (&fitted["rank"], &fitted["rank_pairs"], &fitted["cutoff"]),
        (&2.into(), &2.into(), &literal!(1e-10))
    );
    let hidden = result(at, &HAND);
    let message = hidden["explained_variance_pairs"]["error"]["message"]
        .as_str()
        .unwrap();
    assert!(message.contains("--positive-labels"), "{message}");
}

#[test]
fn probabilities_of_failure_stay_below_one() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    hand(at);
    let wide = with(&["--positive-labels", "yy.csv", "--delta", "0.7"]);
    let given = result(at, &wide);
    assert!(given["total"].is_f64());
    let message = given["as_reconstructed"]["error"]["message"]
        .as_str()
        .unwrap();
    assert!(message.contains("from a delta of 2/3 on"), "{message}");
    assert!(run(at, &wide).contains("as reconstructed none"));
}

#[test]
fn options_out_of_range() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    hand(at);
    put(at, "own.txt", "A\nA\nB\n");
    let labelled = |more: &[&'static str]| [&LABELLED[..], more].concat();
    for radius in ["nan", "inf", "0"] {
        let mut arguments = with(&["--positive-labels", "yy.csv"]);
        arguments[12] = radius;
        let printed = radius.replace("nan", "NaN");
        let message = format!("radius = {printed}: a positive finite number");
        refused(at, &arguments, 1, &message);
    }
    for (arguments, code, message) in [
        (labelled(&["--holdout", "a.csv"]), 2, "--holdout-labels"),
        (
            labelled(&["--holdout-labels", "yy.csv"]),
            2,
            "--holdout <Z>",
        ),
        (labelled(&["--positive-labels", "yy.csv"]), 2, "--positives"),
        (labelled(&["--delta", "nan"]), 2, "above 0 and below 1"),
        (
            labelled(&["--normalise", "--norm", "2"]),
            2,
            "cannot be used with",
        ),
        (
            labelled(&["--holdout", "a.csv", "--holdout-labels", "y.txt"]),
            1,
            "y.txt: expected 2 labels",
        ),
        (labelled(&["--out", "own.txt/bound.svg"]), 1, "own.txt"),
    ] {
        let done = vicinfo(at, &arguments);
        assert_eq!(
            done.status.code(),
            Some(code),
            "{arguments:?}: {}",
            err(&done)
        );
        assert!(
            err(&done).contains(message),
            "{arguments:?}: {}",
            err(&done)
        );
    }
    // A prior without a width leaves the other certificates alone.
    let other = json(&vicinfo(
        at,
        &labelled(&["--prior-std", "nan", "--format", "json"]),
    ));
    let missing = certificate(&other, "PAC-Bayes")["error"]["message"]
        .as_str()
        .unwrap();
    assert!(
        missing.contains("standard deviation of the prior = NaN: a positive finite number"),
        "{missing}"
    );
    assert!(certificate(&other, "supervised Rademacher")["value"].is_f64());
}

/// Thousands of points are several blocks of the factorisation, and thousands of losses.
#[test]
fn the_same_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for (name, n) in [("z", 5000), ("t", 3000)] {
        let (points, labels) = cloud(n, name);
        write_npy(&at.join(format!("{name}.npy")), &points).unwrap();
        let labels = Sample::from_points(1, labels).unwrap();
        write_npy(&at.join(format!("{name}y.npy")), &labels).unwrap();
    }
    let with_threads = |threads: &str, format: &str| {
        run(
            at,
            &[
                "bound",
                "--train",
                "z.npy",
                "--labels",
                "zy.npy",
                "--pair-by-class",
                "--holdout",
                "t.npy",
                "--holdout-labels",
                "ty.npy",
                "--random-features",
                "32",
                "--bias",
                "--out",
                "bound.svg",
                "--format",
                format,
                "--threads",
                threads,
            ],
        )
    };
    for format in ["json", "table"] {
        let one = with_threads("1", format);
        let figure = std::fs::read(at.join("bound.svg")).unwrap();
        for threads in ["2", "3"] {
            assert_eq!(one, with_threads(threads, format));
            assert_eq!(figure, std::fs::read(at.join("bound.svg")).unwrap());
        }
    }
}
