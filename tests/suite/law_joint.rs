//! Laws of pairs against values of independent programs.

use nalgebra::DMatrix;
use proptest::prelude::*;
use vicinfo::Error;
use vicinfo::law::catalogue::{Kind, named};
use vicinfo::law::{
    AdditiveUniform, FourierCurve, Increasing, Injection, JointLaw, JointMixture, JointStudent,
    NoisyCopy, NormalToMixture, Spiral, StaggeredUniform, StudentT, SwissRoll, Truth, TwoViews,
    Wiggly, ZeroInflatedPoisson,
};
use vicinfo::seed::Seed;

pub fn pairs(id: &str) -> Box<dyn JointLaw + Send> {
    match named(id).unwrap().build().unwrap() {
        Kind::Pairs(law) => law,
        Kind::Points(_) => panic!("{id} is a law of points"),
    }
}

/// Standard deviation of the noise, and the information of one sign.
const CUBE: [(f64, f64); 4] = [
    (0.1, std::f64::consts::LN_2),
    (0.3, 0.690_668_706_833_259_2),
    (1.0, 0.173_589_504_626_818_28),
    (3.0, 0.005_108_661_152_735_712),
];

/// Share of zeros and information: mpmath, 30 digits, by `quad` over x of the terms of every count.
const POISSON: [(f64, f64); 3] = [
    (0.0, 0.301_244_773_349_919_36),
    (0.15, 0.229_775_958_542_137_8),
    (0.5, 0.116_383_941_013_795_38),
];

/// Points and images: mpmath, 25 digits, findroot.
const BIMODAL: [(f64, f64); 7] = [
    (-5.0, -4.762_614_132_251_873),
    (-1.5, -0.763_137_626_227_101_9),
    (-0.5, 2.784_034_341_968_714),
    (0.0, 4.434_057_008_006_635),
    (1.0, 5.749_923_596_977_707),
    (5.0, 9.930_783_533_647_341),
    (7.0, 11.949_855_434_418_32),
];

/// First pairs of the stream `root(1) / id`.
const GOLDEN: [(&str, &[f64], &[f64]); 9] = [
    (
        "1v1-additive-0.1",
        &[0.606560956598004],
        &[0.547787418123334],
    ),
    (
        "student-identity-1-1-1",
        &[0.8925515210764683],
        &[0.21292518619702117],
    ),
    ("1v1-X-0.9", &[0.6451788906666923], &[-0.7722887819881666]),
    ("staggered_uniform-5", &[4.0], &[5.719635880702226]),
    ("zero_inflated_poisson-0.15", &[0.2599967478804242], &[0.0]),
    (
        "noisy_copy-1-0.1",
        &[0.5349441343068526],
        &[0.46193530771640945],
    ),
    (
        "cube_code-1-0.1",
        &[0.7601241407579704],
        &[1.085670151705991],
    ),
    (
        "fourier_code-1-1",
        &[1.0615455703484382, 0.620396945737047],
        &[0.2164786082597918, 1.9255267973821122],
    ),
    (
        "spiral-multinormal-dense-2-3-0.5",
        &[1.1753927830082511, -1.0801877873169987],
        &[-0.7405396980181443, -0.705661489624446, 0.4006656257518688],
    ),
];

fn exact(law: &dyn JointLaw) -> f64 {
    match law.information() {
        Truth::Exact(value) => value,
        other => panic!("{other:?} is not exact"),
    }
}

fn close(value: f64, expected: f64, tolerance: f64) {
    assert!(
        (value - expected).abs() <= tolerance * (1.0 + expected.abs()),
        "{value} against {expected}"
    );
}

/// A Monte-Carlo truth within four standard errors of a value that is known to `precision`.
fn meets(id: &str, expected: f64, precision: f64) {
    let Truth::MonteCarlo { value, std_error } = pairs(id).information() else {
        panic!("{id} is not a Monte-Carlo value")
    };
    println!("{id}: {value:.5} ± {std_error:.5} against {expected}");
    assert!(
        (value - expected).abs() < 4.0 * std_error.hypot(precision),
        "{id}: {value} ± {std_error} against {expected}"
    );
    assert!(std_error < 0.005, "{id}: {std_error}");
}

