//! Probes against scikit-learn 1.9.1 and NumPy 2.4.6.
//!
//! ```python
//! n, d, K = 60, 5, 3
//! i, j = np.arange(n)[:, None], np.arange(d)[None, :]
//! z = np.sin(1.3*i + 2.1*j + 0.7*i*j)*(1 + j) + (i % K)*np.cos(1.0*j) + 3.0
//! y = np.arange(n) % K
//! y = np.where(np.arange(n) % 7 == 0, (y + 1) % K, y)
//! u = StandardScaler().fit_transform(z)
//! m = LogisticRegression(C=C, tol=1e-13, max_iter=100000).fit(u, y)   # coef_, intercept_ - intercept_.mean()
//! s = unit(z[40:]) @ unit(z[:40]).T                                    # rows scaled to length 1
//! votes = for each row the k largest s, summed as exp(s / T) by class
//! ```

use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::bound::Labels;
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::training::probe::{Logistic, Nearest, accuracy};

const N: usize = 60;

fn points(range: std::ops::Range<usize>) -> Sample {
    let value = |i: usize, j: usize| {
        let (a, b) = (i as f64, j as f64);
        (1.3 * a + 2.1 * b + 0.7 * a * b).sin() * (1.0 + b) + (i % 3) as f64 * b.cos() + 3.0
    };
    let start = range.start;
    Sample::new(DMatrix::from_fn(5, range.len(), |j, i| value(start + i, j))).unwrap()
}

fn labels(range: std::ops::Range<usize>) -> Labels {
    let of = range.map(|i| if i % 7 == 0 { (i + 1) % 3 } else { i % 3 });
    let names = ["a", "b", "c"].map(str::to_owned);
    Labels::new(of.collect(), names.to_vec()).unwrap()
}

#[test]
fn the_linear_probe_is_that_of_scikit_learn() {
    let (sample, labels) = (points(0..N), labels(0..N));
    for (inverse_penalty, weights, bias, loss, share) in [
        (
            1.0,
            [
                [
                    -0.8619549014817394,
                    -0.2830192732427963,
                    0.043999598447784616,
                    0.12046684622795104,
                    0.040096489157268426,
                ],
                [
                    -0.19844792095760608,
                    0.08391166006467868,
                    0.11680290144665703,
                    -0.061409471048100725,
                    -0.14020144317436142,
                ],
                [
                    1.0604028224393454,
                    0.19910761317811768,
                    -0.16080249989444179,
                    -0.05905737517985018,
                    0.1001049540170938,
                ],
            ],
            [
                -0.07148808397941656,
                0.2690205826235169,
                -0.19753249864410038,
            ],
            0.8631235215110765,
            0.65,
        ),
        (
            0.05,
            [
                [
                    -0.3305703090754754,
                    -0.139621487263703,
                    0.032282093496415434,
                    0.08355344949027735,
                    0.023414980257274173,
                ],
                [
                    -0.0658711456698865,
                    0.04409131417565759,
                    0.045942085782703326,
                    0.018557988038407962,
                    -0.048934583435465695,
                ],
                [
                    0.3964414547453619,
                    0.09553017308804543,
                    -0.07822417927911883,
                    -0.10211143752868533,
                    0.025519603178191574,
                ],
            ],
            [
                -0.019275739866833688,
                0.059009295620276445,
                -0.03973355575344276,
            ],
            0.982744113032062,
            0.6,
        ),
    ] {
        let probe = Logistic {
            inverse_penalty,
            tolerance: 1e-9,
            ..Logistic::default()
        };
        let fit = probe.fit(&sample, &labels).unwrap();
        assert!((fit.loss - loss).abs() < 1e-12, "{} {loss}", fit.loss);
        // The biases are determined up to a common number.
        let mean = fit.bias.mean();
        for (class, (weights, bias)) in weights.iter().zip(&bias).enumerate() {
            assert!((fit.bias[class] - mean - bias).abs() < 1e-7);
            for (j, expected) in weights.iter().enumerate() {
                let found = fit.weights[(class, j)];
                assert!((found - expected).abs() < 1e-7, "{found} {expected}");
            }
        }
        let predicted = fit.predict(&sample).unwrap();
        assert!((accuracy(&predicted, &labels).unwrap() - share).abs() < 1e-12);
    }
}

