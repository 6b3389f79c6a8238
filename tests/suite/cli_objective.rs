//! `vicinfo measure objective` as a user meets it.

use std::path::Path;

use serde_json::Value;

use crate::cli::{err, json, out, vicinfo};

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is no number"))
}

fn write(at: &Path, name: &str, dim: usize, coordinates: &[f64]) {
    let rows: Vec<String> = (coordinates.chunks(dim))
        .map(|row| row.iter().map(f64::to_string).collect::<Vec<_>>().join(","))
        .collect();
    std::fs::write(at.join(name), rows.join("\n")).unwrap();
}

/// Spread over more than `0.01` in both coordinates, no point at the origin.
const FIRST: [f64; 12] = [
    1.0, 0.5, -1.0, 0.25, 0.5, -2.0, 1.5, 1.0, -0.5, 0.75, 2.0, -1.0,
];

fn measure(at: &Path, views: [&str; 2], extra: &[&str]) -> Value {
    let arguments = [
        "measure",
        "objective",
        views[0],
        views[1],
        "--format",
        "json",
    ];
    let output = vicinfo(at, &[&arguments, extra].concat());
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert_eq!(err(&output), "");
    json(&output)
}

fn objective<'a>(measured: &'a Value, name: &str) -> &'a Value {
    let mut results = measured["results"].as_array().unwrap().iter();
    results
        .find(|result| result["name"].as_str().unwrap().starts_with(name))
        .unwrap_or_else(|| panic!("no {name}: {measured}"))
}

/// The numbers of `tests/golden/objective/torch_objectives.py`.
#[test]
fn values_are_those_of_torch() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let text = include_str!("../golden/objective/torch.json");
    let sets: Vec<Value> = serde_json::from_str(text).unwrap();
    for set in &sets {
        let dim = set["dim"].as_u64().unwrap() as usize;
        for view in ["first", "second"] {
            let numbers = set[view].as_array().unwrap().iter();
            let coordinates: Vec<f64> = numbers.map(number).collect();
            write(at, &format!("{view}.csv"), dim, &coordinates);
        }
        // Its directions are drawn by the script: no name stands for them.
        let references: Vec<(&str, f64)> = (set["values"].as_array().unwrap().iter())
            .map(|reference| {
                (
                    reference["name"].as_str().unwrap(),
                    number(&reference["value"]),
                )
            })
            .filter(|(name, _)| *name != "sigreg")
            .collect();
        let named: Vec<&str> = (references.iter())
            .flat_map(|(name, _)| ["--objective", name])
            .collect();
        let measured = measure(at, ["first.csv", "second.csv"], &named);
        let results = measured["results"].as_array().unwrap();
        assert_eq!(results.len(), references.len());
        for (result, (name, expected)) in results.iter().zip(&references) {
            assert_eq!(result["name"].as_str(), Some(*name));
            let value = number(&result["value"]);
            assert!(
                (value - expected).abs() <= 1e-10 * (1.0 + expected.abs()),
                "{name}: {value} against {expected}"
            );
            let terms = result["terms"].as_array().unwrap().iter();
            let sum: f64 = terms
                .map(|term| number(&term["weight"]) * number(&term["value"]))
                .sum();
            assert!(
                (sum - value).abs() <= 1e-12 * (1.0 + value.abs()),
                "{result}"
            );
        }
    }
    assert!(sets.len() >= 2);
}

