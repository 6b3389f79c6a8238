use std::path::PathBuf;
use std::process::ExitCode;

use nalgebra::DVector;
use rand::RngExt;
use rand_distr::StandardNormal;
use serde_json::json;
use vicinfo::figure::{Axis, Figure, Mark, Panel, Polygon, Series, svg};
use vicinfo::network::{Cell, Network, Slice};
use vicinfo::stats::median;
use vicinfo::{Error, record};

use super::super::{Done, Format, print};
use super::Subject;

/// Arguments of `vicinfo network partition`.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// Three of the points, counted from 0, that the plane goes through; without points the plane
    /// goes through the origin in two random directions (for two inputs it is the whole space)
    #[arg(long, value_name = "I,J,K", value_delimiter = ',', default_values_t = [0, 1, 2])]
    through: Vec<usize>,
    /// Half the side of the window, in units of the input [default: 3, or for three points what
    /// shows them with a margin of a quarter]
    #[arg(long)]
    reach: Option<f64>,
    /// Figure to write
    #[arg(long, value_name = "FILE.svg")]
    out: Option<PathBuf>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Most polygons that a figure can show apart.
const MOST_DRAWN: usize = 200_000;

/// The slice and the places of the three points on it.
fn slice(arguments: &Arguments, network: &Network<f64>) -> Result<(Slice, Vec<(f64, f64)>), Error> {
    let dim = network.input().size();
    if dim < 2 {
        return Err(Error::invalid(
            "inputs of the network",
            dim,
            "a plane needs at least two",
        ));
    }
    if let Some(reach) = arguments.reach
        && !(reach > 0.0 && reach.is_finite())
    {
        return Err(Error::invalid("reach", reach, "a positive finite number"));
    }
    if arguments.subject.points.is_none() {
        let reach = arguments.reach.unwrap_or(3.0);
        let ends = (-reach, reach);
        let origin = vec![0.0; dim];
        let (first, second) = if dim == 2 {
            (vec![1.0, 0.0], vec![0.0, 1.0])
        } else {
            let mut rng = arguments.subject.seed().child("plane").rng();
            let mut direction = || DVector::<f64>::from_fn(dim, |_, _| rng.sample(StandardNormal));
            let first = direction().normalize();
            let second = direction();
            let second = (&second - &first * first.dot(&second)).normalize();
            (first.data.as_vec().clone(), second.data.as_vec().clone())
        };
        let slice = Slice::rectangle(&origin, &first, &second, ends, ends)?;
        return Ok((slice, Vec::new()));
    }
    let (points, _) = arguments.subject.points(network, usize::MAX)?;
    let [i, j, k] = arguments.through[..] else {
        return Err(Error::invalid(
            "through",
            format!("{:?}", arguments.through),
            "three numbers of points",
        ));
    };
    let three = points.select(&[i, j, k])?;
    let at = |c: usize| DVector::from_column_slice(three.point(c));
    let (a, b, c) = (at(0), at(1) - at(0), at(2) - at(0));
    let plane = Error::invalid(
        "through",
        format!("{:?}", arguments.through),
        "three points that do not lie on one line",
    );
    let side = b.norm();
    if side == 0.0 {
        return Err(plane);
    }
    let first = &b / side;
    let along = first.dot(&c);
    let rest = &c - &first * along;
    let height = rest.norm();
    if height <= 1e-9 * c.norm() || height == 0.0 {
        return Err(plane);
    }
    let second = rest / height;
    let marks = vec![(0.0, 0.0), (side, 0.0), (along, height)];
    let (left, right) = (along.min(0.0), along.max(side));
    let middle = ((left + right) / 2.0, height / 2.0);
    let reach = (arguments.reach).unwrap_or(0.75 * (right - left).max(height));
    let origin = &a + &first * middle.0 + &second * middle.1;
    let ends = (-reach, reach);
    let slice = Slice::rectangle(
        origin.as_slice(),
        first.as_slice(),
        second.as_slice(),
        ends,
        ends,
    )?;
    let marks = marks
        .into_iter()
        .map(|(s, t)| (s - middle.0, t - middle.1))
        .collect();
    Ok((slice, marks))
}

fn figure(name: &str, cells: &[Cell], reach: f64, marks: Vec<(f64, f64)>) -> Figure {
    let mut stretches: Vec<f64> = cells.iter().filter_map(Cell::log_stretch).collect();
    stretches.sort_by(f64::total_cmp);
    // A few polygons are all but flattened; without them the scale tells the others apart.
    let low = stretches.get(stretches.len() / 50).copied().unwrap_or(0.0);
    let high = stretches.last().copied().unwrap_or(1.0);
    let polygons = (cells.iter())
        .map(|cell| Polygon {
            corners: cell.vertices().to_vec(),
            value: cell.log_stretch(),
        })
        .collect();
    let label = format!("ln of the factor by which the map stretches areas, from {low:.1} or less (dark) to {high:.1} (light)")
        .replace('-', "\u{2212}");
    let mut series = vec![Series::new(
        label,
        0,
        Mark::Polygons {
            polygons,
            ends: (low, if high > low { high } else { low + 1.0 }),
        },
    )];
    if !marks.is_empty() {
        series.push(Series::new("the three points", 6, Mark::Points(marks)));
    }
    Figure {
        id: "partition".into(),
        title: format!("Regions of {name} on a plane of its input space"),
        columns: 1,
        panels: vec![Panel {
            title: format!("{} regions", cells.len()),
            x: Axis::linear("first direction (units of the input)").between(-reach, reach),
            y: Axis::linear("second direction (units of the input)").between(-reach, reach),
            series,
        }],
        caption: "The network is one affine map on each polygon.".into(),
    }
}

/// Prints the number and the areas of the regions, and draws them.
pub fn run(arguments: &Arguments) -> Done {
    let network = arguments.subject.network()?;
    let (slice, marks) = slice(arguments, &network)?;
    // What cannot be drawn need not be counted to the end.
    let most = match arguments.out {
        Some(_) => MOST_DRAWN,
        None => usize::MAX,
    };
    let cells = network.cells_at_most(&slice, most)?;
    let mut areas: Vec<f64> = cells.iter().map(Cell::area).collect();
    areas.sort_by(f64::total_cmp);
    let total: f64 = areas.iter().sum();
    let (least, most) = (areas[0], areas[areas.len() - 1]);
    let middle = median(&areas).unwrap_or(least);
    let crushed = cells
        .iter()
        .filter(|cell| cell.log_stretch().is_none())
        .count();
    if arguments.format == Format::Json {
        let value = json!({
            "network": super::name(&arguments.subject.file),
            "regions": cells.len(),
            "regions_crushed": crushed,
            "area": { "window": slice.area(), "sum": total, "min": least, "median": middle, "max": most },
        });
        print(&format!("{value:#}\n"));
    } else {
        print(&format!(
            "{} regions on a window of area {:.4}\n  areas: least {least:.3e}, median {middle:.3e}, largest {most:.3e}; they add up to {total:.4}\n  {crushed} regions are mapped to a line or a point\n",
            cells.len(),
            slice.area()
        ));
    }
    if let Some(out) = &arguments.out {
        let reach = slice
            .window()
            .iter()
            .map(|(s, _)| s.abs())
            .fold(0.0, f64::max);
        let name = super::name(&arguments.subject.file);
        record::write(out, svg(&figure(&name, &cells, reach, marks))?.as_bytes())?;
        eprintln!("figure: {}", out.display());
    }
    Ok(ExitCode::SUCCESS)
}
