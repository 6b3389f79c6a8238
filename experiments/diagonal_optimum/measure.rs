use nalgebra::DMatrix;
use rand::RngExt;
use vicinfo::Error;
use vicinfo::linalg::{Spd, covariance, mean, symmetric_eigen};
use vicinfo::objective::{covariance_term, variance_term};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

use super::{
    ANGLES, CORRELATION_SIZE, Cell, ROTATION_SPREAD, Row, SCALES, SIZES, SPREADS, STRENGTHS,
    VARIANCE_CAP,
};

/// Correlation matrix `(1 - strength) I + strength C`, `C` that of a Wishart matrix with `d + 2` degrees.
fn random_correlation(dim: usize, strength: f64, seed: Seed) -> DMatrix<f64> {
    let factor = seed.normal_matrix(dim, dim + 2);
    let scatter = &factor * factor.transpose();
    DMatrix::from_fn(dim, dim, |i, j| {
        if i == j {
            1.0
        } else {
            strength * scatter[(i, j)] / (scatter[(i, i)] * scatter[(j, j)]).sqrt()
        }
    })
}

/// Variances `0.1 … 10` in equal factors: a diagonal far from equal.
fn unequal_variances(dim: usize) -> Vec<f64> {
    (0..dim)
        .map(|j| 10f64.powf(-1.0 + 2.0 * j as f64 / (dim - 1) as f64))
        .collect()
}

/// A mixture whose conditional covariances have eigenvalues in `[0.5, 2]`.
struct Mixture {
    /// Mean conditional covariance.
    within: DMatrix<f64>,
    /// Mean log-determinant over the components, for both views.
    within_log_dets: f64,
    /// Covariance of the means at spread 1.
    between: DMatrix<f64>,
}

impl Mixture {
    /// `2 d` components with means in `R^rank`, the first coordinates.
    fn draw(dim: usize, rank: usize, seed: Seed) -> Result<Self, Error> {
        let components = 2 * dim;
        let mut within = DMatrix::zeros(dim, dim);
        let mut within_log_dets = 0.0;
        for view in ["view", "other view"] {
            for component in 0..components {
                let stream = seed.child(view).child(component);
                let (_, axes) = symmetric_eigen(&{
                    let factor = stream.child("axes").normal_matrix(dim, dim);
                    &factor + factor.transpose()
                })?;
                let mut rng = stream.child("eigenvalues").rng();
                let scaled = DMatrix::from_fn(dim, dim, |i, j| axes[(i, j)])
                    * DMatrix::from_diagonal(&nalgebra::DVector::from_fn(dim, |_, _| {
                        rng.random_range(0.5..2.0_f64).sqrt()
                    }));
                let conditional = &scaled * scaled.transpose();
                within_log_dets += Spd::new(&conditional)?.log_det() / components as f64;
                // Cov Z is that of the first view.
                if view == "view" {
                    within += conditional / components as f64;
                }
            }
        }
        let means = seed.child("means").normal_matrix(rank, components);
        let between = covariance(&Sample::new(means)?)?.resize(dim, dim, 0.0);
        Ok(Self {
            within,
            within_log_dets,
            between,
        })
    }

    fn covariance(&self, spread: f64) -> DMatrix<f64> {
        &self.within + &self.between * (spread * spread)
    }

    fn objective(&self, spread: f64) -> Result<f64, Error> {
        Ok(Spd::new(&self.covariance(spread))?.log_det() - self.within_log_dets)
    }

    /// The largest spread up to `spread` that keeps every variance of `Z` at or below `cap`.
    fn capped(&self, spread: f64, cap: f64) -> f64 {
        (0..self.within.nrows())
            .map(|j| ((cap - self.within[(j, j)]) / self.between[(j, j)]).sqrt())
            .fold(spread, f64::min)
    }
}

/// Rotates the coordinate pairs `(0, 1), (2, 3), …` by `angle`.
fn pair_rotation(dim: usize, angle: f64) -> DMatrix<f64> {
    let mut rotation = DMatrix::identity(dim, dim);
    for i in (0..dim - 1).step_by(2) {
        rotation[(i, i)] = angle.cos();
        rotation[(i, i + 1)] = -angle.sin();
        rotation[(i + 1, i)] = angle.sin();
        rotation[(i + 1, i + 1)] = angle.cos();
    }
    rotation
}

/// Root mean square of the off-diagonal correlations.
fn rms_correlation(matrix: &DMatrix<f64>) -> f64 {
    let dim = matrix.nrows();
    let squares: f64 = (0..dim)
        .flat_map(|i| (0..dim).map(move |j| (i, j)))
        .filter(|(i, j)| i != j)
        .map(|(i, j)| matrix[(i, j)].powi(2) / (matrix[(i, i)] * matrix[(j, j)]))
        .sum();
    (squares / (dim * (dim - 1)) as f64).sqrt()
}

