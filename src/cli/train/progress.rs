use std::io::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use vicinfo::network::Real;
use vicinfo::objective::distinct_names;
use vicinfo::training::{History, Run, Step};

use crate::cli::rounded;

/// A line on stderr. A reader that closed the pipe does not end the run.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// What is shown on stderr while a run goes on: a bar where that is a terminal, a line a look everywhere.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub fn new(steps: u64, done: u64) -> Self {
        let style = ProgressStyle::with_template("[{bar:24}] {pos}/{len} steps, {eta} left  {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(steps)
            .with_style(style)
            .with_position(done);
        // The time left is judged by the steps of this run alone.
        bar.reset_eta();
        bar.enable_steady_tick(Duration::from_millis(250));
        Self { bar }
    }

    /// The step, its loss with the terms, and the spread.
    pub fn step(&self, step: &Step) {
        let terms: Vec<String> = (distinct_names(&step.terms).iter().zip(&step.terms))
            .map(|(name, term)| format!("{name} {}", rounded(term.value)))
            .collect();
        self.bar.inc(1);
        self.bar.set_message(format!(
            "loss {} ({}), std {}",
            rounded(step.loss),
            terms.join(", "),
            rounded(step.std)
        ));
    }

    /// A line about a look.
    pub fn look<T: Real>(&self, run: &Run<'_, T>, history: &History) {
        let step = run.learner().steps();
        let last = |quantity: &str| {
            (history.points().iter().rev())
                .find(|point| point.quantity == quantity && point.step == step)
                .and_then(|point| point.value)
        };
        let shown = [
            ("loss", "loss"),
            ("std of Z", "std_embedding"),
            ("entropy (scaled, nats)", "scaled_log_det_nats"),
            ("RankMe", "rankme_embedding"),
            ("linear probe", "linear_accuracy"),
        ];
        let texts: Vec<String> = (shown.iter())
            .filter_map(|(label, quantity)| Some(format!("{label} {}", rounded(last(quantity)?))))
            .collect();
        let line = format!(
            "step {step}, epoch {:.2}: {}",
            step as f64 / run.per_epoch() as f64,
            texts.join(", ")
        );
        self.bar.suspend(|| say(&line));
    }

    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
