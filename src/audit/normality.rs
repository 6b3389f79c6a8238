use statrs::distribution::{ContinuousCDF, Normal};

use super::reading::{Reading, Section, digits};
use super::subject::Context;
use crate::diagnostic;
use crate::error::Error;
use crate::figure::{Axis, Figure, Mark, Panel, Series};
use crate::sample::Sample;
use crate::stats::normality::{self, DagostinoPearson, Moments, Omnibus};

pub(super) const TITLE: &str = "Is it Gaussian?";

/// Points that a test gets: with more, departures that do not matter are found.
const POINTS: usize = 2000;
/// Coordinates up to which the published p-values of tests of all coordinates together are near the truth.
const LOW: usize = 30;
/// Level at which a coordinate counts as not Gaussian, over all coordinates.
const LEVEL: f64 = 0.01;
/// What is counted at that level.
const REJECTED: &str = "coordinates rejected by D'Agostino and Pearson's test at level 0.01 over all of them (Bonferroni)";

pub(super) fn section(context: &Context<'_>) -> Section {
    let m = context.n().min(POINTS);
    let points = context.points(m);
    let tests = [
        (
            "sliced",
            "sliced(test=dagostino_pearson)",
            "the largest departure of third and fourth moments over 64 directions",
            false,
        ),
        (
            "mardia_kurtosis",
            "mardia_kurtosis()",
            "fourth moments of the Mahalanobis length",
            true,
        ),
        (
            "henze_zirkler",
            "henze_zirkler()",
            "characteristic function, all directions at once",
            true,
        ),
    ];
    let mut readings: Vec<Reading> = tests
        .iter()
        .map(|(name, text, about, together)| {
            let value = points.as_ref().map_err(Clone::clone).and_then(|points| {
                if *together && points.dim() > LOW {
                    let requirement = format!("at most {LOW}: above, the published p-value is off");
                    return Err(Error::invalid("dimension", points.dim(), requirement));
                }
                Ok(normality::parse(text)?.test(points)?.p_value)
            });
            Reading::new(
                format!("{name}_p_value"),
                "1",
                m,
                value,
                format!("p-value: {about}"),
            )
        })
        .collect();
    let distance = points
        .as_ref()
        .map_err(Clone::clone)
        .and_then(|points| diagnostic::parse("sliced_epps_pulley()")?.measure(points));
    readings.push(Reading::new(
        "sliced_epps_pulley",
        "1",
        m,
        distance,
        "distance of characteristic functions from the standard Gaussian's over 64 directions, points whitened; near 0 for a Gaussian",
    ));
    let coordinates = points
        .as_ref()
        .map_err(Clone::clone)
        .and_then(|points| by_coordinate(points));
    let mut notes: Vec<String> = context
        .note(
            "tests of normality",
            m,
            "with more points departures are found that do not matter",
        )
        .into_iter()
        .collect();
    let words = match &coordinates {
        Ok(all) => {
            let left_out = context.dim() - all.len();
            if left_out > 0 {
                notes.push(format!(
                    "{left_out} of {} coordinates are left out of the tests of single ones and of Bonferroni's count: they do not vary among these points, or too little for doubles",
                    context.dim()
                ));
            }
            let level = LEVEL / all.len() as f64;
            let rejected = all
                .iter()
                .filter(|(_, outcome)| outcome.p_value < level)
                .count();
            readings.push(Reading::new(
                "coordinates_not_gaussian",
                "1",
                m,
                Ok(rejected as f64),
                REJECTED,
            ));
            let (worst, outcome) = &all[0];
            format!(
                "{rejected} of {} coordinates that vary are not Gaussian; the one that departs most is coordinate {worst} (counted from 0), with K²/n = {}. \
                 A Gaussian reading of the embedding, as the log-determinant's, is off by what stands under \"{}\". Coordinates that are not rejected are \
                 not thereby Gaussian.",
                all.len(),
                digits(outcome.effect_size),
                super::slack::TITLE
            )
        }
        Err(error) => {
            let missing = Err(error.clone());
            readings.push(Reading::new(
                "coordinates_not_gaussian",
                "1",
                m,
                missing,
                REJECTED,
            ));
            format!("Coordinates could not be tested: {error}.")
        }
    };
    let figures = (points.ok().zip(coordinates.ok()))
        .map(|(points, all)| figure(&points, &all))
        .into_iter()
        .collect();
    Section {
        id: "normality".to_owned(),
        title: TITLE.to_owned(),
        words,
        readings,
        notes,
        figures,
    }
}

/// The coordinates by how far they are from the Gaussian, farthest first; constant ones are left out.
fn by_coordinate(points: &Sample) -> Result<Vec<(usize, Omnibus)>, Error> {
    let mut all = Vec::new();
    for j in 0..points.dim() {
        let values: Vec<f64> = points.coordinate(j).collect();
        match Moments::new(&values).and_then(|moments| DagostinoPearson::of(&moments)) {
            Ok(omnibus) => all.push((j, omnibus)),
            Err(Error::SingularCovariance { .. } | Error::TinyVariance { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    if all.is_empty() {
        return Err(Error::invalid(
            "coordinates",
            0,
            "at least one that is not constant",
        ));
    }
    all.sort_by(|a, b| b.1.effect_size.total_cmp(&a.1.effect_size));
    Ok(all)
}

/// Quantiles of the coordinate that departs most and of the one in the middle, standardised.
fn figure(points: &Sample, all: &[(usize, Omnibus)]) -> Figure {
    let normal = Normal::standard();
    let quantiles = |j: usize| -> Vec<(f64, f64)> {
        let mut values: Vec<f64> = points.coordinate(j).collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let std = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        values.sort_by(f64::total_cmp);
        let step = values.len().div_ceil(200);
        (values.iter().enumerate().step_by(step))
            .map(|(i, v)| (normal.inverse_cdf((i as f64 + 0.5) / n), (v - mean) / std))
            .collect()
    };
    let (worst, middle) = (all[0].0, all[all.len() / 2].0);
    Figure {
        id: "quantiles".to_owned(),
        title: "Quantiles of single coordinates beside those of the Gaussian".to_owned(),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("quantile of the standard Gaussian"),
            y: Axis::linear("standardised coordinate"),
            series: vec![
                Series::new("Gaussian", 0, Mark::Dashed(vec![(-3.5, -3.5), (3.5, 3.5)])),
                Series::new(
                    format!("coordinate {middle}, in the middle"),
                    1,
                    Mark::Points(quantiles(middle)),
                ),
                Series::new(
                    format!("coordinate {worst}, departs most"),
                    2,
                    Mark::Points(quantiles(worst)),
                ),
            ],
        }],
        columns: 1,
        caption: "Points along the dashed line are those of a Gaussian.".to_owned(),
    }
}
