use super::reading::{Reading, Section, digits};
use super::subject::Context;
use super::twins::neighbours;
use super::{density, influence};
use crate::entropy::{
    DiagonalGaussian, EntropyEstimator, Gaussian, KolchinskyTracey, PairwiseBound, ShrunkGaussian,
};
use crate::error::{Error, finite};
use crate::figure::{Axis, Figure, Mark, Panel, Series};
use crate::linalg::{Spd, centred};
use crate::sample::Sample;
use crate::stats::Summary;
use crate::uncertainty::{self, Subsampling};

pub(super) const TITLE: &str = "Entropy";

/// Variance of a component of the pairwise bound over the dimension, in units of the mean variance.
const COMPONENT: f64 = 0.06;

/// A value and its standard error.
type Valued = (f64, f64);

pub(super) fn section(context: &Context<'_>) -> Section {
    let (many, few) = (context.many(), context.few());
    let all = context.points(many);
    let of_all = |read: &dyn Fn(&Sample) -> Result<f64, Error>| {
        all.as_ref()
            .map_err(Clone::clone)
            .and_then(|points| read(points))
    };
    let factor = context.factor();
    let gaussian = factor.and_then(|factor| Gaussian::default().of_factor(many, factor));
    let error_of_gaussian = of_all(&|points| {
        let some = context.points(few.min(many))?;
        error_of_log_det(context.factor()?, points, &some)
    });
    let constant = all
        .as_ref()
        .map_or(0, |points| density::constant(points).len());
    // No estimate converges to an entropy where points have no density in all coordinates, as those in a subspace.
    let no_density = if constant > 0 {
        Some(format!(
            "{constant} of {} coordinates do not vary among these points",
            context.dim()
        ))
    } else if matches!(gaussian, Err(Error::SingularCovariance { .. })) {
        Some("some coordinates are linear functions of others, to working precision".to_owned())
    } else {
        context.no_density().map(str::to_owned)
    };
    let flat = no_density.is_some();
    let diagonal = of_all(&|points| DiagonalGaussian.entropy(points));
    let error_of_diagonal = of_all(&error_of_log_variances);
    let mut unknown = Vec::new();
    let mut bound = |name, value, error, about| {
        Reading::new(name, "nats", many, value, about)
            .on_side("above")
            .with_std_error(error, &mut unknown)
    };
    let mut readings = vec![
        bound(
            "diagonal_gaussian",
            diagonal,
            error_of_diagonal,
            "what the variances allow: the entropy of independent Gaussians",
        ),
        bound(
            "gaussian",
            gaussian,
            error_of_gaussian,
            "what the covariance allows: the entropy of a Gaussian with it",
        ),
    ];
    if many < 10 * context.dim() {
        let shrunk = of_all(&|points| ShrunkGaussian::default().entropy(points));
        readings.push(
            Reading::new(
                "gaussian_shrunk",
                "nats",
                many,
                shrunk,
                "the same of a covariance shrunk towards a multiple of the identity (Ledoit-Wolf): points are few for so many coordinates",
            )
            .on_side("above"),
        );
    }
    let (neighbour, bias, mut notes) = by_neighbours(context, few, flat);
    readings.push(neighbour);
    readings.push(bias);
    notes.extend(unknown);
    let width = (COMPONENT * context.dim() as f64).sqrt() * context.std;
    let pairwise = context
        .points(few)
        .and_then(|points| KolchinskyTracey::new(PairwiseBound::Kl, width)?.entropy(&points));
    readings.push(
        Reading::new(
            "kolchinsky_tracey",
            "nats",
            few,
            pairwise,
            format!(
                "pairwise distances (PairDist): above the entropy of the sample smoothed by noise of standard deviation {}, not that of the law", digits(width)
            ),
        )
        .on_side("above"),
    );
    let value = |name: &str| readings.iter().find(|r| r.name == name);
    let words = if let Some(why) = no_density {
        let given = match value(NEIGHBOURS).and_then(|reading| reading.value) {
            Some(value) => format!(
                " What the neighbours' distances give ({}) is then no entropy of that space.",
                digits(value)
            ),
            None => String::new(),
        };
        format!(
            "There is no entropy in nats of all coordinates: {why}, so that the points have no density there.{given}"
        )
    } else {
        format!(
            "The covariance allows {}, the variances alone {}; nearest neighbours see {} before their bias is taken off. \
             With enough points the first two are upper bounds whatever the law. Entropies depend on the units of the embedding: twice the scale adds {:.1} nats.",
            nats(value("gaussian")),
            nats(value("diagonal_gaussian")),
            nats(value(NEIGHBOURS)),
            context.dim() as f64 * std::f64::consts::LN_2
        )
    };
    let allowed = readings
        .iter()
        .any(|r| r.name == "gaussian" && r.value.is_some());
    if allowed && let Ok(bias) = Gaussian::bias(many, context.dim()) {
        notes.push(format!(
            "of Gaussian points, {many} of them, chance alone moves the log-determinant by {} nats: it is no upper bound before that is small",
            digits(bias)
        ));
    }
    notes.extend(context.note(
        "log-determinants",
        many,
        "a covariance of all would take too long",
    ));
    let figures = figure(&readings).into_iter().collect();
    Section {
        id: "entropy".to_owned(),
        title: TITLE.to_owned(),
        words,
        readings,
        notes,
        figures,
    }
}

fn nats(reading: Option<&Reading>) -> String {
    match reading.and_then(|reading| reading.value) {
        Some(value) => format!("{} nats", digits(value)),
        None => "nothing that has a number (the table says why)".to_owned(),
    }
}

