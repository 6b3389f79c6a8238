use super::reading::{Reading, Section, digits, rounded};
use super::subject::Context;
use super::twins::OfTwins;
use crate::diagnostic::{Diagnostic, TotalCorrelation};
use crate::entropy::{DiagonalGaussian, EntropyEstimator};
use crate::error::Error;
use crate::figure::{Axis, Figure, Mark, Panel, Series};
use crate::sample::Sample;
use crate::stats::student_t_quantile;
use crate::uncertainty::Calibration;

pub(super) const TITLE: &str = "Where the log-determinant is not tight";

struct Parts {
    /// What the variances allow.
    marginal: f64,
    /// What of it is lost to correlation.
    off_diagonal: f64,
    /// The rest, by neighbours.
    non_gaussianity: Result<f64, Error>,
    against_twins: Result<AgainstTwins, Error>,
}

/// What neighbours say of Gaussian twins less what they say of the points.
#[derive(Clone)]
struct AgainstTwins {
    gap: f64,
    /// And half the 95 % interval, by Student's law for so few twins.
    std_error: Result<(f64, f64), Error>,
}

pub(super) fn section(context: &Context<'_>) -> Section {
    let few = context.few();
    let parts = context
        .points(few)
        .and_then(|points| parts(context, &points));
    let no_density = context.no_density();
    let of = |read: fn(&Parts) -> Result<f64, Error>| {
        (parts.as_ref()).map_or_else(|error| Err(error.clone()), read)
    };
    let against = match &parts {
        Ok(parts) => parts.against_twins.clone(),
        Err(error) => Err(error.clone()),
    };
    let chance = TotalCorrelation::null_mean(few, context.dim());
    let words = match &parts {
        Ok(parts) => {
            let by_chance = chance.as_ref().map_or_else(
                |_| String::new(),
                |chance| format!(" (chance alone loses {})", digits(*chance)),
            );
            let beyond = match &against {
                _ if no_density.is_some() => format!(
                    " The points have no density: {}. To what a covariance does not see, no finite number of nats is lost then, and a log-determinant is \
                     above the entropy without end.",
                    no_density.unwrap_or_default()
                ),
                Ok(AgainstTwins {
                    gap,
                    std_error: Ok((_, half)),
                }) if gap > half => format!(
                    " Against Gaussian samples with the same covariance, {} nats more (95 %) are lost to everything that a covariance does not see: \
                     a log-determinant overstates the entropy by that much.",
                    rounded(*gap, Some(*half))
                ),
                Ok(AgainstTwins {
                    gap,
                    std_error: Ok((_, half)),
                }) => format!(
                    " Against Gaussian samples with the same covariance nothing more is seen to be lost ({} nats, 95 %).",
                    rounded(*gap, Some(*half))
                ),
                Ok(AgainstTwins {
                    gap,
                    std_error: Err(_),
                }) => format!(
                    " Against Gaussian samples with the same covariance, {} nats more are lost; what of that is chance is not known.",
                    digits(*gap)
                ),
                Err(_) => String::new(),
            };
            format!(
                "Of what the variances allow, {} nats are lost to correlation between coordinates{by_chance}.{beyond}",
                digits(parts.off_diagonal)
            )
        }
        Err(error) => format!("The slack could not be split: {error}."),
    };
    let mut notes: Vec<String> = context
        .note(
            "the split",
            few,
            "its parts need one sample, and neighbours compare every point with every other",
        )
        .into_iter()
        .collect();
    let beyond = Reading::new(
        "non_gaussianity_against_twins",
        "nats",
        few,
        (against.as_ref().map(|twins| twins.gap)).map_err(Clone::clone),
        "what neighbours say of Gaussian twins less what they say of the embedding: biases that Gaussian points have, too, are taken off; that of the edges of a support is not, and hides a part; the error is that of chance",
    )
    .with_std_error(
        against.and_then(|twins| twins.std_error).map(|(error, _)| error),
        &mut notes,
    );
    let readings = vec![
        Reading::new(
            "marginal",
            "nats",
            few,
            of(|parts| Ok(parts.marginal)),
            "sum of the entropies that the variances allow",
        ),
        Reading::new(
            "off_diagonal",
            "nats",
            few,
            of(|parts| Ok(parts.off_diagonal)),
            "lost to linear dependence: -(1/2) ln det of the correlation matrix",
        ),
        Reading::new(
            "off_diagonal_by_chance",
            "nats",
            few,
            chance,
            "the mean of that for independent Gaussian coordinates, as many points",
        ),
        Reading::new(
            "non_gaussianity",
            "nats",
            few,
            of(|parts| parts.non_gaussianity.clone()),
            "the Gaussian entropy less that by neighbours, whose bias it holds: negative where that is the larger",
        ),
        beyond,
    ];
    let figures = parts.iter().map(figure).collect();
    Section {
        id: "slack".to_owned(),
        title: TITLE.to_owned(),
        words,
        readings,
        notes,
        figures,
    }
}

