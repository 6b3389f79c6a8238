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
mod array;
mod cli;
mod conformance;
mod experiments;
mod figure;
mod fixture;
mod fixtures_knn;
mod gaussian;
mod harness;
mod image;
mod law;
mod linalg;
mod neighbour;
mod objective;
mod parameters;
mod planted_entropy;
mod planted_information;
mod report;
mod seed;
mod shared;
mod statistical;
mod stats;
mod uncertainty;

/// The experiments as the command line knows them.
#[path = "../../src/cli/registry.rs"]
#[allow(dead_code, reason = "the tests take the list, not the look-up")]
mod registry;
