use nalgebra::DMatrix;
use rayon::prelude::*;

use super::batch::views;
use super::mean_variance;
use super::model::Model;
use super::probe::{Logistic, Nearest, accuracy};
use crate::bound::{CUTOFF, Labels, LeastSquares, Observation, losses};
use crate::diagnostic;
use crate::entropy::{self, EntropyEstimator, KolchinskyTracey, PairwiseBound};
use crate::error::{Error, finite};
use crate::image::{Augmentation, Images};
use crate::network::Real;
use crate::objective::{LogDet, invariance_term};
use crate::sample::{Paired, Sample};
use crate::seed::Seed;

/// Images on which a model is measured, and how.
///
/// The probes are fitted to the images that it is trained on and read on others; entropies, ranks and spreads are those of the
/// others as they are, in evaluation; invariances those of two augmented views of them.
#[derive(Debug, Clone)]
pub struct Monitor {
    /// Images that probes are fitted to.
    pub known: Images,
    /// Images that everything is read on.
    pub fresh: Images,
    /// What makes two views of an image.
    pub augmentation: Augmentation,
    /// Stream of the views.
    pub seed: Seed,
    /// Known images whose labels the probe of few labels and the bound get; the first ones.
    pub few: usize,
    /// Fresh images that entropies take; the first ones.
    pub most: usize,
    /// Standard deviation below which an embedding or a representation counts as collapsed, so that no entropy, rank or invariance is given of it
    /// that does not see its scale.
    pub collapsed: f64,
}

/// One number about a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// What it is; in nats where the name ends so.
    pub name: &'static str,
    /// The number, or why there is none.
    pub value: Result<f64, Error>,
}

/// Images that one task takes through a network.
const CHUNK: usize = 256;

/// What is added to the variances of an embedding as it is: the floor of its log-determinant is `(d/2) ln` of it.
pub const RAW_EPSILON: f64 = 1e-6;
/// What is added to the variances of an embedding scaled to a mean variance of 1.
pub const SCALED_EPSILON: f64 = 1e-2;
/// Variance of a component of the pairwise entropy over the dimension of the scaled embedding.
pub const COMPONENT: f64 = 0.06;

impl Monitor {
    /// Labels that the probe of few labels gets, or half of all if they are fewer than twice as many.
    pub const FEW: usize = 500;
    /// Images that entropies take.
    pub const MOST: usize = 2000;
    /// Standard deviation of the embedding below which a model counts as collapsed.
    pub const COLLAPSED: f64 = 0.05;

    /// What is read of a training run: with [`Monitor::FEW`] labels (or half of all), [`Monitor::MOST`] images and [`Monitor::COLLAPSED`].
    pub fn new([known, fresh]: [Images; 2], augmentation: Augmentation, seed: Seed) -> Self {
        Self {
            few: Self::FEW.min(known.n() / 2),
            known,
            fresh,
            augmentation,
            seed,
            most: Self::MOST,
            collapsed: Self::COLLAPSED,
        }
    }

    /// Names of the readings that take no labels, in order.
    pub const UNLABELLED: [&'static str; 12] = [
        "std_embedding",
        "std_representation",
        "invariance",
        "relative_invariance",
        "log_det_nats",
        "scaled_log_det_nats",
        "scaled_pair_dist_nats",
        "scaled_neighbour_entropy_nats",
        "rankme_embedding",
        "rankme_representation",
        "alpha_req_representation",
        "lidar_embedding",
    ];

    /// Names of the readings that take labels, in order.
    pub const LABELLED: [&'static str; 10] = [
        "linear_accuracy",
        "few_labels_accuracy",
        "neighbour_accuracy",
        "linear_accuracy_embedding",
        "neighbour_accuracy_embedding",
        "bound_c_invariance",
        "bound_residual_labelled",
        "bound_residual_unlabelled",
        "bound_core",
        "downstream_risk",
    ];

