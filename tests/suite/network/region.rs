//! Regions, patterns and the distances of their faces.

use nalgebra::{DMatrix, DVector};
use vicinfo::Error;
use vicinfo::network::{
    Activation, End, Face, Initialisation, Layer, Linear, Network, Perceptron, Shape, Spread,
};
use vicinfo::seed::Seed;

use super::perceptron;

const PIECEWISE: [Activation; 4] = [
    Activation::Relu,
    Activation::LeakyRelu { slope: 0.1 },
    Activation::Absolute,
    Activation::HardTanh,
];

/// A network of given weights and biases, with one activation between the layers.
fn layered(layers: &[(DMatrix<f64>, DVector<f64>)], activation: Activation) -> Network<f64> {
    let mut all = Vec::new();
    for (l, (weight, bias)) in layers.iter().enumerate() {
        if l > 0 {
            all.push(Layer::Activation(activation));
        }
        let linear = Linear::new(weight.clone(), Some(bias.clone())).unwrap();
        all.push(Layer::Linear(linear));
    }
    Network::new(Shape::vector(layers[0].0.ncols()), all).unwrap()
}

/// Weights `sin(1 + 7 l + 3 i + 5 j)` and biases `cos(2 + l + i)`.
fn trigonometric(activation: Activation) -> Network<f64> {
    let layers: Vec<_> = ([(4, 3), (4, 4), (2, 4)].into_iter().enumerate())
        .map(|(l, (out, dim))| {
            let weight = |i, j| f64::sin((1 + 7 * l + 3 * i + 5 * j) as f64);
            let bias = |i, _| f64::cos((2 + l + i) as f64);
            (
                DMatrix::from_fn(out, dim, weight),
                DVector::from_fn(out, bias),
            )
        })
        .collect();
    layered(&layers, activation)
}

#[test]
fn half_spaces_hold_exactly_the_points_of_one_pattern() {
    for activation in PIECEWISE {
        for widths in [&[2, 8, 8, 2][..], &[6, 32, 32, 32, 3], &[20, 12, 5]] {
            let seed = Seed::root(21).child(widths.len());
            let network = perceptron(widths, activation, seed);
            let centres = seed.child("centres").normal_matrix(widths[0], 8);
            let (mut same, mut other) = (0, 0);
            for (c, centre) in centres.column_iter().enumerate() {
                let centre = centre.into_owned();
                let region = network.region(centre.as_slice()).unwrap();
                let pattern = network.pattern(&DMatrix::from_columns(&[centre])).unwrap();
                // Steps of all sizes, so that both answers are common.
                let mut points = seed.child("steps").child(c).normal_matrix(widths[0], 600);
                for (i, mut point) in points.column_iter_mut().enumerate() {
                    point *= 10f64.powf(-3.0 + 3.0 * i as f64 / 600.0);
                    point += centres.column(c);
                }
                let flips = network.pattern(&points).unwrap().flips(&pattern).unwrap();
                let inside = region.contains(&points).unwrap();
                for (flips, inside) in flips.into_iter().zip(inside) {
                    assert_eq!(flips == 0, inside, "{activation:?} {widths:?}");
                    if inside { same += 1 } else { other += 1 }
                }
            }
            assert!(same > 100 && other > 100, "{same} {other}");
        }
    }
}

