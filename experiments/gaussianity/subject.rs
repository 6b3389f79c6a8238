//! What one replicate, a network at an image, says at each level of the noise.

use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use vicinfo::Error;
use vicinfo::network::{Layer, Network, Pattern};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::normality::{Calibrated, DagostinoPearson, Moments, NormalityTest};

use super::{JOINT, LEVEL, PAPER};

/// p-values of the affine map at the ends of the paper's levels, a replicate: the fall between them
/// is then known to 0.2 points with the replicates of the scale `smoke`.
const AFFINE: usize = 2048;

/// Levels of rejection: [`LEVEL`] less its standard error in a calibration, itself, and with it.
///
/// At a level a calibrated test rejects with a probability that depends on the draws of its null law; what the rate
/// changes by from one level to the next is what these add to its standard error.
pub(super) fn levels(calibrated: &Calibrated<'_>) -> [f64; 3] {
    let draws = calibrated.null().len() as f64;
    let std_error = (LEVEL * (1.0 - LEVEL) / (draws + 2.0)).sqrt();
    [LEVEL - std_error, LEVEL, LEVEL + std_error]
}

/// 1 at each of the levels at which a p-value rejects.
pub(super) fn rejections(p_value: f64, calibrated: &Calibrated<'_>) -> [f64; 3] {
    levels(calibrated).map(|level| f64::from(u8::from(p_value <= level)))
}

fn add(sum: &mut [f64; 3], more: [f64; 3]) {
    sum.iter_mut()
        .zip(more)
        .for_each(|(sum, more)| *sum += more);
}

/// What one replicate says at one level of noise.
pub(super) struct Reading {
    /// The outputs.
    pub(super) output: Coordinates,
    /// Outputs of the affine map of the image, which are Gaussian, for noise of their own.
    pub(super) affine: Coordinates,
    /// Share of the last hidden units that are rejected, of those that vary, at each of [`levels`].
    pub(super) hidden_rejected: Option<[f64; 3]>,
    /// Whether the joint test rejects [`JOINT`] outputs at each of [`levels`]; `None` where their
    /// covariance is singular.
    pub(super) joint: Option<[f64; 3]>,
    /// Share of draws that leave the region of the image.
    pub(super) leave: f64,
    /// Share of hidden units that change their state.
    pub(super) flips: f64,
    /// `E |f(X) - A X - b|^2 / E |A (X - x)|^2`.
    pub(super) remainder: f64,
}

/// What the test says about coordinates, on average over those that vary.
#[derive(Clone, Copy)]
pub(super) struct Coordinates {
    pub(super) p_value: f64,
    /// At each of [`levels`].
    pub(super) rejected: [f64; 3],
    pub(super) effect: f64,
    /// Share of coordinates that are constant, which no test takes.
    pub(super) constant: f64,
}

impl Coordinates {
    fn of(points: &DMatrix<f64>, calibrated: &Calibrated<'_>) -> Result<Self, Error> {
        let rows = points.transpose();
        let (mut p_value, mut rejected, mut effect) = (0.0, [0.0; 3], 0.0);
        let mut count = 0;
        for values in rows.column_iter() {
            let moments = match Moments::new(values.as_slice()) {
                Ok(moments) => moments,
                Err(Error::SingularCovariance { .. }) => continue,
                Err(error) => return Err(error),
            };
            let omnibus = DagostinoPearson::of(&moments)?;
            p_value += omnibus.p_value;
            effect += omnibus.effect_size;
            let calibrated_p = calibrated.p_value(omnibus.statistic)?;
            add(&mut rejected, rejections(calibrated_p, calibrated));
            count += 1;
        }
        if count == 0 {
            return Err(Error::NonFiniteResult {
                what: format!(
                    "the mean p-value over {} outputs, none of which varies with the noise,",
                    points.nrows()
                ),
                value: f64::NAN.to_string(),
            });
        }
        let of = f64::from(count);
        Ok(Self {
            p_value: p_value / of,
            rejected: rejected.map(|sum| sum / of),
            effect: effect / of,
            constant: 1.0 - of / points.nrows() as f64,
        })
    }

