use super::reading::{Reading, Section, digits, rounded};
use super::subject::{Context, neighbours};
use crate::diagnostic::Split;
use crate::error::Error;
use crate::figure::{Axis, Figure, Mark, Panel, Series};
use crate::sample::Sample;

pub(super) const TITLE: &str = "Where the log-determinant is not tight";

struct Parts {
    split: Split,
    /// What neighbours say of Gaussian twins less what they say of the points: mean and standard error.
    against_twins: Result<(f64, f64), Error>,
}

pub(super) fn section(context: &Context<'_>) -> Section {
    let few = context.few();
    let parts = context
        .points(few)
        .and_then(|points| parts(context, &points));
    let of = |read: fn(&Split) -> f64| {
        parts
            .as_ref()
            .map(|parts| read(&parts.split))
            .map_err(Clone::clone)
    };
    let against = match &parts {
        Ok(parts) => parts.against_twins.clone(),
        Err(error) => Err(error.clone()),
    };
    let words = match (&parts, &against) {
        (Ok(parts), Ok((gap, error))) => format!(
            "Of what the variances allow, {} nats are lost to correlation between coordinates, which decorrelation could win back. \
             Against Gaussian samples with the same covariance, {} nats more are lost to everything that a covariance does not see: \
             a log-determinant overstates the entropy by that much.",
            digits(parts.split.off_diagonal),
            rounded(*gap, Some(*error))
        ),
        (Ok(parts), Err(_)) => format!(
            "Of what the variances allow, {} nats are lost to correlation between coordinates.",
            digits(parts.split.off_diagonal)
        ),
        (Err(error), _) => format!("The slack could not be split: {error}."),
    };
    let readings = vec![
        Reading::new(
            "marginal",
            "nats",
            few,
            of(|s| s.marginal),
            "sum of the entropies that the variances allow",
        ),
        Reading::new(
            "off_diagonal",
            "nats",
            few,
            of(|s| s.off_diagonal),
            "lost to linear dependence: -(1/2) ln det of the correlation matrix",
        ),
        Reading::new(
            "non_gaussianity",
            "nats",
            few,
            of(|s| s.non_gaussianity),
            "the Gaussian entropy less that by neighbours, whose bias it holds: negative where that is the larger",
        ),
        Reading::with_error(
            "non_gaussianity_against_twins",
            "nats",
            few,
            against,
            "what neighbours say of Gaussian twins less what they say of the embedding: the bias that both share cancels, that of the edges of a support does not and hides a part; the error is that of chance",
        ),
    ];
    let figures = parts.iter().map(figure).collect();
    Section {
        id: "slack".to_owned(),
        title: TITLE.to_owned(),
        words,
        readings,
        notes: context
            .note(
                "the split",
                few,
                "its parts need one sample, and neighbours compare every point with every other",
            )
            .into_iter()
            .collect(),
        figures,
    }
}

fn parts(context: &Context<'_>, points: &Sample) -> Result<Parts, Error> {
    let split = Split::new(points, &neighbours()?)?;
    let against_twins = context.twins().map(|calibration| {
        let gap = calibration.truth + calibration.errors.mean - split.entropy;
        // One sample varies as one twin does, and the mean of the twins on top.
        let error = calibration.errors.std_dev * (1.0 + 1.0 / calibration.errors.n as f64).sqrt();
        (gap, error)
    });
    Ok(Parts {
        split,
        against_twins,
    })
}

fn figure(parts: &Parts) -> Figure {
    let Parts {
        split,
        against_twins,
    } = parts;
    let gaussian = split.marginal - split.off_diagonal;
    let mut names = vec!["variances".to_owned(), "covariance".to_owned()];
    let mut series = vec![
        Series::new(
            "allowed",
            1,
            Mark::Points(vec![(0.0, split.marginal), (1.0, gaussian)]),
        ),
        Series::new(
            "lost to correlation",
            2,
            block(1.0, gaussian, split.marginal),
        ),
    ];
    if let Ok((gap, error)) = against_twins {
        names.push("the points, bias of twins taken off".to_owned());
        series.push(Series::new(
            "lost to non-Gaussianity",
            3,
            block(
                2.0,
                (gaussian - gap).min(gaussian),
                (gaussian - gap).max(gaussian),
            ),
        ));
        series.push(Series::new(
            "estimate, 95 %",
            0,
            Mark::points_within_95([(2.0, gaussian - gap, *error)]),
        ));
    }
    Figure {
        id: "slack".to_owned(),
        title: "From the entropy that variances allow to that of the points".to_owned(),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::names("", names),
            y: Axis::linear("entropy (nats)"),
            series,
        }],
        columns: 1,
        caption: "What each step loses. Where the last block reaches upwards, neighbours see no departure from the Gaussian.".to_owned(),
    }
}

fn block(place: f64, low: f64, high: f64) -> Mark {
    Mark::Blocks(vec![(
        place - 0.3,
        place + 0.3,
        low,
        high.max(low + 1e-9 * low.abs().max(1.0)),
    )])
}