    /// All readings, those of [`Monitor::unlabelled`] before those of [`Monitor::labelled`].
    ///
    /// # Errors
    /// As both.
    pub fn measure<T: Real>(&self, model: &Model<T>) -> Result<Vec<Reading>, Error> {
        let mut readings = self.unlabelled(model)?;
        readings.extend(self.labelled(model)?);
        Ok(readings)
    }

    /// Spreads, entropies and ranks, of the fresh images.
    ///
    /// The spread of the embedding stands first: of a collapsed one no scale-free number is given. `log_det_nats` is
    /// `(1/2) ln det(Cov Z + 1e-6 I)` and `scaled_log_det_nats` the same with `1e-2` after the embedding is divided
    /// by the root of its mean variance; so are the pairwise entropy, which is `ln n` at most over the floor of a single component, and that by
    /// the fifth neighbour, whose bias grows with the dimension. `relative_invariance` is the mean squared distance of two
    /// views over that of two images' views, 1 where views of an image are no nearer than any.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] for fewer than two images; when the network overflows. What cannot be had of a model otherwise
    /// is an error in its reading.
    pub fn unlabelled<T: Real>(&self, model: &Model<T>) -> Result<Vec<Reading>, Error> {
        let first: Vec<usize> = (0..self.fresh.n().min(self.most)).collect();
        if first.len() < 2 {
            return Err(Error::TooFewPoints {
                method: "the spread of embeddings",
                required: 2,
                actual: first.len(),
            });
        }
        let plain = Augmentation::IDENTITY;
        let [represented, embedded] = self.through(model, &self.fresh, &first, &plain, "fresh")?;
        let pair = |view: &str| self.through(model, &self.fresh, &first, &self.augmentation, view);
        let [[_, one], [_, other]] = [pair("first")?, pair("second")?];
        let views = Paired::new(one, other)?;
        let images = &first[..first.len().min(LIDAR_IMAGES)];
        let many = self.groups(model, images)?;

        let spread = finite("std of the embedding", std(&embedded))?;
        let of_representation = finite("std of the representation", std(&represented))?;
        let least = self.collapsed;
        let gated = |what, std: f64, value: &dyn Fn() -> Result<f64, Error>| {
            if std >= least {
                value()
            } else {
                Err(Error::Collapsed { what, std, least })
            }
        };
        let gate = |value: &dyn Fn() -> Result<f64, Error>| gated("the embedding", spread, value);
        let gate_representation = |value: &dyn Fn() -> Result<f64, Error>| {
            gated("the representation", of_representation, value)
        };
        let scaled = || scaled(&embedded, spread);
        let measured = |name: &str, sample: &Sample| diagnostic::parse(name)?.measure(sample);
        let invariance = finite("invariance", invariance_term(&views)?)?;
        let values = [
            Ok(spread),
            Ok(of_representation),
            Ok(invariance),
            gate(&|| relative(invariance, &views)),
            LogDet::new(RAW_EPSILON)?
                .entropy(&embedded)
                .map(|h| h.value),
            gate(&|| Ok(LogDet::new(SCALED_EPSILON)?.entropy(&scaled()?)?.value)),
            gate(&|| {
                let width = (COMPONENT * embedded.dim() as f64).sqrt();
                KolchinskyTracey::new(PairwiseBound::Kl, width)?.entropy(&scaled()?)
            }),
            gate(&|| entropy::parse("kozachenko_leonenko(k=5)")?.entropy(&scaled()?)),
            gate(&|| measured("rankme()", &embedded)),
            gate_representation(&|| measured("rankme()", &represented)),
            gate_representation(&|| measured("alpha_req()", &represented)),
            gate(&|| measured(&format!("lidar(views={LIDAR_VIEWS})"), &many)),
        ];
        Ok(named(Self::UNLABELLED, values))
    }