    fn mean(several: &[Self]) -> Self {
        let mean =
            |read: fn(&Self) -> f64| several.iter().map(read).sum::<f64>() / several.len() as f64;
        Self {
            p_value: mean(|c| c.p_value),
            rejected: [
                mean(|c| c.rejected[0]),
                mean(|c| c.rejected[1]),
                mean(|c| c.rejected[2]),
            ],
            effect: mean(|c| c.effect),
            constant: mean(|c| c.constant),
        }
    }
}

/// A network, taken apart before its last linear layer.
pub(super) struct Split {
    /// The layers up to the last hidden units.
    hidden: Network<f64>,
    /// The linear layer behind them, where there is one.
    readout: Option<Network<f64>>,
}

impl Split {
    pub(super) fn new(network: Network<f64>) -> Result<Self, Error> {
        match network.layers() {
            [first @ .., Layer::Linear(last)] if !first.is_empty() => {
                let hidden = Network::new(network.input(), first.to_vec())?;
                let readout = Network::new(hidden.output(), vec![Layer::Linear(last.clone())])?;
                Ok(Self {
                    hidden,
                    readout: Some(readout),
                })
            }
            _ => Ok(Self {
                hidden: network,
                readout: None,
            }),
        }
    }

    /// Numbers of an output.
    pub(super) fn outputs(&self) -> usize {
        self.readout
            .as_ref()
            .unwrap_or(&self.hidden)
            .output()
            .size()
    }

    /// The outputs of hidden units.
    fn read(&self, hidden: DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
        match &self.readout {
            None => Ok(hidden),
            Some(readout) => readout.apply(&hidden),
        }
    }
}

/// One replicate: a network, an image, and what does not depend on the level of the noise.
struct Subject<'a> {
    split: &'a Split,
    image: Vec<f64>,
    base: DMatrix<f64>,
    home: Pattern,
    /// Noise of standard deviation 1.
    noise: DMatrix<f64>,
    /// The same through the affine map of the image.
    linear: DMatrix<f64>,
    /// `R` with `R^T R = A A^T`: `R^T g` has the law of `A` times noise on the image.
    root: DMatrix<f64>,
    seed: Seed,
}

impl<'a> Subject<'a> {
    fn new(split: &'a Split, image: Vec<f64>, n: usize, seed: Seed) -> Result<Self, Error> {
        let mut rng = seed.rng();
        let noise = DMatrix::from_fn(image.len(), n, |_, _| rng.sample(StandardNormal));
        let centre = DMatrix::from_column_slice(image.len(), 1, &image);
        let (units, pieces) = split.hidden.trace(&centre)?;
        let mut linear = split.hidden.push(&pieces, &noise)?;
        let outputs = split.outputs();
        let mut transposed = DMatrix::identity(outputs, outputs);
        if let Some(readout) = &split.readout {
            let (_, last) = readout.trace(&units)?;
            linear = readout.push(&last, &linear)?;
            transposed = readout.pull(&last, &transposed)?;
        }
        transposed = split.hidden.pull(&pieces, &transposed)?;
        Ok(Self {
            split,
            image,
            base: split.read(units)?,
            home: pieces.pattern()?,
            noise,
            linear,
            root: transposed.qr().r(),
            seed: seed.child("affine"),
        })
    }

