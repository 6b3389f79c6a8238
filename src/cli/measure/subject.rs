use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use vicinfo::Error;
use vicinfo::uncertainty::{Entropy, Information, Quantity, Twins};

/// An estimator as the command line shows it.
pub trait Subject: Quantity {
    /// Name with parameters.
    fn name(&self) -> String;

    /// Unit of the value.
    fn unit(&self) -> &'static str {
        "nats"
    }

    /// On which side of the truth the value lies.
    fn side(&self) -> &'static str;

    /// Reasons to read the value with care.
    fn warnings(&self, data: &Self::Data) -> Vec<String>;
}

impl Subject for Entropy<'_> {
    fn name(&self) -> String {
        self.0.name()
    }

    fn side(&self) -> &'static str {
        self.0.promises().side.as_str()
    }

    fn warnings(&self, data: &Self::Data) -> Vec<String> {
        self.0.warnings(data)
    }
}

impl Subject for Information<'_> {
    fn name(&self) -> String {
        self.0.name()
    }

    fn side(&self) -> &'static str {
        self.0.promises().side.as_str()
    }

    fn warnings(&self, data: &Self::Data) -> Vec<String> {
        self.0.warnings(data)
    }
}

/// A subject that shows on stderr, if that is a terminal, how many estimates are done.
pub struct Counted<'a, S> {
    subject: &'a S,
    bar: ProgressBar,
}

impl<'a, S: Subject> Counted<'a, S> {
    /// Counts to `estimates`.
    pub fn new(subject: &'a S, what: &str, estimates: usize) -> Self {
        let style = ProgressStyle::with_template("{msg} [{bar:32}] {pos}/{len}, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(estimates as u64)
            .with_style(style)
            .with_message(format!("{}: {what}", subject.name()));
        bar.enable_steady_tick(Duration::from_millis(250));
        Self { subject, bar }
    }
}

impl<S: Subject> Quantity for Counted<'_, S> {
    type Data = S::Data;

    fn estimate(&self, data: &S::Data) -> Result<f64, Error> {
        let value = self.subject.estimate(data);
        self.bar.inc(1);
        value
    }

    fn gaussian_truth(&self, twins: &Twins<'_, S::Data>) -> Result<f64, Error> {
        self.subject.gaussian_truth(twins)
    }
}

impl<S> Drop for Counted<'_, S> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
