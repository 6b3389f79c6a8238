//! Laws against closed forms, and their draws against their moments.

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::StandardNormal;
use vicinfo::Error;
use vicinfo::law::catalogue::{Kind, listed, named};
use vicinfo::law::{
    Affine, Bijection, Composition, Coordinatewise, Gaussian, Image, Injection, JointGaussian,
    JointImage, JointLaw, Law, Mixture, StudentT, Truth, UniformBox,
};
use vicinfo::linalg::{Spd, covariance, mean};
use vicinfo::seed::Seed;

fn exact(truth: Truth) -> f64 {
    match truth {
        Truth::Exact(value) => value,
        other => panic!("{other:?} is not exact"),
    }
}

fn close(value: f64, expected: f64) {
    assert!(
        (value - expected).abs() <= 1e-12 * (1.0 + expected.abs()),
        "{value} against {expected}"
    );
}

fn square(entries: &[f64]) -> DMatrix<f64> {
    let dim = entries.len().isqrt();
    DMatrix::from_row_slice(dim, dim, entries)
}

#[test]
fn gaussian_entropies() {
    // oracles.json: H_N01, H_2d_[[2,.5],[.5,1]], H_diag(1,4,9)
    close(
        exact(Gaussian::standard(1).unwrap().entropy()),
        1.418_938_533_204_673,
    );
    let plane = Gaussian::new(DVector::zeros(2), &square(&[2.0, 0.5, 0.5, 1.0])).unwrap();
    close(exact(plane.entropy()), 3.117_684_960_377_057);
    let diagonal = Gaussian::new(
        DVector::zeros(3),
        &square(&[1.0, 0.0, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0, 9.0]),
    )
    .unwrap();
    close(exact(diagonal.entropy()), 6.048_575_068_842_073);
    // scipy.stats.multivariate_normal([0,0],[[2,.5],[.5,1]]).logpdf([1,-1]) = -3.2683135167...
    let mahalanobis = (1.0 + 2.0 + 1.0) / 1.75;
    close(
        plane.ln_density(&[1.0, -1.0]),
        -(std::f64::consts::TAU.ln()) - 0.5 * 1.75_f64.ln() - 0.5 * mahalanobis,
    );
}

#[test]
fn other_closed_forms() {
    let unit = UniformBox::new(vec![0.0, -1.0], vec![2.0, 3.0]).unwrap();
    close(exact(unit.entropy()), 8.0_f64.ln());
    // The Cauchy law: ln(4 pi).
    close(
        exact(StudentT::standard(1, 1.0).unwrap().entropy()),
        (4.0 * std::f64::consts::PI).ln(),
    );
    // scipy.stats.multivariate_t(shape=np.eye(3), df=2).entropy() and (np.eye(2), 1): reference sets
    // student-identity-3-3-2 and 1-1-1 give 5.673063493008039 and 4.837877066409345.
    close(
        exact(StudentT::standard(3, 2.0).unwrap().entropy()),
        5.673_063_493_008_039,
    );
    close(
        exact(StudentT::standard(2, 1.0).unwrap().entropy()),
        4.837_877_066_409_345,
    );
    // Many degrees of freedom: the Gaussian.
    let wide = exact(StudentT::standard(2, 1e9).unwrap().entropy());
    assert!((wide - exact(Gaussian::standard(2).unwrap().entropy())).abs() < 1e-6);
}

#[test]
fn joint_informations() {
    // oracles.json: MI_rho_0.5, MI_rho_0.9; the list of Czyż et al. 2023 for the others.
    let sparse =
        |dim, rho: &[f64]| exact(JointGaussian::sparse(dim, dim, rho).unwrap().information());
    close(sparse(1, &[0.5]), 0.143_841_036_225_890_5);
    close(sparse(1, &[0.9]), 0.830_365_603_410_825_5);
    for (dim, expected) in [
        (2, 0.293_893_332),
        (3, 0.413_339_287),
        (5, 0.592_811_833),
        (25, 1.292_183_722),
        (50, 1.624_265_374),
    ] {
        let value = exact(JointGaussian::dense(dim, dim, 0.5).unwrap().information());
        assert!((value - expected).abs() < 1e-9, "{dim}: {value}");
    }
    for dim in [2, 3, 5, 25] {
        assert!((sparse(dim, &[0.8, 0.8]) - 1.021_651_248).abs() < 1e-9);
    }
    let law = JointImage::new(
        Box::new(JointGaussian::sparse(1, 1, &[0.75]).unwrap()),
        Box::new(Coordinatewise::HalfCube),
        Box::new(Coordinatewise::NormalCdf),
    )
    .unwrap();
    close(
        exact(law.information()),
        -0.5 * (1.0 - 0.75_f64.powi(2)).ln(),
    );
    let pairs = law.sample(1000, Seed::root(1));
    assert!(
        pairs
            .y
            .coordinates()
            .iter()
            .all(|v| (0.0..=1.0).contains(v))
    );
}

