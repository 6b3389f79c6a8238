//! Pages to read: which estimator to take, and what the test suites are worth.

#[doc = include_str!("../docs/estimators.md")]
pub mod estimators {}

#[doc = include_str!("../docs/planted-faults.md")]
pub mod planted_faults {}
