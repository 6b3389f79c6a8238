//! `vicinfo bound`: the hand example, the certificates, images as they are published, and what is wrong.

use std::f64::consts::SQRT_2;
use std::path::Path;

use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use serde_json::Value;
use vicinfo::array::write_npy;
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

use crate::cli::{err, json, out, vicinfo};

pub fn put(at: &Path, name: &str, content: impl AsRef<[u8]>) {
    std::fs::write(at.join(name), content).unwrap();
}

/// Class `A` at 1 and 2, class `B` at -1; pairs (2, 1) and (-1, 0).
pub fn hand(at: &Path) {
    put(at, "z.csv", "1\n2\n-1\n");
    put(at, "y.txt", "A\nA\nB\n");
    put(at, "a.csv", "2\n-1\n");
    put(at, "b.csv", "1\n0\n");
    put(at, "yy.csv", "A\nB\n");
}

pub const HAND: [&str; 13] = [
    "bound",
    "--train",
    "z.csv",
    "--labels",
    "y.txt",
    "--positives",
    "a.csv",
    "--positive-of",
    "b.csv",
    "--norm",
    "2",
    "--radius",
    "1",
];

pub fn with(more: &[&'static str]) -> Vec<&'static str> {
    [&HAND, more].concat()
}

pub fn near(value: &Value, expected: f64) {
    let number = value.as_f64().unwrap_or_else(|| panic!("{value}"));
    assert!(
        (number - expected).abs() <= 1e-12 * expected.abs().max(1.0),
        "{number} against {expected}"
    );
}

pub fn certificate<'a>(result: &'a Value, name: &str) -> &'a Value {
    let mut all = result["certificates"].as_array().unwrap().iter();
    all.find(|entry| entry["name"] == name).unwrap()
}

/// The decimals are NumPy's (`linalg.pinv`, `linalg.norm`) in the formulas of the documentation, with
/// `tau = 2 b`, `kappa = B b + 1` and `R = B sqrt(2 K) b` for `b = 2`, `B = 1`.
#[test]
fn the_hand_example_term_by_term() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    hand(at);
    let arguments = with(&[
        "--positive-labels",
        "yy.csv",
        "--holdout",
        "a.csv",
        "--holdout-labels",
        "yy.csv",
        "--out",
        "bound.svg",
        "--format",
        "json",
    ]);
    let done = vicinfo(at, &arguments);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    let result = json(&done);
    for (name, corrected, reconstructed) in [
        ("c_invariance", 0.105409255338946, 0.105409255338946),
        ("c_concentration", 0.821800058576367, 0.774881905729076),
        ("residual_labelled", 0.666666666666667, 0.666666666666667),
        ("residual_unlabelled", SQRT_2, SQRT_2),
        ("count", 2.392529148317789, 7.796172199509842),
        ("complexity", 11.31370849898476, 11.31370849898476),
        ("kappa_m", 6.437898078868042, 6.279987238208763),
        ("kappa_n", 3.319365923570177, 3.237947445516407),
    ] {
        near(&result["terms"][name], corrected);
        near(&result["as_reconstructed"]["terms"][name], reconstructed);
    }
    near(&result["total"], 26.471591192695843);
    near(&result["as_reconstructed"]["total"], 31.588986772327555);
    near(&result["failure"], 0.05);
    near(&result["as_reconstructed"]["failure"], 0.075);
    for (name, value) in [
        ("hold-out Hoeffding", 2.430209900056914),
        ("hold-out empirical Bernstein", 19.200082493532808),
        ("hold-out Clopper-Pearson", 0.7763932022500211),
        ("supervised Rademacher", 7.349348066197979),
        ("one line", 9.550777930769083),
    ] {
        near(&certificate(&result, name)["value"], value);
    }
    // Shares 2/3 and 1/3: their mean distance from the one-hot classes is sqrt(2) 4/9.
    assert_eq!(result["classes"], serde_json::json!(["A", "B"]));
    near(&result["baseline"]["risk"], SQRT_2 * 4.0 / 9.0);
    let details = result["term_details"].as_array().unwrap();
    assert!(details.iter().any(|term| term["vacuous"].is_string()));
    let svg = std::fs::read_to_string(at.join("bound.svg")).unwrap();
    assert!(svg.contains("residual unlabelled") && svg.contains("PAC-Bayes"));
    // The table says the same.
    let table = out(&vicinfo(at, &with(&["--positive-labels", "yy.csv"])));
    for text in [
        "26.4716",
        "31.5890",
        "vacuous",
        "(rank 1 at the relative cut-off 1e-10)",
    ] {
        assert!(table.contains(text), "{text}: {table}");
    }
}

