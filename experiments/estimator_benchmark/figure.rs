use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};
use vicinfo::law::catalogue::BENCHMARK;

use super::{BEYOND, ENTROPY, INFORMATION, POINTS, Row, at, largest_n};

/// Bias that has the full colour of the scale.
const LIMIT: f64 = 0.3;

/// The short form of a name, for the columns of a figure.
fn short(estimator: &str) -> String {
    [
        ("kozachenko_leonenko", "kl"),
        (",kernel_covariance=full", ""),
        ("bandwidth=scott,leave_one_out=true", "leave one out"),
        ("three_entropies(estimator=", "three("),
        ("(estimator=", "("),
        ("correction=miller_madow", "m.-m."),
        ("bias_corrected=true", "corrected"),
        (",discrete=auto", ""),
        ("method=", ""),
        (",m=auto", ""),
    ]
    .into_iter()
    .fold(estimator.to_owned(), |name, (long, short)| {
        name.replace(long, short)
    })
}

/// Laws of a list that the table holds.
fn present<'a>(rows: &[Row], laws: &[&'a str]) -> Vec<&'a str> {
    laws.iter()
        .copied()
        .filter(|law| rows.iter().any(|row| row.law == *law))
        .collect()
}

fn heat_map(rows: &[Row], laws: &[&str], estimators: &[&str]) -> Panel {
    let n = largest_n(rows);
    let laws = present(rows, laws);
    let values: Vec<Vec<Option<f64>>> = (laws.iter())
        .map(|law| {
            let bias = |estimator: &&str| at(rows, law, estimator, n)?.bias_nats;
            estimators.iter().map(bias).collect()
        })
        .collect();
    let name = |law: &&str| {
        let row = rows.iter().find(|row| row.law == *law);
        let truth = row.map_or(String::new(), |row| format!(" ({:.2})", row.truth_nats));
        format!("{law}{truth}")
    };
    Panel::heat_map(
        "",
        ("estimator", estimators.iter().map(|e| short(e)).collect()),
        ("law (truth in nats)", laws.iter().map(name).collect()),
        format!("bias (nats); full colour from {LIMIT} on, grey: refused"),
        &values,
        LIMIT,
    )
}

pub(super) fn benchmark(rows: &[Row]) -> Figure {
    let n = largest_n(rows);
    Figure {
        id: "benchmark".into(),
        title: format!("Bias of information estimators on the published benchmark, n = {n}"),
        panels: vec![heat_map(rows, &BENCHMARK, &INFORMATION)],
        columns: 1,
        caption: "Mean estimate less truth, every estimator on the same samples. Nearest neighbours meet the truth in few dimensions and lose it in many; Gaussian formulas do the opposite, where their assumption holds. No estimator has a white column.".into(),
    }
}

pub(super) fn beyond(rows: &[Row]) -> Figure {
    let n = largest_n(rows);
    Figure {
        id: "beyond".into(),
        title: format!(
            "Bias where the benchmark does not look: mixtures, letters, codes, near determinism, n = {n}"
        ),
        panels: vec![heat_map(rows, &BEYOND, &INFORMATION)],
        columns: 1,
        caption: "Mean estimate less truth. Near-deterministic pairs saturate nearest neighbours unless the local geometry is corrected for; letters need an estimator for discrete or mixed data; codes of equal covariance fool every Gaussian formula.".into(),
    }
}

pub(super) fn entropy(rows: &[Row]) -> Figure {
    let n = largest_n(rows);
    Figure {
        id: "entropy".into(),
        title: format!("Bias of entropy estimators on laws of known entropy, n = {n}"),
        panels: vec![heat_map(rows, &POINTS, &ENTROPY)],
        columns: 1,
        caption: "Mean estimate less truth. Gaussian formulas are exact on Gaussian laws and bounds elsewhere; nearest neighbours serve every law of few dimensions; spacings and histograms refuse what they are not made for.".into(),
    }
}

pub(super) fn convergence(rows: &[Row]) -> Figure {
    const LAWS: [&str; 6] = [
        "1v1-normal-0.75",
        "student-identity-1-1-1",
        "noisy_copy-1-0.01",
        "multinormal-sparse-3-3-2-2.0",
        "multinormal-sparse-5-5-2-2.0",
        "spiral-multinormal-sparse-3-3-2-2.0",
    ];
    const ESTIMATORS: [&str; 6] = [
        INFORMATION[0],
        INFORMATION[3],
        INFORMATION[4],
        INFORMATION[7],
        INFORMATION[8],
        INFORMATION[9],
    ];
    let panels: Vec<Panel> = (present(rows, &LAWS).into_iter())
        .map(|law| {
            let truth = rows.iter().find(|row| row.law == law);
            let truth = truth.map_or(0.0, |row| row.truth_nats);
            let mut series = vec![Series::new("truth", 0, Mark::Horizontal(truth))];
            for (i, estimator) in ESTIMATORS.iter().enumerate() {
                let points: Vec<(f64, f64, f64)> = rows
                    .iter()
                    .filter(|row| row.law == law && row.estimator == *estimator)
                    .filter_map(|row| Some((row.n as f64, row.mean_nats?, row.std_dev_nats?)))
                    .collect();
                let band = points
                    .iter()
                    .map(|(n, mean, std)| (*n, mean - std, mean + std));
                series.push(Series::new(
                    short(estimator),
                    i + 1,
                    Mark::Band {
                        band: band.collect(),
                        line: points.iter().map(|(n, mean, _)| (*n, *mean)).collect(),
                    },
                ));
            }
            Panel {
                title: law.to_owned(),
                x: Axis::log("pairs n"),
                y: Axis::linear("information (nats)"),
                series,
            }
        })
        .collect();
    Figure {
        id: "convergence".into(),
        title: "Estimates against the number of pairs".into(),
        columns: panels.len().min(3),
        panels,
        caption: "Means over the replicates; bands are one standard deviation of a single estimate. More pairs close the gap of nearest neighbours slowly in five dimensions a side and not at all for a Gaussian formula on another law.".into(),
    }
}
