//! Training: optimisers, methods, learners and their checkpoints, runs and what is seen of them.

mod course;
mod golden;
mod history;
mod learner;
mod monitor;
mod optimiser;
mod preset;
mod probe;
mod rejection;