/// ```python
/// import numpy as np
/// W=lambda l,o,n: np.array([[np.sin(1+7*l+3*i+5*j) for j in range(n)] for i in range(o)])
/// b=lambda l,o: np.array([np.cos(2+l+i) for i in range(o)])
/// x=np.array([.3,-.7,1.1]); S=np.array([[2,.5,0],[.5,1,.3],[0,.3,.5]])
/// A,c=np.eye(3),np.zeros(3)
/// for l in range(2):
///     P=W(l,4,len(c))@A; q=W(l,4,len(c))@c+b(l,4); u=P@x+q
///     n=np.sqrt(np.diag(P@S@P.T)); print(abs(u)/n)                       # ReLU
///     s=(u>0)*1.; A,c=s[:,None]*P,s*q
/// # hard tanh: ends (u+1)/n (left) and (1-u)/n (right) of the pieces, s=(abs(u)<1), c=s*q+sign(u)*(1-s)
/// ```
#[test]
fn distances_are_those_of_another_program() {
    let x = DMatrix::from_column_slice(3, 1, &[0.3, -0.7, 1.1]);
    let covariance = DMatrix::from_row_slice(3, 3, &[2.0, 0.5, 0.0, 0.5, 1.0, 0.3, 0.0, 0.3, 0.5]);
    let factor = covariance.cholesky().unwrap().l();
    let distances = |activation| {
        let network = trigonometric(activation);
        let mut all = network.face_distances(&x, Spread::Factor(&factor)).unwrap();
        assert!(all[0].dead.is_empty());
        all.swap_remove(0).faces
    };
    let relu = [
        0.7694886400195904,
        0.31533977554619186,
        0.9085191728398209,
        0.5590850092623769,
        1.536051072219963,
        0.15672696096822514,
        0.20213782542330974,
        2.0131759005300225,
    ];
    let found = distances(Activation::Relu);
    assert_eq!(found.len(), relu.len());
    for (i, (found, expected)) in found.iter().zip(relu).enumerate() {
        assert_eq!(
            (found.face.layer, found.face.unit),
            (1 + 2 * (i / 4), i % 4)
        );
        assert!((found.distance / expected - 1.0).abs() < 1e-12, "{found:?}");
    }
    use End::{Left, Right};
    let hard_tanh = [
        (1, 0, Right, 0.049063758208055606),
        (1, 1, Left, 0.44296543349790934),
        (1, 1, Right, 1.0736449845902931),
        (1, 2, Right, 0.11051120720448372),
        (1, 3, Left, 1.3941707493061783),
        (1, 3, Right, 0.27600073078142456),
        (3, 0, Right, 1.8551241046306088),
        (3, 1, Left, 2.005582360442554),
        (3, 1, Right, 1.5131578666692487),
        (3, 2, Left, 1.131732428528395),
        (3, 2, Right, 2.13913252571823),
        (3, 3, Left, 0.5206292243882679),
    ];
    let found = distances(Activation::HardTanh);
    assert_eq!(found.len(), hard_tanh.len());
    for (found, (layer, unit, end, expected)) in found.iter().zip(hard_tanh) {
        assert_eq!(found.face, Face { layer, unit, end });
        assert!((found.distance / expected - 1.0).abs() < 1e-12, "{found:?}");
    }
}

#[test]
fn distances_are_those_of_the_half_spaces() {
    for activation in PIECEWISE {
        let seed = Seed::root(22);
        let network = perceptron(&[5, 16, 16, 16, 2], activation, seed);
        // More points than are pushed at once.
        let points = seed.child("points").normal_matrix(5, 70);
        let factor = seed.child("factor").normal_matrix(5, 7);
        let distances = network
            .face_distances(&points, Spread::Factor(&factor))
            .unwrap();
        let isotropic = network
            .face_distances(&points, Spread::Isotropic(0.25))
            .unwrap();
        let nearest = network
            .nearest_faces(&points, Spread::Isotropic(0.25))
            .unwrap();
        for i in 0..points.ncols() {
            let point = DMatrix::from_columns(&[points.column(i)]);
            let region = network.region(point.as_slice()).unwrap();
            let margins = region.margins(&point).unwrap();
            let spread = region.normals() * &factor;
            let faces: Vec<Face> = distances[i].faces.iter().map(|d| d.face).collect();
            assert_eq!(faces, region.faces());
            assert_eq!(distances[i].dead, region.dead());
            for (j, (a, b)) in (distances[i].faces.iter().zip(&isotropic[i].faces)).enumerate() {
                let expected = margins[(j, 0)] / spread.row(j).norm();
                assert!((a.distance - expected).abs() < 1e-10 * (1.0 + expected));
                let expected = margins[(j, 0)] / (0.25 * region.normals().row(j).norm());
                assert!((b.distance - expected).abs() < 1e-10 * (1.0 + expected));
            }
            let smallest = (isotropic[i].faces.iter())
                .min_by(|a, b| a.distance.total_cmp(&b.distance))
                .copied();
            assert_eq!(nearest[i], smallest);
        }
    }
}

#[test]
fn a_step_past_the_nearest_face_flips_its_unit_alone() {
    let seed = Seed::root(23);
    let network = perceptron(&[4, 24, 24, 3], Activation::LeakyRelu { slope: 0.2 }, seed);
    let points = seed.child("points").normal_matrix(4, 40);
    let nearest = network
        .nearest_faces(&points, Spread::Isotropic(1.0))
        .unwrap();
    let before = network.pattern(&points).unwrap();
    let stepped = |length: f64| {
        let mut moved = points.clone();
        for (i, mut point) in moved.column_iter_mut().enumerate() {
            let region = network
                .region(points.column(i).into_owned().as_slice())
                .unwrap();
            let nearest = nearest[i].unwrap();
            let row = region
                .faces()
                .iter()
                .position(|f| *f == nearest.face)
                .unwrap();
            let normal = region.normals().row(row).transpose();
            point -= &normal * (length * nearest.distance / normal.norm());
        }
        network.pattern(&moved).unwrap().flips(&before).unwrap()
    };
    assert_eq!(stepped(1.0 - 1e-9), vec![0; 40]);
    assert_eq!(stepped(1.0 + 1e-9), vec![1; 40]);
}

