//! Entropy and information of the output.

use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::law::Mixture;
use vicinfo::network::pushforward::{
    LineSegment, NoisyInformation, OutputEntropy, PiecewiseLine, Pushforward, index_information,
};
use vicinfo::network::{
    Activation, Convolution, Layer, Linear, Network, Pooling, PoolingKind, Shape, Window,
};
use vicinfo::seed::Seed;

use super::pushforward::{close, gaussian, line_law, matrix_network, units};
use super::{normal, perceptron};

const LEAKY: Activation = Activation::LeakyRelu { slope: 0.1 };

fn line(activation: Activation) -> PiecewiseLine {
    PiecewiseLine::of_network(&units(1, activation)).unwrap()
}

fn identity() -> PiecewiseLine {
    PiecewiseLine::new(vec![LineSegment {
        from: f64::NEG_INFINITY,
        to: f64::INFINITY,
        slope: 1.0,
        intercept: 0.0,
    }])
    .unwrap()
}

fn sign() -> PiecewiseLine {
    let flat = |from, to, intercept| LineSegment {
        from,
        to,
        slope: 0.0,
        intercept,
    };
    PiecewiseLine::new(vec![
        flat(f64::NEG_INFINITY, 0.0, -1.0),
        flat(0.0, f64::INFINITY, 1.0),
    ])
    .unwrap()
}

#[test]
fn entropies_on_the_line_have_their_values_to_twelve_digits() {
    let standard = 1.418_938_533_204_673;
    let law = line_law(&[(1.0, 1.0, 1.0)]);
    let leaky = line(LEAKY);
    close(
        leaky.expected_ln_slope(&law).unwrap(),
        -0.365_317_222_627_758,
        1e-12,
    );
    close(leaky.entropy(&law).unwrap(), 1.053_621_310_576_915, 1e-12);
    assert!(leaky.folding_entropy(&law).unwrap().abs() < 1e-14);
    // mpmath, 30 digits.
    for (mean, folding) in [
        (0.0, std::f64::consts::LN_2),
        (0.5, 0.581_725_698_375_209_1),
        (1.0, 0.356_316_360_213_113_7),
        (2.0, 0.060_426_986_823_078_33),
        (4.0, 9.353_507_702_538_057e-5),
    ] {
        let law = line_law(&[(1.0, mean, 1.0)]);
        let folded = line(Activation::Absolute);
        let lost = folded.folding_entropy(&law).unwrap();
        close(lost, folding, 1e-12);
        // H(Z) = H(X) + E ln |f'| - H(X|Z), and E ln |f'| = 0.
        assert!(folded.expected_ln_slope(&law).unwrap().abs() < 1e-15);
        close(folded.entropy(&law).unwrap(), standard - lost, 1e-12);
    }
    close(
        line(Activation::Absolute)
            .entropy(&line_law(&[(1.0, 0.0, 1.0)]))
            .unwrap(),
        0.725_791_352_644_727_4,
        1e-12,
    );
    close(
        line(Activation::Absolute).entropy(&law).unwrap(),
        1.062_622_172_991_559,
        1e-12,
    );
    // mpmath.quad, as for the divergence of the same mixture.
    let law = line_law(&[(0.3, -1.0, 0.5), (0.7, 0.5, 1.0)]);
    let folded = line(Activation::Absolute);
    close(folded.entropy(&law).unwrap(), 0.821_774_028_412_332, 1e-11);
    close(
        folded.folding_entropy(&law).unwrap(),
        0.674_697_400_371_613_3,
        1e-11,
    );
}

#[test]
fn a_flat_piece_has_no_entropy() {
    let law = line_law(&[(1.0, 1.0, 1.0)]);
    let relu = line(Activation::Relu);
    for result in [
        relu.entropy(&law),
        relu.folding_entropy(&law),
        relu.expected_ln_slope(&law),
    ] {
        assert!(
            matches!(result, Err(Error::NonFiniteResult { .. })),
            "{result:?}"
        );
    }
    let atoms = relu.atoms(&law).unwrap();
    assert_eq!(atoms.len(), 1);
    close(atoms[0].1, 0.158_655_253_931_457_1, 1e-14);
}

