use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::law::{Law, Mixture};
use vicinfo::linalg::covariance;
use vicinfo::network::pushforward::{
    Divergence, OutputComponent, OutputMixture, PiecewiseLine, Prototype, Pushforward,
};
use vicinfo::network::{
    Activation, Affine, Initialisation, Layer, Network, Perceptron, Shape, Spread,
};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;

use super::{Cell, NOISES, Row, SLOPES, SMALL, WIDE_NOISES};

const PROTOTYPES: usize = 4;
/// Union bound below which escapes are rare.
const RARE: f64 = 0.5;
const LEAKY: Activation = Activation::LeakyRelu { slope: 0.1 };

fn square_network(cell: &Cell, seed: Seed) -> Result<Network<f64>, Error> {
    Perceptron {
        widths: vec![cell.dim; cell.size + 1],
        activation: LEAKY,
        initialisation: Initialisation::He,
        bias: 0.5,
    }
    .network(seed)
}

/// Standard normal points with their distances to the nearest face; in different regions as far as
/// the network has so many, and in two at least.
fn prototypes(network: &Network<f64>, seed: Seed) -> Result<(DMatrix<f64>, Vec<f64>), Error> {
    let candidates = seed.normal_matrix(network.input().size(), 200);
    let patterns = network.pattern(&candidates)?;
    let mut chosen: Vec<usize> = Vec::new();
    for candidate in 0..candidates.ncols() {
        let code = patterns.code(candidate);
        if chosen.iter().all(|&other| patterns.code(other) != code) {
            chosen.push(candidate);
        }
    }
    if chosen.len() < 2 {
        return Err(Error::TooFewPoints {
            method: "prototypes in different regions",
            required: 2,
            actual: chosen.len(),
        });
    }
    let rest = (0..candidates.ncols()).filter(|candidate| !chosen.contains(candidate));
    let chosen: Vec<usize> = (chosen.iter().copied().chain(rest))
        .take(PROTOTYPES)
        .collect();
    let points = candidates.select_columns(&chosen);
    let distances = (network
        .nearest_faces(&points, Spread::Isotropic(1.0))?
        .into_iter())
    .map(|face| {
        face.map(|face| face.distance).ok_or_else(|| {
            Error::invalid("network", "a region without faces", "one with activations")
        })
    })
    .collect::<Result<_, _>>()?;
    Ok((points, distances))
}

fn law(points: &DMatrix<f64>, deviations: &[f64]) -> Result<Mixture, Error> {
    let (dim, n) = points.shape();
    Mixture::new(
        vec![1.0 / n as f64; n],
        points.clone(),
        (deviations.iter())
            .map(|deviation| DMatrix::identity(dim, dim) * (deviation * deviation))
            .collect(),
    )
}

/// Every component with the map of the next prototype of another region.
fn swapped(pushforward: &Pushforward<'_>) -> OutputMixture {
    let prototypes = pushforward.prototypes();
    let components = (prototypes.iter().enumerate())
        .map(|(n, prototype)| {
            let others = prototypes.iter().cycle().skip(n + 1).take(prototypes.len());
            let other = |map: &&Affine<f64>| map.matrix != prototype.affine().matrix;
            let map = (others.map(Prototype::affine).find(other)).unwrap_or(prototype.affine());
            OutputComponent {
                mean: &map.matrix * prototype.mean() + &map.offset,
                factor: &map.matrix * prototype.covariance().lower(),
            }
        })
        .collect();
    OutputMixture {
        components,
        ..pushforward.output_mixture()
    }
}

