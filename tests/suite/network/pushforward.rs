//! The law of the output: the paper's mixture, its coupling with the truth, and maps of the line.

use nalgebra::{DMatrix, DVector};
use vicinfo::Error;
use vicinfo::law::Mixture;
use vicinfo::network::pushforward::{
    LineSegment, OutputComponent, OutputMixture, PiecewiseLine, Pushforward, Sharing, lipschitz,
};
use vicinfo::network::{Activation, Layer, Linear, Network, Shape};
use vicinfo::seed::Seed;

use super::perceptron;

/// `act(x)` unit by unit.
pub(super) fn units(dim: usize, activation: Activation) -> Network<f64> {
    Network::new(Shape::vector(dim), vec![Layer::Activation(activation)]).unwrap()
}

pub(super) fn matrix_network(weight: DMatrix<f64>) -> Network<f64> {
    let dim = weight.ncols();
    let linear = Linear::new(weight, None).unwrap();
    Network::new(Shape::vector(dim), vec![Layer::Linear(linear)]).unwrap()
}

/// `sum w N(m, s^2)` on the line.
pub(super) fn line_law(components: &[(f64, f64, f64)]) -> Mixture {
    Mixture::new(
        components.iter().map(|c| c.0).collect(),
        DMatrix::from_fn(1, components.len(), |_, n| components[n].1),
        (components.iter())
            .map(|c| DMatrix::from_element(1, 1, c.2 * c.2))
            .collect(),
    )
    .unwrap()
}

/// One Gaussian.
pub(super) fn gaussian(mean: &[f64], covariance: DMatrix<f64>) -> Mixture {
    let mean = DMatrix::from_column_slice(mean.len(), 1, mean);
    Mixture::new(vec![1.0], mean, vec![covariance]).unwrap()
}

pub(super) fn close(value: f64, expected: f64, relative: f64) {
    assert!(
        (value - expected).abs() <= relative * expected.abs(),
        "{value} instead of {expected}"
    );
}

const LEAKY: Activation = Activation::LeakyRelu { slope: 0.1 };

#[test]
fn covariance_of_the_output_is_a_s_at_and_not_its_transpose() {
    let network = matrix_network(DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 0.0, 1.0]));
    let law = gaussian(&[3.0, -1.0], DMatrix::identity(2, 2));
    let pushforward = Pushforward::new(&network, &law).unwrap();
    let right = pushforward.output_mixture();
    assert_eq!(
        right.covariance(),
        DMatrix::from_row_slice(2, 2, &[5.0, 2.0, 2.0, 1.0])
    );
    assert_eq!(right.mean(), DVector::from_vec(vec![1.0, -1.0]));
    let stated = pushforward.output_mixture_as_stated().unwrap();
    assert_eq!(
        stated.components[0].covariance(),
        DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 2.0, 5.0])
    );
    // The determinants agree, so entropies cannot tell them apart.
    let (a, b) = (right.smoothed(0.0).unwrap(), stated.smoothed(0.0).unwrap());
    close(a.bounds().kl_upper, b.bounds().kl_upper, 1e-14);
}

#[test]
fn a_crushed_component_reports_its_rank_and_has_no_density() {
    let network = perceptron(&[3, 2, 5], LEAKY, Seed::root(1));
    let law = gaussian(&[0.3, 0.1, -0.2], DMatrix::identity(3, 3));
    let mixture = Pushforward::new(&network, &law).unwrap().output_mixture();
    assert_eq!(mixture.components[0].rank().unwrap(), 2);
    assert!(matches!(
        mixture.smoothed(0.0),
        Err(Error::SingularCovariance { dim: 5, .. })
    ));
    assert!(mixture.smoothed(0.1).is_ok());
    assert!(matches!(
        mixture.smoothed(-0.1),
        Err(Error::InvalidParameter { .. })
    ));
}

#[test]
fn coupling_bounds_have_their_closed_forms_for_the_absolute_value() {
    let network = units(1, Activation::Absolute);
    let law = line_law(&[(1.0, 1.0, 1.0)]);
    let pushforward = Pushforward::new(&network, &law).unwrap();
    let bounds = pushforward.coupling_bounds(200_000, Seed::root(1)).unwrap();
    // mpmath: 2 E[|X|; X < 0] and 2 sqrt(E[X^2; X < 0]) for X ~ N(1, 1).
    for (summary, truth) in [
        (bounds.escape_share, 0.158_655_253_931_457_1),
        (bounds.wasserstein_1, 0.166_630_941_175_372_6),
        (bounds.wasserstein_2, 0.548_961_868_780_594_8),
    ] {
        assert!(
            (summary.mean - truth).abs() <= 4.0 * summary.std_error,
            "{summary:?} {truth}"
        );
    }
    assert!(bounds.wasserstein_1_by_norms.mean >= bounds.wasserstein_1.mean);
}