#[test]
fn noisy_information_on_the_line_has_its_values() {
    let law = line_law(&[(1.0, 0.0, 1.0)]);
    for epsilon in [1.0_f64, 0.1, 0.01, 1e-3, 1e-4] {
        let closed = 0.5 * (1.0 / (epsilon * epsilon)).ln_1p();
        close(
            identity().noisy_information(&law, epsilon).unwrap(),
            closed,
            1e-12,
        );
    }
    let relu = line(Activation::Relu);
    close(
        relu.noisy_information(&law, 0.1).unwrap(),
        1.306_725_841_109_744,
        1e-12,
    );
    close(
        relu.noisy_information(&law, 0.01).unwrap(),
        2.605_457_057_308_517,
        1e-12,
    );
    // Six digits of an independent quadrature at eps = 1, .1, .01, 1e-3, 1e-4.
    let table = |map: &PiecewiseLine, expected: [f64; 5]| {
        for (epsilon, expected) in [1.0, 0.1, 0.01, 1e-3, 1e-4].into_iter().zip(expected) {
            let value = map.noisy_information(&law, epsilon).unwrap();
            assert!(
                (value - expected).abs() <= 5.1e-7,
                "{epsilon}: {value} {expected}"
            );
        }
    };
    table(
        &line(LEAKY),
        [0.155811, 1.438533, 3.476453, 5.758510, 8.059250],
    );
    table(&relu, [0.142970, 1.306726, 2.605457, 3.792935, 4.950620]);
    let two = std::f64::consts::LN_2;
    table(&sign(), [0.336831, two, two, two, two]);
    // mpmath.quad of the density of relu(X) + .05 N for a mixture.
    let law = line_law(&[(0.3, -1.0, 0.5), (0.7, 0.5, 1.0)]);
    close(
        relu.noisy_information(&law, 0.05).unwrap(),
        1.814_048_868_433_785,
        1e-11,
    );
}

#[test]
fn information_grows_with_the_information_dimension() {
    let law = line_law(&[(1.0, 0.0, 1.0)]);
    for (map, dimension) in [
        (identity(), 1.0),
        (line(LEAKY), 1.0),
        (line(Activation::Relu), 0.5),
        (sign(), 0.0),
    ] {
        assert!((map.information_dimension(&law).unwrap() - dimension).abs() < 1e-15);
        let information = |epsilon| map.noisy_information(&law, epsilon).unwrap();
        let slope = (information(1e-5) - information(1e-4)) / std::f64::consts::LN_10;
        // The ReLU's rate is approached from above as eps ln eps.
        assert!((slope - dimension).abs() < 0.004, "{slope} {dimension}");
    }
}

#[test]
fn noise_must_be_positive() {
    let law = line_law(&[(1.0, 0.0, 1.0)]);
    for epsilon in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            identity().noisy_information(&law, epsilon),
            Err(Error::InvalidParameter { .. })
        ));
    }
    let plane = gaussian(&[0.0, 0.0], DMatrix::identity(2, 2));
    assert!(matches!(
        identity().noisy_entropy(&plane, 1.0),
        Err(Error::Mismatch {
            expected: 1,
            actual: 2,
            ..
        })
    ));
}

#[test]
fn change_of_variables_on_a_manifold_has_its_closed_form() {
    // A^T A = [[2, 1], [1, 5]] with determinant 9, X ~ N(0, I).
    let network = matrix_network(DMatrix::from_row_slice(
        3,
        2,
        &[1.0, 0.0, 1.0, 1.0, 0.0, 2.0],
    ));
    let law = gaussian(&[0.0, 0.0], DMatrix::identity(2, 2));
    let entropy = Pushforward::new(&network, &law)
        .unwrap()
        .entropy(10, Seed::root(1))
        .unwrap();
    let OutputEntropy::Manifold {
        dim: 2,
        value,
        std_error,
    } = entropy
    else {
        panic!("{entropy:?}")
    };
    close(value, 3.936_489_355_077_455, 1e-12);
    assert!(std_error < 1e-14);
}

#[test]
fn change_of_variables_agrees_with_the_line() {
    let law = line_law(&[(1.0, 1.0, 1.0)]);
    let entropy = |activation, seed| {
        let network = units(1, activation);
        let pushforward = Pushforward::new(&network, &law).unwrap();
        pushforward.entropy(50_000, Seed::root(seed)).unwrap()
    };
    let OutputEntropy::Continuous { value, std_error } = entropy(LEAKY, 1) else {
        panic!()
    };
    assert!((value - 1.053_621_310_576_915).abs() <= 4.0 * std_error);
    // Folding: the formula gives H(X), above H(|X|) by exactly H(X|Z).
    let OutputEntropy::Folded { dim: 1, upper, .. } = entropy(Activation::Absolute, 1) else {
        panic!()
    };
    close(upper, 1.418_938_533_204_673, 1e-14);
    let OutputEntropy::Degenerate {
        ranks,
        information_dimension,
    } = entropy(Activation::Relu, 1)
    else {
        panic!()
    };
    let error = (0.158_655 * 0.841_345 / 50_000.0_f64).sqrt();
    assert!((ranks[0] - 0.158_655).abs() <= 4.0 * error, "{ranks:?}");
    close(information_dimension, ranks[1], 1e-15);
}

