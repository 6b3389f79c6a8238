//! The moons of the experiment `mixture-collapse`.

use vicinfo::Error;
use vicinfo::linalg::symmetric_eigenvalues;
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;

use crate::mixture_collapse::ascent::covariance;
use crate::mixture_collapse::moons::two_moons;

fn spread(points: &vicinfo::sample::Sample) -> f64 {
    covariance(points).unwrap().trace()
}

fn near(actual: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(actual.len(), expected.len());
    for (a, e) in actual.iter().zip(expected) {
        assert!((a - e).abs() <= tolerance, "{a} against {e}");
    }
}

/// scikit-learn 1.9: `make_moons(7, noise=None, shuffle=False)[0]`; for 200 points `np.trace(np.cov(X.T, ddof=0))` and
/// `np.linalg.eigvalsh(...)[-1]`.
#[test]
fn moons_without_noise_are_those_of_scikit_learn() {
    let expected = [
        1.0,
        0.0,
        0.0,
        1.0,
        -1.0,
        0.0,
        0.0,
        0.5,
        0.5,
        -0.366_025_403_784_438_6,
        1.5,
        -0.366_025_403_784_438_7,
        2.0,
        0.5,
    ];
    let seven = two_moons(7, 0.0, Seed::root(1)).unwrap();
    near(seven.coordinates(), &expected, 1e-15);
    let many = covariance(&two_moons(200, 0.0, Seed::root(1)).unwrap()).unwrap();
    near(&[many.trace()], &[0.997_399_657_504_488_8], 1e-14);
    near(
        &symmetric_eigenvalues(&many).unwrap()[..1],
        &[0.817_804_698_659_520_4],
        1e-14,
    );
}

#[test]
fn moons_have_the_noise_they_are_given() {
    let noise = 0.05_f64;
    let traces: Vec<f64> = (0..400)
        .map(|i| spread(&two_moons(200, noise, Seed::root(5).child(i)).unwrap()))
        .collect();
    let summary = Summary::new(&traces).unwrap();
    // The mean is subtracted, which takes one of 200 degrees of freedom of each coordinate's noise.
    let expected = 0.997_399_657_504_488_8 + 2.0 * noise * noise * 199.0 / 200.0;
    assert!(
        (summary.mean - expected).abs() < 6.0 * summary.std_error,
        "{summary:?}"
    );
    // To first order in the noise the trace moves by
    // `2/n sum_i <x_i - c, e_i>`, of variance `4 noise^2 trace / n`.
    let spread_of_traces = (4.0 * noise * noise * 0.997_399_657_504_488_8 / 200.0).sqrt();
    let error = spread_of_traces / (2.0 * 399.0_f64).sqrt();
    assert!(
        (summary.std_dev - spread_of_traces).abs() < 6.0 * error,
        "{summary:?}"
    );
    // The limit of many points.
    let many = spread(&two_moons(200_000, 0.0, Seed::root(1)).unwrap());
    let limit = 21.0 / 16.0 - std::f64::consts::FRAC_1_PI;
    assert!((many - limit).abs() < 1e-4, "{many} against {limit}");
}

#[test]
fn moons_that_cannot_be_drawn_are_an_error() {
    let seed = Seed::root(1);
    assert!(matches!(
        two_moons(3, 0.1, seed),
        Err(Error::TooFewPoints {
            required: 4,
            actual: 3,
            ..
        })
    ));
    assert!(matches!(
        two_moons(10, -0.1, seed),
        Err(Error::InvalidParameter { .. })
    ));
    for noise in [f64::NAN, f64::INFINITY] {
        assert!(matches!(
            two_moons(10, noise, seed),
            Err(Error::NonFiniteResult { .. })
        ));
    }
}