#[test]
fn every_default_is_measured_and_the_spread_stands_first() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let second: Vec<f64> = FIRST.iter().map(|v| v + 0.1).collect();
    write(at, "first.csv", 2, &FIRST);
    write(at, "second.csv", 2, &second);
    let measured = measure(at, ["first.csv", "second.csv"], &[]);
    assert_eq!(
        (
            &measured["n"],
            &measured["dim_view1"],
            &measured["dim_view2"]
        ),
        (&6.into(), &2.into(), &2.into())
    );
    let defaults = (vicinfo::objective::ALL.iter()).flat_map(|entry| entry.defaults);
    let names: Vec<&str> = (measured["results"].as_array().unwrap().iter())
        .map(|result| result["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, defaults.copied().collect::<Vec<_>>());
    assert_eq!(measured["warnings"], Value::Array(Vec::new()));
    // numpy: x.std(axis=0, ddof=1) is [1.15830336, 1.16904519] for the rows of FIRST.
    let std = &measured["std"]["view1"];
    assert!((number(&std["min"]) - 1.158_303_36).abs() < 1e-8, "{std}");
    assert!((number(&std["max"]) - 1.169_045_19).abs() < 1e-8, "{std}");
    // A shift by 0.1 in every coordinate.
    let vicreg = objective(&measured, "vicreg");
    let term = |name: &str| {
        let mut terms = vicreg["terms"].as_array().unwrap().iter();
        terms.find(|term| term["name"] == name).unwrap()
    };
    assert!((number(&term("invariance")["value"]) - 0.01).abs() < 1e-12);
    assert_eq!(number(&term("invariance")["weight"]), 25.0);
    assert_eq!(number(&term("variance")["value"]), 0.0);
    let table = out(&vicinfo(
        at,
        &["measure", "objective", "first.csv", "second.csv"],
    ));
    let spread = table.find("standard deviation of view1: 1.16").unwrap();
    assert!(spread < table.find("vicreg(").unwrap(), "{table}");
    assert!(!table.contains("warnings"), "{table}");
}

/// Enough points and coordinates for every product and sum to be cut into parts.
#[test]
fn threads_change_no_byte() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let (dim, n) = (40, 700);
    let seed = vicinfo::seed::Seed::root(5);
    let first = seed.child("first").normal_matrix(dim, n);
    let second = &first + seed.child("noise").normal_matrix(dim, n) * 0.1;
    write(at, "first.csv", dim, first.as_slice());
    write(at, "second.csv", dim, second.as_slice());
    for extra in [&[][..], &["--batch", "300"]] {
        let [one, two, five] = ["1", "2", "5"].map(|threads| {
            let arguments = ["measure", "objective", "first.csv", "second.csv"];
            let output = vicinfo(at, &[&arguments, extra, &["--threads", threads]].concat());
            assert_eq!(output.status.code(), Some(0), "{}", err(&output));
            out(&output)
        });
        assert_eq!(one, two);
        assert_eq!(one, five);
    }
}

#[test]
fn batches_are_averaged() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let second: Vec<f64> = (FIRST.iter().enumerate())
        .map(|(i, v)| v + 0.1 * i as f64)
        .collect();
    write(at, "first.csv", 2, &FIRST);
    write(at, "second.csv", 2, &second);
    let named = ["--objective", "vicreg,2*invariance()"];
    let views = ["first.csv", "second.csv"];
    let two = [&named[..], &["--batch", "2"]].concat();
    let batched = measure(at, views, &two);
    assert_eq!(
        (&batched["batch"], &batched["batches"]),
        (&2.into(), &3.into())
    );
    let mut values = Vec::new();
    for batch in 0..3 {
        let range = 4 * batch..4 * batch + 4;
        write(at, "a.csv", 2, &FIRST[range.clone()]);
        write(at, "b.csv", 2, &second[range]);
        let alone = measure(at, ["a.csv", "b.csv"], &named);
        values.push(number(&objective(&alone, "vicreg")["value"]));
    }
    let mean = values.iter().sum::<f64>() / 3.0;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 2.0;
    let vicreg = objective(&batched, "vicreg");
    assert!((number(&vicreg["value"]) - mean).abs() < 1e-12, "{vicreg}");
    let std = number(&vicreg["std_over_batches"]);
    assert!((std - variance.sqrt()).abs() < 1e-12, "{vicreg}");
    // (0.1)^2 (0^2 + ... + 11^2) / 12, whatever the batches; the weight of a sum is in its terms.
    let invariance = objective(&batched, "2*invariance()");
    assert!((number(&invariance["value"]) - 2.0 * 5.06 / 12.0).abs() < 1e-12);
    assert_eq!(number(&invariance["terms"][0]["weight"]), 2.0);
    let left = [&named[..], &["--batch", "4"]].concat();
    assert_eq!(
        measure(at, views, &left)["warnings"][0],
        "the last 2 pairs do not fill a batch"
    );
}

