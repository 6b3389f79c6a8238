//! Standard errors, the test of independence and calibration: against the spread over replicates,
//! exact values, and what they must refuse.

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use statrs::function::gamma::digamma;
use vicinfo::Error;
use vicinfo::entropy::{
    self, EntropyEstimator, KolchinskyTracey, KozachenkoLeonenko, PairwiseBound,
};
use vicinfo::information::{self, InformationEstimator, Ksg1, Ties};
use vicinfo::law::{self, JointGaussian, JointLaw, Law, StudentT, Truth, UniformBox};
use vicinfo::linalg::covariance;
use vicinfo::neighbour::Norm;
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;
use vicinfo::stats::{Summary, clopper_pearson, kolmogorov_smirnov};
use vicinfo::uncertainty::{
    Calibration, Data, Entropy, Information, Permutation, Quantity, Subsampling, Twins,
};

/// A statistic of pairs or points, without a truth.
struct Statistic<D>(fn(&D) -> Result<f64, Error>);

impl<D: Data> Quantity for Statistic<D> {
    type Data = D;

    fn estimate(&self, data: &D) -> Result<f64, Error> {
        (self.0)(data)
    }

    fn gaussian_truth(&self, _twins: &Twins<'_, D>) -> Result<f64, Error> {
        Ok(0.0)
    }
}

const MEAN: Statistic<Sample> =
    Statistic(|sample| Ok(sample.coordinate(0).sum::<f64>() / sample.n() as f64));

fn exact(truth: Truth) -> f64 {
    match truth {
        Truth::Exact(value) => value,
        other => panic!("{other:?}"),
    }
}

fn kl(k: usize) -> KozachenkoLeonenko {
    KozachenkoLeonenko::new(k, Norm::Euclidean).unwrap()
}

fn ksg(k: usize) -> Ksg1 {
    Ksg1::new(k, Ties::Reject).unwrap()
}

fn gaussian_points(dim: usize, n: usize, label: &str) -> Sample {
    let law = law::Gaussian::standard(dim).unwrap();
    law.sample(n, Seed::root(41).child(label))
}

fn gaussian_pairs(correlations: &[f64], n: usize, label: &str) -> Paired {
    let dim = correlations.len();
    let law = JointGaussian::sparse(dim, dim, correlations).unwrap();
    law.sample(n, Seed::root(42).child(label))
}

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
#[ignore = "slow statistics"]
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

#[test]
fn p_values_agree_with_all_permutations() {
    // scipy.stats.permutation_test((x,), lambda x: np.sum(x * y), permutation_type='pairings',
    // n_resamples=np.inf, alternative='greater'), SciPy 1.17.1: statistic 4.17, p-value 109/720,
    // mean and std (ddof=1) of its null distribution.
    let x = Sample::from_points(1, vec![0.3, -1.2, 0.8, 2.1, -0.4, 1.5]).unwrap();
    let y = Sample::from_points(1, vec![0.1, -0.7, 1.9, 1.1, 0.2, -0.3]).unwrap();
    let pairs = Paired::new(x, y).unwrap();
    let product = Statistic(|pairs: &Paired| {
        Ok(pairs
            .x
            .coordinate(0)
            .zip(pairs.y.coordinate(0))
            .map(|(x, y)| x * y)
            .sum())
    });
    let (p, mean, std) = (109.0 / 720.0, 1.1883333333333335, 2.599973574274609);
    let permutations = 20_000;
    let test = Permutation::new(&product, &pairs, permutations, Seed::root(57)).unwrap();
    let noise = (p * (1.0 - p) / permutations as f64).sqrt();
    assert!((test.p_value - p).abs() < 5.0 * noise, "{test:?}");
    assert!((test.null.mean - mean).abs() < 5.0 * test.null.std_error);
    assert!((test.null.std_dev / std - 1.0).abs() < 0.03, "{test:?}");
    assert!((test.observed - 4.17).abs() < 1e-12);
    assert_eq!(
        (test.permutations, test.null.n),
        (permutations, permutations)
    );
}

