use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use super::average::{keep, move_towards};
use super::mean_variance;
use super::method::{Method, Target, Views};
use super::model::{Encoder, Model, head, prefixed};
use super::optimiser::{Memory, Optimiser};
use super::schedule::Schedule;
use crate::error::Error;
use crate::network::{Arena, Gradient, Network, Real, Shape, Tape};
use crate::objective::Term;
use crate::sample::Sample;
use crate::seed::Seed;

/// What is trained and how, without the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// From images to representations.
    pub encoder: Encoder,
    /// Units of the projector's layers; the last is the dimension of the embedding.
    pub projector: Vec<usize>,
    /// Hidden units of the predictor; only methods with predictions have one.
    pub predictor: usize,
    /// What is minimised, as [`Method::parse`] reads it.
    pub method: String,
    /// How the parameters move.
    pub optimiser: Optimiser,
    /// How far they move.
    pub schedule: Schedule,
    /// Share of the target network that is kept in the first step; it rises to 1 ([`keep`]).
    pub keep: f64,
}

impl Plan {
    /// Refuses numbers out of range.
    pub(super) fn require(&self) -> Result<(), Error> {
        self.schedule.require()?;
        if (0.0..=1.0).contains(&self.keep) {
            Ok(())
        } else {
            Err(Error::invalid("keep", self.keep, "from 0 to 1"))
        }
    }
}

/// Networks in training: the model, for some methods a predictor and a target, and what the optimiser remembers.
pub struct Learner<T: Real> {
    pub(super) plan: Plan,
    pub(super) method: Method,
    pub(super) model: Model<T>,
    pub(super) predictor: Option<Network<T>>,
    pub(super) target: Option<Model<T>>,
    pub(super) memory: Memory<T>,
    /// The loss of the last step.
    pub(super) loss: Option<f64>,
    pub(super) arena: Arena<T>,
}

/// Predictions and targets of both views, and the tapes that the predictions left.
struct Predicted<T: Real> {
    predictions: Views,
    targets: Views,
    tapes: [Tape<T>; 2],
}

/// What a step did.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The step, counted from 0.
    pub step: u64,
    /// Its learning rate.
    pub rate: f64,
    /// The loss before it.
    pub loss: f64,
    /// The terms of the loss, whose weighted sum it is; [`distinct_names`](crate::objective::distinct_names) tells them apart.
    pub terms: Vec<Term>,
    /// Root of the mean variance of the embeddings' coordinates, over both views of the batch: zero
    /// for a collapsed network.
    pub std: f64,
}

impl<T: Real> Learner<T> {
    /// Draws the networks for images of a shape.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] and [`Error::UnknownName`] for a plan that cannot be followed.
    pub fn new(plan: Plan, input: Shape, seed: Seed) -> Result<Self, Error> {
        plan.require()?;
        let method = Method::parse(&plan.method)?;
        let model = Model::draw(&plan.encoder, &plan.projector, input, seed)?;
        let dim = model.projector.output().size();
        let predictor = match method.target() {
            None => None,
            Some(_) => Some(head(
                vec![dim, plan.predictor, dim],
                seed.child("predictor"),
            )?),
        };
        let target = (method.target() == Some(Target::Average)).then(|| model.clone());
        Ok(Self {
            plan,
            method,
            model,
            predictor,
            target,
            memory: Memory::new(),
            loss: None,
            arena: Arena::new(),
        })
    }

    /// Encoder and projector.
    pub fn model(&self) -> &Model<T> {
        &self.model
    }

    /// The target network, where the method has one.
    pub fn target(&self) -> Option<&Model<T>> {
        self.target.as_ref()
    }

    /// What is minimised.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// What is trained and how.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Steps done.
    pub fn steps(&self) -> u64 {
        self.memory.steps
    }

    /// One step on two views of the same images, `d x n` matrices of intensities.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] for fewer than two images, of which nothing is known that varies; [`Error::FailedStep`] when a number
    /// leaves its range, with its cause. The learner is not to be used after an error.
    pub fn step(&mut self, first: &DMatrix<T>, second: &DMatrix<T>) -> Result<Step, Error> {
        self.step_labelled(first, second, None)
    }

    /// One step on two views of the same images, with the class of each for a method that takes them.
    ///
    /// # Errors
    /// As [`Learner::step`]; [`Error::InvalidParameter`] without classes where the method takes them and for a
    /// class beyond the coordinates of the embedding; [`Error::Mismatch`] for another number of them.
    pub fn step_labelled(
        &mut self,
        first: &DMatrix<T>,
        second: &DMatrix<T>,
        classes: Option<&[usize]>,
    ) -> Result<Step, Error> {
        let n = first.ncols().min(second.ncols());
        if n < 2 {
            return Err(Error::TooFewPoints {
                method: "a step of a training",
                required: 2,
                actual: n,
            });
        }
        let step = self.memory.steps;
        let rate = self.plan.schedule.rate(step);
        let before = self.loss;
        // All of it on the thread pool: from outside, every parallel loop would wake the pool by itself.
        let done = rayon::scope(|_| self.advance([first, second], classes, step, rate));
        done.map_err(|cause| match cause {
            Error::NonFiniteResult { .. } | Error::NonFinite { .. } | Error::ZeroVector { .. } => {
                Error::FailedStep {
                    step,
                    rate,
                    cause: Box::new(cause),
                    before: before.map_or("none".to_owned(), |loss| loss.to_string()),
                }
            }
            other => other,
        })
    }

