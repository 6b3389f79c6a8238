//! `vicinfo embed`: embeddings of images by a trained network.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nalgebra::DMatrix;
use rayon::prelude::*;
use serde_json::json;
use vicinfo::experiment::thread_pool;
use vicinfo::image::{Augmentation, Images, Source};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::training::{Learner, Model, views};
use vicinfo::{Error, array, record};

use super::train::{SETTING, Setting, only};
use super::{Done, print};

/// Images that one task takes through a network.
const CHUNK: usize = 256;

/// Arguments of `vicinfo embed`.
#[derive(clap::Args)]
pub struct Arguments {
    /// The checkpoint.safetensors of `vicinfo train`
    checkpoint: PathBuf,
    /// sprites; a folder with MNIST, Fashion-MNIST (IDX) or CIFAR-10 (binary) files; or images as rows of intensities
    /// from 0 to 1: .npy, .npz:key, .safetensors:key or .csv
    images: String,
    /// The data set, where the folder holds several
    #[arg(long)]
    dataset: Option<String>,
    /// At most so many images, the first ones; of sprites so many are drawn [default: all; 4000 sprites]
    #[arg(long)]
    n: Option<usize>,
    /// What is written
    #[arg(long, value_enum, default_value_t = Layer::Embedding)]
    layer: Layer,
    /// Two augmented views of each image, as in the training, in place of the image as it is
    #[arg(long)]
    views: bool,
    /// Root of the sprites' and the views' random streams
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// File to write; labels, where known, go to NAME-labels.npy beside it, views to NAME-first.npy and NAME-second.npy
    #[arg(long, value_name = "NAME.npy")]
    out: PathBuf,
    /// Threads to use; results do not depend on it [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
}

/// Which outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Layer {
    /// Of the projector.
    Embedding,
    /// Of the encoder.
    Representation,
    /// The images themselves, as rows of numbers: what `audit --images` takes.
    Image,
}

/// Embeds, writes, and prints what was written as JSON.
pub fn run(arguments: &Arguments) -> Done {
    thread_pool(arguments.threads)?.install(|| embed(arguments))
}

fn embed(arguments: &Arguments) -> Done {
    if arguments
        .out
        .extension()
        .is_none_or(|ending| ending != "npy")
    {
        return Err(Error::invalid(
            "out",
            arguments.out.display(),
            "a name ending in .npy",
        ));
    }
    if arguments.n == Some(0) {
        return Err(Error::invalid("n", 0, "at least 1"));
    }
    let path = &arguments.checkpoint;
    let (learner, notes) = Learner::<f64>::from_safetensors(path, &record::read(path)?)?;
    let model = learner.model();
    let seed = Seed::root(arguments.seed).child("embed");
    let mut written = Vec::new();
    let mut write = |suffix: &str, sample: &Sample| -> Result<(), Error> {
        let path = beside(&arguments.out, suffix);
        array::write_npy(&path, sample)?;
        written.push(
            json!({"file": path.display().to_string(), "n": sample.n(), "dim": sample.dim()}),
        );
        Ok(())
    };
    let given = Path::new(&arguments.images);
    if arguments.images == "sprites" || given.is_dir() {
        let images = images(arguments, model, seed)?;
        if arguments.views {
            let setting = notes.get(SETTING).ok_or_else(|| {
                Error::format(
                    path,
                    "a checkpoint of `vicinfo train`, which knows its augmentation",
                    format!("no entry '{SETTING}'"),
                )
            })?;
            let setting: Setting = record::from_json(path, setting.as_bytes())?;
            for view in ["first", "second"] {
                let augmentation = &setting.course.augmentation;
                let sample = through(arguments.layer, model, images.n(), |chunk| {
                    views(&images, chunk, augmentation, seed.child(view))
                })?;
                write(&format!("-{view}"), &sample)?;
            }
        } else {
            let sample = through(arguments.layer, model, images.n(), |chunk| {
                views(&images, chunk, &Augmentation::IDENTITY, seed)
            })?;
            write("", &sample)?;
        }
        if let Some(labels) = images.labels() {
            let labels = labels.iter().map(|label| f64::from(*label)).collect();
            write("-labels", &Sample::from_points(1, labels)?)?;
        }
    } else {
        if arguments.views {
            return Err(Error::invalid(
                "views",
                &arguments.images,
                "sprites or a folder of image files: rows of numbers have no planes and lines",
            ));
        }
        let rows = array::read(&arguments.images)?;
        let dim = model.encoder.input().size();
        if rows.dim() != dim {
            return Err(Error::Mismatch {
                what: "numbers of an image, as many as the network takes",
                expected: dim,
                actual: rows.dim(),
            });
        }
        let n = rows.n().min(arguments.n.unwrap_or(usize::MAX));
        let sample = through(arguments.layer, model, n, |chunk| {
            rows.matrix().select_columns(chunk)
        })?;
        write("", &sample)?;
    }
    let about = json!({
        "method": learner.plan().method,
        "steps": learner.steps(),
        "written": written,
    });
    print(&format!("{about:#}\n"));
    Ok(ExitCode::SUCCESS)
}

/// The images named, of the size that the network takes.
fn images(arguments: &Arguments, model: &Model<f64>, seed: Seed) -> Result<Images, Error> {
    let shape = model.encoder.input();
    let images = if arguments.images == "sprites" {
        let n = arguments.n.unwrap_or(4000);
        let [images, _] = Source::Sprites.split(Some(shape.width), n, 1, seed)?;
        images
    } else {
        let set = only(Path::new(&arguments.images), arguments.dataset.as_deref())?;
        let all = set.read()?;
        let first: Vec<usize> = (0..all.n().min(arguments.n.unwrap_or(usize::MAX))).collect();
        let images = all.select(&first)?;
        if images.size().width == 2 * shape.width {
            images.halved()?
        } else {
            images
        }
    };
    let size = images.size();
    if [size.channels, size.height, size.width] != [shape.channels, shape.height, shape.width] {
        return Err(Error::invalid(
            "channels x height x width of the images",
            format!("{} x {} x {}", size.channels, size.height, size.width),
            format!(
                "{} x {} x {}, or twice the side: what the network was trained on",
                shape.channels, shape.height, shape.width
            ),
        ));
    }
    Ok(images)
}

fn through(
    layer: Layer,
    model: &Model<f64>,
    n: usize,
    points: impl Fn(&[usize]) -> DMatrix<f64> + Sync,
) -> Result<Sample, Error> {
    let all: Vec<usize> = (0..n).collect();
    let chunks = (all.par_chunks(CHUNK))
        .map(|chunk| match layer {
            Layer::Embedding => model.embed(&points(chunk)),
            Layer::Representation => model.represent(&points(chunk)),
            Layer::Image => Ok(points(chunk)),
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let dim = chunks[0].nrows();
    Sample::from_points(
        dim,
        chunks
            .iter()
            .flat_map(|chunk| chunk.iter().copied())
            .collect(),
    )
}

/// `name.npy` with something behind the name.
fn beside(out: &Path, suffix: &str) -> PathBuf {
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    out.with_file_name(format!("{stem}{suffix}.npy"))
}
