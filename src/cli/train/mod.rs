//! `vicinfo train`: one method on one data set.

mod figure;
mod folder;
mod progress;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use serde_json::json;
use vicinfo::Error;
use vicinfo::experiment::thread_pool;
use vicinfo::image::{Augmentation, DataSet, Images, Source, find, named};
use vicinfo::network::Real;
use vicinfo::record::{self, InputFile};
use vicinfo::seed::Seed;
use vicinfo::training::{
    Course, Encoder, History, Method, Monitor, Optimiser, Preset, Profile, Reading, Run, Step,
};

use super::{Done, Format, aligned, print, rounded};
use folder::Folder;
pub use folder::SETTING;
use progress::Progress;

/// Arguments of `vicinfo train`.
#[derive(clap::Args)]
pub struct Arguments {
    /// A method of `vicinfo list`, or a sum of its objectives as 'vicreg(covariance=5) + 0.1*log_det()'
    #[arg(default_value = "vicreg")]
    method: String,
    #[command(flatten)]
    data: Data,
    /// How long: quick is 5 epochs, minutes 15
    #[arg(long, value_enum, default_value_t = Profile::Minutes)]
    profile: Profile,
    /// Times that every image is seen, in place of the profile's
    #[arg(long)]
    epochs: Option<u64>,
    /// Images a batch [default: 256, or all if they are fewer]
    #[arg(long)]
    batch: Option<usize>,
    /// Network from images to representations: conv_net(channels=16-32-128), resnet18(width=64)
    /// or perceptron(widths=512-512)
    #[arg(long, default_value = "conv_net()")]
    encoder: String,
    /// Units of the projector's layers; the last is the dimension of the embedding
    #[arg(long, default_value = "256-64")]
    projector: String,
    /// Hidden units of the predictor, for methods that have one
    #[arg(long, default_value_t = 256)]
    predictor: usize,
    /// adamw(), sgd() or lars()
    #[arg(long, default_value = "adamw()")]
    optimiser: String,
    /// Largest learning rate [default: the method's, 0.01 for most]
    #[arg(long)]
    rate: Option<f64>,
    /// Changes of the views in place of the data set's: 'crop=0.4,turn=0,flip=true,jitter=0.4,blur=1.2,noise=0.05',
    /// any of them
    #[arg(long, value_name = "CHANGES")]
    augmentation: Option<String>,
    /// Precision of the networks; objectives are always evaluated in double precision
    #[arg(long, value_enum, default_value_t = Precision::F32)]
    precision: Precision,
    /// Root of all random streams
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder of the run
    #[arg(long, value_name = "DIR", default_value = "training")]
    out: PathBuf,
    /// Forget the run that lies there
    #[arg(long)]
    fresh: bool,
    /// Threads to use; results do not depend on it [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
    /// Form of the last numbers on standard output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Where the images come from.
#[derive(clap::Args)]
pub struct Data {
    /// sprites, or the name of a data set in the folder --images or a part of it, as cifar [default: sprites, or the
    /// only data set of --images]
    #[arg(long)]
    dataset: Option<String>,
    /// Folder with MNIST, Fashion-MNIST (IDX) or CIFAR-10 (binary) files, plain or .gz, here or one folder down
    #[arg(long, value_name = "DIR")]
    images: Option<PathBuf>,
    /// Side of the images in pixels [default: 16 for sprites, half their side for files]
    #[arg(long)]
    side: Option<usize>,
    /// Images to train on
    #[arg(long, value_name = "N", default_value_t = Course::IMAGES[0])]
    known: usize,
    /// Other images, to measure on; at least 2
    #[arg(long, value_name = "N", default_value_t = Course::IMAGES[1])]
    held_out: usize,
}

/// Precision of the networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Single.
    F32,
    /// Double.
    F64,
}

/// Everything that the numbers of a run hang on: written beside them, and a run goes on only under the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    pub data: String,
    pub files: Vec<InputFile>,
    pub side: usize,
    pub known: usize,
    pub held_out: usize,
    pub seed: u64,
    pub precision: Precision,
    pub course: Course,
    pub trained: bool,
    pub version: String,
}

impl Data {
    /// The data set named.
    pub fn source(&self) -> Result<Source, Error> {
        match (&self.images, self.dataset.as_deref()) {
            (Some(folder), name) => Ok(Source::Files(only(folder, name)?)),
            (None, None | Some("sprites")) => Ok(Source::Sprites),
            (None, Some(name)) => Err(Error::invalid(
                "dataset",
                name,
                "sprites, or --images with the folder of its files",
            )),
        }
    }

    /// Images to train on and images to measure on.
    fn split(&self, source: &Source, seed: Seed) -> Result<[Images; 2], Error> {
        source.split(self.side, self.known, self.held_out, seed.child("images"))
    }
}

