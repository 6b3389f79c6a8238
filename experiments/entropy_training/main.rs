//! Does entropy rise during self-supervised training, and which method has most of it?
//!
//! Networks of several methods are measured on held-out images after the first step and after epochs (every one at scale full, the first
//! and the last otherwise): entropies of the embedding as it is
//! and scaled to a mean variance of 1, by the log-determinant, pairwise distances and nearest neighbours, with its spread and its
//! invariance. The curves start at the first step, not at the initialisation, whose embedding has next to no spread.
//!
//! Findings compare the last step with the first and with the end of the first epoch: after the first step the running statistics of the
//! batch normalisations hold a tenth of one batch, and differ more between networks than methods do.
//!
//! Within a replicate all methods see the same images, batches and views.

mod check;
mod figure;
mod measure;

use serde::{Deserialize, Serialize};

use vicinfo::Error;
use vicinfo::experiment::{Experiment, Finding, Inputs, Profile, Scale, distinct};
use vicinfo::figure::Figure;
use vicinfo::paper::ClaimId;
use vicinfo::record::InputFile;
use vicinfo::seed::Seed;
use vicinfo::training::{Course, Monitor, Trial};

/// See the module documentation.
pub struct EntropyTraining;

/// One design point.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    #[serde(flatten)]
    trial: Trial,
    /// Epochs at whose end the network is read; it is after the first step, too.
    looks: Vec<u64>,
}

/// One quantity of one network at one time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    data: String,
    method: String,
    replicate: usize,
    step: u64,
    epoch: f64,
    quantity: String,
    value: f64,
}

/// Replicates from which methods are compared.
const ENOUGH: usize = 3;

/// Methods that are followed, in the order of the legend.
const METHODS: [&str; 9] = [
    "vicreg",
    "vicreg_cov25",
    "simclr",
    "byol",
    "barlow_twins",
    "vicreg_log_det",
    "vicreg_plus_log_det",
    "vicreg_without_covariance",
    "invariance",
];

/// Quantities that are kept.
const QUANTITIES: [&str; 7] = [
    "std_embedding",
    "invariance",
    "relative_invariance",
    "log_det_nats",
    "scaled_log_det_nats",
    "scaled_pair_dist_nats",
    "scaled_neighbour_entropy_nats",
];

impl Experiment for EntropyTraining {
    const ID: &'static str = "entropy-training";
    const SUMMARY: &'static str = "Whether entropy rises during self-supervised training, and which method ends with most of it.";
    const CLAIMS: &'static [ClaimId] = &[ClaimId("entropy-during-training")];
    const TRAINS: bool = true;
    type Cell = Cell;
    type Row = Row;

    fn stream(cell: &Cell) -> Option<String> {
        Some(format!("{} {}", cell.trial.data, cell.trial.replicate))
    }

    fn files(inputs: &Inputs) -> Result<Vec<InputFile>, Error> {
        inputs.source_files()
    }

    fn grid(scale: Scale, inputs: &Inputs) -> Result<Vec<Cell>, Error> {
        let (methods, replicates, images, epochs): (&[&'static str], _, _, _) = match scale {
            Scale::Smoke => (&["vicreg", "simclr", "invariance"], 1, [256, 128], 2),
            Scale::Standard => (&METHODS, 4, Course::IMAGES, Profile::Minutes.epochs()),
            Scale::Full => (&METHODS, 8, Course::IMAGES, Profile::Minutes.epochs()),
        };
        let epochs = inputs.profile.map_or(epochs, Profile::epochs);
        // A look costs half of an epoch, and findings take these.
        let looks: Vec<u64> = (1..=epochs)
            .filter(|&epoch| scale != Scale::Standard || epoch == 1 || epoch == epochs)
            .collect();
        let source = inputs.source()?;
        let images = [images[0], images[1].min(Monitor::MOST)];
        let cell = |trial| Cell {
            trial,
            looks: looks.clone(),
        };
        Ok(
            Trial::all(source.name(), methods, replicates, images, epochs)
                .into_iter()
                .map(cell)
                .collect(),
        )
    }

    fn measure(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
        measure::training(cell, inputs, seed)
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        data_sets(rows)
            .iter()
            .flat_map(|data| check::findings(rows, data))
            .collect()
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        let mut figures = Vec::new();
        for data in data_sets(rows) {
            figures.extend(figure::entropy(rows, &data));
            figures.extend(figure::spread(rows, &data));
        }
        figures
    }
}

/// The data sets, in the order of the table.
fn data_sets(rows: &[Row]) -> Vec<String> {
    distinct(rows.iter().map(|row| row.data.as_str()))
}

/// Replicates of a data set.
fn replicates(rows: &[Row], data: &str) -> usize {
    let of_data = rows.iter().filter(|row| row.data == data);
    of_data.map(|row| row.replicate + 1).max().unwrap_or(0)
}

/// The rows of one quantity of a method.
fn select<'a>(
    rows: &'a [Row],
    data: &'a str,
    method: &'a str,
    quantity: &'a str,
) -> impl Iterator<Item = &'a Row> {
    (rows.iter())
        .filter(move |row| row.data == data && row.method == method && row.quantity == quantity)
}

/// A quantity of a method: `(epoch, its values over the replicates)`.
fn curve(rows: &[Row], data: &str, method: &str, quantity: &str) -> Vec<(f64, Vec<f64>)> {
    let mut curve: Vec<(f64, Vec<f64>)> = Vec::new();
    for row in select(rows, data, method, quantity) {
        match curve
            .iter_mut()
            .find(|(epoch, _)| epoch.total_cmp(&row.epoch).is_eq())
        {
            Some((_, values)) => values.push(row.value),
            None => curve.push((row.epoch, vec![row.value])),
        }
    }
    curve.sort_by(|a, b| a.0.total_cmp(&b.0));
    curve
}

vicinfo::experiment_main!(EntropyTraining);
