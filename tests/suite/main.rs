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
mod audit;
mod bound;
mod browser;
mod cli;
mod cli_audit;
mod cli_bound;
mod cli_bound_input;
mod cli_faults;
mod cli_measure;
mod cli_network;
mod cli_objective;
mod cli_plan;
mod cli_train;
mod conformance;
mod diagnostic;
mod experiments;
mod figure;
mod finding;
mod fixture;
mod fixtures_knn;
mod gaussian;
mod gaussian_shrunk;
mod harness;
mod histogram;
mod image;
mod information;
mod kernel;
mod law;
mod law_benchmark;
mod law_conformance;
mod law_joint;
mod linalg;
mod mixture_collapse;
mod mixture_collapse_moons;
mod neighbour;
mod network;
mod normality;
mod normality_calibrated;
mod normality_check;
mod normality_size;
mod objective;
mod pages;
mod parameters;
mod planted_density;
mod planted_entropy;
mod planted_information;
mod planted_law;
mod planted_lnc;
mod planted_normality;
mod planted_table;
mod pytorch_example;
mod report;
mod seed;
mod shared;
mod spacing;
mod statistical;
mod stats;
mod table;
mod trained_table;
mod training;
mod uncertainty;
mod variational;
