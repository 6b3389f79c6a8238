//! Draws, estimates and their uncertainty on the command line.

use std::path::Path;

use serde_json::Value;

use crate::cli::{err, json, out, vicinfo};

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
    assert!(err(&nothing).contains("nothing could be computed"));
}

#[test]
fn diagnostics_and_scores_are_measured() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    // Two orthogonal directions with singular values 2 and 2: two dimensions by every measure.
    std::fs::write(at.join("square.csv"), "1,1\n1,-1\n-1,1\n-1,-1\n").unwrap();
    let measured = vicinfo(
        at,
        &["measure", "diagnostics", "square.csv", "--format", "json"],
    );
    assert_eq!(measured.status.code(), Some(0), "{}", err(&measured));
    let measured = json(&measured);
    assert_eq!((&measured["n"], &measured["dim"]), (&4.into(), &2.into()));
    let results = measured["results"].as_array().unwrap();
    let find = |name: &str| {
        results
            .iter()
            .find(|r| r["name"].as_str().unwrap().starts_with(name))
            .unwrap()
    };
    assert!((number(&find("effective_rank")["value"]) - 2.0).abs() < 1e-12);
    let rank = find("effective_rank");
    assert_eq!(rank["unit"], "dimensions");
    assert!(rank.get("value_nats").is_none());
    assert!((number(&find("participation_ratio")["value"]) - 2.0).abs() < 1e-12);
    // Covariance (4/3) I: det(I + (4/3) I) = (7/3)^2.
    let log_det = number(&find("log_det(")["value_nats"]);
    assert!((log_det - (7.0_f64 / 3.0).ln()).abs() < 1e-12);
    assert!(results.iter().all(|r| r.get("side").is_none()));
    let table = out(&vicinfo(at, &["measure", "diagnostics", "square.csv"]));
    assert!(
        table.contains("value  ") && table.contains("unit") && !table.contains("side of the truth"),
        "{table}"
    );

    // Scores of two pairs: info_nce = 2 - ln(e^2 + 1) + ln 2, and rows are those of the file.
    std::fs::write(at.join("scores.csv"), "2,1\n0,2\n").unwrap();
    let arguments = [
        "measure",
        "scores",
        "scores.csv",
        "--bound",
        "info_nce",
        "--format",
        "json",
    ];
    let scores = json(&vicinfo(at, &arguments));
    let e = std::f64::consts::E;
    let expected = 2.0 - 0.5 * ((e * e + e).ln() + (e * e + 1.0).ln()) + std::f64::consts::LN_2;
    let value = number(&scores["results"][0]["value_nats"]);
    assert!((value - expected).abs() < 1e-12, "{value} {expected}");
    assert_eq!(scores["results"][0]["side"], "below");
    let all = json(&vicinfo(
        at,
        &["measure", "scores", "scores.csv", "--format", "json"],
    ));
    assert!(all["results"].as_array().unwrap().len() >= 5);
    std::fs::write(at.join("wide.csv"), "2,1,0\n0,2,1\n").unwrap();
    let wide = vicinfo(at, &["measure", "scores", "wide.csv"]);
    assert_eq!(wide.status.code(), Some(1));
    assert!(out(&wide).contains("Mismatch"), "{}", out(&wide));

    // The file is named where its numbers are wrong, and what does not exist is named with what does.
    std::fs::write(at.join("holes.csv"), "1,2\n3,nan\n").unwrap();
    for kind in ["entropy", "diagnostics", "scores"] {
        let holes = vicinfo(at, &["measure", kind, "holes.csv"]);
        assert_eq!(holes.status.code(), Some(1));
        assert!(
            err(&holes).contains("holes.csv") && err(&holes).contains("NaN"),
            "{}",
            err(&holes)
        );
    }
    let unknown = vicinfo(
        at,
        &[
            "measure",
            "diagnostics",
            "square.csv",
            "--diagnostic",
            "rank",
        ],
    );
    assert_eq!(unknown.status.code(), Some(1));
    assert!(err(&unknown).contains("'rank'") && err(&unknown).contains("rankme"));
}