#[test]
fn values_that_differ_by_rounding_are_equal() {
    // Every order gives the same number in exact arithmetic, and another last digit.
    let sum = Statistic(|pairs: &Paired| Ok(pairs.y.coordinate(0).sum()));
    let pairs = gaussian_pairs(&[0.5], 100, "rounding");
    let orders: Vec<f64> = (0..50)
        .map(|b| {
            let order = rotation(100, b);
            sum.estimate(&pairs.select(&order).unwrap()).unwrap()
        })
        .collect();
    assert!(orders.iter().any(|v| v.to_bits() != orders[0].to_bits()));
    let test = Permutation::new(&sum, &pairs, 50, Seed::root(58)).unwrap();
    assert_eq!(test.p_value, 1.0);
}

/// A rotation of the indices.
fn rotation(n: usize, by: usize) -> Vec<usize> {
    (0..n).map(|i| (i + by) % n).collect()
}

/// P-values of independent halves, spread over the grid that permutations leave.
fn p_values(replicates: usize, n: usize) -> Vec<f64> {
    const PERMUTATIONS: usize = 39;
    (0..replicates)
        .map(|replicate| {
            let seed = Seed::root(59).child(replicate);
            let pairs = gaussian_pairs(&[0.0, 0.0], n, &format!("null {replicate}"));
            let test = Permutation::new(&Information(&ksg(3)), &pairs, PERMUTATIONS, seed).unwrap();
            // Uniform on the multiples of 1/40; less a uniform part of a step it is uniform on [0, 1].
            test.p_value - seed.child("step").rng().random::<f64>() / (PERMUTATIONS + 1) as f64
        })
        .collect()
}

#[test]
fn p_values_of_independent_halves_are_uniform() {
    let test = kolmogorov_smirnov(&p_values(200, 30), |p| p).unwrap();
    assert!(test.p_value > 0.001, "{test:?}");
}

#[test]
#[ignore = "slow statistics"]
fn many_p_values_of_independent_halves_are_uniform() {
    let values = p_values(4000, 60);
    let test = kolmogorov_smirnov(&values, |p| p).unwrap();
    println!("{test:?}");
    assert!(test.p_value > 0.001, "{test:?}");
    for level in [0.025, 0.05, 0.1, 0.5] {
        let below = values.iter().filter(|&&p| p <= level).count();
        let interval = clopper_pearson(below as u64, values.len() as u64, 0.999).unwrap();
        println!("p <= {level}: {below}, {interval:?}");
        assert!((interval.lower..=interval.upper).contains(&level));
    }
}

#[test]
fn dependence_is_found() {
    let found = |pairs: &Paired, estimator: &dyn InformationEstimator| {
        Permutation::new(&Information(estimator), pairs, 99, Seed::root(60)).unwrap()
    };
    let linear = gaussian_pairs(&[0.5], 200, "power");
    assert_eq!(found(&linear, &ksg(3)).p_value, 0.01);
    assert_eq!(
        found(&linear, &information::Gaussian::default()).p_value,
        0.01
    );
    // Uncorrelated and dependent: nearest neighbours see it, correlations do not.
    let x = gaussian_points(1, 300, "square");
    let noise = gaussian_points(1, 300, "square noise");
    let y: Vec<f64> = (x.coordinate(0).zip(noise.coordinate(0)))
        .map(|(x, e)| x * x + 0.3 * e)
        .collect();
    let square = Paired::new(x, Sample::from_points(1, y).unwrap()).unwrap();
    assert_eq!(found(&square, &ksg(3)).p_value, 0.01);
}

