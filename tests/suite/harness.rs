//! The harness on an experiment of its own: resume, shards, threads, damage.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::RngExt;
use serde::{Deserialize, Serialize};
use vicinfo::Error;
use vicinfo::experiment::{
    Effect, Entry, Experiment, Finding, Inputs, Line, Options, Outcome, Scale, failed_controls,
    redo, replicated, run,
};
use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};
use vicinfo::paper::ClaimId;
use vicinfo::record::{Record, cells_folder};
use vicinfo::seed::Seed;
use vicinfo::stats::{Summary, Verdict};

/// Cells measured so far by any run of this test binary, per seed.
static MEASURED: [AtomicUsize; 8] = [const { AtomicUsize::new(0) }; 8];

struct Means;

/// Rows from here on are not compared.
const ELSEWHERE: usize = 1000;

#[derive(Serialize)]
struct Cell {
    index: usize,
}

#[derive(Serialize, Deserialize)]
struct Row {
    index: usize,
    mean: f64,
    std_error: f64,
}

impl Experiment for Means {
    const ID: &'static str = "means";
    const SUMMARY: &'static str = "Means of uniform draws.";
    const CLAIMS: &'static [ClaimId] = &[ClaimId("uniform")];
    type Cell = Cell;
    type Row = Row;

    fn grid(scale: Scale, _inputs: &Inputs) -> Result<Vec<Cell>, Error> {
        let cells = if scale == Scale::Smoke { 10 } else { 20 };
        Ok((0..cells).map(|index| Cell { index }).collect())
    }

    fn measure(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
        let fails = inputs
            .images
            .as_ref()
            .and_then(|path| path.to_str()?.parse::<usize>().ok());
        if fails == Some(cell.index) {
            return Err(Error::invalid("cell", cell.index, "made to fail"));
        }
        if let Some(slot) = fails.filter(|slot| *slot >= 100).map(|slot| slot - 100) {
            MEASURED[slot].fetch_add(1, Ordering::Relaxed);
        }
        if fails == Some(99) {
            return Ok(vec![Row {
                index: cell.index,
                mean: f64::NAN,
                std_error: 0.0,
            }]);
        }
        let mut rng = seed.rng();
        let draws: Vec<f64> = (0..1000).map(|_| rng.random()).collect();
        let summary = Summary::new(&draws)?;
        Ok(vec![Row {
            index: cell.index + if fails == Some(98) { ELSEWHERE } else { 0 },
            mean: summary.mean,
            std_error: summary.std_error,
        }])
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        let worst = rows
            .iter()
            .map(|row| (row.mean - 0.5).abs())
            .fold(0.0, f64::max);
        let compared = rows.iter().find(|row| row.index < ELSEWHERE);
        let std_error = compared.map_or(f64::NAN, |row| row.std_error);
        let line = Line::near(0.0, 0.1, "a test");
        vec![Finding {
            claim: "uniform".into(),
            form: "as stated".into(),
            statement: "The mean is one half.".into(),
            unit: "1".into(),
            evidence: format!("worst mean {worst}"),
            controls: vec![line.refuted("0.3 off", Effect::exact(0.3))],
            ..line.judge(Effect::new(worst, std_error))
        }]
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        vec![Figure {
            id: "means".into(),
            title: "Means".into(),
            panels: vec![Panel {
                title: String::new(),
                x: Axis::linear("cell"),
                y: Axis::linear("mean"),
                series: vec![Series::new(
                    "mean",
                    1,
                    Mark::Line(
                        rows.iter()
                            .map(|row| (row.index as f64, row.mean))
                            .collect(),
                    ),
                )],
            }],
            columns: 1,
            caption: "A test.".into(),
        }]
    }
}

/// `task` 100 + k counts cells in slot k; 99 gives rows that are no numbers, 98 rows that are not compared; a smaller
/// number makes that cell fail.
fn options(out: &Path, task: usize) -> Options {
    Options {
        scale: Scale::Smoke,
        seed: 5,
        out: out.to_owned(),
        threads: Some(2),
        shard: None,
        fresh: false,
        timings: None,
        inputs: Inputs {
            images: Some(task.to_string().into()),
            ..Inputs::default()
        },
    }
}

fn table(out: &Path) -> String {
    std::fs::read_to_string(out.join("means/table.csv")).unwrap()
}

