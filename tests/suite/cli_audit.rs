//! `vicinfo audit` as a user meets it.

use std::path::Path;

use serde_json::Value;
use vicinfo::array::write_npy;
use vicinfo::law::{JointGaussian, JointLaw};
use vicinfo::seed::Seed;

use crate::cli::{assert_refused, err, json, out, vicinfo};

/// Views and classes in files of different kinds.
fn files(at: &Path) {
    let views = JointGaussian::sparse(3, 3, &[0.8, 0.6, 0.4]).unwrap();
    let views = views.sample(200, Seed::root(4));
    write_npy(&at.join("z1.npy"), &views.x).unwrap();
    let rows: Vec<String> = (views.y.points())
        .map(|z| z.iter().map(f64::to_string).collect::<Vec<_>>().join(","))
        .collect();
    std::fs::write(at.join("z2.csv"), rows.join("\n")).unwrap();
    let classes: Vec<&str> = (views.x.points())
        .map(|z| if z[0] > 0.0 { "cat" } else { "dog" })
        .collect();
    std::fs::write(at.join("y.txt"), classes.join("\n")).unwrap();
}

fn reading<'a>(audit: &'a Value, section: &str, name: &str) -> &'a Value {
    let of = |list: &'a Value, key: &str, is: &str| {
        let mut items = list.as_array().unwrap().iter();
        items
            .find(|item| item[key] == is)
            .unwrap_or_else(|| panic!("no {is}"))
    };
    of(
        &of(&audit["sections"], "id", section)["readings"],
        "name",
        name,
    )
}

/// Numbers that fail for one reason point at it, below those of their section.
#[test]
fn why_there_is_no_number_is_told_once_a_section() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    files(at);
    let still: Vec<String> = (0..200)
        .map(|i| format!("{},{},7", i % 17, i * i % 101))
        .collect();
    std::fs::write(at.join("still.csv"), still.join("\n")).unwrap();
    let done = vicinfo(at, &["audit", "still.csv", "z2.csv"]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    let text = out(&done);
    let slack = text
        .split("Where the log-determinant is not tight\n")
        .nth(1)
        .unwrap();
    let slack = slack.split("\n\n").next().unwrap();
    assert!(slack.matches(" none (1)").count() >= 2, "{slack}");
    let told = |line: &&str| line.starts_with("  none (");
    assert_eq!(slack.lines().filter(told).count(), 1, "{slack}");
}