/// A number of a JSON object.
fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is no number"))
}

/// Draws pairs of a catalogue law into `pairs.npz`.
fn draw(at: &Path, law: &str, n: &str) {
    let drawn = vicinfo(at, &["sample", law, "--n", n, "--out", "pairs.npz"]);
    assert_eq!(drawn.status.code(), Some(0), "{}", err(&drawn));
}

#[test]
fn uncertainty_stands_beside_every_number() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    draw(at, "1v1-normal-0.75", "400");
    let measure = |extra: &[&str]| {
        let arguments = ["measure", "information", "pairs.npz:x", "pairs.npz:y"];
        let output = vicinfo(at, &[&arguments, extra].concat());
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        assert_eq!(err(&output), "");
        output
    };
    let all = [
        "--std-error",
        "--level",
        "0.9",
        "--permutations",
        "19",
        "--calibrate",
        "10",
        "--format",
        "json",
    ];
    let measured = measure(&all);
    let results = json(&measured)["results"].as_array().unwrap().clone();
    let plain = json(&measure(&["--format", "json"]))["results"].clone();
    assert!(results.len() >= 4);
    for (result, plain) in results.iter().zip(plain.as_array().unwrap()) {
        // Nothing that was added moves the value, and nothing is there unasked.
        assert_eq!(result["value_nats"], plain["value_nats"]);
        assert!(plain.get("std_error_nats").is_none() && plain.get("permutation").is_none());
        let value = number(&result["value_nats"]);
        let std_error = number(&result["std_error_nats"]);
        // The standard deviation of these estimators at 400 pairs is near 0.05.
        assert!((0.02..0.12).contains(&std_error), "{result}");
        let ends = [0, 1].map(|end| number(&result["interval_nats"][end]));
        // scipy.stats.t.ppf(0.95, 48)
        let half = 1.6772241961243388 * std_error;
        assert!((ends[0] - (value - half)).abs() < 1e-12, "{result}");
        assert!((ends[1] - (value + half)).abs() < 1e-12, "{result}");
        let method = result["std_error_method"].as_str().unwrap();
        assert!(method.contains("blocks of 200, 100, 50 points") && method.contains("bootstrap"));
        let subsampling = &result["subsampling"];
        let halves = &subsampling["levels"][0];
        assert_eq!(
            (&halves["size"], &halves["blocks"]),
            (&200.into(), &2.into())
        );
        assert!((number(&halves["std_nats"]) * 0.5_f64.sqrt() - std_error).abs() < 1e-12);
        let exponent = number(&subsampling["variance_exponent"]);
        let off = number(&subsampling["variance_exponent_std_error"]);
        assert!((exponent - 1.0).abs() < 5.0 * off, "{result}");
        let permutation = &result["permutation"];
        assert_eq!(number(&permutation["p_value"]), 0.05);
        assert_eq!(permutation["permutations"], 19);
        assert!(
            number(&permutation["null_mean_nats"]).abs() < 0.15,
            "{result}"
        );
        assert!(number(&permutation["null_std_nats"]) > 0.0);
        let calibration = &result["calibration"];
        assert_eq!(calibration["replicates"], 10);
        let bias = number(&calibration["bias_nats"]);
        assert!((number(&calibration["corrected_nats"]) - (value - bias)).abs() < 1e-14);
        let (std, error) = (
            number(&calibration["std_nats"]),
            number(&calibration["bias_std_error_nats"]),
        );
        assert!((error * 10.0_f64.sqrt() - std).abs() < 1e-12, "{result}");
    }
    // The twins' truth is that of the sample covariance: what the Gaussian estimate says.
    let gaussian = results
        .iter()
        .find(|r| r["name"] == "gaussian(bias_corrected=false)");
    let gaussian = number(&gaussian.unwrap()["value_nats"]);
    assert!((number(&results[0]["calibration"]["truth_nats"]) - gaussian).abs() < 1e-12);
    // The same bytes for any number of threads; other numbers for another seed.
    for threads in ["1", "2"] {
        assert_eq!(
            out(&measured),
            out(&measure(&[&all[..], &["--threads", threads]].concat()))
        );
    }
    let other = json(&measure(&[&all[..], &["--seed", "2"]].concat()));
    assert_ne!(
        other["results"][0]["std_error_nats"],
        results[0]["std_error_nats"]
    );
    assert_eq!(other["results"][0]["value_nats"], results[0]["value_nats"]);
    // An estimator alone gives the numbers that it gives among others.
    let alone = json(&measure(
        &[&all[..], &["--estimator", "ksg1(k=3)"]].concat(),
    ));
    assert_eq!(alone["results"][0], results[0]);
    let table = out(&measure(&all[..7]));
    for heading in [
        "std error",
        "interval (level 0.9)",
        "p (independence)",
        "when independent",
        "bias on Gaussian twins",
        "corrected",
        "side of the truth",
    ] {
        assert!(table.contains(heading), "{heading}: {table}");
    }
}