fn two(distance: f64) -> Mixture {
    let means = DMatrix::from_row_slice(1, 2, &[-distance / 2.0, distance / 2.0]);
    Mixture::new(vec![0.5; 2], means, vec![square(&[1.0]); 2]).unwrap()
}

#[test]
fn mixture_bounds_and_truth() {
    // oracles.json: Hmix_D, KT_KL_upper_D, KT_BD_lower_D, logdet_upper_D.
    for (distance, truth, upper, lower, log_det) in [
        (
            1.0,
            1.530_360_015_389_409,
            1.638_008_729_584_511,
            1.479_486_678_447_449,
            1.530_510_308_861_778,
        ),
        (
            2.0,
            1.755_769_353_551_504,
            1.985_157_702_721_646,
            1.638_008_729_584_511,
            1.765_512_123_484_645,
        ),
        (
            4.0,
            2.051_658_726_941_54,
            2.111_750_307_391_722,
            1.985_157_702_721_646,
            2.223_657_489_421_723,
        ),
        (
            6.0,
            2.108_236_466_233_751,
            2.112_085_698_534_638,
            2.101_037_968_916_024,
            2.570_231_079_701_696,
        ),
    ] {
        let mixture = two(distance);
        let bounds = mixture.bounds();
        close(bounds.kl_upper, upper);
        close(bounds.bhattacharyya_lower, lower);
        close(bounds.log_det_upper, log_det);
        close(
            bounds.no_overlap_upper,
            1.418_938_533_204_673 + 2.0_f64.ln(),
        );
        // The upper bound at half the distance is the lower one at the distance.
        close(
            two(distance / 2.0).bounds().kl_upper,
            bounds.bhattacharyya_lower,
        );
        let Truth::MonteCarlo { value, std_error } =
            mixture.monte_carlo_entropy(200_000, Seed::root(4)).unwrap()
        else {
            panic!("not a Monte-Carlo value")
        };
        assert!(
            (value - truth).abs() < 4.0 * std_error,
            "{value} ± {std_error} against {truth}"
        );
        assert!(std_error < 5e-4, "{std_error}");
        let Truth::Between { lower, upper } = mixture.entropy() else {
            panic!("not an interval")
        };
        assert!(lower <= truth && truth <= upper);
    }
}

/// The overlap of separate components is rarely drawn: a standard error from the spread of the draws
/// alone is then far too small.
#[test]
fn monte_carlo_errors_are_as_large_as_they_say() {
    // oracles.json: Hmix_D; the last by mpmath at 20 digits.
    for (distance, truth) in [
        (2.0, 1.755_769_353_551_504),
        (6.0, 2.108_236_466_233_751),
        (8.0, 2.111_992_178_687_593),
    ] {
        let mixture = two(distance);
        let beyond = (0..500)
            .filter(|&replicate| {
                let seed = Seed::root(11).child(replicate);
                match mixture.monte_carlo_entropy(400, seed).unwrap() {
                    Truth::MonteCarlo { value, std_error } => {
                        (value - truth).abs() > 4.0 * std_error
                    }
                    other => panic!("{other:?}"),
                }
            })
            .count();
        // Under a normal law, three hundredths of one are expected.
        assert!(beyond <= 3, "{beyond} of 500 at distance {distance}");
    }
}

