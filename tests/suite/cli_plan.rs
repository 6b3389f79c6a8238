//! `vicinfo plan`, shards and manual pages as a user meets them.

use std::path::Path;

use serde_json::Value;

use crate::cli::{assert_refused, err, json, out, vicinfo};

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn a_plan_counts_what_is_left_and_estimates_from_timings() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let plan = |more: &[&str]| {
        let arguments = [
            "plan",
            "mixture-entropy",
            "diagonal-optimum",
            "--scale",
            "smoke",
            "--out",
            "r",
            "--format",
            "json",
        ];
        let done = vicinfo(at, &[&arguments, more].concat());
        assert_eq!(done.status.code(), Some(0), "{}", err(&done));
        json(&done)
    };
    let before = plan(&[]);
    let first = &before["experiments"][0];
    let cells = first["cells"].as_u64().unwrap();
    assert!(cells >= 4);
    assert_eq!(first["finished"], 0);
    // Nothing was recorded at this scale.
    assert_eq!(first["core_seconds_per_cell"], Value::Null);
    let run = [
        "run",
        "mixture-entropy",
        "--scale",
        "smoke",
        "--out",
        "r",
        "--threads",
        "1",
    ];
    let shard = vicinfo(
        at,
        &[&run[..], &["--shard", "1/4", "--timings", "t.csv"]].concat(),
    );
    assert_eq!(shard.status.code(), Some(0), "{}", err(&shard));
    let after = plan(&["--timings", "t.csv"]);
    let first = &after["experiments"][0];
    // Every fourth, wherever they begin.
    let mine = first["finished"].as_u64().unwrap();
    assert!(
        mine == cells / 4 || mine == cells.div_ceil(4),
        "{mine} of {cells}"
    );
    let shards = plan(&["--shards", "4"])["shards"]
        .as_array()
        .unwrap()
        .clone();
    let left = |place: usize| shards[place]["cells_left"].as_u64().unwrap();
    let second = plan(&[])["experiments"][1]["cells"].as_u64().unwrap();
    assert_eq!((0..4).map(left).sum::<u64>(), cells - mine + second);
    assert_eq!(shards[1]["shard"], "1/4");
    assert!(
        left(1) <= second.div_ceil(4),
        "its cells of the first experiment are finished"
    );
    assert!(number(&first["core_seconds_per_cell"]) > 0.0);
    let left = number(&first["core_seconds_left"]);
    assert!((left - number(&first["core_seconds_per_cell"]) * (cells - mine) as f64).abs() < 1e-9);
    assert_eq!(after["experiments"][1]["core_seconds_left"], Value::Null);
    assert_eq!(plan(&["--fresh"])["experiments"][0]["finished"], 0);
    // What is finished takes no more time, recorded or not.
    std::fs::write(
        at.join("none.csv"),
        "experiment,scale,cells,threads,seconds\n",
    )
    .unwrap();
    let done = plan(&["--shard", "1/4", "--timings", "none.csv"]);
    assert_eq!(done["experiments"][0]["core_seconds_left"], 0.0);
    assert_eq!(done["experiments"][1]["core_seconds_left"], Value::Null);
    // Finished cells are not computed again, and take no line.
    let again = vicinfo(
        at,
        &[&run[..], &["--shard", "1/4", "--timings", "t.csv"]].concat(),
    );
    assert_eq!(again.status.code(), Some(0), "{}", err(&again));
    let table = std::fs::read_to_string(at.join("t.csv")).unwrap();
    assert_eq!(table.lines().count(), 2, "{table}");
    assert!(
        table.starts_with("experiment,scale,cells,threads,seconds\n"),
        "{table}"
    );
    let text = vicinfo(
        at,
        &[
            "plan",
            "mixture-entropy",
            "--scale",
            "smoke",
            "--out",
            "r",
            "--shards",
            "3",
        ],
    );
    assert!(out(&text).contains("--shard 0/3 to 2/3"), "{}", out(&text));
    assert!(
        out(&text).contains("cells left to a shard"),
        "{}",
        out(&text)
    );
    // The part that was asked for is named, and the rest is none of its.
    let part = json(&vicinfo(
        at,
        &[
            "plan",
            "mixture-entropy",
            "--scale",
            "smoke",
            "--shard",
            "2/4",
            "--format",
            "json",
        ],
    ));
    let parts = part["shards"].as_array().unwrap();
    assert_eq!(parts.len(), 1);
    assert_eq!(parts[0]["shard"], "2/4");
    assert_eq!(parts[0]["cells_left"], part["experiments"][0]["cells"]);
    assert!(parts[0]["cells_left"].as_u64().unwrap() <= cells.div_ceil(4));
    // Shards are ranked by time where it is known of all experiments, by cells otherwise.
    let one = |id: &str, shards: &str| {
        let arguments = ["plan", id, "--shards", shards];
        out(&vicinfo(at, &arguments))
    };
    let text = one("gaussianity", "4");
    let line = text.lines().last().unwrap();
    assert!(
        line.contains("with 2 cells, ") && line.contains("with 3 cells, "),
        "{text}"
    );
    assert!(line.contains(" min; --shard 0/4 to 3/4"), "{text}");
    let text = out(&vicinfo(
        at,
        &[
            "plan",
            "--timings",
            "t.csv",
            "--shards",
            "8",
            "--scale",
            "smoke",
        ],
    ));
    let line = text.lines().last().unwrap();
    assert_eq!(line.matches("cells, not recorded").count(), 2, "{text}");
    // Over all experiments no shard has many more cells than another.
    for count in ["8", "64"] {
        let all = vicinfo(
            at,
            &["plan", "--out", "r", "--shards", count, "--format", "json"],
        );
        let all = json(&all);
        let cells: Vec<u64> = (all["shards"].as_array().unwrap().iter())
            .map(|shard| shard["cells_left"].as_u64().unwrap())
            .collect();
        let (least, most) = (cells.iter().min().unwrap(), cells.iter().max().unwrap());
        assert!(most - least <= 9, "of 18 experiments: {cells:?}");
    }
    // An experiment that is named twice is run once.
    let twice = json(&vicinfo(
        at,
        &["plan", "supports", "supports", "--format", "json"],
    ));
    assert_eq!(twice["experiments"].as_array().unwrap().len(), 1);
    let standard = out(&vicinfo(at, &["plan", "--out", "r"]));
    assert!(!standard.contains("not recorded"), "{standard}");
    assert!(!standard.contains("at least"), "{standard}");
}

