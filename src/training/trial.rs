use serde::Serialize;

use super::course::{Course, Run};
use super::monitor::Monitor;
use super::preset::Preset;
use crate::error::Error;
use crate::image::Source;
use crate::network::Real;
use crate::seed::Seed;

/// One network of a comparison of methods: a small one ([`Course::small`]), trained by one of them on the images of its replicate.
///
/// Under one seed, trials that differ in their method alone see the same images, batches and views, so that their
/// differences are paired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trial {
    /// Name of the data set, as tables have it.
    pub data: String,
    /// Identifier of the method ([`Preset::id`]).
    pub method: &'static str,
    /// Which of several with other seeds.
    pub replicate: usize,
    /// Images that are trained on.
    pub known: usize,
    /// Images that are measured on.
    pub fresh: usize,
    /// Length of the training.
    pub epochs: u64,
}

impl Trial {
    /// Every method in every replicate, the replicates one after the other; `images` are those to train on and those to measure on.
    pub fn all(
        data: &str,
        methods: &[&'static str],
        replicates: usize,
        images: [usize; 2],
        epochs: u64,
    ) -> Vec<Self> {
        let trial = |replicate, method| Self {
            data: data.to_owned(),
            method,
            replicate,
            known: images[0],
            fresh: images[1],
            epochs,
        };
        (0..replicates)
            .flat_map(|replicate| methods.iter().map(move |method| trial(replicate, *method)))
            .collect()
    }

    /// The images, as what the network is measured by.
    ///
    /// # Errors
    /// As [`Source::split`].
    pub fn monitor(&self, source: &Source, seed: Seed) -> Result<Monitor, Error> {
        let images = source.split(None, self.known, self.fresh, seed.child("images"))?;
        Ok(Monitor::new(
            images,
            source.augmentation(),
            seed.child("monitor"),
        ))
    }

    /// The training on the known images of the monitor, before its first step.
    ///
    /// # Errors
    /// As [`Preset::named`], [`Course::small`] and [`Run::new`].
    pub fn run<'a, T: Real>(&self, monitor: &'a Monitor, seed: Seed) -> Result<Run<'a, T>, Error> {
        let known = &monitor.known;
        let preset = Preset::named(self.method)?;
        let course = Course::small(preset, monitor.augmentation, known.n(), self.epochs)?;
        Run::new(course, known, seed.child("run"))
    }
}