    fn reading(&self, level: f64, tests: &Tests<'_>) -> Result<Reading, Error> {
        let mut points = &self.noise * level;
        for mut point in points.column_iter_mut() {
            for (value, pixel) in point.iter_mut().zip(&self.image) {
                *value += pixel;
            }
        }
        let (hidden, pieces) = self.split.hidden.trace(&points)?;
        let pattern = pieces.pattern()?;
        let left = (pattern.flips(&self.home)?.into_iter())
            .filter(|&count| count > 0)
            .count();
        let hidden_rejected = match &self.split.readout {
            None => None,
            Some(_) => Some(Coordinates::of(&hidden, tests.coordinate)?.rejected),
        };
        let outputs = self.split.read(hidden)?;
        let (mut departure, mut size) = (0.0, 0.0);
        for (output, linear) in outputs.column_iter().zip(self.linear.column_iter()) {
            let linear = linear * level;
            departure += (output - self.base.column(0) - &linear).norm_squared();
            size += linear.norm_squared();
        }
        let joint = match &tests.joint {
            None => None,
            Some(test) => {
                let few = outputs.rows(0, JOINT.min(outputs.nrows())).into_owned();
                match test.test(&Sample::new(few)?) {
                    Ok(outcome) => Some(rejections(outcome.p_value, test)),
                    Err(Error::SingularCovariance { .. }) => None,
                    Err(error) => return Err(error),
                }
            }
        };
        Ok(Reading {
            output: Coordinates::of(&outputs, tests.coordinate)?,
            affine: self.affine(level, tests.coordinate)?,
            hidden_rejected,
            joint,
            leave: left as f64 / pattern.n() as f64,
            flips: pattern.flip_rate(&self.home)?,
            remainder: departure / size,
        })
    }

    /// The affine map of the image in place of the network, for noise of its own at every level.
    fn affine(&self, level: f64, calibrated: &Calibrated<'_>) -> Result<Coordinates, Error> {
        let ends = [PAPER.0, PAPER.1]
            .iter()
            .any(|end| end.total_cmp(&level).is_eq());
        let batches = if ends {
            AFFINE.div_ceil(self.base.len())
        } else {
            1
        };
        let seed = self.seed.child(level);
        let batches: Vec<Coordinates> = (0..batches)
            .map(|batch| {
                let mut rng = seed.child(batch).rng();
                let normals = DMatrix::from_fn(self.root.nrows(), self.noise.ncols(), |_, _| {
                    level * rng.sample::<f64, _>(StandardNormal)
                });
                let mut outputs = self.root.tr_mul(&normals);
                for mut output in outputs.column_iter_mut() {
                    output += self.base.column(0);
                }
                Coordinates::of(&outputs, calibrated)
            })
            .collect::<Result<_, _>>()?;
        Ok(Coordinates::mean(&batches))
    }
}

/// The tests with their null laws.
pub(super) struct Tests<'a> {
    pub(super) coordinate: &'a Calibrated<'a>,
    /// Not taken where only the coordinates matter.
    pub(super) joint: Option<&'a Calibrated<'a>>,
}

/// The networks of the replicates.
pub(super) enum Networks<'a> {
    /// One and the same for all.
    Same(&'a Split),
    /// For each its own.
    Own(&'a (dyn Fn(usize) -> Result<Network<f64>, Error> + Sync)),
}

/// The networks and images of the replicates.
pub(super) struct Replicates<'a> {
    pub(super) networks: Networks<'a>,
    /// The image of each replicate.
    pub(super) images: Vec<Vec<f64>>,
}

/// The readings of every replicate at every level, level by level. The draws of a replicate are
/// the same at all levels, so that curves are smooth.
pub(super) fn readings(
    replicates: Replicates<'_>,
    levels: &[f64],
    n: usize,
    tests: &Tests<'_>,
    seed: Seed,
) -> Result<Vec<Vec<Reading>>, Error> {
    let Replicates { networks, images } = replicates;
    let by_subject: Vec<Result<Vec<Reading>, Error>> = (images.into_par_iter().enumerate())
        .map(|(replicate, image)| {
            let own;
            let split = match networks {
                Networks::Same(split) => split,
                Networks::Own(network) => {
                    own = Split::new(network(replicate)?)?;
                    &own
                }
            };
            let subject = Subject::new(split, image, n, seed.child(replicate))?;
            (levels.iter())
                .map(|&level| subject.reading(level, tests))
                .collect()
        })
        .collect();
    let mut by_level: Vec<Vec<Reading>> = levels.iter().map(|_| Vec::new()).collect();
    for readings in by_subject {
        for (level, reading) in readings?.into_iter().enumerate() {
            by_level[level].push(reading);
        }
    }
    Ok(by_level)
}
