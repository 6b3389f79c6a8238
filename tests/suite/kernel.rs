//! Sums of kernels against brute force, and the estimators that rest on them.

use nalgebra::DMatrix;
use proptest::prelude::*;
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;
use vicinfo::entropy::{
    self, Bandwidth, EntropyEstimator, KernelCovariance, KernelDensity, KolchinskyTracey,
    PairwiseBound, Side,
};
use vicinfo::error::Error;
use vicinfo::information::{self, InformationEstimator, ThreeEntropies};
use vicinfo::kernel::{self, Own, brute, log_sums};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

use crate::fixture::{self, Reference, standardised};

/// Kinds of data on which sums of kernels go wrong in different ways.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Normal,
    Lattice,
    Repeated,
    Clusters,
    HeavyTails,
    HugeOffset,
    UnequalScales,
}

const KINDS: [Kind; 7] = [
    Kind::Normal,
    Kind::Lattice,
    Kind::Repeated,
    Kind::Clusters,
    Kind::HeavyTails,
    Kind::HugeOffset,
    Kind::UnequalScales,
];

fn sample(kind: Kind, n: usize, dim: usize, seed: u64) -> Sample {
    let mut rng = Seed::root(seed).child("kernel").rng();
    let distinct = match kind {
        Kind::Repeated => n.div_ceil(3),
        _ => n,
    };
    let mut points: Vec<f64> = Vec::with_capacity(n * dim);
    for _ in 0..distinct {
        let centre = f64::from(rng.random_range(0..3_i32)) * 100.0;
        for j in 0..dim {
            points.push(coordinate(kind, centre, j, &mut rng));
        }
    }
    for v in distinct * dim..n * dim {
        points.push(points[v - distinct * dim]);
    }
    Sample::from_points(dim, points).unwrap()
}

fn coordinate(kind: Kind, centre: f64, j: usize, rng: &mut impl Rng) -> f64 {
    let z: f64 = rng.sample(rand_distr::StandardNormal);
    match kind {
        Kind::Normal | Kind::Repeated => z,
        Kind::Lattice => (z * 2.0).round(),
        Kind::Clusters => centre + z,
        Kind::HeavyTails => z / (rng.random::<f64>() + 1e-9).powi(2),
        Kind::HugeOffset => 1e8 + z,
        Kind::UnequalScales => z * 10f64.powi(2 * (j as i32 % 4)),
    }
}

fn scaled(sample: &Sample, factor: f64) -> Sample {
    let map = |a: &[f64], b: &mut [f64]| {
        b.iter_mut().zip(a).for_each(|(b, a)| *b = a * factor);
    };
    sample.map(sample.dim(), map).unwrap()
}