#[test]
fn mixtures_meet_values_by_quadrature() {
    // Quadrature over the plane or the space of the joint density: mass 1 to 1e-12.
    meets("1v1-X-0.9", 0.408_442_55, 1e-8);
    meets("1v1-AI", 0.775_952_6, 1e-7);
    meets("2v1-galaxy-0.5-3.0", 0.494_297_697, 1e-8);
    meets("3v1-concentric_gaussians-5", 0.455_423_1, 1e-7);
    // An independent Monte-Carlo mean.
    meets("mult-sparse-w-inliers-5-5-2-2.0-0.2", 0.635_63, 0.000_18);
}

#[test]
fn codes_meet_independent_values() {
    // Of a code without noise worth the name, 2 and 3 bits: oracles.json, parity7_H and twice ln 2.
    meets("parity_code-3-0.1", 2.079_441_541_679_836, 1e-9);
    meets("parity_code-2-0.1", 1.386_294_361_119_891, 1e-9);
    // numpy, default_rng(1): the mean of logsumexp(a + b) + log(N) over 400 000 and 60 000 pairs, a and b
    // the posteriors of the N = 8 words and of 1000 points of the curve given either view.
    meets("parity_code-3-1", 1.502_24, 0.001_53);
    meets("fourier_code-3-0.1", 4.040_37, 0.002_88);
    // The curve as a straight line of its speed sqrt(28), which is right to first order in the noise:
    // twice ln(2 pi) - 1/2 ln(2 pi e s^2 / 28), less the same for s / sqrt(2).
    let variance = 0.01 / 28.0;
    let view = std::f64::consts::TAU.ln()
        - 0.5 * (std::f64::consts::TAU * std::f64::consts::E * variance).ln();
    meets(
        "fourier_code-3-0.1",
        view - 0.5 * std::f64::consts::LN_2,
        0.001,
    );
    // oracles.json, cube7_H.
    close(
        exact(&TwoViews::cube(7, 0.1).unwrap()),
        4.852_030_263_919_617,
        1e-14,
    );
    // mpmath, 30 digits: J(a) = log(2) - quad(lambda n: npdf(n) log1p(exp(-2 a (a + n))), [-inf, -a, 0, inf])
    // and 2 J(1/s) - J(sqrt(2)/s).
    for (std, expected) in CUBE {
        close(exact(&TwoViews::cube(1, std).unwrap()), expected, 1e-13);
    }
}

/// The same number by two formulas: of a product, and of a code of words.
#[test]
fn a_cube_is_a_code_like_any_other() {
    for std in [0.3, 1.0, 3.0] {
        let cube = TwoViews::cube(3, std).unwrap();
        let words = TwoViews::new(
            cube.weights().to_vec(),
            cube.words().clone(),
            std,
            100_000,
            Seed::root(1),
        )
        .unwrap();
        let Truth::MonteCarlo { value, std_error } = words.information() else {
            panic!("not a Monte-Carlo value")
        };
        assert!((value - exact(&cube)).abs() < 4.0 * std_error, "{std}");
        close(cube.cap(), 8.0_f64.ln(), 1e-15);
        assert!(exact(&cube) <= cube.cap());
    }
}

/// No variance or covariance term sees a difference between these codes and white noise.
#[test]
fn codes_are_white() {
    let white = |law: &dyn JointLaw, dim: usize, std: f64| {
        let moments = law.moments().unwrap();
        assert!(moments.mean.amax() < 1e-15);
        for (i, j) in (0..2 * dim).flat_map(|i| (0..2 * dim).map(move |j| (i, j))) {
            let shared = if i % dim == j % dim { 1.0 } else { 0.0 };
            let noise = if i == j { std * std } else { 0.0 };
            assert!((moments.covariance[(i, j)] - shared - noise).abs() < 1e-14);
        }
    };
    white(&TwoViews::cube(5, 0.2).unwrap(), 5, 0.2);
    white(
        &TwoViews::parity(3, 0.2, 100, Seed::root(0)).unwrap(),
        7,
        0.2,
    );
    white(
        &FourierCurve::new(3, 0.2, 100, Seed::root(0)).unwrap(),
        6,
        0.2,
    );
}

#[test]
fn prototypes_stay_below_their_cap() {
    for noise in ["0.5", "1", "2"] {
        let law = pairs(&format!("prototypes-8-64-1-{noise}"));
        let Truth::MonteCarlo { value, std_error } = law.information() else {
            panic!("not a Monte-Carlo value")
        };
        println!("noise {noise}: {value} ± {std_error}");
        assert!(value < 64.0_f64.ln() + 4.0 * std_error);
        // No single pair says more than its word.
        let drawn = law.sample(1000, Seed::root(3));
        for (x, y) in drawn.x.points().zip(drawn.y.points()) {
            assert!(law.pointwise_information(x, y).unwrap() <= 64.0_f64.ln() + 1e-12);
        }
    }
}

