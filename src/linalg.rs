//! Linear algebra on dense matrices.