const NEIGHBOURS: &str = "kozachenko_leonenko";
const ABOUT: &str = "3rd nearest neighbours: converges to the truth, and is far from it in high dimension for any number of points that one has";
const ABOUT_FLAT: &str = "from the distances of 3rd nearest neighbours: no entropy in nats of this space, in which the points have no density";

/// The nearest-neighbour estimate with its error, its bias on Gaussian twins, and what has to be said about them.
fn by_neighbours(context: &Context<'_>, few: usize, flat: bool) -> (Reading, Reading, Vec<String>) {
    let mut notes: Vec<String> = context
        .note(
            "neighbours and pairwise distances",
            few,
            "every point is compared with every other",
        )
        .into_iter()
        .collect();
    let bias = |value: Result<Valued, Error>| {
        Reading::estimated(
            "kozachenko_leonenko_bias",
            "nats",
            few,
            value,
            "its mean error on Gaussian twins: samples of this size from a Gaussian with this covariance, whose entropy is known",
        )
    };
    let (points, estimator) = match (context.points(few), neighbours()) {
        (Ok(points), Ok(estimator)) => (points, estimator),
        (Err(error), _) | (_, Err(error)) => {
            let about = if flat { ABOUT_FLAT } else { ABOUT };
            let reading = Reading::new(NEIGHBOURS, "nats", few, Err(error.clone()), about);
            return (reading, bias(Err(error)), notes);
        }
    };
    let about = if flat { ABOUT_FLAT } else { ABOUT };
    let quantity = uncertainty::Entropy(&estimator);
    let value = context.by_neighbours();
    let mut reading = Reading::new(NEIGHBOURS, "nats", few, value.clone(), about);
    if !flat {
        reading = reading.on_side("consistent");
    }
    if let Err(error) = value {
        return (reading, bias(Err(error)), notes);
    }
    if context.repeatable(few) {
        let spread = Subsampling::new(&quantity, &*points, context.seed.child("entropy"));
        if let Ok(spread) = &spread {
            notes.extend(spread.warnings());
        }
        reading = reading.with_std_error(spread.map(|spread| spread.std_error), &mut notes);
    } else {
        notes.push(format!(
            "no standard error of {NEIGHBOURS}: it takes dozens of estimates on {few} points in {} dimensions",
            context.dim()
        ));
    }
    let calibration = context.twins().map(|twins| &twins.calibration);
    if let Ok(calibration) = &calibration {
        notes.extend(calibration.warnings());
    }
    let errors = calibration.map(|calibration| calibration.errors);
    let errors = errors.map(|errors| (errors.mean, errors.std_error));
    (reading, bias(errors), notes)
}

/// Standard error of `(1/2) ln det S`, told by some thousands of the points.
///
/// That of Gaussian points is known. What others have beyond that by the jackknife is added; where they have less, it is less in proportion, as the
/// jackknife is too large where coordinates are no small part of the points. Where points are hardly more than coordinates, up to a fifth, chance adds to it:
/// the error is too large rather than too small then.
fn error_of_log_det(factor: &Spd, points: &Sample, some: &Sample) -> Result<f64, Error> {
    let (n, dim) = (points.n(), points.dim());
    let gaussian = Gaussian::variance(n, dim)?;
    if n <= dim + 1 {
        // By a covariance of so few points all lengths are equal, whatever the law.
        return Ok(gaussian.sqrt());
    }
    let lengths = influence::squared_lengths(factor, points, some);
    let found = Summary::new(&influence::of_each(&lengths, n)?)?
        .std_dev
        .powi(2);
    let expected = influence::gaussian_variance(n, dim);
    let variance = if found > expected {
        gaussian + (found - expected) / n as f64
    } else {
        gaussian * found / expected
    };
    Ok(variance.sqrt())
}

/// Standard error of the sum of `(1/2) ln S_jj`, by the jackknife.
fn error_of_log_variances(points: &Sample) -> Result<f64, Error> {
    let variances: Vec<f64> = super::collapse::std_devs(points)
        .iter()
        .map(|s| s * s)
        .collect();
    let centred = centred(points);
    let parts: Result<Vec<f64>, Error> = (centred.column_iter())
        .map(|z| {
            let coordinates = z.iter().zip(&variances);
            let parts = coordinates.map(|(z, v)| influence::of_one(z * z / v, points.n()));
            finite(
                "the sum of log-variances without its farthest point",
                parts.sum(),
            )
        })
        .collect();
    Ok(Summary::new(&parts?)?.std_error)
}

fn figure(readings: &[Reading]) -> Option<Figure> {
    let known: Vec<(&Reading, f64)> = (readings.iter())
        .filter(|reading| reading.side.is_some())
        .filter_map(|reading| Some((reading, reading.value?)))
        .collect();
    if known.is_empty() {
        return None;
    }
    let names = known
        .iter()
        .map(|(reading, _)| reading.name.clone())
        .collect();
    let series = [
        ("above", "upper bound", 2),
        ("consistent", "converges to the truth", 1),
    ];
    let series = series.into_iter().filter_map(|(side, label, style)| {
        let of_side: Vec<(f64, f64, f64)> = known
            .iter()
            .enumerate()
            .filter(|(_, (reading, _))| reading.side.as_deref() == Some(side))
            .map(|(place, (reading, value))| {
                (place as f64, *value, reading.std_error.unwrap_or(0.0))
            })
            .collect();
        (!of_side.is_empty()).then(|| Series::new(label, style, Mark::points_within_95(of_side)))
    });
    Some(Figure {
        id: "entropy".to_owned(),
        title: "Entropy of the embedding by estimator".to_owned(),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::names("", names),
            y: Axis::linear("entropy (nats)"),
            series: series.collect(),
        }],
        columns: 1,
        caption: "Bars: 95 % where a standard error is known. The pairwise bound is about a smoothed sample and not comparable with the others.".to_owned(),
    })
}
