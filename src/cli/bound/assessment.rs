use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::bound::certificate::{
    Certificate, Gibbs, PacBayes, clopper_pearson, empirical_bernstein, hoeffding, misclassified,
    supervised,
};
use vicinfo::bound::{
    Assumptions, Ball, Bound, CUTOFF, CountShape, Labels, LeastSquares, MeanNorm, Observation,
    Radius, Spend, complexity, losses, spectral_norm,
};
use vicinfo::sample::Sample;

use super::data::Data;

/// The bound, the certificates, and what they have to be held against.
pub struct Assessment {
    pub data: Data,
    pub delta: f64,
    /// Points of the fit, coordinates with the constant one, classes.
    pub n: usize,
    pub dim: usize,
    pub classes: usize,
    pub rank: usize,
    /// Mean distance from the one-hot classes of who always answers their shares.
    pub baseline: f64,
    /// Share of errors of who always answers the most frequent class.
    pub majority_error: f64,
    /// What the fit on the labelled points explains of the variance of their classes.
    pub explained: f64,
    pub on_train: Measured,
    pub on_holdout: Option<Measured>,
    pub downstream: Option<Downstream>,
    pub certificates: Vec<Entry>,
}

/// What a fit does on points.
pub struct Measured {
    pub n: usize,
    pub mean_loss: f64,
    pub errors: u64,
}

impl Measured {
    pub fn error_rate(&self) -> f64 {
        self.errors as f64 / self.n as f64
    }
}

/// The bound by positives.
pub struct Downstream {
    pub observation: Observation,
    pub ball: Ball,
    /// What the fit on the pairs explains of the variance of their classes, where these are known.
    pub explained: Option<f64>,
    pub corrected: Bound,
    /// `None` where its probabilities of failure reach 1 together.
    pub reconstructed: Option<Bound>,
}

/// What a certificate bounds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// `E |W_S f(x) - y|`.
    Risk,
    /// The probability of an error.
    Error,
}

/// A certificate, or why there is none.
pub struct Entry {
    pub name: &'static str,
    pub of: Quantity,
    pub value: Result<f64, Missing>,
    pub pieces: Vec<(&'static str, f64)>,
}

/// Why a number is not there.
pub enum Missing {
    /// Something that was not given.
    Input(&'static str),
    /// An error on the way.
    Error(Error),
}

impl Entry {
    fn new(name: &'static str, of: Quantity, result: Result<Certificate, Error>) -> Self {
        match result {
            Ok(certificate) => {
                let pieces = certificate.pieces.iter().map(|p| (p.name, p.value));
                Self {
                    name,
                    of,
                    value: Ok(certificate.value),
                    pieces: pieces.collect(),
                }
            }
            Err(error) => Self::missing(name, of, Missing::Error(error)),
        }
    }