#[test]
fn unequal_components() {
    // oracles.json: KL_N01_N1,4, KL_N1,4_N01, BD_N01_N1,4 enter the bounds of this mixture.
    let (kl_ab, kl_ba, bd): (f64, f64, f64) = (
        0.443_147_180_559_945_3,
        1.306_852_819_440_055,
        0.161_571_775_657_104_9,
    );
    let means = DMatrix::from_row_slice(1, 2, &[0.0, 1.0]);
    let mixture = Mixture::new(vec![0.5; 2], means, vec![square(&[1.0]), square(&[4.0])]).unwrap();
    let components = 0.5 * (2.0 * 1.418_938_533_204_673 + 2.0_f64.ln());
    let spread =
        |ab: f64, ba: f64| -0.5 * ((0.5 + 0.5 * (-ab).exp()).ln() + (0.5 + 0.5 * (-ba).exp()).ln());
    close(mixture.bounds().kl_upper, components + spread(kl_ab, kl_ba));
    close(
        mixture.bounds().bhattacharyya_lower,
        components + spread(bd, bd),
    );
    let density = |m: f64, v: f64| (-m * m / (2.0 * v)).exp() / (std::f64::consts::TAU * v).sqrt();
    let likelihood = -0.5
        * ((0.5 * density(0.0, 2.0) + 0.5 * density(1.0, 5.0)).ln()
            + (0.5 * density(0.0, 8.0) + 0.5 * density(1.0, 5.0)).ln());
    close(mixture.bounds().expected_likelihood_lower, likelihood);
    close(
        mixture.bounds().mean_pairwise_kl,
        components + 0.25 * (kl_ab + kl_ba),
    );
    close(
        mixture.ln_density(&[0.5]),
        (0.5 * density(0.5, 1.0) + 0.5 * density(0.5, 4.0)).ln(),
    );
    close(mixture.covariance()[(0, 0)], 2.5 + 0.25);
}

#[test]
fn one_component_is_exact() {
    let covariance = square(&[2.0, 0.5, 0.5, 1.0]);
    let one = Mixture::new(vec![1.0], DMatrix::zeros(2, 1), vec![covariance]).unwrap();
    let Truth::MonteCarlo { value, std_error } =
        one.monte_carlo_entropy(1000, Seed::root(1)).unwrap()
    else {
        panic!("not a Monte-Carlo value")
    };
    assert!((value - 3.117_684_960_377_057).abs() < 1e-10 && std_error < 1e-10);
    assert!(matches!(
        one.monte_carlo_entropy(10, Seed::root(1)),
        Err(Error::TooFewPoints { required: 100, .. })
    ));
}

#[test]
fn monte_carlo_is_the_same_on_any_number_of_threads() {
    let mixture = two(3.0);
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| mixture.monte_carlo_entropy(50_000, Seed::root(2)).unwrap())
    };
    assert_eq!(on(1), on(2));
    assert_eq!(on(1), on(3));
}