/// Both ways to sum, relative to the larger of 1 and the number: a logarithm of `-1e6` comes from a
/// square that is rounded.
fn agree(sample: &Sample, width: f64) -> Result<(), TestCaseError> {
    for own in [Own::Counted, Own::LeftOut] {
        let fast = log_sums(sample, width, own).unwrap();
        let slow = brute::log_sums(sample, width, own).unwrap();
        for (i, (fast, slow)) in fast.iter().zip(&slow).enumerate() {
            let tolerance = 1e-13 * slow.abs().max(1.0);
            prop_assert!(
                (fast - slow).abs() <= tolerance,
                "{own:?}, point {i}: {fast} against {slow}"
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn sums_equal_brute_force(
        kind in 0..KINDS.len(), n in 2_usize..600, dim in 1_usize..13, width in -6.0..6.0_f64, seed: u64,
    ) {
        agree(&sample(KINDS[kind], n, dim, seed), width.exp2())?;
    }

    #[test]
    fn units_change_nothing(power in -900_i32..900, seed: u64) {
        let base = sample(Kind::Normal, 300, 2, seed);
        let factor = 2f64.powi(power);
        for own in [Own::Counted, Own::LeftOut] {
            prop_assert_eq!(
                log_sums(&base, 0.25, own).unwrap(),
                log_sums(&scaled(&base, factor), 0.25 * factor, own).unwrap()
            );
        }
    }
}

#[test]
fn sums_equal_brute_force_across_many_blocks() {
    // Ordered and unordered, even and odd numbers of blocks, a last block of one point.
    for (n, dim) in [(1025, 2), (1536, 1), (1100, 3), (900, 7), (700, 50)] {
        for kind in KINDS {
            for width in [0.01, 0.3, 3.0, 100.0] {
                agree(&sample(kind, n, dim, 7), width).unwrap();
            }
        }
    }
}

#[test]
fn sums_of_isolated_points_neither_vanish_nor_lose_digits() {
    // Nearest neighbours at 1, 1, 10 and 1e5 widths: exp(-1e10) is far below the smallest double.
    let sample = Sample::from_points(1, vec![0.0, 1.0, 11.0, 100_011.0]).unwrap();
    let logs = log_sums(&sample, 1.0, Own::LeftOut).unwrap();
    let second = (-21f64).exp().ln_1p();
    let expected = [-1.0, -1.0, -100.0 + second, -1e10];
    for (log, expected) in logs.iter().zip(expected) {
        assert!((log - expected).abs() <= 1e-15 * expected.abs(), "{log}");
    }
    let counted = log_sums(&sample, 1.0, Own::Counted).unwrap();
    assert_eq!(counted[3], 0.0);
    let expected = (-100f64).exp() + (-121f64).exp();
    assert!(
        (counted[2] - expected).abs() < 1e-13 * expected,
        "{}",
        counted[2]
    );
    // A cluster and points so far that whole blocks are left out of their sums.
    let mut points: Vec<f64> = (0..1000).map(|i| f64::from(i) * 1e-3).collect();
    points.extend((0..200).map(|i| 1e3 + f64::from(i) * 50.0));
    let sample = Sample::from_points(1, points).unwrap();
    agree(&sample, 0.01).unwrap();
    agree(&sample, 1.0).unwrap();
}

#[test]
fn any_number_of_threads_gives_the_same_sums() {
    let samples = [
        sample(Kind::Normal, 3000, 2, 3),
        sample(Kind::Clusters, 1000, 20, 4),
    ];
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| {
            let mut bits = Vec::new();
            for sample in &samples {
                for own in [Own::Counted, Own::LeftOut] {
                    let logs = log_sums(sample, 0.1, own).unwrap();
                    bits.extend(logs.iter().map(|v| v.to_bits()));
                }
            }
            bits
        })
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(5));
}

#[test]
fn sums_of_bad_input_are_refused_by_name() {
    let two = Sample::from_points(1, vec![0.0, 1e300]).unwrap();
    for width in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = log_sums(&two, width, Own::Counted).unwrap_err();
        assert!(matches!(error, Error::InvalidParameter { name, .. } if name == "width"));
    }
    let one = Sample::from_points(2, vec![1.0, 2.0]).unwrap();
    for sums in [log_sums, brute::log_sums] {
        assert_eq!(sums(&one, 1.0, Own::Counted), Ok(vec![0.0]));
        assert!(matches!(
            sums(&one, 1.0, Own::LeftOut),
            Err(Error::TooFewPoints {
                required: 2,
                actual: 1,
                ..
            })
        ));
        // The square of 1e300 is no double; with the own term it does not matter.
        assert_eq!(sums(&two, 1.0, Own::Counted), Ok(vec![0.0; 2]));
        let error = sums(&two, 1.0, Own::LeftOut).unwrap_err();
        assert!(matches!(error, Error::NonFiniteResult { .. }), "{error}");
    }
    let error = log_sums(&two, 1e-300, Own::Counted).unwrap_err();
    assert!(matches!(error, Error::NonFiniteResult { .. }), "{error}");
}

fn density(
    bandwidth: Bandwidth,
    covariance: KernelCovariance,
    leave_one_out: bool,
) -> KernelDensity {
    KernelDensity::new(bandwidth, covariance, leave_one_out).unwrap()
}

