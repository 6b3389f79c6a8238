//! Total variation and divergence between the output and a mixture.

use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::law::Mixture;
use vicinfo::network::pushforward::{PiecewiseLine, Pushforward};
use vicinfo::network::{Activation, Layer, Linear, Network, Shape};
use vicinfo::seed::Seed;

use super::perceptron;
use super::pushforward::{close, gaussian, line_law, matrix_network, units};

const LEAKY: Activation = Activation::LeakyRelu { slope: 0.1 };

#[test]
fn total_variation_attains_the_escape_probability_where_the_map_folds_or_cuts() {
    let law = line_law(&[(1.0, 1.0, 1.0)]);
    for activation in [Activation::Absolute, Activation::Relu] {
        let network = units(1, activation);
        let map = PiecewiseLine::of_network(&network).unwrap();
        let mixture = Pushforward::new(&network, &law).unwrap().output_mixture();
        let divergence = map.divergence(&law, &mixture).unwrap();
        close(divergence.total_variation, 0.158_655_253_931_457_1, 1e-12);
        // A law with an atom has no finite divergence to one without.
        assert_eq!(divergence.kl.is_none(), activation == Activation::Relu);
    }
    let network = units(1, LEAKY);
    let map = PiecewiseLine::of_network(&network).unwrap();
    let pushforward = Pushforward::new(&network, &law).unwrap();
    let exact = map.divergence(&law, &pushforward.output_mixture()).unwrap();
    close(exact.total_variation, 0.118_969_934_748_255_7, 1e-12);
    close(exact.kl.unwrap(), 0.253_040_106_343_673_8, 1e-12);
    // The same by pulling densities back.
    let sampled = pushforward
        .divergence(&pushforward.output_mixture(), 100_000, Seed::root(2))
        .unwrap();
    let (tv, kl) = (sampled.total_variation, sampled.kl);
    assert!(
        (tv.mean - exact.total_variation).abs() <= 4.0 * tv.std_error,
        "{tv:?}"
    );
    assert!(
        (kl.mean - exact.kl.unwrap()).abs() <= 4.0 * kl.std_error,
        "{kl:?}"
    );
    let less = sampled.less_escape;
    let slack = exact.total_variation - 0.158_655_253_931_457_1;
    assert!(
        (less.mean - slack).abs() <= 4.0 * less.std_error,
        "{less:?}"
    );
    assert!(less.std_error < 0.5 * tv.std_error, "{less:?}");
}

#[test]
fn divergence_of_a_mixture_on_the_line_is_that_of_an_independent_quadrature() {
    let law = line_law(&[(0.3, -1.0, 0.5), (0.7, 0.5, 1.0)]);
    let network = units(1, Activation::Absolute);
    let map = PiecewiseLine::of_network(&network).unwrap();
    let mixture = Pushforward::new(&network, &law).unwrap().output_mixture();
    let divergence = map.divergence(&law, &mixture).unwrap();
    // mpmath.quad of max(p - q, 0) and p ln p/q.
    close(divergence.total_variation, 0.222_801_316_692_644_6, 1e-11);
    close(divergence.kl.unwrap(), 0.265_470_483_710_954_9, 1e-11);
}

#[test]
fn a_flat_map_and_its_flat_mixture_are_one_law() {
    let network = units(1, Activation::Relu);
    let law = line_law(&[(1.0, -40.0, 1.0)]);
    let map = PiecewiseLine::of_network(&network).unwrap();
    let mixture = Pushforward::new(&network, &law).unwrap().output_mixture();
    assert_eq!(mixture.components[0].rank().unwrap(), 0);
    let divergence = map.divergence(&law, &mixture).unwrap();
    assert!(divergence.total_variation < 1e-300, "{divergence:?}");
}

#[test]
fn an_affine_network_is_its_mixture_and_a_wrong_one_is_not() {
    let network = perceptron(&[4, 4], LEAKY, Seed::root(8));
    let law = gaussian(&[0.1, 0.2, 0.3, 0.4], DMatrix::identity(4, 4) * 0.3);
    let pushforward = Pushforward::new(&network, &law).unwrap();
    let right = pushforward
        .divergence(&pushforward.output_mixture(), 5_000, Seed::root(1))
        .unwrap();
    // The standard error is all that draws can leave open; the values themselves are rounding.
    assert!(right.total_variation.mean <= right.floor, "{right:?}");
    assert!(right.kl.mean.abs() <= right.floor, "{right:?}");
    // The same law in two halves is not taken over from the input, but pulled back.
    let mut halves = pushforward.output_mixture();
    halves.weights = vec![0.5; 2];
    halves.components.push(halves.components[0].clone());
    let halves = pushforward
        .divergence(&halves, 5_000, Seed::root(1))
        .unwrap();
    assert!(halves.total_variation.mean <= halves.floor, "{halves:?}");
    assert!(halves.floor > 0.0 && halves.floor < 1e-12, "{halves:?}");
    let stated = pushforward.output_mixture_as_stated().unwrap();
    let wrong = pushforward
        .divergence(&stated, 5_000, Seed::root(1))
        .unwrap();
    assert!(wrong.total_variation.mean > 0.2, "{wrong:?}");
}