#[test]
fn a_collapsed_view_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "first.csv", 2, &FIRST);
    let cases: [(&str, Vec<f64>, &str); 4] = [
        (
            "constant.csv",
            [3.0, 4.0].repeat(6),
            "view2: collapsed: every point is the same",
        ),
        (
            "tiny.csv",
            FIRST.iter().map(|v| 1e-5 * v).collect(),
            "view2: collapsed: the standard deviation, 1.2e-5",
        ),
        (
            "far.csv",
            FIRST.iter().map(|v| 1e4 + v).collect(),
            "view2: collapsed to one direction: the points spread by 1.2e-4",
        ),
        (
            "flat.csv",
            (FIRST.chunks(2)).flat_map(|row| [row[0], 2.0]).collect(),
            "view2: 1 of 2 coordinates have a standard deviation below 0.01",
        ),
    ];
    for (name, coordinates, says) in &cases {
        write(at, name, 2, coordinates);
        let measured = measure(at, ["first.csv", name], &["--objective", "vicreg"]);
        let first = measured["warnings"][0].as_str().unwrap();
        assert!(first.starts_with(says), "{first}");
        let table = out(&vicinfo(at, &["measure", "objective", "first.csv", name]));
        assert!(table.contains(says), "{table}");
    }
    // The lone view that is no collapse says nothing, whatever its scale above.
    let wide: Vec<f64> = FIRST.iter().map(|v| 0.1 * v).collect();
    write(at, "narrow.csv", 2, &wide);
    let measured = measure(at, ["first.csv", "narrow.csv"], &["--objective", "vicreg"]);
    assert_eq!(measured["warnings"], Value::Array(Vec::new()));
}

#[test]
fn objectives_that_do_not_apply_give_entries() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "first.csv", 2, &FIRST);
    let mut hole = FIRST;
    (hole[4], hole[5]) = (0.0, 0.0);
    write(at, "hole.csv", 2, &hole);
    let measured = measure(at, ["hole.csv", "first.csv"], &[]);
    for name in ["nt_xent", "byol", "simsiam", "uniformity", "coding_rate"] {
        let error = &objective(&measured, name)["error"];
        assert_eq!(error["kind"], "ZeroVector", "{name}: {error}");
        assert!(
            error["message"].as_str().unwrap().contains("point 2"),
            "{error}"
        );
    }
    assert!(objective(&measured, "vicreg")["value"].is_f64());
    // Row 2 of the file is the first of the second batch.
    let batched = measure(at, ["hole.csv", "first.csv"], &["--batch", "2"]);
    let error = &objective(&batched, "simsiam")["error"];
    assert_eq!(error["batch"], 1);
    let message = error["message"].as_str().unwrap();
    assert!(
        message.starts_with("batch 1, pairs 2 to 3 (counted from 0): point 0 of"),
        "{message}"
    );
    // Batches of one pair: no objective of several points has a value, and each says so.
    let single = measure(at, ["hole.csv", "first.csv"], &["--batch", "1"]);
    let error = &objective(&single, "vicreg")["error"];
    assert_eq!(
        (&error["kind"], &error["batch"]),
        (&"TooFewPoints".into(), &0.into())
    );
    assert!(objective(&single, "invariance")["value"].is_f64());

    // One pair: no spread, and no covariance.
    write(at, "one.csv", 2, &FIRST[..2]);
    let single = measure(at, ["one.csv", "one.csv"], &[]);
    assert!(single["std"]["view1"].is_null());
    assert_eq!(
        objective(&single, "vicreg")["error"]["kind"],
        "TooFewPoints"
    );
    assert_eq!(number(&objective(&single, "invariance")["value"]), 0.0);

    // Views of different dimensions: entropies read each by itself, the others do not compare them.
    write(at, "flat.csv", 1, &FIRST[..6]);
    let mixed = measure(at, ["first.csv", "flat.csv"], &[]);
    let error = &objective(&mixed, "vicreg")["error"];
    assert_eq!(error["kind"], "Mismatch");
    assert_eq!(
        error["message"],
        "dimension of the second view: expected 2, found 1"
    );
    assert!(objective(&mixed, "log_det")["value"].is_f64());

    // Numbers that leave the range of doubles, in the gate and in the objective.
    let huge: Vec<f64> = FIRST.iter().map(|v| 1e160 * v).collect();
    write(at, "huge.csv", 2, &huge);
    let arguments = ["measure", "objective", "huge.csv", "first.csv"];
    let output = vicinfo(at, &[&arguments[..], &["--objective", "vicreg"]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("nothing could be computed"));
    let table = out(&output);
    assert!(
        table.contains("view1: no standard deviation") && table.contains("NonFiniteResult"),
        "{table}"
    );
}

