use std::f64::consts::TAU;

use nalgebra::DMatrix;

use crate::error::{Error, finite};
use crate::linalg::{Spd, svd, symmetric_eigenvalues};

/// A Gaussian pair `(Z, W)` with mean 0: what is decoded, and what is seen.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianPair {
    z: DMatrix<f64>,
    w: DMatrix<f64>,
    cross: DMatrix<f64>,
    z_factor: Spd,
    w_factor: Spd,
    correlations: Vec<f64>,
}

/// A conditional law `q(z | w) = N(M w, Q)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoder {
    map: DMatrix<f64>,
    covariance: Spd,
}

/// The parts of the bound of Barber and Agakov.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BarberAgakov {
    /// `H(Z)`.
    pub entropy: f64,
    /// `E ln q(Z | W)`.
    pub log_likelihood: f64,
    /// `H(Z) + E ln q(Z | W)`, at most the information.
    pub bound: f64,
    /// `E KL(p(z | W) || q(z | W))`, computed by itself: bound and gap add up to the information.
    pub gap: f64,
}

impl Decoder {
    /// `N(M w, Q)`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] unless `Q` has as many rows as `M`; as [`Spd::new`].
    pub fn new(map: DMatrix<f64>, covariance: &DMatrix<f64>) -> Result<Self, Error> {
        require("rows of the covariance", map.nrows(), covariance.nrows())?;
        Ok(Self {
            map,
            covariance: Spd::new(covariance)?,
        })
    }

    /// `N(M w, variance I)`; variance 1 is the law behind the invariance term.
    ///
    /// # Errors
    /// [`Error::SingularCovariance`] and [`Error::NotPositiveDefinite`] unless the variance is positive.
    pub fn isotropic(map: DMatrix<f64>, variance: f64) -> Result<Self, Error> {
        let dim = map.nrows();
        Self::new(map, &(DMatrix::identity(dim, dim) * variance))
    }
}

impl GaussianPair {
    /// The pair of the first `dim_z` coordinates of `N(0, covariance)` and the rest.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless both halves have a coordinate;
    /// [`Error::NotPositiveDefinite`] when it is not symmetric (to `1e-9` of its diagonal) or no covariance;
    /// [`Error::SingularCovariance`] when a half is degenerate.
    pub fn new(dim_z: usize, covariance: &DMatrix<f64>) -> Result<Self, Error> {
        let dim = covariance.nrows();
        if dim_z == 0 || dim_z >= dim {
            return Err(Error::invalid(
                "dim_z",
                dim_z,
                "so that both halves have a coordinate",
            ));
        }
        require("columns of the covariance", dim, covariance.ncols())?;
        require_symmetric(covariance)?;
        let dim_w = dim - dim_z;
        let z = covariance.view((0, 0), (dim_z, dim_z)).into_owned();
        let w = covariance.view((dim_z, dim_z), (dim_w, dim_w)).into_owned();
        Self::from_blocks(
            z,
            w,
            covariance.view((0, dim_z), (dim_z, dim_w)).into_owned(),
        )
    }

    /// The pair with covariances `z` and `w` and cross-covariance `E Z W^T`.
    ///
    /// # Errors
    /// As [`GaussianPair::new`]; [`Error::Mismatch`]; [`Error::NoConvergence`].
    pub fn from_blocks(
        z: DMatrix<f64>,
        w: DMatrix<f64>,
        cross: DMatrix<f64>,
    ) -> Result<Self, Error> {
        require("rows of the cross-covariance", z.nrows(), cross.nrows())?;
        require("columns of the cross-covariance", w.nrows(), cross.ncols())?;
        let (z_factor, w_factor) = (Spd::new(&z)?, Spd::new(&w)?);
        let half = z_factor.whiten(&cross);
        let correlations = svd(&w_factor.whiten(&half.transpose()))?.values;
        let least = least_eigenvalue(&z, &w, &cross)?;
        let dim = z.nrows() + w.nrows();
        if least < -16.0 * dim as f64 * f64::EPSILON {
            return Err(Error::NotPositiveDefinite {
                dim,
                reason: format!("with unit variances its least eigenvalue is {least:e}"),
            });
        }
        Ok(Self {
            z_factor,
            w_factor,
            z,
            w,
            cross,
            correlations,
        })
    }

