use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::entropy::{EntropyEstimator, KozachenkoLeonenko};
use vicinfo::law::{Law, Mixture};
use vicinfo::linalg::{Spd, covariance};
use vicinfo::neighbour::Norm;
use vicinfo::network::pushforward::{
    LineSegment, OutputEntropy, PiecewiseLine, Pushforward, index_information,
};
use vicinfo::network::{Activation, Initialisation, Layer, Linear, Network, Perceptron, Shape};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;

use super::{Cell, DATA_EPSILONS, EPSILONS, MEANS, OVERLAPPING, POINTS, RANKED, Row, SEPARATE};

/// Ridge that a jittered determinant would have.
const RIDGE: f64 = 1e-6;

fn mixture(means: DMatrix<f64>, deviation: f64) -> Result<Mixture, Error> {
    let (dim, n) = means.shape();
    let covariance = DMatrix::identity(dim, dim) * (deviation * deviation);
    Mixture::new(vec![1.0 / n as f64; n], means, vec![covariance; n])
}

fn unexpected(entropy: &OutputEntropy) -> Error {
    Error::invalid("network", format!("{entropy:?}"), "it is one to one")
}

pub(super) fn bijective(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let dim = cell.size;
    let network = Perceptron {
        widths: vec![dim; 4],
        activation: Activation::LeakyRelu { slope: 0.1 },
        initialisation: Initialisation::He,
        bias: 0.5,
    }
    .network::<f64>(seed.child("network"))?;
    let law = mixture(seed.child("prototypes").normal_matrix(dim, 4), 1.0)?;
    let pushforward = Pushforward::new(&network, &law)?;
    let direct = pushforward.direct_entropy(cell.draws, seed.child("direct"))?;
    let formula = pushforward.entropy(cell.draws, seed.child("formula"))?;
    let OutputEntropy::Continuous { value, std_error } = formula else {
        return Err(unexpected(&formula));
    };
    // The same network turned into one dimension more, which moves no distance.
    let turn = seed.child("turn").normal_matrix(dim + 1, dim).qr().q();
    let mut layers = network.layers().to_vec();
    layers.push(Layer::Linear(Linear::new(turn.clone(), None)?));
    let wide = Network::new(Shape::vector(dim), layers)?;
    let wide_law = Pushforward::new(&wide, &law)?;
    let manifold = wide_law.entropy(cell.draws, seed.child("manifold"))?;
    let OutputEntropy::Manifold {
        value: on_image,
        std_error: image_error,
        ..
    } = manifold
    else {
        return Err(unexpected(&manifold));
    };
    let points = law.sample(500, seed.child("ridge"));
    let jittered = (points.points())
        .map(|point| {
            let map = wide.affine_at(point)?.matrix;
            Ok(0.5 * Spd::with_ridge(&(&map * map.transpose()), RIDGE)?.log_det())
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let jittered = Summary::new(&jittered)?;
    let input = law.monte_carlo_entropy(cell.draws, seed.child("input"))?;
    let vicinfo::law::Truth::MonteCarlo {
        value: input,
        std_error: input_error,
    } = input
    else {
        return Err(Error::invalid(
            "input",
            "not sampled",
            "a Monte-Carlo entropy",
        ));
    };
    let row = |quantity: &str, value: f64, std_error: f64| {
        Row::new(cell, "leaky", quantity, 0.0, value, std_error)
    };
    // For each dimension, so that large networks do not decide alone.
    let less = |quantity: &str, (value, error): (f64, f64), (other, other_error): (f64, f64)| {
        let error = error.hypot(other_error);
        row(quantity, (value - other) / dim as f64, error / dim as f64)
    };
    let formula = (value, std_error);
    let image = (on_image, image_error);
    let mut rows = vec![
        row("direct_nats", direct.mean, direct.std_error),
        row("formula_nats", value, std_error),
        less(
            "direct_difference_nats",
            formula,
            (direct.mean, direct.std_error),
        ),
        less("manifold_difference_nats", image, formula),
    ];
    if let Some(truth) = independent(cell, &network, &law, seed.child("neighbours"))? {
        let without_slopes = input + ln_det_of_weights(&network);
        let ridge = input + jittered.mean;
        rows.extend([
            row("independent_nats", truth.0, truth.1),
            less("formula_error_nats", formula, truth),
            less("manifold_error_nats", image, truth),
            less(
                "without_slopes_error_nats",
                (without_slopes, input_error),
                truth,
            ),
            less(
                "ridge_error_nats",
                (ridge, input_error.hypot(jittered.std_error)),
                truth,
            ),
        ]);
    }
    Ok(rows)
}

/// The entropy of the output with its standard error from what knows neither Jacobians nor the
/// entropy of the input; none in dimensions in which there is no such thing.
///
/// On the line the quadrature of the density that the segments make, in the plane nearest neighbours
/// of as many points as there are draws. The points are whitened by their own covariance: where a map
/// is narrow in one direction, few neighbours lie as near as its width, and the estimate is too large.
fn independent(
    cell: &Cell,
    network: &Network<f64>,
    law: &Mixture,
    seed: Seed,
) -> Result<Option<(f64, f64)>, Error> {
    const REPLICATES: usize = 8;
    match cell.size {
        1 => Ok(Some((
            PiecewiseLine::of_network(network)?.entropy(law)?,
            0.0,
        ))),
        2 => {
            let estimator = KozachenkoLeonenko::new(5, Norm::Euclidean)?;
            let estimates = (0..REPLICATES)
                .map(|replicate| {
                    let points = law.sample(cell.draws, seed.child(replicate));
                    let images = network.apply(points.matrix())?;
                    let spread = Spd::new(&covariance(&Sample::new(images.clone())?)?)?;
                    let whitened = Sample::new(spread.whiten(&images))?;
                    Ok(estimator.entropy(&whitened)? + 0.5 * spread.log_det())
                })
                .collect::<Result<Vec<f64>, Error>>()?;
            let estimate = Summary::new(&estimates)?;
            Ok(Some((estimate.mean, estimate.std_error)))
        }
        _ => Ok(None),
    }
}

/// `sum ln |det W|` over the linear layers: the formula's volume without the slopes of the activations.
#[allow(
    clippy::disallowed_methods,
    reason = "of layers of one or two units, whose determinants neither over- nor underflow"
)]
fn ln_det_of_weights(network: &Network<f64>) -> f64 {
    (network.layers().iter())
        .filter_map(|layer| match layer {
            Layer::Linear(linear) => Some(linear.weight().determinant().abs().ln()),
            _ => None,
        })
        .sum()
}

