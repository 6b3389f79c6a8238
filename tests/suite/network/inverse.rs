//! Inverses of bijective networks, and what the affine map leaves out.

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use vicinfo::Error;
use vicinfo::network::{Activation, Layer, Linear, Network, Shape};
use vicinfo::seed::Seed;

use super::perceptron;

const LEAKY: Activation = Activation::LeakyRelu { slope: 0.2 };

fn network(weights: &[DMatrix<f64>], activation: Activation) -> Network<f64> {
    let mut layers = Vec::new();
    for (l, weight) in weights.iter().enumerate() {
        if l > 0 {
            layers.push(Layer::Activation(activation));
        }
        layers.push(Layer::Linear(Linear::new(weight.clone(), None).unwrap()));
    }
    Network::new(Shape::vector(weights[0].ncols()), layers).unwrap()
}

/// How far a relative error of 1 in every number on the way moves the point that goes to an image:
/// the sum over the layers of the sizes of the terms there, over the smallest singular value of the
/// map up to there.
fn rounding(network: &Network<f64>, x: &DVector<f64>) -> f64 {
    let mut before = x.norm();
    let layers = network.layers();
    (1..=layers.len())
        .map(|l| {
            let part = Network::new(network.input(), layers[..l].to_vec()).unwrap();
            let image = part.apply(&DMatrix::from_columns(std::slice::from_ref(x)));
            let affine = part.affine_at(x.as_slice()).unwrap();
            let smallest = affine.matrix.svd(false, false).singular_values.min();
            let terms = match &layers[l - 1] {
                Layer::Linear(linear) => {
                    linear.weight().norm() * before + linear.bias().map_or(0.0, |b| b.norm())
                }
                _ => before,
            };
            before = image.unwrap().norm();
            (before + terms) / smallest
        })
        .sum()
}

proptest! {
    #[test]
    fn inverse_undoes_the_network(dim in 1_usize..9, depth in 1_usize..6, seed in 0_u64..1000) {
        let seed = Seed::root(seed);
        let network = perceptron(&vec![dim; depth + 1], LEAKY, seed);
        // More points than one task solves for.
        let points = seed.child("points").normal_matrix(dim, 70);
        let images = network.apply(&points).unwrap();
        let found = network.inverse().unwrap().apply(&images).unwrap();
        let forth = network.apply(&found.points).unwrap();
        prop_assert!((&forth - &images).amax() <= 1e-10 * (1.0 + images.amax()));
        for i in 0..points.ncols() {
            let x = points.column(i).into_owned();
            let affine = network.affine_at(x.as_slice()).unwrap().matrix;
            let singular = affine.clone().svd(false, false).singular_values;
            let error = (found.points.column(i) - &x).norm();
            let bound = 1e-14 * rounding(&network, &x);
            prop_assert!(error <= bound, "{} {}", error, bound);
            let condition = singular.max() / singular.min();
            let log_det: f64 = singular.iter().map(|s| s.ln()).sum();
            prop_assert!((found.log_det[i] - log_det).abs() <= 1e-13 * condition + 1e-12);
        }
        prop_assert_eq!(found.pattern, network.pattern(&points).unwrap());
    }
}

#[test]
fn a_network_by_hand() {
    // (x, y) -> (2 x, y + x) -> leaky -> (first + second, second)
    let first = DMatrix::from_row_slice(2, 2, &[2.0, 0.0, 1.0, 1.0]);
    let second = DMatrix::from_row_slice(2, 2, &[1.0, 1.0, 0.0, 1.0]);
    let inverse = network(&[first, second], LEAKY).inverse().unwrap();
    // (-1, 3) -> (-2, 2) -> (-0.4, 2) -> (1.6, 2)
    let found = inverse
        .apply(&DMatrix::from_column_slice(2, 1, &[1.6, 2.0]))
        .unwrap();
    assert!((found.points - DMatrix::from_column_slice(2, 1, &[-1.0, 3.0])).amax() < 1e-15);
    assert!((found.log_det[0] - (2.0f64 * 0.2).ln()).abs() < 1e-15);
    assert_eq!(found.pattern.states(0), [0, 1]);
    assert_eq!(inverse.log_det(&found.pattern).unwrap(), found.log_det);
    let other = |widths: &[usize]| {
        let network = perceptron(widths, LEAKY, Seed::root(1));
        network.pattern(&DMatrix::zeros(widths[0], 1)).unwrap()
    };
    let mismatch = |what, expected, actual| Error::Mismatch {
        what,
        expected,
        actual,
    };
    assert_eq!(
        inverse.log_det(&other(&[2, 2, 2, 2])),
        Err(mismatch("layers of the pattern", 1, 2))
    );
    assert_eq!(
        inverse.log_det(&other(&[2, 3, 2])),
        Err(mismatch("units of the pattern", 2, 3))
    );
}

