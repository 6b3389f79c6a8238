//! `vicinfo network` and experiments on a network of the user's.

use std::path::Path;

use serde_json::Value;
use vicinfo::network::{Activation, Initialisation, Network, Perceptron};
use vicinfo::seed::Seed;

use crate::cli::{err, json, out, vicinfo};

fn write(at: &Path, name: &str, widths: &[usize], activation: Activation) {
    let network: Network<f64> = Perceptron {
        widths: widths.to_vec(),
        activation,
        initialisation: Initialisation::He,
        bias: 0.1,
    }
    .network(Seed::root(3))
    .unwrap();
    std::fs::write(at.join(name), network.to_safetensors().unwrap()).unwrap();
}

/// A leaky network 2-16-2, as `net.safetensors`.
fn write_leaky(at: &Path) {
    let leaky = Activation::LeakyRelu { slope: 0.1 };
    write(at, "net.safetensors", &[2, 16, 2], leaky);
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[test]
fn a_network_is_described_cut_and_pushed_forward() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(
        at,
        "net.safetensors",
        &[2, 16, 16, 2],
        Activation::LeakyRelu { slope: 0.1 },
    );

    let described = json(&vicinfo(
        at,
        &[
            "network",
            "describe",
            "net.safetensors",
            "--noise",
            "0.001,1",
            "--format",
            "json",
        ],
    ));
    assert_eq!(described["dim_in"], 2);
    assert_eq!(described["units_with_states"], 32);
    assert_eq!(
        described["parameters"],
        2 * 16 + 16 + 16 * 16 + 16 + 16 * 2 + 2
    );
    assert_eq!(described["rank"]["min"], 2);
    let leave = |row: usize| number(&described["noise"][row]["leave"]["mean"]);
    assert!(leave(0) < 0.1 && leave(1) > 0.8, "{described}");
    assert!(number(&described["nearest_face"]["min"]) > 0.0);

    let cut = vicinfo(
        at,
        &[
            "network",
            "partition",
            "net.safetensors",
            "--out",
            "cut.svg",
            "--format",
            "json",
        ],
    );
    let cut = json(&cut);
    assert!(number(&cut["regions"]) > 50.0);
    let (window, sum) = (number(&cut["area"]["window"]), number(&cut["area"]["sum"]));
    assert!(window == 36.0 && (sum - window).abs() < 1e-9 * window);
    let svg = std::fs::read_to_string(at.join("cut.svg")).unwrap();
    assert!(
        svg.contains("<polygon") || svg.contains("<path"),
        "no polygons"
    );

    let pushed = json(&vicinfo(
        at,
        &[
            "network",
            "pushforward",
            "net.safetensors",
            "--noise",
            "0.01",
            "--format",
            "json",
        ],
    ));
    assert_eq!(pushed["entropy"]["kind"], "folded");
    let escape = number(&pushed["escape"]["value"]);
    let single: Vec<f64> = (pushed["components"].as_array().unwrap().iter())
        .map(|component| {
            let [low, p, high] = ["escape_lower_bound", "escape", "escape_union_bound"]
                .map(|key| {
                    if key == "escape" {
                        &component[key]["value"]
                    } else {
                        &component[key]
                    }
                })
                .map(number);
            assert!(
                low <= p * 1.05 && p <= high * (1.0 + 1e-12),
                "{low} {p} {high}"
            );
            p
        })
        .collect();
    let mean = single.iter().sum::<f64>() / single.len() as f64;
    let std_error = number(&pushed["escape"]["std_error"]);
    assert!(
        (escape - mean).abs() < 6.0 * std_error + 0.01,
        "{escape} {mean}"
    );
    let bounds = &pushed["mixture_entropy"];
    assert!(number(&bounds["lower_nats"]) <= number(&bounds["upper_nats"]));

    for command in ["describe", "partition"] {
        let text = out(&vicinfo(at, &["network", command, "net.safetensors"]));
        assert!(text.contains("region"), "{text}");
    }
    let text = out(&vicinfo(
        at,
        &[
            "network",
            "pushforward",
            "net.safetensors",
            "--noise",
            "0.01",
        ],
    ));
    assert!(
        text.contains("leaves the region with probability"),
        "{text}"
    );
}

