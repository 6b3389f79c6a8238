//! `vicinfo train` and `vicinfo embed`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::cli::{err, json, out, vicinfo};

/// A run of a blink.
const SMALL: &[&str] = &[
    "--side",
    "8",
    "--known",
    "64",
    "--held-out",
    "40",
    "--batch",
    "16",
    "--epochs",
    "2",
    "--encoder",
    "conv_net(channels=4-8)",
    "--projector",
    "16-8",
    "--predictor",
    "32",
];

/// All files that a run leaves.
const FILES: [&str; 7] = [
    "checkpoint.safetensors",
    "embedder.safetensors",
    "encoder.safetensors",
    "entropy.svg",
    "loss.svg",
    "metrics.csv",
    "probe.svg",
];

/// Arguments of a small run; later ones take the place of its own.
fn arguments<'a>(method: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["train", method];
    for pair in SMALL.chunks(2) {
        if !more.contains(&pair[0]) {
            all.extend(pair);
        }
    }
    all.extend(more);
    all
}

fn train(at: &Path, method: &str, more: &[&str]) -> Output {
    vicinfo(at, &arguments(method, more))
}

fn files(at: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = (std::fs::read_dir(at).unwrap())
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn names(at: &Path) -> Vec<String> {
    files(at).into_iter().map(|(name, _)| name).collect()
}

/// `(step, quantity, value)` of every row.
fn metrics(at: &Path) -> Vec<(u64, String, String)> {
    let text = std::fs::read_to_string(at.join("metrics.csv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("step,epoch,quantity,value,note"));
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            (
                fields[0].parse().unwrap(),
                fields[2].into(),
                fields[3].into(),
            )
        })
        .collect()
}

/// An IDX pair of `n` images of 16 x 16, with labels if asked for.
fn idx(at: &Path, n: u32, labels: bool) {
    let header = |magic: u32, counts: &[u32]| -> Vec<u8> {
        let words = std::iter::once(&magic).chain(counts);
        words.flat_map(|word| word.to_be_bytes()).collect()
    };
    std::fs::create_dir_all(at).unwrap();
    let mut images = header(0x0803, &[n, 16, 16]);
    images.extend((0..n * 256).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8));
    std::fs::write(at.join("train-images-idx3-ubyte"), images).unwrap();
    if labels {
        let mut bytes = header(0x0801, &[n]);
        bytes.extend((0..n).map(|i| (i % 3) as u8));
        std::fs::write(at.join("train-labels-idx1-ubyte"), bytes).unwrap();
    }
}

#[test]
fn a_run_leaves_metrics_curves_and_networks() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let done = train(at, "vicreg_cov25", &["--out", "run", "--format", "json"]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    let last = json(&done);
    assert_eq!(
        (&last["method"], &last["data"], &last["step"]),
        (
            &"vicreg(covariance=25)".into(),
            &"sprites".into(),
            &8.into()
        )
    );
    let run = at.join("run");
    assert_eq!(names(&run), FILES);
    // Looks after the first step and after both epochs, with the same quantities.
    let rows = metrics(&run);
    let at_step = |step: u64| -> Vec<&(u64, String, String)> {
        rows.iter().filter(|row| row.0 == step).collect()
    };
    for step in [1, 4, 8] {
        assert_eq!(at_step(step).len(), 27, "{step}");
    }
    assert_eq!(rows.len(), 3 * 27);
    for (row, result) in at_step(8)
        .into_iter()
        .zip(last["results"].as_array().unwrap())
    {
        assert_eq!(result["name"], Value::from(row.1.as_str()));
        assert_eq!(result["value"].as_f64(), row.2.parse().ok(), "{row:?}");
    }
    // The loss is its terms, weighted.
    let value = |quantity: &str| -> f64 {
        let row = at_step(8).into_iter().find(|row| row.1 == quantity);
        row.unwrap().2.parse().unwrap()
    };
    let sum = 25.0 * (value("term invariance") + value("term variance") + value("term covariance"));
    assert!((value("loss") - sum).abs() < 1e-9 * sum);
    for figure in ["loss", "entropy", "probe"] {
        let svg = std::fs::read_to_string(run.join(format!("{figure}.svg"))).unwrap();
        assert!(svg.contains("vicreg(covariance=25) on sprites"), "{figure}");
    }
    let described = json(&vicinfo(
        &run,
        &[
            "network",
            "describe",
            "embedder.safetensors",
            "--format",
            "json",
        ],
    ));
    assert_eq!(
        (&described["dim_in"], &described["dim_out"]),
        (&64.into(), &8.into())
    );
    // The same once more: nothing is trained.
    let before = files(&run);
    let again = train(at, "vicreg_cov25", &["--out", "run"]);
    assert!(err(&again).contains("run is finished"), "{}", err(&again));
    assert!(files(&run) == before);
    assert!(out(&again).starts_with("vicreg(covariance=25) on sprites after 8 steps\nloss  "));
}