pub(super) fn square(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let network = square_network(cell, seed.child("network"))?;
    let (points, distances) = prototypes(&network, seed.child("prototypes"))?;
    let mut rows = Vec::new();
    for noise in NOISES {
        let deviations: Vec<f64> = distances.iter().map(|r| noise * r).collect();
        let law = law(&points, &deviations)?;
        let pushforward = Pushforward::new(&network, &law)?;
        let seed = seed.child(noise);
        let exact = |quantity: &str, value: f64| Row::new(cell, quantity, noise, value);
        let sampled = |quantity: &str, summary: Summary| Row {
            std_error: summary.std_error,
            n: summary.n,
            ..Row::new(cell, quantity, noise, summary.mean)
        };
        let bounds = pushforward.escape_bounds()?;
        let mean = |pick: fn(&vicinfo::network::pushforward::EscapeBounds) -> f64| {
            bounds.iter().map(pick).sum::<f64>() / bounds.len() as f64
        };
        let union = mean(|b| b.union);
        let escapes = (0..PROTOTYPES)
            .map(|n| {
                pushforward.escape_probability(
                    n,
                    cell.draws / PROTOTYPES,
                    seed.child("escape").child(n),
                )
            })
            .collect::<Result<Vec<_>, _>>()?;
        let squares: f64 = escapes.iter().map(|s| s.std_error.powi(2)).sum();
        let escape = Summary {
            n: cell.draws,
            mean: escapes.iter().map(|s| s.mean).sum::<f64>() / PROTOTYPES as f64,
            std_dev: 0.0,
            std_error: squares.sqrt() / PROTOTYPES as f64,
        };
        let divergence = |mixture: &OutputMixture| {
            pushforward.divergence(mixture, cell.draws, seed.child("draws"))
        };
        // While escapes are rare: what the total variation has less than those of the same draws,
        // plus their probability from draws beyond the faces. Where most draws leave, such draws
        // are beyond many faces and vary more than plain ones.
        let variation = |found: &Divergence| {
            if union > RARE {
                return found.total_variation;
            }
            Summary {
                mean: found.less_escape.mean + escape.mean,
                std_error: found.less_escape.std_error.hypot(escape.std_error),
                ..found.less_escape
            }
        };
        let excess = |found: &Divergence| {
            let variation = variation(found);
            Summary {
                mean: variation.mean - union - found.floor,
                ..variation
            }
        };
        let right = divergence(&pushforward.output_mixture())?;
        let wrong = divergence(&swapped(&pushforward))?;
        let stated = divergence(&pushforward.output_mixture_as_stated()?)?;
        let coupling = pushforward.coupling_bounds(cell.draws, seed.child("coupling"))?;
        rows.extend([
            exact("nearest_face", mean(|b| b.nearest)),
            exact("union_bound", union),
            exact("ball_bound", mean(|b| b.ball)),
            sampled("p_leave", escape),
            sampled("p_leave_plain", coupling.escape_share),
            sampled("total_variation", variation(&right)),
            exact("floor", right.floor),
            sampled("kl_nats", right.kl),
            sampled("excess", excess(&right)),
            sampled("excess_swapped", excess(&wrong)),
            sampled("excess_transposed", excess(&stated)),
        ]);
        rows.extend(coupling.relative_wasserstein_2.map(|relative| {
            let distance = coupling.wasserstein_2;
            // The spread of the output is known far better than rare escapes are.
            let std_error = if distance.mean > 0.0 {
                relative * distance.std_error / distance.mean
            } else {
                0.0
            };
            sampled(
                "relative_wasserstein",
                Summary {
                    mean: relative,
                    std_error,
                    ..distance
                },
            )
        }));
    }
    Ok(rows)
}

fn unit(activation: Activation) -> Result<Network<f64>, Error> {
    Network::new(Shape::vector(1), vec![Layer::Activation(activation)])
}

pub(super) fn line(cell: &Cell) -> Result<Vec<Row>, Error> {
    let mut units = vec![
        ("absolute".to_owned(), Activation::Absolute, 1.0),
        ("relu".to_owned(), Activation::Relu, 1.0),
    ];
    for slope in SLOPES {
        let leaky = Activation::LeakyRelu { slope };
        units.push((format!("leaky {slope}"), leaky, 1.0));
        // Around a prototype on the flat side, escapes land far outside the narrow Gaussian.
        units.push((format!("flat side {slope}"), leaky, -1.0));
    }
    let mut rows = Vec::new();
    for noise in NOISES {
        for (name, activation, mean) in &units {
            let law = law(&DMatrix::from_element(1, 1, *mean), &[noise])?;
            let network = unit(*activation)?;
            let pushforward = Pushforward::new(&network, &law)?;
            let divergence = PiecewiseLine::of_network(&network)?
                .divergence(&law, &pushforward.output_mixture())?;
            let escape: f64 = pushforward.escape_on_the_line()?.iter().sum();
            let row =
                |quantity: &str, value| Row::new(cell, format!("{quantity} {name}"), noise, value);
            rows.push(row("p_leave", escape));
            rows.push(row("total_variation", divergence.total_variation));
            rows.push(row("slack", escape - divergence.total_variation));
            rows.extend(divergence.kl.map(|kl| row("kl_nats", kl)));
        }
    }
    Ok(rows)
}