#[test]
fn the_null_mean_is_the_bias_of_independent_halves() {
    // Means of ln det of Wishart matrices: the halves' minus that of the pairs.
    let (dim_x, dim_y, n) = (2, 3, 60);
    let law = JointGaussian::sparse(dim_x, dim_y, &[0.6]).unwrap();
    let gaussian = information::Gaussian::default();
    let bias = |dim| entropy::Gaussian::bias(n, dim).unwrap();
    let expected = bias(dim_x) + bias(dim_y) - bias(dim_x + dim_y);
    let means: Vec<f64> = (0..30)
        .map(|replicate| {
            let seed = Seed::root(61).child(replicate);
            let pairs = law.sample(n, seed);
            let test = Permutation::new(&Information(&gaussian), &pairs, 60, seed).unwrap();
            assert!(test.null.mean < test.observed || test.p_value > 0.1);
            test.null.mean
        })
        .collect();
    let summary = Summary::new(&means).unwrap();
    assert!(
        (summary.mean - expected).abs() < 6.0 * summary.std_error,
        "{summary:?}, expected {expected}"
    );
}

#[test]
fn permutations_that_say_nothing_are_refused_or_warned_of() {
    let pairs = gaussian_pairs(&[0.5], 50, "refused");
    for permutations in [0, 1] {
        assert_eq!(
            Permutation::new(&Information(&ksg(3)), &pairs, permutations, Seed::root(62)),
            Err(Error::invalid("permutations", permutations, "at least 2"))
        );
    }
    assert_eq!(
        Permutation::new(&Information(&ksg(50)), &pairs, 9, Seed::root(62)),
        Err(Error::TooFewPoints {
            method: "ksg1",
            required: 51,
            actual: 50
        })
    );
    let few = Permutation::new(&Information(&ksg(3)), &pairs, 9, Seed::root(62)).unwrap();
    assert!(few.warnings()[0].contains("cannot be below 0.100"));
    let enough = Permutation::new(&Information(&ksg(3)), &pairs, 19, Seed::root(62)).unwrap();
    assert!(enough.warnings().is_empty());
}

#[test]
fn calibration_finds_the_exact_error_of_the_gaussian_entropy() {
    // Any sample: the twins alone matter. Bias and variance of ln det of a Wishart matrix:
    // Muirhead 1982, theorem 3.2.15.
    let (n, dim, replicates) = (25, 4, 400);
    let mixing = DMatrix::from_row_slice(
        4,
        4,
        &[
            3.0, 0.0, 0.0, 0.0, 1.0, 1e-3, 0.0, 0.0, 0.0, 2e-4, 5.0, 0.0, 0.1, 0.0, -2.0, 40.0,
        ],
    );
    let sample = gaussian_points(dim, n, "calibration");
    let sample = Sample::new(&mixing * sample.matrix()).unwrap();
    let plug_in = entropy::Gaussian::default();
    let calibration =
        Calibration::new(&Entropy(&plug_in), &sample, replicates, Seed::root(63)).unwrap();
    let errors = calibration.errors;
    let bias = entropy::Gaussian::bias(n, dim).unwrap();
    assert!(
        (errors.mean - bias).abs() < 5.0 * errors.std_error,
        "{errors:?}, exact {bias}"
    );
    // Half the trigamma function, by a difference of the digamma function.
    let trigamma = |z: f64| (digamma(z + 1e-4) - digamma(z - 1e-4)) / 2e-4;
    let variance: f64 = (1..=dim)
        .map(|i| trigamma((n - i) as f64 / 2.0))
        .sum::<f64>()
        / 4.0;
    let ratio = errors.std_dev / variance.sqrt();
    assert!(
        (ratio - 1.0).abs() < 5.0 / (2.0 * replicates as f64).sqrt(),
        "{ratio}"
    );
    assert!((errors.std_error - errors.std_dev / 20.0).abs() < 1e-15);
    // The truth is the entropy of the law with the sample's covariance: the plug-in itself.
    let value = plug_in.entropy(&sample).unwrap();
    assert!((calibration.truth - value).abs() < 1e-11);
    assert!((calibration.corrected(value) - (value - errors.mean)).abs() < 1e-15);
    assert!(calibration.warnings().is_empty(), "{calibration:?}");
    // The unbiased estimator on the same twins.
    let unbiased = entropy::Gaussian {
        bias_corrected: true,
    };
    let calibration =
        Calibration::new(&Entropy(&unbiased), &sample, replicates, Seed::root(63)).unwrap();
    assert!((calibration.errors.mean - (errors.mean - bias)).abs() < 1e-11);
}

