use nalgebra::DMatrix;

use super::density;
use super::reading::{Reading, Section, digits, rounded};
use super::subject::Context;
use crate::error::Error;
use crate::figure::{Axis, Figure, Mark, Panel, Series};
use crate::information::variational::info_nce;
use crate::information::{Gaussian, InformationEstimator, Ksg1, Ties};
use crate::sample::Paired;
use crate::stats::{Summary, student_t_quantile};

pub(super) const TITLE: &str = "Information between the views";

/// Pairs of a batch of InfoNCE.
const SIZES: [usize; 7] = [8, 16, 32, 64, 128, 256, 512];
/// Batches of one size at least: the error is read from their spread.
const FEWEST: usize = 4;
/// Batches of one size at most.
const BATCHES: usize = 8;
/// Temperatures of the cosine that are tried.
const TEMPERATURES: [f64; 7] = [0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0];
/// Share of the cap from which a bound counts as saturated.
const SATURATED: f64 = 0.9;
/// Dimensions of both views together to which neighbours can tell information at all.
const LOW: usize = 20;

/// InfoNCE with the cosine of centred embeddings as its critic.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Contrast {
    pub temperature: f64,
    /// Pairs that chose it.
    pub chosen_on: usize,
    /// Pairs in all of the largest batches together.
    pub used: usize,
    pub levels: Vec<Level>,
}

/// The mean over batches of one size.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Level {
    pub size: usize,
    pub mean: f64,
    pub std_error: f64,
    /// Half the 95 % interval, by Student's law for so few batches.
    pub half: f64,
}

impl Contrast {
    /// Chooses the temperature on the first half of the pairs and evaluates on the rest.
    pub fn new(pairs: &Paired) -> Result<Self, Error> {
        let (x, y) = (directions(&pairs.x)?, directions(&pairs.y)?);
        let half = pairs.n() / 2;
        let batch = |from: usize, size: usize, temperature: f64| {
            let scores = x.columns(from, size).transpose() * y.columns(from, size) / temperature;
            info_nce(&scores)
        };
        let tried = half.min(SIZES[SIZES.len() - 1]);
        let mut best = (f64::NEG_INFINITY, TEMPERATURES[0]);
        for temperature in TEMPERATURES {
            let value = batch(0, tried, temperature)?;
            if value > best.0 {
                best = (value, temperature);
            }
        }
        let mut levels = Vec::new();
        for (size, batches) in Self::batches(pairs.n()) {
            let values = (0..batches)
                .map(|b| batch(half + b * size, size, best.1))
                .collect::<Result<Vec<f64>, Error>>()?;
            let summary = Summary::new(&values)?;
            levels.push(Level {
                size,
                mean: summary.mean,
                std_error: summary.std_error,
                half: student_t_quantile(0.975, batches as f64 - 1.0)? * summary.std_error,
            });
        }
        if levels.is_empty() {
            return Err(Error::TooFewPoints {
                method: "InfoNCE, on four batches of 8 pairs beside those that choose its temperature,",
                // Of an odd number the larger half is in batches.
                required: 2 * FEWEST * SIZES[0] - 1,
                actual: pairs.n(),
            });
        }
        Ok(Self {
            temperature: best.1,
            chosen_on: tried,
            used: Self::used(pairs.n()),
            levels,
        })
    }

    /// Sizes of batches that so many pairs give, and how many of each: those that choose the temperature are others.
    fn batches(n: usize) -> impl Iterator<Item = (usize, usize)> {
        let rest = n - n / 2;
        SIZES
            .into_iter()
            .map(move |size| (size, (rest / size).min(BATCHES)))
            .take_while(|(_, batches)| *batches >= FEWEST)
    }

    /// Pairs of a batch of the largest size that so many give.
    pub fn largest_size(n: usize) -> Option<usize> {
        Self::batches(n).last().map(|(size, _)| size)
    }

    /// Pairs in all batches of the largest size.
    pub fn used(n: usize) -> usize {
        Self::batches(n)
            .last()
            .map_or(0, |(size, batches)| size * batches)
    }