#[test]
fn a_killed_run_ends_as_if_it_had_not_been() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for method in ["vicreg", "byol_plus_log_det"] {
        let arguments = |out, threads| {
            arguments(
                method,
                &["--epochs", "24", "--out", out, "--threads", threads],
            )
        };
        let whole = vicinfo(at, &arguments("whole", "1"));
        assert_eq!(whole.status.code(), Some(0), "{}", err(&whole));
        let mut child = Command::new(env!("CARGO_BIN_EXE_vicinfo"))
            .current_dir(at)
            .args(arguments("killed", "2"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while !at.join("killed/checkpoint.safetensors").exists() {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!at.join("killed/encoder.safetensors").exists());
        let rest = vicinfo(at, &arguments("killed", "2"));
        assert!(err(&rest).contains("going on from step"), "{}", err(&rest));
        for name in FILES {
            let read = |run: &str| std::fs::read(at.join(run).join(name)).unwrap();
            assert!(read("whole") == read("killed"), "{method}: {name}");
        }
        for run in ["whole", "killed"] {
            std::fs::remove_dir_all(at.join(run)).unwrap();
        }
    }
}

#[test]
fn a_checkpoint_is_taken_up_under_its_own_settings_only() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    assert!(train(at, "vicreg", &["--out", "run"]).status.success());
    let run = at.join("run");
    let before = files(&run);
    for (more, says) in [
        (&["--seed", "2"][..], "found one with seed 1;"),
        (&["--held-out", "30"], "found one with held_out 40;"),
        (
            &["--rate", "0.5"],
            "found one with course.plan.schedule.rate 0.01;",
        ),
        (&["--precision", "f64"], "found one with precision \"f32\";"),
        (
            &["--batch", "8"],
            "course.batch 16, course.plan.schedule.steps 8, course.plan.schedule.warm_up 4;",
        ),
    ] {
        let refused = train(at, "vicreg", &[more, &["--out", "run"]].concat());
        assert_eq!(refused.status.code(), Some(1), "{more:?}");
        assert!(err(&refused).contains(says), "{}", err(&refused));
        assert!(err(&refused).contains("--fresh"), "{}", err(&refused));
        assert!(files(&run) == before, "{more:?}");
    }
    // Damaged, cut off and of something else: the file is named, and the way out.
    let checkpoint = run.join("checkpoint.safetensors");
    let good = std::fs::read(&checkpoint).unwrap();
    let header = 8 + u64::from_le_bytes(good[..8].try_into().unwrap()) as usize;
    let mut broken = good.clone();
    broken[header..header + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    let encoder = std::fs::read(run.join("encoder.safetensors")).unwrap();
    for content in [&good[..good.len() / 2], b"no checkpoint", &broken, &encoder] {
        std::fs::write(&checkpoint, content).unwrap();
        let refused = train(at, "vicreg", &["--out", "run"]);
        assert_eq!(refused.status.code(), Some(1));
        let text = err(&refused);
        assert!(
            text.contains("run/checkpoint.safetensors") && text.contains("--fresh starts again"),
            "{text}"
        );
    }
    // Fresh: what was there goes, what is not the run's stays, and the same run comes out.
    std::fs::write(run.join("notes.txt"), "mine").unwrap();
    let fresh = train(at, "vicreg", &["--out", "run", "--fresh"]);
    assert_eq!(fresh.status.code(), Some(0), "{}", err(&fresh));
    std::fs::remove_file(run.join("notes.txt")).unwrap();
    assert!(files(&run) == before);
}

#[test]
fn a_run_that_diverges_keeps_what_it_has_seen() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let steep = ["--optimiser", "sgd()", "--rate", "1e30", "--out", "run"];
    let failed = train(at, "vicreg", &steep);
    assert_eq!(failed.status.code(), Some(1));
    let text = err(&failed);
    let rows = metrics(&at.join("run"));
    let loss = rows.iter().rfind(|row| row.1 == "loss").unwrap();
    assert!(
        text.contains("error: step 0 of the training (counted from 0, learning rate ")
            && text.contains("a result must be finite. The last loss was ")
            && text.contains("take a smaller rate"),
        "{text}"
    );
    assert!(text.contains(&loss.2[..6]), "{text} {loss:?}");
    assert!(rows.iter().any(|row| row.1 == "term invariance"));
    assert_eq!(names(&at.join("run")), ["loss.svg", "metrics.csv"]);
}