fn line(activation: Activation) -> Result<PiecewiseLine, Error> {
    let unit = Network::new(Shape::vector(1), vec![Layer::Activation(activation)])?;
    PiecewiseLine::of_network(&unit)
}

fn gaussian(mean: f64) -> Result<Mixture, Error> {
    mixture(DMatrix::from_element(1, 1, mean), 1.0)
}

pub(super) fn folding(cell: &Cell) -> Result<Vec<Row>, Error> {
    let folded = line(Activation::Absolute)?;
    let mut rows = Vec::new();
    for mean in MEANS {
        let law = gaussian(mean)?;
        let input = law.bounds().no_overlap_upper;
        let exact = folded.entropy(&law)?;
        let lost = folded.folding_entropy(&law)?;
        let formula = input + folded.expected_ln_slope(&law)?;
        let row = |quantity, value| Row::new(cell, "|x|", quantity, mean, value, 0.0);
        rows.extend([
            row("exact_nats", exact),
            row("formula_error_nats", formula - exact),
            row("folding_entropy_nats", lost),
            row("corrected_error_nats", formula - lost - exact),
        ]);
    }
    Ok(rows)
}

/// The unit normal law through networks of one architecture: share of the draws at each rank.
pub(super) fn ranks(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let (name, widths, slope) = RANKED[cell.size];
    let dim = widths[0];
    let law = mixture(DMatrix::zeros(dim, 1), 1.0)?;
    let mut shares = vec![Vec::new(); dim + 1];
    for network in 0..cell.network {
        let seed = seed.child(network);
        let network = Perceptron {
            widths: widths.to_vec(),
            activation: Activation::LeakyRelu { slope },
            initialisation: Initialisation::He,
            bias: 0.1,
        }
        .network::<f64>(seed.child("network"))?;
        let entropy = Pushforward::new(&network, &law)?.entropy(cell.draws, seed.child("draws"))?;
        let ranks = match entropy {
            OutputEntropy::Degenerate { ranks, .. } => ranks,
            _ => (0..=dim)
                .map(|r| if r == dim { 1.0 } else { 0.0 })
                .collect(),
        };
        for (all, share) in shares.iter_mut().zip(ranks) {
            all.push(share);
        }
    }
    let mut rows = Vec::new();
    for (rank, shares) in shares.iter().enumerate() {
        let share = Summary::new(shares)?;
        let row = |quantity: &str, value: f64| {
            Row::new(cell, name, quantity, rank as f64, value, share.std_error)
        };
        rows.push(row("share", share.mean));
        if rank == dim {
            rows.push(row("crushed", 1.0 - share.mean));
        }
    }
    Ok(rows)
}

