use std::f64::consts::{E, TAU};

use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::linalg::Spd;
use vicinfo::objective::reading::Decoder;
use vicinfo::seed::Seed;

use super::measure::{Seen, VIEW, embedding_covariance, standard_encoder, standardised, views};
use super::{Cell, Row, Source, Value, replicated};

/// The steps from the information to VICReg's form, all at features of standard deviation 1, the
/// scale that the variance term asks for. Each replaces one part of the one before.
pub(super) const STEPS: [&str; 8] = [
    "information",
    "linear Gaussian decoder",
    "ln det for H(Z)",
    "decoder sees z'",
    "mean z'",
    "one variance",
    "variance 1",
    "covariance penalty",
];
/// The step that puts the mean `z'` in place of the regression on `z'`, with the covariance fitted.
pub(super) const FITTED: usize = 4;
/// The step that fixes the decoder's variance.
pub(super) const FIXED: usize = 6;

/// Variance of the noise on the four numbers.
const NOISE: f64 = 0.09;

/// One value a step.
type Chain = [f64; STEPS.len()];

/// Gaussian views: the log-determinant is the entropy, and the best linear Gaussian decoder the
/// conditional law.
fn gaussian(encoder: &DMatrix<f64>) -> Result<Chain, Error> {
    let view = views()?.pair(encoder, &DMatrix::identity(VIEW, VIEW))?;
    let best = view.bound(&view.conditional()?)?.bound;
    let embeddings = views()?.pair(encoder, encoder)?;
    let bound = |decoder: &Decoder| embeddings.bound(decoder).map(|parts| parts.bound);
    let dim = encoder.nrows();
    let other = || DMatrix::identity(dim, dim);
    let unit = bound(&Decoder::isotropic(other(), 1.0)?)?;
    let own = embedding_covariance(encoder);
    let exact = 0.5 * Spd::new(&own)?.log_det();
    let squares: f64 = (0..dim)
        .flat_map(|i| (0..dim).filter(move |j| *j != i).map(move |j| (i, j)))
        .map(|place| own[place] * own[place])
        .sum();
    Ok([
        view.information()?,
        best,
        best,
        // Now I(Z; Z'): what the encoder kept of the other view.
        bound(&embeddings.conditional()?)?,
        bound(&embeddings.best_covariance(other())?)?,
        bound(&embeddings.best_isotropic(other())?)?,
        unit,
        // ln det of a correlation matrix to second order, in place of itself.
        unit - exact - 0.25 * squares,
    ])
}

/// One number with noise, divided by the standard deviation of the two together.
fn number(source: Source) -> Result<Chain, Error> {
    let seen = Seen::new(source, NOISE)?;
    let slack = seen.gaussian_entropy - seen.entropy;
    let entropy = 0.5 * (TAU * E).ln();
    // E (z - z')^2.
    let apart = 2.0 * seen.noise / seen.variance;
    let fitted = entropy - 0.5 * (TAU * E * apart).ln();
    let unit = entropy - 0.5 * (TAU.ln() + apart);
    Ok([
        seen.information,
        seen.gaussian_information - slack,
        seen.gaussian_information,
        // The embedding of the other view is that view.
        seen.gaussian_information,
        fitted,
        fitted,
        unit,
        unit,
    ])
}

pub(super) fn chain(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    replicated(cell, seed, |seed| {
        let chain = match cell.source {
            Source::Random => gaussian(&standard_encoder(cell.dim, seed.child("encoder")))?,
            Source::Best => {
                // The signal falls along the coordinates: the first carry most.
                gaussian(&standardised(DMatrix::identity(cell.dim, VIEW)))?
            }
            Source::Prototypes | Source::Gaussian => number(cell.source)?,
        };
        let mut values: Vec<Value> = (chain.iter().enumerate())
            .map(|(step, level)| ("level_nats", step as f64, *level))
            .collect();
        values.extend(
            (chain.windows(2).enumerate())
                .map(|(step, pair)| ("change_nats", (step + 1) as f64, pair[1] - pair[0])),
        );
        // Paired: the steps are taken at the same encoder.
        values.extend(
            (chain.iter().enumerate().skip(1))
                .map(|(step, level)| ("since_information_nats", step as f64, level - chain[0])),
        );
        Ok(values)
    })
}
