mod line;
mod objective;
mod subject;
pub(super) mod warning;

use std::process::ExitCode;

use serde_json::{Value, json};
use vicinfo::experiment::thread_pool;
use vicinfo::information::variational;
use vicinfo::parameters::split_top_level;
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;
use vicinfo::uncertainty::{Calibration, Entropy, Information, Permutation, Subsampling};
use vicinfo::{Error, array, diagnostic, entropy, information};

use self::line::{Line, NOTHING, Spread, table};
use self::subject::{Counted, Subject};
use self::warning::warnings;
use super::{Done, Format, print};

const EXAMPLE: &str =
    "Example: VICReg with another target, and its covariance term replaced by a log-determinant
  vicinfo measure objective view1.npy view2.npy --batch 256 \\
    --objective 'vicreg(gamma=2)' \\
    --objective 'vicreg(covariance=0) + 0.5*log_det(epsilon=0.01)'";

/// Subcommands of `vicinfo measure`.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Differential entropy of points
    Entropy {
        /// Points as rows: .npy, .npz[:key], .safetensors[:key], .csv or IDX (-ubyte[.gz])
        x: String,
        #[command(flatten)]
        options: Options,
    },
    /// Mutual information of pairs
    Information {
        /// First halves as rows: .npy, .npz[:key], .safetensors[:key], .csv or IDX (-ubyte[.gz])
        x: String,
        /// Second halves, as many rows
        y: String,
        #[command(flatten)]
        options: Options,
        /// Test independence with B random orders of the second halves
        ///
        /// Prints p = (1 + estimates at least as large) / (B + 1), which never falls below 1/(B + 1),
        /// and mean and standard deviation of the estimates on the permuted pairs: the estimator's
        /// bias and spread for independent halves. Valid when the pairs are independent of each other.
        #[arg(long, value_name = "B", value_parser = two_or_more)]
        permutations: Option<usize>,
    },
    /// Ranks, spectra, dependence, distance from the Gaussian: numbers that are not entropies
    Diagnostics {
        /// Points as rows: .npy, .npz[:key], .safetensors[:key], .csv or IDX (-ubyte[.gz])
        x: String,
        /// Diagnostics separated by commas, such as 'rankme,log_det(beta=10)'; all when left out
        #[arg(long, value_name = "A,B,…")]
        diagnostic: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Self-supervised objectives on two views: value, terms and weights
    ///
    /// Objectives are minimised: entropies enter with a minus sign. Above the table stand the
    /// standard deviations of the views, and below it warnings, first of all of a collapsed view.
    #[command(after_long_help = EXAMPLE)]
    Objective {
        /// Embeddings of the first view as rows: .npy, .npz[:key], .safetensors[:key], .csv or IDX (-ubyte[.gz])
        view1: String,
        /// Embeddings of the second view of the same inputs, as many rows
        view2: String,
        /// An objective, such as 'vicreg(gamma=2)', or a weighted sum of them; may be given several
        /// times, and each time hold several separated by commas. All when left out
        #[arg(long, value_name = "NAME")]
        objective: Vec<String>,
        /// Evaluate on consecutive batches of B pairs and print the means
        ///
        /// Penalties and contrasts depend on the size of the batch. Without this option all pairs are
        /// one batch, and objectives of pairs (nt_xent, pair_dist, uniformity) refuse what would take more
        /// than 4 GiB: 11585 pairs for nt_xent, 23170 for the others.
        #[arg(long, value_name = "B", value_parser = one_or_more)]
        batch: Option<usize>,
        #[command(flatten)]
        output: Output,
    },
    /// Variational bounds on information from a critic's scores
    Scores {
        /// Square matrix, row i column j the score of (x_i, y_j), true pairs on the diagonal:
        /// .npy, .npz[:key], .safetensors[:key], .csv or IDX (-ubyte[.gz])
        scores: String,
        /// Bounds separated by commas, such as 'info_nce,smile(tau=5)'; all when left out
        #[arg(long, value_name = "A,B,…")]
        bound: Option<String>,
        #[command(flatten)]
        output: Output,
    },
}