/// Cells of a smaller scale say how long those of a larger one take at least, not the other way round.
#[test]
fn a_plan_falls_back_on_the_next_smaller_scale_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let table = "experiment,scale,cells,threads,seconds\n\
                 supports,smoke,4,8,8.0\nsupports,standard,4,2,10.0\nsupports,standard,2,1,4.0\n";
    std::fs::write(at.join("t.csv"), table).unwrap();
    let plan = |scale: &str| {
        let arguments = ["plan", "supports", "--scale", scale, "--timings", "t.csv"];
        let one = json(&vicinfo(
            at,
            &[&arguments[..], &["--format", "json"]].concat(),
        ));
        (one["experiments"][0].clone(), out(&vicinfo(at, &arguments)))
    };
    let (full, text) = plan("full");
    assert_eq!(full["core_seconds_per_cell"], 4.0);
    assert_eq!(full["recorded_at"], "standard");
    assert!(text.contains(" 4.00 at standard "), "{text}");
    assert!(
        text.contains("; at least 16 s of core time; experiments with timings of a smaller scale alone, whose cells may be smaller, too: 1 of 1 (a run"),
        "{text}"
    );
    let (standard, text) = plan("standard");
    assert_eq!(standard["recorded_at"], "standard");
    assert!(text.contains("; 16 s of core time\n"), "{text}");
    // Of eight threads on four cells four had nothing to do.
    assert_eq!(plan("smoke").0["core_seconds_per_cell"], 8.0);
    std::fs::write(
        at.join("t.csv"),
        "experiment,scale,cells,threads,seconds\nsupports,full,4,1,8.0\n",
    )
    .unwrap();
    let (standard, text) = plan("standard");
    assert_eq!(standard["recorded_at"], Value::Null);
    assert!(
        text.contains("; experiments without timings: 1 of 1 (a run"),
        "{text}"
    );
}