#[test]
fn an_audit_is_a_page_and_json() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    files(at);
    let done = vicinfo(
        at,
        &[
            "audit", "z1.npy", "z2.csv", "--labels", "y.txt", "--images", "z1.npy", "z2.csv",
            "--out", "a",
        ],
    );
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    assert_eq!(err(&done), "");
    let text = out(&done);
    for part in [
        "z1.npy: 200 pairs in 3 dimensions",
        "Has it collapsed?",
        "What is left of the labels",
        "report: a/audit.html",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let page = std::fs::read_to_string(at.join("a/audit.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    // Nothing is fetched: no script, no other file, no address but names of drawings.
    for part in ["<script", "<link", "<img", "src=", "@import"] {
        assert!(!page.contains(part), "{part}");
    }
    assert!(page.matches("<svg").count() >= 8);
    let written: Value =
        serde_json::from_slice(&std::fs::read(at.join("a/audit.json")).unwrap()).unwrap();
    // What the same numbers can be had from again.
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(written["seed"], 1);
    assert_eq!(written["version"], version);
    assert!(page.contains(&format!("vicinfo {version}, seed 1")));
    let error = reading(&written, "labels", "held_out_error")["value"]
        .as_f64()
        .unwrap();
    assert!(error < 0.15, "{error}");
    // JSON on standard output is what is written, and all other output goes elsewhere.
    let again = vicinfo(
        at,
        &[
            "audit",
            "z1.npy",
            "z2.csv",
            "--labels",
            "y.txt",
            "--images",
            "z1.npy",
            "z2.csv",
            "--format",
            "json",
            "--threads",
            "1",
        ],
    );
    assert_eq!(json(&again), written);
    assert!(at.join("audit/audit.html").is_file());
}

#[test]
fn checkpoints_stand_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    files(at);
    let first = vicinfo(
        at,
        &[
            "audit", "z1.npy", "z2.csv", "--name", "epoch 1", "--out", "a",
        ],
    );
    assert_eq!(first.status.code(), Some(0), "{}", err(&first));
    let both = vicinfo(
        at,
        &[
            "audit",
            "--compare",
            "a/audit.json",
            "z1.npy,z1.npy",
            "--out",
            "c",
        ],
    );
    assert_eq!(both.status.code(), Some(0), "{}", err(&both));
    let text = out(&both);
    assert!(
        text.contains("epoch 1: 200 pairs in 3 dimensions\nz1.npy,z1.npy: 200 pairs"),
        "{text}"
    );
    let line = text
        .lines()
        .find(|line| line.contains("relative_invariance "))
        .unwrap();
    assert!(line.trim_end().ends_with(" 0"), "{line}");
    assert!(at.join("c/comparison.html").is_file() && at.join("c/comparison.json").is_file());
    // What was made on the way is there, and what was there is not made again.
    assert!(at.join("c/2/audit.json").is_file() && !at.join("c/1").exists());
    assert!(
        text.contains("-: not among the numbers of that audit"),
        "{text}"
    );
    assert!(
        text.contains("(epoch 1; z1.npy,z1.npy): info_nce here is of batches of"),
        "{text}"
    );
    // It is not written over where it is what is compared, and stays where a later one fails.
    let before = std::fs::read(at.join("c/2/audit.json")).unwrap();
    let refused: &[(&[&str], &str)] = &[
        (
            &[
                "--compare",
                "a/audit.json",
                "z1.npy,z2.csv",
                "c/2/audit.json",
                "--out",
                "c",
            ],
            "compare = c/2/audit.json: another file than what this writes",
        ),
        (
            &[
                "--compare",
                "z1.npy,z2.csv",
                "z1.npy,none.npy",
                "--out",
                "d",
            ],
            "none.npy: ",
        ),
    ];
    assert_refused(at, "audit", refused);
    assert_eq!(std::fs::read(at.join("c/2/audit.json")).unwrap(), before);
    assert!(at.join("d/1/audit.json").is_file());
}

#[test]
fn what_cannot_be_audited_is_said_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    files(at);
    std::fs::write(at.join("short.csv"), "1,2,3\n".repeat(20)).unwrap();
    std::fs::write(at.join("wide.csv"), "1,2,3,4\n".repeat(200)).unwrap();
    std::fs::write(at.join("few.csv"), "1,2\n3,4\n").unwrap();
    std::fs::write(at.join("nan.csv"), "1,2\nnan,4\n").unwrap();
    std::fs::write(at.join("broken.json"), "{\"name\": ").unwrap();
    let cases: &[(&[&str], &str)] = &[
        (
            &["z1.npy", "short.csv"],
            "points of short.csv = 20: 200, as many as z1.npy",
        ),
        (
            &["z1.npy", "wide.csv"],
            "dimension of the second view: expected 3, found 4",
        ),
        (
            &["few.csv", "few.csv"],
            "an audit needs at least 16 points here, the sample has 2",
        ),
        (&["nan.csv", "nan.csv"], "nan.csv: expected finite numbers"),
        (&["none.npy", "z2.csv"], "none.npy: "),
        (
            &["z1.npy", "z2.csv", "--labels", "short.csv"],
            "short.csv: ",
        ),
        (
            &["z1.npy", "z2.csv", "--images", "short.csv", "short.csv"],
            "images: expected 200, found 20",
        ),
        (
            &["--compare", "broken.json", "z1.npy,z2.csv"],
            "broken.json: ",
        ),
        (
            &["--compare", "z1.npy", "z2.csv"],
            "compare = z1.npy: an audit.json written before, or two files with a comma",
        ),
        (
            &["--compare", "z1.npy,z2.csv", "z1.npy,z2.csv"],
            "name = z1.npy,z2.csv: another for each audit",
        ),
    ];
    assert_refused(at, "audit", cases);
    assert!(!at.join("audit").exists());
    for arguments in [
        &[][..],
        &["z1.npy"],
        &["z1.npy", "z2.csv", "--compare", "a", "b"],
        &["--compare", "a"],
    ] {
        let usage = vicinfo(at, &[&["audit"], arguments].concat());
        assert_eq!(usage.status.code(), Some(2), "{arguments:?}");
    }
    // A folder that cannot be made.
    std::fs::write(at.join("taken"), "").unwrap();
    let refused = vicinfo(at, &["audit", "z1.npy", "z2.csv", "--out", "taken"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(err(&refused).contains("taken"), "{}", err(&refused));
    // A folder that is there and takes no files is named itself, not the file that would have been written in the end.
    if Path::new("/proc/self").exists() {
        let refused = vicinfo(at, &["audit", "z1.npy", "z2.csv", "--out", "/proc"]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(err(&refused).contains("/proc: "), "{}", err(&refused));
    }
}