#[test]
fn closed_forms() {
    // oracles.json, MI_awgn_eps=0.01, and ln(1 + 1/e^2)/2 by mpmath.
    close(
        exact(&NoisyCopy::new(1, 0.01).unwrap()),
        4.605_220_183_488_258,
        1e-14,
    );
    close(
        exact(&NoisyCopy::new(5, 1e-8).unwrap()),
        92.103_403_719_761_83,
        1e-14,
    );
    close(
        exact(&AdditiveUniform::new(0.1).unwrap()),
        1.709_437_912_434_100_3,
        1e-14,
    );
    close(
        exact(&AdditiveUniform::new(0.75).unwrap()),
        1.0 / 3.0,
        1e-15,
    );
    // The two forms meet.
    close(exact(&AdditiveUniform::new(0.5).unwrap()), 0.5, 1e-15);
    // log(5) - 4/5 log(2), log(2) - 1/2 log(2)
    close(
        exact(&StaggeredUniform::new(5).unwrap()),
        1.054_920_167_986_144,
        1e-14,
    );
    close(
        exact(&StaggeredUniform::new(2).unwrap()),
        0.346_573_590_279_972_64,
        1e-14,
    );
    for (zeros, expected) in POISSON {
        close(
            exact(&ZeroInflatedPoisson::new(zeros).unwrap()),
            expected,
            1e-13,
        );
    }
    for ((dim_x, dim_y, df), expected) in [
        ((1, 1, 1.0), 0.224_171_427_529_236_13),
        ((2, 2, 1.0), 0.431_945_622_001_441_27),
        ((3, 3, 2.0), 0.290_921_922_682_764_84),
    ] {
        let law = JointStudent::identity(dim_x, dim_y, df).unwrap();
        // mi_true_nats of the sample sets student-identity-1-1-1, asinh-student-identity-2-2-1, 3-3-2.
        close(exact(&law), expected, 1e-13);
    }
}

/// scipy.stats.multivariate_t([0, 0], [[2, .5], [.5, 1]], df=3).logpdf([1, -1]) and
/// scipy.stats.t(2.5).logpdf(0.7)
#[test]
fn student_densities() {
    let scale = DMatrix::from_row_slice(2, 2, &[2.0, 0.5, 0.5, 1.0]);
    let plane = StudentT::new(3.0, nalgebra::DVector::zeros(2), &scale).unwrap();
    close(
        plane.ln_density(&[1.0, -1.0]),
        -3.533_673_647_679_061,
        1e-13,
    );
    let line = StudentT::standard(1, 2.5).unwrap();
    close(line.ln_density(&[0.7]), -1.329_859_240_635_22, 1e-13);
}

/// The truth of a law may not depend on the machine's number of threads.
#[test]
fn truths_are_the_same_on_any_number_of_threads() {
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| {
            let words = DMatrix::from_row_slice(1, 3, &[-1.0, 0.5, 2.0]);
            TwoViews::new(vec![0.2, 0.3, 0.5], words, 0.7, 5000, Seed::root(2))
                .unwrap()
                .information()
        })
    };
    assert_eq!(on(1), on(2));
    assert_eq!(on(1), on(3));
}

#[test]
fn draws_are_stable_across_versions() {
    // Value-breaking if these change: say so in the changelog.
    for (id, x, y) in GOLDEN {
        let pair = pairs(id).sample(1, Seed::root(1).child(id));
        assert_eq!((pair.x.point(0), pair.y.point(0)), (x, y), "{id}");
    }
}

#[test]
fn maps_meet_independent_values() {
    let image = |map: &dyn Injection, point: &[f64], dim: usize| {
        let mut image = vec![0.0; dim];
        map.apply(point, &mut image);
        image
    };
    let bimodal = NormalToMixture::new(vec![0.3, 0.7], vec![0.0, 5.0]).unwrap();
    for (x, expected) in BIMODAL {
        // The error function underneath errs by up to 6e-11 of a tail's mass.
        close(bimodal.value(x), expected, 1e-10);
        close(bimodal.inverse(expected), x, 1e-8);
    }
    // A turn by speed |x|^2 = 1/3 * 14 rad.
    let spiral = Spiral::new(3, (0, 1), 1.0 / 3.0).unwrap();
    let (sin, cos) = (14.0_f64 / 3.0).sin_cos();
    let turned = image(&spiral, &[1.0, 2.0, 3.0], 3);
    for (value, expected) in turned.iter().zip([cos - 2.0 * sin, sin + 2.0 * cos, 3.0]) {
        close(*value, expected, 1e-14);
    }
    // t = 3 pi at u = 1/2, 4.5 pi at 1.
    let roll = |u| image(&SwissRoll, &[u], 2);
    close(roll(0.5)[0], -3.0 * std::f64::consts::PI / 21.0, 1e-14);
    close(roll(1.0)[1], 4.5 * std::f64::consts::PI / 21.0, 1e-14);
    let wiggly = Wiggly::new(vec![[0.4, 1.0, 0.0], [0.2, 1.7, 1.0]]).unwrap();
    close(
        wiggly.value(0.3),
        0.3 + 0.4 * 0.3_f64.sin() + 0.2 * 1.51_f64.sin(),
        1e-15,
    );
}