/// Our value for a key, `None` when the key is about something else.
fn ours(key: &str, pairs: &Paired) -> Option<Result<f64, Error>> {
    use KernelCovariance::{Full, Identity};
    let fixed = |width: &str| Bandwidth::Fixed(width.parse().unwrap());
    let joint = pairs.joint();
    if let Some(width) = key.strip_prefix("kde_resub_xy_std_h") {
        return Some(density(fixed(width), Identity, false).entropy(&standardised(&joint)));
    }
    if let Some(width) = key.strip_prefix("kde_loo_xy_std_h") {
        return Some(density(fixed(width), Identity, true).entropy(&standardised(&joint)));
    }
    let information = |leave_one_out| {
        let halves = Paired::new(standardised(&pairs.x), standardised(&pairs.y)).unwrap();
        let estimator = density(Bandwidth::Scott, Identity, leave_one_out);
        ThreeEntropies::new(Box::new(estimator))
            .unwrap()
            .information(&halves)
    };
    match key {
        "kde_scipy_scott_xy" => Some(density(Bandwidth::Scott, Full, false).entropy(&joint)),
        "kde_mi_gauss_scott_std" => Some(information(false)),
        "kde_mi_gauss_scott_std_loo" => Some(information(true)),
        _ => None,
    }
}

