//! Pages to read: which estimator to take, how information becomes VICReg, what the downstream
//! bound says, how to bring estimators, laws and experiments of one's own, and what the test suites are worth.

#[doc = include_str!("../docs/estimators.md")]
pub mod estimators {}

#[doc = include_str!("../docs/derivation.md")]
pub mod derivation {}

#[doc = include_str!("../docs/bound.md")]
pub mod bound {}

#[doc = include_str!("../docs/extending.md")]
pub mod extending {}

#[doc = include_str!("../docs/planted-faults.md")]
pub mod planted_faults {}
