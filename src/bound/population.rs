use nalgebra::DMatrix;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rayon::prelude::*;

use super::assumption::{Assumptions, Complexities, Constants};
use super::complexity;
use super::count::{CountShape, check};
use super::labels::Labels;
use super::least_squares::{LeastSquares, losses};
use super::observation::{Observation, distance, norm, unit};
use super::radius::{Ball, Radius};
use super::spend::Spend;
use crate::error::{Error, finite};
use crate::sample::{Paired, Sample};
use crate::seed::Seed;

/// A law with finitely many points, on which every expectation and supremum of the bound is a sum or maximum.
///
/// A class is drawn with its probability, then one of its points with equal probability. The points are
/// features `f(x)` of an `f` that was fixed before.
///
/// Cost of making one `O(d sum_k N_k^2)` for classes of `N_k` points; memory that of the points.
#[derive(Debug, Clone, PartialEq)]
pub struct Population {
    features: Sample,
    labels: Labels,
    targets: DMatrix<f64>,
    priors: Vec<f64>,
    members: Vec<Vec<usize>>,
    distance_to_class: Vec<f64>,
    diameter: f64,
}

impl Population {
    /// Takes the points with their classes; without `priors` every point is as likely as any other.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for another number of labels than points or of priors than classes;
    /// [`Error::InvalidParameter`] for priors that are no probabilities, and for a class that has no points
    /// but may be drawn.
    pub fn new(features: Sample, labels: Labels, priors: Option<Vec<f64>>) -> Result<Self, Error> {
        if labels.n() != features.n() {
            return Err(Error::Mismatch {
                what: "labels",
                expected: features.n(),
                actual: labels.n(),
            });
        }
        let priors = priors.unwrap_or_else(|| labels.shares());
        check(&priors, labels.classes().len())?;
        let mut members = vec![Vec::new(); priors.len()];
        for (i, &class) in labels.of().iter().enumerate() {
            members[class].push(i);
        }
        for (class, points) in members.iter().enumerate() {
            if points.is_empty() && priors[class] > 0.0 {
                return Err(Error::invalid(
                    "class",
                    &labels.classes()[class],
                    format!(
                        "its probability is {}, so that it needs a point at least",
                        priors[class]
                    ),
                ));
            }
        }
        let rows: Vec<(f64, f64)> = (labels.of().par_iter().enumerate())
            .map(|(i, &class)| {
                let own = features.point(i);
                let distances = members[class]
                    .iter()
                    .map(|&j| distance(own, features.point(j)));
                let (sum, largest) = distances.fold((0.0, 0.0_f64), |(sum, largest), d| {
                    (sum + d, largest.max(d))
                });
                (sum / members[class].len() as f64, largest)
            })
            .collect();
        for (mean, _) in &rows {
            finite("the mean distance of a point to its class", *mean)?;
        }
        let diameter = largest(rows.iter().map(|row| row.1));
        Ok(Self {
            targets: labels.one_hot(),
            distance_to_class: rows.into_iter().map(|row| row.0).collect(),
            features,
            labels,
            priors,
            members,
            diameter,
        })
    }

    /// The points.
    pub fn features(&self) -> &Sample {
        &self.features
    }

    /// Their classes.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// Probabilities of the classes.
    pub fn priors(&self) -> &[f64] {
        &self.priors
    }

    /// `phi(x', y) = E_x |f(x) - f(x')|`, `x` from the class of `x'`, for each point `x'`.
    pub fn distance_to_class(&self) -> &[f64] {
        &self.distance_to_class
    }

    /// `I(f) = E_y E_(x, x') |f(x) - f(x')|`, both drawn from the class `y`.
    pub fn invariance(&self) -> f64 {
        self.mean(&self.distance_to_class)
    }

    /// `|W f(x) - y|` for each point. Cost `O(N d K)`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for weights of another shape, [`Error::NonFiniteResult`] on overflow.
    pub fn losses(&self, weights: &DMatrix<f64>) -> Result<Vec<f64>, Error> {
        losses(weights, &self.features, &self.targets)
    }

    /// `a_k = E |W f(x) - y|` for each class, 0 for a class without points.
    ///
    /// # Errors
    /// As [`Population::losses`].
    pub fn class_losses(&self, weights: &DMatrix<f64>) -> Result<Vec<f64>, Error> {
        Ok(self.class_means(&self.losses(weights)?))
    }

    /// `E |W f(x) - y|`.
    ///
    /// # Errors
    /// As [`Population::losses`].
    pub fn risk(&self, weights: &DMatrix<f64>) -> Result<f64, Error> {
        Ok(self.mean(&self.losses(weights)?))
    }

    /// `sqrt(E |f(x)|^2)`.
    pub fn root_mean_square(&self) -> f64 {
        let unit = unit(self.largest_norm());
        let squares: Vec<f64> = (self.features.points())
            .map(|z| (norm(z) / unit).powi(2))
            .collect();
        unit * self.mean(&squares).sqrt()
    }

    /// `max |f(x)|`.
    pub fn largest_norm(&self) -> f64 {
        largest(self.features.points().map(norm))
    }