/// Name, law, mean and covariance.
type Moments = (&'static str, Box<dyn Law>, DVector<f64>, DMatrix<f64>);

/// Draws have the mean and covariance of their law, within six standard errors.
#[test]
fn draws_have_the_moments_of_their_law() {
    let n = 100_000;
    let cov = square(&[2.0, 0.5, 0.5, 1.0]);
    let centre = DVector::from_vec(vec![1.0, -2.0]);
    let means = DMatrix::from_row_slice(2, 2, &[0.0, 3.0, 0.0, -1.0]);
    let mixture = Mixture::new(
        vec![0.3, 0.7],
        means,
        vec![cov.clone(), square(&[1.0, 0.0, 0.0, 1.0])],
    )
    .unwrap();
    let laws: [Moments; 4] = [
        (
            "gaussian",
            Box::new(Gaussian::new(centre.clone(), &cov).unwrap()),
            centre.clone(),
            cov.clone(),
        ),
        (
            "mixture",
            Box::new(mixture.clone()),
            mixture.mean(),
            mixture.covariance(),
        ),
        (
            "uniform",
            Box::new(UniformBox::unit(2).unwrap()),
            DVector::from_element(2, 0.5),
            square(&[1.0, 0.0, 0.0, 1.0]) / 12.0,
        ),
        (
            "student",
            Box::new(StudentT::new(10.0, centre.clone(), &cov).unwrap()),
            centre,
            &cov * (10.0 / 8.0),
        ),
    ];
    for (name, law, expected_mean, expected_covariance) in laws {
        let sample = law.sample(n, Seed::root(8).child(name));
        let (m, c) = (mean(&sample), covariance(&sample).unwrap());
        for i in 0..2 {
            let std_error = (expected_covariance[(i, i)] / n as f64).sqrt();
            assert!(
                (m[i] - expected_mean[i]).abs() < 6.0 * std_error,
                "{name}: mean {m:?}"
            );
            for j in 0..2 {
                // Fourth moments of these laws are at most four times those of a Gaussian.
                let scale = (expected_covariance[(i, i)] * expected_covariance[(j, j)]).sqrt();
                let bound = 6.0 * 2.0 * scale * (2.0 / n as f64).sqrt();
                assert!(
                    (c[(i, j)] - expected_covariance[(i, j)]).abs() < bound,
                    "{name}: covariance {c}"
                );
            }
        }
    }
}

#[test]
fn images_shift_entropy() {
    let map = || Box::new(Affine::new(square(&[1.0, 2.0, 0.0, 3.0]), vec![5.0, 0.0]).unwrap());
    let image = Image::new(
        Box::new(UniformBox::unit(2).unwrap()),
        map(),
        0,
        Seed::root(0),
    )
    .unwrap();
    close(exact(image.entropy()), 3.0_f64.ln());
    // The covariance of the image is A S A^T, not A^T S A.
    let gaussian = Image::new(
        Box::new(Gaussian::standard(2).unwrap()),
        map(),
        0,
        Seed::root(0),
    )
    .unwrap();
    let c = covariance(&gaussian.sample(100_000, Seed::root(3))).unwrap();
    for (value, expected) in c.iter().zip([5.0, 6.0, 6.0, 9.0]) {
        assert!((value - expected).abs() < 0.25, "{c}");
    }
    // The normal law through its distribution function is uniform: entropy 0.
    let uniform = Image::new(
        Box::new(Gaussian::standard(1).unwrap()),
        Box::new(Coordinatewise::NormalCdf),
        100_000,
        Seed::root(1),
    )
    .unwrap();
    let Truth::MonteCarlo { value, std_error } = uniform.entropy() else {
        panic!("not a Monte-Carlo value")
    };
    assert!(
        value.abs() < 5.0 * std_error && std_error < 0.01,
        "{value} ± {std_error}"
    );
}

/// `mpmath.ncdf(x)` with 40 digits. Rounding `x / sqrt 2` by one part in `2^53` moves a tail by `x^2` as much.
#[test]
fn the_normal_distribution_function_is_right_to_rounding() {
    for (x, expected) in [
        (-30.0, 4.906_713_927_148_187e-198),
        (-8.5, 9.479_534_822_203_318e-18),
        (-2.404, 8.108_386_642_935_466e-3),
        (-0.707, 0.239_783_238_893_327_73),
        (0.707, 0.760_216_761_106_672_3),
        (1.25, 0.894_350_226_333_144_7),
    ] {
        let mut image = [0.0];
        Coordinatewise::NormalCdf.apply(&[x], &mut image);
        let allowed = 2.0 * f64::EPSILON * (1.0 + x * x) * expected;
        assert!(
            (image[0] - expected).abs() <= allowed,
            "{x}: {} against {expected}",
            image[0]
        );
    }
}

#[test]
fn draws_are_stable_across_versions() {
    // Value-breaking if these change: say so in the changelog.
    let first = |law: &dyn Law| law.sample(1, Seed::root(1)).point(0).to_vec();
    let golden: [(Box<dyn Law>, [f64; 2]); 4] = [
        (
            Box::new(Gaussian::standard(2).unwrap()),
            [2.646416984924411, 0.2388434612519216],
        ),
        (
            Box::new(UniformBox::unit(2).unwrap()),
            [0.9936397179464145, 0.5669391689931825],
        ),
        (
            Box::new(StudentT::standard(2, 3.0).unwrap()),
            [0.806852082918552, 0.4835597709524109],
        ),
        (
            Box::new(two_plane()),
            [3.2388434612519217, 0.7423974854343627],
        ),
    ];
    for (law, expected) in golden {
        assert_eq!(first(&*law), expected);
    }
}

/// More points than are drawn together, against the product row by row.
#[test]
fn gaussian_draws_are_the_factor_times_noise_on_any_number_of_threads() {
    for (dim, n) in [(7, 2500), (300, 17)] {
        let root = Seed::root(3).normal_matrix(dim, dim);
        let covariance = &root * root.transpose() + DMatrix::identity(dim, dim);
        let mean = DVector::from_fn(dim, |i, _| i as f64 - 3.0);
        let lower = Spd::new(&covariance).unwrap().lower().clone();
        let law = Gaussian::new(mean.clone(), &covariance).unwrap();
        let mut rng = Seed::root(4).rng();
        let mut expected = Vec::new();
        for _ in 0..n {
            let noise: Vec<f64> = (0..dim).map(|_| rng.sample(StandardNormal)).collect();
            for i in 0..dim {
                let placed: f64 = (0..=i).map(|k| lower[(i, k)] * noise[k]).sum();
                expected.push(placed + mean[i]);
            }
        }
        for threads in [1, 3] {
            let pool = vicinfo::experiment::thread_pool(Some(threads)).unwrap();
            let drawn = pool.install(|| law.sample(n, Seed::root(4)));
            assert_eq!(drawn.coordinates(), expected, "{threads} threads");
        }
    }
}

fn two_plane() -> Mixture {
    let means = DMatrix::from_row_slice(2, 2, &[0.0, 3.0, 0.0, -1.0]);
    Mixture::new(vec![0.3, 0.7], means, vec![DMatrix::identity(2, 2); 2]).unwrap()
}

#[test]
fn wrong_parameters_are_refused_by_name() {
    let one = || square(&[1.0]);
    assert!(matches!(
        Gaussian::new(DVector::zeros(2), &one()),
        Err(Error::Mismatch {
            expected: 2,
            actual: 1,
            ..
        })
    ));
    assert!(matches!(
        Gaussian::new(DVector::zeros(1), &square(&[0.0])),
        Err(Error::SingularCovariance { .. })
    ));
    assert!(matches!(
        Gaussian::new(DVector::from_element(1, f64::NAN), &one()),
        Err(Error::NonFinite { coordinate: 0, .. })
    ));
    assert!(matches!(
        UniformBox::new(vec![1.0], vec![1.0]),
        Err(Error::InvalidParameter { .. })
    ));
    assert!(matches!(
        UniformBox::new(vec![], vec![]),
        Err(Error::Empty { .. })
    ));
    assert!(matches!(
        UniformBox::new(vec![0.0], vec![1.0, 2.0]),
        Err(Error::Mismatch { .. })
    ));
    for df in [0.0, -1.0, 0.124, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            StudentT::standard(1, df),
            Err(Error::InvalidParameter { .. })
        ));
    }
    let means = || DMatrix::zeros(1, 2);
    assert!(matches!(
        Mixture::new(vec![0.5, 0.4], means(), vec![one(), one()]),
        Err(Error::InvalidParameter { .. })
    ));
    assert!(matches!(
        Mixture::new(vec![1.5, -0.5], means(), vec![one(), one()]),
        Err(Error::InvalidParameter { .. })
    ));
    assert!(matches!(
        Mixture::new(vec![0.5; 2], means(), vec![one()]),
        Err(Error::Mismatch {
            expected: 2,
            actual: 1,
            ..
        })
    ));
    assert!(matches!(
        JointGaussian::new(1, &one()),
        Err(Error::InvalidParameter { .. })
    ));
    assert!(matches!(
        JointGaussian::sparse(1, 1, &[0.5, 0.5]),
        Err(Error::InvalidParameter { .. })
    ));
    assert!(matches!(
        JointGaussian::sparse(1, 1, &[1.0]),
        Err(Error::SingularCovariance { .. })
    ));
    assert!(matches!(
        Affine::new(square(&[1.0, 1.0, 1.0, 1.0]), vec![0.0; 2]),
        Err(Error::InvalidParameter { .. })
    ));
    assert!(matches!(
        Affine::new(one(), vec![0.0; 2]),
        Err(Error::Mismatch { .. })
    ));
}

