use super::reading::{Reading, Section, digits};
use super::subject::Context;
use super::{COLLAPSED, vicreg};
use crate::error::{Error, finite};
use crate::linalg::mean;
use crate::sample::{Paired, Sample};

pub(super) const TITLE: &str = "Has it collapsed?";

/// Share of the root mean variance below which a coordinate counts as dead.
const DEAD: f64 = 0.01;

/// How many dead coordinates are named.
const NAMED: usize = 20;

pub(super) fn section(context: &Context<'_>) -> Section {
    let views = &context.subject.views;
    let n = views.n();
    let deviations = std_devs(&views.x);
    let second_deviations = std_devs(&views.y);
    let (dead, second_dead) = (dead(&deviations), dead(&second_deviations));
    let repeated = n - views.x.distinct();
    let apart = relative_invariance(views);
    let relative = Reading::new(
        "relative_invariance",
        "1",
        n,
        apart.clone(),
        "mean squared distance of two views over that of two inputs' views; 1 where views of an input are no nearer than any, 0 where they coincide",
    );
    let (spread, second) = (
        context.spread_over_length,
        context.second_spread_over_length,
    );
    let words = if let Some(view) = context.collapsed_view() {
        format!(
            "This embedding has collapsed, {view} of it: the points of the first view differ by {} of their length, those of the second by {}. \
             Only this section and the terms of VICReg are given: entropies, information, ranks and all else would describe the next to nothing that varies there. \
             relative_invariance and dead_coordinates do not see the scale and are no evidence here.",
            digits(spread),
            digits(second)
        )
    } else {
        let coordinates = match (dead.len(), second_dead.len()) {
            (0, 0) => "no coordinate is dead".to_owned(),
            (dead, second) => format!(
                "{dead} of {} coordinates of the first view, and {second} of the second, have less than {} % of the typical standard deviation and carry next \
                 to nothing",
                context.dim(),
                100.0 * DEAD
            ),
        };
        let views = match &apart {
            Ok(share) => format!(
                "Two views of an input are {} times as far apart, in mean squared distance, as views of two inputs",
                digits(*share)
            ),
            Err(_) => "How near the views are is not known".to_owned(),
        };
        format!(
            "Neither view has collapsed to a point: a coordinate of the first has a standard deviation of {}, and {coordinates}. {views}.",
            digits(context.std)
        )
    };
    let mut notes = Vec::new();
    for (view, dead) in [("first", &dead), ("second", &second_dead)] {
        if !dead.is_empty() && context.collapsed_view().is_none() {
            notes.push(format!(
                "dead coordinates of the {view} view, counted from 0: {}; leave them out of both views for an audit of the others",
                named(dead)
            ));
        }
    }
    if repeated > 0 {
        notes.push(format!(
            "{repeated} of {n} points of the first view repeat an earlier one: where four of those that neighbours are read from coincide, the third \
             neighbour is at distance zero, which has no logarithm, and there is no entropy by neighbours"
        ));
    }
    if n <= context.dim() {
        notes.push(format!(
            "{n} points in {} dimensions: no more points than coordinates, so that no covariance is invertible",
            context.dim()
        ));
    }
    Section {
        id: "collapse".to_owned(),
        title: TITLE.to_owned(),
        words,
        readings: vec![
            Reading::new(
                "std",
                "1",
                n,
                Ok(context.std),
                "root of the mean variance of a coordinate of the first view",
            ),
            Reading::new(
                "std_second",
                "1",
                n,
                Ok(root_mean_square(&second_deviations)),
                "the same of the second view",
            ),
            Reading::new(
                "spread_over_length",
                "1",
                n,
                Ok(spread),
                format!(
                    "spread of the points of the first view over their length; collapsed up to {COLLAPSED}"
                ),
            ),
            Reading::new(
                "spread_over_length_second",
                "1",
                n,
                Ok(second),
                "the same of the second view",
            ),
            Reading::new(
                "dead_coordinates",
                "1",
                n,
                Ok(dead.len() as f64),
                "coordinates of the first view with less than 1 % of its standard deviation, or none",
            ),
            Reading::new(
                "dead_coordinates_second",
                "1",
                n,
                Ok(second_dead.len() as f64),
                "the same of the second view",
            ),
            relative,
        ],
        notes,
        figures: vec![vicreg::spread_figure(&deviations)],
    }
}

/// Coordinates with next to none of the typical standard deviation; all, where nothing varies.
fn dead(deviations: &[f64]) -> Vec<usize> {
    let typical = root_mean_square(deviations);
    let coordinates = deviations.iter().enumerate();
    let dead = coordinates.filter(|(_, std)| **std <= DEAD * typical);
    dead.map(|(j, _)| j).collect()
}

/// The first of them, and how many more there are.
fn named(coordinates: &[usize]) -> String {
    let (first, rest) = coordinates.split_at(coordinates.len().min(NAMED));
    let mut names: Vec<String> = first.iter().map(usize::to_string).collect();
    if !rest.is_empty() {
        names.push(format!("and {} more", rest.len()));
    }
    names.join(", ")
}

/// Standard deviation of every coordinate, divisor `n - 1`.
pub(super) fn std_devs(sample: &Sample) -> Vec<f64> {
    let mean = mean(sample);
    let mut squares = vec![0.0; sample.dim()];
    for point in sample.points() {
        for ((square, value), mean) in squares.iter_mut().zip(point).zip(&mean) {
            *square += (value - mean).powi(2);
        }
    }
    let degrees = (sample.n() - 1) as f64;
    squares.iter().map(|s| (s / degrees).sqrt()).collect()
}

fn root_mean_square(values: &[f64]) -> f64 {
    (values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64).sqrt()
}

/// Mean squared distance of two views over that of views of two inputs.
pub(super) fn relative_invariance(views: &Paired) -> Result<f64, Error> {
    let squares =
        |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum() };
    let pairs = views.x.points().zip(views.y.points());
    let near: f64 = pairs.map(|(a, b)| squares(a, b)).sum::<f64>() / views.n() as f64;
    let variances = |sample: &Sample| -> f64 { std_devs(sample).iter().map(|s| s * s).sum() };
    let far = variances(&views.x) + variances(&views.y) + squares(&mean(&views.x), &mean(&views.y));
    if far == 0.0 {
        return Err(Error::invalid(
            "mean squared distance of two inputs' views",
            0,
            "more: nothing varies",
        ));
    }
    finite("relative invariance", near / far)
}
