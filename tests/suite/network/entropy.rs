//! Entropy and information of the output.

use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::law::Mixture;
use vicinfo::network::pushforward::{
    LineSegment, NoisyInformation, OutputEntropy, PiecewiseLine, Pushforward, index_information,
};
use vicinfo::network::{Activation, Layer, Linear, Network, Shape};
use vicinfo::seed::Seed;

use super::perceptron;
use super::pushforward::{close, gaussian, line_law, matrix_network, units};

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
        Seed::root(62).normal_matrix(6, 2),
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
