//! Do the estimators recover entropies and informations that are known?
//!
//! Every estimator on the same samples of every law: the 40 tasks of the published benchmark of
//! mutual-information estimators (Czyż et al. 2023), laws beyond it (mixtures, letters with
//! noise, codes, prototypes, near-deterministic pairs), and laws of known entropy. Nothing is left
//! out: a refusal is a row, a negative estimate stays negative.
//!
//! An estimator is not right or wrong as such. For each, the laws that its documentation names are
//! its domain, where it must meet the truth; outside one law is named where it must not.

mod check;
mod figure;
mod measure;

use serde::{Deserialize, Serialize};

use vicinfo::Error;
use vicinfo::experiment::{Experiment, Finding, Inputs, Scale};
use vicinfo::figure::Figure;
use vicinfo::law::catalogue::BENCHMARK;
use vicinfo::paper::ClaimId;
use vicinfo::seed::Seed;

/// Largest error that counts as none.
const TOLERANCE: f64 = 0.05;

/// Estimators of information, in the order of the figures.
const INFORMATION: [&str; 12] = [
    "ksg1(k=3)",
    "ksg2(k=3)",
    "standardised(estimator=ksg1(k=3))",
    "normal_ranks(estimator=ksg1(k=3))",
    "lnc(k=5,share=0.005)",
    "mixed(k=3)",
    "ross(k=3,discrete=auto)",
    "gaussian(bias_corrected=true)",
    "gaussian_copula(bias_corrected=true)",
    "three_entropies(estimator=kozachenko_leonenko(k=3,norm=max))",
    "three_entropies(estimator=kernel_density(bandwidth=scott,leave_one_out=true,kernel_covariance=full))",
    "binned(bins=10,correction=miller_madow)",
];

/// Estimators of entropy, in the order of the figures.
const ENTROPY: [&str; 8] = [
    "kozachenko_leonenko(k=3,norm=euclidean)",
    "kozachenko_leonenko(k=3,norm=max)",
    "gaussian(bias_corrected=true)",
    "gaussian_shrunk(method=ledoit_wolf)",
    "diagonal_gaussian()",
    "kernel_density(bandwidth=scott,leave_one_out=true,kernel_covariance=full)",
    "histogram(bins=auto,correction=miller_madow)",
    "spacing(method=vasicek,m=auto)",
];

/// Laws of information beyond the benchmark.
const BEYOND: [&str; 16] = [
    "1v1-X-0.9",
    "1v1-AI",
    "2v1-galaxy-0.5-3.0",
    "3v1-concentric_gaussians-5",
    "mult-sparse-w-inliers-5-5-2-2.0-0.2",
    "noisy_copy-1-0.1",
    "noisy_copy-1-0.01",
    "noisy_copy-1-0.001",
    "staggered_uniform-5",
    "zero_inflated_poisson-0.15",
    "cube_code-3-0.1",
    "parity_code-2-0.1",
    "parity_code-3-0.1",
    "fourier_code-3-0.1",
    "prototypes-2-8-1-0.5",
    "prototypes-8-64-1-1",
];

/// Laws of known entropy.
const POINTS: [&str; 10] = [
    "gaussian-1",
    "student-1-3",
    "uniform-box-1",
    "gaussian-correlated-2-0.8",
    "student-2-3",
    "asinh-student-2-3",
    "uniform-box-3",
    "gaussian-5",
    "gaussian-16",
    "gaussian-50",
];

/// See the module documentation.
pub struct EstimatorBenchmark;

/// One design point: all estimators on the same samples of a law.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    law: String,
    n: usize,
    replicates: usize,
}

/// Which list a law stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Information, a task of the benchmark.
    Benchmark,
    /// Information, another law.
    Beyond,
    /// Entropy.
    Entropy,
}

/// One estimator on one law at one number of points.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    part: Part,
    law: String,
    estimator: String,
    n: usize,
    replicates: usize,
    truth_nats: f64,
    /// 0 for a closed form.
    truth_std_error_nats: f64,
    /// Replicates that the estimator refused.
    refused: usize,
    /// Why, for the first of them.
    refusal: String,
    /// Mean over the replicates; absent when fewer than two gave a number.
    mean_nats: Option<f64>,
    /// Standard deviation of one estimate.
    std_dev_nats: Option<f64>,
    bias_nats: Option<f64>,
    /// Standard error of the bias, that of the truth included.
    bias_std_error_nats: Option<f64>,
}

impl Part {
    fn of(law: &str) -> Self {
        if BENCHMARK.contains(&law) {
            Self::Benchmark
        } else if POINTS.contains(&law) {
            Self::Entropy
        } else {
            Self::Beyond
        }
    }
}

impl Experiment for EstimatorBenchmark {
    const ID: &'static str = "estimator-benchmark";
    const SUMMARY: &'static str =
        "Whether estimators of entropy and information recover what is known exactly.";
    const CLAIMS: &'static [ClaimId] = &[ClaimId("estimator-truth")];
    type Cell = Cell;
    type Row = Row;

    fn grid(scale: Scale, _inputs: &Inputs) -> Result<Vec<Cell>, Error> {
        let (sizes, replicates): (&[usize], usize) = match scale {
            Scale::Smoke => (&[1000], 40),
            Scale::Standard => (&[500, 2000], 32),
            Scale::Full => (&[500, 1000, 2000, 5000, 10_000], 20),
        };
        let all = BENCHMARK.iter().chain(&BEYOND).chain(&POINTS);
        // The quick scale takes some laws of every domain, and all that lie outside of one.
        let laws = all.filter(|law| scale != Scale::Smoke || check::quick(law));
        Ok(laws
            .flat_map(|law| {
                sizes.iter().map(|&n| Cell {
                    law: (*law).to_owned(),
                    n,
                    replicates,
                })
            })
            .collect())
    }

    fn measure(cell: &Cell, _inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
        measure::cell(cell, seed)
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        check::all(rows)
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        vec![
            figure::benchmark(rows),
            figure::beyond(rows),
            figure::entropy(rows),
            figure::convergence(rows),
        ]
    }
}

/// The largest number of points in the table.
fn largest_n(rows: &[Row]) -> usize {
    rows.iter().map(|row| row.n).max().unwrap_or(0)
}

fn at<'a>(rows: &'a [Row], law: &str, estimator: &str, n: usize) -> Option<&'a Row> {
    rows.iter()
        .find(|row| row.law == law && row.estimator == estimator && row.n == n)
}

vicinfo::experiment_main!(EstimatorBenchmark);
