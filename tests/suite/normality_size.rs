//! Sizes and power of the normality tests against those of SciPy, pingouin and NumPy.
//! Slow: `cargo test -- --include-ignored`.

use nalgebra::DMatrix;
use rand::RngExt;
use vicinfo::Error;
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;
use vicinfo::stats::normality::{self, Calibrated, DagostinoPearson, NormalityTest, Sliced, power};

use crate::normality_check::gaussian;

type Alternative = fn(usize, usize, Seed) -> Result<Sample, Error>;

/// Corners of the cube `[-1, 1]^d`.
fn cube(dim: usize, n: usize, seed: Seed) -> Result<Sample, Error> {
    let mut rng = seed.rng();
    let corner = |up: bool| if up { 1.0 } else { -1.0 };
    Sample::new(DMatrix::from_fn(dim, n, |_, _| corner(rng.random())))
}

/// `N(0, I)` with the last sign chosen so that the product of all is positive: every `d - 1` coordinates are
/// independent and Gaussian.
fn sign_xor(dim: usize, n: usize, seed: Seed) -> Result<Sample, Error> {
    gaussian(dim, n, seed)?.map(dim, |x, y| {
        y.copy_from_slice(x);
        if x.iter().filter(|v| **v < 0.0).count() % 2 == 1 {
            y[dim - 1] = -y[dim - 1];
        }
    })
}

/// Two Gaussians with unit covariance, 8 apart along the first axis.
fn two_gaussians(dim: usize, n: usize, seed: Seed) -> Result<Sample, Error> {
    let mut rng = seed.child("component").rng();
    let mut points = gaussian(dim, n, seed)?.matrix().clone();
    for mut point in points.column_iter_mut() {
        point[0] += if rng.random() { 4.0 } else { -4.0 };
    }
    Sample::new(points)
}

/// Two shares of `ours` and `theirs` trials may differ by 4.5 standard errors.
fn same_rate(what: &str, value: f64, ours: f64, expected: f64, theirs: f64) {
    let pooled = (value * ours + expected * theirs + 1.0) / (ours + theirs + 2.0);
    let error = (pooled * (1.0 - pooled) * (1.0 / ours + 1.0 / theirs)).sqrt();
    println!("{what}: {value:.4} against {expected:.4} (standard error {error:.4})");
    assert!(
        (value - expected).abs() < 4.5 * error,
        "{what}: {value} against {expected}, standard error {error}"
    );
}

/// The chi-square law is not that of `K^2`. SciPy 1.17.1:
///
/// ```python
/// p = scipy.stats.normaltest(rng.standard_normal((R, n)), axis=1).pvalue; (p <= .05).mean(), (p <= .01).mean()
/// ```
#[test]
#[ignore = "slow statistics: 100 000 samples for each size"]
fn size_of_k2_is_that_of_scipy() {
    for (n, trials, five, one) in [
        (10, 4e5, 0.0579775, 0.023405),
        (20, 4e5, 0.0565725, 0.0203925),
        (50, 2e5, 0.056765, 0.018935),
        (100, 2e5, 0.055615, 0.017065),
        (1000, 4e4, 0.05075, 0.011575),
    ] {
        for (level, expected) in [(0.05, five), (0.01, one)] {
            let (draw, seed) = (|n, s| gaussian(1, n, s), Seed::root(21).child(n));
            let size = power(&DagostinoPearson, draw, n, 100_000, level, seed).unwrap();
            same_rate(
                &format!("n = {n}, level {level}"),
                size.rate(),
                1e5,
                expected,
                trials,
            );
        }
    }
}