    /// Canonical correlations between the halves, largest first.
    ///
    /// # Errors
    /// [`Error::PerfectDependence`] when one is 1 to working precision.
    pub fn canonical_correlations(&self) -> Result<Vec<f64>, Error> {
        let correlations = &self.correlations;
        let ceiling = 1.0 - 16.0 * (self.z.nrows() + self.w.nrows()) as f64 * f64::EPSILON;
        match correlations.iter().position(|&rho| rho >= ceiling) {
            Some(index) => Err(Error::PerfectDependence {
                index,
                correlation: correlations[index],
            }),
            None => Ok(correlations.clone()),
        }
    }

    /// `I(Z; W) = -(1/2) sum_i ln(1 - rho_i^2)`.
    ///
    /// # Errors
    /// As [`GaussianPair::canonical_correlations`].
    ///
    /// # Source
    /// Kullback 1959, chapter 9.
    pub fn information(&self) -> Result<f64, Error> {
        let correlations = self.canonical_correlations()?;
        let terms = correlations.iter().map(|rho| (-rho).ln_1p() + rho.ln_1p());
        finite("the information", -0.5 * terms.sum::<f64>())
    }

    /// `H(Z)`.
    pub fn entropy(&self) -> f64 {
        0.5 * (self.z.nrows() as f64 * (1.0 + TAU.ln()) + self.z_factor.log_det())
    }

    /// The conditional law `p(z | w)` itself.
    ///
    /// # Errors
    /// [`Error::SingularCovariance`] when `W` determines `Z`.
    pub fn conditional(&self) -> Result<Decoder, Error> {
        let map = self.w_factor.solve(&self.cross.transpose()).transpose();
        let covariance = symmetric(&self.z - &map * self.cross.transpose());
        Decoder::new(map, &covariance)
    }

    /// `E (Z - M W)(Z - M W)^T`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] when `M` does not map `W` to the space of `Z`.
    pub fn residual(&self, map: &DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
        require("rows of the map", self.z.nrows(), map.nrows())?;
        require("columns of the map", self.w.nrows(), map.ncols())?;
        let shared = &self.cross * map.transpose();
        Ok(symmetric(
            &self.z - &shared - shared.transpose() + map * &self.w * map.transpose(),
        ))
    }

    /// `N(M w, (tr R / d) I)`, `R` the [`GaussianPair::residual`]: the best isotropic covariance for a
    /// map. Equal to unit covariance after the best common scale of `z` and `M w`,
    /// `sqrt(d / tr R)`, since the bound does not change with the scale of both.
    ///
    /// # Errors
    /// As [`GaussianPair::residual`] and [`Decoder::isotropic`].
    pub fn best_isotropic(&self, map: DMatrix<f64>) -> Result<Decoder, Error> {
        let variance = self.residual(&map)?.trace() / self.z.nrows() as f64;
        Decoder::isotropic(map, variance)
    }

    /// `N(M w, R)`, `R` the [`GaussianPair::residual`]: the best covariance for a map.
    ///
    /// # Errors
    /// As [`GaussianPair::residual`] and [`Decoder::new`].
    pub fn best_covariance(&self, map: DMatrix<f64>) -> Result<Decoder, Error> {
        let residual = self.residual(&map)?;
        Decoder::new(map, &residual)
    }