/// With labels that only the class means tell, the control has labels that nothing tells.
#[test]
fn separable_classes_are_read_off_and_shuffled_ones_are_not() {
    let noise = Seed::root(1).normal_matrix(2, 300);
    let sample = Sample::new(DMatrix::from_fn(2, 300, |j, i| {
        let centre = if j == 0 { 3.0 * (i % 3) as f64 } else { 5.0 };
        centre + 0.3 * noise[(j, i)]
    }))
    .unwrap();
    let names: Vec<String> = (0..3).map(|class| class.to_string()).collect();
    let own = Labels::new((0..300).map(|i| i % 3).collect(), names.clone()).unwrap();
    let random = Seed::root(2).normal_matrix(1, 300);
    let random = random
        .iter()
        .map(|number| (1e6 * number).abs() as usize % 3);
    let shuffled = Labels::new(random.collect(), names).unwrap();
    let read = |labels: &Labels| {
        let fit = Logistic::default().fit(&sample, labels).unwrap();
        let linear = accuracy(&fit.predict(&sample).unwrap(), labels).unwrap();
        let [(first, known), (second, unknown)] = [0..150, 150..300].map(|range| {
            let indices: Vec<usize> = range.collect();
            (
                sample.select(&indices).unwrap(),
                labels.select(&indices).unwrap(),
            )
        });
        let votes = Nearest::default().predict(&first, &known, &second).unwrap();
        [linear, accuracy(&votes, &unknown).unwrap()]
    };
    assert!(
        read(&own).iter().all(|share| *share > 0.9),
        "{:?}",
        read(&own)
    );
    assert!(
        read(&shuffled).iter().all(|share| *share < 0.6),
        "{:?}",
        read(&shuffled)
    );
}

#[test]
fn votes_are_those_of_numpy() {
    let (known, queries) = (points(0..40), points(40..N));
    for (k, temperature, expected) in [
        (
            5,
            0.07,
            [0, 0, 2, 0, 0, 0, 0, 1, 0, 2, 1, 1, 0, 1, 0, 2, 2, 0, 2, 1],
        ),
        (
            20,
            0.5,
            [2, 0, 1, 0, 2, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0, 1],
        ),
    ] {
        let nearest = Nearest { k, temperature };
        let found = nearest.predict(&known, &labels(0..40), &queries).unwrap();
        assert_eq!(found, expected);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .unwrap();
        let single = pool.install(|| nearest.predict(&known, &labels(0..40), &queries));
        assert_eq!(single.unwrap(), expected);
    }
}

#[test]
fn constant_coordinates_change_nothing() {
    let sample = points(0..N);
    let padded = sample.map(6, |z, out| {
        out[..5].copy_from_slice(z);
        out[5] = 0.1;
    });
    let labels = labels(0..N);
    let fit = |sample: &Sample| Logistic::default().fit(sample, &labels).unwrap();
    let (plain, padded) = (fit(&sample), fit(&padded.unwrap()));
    assert!((plain.loss - padded.loss).abs() < 1e-9);
    assert!(padded.weights.column(5).amax() < 1e-9);
}

#[test]
fn what_cannot_be_read_off() {
    let (sample, labels) = (points(0..N), labels(0..N));
    let fewer = labels.select(&[0, 1, 2]).unwrap();
    assert_eq!(
        Logistic::default().fit(&sample, &fewer),
        Err(Error::Mismatch {
            what: "labels",
            expected: 60,
            actual: 3
        })
    );
    let hurried = Logistic {
        evaluations: 1,
        ..Logistic::default()
    };
    // Nor below the rounding of the loss: it ends.
    let exact = Logistic {
        tolerance: 1e-30,
        ..Logistic::default()
    };
    assert!(matches!(
        exact.fit(&sample, &labels),
        Err(Error::NoConvergence { .. })
    ));
    assert_eq!(
        hurried.fit(&sample, &labels),
        Err(Error::NoConvergence {
            what: "logistic regression",
            rows: 60,
            columns: 5
        })
    );
    let nearest = Nearest {
        k: 61,
        ..Nearest::default()
    };
    assert_eq!(
        nearest.predict(&sample, &labels, &sample),
        Err(Error::TooFewPoints {
            method: "a vote of neighbours",
            required: 61,
            actual: 60
        })
    );
    let zero = sample.map(5, |_, out| out.fill(0.0)).unwrap();
    assert_eq!(
        Nearest::default().predict(&sample, &labels, &zero),
        Err(Error::ZeroVector {
            what: "the queries",
            point: 0
        })
    );
}

