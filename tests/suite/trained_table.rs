//! What is decided about trained networks, from tables with known answers.

use std::fmt::Write;

use vicinfo::finding::Finding;
use vicinfo::stats::Verdict;

use crate::experiments::{published_table, redone};

/// The findings of an experiment about this table.
fn findings(id: &str, table: &str) -> Vec<Finding> {
    redone(id, table).manifest.findings
}

fn near(what: &str, found: f64, expected: f64) {
    let tolerance = 1e-9 * expected.abs().max(1e-3);
    assert!(
        (found - expected).abs() < tolerance,
        "{what}: {found}, expected {expected}"
    );
}

/// Accuracies of three replicates, method by method.
const ACCURACIES: [(&str, [f64; 3]); 16] = [
    ("vicreg", [0.70, 0.71, 0.72]),
    ("vicreg_cov5", [0.69, 0.71, 0.70]),
    ("vicreg_cov25", [0.60, 0.62, 0.61]),
    ("vicreg_inv10", [0.68, 0.69, 0.70]),
    ("vicreg_log_det", [0.80, 0.81, 0.83]),
    ("vicreg_pair_dist", [0.71, 0.72, 0.72]),
    ("vicreg_plus_log_det", [0.75, 0.77, 0.76]),
    ("vicreg_plus_pair_dist", [0.69, 0.70, 0.72]),
    ("simclr", [0.85, 0.86, 0.87]),
    ("simclr_plus_log_det", [0.84, 0.85, 0.855]),
    ("simclr_plus_pair_dist", [0.86, 0.87, 0.88]),
    ("byol", [0.70, 0.76, 0.73]),
    ("byol_plus_log_det", [0.66, 0.67, 0.71]),
    ("byol_plus_pair_dist", [0.75, 0.74, 0.78]),
    ("invariance", [0.40, 0.41, 0.42]),
    ("supervised", [0.95, 0.96, 0.96]),
];

/// The published table of `ssl-family` with these accuracies in place of what was trained; `change` may move one.
fn family(change: impl Fn(&str, usize, f64) -> f64) -> String {
    let mut table: String = (published_table("ssl-family").lines())
        .filter(|line| !line.starts_with("training,"))
        .flat_map(|line| [line, "\n"])
        .collect();
    assert!(table.starts_with("part,data,method,replicate,quantity,value\n"));
    for (method, values) in ACCURACIES {
        for (replicate, value) in values.into_iter().enumerate() {
            let value = change(method, replicate, value);
            for quantity in [
                "linear_accuracy",
                "few_labels_accuracy",
                "neighbour_accuracy",
            ] {
                writeln!(
                    table,
                    "training,sprites,{method},{replicate},{quantity},{value}"
                )
                .unwrap();
            }
        }
    }
    table
}

/// Two-way residuals of an original with its variants, Student's t and Holm: numpy and scipy 1.17, `stats.t.sf` and `stats.t.isf`.
#[test]
fn variants_are_compared_with_the_error_of_their_own_family() {
    let findings = findings("ssl-family", &family(|_, _, value| value));
    let of = |form: &str| {
        let found = findings
            .iter()
            .find(|f| f.form == format!("sprites: {form}"));
        found.unwrap_or_else(|| panic!("no finding {form}"))
    };
    for (form, effect, std_error, kept, verdict) in [
        (
            "VICReg, cov → LogDet against VICReg",
            0.103_333_333_333,
            0.005_527_707_984,
            3.213_535_701,
            Verdict::Supported,
        ),
        (
            "VICReg, cov → PairDist against VICReg",
            0.006_666_666_667,
            0.005_527_707_984,
            2.863_994_028,
            Verdict::Inconclusive,
        ),
        (
            "SimCLR + LogDet against SimCLR",
            -0.011_666_666_667,
            0.001_360_827_635,
            4.851_008_443,
            Verdict::Refuted,
        ),
        (
            "SimCLR + PairDist against SimCLR",
            0.01,
            0.001_360_827_635,
            4.604_094_871,
            Verdict::Supported,
        ),
        (
            "BYOL + LogDet against BYOL",
            -0.05,
            0.018_459_164_140,
            4.314_656_049,
            Verdict::Inconclusive,
        ),
    ] {
        let found = of(form);
        near(form, found.effect, effect);
        near(form, found.std_error, std_error);
        near(form, found.standard_errors, kept);
        assert_eq!(found.verdict, verdict, "{form}");
    }
    let stated = of("as stated");
    assert_eq!(stated.verdict, Verdict::Refuted);
    assert!(
        stated.evidence.contains("3 gain and 1 lose"),
        "{}",
        stated.evidence
    );
    near("the least favourable", stated.effect, -0.011_666_666_667);
    // VICReg with its published weights is the best of its weights here: there is nothing to add to the comparisons.
    let forms: Vec<&str> = findings.iter().map(|f| f.form.as_str()).collect();
    assert_eq!(
        forms.iter().filter(|form| form.contains("against")).count(),
        8
    );
}

#[test]
fn variants_meet_the_best_of_the_weights() {
    let better = |method: &str, _, value: f64| {
        if method == "vicreg_inv10" {
            value + 0.1
        } else {
            value
        }
    };
    let findings = findings("ssl-family", &family(better));
    let against: Vec<&Finding> = (findings.iter())
        .filter(|f| f.form.ends_with("against VICReg, inv 10"))
        .collect();
    assert_eq!(against.len(), 4);
    near("LogDet", against[0].effect, 0.103_333_333_333 - 0.08);
}

