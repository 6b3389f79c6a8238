//! Standard errors against the spread over replicates.

use rand::RngExt;
use vicinfo::Error;
use vicinfo::entropy::{self, EntropyEstimator, KozachenkoLeonenko};
use vicinfo::information::{self, InformationEstimator, Ksg1, Ties};
use vicinfo::law::{self, Law, StudentT, UniformBox};
use vicinfo::neighbour::Norm;
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::{Summary, clopper_pearson};
use vicinfo::uncertainty::{Data, Entropy, Information, Quantity, Subsampling};

use super::{Statistic, exact, gaussian_pairs, gaussian_points, kl, ksg};

const MEAN: Statistic<Sample> =
    Statistic(|sample| Ok(sample.coordinate(0).sum::<f64>() / sample.n() as f64));

/// Mean standard error over the standard deviation of the estimates, and how often
/// the interval of confidence 0.95, shifted by the mean error, covers the truth.
fn quality<Q: Quantity>(
    quantity: &Q,
    truth: f64,
    replicates: usize,
    draw: impl Fn(usize) -> Q::Data,
) -> (f64, usize) {
    let mut errors = Vec::new();
    let mut spreads = Vec::new();
    for replicate in 0..replicates {
        let data = draw(replicate);
        errors.push(quantity.estimate(&data).unwrap() - truth);
        let seed = Seed::root(43).child(replicate);
        spreads.push(Subsampling::new(quantity, &data, seed).unwrap());
    }
    let errors_of = Summary::new(&errors).unwrap();
    let std_errors: Vec<f64> = spreads.iter().map(|spread| spread.std_error).collect();
    let covered = spreads
        .iter()
        .zip(&errors)
        .filter(|(spread, error)| {
            let interval = spread.interval(**error - errors_of.mean, 0.95).unwrap();
            (interval.lower..=interval.upper).contains(&0.0)
        })
        .count();
    let ratio = Summary::new(&std_errors).unwrap().mean / errors_of.std_dev;
    (ratio, covered)
}

#[test]
fn the_standard_error_of_a_mean_is_the_textbook_one() {
    let mut exponents = Vec::new();
    for replicate in 0..20 {
        let sample = gaussian_points(1, 600, &format!("mean {replicate}"));
        let values: Vec<f64> = sample.coordinate(0).collect();
        let textbook = Summary::new(&values).unwrap().std_error;
        let spread = Subsampling::new(&MEAN, &sample, Seed::root(replicate)).unwrap();
        // 48 degrees of freedom: a standard deviation of 1/sqrt(2 * 48) = 0.102.
        let ratio = spread.std_error / textbook;
        assert!((ratio - 1.0).abs() < 4.0 * 0.102, "{ratio}");
        assert_eq!(spread.degrees, 48);
        let shape: Vec<_> = (spread.levels.iter())
            .map(|level| (level.size, level.blocks, level.orders))
            .collect();
        assert_eq!(shape, [(300, 2, 48), (150, 4, 16), (75, 8, 7)]);
        exponents.push(spread.rate.unwrap());
    }
    let values: Vec<f64> = exponents.iter().map(|rate| rate.exponent).collect();
    let summary = Summary::new(&values).unwrap();
    assert!(
        (summary.mean - 1.0).abs() < 5.0 * summary.std_error,
        "{summary:?}"
    );
    // The stated standard error of the exponent is that over replicates; 20 of them know theirs to 16 %.
    let stated = exponents[0].std_error;
    assert!(
        (summary.std_dev / stated - 1.0).abs() < 5.0 * 0.16,
        "{stated} stated, {} found",
        summary.std_dev
    );
}

#[test]
fn standard_errors_are_those_over_replicates() {
    // The ratio is known to 1/sqrt(2 * 100) = 7 %; the method is right to about 10 %.
    let within = |what: &str, (ratio, covered): (f64, usize)| {
        println!("{what}: ratio {ratio:.3}, {covered} of 100 covered");
        assert!((ratio - 1.0).abs() < 0.1 + 3.0 * 0.07, "{what}: {ratio}");
        assert!(covered >= 86, "{what}: {covered} of 100");
    };
    let points = |replicate| gaussian_points(2, 512, &format!("fast {replicate}"));
    let truth = exact(law::Gaussian::standard(2).unwrap().entropy());
    within("kl", quality(&Entropy(&kl(3)), truth, 100, points));
    let pairs = |replicate| gaussian_pairs(&[0.75], 512, &format!("fast {replicate}"));
    let truth = -0.5 * (1.0_f64 - 0.75 * 0.75).ln();
    within("ksg1", quality(&Information(&ksg(3)), truth, 100, pairs));
}

