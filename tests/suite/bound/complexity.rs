use nalgebra::DMatrix;
use vicinfo::bound::complexity::{
    NormBounded, Signs, finite_class, finite_union, linear, massart, maurer,
};
use vicinfo::network::{Activation, Initialisation, Perceptron};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

use super::{near, number, numbers, reference};

/// Two points at unit distance from the origin: the textbook's cases.
#[test]
fn two_points() {
    let orthogonal = Sample::from_points(2, vec![1.0, 0.0, 0.0, 1.0]).unwrap();
    let equal = Sample::from_points(2, vec![1.0, 0.0, 1.0, 0.0]).unwrap();
    // Divided by m and not by sqrt(m), as the textbook has it.
    let mean = |points: &Sample| linear(points, 1.0, 1, Signs::All).unwrap().mean / 2.0_f64.sqrt();
    near("orthogonal", mean(&orthogonal), 0.5 * 2.0_f64.sqrt(), 1e-15);
    near("equal", mean(&equal), 0.5, 1e-15);
    let bound = maurer(1.0, 1, 1.0).unwrap() / 2.0_f64.sqrt() / 2.0_f64.sqrt();
    near("bound", bound, std::f64::consts::FRAC_1_SQRT_2, 1e-15);
}

#[test]
fn all_signs_of_numpy() {
    let json = &reference()["complexities"];
    let points = Sample::from_points(3, numbers(&json["points"])).unwrap();
    let radius = number(&json["radius"]);
    let scalar = linear(&points, radius, 1, Signs::All).unwrap();
    near("scalar", scalar.mean, number(&json["scalar"]), 1e-13);
    assert_eq!((scalar.std_error, scalar.draws), (0.0, None));
    let vector = linear(&points, radius, 2, Signs::All).unwrap();
    near("vector", vector.mean, number(&json["vector"]), 1e-13);
    let squares: f64 = points.coordinates().iter().map(|v| v * v).sum();
    let bound = maurer(radius, 2, (squares / 6.0).sqrt()).unwrap();
    near("maurer", bound, number(&json["maurer"]), 1e-13);
    assert!(vector.scaled(2.0_f64.sqrt()).unwrap().mean <= bound);
    let functions = json["functions"].as_u64().unwrap() as usize;
    let values = DMatrix::from_vec(functions, 6, numbers(&json["values"]));
    let finite = finite_class(&values, Signs::All).unwrap();
    near("finite", finite.mean, number(&json["finite"]), 1e-13);
    near(
        "massart",
        massart(&values).unwrap(),
        number(&json["massart"]),
        1e-13,
    );
    assert!(finite.mean <= massart(&values).unwrap());
}

#[test]
fn drawn_signs_agree_with_all_signs() {
    let points = Sample::new(Seed::root(1).normal_matrix(3, 8)).unwrap();
    let values = Seed::root(2).normal_matrix(5, 12);
    for number in 0..12 {
        let signs = Signs::Drawn {
            draws: 4000,
            seed: Seed::root(3).child(number),
        };
        let exact = linear(&points, 0.7, 2, Signs::All).unwrap();
        let drawn = linear(&points, 0.7, 2, signs).unwrap();
        assert!((drawn.mean - exact.mean).abs() < 6.0 * drawn.std_error);
        assert!(drawn.upper(1e-9).unwrap() > exact.mean);
        let exact = finite_class(&values, Signs::All).unwrap();
        let drawn = finite_class(&values, signs).unwrap();
        assert!((drawn.mean - exact.mean).abs() < 6.0 * drawn.std_error);
        assert!(drawn.upper(1e-9).unwrap() > exact.mean);
    }
}

#[test]
fn upper_ends_of_drawn_complexities() {
    let points = Sample::from_points(1, vec![3.0, 4.0]).unwrap();
    let signs = Signs::Drawn {
        draws: 50,
        seed: Seed::root(4),
    };
    let drawn = linear(&points, 2.0, 3, signs).unwrap();
    // The decimals are mpmath's: sqrt(150), sqrt(150) sqrt(2 ln 20/50) and
    // sqrt(150) sqrt(2 ln 40/50) + 1.5 sqrt(ln 40/2).
    near("deviation", drawn.deviation, 12.24744871391589, 1e-14);
    let spread = drawn.upper(0.05).unwrap() - drawn.mean;
    near("upper", spread, 4.239_621_874_804_868, 1e-14);
    let spread = drawn.expected(1.5, 0.05).unwrap() - drawn.mean;
    near("expected", spread, 6.741_753_927_809_042, 1e-14);
    let exact = linear(&points, 2.0, 3, Signs::All).unwrap();
    assert_eq!(exact.upper(0.05).unwrap(), exact.mean);
    // 1.5 sqrt(ln 20/2).
    let spread = exact.expected(1.5, 0.05).unwrap() - exact.mean;
    near("expected", spread, 1.835_810_123_010_612_4, 1e-14);
    let values = DMatrix::from_row_slice(2, 2, &[1.0, -4.0, -3.0, 2.0]);
    let finite = finite_class(&values, Signs::All).unwrap();
    near(
        "deviation",
        finite.deviation,
        (25.0 / 2.0_f64).sqrt(),
        1e-14,
    );
    near(
        "scaled",
        finite.scaled(0.5).unwrap().deviation,
        (25.0 / 8.0_f64).sqrt(),
        1e-14,
    );
}

