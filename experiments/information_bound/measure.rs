use std::f64::consts::{E, TAU};

use nalgebra::{DMatrix, DVector};
use vicinfo::Error;
use vicinfo::law::{JointGaussian, JointLaw};
use vicinfo::linalg::Spd;
use vicinfo::objective::reading::{Decoder, GaussianPair, NoisyViews, Prototypes, SignalViews};
use vicinfo::seed::Seed;

use super::{Cell, Row, Source, Value, replicated};

/// Dimension of the views behind a random encoder.
pub(super) const VIEW: usize = 16;
/// The four numbers.
pub(super) const NUMBERS: [f64; 4] = [-3.0, -1.0, 1.0, 3.0];
/// Variances of the noise; the four numbers are seen at 0.09, standard deviation 0.3, in place of 0.1.
const NOISES: [f64; 12] = [
    1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 1000.0,
];
/// Scales of the embedding, in units of its own.
const SCALES: [f64; 13] = [
    0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.3, 2.0, 3.0, 5.0, 10.0, 20.0,
];

/// A random covariance, away from singular.
fn covariance(dim: usize, seed: Seed) -> DMatrix<f64> {
    let root = seed.normal_matrix(dim, dim + 1);
    &root * root.transpose() / (dim + 1) as f64 + DMatrix::identity(dim, dim) * 0.1
}

/// Signal over noise in every coordinate of a view, from 60 to 0.1.
fn ratio(coordinate: usize) -> f64 {
    60.0 * (-(600f64.ln()) * coordinate as f64 / (VIEW - 1) as f64).exp()
}

/// Two views with independent coordinates, which before a random encoder lose no generality, and noise
/// of variance 1.
pub(super) fn views() -> Result<SignalViews, Error> {
    SignalViews::new(
        DMatrix::from_diagonal(&DVector::from_fn(VIEW, |i, _| ratio(i))),
        DMatrix::identity(VIEW, VIEW),
    )
}

/// The covariance of the embedding of a view.
pub(super) fn embedding_covariance(encoder: &DMatrix<f64>) -> DMatrix<f64> {
    let view = DMatrix::from_diagonal(&DVector::from_fn(VIEW, |i, _| 1.0 + ratio(i)));
    encoder * view * encoder.transpose()
}

/// The information between the first `dim` coordinates of a joint Gaussian and the rest, from
/// log-determinants.
fn of_joint(dim: usize, joint: &DMatrix<f64>) -> Result<f64, Error> {
    let (information, _) = JointGaussian::new(dim, joint)?.information().value()?;
    Ok(information)
}

/// A random signal, noise and encoder.
struct Blocks {
    view: DMatrix<f64>,
    signal: DMatrix<f64>,
    encoder: DMatrix<f64>,
}

impl Blocks {
    fn draw(dim: usize, seed: Seed) -> Self {
        // Encoders into half as many dimensions are far from singular.
        let wide = 2 * dim;
        let signal = covariance(wide, seed.child("signal"));
        let view = &signal + covariance(wide, seed.child("noise"));
        Self {
            encoder: seed.child("encoder").normal_matrix(dim, wide),
            view,
            signal,
        }
    }

    fn z(&self) -> DMatrix<f64> {
        &self.encoder * &self.view * self.encoder.transpose()
    }

    fn cross(&self) -> DMatrix<f64> {
        &self.encoder * &self.signal
    }

    /// `I(Z; X')` from the log-determinants of the joint covariance: another way than the canonical
    /// correlations, and than the bound's.
    fn information(&self) -> Result<f64, Error> {
        let (z, cross) = (self.z(), self.cross());
        let (dim, wide) = (z.nrows(), self.view.nrows());
        let mut joint = DMatrix::zeros(dim + wide, dim + wide);
        joint.view_mut((0, 0), (dim, dim)).copy_from(&z);
        joint.view_mut((0, dim), (dim, wide)).copy_from(&cross);
        (joint.view_mut((dim, 0), (wide, dim))).copy_from(&cross.transpose());
        joint
            .view_mut((dim, dim), (wide, wide))
            .copy_from(&self.view);
        of_joint(dim, &joint)
    }

    /// `E KL(q || p)`, the divergence in the other order, for `q = N(M x', Q)`.
    fn reversed_gap(&self, map: &DMatrix<f64>, decoder: &DMatrix<f64>) -> Result<f64, Error> {
        let cross = self.cross();
        let exact = Spd::new(&self.view)?.solve(&cross.transpose()).transpose();
        let conditional = self.z() - &exact * cross.transpose();
        let conditional = Spd::new(&((&conditional + conditional.transpose()) / 2.0))?;
        let shift = map - &exact;
        let moment = decoder + &shift * &self.view * shift.transpose();
        let dim = decoder.nrows() as f64;
        let log_dets = conditional.log_det() - Spd::new(decoder)?.log_det();
        Ok(0.5 * (conditional.solve(&moment).trace() - dim + log_dets))
    }
}