    /// Probes, and the terms of the downstream bound.
    ///
    /// The bound's are those of [`Observation`] on representations: `few` labelled images, and, independent of them, two views of each of the next
    /// `most` known ones (or of all that are left) in place of its positives, which should be two images of a class; `bound_core` is their sum
    /// ([`Bound::core`](crate::bound::Bound::core)) and `downstream_risk` the mean distance `|W_S f(x) - y|` over the fresh
    /// images, which it is about.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for images without labels and for fewer known images than `few`; when the network
    /// overflows. What cannot be had of a model otherwise is an error in its reading.
    pub fn labelled<T: Real>(&self, model: &Model<T>) -> Result<Vec<Reading>, Error> {
        let [known_labels, fresh_labels] = labels(&self.known, &self.fresh)?;
        if self.few == 0 || self.few > self.known.n() {
            return Err(Error::invalid(
                "few",
                self.few,
                format!("from 1 to the {} images that are known", self.known.n()),
            ));
        }
        let all = |images: &Images| (0..images.n()).collect::<Vec<_>>();
        let plain = Augmentation::IDENTITY;
        let [known, known_embedded] =
            self.through(model, &self.known, &all(&self.known), &plain, "known")?;
        let [fresh, fresh_embedded] =
            self.through(model, &self.fresh, &all(&self.fresh), &plain, "fresh")?;
        let few: Vec<usize> = (0..self.few).collect();
        let (few, few_labels) = (known.select(&few)?, known_labels.select(&few)?);
        let linear = |known: &Sample, labels: &Labels, fresh: &Sample| {
            let fit = Logistic::default().fit(known, labels)?;
            accuracy(&fit.predict(fresh)?, &fresh_labels)
        };
        let neighbours = |known: &Sample, fresh: &Sample| {
            let predicted = Nearest::default().predict(known, &known_labels, fresh)?;
            accuracy(&predicted, &fresh_labels)
        };
        let end = self.known.n().min(self.few.saturating_add(self.most));
        let paired: Vec<usize> = (self.few..end).collect();
        let view = |view: &str| -> Result<Sample, Error> {
            let [represented, _] =
                self.through(model, &self.known, &paired, &self.augmentation, view)?;
            Ok(represented)
        };
        let observe = || {
            if paired.is_empty() {
                return Err(Error::TooFewPoints {
                    method: "the bound, whose pairs are images without labels,",
                    required: self.few + 1,
                    actual: self.known.n(),
                });
            }
            let positives = Paired::new(view("first positive")?, view("second positive")?)?;
            let hidden = known_labels.select(&paired)?;
            Observation::new(&few, &few_labels, &positives, Some(&hidden), CUTOFF)
        };
        let observed = observe();
        let bound = |read: &dyn Fn(&Observation) -> Result<f64, Error>| {
            observed.as_ref().map_err(Clone::clone).and_then(read)
        };
        let c_invariance = |seen: &Observation| {
            finite(
                "c I",
                seen.weight_distance.unwrap_or(f64::NAN) * seen.invariance,
            )
        };
        let of_labelled = |seen: &Observation| Ok(seen.labelled.root_mean_square());
        let of_unlabelled = |seen: &Observation| {
            let fit = seen.unlabelled.as_ref().map(LeastSquares::root_mean_square);
            finite("residual of the pairs", 2.0 * fit.unwrap_or(f64::NAN))
        };
        let values = [
            linear(&known, &known_labels, &fresh),
            linear(&few, &few_labels, &fresh),
            neighbours(&known, &fresh),
            linear(&known_embedded, &known_labels, &fresh_embedded),
            neighbours(&known_embedded, &fresh_embedded),
            bound(&c_invariance),
            bound(&of_labelled),
            bound(&of_unlabelled),
            bound(&|seen| Ok(c_invariance(seen)? + of_labelled(seen)? + of_unlabelled(seen)?)),
            bound(&|seen| {
                let losses = losses(&seen.labelled.weights, &fresh, &fresh_labels.one_hot())?;
                Ok(losses.iter().sum::<f64>() / losses.len() as f64)
            }),
        ];
        Ok(named(Self::LABELLED, values))
    }