#[test]
fn tables_are_the_same_bytes_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let mut tables = Vec::new();
    for threads in [1, 2, 3] {
        let out = folder.path().join(threads.to_string());
        run::<Means>(&Options {
            threads: Some(threads),
            ..options(&out, 100)
        })
        .unwrap();
        let manifest = std::fs::read_to_string(out.join("means/manifest.json")).unwrap();
        let svg = std::fs::read_to_string(out.join("means/means.svg")).unwrap();
        tables.push((table(&out), manifest, svg));
    }
    assert!(tables.iter().all(|table| *table == tables[0]));
    assert_eq!(tables[0].0.lines().count(), 11);
}

#[test]
fn an_interrupted_run_goes_on_and_ends_in_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, broken) = (folder.path().join("whole"), folder.path().join("broken"));
    run::<Means>(&options(&whole, 101)).unwrap();
    // Cell 7 fails: what was computed stays, nothing else is written.
    let failed = run::<Means>(&Options {
        threads: Some(1),
        ..options(&broken, 7)
    });
    assert!(
        matches!(failed, Err(Error::InvalidParameter { .. })),
        "{failed:?}"
    );
    let cells = cells_folder(&broken.join("means"));
    let kept = std::fs::read_dir(&cells).unwrap().count();
    assert!((1..10).contains(&kept), "{kept}");
    assert!(
        !broken.join("means/table.csv").exists() && !broken.join("means/manifest.json").exists()
    );
    let before = MEASURED[2].load(Ordering::Relaxed);
    run::<Means>(&options(&broken, 102)).unwrap();
    assert_eq!(MEASURED[2].load(Ordering::Relaxed) - before, 10 - kept);
    assert_eq!(table(&broken), table(&whole));
    assert!(!cells.exists());
}

#[test]
fn other_seeds_scales_and_damage_are_computed_again() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    let shard = |text: &str| Some(text.parse().unwrap());
    let first = Options {
        shard: shard("0/2"),
        ..options(out, 103)
    };
    let count = || MEASURED[3].load(Ordering::Relaxed);
    assert_eq!(
        run::<Means>(&first).unwrap(),
        Outcome::Partial { cells: 5, of: 10 }
    );
    assert_eq!(count(), 5);
    run::<Means>(&first).unwrap();
    assert_eq!(count(), 5, "the same shard again takes the finished cells");
    run::<Means>(&Options {
        seed: 6,
        ..first.clone()
    })
    .unwrap();
    assert_eq!(count(), 10, "another seed computes its own");
    run::<Means>(&Options {
        scale: Scale::Standard,
        ..first.clone()
    })
    .unwrap();
    assert_eq!(count(), 20, "another scale computes its own");
    // One damaged cell, in the middle of its JSON.
    let path = std::fs::read_dir(cells_folder(&out.join("means")))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, &text[..text.len() / 2]).unwrap();
    for options in [
        first.clone(),
        Options {
            seed: 6,
            ..first.clone()
        },
        Options {
            scale: Scale::Standard,
            ..first.clone()
        },
    ] {
        run::<Means>(&options).unwrap();
    }
    assert_eq!(count(), 21, "the damaged cell alone is computed again");
    run::<Means>(&Options {
        fresh: true,
        ..first
    })
    .unwrap();
    assert_eq!(count(), 26, "--fresh forgets the finished cells");
    assert!(!out.join("means/table.csv").exists());
}

