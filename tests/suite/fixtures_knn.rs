//! Nearest-neighbour estimators against values of independent programs.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "it reads fixtures; helpers may fail"
)]

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use serde_json::Value;
use vicinfo::entropy::EntropyEstimator;
use vicinfo::entropy::KozachenkoLeonenko;
use vicinfo::error::Error;
use vicinfo::information::ThreeEntropies;
use vicinfo::information::{self, InformationEstimator};
use vicinfo::information::{Ksg1, Ties};
use vicinfo::neighbour::Norm;
use vicinfo::sample::{Paired, Sample};

use crate::shared::shared;

const TOLERANCE: f64 = 1e-10;

fn read(path: &Path) -> Sample {
    let file = npyz::NpyFile::new(BufReader::new(File::open(path).unwrap())).unwrap();
    let dim = file.shape()[1] as usize;
    Sample::from_points(dim, file.into_vec::<f64>().unwrap()).unwrap()
}

/// Sum of a column of a table with `columns` columns, in the order in which NumPy adds: rounding
/// decides which of the standardised values tie, and ties decide counts.
fn sum(values: &[f64], columns: usize) -> f64 {
    let n = values.len();
    if columns > 1 || n < 8 {
        return values.iter().sum();
    }
    if n > 128 {
        let (left, right) = values.split_at(n / 2 - n / 2 % 8);
        return sum(left, columns) + sum(right, columns);
    }
    let (body, rest) = values.split_at(n - n % 8);
    let mut r = [0.0; 8];
    for eight in body.chunks(8) {
        r.iter_mut().zip(eight).for_each(|(r, v)| *r += v);
    }
    let total = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    rest.iter().fold(total, |total, v| total + v)
}

/// Columns centred and divided by the standard deviation with `1/n`; a constant one is centred.
pub fn standardised(sample: &Sample) -> Sample {
    let (n, dim) = (sample.n() as f64, sample.dim());
    let moments: Vec<(f64, f64)> = (0..dim)
        .map(|j| {
            let column: Vec<f64> = sample.coordinate(j).collect();
            let mean = sum(&column, dim) / n;
            let squares: Vec<f64> = column.iter().map(|v| (v - mean).powi(2)).collect();
            let square = sum(&squares, dim) / n;
            (mean, if square > 0.0 { square.sqrt() } else { 1.0 })
        })
        .collect();
    let map = |point: &[f64], target: &mut [f64]| {
        for ((t, v), (mean, deviation)) in target.iter_mut().zip(point).zip(&moments) {
            *t = (v - mean) / deviation;
        }
    };
    sample.map(dim, map).unwrap()
}

fn ksg(k: usize) -> Ksg1 {
    Ksg1::new(k, Ties::Count).unwrap()
}

fn kozachenko_leonenko(k: usize, norm: Norm) -> KozachenkoLeonenko {
    KozachenkoLeonenko::new(k, norm).unwrap()
}

/// Our value for a key, `None` when the key is about something else.
fn ours(key: &str, pairs: &Paired) -> Option<Result<f64, Error>> {
    let (name, k) = key.rsplit_once("_k")?;
    let k: usize = k.parse().ok()?;
    Some(match name {
        "ksg1_max" => ksg(k).information(pairs),
        "ksg1_max_standardised" => {
            let (x, y) = (standardised(&pairs.x), standardised(&pairs.y));
            ksg(k).information(&Paired::new(x, y).unwrap())
        }
        "mi_3h_max" => {
            let inner = Box::new(kozachenko_leonenko(k, Norm::Max));
            ThreeEntropies::new(inner).unwrap().information(pairs)
        }
        _ => {
            let (half, norm) = name.strip_prefix("kl_entropy_")?.split_once('_')?;
            let norm = if norm == "max" {
                Norm::Max
            } else {
                Norm::Euclidean
            };
            let joint = pairs.joint();
            let sample = match half {
                "x" => &pairs.x,
                "y" => &pairs.y,
                _ => &joint,
            };
            kozachenko_leonenko(k, norm).entropy(sample)
        }
    })
}

