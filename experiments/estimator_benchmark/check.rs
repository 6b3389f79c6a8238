use vicinfo::experiment::{Effect, Finding, Line};

use super::{ENTROPY, INFORMATION, POINTS, Row, TOLERANCE, at, largest_n};

/// Where an estimator must meet the truth, as lists of laws, and a law where it must not.
struct Domain {
    estimator: &'static str,
    name: &'static str,
    laws: &'static [&'static [&'static str]],
    outside: &'static str,
}

/// One coordinate a side (or a curve in the plane), tails no heavier than normal, information below
/// a nat: all such laws of the lists.
const LINES: &[&str] = &[
    "1v1-normal-0.75",
    "normal_cdf-1v1-normal-0.75",
    "1v1-additive-0.75",
    "1v1-bimodal-0.75",
    "wiggly-1v1-normal-0.75",
    "half_cube-1v1-normal-0.75",
    "swissroll_x-normal_cdf-1v1-normal-0.75",
    "asinh-student-identity-1-1-1",
    "1v1-X-0.9",
    "1v1-AI",
];

/// Tails so heavy that means do not exist.
const HEAVY_TAILS: &[&str] = &["student-identity-1-1-1"];

/// One half or both discrete, or partly so.
const LETTERS: &[&str] = &["staggered_uniform-5", "zero_inflated_poisson-0.15"];

const GAUSSIAN: &[&str] = &[
    "1v1-normal-0.75",
    "multinormal-dense-2-2-0.5",
    "multinormal-dense-3-3-0.5",
    "multinormal-dense-5-5-0.5",
    "multinormal-dense-25-25-0.5",
    "multinormal-dense-50-50-0.5",
    "multinormal-sparse-2-2-2-2.0",
    "multinormal-sparse-3-3-2-2.0",
    "multinormal-sparse-5-5-2-2.0",
    "multinormal-sparse-25-25-2-2.0",
];

/// Gaussian pairs whose coordinates went through increasing functions.
const GAUSSIAN_COPULA: &[&str] = &[
    "1v1-normal-0.75",
    "normal_cdf-1v1-normal-0.75",
    "1v1-bimodal-0.75",
    "wiggly-1v1-normal-0.75",
    "half_cube-1v1-normal-0.75",
    "half_cube-multinormal-sparse-3-3-2-2.0",
    "half_cube-multinormal-sparse-5-5-2-2.0",
    "half_cube-multinormal-sparse-25-25-2-2.0",
    "normal_cdf-multinormal-sparse-3-3-2-2.0",
    "normal_cdf-multinormal-sparse-5-5-2-2.0",
    "normal_cdf-multinormal-sparse-25-25-2-2.0",
];

const HIGH: &str = "multinormal-sparse-5-5-2-2.0";

const DOMAINS: &[Domain] = &[
    Domain {
        estimator: INFORMATION[0],
        name: "one coordinate a side, light tails, below one nat",
        laws: &[LINES],
        outside: HIGH,
    },
    Domain {
        estimator: INFORMATION[1],
        name: "one coordinate a side, light tails, below one nat",
        laws: &[LINES],
        outside: HIGH,
    },
    Domain {
        estimator: INFORMATION[3],
        name: "one coordinate a side, any tails, below one nat",
        laws: &[HEAVY_TAILS, LINES],
        outside: HIGH,
    },
    Domain {
        estimator: INFORMATION[5],
        name: "one coordinate a side, light tails or letters, up to 1.1 nats",
        laws: &[LETTERS, LINES],
        outside: HIGH,
    },
    Domain {
        estimator: INFORMATION[7],
        name: "Gaussian pairs of any dimension",
        laws: &[GAUSSIAN],
        outside: "spiral-multinormal-sparse-3-3-2-2.0",
    },
    Domain {
        estimator: INFORMATION[8],
        name: "Gaussian pairs under increasing functions of each coordinate",
        laws: &[GAUSSIAN_COPULA],
        outside: "spiral-multinormal-sparse-3-3-2-2.0",
    },
    Domain {
        estimator: ENTROPY[0],
        name: "up to two dimensions",
        laws: &[&[
            "gaussian-1",
            "student-1-3",
            "uniform-box-1",
            "gaussian-correlated-2-0.8",
            "student-2-3",
            "asinh-student-2-3",
        ]],
        outside: "gaussian-16",
    },
    Domain {
        estimator: ENTROPY[2],
        name: "Gaussian laws of up to five dimensions",
        laws: &[&["gaussian-1", "gaussian-correlated-2-0.8", "gaussian-5"]],
        outside: "uniform-box-3",
    },
];

impl Domain {
    fn laws(&self) -> impl Iterator<Item = &'static str> {
        self.laws.iter().copied().flatten().copied()
    }
}

