use nalgebra::DMatrix;

use super::reading::{Reading, Section, digits};
use super::subject::Context;
use crate::diagnostic::TotalCorrelation;
use crate::error::Error;
use crate::figure::{Axis, Figure, Mark, Panel, Series};

pub(super) const TITLE: &str = "Redundancy between coordinates";

/// Bins of the histogram over `[-1, 1]`.
const BINS: usize = 41;

struct Correlations {
    /// One of each pair of coordinates that vary.
    values: Vec<f64>,
    strongest: (usize, usize, f64),
    /// Coordinates without variance, which have no correlation.
    constant: usize,
}

pub(super) fn section(context: &Context<'_>) -> Section {
    let many = context.many();
    let read = context.covariance().and_then(correlations);
    let of = |value: &dyn Fn(&Correlations) -> f64| read.as_ref().map(value).map_err(Clone::clone);
    let squares =
        |c: &Correlations| c.values.iter().map(|r| r * r).sum::<f64>() / c.values.len() as f64;
    let total = context
        .covariance()
        .and_then(|covariance| TotalCorrelation.of_covariance(many, covariance));
    let readings = vec![
        Reading::new(
            "root_mean_square_correlation",
            "1",
            many,
            of(&|c| squares(c).sqrt()),
            format!(
                "over all pairs of coordinates that vary; chance alone gives {}",
                digits(1.0 / (many as f64).sqrt())
            ),
        ),
        Reading::new(
            "largest_correlation",
            "1",
            many,
            of(&|c| c.strongest.2),
            "the strongest, with its sign",
        ),
        Reading::new(
            "total_correlation",
            "nats",
            many,
            total,
            "-(1/2) ln det of the correlation matrix: linear dependence among all coordinates together",
        ),
    ];
    let words = match &read {
        Ok(correlations) => {
            let (i, j, value) = correlations.strongest;
            format!(
                "Two coordinates have a correlation of {} in the root mean square; coordinates {i} and {j} (counted from 0) have the strongest, {}. \
                 VICReg's covariance term sees these alone: dependence that is not linear, or among three coordinates, passes it by.",
                digits(squares(correlations).sqrt()),
                digits(value)
            )
        }
        Err(error) => format!("Correlations are not known: {error}."),
    };
    let mut notes: Vec<String> = context
        .note(
            "correlations",
            many,
            "a covariance of all would take too long",
        )
        .into_iter()
        .collect();
    if let Ok(correlations) = &read
        && correlations.constant > 0
    {
        notes.push(format!(
            "{} of {} coordinates are left out: they do not vary among these points, and have no correlation",
            correlations.constant,
            context.dim()
        ));
    }
    let figures = read
        .iter()
        .map(|correlations| figure(correlations, many))
        .collect();
    Section {
        id: "redundancy".to_owned(),
        title: TITLE.to_owned(),
        words,
        readings,
        notes,
        figures,
    }
}

fn correlations(covariance: &DMatrix<f64>) -> Result<Correlations, Error> {
    let dim = covariance.nrows();
    let mut values = Vec::with_capacity(dim * dim / 2);
    let mut strongest = (0, 0, 0.0_f64);
    for j in 0..dim {
        for i in j + 1..dim {
            let scale = (covariance[(i, i)] * covariance[(j, j)]).sqrt();
            if scale > 0.0 {
                let value = covariance[(i, j)] / scale;
                if value.abs() > strongest.2.abs() {
                    strongest = (j, i, value);
                }
                values.push(value);
            }
        }
    }
    if values.is_empty() {
        return Err(Error::invalid(
            "coordinates that vary",
            1,
            "at least two: one has no correlation",
        ));
    }
    let constant = (0..dim).filter(|j| covariance[(*j, *j)] <= 0.0).count();
    Ok(Correlations {
        values,
        strongest,
        constant,
    })
}

fn figure(correlations: &Correlations, n: usize) -> Figure {
    let mut counts = [0_usize; BINS];
    for value in &correlations.values {
        let place = ((value + 1.0) / 2.0 * BINS as f64) as usize;
        counts[place.min(BINS - 1)] += 1;
    }
    let total = correlations.values.len() as f64;
    let bars = counts.iter().enumerate().map(|(bin, count)| {
        let edge = |bin: usize| 2.0 * bin as f64 / BINS as f64 - 1.0;
        (edge(bin), edge(bin + 1), *count as f64 / total)
    });
    let chance = 1.96 / (n as f64).sqrt();
    let beyond = (correlations.values.iter()).filter(|r| r.abs() > chance);
    let beyond = beyond.count();
    Figure {
        id: "correlations".to_owned(),
        title: "Correlations between coordinates".to_owned(),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("correlation").between(-1.0, 1.0),
            y: Axis::linear("share of the pairs of coordinates"),
            series: vec![
                Series::new("embedding, first view", 1, Mark::Histogram(bars.collect())),
                Series::new(
                    "95 % of independent ones, by chance",
                    0,
                    Mark::Vertical(chance),
                ),
                Series::new(
                    "95 % of independent ones, by chance",
                    0,
                    Mark::Vertical(-chance),
                ),
            ],
        }],
        columns: 1,
        caption: format!(
            "Of {} pairs of coordinates {} % lie beyond the dashed lines; of independent ones {} would.",
            correlations.values.len(),
            digits(100.0 * beyond as f64 / total),
            if total < 100.0 {
                "some 5 %, so few that chance may make it several times that,".to_owned()
            } else {
                format!(
                    "5 ± {} % (95 %)",
                    digits(196.0 * (0.05 * 0.95 / total).sqrt())
                )
            }
        ),
    }
}
