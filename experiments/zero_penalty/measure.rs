use std::f64::consts::{E, TAU};

use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::law::{Gaussian, JointGaussian, JointLaw, Law};
use vicinfo::linalg::{Spd, covariance};
use vicinfo::objective::{self, Objective, Vicreg, covariance_term};
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;
use vicinfo::{entropy, information};

use super::code::{Code, FEWEST_DRAWS, design};
use super::{Cell, FINE_PAIR_DIST, Row};

pub(super) fn population(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let Cell {
        code,
        dim,
        std,
        n: draws,
        ..
    } = *cell;
    let exact = |quantity: &str, value| Row::new(cell, quantity, value, 0.0);
    let view = code.view(dim, std, seed.child("view"))?;
    let (entropy, entropy_error) = view
        .monte_carlo_entropy(draws, seed.child("entropy"))?
        .value()?;
    // Of the moments that the words have, not of those that they should have.
    let gaussian_entropy = view.bounds().log_det_upper;
    let noise_entropy = 0.5 * dim as f64 * (TAU * E * std * std).ln();
    let views = code.views(dim, std, draws, seed.child("information"))?;
    let (information, information_error) = views.information().value()?;
    let moments = views
        .moments()
        .ok_or_else(|| Error::invalid("moments", code.name(), "known in closed form"))?;
    let gaussian = JointGaussian::new(dim, &moments.covariance)?;
    let (gaussian_information, _) = gaussian.information().value()?;
    let mut rows = vec![
        Row::new(cell, "entropy_nats", entropy, entropy_error),
        exact("gaussian_entropy_nats", gaussian_entropy),
        Row::new(
            cell,
            "entropy_gap_nats",
            gaussian_entropy - entropy,
            entropy_error,
        ),
        Row::new(
            cell,
            "noise_entropy_gap_nats",
            noise_entropy - entropy,
            entropy_error,
        ),
        Row::new(cell, "information_nats", information, information_error),
        exact("gaussian_information_nats", gaussian_information),
    ];
    match code {
        Code::Cube => {
            let turned = Code::turned_cube(dim, std, draws, seed.child("turned"))?;
            let (value, error) = turned.information().value()?;
            rows.push(Row::new(cell, "turned_information_nats", value, error));
        }
        Code::Gaussian => {
            // The closed form against draws: the two share no formula but the density.
            let pairs = views.sample(draws, seed.child("pairs"));
            let pointwise: Vec<f64> = (pairs.x.points().zip(pairs.y.points()))
                .filter_map(|(x, y)| views.pointwise_information(x, y))
                .collect();
            let summary = Summary::new(&pointwise)?;
            rows.push(Row::new(
                cell,
                "drawn_information_nats",
                summary.mean,
                summary.std_error,
            ));
            let densities: Vec<f64> = (pairs.x.points())
                .map(|point| -view.ln_density(point))
                .collect();
            let summary = Summary::new(&densities)?;
            rows.push(Row::new(
                cell,
                "drawn_entropy_nats",
                summary.mean,
                summary.std_error,
            ));
        }
        Code::Parity | Code::Fourier => {}
    }
    Ok(rows)
}

/// A summary over the replicates of a cell for each of the quantities that a replicate gives.
fn replicated<const K: usize>(
    cell: &Cell,
    seed: Seed,
    names: [&str; K],
    measure: impl Fn(Seed) -> Result<[f64; K], Error>,
) -> Result<Vec<Row>, Error> {
    let measure = |seed| Ok(names.into_iter().zip(measure(seed)?));
    vicinfo::experiment::replicated(cell.replicates, seed, measure)?
        .into_iter()
        .map(|(name, values)| {
            let summary = Summary::new(&values)?;
            Ok(Row::new(cell, name, summary.mean, summary.std_error))
        })
        .collect()
}