    /// The largest batches.
    pub fn largest(&self) -> &Level {
        &self.levels[self.levels.len() - 1]
    }

    /// Pairs that are used at most.
    pub const MOST: usize = 2 * BATCHES * SIZES[SIZES.len() - 1];
}

/// Centred points over their length; a point in the middle has no direction and stays there.
fn directions(sample: &crate::sample::Sample) -> Result<DMatrix<f64>, Error> {
    let mut points = crate::linalg::centred(sample);
    for mut point in points.column_iter_mut() {
        let length = point.norm();
        if length > 0.0 {
            point /= length;
        }
    }
    Ok(points)
}

pub(super) fn section(context: &Context<'_>) -> Section {
    let dim = context.dim();
    let mut notes = Vec::new();
    // Its covariance has both views.
    let many = context
        .n()
        .min((context.most_for_covariance() / 4).max(4 * dim));
    let gaussian = context
        .pairs(many)
        .and_then(|pairs| Gaussian::default().information(&pairs));
    let by_chance = Gaussian::bias(many, dim, dim);
    let gaussian = Reading::new(
        "gaussian",
        "nats",
        many,
        gaussian,
        "canonical correlations: the information of Gaussian views with these covariances",
    )
    .on_side("consistent_if_gaussian");
    notes.extend(context.note(
        "canonical correlations",
        many,
        "the covariance of both views of all pairs would take too long",
    ));
    let chance = Reading::new(
        "gaussian_by_chance",
        "nats",
        many,
        by_chance,
        "the mean of that for independent Gaussian views, as many",
    );
    if let (Some(value), Some(chance)) = (gaussian.value, chance.value)
        && value < 2.0 * chance
    {
        notes.push(format!(
            "the Gaussian value is mostly the bias of so few pairs in {dim} + {dim} dimensions: it says nothing about the views"
        ));
    }
    let taken = context.n().min(Contrast::MOST);
    let contrast = context
        .mixed(&context.subject.views, taken)
        .and_then(|pairs| Contrast::new(&pairs));
    let mut readings = vec![gaussian, chance];
    match &contrast {
        Ok(contrast) => {
            let Level {
                size,
                mean: value,
                std_error: error,
                ..
            } = *contrast.largest();
            let cap = (size as f64).ln();
            let Contrast {
                temperature,
                chosen_on,
                used,
                ..
            } = contrast;
            readings.push(
                Reading::estimated(
                    "info_nce",
                    "nats",
                    *used,
                    Ok((value, error)),
                    format!(
                        "a lower bound in the mean, with the cosine of views over {temperature} as critic in batches of {size}; {chosen_on} other pairs chose \
                         the temperature, and views are centred by the means of {taken} pairs"
                    ),
                )
                .on_side("below"),
            );
            notes.extend(context.note(
                "InfoNCE",
                *used,
                &format!(
                    "it is the mean of {FEWEST} to {BATCHES} batches of {size}, the largest of 8, 16, ..., {} of which there are so many in the half that did not choose the temperature",
                    SIZES[SIZES.len() - 1]
                ),
            ));
            readings.push(Reading::new(
                "info_nce_cap",
                "nats",
                *used,
                Ok(cap),
                "ln N, which InfoNCE never exceeds in batches of N",
            ));
            if value > SATURATED * cap {
                notes.push(format!(
                    "saturated: InfoNCE is {} % of its cap ln {size}; there may be any amount of information above it",
                    digits(100.0 * value / cap)
                ));
            }
        }
        Err(error) => {
            let missing =
                |name, about| Reading::new(name, "nats", taken, Err(error.clone()), about);
            readings.push(
                missing("info_nce", "a lower bound, by telling pairs apart").on_side("below"),
            );
            readings.push(missing(
                "info_nce_cap",
                "ln N, which InfoNCE never exceeds in batches of N",
            ));
        }
    }
    let few = context.few();
    if 2 * dim <= LOW {
        let pairs = context.pairs(few);
        // Coordinates that do not vary decide no distance.
        let repeated = (pairs.as_ref().ok())
            .and_then(|pairs| density::atoms(&pairs.x).or_else(|| density::atoms(&pairs.y)));
        let ksg = pairs.and_then(|pairs| Ksg1::new(3, Ties::Reject)?.information(&pairs));
        let about = match &repeated {
            None => {
                "nearest neighbours (Kraskov et al.): converges to the truth, and is below it in several dimensions where views share much"
            }
            Some(_) => {
                "nearest neighbours (Kraskov et al.): to which side it is off is not known, as values repeat"
            }
        };
        let reading = Reading::new("ksg1", "nats", few, ksg, about);
        if let (Some(ksg), Ok(contrast)) = (reading.value, &contrast) {
            let Level { mean, half, .. } = contrast.largest();
            if repeated.is_none() && mean > half && ksg < mean - half {
                notes.push(format!(
                    "ksg1 is below the bound of InfoNCE, so that it is probably too low: distances to neighbours see little of what is shared in {dim} + {dim} dimensions"
                ));
            }
        }
        readings.push(match repeated {
            None => reading.on_side("consistent"),
            Some(why) => {
                if reading.value.is_some() {
                    notes.push(format!(
                        "ksg1 assumes a density, and there is none: {why}. It is off then, more the more values repeat; of whole or rounded numbers it finds \
                         information even between independent views"
                    ));
                }
                reading
            }
        });
        notes.extend(context.note("ksg1", few, "every pair is compared with every other"));
    } else {
        notes.push(format!(
            "nearest neighbours are left out: in {dim} + {dim} dimensions they see next to none of the information"
        ));
    }
    let words = match &contrast {
        Ok(contrast) => {
            let Level {
                size,
                mean: value,
                half,
                ..
            } = *contrast.largest();
            let cap = (size as f64).ln();
            let end = match value / cap {
                share if share > SATURATED => {
                    "which is nearly all that the size of a batch allows, so that it is a floor and no estimate"
                }
                share if share > 0.5 => {
                    "within what the size of a batch allows, if not far from it"
                }
                _ => "well below what the size of a batch allows",
            };
            if value <= half {
                format!(
                    "Nothing of what the views share is seen beyond chance ({}, 95 %): an input's second view is not told from those of others. That is no proof that they \
                     share nothing.",
                    rounded(value, Some(half))
                )
            } else {
                format!(
                    "The views share some {} nats that this critic can see (95 %), a lower bound in the mean: it tells an input's second view from those of {} others so well, {end}. \
                     A deterministic encoder of continuous inputs can share infinitely much.",
                    rounded(value, Some(half)),
                    size - 1
                )
            }
        }
        Err(error) => format!("How well views can be told apart is not known: {error}."),
    };
    let figures = contrast.iter().map(figure).collect();
    Section {
        id: "information".to_owned(),
        title: TITLE.to_owned(),
        words,
        readings,
        notes,
        figures,
    }
}

fn figure(contrast: &Contrast) -> Figure {
    let places = contrast.levels.iter().map(|level| level.size as f64);
    let line = contrast
        .levels
        .iter()
        .map(|level| (level.size as f64, level.mean));
    let band = (contrast.levels.iter()).map(|level| {
        (
            level.size as f64,
            level.mean - level.half,
            level.mean + level.half,
        )
    });
    Figure {
        id: "information".to_owned(),
        title: "The contrastive bound and its cap".to_owned(),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::log("pairs of a batch N"),
            y: Axis::linear("information (nats)"),
            series: vec![
                Series::new("cap ln N", 0, Mark::Dashed(places.map(|size| (size, size.ln())).collect())),
                Series::new(
                    "InfoNCE, 95 %",
                    1,
                    Mark::Band { line: line.collect(), band: band.collect() },
                ),
            ],
        }],
        columns: 1,
        caption: "Where the bound runs along its cap, batches are too small to see more; where it leaves it, that is what the critic sees.".to_owned(),
    }
}