/// What a run that failed at a later experiment had finished of an earlier one is taken up.
#[test]
fn a_recorded_experiment_is_not_computed_again_after_another_failed() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let run = || {
        let run = [
            "run",
            "diagonal-optimum",
            "information-bound",
            "--scale",
            "smoke",
        ];
        vicinfo(
            at,
            &[&run[..], &["--out", "r", "--timings", "t.csv"]].concat(),
        )
    };
    let recorded = || -> Vec<String> {
        let table = std::fs::read_to_string(at.join("t.csv")).unwrap();
        let names = table
            .lines()
            .skip(1)
            .filter_map(|line| line.split(',').next());
        names.map(str::to_owned).collect()
    };
    std::fs::create_dir(at.join("r")).unwrap();
    let in_the_way = at.join("r/information-bound");
    std::fs::write(&in_the_way, "").unwrap();
    let failed = run();
    assert_eq!(failed.status.code(), Some(1), "{}", err(&failed));
    assert!(
        err(&failed).contains("information-bound"),
        "{}",
        err(&failed)
    );
    assert!(
        err(&failed).contains("the same command goes on from them"),
        "{}",
        err(&failed)
    );
    assert_eq!(recorded(), ["diagonal-optimum"]);
    std::fs::remove_file(in_the_way).unwrap();
    let done = run();
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    let note = err(&done);
    assert!(
        note.contains("note: diagonal-optimum: ") && note.contains("were not computed again"),
        "{note}"
    );
    assert!(!note.contains("note: information-bound"), "{note}");
    assert_eq!(recorded(), ["diagonal-optimum", "information-bound"]);
    // Once all is recorded, nothing is kept.
    for id in recorded() {
        assert!(!at.join("r").join(id).join("cells").exists());
    }
}

/// A shard that begins anew leaves the others their cells.
#[test]
fn fresh_is_about_the_cells_of_the_shard() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let run = |more: &[&str]| {
        let run = ["run", "diagonal-optimum", "--scale", "smoke", "--out", "r"];
        let done = vicinfo(at, &[&run[..], more].concat());
        assert_eq!(done.status.code(), Some(0), "{}", err(&done));
        err(&done)
    };
    let cells = || {
        let mut cells: Vec<_> = std::fs::read_dir(at.join("r/diagonal-optimum/cells"))
            .unwrap()
            .map(|cell| cell.unwrap())
            .map(|cell| {
                (
                    cell.file_name(),
                    cell.metadata().unwrap().modified().unwrap(),
                )
            })
            .collect();
        cells.sort();
        cells
    };
    assert_eq!(run(&["--shard", "0/2"]), "");
    let first = cells();
    assert_eq!(run(&["--shard", "1/2"]), "");
    // Neither is taken up nor takes anything away.
    assert_eq!(run(&["--shard", "1/2", "--fresh"]), "");
    let both = cells();
    assert!(both.len() > first.len());
    assert!(first.iter().all(|cell| both.contains(cell)));
    let assembled = run(&[]);
    let all = format!("note: diagonal-optimum: {0} of {0} cells", both.len());
    assert!(assembled.starts_with(&all), "{assembled}");
}

#[test]
fn what_cannot_be_planned_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(
        at.join("t.csv"),
        "experiment,scale\nmixture-entropy,smoke\n",
    )
    .unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["--shards", "0"], "shards = 0: from 1 to 100000"),
        (&["--shards", "100001"], "shards = 100001: from 1"),
        (&["none"], "unknown experiment 'none'"),
        (&["--timings", "none.csv"], "none.csv: "),
        (&["--timings", "t.csv"], "t.csv: "),
    ];
    assert_refused(at, "plan", cases);
}

/// Two shards at once with one cell in common, on one folder, and one that is run twice: the assembled record is that of a single run.
#[test]
fn shards_assemble_to_the_bytes_of_a_single_run() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let run = |more: &[&str]| {
        let done = vicinfo(
            at,
            &[
                &[
                    "run",
                    "diagonal-optimum",
                    "zero-penalty",
                    "--scale",
                    "smoke",
                ],
                more,
            ]
            .concat(),
        );
        assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    };
    run(&["--out", "single"]);
    std::thread::scope(|scope| {
        for shard in ["0/2", "1/2", "1/2", "0/3"] {
            scope.spawn(move || run(&["--out", "shared", "--shard", shard, "--threads", "1"]));
        }
    });
    run(&["--out", "shared"]);
    for id in ["diagonal-optimum", "zero-penalty"] {
        let files = |of: &str| {
            let mut files: Vec<_> = std::fs::read_dir(at.join(of).join(id))
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.is_file())
                .collect();
            files.sort();
            files
        };
        let (single, shared) = (files("single"), files("shared"));
        assert_eq!(single.len(), shared.len());
        for (one, other) in single.iter().zip(&shared) {
            assert_eq!(one.file_name(), other.file_name());
            assert_eq!(
                std::fs::read(one).unwrap(),
                std::fs::read(other).unwrap(),
                "{one:?}"
            );
        }
        assert!(!at.join("shared").join(id).join("cells").exists());
    }
}

