//! The test of independence.

use rand::RngExt;
use vicinfo::Error;
use vicinfo::entropy;
use vicinfo::information::{self, InformationEstimator};
use vicinfo::law::{JointGaussian, JointLaw};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;
use vicinfo::stats::{Summary, clopper_pearson, kolmogorov_smirnov};
use vicinfo::uncertainty::{Data, Information, Permutation, Quantity};

use super::{Statistic, gaussian_pairs, gaussian_points, ksg};

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
#[ignore = "slow statistics: 4000 tests of 39 permutations"]
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