/// The direct formula loses all digits to cancellation for many degrees of freedom, and Stirling's
/// series is no good for few: values by mpmath at 40 digits on both sides of the change at 32.
#[test]
fn student_entropies_at_any_degrees_of_freedom() {
    for (dim, df, expected) in [
        (1, 0.125, 10.135_485_684_488_583),
        (2, 3.0, 3.504_543_733_076_012_2),
        (3, 31.9, 4.350_166_684_388_702),
        (3, 32.1, 4.349_589_087_031_772),
        (2, 1e3, 2.839_877_066_409_345_5),
        (2, 1e6, 2.837_879_066_409_345_5),
        (5, 1e12, 7.094_692_666_028_364),
        (1000, 8.0, 1_486.486_187_257_305_8),
        (1000, 40.0, 1_433.179_733_562_791_8),
    ] {
        close(
            exact(StudentT::standard(dim, df).unwrap().entropy()),
            expected,
        );
    }
    // The heaviest tails allowed still draw finite numbers.
    let heavy = StudentT::standard(2, 0.125).unwrap();
    let largest = heavy.sample(100_000, Seed::root(5)).matrix().amax();
    assert!(largest > 1e20, "{largest}");
}

/// A matrix of the wrong size would otherwise act through one of its corners.
#[test]
fn maps_of_another_dimension_are_refused() {
    let map = |dim: usize| -> Box<dyn Bijection> {
        Box::new(Affine::new(DMatrix::identity(dim, dim) * 2.0, vec![0.0; dim]).unwrap())
    };
    let any = || -> Box<dyn Bijection> { Box::new(Coordinatewise::Asinh) };
    let plane = || Box::new(Gaussian::standard(2).unwrap());
    let pairs = || Box::new(JointGaussian::sparse(1, 2, &[0.5]).unwrap());
    for refused in [
        Image::new(plane(), map(3), 0, Seed::root(0)).map(|_| ()),
        JointImage::new(pairs(), map(2), map(2)).map(|_| ()),
        JointImage::new(pairs(), map(1), map(1)).map(|_| ()),
        Composition::new(vec![any(), map(2), map(3)]).map(|_| ()),
    ] {
        assert!(
            matches!(refused, Err(Error::Mismatch { what, .. }) if what == "dimension of a map"),
            "{refused:?}"
        );
    }
    assert!(JointImage::new(pairs(), map(1), any()).is_ok());
    let composed = Composition::new(vec![any(), map(2)]).unwrap();
    assert_eq!(composed.dim(), Some(2));
    assert!(
        Image::new(
            Box::new(UniformBox::unit(3).unwrap()),
            Box::new(composed),
            9,
            Seed::root(0)
        )
        .is_err()
    );
}

