//! Training: optimisers, methods, learners and their checkpoints.

mod golden;
mod learner;
mod monitor;
mod optimiser;
mod probe;
mod rejection;