#[test]
fn uncertainty_that_cannot_be_given_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    draw(at, "gaussian-2", "100");
    let points = ["measure", "entropy", "pairs.npz:x"];
    // 100 points are too few for blocks, not for twins.
    let extra = ["--std-error", "--calibrate", "5", "--format", "json"];
    let measured = vicinfo(at, &[&points[..], &extra].concat());
    assert_eq!(measured.status.code(), Some(1));
    assert!(
        err(&measured).contains("no estimator could give a standard error"),
        "{}",
        err(&measured)
    );
    for result in json(&measured)["results"].as_array().unwrap() {
        assert!(result["value_nats"].is_f64(), "{result}");
        let reason = &result["subsampling"]["error"];
        assert_eq!(reason["kind"], "TooFewPoints");
        assert!(
            reason["message"]
                .as_str()
                .unwrap()
                .contains("at least 128 points here, the sample has 100"),
            "{reason}"
        );
        assert!(result.get("std_error_nats").is_none());
        assert!(result["calibration"]["corrected_nats"].is_f64());
    }
    let table = vicinfo(at, &[&points[..], &["--std-error"]].concat());
    assert!(out(&table).contains("no standard error: the subsampling standard error needs"));
    // A constant coordinate: the diagonal Gaussian refuses, the pairwise bounds do not, and have no twin.
    let rows: Vec<String> = (0..20).map(|i| format!("{},1", i * i)).collect();
    std::fs::write(at.join("flat.csv"), rows.join("\n")).unwrap();
    let flat = vicinfo(
        at,
        &[
            "measure",
            "entropy",
            "flat.csv",
            "--calibrate",
            "5",
            "--format",
            "json",
        ],
    );
    assert_eq!(flat.status.code(), Some(1));
    let flat = json(&flat);
    let mut bound = flat["results"].as_array().unwrap().iter();
    let bound = bound.rfind(|r| r["value_nats"].is_f64()).unwrap();
    assert_eq!(bound["calibration"]["error"]["kind"], "SingularCovariance");
    // Fewer points than coordinates.
    std::fs::write(at.join("wide.csv"), "1,2,3,5\n2,1,7,1\n4,4,1,2\n").unwrap();
    let wide = vicinfo(
        at,
        &[
            "measure",
            "entropy",
            "wide.csv",
            "--estimator",
            "diagonal_gaussian",
            "--calibrate",
            "5",
        ],
    );
    assert_eq!(wide.status.code(), Some(1));
    assert!(out(&wide).contains("needs at least 5 points here, the sample has 3"));
    // One that can is enough for exit code 0.
    draw(at, "gaussian-2", "150");
    let some = vicinfo(
        at,
        &[
            "measure",
            "entropy",
            "pairs.npz:x",
            "--estimator",
            "gaussian,kozachenko_leonenko(k=40)",
            "--std-error",
        ],
    );
    assert_eq!(some.status.code(), Some(0), "{}", err(&some));
    assert!(out(&some).contains("needs at least 328 points here, the sample has 150"));
}