/// The data set of a folder that is named, or the only one.
pub fn only(folder: &Path, name: Option<&str>) -> Result<DataSet, Error> {
    if let Some(name) = name {
        return named(folder, name);
    }
    let sets = find(folder)?;
    match &sets[..] {
        [only] => Ok(only.clone()),
        several => {
            let names: Vec<&str> = several.iter().map(|set| set.name.as_str()).collect();
            Err(Error::invalid(
                "dataset",
                "none",
                format!(
                    "one of the {} data sets of {}: {}",
                    names.len(),
                    folder.display(),
                    names.join(", ")
                ),
            ))
        }
    }
}

/// Trains.
pub fn run(arguments: &Arguments) -> Done {
    thread_pool(arguments.threads)?.install(|| match arguments.precision {
        Precision::F32 => train::<f32>(arguments),
        Precision::F64 => train::<f64>(arguments),
    })
}

/// The course that the arguments ask for, and whether anything is trained.
fn course(arguments: &Arguments, source: &Source, known: &Images) -> Result<(Course, bool), Error> {
    let preset = (Preset::ALL.iter()).find(|preset| preset.id == arguments.method.trim());
    let of_default = match preset {
        Some(preset) => preset,
        None => Preset::named("vicreg")?,
    };
    let augmentation = augmentation(source.augmentation(), arguments.augmentation.as_deref())?;
    let epochs = (arguments.epochs).unwrap_or_else(|| arguments.profile.epochs());
    let mut course = Course::small(of_default, augmentation, known.n(), epochs)?;
    let plan = &mut course.plan;
    plan.encoder = Encoder::parse(&arguments.encoder)?;
    plan.projector = Encoder::sizes("projector", &arguments.projector)?;
    plan.predictor = arguments.predictor;
    plan.optimiser = Optimiser::parse(&arguments.optimiser)?;
    if let Some(rate) = arguments.rate {
        plan.schedule.rate = rate;
    }
    let dim = *plan.projector.last().unwrap_or(&0);
    plan.method = match preset {
        Some(preset) => preset.method(dim),
        None => method(&arguments.method)?.to_string(),
    };
    if let Some(batch) = arguments.batch {
        course.batch = batch;
    }
    course.schedule(known.n(), epochs)?;
    Ok((course, preset.is_none_or(|preset| preset.trained)))
}