#[test]
fn calibration_corrects_estimates_on_gaussian_data() {
    // Strong dependence, few pairs, neighbours of high order: a bias that is plain to see.
    let law = JointGaussian::sparse(2, 2, &[0.95, 0.9]).unwrap();
    let truth = exact(law.information());
    let estimator = ksg(8);
    let (mut raw, mut corrected) = (Vec::new(), Vec::new());
    for replicate in 0..40 {
        let seed = Seed::root(64).child(replicate);
        let pairs = law.sample(150, seed);
        let value = estimator.information(&pairs).unwrap();
        let calibration = Calibration::new(&Information(&estimator), &pairs, 40, seed).unwrap();
        assert!(!calibration.warnings().is_empty(), "{calibration:?}");
        raw.push(value - truth);
        corrected.push(calibration.corrected(value) - truth);
    }
    let (raw, corrected) = (
        Summary::new(&raw).unwrap(),
        Summary::new(&corrected).unwrap(),
    );
    println!("raw {raw:?}, corrected {corrected:?}");
    assert!(raw.mean < -10.0 * raw.std_error, "{raw:?}");
    // The bias depends on the covariance, which the twins know to about 1/sqrt(150): a tenth of it.
    assert!(
        corrected.mean.abs() < 4.0 * corrected.std_error + 0.1 * raw.mean.abs(),
        "{corrected:?}"
    );
}

#[test]
fn the_truth_of_twins_is_that_of_what_the_estimate_is_about() {
    let mixing = DMatrix::from_row_slice(2, 2, &[1.5, 0.0, -0.4, 0.3]);
    let sample = Sample::new(&mixing * gaussian_points(2, 80, "smoothed").matrix()).unwrap();
    let twins = Twins::new(&sample).unwrap();
    for std in [0.05, 0.7] {
        let bound = KolchinskyTracey::new(PairwiseBound::Kl, std).unwrap();
        let truth = Entropy(&bound).gaussian_truth(&twins).unwrap();
        // (1/2) ln det (2 pi e (S + std^2 I)), by hand for a 2 x 2 matrix.
        let s = covariance(&sample).unwrap();
        let det = (s[(0, 0)] + std * std) * (s[(1, 1)] + std * std) - s[(0, 1)] * s[(0, 1)];
        let expected = (2.0 * std::f64::consts::PI * std::f64::consts::E).ln() + 0.5 * det.ln();
        assert!((truth - expected).abs() < 1e-12, "{truth}, {expected}");
    }
    // Pairs: -(1/2) ln(1 - r^2), r the sample's correlation.
    let pairs = gaussian_pairs(&[0.6], 80, "truth");
    let s = covariance(&pairs.joint()).unwrap();
    let r2 = s[(0, 1)] * s[(0, 1)] / (s[(0, 0)] * s[(1, 1)]);
    let twins = Twins::new(&pairs).unwrap();
    let truth = Information(&ksg(3)).gaussian_truth(&twins).unwrap();
    assert!((truth + 0.5 * (1.0 - r2).ln()).abs() < 1e-12);
}