#[test]
fn terms_of_one_name_are_kept_apart() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let method = "simsiam() + 0.5*log_det() + 3*pair_dist()";
    let done = train(at, method, &["--epochs", "1", "--out", "run"]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    let rows = metrics(&at.join("run"));
    for step in [1, 4] {
        let value = |quantity: &str| -> f64 {
            let mut rows = rows.iter().filter(|row| row.0 == step);
            let row = rows.find(|row| row.1 == quantity);
            row.unwrap_or_else(|| panic!("{quantity}"))
                .2
                .parse()
                .unwrap()
        };
        let entropy = |of: &str| {
            value(&format!("term entropy_first ({of})"))
                + value(&format!("term entropy_second ({of})"))
        };
        // Minus the mean cosine of both directions, and minus the mean entropies of both views.
        let loss = -value("term cosine")
            - 0.5 * entropy("log_det") / 2.0
            - 3.0 * entropy("pair_dist") / 2.0;
        assert!((loss - value("loss")).abs() < 1e-9 * (1.0 + loss.abs()));
    }
    let drawn = std::fs::read_to_string(at.join("run/loss.svg")).unwrap();
    assert!(drawn.contains("Term: entropy_first (pair_dist)"), "{drawn}");
}

#[test]
fn images_of_files() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    idx(&at.join("data/first"), 120, true);
    idx(&at.join("data/first-half"), 60, true);
    idx(&at.join("data/plain"), 120, false);
    let of = |method: &str, images: &str, more: &[&str]| {
        let given: Vec<&str> = SMALL[2..].to_vec();
        let all = [&["train", method], &given[..], &["--images", images], more].concat();
        vicinfo(at, &all)
    };
    let labelled = of("simclr", "data", &["--dataset", "first", "--out", "a"]);
    assert_eq!(labelled.status.code(), Some(0), "{}", err(&labelled));
    assert!(out(&labelled).contains("linear_accuracy"));
    // Without labels: the same, without what takes them.
    let plain = of("simclr", "data/plain", &["--out", "b"]);
    assert_eq!(plain.status.code(), Some(0), "{}", err(&plain));
    assert!(err(&plain).contains("'plain' has no labels"));
    let rows = metrics(&at.join("b"));
    assert!(rows.iter().any(|row| row.1 == "rankme_embedding"));
    assert!(
        !rows
            .iter()
            .any(|row| row.1.contains("accuracy") || row.1.starts_with("bound"))
    );
    // The same images have the same numbers, with labels or without.
    for row in &rows {
        assert!(metrics(&at.join("a")).contains(row), "{row:?}");
    }
    for (method, images, more, says) in [
        (
            "simclr",
            "data",
            &[][..],
            "one of the 3 data sets of data: first, first-half, plain",
        ),
        (
            "simclr",
            "data",
            &["--dataset", "fir"],
            "a part of one name only, not of first, first-half",
        ),
        (
            "simclr",
            "data",
            &["--dataset", "mnist"],
            "unknown data set 'mnist'; known: first, first-half, plain",
        ),
        ("supervised", "data/plain", &[], "images = without labels"),
        (
            "simclr",
            "data/plain",
            &["--side", "9"],
            "side = 9: that of the images of 'plain', 16, or half of it",
        ),
        ("simclr", "data/first-half", &[], "at least 104 points"),
        ("simclr", "nowhere", &[], "nowhere: No such file"),
    ] {
        let refused = of(method, images, more);
        assert_eq!(refused.status.code(), Some(1), "{says}");
        assert!(err(&refused).contains(says), "{says}: {}", err(&refused));
    }
    assert!(!at.join("training").exists());

    let embed = |more: &[&str]| {
        let all = [&["embed", "a/checkpoint.safetensors"], more].concat();
        vicinfo(at, &all)
    };
    let done = json(&embed(&[
        "data/first",
        "--views",
        "--n",
        "30",
        "--out",
        "z.npy",
    ]));
    assert_eq!(done["method"], "nt_xent(temperature=0.2)");
    let written: Vec<_> = (done["written"].as_array().unwrap().iter())
        .map(|file| {
            (
                file["file"].as_str().unwrap(),
                file["n"].as_u64().unwrap(),
                file["dim"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        written,
        [
            ("z-first.npy", 30, 8),
            ("z-second.npy", 30, 8),
            ("z-labels.npy", 30, 1)
        ]
    );
    let read = |name: &str| vicinfo::array::read(at.join(name).to_str().unwrap()).unwrap();
    assert_ne!(read("z-first.npy"), read("z-second.npy"));
    let labels: Vec<f64> = (0..30).map(|i| f64::from(i % 3)).collect();
    assert_eq!(read("z-labels.npy").matrix().as_slice(), labels);
    let measured = vicinfo(
        at,
        &[
            "measure",
            "objective",
            "z-first.npy",
            "z-second.npy",
            "--objective",
            "nt_xent(temperature=0.2)",
        ],
    );
    assert_eq!(measured.status.code(), Some(0), "{}", err(&measured));
}

/// Rows, representations and a network applied by hand are the same.
#[test]
fn embeddings_are_those_of_the_networks_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    assert!(
        train(at, "vicreg", &["--out", "run", "--precision", "f64"])
            .status
            .success()
    );
    let rows: Vec<f64> = (0..5 * 64)
        .map(|i| f64::from((i * 37) % 101) / 100.0)
        .collect();
    let lines: Vec<String> = (rows.chunks(64))
        .map(|row| row.iter().map(f64::to_string).collect::<Vec<_>>().join(","))
        .collect();
    std::fs::write(at.join("rows.csv"), lines.join("\n")).unwrap();
    let points = nalgebra::DMatrix::from_vec(64, 5, rows);
    for (layer, file) in [
        ("embedding", "embedder.safetensors"),
        ("representation", "encoder.safetensors"),
    ] {
        let done = vicinfo(
            at,
            &[
                "embed",
                "run/checkpoint.safetensors",
                "rows.csv",
                "--layer",
                layer,
                "--out",
                "z.npy",
                "--threads",
                "1",
            ],
        );
        assert_eq!(done.status.code(), Some(0), "{}", err(&done));
        let path = at.join("run").join(file);
        let network = vicinfo::network::Network::<f64>::from_safetensors(
            &path,
            &std::fs::read(&path).unwrap(),
            None,
        )
        .unwrap();
        let expected = network.apply(&points).unwrap();
        let found = vicinfo::array::read(at.join("z.npy").to_str().unwrap()).unwrap();
        assert_eq!(found.matrix().shape(), expected.shape());
        assert!((found.matrix() - expected).amax() < 1e-12, "{layer}");
    }
    // Images that are all the same.
    std::fs::write(at.join("flat.csv"), vec!["0.5"; 64].join(",") + "\n").unwrap();
    let flat = vicinfo(
        at,
        &[
            "embed",
            "run/checkpoint.safetensors",
            "flat.csv",
            "--out",
            "flat.npy",
        ],
    );
    assert_eq!(flat.status.code(), Some(0), "{}", err(&flat));
}

#[test]
fn what_cannot_be_trained_is_said_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    (std::fs::File::create(at.join("file")).unwrap())
        .write_all(b"mine")
        .unwrap();
    for (method, more, says) in [
        (
            "vicrag",
            &[][..],
            "unknown method 'vicrag'; known: vicreg, vicreg_cov5,",
        ),
        ("vicrag()", &[], "unknown objective 'vicrag'"),
        (
            "byol() + simsiam()",
            &[],
            "byol and simsiam have different targets",
        ),
        ("vicreg", &["--encoder", "conv"], "unknown encoder 'conv'"),
        ("vicreg", &["--projector", "8-x"], "projector = 8-x"),
        (
            "vicreg",
            &["--optimiser", "adam"],
            "unknown optimiser 'adam'",
        ),
        (
            "vicreg",
            &["--augmentation", "crop=2"],
            "augmentation = crop=2: a number from 0.01 to 1",
        ),
        (
            "vicreg",
            &["--augmentation", "colour=1"],
            "one of crop, turn, flip, jitter, blur, noise",
        ),
        (
            "vicreg",
            &["--dataset", "mnist"],
            "sprites, or --images with the folder of its files",
        ),
        (
            "vicreg",
            &["--batch", "65"],
            "batch = 65: at most the 64 points that there are",
        ),
        ("vicreg", &["--batch", "1"], "batch = 1: at least 2 points"),
        ("vicreg", &["--epochs", "0"], "epochs = 0: from 1 to"),
        (
            "vicreg",
            &["--epochs", "18446744073709551615"],
            "epochs = 18446744073709551615: from 1 to",
        ),
        ("vicreg", &["--rate", "nan"], "rate = NaN"),
        ("vicreg", &["--known", "0"], "images to train on = 0"),
        ("vicreg", &["--held-out", "0"], "images to measure on = 0"),
        (
            "vicreg",
            &["--held-out", "1"],
            "the spread of held-out images needs at least 2 points here, the sample has 1",
        ),
        (
            "vicreg",
            &["--projector", "1000000000000"],
            "widths = [8, 1000000000000]: at most 536870912 weights",
        ),
        (
            "vicreg",
            &["--encoder", "perceptron(widths=99999999999999999)"],
            "widths = [64, 99999999999999999]: at most 536870912 weights",
        ),
        (
            "vicreg",
            &["--encoder", "conv_net(channels=4000000000-4000000000)"],
            "channels = [4000000000, 4000000000]: at most 536870912 weights",
        ),
        (
            "vicreg",
            &["--encoder", "resnet18(width=4611686018427387904)"],
            "width = 4611686018427387904: at most 536870912 weights",
        ),
        (
            "simsiam",
            &["--predictor", "1000000000000"],
            "widths = [8, 1000000000000, 8]: at most 536870912 weights",
        ),
        (
            "vicreg",
            &["--known", "1000000000000"],
            "whose pixels take 4 GiB",
        ),
        ("vicreg", &["--side", "7"], "side = 7: from 8 to 64 pixels"),
        (
            "vicreg",
            &["--threads", "100000"],
            "threads = 100000: at most 1024",
        ),
        (
            "supervised",
            &[],
            "class = 8: below the dimension of the embedding, 8",
        ),
        (
            "vicreg",
            &["--out", "file"],
            "out = file: a folder; this is a file",
        ),
    ] {
        let refused = train(at, method, more);
        assert_eq!(refused.status.code(), Some(1), "{method} {more:?}");
        assert!(
            err(&refused).contains(says),
            "{method} {more:?}: {}",
            err(&refused)
        );
        assert_eq!(out(&refused), "");
    }
    assert_eq!(names(at), ["file"]);
    assert_eq!(std::fs::read(at.join("file")).unwrap(), b"mine");

    assert!(train(at, "random", &["--out", "run"]).status.success());
    assert!(metrics(&at.join("run")).iter().all(|row| row.0 == 0));
    // What cannot be followed does not cost the run that is there.
    let before = files(&at.join("run"));
    let wide = ["--out", "run", "--fresh", "--projector", "1000000000000"];
    assert_eq!(train(at, "random", &wide).status.code(), Some(1));
    assert!(files(&at.join("run")) == before);
    idx(&at.join("wide"), 10, false);
    for (more, says) in [
        (
            &["wide", "--n", "0", "--out", "z.npy"][..],
            "n = 0: at least 1",
        ),
        (&["sprites", "--out", "z.csv"], "a name ending in .npy"),
        (
            &["wide", "--dataset", "mnist", "--out", "z.npy"],
            "unknown data set 'mnist'; known: wide",
        ),
    ] {
        let all = [&["embed", "run/checkpoint.safetensors"], more].concat();
        let refused = vicinfo(at, &all);
        assert_eq!(refused.status.code(), Some(1), "{more:?}");
        assert!(err(&refused).contains(says), "{}", err(&refused));
    }
    std::fs::write(at.join("short.csv"), "0.1,0.2\n").unwrap();
    let embed = |checkpoint: &str, images: &str, more: &[&str]| {
        let all = [&["embed", checkpoint, images, "--out", "z.npy"], more].concat();
        let refused = vicinfo(at, &all);
        assert_eq!(refused.status.code(), Some(1), "{images}");
        err(&refused)
    };
    let checkpoint = "run/checkpoint.safetensors";
    assert!(embed(checkpoint, "short.csv", &[]).contains("expected 64, found 2"));
    assert!(
        embed(checkpoint, "short.csv", &["--views"]).contains("rows of numbers have no planes")
    );
    assert!(embed("run/encoder.safetensors", "sprites", &[]).contains("expected a checkpoint"));
    // 16 x 16 halves to what the network takes, 20 x 20 does not.
    let mut images: Vec<u8> = [0x0803_u32, 2, 20, 20]
        .iter()
        .flat_map(|word| word.to_be_bytes())
        .collect();
    images.extend([7; 800]);
    std::fs::write(at.join("wide/train-images-idx3-ubyte"), images).unwrap();
    assert!(
        embed(checkpoint, "wide", &[])
            .contains("1 x 20 x 20: 1 x 8 x 8, or twice the side: what the network was trained on")
    );
    assert!(!at.join("z.npy").exists());
}