/// A method that is no preset; the error for a bare name knows both.
fn method(text: &str) -> Result<Method, Error> {
    Method::parse(text).map_err(|error| match error {
        Error::UnknownName { kind, name, known } if name == text.trim() => Error::UnknownName {
            kind: "method",
            name,
            known: format!(
                "{}; as {kind}: {known}",
                (Preset::ALL.iter().map(|preset| preset.id))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        },
        other => other,
    })
}

/// The changes of a data set with some of them set anew.
fn augmentation(base: Augmentation, changes: Option<&str>) -> Result<Augmentation, Error> {
    let mut augmentation = base;
    for change in changes
        .unwrap_or_default()
        .split(',')
        .filter(|c| !c.trim().is_empty())
    {
        let wrong = |requirement: &str| Error::invalid("augmentation", change, requirement);
        let (name, value) = change
            .split_once('=')
            .ok_or_else(|| wrong("name=value, as crop=0.4"))?;
        let value = value.trim();
        let number = |low: f64, high: f64| {
            (value.parse::<f64>().ok())
                .filter(|v| (low..=high).contains(v))
                .ok_or_else(|| wrong(&format!("a number from {low} to {high}")))
        };
        match name.trim() {
            "crop" => augmentation.crop = number(0.01, 1.0)?,
            "turn" => augmentation.turn = number(0.0, std::f64::consts::PI)?,
            "jitter" => augmentation.jitter = number(0.0, 1.0)?,
            "blur" => augmentation.blur = number(0.0, 100.0)?,
            "noise" => augmentation.noise = number(0.0, 1.0)?,
            "flip" => augmentation.flip = value.parse().map_err(|_| wrong("true or false"))?,
            _ => return Err(wrong("one of crop, turn, flip, jitter, blur, noise")),
        }
    }
    Ok(augmentation)
}

fn train<T: Real>(arguments: &Arguments) -> Done {
    if record::is_file(&arguments.out) {
        return Err(Error::invalid(
            "out",
            arguments.out.display(),
            "a folder; this is a file",
        ));
    }
    // What a look needs is asked for before there is anything to lose.
    if arguments.data.held_out == 1 {
        return Err(Error::TooFewPoints {
            method: "the spread of held-out images",
            required: 2,
            actual: 1,
        });
    }
    let source = arguments.data.source()?;
    let seed = Seed::root(arguments.seed).child("train");
    let [known, fresh] = arguments.data.split(&source, seed)?;
    let (course, trained) = course(arguments, &source, &known)?;
    let setting = Setting {
        data: source.name().to_owned(),
        files: match &source {
            Source::Sprites => Vec::new(),
            Source::Files(set) => (set.digests()?.into_iter())
                .map(|(name, sha256)| InputFile { name, sha256 })
                .collect(),
        },
        side: known.size().width,
        known: known.n(),
        held_out: fresh.n(),
        seed: arguments.seed,
        precision: arguments.precision,
        course: course.clone(),
        trained,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let folder = Folder::new(&arguments.out, &setting);
    let monitor = Monitor::new([known, fresh], course.augmentation, seed.child("monitor"));
    let known = &monitor.known;
    let labelled = known.labels().is_some();
    if !labelled {
        progress::say(&format!(
            "note: '{}' has no labels: no probes, and no terms of the bound",
            setting.data
        ));
    }
    let found = match arguments.fresh {
        true => None,
        false => folder.resume::<T>()?,
    };
    let mut history = History::default();
    let mut run = match found {
        None => Run::<T>::new(course, known, seed)?,
        Some((learner, before)) => {
            history = before;
            let (done, all) = (learner.steps(), course.plan.schedule.steps);
            let out = arguments.out.display();
            if done < all && trained {
                progress::say(&format!("going on from step {done} of {all} in {out}"));
            } else {
                progress::say(&format!("{out} is finished; --fresh trains again"));
            }
            Run::resume(course, known, seed, learner)?
        }
    };
    if arguments.fresh {
        folder.forget()?;
    }
    let look = |run: &Run<'_, T>| -> Result<Vec<Reading>, Error> {
        let model = run.learner().model();
        let mut readings = monitor.unlabelled(model)?;
        if labelled {
            readings.extend(monitor.labelled(model)?);
        }
        Ok(readings)
    };
    if !trained && history.points().is_empty() {
        history.look(0, run.per_epoch(), look(&run)?);
        folder.save(&run, &history)?;
    }
    let progress = Progress::new(run.course().plan.schedule.steps, run.learner().steps());
    if trained {
        follow(&mut run, &mut history, look, &progress, &folder)?;
    }
    progress.end();
    folder.publish(&run, &history)?;
    report(arguments, &setting, &history);
    Ok(ExitCode::SUCCESS)
}

/// Steps to the end of the schedule, with a look after the first and after every epoch.
fn follow<T: Real>(
    run: &mut Run<'_, T>,
    history: &mut History,
    look: impl Fn(&Run<'_, T>) -> Result<Vec<Reading>, Error>,
    progress: &Progress,
    folder: &Folder<'_>,
) -> Result<(), Error> {
    loop {
        match advance(run, history, &look, progress) {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(()),
            Err(error) => {
                progress.end();
                // What led to it is part of the answer.
                history.look(run.learner().steps(), run.per_epoch(), Vec::new());
                folder.describe(history)?;
                return Err(error);
            }
        }
        if run.between_epochs() {
            folder.save(run, history)?;
        }
    }
}

/// A step, and a look where there is one.
fn advance<T: Real>(
    run: &mut Run<'_, T>,
    history: &mut History,
    look: impl Fn(&Run<'_, T>) -> Result<Vec<Reading>, Error>,
    progress: &Progress,
) -> Result<Option<Step>, Error> {
    let Some(step) = run.step()? else {
        return Ok(None);
    };
    history.count(&step);
    progress.step(&step);
    if run.between_epochs() || run.learner().steps() == 1 {
        // A network that overflows on images it was not trained on was broken by this step.
        let readings = look(run).map_err(|cause| match cause {
            Error::NonFinite { .. } | Error::NonFiniteResult { .. } => Error::FailedStep {
                step: step.step,
                rate: step.rate,
                cause: Box::new(cause),
                before: step.loss.to_string(),
            },
            other => other,
        })?;
        history.look(run.learner().steps(), run.per_epoch(), readings);
        progress.look(run, history);
    }
    Ok(Some(step))
}

/// The last numbers on standard output.
fn report(arguments: &Arguments, setting: &Setting, history: &History) {
    let last = history.points().last().map_or(0, |point| point.step);
    let points: Vec<_> = (history.points().iter())
        .filter(|point| point.step == last)
        .collect();
    match arguments.format {
        Format::Json => {
            let results: Vec<_> = (points.iter())
                .map(|point| match point.value {
                    Some(value) => json!({"name": point.quantity, "value": value}),
                    None => json!({"name": point.quantity, "error": point.note}),
                })
                .collect();
            let all = json!({
                "method": setting.course.plan.method,
                "data": setting.data,
                "step": last,
                "results": results,
            });
            print(&format!("{all:#}\n"));
        }
        Format::Table => {
            let rows: Vec<Vec<String>> = (points.iter())
                .map(|point| {
                    let value = match point.value {
                        Some(value) => rounded(value),
                        None => format!("none: {}", point.note),
                    };
                    vec![point.quantity.clone(), value]
                })
                .collect();
            print(&format!(
                "{} on {} after {last} steps\n{}",
                setting.course.plan.method,
                setting.data,
                aligned(&rows)
            ));
            print(&format!(
                "\nmetrics, curves, networks and checkpoint: {}\n",
                arguments.out.display()
            ));
        }
    }
}