fn parts(context: &Context<'_>, points: &Sample) -> Result<Parts, Error> {
    let off_diagonal = TotalCorrelation.measure(points)?;
    let marginal = DiagonalGaussian.entropy(points)?;
    let entropy = match context.no_density() {
        Some(why) => Err(Error::NoDensity {
            why: why.to_owned(),
        }),
        None => context.by_neighbours(),
    };
    let against_twins = (entropy.clone()).and_then(|entropy| against(context.twins()?, entropy));
    Ok(Parts {
        marginal,
        off_diagonal,
        non_gaussianity: entropy.map(|entropy| marginal - off_diagonal - entropy),
        against_twins,
    })
}

/// What neighbours say of Gaussian twins less what they say of the points, and its standard error.
///
/// Twins have the covariance of a sample, which is wider spread than that of its law, so that even of Gaussian points neighbours say more
/// than of their twins. How much, and how it varies, is what they say of twins and of the twins of these.
fn against(twins: &OfTwins, entropy: f64) -> Result<AgainstTwins, Error> {
    let OfTwins {
        calibration: Calibration { truth, errors },
        loss,
        std_error,
    } = twins;
    let student = student_t_quantile(0.975, errors.n as f64 - 1.0)?;
    Ok(AgainstTwins {
        gap: truth + errors.mean + loss - entropy,
        std_error: std_error.clone().map(|error| (error, student * error)),
    })
}

fn figure(parts: &Parts) -> Figure {
    let Parts {
        marginal,
        off_diagonal,
        against_twins,
        ..
    } = parts;
    let gaussian = marginal - off_diagonal;
    let mut names = vec!["variances".to_owned(), "covariance".to_owned()];
    let mut series = vec![
        Series::new(
            "allowed",
            1,
            Mark::Points(vec![(0.0, *marginal), (1.0, gaussian)]),
        ),
        Series::new("lost to correlation", 2, block(1.0, gaussian, *marginal)),
    ];
    if let Ok(AgainstTwins { gap, std_error }) = against_twins {
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
        if let Ok((_, half)) = std_error {
            series.push(Series::new(
                "estimate, 95 %",
                0,
                Mark::Bars(vec![(2.0, gaussian - gap, *half)]),
            ));
        }
    }
    let (title, caption) = match against_twins {
        Ok(_) => (
            "From the entropy that variances allow to that of the points",
            "What each step loses. Where the last block reaches upwards, neighbours see no departure from the Gaussian.",
        ),
        Err(_) => (
            "From the entropy that variances allow to that of the covariance",
            "What correlation loses. What comes after it is not known.",
        ),
    };
    Figure {
        id: "slack".to_owned(),
        title: title.to_owned(),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::names("", names),
            y: Axis::linear("entropy (nats)"),
            series,
        }],
        columns: 1,
        caption: caption.to_owned(),
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
