use super::reading::{Reading, Section, said};
use super::subject::Context;
use crate::diagnostic;
use crate::error::Error;
use crate::figure::{Axis, Figure, Mark, Panel, Series};
use crate::linalg::{covariance, symmetric_eigenvalues};
use crate::sample::Sample;

pub(super) const TITLE: &str = "Rank and spectrum";

/// The measures: name, what is parsed, unit, what it says.
const MEASURES: [(&str, &str, &str, &str); 5] = [
    (
        "rankme",
        "rankme()",
        "1",
        "exponential of the entropy of the singular values, uncentred (RankMe)",
    ),
    (
        "effective_rank",
        "effective_rank()",
        "1",
        "as RankMe, without the constant that it adds",
    ),
    (
        "participation_ratio",
        "participation_ratio()",
        "1",
        "squared trace of the covariance over the sum of its squared eigenvalues: counts the large directions only",
    ),
    (
        "alpha_req",
        "alpha_req()",
        "1",
        "exponent of the power law of the spectrum; near 1 is said to go with good features",
    ),
    (
        "von_neumann_entropy",
        "von_neumann_entropy()",
        "nats",
        "entropy of the eigenvalues of the covariance as shares; ln d at most",
    ),
];

pub(super) fn section(context: &Context<'_>) -> Section {
    let few = context.few();
    let points = context.points(few);
    let readings: Vec<Reading> = MEASURES
        .iter()
        .map(|(name, text, unit, about)| {
            let value = points
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|points| diagnostic::parse(text)?.measure(points));
            Reading::new(*name, unit, few, value, *about)
        })
        .collect();
    let value = |name: &str| readings.iter().find(|r| r.name == name);
    let words = format!(
        "Of {} directions the embedding uses about {} by the entropy of its singular values and {} by the weight of its eigenvalues. \
         Rank alone says nothing of how good the features are: a random matrix has full rank.",
        context.dim(),
        said(value("rankme")),
        said(value("participation_ratio")),
    );
    let mut notes: Vec<String> = context
        .note(
            "ranks and spectrum",
            few,
            "a factorisation of all points would take too long",
        )
        .into_iter()
        .collect();
    if few < 10 * context.dim() {
        notes.push(format!(
            "{few} points in {} dimensions: chance alone bends the spectrum, and ranks are below those of the law",
            context.dim()
        ));
    }
    let figures = points
        .and_then(|points| figure(&points))
        .into_iter()
        .collect();
    Section {
        id: "rank".to_owned(),
        title: TITLE.to_owned(),
        words,
        readings,
        notes,
        figures,
    }
}

fn figure(points: &Sample) -> Result<Figure, Error> {
    let values = symmetric_eigenvalues(&covariance(points)?)?;
    let largest = values.first().copied().unwrap_or(0.0);
    // Rounding leaves some eps in place of an eigenvalue that is 0.
    let seen: Vec<(f64, f64)> = (values.iter().zip(1..))
        .take_while(|(value, _)| **value > 1e-14 * largest)
        .map(|(value, rank)| (f64::from(rank), *value))
        .collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let ratio = values.len() as f64 / points.n() as f64;
    let (low, high) = ((1.0 - ratio.sqrt()).powi(2), (1.0 + ratio.sqrt()).powi(2));
    Ok(Figure {
        id: "spectrum".to_owned(),
        title: "Spectrum of the covariance".to_owned(),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::log("rank of the eigenvalue"),
            y: Axis::log("eigenvalue"),
            series: vec![
                Series::new("embedding, first view", 1, Mark::Line(seen)),
                Series::new("ends for white noise, as many points", 0, Mark::Horizontal(high * mean)),
                Series::new(
                    "ends for white noise, as many points",
                    0,
                    // Fewer points than coordinates leave zeros, which this axis does not have.
                    Mark::Horizontal(if ratio < 1.0 { low.max(1e-12) } else { high } * mean),
                ),
            ],
        }],
        columns: 1,
        caption: "Dashed: where the eigenvalues of noise with the same total variance would end (Marchenko & Pastur 1967). What is above stands for structure, what is below has collapsed.".to_owned(),
    })
}
