//! What happens to records when a task is killed and when a disk is full.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::cli::{err, vicinfo};

/// Files of a folder by name, those of its folders left out.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| {
            (
                path.file_name().unwrap().into(),
                std::fs::read(&path).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}

fn entries(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, |entries| entries.count())
}

/// Finished cells; a draft is none.
fn finished(cells: &Path) -> usize {
    let entries = std::fs::read_dir(cells).into_iter().flatten();
    let names = entries.map(|entry| entry.unwrap().file_name());
    names
        .filter(|name| name.to_string_lossy().ends_with(".json"))
        .count()
}

const RUN: [&str; 4] = ["run", "mixture-entropy", "--scale", "smoke"];

#[test]
fn a_killed_shard_goes_on_and_the_record_is_that_of_a_single_run() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let run = |more: &[&str]| {
        let done = vicinfo(at, &[&RUN[..], more].concat());
        assert_eq!(done.status.code(), Some(0), "{}", err(&done));
        err(&done)
    };
    assert_eq!(run(&["--out", "single"]), "");
    let shard = ["--out", "shared", "--shard", "0/2", "--threads", "1"];
    let mut task = Command::new(env!("CARGO_BIN_EXE_vicinfo"))
        .current_dir(at)
        .args([&RUN[..], &shard].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let cells = at.join("shared/mixture-entropy/cells");
    while finished(&cells) < 2 {
        assert!(
            task.try_wait().unwrap().is_none(),
            "it ended before it was killed"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    task.kill().unwrap();
    task.wait().unwrap();
    assert!(!at.join("shared/mixture-entropy/manifest.json").exists());
    // The other shard, the killed one once more, and what assembles them.
    assert_eq!(run(&["--out", "shared", "--shard", "1/2"]), "");
    let again = run(&shard);
    let taken = again.strip_prefix("note: mixture-entropy: ");
    let taken: usize = taken
        .unwrap()
        .split_once(" of ")
        .unwrap()
        .0
        .parse()
        .unwrap();
    assert!(taken >= 2, "{again}");
    let all = format!(
        "note: mixture-entropy: {0} of {0} cells lay finished",
        finished(&cells)
    );
    assert!(run(&["--out", "shared"]).starts_with(&all));
    let of = |out: &str| files(&at.join(out).join("mixture-entropy"));
    assert_eq!(of("shared"), of("single"));
}

/// No file may grow beyond so many blocks of 512 bytes, as on a disk that is full.
#[cfg(unix)]
fn vicinfo_on_a_full_disk(at: &Path, blocks: usize, arguments: &[&str]) -> std::process::Output {
    Command::new("sh")
        .current_dir(at)
        // The signal is ignored, so that a write fails as it does without room.
        .args([
            "-c",
            &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""),
            "sh",
        ])
        .arg(env!("CARGO_BIN_EXE_vicinfo"))
        .args(arguments)
        .output()
        .unwrap()
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_named_and_leaves_no_part_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let sample = [
        "sample",
        "1v1-normal-0.75",
        "--n",
        "4000",
        "--out",
        "pairs.npz",
    ];
    let full = vicinfo_on_a_full_disk(at, 16, &sample);
    assert_eq!(full.status.code(), Some(1));
    assert!(
        err(&full).starts_with("error: pairs.npz: "),
        "{}",
        err(&full)
    );
    assert_eq!(entries(at), 0, "nothing is left");
    // Of a run, what was finished before stays, and it goes on with room.
    let out = ["--out", "records"];
    let full = vicinfo_on_a_full_disk(at, 8, &[&RUN[..], &out].concat());
    assert_eq!(full.status.code(), Some(1), "{}", err(&full));
    assert!(
        err(&full).starts_with("error: mixture-entropy: records"),
        "{}",
        err(&full)
    );
    let record = at.join("records/mixture-entropy");
    assert!(!record.join("manifest.json").exists());
    let cells = record.join("cells");
    assert!(finished(&cells) > 0);
    for (name, _) in [files(&record), files(&cells)].concat() {
        assert!(!name.to_string_lossy().contains(".partial"), "{name:?}");
    }
    for out in ["records", "single"] {
        let done = vicinfo(at, &[&RUN[..], &["--out", out]].concat());
        assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    }
    let of = |out: &str| files(&at.join(out).join("mixture-entropy"));
    assert_eq!(of("records"), of("single"));
}