#[test]
fn twins_have_the_size_the_mean_and_the_covariance() {
    let law = law::Gaussian::new(
        DVector::from_vec(vec![1e8, -3.0]),
        &DMatrix::from_row_slice(2, 2, &[4.0, 1.0, 1.0, 0.5]),
    )
    .unwrap();
    let sample = law.sample(300, Seed::root(65));
    let halves = |sample: &Sample| {
        let half = |j: usize| Sample::from_points(1, sample.coordinate(j).collect()).unwrap();
        Paired::new(half(0), half(1)).unwrap()
    };
    let pairs = halves(&sample);
    let (points, paired) = (Twins::new(&sample).unwrap(), Twins::new(&pairs).unwrap());
    assert_eq!(points.covariance(), paired.covariance());
    let twin = points.draw(Seed::root(66)).unwrap();
    // One stream: the halves of twin pairs are the coordinates of twin points.
    assert_eq!(paired.draw(Seed::root(66)).unwrap(), halves(&twin));
    assert_eq!((twin.n(), twin.dim()), (300, 2));
    let mut means = [Vec::new(), Vec::new()];
    let mut products = Vec::new();
    for draw in 0..200 {
        let twin = points.draw(Seed::root(67).child(draw)).unwrap();
        for (j, means) in means.iter_mut().enumerate() {
            let centre = sample.coordinate(j).sum::<f64>() / 300.0;
            means.push(twin.coordinate(j).map(|v| v - centre).sum::<f64>() / 300.0);
        }
        products.push(covariance(&twin).unwrap()[(0, 1)] - points.covariance()[(0, 1)]);
    }
    for errors in [&means[0], &means[1], &products] {
        let summary = Summary::new(errors).unwrap();
        assert!(summary.mean.abs() < 5.0 * summary.std_error, "{summary:?}");
    }
}

#[test]
fn data_without_a_gaussian_twin_are_refused() {
    let calibrated = |sample: &Sample, replicates| {
        let estimator = entropy::DiagonalGaussian;
        Calibration::new(&Entropy(&estimator), sample, replicates, Seed::root(68))
    };
    let sample = gaussian_points(3, 20, "twin");
    for replicates in [0, 1] {
        assert_eq!(
            calibrated(&sample, replicates),
            Err(Error::invalid("replicates", replicates, "at least 2"))
        );
    }
    for n in [1, 3] {
        assert_eq!(
            calibrated(&gaussian_points(3, n, "few"), 5),
            Err(Error::TooFewPoints {
                method: "a Gaussian law with the covariance of the data",
                required: 4,
                actual: n
            })
        );
    }
    let collinear = sample
        .map(3, |x, y| y.copy_from_slice(&[x[0], x[1], x[0] - x[1]]))
        .unwrap();
    assert!(matches!(
        calibrated(&collinear, 5),
        Err(Error::SingularCovariance {
            dim: 3,
            coordinate: 2,
            ..
        })
    ));
    let constant = sample
        .map(3, |x, y| y.copy_from_slice(&[x[0], 7.0, x[1]]))
        .unwrap();
    assert!(matches!(
        calibrated(&constant, 5),
        Err(Error::SingularCovariance {
            dim: 3,
            coordinate: 1,
            ..
        })
    ));
    // Halves that determine each other have a singular covariance together.
    let equal = Paired::new(sample.clone(), sample).unwrap();
    let stopped = Calibration::new(&Information(&ksg(3)), &equal, 5, Seed::root(69));
    assert!(
        matches!(
            stopped,
            Err(Error::SingularCovariance {
                dim: 6,
                coordinate: 3,
                ..
            })
        ),
        "{stopped:?}"
    );
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let pairs = gaussian_pairs(&[0.4, 0.1], 300, "threads");
    let ksg = ksg(3);
    let all = || {
        let quantity = Information(&ksg);
        (
            Subsampling::new(&quantity, &pairs, Seed::root(70)).unwrap(),
            Permutation::new(&quantity, &pairs, 19, Seed::root(70)).unwrap(),
            Calibration::new(&quantity, &pairs, 10, Seed::root(70)).unwrap(),
        )
    };
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        format!("{:?}", pool.install(all))
    };
    assert_eq!(on(1), on(2));
    assert_eq!(on(1), on(5));
}
