//! Does a Gaussian-looking output show that the noise around an image stays on one affine piece?
//!
//! * **curve**: the paper's figure: mean p-value of D'Agostino and Pearson's test on the outputs
//!   against the noise on the input, here for networks that were never trained (or one of the
//!   user's), beside what the p-value is taken for: the probability that the noise leaves the
//!   region of the image, the share of units that change their state, and how far the network is
//!   from its affine map there.
//!   The last hidden units are tested as well: an output is a sum over them.
//! * **trained**: the same for networks that are trained here, each from a seed of its own and on images of its
//!   own, and for the same networks before training: of the representation, a mean of ReLUs, and of the embedding, which
//!   is linear in the last hidden units.
//!   Before training a convolution and its batch normalisation add no bias, so that a patch of which every pixel is 0 gives
//!   all units above it exactly 0: such an image lies on their faces, and the smallest noise leaves its region. About one
//!   sprite in fifteen has such a patch, which is why the untrained networks leave at every noise; training moves the biases.
//! * **points**: the same law tested with few and with many draws.
//! * **face**: networks with a single face, where the answers are known: controls of the curve.
//! * **blind**: laws that are not Gaussian, and which test notices.
//!
//! In the part **trained** a replicate is a network, with the mean over its images. In the others replicate `i` is sprite `i` on network `i`, so that standard errors are those of independent pairs. Of
//! a data set of the user's the image is drawn anew for each replicate, with replacement: the standard error is that
//! over images of this set, not over sets. Of a network of the user's it is that over images alone.
//! Rates of a calibrated test have its finite null law in their standard error as well.

mod check;
mod figure;
mod measure;
mod subject;
mod trained;
mod twin;

use serde::{Deserialize, Serialize};

use vicinfo::Error;
use vicinfo::experiment::{Experiment, Finding, Inputs, Scale, distinct};
use vicinfo::figure::Figure;
use vicinfo::paper::ClaimId;
use vicinfo::record::InputFile;
use vicinfo::seed::Seed;
use vicinfo::training::{Course, Encoder, Preset, Profile};

/// Level of the paper's dashed line.
const LINE: f64 = 0.01;
/// Level of the rejections counted here.
const LEVEL: f64 = 0.05;
/// Outputs of the untrained networks.
const OUTPUTS: usize = 64;
/// Outputs that are tested jointly: in more dimensions the joint tests have no power.
const JOINT: usize = 8;
/// Levels of noise below the paper's, down to where the noise does stay in the region.
const SMALL: [f64; 6] = [1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3];
/// The smallest and the largest noise of the paper's figure.
const PAPER: (f64, f64) = (0.01, 0.8);
/// Noise levels of the paper's figure.
const PAPER_LEVELS: usize = 15;

/// Noise levels of the networks that are trained here, beside [`SMALL`]: the paper's range in equal factors.
const TRAINED: [f64; 7] = [PAPER.0, 0.03, 0.1, 0.2, 0.3, 0.5, PAPER.1];

/// A noise in the middle of the paper's, whose numbers stand for those of the others in a sentence.
const BETWEEN: f64 = 0.1;

/// Standard deviations of the noise to the face of the part `face`.
const FACE_DISTANCES: [f64; 2] = [3.0, 0.5];
/// Name of its networks.
const FACE: &str = "one face";

/// See the module documentation.
pub struct Gaussianity;

/// One design point.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    part: Part,
    /// The network and, of real images, the data set; for the blind spots the law.
    subject: String,
    /// The data set.
    data: String,
    /// Hidden width of an untrained network; for the blind spots the dimension.
    width: usize,
    /// Draws of the noise a replicate, points of a sample.
    n: usize,
    replicates: usize,
    levels: Vec<f64>,
    /// Of the part `trained`; other cells are named without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    training: Option<Training>,
}

/// What is trained for a cell, whose replicates are then the images that the noise is put on.
#[derive(Debug, Clone, Serialize)]
struct Training {
    /// Names of presets.
    methods: Vec<&'static str>,
    /// Networks of each method; the same of all begin alike.
    networks: usize,
    /// Images that each is trained on.
    known: usize,
    epochs: u64,
    encoder: Encoder,
    projector: Vec<usize>,
}

