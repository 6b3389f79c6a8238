//! Neighbours in the product of both halves.

use proptest::prelude::*;
use rand::RngExt;
use rand_distr::StandardNormal;
use vicinfo::information;
use vicinfo::neighbour::{brute, product};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

use super::{beside, mix, near, pair, weyl};

/// NumPy, all pairs: `d = np.maximum(dx, dy)` of Euclidean distances, `r = np.sort(d, 1)[:, k]`,
/// `psi(k) + psi(n) - mean(psi((dx < r).sum(1)) + psi((dy < r).sum(1)))`, x = (u, v),
/// y = (u + .05 w, t).
#[test]
fn euclidean_halves_agree_with_numpy() {
    let [u, v, w, t] = [2.0, 3.0, 5.0, 7.0].map(weyl);
    let y = beside(&mix(&u, &w, |u, w| u + 0.05 * w), &t);
    let pairs = pair(beside(&u, &v), y, 2, 2);
    for (k, expected) in [(1, 1.709_025_312_373_733_6), (3, 1.437_450_255_285_184_2)] {
        let ksg = information::parse(&format!("ksg1(k={k},norm=euclidean)")).unwrap();
        near("euclidean", ksg.information(&pairs), expected);
    }
}

fn product_agrees(pairs: &Paired, k: usize) {
    let bits = |values: Vec<f64>| values.into_iter().map(f64::to_bits).collect::<Vec<_>>();
    assert_eq!(
        bits(product::kth_distances(pairs, k).unwrap()),
        bits(brute::product_kth_distances(pairs, k).unwrap())
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn product_neighbours_equal_brute_force(
        n in 2_usize..150, dim_x in 1_usize..5, dim_y in 1_usize..5, k in 1_usize..8, kind in 0_usize..4, seed: u64,
    ) {
        let mut rng = Seed::root(seed).child("product").rng();
        let mut half = |dim: usize, scale: f64| {
            let values = (0..n * dim).map(|_| {
                let u: f64 = rng.random::<f64>() - 0.5;
                match kind {
                    0 => u,
                    1 => (4.0 * u).round(),
                    2 => scale * u,
                    _ => u / (rng.random::<f64>() + 1e-9).powi(3),
                }
            });
            Sample::from_points(dim, values.collect()).unwrap()
        };
        let pairs = Paired::new(half(dim_x, 1e160), half(dim_y, 1e-160)).unwrap();
        product_agrees(&pairs, k.min(n - 1));
    }
}

#[test]
fn product_neighbours_equal_brute_force_in_many_dimensions() {
    let mut rng = Seed::root(45).rng();
    for dim in [5, 25] {
        let mut half = || {
            let values = (0..400 * dim).map(|_| rng.sample(StandardNormal)).collect();
            Sample::from_points(dim, values).unwrap()
        };
        product_agrees(&Paired::new(half(), half()).unwrap(), 3);
    }
}
