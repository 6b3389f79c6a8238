use serde::{Deserialize, Serialize};

use super::batch::{Batches, views};
use super::cross_entropy;
use super::learner::{Learner, Plan, Step};
use super::model::Encoder;
use super::optimiser::Optimiser;
use super::preset::Preset;
use super::schedule::Schedule;
use crate::error::Error;
use crate::image::{Augmentation, Images};
use crate::network::{Real, Shape};
use crate::seed::Seed;

/// A plan with how its data are shown: all that says what a run does, beside the images and the seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Course {
    /// What is trained and how.
    pub plan: Plan,
    /// What makes two views of an image.
    pub augmentation: Augmentation,
    /// Images a batch.
    pub batch: usize,
}

impl Course {
    /// Images that are trained on and images that are measured on, where none are given.
    pub const IMAGES: [usize; 2] = [6000, 4000];

    /// A small convolutional network on `n` images: channels 16-32-128, projector 256-64, predictor 256, AdamW with decay 1e-5, batches of 256
    /// (or all images, if they are fewer), one epoch of warm-up, then a cosine down to 1 %.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for fewer than two images and for no epochs.
    pub fn small(
        preset: &Preset,
        augmentation: Augmentation,
        n: usize,
        epochs: u64,
    ) -> Result<Self, Error> {
        let projector = vec![256, 64];
        let mut course = Self {
            plan: Plan {
                encoder: Encoder::parse("conv_net(channels=16-32-128)")?,
                method: preset.method(64),
                projector,
                predictor: 256,
                optimiser: Optimiser::parse("adamw(weight_decay=0.00001)")?,
                schedule: Schedule {
                    rate: preset.rate,
                    warm_up: 0,
                    steps: 1,
                    floor: 0.01,
                },
                keep: 0.99,
            },
            augmentation,
            batch: n.min(256),
        };
        course.schedule(n, epochs)?;
        Ok(course)
    }

    /// Sets the length of the schedule to so many epochs of `n` images, the first of them (of several) the warm-up.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a batch of fewer than two images or of more than there are, for no epochs, and for more than
    /// can be counted.
    pub fn schedule(&mut self, n: usize, epochs: u64) -> Result<(), Error> {
        // The seed has no part in how many batches there are.
        let per_epoch = Batches::new(n, self.batch, Seed::root(0))?.per_epoch();
        let steps = epochs.checked_mul(per_epoch).filter(|steps| *steps > 0);
        let schedule = &mut self.plan.schedule;
        schedule.steps = steps.ok_or_else(|| {
            let most = u64::MAX / per_epoch;
            Error::invalid("epochs", epochs, format!("from 1 to {most}"))
        })?;
        schedule.warm_up = if epochs > 1 { per_epoch } else { 0 };
        schedule.require()
    }
}

/// A course on its way: the images, the learner, and where it is.
///
/// Epoch by epoch the images come in a new order, cut into batches; every step sees two views of each image of a
/// batch. What a step draws hangs on the seed and its number alone, so that a run that is taken up from a
/// learner goes on as if it had not been interrupted.
pub struct Run<'a, T: Real> {
    course: Course,
    images: &'a Images,
    seed: Seed,
    batches: Batches,
    learner: Learner<T>,
    /// The batches of the epoch of that number.
    epoch: Option<(u64, Vec<Vec<usize>>)>,
}

impl<'a, T: Real> Run<'a, T> {
    /// Draws the networks.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] and [`Error::UnknownName`] for a course that cannot be followed: a batch larger than the data
    /// is one, a schedule that does not end with an epoch ([`Course::schedule`] sets one that does), and a method that takes classes on
    /// images without them or with more than the embedding has coordinates.
    pub fn new(course: Course, images: &'a Images, seed: Seed) -> Result<Self, Error> {
        let learner = Learner::new(course.plan.clone(), shape(images), seed.child("networks"))?;
        Self::resume(course, images, seed, learner)
    }