#[test]
fn the_formula_is_the_mean_of_minus_ln_p() {
    for dim in [1, 2, 5] {
        let network = perceptron(&[dim; 4], LEAKY, Seed::root(6).child(dim));
        let law = Mixture::new(
            vec![0.25, 0.75],
            DMatrix::from_fn(dim, 2, |i, n| 0.3 * (i as f64 + 1.0) - n as f64),
            vec![
                DMatrix::identity(dim, dim) * 0.5,
                DMatrix::identity(dim, dim),
            ],
        )
        .unwrap();
        let pushforward = Pushforward::new(&network, &law).unwrap();
        let direct = pushforward.direct_entropy(20_000, Seed::root(1)).unwrap();
        let formula = pushforward.entropy(20_000, Seed::root(2)).unwrap();
        let OutputEntropy::Continuous { value, std_error } = formula else {
            panic!("{formula:?}")
        };
        let error = direct.std_error.hypot(std_error);
        assert!(
            (direct.mean - value).abs() <= 4.0 * error,
            "{direct:?} {formula:?}"
        );
    }
    let network = units(1, Activation::Absolute);
    let law = line_law(&[(1.0, 1.0, 1.0)]);
    assert!(matches!(
        Pushforward::new(&network, &law)
            .unwrap()
            .direct_entropy(100, Seed::root(1)),
        Err(Error::InvalidParameter { .. })
    ));
}

#[test]
fn crushed_dimensions_give_a_rank_histogram_and_never_a_number() {
    let law = gaussian(&[0.0; 8], DMatrix::identity(8, 8));
    let mut narrow = [0.0; 9];
    for seed in 0..100 {
        let network = perceptron(&[8, 8, 8, 8], Activation::Relu, Seed::root(seed));
        let entropy = Pushforward::new(&network, &law)
            .unwrap()
            .entropy(100, Seed::root(1))
            .unwrap();
        let OutputEntropy::Degenerate { ranks, .. } = entropy else {
            panic!("{entropy:?}")
        };
        for (total, share) in narrow.iter_mut().zip(ranks) {
            *total += 0.01 * share;
        }
    }
    assert!(narrow[8] < 0.01, "full rank is rare: {narrow:?}");
    close(narrow.iter().sum(), 1.0, 1e-12);
    let ranks = narrow.iter().enumerate();
    let mean: f64 = ranks.map(|(rank, share)| rank as f64 * share).sum();
    // numpy, min(active units of both layers) over 6000 networks with 200 points each:
    // 3.204 +- 0.006; one network's mean is 0.43 from another's.
    assert!((mean - 3.204).abs() <= 4.0 * 0.43 / 10.0, "{mean}");
    // Wide hidden layers keep the rank, but nothing says that they do not fold.
    let network = perceptron(&[8, 32, 8], Activation::Relu, Seed::root(1));
    let entropy = Pushforward::new(&network, &law)
        .unwrap()
        .entropy(200, Seed::root(1))
        .unwrap();
    assert!(
        matches!(entropy, OutputEntropy::Folded { dim: 8, .. }),
        "{entropy:?}"
    );
}

