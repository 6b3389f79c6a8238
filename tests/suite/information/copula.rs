//! Ranks in place of values.

use vicinfo::information::{self, GaussianCopula, InformationEstimator, NormalRanks};

use super::{mix, near, pair, weyl};

/// `scipy.stats.norm.ppf(rankdata(q) / (n + 1))`, `-.5 * np.log1p(-np.corrcoef(...)[0, 1]**2)` on
/// `np.round(u*5)/5` and `np.round((u + .5*v)*4)/4`.
#[test]
fn copula_shares_ranks_among_equal_values() {
    let (u, v) = (weyl(2.0), weyl(3.0));
    let x: Vec<f64> = u.iter().map(|u| (u * 5.0).round() / 5.0).collect();
    let y = mix(&u, &v, |u, v| ((u + 0.5 * v) * 4.0).round() / 4.0);
    let pairs = pair(x, y, 1, 1);
    let copula = GaussianCopula::default();
    near(
        "copula",
        copula.information(&pairs),
        0.620_057_809_182_547_3,
    );
    assert!(copula.warnings(&pairs)[0].contains("300 of 300 values of coordinate 0"));
    let ranks = NormalRanks::new(Box::new(information::Gaussian::default()));
    near("ranks", ranks.information(&pairs), 0.620_057_809_182_547_3);
}
