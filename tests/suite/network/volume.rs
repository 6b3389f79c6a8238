//! Ranks and volumes of the maps of a network.

use nalgebra::DMatrix;
use vicinfo::law::Mixture;
use vicinfo::network::pushforward::{OutputEntropy, Pushforward};
use vicinfo::network::{
    Activation, Convolution, Layer, Linear, Network, Pooling, PoolingKind, Shape, Window,
};
use vicinfo::seed::Seed;

use super::perceptron;
use super::pushforward::{close, gaussian, matrix_network};

const LEAKY: Activation = Activation::LeakyRelu { slope: 0.1 };

fn entropy_of(network: &Network<f64>, law: &Mixture, draws: usize) -> OutputEntropy {
    let pushforward = Pushforward::new(network, law).unwrap();
    pushforward.entropy(draws, Seed::root(1)).unwrap()
}

#[test]
fn draws_of_equal_states_and_other_winners_have_maps_of_their_own() {
    // Two filters of middle rows (0, 1, 2) and (0, 1, 0) see (x, y); the maxima over both places are
    // max(x + 2 y, y) and max(x, y).
    let input = Shape::image(1, 1, 2);
    let mut weight = DMatrix::zeros(9, 2);
    (weight[(4, 0)], weight[(5, 0)], weight[(4, 1)]) = (1.0, 2.0, 1.0);
    let filters = Convolution::new(input, Window::square(3, 1, 1), weight, None).unwrap();
    let window = Window {
        height: 1,
        width: 2,
        stride: 1,
        padding: 0,
    };
    let maximum = Pooling::new(PoolingKind::Max, filters.output(), window).unwrap();
    let layers = vec![Layer::Convolution(filters), Layer::Pooling(maximum)];
    let network = Network::new(input, layers).unwrap();
    let law = gaussian(&[0.0, 0.0], DMatrix::identity(2, 2));
    let entropy = entropy_of(&network, &law, 4_000);
    let OutputEntropy::Degenerate {
        ranks,
        information_dimension,
    } = entropy
    else {
        panic!("{entropy:?}")
    };
    // Four regions of probability 1/4; on one both maxima are y.
    let error = (0.1875 / 4_000.0_f64).sqrt();
    assert_eq!(ranks[0], 0.0);
    assert!((ranks[1] - 0.25).abs() <= 4.0 * error, "{ranks:?}");
    close(information_dimension, ranks[1] + 2.0 * ranks[2], 1e-14);
    // Nothing has a state here; codes tell the regions apart.
    let points = DMatrix::from_row_slice(2, 3, &[1.0, 1.0, -1.0, 0.5, 2.0, -3.0]);
    let pattern = network.pattern(&points).unwrap();
    assert_eq!(pattern.states(0), pattern.states(1));
    assert_ne!(pattern.code(0), pattern.code(1));
    assert_eq!(pattern.code(0).flips(&pattern.code(1)), 1);
    assert_eq!(pattern.code(0).units(), pattern.units());
    assert_eq!(pattern.code(1).winners(), [0, 3]);
}

/// `ln |det A|` of a leaky network at a point, by the determinants of its layers.
fn ln_det(network: &Network<f64>, point: &DMatrix<f64>) -> f64 {
    let pattern = network.pattern(point).unwrap();
    let below = (0..pattern.layers().len())
        .map(|l| pattern.layers()[l].1.iter().filter(|s| **s == 0).count())
        .sum::<usize>();
    let weights: f64 = (network.layers().iter())
        .filter_map(|layer| match layer {
            Layer::Linear(linear) => Some(linear.weight().determinant().abs().ln()),
            _ => None,
        })
        .sum();
    weights + below as f64 * 0.1_f64.ln()
}

#[test]
fn deep_bijections_keep_their_rank_and_the_digits_of_their_entropy() {
    let standard = 1.418_938_533_204_672_7;
    let wide = DMatrix::from_diagonal(&nalgebra::DVector::from_vec(vec![1.0, 1e-17]));
    let law = gaussian(&[0.0, 0.0], DMatrix::identity(2, 2));
    let network = matrix_network(wide);
    let entropy = entropy_of(&network, &law, 10);
    let OutputEntropy::Continuous { value, .. } = entropy else {
        panic!("{entropy:?}")
    };
    close(value, 2.0 * standard + 1e-17_f64.ln(), 1e-14);
    // Around a point within its region, and turned into one dimension more, which has no inverse.
    let (dim, deviation) = (8, 1e-9);
    for seed in 0..20 {
        let network = perceptron(&[dim; 13], LEAKY, Seed::root(100).child(seed));
        let centre = Seed::root(101).child(seed).normal_matrix(dim, 1);
        let square = DMatrix::identity(dim, dim) * (deviation * deviation);
        let law = gaussian(centre.as_slice(), square);
        let input = dim as f64 * (standard + f64::ln(deviation));
        let truth = input + ln_det(&network, &centre);
        let entropy = entropy_of(&network, &law, 10);
        let OutputEntropy::Continuous { value, .. } = entropy else {
            panic!("{entropy:?}")
        };
        close(value, truth, 1e-12);
        let turn = Seed::root(102).normal_matrix(dim + 1, dim).qr().q();
        let mut layers = network.layers().to_vec();
        layers.push(Layer::Linear(Linear::new(turn, None).unwrap()));
        let turned = Network::new(Shape::vector(dim), layers).unwrap();
        let entropy = entropy_of(&turned, &law, 10);
        let OutputEntropy::Manifold { value, .. } = entropy else {
            panic!("{entropy:?}")
        };
        close(value, truth, 1e-12);
    }
}

#[test]
fn a_map_has_at_most_the_rank_of_its_layers_and_their_active_units() {
    // W1 = u v^T; W2 takes u to a millionth, so that rounding of the product is not small beside it.
    let first = DMatrix::from_row_slice(2, 2, &[1.0 / 9.0, 0.7 / 3.0, 1.0 / 3.0, 0.7]);
    let second = DMatrix::from_row_slice(2, 2, &[1.0, -1.0 / 3.0 + 1e-6, 2.0, -2.0 / 3.0 + 3e-6]);
    let layers = [first, second].map(|weight| Layer::Linear(Linear::new(weight, None).unwrap()));
    let network = Network::new(Shape::vector(2), layers.to_vec()).unwrap();
    let law = gaussian(&[0.0, 0.0], DMatrix::identity(2, 2));
    let entropy = entropy_of(&network, &law, 10);
    let OutputEntropy::Degenerate { ranks, .. } = entropy else {
        panic!("{entropy:?}")
    };
    assert_eq!(ranks, [0.0, 1.0, 0.0]);
    let dim = 8;
    for seed in 0..40 {
        let network = perceptron(&[dim; 14], Activation::Relu, Seed::root(110).child(seed));
        let centre = Seed::root(111).child(seed).normal_matrix(dim, 1);
        let pattern = network.pattern(&centre).unwrap();
        let active = |states: &DMatrix<u8>| states.iter().filter(|s| **s == 1).count();
        let least = (pattern.layers().iter()).map(|(_, s)| active(s)).min();
        let law = gaussian(centre.as_slice(), DMatrix::identity(dim, dim) * 1e-24);
        let entropy = entropy_of(&network, &law, 5);
        let OutputEntropy::Degenerate { ranks, .. } = entropy else {
            panic!("{entropy:?}")
        };
        // Random weights lose nothing that the units do not.
        assert_eq!(ranks.iter().position(|share| *share == 1.0), least);
    }
}