#[test]
fn lipschitz_bound_is_the_norm_of_a_linear_network_and_above_all_slopes() {
    let network = matrix_network(DMatrix::from_row_slice(2, 2, &[3.0, 0.0, 4.0, 0.0]));
    close(lipschitz(&network).unwrap(), 5.0, 1e-14);
    let network = perceptron(&[3, 7, 7, 2], Activation::Relu, Seed::root(2));
    let bound = lipschitz(&network).unwrap();
    for step in 0..50 {
        let point = [0.1 * f64::from(step), -0.2, 0.3 - 0.05 * f64::from(step)];
        let slope = network.affine_at(&point).unwrap().matrix.norm();
        assert!(slope <= bound * 2f64.sqrt());
    }
    assert!(matches!(
        lipschitz(&units(2, Activation::Tanh)),
        Err(Error::InvalidParameter { .. })
    ));
}

#[test]
fn sliced_distance_without_a_shared_component_is_noise_of_the_counts() {
    let network = perceptron(&[2, 2, 2], LEAKY, Seed::root(3));
    let law = Mixture::new(
        vec![0.5; 2],
        DMatrix::from_row_slice(2, 2, &[20.0, -20.0, 20.0, -20.0]),
        vec![DMatrix::identity(2, 2) * 1e-4; 2],
    )
    .unwrap();
    let pushforward = Pushforward::new(&network, &law).unwrap();
    let distance = |sharing| {
        pushforward
            .sliced_wasserstein(sharing, 500, 20, 20, Seed::root(1))
            .unwrap()
    };
    let [points, components, nothing] =
        [Sharing::Points, Sharing::Components, Sharing::Nothing].map(distance);
    // No draw leaves its region, so that both laws are one: all of the distance is noise.
    assert!(points.mean < 1e-12, "{points:?}");
    assert!(components.mean < 1e-2, "{components:?}");
    assert!(nothing.mean > 100.0 * components.mean, "{nothing:?}");
    assert!(matches!(
        pushforward.sliced_wasserstein(Sharing::Points, 0, 1, 2, Seed::root(1)),
        Err(Error::InvalidParameter { .. })
    ));
}

#[test]
fn the_line_holds_the_whole_network() {
    for (activation, seed) in [
        (Activation::Relu, 1),
        (LEAKY, 2),
        (Activation::Absolute, 3),
        (Activation::HardTanh, 4),
    ] {
        let network = perceptron(&[1, 6, 6, 6, 1], activation, Seed::root(seed));
        let map = PiecewiseLine::of_network(&network).unwrap();
        let points: Vec<f64> = (0..4001).map(|k| -10.0 + 0.005 * f64::from(k)).collect();
        let images = network
            .apply(&DMatrix::from_row_slice(1, points.len(), &points))
            .unwrap();
        for (x, z) in points.iter().zip(images.iter()) {
            assert!(
                (map.apply(*x) - z).abs() <= 1e-12 * (1.0 + z.abs()),
                "{activation:?} at {x}: {} {z}",
                map.apply(*x)
            );
        }
        assert!(map.segments().len() > 6, "{}", map.segments().len());
    }
}

#[test]
fn segments_must_cover_the_line() {
    let segment = |from, to, slope| LineSegment {
        from,
        to,
        slope,
        intercept: 0.0,
    };
    let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
    for bad in [
        vec![],
        vec![segment(low, 1.0, 1.0)],
        vec![segment(0.0, high, 1.0)],
        vec![segment(low, 1.0, 1.0), segment(2.0, high, 1.0)],
        vec![
            segment(low, 1.0, 1.0),
            segment(1.0, 1.0, 1.0),
            segment(1.0, high, 1.0),
        ],
        vec![segment(low, high, f64::NAN)],
    ] {
        assert!(matches!(
            PiecewiseLine::new(bad),
            Err(Error::InvalidParameter { .. })
        ));
    }
    assert!(matches!(
        PiecewiseLine::of_network(&units(2, LEAKY)),
        Err(Error::Mismatch {
            expected: 1,
            actual: 2,
            ..
        })
    ));
}