/// What a cell measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Everything against the noise.
    Curve,
    /// The same for networks that are trained here.
    Trained,
    /// Rejections of the same law at several numbers of draws.
    Points,
    /// Networks with a single face, where the answers are known.
    Face,
    /// Power of tests against laws that are not Gaussian.
    Blind,
}

/// One plotted point.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    part: Part,
    /// The data set; empty for single faces and for the blind spots.
    data: String,
    subject: String,
    quantity: String,
    /// Standard deviation of the noise, or 0.
    noise: f64,
    /// Draws of the noise, or points of a sample.
    draws: usize,
    value: f64,
    std_error: f64,
    replicates: usize,
}

/// The paper's noise levels, equally spaced.
fn paper_levels() -> impl Iterator<Item = f64> {
    let step = (PAPER.1 - PAPER.0) / (PAPER_LEVELS - 1) as f64;
    (0..PAPER_LEVELS).map(move |i| {
        if i + 1 == PAPER_LEVELS {
            PAPER.1
        } else {
            PAPER.0 + step * i as f64
        }
    })
}

/// The networks that are trained on a data set.
fn training(scale: Scale, data: String, profile: Option<Profile>) -> Result<Cell, Error> {
    let (networks, images, known, epochs) = match scale {
        Scale::Smoke => (3, 3, 128, 2),
        Scale::Standard | Scale::Full => (6, 12, Course::IMAGES[0], Profile::Minutes.epochs()),
    };
    let epochs = profile.map_or(epochs, Profile::epochs);
    // A few steps are no training: what methods differ in cannot be seen at the scale `smoke`.
    let (methods, encoder, projector): (&[&str], &str, &[usize]) = match scale {
        Scale::Smoke => (&[VICREG], "conv_net(channels=4-8-32)", &[64, 16]),
        Scale::Standard => (&METHODS[..3], "conv_net()", &[256, 64]),
        Scale::Full => (&METHODS, "conv_net()", &[256, 64]),
    };
    let levels = match scale {
        Scale::Smoke => vec![SMALL[0], SMALL[5], PAPER.0, PAPER.1],
        Scale::Standard | Scale::Full => SMALL.into_iter().chain(TRAINED).collect(),
    };
    Ok(Cell {
        part: Part::Trained,
        subject: "trained".to_owned(),
        data,
        width: 0,
        n: 512,
        replicates: images,
        levels,
        training: Some(Training {
            methods: methods.to_vec(),
            networks,
            known,
            epochs,
            encoder: Encoder::parse(encoder)?,
            projector: projector.to_vec(),
        }),
    })
}

/// The preset that is not trained.
const UNTRAINED: &str = "random";
/// The two methods of the paper's figure.
const VICREG: &str = "vicreg";
const SIMCLR: &str = "simclr";
/// The first with the entropy term of the paper.
const VICREG_LOG_DET: &str = "vicreg_plus_log_det";
/// What is trained at the larger scales.
const METHODS: [&str; 4] = [UNTRAINED, SIMCLR, VICREG, VICREG_LOG_DET];

/// What is tested of a network that is trained here: representations, which are means of ReLUs, and embeddings, which are
/// linear in the last hidden units.
const LAYERS: [&str; 2] = ["representations", "embeddings"];

/// Name of a layer of the networks of a method.
fn layer_of(method: &str, layer: &str) -> String {
    format!("{method}: {layer}")
}

/// Name of a comparison.
fn against(method: &str, other: &str) -> String {
    format!("{method} against {other}")
}

/// Name of an untrained network.
fn untrained(width: usize) -> String {
    format!("untrained, width {width}")
}

/// Name of a network of the user's.
const GIVEN: &str = "the network given";

/// Laws of the part `blind`, in the order of the figure, with their dimension.
const LAWS: [(&str, usize); 6] = [
    ("sign-XOR normal, d = 2", 2),
    ("sign-XOR normal, d = 8", 8),
    ("cube, d = 8", 8),
    ("Gaussian, d = 8", 8),
    ("cube, d = 64", 64),
    ("Gaussian, d = 64", 64),
];

/// Tests of the part `blind`.
const TESTS: [&str; 4] = [
    "K² per coordinate",
    "K² on 32 directions",
    "Mardia's kurtosis",
    "Henze-Zirkler",
];