/// Options of all.
#[derive(clap::Args)]
pub struct Output {
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Threads to use; results do not depend on it [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
}

/// Options of estimators.
#[derive(clap::Args)]
pub struct Options {
    /// Estimators separated by commas, such as 'ksg1(k=5),gaussian'; all when left out
    #[arg(long, value_name = "A,B,…")]
    estimator: Option<String>,
    #[command(flatten)]
    output: Output,
    /// Add a standard error and an interval
    ///
    /// From the spread over random halves of the points; quarters and eighths tell whether the
    /// variance falls as 1/n, as the method assumes, and a warning says so if not. Takes 128 points or
    /// more. The interval is about chance alone and does not contain the bias.
    #[arg(long)]
    std_error: bool,
    /// Confidence of the interval
    #[arg(long, value_name = "P", default_value = "0.95", value_parser = inside_0_1, requires = "std_error")]
    level: f64,
    /// Add the estimator's bias on R Gaussian samples of the same size and covariance
    ///
    /// Their truth is known. The corrected value stands beside the raw one; it is right if the
    /// data are Gaussian, a guide to the order of magnitude if not. Takes more points than coordinates.
    #[arg(long, value_name = "R", value_parser = two_or_more)]
    calibrate: Option<usize>,
    /// Root of the random streams of --std-error, --permutations and --calibrate
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
}

fn one_or_more(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number >= 1 => Ok(number),
        _ => Err("a whole number, at least 1".to_owned()),
    }
}

fn two_or_more(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if (2..=1_000_000).contains(&number) => Ok(number),
        _ => Err("a whole number, at least 2 and at most 1000000".to_owned()),
    }
}

/// A probability strictly between 0 and 1, as an argument.
pub(super) fn inside_0_1(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number > 0.0 && number < 1.0 => Ok(number),
        _ => Err("a number above 0 and below 1".to_owned()),
    }
}

/// Measures and prints.
pub fn run(command: &Command) -> Done {
    let output = match command {
        Command::Entropy { options, .. } | Command::Information { options, .. } => &options.output,
        Command::Diagnostics { output, .. }
        | Command::Objective { output, .. }
        | Command::Scores { output, .. } => output,
    };
    thread_pool(output.threads)?.install(|| match command {
        Command::Entropy { x, options } => of_points(x, options),
        Command::Information {
            x,
            y,
            options,
            permutations,
        } => of_pairs(x, y, options, *permutations),
        Command::Diagnostics {
            x,
            diagnostic,
            output,
        } => diagnostics(x, diagnostic.as_deref(), output),
        Command::Objective {
            view1,
            view2,
            objective,
            batch,
            output,
        } => objective::of_views([view1, view2], objective, *batch, output.format),
        Command::Scores {
            scores,
            bound,
            output,
        } => of_scores(scores, bound.as_deref(), output),
    })
}

/// Reads points; an error about their numbers names the file.
pub(super) fn read(name: &str) -> Result<Sample, Error> {
    array::read(name).map_err(|error| match error {
        Error::NonFinite { .. } | Error::Empty { .. } => {
            Error::format(name.as_ref(), "finite numbers", error.to_string())
        }
        other => other,
    })
}

/// What to run: the names that are written, or every default.
fn chosen<T>(
    what: &'static str,
    written: Option<&str>,
    defaults: impl Iterator<Item = &'static str>,
    parse: fn(&str) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let names: Vec<&str> = match written {
        None => defaults.collect(),
        Some(text) => {
            let names = split_top_level(text)
                .ok_or_else(|| Error::invalid(what, text, "the parentheses do not match"))?;
            if names.is_empty() {
                let requirement = "names separated by commas, each as `vicinfo list` prints it";
                return Err(Error::invalid(what, text, requirement));
            }
            names
        }
    };
    names.into_iter().map(parse).collect()
}

fn of_points(x: &str, options: &Options) -> Done {
    let written = options.estimator.as_deref();
    let defaults = entropy::ALL.iter().flat_map(|entry| entry.defaults);
    let mut estimators = chosen("estimator", written, defaults.copied(), entropy::parse)?;
    let sample = read(x)?;
    if written.is_none() {
        // What is made for other dimensions was not asked for.
        estimators.retain(|estimator| estimator.takes(sample.dim()));
    }
    let about = json!({ "n": sample.n(), "dim": sample.dim() });
    let lines: Vec<Line> = (estimators.iter())
        .map(|estimator| measured(&Entropy(&**estimator), &sample, options))
        .collect();
    let general = warnings(&[("", &sample)]);
    Ok(show(about, &general, &lines, options.output.format))
}