proptest! {
    #[test]
    fn maps_come_back(u in 0.0..1.0, x in -6.0..6.0, y in -30.0..30.0_f64) {
        let (mut rolled, mut back) = ([0.0; 2], [0.0]);
        SwissRoll.apply(&[u], &mut rolled);
        SwissRoll.invert(&rolled, &mut back);
        prop_assert!((back[0] - u).abs() < 1e-12);
        let wiggly = Wiggly::new(vec![[0.4, 1.0, 0.0], [0.2, 1.7, 1.0], [0.03, 3.3, -2.5]]).unwrap();
        prop_assert!((wiggly.value(wiggly.inverse(y)) - y).abs() < 1e-12 * (1.0 + y.abs()));
        let bimodal = NormalToMixture::new(vec![0.5, 0.5], vec![-1.0, 3.0]).unwrap();
        prop_assert!((bimodal.inverse(bimodal.value(x)) - x).abs() < 1e-8);
    }

    /// Exchanging the halves of a view changes nothing, nor does the order of the words.
    #[test]
    fn pointwise_information_is_symmetric(x in -3.0..3.0, y in -3.0..3.0) {
        let law = |weights: &[f64], words: &[f64]| {
            let words = DMatrix::from_row_slice(1, words.len(), words);
            TwoViews::new(weights.to_vec(), words, 0.7, 100, Seed::root(0)).unwrap()
        };
        let first = law(&[0.25, 0.75], &[-1.0, 1.0]);
        let second = law(&[0.75, 0.25], &[1.0, -1.0]);
        let value = first.pointwise_information(&[x], &[y]).unwrap();
        for other in [
            first.pointwise_information(&[y], &[x]).unwrap(),
            second.pointwise_information(&[x], &[y]).unwrap(),
        ] {
            prop_assert!((value - other).abs() < 1e-12);
        }
    }

    /// Two formulas of one law: a code is a mixture whose components have independent halves.
    #[test]
    fn a_code_is_a_joint_mixture(x in -3.0..3.0, y in -3.0..3.0) {
        let (seed, std) = (Seed::root(0), 0.6);
        let words = DMatrix::from_row_slice(1, 2, &[-1.0, 1.5]);
        let code = TwoViews::new(vec![0.4, 0.6], words, std, 100, seed).unwrap();
        let means = DMatrix::from_row_slice(2, 2, &[-1.0, 1.5, -1.0, 1.5]);
        let noise = DMatrix::identity(2, 2) * (std * std);
        let mixture = JointMixture::new(1, vec![0.4, 0.6], means, vec![noise; 2], 100, seed).unwrap();
        let value = code.pointwise_information(&[x], &[y]).unwrap();
        let other = mixture.pointwise_information(&[x], &[y]).unwrap();
        prop_assert!((value - other).abs() < 1e-10, "{value} {other}");
        let (a, b) = (code.moments().unwrap(), mixture.moments().unwrap());
        prop_assert!((a.mean - b.mean).amax() < 1e-14 && (a.covariance - b.covariance).amax() < 1e-14);
    }
}