    /// Takes a run up with the learner that it had come to.
    ///
    /// A learner knows its plan and its number of steps, and nothing of what it was shown: for the run to go on as if it had not been
    /// interrupted, the images and their order, the batch, the augmentation and the seed have to be those that it had. Under others it
    /// goes on as another run, from the epoch that its number of steps is in with them.
    ///
    /// # Errors
    /// As [`Run::new`]; [`Error::InvalidParameter`] for the learner of another plan and for one with more steps than that has,
    /// [`Error::Mismatch`] for one for images of another size.
    pub fn resume(
        course: Course,
        images: &'a Images,
        seed: Seed,
        learner: Learner<T>,
    ) -> Result<Self, Error> {
        if *learner.plan() != course.plan {
            return Err(Error::invalid(
                "learner",
                format!("{:?}", learner.plan()),
                format!("of the plan of the course, {:?}", course.plan),
            ));
        }
        let steps = course.plan.schedule.steps;
        if learner.steps() > steps {
            return Err(Error::invalid(
                "learner",
                format!("{} steps", learner.steps()),
                format!("at most the {steps} of the schedule"),
            ));
        }
        super::same(
            "numbers of an image, as many as the network takes",
            learner.model().encoder.input().size(),
            images.size().dim(),
        )?;
        if learner.method().supervised() {
            let labels = images.labels().ok_or_else(|| {
                Error::invalid(
                    "images",
                    "without labels",
                    "labelled: cross-entropy takes the classes",
                )
            })?;
            let classes = labels.iter().map(|&label| usize::from(label));
            cross_entropy::require(classes, learner.model().projector.output().size())?;
        }
        let batches = Batches::new(images.n(), course.batch, seed.child("batches"))?;
        let per_epoch = batches.per_epoch();
        if !steps.is_multiple_of(per_epoch) {
            return Err(Error::invalid(
                "steps",
                steps,
                format!(
                    "a multiple of {per_epoch}, the batches of {} that {} images make in an epoch",
                    course.batch,
                    images.n()
                ),
            ));
        }
        Ok(Self {
            course,
            images,
            seed,
            batches,
            learner,
            epoch: None,
        })
    }

    /// The next step; `None` at the end of the schedule.
    ///
    /// # Errors
    /// As [`Learner::step`].
    pub fn step(&mut self) -> Result<Option<Step>, Error> {
        let step = self.learner.steps();
        if step >= self.course.plan.schedule.steps {
            return Ok(None);
        }
        let (number, place) = (step / self.per_epoch(), step % self.per_epoch());
        let batches = match self.epoch.take() {
            Some((held, batches)) if held == number => batches,
            _ => self.batches.epoch(number),
        };
        let batch = &batches[place as usize];
        let seed = self.seed.child("views").child(number);
        let [first, second] = ["first", "second"].map(|view| {
            views(
                self.images,
                batch,
                &self.course.augmentation,
                seed.child(view),
            )
        });
        let classes: Option<Vec<usize>> = (self.images.labels())
            .map(|labels| batch.iter().map(|&i| usize::from(labels[i])).collect());
        let done = (self.learner).step_labelled(&first, &second, classes.as_deref())?;
        self.epoch = Some((number, batches));
        Ok(Some(done))
    }

    /// All steps that are left.
    ///
    /// # Errors
    /// As [`Run::step`].
    pub fn finish(&mut self) -> Result<(), Error> {
        while self.step()?.is_some() {}
        Ok(())
    }

    /// The networks as they are.
    pub fn learner(&self) -> &Learner<T> {
        &self.learner
    }

    /// Steps in an epoch.
    pub fn per_epoch(&self) -> u64 {
        self.batches.per_epoch()
    }

    /// Whether an epoch has just ended; also true before the first step.
    pub fn between_epochs(&self) -> bool {
        self.learner.steps().is_multiple_of(self.per_epoch())
    }

    /// What the run does.
    pub fn course(&self) -> &Course {
        &self.course
    }
}

/// Images as the input of a network.
fn shape(images: &Images) -> Shape {
    let size = images.size();
    Shape::image(size.channels, size.height, size.width)
}