impl Experiment for Gaussianity {
    const ID: &'static str = "gaussianity";
    const SUMMARY: &'static str = "Whether outputs that pass a test of normality show that the noise stays on one affine piece of the network.";
    const CLAIMS: &'static [ClaimId] = &[ClaimId("gaussianity")];
    const TRAINS: bool = true;
    type Cell = Cell;
    type Row = Row;

    fn files(inputs: &Inputs) -> Result<Vec<InputFile>, Error> {
        measure::files(inputs)
    }

    /// Where methods are compared, the networks of each are the same whichever others are.
    fn stream(cell: &Cell) -> Option<String> {
        let mut cell = cell.clone();
        let training = cell.training.as_mut()?;
        if training.methods.len() > 1 {
            training.methods = METHODS.to_vec();
        }
        serde_json::to_string(&cell).ok()
    }

    fn grid(scale: Scale, inputs: &Inputs) -> Result<Vec<Cell>, Error> {
        let (widths, n, replicates): (&[usize], usize, usize) = match scale {
            Scale::Smoke => (&[64, 1024], 512, 24),
            Scale::Standard => (&[64, 256, 1024], 512, 24),
            Scale::Full => (&[64, 256, 1024], 512, 96),
        };
        let levels: Vec<f64> = match scale {
            Scale::Smoke => vec![SMALL[0], PAPER.0, PAPER.1],
            Scale::Standard | Scale::Full => SMALL.into_iter().chain(paper_levels()).collect(),
        };
        let mut subjects: Vec<(String, String, usize)> = Vec::new();
        for data in measure::data_sets(inputs)? {
            let name = |network: &str| match &inputs.images {
                None => network.to_owned(),
                Some(_) => format!("{data}: {network}"),
            };
            if inputs.network.is_some() {
                subjects.push((name(GIVEN), data.clone(), 0));
            } else {
                subjects.extend((widths.iter()).map(|&w| (name(&untrained(w)), data.clone(), w)));
            }
        }
        let mut cells: Vec<Cell> = (subjects.iter())
            .map(|(subject, data, width)| Cell {
                part: Part::Curve,
                subject: subject.clone(),
                data: data.clone(),
                width: *width,
                n,
                replicates,
                levels: levels.clone(),
                training: None,
            })
            .collect();
        if inputs.network.is_none() {
            for data in measure::data_sets(inputs)? {
                cells.push(training(scale, data, inputs.profile)?);
            }
        }
        // The narrowest shows how the answer hangs on the number of draws.
        let (subject, data, width) = &subjects[0];
        let (draws, levels): (&[usize], Vec<f64>) = match scale {
            Scale::Smoke => (&[64, 1024], vec![PAPER.0, PAPER.1]),
            Scale::Standard => (&[64, 512, 4096], paper_levels().step_by(2).collect()),
            Scale::Full => (&[64, 512, 4096], levels),
        };
        for &draws in draws {
            cells.push(Cell {
                part: Part::Points,
                subject: subject.clone(),
                data: data.clone(),
                width: *width,
                n: draws,
                replicates,
                levels: levels.clone(),
                training: None,
            });
        }
        cells.push(Cell {
            part: Part::Face,
            subject: FACE.to_owned(),
            data: String::new(),
            width: 1,
            n,
            replicates,
            // The face is at distance 1.
            levels: FACE_DISTANCES.map(f64::recip).to_vec(),
            training: None,
        });
        let (samples, points) = match scale {
            Scale::Smoke => (40, 200),
            Scale::Standard => (200, 1000),
            Scale::Full => (1000, 1000),
        };
        let mut dims: Vec<usize> = LAWS.iter().map(|(_, dim)| *dim).collect();
        dims.dedup();
        cells.extend(dims.into_iter().map(|dim| Cell {
            part: Part::Blind,
            subject: format!("laws in {dim} dimensions"),
            data: String::new(),
            width: dim,
            n: points,
            replicates: samples,
            levels: Vec::new(),
            training: None,
        }));
        Ok(cells)
    }

