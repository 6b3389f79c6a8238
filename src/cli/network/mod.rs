//! `vicinfo network`: a user's network as a piecewise-affine map.

mod describe;
mod partition;
mod pushforward;

use std::path::{Path, PathBuf};

use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use vicinfo::network::{Layer, Network};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::{Error, array};

use super::Done;

/// What to do with a network.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Layers, and at points: regions crossed by noise, escape, rank, conditioning
    Describe(describe::Arguments),
    /// The exact regions in a plane of the input space, as numbers and as a figure
    Partition(partition::Arguments),
    /// The law of the output for Gaussian noise around points: escape, bounds, entropy
    Pushforward(pushforward::Arguments),
}

/// Runs `vicinfo network`.
pub fn run(command: &Command) -> Done {
    match command {
        Command::Describe(arguments) => describe::run(arguments),
        Command::Partition(arguments) => partition::run(arguments),
        Command::Pushforward(arguments) => pushforward::run(arguments),
    }
}

/// The network and the points of its input space that a command looks at.
#[derive(clap::Args)]
pub struct Subject {
    /// The network: a .safetensors file with PyTorch's names (see the documentation of
    /// `Network::from_safetensors`)
    file: PathBuf,
    /// Points of the input space, as rows: .npy, .npz:key, .safetensors:key or .csv
    #[arg(long, value_name = "X")]
    points: Option<String>,
    /// Standard normal points to draw when none are given
    #[arg(long, default_value_t = 32, conflicts_with = "points")]
    draw: usize,
    /// Root of all random streams
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Subject {
    fn network(&self) -> Result<Network<f64>, Error> {
        array::read_network(&self.file)
    }

    fn seed(&self) -> Seed {
        Seed::root(self.seed).child("network")
    }

    /// The points, at most `most` of them, and how many there were.
    fn points(&self, network: &Network<f64>, most: usize) -> Result<(Sample, usize), Error> {
        let dim = network.input().size();
        let all = match &self.points {
            Some(name) => array::read(name)?,
            None => {
                let mut rng = self.seed().child("points").rng();
                Sample::new(DMatrix::from_fn(dim, self.draw, |_, _| {
                    rng.sample(StandardNormal)
                }))?
            }
        };
        if all.dim() != dim {
            return Err(Error::Mismatch {
                what: "coordinates of the points, as many as inputs of the network",
                expected: dim,
                actual: all.dim(),
            });
        }
        let n = all.n();
        if n <= most {
            return Ok((all, n));
        }
        // Spread over the file: its order may mean something.
        let kept: Vec<usize> = (0..most).map(|i| i * n / most).collect();
        Ok((all.select(&kept)?, n))
    }

    fn origin(&self) -> &'static str {
        match self.points {
            Some(_) => "of the file",
            None => "drawn from the standard normal law",
        }
    }
}

/// A layer in a few words, and its parameters.
fn layer(layer: &Layer<f64>) -> (String, usize) {
    let of = |layers: &[Layer<f64>]| -> usize { layers.iter().map(|l| self::layer(l).1).sum() };
    match layer {
        Layer::Linear(linear) => {
            let (out, dim) = linear.weight().shape();
            let biases = linear.bias().map_or(0, |bias| bias.len());
            (format!("linear {dim} to {out}"), out * dim + biases)
        }
        Layer::Activation(activation) => (format!("{activation:?}"), 0),
        Layer::Convolution(convolution) => {
            let window = convolution.window();
            let parameters =
                convolution.weight().len() + convolution.bias().map_or(0, |bias| bias.len());
            (
                format!(
                    "convolution {} x {}, stride {}, padding {}, {} to {} channels",
                    window.height,
                    window.width,
                    window.stride,
                    window.padding,
                    convolution.input().channels,
                    convolution.output().channels
                ),
                parameters,
            )
        }
        Layer::BatchNorm(norm) => (
            format!("batch normalisation of {} channels", norm.channels()),
            2 * norm.channels(),
        ),
        Layer::Pooling(pooling) => {
            let window = pooling.window();
            let kind = format!("{:?}", pooling.kind()).to_lowercase();
            (
                format!("{kind} pooling {} x {}", window.height, window.width),
                0,
            )
        }
        Layer::Residual(residual) => (
            format!(
                "residual: {} layers beside {}",
                residual.body.len(),
                residual.shortcut.len()
            ),
            of(&residual.body) + of(&residual.shortcut),
        ),
        _ => ("another layer".to_owned(), 0),
    }
}

/// The name of a file without its folder.
fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}
