use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use vicinfo::Error;
use vicinfo::finding::STANDARD_ERRORS;
use vicinfo::law::{Gaussian, Law, Mixture, Truth};
use vicinfo::linalg::{Spd, symmetric_eigen};
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;

use super::{Cell, Part, Row, Shape};

fn random_covariance(dim: usize, seed: Seed) -> Result<DMatrix<f64>, Error> {
    let mut rng = seed.rng();
    let factor = DMatrix::from_fn(dim, dim, |_, _| rng.sample::<f64, _>(StandardNormal));
    let (_, axes) = symmetric_eigen(&(&factor + factor.transpose()))?;
    let mut scaled = axes;
    for mut column in scaled.column_iter_mut() {
        column *= 10f64.powf(rng.random_range(-0.5..0.5));
    }
    Ok(&scaled * scaled.transpose())
}

/// Weights from 0.5 to 1.5 before normalising, normal means times `spread`.
fn draw(cell: &Cell, spread: f64, seed: Seed) -> Result<Mixture, Error> {
    let mut rng = seed.child("weights").rng();
    let weights: Vec<f64> = (0..cell.components)
        .map(|_| rng.random_range(0.5..1.5))
        .collect();
    let total: f64 = weights.iter().sum();
    let mut rng = seed.child("means").rng();
    let means = DMatrix::from_fn(cell.dim, cell.components, |_, _| {
        spread * rng.sample::<f64, _>(StandardNormal)
    });
    let covariances = (0..cell.components)
        .map(|component| match cell.shape {
            Shape::Common => Ok(DMatrix::identity(cell.dim, cell.dim)),
            Shape::Different => {
                random_covariance(cell.dim, seed.child("covariance").child(component))
            }
        })
        .collect::<Result<Vec<_>, _>>()?;
    Mixture::new(
        weights.iter().map(|w| w / total).collect(),
        means,
        covariances,
    )
}

/// The image under the linear map that makes the covariance the identity.
fn whiten(mixture: &Mixture) -> Result<Mixture, Error> {
    let total = Spd::new(&mixture.covariance())?;
    let covariances = (0..mixture.weights().len())
        .map(|component| {
            let half = total.whiten(&mixture.component_covariance(component));
            let white = total.whiten(&half.transpose());
            (&white + white.transpose()) / 2.0
        })
        .collect();
    Mixture::new(
        mixture.weights().to_vec(),
        total.whiten(mixture.means()),
        covariances,
    )
}

/// Summaries over replicates: `value` of each, and its Monte-Carlo error if it has one.
fn row(cell: &Cell, quantity: &str, values: &[(f64, f64)]) -> Result<Row, Error> {
    let n = values.len();
    let mean = values.iter().map(|v| v.0).sum::<f64>() / n as f64;
    let noise = values.iter().map(|v| v.1 * v.1).sum::<f64>().sqrt() / n as f64;
    let std_error = if noise > 0.0 || n < 2 {
        noise
    } else {
        Summary::new(&values.iter().map(|v| v.0).collect::<Vec<_>>())?.std_error
    };
    Ok(Row {
        part: cell.part,
        shape: cell.shape,
        quantity: quantity.to_owned(),
        dim: cell.dim,
        components: cell.components,
        spread: cell.spread,
        n,
        mean,
        std_error,
    })
}