#[test]
fn units_behind_dead_ones_have_no_face() {
    // All units of the first layer are off at (1, 1), so that nothing moves the second.
    let off = (DMatrix::from_element(3, 2, -1.0), DVector::zeros(3));
    let second = (
        DMatrix::from_element(2, 3, 1.0),
        DVector::from_vec(vec![0.0, 2.0]),
    );
    let last = (DMatrix::identity(2, 2), DVector::zeros(2));
    let network = layered(&[off, second, last], Activation::Relu);
    let region = network.region(&[1.0, 1.0]).unwrap();
    let face = |layer, unit, end| Face { layer, unit, end };
    let alive: Vec<Face> = (0..3).map(|unit| face(1, unit, End::Right)).collect();
    // The input of the first unit is exactly zero: the left piece holds it.
    let dead = [face(3, 0, End::Right), face(3, 1, End::Left)];
    assert_eq!(region.faces(), alive);
    assert_eq!(region.dead(), dead);
    let x = DMatrix::from_column_slice(2, 1, &[1.0, 1.0]);
    let distances = network.face_distances(&x, Spread::Isotropic(1.0)).unwrap();
    assert_eq!(distances[0].dead, dead);
    for (found, face) in distances[0].faces.iter().zip(alive) {
        assert_eq!(found.face, face);
        assert!((found.distance - 2f64.sqrt()).abs() < 1e-15);
    }
    let inside = DMatrix::from_column_slice(2, 3, &[1.0, 1.0, 2.0, -1.5, -1.0, 0.0]);
    assert_eq!(region.contains(&inside).unwrap(), [true, true, false]);
    // A covariance along the faces never leaves: no face at all.
    let along = DMatrix::from_column_slice(2, 1, &[1.0, -1.0]);
    let never = network.nearest_faces(&x, Spread::Factor(&along)).unwrap();
    assert_eq!(never, [None]);
}

#[test]
fn the_kink_belongs_to_the_left_piece() {
    let one = |bias| (DMatrix::identity(1, 1), DVector::from_element(1, bias));
    let network = layered(&[one(0.0), one(0.0)], Activation::HardTanh);
    let region = network.region(&[0.0]).unwrap();
    let points = DMatrix::from_row_slice(1, 4, &[-1.0, -1.0 + 1e-15, 1.0, 1.0 + 1e-15]);
    assert_eq!(
        region.contains(&points).unwrap(),
        [false, true, true, false]
    );
    let states = network.pattern(&points).unwrap();
    assert_eq!(states.layers()[0].1.as_slice(), [0, 1, 1, 2]);
}

#[test]
fn flips_count_units_and_their_rate_is_a_mean() {
    let one = |bias| (DMatrix::identity(2, 2), DVector::from_element(2, bias));
    let network = layered(&[one(0.0), one(-1.0), one(0.0)], Activation::Relu);
    let pattern = |values: &[f64]| {
        let points = DMatrix::from_column_slice(2, values.len() / 2, values);
        network.pattern(&points).unwrap()
    };
    let (a, b) = (
        pattern(&[2.0, 2.0, 2.0, 0.5, -1.0, -1.0]),
        pattern(&[0.5, 2.0, 2.0, 0.6, 2.0, -1.0]),
    );
    assert_eq!((a.n(), a.units()), (3, 4));
    assert_eq!(a.states(1), [1, 1, 1, 0]);
    assert_eq!(a.flips(&b).unwrap(), [1, 0, 2]);
    assert_eq!(a.flip_rate(&b).unwrap(), 0.25);
    assert_eq!(a.flips(&pattern(&[2.0, 2.0])).unwrap(), [0, 1, 4]);
    assert_eq!(
        a.flips(&pattern(&[0.0; 4])),
        Err(Error::Mismatch {
            what: "points of the other pattern",
            expected: 3,
            actual: 2
        })
    );
}