/// With the replicates of one method in another order the mean stays and the error grows: differences are paired.
#[test]
fn replicates_of_a_method_stand_against_their_own() {
    let form = "sprites: SimCLR + PairDist against SimCLR";
    let of = |table: &str| {
        let findings = findings("ssl-family", table);
        findings.into_iter().find(|f| f.form == form).unwrap()
    };
    let straight = of(&family(|_, _, value| value));
    let turned = of(&family(|method, replicate, value| match method {
        "simclr_plus_pair_dist" => [0.88, 0.87, 0.86][replicate],
        _ => value,
    }));
    near("mean", turned.effect, straight.effect);
    assert!(turned.std_error > 4.0 * straight.std_error);
    assert_eq!(turned.verdict, Verdict::Inconclusive);
}

/// A table of `entropy-training`: of every method the entropies after the first step, the first epoch and the last, with
/// the noise of a replicate in the scaled ones.
fn entropies(leave_out: impl Fn(&str, usize, f64) -> bool) -> String {
    let mut table = "data,method,replicate,step,epoch,quantity,value\n".to_owned();
    for (method, after_epoch, end) in [
        ("vicreg", -60.0, -100.0),
        ("vicreg_cov25", -20.0, -20.0),
        ("simclr", -90.0, -92.0),
        ("byol", -100.0, -100.0),
        ("barlow_twins", -126.0, -118.0),
        ("vicreg_log_det", -18.0, -20.0),
        ("vicreg_plus_log_det", -40.0, -35.0),
        ("vicreg_without_covariance", -110.0, -139.0),
        ("invariance", -60.0, -200.0),
    ] {
        for replicate in 0..4 {
            for (step, epoch, base) in [(1, 0.04, -45.0), (23, 1.0, after_epoch), (345, 15.0, end)]
            {
                if leave_out(method, replicate, epoch) {
                    continue;
                }
                let noise = [0.3, -0.2, 0.1, -0.2][replicate] * epoch;
                for quantity in [
                    "log_det_nats",
                    "scaled_log_det_nats",
                    "scaled_pair_dist_nats",
                    "scaled_neighbour_entropy_nats",
                ] {
                    let value = base + if method == "vicreg" { noise } else { 0.0 };
                    writeln!(
                        table,
                        "sprites,{method},{replicate},{step},{epoch:?},{quantity},{value}"
                    )
                    .unwrap();
                }
                for quantity in ["std_embedding", "relative_invariance"] {
                    writeln!(
                        table,
                        "sprites,{method},{replicate},{step},{epoch:?},{quantity},0.5"
                    )
                    .unwrap();
                }
            }
        }
    }
    table
}

/// Mean and error of 15 and 1 times the noise, less each other, by hand; `stats.t.isf(0.005, 3)` by scipy 1.17.
#[test]
fn entropy_is_followed_from_the_end_of_the_first_epoch() {
    let findings = findings("entropy-training", &entropies(|_, _, _| false));
    let found = findings
        .iter()
        .find(|f| f.form == "sprites: scaled, after the first epoch")
        .unwrap();
    near("mean", found.effect, -40.0);
    // The noise has mean 0 and sum of squares 0.18: a standard deviation of sqrt(0.06), times 14, over sqrt(4).
    near("error", found.std_error, 7.0 * 0.06_f64.sqrt());
    near("kept", found.standard_errors, 5.840_909_309_7);
    assert_eq!(found.verdict, Verdict::Refuted);
    assert!(
        found
            .controls
            .iter()
            .all(vicinfo::experiment::Control::holds)
    );
    assert!(
        found
            .evidence
            .contains("from the first step -55.0 ± 1.8 (refuted)"),
        "{}",
        found.evidence
    );
    // Where what maximises the log-determinant ends below, the check cannot see a rise, and its control says so.
    let blind: String = entropies(|_, _, _| false)
        .lines()
        .map(|line| {
            let end = line.starts_with("sprites,vicreg_log_det,")
                && line.contains(",15.0,scaled_log_det_nats,");
            let line = if end {
                line.replace(",-20", ",-90")
            } else {
                line.to_owned()
            };
            line + "\n"
        })
        .collect();
    let blind = self::findings("entropy-training", &blind);
    let found = blind
        .iter()
        .find(|f| f.form == "sprites: scaled, after the first epoch")
        .unwrap();
    let failed: Vec<&str> = (found.controls.iter())
        .filter(|control| !control.holds())
        .map(|control| control.setting.as_str())
        .collect();
    assert!(
        matches!(failed[..], [only] if only.contains("log-determinant")),
        "{failed:?}"
    );
    // Without the reading after an epoch nothing stands in its place, and what is not there in one replicate is in no pair.
    for leave_out in [
        (|method: &str, _: usize, epoch: f64| method == "vicreg" && epoch < 2.0 && epoch > 0.5)
            as fn(&str, usize, f64) -> bool,
        |method, replicate, epoch| method == "vicreg" && replicate == 1 && epoch > 2.0,
        // Both sides of every pair lack the same: a mean over what is left would be one of others.
        |_, replicate, _| replicate == 1,
    ] {
        let findings = self::findings("entropy-training", &entropies(leave_out));
        let forms: Vec<&str> = findings.iter().map(|f| f.form.as_str()).collect();
        assert!(
            !forms.contains(&"sprites: scaled, after the first epoch"),
            "{forms:?}"
        );
    }
}