#[test]
fn bounds_on_noisy_information_hold_the_exact_value() {
    let law = line_law(&[(0.3, -1.0, 0.5), (0.7, 0.5, 1.0)]);
    let network = units(1, Activation::Relu);
    let exact = line(Activation::Relu)
        .noisy_information(&law, 0.05)
        .unwrap();
    let sides = Pushforward::new(&network, &law)
        .unwrap()
        .noisy_information(0.05, 200, 50, Seed::root(1))
        .unwrap();
    assert!(sides.lower.mean - 4.0 * sides.lower.std_error <= exact);
    assert!(sides.upper.mean + 4.0 * sides.upper.std_error >= exact);
    // The gap is what contrasting a finite number of points costs.
    let few = Pushforward::new(&network, &law)
        .unwrap()
        .noisy_information(0.05, 50, 50, Seed::root(1))
        .unwrap();
    let gap = |sides: &NoisyInformation| sides.upper.mean - sides.lower.mean;
    assert!(gap(&sides) < 0.5 * gap(&few), "{sides:?} {few:?}");
    let (lower, upper) = sides.entropy(1, 0.05);
    let entropy = line(Activation::Relu).noisy_entropy(&law, 0.05).unwrap();
    let error = 4.0 * sides.upper.std_error;
    assert!(lower < entropy + error && entropy < upper + error);
    assert!(matches!(
        Pushforward::new(&network, &law)
            .unwrap()
            .noisy_information(0.05, 1, 50, Seed::root(1)),
        Err(Error::TooFewPoints {
            required: 2,
            actual: 1,
            ..
        })
    ));
}

#[test]
fn information_about_the_index_is_that_of_a_mixture_and_at_most_ln_n() {
    // Two unit Gaussians at distance 2: H of the mixture less that of a component.
    let images = DMatrix::from_row_slice(1, 2, &[-1.0, 1.0]);
    let summary = index_information(&images, 1.0, 100_000, Seed::root(1)).unwrap();
    let truth = 0.336_830_820_346_831_6;
    assert!(
        (summary.mean - truth).abs() <= 4.0 * summary.std_error,
        "{summary:?}"
    );
    // The same as noise on the input of the identity.
    let law = Mixture::new(vec![0.5; 2], images, vec![DMatrix::identity(1, 1); 2]).unwrap();
    let network = matrix_network(DMatrix::identity(1, 1));
    let sides = Pushforward::new(&network, &law)
        .unwrap()
        .index_information(100_000, Seed::root(1))
        .unwrap();
    assert!(
        (sides.upper.mean - truth).abs() <= 4.0 * sides.upper.std_error,
        "{sides:?}"
    );
    // Here the decoder's model is the truth.
    assert!(
        (sides.lower.mean - truth).abs() <= 4.0 * sides.lower.std_error + 1e-3,
        "{sides:?}"
    );
    close(sides.ceiling, std::f64::consts::LN_2, 1e-15);
    // Far apart every encoder has all of it.
    let far = DMatrix::from_fn(3, 64, |i, n| {
        f64::from(u32::try_from(7 * i + n * n).unwrap())
    });
    let all = index_information(&far, 1e-3, 1_000, Seed::root(1)).unwrap();
    close(all.mean, 64f64.ln(), 1e-14);
    assert!(matches!(
        index_information(&far, 0.0, 100, Seed::root(1)),
        Err(Error::InvalidParameter { .. })
    ));
    assert!(matches!(
        index_information(&DMatrix::zeros(3, 0), 0.1, 100, Seed::root(1)),
        Err(Error::Empty { n: 0, dim: 3 })
    ));
}