/// Whether the quick scale takes a law: one of the first of a domain, or the one outside.
pub(super) fn quick(law: &str) -> bool {
    const FIRST: usize = 3;
    DOMAINS
        .iter()
        .any(|domain| domain.outside == law || domain.laws().take(FIRST).any(|l| l == law))
}

pub(super) fn all(rows: &[Row]) -> Vec<Finding> {
    let own = DOMAINS.iter().map(|domain| check(rows, domain));
    std::iter::once(everywhere(rows)).chain(own).collect()
}

fn line() -> Line {
    Line::at_most(
        0.0,
        TOLERANCE,
        "an eighth of the information of a typical task, and the line by which the benchmark's figures are read",
    )
}

/// Size of the bias; a refusal where a number was due is no meeting of the truth.
fn error(row: Option<&Row>) -> Effect {
    match row {
        Some(row) if row.refused == 0 => match (row.bias_nats, row.bias_std_error_nats) {
            (Some(bias), Some(std_error)) => Effect::new(bias.abs(), std_error),
            _ => Effect::exact(f64::NAN),
        },
        _ => Effect::exact(f64::NAN),
    }
}

/// The law of a domain that decides. At the quick scale some are not in the table; one that every
/// scale takes and that is missing decides nothing.
fn worst(rows: &[Row], domain: &Domain) -> Effect {
    let n = largest_n(rows);
    let due = domain
        .laws()
        .filter(|law| quick(law) || rows.iter().any(|row| row.law == *law));
    line().worst(due.map(|law| error(at(rows, law, domain.estimator, n))))
}

fn check(rows: &[Row], domain: &Domain) -> Finding {
    let n = largest_n(rows);
    let effect = worst(rows, domain);
    let outside = error(at(rows, domain.outside, domain.estimator, n));
    let tried = domain
        .laws()
        .filter(|law| at(rows, law, domain.estimator, n).is_some())
        .count();
    let quantity = if POINTS.contains(&domain.outside) {
        "entropy"
    } else {
        "information"
    };
    Finding {
        claim: "estimator-truth".into(),
        form: format!("{quantity}, {}: {}", domain.estimator, domain.name),
        statement: format!(
            "The mean estimate meets the true {quantity} on every law of its domain."
        ),
        unit: "nats (largest mean error)".into(),
        evidence: format!(
            "largest mean error over {tried} laws at n = {n}: {:.3} ± {:.3} nats; on {} it is {:.3} ± {:.3}",
            effect.value, effect.std_error, domain.outside, outside.value, outside.std_error
        ),
        controls: vec![line().refuted(format!("outside: {}", domain.outside), outside)],
        ..line().judge(effect)
    }
}

/// The claim without its domains.
fn everywhere(rows: &[Row]) -> Finding {
    let n = largest_n(rows);
    let last = || rows.iter().filter(move |row| row.n == n);
    let biases: Vec<Effect> = last()
        .filter_map(|row| Some(Effect::new(row.bias_nats?.abs(), row.bias_std_error_nats?)))
        .collect();
    let beyond = biases.iter().filter(|e| e.value > TOLERANCE).count();
    let refused = last().filter(|row| row.refused > 0).count();
    let gaussian = DOMAINS
        .iter()
        .find(|domain| domain.estimator == INFORMATION[7]);
    let inside = gaussian.map_or(Effect::exact(f64::NAN), |domain| worst(rows, domain));
    let effect = Effect::largest(biases.iter().copied());
    Finding {
        claim: "estimator-truth".into(),
        form: "as stated: every estimator, every law".into(),
        statement: "Every estimator recovers every known truth.".into(),
        unit: "nats (largest mean error)".into(),
        evidence: format!(
            "at n = {n}, {beyond} of {} pairs of estimator and law have a mean error beyond {TOLERANCE} nats, and {refused} are refused in some replicate",
            biases.len()
        ),
        controls: vec![
            line().refuted(
                format!("{} on {HIGH} alone", INFORMATION[0]),
                error(at(rows, HIGH, INFORMATION[0], n)),
            ),
            line().supported("the corrected Gaussian formula on Gaussian pairs", inside),
        ],
        ..line().judge(effect)
    }
}