#[test]
fn what_needs_hidden_classes_or_held_out_points_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    hand(at);
    let result = json(&vicinfo(at, &with(&["--format", "json"])));
    for unknown in [
        &result["total"],
        &result["weight_distance"],
        &result["terms"]["c_invariance"],
        &result["terms"]["c_concentration"],
        &result["terms"]["residual_unlabelled"],
        certificate(&result, "one line"),
    ] {
        let message = unknown["error"]["message"].as_str().unwrap();
        assert!(message.contains("--positive-labels"), "{message}");
    }
    near(&result["terms"]["complexity"], 11.31370849898476);
    let held = certificate(&result, "hold-out Clopper-Pearson");
    let message = held["error"]["message"].as_str().unwrap();
    assert!(message.contains("--holdout"), "{message}");
    let text = out(&vicinfo(at, &HAND));
    assert!(
        text.contains("unknown") && text.contains("--positive-labels"),
        "{text}"
    );

    // Without positives the certificates alone, without a ball the bound not at all.
    let alone = json(&vicinfo(
        at,
        &[
            "bound", "--train", "z.csv", "--labels", "y.txt", "--norm", "2", "--format", "json",
        ],
    ));
    assert!(alone["terms"].is_null());
    assert!(certificate(&alone, "PAC-Bayes")["value"].is_f64());
    let unballed = vicinfo(at, &HAND[..11]);
    assert_eq!(unballed.status.code(), Some(1));
    assert!(err(&unballed).contains("--radius"), "{}", err(&unballed));
}

/// Points around the means of three classes in four dimensions.
pub fn cloud(n: usize, label: &str) -> (Sample, Vec<f64>) {
    let mut rng = Seed::root(5).child(label).rng();
    let labels: Vec<f64> = (0..n).map(|i| (i % 3) as f64).collect();
    let points = DMatrix::from_fn(4, n, |j, i| {
        let noise: f64 = rng.sample(StandardNormal);
        0.3 * noise + if j == i % 3 { 2.0 } else { 0.0 }
    });
    (Sample::new(points).unwrap(), labels)
}

fn clouds(at: &Path) {
    for (name, n) in [("train", 600), ("other", 400), ("test", 300)] {
        let (points, labels) = cloud(n, name);
        write_npy(&at.join(format!("{name}.npy")), &points).unwrap();
        let labels = Sample::from_points(1, labels).unwrap();
        write_npy(&at.join(format!("{name}-y.npy")), &labels).unwrap();
    }
}

#[test]
fn pairs_are_made_of_one_class_and_of_points_that_are_not_labelled() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    clouds(at);
    let run = |more: &[&str]| {
        let given = ["bound", "--train", "train.npy", "--labels", "train-y.npy"];
        let holdout = ["--holdout", "test.npy", "--holdout-labels", "test-y.npy"];
        let form = ["--normalise", "--bias", "--format", "json"];
        let done = vicinfo(at, &[&given[..], &holdout, &form, more].concat());
        assert_eq!(done.status.code(), Some(0), "{}", err(&done));
        json(&done)
    };
    // Half of 600 points are labelled, the other half are in pairs, up to one left over in a class.
    let split = run(&["--pair-by-class"]);
    assert_eq!((&split["n"], &split["dim"]), (&300.into(), &5.into()));
    let m = split["m"].as_u64().unwrap();
    assert!((148..=150).contains(&m), "{m}");
    // Of 400 points, classes of 134, 133 and 133: 67 + 66 + 66 pairs.
    let file = run(&[
        "--pair-by-class",
        "--positives",
        "other.npy",
        "--positive-labels",
        "other-y.npy",
    ]);
    assert_eq!((&file["n"], &file["m"]), (&600.into(), &199.into()));
    let warned = file["warnings"].to_string();
    assert!(
        warned.contains("2 of 400 points, one of each class of odd count"),
        "{warned}"
    );
    // Positives of one class lie nearer to each other than the classes do, which are sqrt(2) apart.
    assert!(
        file["invariance"].as_f64().unwrap() < 0.5,
        "{}",
        file["invariance"]
    );
    near(&file["norm"]["value"], 2.0_f64.sqrt());
    let other = run(&["--pair-by-class", "--seed", "2"]);
    assert_ne!(other["total"], split["total"]);
    for result in [&split, &file] {
        // Certificates hold: the held-out errors are none of 300, and the bound exceeds the mean loss.
        near(
            &certificate(result, "hold-out Clopper-Pearson")["value"],
            1.0 - 0.05_f64.powf(1.0 / 300.0),
        );
        let mean = result["holdout"]["mean_loss"].as_f64().unwrap();
        for entry in result["certificates"].as_array().unwrap() {
            if entry["bounds"] == "risk" {
                assert!(entry["value"].as_f64().unwrap() > mean, "{entry}");
            }
        }
        assert!(result["total"].as_f64().unwrap() > mean);
    }
    let random = run(&["--random-features", "16"]);
    assert_eq!(random["dim"], 17);
}

fn idx(sizes: &[u32], body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, sizes.len() as u8];
    bytes.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(body);
    bytes
}

#[test]
fn images_are_read_as_they_are_published() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let pixels: Vec<u8> = (0..40 * 6).map(|i| (i * 37 % 251) as u8).collect();
    put(at, "train-images-idx3-ubyte", idx(&[40, 2, 3], &pixels));
    let labels: Vec<u8> = (0..40).map(|i| i % 4).collect();
    put(at, "train-labels-idx1-ubyte", idx(&[40], &labels));
    let result = json(&vicinfo(
        at,
        &[
            "bound",
            "--train",
            "train-images-idx3-ubyte",
            "--labels",
            "train-labels-idx1-ubyte",
            "--pair-by-class",
            "--format",
            "json",
        ],
    ));
    assert_eq!((&result["n"], &result["dim"]), (&20.into(), &6.into()));
    assert_eq!(result["classes"], serde_json::json!(["0", "1", "2", "3"]));
    let warned = result["warnings"].to_string();
    assert!(warned.contains("largest point seen"), "{warned}");
}