    fn measure(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
        match cell.part {
            Part::Curve => measure::curve(cell, inputs, seed),
            Part::Trained => trained::measure(cell, inputs, seed),
            Part::Points => measure::points(cell, inputs, seed),
            Part::Face => measure::face(cell, seed),
            Part::Blind => measure::blind(cell, seed),
        }
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        let mut findings = Vec::new();
        // Of each data set: the curve is clearest for the narrowest network, what it is taken for
        // fails most clearly for the widest; the others are in the figures.
        for data in data_sets(rows) {
            let rows: Vec<Row> = rows
                .iter()
                .filter(|row| row.data == data || row.part == Part::Face)
                .cloned()
                .collect();
            let subjects = subjects(&rows);
            if let (Some(narrow), Some(wide)) = (subjects.first(), subjects.last()) {
                findings.extend(check::falls(
                    &rows,
                    narrow,
                    "the curve",
                    &check::fall_of_many(),
                ));
                findings.extend(check::one_region(&rows, wide));
                findings.extend(check::one_map(&rows, wide));
                findings.extend(check::averaging(&rows, narrow, wide));
            }
            findings.extend(trained(&rows).into_iter().map(|finding| {
                match data == measure::SPRITES {
                    true => finding,
                    false => Finding {
                        form: format!("{data}: {}", finding.form),
                        ..finding
                    },
                }
            }));
        }
        findings.extend(check::points(rows));
        findings.extend(check::blind(rows));
        findings
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        let mut figures = vec![figure::p_value(rows), figure::mechanism(rows)];
        // Beside a network of the user's nothing is trained.
        if rows.iter().any(|row| row.part == Part::Trained) {
            figures.push(figure::trained(rows));
        }
        figures.extend([figure::points(rows), figure::blind(rows)]);
        figures
    }
}

/// What follows for networks that are trained here.
fn trained(rows: &[Row]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (vicreg, with_log_det) = (label(VICREG), label(VICREG_LOG_DET));
    let (simclr, untrained) = (label(SIMCLR), label(UNTRAINED));
    for layer in LAYERS {
        let subject = layer_of(vicreg, layer);
        findings.extend(check::falls(
            rows,
            &subject,
            "as stated, the curve",
            &check::fall_of_few(),
        ));
        findings.extend(check::one_region(rows, &subject));
    }
    for layer in LAYERS {
        for method in [vicreg, with_log_det] {
            findings.extend(check::above(
                rows,
                (method, simclr),
                layer,
                (
                    &format!("The p-value of {method} stays above that of SimCLR"),
                    "in the paper's figure VICReg is the upper curve",
                ),
            ));
            findings.extend(check::above(
                rows,
                (method, untrained),
                layer,
                (
                    "A network passes the test of normality at least as well once it is trained",
                    "what training adds to the claim: without it the untrained network says as much",
                ),
            ));
        }
    }
    findings
}

/// What a preset is called.
fn label(id: &'static str) -> &'static str {
    Preset::named(id).map_or(id, |preset| preset.label)
}

/// The data sets of the curves, in the order of the table.
fn data_sets(rows: &[Row]) -> Vec<String> {
    let curves = rows.iter().filter(|row| row.part == Part::Curve);
    distinct(curves.map(|row| row.data.as_str()))
}

/// The networks of the curves, in the order of the table.
fn subjects(rows: &[Row]) -> Vec<String> {
    let curves = rows.iter().filter(|row| row.part == Part::Curve);
    distinct(curves.map(|row| row.subject.as_str()))
}

fn select<'a>(
    rows: &'a [Row],
    part: Part,
    subject: &'a str,
    quantity: &'a str,
) -> impl Iterator<Item = &'a Row> {
    rows.iter()
        .filter(move |row| row.part == part && row.subject == subject && row.quantity == quantity)
}

/// A curve of any network, trained or not: their names differ.
fn curve<'a>(
    rows: &'a [Row],
    subject: &'a str,
    quantity: &'a str,
) -> impl Iterator<Item = &'a Row> {
    [Part::Curve, Part::Trained]
        .into_iter()
        .flat_map(move |part| select(rows, part, subject, quantity))
}

fn at<'a>(rows: &'a [Row], subject: &'a str, quantity: &'a str, noise: f64) -> Option<&'a Row> {
    curve(rows, subject, quantity).find(|row| row.noise.total_cmp(&noise).is_eq())
}

vicinfo::experiment_main!(Gaussianity);
