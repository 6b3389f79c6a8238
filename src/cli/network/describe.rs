use std::process::ExitCode;

use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use serde_json::{Value, json};
use vicinfo::Error;
use vicinfo::error::finite;
use vicinfo::linalg::singular_values;
use vicinfo::network::{Network, Spread};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::{Summary, median};

use super::super::{Done, Format, aligned, print};
use super::Subject;

/// Arguments of `vicinfo network describe`.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// Standard deviations of isotropic noise around the points
    #[arg(long, value_name = "S,S,…", value_delimiter = ',', default_values_t = [0.01, 0.1, 1.0])]
    noise: Vec<f64>,
    /// Draws of the noise around each point
    #[arg(long, default_value_t = 256)]
    draws: usize,
    /// Points to look at; of more, as many are taken evenly
    #[arg(long, default_value_t = 32)]
    most: usize,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// What a network is at one point.
struct At {
    rank: usize,
    largest: f64,
    smallest: f64,
    /// Distance of the nearest face; `None` where no unit changes its state anywhere.
    nearest: Option<f64>,
}

fn at(network: &Network<f64>, points: &Sample) -> Result<Vec<At>, Error> {
    let nearest = network.nearest_faces(points.matrix(), Spread::Isotropic(1.0))?;
    (points.points().zip(nearest))
        .map(|(point, nearest)| {
            let matrix = network.affine_at(point)?.matrix;
            let values = singular_values(&matrix)?;
            let largest = values.first().copied().unwrap_or(0.0);
            let floor = matrix.nrows().max(matrix.ncols()) as f64 * f64::EPSILON * largest;
            let rank = values.iter().filter(|value| **value > floor).count();
            Ok(At {
                rank,
                largest,
                smallest: if rank == 0 { 0.0 } else { values[rank - 1] },
                nearest: nearest.map(|face| face.distance),
            })
        })
        .collect()
}

/// What noise of one size does: means over points with their standard errors.
struct Noisy {
    noise: f64,
    leave: Summary,
    flips: Summary,
    remainder: Option<Summary>,
}

fn noisy(
    network: &Network<f64>,
    points: &Sample,
    noise: f64,
    draws: usize,
    seed: Seed,
) -> Result<Noisy, Error> {
    if !(noise > 0.0 && noise.is_finite()) {
        return Err(Error::invalid("noise", noise, "a positive finite number"));
    }
    let home = network.pattern(points.matrix())?;
    let units = home.units().max(1) as f64;
    let rows: Vec<Result<(f64, f64, f64), Error>> = (0..points.n())
        .into_par_iter()
        .map(|i| {
            let mut rng = seed.child(i).rng();
            let point = points.point(i);
            let steps = DMatrix::from_fn(point.len(), draws, |_, _| {
                noise * rng.sample::<f64, _>(StandardNormal)
            });
            let centre = DMatrix::from_column_slice(point.len(), 1, point);
            let moved = DMatrix::from_fn(point.len(), draws, |j, c| point[j] + steps[(j, c)]);
            let (base, pieces) = network.trace(&centre)?;
            let (images, traced) = network.trace(&moved)?;
            let flips = traced.pattern()?.flips(&pieces.pattern()?)?;
            let linear = network.push(&pieces, &steps)?;
            let (mut departure, mut size) = (0.0, 0.0);
            for (image, linear) in images.column_iter().zip(linear.column_iter()) {
                departure += (image - base.column(0) - linear).norm_squared();
                size += linear.norm_squared();
            }
            let left = flips.iter().filter(|count| **count > 0).count() as f64;
            let flipped = flips.iter().sum::<usize>() as f64;
            let draws = draws as f64;
            Ok((left / draws, flipped / draws, departure / size))
        })
        .collect();
    let rows = rows.into_iter().collect::<Result<Vec<_>, _>>()?;
    let column =
        |read: fn(&(f64, f64, f64)) -> f64| -> Vec<f64> { rows.iter().map(read).collect() };
    let remainders: Vec<f64> = column(|row| row.2)
        .into_iter()
        .filter(|v| v.is_finite())
        .collect();
    Ok(Noisy {
        noise,
        leave: Summary::new(&column(|row| row.0))?,
        flips: Summary::new(
            &column(|row| row.1)
                .iter()
                .map(|f| f / units)
                .collect::<Vec<_>>(),
        )?,
        // A point at which the map is zero has nothing to compare with.
        remainder: (remainders.len() == rows.len() && remainders.len() > 1)
            .then(|| Summary::new(&remainders))
            .transpose()?,
    })
}

