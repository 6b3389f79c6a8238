//! Probabilities of leaving a region.

use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::network::pushforward::{EscapeBounds, Pushforward};
use vicinfo::network::{Activation, Layer, Linear, Network, Shape};
use vicinfo::seed::Seed;

use super::perceptron;
use super::pushforward::{close, gaussian, line_law, units};

const LEAKY: Activation = Activation::LeakyRelu { slope: 0.1 };

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
    // No draw is beyond both: what they may share is known to one draw in ten thousand.
    close(sampled.std_error, 1e-4 * sampled.mean, 1e-9);
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
        // The plain share knows nothing of the bounds.
        let bounds = pushforward.escape_bounds().unwrap()[0];
        assert!(plain.mean - 4.0 * plain.std_error <= bounds.union);
        assert!(plain.mean + 4.0 * plain.std_error >= bounds.nearest);
        assert!(
            sampled.mean > 1e-3,
            "{sampled:?}: the comparison must see escapes"
        );
    }
}

#[test]
fn an_overlap_that_no_draw_meets_is_within_the_error() {
    // Two faces at 3 deviations, few draws, all beyond one face only.
    let network = units(2, Activation::Relu);
    let law = gaussian(&[3.0, 3.0], DMatrix::identity(2, 2));
    let pushforward = Pushforward::new(&network, &law).unwrap();
    let tail = 1.349_898_031_630_094_5e-3;
    let truth = 2.0 * tail - tail * tail;
    for seed in 0..20 {
        let sampled = pushforward
            .escape_probability(0, 20, Seed::root(seed))
            .unwrap();
        assert!(
            (sampled.mean - truth).abs() <= sampled.std_error,
            "{sampled:?}"
        );
    }
    // A single face leaves nothing to be drawn.
    let single = units(1, Activation::Relu);
    let law = line_law(&[(1.0, 3.0, 1.0)]);
    let sampled = Pushforward::new(&single, &law)
        .unwrap()
        .escape_probability(0, 20, Seed::root(1))
        .unwrap();
    close(sampled.mean, tail, 1e-13);
    assert!(sampled.std_error < 1e-15 * tail, "{sampled:?}");
}

#[test]
fn distances_do_not_depend_on_the_units_of_a_layer() {
    // mpmath: ncdf(-5).
    let truth = 2.866_515_718_791_939e-7;
    for scale in [1e200, 1.0, 1e-200] {
        let weight = DMatrix::identity(2, 2) * scale;
        let linear = Layer::Linear(Linear::new(weight, None).unwrap());
        let layers = vec![linear, Layer::Activation(Activation::Relu)];
        let network = Network::new(Shape::vector(2), layers).unwrap();
        let law = gaussian(&[5.0, 50.0], DMatrix::identity(2, 2));
        let pushforward = Pushforward::new(&network, &law).unwrap();
        let bounds = pushforward.escape_bounds().unwrap()[0];
        close(bounds.nearest, truth, 1e-12);
        close(bounds.union, truth, 1e-12);
        let sampled = pushforward
            .escape_probability(0, 100, Seed::root(1))
            .unwrap();
        close(sampled.mean, truth, 1e-12);
        let weight = DMatrix::from_element(1, 1, scale);
        let linear = Layer::Linear(Linear::new(weight, None).unwrap());
        let layers = vec![linear, Layer::Activation(Activation::Relu)];
        let network = Network::new(Shape::vector(1), layers).unwrap();
        let law = line_law(&[(1.0, 5.0, 1.0)]);
        let pushforward = Pushforward::new(&network, &law).unwrap();
        close(pushforward.escape_on_the_line().unwrap()[0], truth, 1e-12);
    }
}
