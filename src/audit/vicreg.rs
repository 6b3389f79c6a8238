use super::reading::{Reading, Section, said};
use super::subject::Context;
use crate::figure::{Axis, Figure, Mark, Panel, Series};
use crate::objective::{covariance_term, invariance_term, variance_term};

pub(super) const TITLE: &str = "The terms of VICReg";

/// The spread that VICReg asks of every coordinate.
const GAMMA: f64 = 1.0;
/// Weights as published: invariance, variance, covariance.
const WEIGHTS: [f64; 3] = [25.0, 25.0, 1.0];

pub(super) fn section(context: &Context<'_>) -> Section {
    let m = context.many();
    let views = &context.subject.views;
    let pairs = context.pairs(m);
    let of = |read: &dyn Fn(&crate::sample::Paired) -> Result<f64, crate::Error>| {
        pairs
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|pairs| read(pairs))
    };
    let invariance = invariance_term(views);
    let variance = of(&|p| Ok((variance_term(&p.x, GAMMA)? + variance_term(&p.y, GAMMA)?) / 2.0));
    let covariance = of(&|p| Ok(covariance_term(&p.x)? + covariance_term(&p.y)?));
    let loss = match (&invariance, &variance, &covariance) {
        (Ok(i), Ok(v), Ok(c)) => Ok(WEIGHTS[0] * i + WEIGHTS[1] * v + WEIGHTS[2] * c),
        (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => Err(error.clone()),
    };
    let readings = vec![
        Reading::new(
            "invariance",
            "1",
            views.n(),
            invariance,
            "mean squared difference of the views, over the coordinates",
        ),
        Reading::new(
            "variance",
            "1",
            m,
            variance,
            "mean hinge max(0, 1 - standard deviation) of a coordinate, mean of both views; 0 where every spread is 1 or more",
        ),
        Reading::new(
            "covariance",
            "1",
            m,
            covariance,
            "sum of the squared covariances over the dimension, sum of both views; in the fourth power of the embedding's units",
        ),
        Reading::new(
            "loss",
            "1",
            m,
            loss,
            "25 invariance + 25 variance + 1 covariance, with all pairs as one batch: penalties of small batches are larger",
        ),
    ];
    let words = format!(
        "The hinge on the spread is {} (0 is a standard deviation of 1 or more everywhere), the squared covariances are {} and the views differ by {}. \
         Variance and covariance of 0 are no evidence of much information: independent noise has them, too.",
        said(readings.get(1)),
        said(readings.get(2)),
        said(readings.first()),
    );
    Section {
        id: "vicreg".to_owned(),
        title: TITLE.to_owned(),
        words,
        readings,
        notes: context
            .note(
                "variance and covariance",
                m,
                "a covariance of all would take too long",
            )
            .into_iter()
            .collect(),
        figures: Vec::new(),
    }
}

/// The standard deviations of the coordinates, largest first.
pub(super) fn spread_figure(std_devs: &[f64]) -> Figure {
    let mut sorted: Vec<f64> = std_devs.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let alive = sorted.iter().take_while(|std| **std > 0.0);
    let points: Vec<(f64, f64)> = alive
        .zip(1..)
        .map(|(std, rank)| (f64::from(rank), *std))
        .collect();
    let missing = sorted.len() - points.len();
    let mut caption =
        "Coordinates of the first view by their standard deviation; VICReg's hinge asks for 1."
            .to_owned();
    if missing > 0 {
        caption += &format!(" {missing} constant coordinates cannot be drawn.");
    }
    // Something has to be drawn where nothing varies.
    let mut series = vec![Series::new(
        "asked for by VICReg",
        0,
        Mark::Horizontal(GAMMA),
    )];
    if !points.is_empty() {
        series.insert(
            0,
            Series::new("coordinate of the first view", 1, Mark::Line(points)),
        );
    }
    Figure {
        id: "spread".to_owned(),
        title: "Spread of the coordinates".to_owned(),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("rank of the coordinate").between(0.0, std_devs.len() as f64 + 1.0),
            y: Axis::log("standard deviation"),
            series,
        }],
        columns: 1,
        caption,
    }
}