    fn advance(
        &mut self,
        views: [&DMatrix<T>; 2],
        classes: Option<&[usize]>,
        step: u64,
        rate: f64,
    ) -> Result<Step, Error> {
        let [(first, first_tape), (second, second_tape)] =
            both(views, |v| self.model.forward(v, &mut self.arena))?;
        let embeddings = [in_double(&first)?, in_double(&second)?];
        let std = spread(&embeddings);
        let predicted = self.predict(views, [&first, &second], &embeddings)?;
        let compared = predicted.as_ref().map(|p| (&p.predictions, &p.targets));
        let (loss, terms, slopes) = self.method.evaluate(&embeddings, compared, classes)?;

        let mut cotangents = slopes.embeddings;
        let mut of_predictor = Vec::new();
        if let (Some(predictor), Some(predicted), Some(slopes)) =
            (&self.predictor, predicted, slopes.predictions)
        {
            let [(first, from_first), (second, from_second)] =
                both(zip(predicted.tapes, slopes), |(tape, slope)| {
                    predictor.backward_in(tape, &slope, &mut self.arena)
                })?;
            of_predictor = sum(first, second);
            cotangents = Some(match cotangents {
                None => [from_first, from_second],
                Some([first, second]) => [first + from_first, second + from_second],
            });
        }
        let Some([first, second]) = cotangents else {
            unreachable!("a method has at least one objective")
        };
        let first = (self.model).gradients(first_tape, &first, &mut self.arena)?;
        let second = (self.model).gradients(second_tape, &second, &mut self.arena)?;
        let mut gradients = sum(first, second);
        gradients.extend(of_predictor);

        self.arena.settle();

        let mut parameters = self.model.parameters_mut();
        if let Some(predictor) = &mut self.predictor {
            parameters.extend(prefixed("predictor", predictor.parameters_mut()));
        }
        (self.plan.optimiser).step(rate, &mut self.memory, &mut parameters, &gradients)?;
        if let Some(target) = &mut self.target {
            let keep = keep(self.plan.keep, step, self.plan.schedule.steps);
            move_towards(&mut target.encoder, &self.model.encoder, keep)?;
            move_towards(&mut target.projector, &self.model.projector, keep)?;
        }
        self.loss = Some(loss);
        Ok(Step {
            step,
            rate,
            loss,
            terms,
            std,
        })
    }

    /// Predictions and targets of both views; none for a method without them.
    fn predict(
        &mut self,
        views: [&DMatrix<T>; 2],
        images: [&DMatrix<T>; 2],
        embeddings: &Views,
    ) -> Result<Option<Predicted<T>>, Error> {
        let Some(predictor) = &mut self.predictor else {
            return Ok(None);
        };
        let [(first, first_tape), (second, second_tape)] = both(images, |embedding| {
            predictor.forward_in(embedding, &mut self.arena)
        })?;
        let predictions = [in_double(&first)?, in_double(&second)?];
        let targets = match &mut self.target {
            None => embeddings.clone(),
            Some(target) => both(views, |view| {
                let (embeddings, tapes) = target.forward(view, &mut self.arena)?;
                tapes.discard(&mut self.arena);
                in_double(&embeddings)
            })?,
        };
        Ok(Some(Predicted {
            predictions,
            targets,
            tapes: [first_tape, second_tape],
        }))
    }
}

/// Does something to both views, the first first.
fn both<A, B>(views: [A; 2], mut act: impl FnMut(A) -> Result<B, Error>) -> Result<[B; 2], Error> {
    let [first, second] = views;
    Ok([act(first)?, act(second)?])
}

fn zip<A, B>([a, b]: [A; 2], [c, d]: [B; 2]) -> [(A, B); 2] {
    [(a, c), (b, d)]
}

fn in_double<T: Real>(points: &DMatrix<T>) -> Result<Sample, Error> {
    Sample::new(points.map(T::to_f64))
}

/// The gradients of a sum of two losses.
fn sum<T: Real>(mut first: Vec<Gradient<T>>, second: Vec<Gradient<T>>) -> Vec<Gradient<T>> {
    for (gradient, other) in first.iter_mut().zip(&second) {
        for (slope, other) in gradient.values.iter_mut().zip(&other.values) {
            *slope += *other;
        }
    }
    first
}

/// Root of the mean variance of the coordinates, over both views.
fn spread([first, second]: &Views) -> f64 {
    ((mean_variance(first) + mean_variance(second)) / 2.0).sqrt()
}
