use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use super::{BLOCK, Pushforward, log_sum_exp};
use crate::error::Error;
use crate::linalg::symmetric_eigen;
use crate::seed::Seed;
use crate::stats::Summary;

/// Two sides of `I(Z; T)` in nats, `T` the component that `X` was drawn from and `Z = f(X)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IndexInformation {
    /// `H(T) + E ln q(T|Z)` for a decoder `q` fitted on other draws: lower bound, any network.
    pub lower: Summary,
    /// `I(X; T) >= I(Z; T)`, from the densities of the components.
    pub upper: Summary,
    /// `H(T)`, which is `ln N` for equal weights: no network has more.
    pub ceiling: f64,
}

/// `I(T; z_T + epsilon N)` in nats for `T` uniform over the columns `z_t`, images of a finite data
/// set under any encoder: the mean of `ln N(y; z_t, epsilon^2 I)` less that of their average.
///
/// At most `ln N` for `N` columns, however small the noise. Cost `O(draws N d)`.
///
/// # Errors
/// [`Error::Empty`] without columns or rows; [`Error::InvalidParameter`] for an `epsilon` that is
/// not positive; [`Error::TooFewPoints`] below two draws.
pub fn index_information(
    images: &DMatrix<f64>,
    epsilon: f64,
    draws: usize,
    seed: Seed,
) -> Result<Summary, Error> {
    let (dim, n) = images.shape();
    if dim == 0 || n == 0 {
        return Err(Error::Empty { n, dim });
    }
    if !(epsilon > 0.0 && epsilon.is_finite()) {
        return Err(Error::invalid(
            "epsilon",
            epsilon,
            "the standard deviation of the noise is finite and positive",
        ));
    }
    let blocks: Vec<Vec<f64>> = (0..draws.div_ceil(BLOCK))
        .into_par_iter()
        .map(|block| {
            let mut rng = seed.child(block).rng();
            (block * BLOCK..draws.min((block + 1) * BLOCK))
                .map(|draw| {
                    // Every column as often as the others: only the noise is left to chance.
                    let own = draw % n;
                    let y = DVector::from_fn(dim, |i, _| {
                        images[(i, own)] + epsilon * rng.sample::<f64, _>(StandardNormal)
                    });
                    let terms: Vec<f64> = (images.column_iter())
                        .map(|z| -0.5 * (&y - z).norm_squared() / (epsilon * epsilon))
                        .collect();
                    terms[own] - log_sum_exp(&terms) + (n as f64).ln()
                })
                .collect()
        })
        .collect();
    Summary::new(&blocks.concat())
}

impl Pushforward<'_> {
    /// Bounds on the information that the output has about the component, without noise on the
    /// output.
    ///
    /// The decoder takes the components' images for Gaussians of one covariance, fitted on half of
    /// the draws; directions in which they do not spread at all are left out. Both sides come from
    /// the other half. Cost `O(draws N d)` for `N` components.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] when the fit has fewer than two draws of some component, or below
    /// four draws; [`Error::NoConvergence`].
    ///
    /// # Source
    /// Barber & Agakov 2003 for the lower bound; the upper one is the data-processing inequality.
    pub fn index_information(&self, draws: usize, seed: Seed) -> Result<IndexInformation, Error> {
        let half = draws / 2;
        let weights: Vec<f64> = self.prototypes.iter().map(|p| p.weight).collect();
        let ceiling = -weights.iter().map(|w| w * w.ln()).sum::<f64>();
        let decoder = self.decoder(half, seed.child("training"))?;
        let rows = self.over_draws(half, seed.child("test"), |draws| {
            let codes = &decoder.whiten * self.network.apply(&draws.points)?;
            Ok((draws.index.iter().enumerate())
                .map(|(c, &own)| {
                    let posterior = |terms: Vec<f64>| terms[own] - log_sum_exp(&terms);
                    let decoded = posterior(
                        (decoder.centres.column_iter().zip(&weights))
                            .map(|(centre, w)| {
                                w.ln() - 0.5 * (codes.column(c) - centre).norm_squared()
                            })
                            .collect(),
                    );
                    let point = draws.points.column(c).into_owned();
                    let exact = posterior(
                        (self.prototypes.iter())
                            .map(|prototype| prototype.ln_likelihood(point.as_slice()))
                            .collect(),
                    );
                    (ceiling + decoded, exact - weights[own].ln())
                })
                .collect())
        })?;
        Ok(IndexInformation {
            lower: Summary::new(&rows.iter().map(|row| row.0).collect::<Vec<_>>())?,
            upper: Summary::new(&rows.iter().map(|row| row.1).collect::<Vec<_>>())?,
            ceiling,
        })
    }

    fn decoder(&self, draws: usize, seed: Seed) -> Result<Decoder, Error> {
        let images = self.over_draws(draws, seed, |draws| {
            let image = self.network.apply(&draws.points)?;
            let images = image.column_iter().map(|z| z.into_owned());
            Ok(draws.index.iter().copied().zip(images).collect::<Vec<_>>())
        })?;
        let dim = self.network.output().size();
        let mut counts = vec![0usize; self.prototypes.len()];
        let mut centres = DMatrix::<f64>::zeros(dim, counts.len());
        for (n, image) in &images {
            counts[*n] += 1;
            let mut centre = centres.column_mut(*n);
            centre += image;
        }
        for (mut centre, &count) in centres.column_iter_mut().zip(&counts) {
            if count < 2 {
                return Err(Error::TooFewPoints {
                    method: "a decoder of components",
                    required: 2,
                    actual: count,
                });
            }
            centre /= count as f64;
        }
        let mut within = DMatrix::<f64>::zeros(dim, dim);
        for (n, image) in &images {
            let shift = image - centres.column(*n);
            within.ger(1.0 / images.len() as f64, &shift, &shift, 1.0);
        }
        let (values, vectors) = symmetric_eigen(&within)?;
        let largest = values.first().copied().unwrap_or(0.0);
        let floor = dim as f64 * f64::EPSILON * largest;
        let kept: Vec<usize> = (0..dim).filter(|&k| values[k] > floor).collect();
        let whiten = DMatrix::from_fn(kept.len(), dim, |k, i| {
            vectors[(i, kept[k])] / values[kept[k]].sqrt()
        });
        Ok(Decoder {
            centres: &whiten * centres,
            whiten,
        })
    }
}

/// Gaussians of covariance `I` around the centres, after a linear map.
struct Decoder {
    whiten: DMatrix<f64>,
    centres: DMatrix<f64>,
}