#[test]
fn kernel_densities_agree_with_scipy() {
    let Some(fixtures) = fixture::all("kernel_densities_agree_with_scipy") else {
        return;
    };
    let (mut values, mut refusals) = (0, 0);
    let mut failures = Vec::new();
    for set in &fixtures {
        for (key, reference) in set.references() {
            let Some(ours) = ours(&key, &set.pairs) else {
                continue;
            };
            let right = match reference {
                Reference::Number(value) => {
                    values += 1;
                    matches!(ours, Ok(ours) if (ours - value).abs() <= 1e-9)
                }
                Reference::Undefined => {
                    refusals += 1;
                    matches!(ours, Err(Error::SingularCovariance { .. }))
                }
            };
            if !right {
                failures.push(format!("{} {key}: {ours:?} against {reference:?}", set.id));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(
        values >= 180 && refusals == 2,
        "{values} values, {refusals} refusals"
    );
}

#[test]
fn silverman_and_diagonal_agree_with_scipy() {
    // Python 3.11, numpy 2.4, scipy 1.17:
    //   x = [[0.0, 1.0], [1.5, -1.0], [-0.5, 2.5], [2.0, 0.25], [0.75, 3.0], [-2.0, 0.5]]
    //   k = gaussian_kde(array(x).T, 'scott'); -mean(k.logpdf(array(x).T))
    // and, with b = 6 ** (-1 / 6) and s = std(x, axis=0, ddof=1),
    //   k = lambda i, j: prod(norm.pdf(x[i], x[j], b * s))
    //   -mean([log(mean([k(i, j) for j in range(6)])) for i in range(6)]), and without j = i
    let points = [
        0.0, 1.0, 1.5, -1.0, -0.5, 2.5, 2.0, 0.25, 0.75, 3.0, -2.0, 0.5,
    ];
    let sample = Sample::from_points(2, points.to_vec()).unwrap();
    for (bandwidth, covariance, leave_one_out, expected) in [
        (
            Bandwidth::Scott,
            KernelCovariance::Full,
            false,
            3.3184031323003462,
        ),
        (
            Bandwidth::Scott,
            KernelCovariance::Diagonal,
            false,
            3.3154692973487343,
        ),
        (
            Bandwidth::Scott,
            KernelCovariance::Diagonal,
            true,
            4.142689297497047,
        ),
    ] {
        let value = density(bandwidth, covariance, leave_one_out)
            .entropy(&sample)
            .unwrap();
        assert!(
            (value - expected).abs() < 1e-13,
            "{value} against {expected}"
        );
    }
    // In the plane both rules agree. The first coordinates alone: gaussian_kde(x[:, 0], 'silverman').
    let first = Sample::from_points(1, sample.coordinate(0).collect()).unwrap();
    for covariance in [KernelCovariance::Full, KernelCovariance::Diagonal] {
        let value = density(Bandwidth::Silverman, covariance, false)
            .entropy(&first)
            .unwrap();
        assert!((value - 1.7425469264961506).abs() < 1e-13, "{value}");
    }
}

#[test]
fn the_upper_bound_is_a_kernel_density() {
    for kind in KINDS {
        for std in [0.1, 1.0, 30.0] {
            let sample = sample(kind, 400, 3, 2);
            let bound = KolchinskyTracey::new(PairwiseBound::Kl, std).unwrap();
            let density = density(Bandwidth::Fixed(std), KernelCovariance::Identity, false);
            let (bound, density) = (
                bound.entropy(&sample).unwrap(),
                density.entropy(&sample).unwrap(),
            );
            assert!(
                (bound - density - 1.5).abs() < 1e-12 * bound.abs().max(1.0),
                "{bound} {density}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn affine_maps_shift_the_entropy_of_full_kernels(
        entries in proptest::collection::vec(-1.0..1.0_f64, 9), shift in -1e3..1e3_f64, seed: u64,
    ) {
        let map = DMatrix::from_row_slice(3, 3, &entries) + DMatrix::identity(3, 3) * 2.5;
        let ln_det = nalgebra::linalg::LU::new(map.clone()).determinant().abs().ln();
        let base = sample(Kind::Normal, 200, 3, seed);
        let image = Sample::new((map * base.matrix()).add_scalar(shift)).unwrap();
        for leave_one_out in [false, true] {
            let density = density(Bandwidth::Scott, KernelCovariance::Full, leave_one_out);
            let (here, there) = (density.entropy(&base).unwrap(), density.entropy(&image).unwrap());
            prop_assert!((there - here - ln_det).abs() < 1e-8, "{} {} {}", here, there, ln_det);
        }
    }
}

#[test]
fn densities_of_bad_data_are_refused_by_name() {
    use KernelCovariance::{Diagonal, Full, Identity};
    let few = |required, actual| Error::TooFewPoints {
        method: "kernel_density",
        required,
        actual,
    };
    let one = Sample::from_points(2, vec![1.0, 2.0]).unwrap();
    assert_eq!(
        density(Bandwidth::Scott, Identity, true).entropy(&one),
        Err(few(2, 1))
    );
    assert_eq!(
        density(Bandwidth::Scott, Diagonal, false).entropy(&one),
        Err(few(2, 1))
    );
    assert_eq!(
        density(Bandwidth::Scott, Full, false).entropy(&one),
        Err(few(3, 1))
    );
    // One point and its own kernel: ln (2 pi), bandwidth 1.
    let value = density(Bandwidth::Scott, Identity, false)
        .entropy(&one)
        .unwrap();
    assert!((value - std::f64::consts::TAU.ln()).abs() < 1e-15);
    let wide = sample(Kind::Normal, 5, 5, 1);
    assert_eq!(
        density(Bandwidth::Scott, Full, true).entropy(&wide),
        Err(few(6, 5))
    );
    let constant = Sample::from_points(2, vec![1.0, 5.0, 2.0, 5.0, 4.0, 5.0, 7.0, 5.0]).unwrap();
    for covariance in [Diagonal, Full] {
        assert!(matches!(
            density(Bandwidth::Scott, covariance, true).entropy(&constant),
            Err(Error::SingularCovariance {
                dim: 2,
                coordinate: 1,
                ..
            })
        ));
    }
    let line = Sample::from_points(2, vec![1.0, 2.0, 2.0, 4.0, 4.0, 8.0, 5.0, 10.0]).unwrap();
    assert!(
        density(Bandwidth::Scott, Diagonal, true)
            .entropy(&line)
            .is_ok()
    );
    assert!(matches!(
        density(Bandwidth::Scott, Full, true).entropy(&line),
        Err(Error::SingularCovariance {
            dim: 2,
            coordinate: 1,
            ..
        })
    ));
    // All points in one place: the density of one kernel.
    let still = Sample::from_points(1, vec![3.0; 20]).unwrap();
    let value = density(Bandwidth::Fixed(1.0), Identity, true)
        .entropy(&still)
        .unwrap();
    assert!((value - 0.5 * std::f64::consts::TAU.ln()).abs() < 1e-14);
    let far = Sample::from_points(1, vec![0.0, 1e200, 3e200]).unwrap();
    assert!(matches!(
        density(Bandwidth::Fixed(1.0), Identity, true).entropy(&far),
        Err(Error::NonFiniteResult { .. })
    ));
    for width in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = KernelDensity::new(Bandwidth::Fixed(width), Full, true).unwrap_err();
        assert!(matches!(error, Error::InvalidParameter { name, .. } if name == "bandwidth"));
    }
    for (text, parameter) in [
        ("kernel_density(bandwidth=wide)", "bandwidth"),
        ("kernel_density(bandwidth=-1)", "bandwidth"),
        ("kernel_density(leave_one_out=maybe)", "leave_one_out"),
        (
            "kernel_density(kernel_covariance=round)",
            "kernel_covariance",
        ),
    ] {
        let error = entropy::parse(text).err();
        assert!(
            matches!(error, Some(Error::InvalidParameter { name, .. }) if name == parameter),
            "{text}"
        );
    }
}

#[test]
fn sides_and_names_of_kernel_densities() {
    for name in [
        "kernel_density(bandwidth=scott,leave_one_out=true,kernel_covariance=full)",
        "kernel_density(bandwidth=silverman,leave_one_out=false,kernel_covariance=diagonal)",
        "kernel_density(bandwidth=0.25,leave_one_out=true,kernel_covariance=identity)",
    ] {
        assert_eq!(entropy::parse(name).unwrap().name(), name);
    }
    // A fixed bandwidth has a limit above the truth, so it is no part of a difference.
    let fixed = entropy::parse("kernel_density(bandwidth=0.25)").unwrap();
    assert_eq!(fixed.promises().side, Side::Above);
    assert!(ThreeEntropies::new(fixed).is_err());
    let name = "three_entropies(estimator=kernel_density(bandwidth=scott,leave_one_out=true,kernel_covariance=full))";
    assert_eq!(information::parse(name).unwrap().name(), name);
}

#[test]
fn warnings_of_kernels() {
    let says = |name: &str, sample: &Sample, what: &str| {
        let warnings = entropy::parse(name).unwrap().warnings(sample);
        warnings.iter().any(|w| w.contains(what))
    };
    let wide = sample(Kind::Normal, 100, 6, 1);
    let flat = sample(Kind::Normal, 100, 2, 1);
    assert!(says("kernel_density", &wide, "too large"));
    assert!(says(
        "kernel_density(leave_one_out=false)",
        &wide,
        "too small"
    ));
    assert!(says(
        "kernel_density(bandwidth=0.5)",
        &flat,
        "does not shrink"
    ));
    assert!(
        entropy::parse("kernel_density")
            .unwrap()
            .warnings(&flat)
            .is_empty()
    );
    assert!(says("kolchinsky_tracey(std=0.0001)", &flat, "saturated"));
    assert!(!says("kolchinsky_tracey(std=1)", &flat, "saturated"));
    let one = Sample::from_points(1, vec![1.0]).unwrap();
    assert!(!says("kolchinsky_tracey(std=1)", &one, "saturated"));
}

#[test]
fn the_matrix_holds_every_term() {
    for (n, dim) in [(1, 1), (3, 2), (127, 5), (128, 1), (300, 33), (515, 7)] {
        let mut rng = Seed::root(21).child(n).rng();
        let points = DMatrix::from_fn(dim, n, |_, _| rng.sample(StandardNormal));
        let sample = Sample::new(points).unwrap();
        let width = 1.3 * (dim as f64).sqrt();
        let matrix = kernel::matrix(&sample, width).unwrap();
        for i in 0..n {
            for j in 0..n {
                let squares =
                    (sample.point(i).iter().zip(sample.point(j))).map(|(a, b)| (a - b) * (a - b));
                let expected = (-squares.sum::<f64>() / (width * width)).exp();
                let entry = matrix[(i, j)];
                assert!((entry - expected).abs() <= 1e-13 * expected, "{n} {i} {j}");
                assert_eq!(entry, matrix[(j, i)]);
            }
            assert_eq!(matrix[(i, i)], 1.0);
        }
        let logs = log_sums(&sample, width, Own::Counted).unwrap();
        for (column, log) in matrix.column_iter().zip(logs) {
            assert!((column.sum().ln() - log).abs() < 1e-12);
        }
    }
}

#[test]
fn the_matrix_at_the_ends_of_the_range() {
    let far = Sample::from_points(1, vec![-1e300, 0.0, 1e300, 1e300]).unwrap();
    let matrix = kernel::matrix(&far, 1.0).unwrap();
    let expected = [
        [1.0, 0.0, 0.0, 0.0],
        [0.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 1.0],
        [0.0, 0.0, 1.0, 1.0],
    ];
    assert_eq!(matrix, DMatrix::from_fn(4, 4, |i, j| expected[i][j]));
    assert!(matches!(
        kernel::matrix(&far, 1e-10),
        Err(Error::NonFiniteResult { .. })
    ));
    assert!(matches!(
        kernel::matrix(&far, 0.0),
        Err(Error::InvalidParameter { .. })
    ));
}