#[test]
fn what_does_not_fit_is_refused() {
    let plane = gaussian(&[0.0, 1.0], DMatrix::identity(2, 2));
    assert!(matches!(
        Pushforward::new(&units(3, LEAKY), &plane),
        Err(Error::Mismatch {
            expected: 3,
            actual: 2,
            ..
        })
    ));
    assert!(matches!(
        Pushforward::new(&units(2, Activation::Gelu), &plane),
        Err(Error::InvalidParameter { .. })
    ));
    let relu = units(2, Activation::Relu);
    let pushforward = Pushforward::new(&relu, &plane).unwrap();
    let mixture = pushforward.output_mixture();
    assert!(matches!(
        pushforward.divergence(&mixture, 100, Seed::root(1)),
        Err(Error::InvalidParameter { .. })
    ));
    assert!(matches!(
        pushforward.escape_on_the_line(),
        Err(Error::Mismatch { .. })
    ));
    assert!(matches!(
        pushforward.escape_probability(1, 100, Seed::root(1)),
        Err(Error::InvalidParameter { .. })
    ));
    assert!(matches!(
        pushforward.escape_share(1, Seed::root(1)),
        Err(Error::TooFewPoints {
            required: 2,
            actual: 1,
            ..
        })
    ));
    let leaky = units(2, LEAKY);
    let pushforward = Pushforward::new(&leaky, &plane).unwrap();
    let other = |dim: usize, factor: DMatrix<f64>| OutputMixture {
        weights: vec![1.0],
        components: vec![OutputComponent {
            mean: DVector::zeros(dim),
            factor,
        }],
    };
    assert!(matches!(
        pushforward.divergence(&other(3, DMatrix::identity(3, 3)), 100, Seed::root(1)),
        Err(Error::Mismatch { .. })
    ));
    assert!(matches!(
        pushforward.divergence(&other(2, DMatrix::zeros(2, 2)), 100, Seed::root(1)),
        Err(Error::NonFiniteResult { .. })
    ));
    let wide = perceptron(&[2, 4], LEAKY, Seed::root(1));
    assert!(matches!(
        Pushforward::new(&wide, &plane)
            .unwrap()
            .output_mixture_as_stated(),
        Err(Error::Mismatch {
            expected: 2,
            actual: 4,
            ..
        })
    ));
}

#[test]
fn numbers_do_not_depend_on_the_number_of_threads() {
    let network = perceptron(&[3, 3, 3], LEAKY, Seed::root(1));
    let law = gaussian(&[0.2; 3], DMatrix::identity(3, 3));
    let all = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let pushforward = Pushforward::new(&network, &law).unwrap();
            let seed = Seed::root(1);
            (
                pushforward
                    .divergence(&pushforward.output_mixture(), 5_000, seed)
                    .unwrap(),
                pushforward.coupling_bounds(5_000, seed).unwrap(),
                pushforward.escape_probability(0, 5_000, seed).unwrap(),
                pushforward.entropy(5_000, seed).unwrap(),
                pushforward.noisy_information(0.1, 50, 10, seed).unwrap(),
                pushforward.index_information(5_000, seed).unwrap(),
            )
        })
    };
    assert_eq!(all(1), all(3));
}

#[test]
fn coupling_bounds_of_a_constant_output_are_zero_without_a_spread_to_compare_with() {
    let linear = |weight, bias| Layer::Linear(Linear::new(weight, Some(bias)).unwrap());
    let law = gaussian(&[0.0, 0.0], DMatrix::identity(2, 2));
    for value in [0.0, 0.1] {
        let layers = vec![
            linear(
                DMatrix::from_element(3, 2, 1.0),
                DVector::from_element(3, -100.0),
            ),
            Layer::Activation(Activation::Relu),
            linear(
                DMatrix::from_element(2, 3, 1.0),
                DVector::from_element(2, value),
            ),
        ];
        let network = Network::new(Shape::vector(2), layers).unwrap();
        let pushforward = Pushforward::new(&network, &law).unwrap();
        let bounds = pushforward.coupling_bounds(1_000, Seed::root(1)).unwrap();
        assert_eq!(bounds.relative_wasserstein_2, None);
        for distance in [bounds.wasserstein_1, bounds.wasserstein_2] {
            assert_eq!((distance.mean, distance.std_error), (0.0, 0.0));
        }
        // Nothing escaped, which says less than that nothing can.
        let share = bounds.escape_share;
        assert_eq!((share.mean, share.std_error), (0.0, 1e-3));
        assert_eq!(
            share,
            pushforward.escape_share(1_000, Seed::root(1)).unwrap()
        );
    }
}

#[test]
fn a_grid_for_a_separating_set_has_a_largest_size() {
    let network = units(2, Activation::Relu);
    let law = gaussian(&[0.0, 0.0], DMatrix::identity(2, 2));
    let pushforward = Pushforward::new(&network, &law).unwrap();
    assert!(pushforward.separation(1024, 100, Seed::root(1)).is_ok());
    for bins in [1, 1025, usize::MAX] {
        assert!(matches!(
            pushforward.separation(bins, 100, Seed::root(1)),
            Err(Error::InvalidParameter { .. })
        ));
    }
}
