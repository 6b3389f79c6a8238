//! Training: optimisers, methods, learners and their checkpoints.

mod golden;
mod learner;
mod optimiser;
mod probe;
mod rejection;
