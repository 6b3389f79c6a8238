//! The products of the crate, at the precision of a network.

pub(super) use crate::linalg::product::{product, view};