/// A budget that ends the search at a place whose gradient is short enough.
#[test]
fn what_counts_is_the_gradient() {
    let (sample, labels) = (points(0..N), labels(0..N));
    let fit = |tolerance: f64, evaluations: u64| {
        let probe = Logistic {
            tolerance,
            evaluations,
            ..Logistic::default()
        };
        probe.fit(&sample, &labels)
    };
    let mut ended = 0;
    for tolerance in [1e-3, 1e-4, 1e-5, 1e-6] {
        for evaluations in 2..40 {
            let Ok(fit) = fit(tolerance, evaluations) else {
                continue;
            };
            assert!(fit.gradient <= 10.0 * tolerance);
            assert!(fit.iterations <= evaluations);
            ended += usize::from(fit.gradient > tolerance);
        }
    }
    // A search that ends by itself has a gradient below the tolerance.
    assert!(ended > 0);
    assert_eq!(
        fit(1e-9, 5),
        Err(Error::NoConvergence {
            what: "logistic regression",
            rows: 60,
            columns: 5
        })
    );
}

/// Two coordinates that are one, told apart by a penalty that rounding swallows.
#[test]
fn dependent_coordinates_without_a_penalty() {
    let one = points(0..N);
    let twice = one.map(2, |z, out| out.fill(z[0])).unwrap();
    let free = Logistic {
        inverse_penalty: 1e20,
        ..Logistic::default()
    };
    assert!(matches!(
        free.fit(&twice, &labels(0..N)),
        Err(Error::SingularCovariance {
            dim: 2,
            coordinate: 1,
            ..
        })
    ));
}

/// Coordinates that share most of what they have: the correlations have the condition 3.9e6.
///
/// ```python
/// n, d, K = 120, 6, 3
/// i, j = np.arange(n)[:, None], np.arange(d)[None, :]
/// e = np.sin(1.3*i + 2.1*j + 0.7*i*j)
/// z, y = e[:, :1] + e*10.0**(-0.55*j), (e[:, 0] > 0).astype(int) + (e[:, 3] > 0.2)
/// LogisticRegression(C=100, tol=1e-14, max_iter=10**6, solver="newton-cholesky").fit(StandardScaler().fit_transform(z), y)
/// scipy.optimize.minimize(loss, zeros, jac=True, method="L-BFGS-B", options=dict(gtol=1e-9, ftol=0, maxcor=10))
/// ```
///
/// The last of these, without a change of coordinates, takes 384 iterations to the same loss.
#[test]
fn a_bad_condition_costs_few_iterations() {
    const ITERATIONS_OF_SCIPY: u64 = 384;
    let part = |i: usize, j: usize| {
        let (a, b) = (i as f64, j as f64);
        (1.3 * a + 2.1 * b + 0.7 * a * b).sin()
    };
    let sample = Sample::new(DMatrix::from_fn(6, 120, |j, i| {
        part(i, 0) + part(i, j) * 10.0_f64.powf(-0.55 * j as f64)
    }))
    .unwrap();
    let of = (0..120).map(|i| usize::from(part(i, 0) > 0.0) + usize::from(part(i, 3) > 0.2));
    let names = ["a", "b", "c"].map(str::to_owned);
    let labels = Labels::new(of.collect(), names.to_vec()).unwrap();
    let probe = Logistic {
        inverse_penalty: 100.0,
        tolerance: 1e-9,
        ..Logistic::default()
    };
    let fit = probe.fit(&sample, &labels).unwrap();
    assert!(
        (fit.loss - 0.6614240690937803).abs() < 1e-13,
        "{}",
        fit.loss
    );
    let expected = [
        [
            8.14403806658281,
            0.39058561667147046,
            -0.2724606616066709,
            -26.450045479212744,
            8.96422284754817,
            7.633725081028088,
        ],
        [
            0.7447775308375864,
            -0.16948507070685417,
            1.008702814775083,
            -1.4350295526857977,
            -1.3050042871403733,
            1.2057301344387967,
        ],
        [
            -8.88881559742036,
            -0.2211005459647754,
            -0.7362421531685358,
            27.88507503189839,
            -7.659218560407973,
            -8.839455215466957,
        ],
    ];
    for (class, weights) in expected.iter().enumerate() {
        for (j, expected) in weights.iter().enumerate() {
            let found = fit.weights[(class, j)];
            // The penalty's curvature along the worst direction is 1/(n C): a gradient of 1e-9 moves by 1e-5 there.
            assert!((found - expected).abs() < 2e-5, "{found} {expected}");
        }
    }
    assert!(
        4 * fit.iterations < ITERATIONS_OF_SCIPY,
        "{}",
        fit.iterations
    );
}