    fn missing(name: &'static str, of: Quantity, why: Missing) -> Self {
        Self {
            name,
            of,
            value: Err(why),
            pieces: Vec::new(),
        }
    }
}

/// The certificates that a conclusion is drawn from. Which they are is settled before the numbers are there: the
/// smallest of several that each fail with probability `delta` fails more often.
pub const BERNSTEIN: &str = "hold-out empirical Bernstein";
pub const CLOPPER_PEARSON: &str = "hold-out Clopper-Pearson";
pub const RADEMACHER: &str = "supervised Rademacher";

/// What the terms of the bound and its total need, in the words of the options.
pub const NEEDS_CLASSES: &str = "needs the hidden classes of the pairs (--positive-labels)";
const NEEDS_POSITIVES: &str =
    "needs positive pairs (--positives and --positive-of, or --pair-by-class)";
const NEEDS_HOLDOUT: &str =
    "needs points that the fit has not seen (--holdout and --holdout-labels)";

impl Assessment {
    pub fn new(
        data: Data,
        delta: f64,
        radius: Option<f64>,
        prior_std: Option<f64>,
    ) -> Result<Self, Error> {
        let norm = data.norm;
        let radius = match radius {
            Some(radius) => Radius::Declared(radius),
            None => Radius::Peeled { base: 1.0 / norm },
        };
        let downstream = downstream(&data, radius, delta)?;
        let targets = data.labels.one_hot();
        let alone = match &downstream {
            Some(_) => None,
            None => Some(LeastSquares::new(&data.train, &targets, CUTOFF)?),
        };
        let fit = match (&downstream, &alone) {
            (Some(downstream), _) => &downstream.observation.labelled,
            (None, Some(fit)) => fit,
            (None, None) => return Err(Error::Empty { n: 0, dim: 0 }),
        };
        let fitted = losses(&fit.weights, &data.train, &targets)?;
        let on_train = measured(&fit.weights, &data.train, &data.labels, &fitted)?;

        let mut certificates = Vec::new();
        let mut on_holdout = None;
        let names = [BERNSTEIN, "hold-out Hoeffding", CLOPPER_PEARSON];
        let of = [Quantity::Risk, Quantity::Risk, Quantity::Error];
        if let Some((points, labels)) = &data.holdout {
            let held = losses(&fit.weights, points, &labels.one_hot())?;
            let range = spectral_norm(&fit.weights)? * norm + 1.0;
            let measured = measured(&fit.weights, points, labels, &held)?;
            let results = [
                empirical_bernstein(&held, range, delta),
                hoeffding(&held, range, delta),
                clopper_pearson(measured.errors, measured.n as u64, delta),
            ];
            for ((name, of), result) in names.into_iter().zip(of).zip(results) {
                certificates.push(Entry::new(name, of, result));
            }
            on_holdout = Some(measured);
        } else {
            for (name, of) in names.into_iter().zip(of) {
                certificates.push(Entry::missing(name, of, Missing::Input(NEEDS_HOLDOUT)));
            }
        }
        certificates.push(alternative(&downstream, &data, radius, delta));
        let pac_bayes = PacBayes {
            prior_std: prior_std.unwrap_or(1.0 / norm),
            norm,
            delta,
            gibbs: Gibbs::Moment,
        };
        let posterior = pac_bayes.certify(&data.train, &targets, &fit.weights);
        certificates.push(Entry::new(
            "PAC-Bayes",
            Quantity::Risk,
            posterior.map(|posterior| posterior.certificate),
        ));
        certificates.push(Entry::new(
            RADEMACHER,
            Quantity::Risk,
            by_rademacher(&fitted, fit, radius, norm, delta),
        ));

        let shares = data.labels.shares();
        let squares: f64 = shares.iter().map(|q| q * q).sum();
        let distances = shares
            .iter()
            .map(|q| q * (1.0 + squares - 2.0 * q).max(0.0).sqrt());
        Ok(Self {
            delta,
            n: fit.n,
            dim: data.train.dim(),
            classes: shares.len(),
            rank: fit.rank,
            baseline: distances.sum(),
            majority_error: 1.0 - shares.iter().copied().fold(0.0, f64::max),
            explained: explained(fit, &data.labels),
            on_train,
            on_holdout,
            certificates,
            downstream,
            data,
        })
    }
}

/// `1 - |Y P_Z|_F^2 / sum |y - q|^2`: the share of the variance of the classes that a fit explains, `q` the class shares.
fn explained(fit: &LeastSquares, labels: &Labels) -> f64 {
    let squares: f64 = labels.shares().iter().map(|q| q * q).sum();
    1.0 - fit.root_mean_square().powi(2) / (1.0 - squares)
}

fn measured(
    weights: &DMatrix<f64>,
    points: &Sample,
    labels: &Labels,
    losses: &[f64],
) -> Result<Measured, Error> {
    Ok(Measured {
        n: losses.len(),
        mean_loss: losses.iter().sum::<f64>() / losses.len() as f64,
        errors: misclassified(weights, points, labels)?,
    })
}

fn downstream(data: &Data, radius: Radius, delta: f64) -> Result<Option<Downstream>, Error> {
    let Some(pairs) = &data.pairs else {
        return Ok(None);
    };
    if let (None, Radius::Peeled { .. }) = (&pairs.labels, radius) {
        return Err(Error::invalid(
            "radius",
            "not given",
            "without the classes of the pairs there is no fit that tells which ball to take; state one with --radius, or give --positive-labels",
        ));
    }
    let hidden = pairs.labels.as_ref();
    let observation = Observation::new(&data.train, &data.labels, &pairs.points, hidden, CUTOFF)?;
    let assumptions = Assumptions::from_norm(&observation, data.norm, radius, delta)?;
    let corrected = observation.bound(&assumptions)?;
    let ball = assumptions.ball;
    // From 2/3 on its probabilities of failure are 1 together.
    let reconstructed = (Spend::as_reconstructed(delta).ok())
        .map(|spend| {
            observation.bound(&Assumptions {
                spend,
                count: CountShape::Chernoff,
                ..assumptions
            })
        })
        .transpose()?;
    let fit = observation.unlabelled.as_ref();
    Ok(Some(Downstream {
        explained: fit.zip(hidden).map(|(fit, hidden)| explained(fit, hidden)),
        observation,
        ball,
        corrected,
        reconstructed,
    }))
}

/// The bound in one line, whose terms are its pieces.
fn alternative(downstream: &Option<Downstream>, data: &Data, radius: Radius, delta: f64) -> Entry {
    let (name, of) = ("one line", Quantity::Risk);
    let Some(Downstream { observation, .. }) = downstream else {
        return Entry::missing(name, of, Missing::Input(NEEDS_POSITIVES));
    };
    let bound =
        Assumptions::from_norm(observation, data.norm, radius, delta).and_then(|assumptions| {
            observation.alternative(&assumptions, MeanNorm::Bounded(data.norm), delta)
        });
    match bound {
        Ok(bound) => {
            let terms = bound.terms.iter();
            Entry {
                name,
                of,
                value: (bound.total.known()).ok_or(Missing::Input(NEEDS_CLASSES)),
                pieces: terms
                    .filter_map(|term| Some((term.name, term.value.known()?)))
                    .collect(),
            }
        }
        Err(error) => Entry::missing(name, of, Missing::Error(error)),
    }
}

/// The ball is that of the labelled fit here, peeled by itself.
fn by_rademacher(
    fitted: &[f64],
    fit: &LeastSquares,
    radius: Radius,
    norm: f64,
    delta: f64,
) -> Result<Certificate, Error> {
    let ball = radius.ball(Some(fit.weight_norm()))?;
    let complexity = complexity::maurer(ball.radius, fit.weights.nrows(), norm)?;
    let kappa = ball.radius * norm + 1.0;
    supervised(fitted, complexity, kappa, delta * ball.share)
}
