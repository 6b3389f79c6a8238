//! What every normality test has to keep, by name; the golden values of all of them.

use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use vicinfo::Error;
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::normality::{NormalityTest, Outcome, power};

use crate::table::mixed;

/// A sample with the statistic and the p-value of an independent program.
pub struct Golden(pub Sample, pub f64, pub f64);

pub fn line(values: impl IntoIterator<Item = f64>) -> Sample {
    Sample::from_points(1, values.into_iter().collect()).unwrap()
}

/// `i^2`, `i = 1..count`.
pub fn squares(count: usize) -> Sample {
    line((1..=count).map(|i| (i * i) as f64))
}

/// `(i, i^2 mod 7, 3i mod 5)`, `i = 1..12`.
pub fn twelve() -> Sample {
    let points = (1..=12).flat_map(|i| [i as f64, (i * i % 7) as f64, (3 * i % 5) as f64]);
    Sample::from_points(3, points.collect()).unwrap()
}

pub fn sixth() -> Sample {
    line((0..200_u64).map(|i| i.pow(6) as f64))
}

pub fn fourth() -> Sample {
    line((0..5000_u64).map(|i| i.pow(4) as f64))
}

pub fn odd() -> Sample {
    line((0..1000_i32).map(|i| f64::from((2 * (i % 2) - 1) * if i % 7 == 0 { 10 } else { 1 })))
}

pub fn ramp() -> Sample {
    line((0..101).map(|i| f64::from(37 * i % 101)))
}

pub fn bell() -> Sample {
    line((0..101).map(|i| f64::from(37 * i % 101 + 53 * i * i % 101 + 71 * i * i * i % 101)))
}

/// `N(0, I)`.
pub fn gaussian(dim: usize, n: usize, seed: Seed) -> Result<Sample, Error> {
    let mut rng = seed.rng();
    Sample::new(DMatrix::from_fn(dim, n, |_, _| rng.sample(StandardNormal)))
}

/// `value` must be `expected` up to `tolerance` relative to it, however small.
pub fn relative(what: &str, value: f64, expected: f64, tolerance: f64) {
    assert!(
        (value - expected).abs() <= tolerance * expected.abs(),
        "{what}: {value:e} against {expected:e}"
    );
}

pub fn caught(fault: &str, check: &str, failed: &[&str]) {
    assert!(
        failed.contains(&check),
        "{fault}: expected '{check}' among {failed:?}"
    );
}

/// The names of the checks that the test fails, in `dim` dimensions.
pub fn failures(
    test: &dyn NormalityTest,
    dim: usize,
    golden: &[Golden],
    tolerance: f64,
) -> Vec<&'static str> {
    let mut failed = Vec::new();
    let off = |value: f64, expected: f64, tolerance: f64| {
        (value - expected).abs() > tolerance * expected.abs()
    };
    for Golden(sample, statistic, p_value) in golden {
        let outcome = test.test(sample).unwrap();
        if off(outcome.statistic, *statistic, tolerance) && !failed.contains(&"golden_statistic") {
            failed.push("golden_statistic");
        }
        // A p-value turns with this power of the statistic, the last digit of which is not the same.
        let power = 1.0 + 2.0 * p_value.ln().abs();
        if off(outcome.p_value, *p_value, tolerance * power) && !failed.contains(&"golden_p_value")
        {
            failed.push("golden_p_value");
        }
    }
    // x -> A x + b, A neither symmetric nor triangular, coordinates in units far apart.
    let sample = mixed(60, dim);
    let image = sample
        .map(dim, |x, y| {
            for (i, target) in y.iter_mut().enumerate() {
                let turned = x.iter().enumerate().map(|(j, v)| {
                    let entry = if i == j { 2.0 } else { 0.0 } + 0.1 * (i as f64 + 2.0 * j as f64);
                    entry * v
                });
                *target = 10_f64.powi(2 * i as i32 - 3) * (turned.sum::<f64>() + 30.0);
            }
        })
        .unwrap();
    let Outcome { statistic, p_value } = test.test(&sample).unwrap();
    let moved = test.test(&image).unwrap();
    if off(moved.statistic, statistic, 1e-9) || off(moved.p_value, p_value, 1e-8) {
        failed.push("affine_invariance");
    }
    // Sizes of the approximations are from 0.01 to 0.07 here. A test that never rejects is as wrong as one that
    // always does: of 1000 samples none has probability 4e-5 at 0.01.
    let size = |n, seed| power(test, |n, s| gaussian(dim, n, s), n, 1000, 0.05, seed).unwrap();
    for n in [20, 100] {
        let interval = size(n, Seed::root(3).child(n)).interval(0.9999).unwrap();
        let off = interval.lower > 0.07 || interval.upper < 0.01;
        if off && !failed.contains(&"size") {
            failed.push("size");
        }
    }
    // Exponential coordinates are seen by all tests.
    let exponential = |n, seed: Seed| {
        let mut rng = seed.rng();
        Sample::new(DMatrix::from_fn(dim, n, |_, _| {
            -(1.0 - rng.random::<f64>()).ln()
        }))
    };
    let rate = power(test, exponential, 200, 50, 0.01, Seed::root(4)).unwrap();
    if rate.rejections < 45 {
        failed.push("exponential_rejected");
    }
    failed
}

