//! The partition of a slice is that of the network.

use std::collections::BTreeSet;

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use vicinfo::Error;
use vicinfo::network::{Activation, Cell, Code, Layer, Linear, Network, Shape, Slice};
use vicinfo::seed::Seed;

use super::perceptron;

const ALL: [Activation; 4] = [
    Activation::Relu,
    Activation::LeakyRelu { slope: 0.1 },
    Activation::Absolute,
    Activation::HardTanh,
];

/// The square `[-half, half]^2` of a plane of random position and directions.
fn random_slice(dim: usize, half: f64, seed: Seed) -> Slice {
    let drawn = seed.normal_matrix(dim, 3);
    let column = |i: usize| drawn.column(i).into_owned();
    let ends = (-half, half);
    Slice::rectangle(
        (column(0) * 0.3).as_slice(),
        column(1).as_slice(),
        column(2).as_slice(),
        ends,
        ends,
    )
    .unwrap()
}

/// The plane itself.
fn plane(s: (f64, f64), t: (f64, f64)) -> Slice {
    Slice::rectangle(&[0.0, 0.0], &[1.0, 0.0], &[0.0, 1.0], s, t).unwrap()
}

/// One hidden layer whose units are zero on `a s + b t + c`.
fn arrangement(lines: &[(f64, f64, f64)], activation: Activation) -> Network<f64> {
    let weight = DMatrix::from_fn(lines.len(), 2, |i, j| [lines[i].0, lines[i].1][j]);
    let bias = DVector::from_fn(lines.len(), |i, _| lines[i].2);
    let last = DMatrix::from_fn(2, lines.len(), |i, j| f64::sin((3 * i + j + 1) as f64));
    Network::new(
        Shape::vector(2),
        vec![
            Layer::Linear(Linear::new(weight, Some(bias)).unwrap()),
            Layer::Activation(activation),
            Layer::Linear(Linear::new(last, None).unwrap()),
        ],
    )
    .unwrap()
}

/// Lines `a s + b t + c` at distance at most `distance` from the origin.
fn random_lines(m: usize, distance: f64, seed: Seed) -> Vec<(f64, f64, f64)> {
    let mut rng = seed.rng();
    (0..m)
        .map(|_| {
            let angle = rng.random_range(0.0..std::f64::consts::TAU);
            let scale = 10f64.powf(rng.random_range(-3.0..3.0));
            let offset = rng.random_range(-distance..distance);
            (
                scale * f64::cos(angle),
                scale * f64::sin(angle),
                scale * offset,
            )
        })
        .collect()
}

/// `1 +` lines that meet the square `[-half, half]^2 +` pairs that meet in it: the number of
/// regions of lines in general position, by induction over the lines.
fn formula(lines: &[(f64, f64, f64)], half: f64) -> usize {
    let crossing = lines.iter().filter(|(a, b, c)| {
        let corners = [(-half, -half), (half, -half), (half, half), (-half, half)];
        let values = corners.map(|(s, t)| a * s + b * t + c);
        values.iter().any(|v| *v < 0.0) && values.iter().any(|v| *v > 0.0)
    });
    let mut meetings = 0;
    for (i, (a, b, c)) in lines.iter().enumerate() {
        for (d, e, f) in &lines[..i] {
            let det = a * e - b * d;
            let (s, t) = ((b * f - e * c) / det, (c * d - a * f) / det);
            meetings += usize::from(s.abs() < half && t.abs() < half);
        }
    }
    1 + crossing.count() + meetings
}