#[test]
fn wrong_parameters_are_refused_by_name() {
    let seed = Seed::root(0);
    let line = |n| DMatrix::from_fn(1, n, |_, j| j as f64);
    let unit = || vec![DMatrix::identity(2, 2); 2];
    let pair = || DMatrix::zeros(2, 2);
    let invalid = |what: &str, refused: Option<Error>| {
        assert!(
            matches!(&refused, Some(Error::InvalidParameter { name, .. }) if name == what),
            "{what}: {refused:?}"
        );
    };
    for noise in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        invalid("noise", AdditiveUniform::new(noise).err());
        invalid("noise", NoisyCopy::new(1, noise).err());
        invalid("std", TwoViews::cube(2, noise).err());
        invalid("std", FourierCurve::new(2, noise, 100, seed).err());
    }
    invalid("dim", NoisyCopy::new(0, 1.0).err());
    invalid("letters", StaggeredUniform::new(1).err());
    for zeros in [-0.1, 1.0, f64::NAN] {
        invalid("zeros", ZeroInflatedPoisson::new(zeros).err());
    }
    invalid(
        "dim_x",
        JointStudent::new(1.0, 2, &DMatrix::identity(2, 2)).err(),
    );
    invalid("df", JointStudent::identity(1, 1, 0.0).err());
    invalid(
        "dim_x",
        JointMixture::new(0, vec![0.5; 2], pair(), unit(), 100, seed).err(),
    );
    invalid(
        "weights",
        JointMixture::new(1, vec![0.4; 2], pair(), unit(), 100, seed).err(),
    );
    assert!(matches!(
        JointMixture::new(1, vec![0.5; 2], pair(), unit(), 99, seed),
        Err(Error::TooFewPoints {
            required: 100,
            actual: 99,
            ..
        })
    ));
    assert!(matches!(
        JointMixture::new(1, vec![1.0], pair(), unit(), 100, seed),
        Err(Error::Mismatch {
            expected: 1,
            actual: 2,
            ..
        })
    ));
    assert!(matches!(
        TwoViews::new(vec![1.0], line(2), 1.0, 100, seed),
        Err(Error::Mismatch {
            expected: 2,
            actual: 1,
            ..
        })
    ));
    invalid(
        "weight",
        TwoViews::new(vec![1.0, 0.0], line(2), 1.0, 100, seed).err(),
    );
    invalid(
        "weights",
        TwoViews::new(vec![0.5, 0.6], line(2), 1.0, 100, seed).err(),
    );
    assert!(matches!(
        TwoViews::new(vec![1.0], line(1) * f64::NAN, 1.0, 100, seed),
        Err(Error::NonFinite { .. })
    ));
    assert!(matches!(
        TwoViews::new(vec![], DMatrix::zeros(1, 0), 1.0, 100, seed),
        Err(Error::Empty { n: 0, dim: 1 })
    ));
    invalid("harmonics", FourierCurve::new(0, 1.0, 100, seed).err());
    invalid("harmonics", FourierCurve::new(101, 1.0, 100, seed).err());
    assert!(matches!(
        FourierCurve::new(1, 1.0, 1, seed),
        Err(Error::TooFewPoints { actual: 1, .. })
    ));
    invalid("bits", TwoViews::parity(1, 1.0, 100, seed).err());
    invalid("plane", Spiral::new(3, (1, 1), 1.0).err());
    assert!(matches!(
        Spiral::new(3, (0, 1), f64::NAN),
        Err(Error::NonFiniteResult { .. })
    ));
    invalid("waves", Wiggly::new(vec![[1.0, 1.0, 0.0]]).err());
    invalid("waves", Wiggly::new(vec![[0.1, 1.0, f64::NAN]]).err());
    invalid(
        "weight",
        NormalToMixture::new(vec![1.5, -0.5], vec![0.0, 1.0]).err(),
    );
    invalid("weights", NormalToMixture::new(vec![0.5], vec![0.0]).err());
    invalid(
        "mean",
        NormalToMixture::new(vec![1.0], vec![f64::INFINITY]).err(),
    );
    assert!(matches!(
        NormalToMixture::new(vec![1.0], vec![]),
        Err(Error::Mismatch { .. })
    ));
}

/// A name's noise and maps leave the prototypes where they are: one set at several noises.
#[test]
fn noise_and_maps_leave_the_prototypes() {
    let information = |id: &str| match named(id).unwrap().build().unwrap() {
        Kind::Pairs(law) => law.information(),
        Kind::Points(_) => panic!("{id} is a law of pairs"),
    };
    let plain = information("prototypes-2-8-1-0.5");
    for same in ["prototypes-2-8-1.0-0.50", "asinh-prototypes-2-8-1-0.5"] {
        let Truth::MonteCarlo { value, std_error } = information(same) else {
            panic!("{same} has a Monte-Carlo truth")
        };
        let Truth::MonteCarlo {
            value: expected,
            std_error: other,
        } = plain
        else {
            panic!("prototypes have a Monte-Carlo truth")
        };
        assert!(
            (value - expected).abs() < 6.0 * std_error.hypot(other),
            "{same}: {value} {expected}"
        );
    }
}