#[test]
#[ignore = "slow statistics: 400 replicates of every law with every estimator"]
fn standard_errors_are_those_over_replicates_on_many_laws() {
    const REPLICATES: usize = 400;
    let check = |what: &str, (ratio, covered): (f64, usize)| {
        let coverage = clopper_pearson(covered as u64, REPLICATES as u64, 0.999).unwrap();
        println!(
            "{what}: ratio {ratio:.4}, coverage {:.3}",
            covered as f64 / REPLICATES as f64
        );
        // The ratio is known to 1/sqrt(2 * 400) = 3.5 %; the method is right to about 10 %.
        assert!((ratio - 1.0).abs() < 0.1 + 4.0 * 0.035, "{what}: {ratio}");
        assert!(coverage.upper > 0.93, "{what}: {coverage:?}");
    };
    let laws: [(&str, Box<dyn Law>); 5] = [
        ("gaussian 1", Box::new(law::Gaussian::standard(1).unwrap())),
        ("gaussian 5", Box::new(law::Gaussian::standard(5).unwrap())),
        (
            "student 1, df 3",
            Box::new(StudentT::standard(1, 3.0).unwrap()),
        ),
        (
            "student 3, df 5",
            Box::new(StudentT::standard(3, 5.0).unwrap()),
        ),
        ("uniform 2", Box::new(UniformBox::unit(2).unwrap())),
    ];
    let estimators: [Box<dyn EntropyEstimator>; 4] = [
        Box::new(kl(1)),
        Box::new(kl(3)),
        Box::new(KozachenkoLeonenko::new(3, Norm::Max).unwrap()),
        Box::new(entropy::Gaussian::default()),
    ];
    for (name, law) in &laws {
        let truth = exact(law.entropy());
        for estimator in &estimators {
            // Without fourth moments the covariance has no variance that could fall as 1/n.
            if *name == "student 1, df 3" && estimator.name().starts_with("gaussian") {
                continue;
            }
            let draw = |replicate| law.sample(256, Seed::root(44).child(name).child(replicate));
            let quality = quality(&Entropy(&**estimator), truth, REPLICATES, draw);
            check(&format!("{name}, {}", estimator.name()), quality);
        }
    }
    for (n, correlations, k) in [
        (256, &[0.0][..], 3),
        (256, &[0.75], 3),
        (256, &[0.5, 0.5], 5),
        (600, &[0.0], 3),
        (600, &[0.95], 1),
    ] {
        let truth = correlations
            .iter()
            .map(|r| -0.5 * (1.0_f64 - r * r).ln())
            .sum();
        let draw = |replicate| gaussian_pairs(correlations, n, &format!("slow {n} {replicate}"));
        let quality = quality(&Information(&ksg(k)), truth, REPLICATES, draw);
        check(&format!("{correlations:?}, n = {n}, ksg1(k={k})"), quality);
    }
}

/// Indices drawn with replacement.
fn bootstrap(n: usize, seed: Seed) -> Vec<usize> {
    let mut rng = seed.rng();
    (0..n).map(|_| rng.random_range(0..n)).collect()
}

#[test]
fn the_bootstrap_is_wrong_for_nearest_neighbours() {
    let n = 512;
    let sample = gaussian_points(2, n, "bootstrap");
    for replicate in 0..20 {
        let again = sample
            .select(&bootstrap(n, Seed::root(45).child(replicate)))
            .unwrap();
        // A point occurs twice or more for 26 % of the draws: its first neighbour is itself.
        let refused = kl(1).entropy(&again);
        assert!(
            matches!(refused, Err(Error::Duplicates { k: 1, n: 512, count, .. }) if count > 256),
            "{refused:?}"
        );
    }
    // With a rule for ties there is a number, and it is not about the law: the repetitions count as
    // dependence.
    let counting = Ksg1::new(3, Ties::Count).unwrap();
    let pairs = gaussian_pairs(&[0.0], n, "bootstrap");
    let value = counting.information(&pairs).unwrap();
    let again: Vec<f64> = (0..50)
        .map(|replicate| {
            let order = bootstrap(n, Seed::root(46).child(replicate));
            counting
                .information(&pairs.select(&order).unwrap())
                .unwrap()
        })
        .collect();
    let again = Summary::new(&again).unwrap();
    let spread = Subsampling::new(&Information(&counting), &pairs, Seed::root(47)).unwrap();
    println!("bootstrap {again:?}, subsampling {}", spread.std_error);
    assert!(again.mean - value > 5.0 * spread.std_error, "{again:?}");
    assert!(value.abs() < 4.0 * spread.std_error, "{value}");
}