    /// The bound `I(Z; W) >= H(Z) + E ln q(Z | W)` and its gap.
    ///
    /// With `R` the [`GaussianPair::residual`] of the decoder `N(M w, Q)`,
    /// `E ln q = -(1/2) (d ln(2 pi) + ln det Q + tr Q^-1 R)`. With `N(M0 w, P)` the
    /// [`GaussianPair::conditional`], the gap is
    /// `(1/2) (tr Q^-1 P - d + ln det Q - ln det P + tr Q^-1 (M - M0) S_w (M - M0)^T)`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for a decoder of other dimensions; as [`GaussianPair::conditional`].
    ///
    /// # Source
    /// Barber & Agakov 2003.
    pub fn bound(&self, decoder: &Decoder) -> Result<BarberAgakov, Error> {
        let dim = self.z.nrows() as f64;
        let residual = self.residual(&decoder.map)?;
        let against = |matrix: &DMatrix<f64>| decoder.covariance.solve(matrix).trace();
        let log_det = decoder.covariance.log_det();
        let log_likelihood = -0.5 * (dim * TAU.ln() + log_det + against(&residual));
        let exact = self.conditional()?;
        let shift = &decoder.map - &exact.map;
        let lower = exact.covariance.lower();
        let covariance = lower * lower.transpose() + &shift * &self.w * shift.transpose();
        let gap = 0.5 * (against(&covariance) - dim + log_det - exact.covariance.log_det());
        let entropy = self.entropy();
        Ok(BarberAgakov {
            entropy,
            log_likelihood,
            bound: finite("the bound", entropy + log_likelihood)?,
            gap: finite("the gap of the bound", gap)?,
        })
    }
}

/// Refuses a matrix that is not symmetric to `1e-9` of its diagonal.
pub(super) fn require_symmetric(matrix: &DMatrix<f64>) -> Result<(), Error> {
    let dim = matrix.nrows();
    for j in 0..dim {
        for i in 0..j {
            let (upper, lower) = (matrix[(i, j)], matrix[(j, i)]);
            let scale = matrix[(i, i)].abs().sqrt() * matrix[(j, j)].abs().sqrt();
            let apart = (upper - lower).abs();
            if apart.is_nan() || apart > 1e-9 * scale {
                return Err(Error::NotPositiveDefinite {
                    dim,
                    reason: format!("entries ({i}, {j}) and ({j}, {i}) are {upper} and {lower}"),
                });
            }
        }
    }
    Ok(())
}

/// The least eigenvalue of the joint covariance in units in which every variance is 1. Rounding moves it by a
/// few units of the last place, whereas it moves canonical correlations by that times the condition of the halves.
fn least_eigenvalue(
    z: &DMatrix<f64>,
    w: &DMatrix<f64>,
    cross: &DMatrix<f64>,
) -> Result<f64, Error> {
    let (dim_z, dim_w) = cross.shape();
    let std_of = |matrix: &DMatrix<f64>| matrix.diagonal().map(f64::sqrt);
    let (std_z, std_w) = (std_of(z), std_of(w));
    let mut joint = DMatrix::identity(dim_z + dim_w, dim_z + dim_w);
    for (offset, matrix, std) in [(0, z, &std_z), (dim_z, w, &std_w)] {
        for j in 0..matrix.ncols() {
            for i in j + 1..matrix.nrows() {
                joint[(offset + i, offset + j)] = matrix[(i, j)] / std[i] / std[j];
            }
        }
    }
    for j in 0..dim_z {
        for i in 0..dim_w {
            joint[(dim_z + i, j)] = cross[(j, i)] / std_z[j] / std_w[i];
        }
    }
    let values = symmetric_eigenvalues(&joint)?;
    Ok(values.last().copied().unwrap_or(1.0))
}

/// Removes the rounding between the two halves of a symmetric matrix.
fn symmetric(matrix: DMatrix<f64>) -> DMatrix<f64> {
    let transposed = matrix.transpose();
    (matrix + transposed) / 2.0
}

pub(super) fn require(what: &'static str, expected: usize, actual: usize) -> Result<(), Error> {
    if expected == actual {
        Ok(())
    } else {
        Err(Error::Mismatch {
            what,
            expected,
            actual,
        })
    }
}