pub(super) fn identity(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    replicated(cell, seed, |seed| {
        let blocks = Blocks::draw(cell.dim, seed);
        let pair = GaussianPair::from_blocks(blocks.z(), blocks.view.clone(), blocks.cross())?;
        let information = blocks.information()?;
        let own = &blocks.encoder;
        let map = seed.child("map").normal_matrix(own.nrows(), own.ncols());
        let any = covariance(cell.dim, seed.child("decoder"));
        let one = DMatrix::identity(cell.dim, cell.dim);
        let mut values = vec![("information_nats", 0.0, information)];
        let mut farthest = (0.0_f64, f64::NEG_INFINITY);
        for (name, decoder) in [
            ("gap_conditional_nats", pair.conditional()?),
            ("gap_own_full_nats", pair.best_covariance(own.clone())?),
            ("gap_own_scaled_nats", pair.best_isotropic(own.clone())?),
            ("gap_own_unit_nats", Decoder::new(own.clone(), &one)?),
            ("gap_random_nats", Decoder::new(map.clone(), &any)?),
        ] {
            let parts = pair.bound(&decoder)?;
            let error = parts.bound + parts.gap - information;
            farthest = (
                farthest.0.max(error.abs()),
                farthest.1.max(parts.bound - information),
            );
            values.push((name, 0.0, parts.gap));
        }
        let unit = pair.bound(&Decoder::new(own.clone(), &one)?)?;
        let reversed = unit.bound + blocks.reversed_gap(own, &one)? - information;
        values.extend([
            ("identity_error_nats", 0.0, farthest.0),
            ("bound_less_information_nats", 0.0, farthest.1),
            ("reversed_identity_error_nats", 0.0, reversed.abs()),
        ]);
        Ok(values)
    })
}

pub(super) fn likelihood(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let dim = cell.dim;
    replicated(cell, seed, |seed| {
        let first = covariance(dim, seed.child("first"));
        let second = covariance(dim, seed.child("second"));
        let difference = seed
            .child("difference")
            .normal_matrix(dim, 1)
            .column(0)
            .into_owned();
        let draws = seed.child("draws");
        let noises =
            ["first", "second"].map(|view| draws.child(view).normal_matrix(dim, cell.draws));
        let drawn = drawn_mean(&difference, [&first, &second], &noises)?;
        let one = DMatrix::identity(dim, dim);
        let drawn_at_identity = drawn_mean(&difference, [&one, &one], &noises)?;
        let at_identity = NoisyViews::new(difference.clone(), one.clone(), one)?;
        let views = NoisyViews::new(difference, first, second)?;
        let (unit, stated) = (views.unit()?, views.as_stated()?);
        Ok(vec![
            ("corrected_less_drawn_nats", 0.0, unit - drawn),
            ("stated_less_drawn_nats", 0.0, stated - drawn),
            (
                "stated_less_drawn_at_identity_nats",
                0.0,
                at_identity.as_stated()? - drawn_at_identity,
            ),
            ("difference_nats", 0.0, stated - unit),
            ("jensen_gap_nats", 0.0, views.jensen_gap()?),
        ])
    })
}

/// The mean of `ln N(z; z', I)` over draws of the embeddings, from standard normal numbers for each, one
/// column a draw.
fn drawn_mean(
    difference: &DVector<f64>,
    covariances: [&DMatrix<f64>; 2],
    noises: &[DMatrix<f64>; 2],
) -> Result<f64, Error> {
    let [first, second] = [Spd::new(covariances[0])?, Spd::new(covariances[1])?];
    let mut apart = first.lower() * &noises[0] - second.lower() * &noises[1];
    for mut draw in apart.column_iter_mut() {
        draw += difference;
    }
    let (dim, draws) = apart.shape();
    let squares = apart.norm_squared() / draws as f64;
    Ok(-0.5 * (dim as f64 * TAU.ln() + squares))
}

/// Entropy and moments of a number that is seen twice with noise of a variance.
pub(super) struct Seen {
    pub information: f64,
    pub entropy: f64,
    /// Entropy of the Gaussian with the same variance.
    pub gaussian_entropy: f64,
    /// Information of the Gaussian pair with the same covariance.
    pub gaussian_information: f64,
    pub variance: f64,
    pub noise: f64,
    /// `I(X; T)` for the number `T` itself.
    pub about_source: f64,
}

impl Seen {
    pub(super) fn new(source: Source, noise: f64) -> Result<Self, Error> {
        let of_noise = 0.5 * (TAU * E * noise).ln();
        let (spread, exact) = match source {
            Source::Prototypes => {
                let numbers = Prototypes::new(NUMBERS.to_vec(), noise.sqrt())?;
                let one = numbers.information_of_one_view()?;
                (
                    5.0,
                    Some((numbers.information()?, one, numbers.gaussian_information()?)),
                )
            }
            _ => (1.0, None),
        };
        let variance = spread + noise;
        let gaussian_entropy = 0.5 * (TAU * E * variance).ln();
        let (information, about_source, gaussian_information) = match exact {
            Some(exact) => exact,
            None => {
                let one = |v: f64| DMatrix::from_element(1, 1, v);
                let pair = SignalViews::new(one(spread), one(noise))?.pair(&one(1.0), &one(1.0))?;
                // Information and that of the same covariance are one number, found in two ways.
                let joint = DMatrix::from_row_slice(
                    2,
                    2,
                    &[spread + noise, spread, spread, spread + noise],
                );
                (
                    of_joint(1, &joint)?,
                    0.5 * (spread / noise).ln_1p(),
                    pair.information()?,
                )
            }
        };
        Ok(Self {
            information,
            entropy: about_source + of_noise,
            gaussian_entropy,
            gaussian_information,
            variance,
            noise,
            about_source,
        })
    }
}

