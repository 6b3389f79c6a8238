//! Checks the information theory of self-supervised learning by computing it.
//!
//! Data flows one way:
//!
//! ```text
//! law / files -> sample -> estimator, objective -> uncertainty -> experiment (table) -> check -> figure -> report
//! ```
//!
//! A [`law`] generates points whose entropy or information is known, an estimator
//! ([`entropy`], [`information`]) reads them and cannot see the truth, an
//! [`experiment`] tabulates both and decides from the table alone, and a
//! [`report`] is assembled from the records on disk. A [`diagnostic`] is a number about a
//! sample that is no entropy of a law: a rank, a spectrum, a distance from the Gaussian.
//! A [`network`] is deterministic and piecewise affine, [`training`] fits it to an
//! [`objective`] of two views, and [`bound`] says what that is worth for a task downstream.
//! [`uncertainty`] says how far any of these numbers may be trusted, [`guide`] which to take, and an
//! [`audit`] is all that they say about the embeddings of one encoder.
//!
//! # Conventions
//!
//! * Entropies and informations are in **nats**; names of table columns end in `_nats`.
//! * A [`Sample`](sample::Sample) holds `n` points in `R^d`; a point is a column. Files hold
//!   points as rows, as NumPy does.
//! * `covariance` divides by `n - 1`, `second_moment` by `n` and does not centre.
//! * Random numbers come from a labelled [`Seed`](seed::Seed) only. Results are bitwise equal
//!   for every number of threads.
//! * Nothing is clipped, floored or jittered. Data that an estimator cannot take gives an
//!   [`Error`] with the numbers in it.
//!
#![doc = include_str!("../docs/library.md")]

pub mod array;
pub mod audit;
pub mod bound;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod diagnostic;
pub mod entropy;
pub mod error;
pub mod experiment;
pub mod figure;
pub mod finding;
pub mod guide;
pub mod image;
pub mod information;
pub mod kernel;
pub mod law;
pub mod linalg;
pub mod neighbour;
pub mod network;
pub mod number;
pub mod objective;
pub mod paper;
pub mod parameters;
pub mod record;
pub mod report;
pub mod sample;
pub mod seed;
pub mod stats;
pub mod training;
pub mod uncertainty;

pub use error::Error;

/// Runs the README's program as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