/// ```python
/// scipy.stats.skewtest(x); kurtosistest(x); normaltest(x); anderson(x, 'norm')
/// statsmodels.stats.diagnostic.normal_ad(x)
/// # p-values of single numbers: mpmath.erfc(abs(z)/sqrt(2))
/// # the skewness of odd(): mpmath from exact fractions
/// z = (x - x.mean())/x.std()
/// np.exp(-.5*(z[:, None] - z)**2).sum()/n - 2**.5*np.exp(-z*z/4).sum() + n/3**.5    # Epps-Pulley
/// ```
/// SciPy 1.17.1, statsmodels 0.15.0. The p-values of Epps and Pulley: [`super::normality`].
pub fn golden(id: &str) -> Vec<Golden> {
    match id {
        "skewness" => vec![
            Golden(squares(8), 0.9168130433566501, 0.35924061651871336),
            Golden(squares(20), 1.3197325725817497, 0.18692432083125776),
            Golden(mixed(40, 1), -0.4376523782889408, 0.6616382956565305),
            Golden(bell(), -0.9351807447064613, 0.3496951600335765),
            Golden(sixth(), 7.886827747802975, 3.0996478106165518e-15),
            Golden(odd(), -0.12997588595624976, 0.8965855050490766),
            Golden(fourth(), 30.68131209011995, 1.01062481710517e-206),
        ],
        "kurtosis" => vec![
            Golden(squares(8), -0.38615883972035364, 0.6993790350964025),
            Golden(squares(20), -0.8792061017083268, 0.3792895366646029),
            Golden(mixed(40, 1), -3.382038032529663, 0.0007195018245433247),
            Golden(bell(), 0.6384009812119571, 0.5232126923879834),
            Golden(ramp(), -5.84230360677252, 5.148386531553212e-9),
            Golden(sixth(), 4.149405737346256, 3.333395173590553e-5),
            Golden(odd(), 9.0002464485153, 2.252115557189405e-19),
            Golden(fourth(), 8.356992138731728, 6.433758583128844e-17),
        ],
        "dagostino_pearson" => vec![
            Golden(squares(8), 0.9896648059630526, 0.6096730781244444),
            Golden(squares(20), 2.514697432414396, 0.28440707165007806),
            Golden(mixed(40, 1), 11.62972085769908, 0.0029828966247330228),
            Golden(bell(), 1.2821188380821211, 0.5267340962125986),
            Golden(sixth(), 79.41961989663697, 5.678696548919849e-18),
            Golden(odd(), 81.02132986494239, 2.5494221902142423e-18),
            Golden(fourth(), 1011.1822291781644, 2.658084816317132e-220),
        ],
        "anderson_darling" => vec![
            Golden(squares(8), 0.2684348601855895, 0.5740423208535255),
            Golden(squares(20), 0.62515128415059, 0.08880683219204077),
            Golden(mixed(40, 1), 0.7490183329354494, 0.046992057136514644),
            Golden(bell(), 0.3367763259581693, 0.50219155230308),
            Golden(ramp(), 1.0947614734573108, 0.006864114235831666),
        ],
        "epps_pulley" => vec![
            Golden(squares(20), 0.3551676526278147, 0.05665922896512826),
            Golden(mixed(40, 1), 0.4095998520873252, 0.0375925236276209),
            Golden(ramp(), 0.6534676556904984, 0.0057713658502180545),
            Golden(sixth(), 13.629700707086627, 8.198080194286569e-42),
        ],
        // ```python
        // Y = X - X.mean(0); S = Y.T@Y/n; G = Y@np.linalg.solve(S, Y.T)
        // k = (G**3).sum()/n/6; scipy.stats.chi2.sf(k, d*(d+1)*(d+2)/6)
        // z = ((np.diag(G)**2).mean() - d*(d+2))/np.sqrt(8*d*(d+2)/n); 2*scipy.stats.norm.sf(abs(z))
        // pingouin.multivariate_normality(X)
        // ```
        // pingouin 0.7.0.
        "mardia_skewness" => vec![
            Golden(twelve(), 3.397244350301104, 0.9704727067661473),
            Golden(mixed(40, 3), 4.454404015234769, 0.924529080157422),
            Golden(mixed(60, 5), 16.507180021676195, 0.9966447592502055),
            Golden(mixed(300, 2), 3.2251124549976784, 0.5208844285935124),
            Golden(mixed(200, 20), 1370.767624279333, 0.9992021329770667),
        ],
        "mardia_kurtosis" => vec![
            Golden(twelve(), -1.4017760980444756, 0.16098211812757113),
            Golden(mixed(40, 3), -1.589728660944679, 0.11189598033952766),
            Golden(mixed(60, 5), -2.5411343363958183, 0.011049345666913344),
            Golden(mixed(300, 2), -5.018850788741125, 5.198150390289327e-7),
            Golden(mixed(200, 20), -5.756558364857219, 8.584611012773532e-9),
        ],
        "henze_zirkler" => vec![
            Golden(twelve(), 0.4688003315442334, 0.6111754662039942),
            Golden(mixed(40, 3), 0.8004868235109547, 0.135881889920897),
            Golden(mixed(60, 5), 0.8842119236974421, 0.27720080284658805),
            Golden(mixed(300, 2), 4.489086120307388, 1.701177930455043e-10),
            Golden(mixed(200, 20), 1.0003394463824236, 0.01749032762721649),
        ],
        _ => panic!("no golden values for {id}"),
    }
}