#[test]
fn every_reference_value_is_met() {
    let Some(root) = shared("every_reference_value_is_met", "fixtures") else {
        return;
    };
    let mut sets: Vec<_> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("x.npy").exists())
        .collect();
    sets.sort();
    let (mut values, mut rejections) = (0, 0);
    let mut failures = Vec::new();
    for set in &sets {
        let pairs = Paired::new(read(&set.join("x.npy")), read(&set.join("y.npy"))).unwrap();
        let text = std::fs::read_to_string(set.join("ref.json")).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        for (key, reference) in json["reference"].as_object().unwrap() {
            let Some(ours) = ours(key, &pairs) else {
                continue;
            };
            let right = match reference.as_f64() {
                Some(value) => {
                    values += 1;
                    matches!(ours, Ok(ours) if (ours - value).abs() <= TOLERANCE)
                }
                None => {
                    rejections += 1;
                    matches!(ours, Err(Error::Duplicates { .. }))
                }
            };
            if !right {
                failures.push(format!(
                    "{} {key}: {ours:?}, not {reference}",
                    set.display()
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    // 22 sets with 27 keys each.
    assert_eq!((values + rejections, rejections), (22 * 27, 28));
}

#[test]
fn duplicates_are_counted_in_the_error() {
    let name = "duplicates_are_counted_in_the_error";
    let Some(set) = shared(name, "fixtures/degenerate-duplicates-rounded1") else {
        return;
    };
    let pairs = Paired::new(read(&set.join("x.npy")), read(&set.join("y.npy"))).unwrap();
    let joint = pairs.joint();
    let repeated = |i: usize| (0..joint.n()).any(|j| j != i && joint.point(i) == joint.point(j));
    let all: Vec<usize> = (0..joint.n()).filter(|&i| repeated(i)).collect();
    let expected = Error::Duplicates {
        point: all[0],
        k: 1,
        count: all.len(),
        n: joint.n(),
    };
    let ksg = information::parse("ksg1(k=1)").unwrap();
    assert_eq!(ksg.information(&pairs), Err(expected.clone()));
    let entropy = kozachenko_leonenko(1, Norm::Euclidean).entropy(&joint);
    assert_eq!(entropy, Err(expected));
    assert!(!ksg.warnings(&pairs).is_empty());
}

/// Six pairs by hand, `k = 3`: the distances to the third neighbours are 5, 3.5, 3, 3.5, 5, 9, the
/// counts (3,2) (2,2) (3,2) (2,2) (3,3) (3,2); five of the twelve are 3, so the mean of the sums
/// is `2 psi(3) + 5/18`, and `I = psi(6) - psi(3) - 5/18 = 1/3 + 1/4 + 1/5 - 5/18`.
#[test]
fn six_pairs_by_hand() {
    let x = Sample::from_points(1, vec![0.0, 1.0, 2.5, 4.5, 7.0, 10.0]).unwrap();
    let y = Sample::from_points(1, vec![0.0, 1.5, 2.0, 5.0, 6.0, 11.0]).unwrap();
    let pairs = Paired::new(x, y).unwrap();
    let ours = information::parse("ksg1")
        .unwrap()
        .information(&pairs)
        .unwrap();
    let hand = 1.0 / 3.0 + 1.0 / 4.0 + 1.0 / 5.0 - 5.0 / 18.0;
    assert!((ours - hand).abs() < 1e-14, "{ours}");
    // psi(6) - psi(3) + ln 2^2 + (2/6) sum ln r
    let radii: f64 = [5.0_f64, 3.5, 3.0, 3.5, 5.0, 9.0]
        .iter()
        .map(|r| r.ln())
        .sum();
    let hand = 1.0 / 3.0 + 1.0 / 4.0 + 1.0 / 5.0 + 4.0_f64.ln() + radii / 3.0;
    let ours = kozachenko_leonenko(3, Norm::Max)
        .entropy(&pairs.joint())
        .unwrap();
    assert!((ours - hand).abs() < 1e-14, "{ours}");
}
