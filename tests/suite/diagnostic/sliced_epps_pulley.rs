//! The distance of Epps and Pulley on directions, against SciPy 1.17.1 and its exact means.

use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use vicinfo::diagnostic::{Diagnostic, SlicedEppsPulley};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;
use vicinfo::stats::normality::EppsPulley;

use super::{measure, normal};
use crate::table::{mixed, near};

/// In Python, with the hash written anew:
///
/// ```python
/// def mix(z):
///     M = (1 << 64) - 1
///     z = ((z + 1)*0x9e3779b97f4a7c15) & M
///     z = ((z ^ (z >> 30))*0xbf58476d1ce4e5b9) & M
///     z = ((z ^ (z >> 27))*0x94d049bb133111eb) & M
///     return z ^ (z >> 31)
/// u = np.array([[scipy.stats.norm.ppf(((mix(k*3 + c) >> 11) + .5)/2**53) for c in range(3)] for k in range(4)])
/// u /= np.linalg.norm(u, axis=1, keepdims=True)
/// def ep(y):
///     f = lambda t: abs(np.mean(np.exp(1j*t*y)) - np.exp(-t*t/2))**2*np.exp(-t*t/2)
///     return 2*sum(scipy.integrate.quad(f, a, a + 1, epsabs=1e-15, epsrel=1e-13, limit=400)[0] for a in range(10))
/// x = mixed(40, 3)
/// L = np.linalg.cholesky(np.cov(x.T)); z = np.linalg.solve(L, (x - x.mean(0)).T).T
/// y = mixed(40, 1)[:, 0]
/// print(u[0], np.mean([ep(x @ v) for v in u]), np.mean([ep(z @ v) for v in u]), ep(y), ep((y - y.mean())/y.std(ddof=1)))
/// ```
#[test]
fn epps_pulley_agrees_with_adaptive_quadrature() {
    let directions = SlicedEppsPulley::new(4, false).unwrap().directions(3);
    for (c, expected) in [0.5226959133321833, -0.0756543404032787, -0.8491557000715355]
        .into_iter()
        .enumerate()
    {
        near("direction", directions[(c, 0)], expected, 1e-10);
    }
    for (dim, standardise, expected) in [
        (3, false, 1.2758023538253283),
        (3, true, 0.010341835114507932),
        (1, false, 1.0461102235012791),
        (1, true, 0.0230035359874185),
    ] {
        let diagnostic = SlicedEppsPulley::new(4, standardise).unwrap();
        let value = diagnostic.measure(&mixed(40, dim)).unwrap();
        near(
            &format!("{} dim = {dim}", diagnostic.name()),
            value,
            expected,
            1e-10,
        );
    }
}

#[test]
fn epps_pulley_by_both_rules() {
    let mut rng = Seed::root(8).rng();
    for (n, scale, offset) in [
        (1, 0.0, 0.0),
        (1, 0.0, 3.0),
        (5, 1.0, 0.0),
        (300, 1.0, 0.0),
        (300, 30.0, 1000.0),
        (300, 1e-3, -40.0),
    ] {
        let values: Vec<f64> = (0..n)
            .map(|_| offset + scale * rng.sample::<f64, _>(StandardNormal))
            .collect();
        let (closed, sum) = (
            EppsPulley::closed_form(&values).unwrap(),
            EppsPulley::quadrature(&values).unwrap(),
        );
        near(
            &format!("n = {n}, scale = {scale}, offset = {offset}"),
            sum,
            closed,
            1e-13,
        );
    }
    // Points too far apart for a grid: the closed form, and its limit for isolated points.
    let far = Sample::from_points(1, vec![1e12, -3e12, 5e12, 8e12]).unwrap();
    let value = SlicedEppsPulley::new(1, false)
        .unwrap()
        .measure(&far)
        .unwrap();
    near(
        "far",
        value,
        std::f64::consts::TAU.sqrt() * (0.25 + 1.0 / 3.0_f64.sqrt()),
        1e-14,
    );
}

#[test]
fn epps_pulley_of_gaussian_points_has_the_mean_it_says() {
    let values: Vec<f64> = (0..2000)
        .map(|replicate| {
            let sample = normal(1, 50, Seed::root(12).child(replicate));
            SlicedEppsPulley::new(1, false)
                .unwrap()
                .measure(&sample)
                .unwrap()
        })
        .collect();
    let summary = Summary::new(&values).unwrap();
    let expected = std::f64::consts::TAU.sqrt() * (1.0 - 1.0 / 3.0_f64.sqrt()) / 50.0;
    assert!(
        (summary.mean - expected).abs() < 6.0 * summary.std_error,
        "{summary:?} against {expected}"
    );
}

/// Fitting mean and variance takes two thirds of it away.
#[test]
fn epps_pulley_of_standardised_gaussian_points_has_the_mean_it_says() {
    let estimator = SlicedEppsPulley::new(1, true).unwrap();
    let draw = |replicate| normal(1, 200, Seed::root(15).child(replicate));
    let values: Vec<f64> = (0..2000)
        .map(|replicate: usize| estimator.measure(&draw(replicate)).unwrap())
        .collect();
    let summary = Summary::new(&values).unwrap();
    let expected = std::f64::consts::TAU.sqrt() * (1.0 - 1.5 / 3.0_f64.sqrt()) / 200.0;
    assert!(
        (summary.mean - expected).abs() < 6.0 * summary.std_error,
        "{summary:?} against {expected}"
    );
    // Two numbers three apart: the test tells them from each other.
    let unfitted = std::f64::consts::TAU.sqrt() * (1.0 - 1.0 / 3.0_f64.sqrt()) / 200.0;
    assert!((summary.mean - unfitted).abs() > 20.0 * summary.std_error);
    let said = format!("{expected:.2e}");
    let warnings = estimator.warnings(&draw(0));
    assert!(warnings.iter().any(|w| w.contains(&said)), "{warnings:?}");
}

/// It sees the shape: uniform coordinates stand out, and more points do not blur them.
#[test]
fn epps_pulley_tells_shapes_apart() {
    let mut rng = Seed::root(13).rng();
    let cube = Sample::new(DMatrix::from_fn(2, 20_000, |_, _| {
        rng.random_range(-1.0..1.0)
    }))
    .unwrap();
    let gaussian = normal(2, 20_000, Seed::root(14));
    let distance = |sample: &Sample| measure("sliced_epps_pulley", sample).unwrap();
    assert!(distance(&cube) > 10.0 * distance(&gaussian));
    // Without standardising a shift counts, with it not.
    let shifted = gaussian
        .map(2, |x, y| {
            y.iter_mut().zip(x).for_each(|(y, x)| *y = 2.0 * x + 1.0)
        })
        .unwrap();
    near(
        "standardised",
        distance(&shifted),
        distance(&gaussian),
        1e-10,
    );
    assert!(measure("sliced_epps_pulley(standardise=false)", &shifted).unwrap() > 0.1);
}