#[test]
fn the_listed_names_build_and_are_unique() {
    let mut ids: Vec<String> = listed().map(|entry| entry.id).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    for entry in listed() {
        assert!(!entry.summary.contains(['{', '}']), "{}", entry.summary);
        match entry.build().unwrap() {
            Kind::Points(law) => assert_eq!(law.sample(3, Seed::root(1)).n(), 3),
            Kind::Pairs(law) => {
                let value = match law.information() {
                    Truth::Exact(value) | Truth::MonteCarlo { value, .. } => value,
                    other => panic!("{other:?}"),
                };
                assert!(value > 0.0, "{}", entry.id);
                assert_eq!(law.sample(3, Seed::root(1)).dims(), law.dims());
            }
        }
    }
}

#[test]
fn names_with_other_numbers_and_maps_are_read() {
    let build = |id: &str| named(id).and_then(|entry| entry.build());
    let pairs = |id: &str| match build(id) {
        Ok(Kind::Pairs(law)) => law,
        _ => panic!("{id} is no law of pairs"),
    };
    close(
        exact(pairs("asinh-half_cube-1v1-normal-0.5").information()),
        0.143_841_036_225_890_5,
    );
    assert_eq!(pairs("multinormal-sparse-3-4-1-1.5").dims(), (3, 4));
    assert_eq!(pairs("swissroll_x-1v1-additive-0.2").dims(), (2, 1));
    assert!(matches!(build("normal_cdf-student-3-2"), Ok(Kind::Points(law)) if law.dim() == 3));
    for unknown in ["gauss", "", "multinormal-sparse-2-2-2", "asinh", "1v1-AI-2"] {
        assert!(
            matches!(named(unknown), Err(Error::UnknownName { kind: "law", .. })),
            "{unknown}"
        );
    }
    for (id, parameter) in [
        ("gaussian-x", "dim"),
        ("gaussian-0", "dim"),
        ("gaussian-1000000000", "dim"),
        ("1v1-normal-much", "rho"),
        ("1v1-additive-0", "noise"),
        ("staggered_uniform-1", "letters"),
        ("staggered_uniform-2.5", "letters"),
        ("zero_inflated_poisson-1", "zeros"),
        ("noisy_copy-1-1e9", "noise"),
        ("cube_code-13-1", "bits"),
        ("parity_code-9-1", "bits"),
        ("fourier_code-3-0.000001", "std"),
        ("spiral-multinormal-dense-2-2-0.5", "plane"),
        ("spiral-gaussian-3", "law"),
        ("swissroll_x-1v1-normal-0.75", "law"),
        ("swissroll_x-asinh-1v1-additive-0.1", "law"),
        ("mult-sparse-w-inliers-2-2-1-1-0", "weight"),
    ] {
        let refused = build(id).err();
        assert!(
            matches!(&refused, Some(Error::InvalidParameter { name, .. }) if name == parameter),
            "{id}: {refused:?}"
        );
    }
    assert!(matches!(
        build("1v1-normal-1"),
        Err(Error::SingularCovariance { .. })
    ));
    assert!(matches!(
        build("swissroll_x-normal_cdf-multinormal-dense-2-2-0.5"),
        Err(Error::Mismatch {
            expected: 2,
            actual: 1,
            ..
        })
    ));
}