#[test]
fn fewer_outputs_have_a_density_and_no_change_of_variables() {
    let network = perceptron(
        &[6, 12, 3],
        Activation::LeakyRelu { slope: 0.2 },
        Seed::root(61),
    );
    let law = Mixture::new(
        vec![0.5, 0.5],
        normal(6, 2, Seed::root(62)),
        vec![DMatrix::identity(6, 6) * 0.01; 2],
    )
    .unwrap();
    let pushforward = Pushforward::new(&network, &law).unwrap();
    let entropy = pushforward.entropy(200, Seed::root(63)).unwrap();
    assert_eq!(entropy, OutputEntropy::Projected { dim: 3 });
    // The mixture in its place has a density, hence bounds.
    let bounds = pushforward.output_mixture().smoothed(0.0).unwrap().bounds();
    assert!(bounds.bhattacharyya_lower <= bounds.kl_upper);
    // A unit whose weights are zero crushes a dimension of the output.
    let weight = DMatrix::from_fn(3, 6, |i, j| if i == 0 { 0.0 } else { (i * j) as f64 + 1.0 });
    let linear = Layer::Linear(Linear::new(weight, None).unwrap());
    let network = Network::new(Shape::vector(6), vec![linear]).unwrap();
    let pushforward = Pushforward::new(&network, &law).unwrap();
    let OutputEntropy::Degenerate { ranks, .. } = pushforward.entropy(200, Seed::root(63)).unwrap()
    else {
        panic!("a constant output has no density")
    };
    assert_eq!(ranks, [0.0, 0.0, 1.0, 0.0]);
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
    let entropy = Pushforward::new(&network, &law)
        .unwrap()
        .entropy(4_000, Seed::root(1))
        .unwrap();
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
    // The same two maxima of three coordinates: states are none, and codes tell the regions apart.
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
    let entropy = Pushforward::new(&network, &law)
        .unwrap()
        .entropy(10, Seed::root(1))
        .unwrap();
    let OutputEntropy::Continuous { value, .. } = entropy else {
        panic!("{entropy:?}")
    };
    close(value, 2.0 * standard + 1e-17_f64.ln(), 1e-14);
    // Around a point within its region, and turned into one dimension more, which has no inverse.
    let (dim, deviation) = (8, 1e-9);
    for seed in 0..20 {
        let network = perceptron(&[dim; 13], LEAKY, Seed::root(100).child(seed));
        let centre = normal(dim, 1, Seed::root(101).child(seed));
        let square = DMatrix::identity(dim, dim) * (deviation * deviation);
        let law = gaussian(centre.as_slice(), square);
        let input = dim as f64 * (standard + f64::ln(deviation));
        let truth = input + ln_det(&network, &centre);
        let entropy = Pushforward::new(&network, &law)
            .unwrap()
            .entropy(10, Seed::root(1))
            .unwrap();
        let OutputEntropy::Continuous { value, .. } = entropy else {
            panic!("{entropy:?}")
        };
        close(value, truth, 1e-12);
        let turn = normal(dim + 1, dim, Seed::root(102)).qr().q();
        let mut layers = network.layers().to_vec();
        layers.push(Layer::Linear(Linear::new(turn, None).unwrap()));
        let turned = Network::new(Shape::vector(dim), layers).unwrap();
        let entropy = Pushforward::new(&turned, &law)
            .unwrap()
            .entropy(10, Seed::root(1))
            .unwrap();
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
    let entropy = Pushforward::new(&network, &law)
        .unwrap()
        .entropy(10, Seed::root(1))
        .unwrap();
    let OutputEntropy::Degenerate { ranks, .. } = entropy else {
        panic!("{entropy:?}")
    };
    assert_eq!(ranks, [0.0, 1.0, 0.0]);
    let dim = 8;
    for seed in 0..40 {
        let network = perceptron(&[dim; 14], Activation::Relu, Seed::root(110).child(seed));
        let centre = normal(dim, 1, Seed::root(111).child(seed));
        let pattern = network.pattern(&centre).unwrap();
        let active = |states: &DMatrix<u8>| states.iter().filter(|s| **s == 1).count();
        let least = (pattern.layers().iter()).map(|(_, s)| active(s)).min();
        let law = gaussian(centre.as_slice(), DMatrix::identity(dim, dim) * 1e-24);
        let entropy = Pushforward::new(&network, &law)
            .unwrap()
            .entropy(5, Seed::root(1))
            .unwrap();
        let OutputEntropy::Degenerate { ranks, .. } = entropy else {
            panic!("{entropy:?}")
        };
        // Random weights lose nothing that the units do not.
        assert_eq!(ranks.iter().position(|share| *share == 1.0), least);
    }
}

#[test]
fn a_constant_map_has_no_information_and_flat_ends_keep_the_entropy() {
    let law = line_law(&[(1.0, 0.0, 1.0)]);
    let one = |weight: f64, bias: f64| {
        let (weight, bias) = (DMatrix::from_element(1, 1, weight), vec![bias]);
        Layer::Linear(Linear::new(weight, Some(bias.into())).unwrap())
    };
    let of = |layers| {
        let network = Network::new(Shape::vector(1), layers).unwrap();
        PiecewiseLine::of_network(&network).unwrap()
    };
    let dead = vec![
        one(1.0, -60.0),
        Layer::Activation(Activation::Relu),
        one(1.0, 0.3),
    ];
    for map in [of(vec![one(0.0, 0.7)]), of(dead)] {
        for epsilon in [1.0, 0.01, 1e-6] {
            let information = map.noisy_information(&law, epsilon).unwrap();
            assert!(information.abs() < 1e-10, "{information}");
        }
    }
    // relu(-x) for X ~ N(-50, 1), which never comes to the flat end on the right.
    let map = of(vec![one(-1.0, 0.0), Layer::Activation(Activation::Relu)]);
    let law = line_law(&[(1.0, -50.0, 1.0)]);
    close(map.entropy(&law).unwrap(), 1.418_938_533_204_673, 1e-12);
}
