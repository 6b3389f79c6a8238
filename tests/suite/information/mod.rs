//! Estimators of information against values of independent programs.

mod copula;
mod ksg;
mod lnc;
mod mixed;
mod reference;
mod rejection;
mod ross;

use rand::RngExt;
use vicinfo::Error;
use vicinfo::information;
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

const TOLERANCE: f64 = 1e-10;

fn near(what: &str, value: Result<f64, Error>, expected: f64) {
    let value = value.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(
        (value - expected).abs() <= TOLERANCE,
        "{what}: {value} against {expected}"
    );
}

fn pair(x: Vec<f64>, y: Vec<f64>, dim_x: usize, dim_y: usize) -> Paired {
    Paired::new(
        Sample::from_points(dim_x, x).unwrap(),
        Sample::from_points(dim_y, y).unwrap(),
    )
    .unwrap()
}

/// The fractional parts of `i^2 sqrt(p)`, as NumPy has them to the last bit:
/// `i = np.arange(1, 301.0); u, v, w, t = [np.mod(i*i*np.sqrt(p), 1) for p in (2., 3., 5., 7.)]`.
fn weyl(p: f64) -> Vec<f64> {
    (1..=300)
        .map(|i| (f64::from(i * i) * p.sqrt()).fract())
        .collect()
}

fn mix(a: &[f64], b: &[f64], map: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| map(*a, *b)).collect()
}

/// Columns side by side, as `np.c_`.
fn beside(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).flat_map(|(a, b)| [*a, *b]).collect()
}

#[test]
fn names_of_estimators_read_back() {
    for name in [
        "ksg1(k=2,norm=euclidean,ties=count)",
        "ksg2(k=4,ties=count)",
        "ross(k=2,discrete=y)",
        "normal_ranks(estimator=standardised(estimator=ksg2(k=3)))",
        "standardised(estimator=three_entropies(estimator=kozachenko_leonenko(k=3,norm=max)))",
        "lnc(k=9,share=0.01)",
    ] {
        assert_eq!(information::parse(name).unwrap().name(), name);
    }
}

/// Ranks of both halves are the same scores, so that ties of distances are common, and letters tie by
/// themselves: neither is free of bias for independent halves, and neither says so.
#[test]
fn only_what_is_unbiased_when_independent_says_so() {
    let says = |name: &str| {
        information::parse(name)
            .unwrap()
            .unbiased_when_independent()
    };
    assert!(says("ksg1(k=3)"));
    assert!(!says("ksg1(k=3,ties=count)"));
    assert!(!says("normal_ranks(estimator=ksg1(k=3))"));
    let letters = |stream: Seed| {
        let mut rng = stream.rng();
        let half = (0..60)
            .map(|_| f64::from(rng.random_range(0..3_u8)))
            .collect();
        Sample::from_points(1, half).unwrap()
    };
    let seed = Seed::root(79);
    let pairs = Paired::new(letters(seed.child("x")), letters(seed.child("y"))).unwrap();
    let counted = information::parse("ksg1(k=3,ties=count)").unwrap();
    assert!(counted.information(&pairs).unwrap() > 1.0);
}