#[test]
fn shards_assemble_to_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
    run::<Means>(&options(&whole, 104)).unwrap();
    let before = MEASURED[4].load(Ordering::Relaxed);
    for shard in ["0/3", "1/3", "2/3"] {
        run::<Means>(&Options {
            shard: Some(shard.parse().unwrap()),
            ..options(&parts, 104)
        })
        .unwrap();
    }
    run::<Means>(&options(&parts, 104)).unwrap();
    assert_eq!(MEASURED[4].load(Ordering::Relaxed) - before, 10);
    assert_eq!(table(&whole), table(&parts));
    for wrong in ["3/3", "1", "a/b", "0/0", "-1/2"] {
        assert!(
            wrong.parse::<vicinfo::experiment::Shard>().is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn numbers_that_are_not_finite_are_never_written() {
    let folder = tempfile::tempdir().unwrap();
    let result = run::<Means>(&options(folder.path(), 99));
    match result {
        Err(Error::NonFiniteResult { what, value }) => {
            assert!(what.contains("'mean'") && value == "NaN", "{what} {value}")
        }
        other => panic!("{other:?}"),
    }
    assert!(!folder.path().join("means/table.csv").exists());
}

/// JSON has no such numbers: the record could not be read again.
#[test]
fn a_finding_without_numbers_is_an_error_and_no_record() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    let Err(Error::NonFiniteResult { what, value }) = run::<Means>(&options(out, 98)) else {
        panic!("a finding of nothing was recorded")
    };
    assert_eq!(
        (what.as_str(), value.as_str()),
        (
            "the effect or its error of the finding uniform (as stated)",
            "NaN"
        )
    );
    // Neither is the table written: an older record in its place would be damaged.
    assert!(!out.join("means/manifest.json").exists() && !out.join("means/table.csv").exists());
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"in the way").unwrap();
    match run::<Means>(&options(&file, 105)) {
        Err(Error::File { path, .. }) => assert!(path.starts_with(&file), "{}", path.display()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn records_read_back_and_damage_shows() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    let Outcome::Complete(manifest) = run::<Means>(&options(out, 106)).unwrap() else {
        panic!("not complete")
    };
    assert!(failed_controls(&manifest).is_empty());
    let record = Record::read(&out.join("means")).unwrap();
    assert_eq!(record.manifest, *manifest);
    let derived = (Entry::of::<Means>().redo)(&record).unwrap();
    assert_eq!(derived.findings, manifest.findings);
    assert_eq!(derived.figures[0].1, record.svgs[0]);
    assert_eq!(Record::read_all(out).unwrap(), [record]);
    let json = std::fs::read_to_string(out.join("means/manifest.json")).unwrap();
    for secret in [out.to_str().unwrap(), "2026"] {
        assert!(!json.contains(secret), "{secret} in the manifest");
    }
    // What follows from the table is made again from the table alone, to the same bytes.
    let svg = std::fs::read_to_string(out.join("means/means.svg")).unwrap();
    let blank = json.replace("The mean is one half.", "Something else.");
    std::fs::write(out.join("means/manifest.json"), blank).unwrap();
    std::fs::write(out.join("means/means.svg"), "").unwrap();
    let again = redo(&Entry::of::<Means>(), &out.join("means")).unwrap();
    assert_eq!(again, *manifest);
    for (file, bytes) in [("manifest.json", &json), ("means.svg", &svg)] {
        let found = std::fs::read_to_string(out.join("means").join(file)).unwrap();
        assert!(found == *bytes, "{file}");
    }
    // A changed digit in the table.
    let changed = table(out).replacen("0.", "1.", 1);
    std::fs::write(out.join("means/table.csv"), changed).unwrap();
    match Record::read(&out.join("means")) {
        Err(Error::Format { path, .. }) => assert!(path.ends_with("means/table.csv")),
        other => panic!("{other:?}"),
    }
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(
        Record::read_all(empty.path()),
        Err(Error::Format { .. })
    ));
}

#[test]
fn a_failed_control_is_loud() {
    let folder = tempfile::tempdir().unwrap();
    let Outcome::Complete(mut manifest) = run::<Means>(&options(folder.path(), 107)).unwrap()
    else {
        panic!("not complete")
    };
    manifest.findings[0].controls[0].verdict = Verdict::Inconclusive;
    assert!(failed_controls(&manifest)[0].contains("came out inconclusive, expected refuted"));
    manifest.findings[0].controls.clear();
    assert!(failed_controls(&manifest)[0].contains("no control"));
}

#[test]
fn replicates_are_gathered_by_quantity() {
    let seed = Seed::root(3);
    let draw = |seed: Seed| seed.rng().random::<f64>();
    let gathered = replicated(3, seed, |seed| {
        Ok([(("a", 1), draw(seed)), (("b", 1), 2.0)])
    });
    let draws = [0, 1, 2].map(|replicate: usize| draw(seed.child(replicate)));
    let expected = vec![(("a", 1), draws.to_vec()), (("b", 1), vec![2.0; 3])];
    assert_eq!(gathered.unwrap(), expected);
    assert_eq!(replicated(0, seed, |_| Ok([("a", 1.0)])).unwrap(), []);
    // The second replicate names another quantity, one less, and one more.
    let first = vec![("a", 1.0), ("b", 1.0)];
    let others = [
        (vec![("a", 1.0), ("c", 1.0)], 1),
        (vec![("a", 1.0)], 1),
        (vec![("a", 1.0), ("b", 1.0), ("c", 1.0)], 3),
    ];
    for (other, actual) in others {
        let [zeroth, once] = [0, 1].map(|replicate: usize| draw(seed.child(replicate)));
        let measure = |seed| match draw(seed) {
            v if v == zeroth => Ok(first.clone()),
            v if v == once => Ok(other.clone()),
            v => panic!("a third replicate was measured: {v}"),
        };
        let error = replicated(3, seed, measure).unwrap_err();
        let what = "quantities of a replicate, each that of the first at its place";
        assert_eq!(
            error,
            Error::Mismatch {
                what,
                expected: 2,
                actual
            }
        );
    }
}