/// Tasks that share a table of timings lose no line of each other's.
#[test]
fn timings_of_several_runs_are_appended() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::thread::scope(|scope| {
        for (i, id) in ["diagonal-optimum", "information-bound", "bound-rank"]
            .into_iter()
            .cycle()
            .take(6)
            .enumerate()
        {
            scope.spawn(move || {
                let out = format!("r{i}");
                let arguments = [
                    "run",
                    id,
                    "--scale",
                    "smoke",
                    "--threads",
                    "1",
                    "--out",
                    &out,
                    "--timings",
                    "t.csv",
                ];
                let done = vicinfo(at, &arguments);
                assert_eq!(done.status.code(), Some(0), "{}", err(&done));
                assert!(!err(&done).contains("warning"), "{}", err(&done));
            });
        }
    });
    let table = std::fs::read_to_string(at.join("t.csv")).unwrap();
    assert_eq!(table.lines().count(), 7, "{table}");
    assert_eq!(table.matches("bound-rank,smoke,").count(), 2, "{table}");
    // A table that ends without a line break, as an editor leaves it, or is empty goes on all the same.
    let again = |before: &str| {
        std::fs::write(at.join("t.csv"), before).unwrap();
        let done = vicinfo(
            at,
            &[
                "run",
                "bound-rank",
                "--scale",
                "smoke",
                "--fresh",
                "--out",
                "r",
                "--timings",
                "t.csv",
            ],
        );
        assert_eq!(done.status.code(), Some(0), "{}", err(&done));
        std::fs::read_to_string(at.join("t.csv")).unwrap()
    };
    let whole = again(table.trim_end());
    assert!(whole.starts_with(&table), "{whole}");
    assert_eq!(whole.lines().count(), 8, "{whole}");
    assert_eq!(again("").lines().count(), 2);
    assert_eq!(again(&table.replace('\n', "\r\n")).lines().count(), 8);
    // Another table is not added to, and the run is not lost for it.
    std::fs::write(at.join("other.csv"), "a,b\n1,2\n").unwrap();
    let arguments = [
        "run",
        "bound-rank",
        "--scale",
        "smoke",
        "--out",
        "r",
        "--timings",
        "other.csv",
    ];
    let done = vicinfo(at, &arguments);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    assert!(
        err(&done).contains("the timing is lost: other.csv: expected a table of experiment,"),
        "{}",
        err(&done)
    );
}

/// The commands below a command, as its help names them.
fn subcommands(at: &Path, command: &[&str]) -> Vec<Vec<String>> {
    let help = vicinfo(at, &[command, &["--help"]].concat());
    let help = out(&help);
    let Some((_, rest)) = help.split_once("Commands:\n") else {
        return Vec::new();
    };
    (rest.lines())
        .take_while(|line| line.starts_with("  "))
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(|name| [command, &[name]].concat())
        .map(|names| names.into_iter().map(str::to_owned).collect())
        .collect()
}

#[test]
fn every_subcommand_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let done = vicinfo(at, &["man", "--out", "pages"]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    // Those that the help names, each with its own.
    let mut pages = vec!["vicinfo.1".to_owned()];
    let mut commands: Vec<Vec<String>> = subcommands(at, &[]);
    while let Some(command) = commands.pop() {
        pages.push(format!("vicinfo-{}.1", command.join("-")));
        let names: Vec<&str> = command.iter().map(String::as_str).collect();
        commands.extend(subcommands(at, &names));
    }
    assert!(pages.len() > 15, "{pages:?}");
    for page in pages {
        let path = at.join("pages").join(&page);
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{page}: {error}"));
        assert!(
            text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"),
            "{page}"
        );
    }
    let audit = std::fs::read_to_string(at.join("pages/vicinfo-audit.1")).unwrap();
    assert!(
        audit.contains("vicinfo\\-audit \\- ") || audit.contains("vicinfo-audit"),
        "{audit}"
    );
}