fn brief(summary: &Summary) -> String {
    format!("{:.4} ± {:.4}", summary.mean, summary.std_error)
}

fn mean_and_error(summary: &Summary) -> Value {
    json!({ "mean": summary.mean, "std_error": summary.std_error })
}

/// Prints the layers, then what the network is at the points.
pub fn run(arguments: &Arguments) -> Done {
    let subject = &arguments.subject;
    let network = subject.network()?;
    if arguments.draws < 2 || arguments.most < 2 {
        return Err(Error::invalid(
            "draws and points",
            format!("{} and {}", arguments.draws, arguments.most),
            "at least two of each, for a standard error",
        ));
    }
    let (points, of) = subject.points(&network, arguments.most)?;
    let here = at(&network, &points)?;
    let noise = (arguments.noise.iter())
        .map(|&noise| {
            let seed = subject.seed().child("noise").child(noise);
            noisy(&network, &points, noise, arguments.draws, seed)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let layers: Vec<(String, usize)> = network.layers().iter().map(super::layer).collect();
    let parameters: usize = layers.iter().map(|(_, count)| count).sum();
    let (dim, out) = (network.input().size(), network.output().size());
    let units = network.pattern(points.matrix())?.units();
    let mut ranks: Vec<usize> = here.iter().map(|at| at.rank).collect();
    ranks.sort_unstable();
    let distances: Vec<f64> = here.iter().filter_map(|at| at.nearest).collect();
    let conditions: Vec<f64> = (here.iter().filter(|at| at.rank > 0))
        .map(|at| finite("the condition of an affine map", at.largest / at.smallest))
        .collect::<Result<_, _>>()?;
    let (least, most) = (ranks[0], ranks[ranks.len() - 1]);
    if arguments.format == Format::Json {
        let value = json!({
            "network": super::name(&subject.file),
            "dim_in": dim,
            "dim_out": out,
            "parameters": parameters,
            "units_with_states": units,
            "layers": layers.iter().map(|(what, count)| json!({ "layer": what, "parameters": count })).collect::<Vec<_>>(),
            "points": { "n": points.n(), "of": of, "origin": subject.origin() },
            "rank": { "min": least, "max": most, "mean": ranks.iter().sum::<usize>() as f64 / ranks.len() as f64 },
            "condition_median": median(&conditions),
            "nearest_face": { "median": median(&distances), "min": distances.iter().copied().reduce(f64::min) },
            "noise": noise.iter().map(|row| json!({
                "std": row.noise,
                "leave": mean_and_error(&row.leave),
                "flips": mean_and_error(&row.flips),
                "squared_departure": row.remainder.as_ref().map(mean_and_error),
            })).collect::<Vec<_>>(),
        });
        print(&format!("{value:#}\n"));
        return Ok(ExitCode::SUCCESS);
    }
    let mut rows = vec![vec!["layer".to_owned(), "parameters".to_owned()]];
    rows.extend(layers.into_iter().map(|(what, count)| {
        vec![
            what,
            if count == 0 {
                String::new()
            } else {
                count.to_string()
            },
        ]
    }));
    let mut text = format!(
        "{}: {dim} to {out}, {parameters} parameters, {units} units with states\n\n{}\n",
        super::name(&subject.file),
        aligned(&rows)
    );
    let taken = if of > points.n() {
        format!("{} of {of}", points.n())
    } else {
        of.to_string()
    };
    text += &format!("at {taken} points {}\n", subject.origin());
    text += &format!(
        "  rank of the affine map: {least} to {most} of {}\n",
        dim.min(out)
    );
    if let Some(condition) = median(&conditions) {
        text += &format!(
            "  condition (largest over smallest non-zero singular value): median {condition:.3e}\n"
        );
    }
    match (
        median(&distances),
        distances.iter().copied().reduce(f64::min),
    ) {
        (Some(middle), Some(least)) => {
            text += &format!(
                "  distance of the nearest face: median {middle:.4e}, least {least:.4e}\n\n"
            );
        }
        _ => text += "  no unit changes its state anywhere: the network is one affine map\n\n",
    }
    let mut rows = vec![
        [
            "noise",
            "leaves the region",
            "units that change state",
            "squared departure from the affine map",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    rows.extend(noise.iter().map(|row| {
        vec![
            row.noise.to_string(),
            brief(&row.leave),
            brief(&row.flips),
            row.remainder
                .as_ref()
                .map_or("the map is zero at a point".to_owned(), brief),
        ]
    }));
    text += &aligned(&rows);
    text += "\nmeans over points with standard errors; the departure is relative to the variance of the affine map\n";
    print(&text);
    Ok(ExitCode::SUCCESS)
}