#[test]
fn scales_of_rows_and_columns_are_not_singularity() {
    let weight = DMatrix::from_row_slice(2, 2, &[1e-200, 2e100, 3e-250, 4e50]);
    let inverse = network(&[weight], LEAKY).inverse().unwrap();
    let image = DMatrix::from_column_slice(2, 1, &[1e-200 + 2e100, 3e-250 + 4e50]);
    // Rows (1, 2) and (3, 4) in units of (1, 1e-50) and columns of (1e-200, 1e100).
    let expected = 2f64.ln() - 150.0 * 10f64.ln();
    let found = inverse.apply(&image).unwrap();
    assert!((found.log_det[0] - expected).abs() < 1e-11, "{found:?}");
    assert!((found.points[1] - 1.0).abs() < 1e-14);
}

#[test]
fn networks_that_are_no_bijection_are_refused() {
    let square = DMatrix::identity(3, 3);
    let refused =
        |weights: &[DMatrix<f64>], activation| network(weights, activation).inverse().unwrap_err();
    for activation in [
        Activation::Relu,
        Activation::HardTanh,
        Activation::Absolute,
        Activation::Tanh,
        Activation::LeakyRelu { slope: 0.0 },
        Activation::LeakyRelu { slope: -0.5 },
    ] {
        assert_eq!(
            refused(&[square.clone(), square.clone()], activation),
            Error::invalid(
                "activation of layer 1",
                format!("{activation:?}"),
                "only a leaky ReLU of positive slope has an inverse on the whole space"
            )
        );
    }
    let narrow = DMatrix::from_element(2, 3, 1.0);
    assert_eq!(
        refused(&[square.clone(), narrow], LEAKY),
        Error::Mismatch {
            what: "outputs of a linear layer that is to have an inverse",
            expected: 3,
            actual: 2
        }
    );
    let singular =
        |weight: DMatrix<f64>, layer: &str| match refused(&[square.clone(), weight], LEAKY) {
            Error::InvalidParameter { name, value, .. } => {
                assert_eq!(name, layer);
                value
            }
            other => panic!("{other}"),
        };
    let counted = DMatrix::from_fn(3, 3, |i, j| (1 + 3 * i + j) as f64);
    assert!(singular(counted, "weight of layer 2").starts_with("pivot 2 is"));
    let mut row = DMatrix::from_fn(3, 3, |i, j| 1.0 + ((i * j) as f64));
    row.row_mut(1).fill(0.0);
    assert_eq!(singular(row.clone(), "weight of layer 2"), "row 1 is zero");
    assert_eq!(
        singular(row.transpose(), "weight of layer 2"),
        "column 1 is zero"
    );
}

#[test]
fn images_of_another_shape_or_beyond_the_range_are_refused() {
    let inverse = network(&[DMatrix::identity(2, 2) * 1e-300], LEAKY)
        .inverse()
        .unwrap();
    assert_eq!(
        inverse.apply(&DMatrix::zeros(3, 1)).unwrap_err(),
        Error::Mismatch {
            what: "coordinates of the images",
            expected: 2,
            actual: 3
        }
    );
    let far = DMatrix::from_column_slice(2, 2, &[0.0, 0.0, 0.0, 1e300]);
    assert!(matches!(
        inverse.apply(&far).unwrap_err(),
        Error::NonFiniteResult { what, .. } if what.ends_with("of the point that goes to image 1")
    ));
}

/// One unit with this activation.
fn unit(activation: Activation) -> Network<f64> {
    Network::new(Shape::vector(1), vec![Layer::Activation(activation)]).unwrap()
}

