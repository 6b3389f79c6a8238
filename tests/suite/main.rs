//! The integration tests, one module a topic.

mod fixtures_knn;
mod neighbour;
mod shared;
