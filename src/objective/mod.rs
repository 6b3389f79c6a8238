//! Objectives of self-supervised learning.