#[test]
fn wrong_input_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "first.csv", 2, &FIRST);
    write(at, "short.csv", 2, &FIRST[..10]);
    std::fs::write(at.join("nan.csv"), "1,2\n3,nan\n").unwrap();
    let two = ["first.csv", "first.csv"];
    for (views, extra, code, says) in [
        (
            ["first.csv", "short.csv"],
            &[][..],
            1,
            "points of the second sample: expected 6, found 5",
        ),
        (["first.csv", "nan.csv"], &[], 1, "nan.csv"),
        (["first.csv", "no.npy"], &[], 1, "no.npy"),
        (
            two,
            &["--objective", "vicrge"],
            1,
            "unknown objective 'vicrge'; known: vicreg, invariance",
        ),
        (
            two,
            &["--objective", "vicreg(gama=2)"],
            1,
            "unknown parameter 'gama of vicreg'; known: invariance, variance",
        ),
        (
            two,
            &["--objective", "vicreg(gamma=0)"],
            1,
            "gamma = 0: a positive finite number",
        ),
        (
            two,
            &["--objective", "vicreg(gamma=2"],
            1,
            "the parentheses do not match",
        ),
        (two, &["--objective", ""], 1, "names separated by commas"),
        (
            two,
            &["--objective", "much*vicreg"],
            1,
            "weight = much: a finite number before the star",
        ),
        (
            two,
            &["--objective", "vicreg", "--objective", "nothing"],
            1,
            "unknown objective 'nothing'",
        ),
        (
            two,
            &["--batch", "7"],
            1,
            "a batch of this size needs at least 7 points here, the sample has 6",
        ),
        (two, &["--batch", "0"], 2, "a whole number, at least 1"),
        (two, &["--std-error"], 2, "unexpected argument"),
    ] {
        let arguments = ["measure", "objective", views[0], views[1]];
        let output = vicinfo(at, &[&arguments, extra].concat());
        assert_eq!(
            output.status.code(),
            Some(code),
            "{extra:?}: {}",
            err(&output)
        );
        assert!(err(&output).contains(says), "{extra:?}: {}", err(&output));
        assert!(!err(&output).contains("panicked"), "{extra:?}");
    }
    let help = out(&vicinfo(at, &["measure", "objective", "--help"]));
    assert!(
        help.contains("Example") && help.contains("0.5*log_det"),
        "{help}"
    );
}

/// Terms of one name have their objective behind it.
#[test]
fn terms_of_a_sum_have_names_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "first.csv", 2, &FIRST);
    write(at, "second.csv", 2, &FIRST.map(|x| 0.9 * x + 0.1));
    let sum = "invariance() + log_det() + 2*pair_dist()";
    let measured = measure(at, ["first.csv", "second.csv"], &["--objective", sum]);
    let terms = measured["results"][0]["terms"].as_array().unwrap();
    let names: Vec<&str> = terms.iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "invariance",
            "entropy_first (log_det)",
            "entropy_second (log_det)",
            "entropy_first (pair_dist)",
            "entropy_second (pair_dist)",
        ]
    );
}
