use vicinfo::Error;
use vicinfo::law::Truth;
use vicinfo::law::catalogue::{Kind, named};
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;
use vicinfo::{entropy, information};

use super::{Cell, ENTROPY, INFORMATION, Part, Row};

/// All estimators on the replicates of a law.
pub(super) fn cell(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let stream = |replicate: usize| seed.child(replicate);
    match named(&cell.law)?.build()? {
        Kind::Pairs(law) => {
            let estimators = INFORMATION
                .map(information::parse)
                .into_iter()
                .collect::<Result<Vec<_>, _>>()?;
            let mut results = vec![Vec::new(); estimators.len()];
            for replicate in 0..cell.replicates {
                let pairs = law.sample(cell.n, stream(replicate));
                for (results, estimator) in results.iter_mut().zip(&estimators) {
                    results.push(estimator.information(&pairs));
                }
            }
            rows(cell, law.information(), &INFORMATION, results)
        }
        Kind::Points(law) => {
            let estimators = ENTROPY
                .map(entropy::parse)
                .into_iter()
                .collect::<Result<Vec<_>, _>>()?;
            let mut results = vec![Vec::new(); estimators.len()];
            for replicate in 0..cell.replicates {
                let sample = law.sample(cell.n, stream(replicate));
                for (results, estimator) in results.iter_mut().zip(&estimators) {
                    results.push(estimator.entropy(&sample));
                }
            }
            rows(cell, law.entropy(), &ENTROPY, results)
        }
    }
}

fn rows(
    cell: &Cell,
    truth: Truth,
    names: &[&str],
    results: Vec<Vec<Result<f64, Error>>>,
) -> Result<Vec<Row>, Error> {
    let (truth, truth_error) = match truth {
        Truth::Exact(value) => (value, 0.0),
        Truth::MonteCarlo { value, std_error } => (value, std_error),
        // Two bounds leave a bias undecided: such laws have no place in the lists.
        Truth::Between { lower, upper } => {
            return Err(Error::invalid(
                format!("truth of {}", cell.law),
                format!("between {lower} and {upper}"),
                "a value, exact or with a standard error",
            ));
        }
    };
    (names.iter().zip(results))
        .map(|(name, results)| {
            let refusal = results.iter().find_map(|result| result.as_ref().err());
            let refusal = refusal.map_or(String::new(), |error| error.kind().to_owned());
            let values: Vec<f64> = results.into_iter().filter_map(Result::ok).collect();
            // Two numbers at least have a standard error.
            let summary = (values.len() > 1)
                .then(|| Summary::new(&values))
                .transpose()?;
            Ok(Row {
                part: Part::of(&cell.law),
                law: cell.law.clone(),
                estimator: (*name).to_owned(),
                n: cell.n,
                replicates: cell.replicates,
                truth_nats: truth,
                truth_std_error_nats: truth_error,
                refused: cell.replicates - values.len(),
                refusal,
                mean_nats: summary.map(|s| s.mean),
                std_dev_nats: summary.map(|s| s.std_dev),
                bias_nats: summary.map(|s| s.mean - truth),
                bias_std_error_nats: summary.map(|s| s.std_error.hypot(truth_error)),
            })
        })
        .collect()
}
