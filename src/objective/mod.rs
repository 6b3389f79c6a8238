//! Objectives of self-supervised learning on plain matrices. One method a file.

mod vicreg;

pub use vicreg::{VicregTerms, covariance_term, invariance_term, variance_term, vicreg};