pub(super) fn noise(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    replicated(cell, seed, |_| {
        let mut values: Vec<Value> = Vec::new();
        let noises = NOISES.map(|noise| match cell.source {
            Source::Prototypes if noise.total_cmp(&0.1).is_eq() => 0.09,
            _ => noise,
        });
        for noise in noises {
            let seen = Seen::new(cell.source, noise)?;
            let given = |v: f64| DMatrix::from_element(1, 1, v);
            // Given the number, both embeddings are it with noise.
            let views = NoisyViews::new(DVector::zeros(1), given(noise), given(noise))?;
            let stated = seen.entropy + views.as_stated()?;
            let unit = seen.entropy + views.unit()?;
            // Best Gaussian decoder: that of the moments, with the exact entropy.
            let slack = seen.gaussian_entropy - seen.entropy;
            values.extend([
                ("information_nats", noise, seen.information),
                (
                    "best_gaussian_bound_nats",
                    noise,
                    seen.gaussian_information - slack,
                ),
                ("log_det_form_nats", noise, seen.gaussian_information),
                ("own_scaled_bound_nats", noise, {
                    // N(z', 2 s): the best variance around the other embedding.
                    seen.entropy - 0.5 * (TAU * E * 2.0 * noise).ln()
                }),
                ("unit_bound_nats", noise, unit),
                ("stated_form_nats", noise, stated),
                ("stated_excess_nats", noise, stated - seen.information),
                ("corrected_excess_nats", noise, unit - seen.information),
                (
                    // The constant's sign as stated, the traces as they should be.
                    "constant_excess_nats",
                    noise,
                    unit + TAU.ln() - seen.information,
                ),
                (
                    "log_det_excess_nats",
                    noise,
                    seen.gaussian_information - seen.information,
                ),
                (
                    "best_gaussian_excess_nats",
                    noise,
                    seen.gaussian_information - slack - seen.information,
                ),
                ("information_about_source_nats", noise, seen.about_source),
                (
                    "before_jensen_nats",
                    noise,
                    seen.entropy + views.before_jensen()?,
                ),
            ]);
        }
        Ok(values)
    })
}

/// A random encoder whose features have standard deviation 1, a scale that no information depends on.
pub(super) fn standard_encoder(dim: usize, seed: Seed) -> DMatrix<f64> {
    standardised(seed.normal_matrix(dim, VIEW))
}

/// Divides every feature by its standard deviation.
pub(super) fn standardised(mut encoder: DMatrix<f64>) -> DMatrix<f64> {
    let own = embedding_covariance(&encoder);
    for (i, mut row) in encoder.row_iter_mut().enumerate() {
        row /= own[(i, i)].sqrt();
    }
    encoder
}

pub(super) fn scale(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let identity = DMatrix::identity(VIEW, VIEW);
    replicated(cell, seed, |seed| {
        let encoder = standard_encoder(cell.dim, seed.child("encoder"));
        let mut values: Vec<Value> = Vec::new();
        let mut bounds = [Vec::new(), Vec::new(), Vec::new()];
        let regression =
            DMatrix::from_diagonal(&DVector::from_fn(VIEW, |i, _| ratio(i) / (1.0 + ratio(i))));
        for scale in SCALES {
            let encoder = &encoder * scale;
            let pair = views()?.pair(&encoder, &identity)?;
            let bound = |decoder: &Decoder| pair.bound(decoder).map(|parts| parts.bound);
            let unit = bound(&Decoder::isotropic(encoder.clone(), 1.0)?)?;
            let fitted = bound(&pair.best_isotropic(encoder.clone())?)?;
            bounds[0].push(unit);
            bounds[1].push(fitted);
            bounds[2].push(bound(&Decoder::isotropic(&encoder * &regression, 1.0)?)?);
            values.extend([
                ("information_nats", scale, pair.information()?),
                ("unit_bound_nats", scale, unit),
                ("scaled_bound_nats", scale, fitted),
            ]);
        }
        let range = |bounds: &[f64]| {
            let top = bounds.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            top - bounds.iter().copied().fold(f64::INFINITY, f64::min)
        };
        let near: Vec<f64> = (SCALES.iter().zip(&bounds[0]))
            .filter(|(scale, _)| (0.6..=2.0).contains(*scale))
            .map(|(_, bound)| *bound)
            .collect();
        values.extend([
            ("unit_range_nats", 0.0, range(&bounds[0])),
            ("unit_range_near_one_nats", 0.0, range(&near)),
            ("scaled_range_nats", 0.0, range(&bounds[1])),
            ("regression_range_nats", 0.0, range(&bounds[2])),
        ]);
        Ok(values)
    })
}
