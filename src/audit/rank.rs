use super::reading::{Reading, Section, said};
use super::subject::Context;
use crate::diagnostic::{
    AlphaReq, EffectiveRank, ParticipationRatio, RankMe, VonNeumannEntropy, covariance_shares,
    singular_shares,
};
use crate::error::Error;
use crate::figure::{Axis, Figure, Mark, Panel, Series};
use crate::sample::Sample;

pub(super) const TITLE: &str = "Rank and spectrum";

/// What RankMe adds to every share, as published.
const PUBLISHED: f64 = 1e-7;

pub(super) fn section(context: &Context<'_>) -> Section {
    let few = context.few();
    let points = context.points(few);
    let of_points = |shares: fn(&Sample) -> Result<Vec<f64>, Error>| {
        points
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|points| shares(points))
    };
    // Each spectrum once: a factorisation is most of the work.
    let (singular, variances) = rayon::join(
        || of_points(singular_shares),
        || of_points(covariance_shares),
    );
    let reading = |name: &str, unit: &str, value: Result<f64, Error>, about: &str| {
        Reading::new(name, unit, few, value, about)
    };
    let singular = singular.as_deref().map_err(Clone::clone);
    let shares = variances.as_deref().map_err(Clone::clone);
    let readings = vec![
        reading(
            "rankme",
            "1",
            RankMe::new(PUBLISHED).and_then(|rank| rank.of_shares(singular.clone()?)),
            "exponential of the entropy of the singular values, uncentred (RankMe)",
        ),
        reading(
            "effective_rank",
            "1",
            singular.and_then(|shares| EffectiveRank.of_shares(shares)),
            "as RankMe, uncentred, without the constant that it adds",
        ),
        reading(
            "participation_ratio",
            "1",
            (shares.clone()).and_then(|shares| ParticipationRatio.of_shares(shares)),
            "squared trace of the covariance over the sum of its squared eigenvalues: counts the large directions only",
        ),
        reading(
            "alpha_req",
            "1",
            AlphaReq::new(1, 0).and_then(|slope| slope.of_shares(shares.clone()?)),
            "exponent of the power law of the spectrum; near 1 is said to go with good features",
        ),
        reading(
            "von_neumann_entropy",
            "nats",
            shares.and_then(|shares| VonNeumannEntropy.of_shares(shares)),
            "entropy of the eigenvalues of the covariance as shares; ln d at most",
        ),
    ];
    let value = |name: &str| readings.iter().find(|r| r.name == name);
    let words = format!(
        "Of {} directions the embedding uses about {} by the entropy of its singular values (RankMe, of the points as they are: a mean far from 0 is a direction, too, and lowers it) and {} by the weight \
         of its eigenvalues, which are about the mean. \
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
    let figures = (points.iter().zip(&variances))
        .map(|(points, shares)| figure(points, shares))
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

fn figure(points: &Sample, shares: &[f64]) -> Figure {
    let total: f64 = (super::collapse::std_devs(points).iter())
        .map(|std| std * std)
        .sum();
    let seen: Vec<(f64, f64)> = (shares.iter().zip(1..))
        .take_while(|(share, _)| **share > 0.0)
        .map(|(share, rank)| (f64::from(rank), share * total))
        .collect();
    let mean = total / points.dim() as f64;
    let ratio = points.dim() as f64 / points.n() as f64;
    let (low, high) = ((1.0 - ratio.sqrt()).powi(2), (1.0 + ratio.sqrt()).powi(2));
    Figure {
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
        caption: "Dashed: where the eigenvalues of noise with the same total variance would end (Marchenko & Pastur 1967). What is above stands for structure, what is below varies less than such noise would.".to_owned(),
    }
}