#[test]
fn total_variation_stays_below_the_union_bound_in_deep_networks() {
    for (dim, depth) in [(2, 3), (8, 3), (8, 6)] {
        let network = perceptron(&vec![dim; depth + 1], LEAKY, Seed::root(4).child(dim));
        for deviation in [0.003, 0.03, 0.3] {
            let law = gaussian(
                &vec![0.5; dim],
                DMatrix::identity(dim, dim) * (deviation * deviation),
            );
            let pushforward = Pushforward::new(&network, &law).unwrap();
            let divergence = pushforward
                .divergence(&pushforward.output_mixture(), 5_000, Seed::root(1))
                .unwrap();
            let tv = divergence.total_variation;
            let union = pushforward.escape_bounds().unwrap()[0].union;
            assert!(
                tv.mean <= union + 4.0 * tv.std_error + divergence.floor,
                "{divergence:?} {union}"
            );
            // Rounding enters only where a draw has left its region.
            assert!(divergence.floor <= 1e-4 * union, "{divergence:?}");
        }
    }
}

#[test]
fn a_separating_set_certifies_a_total_variation_below_the_exact_one() {
    let law = line_law(&[(1.0, 1.0, 1.0)]);
    let network = units(1, Activation::Absolute);
    let pushforward = Pushforward::new(&network, &law).unwrap();
    let lower = pushforward.separation(20, 100_000, Seed::root(1)).unwrap();
    let truth = 0.158_655_253_931_457_1;
    assert!(lower.mean - 4.0 * lower.std_error <= truth);
    assert!(lower.mean > 0.8 * truth, "{lower:?}");
    // Equal laws are not told apart.
    let network = matrix_network(DMatrix::identity(1, 1));
    let pushforward = Pushforward::new(&network, &law).unwrap();
    let none = pushforward.separation(20, 10_000, Seed::root(1)).unwrap();
    assert_eq!((none.mean, none.std_error), (0.0, 0.0));
    assert!(matches!(
        pushforward.separation(1, 10_000, Seed::root(1)),
        Err(Error::InvalidParameter { .. })
    ));
    assert!(matches!(
        pushforward.separation(20, 3, Seed::root(1)),
        Err(Error::TooFewPoints {
            required: 4,
            actual: 3,
            ..
        })
    ));
}

#[test]
fn in_wide_networks_the_bound_is_loose_and_holds() {
    let network = perceptron(&[2, 64, 64, 2], Activation::Relu, Seed::root(1));
    let means = Seed::root(2).normal_matrix(2, 4);
    for deviation in [0.02_f64, 0.1] {
        let covariance = DMatrix::identity(2, 2) * (deviation * deviation);
        let law = Mixture::new(vec![0.25; 4], means.clone(), vec![covariance; 4]).unwrap();
        let pushforward = Pushforward::new(&network, &law).unwrap();
        let leave = pushforward.escape_share(50_000, Seed::root(3)).unwrap();
        let apart = pushforward.separation(12, 200_000, Seed::root(4)).unwrap();
        let lower = apart.mean - 4.0 * apart.std_error;
        assert!(lower <= leave.mean + 4.0 * leave.std_error);
        // Certified to differ, and yet by far less than the draws that leave.
        assert!(lower > 0.0, "{apart:?}");
        assert!(apart.mean < 0.25 * leave.mean, "{apart:?} {leave:?}");
    }
}

#[test]
fn a_flat_end_on_the_right_is_an_atom_and_no_density() {
    // 2 relu(-x) for X ~ N(1, 1): the mixture is an atom at 0, which the output has with Phi(1).
    let layers = [-1.0, 2.0]
        .map(|w| Layer::Linear(Linear::new(DMatrix::from_element(1, 1, w), None).unwrap()));
    let [first, second] = layers;
    let relu = Layer::Activation(Activation::Relu);
    let network = Network::new(Shape::vector(1), vec![first, relu, second]).unwrap();
    let law = line_law(&[(1.0, 1.0, 1.0)]);
    let mixture = Pushforward::new(&network, &law).unwrap().output_mixture();
    let line = PiecewiseLine::of_network(&network).unwrap();
    let divergence = line.divergence(&law, &mixture).unwrap();
    close(divergence.total_variation, 0.158_655_253_931_457_1, 1e-12);
    assert_eq!(divergence.kl, None);
}

#[test]
fn scales_that_are_too_far_apart_are_refused_before_any_search() {
    let line = PiecewiseLine::of_network(&units(1, LEAKY)).unwrap();
    let law = line_law(&[(0.5, 0.0, 1e-9), (0.5, 1.0, 1.0)]);
    let network = units(1, LEAKY);
    let mixture = Pushforward::new(&network, &law).unwrap().output_mixture();
    assert!(matches!(
        line.divergence(&law, &mixture),
        Err(Error::InvalidParameter { .. })
    ));
}