#[test]
fn single_precision_has_the_same_region() {
    let perceptron = Perceptron {
        widths: vec![3, 10, 10, 2],
        activation: Activation::Relu,
        initialisation: Initialisation::He,
        bias: 0.1,
    };
    let single: Network<f32> = perceptron.network(Seed::root(24)).unwrap();
    let double: Network<f64> = perceptron.network(Seed::root(24)).unwrap();
    let x = [0.25, -0.5, 1.5];
    let (a, b) = (single.region(&x.map(|v| v as f32)), double.region(&x));
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(a.faces(), b.faces());
    let error = (a.normals().map(f64::from) - b.normals()).norm();
    assert!(error < 1e-5 * b.normals().norm(), "{error}");
}

#[test]
fn tiny_and_enormous_weights_keep_their_faces() {
    let network = |scale: f64| {
        let weight = DMatrix::from_row_slice(2, 2, &[3.0, 4.0, -1.0, 0.0]) * scale;
        let bias = DVector::from_vec(vec![5.0, 1.0]) * scale;
        let last = (DMatrix::identity(2, 2) / scale, DVector::zeros(2));
        layered(&[(weight, bias), last], Activation::Relu)
    };
    let x = DMatrix::from_column_slice(2, 1, &[1.0, 2.0]);
    for scale in [1e-200, 1.0, 1e200] {
        let distances = network(scale)
            .face_distances(&x, Spread::Isotropic(1.0))
            .unwrap();
        let found: Vec<f64> = distances[0].faces.iter().map(|d| d.distance).collect();
        assert!(
            (found[0] - 16.0 / 5.0).abs() < 1e-14 && found[1] == 0.0,
            "{found:?}"
        );
    }
    // A second factor of 1e200 leaves the range of f64.
    let large = (DMatrix::identity(2, 2) * 1e200, DVector::zeros(2));
    let network = layered(
        &[large.clone(), large.clone(), large],
        Activation::LeakyRelu { slope: 0.5 },
    );
    for refused in [
        network.region(&[1.0, 2.0]).unwrap_err(),
        network
            .face_distances(&x, Spread::Isotropic(1.0))
            .unwrap_err(),
    ] {
        assert!(
            matches!(refused, Error::NonFiniteResult { .. }),
            "{refused}"
        );
    }
}

#[test]
fn what_has_no_region_is_refused_by_name() {
    for activation in [Activation::Tanh, Activation::Gelu, Activation::Silu] {
        let network = perceptron(&[2, 3, 1], activation, Seed::root(1));
        let x = DMatrix::zeros(2, 1);
        for refused in [
            network.region(&[0.0, 0.0]).unwrap_err(),
            network.pattern(&x).unwrap_err(),
            network
                .face_distances(&x, Spread::Isotropic(1.0))
                .unwrap_err(),
        ] {
            assert_eq!(
                refused,
                Error::invalid(
                    "activation of layer 1",
                    format!("{activation:?}"),
                    "only piecewise-affine activations have states and regions"
                )
            );
        }
    }
}

#[test]
fn points_and_spreads_of_another_shape_are_refused() {
    let network = perceptron(&[2, 3, 1], Activation::Relu, Seed::root(1));
    let mismatch = |what, actual| Error::Mismatch {
        what,
        expected: 2,
        actual,
    };
    let three = DMatrix::zeros(3, 1);
    let points = "coordinates of the points";
    let region = network.region(&[0.5, 0.5]).unwrap();
    for refused in [
        network.region(&[0.0; 3]).unwrap_err(),
        network.pattern(&three).unwrap_err(),
        region.contains(&three).unwrap_err(),
        network
            .face_distances(&three, Spread::Isotropic(1.0))
            .unwrap_err(),
    ] {
        assert_eq!(refused, mismatch(points, 3));
    }
    let (x, none) = (DMatrix::zeros(2, 1), DMatrix::zeros(2, 0));
    let nan = DMatrix::from_element(2, 1, f64::NAN);
    let distances = |spread| network.face_distances(&x, spread).unwrap_err();
    assert_eq!(
        distances(Spread::Factor(&three)),
        mismatch("rows of the factor", 3)
    );
    assert_eq!(
        distances(Spread::Factor(&none)),
        Error::Empty { n: 0, dim: 2 }
    );
    for sigma in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(
            distances(Spread::Isotropic(sigma)),
            Error::invalid(
                "sigma",
                sigma,
                "a standard deviation that measures distances is finite and positive"
            )
        );
    }
    assert!(matches!(
        distances(Spread::Factor(&nan)),
        Error::InvalidParameter { .. }
    ));
}