    /// The constants of the bound, exactly; `kappa = B max |f(x)| + 1` is attained in the ball.
    ///
    /// # Errors
    /// As [`Population::losses`].
    pub fn constants(&self, observation: &Observation, ball: Ball) -> Result<Constants, Error> {
        let kappa = ball.radius * self.largest_norm() + 1.0;
        let kappa_unlabelled = match &observation.unlabelled {
            Some(fit) => largest(self.losses(&fit.weights)?),
            None => kappa,
        };
        Ok(Constants {
            tau: self.diameter,
            tau_unlabelled: largest(self.distance_to_class.iter().copied()),
            kappa,
            kappa_unlabelled,
            kappa_labelled: largest(self.class_losses(&observation.labelled.weights)?),
        })
    }

    /// The assumptions of the bound with nothing estimated: exact constants and class probabilities, the complexity
    /// of a ball by [`maurer`](complexity::maurer) at the exact norm, a fifth of `delta` for each event.
    ///
    /// # Errors
    /// As [`Assumptions::from_norm`] and [`Population::losses`].
    pub fn assumptions(
        &self,
        observation: &Observation,
        radius: Radius,
        delta: f64,
    ) -> Result<Assumptions, Error> {
        let fitted = observation.unlabelled.as_ref();
        let ball = radius.ball(fitted.map(LeastSquares::weight_norm))?;
        let loss = complexity::maurer(ball.radius, self.priors.len(), self.root_mean_square())?;
        Ok(Assumptions {
            spend: Spend::even(delta)?,
            constants: self.constants(observation, ball)?,
            complexities: Complexities {
                invariance: 0.0,
                loss,
            },
            ball,
            priors: Some(self.priors.clone()),
            count: CountShape::TotalVariation,
        })
    }

    /// Draws `n` labelled points, as indices.
    pub fn draw(&self, n: usize, seed: Seed) -> Vec<usize> {
        let mut rng = seed.rng();
        (0..n)
            .map(|_| {
                let class = self.draw_class(&mut rng);
                self.draw_member(class, &mut rng)
            })
            .collect()
    }

    /// Draws `m` positive pairs, as indices: both of one class, independent given the class.
    pub fn draw_positives(&self, m: usize, seed: Seed) -> Vec<[usize; 2]> {
        let mut rng = seed.rng();
        (0..m)
            .map(|_| {
                let class = self.draw_class(&mut rng);
                [0, 1].map(|_| self.draw_member(class, &mut rng))
            })
            .collect()
    }

    fn draw_class(&self, rng: &mut ChaCha8Rng) -> usize {
        let mut left = rng.random::<f64>();
        let mut drawn = 0;
        for (class, &prior) in self.priors.iter().enumerate() {
            if prior > 0.0 {
                drawn = class;
                if left < prior {
                    break;
                }
                left -= prior;
            }
        }
        drawn
    }

    fn draw_member(&self, class: usize, rng: &mut ChaCha8Rng) -> usize {
        self.members[class][rng.random_range(0..self.members[class].len())]
    }

    /// Reads what the bound needs off the labelled points and the pairs at these indices.
    ///
    /// # Errors
    /// [`Error::Empty`] without points or pairs, [`Error::Mismatch`] for an index beyond the last point,
    /// [`Error::InvalidParameter`] for a pair of two classes; as [`Observation::new`].
    pub fn observe(
        &self,
        labelled: &[usize],
        pairs: &[[usize; 2]],
        cutoff: f64,
    ) -> Result<Observation, Error> {
        let [first, second] = [0, 1].map(|half| {
            let indices = pairs.iter().map(|pair| pair[half]);
            indices.collect::<Vec<usize>>()
        });
        let positives = Paired::new(
            self.features.select(&first)?,
            self.features.select(&second)?,
        )?;
        let of = self.labels.of();
        let mixed = |pair: &&[usize; 2]| of[pair[0]] != of[pair[1]];
        if let Some([a, b]) = pairs.iter().find(mixed) {
            return Err(Error::invalid(
                "positive pair",
                format!("({a}, {b})"),
                "two points of one class",
            ));
        }
        Observation::new(
            &self.features.select(labelled)?,
            &self.labels.select(labelled)?,
            &positives,
            Some(&self.labels.select(&first)?),
            cutoff,
        )
    }

    /// Points of each class.
    pub(super) fn members(&self) -> &[Vec<usize>] {
        &self.members
    }

    /// Means of a function of the points over each class.
    pub(super) fn class_means(&self, values: &[f64]) -> Vec<f64> {
        (self.members.iter())
            .map(|members| {
                let sum: f64 = members.iter().map(|&i| values[i]).sum();
                // A class without points has probability 0.
                sum / members.len().max(1) as f64
            })
            .collect()
    }

    /// Expectation of a function of the points.
    pub(super) fn mean(&self, values: &[f64]) -> f64 {
        let means = self.class_means(values);
        self.priors
            .iter()
            .zip(means)
            .map(|(p, mean)| p * mean)
            .sum()
    }
}

fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(0.0, f64::max)
}