#[test]
fn bounds_are_certified_and_all_draws_are_used() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write_leaky(at);
    let pushed = |noise: &str, draws: &str| {
        let arguments = [
            "network",
            "pushforward",
            "net.safetensors",
            "--format",
            "json",
        ];
        json(&vicinfo(
            at,
            &[&arguments[..], &["--noise", noise, "--draws", draws]].concat(),
        ))
    };
    for noise in ["0.0001", "1"] {
        let pushed = pushed(noise, "2048");
        let distance = &pushed["total_variation"];
        let [mean, error] = ["value", "std_error"].map(|key| number(&distance["separation"][key]));
        let bound = number(&distance["lower_bound"]);
        assert_eq!(bound, (mean - 4.0 * error).max(0.0), "{distance}");
        assert!(bound <= number(&distance["upper_bound"]["value"]));
    }
    let [few, many] = ["2048", "4096"].map(|draws| pushed("0.3", draws));
    for place in ["/components/0/escape", "/entropy"] {
        let [few, many] = [&few, &many].map(|pushed| pushed.pointer(place).unwrap().clone());
        assert_ne!(few, many, "{place}");
    }
}

#[test]
fn medians_of_two_are_in_the_middle() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write_leaky(at);
    let medians = |points: &str| {
        std::fs::write(at.join("points.csv"), points).unwrap();
        let arguments = [
            "network",
            "describe",
            "net.safetensors",
            "--points",
            "points.csv",
        ];
        let described = json(&vicinfo(
            at,
            &[&arguments[..], &["--format", "json"]].concat(),
        ));
        ["/nearest_face/median", "/condition_median"]
            .map(|place| number(described.pointer(place).unwrap()))
    };
    let (one, other) = (medians("1,0\n1,0\n"), medians("-1,2\n-1,2\n"));
    for ((both, one), other) in medians("1,0\n-1,2\n").into_iter().zip(one).zip(other) {
        let middle = (one + other) / 2.0;
        assert!(one != other && (both - middle).abs() < 1e-12 * middle);
    }
}

#[test]
fn what_is_wrong_with_a_network_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "net.safetensors", &[3, 8, 2], Activation::Relu);
    write(at, "smooth.safetensors", &[3, 8, 2], Activation::Gelu);
    write(at, "wide.safetensors", &[20_000, 1], Activation::Relu);
    std::fs::write(at.join("cut.safetensors"), b"\x10\0\0\0").unwrap();
    std::fs::write(at.join("plane.csv"), "1,2\n3,4\n").unwrap();
    std::fs::write(at.join("line.csv"), "0,0,0\n1,1,1\n2,2,2\n").unwrap();
    for (arguments, says) in [
        (&["describe", "no.safetensors"][..], "no.safetensors"),
        (&["describe", "cut.safetensors"], "cut.safetensors"),
        (
            &["describe", "smooth.safetensors"],
            "only piecewise-affine activations",
        ),
        (
            &["partition", "smooth.safetensors"],
            "only piecewise-affine activations",
        ),
        (
            &["describe", "net.safetensors", "--points", "plane.csv"],
            "expected 3, found 2",
        ),
        (
            &["describe", "net.safetensors", "--noise", "0"],
            "a positive finite number",
        ),
        (
            &["pushforward", "net.safetensors", "--noise", "nan"],
            "a positive finite number",
        ),
        (
            &["pushforward", "wide.safetensors", "--noise", "1"],
            "at most 268435456, which take 4 GiB",
        ),
        (
            &["partition", "net.safetensors", "--points", "line.csv"],
            "do not lie on one line",
        ),
        (
            &[
                "partition",
                "net.safetensors",
                "--points",
                "line.csv",
                "--through",
                "0,1",
            ],
            "three numbers of points",
        ),
        (
            &[
                "partition",
                "net.safetensors",
                "--points",
                "line.csv",
                "--through",
                "0,1,9",
            ],
            "expected 2, found 9",
        ),
    ] {
        let output = vicinfo(at, &[&["network"], arguments].concat());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(
            err(&output).contains(says),
            "{arguments:?}: {}",
            err(&output)
        );
        assert_eq!(out(&output), "");
    }
}

#[test]
fn gaussianity_takes_a_network_of_the_users() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "net.safetensors", &[256, 24, 10], Activation::Relu);
    write(at, "other.safetensors", &[10, 8, 2], Activation::Relu);
    let run = |file: &str| {
        let arguments = ["run", "gaussianity", "--scale", "smoke", "--out", "made"];
        vicinfo(at, &[&arguments[..], &["--network", file]].concat())
    };
    let output = run("net.safetensors");
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let manifest = std::fs::read_to_string(at.join("made/gaussianity/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["inputs"][0]["name"], "net.safetensors");
    let table = std::fs::read_to_string(at.join("made/gaussianity/table.csv")).unwrap();
    assert!(table.contains("the network given") && !table.contains("untrained"));
    let output = run("other.safetensors");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        err(&output).contains("the network takes 10"),
        "{}",
        err(&output)
    );
}