/// Everything that must hold of a partition, whatever the network.
fn require_partition(network: &Network<f64>, slice: &Slice, cells: &[Cell], seed: Seed) {
    let total: f64 = cells.iter().map(Cell::area).sum();
    assert!((total / slice.area() - 1.0).abs() < 1e-12, "area {total}");
    let codes: BTreeSet<&Code> = cells.iter().map(Cell::code).collect();
    assert_eq!(codes.len(), cells.len(), "a region is one polygon");

    // The middle: pattern and map.
    let middles: Vec<(f64, f64)> = cells.iter().map(Cell::middle).collect();
    let points = slice.points(&middles);
    let pattern = network.pattern(&points).unwrap();
    for (i, cell) in cells.iter().enumerate() {
        assert!(cell.area() > 0.0);
        assert_eq!(
            pattern.code(i),
            *cell.code(),
            "cell {i} of area {}",
            cell.area()
        );
    }
    for (i, cell) in cells.iter().enumerate().step_by(cells.len().div_ceil(200)) {
        let affine = network.affine_at(points.column(i).into_owned().as_slice());
        let affine = affine.unwrap();
        let matrix = &affine.matrix * slice.directions();
        let offset = &affine.matrix * slice.origin() + &affine.offset;
        let scale = affine.matrix.norm() * slice.directions().norm();
        assert!((&cell.map().matrix - matrix).norm() <= 1e-12 * scale);
        assert!((&cell.map().offset - &offset).norm() <= 1e-12 * (scale + offset.norm()));
    }

    // Random points of a polygon have its pattern, and its map is the network there.
    let mut rng = seed.child("inside").rng();
    let mut inside = Vec::new();
    for cell in cells {
        let weights: Vec<f64> = (cell.vertices().iter())
            .map(|_| -f64::ln(1.0 - rng.random::<f64>()))
            .collect();
        let total: f64 = weights.iter().sum();
        let vertices = cell.vertices().iter().zip(&weights);
        inside.push(vertices.fold((0.0, 0.0), |(s, t), (v, w)| {
            (s + v.0 * w / total, t + v.1 * w / total)
        }));
    }
    let points = slice.points(&inside);
    let pattern = network.pattern(&points).unwrap();
    let images = network.apply(&points).unwrap();
    for (i, cell) in cells.iter().enumerate() {
        // A polygon no wider than rounding has no inside to draw from.
        if cell.area() > 1e-9 * slice.area() {
            assert_eq!(
                pattern.code(i),
                *cell.code(),
                "cell of area {}",
                cell.area()
            );
        }
        let at = DVector::from_vec(vec![inside[i].0, inside[i].1]);
        let image = &cell.map().matrix * at + &cell.map().offset;
        let error = (image - images.column(i)).norm();
        assert!(error <= 1e-11 * (1.0 + images.column(i).norm()), "{error}");
    }

    // A grid finds no pattern that the partition lacks, and every polygon that holds a place of it.
    let (low, high) = slice.window().iter().fold(
        ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN)),
        |(low, high), v| {
            (
                (low.0.min(v.0), low.1.min(v.1)),
                (high.0.max(v.0), high.1.max(v.1)),
            )
        },
    );
    const SIDE: usize = 60;
    let step = |low: f64, high: f64, i: usize| low + (high - low) * (i as f64 + 0.31) / SIDE as f64;
    let grid: Vec<(f64, f64)> = (0..SIDE * SIDE)
        .map(|i| (step(low.0, high.0, i / SIDE), step(low.1, high.1, i % SIDE)))
        .filter(|place| holds(slice.window(), *place))
        .collect();
    assert!(grid.len() > SIDE * SIDE / 3);
    let pattern = network.pattern(&slice.points(&grid)).unwrap();
    let found: BTreeSet<Code> = (0..grid.len()).map(|i| pattern.code(i)).collect();
    for (i, place) in grid.iter().enumerate() {
        assert!(codes.contains(&pattern.code(i)), "no cell at {place:?}");
    }
    // Conversely, no polygon that is large and round is overlooked by the grid.
    let room = 2.0 * (high.0 - low.0).hypot(high.1 - low.1) / SIDE as f64;
    for cell in cells {
        let (s, t) = cell.middle();
        let square = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
        let corners = square.map(|(a, b)| (s + a * room / 2.0, t + b * room / 2.0));
        if corners.iter().all(|corner| holds(cell.vertices(), *corner)) {
            assert!(found.contains(cell.code()));
        }
    }
}

/// Whether a convex counter-clockwise polygon holds a place.
fn holds(polygon: &[(f64, f64)], (s, t): (f64, f64)) -> bool {
    (0..polygon.len()).all(|i| {
        let (a, b) = (polygon[i], polygon[(i + 1) % polygon.len()]);
        (b.0 - a.0) * (t - a.1) - (b.1 - a.1) * (s - a.0) > 0.0
    })
}

#[test]
fn partition_of_random_networks() {
    for activation in ALL {
        for (widths, half) in [
            (&[2, 12, 12, 2][..], 3.0),
            (&[10, 24, 24, 24, 3], 2.0),
            (&[5, 8, 8, 8, 8, 8, 8, 8, 8, 2], 4.0),
        ] {
            let seed = Seed::root(41).child(widths.len());
            let network = perceptron(widths, activation, seed);
            let slice = random_slice(widths[0], half, seed.child("slice"));
            let cells = network.cells(&slice).unwrap();
            assert!(cells.len() > 20, "{}", cells.len());
            require_partition(&network, &slice, &cells, seed.child("test"));
        }
    }
}