#[test]
fn the_exponent_shows_variances_that_do_not_fall_as_one_over_n() {
    // Independent halves: the Gaussian information is about a chi-squared variable over 2n, its
    // variance falls as 1/n^2.
    let gaussian = information::Gaussian::default();
    let (mut exponents, mut warned) = (Vec::new(), 0);
    for replicate in 0..20 {
        let pairs = gaussian_pairs(&[0.0, 0.0, 0.0], 2048, &format!("exponent {replicate}"));
        let spread = Subsampling::new(&Information(&gaussian), &pairs, Seed::root(48)).unwrap();
        exponents.push(spread.rate.unwrap().exponent);
        let warnings = spread.warnings();
        assert!(warnings.iter().all(|w| w.contains("too large")));
        warned += warnings.len();
    }
    let summary = Summary::new(&exponents).unwrap();
    println!("{exponents:?}");
    assert!(
        (summary.mean - 2.0).abs() < 4.0 * summary.std_error,
        "{summary:?}"
    );
    assert!(warned >= 14, "{warned} of 20 warned, {exponents:?}");
    // A sum over sqrt(n) varies as much for any n.
    let grown = Statistic(|sample: &Sample| {
        Ok(sample.coordinate(0).sum::<f64>() / (sample.n() as f64).sqrt())
    });
    for replicate in 0..10 {
        let sample = gaussian_points(1, 512, &format!("grown {replicate}"));
        let spread = Subsampling::new(&grown, &sample, Seed::root(replicate)).unwrap();
        let rate = spread.rate.unwrap();
        assert!(rate.exponent.abs() < 4.0 * rate.std_error, "{rate:?}");
        let too_small = spread.warnings().iter().any(|w| w.contains("too small"));
        assert_eq!(too_small, 1.0 - rate.exponent > 3.0 * rate.std_error);
    }
    // No variance at all has no exponent.
    let constant = Statistic(|_: &Sample| Ok(1.5));
    let sample = gaussian_points(1, 128, "constant");
    let spread = Subsampling::new(&constant, &sample, Seed::root(51)).unwrap();
    assert_eq!((spread.std_error, spread.rate), (0.0, None));
    assert!(spread.warnings()[0].contains("the same value"));
    // And the usual case warns of nothing.
    let sample = gaussian_points(2, 2000, "no warning");
    let spread = Subsampling::new(&Entropy(&kl(3)), &sample, Seed::root(52)).unwrap();
    assert!(spread.warnings().is_empty(), "{spread:?}");
}

#[test]
fn too_few_points_are_refused_in_terms_of_the_sample() {
    let refused = |n, dim, estimator: &dyn EntropyEstimator| {
        let sample = gaussian_points(dim, n, "few");
        Subsampling::new(&Entropy(estimator), &sample, Seed::root(53)).map(|s| s.std_error)
    };
    let too_few = |required, actual| {
        Err(Error::TooFewPoints {
            method: "the subsampling standard error",
            required,
            actual,
        })
    };
    assert_eq!(Subsampling::REQUIRED, 128);
    assert_eq!(refused(1, 1, &kl(1)), too_few(128, 1));
    assert_eq!(refused(127, 1, &kl(1)), too_few(128, 127));
    assert!(refused(128, 1, &kl(1)).unwrap() > 0.0);
    // An eighth needs k + 1 = 21, or d + 1 = 51 points.
    assert_eq!(refused(150, 1, &kl(20)), too_few(8 * 21, 150));
    assert_eq!(
        refused(320, 50, &entropy::Gaussian::default()),
        too_few(8 * 51, 320)
    );
    // What stops a block stops the whole.
    let coarse = gaussian_points(1, 400, "coarse")
        .map(1, |x, y| y[0] = x[0].round())
        .unwrap();
    let stopped = Subsampling::new(&Entropy(&kl(1)), &coarse, Seed::root(54));
    assert!(
        matches!(stopped, Err(Error::Duplicates { k: 1, n: 50, .. })),
        "{stopped:?}"
    );
}

#[test]
fn intervals_take_the_quantile_of_student() {
    let sample = gaussian_points(1, 300, "interval");
    let spread = Subsampling::new(&MEAN, &sample, Seed::root(55)).unwrap();
    let interval = spread.interval(2.0, 0.95).unwrap();
    // scipy.stats.t.ppf(0.975, 48)
    let half = 2.010634757624232 * spread.std_error;
    assert!((interval.upper - 2.0 - half).abs() < 1e-12);
    assert!((2.0 - interval.lower - half).abs() < 1e-12);
    for level in [0.0, 1.0, f64::NAN] {
        assert!(matches!(
            spread.interval(2.0, level),
            Err(Error::InvalidParameter { .. })
        ));
    }
}

#[test]
fn the_order_of_the_points_is_no_matter() {
    // Sorted points: blocks of neighbours in the file would be far from samples of the law.
    let mut values: Vec<f64> = gaussian_points(1, 512, "sorted").coordinate(0).collect();
    values.sort_by(f64::total_cmp);
    let textbook = Summary::new(&values).unwrap().std_error;
    let sample = Sample::from_points(1, values).unwrap();
    let spread = Subsampling::new(&MEAN, &sample, Seed::root(56)).unwrap();
    assert!((spread.std_error / textbook - 1.0).abs() < 4.0 * 0.102);
}