/// One value of one replicate: `(quantity, x, value)`.
type Value = (&'static str, f64, f64);

/// Summarises each `(quantity, x)` over the replicates of a cell, in the order of the first.
fn replicated(
    cell: &Cell,
    seed: Seed,
    measure: impl Fn(Seed) -> Result<Vec<Value>, Error>,
) -> Result<Vec<Row>, Error> {
    let measure = |seed| {
        let values = measure(seed)?.into_iter();
        Ok(values.map(|(quantity, x, value)| ((quantity, x), value)))
    };
    vicinfo::experiment::replicated(cell.replicates, seed, measure)?
        .into_iter()
        .map(|((quantity, x), values)| Row::new(cell, quantity, x, &values))
        .collect()
}

pub(super) fn hadamard(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let variances = unequal_variances(cell.dim);
    let log_det_diagonal: f64 = variances.iter().map(|v| v.ln()).sum();
    let equal = variances.iter().sum::<f64>() / cell.dim as f64;
    replicated(cell, seed, |seed| {
        let mut values = Vec::new();
        for strength in STRENGTHS {
            let correlation = random_correlation(cell.dim, strength, seed);
            let fixed_diagonal = DMatrix::from_fn(cell.dim, cell.dim, |i, j| {
                correlation[(i, j)] * (variances[i] * variances[j]).sqrt()
            });
            let fixed_trace = &correlation * equal;
            let gain = |matrix| Ok::<_, Error>(Spd::new(matrix)?.log_det() - log_det_diagonal);
            values.extend([
                (
                    "strength_rms_correlation",
                    strength,
                    rms_correlation(&correlation),
                ),
                ("fixed_diagonal_gain_nats", strength, gain(&fixed_diagonal)?),
                ("fixed_trace_gain_nats", strength, gain(&fixed_trace)?),
            ]);
        }
        Ok(values)
    })
}

pub(super) fn spread(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    replicated(cell, seed, |seed| {
        let full = Mixture::draw(cell.dim, cell.dim, seed.child("full"))?;
        let line = Mixture::draw(cell.dim, 1, seed.child("line"))?;
        let capped = |spread| full.objective(full.capped(spread, VARIANCE_CAP));
        let mut values = Vec::new();
        for spread in SPREADS {
            values.extend([
                ("objective_nats", spread, full.objective(spread)?),
                ("objective_on_a_line_nats", spread, line.objective(spread)?),
                ("objective_capped_nats", spread, capped(spread)?),
            ]);
        }
        let (far, near) = (
            SPREADS[SPREADS.len() - 1],
            SPREADS[SPREADS.len() - 1] / 10.0,
        );
        values.extend([
            (
                "growth_nats",
                0.0,
                full.objective(far)? - full.objective(near)?,
            ),
            (
                "growth_on_a_line_nats",
                0.0,
                line.objective(far)? - line.objective(near)?,
            ),
            ("growth_capped_nats", 0.0, capped(far)? - capped(near)?),
        ]);
        Ok(values)
    })
}

pub(super) fn rotation(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    replicated(cell, seed, |seed| {
        let mixture = Mixture::draw(cell.dim, cell.dim, seed)?;
        let (eigenvalues, _) = symmetric_eigen(&mixture.covariance(ROTATION_SPREAD))?;
        let diagonal = DMatrix::from_diagonal(&nalgebra::DVector::from_vec(eigenvalues));
        let best = Spd::new(&diagonal)?.log_det();
        let mut values = Vec::new();
        for angle in ANGLES {
            let rotate = pair_rotation(cell.dim, angle);
            let rotated = &rotate * &diagonal * rotate.transpose();
            // The correlations of the turned matrix, put back on the diagonal of the unturned one.
            let restored = DMatrix::from_fn(cell.dim, cell.dim, |i, j| {
                rotated[(i, j)] * (diagonal[(i, i)] * diagonal[(j, j)]).sqrt()
                    / (rotated[(i, i)] * rotated[(j, j)]).sqrt()
            });
            // The conditional covariances turn along, so that their determinants cancel.
            values.extend([
                ("rotation_rms_correlation", angle, rms_correlation(&rotated)),
                (
                    "bounded_eigenvalues_loss_nats",
                    angle,
                    best - Spd::new(&rotated)?.log_det(),
                ),
                (
                    "fixed_diagonal_loss_nats",
                    angle,
                    best - Spd::new(&restored)?.log_det(),
                ),
            ]);
        }
        Ok(values)
    })
}

/// Symmetric directions with zero diagonal and root mean square 1 off it.
fn direction(dim: usize, seed: Seed) -> DMatrix<f64> {
    let factor = seed.normal_matrix(dim, dim);
    let mut direction = &factor + factor.transpose();
    direction.fill_diagonal(0.0);
    let scale = direction.norm() / ((dim * (dim - 1)) as f64).sqrt();
    direction / scale
}

/// Log-log slope of the mean of `far` over that of `near`, and the standard error that the
/// replicates give it (delta method: both means come from the same directions).
fn slope(
    quantity: &str,
    cell: &Cell,
    near: &Row,
    far: &Row,
    pairs: &[(f64, f64)],
) -> Result<Row, Error> {
    let step = (far.x / near.x).ln();
    let slope = (far.mean / near.mean).ln() / step;
    let influence: Vec<f64> = (pairs.iter())
        .map(|(a, b)| slope + (b / far.mean - a / near.mean) / step)
        .collect();
    Row::new(cell, quantity, 0.0, &influence)
}

pub(super) fn taylor(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    // The expansion needs a matrix well inside the positive definite ones.
    let sizes: Vec<f64> = (SIZES.into_iter())
        .filter(|size| size * 3.0 * (cell.dim as f64).sqrt() < 1.0)
        .collect();
    let remainders = |seed: Seed, size: f64| {
        let step = direction(cell.dim, seed) * size;
        let log_det = Spd::new(&(DMatrix::identity(cell.dim, cell.dim) + &step))?.log_det();
        let squares = step.norm_squared();
        Ok::<_, Error>(((log_det + 0.5 * squares).abs(), (log_det + squares).abs()))
    };
    let mut rows = replicated(cell, seed, |seed| {
        let mut values = Vec::new();
        for &size in &sizes {
            let (with, without) = remainders(seed, size)?;
            values.extend([
                ("remainder_nats", size, with),
                ("remainder_without_half_nats", size, without),
            ]);
        }
        Ok(values)
    })?;
    let pairs = (0..cell.replicates)
        .map(|replicate| {
            let seed = seed.child(replicate);
            Ok((remainders(seed, sizes[0])?, remainders(seed, sizes[1])?))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let with: Vec<_> = pairs.iter().map(|(near, far)| (near.0, far.0)).collect();
    let without: Vec<_> = pairs.iter().map(|(near, far)| (near.1, far.1)).collect();
    let slopes = [
        slope("slope", cell, &rows[0], &rows[2], &with)?,
        slope("slope_without_half", cell, &rows[1], &rows[3], &without)?,
    ];
    rows.extend(slopes);
    Ok(rows)
}

/// `n` points with covariance `target` exactly (to rounding).
fn sample_with_covariance(n: usize, target: &Spd, seed: Seed) -> Result<Sample, Error> {
    let dim = target.dim();
    let raw = Sample::new(seed.normal_matrix(dim, n))?;
    let centre = mean(&raw);
    let centred = DMatrix::from_fn(dim, n, |i, j| raw.matrix()[(i, j)] - centre[i]);
    let white = Spd::new(&covariance(&raw)?)?.whiten(&centred);
    Sample::new(target.lower() * white)
}

pub(super) fn scale(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let n = 8 * cell.dim;
    replicated(cell, seed, |seed| {
        let step = direction(cell.dim, seed.child("direction")) * CORRELATION_SIZE;
        let identity = DMatrix::identity(cell.dim, cell.dim);
        let correlation = Spd::new(&(&identity + step))?;
        let correlated = sample_with_covariance(n, &correlation, seed.child("correlated"))?;
        let uncorrelated =
            sample_with_covariance(n, &Spd::new(&identity)?, seed.child("uncorrelated"))?;
        let mut values = Vec::new();
        for scale in SCALES {
            let correlated = Sample::new(correlated.matrix() * scale)?;
            let uncorrelated = Sample::new(uncorrelated.matrix() * scale)?;
            let penalty = 0.5 * cell.dim as f64 * covariance_term(&correlated)?;
            values.extend([
                (
                    "penalty_over_log_det",
                    scale,
                    penalty / -correlation.log_det(),
                ),
                ("hinge", scale, variance_term(&uncorrelated, 1.0)?),
                (
                    "uncorrelated_covariance_term",
                    scale,
                    covariance_term(&uncorrelated)?,
                ),
                (
                    "half_log_det_nats",
                    scale,
                    0.5 * Spd::new(&covariance(&uncorrelated)?)?.log_det(),
                ),
            ]);
        }
        Ok(values)
    })
}
