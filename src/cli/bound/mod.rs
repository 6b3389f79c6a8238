//! `vicinfo bound`: the downstream bound of a user's embeddings, and bounds that say more.

mod assessment;
mod data;
mod figure;
mod print;

use std::path::PathBuf;
use std::process::ExitCode;

use vicinfo::experiment::thread_pool;
use vicinfo::figure::svg;
use vicinfo::record;

use self::assessment::Assessment;
use self::data::Data;
use super::measure::inside_0_1;
use super::{Done, Format};

const EXAMPLE: &str = "Examples:
  Embeddings of labelled points, of positive pairs with their classes, and of a test set
    vicinfo bound --train z.npy --labels y.npy --positives a.npy --positive-of b.npy \\
      --positive-labels yy.npy --holdout test.npy --holdout-labels test-y.npy --normalise
  Fashion-MNIST as it is published: half of the training set is labelled, the other half makes pairs
    vicinfo bound --train train-images-idx3-ubyte.gz --labels train-labels-idx1-ubyte.gz \\
      --pair-by-class --holdout t10k-images-idx3-ubyte.gz --holdout-labels t10k-labels-idx1-ubyte.gz \\
      --normalise --bias --out bound.svg
  The same through an untrained network: add --random-features 512";

/// Arguments of `vicinfo bound`.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLE)]
pub struct Arguments {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    features: Features,
    /// Probability with which each bound may fail
    #[arg(long, default_value = "0.05", value_parser = inside_0_1)]
    delta: f64,
    /// Radius B of the ball |W|_F <= B of the weights, chosen without a look at the data
    /// [default: the smallest of 2/b, 4/b, 8/b, … that holds the fit, at its price, b the norm of the features]
    #[arg(long, value_name = "B")]
    radius: Option<f64>,
    /// Standard deviation of the PAC-Bayes prior, chosen without a look at the data
    /// [default: 1/b, b the norm of the features]
    #[arg(long, value_name = "S")]
    prior_std: Option<f64>,
    /// Figure of the terms and the certificates to write
    #[arg(long, value_name = "FILE.svg")]
    out: Option<PathBuf>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Threads to use; results do not depend on it [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
}

/// What is read. Points are rows: .npy, .npz[:key], .safetensors[:key], .csv, or IDX (-ubyte[.gz]).
#[derive(clap::Args)]
pub struct Files {
    /// Embeddings of the labelled points, as rows: .npy, .npz[:key], .safetensors[:key], .csv, or
    /// images as IDX (-ubyte[.gz])
    ///
    /// What makes the embeddings has to be fixed before any of the points given here are seen, be
    /// they labelled, in pairs or held out: an encoder that was trained on them is not covered.
    #[arg(long, value_name = "Z")]
    train: String,
    /// Their classes: whole numbers in any of these forms, or names one a line in .csv or .txt
    ///
    /// The number of classes K is that of the classes in all the label files given. The bounds by
    /// positives know nothing of a class that none of them has.
    #[arg(long, value_name = "Y")]
    labels: String,
    /// Embeddings of the first halves of the positive pairs
    ///
    /// The theorem needs two independent points of one class in a pair, drawn apart from the
    /// labelled points. Two augmentations of one image are not: what is printed then bounds nothing.
    /// Without positives only the certificates are computed.
    #[arg(long, value_name = "A")]
    positives: Option<String>,
    /// Embeddings of the second halves, as many rows
    #[arg(
        long,
        value_name = "B",
        requires = "positives",
        conflicts_with = "pair_by_class"
    )]
    positive_of: Option<String>,
    /// Classes of the pairs, which self-supervised learning hides; three terms and the total need
    /// them
    #[arg(long, value_name = "YY", requires = "positives")]
    positive_labels: Option<String>,
    /// Make the pairs: points of one class, in random order, each in one pair
    ///
    /// Of the points of --positives, which need --positive-labels then. Without --positives, of half
    /// of the training set, drawn at random; the other half is the labelled one. In a class of odd
    /// count one point finds no partner and is left out.
    #[arg(long)]
    pair_by_class: bool,
    /// Embeddings that the fit does not see
    #[arg(long, value_name = "Z", requires = "holdout_labels")]
    holdout: Option<String>,
    /// Their classes
    #[arg(long, value_name = "Y", requires = "holdout")]
    holdout_labels: Option<String>,
}

/// What is done with the points before the fit, in this order.
#[derive(clap::Args)]
pub struct Features {
    /// Send all points through this network (.safetensors) first
    #[arg(long, value_name = "FILE", conflicts_with = "random_features")]
    network: Option<PathBuf>,
    /// Send all points through an untrained ReLU network with D hidden units and D outputs first: what
    /// features without any training are worth
    #[arg(long, value_name = "D")]
    random_features: Option<usize>,
    /// Scale every point to norm 1, so that the norm of all points that can be drawn is known
    #[arg(long, conflicts_with = "norm")]
    normalise: bool,
    /// Norm b that no point exceeds which can be drawn [default: the largest seen, which is a guess]
    #[arg(long, value_name = "b")]
    norm: Option<f64>,
    /// Append a constant coordinate of size b, so that the linear map has a bias
    #[arg(long)]
    bias: bool,
    /// Root of the random streams of --pair-by-class and --random-features
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
}

/// Reads, computes, prints and draws.
pub fn run(arguments: &Arguments) -> Done {
    thread_pool(arguments.threads)?.install(|| {
        let data = Data::read(&arguments.files, &arguments.features)?;
        let assessment =
            Assessment::new(data, arguments.delta, arguments.radius, arguments.prior_std)?;
        super::print(&match arguments.format {
            Format::Table => print::table(&assessment),
            Format::Json => print::json(&assessment),
        });
        if let Some(out) = &arguments.out {
            record::write(out, svg(&figure::figure(&assessment))?.as_bytes())?;
            eprintln!("figure: {}", out.display());
        }
        Ok(ExitCode::SUCCESS)
    })
}
