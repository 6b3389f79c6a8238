//! The integration tests of vicinfo, one binary: known answers, golden values, conformance,
//! planted faults, experiments, structure.
#![allow(missing_docs, reason = "tests are documented by their names")]
#![allow(
    clippy::float_cmp,
    reason = "bitwise equality is what many tests are about"
)]
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]
#![allow(
    clippy::disallowed_methods,
    reason = "tests read fixtures and write temporary files"
)]

mod architecture;
mod conformance;
mod figure;
mod fixture;
mod fixtures_knn;
mod gaussian;
mod linalg;
mod neighbour;
mod objective;
mod parameters;
mod report;
mod seed;
mod shared;
mod stats;