#[test]
fn regions_of_lines_in_general_position_are_as_many_as_the_formula_says() {
    for (m, half) in [(1, 1.0), (7, 1.0), (40, 1.0), (40, 0.2), (200, 0.5)] {
        let lines = random_lines(m, 1.0, Seed::root(42).child(m));
        let expected = formula(&lines, half);
        for activation in [ALL[0], ALL[1], ALL[2]] {
            let network = arrangement(&lines, activation);
            let cells = network.cells(&plane((-half, half), (-half, half))).unwrap();
            assert_eq!(cells.len(), expected, "{activation:?} {m} {half}");
        }
        // Hard tanh: a pair of lines for each unit, at -1 and 1.
        let pairs: Vec<_> = (lines.iter())
            .flat_map(|(a, b, c)| [(*a, *b, c - 1.0), (*a, *b, c + 1.0)])
            .collect();
        let network = arrangement(&lines, Activation::HardTanh);
        let cells = network.cells(&plane((-half, half), (-half, half))).unwrap();
        assert_eq!(cells.len(), formula(&pairs, half), "hard tanh {m} {half}");
    }
    // A window that holds all meetings.
    let m = 30;
    let lines = random_lines(m, 1.0, Seed::root(43));
    let network = arrangement(&lines, Activation::Relu);
    let cells = network.cells(&plane((-1e4, 1e4), (-1e4, 1e4))).unwrap();
    assert_eq!(cells.len(), 1 + m + m * (m - 1) / 2);
}

#[test]
fn lines_in_special_position_cut_nothing_twice() {
    let count = |lines: &[(f64, f64, f64)], slice: &Slice| {
        let network = arrangement(lines, Activation::Relu);
        let cells = network.cells(slice).unwrap();
        require_partition(&network, slice, &cells, Seed::root(44));
        cells.len()
    };
    let square = plane((-1.0, 1.0), (-1.0, 1.0));
    // m lines through one point make 2 m sectors, wherever the point lies.
    for centre in [(0.0, 0.0), (0.1, -0.37)] {
        let through: Vec<_> = (0..25)
            .map(|i| {
                let (a, b) = (f64::cos(0.07 * i as f64), f64::sin(0.07 * i as f64));
                (a, b, -(a * centre.0 + b * centre.1))
            })
            .collect();
        assert_eq!(count(&through, &square), 50);
    }
    // A corner of the window is not cut off by lines through it; its diagonals do cut.
    assert_eq!(count(&[(1.0, 1.0, 2.0), (1.0, 2.0, -3.0)], &square), 1);
    assert_eq!(count(&[(1.0, 1.0, 0.0), (1.0, -1.0, 0.0)], &square), 4);
    // One line many times over, turned round and scaled, with a third as factor.
    let line = (0.3, -0.7, 0.1);
    let again: Vec<_> = [1.0, -1.0, 1e-6, 3.0, -1.0 / 3.0, 1e6]
        .map(|k| (k * line.0, k * line.1, k * line.2))
        .to_vec();
    assert_eq!(count(&again, &square), 2);
    // Units without a slope are no lines.
    let flat = [(0.0, 0.0, 1.0), (0.0, 0.0, -1.0), (0.0, 0.0, 0.0), line];
    assert_eq!(count(&flat, &square), 2);
    // Parallel lines; the outermost are the sides of the window.
    let parallel: Vec<_> = (-4..=4).map(|i| (4.0, 0.0, f64::from(i))).collect();
    assert_eq!(count(&parallel, &square), 8);
    // A lattice with both diagonals through all its points: 8 x 8 squares of four triangles.
    let mut lattice = Vec::new();
    for i in -3..=3 {
        lattice.extend([
            (1.0, 0.0, 0.25 * f64::from(i)),
            (0.0, 1.0, 0.25 * f64::from(i)),
        ]);
    }
    for i in -7..=7 {
        lattice.extend([
            (1.0, 1.0, 0.25 * f64::from(i)),
            (1.0, -1.0, 0.25 * f64::from(i)),
        ]);
    }
    assert_eq!(count(&lattice, &square), 256);
    // A strip of a millionth of a millionth of the window is merged, a wider one is kept.
    let strip = |width: f64| count(&[(1.0, 0.0, 0.5), (1.0, 0.0, 0.5 + width)], &square);
    assert_eq!((strip(2e-13), strip(1e-11)), (2, 3));
}