pub(super) fn bounds(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    const NAMES: [&str; 9] = [
        "truth_nats",
        "kl_upper_nats",
        "bhattacharyya_lower_nats",
        "expected_likelihood_lower_nats",
        "log_det_upper_nats",
        "no_overlap_upper_nats",
        "log_det_slack_nats",
        "best_upper_slack_nats",
        "best_lower_slack_nats",
    ];
    let extra = ["mean_pairwise_kl_slack_nats", "bhattacharyya_slack_nats"];
    let mut values = vec![Vec::new(); NAMES.len() + extra.len()];
    for replicate in 0..cell.replicates {
        let stream = seed.child(replicate);
        let mut mixture = draw(
            cell,
            if cell.part == Part::Bounds {
                cell.spread
            } else {
                1.0
            },
            stream,
        )?;
        if cell.part == Part::Whitened {
            // The tightness of the components, and so the truth, varies from mixture to mixture.
            let spread = 10f64.powf(stream.child("spread").rng().random_range(-0.5..1.5));
            mixture = whiten(&draw(cell, spread, stream)?)?;
        }
        let b = mixture.bounds();
        let (truth, noise) = mixture
            .monte_carlo_entropy(cell.draws, stream.child("truth"))?
            .value()?;
        let best_lower = b.bhattacharyya_lower.max(b.expected_likelihood_lower);
        let row = [
            (truth, noise),
            (b.kl_upper, 0.0),
            (b.bhattacharyya_lower, 0.0),
            (b.expected_likelihood_lower, 0.0),
            (b.log_det_upper, 0.0),
            (b.no_overlap_upper, 0.0),
            (b.log_det_upper - truth, noise),
            (b.kl_upper.min(b.log_det_upper) - truth, noise),
            (truth - best_lower, noise),
            (b.mean_pairwise_kl - truth, noise),
            (b.bhattacharyya_lower - truth, noise),
        ];
        for (list, value) in values.iter_mut().zip(row) {
            list.push(value);
        }
    }
    // A bound holds for every mixture, not on average: the one that comes nearest to a violation.
    let nearest = ["smallest_upper_slack_nats", "smallest_lower_slack_nats"].map(|name| {
        let slack = if name.contains("upper") { 7 } else { 8 };
        let low = |(slack, noise): &(f64, f64)| slack - STANDARD_ERRORS * noise;
        let nearest = values[slack]
            .iter()
            .copied()
            .min_by(|a, b| low(a).total_cmp(&low(b)));
        (name, Vec::from_iter(nearest))
    });
    (NAMES.into_iter().chain(extra).zip(values))
        .chain(nearest)
        .map(|(name, values)| row(cell, name, &values))
        .collect()
}

pub(super) fn split(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let names = [
        "diagonal_slack_nats",
        "off_diagonal_nats",
        "divergence_nats",
        "split_gap_nats",
        "gap_without_off_diagonal_nats",
    ];
    let mut values = vec![Vec::new(); names.len()];
    for replicate in 0..cell.replicates {
        let stream = seed.child(replicate);
        let mixture = draw(cell, cell.spread, stream)?;
        let covariance = mixture.covariance();
        let gaussian = Gaussian::new(mixture.mean(), &covariance)?;
        let Truth::Exact(log_det) = gaussian.entropy() else {
            return Err(Error::invalid(
                "gaussian entropy",
                "not exact",
                "a closed form",
            ));
        };
        let log_variances: f64 = covariance.diagonal().iter().map(|v| v.ln()).sum();
        let off_diagonal = 0.5 * (log_variances - Spd::new(&covariance)?.log_det());
        let (truth, noise) = mixture
            .monte_carlo_entropy(cell.draws, stream.child("truth"))?
            .value()?;
        // Fresh draws: the two sides of the identity share nothing but the law.
        let points = mixture.sample(cell.draws, stream.child("divergence"));
        let ratios: Vec<f64> = (points.points())
            .map(|point| mixture.ln_density(point) - gaussian.ln_density(point))
            .collect();
        let divergence = Summary::new(&ratios)?;
        let slack = log_det + off_diagonal - truth;
        let row = [
            (slack, noise),
            (off_diagonal, 0.0),
            (divergence.mean, divergence.std_error),
            (
                slack - off_diagonal - divergence.mean,
                noise.hypot(divergence.std_error),
            ),
            (slack - divergence.mean, noise.hypot(divergence.std_error)),
        ];
        for (list, value) in values.iter_mut().zip(row) {
            list.push(value);
        }
    }
    (names.iter().zip(values))
        .map(|(name, values)| row(cell, name, &values))
        .collect()
}