fn of_pairs(x: &str, y: &str, options: &Options, permutations: Option<usize>) -> Done {
    let written = options.estimator.as_deref();
    let defaults = information::ALL.iter().flat_map(|entry| entry.defaults);
    let estimators = chosen("estimator", written, defaults.copied(), information::parse)?;
    let pairs = Paired::new(read(x)?, read(y)?)?;
    let (dim_x, dim_y) = pairs.dims();
    let about = json!({ "n": pairs.n(), "dim_x": dim_x, "dim_y": dim_y });
    let lines: Vec<Line> = (estimators.iter())
        .map(|estimator| {
            let subject = Information(&**estimator);
            let mut line = measured(&subject, &pairs, options);
            if let (Ok(_), Some(permutations)) = (&line.value, permutations) {
                let counted = Counted::new(&subject, "permutations", permutations + 1);
                line.permutation = Some(Permutation::new(
                    &counted,
                    &pairs,
                    permutations,
                    options.seed(),
                ));
            }
            line
        })
        .collect();
    let general = warnings(&[("x: ", &pairs.x), ("y: ", &pairs.y)]);
    Ok(show(about, &general, &lines, options.output.format))
}

fn diagnostics(x: &str, written: Option<&str>, output: &Output) -> Done {
    let defaults = diagnostic::ALL.iter().flat_map(|entry| entry.defaults);
    let diagnostics = chosen("diagnostic", written, defaults.copied(), diagnostic::parse)?;
    let sample = read(x)?;
    let about = json!({ "n": sample.n(), "dim": sample.dim() });
    let lines: Vec<Line> = (diagnostics.iter())
        .map(|diagnostic| Line {
            unit: diagnostic.unit(),
            warnings: diagnostic.warnings(&sample),
            ..Line::plain(diagnostic.name(), diagnostic.measure(&sample))
        })
        .collect();
    Ok(show(
        about,
        &warnings(&[("", &sample)]),
        &lines,
        output.format,
    ))
}

fn of_scores(name: &str, written: Option<&str>, output: &Output) -> Done {
    let defaults = variational::ALL.iter().flat_map(|entry| entry.defaults);
    let bounds = chosen("bound", written, defaults.copied(), variational::parse)?;
    // Rows of the file are columns of a sample.
    let scores = read(name)?.matrix().transpose();
    let lines: Vec<Line> = (bounds.iter())
        .map(|bound| Line {
            side: Some(bound.side().map_or("none", |side| side.as_str())),
            ..Line::plain(bound.name().to_owned(), bound.value(&scores))
        })
        .collect();
    let about = json!({ "n": scores.nrows() });
    Ok(show(about, &[], &lines, output.format))
}

impl Options {
    /// Where every random number of a measurement comes from. No estimator's name is in it: all see the same
    /// blocks and twins, and another estimator in the list changes no number.
    fn seed(&self) -> Seed {
        Seed::root(self.seed).child("measure")
    }
}

/// What one estimator says, with what was asked about its uncertainty.
fn measured<S: Subject>(subject: &S, data: &S::Data, options: &Options) -> Line {
    let mut line = Line::new(subject, data);
    if let Ok(value) = line.value {
        let seed = options.seed();
        if options.std_error {
            let counted = Counted::new(subject, "standard error", Subsampling::estimates());
            let spread = Subsampling::new(&counted, data, seed).and_then(|subsampling| {
                Ok(Spread {
                    interval: subsampling.interval(value, options.level)?,
                    level: options.level,
                    subsampling,
                })
            });
            line.spread = Some(spread);
        }
        if let Some(replicates) = options.calibrate {
            let counted = Counted::new(subject, "calibration", replicates);
            line.calibration = Some(Calibration::new(&counted, data, replicates, seed));
        }
    }
    line
}

fn show(mut about: Value, general: &[String], lines: &[Line], format: Format) -> ExitCode {
    match format {
        Format::Json => {
            about["warnings"] = json!(general);
            about["results"] = lines.iter().map(|line| line.json()).collect();
            print(&format!("{about:#}\n"));
        }
        Format::Table => print(&table(&about, general, lines)),
    }
    let applicable: Vec<&Line> = lines.iter().filter(|line| line.value.is_ok()).collect();
    let Some(first) = applicable.first() else {
        eprintln!("error: {NOTHING}");
        return ExitCode::FAILURE;
    };
    let mut code = ExitCode::SUCCESS;
    for (at, (what, _)) in first.asked().into_iter().enumerate() {
        if applicable.iter().all(|line| line.asked()[at].1.is_some()) {
            eprintln!("error: no estimator could give a {what}; the reasons stand with each");
            code = ExitCode::FAILURE;
        }
    }
    code
}
