//! Bounds from scores against values of independent programs, identities, and planted faults.

use nalgebra::DMatrix;
use proptest::prelude::*;
use rand::RngExt;
use rand_distr::StandardNormal;
use serde_json::Value;
use vicinfo::Error;
use vicinfo::entropy::Side;
use vicinfo::information::variational::{
    self, donsker_varadhan, info_nce, jensen_shannon, nwj, smile,
};
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;

use crate::shared::shared;

/// The written names of the keys of the reference.
const KEYS: [(&str, &str); 6] = [
    ("infonce", "info_nce()"),
    ("dv", "donsker_varadhan()"),
    ("nwj", "nwj(shift=0)"),
    ("nwj_shifted_plus1", "nwj(shift=1)"),
    ("smile_tau5", "smile(tau=5)"),
    ("js", "jensen_shannon()"),
];

#[test]
fn scores_agree_with_numpy() {
    let Some(folder) = shared("scores_agree_with_numpy", "fixtures/score-matrices") else {
        return;
    };
    let text = std::fs::read_to_string(folder.join("ref.json")).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let (mut values, mut refused) = (0, 0);
    for (name, reference) in json["matrices"].as_object().unwrap() {
        let path = folder.join(format!("{name}.npy"));
        // A file's rows are points, and points are columns here.
        let points = vicinfo::array::read(&path.to_string_lossy()).unwrap();
        let scores = points.matrix().transpose();
        for (key, written) in KEYS {
            let value = variational::parse(written).unwrap().value(&scores);
            match reference["bounds"][key].as_f64() {
                Some(expected) => {
                    values += 1;
                    let value = value.unwrap();
                    assert!(
                        (value - expected).abs() <= 1e-10,
                        "{name} {key}: {value} against {expected}"
                    );
                }
                None => {
                    refused += 1;
                    assert!(
                        matches!(&value, Err(Error::NonFiniteResult { value, .. }) if value == "-inf"),
                        "{name} {key}: {value:?}"
                    );
                }
            }
        }
    }
    assert_eq!((values, refused), (22, 2));
}

#[test]
fn names_of_bounds_read_back() {
    for (_, written) in KEYS {
        assert_eq!(variational::parse(written).unwrap().name(), written);
    }
    for entry in variational::ALL {
        let bound = variational::parse(entry.id).unwrap();
        assert!(bound.name().starts_with(entry.id));
        let is_bound = ["info_nce", "donsker_varadhan", "nwj"].contains(&entry.id);
        assert_eq!(bound.side(), is_bound.then_some(Side::Below));
    }
    assert!(matches!(
        variational::parse("info").err(),
        Some(Error::UnknownName { .. })
    ));
    for name in [
        "smile(tau=0)",
        "smile(tau=inf)",
        "nwj(shift=nan)",
        "nwj(shift=x)",
    ] {
        assert!(
            matches!(
                variational::parse(name).err(),
                Some(Error::InvalidParameter { .. })
            ),
            "{name}"
        );
    }
}

#[test]
fn unsuitable_scores_are_refused_by_name() {
    for (_, written) in KEYS {
        let bound = variational::parse(written).unwrap();
        assert!(matches!(
            bound.value(&DMatrix::zeros(3, 2)),
            Err(Error::Mismatch {
                expected: 3,
                actual: 2,
                ..
            })
        ));
        assert!(matches!(
            bound.value(&DMatrix::zeros(1, 1)),
            Err(Error::TooFewPoints {
                required: 2,
                actual: 1,
                ..
            })
        ));
        let mut scores = DMatrix::zeros(3, 3);
        scores[(2, 1)] = f64::INFINITY;
        assert!(matches!(
            bound.value(&scores),
            Err(Error::NonFinite {
                point: 2,
                coordinate: 1,
                ..
            })
        ));
    }
}

/// Scores of `n` pairs of correlation `rho` by the logarithm of their density ratio.
fn log_ratios(n: usize, rho: f64, seed: Seed) -> DMatrix<f64> {
    let mut rng = seed.rng();
    let pairs: Vec<(f64, f64)> = (0..n)
        .map(|_| {
            let (x, e): (f64, f64) = (rng.sample(StandardNormal), rng.sample(StandardNormal));
            (x, rho * x + (1.0 - rho * rho).sqrt() * e)
        })
        .collect();
    let rest = 1.0 - rho * rho;
    DMatrix::from_fn(n, n, |i, j| {
        let (x, y) = (pairs[i].0, pairs[j].1);
        -0.5 * rest.ln() - (rho * rho * (x * x + y * y) - 2.0 * rho * x * y) / (2.0 * rest)
    })
}

type Bound = fn(&DMatrix<f64>) -> Result<f64, Error>;

