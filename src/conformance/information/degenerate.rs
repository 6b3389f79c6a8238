//! Pairs that may be refused, but never end in a number that is not finite.

use super::pair;
use crate::conformance::{Outcome, mapped, normal, refused_or_finite, seed};
use crate::information::InformationEstimator;

pub(super) fn one_pair(estimator: &dyn InformationEstimator) -> Outcome {
    let pairs = pair(normal(1, 1, seed("one x")), normal(1, 1, seed("one y")));
    refused_or_finite("one pair", estimator.information(&pairs))
}

pub(super) fn duplicates(estimator: &dyn InformationEstimator) -> Outcome {
    let indices: Vec<usize> = (0..100).map(|i| i % 10).collect();
    let repeat = |label| {
        normal(1, 10, seed(label))
            .select(&indices)
            .map_err(|error| error.to_string())
    };
    let pairs = pair(repeat("twin x")?, repeat("twin y")?);
    refused_or_finite("ten pairs ten times each", estimator.information(&pairs))
}

pub(super) fn constant_half(estimator: &dyn InformationEstimator) -> Outcome {
    let x = normal(1, 100, seed("free"));
    let y = mapped(&x, |_, y| y.fill(7.0));
    refused_or_finite("y constant", estimator.information(&pair(x, y)))
}

pub(super) fn equal_halves(estimator: &dyn InformationEstimator) -> Outcome {
    let x = normal(2, 100, seed("equal"));
    refused_or_finite("y = x", estimator.information(&pair(x.clone(), x)))
}