fn remainder(activation: Activation, x: f64, sigma: f64) -> (f64, f64) {
    let factor = DMatrix::from_element(1, 1, sigma);
    let found = unit(activation)
        .expansion_remainder(&[x], &factor, 200_000, Seed::root(31))
        .unwrap();
    (found.share, found.std_error)
}

/// ```python
/// import numpy as np
/// from scipy.integrate import quad
/// from scipy.stats import norm
/// def share(f, slope, x, s, breaks=[]):
///     r = lambda e: (f(x+s*e) - f(x) - slope*s*e)**2 * norm.pdf(e)
///     return quad(r, -12, 12, points=breaks or None, epsabs=1e-14, limit=500)[0] / (slope*s)**2
/// share(np.tanh, 1-np.tanh(.3)**2, .3, .5)
/// share(lambda u: u*norm.cdf(u), norm.cdf(-.4)-.4*norm.pdf(-.4), -.4, .7)
/// share(lambda u: max(u, .1*u), 1, .2, .5, [-.4])
/// share(lambda u: abs(u), 1, .5, 1, [-.5])
/// ```
#[test]
fn remainders_are_those_of_another_program() {
    let cases = [
        (Activation::Tanh, 0.3, 0.5, 0.05342807249119393),
        (Activation::Gelu, -0.4, 0.7, 2.903462110564232),
        (
            Activation::LeakyRelu { slope: 0.1 },
            0.2,
            0.5,
            0.20444620612466272,
        ),
        (Activation::Absolute, 0.5, 1.0, 0.8385570401013344),
    ];
    for (activation, x, sigma, expected) in cases {
        let (share, std_error) = remainder(activation, x, sigma);
        assert!(
            (share - expected).abs() < 5.0 * std_error && std_error < 0.02 * expected,
            "{activation:?}: {share} +- {std_error}, expected {expected}"
        );
    }
}

#[test]
fn an_affine_network_leaves_no_remainder() {
    let network = perceptron(&[5, 4, 3], LEAKY, Seed::root(32));
    let x = Seed::root(33).normal_matrix(5, 1);
    let tiny = DMatrix::identity(5, 5) * 1e-6;
    let found = network
        .expansion_remainder(x.as_slice(), &tiny, 500, Seed::root(34))
        .unwrap();
    assert!(found.share < 1e-18 && found.std_error < 1e-18, "{found:?}");
    // A wide spread crosses faces.
    let wide = DMatrix::identity(5, 5) * 10.0;
    let found = network
        .expansion_remainder(x.as_slice(), &wide, 500, Seed::root(34))
        .unwrap();
    assert!(found.share > 1e-3, "{found:?}");
}

#[test]
fn steps_that_single_precision_rounds_are_no_remainder() {
    // The identity: x + s rounds by 6e-8, which is a twentieth of s.
    let linear = Linear::new(DMatrix::from_element(1, 1, 1.0f32), None).unwrap();
    let network = Network::new(Shape::vector(1), vec![Layer::Linear(linear)]).unwrap();
    let factor = DMatrix::from_element(1, 1, 1e-6f32);
    let found = network
        .expansion_remainder(&[1.0], &factor, 500, Seed::root(35))
        .unwrap();
    assert_eq!(found.share, 0.0);
}

#[test]
fn remainders_without_anything_to_compare_are_refused() {
    let network = unit(Activation::Relu);
    let factor = DMatrix::from_element(1, 1, 1.0);
    let seed = Seed::root(1);
    assert_eq!(
        network
            .expansion_remainder(&[1.0], &factor, 1, seed)
            .unwrap_err(),
        Error::TooFewPoints {
            method: "expansion_remainder",
            required: 2,
            actual: 1
        }
    );
    // The slope is zero on the left.
    assert_eq!(
        network
            .expansion_remainder(&[-1.0], &factor, 10_000, seed)
            .unwrap_err(),
        Error::NonFiniteResult {
            what: "remainder over the linear part".to_owned(),
            value: "inf".to_owned()
        }
    );
    let wrong = DVector::from_element(2, 1.0);
    assert_eq!(
        network
            .expansion_remainder(&[1.0], &DMatrix::from_columns(&[wrong]), 10, seed)
            .unwrap_err(),
        Error::Mismatch {
            what: "rows of the factor",
            expected: 1,
            actual: 2
        }
    );
}