#[test]
fn networks_without_offsets_have_cones() {
    // Every kink goes through the origin, so that the plane splits into sectors alone.
    let seed = Seed::root(45);
    let weights = [
        seed.child(0).normal_matrix(16, 2),
        seed.child(1).normal_matrix(16, 16),
    ];
    let mut layers = Vec::new();
    for weight in weights {
        layers.push(Layer::Linear(Linear::new(weight, None).unwrap()));
        layers.push(Layer::Activation(Activation::LeakyRelu { slope: 0.3 }));
    }
    let network = Network::new(Shape::vector(2), layers).unwrap();
    let slice = plane((-1.0, 1.0), (-1.0, 1.0));
    let cells = network.cells(&slice).unwrap();
    require_partition(&network, &slice, &cells, seed.child("test"));
    for cell in &cells {
        let apex = cell.vertices().iter().filter(|v| v.0.hypot(v.1) < 1e-12);
        assert_eq!(apex.count(), 1);
    }
}

#[test]
fn any_convex_window_either_way_round() {
    let seed = Seed::root(46);
    let network = perceptron(&[3, 16, 16, 2], Activation::Relu, seed);
    let corners = |n: usize| -> Vec<(f64, f64)> {
        (0..n)
            .map(|i| {
                let angle = std::f64::consts::TAU * i as f64 / n as f64;
                (2.0 * angle.cos() + 0.3, 2.0 * angle.sin() - 0.2)
            })
            .collect()
    };
    for n in [3, 6, 11] {
        let slice = |window: &[(f64, f64)]| {
            Slice::new(&[0.1, 0.2, 0.3], &[1.0, 0.5, 0.0], &[0.0, 1.0, 2.0], window).unwrap()
        };
        let forth = slice(&corners(n));
        let back = slice(&corners(n).into_iter().rev().collect::<Vec<_>>());
        let cells = network.cells(&forth).unwrap();
        require_partition(&network, &forth, &cells, seed.child(n));
        let codes = |cells: &[Cell]| -> BTreeSet<Code> {
            cells.iter().map(|cell| cell.code().clone()).collect()
        };
        assert_eq!(codes(&cells), codes(&network.cells(&back).unwrap()));
    }
}

#[test]
fn cells_do_not_depend_on_the_number_of_threads() {
    let network = perceptron(&[4, 48, 48, 2], Activation::HardTanh, Seed::root(47));
    let slice = random_slice(4, 2.0, Seed::root(48));
    let cells = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build()
            .unwrap()
            .install(|| network.cells(&slice).unwrap())
    };
    assert_eq!(cells(1), cells(5));
}

#[test]
fn tiny_and_enormous_weights_have_the_same_cells() {
    let seed = Seed::root(49);
    let cells = |scale: f64| {
        let layers = [(12, 2), (12, 12)]
            .into_iter()
            .enumerate()
            .flat_map(|(l, (out, dim))| {
                // The second layer undoes the scale of the first, so that its offsets stay in range.
                let factor = if l == 0 { scale } else { 1.0 / scale };
                let bias = seed.child("bias").child(l).normal_matrix(out, 1)
                    * if l == 0 { scale } else { 1.0 };
                let weight = seed.child(l).normal_matrix(out, dim) * factor;
                let linear = Linear::new(weight, Some(bias.column(0).into_owned())).unwrap();
                [Layer::Linear(linear), Layer::Activation(Activation::Relu)]
            });
        let network = Network::new(Shape::vector(2), layers.collect()).unwrap();
        network.cells(&plane((-2.0, 2.0), (-2.0, 2.0))).unwrap()
    };
    let powers = [1.0, f64::exp2(600.0), f64::exp2(-600.0)];
    let [one, large, small] = powers.map(cells);
    assert!(one.len() > 50);
    // Powers of two round nothing.
    assert_eq!(one, large);
    assert_eq!(one, small);
}

#[test]
fn stretch_is_that_of_the_area() {
    let network = perceptron(
        &[2, 2, 2],
        Activation::LeakyRelu { slope: 0.3 },
        Seed::root(50),
    );
    let slice = random_slice(2, 2.0, Seed::root(51));
    let cells = network.cells(&slice).unwrap();
    assert!(cells.len() > 1);
    for cell in &cells {
        let m = &cell.map().matrix;
        let det = (m[(0, 0)] * m[(1, 1)] - m[(0, 1)] * m[(1, 0)]).abs();
        assert!((cell.log_stretch().unwrap() - det.ln()).abs() < 1e-12);
    }
    // One unit alone gives a line, none a point.
    let network = arrangement(&[(1.0, 0.0, 0.0), (0.0, 1.0, 0.0)], Activation::Relu);
    let cells = network.cells(&plane((-1.0, 1.0), (-1.0, 1.0))).unwrap();
    let flat = cells.iter().filter(|cell| cell.log_stretch().is_none());
    assert_eq!((cells.len(), flat.count()), (4, 3));
}