pub(super) fn noise(cell: &Cell) -> Result<Vec<Row>, Error> {
    let flat = |from, to, intercept| LineSegment {
        from,
        to,
        slope: 0.0,
        intercept,
    };
    let sign = PiecewiseLine::new(vec![
        flat(f64::NEG_INFINITY, 0.0, -1.0),
        flat(0.0, f64::INFINITY, 1.0),
    ])?;
    let maps = [
        ("identity", line(Activation::LeakyRelu { slope: 1.0 })?),
        ("leaky", line(Activation::LeakyRelu { slope: 0.1 })?),
        ("relu", line(Activation::Relu)?),
        ("sign", sign),
    ];
    let law = gaussian(0.0)?;
    let mut rows = Vec::new();
    for (name, map) in &maps {
        let dimension = map.information_dimension(&law)?;
        let mut last: Option<(f64, f64)> = None;
        for epsilon in EPSILONS {
            let information = map.noisy_information(&law, epsilon)?;
            let row = |quantity, value| Row::new(cell, name, quantity, epsilon, value, 0.0);
            rows.push(row("information_nats", information));
            if let Some((wider, before)) = last {
                let slope = (information - before) / (wider / epsilon).ln();
                rows.push(row("slope", slope));
                rows.push(row("slope_less_dimension", slope - dimension));
                rows.push(row("slope_less_one", slope - 1.0));
            }
            last = Some((epsilon, information));
        }
    }
    Ok(rows)
}

fn encoder(seed: Seed) -> Result<Network<f64>, Error> {
    Perceptron {
        widths: vec![16, 32, 32, 8],
        activation: Activation::Relu,
        initialisation: Initialisation::He,
        bias: 0.1,
    }
    .network(seed)
}

pub(super) fn index(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let network = encoder(seed.child("encoder"))?;
    let points = seed.child("prototypes").normal_matrix(16, POINTS);
    let mut rows = Vec::new();
    for (name, deviation) in [("separate", SEPARATE), ("overlapping", OVERLAPPING)] {
        let law = mixture(points.clone(), deviation)?;
        let sides = Pushforward::new(&network, &law)?
            .index_information(cell.draws, seed.child("draws").child(name))?;
        let row = |quantity: &str, summary: Summary| {
            let missing = sides.ceiling - summary.mean;
            [
                Row::new(
                    cell,
                    name,
                    &format!("{quantity}_nats"),
                    deviation,
                    summary.mean,
                    summary.std_error,
                ),
                Row::new(
                    cell,
                    name,
                    &format!("missing_{quantity}_nats"),
                    deviation,
                    missing,
                    summary.std_error,
                ),
            ]
        };
        rows.extend(row("lower", sides.lower));
        rows.extend(row("upper", sides.upper));
    }
    Ok(rows)
}

pub(super) fn data(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let network = encoder(seed.child("encoder"))?;
    let images = network.apply(&seed.child("points").normal_matrix(16, POINTS))?;
    let mut rows = Vec::new();
    let mut last: Option<Summary> = None;
    for epsilon in DATA_EPSILONS {
        let summary = index_information(
            &images,
            epsilon,
            cell.draws,
            seed.child("noise").child(epsilon),
        )?;
        rows.push(Row::new(
            cell,
            "encoder",
            "information_nats",
            epsilon,
            summary.mean,
            summary.std_error,
        ));
        if let Some(before) = last {
            rows.push(Row::new(
                cell,
                "encoder",
                "growth_nats",
                epsilon,
                summary.mean - before.mean,
                summary.std_error.hypot(before.std_error),
            ));
        }
        last = Some(summary);
    }
    Ok(rows)
}