pub(super) fn loss(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let Cell {
        code, dim, std, n, ..
    } = *cell;
    let vicreg = Vicreg::published();
    let book = code.book(dim, n, seed)?;
    let evaluation = vicreg.evaluate(&design(&book, std)?)?;
    let mut rows: Vec<Row> = (evaluation.terms.iter())
        .map(|term| Row::new(cell, term.name, term.value, 0.0))
        .collect();
    rows.push(Row::new(cell, "loss", evaluation.value, 0.0));
    // Each breaks one term's equality.
    let mut correlated = book.clone();
    let mut narrow = book.clone();
    for j in 0..n {
        correlated[(1, j)] += 0.01 * book[(0, j)];
        narrow[(0, j)] *= 0.9;
    }
    for (quantity, book, std) in [
        ("correlated_loss", &correlated, std),
        ("narrow_loss", &narrow, std),
        ("noisier_loss", &book, 1.01 * std),
    ] {
        let evaluation = vicreg.evaluate(&design(book, std)?)?;
        rows.push(Row::new(cell, quantity, evaluation.value, 0.0));
    }
    Ok(rows)
}

pub(super) fn objectives(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let book = cell.code.book(cell.dim, cell.n, seed)?;
    let views = design(&book, cell.std)?;
    let defaults = objective::ALL.iter().flat_map(|entry| entry.defaults);
    (defaults.copied())
        .chain([FINE_PAIR_DIST])
        .map(|name| {
            let value = objective::parse(name)?.evaluate(&views)?.value;
            Ok(Row::new(cell, name, value, 0.0))
        })
        .collect()
}

pub(super) fn samples(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let (code, dim) = (cell.code, cell.dim);
    let views = code.views(dim, cell.std, FEWEST_DRAWS, seed.child("law"))?;
    let nearest_information = information::parse("ksg1(k=3)")?;
    let gaussian_information = information::parse("gaussian()")?;
    let nearest_entropy = entropy::parse("kozachenko_leonenko(k=3)")?;
    let vicreg = Vicreg::published();
    replicated(
        cell,
        seed.child("pairs"),
        [
            "ksg_information_nats",
            "gaussian_information_nats",
            "nearest_entropy_nats",
            "loss",
        ],
        |seed| {
            let pairs = views.sample(cell.n, seed);
            Ok([
                nearest_information.information(&pairs)?,
                gaussian_information.information(&pairs)?,
                nearest_entropy.entropy(&pairs.x)?,
                vicreg.evaluate(&pairs)?.value,
            ])
        },
    )
}

pub(super) fn batch(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let law = Gaussian::standard(cell.dim)?;
    let mut rows = replicated(
        cell,
        seed,
        ["covariance_term", "half_log_det_nats"],
        |seed| {
            let batch = law.sample(cell.n, seed);
            let log_det = Spd::new(&covariance(&batch)?)?.log_det();
            Ok([covariance_term(&batch)?, 0.5 * log_det])
        },
    )?;
    let bias = entropy::Gaussian::bias(cell.n, cell.dim)?;
    rows.push(Row::new(cell, "half_log_det_formula_nats", bias, 0.0));
    Ok(rows)
}

/// Two orthonormal directions that keep the words apart.
fn plane(dim: usize) -> DMatrix<f64> {
    let rows: [&[f64]; 2] = match dim {
        // As a cube looks from a little above one of its edges.
        3 => [&[0.8, -0.6, 0.0], &[0.24, 0.32, 0.916_515_138_991_168]],
        // The digits of two binary numbers: every word has its own place.
        7 => [
            &[8.0, 4.0, 2.0, 1.0, 0.0, 0.0, 0.0],
            &[0.0, 0.0, 0.0, 0.0, 4.0, 2.0, 1.0],
        ],
        // cos t and sin 2t.
        _ => [
            &[1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            &[0.0, 0.0, 0.0, 1.0, 0.0, 0.0],
        ],
    };
    let mut plane = DMatrix::from_fn(2, dim, |i, j| rows[i][j]);
    for mut row in plane.row_iter_mut() {
        let length = row.norm();
        row /= length;
    }
    plane
}

pub(super) fn picture(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let views = (cell.code).views(cell.dim, cell.std, FEWEST_DRAWS, seed.child("law"))?;
    let points = views.sample(cell.n, seed.child("points")).x;
    let projected = plane(cell.dim) * points.matrix();
    let rows = (projected.column_iter())
        .map(|point| Row {
            x: Some(point[0]),
            ..Row::new(cell, "point", point[1], 0.0)
        })
        .collect();
    Ok(rows)
}