    /// Representations and embeddings of a view of each image.
    fn through<T: Real>(
        &self,
        model: &Model<T>,
        images: &Images,
        indices: &[usize],
        augmentation: &Augmentation,
        label: &str,
    ) -> Result<[Sample; 2], Error> {
        let seed = self.seed.child(label);
        let chunks = (indices.par_chunks(CHUNK))
            .map(|chunk| {
                let points = views::<T>(images, chunk, augmentation, seed);
                let representations = model.represent(&points)?;
                let embeddings = model.projector.apply(&representations)?;
                Ok([representations, embeddings])
            })
            .collect::<Result<Vec<[DMatrix<T>; 2]>, Error>>()?;
        let joined = |which: usize| {
            let dim = chunks[0][which].nrows();
            let numbers = chunks.iter().flat_map(|chunk| chunk[which].iter());
            Sample::from_points(dim, numbers.map(|number| number.to_f64()).collect())
        };
        Ok([joined(0)?, joined(1)?])
    }

    /// Embeddings of [`LIDAR_VIEWS`] views of each image, one image after another.
    fn groups<T: Real>(&self, model: &Model<T>, images: &[usize]) -> Result<Sample, Error> {
        let embeddings = (0..LIDAR_VIEWS)
            .map(|view| {
                let label = format!("lidar {view}");
                let [_, embedded] =
                    self.through(model, &self.fresh, images, &self.augmentation, &label)?;
                Ok(embedded)
            })
            .collect::<Result<Vec<Sample>, Error>>()?;
        let points = (0..images.len())
            .flat_map(|image| embeddings.iter().flat_map(move |view| view.point(image)));
        Sample::from_points(embeddings[0].dim(), points.copied().collect())
    }
}

fn named<const N: usize>(
    names: [&'static str; N],
    values: [Result<f64, Error>; N],
) -> Vec<Reading> {
    (names.into_iter().zip(values))
        .map(|(name, value)| Reading { name, value })
        .collect()
}

/// Images and views of an image for LiDAR: the defaults of stable-pretraining.
const LIDAR_IMAGES: usize = 100;
const LIDAR_VIEWS: usize = 10;

/// Labels of both sets among the classes of both.
fn labels(known: &Images, fresh: &Images) -> Result<[Labels; 2], Error> {
    let of = |name: &'static str, images: &Images| {
        let labels = images.labels().ok_or_else(|| {
            Error::invalid(name, "without labels", "probes have to see the classes")
        })?;
        let classes: Vec<String> = (0..=u8::MAX).map(|class| class.to_string()).collect();
        Labels::new(
            labels.iter().map(|class| usize::from(*class)).collect(),
            classes,
        )
    };
    let both = [of("known images", known)?, of("fresh images", fresh)?];
    let seen: Vec<String> = (0..=usize::from(u8::MAX))
        .filter(|class| both.iter().any(|labels| labels.of().contains(class)))
        .map(|class| class.to_string())
        .collect();
    let [known, fresh] = both;
    Ok([known.among(&seen)?, fresh.among(&seen)?])
}

fn std(sample: &Sample) -> f64 {
    mean_variance(sample).sqrt()
}

/// The points divided by a number.
fn scaled(sample: &Sample, size: f64) -> Result<Sample, Error> {
    Sample::new(sample.matrix() / size)
}

/// The invariance over the mean squared distance of views of different images.
fn relative(invariance: f64, views: &Paired) -> Result<f64, Error> {
    let variance = (mean_variance(&views.x) + mean_variance(&views.y)) / 2.0;
    let apart = (views.x.matrix().column_mean() - views.y.matrix().column_mean()).norm_squared();
    let different = 2.0 * variance + apart / views.x.dim() as f64;
    finite("relative invariance", invariance / different)
}