/// `|C - T|^2 / |T|^2` without bias: the product of the errors of two independent covariances.
fn departure(
    pairs: &[(DMatrix<f64>, DMatrix<f64>)],
    target: &DMatrix<f64>,
) -> Result<Summary, Error> {
    let values: Vec<f64> = (pairs.iter())
        .map(|(a, b)| (a - target).dot(&(b - target)) / target.norm_squared())
        .collect();
    Summary::new(&values)
}

pub(super) fn covariances(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    const PAIRS: usize = 20;
    let network = square_network(cell, seed.child("network"))?;
    let (points, distances) = prototypes(&network, seed.child("prototypes"))?;
    let deviation = SMALL * distances[0];
    let law = law(&points.columns(0, 1).into_owned(), &[deviation])?;
    let pushforward = Pushforward::new(&network, &law)?;
    let draw = |seed: Seed| {
        // Ten times the draws: a covariance costs little.
        let sample = law.sample(10 * cell.draws / PAIRS, seed);
        covariance(&Sample::new(network.apply(sample.matrix())?)?)
    };
    let pairs = (0..PAIRS)
        .map(|pair| {
            let seed = seed.child("pair").child(pair);
            Ok((draw(seed.child("first"))?, draw(seed.child("second"))?))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let other = network.affine_at(points.column(1).into_owned().as_slice())?;
    let other = &other.matrix * deviation;
    let targets = [
        ("covariance", pushforward.output_mixture().covariance()),
        (
            "covariance_as_stated",
            pushforward.output_mixture_as_stated()?.covariance(),
        ),
        ("covariance_of_another_region", &other * other.transpose()),
    ];
    (targets.into_iter())
        .map(|(quantity, target)| {
            let summary = departure(&pairs, &target)?;
            Ok(Row {
                std_error: summary.std_error,
                n: summary.n,
                ..Row::new(cell, quantity, SMALL, summary.mean)
            })
        })
        .collect()
}

pub(super) fn width(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let network = Perceptron {
        widths: vec![cell.dim, cell.size, cell.size, 8],
        activation: Activation::Relu,
        initialisation: Initialisation::He,
        bias: 0.0,
    }
    .network::<f64>(seed.child("network"))?;
    let centre = seed.child("prototype").normal_matrix(cell.dim, 1);
    let faces = network.nearest_faces(&centre, Spread::Isotropic(1.0))?;
    let mut rows: Vec<Row> = (faces.into_iter().flatten())
        .map(|face| Row::new(cell, "distance", 0.0, face.distance))
        .collect();
    let home = network.pattern(&centre)?;
    for noise in WIDE_NOISES {
        let mut points = seed
            .child("draws")
            .child(noise)
            .normal_matrix(cell.dim, cell.draws)
            * noise;
        for mut point in points.column_iter_mut() {
            point += centre.column(0);
        }
        let flips = network.pattern(&points)?.flips(&home)?;
        let identity = DMatrix::identity(cell.dim, cell.dim);
        let remainder = network.expansion_remainder(
            centre.as_slice(),
            &(identity * noise),
            cell.draws,
            seed.child("remainder").child(noise),
        )?;
        let over_draws = |value: fn(usize) -> f64| {
            Summary::new(&flips.iter().map(|&count| value(count)).collect::<Vec<_>>())
        };
        let leave = over_draws(|count| if count > 0 { 1.0 } else { 0.0 })?;
        let crossed = over_draws(|count| count as f64)?;
        rows.extend(
            [
                ("p_leave", leave.mean, leave.std_error),
                ("faces_crossed", crossed.mean, crossed.std_error),
                ("nonlinearity", remainder.share, remainder.std_error),
            ]
            .map(|(quantity, value, std_error)| Row {
                std_error,
                n: cell.draws,
                ..Row::new(cell, quantity, noise, value)
            }),
        );
    }
    Ok(rows)
}
