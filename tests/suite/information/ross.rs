//! One discrete half.

use vicinfo::information::{Discrete, InformationEstimator, Ross};
use vicinfo::sample::Paired;

use super::{mix, near, pair, weyl};

/// scikit-learn 1.9.1: `sklearn.feature_selection._mutual_info._compute_mi_cd(c, d, k)`,
/// `d = np.floor(3*u)`, `c = 0.5*d + v`; `rare`: `np.where(i <= 3, 9, d)`, k = 5.
#[test]
fn letters_agree_with_scikit_learn() {
    let (u, v) = (weyl(2.0), weyl(3.0));
    let letters: Vec<f64> = u.iter().map(|u| (3.0 * u).floor()).collect();
    let points = mix(&letters, &v, |letter, v| 0.5 * letter + v);
    let pairs = pair(letters.clone(), points.clone(), 1, 1);
    for (k, expected) in [
        (1, 0.558_394_961_772_158_7),
        (3, 0.625_078_074_955_272),
        (5, 0.613_293_031_037_487_8),
    ] {
        let ross = Ross::new(k, Discrete::Auto).unwrap();
        near("ross", ross.information(&pairs), expected);
        let turned = Paired::new(pairs.y.clone(), pairs.x.clone()).unwrap();
        near("ross, turned", ross.information(&turned), expected);
        let told = Ross::new(k, Discrete::X).unwrap();
        near("ross, told", told.information(&pairs), expected);
    }
    // A letter with fewer points than neighbours, and a word about it.
    let mut rare = letters;
    rare[..3].fill(9.0);
    let pairs = pair(rare, points, 1, 1);
    let ross = Ross::new(5, Discrete::Auto).unwrap();
    near("rare", ross.information(&pairs), 0.618_398_189_609_962_8);
    assert!(
        ross.warnings(&pairs)
            .iter()
            .any(|w| w.contains("1 of 4 letters")),
        "{:?}",
        ross.warnings(&pairs)
    );
}