/// What the tests see of four laws at `n = 1000`, level 0.05, with the p-values of the publications. Rates of so
/// many samples by NumPy, SciPy and pingouin 0.7.0; the first two are those of a single coordinate and of a single
/// random direction.
#[test]
#[ignore = "slow statistics: 200 samples of 1000 points a law"]
fn blind_spots_are_those_of_other_programs() {
    const N: usize = 1000;
    const REPLICATES: usize = 200;
    let rows: [(&str, Alternative, usize, f64, [f64; 5]); 7] = [
        (
            "Gaussian",
            gaussian,
            64,
            300.0,
            [0.051, 0.051, 0.017, 0.301, 0.0067],
        ),
        ("cube", cube, 8, 400.0, [1.0, 0.958, 0.0, 1.0, 1.0]),
        ("cube", cube, 64, 100.0, [1.0, 0.0625, 0.0, 1.0, 0.02]),
        (
            "sign-XOR",
            sign_xor,
            2,
            400.0,
            [0.0475, 0.792, 0.2125, 0.8125, 1.0],
        ),
        (
            "sign-XOR",
            sign_xor,
            8,
            200.0,
            [0.0556, 0.0566, 0.07, 0.09, 0.085],
        ),
        (
            "two Gaussians",
            two_gaussians,
            8,
            200.0,
            [0.169, 0.632, 0.025, 0.68, 1.0],
        ),
        (
            "two Gaussians",
            two_gaussians,
            64,
            100.0,
            [0.066, 0.16, 0.03, 0.35, 0.03],
        ),
    ];
    for (name, alternative, dim, trials, expected) in rows {
        let seed = Seed::root(22).child(name).child(dim);
        let coordinates = Sliced::along(&DagostinoPearson, DMatrix::identity(dim, dim), false);
        let mut shares = [const { Vec::new() }; 2];
        for replicate in 0..REPLICATES {
            let sample = alternative(dim, N, seed.child("share").child(replicate)).unwrap();
            let directions = seed.child("directions").child(replicate);
            let directions = Sliced::random(&DagostinoPearson, 64, false, directions).unwrap();
            for (share, sliced) in shares
                .iter_mut()
                .zip([coordinates.as_ref().unwrap(), &directions])
            {
                let outcomes = sliced.each(&sample).unwrap();
                let rejected = outcomes.iter().filter(|o| o.p_value <= 0.05).count();
                share.push(rejected as f64 / outcomes.len() as f64);
            }
        }
        let rates = ["mardia_skewness", "mardia_kurtosis", "henze_zirkler"].map(|id| {
            let test = normality::parse(id).unwrap();
            let draw = |n, s| alternative(dim, n, s);
            power(&*test, draw, N, REPLICATES, 0.05, seed)
                .unwrap()
                .rate()
        });
        // Of one sample the coordinates and the directions share the points: their spread is that over samples.
        let [axes, directions, of_samples @ ..] = expected;
        for (test, share, expected) in [
            ("coordinates", &shares[0], axes),
            ("directions", &shares[1], directions),
        ] {
            let found = Summary::new(share).unwrap();
            let theirs = found.std_dev / trials.sqrt();
            let error = found.std_error.hypot(theirs);
            println!(
                "{name} d = {dim}, {test}: {:.4} against {expected:.4} (standard error {error:.4})",
                found.mean
            );
            // Three digits are known of theirs.
            assert!(
                (found.mean - expected).abs() < 4.5 * error + 5e-4,
                "{name} d = {dim}, {test}: {found:?} against {expected}"
            );
        }
        let tests = ["skewness", "kurtosis", "Henze-Zirkler"];
        for ((test, found), expected) in tests.iter().zip(rates).zip(of_samples) {
            same_rate(
                &format!("{name} d = {dim}, {test}"),
                found,
                REPLICATES as f64,
                expected,
                trials,
            );
        }
    }
}

/// With calibrated nulls every size is the level, and in 64 dimensions the tests see what their approximations hide:
/// Henze and Zirkler's sees the corners of the cube, Mardia's kurtosis no longer takes the Gaussian for something else.
#[test]
#[ignore = "slow statistics: 1000 samples of 1000 points against null laws of 999"]
fn calibrated_tests_in_64_dimensions() {
    const N: usize = 1000;
    const DRAWS: usize = 999;
    const SAMPLES: usize = 1000;
    let seed = Seed::root(23);
    for (id, seen) in [
        ("mardia_skewness", false),
        ("mardia_kurtosis", true),
        ("henze_zirkler", true),
        ("sliced(test=dagostino_pearson)", false),
        ("sliced(test=epps_pulley)", false),
    ] {
        let test = normality::parse(id).unwrap();
        let calibrated = Calibrated::new(&*test, N, 64, DRAWS, seed).unwrap();
        let rate = |alternative: Alternative, samples| {
            let draw = |n, s| alternative(64, n, s);
            power(&calibrated, draw, N, samples, 0.05, seed.child("rate")).unwrap()
        };
        let size = rate(gaussian, SAMPLES);
        let (cube, mixture) = (rate(cube, 200), rate(two_gaussians, 200));
        println!(
            "{id}: size {}, cube {}, two Gaussians {}",
            size.rate(),
            cube.rate(),
            mixture.rate()
        );
        // The level varies with the draws of the null law, the rate with the samples: by 0.0097 together.
        let error = (0.0475 * (1.0 / (DRAWS + 2) as f64 + 1.0 / SAMPLES as f64)).sqrt();
        assert!((size.rate() - 0.05).abs() < 4.5 * error, "{id}: {size:?}");
        assert!(calibrated.resolution() <= 0.05);
        assert_eq!(cube.rate() > 0.99, seen, "{id}: {cube:?}");
    }
}