#[test]
fn slices_that_are_none_are_refused() {
    let (o, a, b) = ([0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 1.0]);
    let square = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
    assert!(Slice::new(&o, &a, &b, &square).is_ok());
    assert_eq!(
        Slice::new(&o, &[1.0], &b, &square),
        Err(Error::Mismatch {
            what: "coordinates of a direction of the slice",
            expected: 3,
            actual: 1
        })
    );
    assert_eq!(
        Slice::new(&[], &[], &[], &square),
        Err(Error::Empty { n: 1, dim: 0 })
    );
    let name = |result: Result<Slice, Error>| match result {
        Err(Error::InvalidParameter { name, .. }) => name,
        other => panic!("{other:?}"),
    };
    let directions = "directions of the slice";
    assert_eq!(
        name(Slice::new(&o, &a, &[-2.0, 0.0, 0.0], &square)),
        directions
    );
    assert_eq!(name(Slice::new(&o, &a, &[0.0; 3], &square)), directions);
    let nan = [f64::NAN, 0.0, 0.0];
    assert_eq!(
        name(Slice::new(&nan, &a, &b, &square)),
        "origin of the slice, entry 0"
    );
    let window = "window of the slice";
    let inward = [(0.0, 0.0), (1.0, 0.0), (0.1, 0.1), (0.0, 1.0)];
    let star: Vec<(f64, f64)> = (0..5)
        .map(|i| f64::from(2 * i) * std::f64::consts::TAU / 5.0)
        .map(|angle| (angle.cos(), angle.sin()))
        .collect();
    for corners in [
        &square[..2],
        &[(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)],
        &inward,
        &star,
    ] {
        assert_eq!(name(Slice::new(&o, &a, &b, corners)), window);
    }
    let infinite = [(0.0, 0.0), (f64::INFINITY, 0.0), (0.0, 1.0)];
    assert_eq!(
        name(Slice::new(&o, &a, &b, &infinite)),
        "corner of the window, entry 0"
    );
}

#[test]
fn networks_that_have_no_cells_are_refused() {
    let slice = plane((-1.0, 1.0), (-1.0, 1.0));
    let smooth = perceptron(&[2, 3, 1], Activation::Gelu, Seed::root(1));
    assert!(matches!(
        smooth.cells(&slice),
        Err(Error::InvalidParameter { name, .. }) if name == "activation of layer 1"
    ));
    let wide = perceptron(&[3, 3, 1], Activation::Relu, Seed::root(1));
    assert_eq!(
        wide.cells(&slice),
        Err(Error::Mismatch {
            what: "coordinates of the slice",
            expected: 3,
            actual: 2
        })
    );
    let layer = || Layer::Linear(Linear::new(DMatrix::identity(2, 2) * 1e200, None).unwrap());
    let huge = Network::new(Shape::vector(2), vec![layer(), layer()]).unwrap();
    assert!(matches!(
        huge.cells(&slice),
        Err(Error::NonFiniteResult { .. })
    ));
}

#[test]
fn a_stretch_does_not_depend_on_the_units_of_the_output() {
    let slice = Slice::rectangle(
        &[0.0; 2],
        &[1.0, 0.0],
        &[0.0, 1.0],
        (-1.0, 1.0),
        (-1.0, 1.0),
    );
    for scale in [1e200, 1.0, 1e-200] {
        let weight = DMatrix::from_row_slice(3, 2, &[3.0, 1.0, 0.0, 2.0, 4.0, 0.0]) * scale;
        let linear = Layer::Linear(Linear::new(weight, None).unwrap());
        let network = Network::new(Shape::vector(2), vec![linear]).unwrap();
        let cells = network.cells(slice.as_ref().unwrap()).unwrap();
        // det M^T M = 25 * 5 - 3^2.
        let expected = 0.5 * 116f64.ln() + 2.0 * f64::ln(scale);
        let stretch = cells[0].log_stretch().unwrap();
        assert!(
            (stretch - expected).abs() <= 1e-13 * expected.abs(),
            "{stretch} {expected}"
        );
    }
}

#[test]
fn a_limit_ends_the_search() {
    let network = perceptron(&[2, 40, 20, 2], Activation::Relu, Seed::root(9));
    let slice = plane((-3.0, 3.0), (-3.0, 3.0));
    let cells = network.cells(&slice).unwrap();
    let all = cells.len();
    assert!(all > 200, "{all}");
    assert_eq!(network.cells_at_most(&slice, all), Ok(cells));
    // One too few, and fewer than the first layer makes.
    for most in [all - 1, 3] {
        assert_eq!(
            network.cells_at_most(&slice, most),
            Err(Error::invalid(
                "regions of the slice",
                format!("more than {most}"),
                format!("at most {most}; take a smaller window")
            ))
        );
    }
}