#[test]
fn one_function_costs_nothing() {
    let values = Seed::root(5).normal_matrix(1, 40);
    let signs = Signs::Drawn {
        draws: 10,
        seed: Seed::root(6),
    };
    assert_eq!(finite_class(&values, signs).unwrap().mean, 0.0);
    assert_eq!(massart(&values).unwrap(), 0.0);
    assert_eq!(finite_union(0.0, 3.0, 1).unwrap(), 0.0);
    // 0.5 + 1.5 sqrt(2 ln 8), mpmath.
    near(
        "union",
        finite_union(0.5, 3.0, 8).unwrap(),
        3.559_000_970_506_427,
        1e-15,
    );
}

#[test]
fn the_range_of_a_union_is_that_of_all_its_functions() {
    // 0 and 1 everywhere, neither of which varies: E max(0, sum xi)/sqrt(m) is 1/2 for one point and
    // (3 + 3)/8/sqrt(3) = sqrt(3)/4 for three.
    for (m, exact) in [(1, 0.5), (3, 3.0_f64.sqrt() / 4.0)] {
        let values = DMatrix::from_fn(2, m, |function, _| function as f64);
        let mean = finite_class(&values, Signs::All).unwrap().mean;
        near("two constants", mean, exact, 1e-15);
        // The interval that holds both is of length 1; with the range of either the union would cost nothing.
        assert!(finite_union(0.0, 1.0, 2).unwrap() >= mean);
        assert!(finite_union(0.0, 0.0, 2).unwrap() < mean);
    }
}

#[test]
fn distances_of_one_network_pay_for_both_halves() {
    // mpmath: 6 (sqrt(4 ln 2) + 1), 2 sqrt(2) 3 times that, and sqrt(2) 4 (1/2) 6 (sqrt(6 ln 2) + 1).
    let family = NormBounded {
        depth: 2,
        norm_product: 3.0,
        outputs: 3,
        input_norm: 2.0,
    };
    near(
        "scalar",
        family.scalar().unwrap(),
        15.990_655_333_892_373,
        1e-15,
    );
    near(
        "invariance",
        family.invariance().unwrap(),
        135.685_209_866_545_6,
        1e-15,
    );
    near(
        "loss",
        family.loss(0.5, 4).unwrap(),
        51.579_208_026_898_33,
        1e-15,
    );
}

#[test]
fn the_same_draws_on_any_number_of_threads() {
    let points = Sample::new(Seed::root(7).normal_matrix(4, 300)).unwrap();
    let signs = Signs::Drawn {
        draws: 300,
        seed: Seed::root(8),
    };
    let draw = || linear(&points, 1.0, 3, signs).unwrap();
    let one = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap()
        .install(draw);
    assert_eq!(draw(), one);
}

#[test]
fn networks_of_bounded_norms() {
    let perceptron = Perceptron {
        widths: vec![5, 8, 3],
        activation: Activation::Relu,
        initialisation: Initialisation::He,
        bias: 0.0,
    };
    let network = perceptron.network::<f64>(Seed::root(9)).unwrap();
    let family = NormBounded::of(&network, 2.0).unwrap();
    let product: f64 = (network.parameters().iter())
        .filter(|p| p.shape.len() == 2)
        .map(|p| p.values.iter().map(|v| v * v).sum::<f64>().sqrt())
        .product();
    near("product", family.norm_product, product, 1e-14);
    assert_eq!((family.depth, family.outputs), (2, 3));

    // Random networks of the family fit signs no better: the largest of 2000, rescaled to the product.
    let points = Seed::root(10).normal_matrix(5, 24);
    let norm = (points.norm_squared() / 24.0).sqrt();
    let bound = NormBounded {
        input_norm: norm,
        ..family
    }
    .scalar()
    .unwrap();
    let signs = Seed::root(11).normal_matrix(1, 24).map(f64::signum);
    let best = (0..2000)
        .map(|number| {
            let network = perceptron
                .network::<f64>(Seed::root(12).child(number))
                .unwrap();
            let scale = product / NormBounded::of(&network, 1.0).unwrap().norm_product;
            let image = network.apply(&points).unwrap();
            scale * (image.row(0) * signs.transpose())[0] / 24.0_f64.sqrt()
        })
        .fold(0.0, f64::max);
    assert!(best > 0.0 && best < bound, "{best} {bound}");
}
