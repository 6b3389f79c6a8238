//! The law of the output: the paper's mixture, escapes from regions, and distances between the two.

use nalgebra::{DMatrix, DVector};
use vicinfo::Error;
use vicinfo::law::Mixture;
use vicinfo::network::pushforward::{
    EscapeBounds, LineSegment, OutputComponent, OutputMixture, PiecewiseLine, Pushforward, Sharing,
    lipschitz,
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
fn escape_on_the_line_is_exact() {
    let law = line_law(&[(1.0, 1.0, 1.0)]);
    for activation in [Activation::Relu, Activation::Absolute, LEAKY] {
        let network = units(1, activation);
        let pushforward = Pushforward::new(&network, &law).unwrap();
        // Phi(-1).
        let [p] = pushforward.escape_on_the_line().unwrap()[..] else {
            panic!("one component")
        };
        close(p, 0.158_655_253_931_457_1, 1e-14);
        let [bounds] = pushforward.escape_bounds().unwrap()[..] else {
            panic!("one component")
        };
        close(bounds.nearest, p, 1e-14);
        close(bounds.union, p, 1e-14);
        close(bounds.ball, 2.0 * p, 1e-13);
    }
    // Two faces. mpmath: ncdf(-1.2/.5) + ncdf(-.8/.5).
    let (network, law) = (units(1, Activation::HardTanh), line_law(&[(1.0, 0.2, 0.5)]));
    let pushforward = Pushforward::new(&network, &law).unwrap();
    let p = pushforward.escape_on_the_line().unwrap()[0];
    close(p, 0.062_996_827_624_154_12, 1e-13);
    let sampled = pushforward
        .escape_probability(0, 20_000, Seed::root(3))
        .unwrap();
    // The two half-lines do not overlap: every term is the union bound.
    close(sampled.mean, p, 1e-12);
}

#[test]
fn escape_bounds_have_their_closed_forms() {
    // scipy.stats.chi2.sf(4, 8).
    let bounds = EscapeBounds::new(&[2.0, 3.0], 8).unwrap();
    close(bounds.ball, 0.857_123_460_498_547, 1e-12);
    close(bounds.nearest, 0.022_750_131_948_179_2, 1e-13);
    close(
        bounds.union,
        0.022_750_131_948_179_2 + 0.001_349_898_031_630_1,
        1e-13,
    );
    // One face at r = sigma / .43: the total variation passes one percent.
    let rule = EscapeBounds::new(&[1.0 / 0.43], 1).unwrap();
    close(rule.nearest, 0.010_020_446_520_732_16, 1e-12);
    // Deep in the tail the digits stay. mpmath: ncdf(-30).
    close(
        EscapeBounds::new(&[30.0], 1).unwrap().nearest,
        4.906_713_927_148_187e-198,
        1e-12,
    );
    let whole = EscapeBounds::new(&[], 3).unwrap();
    assert_eq!((whole.nearest, whole.union, whole.ball), (0.0, 0.0, 0.0));
    let through = EscapeBounds::new(&[0.0; 3], 3).unwrap();
    assert_eq!(
        (through.nearest, through.union, through.ball),
        (0.5, 1.0, 1.0)
    );
    for bad in [-1.0, f64::NAN] {
        assert!(matches!(
            EscapeBounds::new(&[bad], 3),
            Err(Error::InvalidParameter { .. })
        ));
    }
    assert!(matches!(
        EscapeBounds::new(&[1.0], 0),
        Err(Error::InvalidParameter { .. })
    ));
}

#[test]
fn importance_sampling_finds_the_probability_of_leaving_a_quadrant() {
    let network = units(2, Activation::Relu);
    let law = gaussian(
        &[1.0, 1.5],
        DMatrix::from_row_slice(2, 2, &[1.0, 0.6, 0.6, 2.0]),
    );
    let pushforward = Pushforward::new(&network, &law).unwrap();
    // mpmath: one less the bivariate normal distribution function, by quadrature.
    let truth = 0.251_227_545_813_537_2;
    let sampled = pushforward
        .escape_probability(0, 200_000, Seed::root(1))
        .unwrap();
    let plain = pushforward.escape_share(200_000, Seed::root(1)).unwrap();
    for summary in [sampled, plain] {
        assert!(
            (summary.mean - truth).abs() <= 4.0 * summary.std_error,
            "{summary:?}"
        );
    }
    let bounds = pushforward.escape_bounds().unwrap()[0];
    assert!(bounds.nearest < truth && truth < bounds.union && bounds.union < bounds.ball);
}

#[test]
fn rare_escapes_have_a_small_relative_error() {
    let network = units(2, Activation::Absolute);
    let law = gaussian(&[8.0, 8.0], DMatrix::identity(2, 2));
    let pushforward = Pushforward::new(&network, &law).unwrap();
    let sampled = pushforward
        .escape_probability(0, 10_000, Seed::root(1))
        .unwrap();
    // 2 Phi(-8) - Phi(-8)^2; the square is below the last digit.
    close(sampled.mean, 2.0 * 6.220_960_574_271_784e-16, 1e-12);
    assert!(sampled.std_error <= 1e-3 * sampled.mean);
}

#[test]
fn importance_and_plain_sampling_agree_on_deep_networks() {
    for (widths, activation, deviation) in [
        (vec![8, 8, 8, 8], LEAKY, 0.05),
        (vec![4, 16, 16, 2], Activation::Relu, 0.02),
        (vec![4, 12, 3], Activation::HardTanh, 0.1),
    ] {
        let network = perceptron(&widths, activation, Seed::root(5));
        let dim = widths[0];
        let law = gaussian(
            &vec![0.4; dim],
            DMatrix::identity(dim, dim) * (deviation * deviation),
        );
        let pushforward = Pushforward::new(&network, &law).unwrap();
        let sampled = pushforward
            .escape_probability(0, 20_000, Seed::root(1))
            .unwrap();
        let plain = pushforward.escape_share(20_000, Seed::root(1)).unwrap();
        let error = sampled.std_error.hypot(plain.std_error);
        assert!(
            (sampled.mean - plain.mean).abs() <= 4.0 * error,
            "{sampled:?} {plain:?}"
        );
        let bounds = pushforward.escape_bounds().unwrap()[0];
        assert!(sampled.mean <= bounds.union * (1.0 + 1e-12));
        assert!(sampled.mean + 4.0 * sampled.std_error >= bounds.nearest);
        assert!(
            sampled.mean > 1e-3,
            "{sampled:?}: the comparison must see escapes"
        );
    }
}

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
fn coupling_bounds_have_their_closed_forms_for_the_absolute_value() {
    let network = units(1, Activation::Absolute);
    let law = line_law(&[(1.0, 1.0, 1.0)]);
    let pushforward = Pushforward::new(&network, &law).unwrap();
    let bounds = pushforward.coupling_bounds(200_000, Seed::root(1)).unwrap();
    // mpmath: 2 E[|X|; X < 0] and 2 sqrt(E[X^2; X < 0]) for X ~ N(1, 1).
    for (summary, truth) in [
        (bounds.total_variation, 0.158_655_253_931_457_1),
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
    let means = super::normal(2, 4, Seed::root(2));
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