/// What every lower bound must pass, by name.
fn failures(bound: Bound) -> Vec<&'static str> {
    let mut failures = Vec::new();
    // Equal scores see nothing: 0 nats, whatever the number of pairs.
    if ![2, 50].into_iter().all(|n| {
        let value = bound(&DMatrix::zeros(n, n)).unwrap();
        value.abs() < 1e-12
    }) {
        failures.push("equal_scores");
    }
    let rho = 0.8_f64;
    let truth = -0.5 * (-rho * rho).ln_1p();
    let errors: Vec<f64> = (0..24)
        .map(|replicate| {
            let scores = log_ratios(400, rho, Seed::root(51).child(replicate));
            bound(&scores).unwrap() - truth
        })
        .collect();
    let summary = Summary::new(&errors).unwrap();
    // The best critic reaches the truth but for (e^I - 1) / (2 n) of InfoNCE.
    if summary.mean.abs() > 0.01 + 6.0 * summary.std_error {
        failures.push("best_critic");
    }
    // Rows and columns in another order, together.
    let scores = log_ratios(50, rho, Seed::root(52));
    let turned = DMatrix::from_fn(50, 50, |i, j| scores[(49 - i, 49 - j)]);
    if (bound(&scores).unwrap() - bound(&turned).unwrap()).abs() > 1e-12 {
        failures.push("permutation");
    }
    // Scores of another critic stay below the truth.
    let errors: Vec<f64> = (0..24)
        .map(|replicate| {
            let scores = 1.5 * log_ratios(400, rho, Seed::root(53).child(replicate));
            bound(&scores).unwrap() - truth
        })
        .collect();
    let summary = Summary::new(&errors).unwrap();
    if summary.mean > 6.0 * summary.std_error {
        failures.push("below_the_truth");
    }
    failures
}

fn without_ln_n(scores: &DMatrix<f64>) -> Result<f64, Error> {
    Ok(info_nce(scores)? - (scores.nrows() as f64).ln())
}

fn with_the_diagonal_elsewhere(scores: &DMatrix<f64>) -> Result<f64, Error> {
    let n = scores.nrows() as f64;
    let mean: f64 = scores.iter().map(|s| s.exp()).sum::<f64>() / (n * (n - 1.0));
    Ok(scores.diagonal().mean() - mean.ln())
}

fn without_the_logarithm(scores: &DMatrix<f64>) -> Result<f64, Error> {
    nwj(scores, 0.0)
}

fn first_row_only(scores: &DMatrix<f64>) -> Result<f64, Error> {
    let n = scores.nrows() as f64;
    let sum: f64 = scores.row(0).iter().map(|s| s.exp()).sum();
    Ok(scores[(0, 0)] - (sum / n).ln())
}

fn clipped_pairs_elsewhere_only(scores: &DMatrix<f64>) -> Result<f64, Error> {
    smile(&(scores * 3.0), 1.0)
}

#[test]
fn bounds_pass_and_faults_are_caught_by_name() {
    let shifted: Bound = |scores| nwj(scores, 1.0);
    for (name, bound) in [
        ("info_nce", info_nce as Bound),
        ("donsker_varadhan", donsker_varadhan),
        ("nwj", shifted),
    ] {
        assert_eq!(failures(bound), Vec::<&str>::new(), "{name}");
    }
    for (fault, bound, check) in [
        ("without ln n", without_ln_n as Bound, "equal_scores"),
        (
            "the diagonal elsewhere",
            with_the_diagonal_elsewhere,
            "equal_scores",
        ),
        (
            "no shift for the log-ratio",
            without_the_logarithm,
            "best_critic",
        ),
        ("one row", first_row_only, "permutation"),
        (
            "clipped on one side",
            clipped_pairs_elsewhere_only,
            "below_the_truth",
        ),
    ] {
        let failures = failures(bound);
        assert!(failures.contains(&check), "{fault}: {failures:?}");
    }
}

#[test]
fn info_nce_saturates_and_nwj_overflows() {
    let scores = DMatrix::from_diagonal_element(16, 16, 800.0);
    assert!((info_nce(&scores).unwrap() - 16.0_f64.ln()).abs() < 1e-12);
    assert!((donsker_varadhan(&scores).unwrap() - 800.0).abs() < 1e-12);
    assert!(matches!(
        nwj(&scores.map(|s| 800.0 - s), 0.0),
        Err(Error::NonFiniteResult { .. })
    ));
}

proptest! {
    #[test]
    fn identities_of_scores(n in 2_usize..12, scale in 0.1_f64..50.0, shift in -300.0_f64..300.0, seed: u64) {
        let mut rng = Seed::root(seed).child("scores").rng();
        let scores = DMatrix::from_fn(n, n, |_, _| scale * rng.sample::<f64, _>(StandardNormal));
        let value = info_nce(&scores).unwrap();
        prop_assert!(value <= (n as f64).ln() + 1e-12);
        // A constant on a row, and on everything.
        let rows = DMatrix::from_fn(n, n, |i, j| scores[(i, j)] + shift * i as f64);
        prop_assert!((info_nce(&rows).unwrap() - value).abs() <= 1e-8);
        let dv = donsker_varadhan(&scores).unwrap();
        prop_assert!((donsker_varadhan(&scores.add_scalar(shift)).unwrap() - dv).abs() <= 1e-8);
        // ln u <= u - 1, with equality for the right constant.
        prop_assert!(nwj(&scores, 1.0).unwrap() <= dv + 1e-9);
        let best = scores.diagonal().mean() - dv;
        prop_assert!((nwj(&scores, 1.0 - best).unwrap() - dv).abs() <= 1e-8);
        // No score is clipped by a wide interval.
        prop_assert!((smile(&scores, 1e6).unwrap() - dv).abs() <= 1e-12);
        prop_assert!(jensen_shannon(&scores).unwrap() <= 0.0);
        let none = jensen_shannon(&DMatrix::zeros(n, n)).unwrap();
        prop_assert!((none + 2.0 * std::f64::consts::LN_2).abs() <= 1e-12);
    }
}
