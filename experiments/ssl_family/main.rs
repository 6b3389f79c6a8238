//! Do entropy terms make self-supervised methods better, and is SimCLR what its reading says?
//!
//! * **training**: every method and control of the crate trained on the same images with the same batches and
//!   views, its frozen representation read by probes. Replicates differ in images, networks, batches and views; within one
//!   all methods see the same, so that differences are paired.
//! * **reading**: on embeddings of trained networks, NT-Xent beside the likelihood and the kernel entropy that it is read as, the pairwise
//!   entropy beside a contrastive denominator, and VICReg's invariance beside a Gaussian likelihood.
//!
//! All methods have the same network, optimiser, batches and number of steps; weights are those of `vicinfo list`, and the learning rate is one for
//! all but SimSiam. The weights of the entropy terms come from pilot runs on other sprites, so that the fair original is a VICReg whose weights
//! were searched too: the best of the published ones, other covariance weights (at scale full) and another invariance weight, on the very runs.

mod check;
mod compare;
mod figure;
mod measure;

use serde::{Deserialize, Serialize};

use vicinfo::Error;
use vicinfo::experiment::{Experiment, Finding, Inputs, Profile, Scale, distinct};
use vicinfo::figure::Figure;
use vicinfo::paper::ClaimId;
use vicinfo::record::InputFile;
use vicinfo::training::{Course, Preset, Trial};

use vicinfo::seed::Seed;

/// See the module documentation.
pub struct SslFamily;

/// One design point.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    part: Part,
    #[serde(flatten)]
    trial: Trial,
    /// Whether entropies, ranks and spreads are read, too; findings and figures take the probes.
    diagnostics: bool,
}

/// What a cell measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Probes of a trained network.
    Training,
    /// Identities on its embeddings.
    Reading,
}

/// One quantity of one network.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    part: Part,
    data: String,
    method: String,
    replicate: usize,
    quantity: String,
    value: f64,
}

/// Replicates from which methods are compared.
const ENOUGH: usize = 3;

/// Methods of the paper's family, what they are compared with, and the controls that their comparison needs.
const COMPARED: [&str; 14] = [
    "invariance",
    "vicreg",
    "vicreg_inv10",
    "vicreg_log_det",
    "vicreg_pair_dist",
    "vicreg_plus_log_det",
    "vicreg_plus_pair_dist",
    "simclr",
    "simclr_plus_log_det",
    "simclr_plus_pair_dist",
    "byol",
    "byol_plus_log_det",
    "byol_plus_pair_dist",
    "supervised",
];

impl Experiment for SslFamily {
    const ID: &'static str = "ssl-family";
    const SUMMARY: &'static str = "Whether entropy terms make self-supervised methods better, and whether SimCLR is what its reading says.";
    const CLAIMS: &'static [ClaimId] = &[ClaimId("entropy-family"), ClaimId("simclr-reading")];
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
        let source = inputs.source()?;
        let data = source.name().to_owned();
        if !source.labelled() {
            return Err(Error::invalid(
                "dataset",
                data,
                "a data set with labels: methods are compared by probes, which have to see the classes",
            ));
        }
        let all: Vec<&'static str> = Preset::ALL.iter().map(|preset| preset.id).collect();
        // Data sets of the user's hold smaller differences than the sprites.
        let many = if inputs.dataset.is_some() { 8 } else { 5 };
        let (methods, replicates, images, epochs) = match scale {
            Scale::Smoke => (vec!["vicreg", "simclr", "byol"], 1, [256, 128], 1),
            Scale::Standard => (
                COMPARED.to_vec(),
                3,
                Course::IMAGES,
                Profile::Minutes.epochs(),
            ),
            Scale::Full => (all, many, Course::IMAGES, Profile::Minutes.epochs()),
        };
        let epochs = inputs.profile.map_or(epochs, Profile::epochs);
        let cells = |part, methods: &[&'static str], replicates, epochs| {
            let trials = Trial::all(&data, methods, replicates, images, epochs);
            let diagnostics = part == Part::Training && scale != Scale::Standard;
            trials.into_iter().map(move |trial| Cell {
                part,
                trial,
                diagnostics,
            })
        };
        Ok(cells(Part::Reading, &["simclr", "vicreg"], 1, 1)
            .chain(cells(Part::Training, &methods, replicates, epochs))
            .collect())
    }

    fn measure(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
        match cell.part {
            Part::Training => measure::training(cell, inputs, seed),
            Part::Reading => measure::reading(cell, inputs, seed),
        }
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        let mut findings = check::readings(rows);
        for data in data_sets(rows) {
            findings.extend(check::family(rows, &data));
        }
        findings
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        let mut figures = Vec::new();
        for data in data_sets(rows) {
            figures.push(figure::accuracy(rows, &data));
            figures.extend(figure::differences(rows, &data));
        }
        figures
    }
}

/// The data sets of the training, in the order of the table.
fn data_sets(rows: &[Row]) -> Vec<String> {
    let trained = rows.iter().filter(|row| row.part == Part::Training);
    distinct(trained.map(|row| row.data.as_str()))
}

/// A quantity of a method on a data set, replicate by replicate.
fn values(rows: &[Row], data: &str, method: &str, quantity: &str) -> Vec<f64> {
    (rows.iter())
        .filter(|row| row.part == Part::Training && row.data == data)
        .filter(|row| row.method == method && row.quantity == quantity)
        .map(|row| row.value)
        .collect()
}

vicinfo::experiment_main!(SslFamily);
