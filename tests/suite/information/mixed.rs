//! Halves that are discrete in part.

use std::f64::consts::LN_2;

use rand::RngExt;
use rand_distr::{Distribution, Exp, Poisson};
use vicinfo::information::{Discrete, InformationEstimator, Ksg1, Mixed, Ross, Ties};
use vicinfo::sample::Paired;
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;

use super::{mix, near, pair, weyl};

/// NumPy, all pairs: with `r` the k-th smallest joint distance to others,
/// `kk, nx, ny = (k, (dx < r).sum(), (dy < r).sum()) if r > 0 else
/// ((d == 0).sum(), (dx == 0).sum(), (dy == 0).sum())`, rows of `d` holding the point itself;
/// `psi(n) + mean(psi(kk) - psi(nx) - psi(ny))`. Data: `x = np.where(u < .5, v, np.floor(4*w))`,
/// `y = np.where(t < .3, w, x)`.
#[test]
fn mixtures_agree_with_numpy() {
    let [u, v, w, t] = [2.0, 3.0, 5.0, 7.0].map(weyl);
    let x: Vec<f64> = (0..300)
        .map(|i| {
            if u[i] < 0.5 {
                v[i]
            } else {
                (4.0 * w[i]).floor()
            }
        })
        .collect();
    let y: Vec<f64> = (0..300)
        .map(|i| if t[i] < 0.3 { w[i] } else { x[i] })
        .collect();
    let pairs = pair(x, y, 1, 1);
    for (k, expected) in [
        (1, 2.670_549_866_549_141_6),
        (3, 2.179_840_214_935_224_3),
        (5, 1.965_759_306_859_516_7),
    ] {
        near(
            "mixed",
            Mixed::new(k).unwrap().information(&pairs),
            expected,
        );
    }
    // Letters only: x = np.floor(3*u), y = np.floor(2*np.mod(u + .3*v, 1)).
    let x = u.iter().map(|u| (3.0 * u).floor()).collect();
    let y = mix(&u, &v, |u, v| (2.0 * (u + 0.3 * v).fract()).floor());
    let pairs = pair(x, y, 1, 1);
    near(
        "letters",
        Mixed::new(3).unwrap().information(&pairs),
        0.213_528_074_229_974_33,
    );
}

/// Independent whole numbers whose pairs seldom repeat: distances find information, and it says so. Letters and mixtures it takes.
#[test]
fn a_lattice_is_warned_of() {
    let spread = |step: f64, factor: f64| -> Vec<f64> {
        weyl(step).iter().map(|u| (factor * u).floor()).collect()
    };
    let mixed = Mixed::new(3).unwrap();
    let lattice = pair(spread(2.0, 12.0), spread(3.0, 12.0), 1, 1);
    assert!(mixed.information(&lattice).unwrap() > 0.2);
    let warns = |pairs: &Paired| {
        let warnings = mixed.warnings(pairs);
        warnings
            .iter()
            .any(|text| text.contains("information that is not there"))
    };
    assert!(warns(&lattice));
    assert!(!warns(&pair(spread(2.0, 3.0), spread(3.0, 2.0), 1, 1)));
    assert!(!warns(&pair(spread(2.0, 3.0), weyl(3.0), 1, 1)));
    // Zeros in most points of both halves, and what is no zero varies: the case that it is made for.
    let inflated =
        |step: f64| -> Vec<f64> { weyl(step).iter().map(|u| (u - 0.6).max(0.0)).collect() };
    let inflated = pair(inflated(2.0), inflated(3.0), 1, 1);
    assert!(!warns(&inflated));
    // Permutations of one half give 0.050 ± 0.021.
    assert!(mixed.information(&inflated).unwrap().abs() < 0.13);
}

#[test]
fn mixed_is_ksg_without_repetitions() {
    let (u, v) = (weyl(2.0), weyl(3.0));
    let pairs = pair(u.clone(), mix(&u, &v, |u, v| u + 0.3 * v), 1, 1);
    for k in [1, 4] {
        let mixed = Mixed::new(k).unwrap().information(&pairs).unwrap();
        near(
            "mixed",
            Ksg1::new(k, Ties::Reject).unwrap().information(&pairs),
            mixed,
        );
    }
}

/// X exponential of mean 1; Y = 0 with probability .15, else Poisson of mean X: information
/// .229776 by summation. And m letters with Y uniform on [x, x + 2]: ln m - (m - 1) ln 2 / m.
#[test]
fn mixtures_with_known_information() {
    let zero_inflated = |replicate: usize| {
        let mut rng = Seed::root(41).child(replicate).rng();
        let exponential = Exp::new(1.0).unwrap();
        let (x, y) = (0..4000)
            .map(|_| {
                let x: f64 = exponential.sample(&mut rng);
                let zero = rng.random::<f64>() < 0.15;
                (
                    x,
                    if zero {
                        0.0
                    } else {
                        Poisson::new(x).unwrap().sample(&mut rng)
                    },
                )
            })
            .unzip();
        pair(x, y, 1, 1)
    };
    let letters = |m: i32| {
        move |replicate: usize| {
            let mut rng = Seed::root(42).child(m).child(replicate).rng();
            let (x, y) = (0..4000)
                .map(|_| {
                    let x = f64::from(rng.random_range(0..m));
                    (x, x + 2.0 * rng.random::<f64>())
                })
                .unzip();
            pair(x, y, 1, 1)
        }
    };
    let many = |m: f64| m.ln() - (m - 1.0) * LN_2 / m;
    let mixed = || Box::new(Mixed::new(3).unwrap()) as Box<dyn InformationEstimator>;
    let ross = || Box::new(Ross::new(3, Discrete::X).unwrap()) as Box<dyn InformationEstimator>;
    type Draw = Box<dyn Fn(usize) -> Paired>;
    let cases: [(&str, Box<dyn InformationEstimator>, Draw, f64); 5] = [
        ("zero-inflated", mixed(), Box::new(zero_inflated), 0.229_776),
        ("4 letters", mixed(), Box::new(letters(4)), many(4.0)),
        ("4 letters", ross(), Box::new(letters(4)), many(4.0)),
        ("15 letters", mixed(), Box::new(letters(15)), many(15.0)),
        ("15 letters", ross(), Box::new(letters(15)), many(15.0)),
    ];
    for (what, estimator, draw, truth) in cases {
        let errors: Vec<f64> = (0..12)
            .map(|replicate| estimator.information(&draw(replicate)).unwrap() - truth)
            .collect();
        let summary = Summary::new(&errors).unwrap();
        println!("{what}, {}: {summary:?}", estimator.name());
        // The edges of a uniform density bias neighbours at this n by up to 0.02.
        assert!(
            summary.mean.abs() <= 6.0 * summary.std_error + 0.02,
            "{what}, {}: {summary:?}",
            estimator.name()
        );
    }
}
