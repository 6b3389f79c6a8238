//! Reports, assembled from records.
