//! Exact nearest neighbours and range counts.