#[test]
fn fewer_points_than_coordinates_and_constant_ones_are_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    put(at, "z.csv", "1,0,0,7\n0,1,0,7\n0,0,1,7\n");
    put(at, "y.csv", "label\n10\n9\n10\n");
    let done = vicinfo(
        at,
        &[
            "bound", "--train", "z.csv", "--labels", "y.csv", "--format", "json",
        ],
    );
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    let result = json(&done);
    // Numbers are ordered as numbers.
    assert_eq!(result["classes"], serde_json::json!(["9", "10"]));
    assert_eq!(
        (&result["rank"], &result["train"]["errors"]),
        (&3.into(), &0.into())
    );
    let warned = result["warnings"].to_string();
    for what in [
        "no more points than coordinates",
        "constant coordinates (counted from 0): 3",
        "'label'",
    ] {
        assert!(warned.contains(what), "{what}: {warned}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    hand(at);
    put(at, "short.txt", "A\nB\n");
    put(at, "one.txt", "A\nA\nA\n");
    put(at, "half.csv", "0.5\n1\n2\n");
    put(at, "wide.csv", "1,2\n3,4\n");
    put(at, "nan.csv", "1\nnan\n2\n");
    put(at, "zero.csv", "0\n0\n0\n");
    put(at, "three.csv", "1\n2\n3\n");
    let two = write_npy(
        &at.join("two.npy"),
        &Sample::from_points(2, vec![0.0; 6]).unwrap(),
    );
    two.unwrap();
    let fraction = write_npy(
        &at.join("half.npy"),
        &Sample::from_points(1, vec![0.5, 1.0, 2.0]).unwrap(),
    );
    fraction.unwrap();
    let train = |labels: &'static str| vec!["bound", "--train", "z.csv", "--labels", labels];
    let points = |points: &'static str| vec!["bound", "--train", points, "--labels", "y.txt"];
    let pairs = |more: &[&'static str]| {
        [&train("y.txt")[..], &["--norm", "5", "--radius", "1"], more].concat()
    };
    let cases: [(Vec<&str>, i32, &str); 17] = [
        (
            train("short.txt"),
            1,
            "short.txt: expected 3 labels, one for each point, found 2 labels",
        ),
        (
            train("one.txt"),
            1,
            "classes of one.txt = A alone: at least two",
        ),
        (
            train("half.npy"),
            1,
            "half.npy: expected whole numbers as labels, found 0.5 at point 0",
        ),
        (
            train("two.npy"),
            1,
            "two.npy: expected one label a point, shape (points,), found shape (3, 2)",
        ),
        (
            train("wide.csv"),
            1,
            "expected one label a line, found '1,2'",
        ),
        (train("none.txt"), 1, "none.txt: "),
        (points("nan.csv"), 1, "nan.csv: expected finite numbers"),
        (
            points("zero.csv"),
            1,
            "largest norm of the features = 0: a positive number",
        ),
        (
            [&points("zero.csv")[..], &["--normalise"]].concat(),
            1,
            "point 0 of the features, which --normalise divides by their norm",
        ),
        (
            [&train("y.txt")[..], &["--norm", "1.5"]].concat(),
            1,
            "norm = 1.5: a finite number, at least the norm 2",
        ),
        (
            [&train("y.txt")[..], &["--norm", "nan"]].concat(),
            1,
            "norm = NaN: a finite number",
        ),
        (
            pairs(&["--positives", "wide.csv", "--positive-of", "wide.csv"]),
            1,
            "dimension of the positives and of the held-out points: expected 1, found 2",
        ),
        (
            pairs(&["--positives", "a.csv", "--positive-of", "three.csv"]),
            1,
            "points of the second sample: expected 2, found 3",
        ),
        (pairs(&["--positives", "a.csv"]), 1, "--positive-of"),
        (
            with(&["--positive-labels", "yy.csv", "--delta", "0"]),
            2,
            "above 0 and below 1",
        ),
        (
            with(&["--positive-labels", "yy.csv", "--delta", "1.5"]),
            2,
            "above 0 and below 1",
        ),
        (with(&["--pair-by-class"]), 2, "cannot be used with"),
    ];
    for (arguments, code, message) in cases {
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
        assert_eq!(out(&done), "");
    }
    // A ball that does not hold the fit is no ball: the fit on the pairs has norm sqrt(0.2).
    let mut small = with(&["--positive-labels", "yy.csv"]);
    small[12] = "0.1";
    let done = vicinfo(at, &small);
    assert_eq!(done.status.code(), Some(1));
    assert!(
        err(&done).contains("radius = 0.1: at least the norm 0.447"),
        "{}",
        err(&done)
    );
}
