//! Spectra and their summaries against NumPy 2.4.6.

use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::diagnostic::{
    Diagnostic, EffectiveRank, LogDet, ParticipationRatio, RankMe, RenyiMatrixEntropy,
    TotalCorrelation, VonNeumannEntropy,
};
use vicinfo::linalg::{
    Spd, covariance, singular_values, svd, symmetric_eigen, symmetric_eigenvalues,
};

use crate::fixture::{self, Reference};
use crate::table::{mixed, near};

#[test]
fn spectra_agree_with_numpy_on_every_set() {
    let Some(fixtures) = fixture::all("spectra_agree_with_numpy_on_every_set") else {
        return;
    };
    let keys: [(&str, &dyn Diagnostic); 4] = [
        ("x_rankme_eps1e7", &RankMe::new(1e-7).unwrap()),
        ("x_effective_rank_sv", &EffectiveRank),
        ("x_participation_ratio_cov", &ParticipationRatio),
        ("x_vonneumann_entropy_cov", &VonNeumannEntropy),
    ];
    let mut compared = 0;
    for set in &fixtures {
        for (key, diagnostic) in keys {
            let Some(Reference::Number(expected)) = set.reference(key) else {
                panic!("{} has no number for {key}", set.id);
            };
            let value = diagnostic.measure(&set.pairs.x).unwrap();
            near(&format!("{} {key}", set.id), value, expected, 1e-8);
            compared += 1;
        }
    }
    assert_eq!(compared, 4 * fixtures.len());
}

/// ```python
/// for n, d in ((40, 3), (10, 25)):
///     x = mixed(n, d); S = np.cov(x.T)
///     print([.5*np.linalg.slogdet(np.eye(d) + b*S)[1] for b in (1, 7.5)])
///     l = np.linalg.eigvalsh(S); l = l[l > 1e-10]; p = l/l.sum()
///     print([np.log((p**a).sum())/(1 - a) for a in (.3, .999, 1.001, 2, 3, 40)])
///     print(-(p*np.log(p)).sum(), l.sum()**2/(l**2).sum())
///     s = np.linalg.svd(x, compute_uv=False); q = s/s.sum(); r = q + 1e-7
///     print(np.exp(-(q*np.log(q)).sum()), np.exp(-(r*np.log(r)).sum()))
/// print(-.5*np.linalg.slogdet(np.corrcoef(mixed(40, 3).T))[1])
/// ```
#[test]
fn values_agree_with_numpy() {
    const ALPHAS: [f64; 6] = [0.3, 0.999, 1.001, 2.0, 3.0, 40.0];
    for (n, dim, log_dets, entropies, [von_neumann, participation, effective, rankme]) in [
        (
            40,
            3,
            [1.1762527893291608, 3.132718028920074],
            [
                0.909975382513052,
                0.5852944861269245,
                0.5846287455336079,
                0.38115753556504794,
                0.3079540635354367,
                0.2124528364022997,
            ],
            [
                0.5849614432629447,
                1.463978215880033,
                1.8806082450162644,
                1.8806086012154433,
            ],
        ),
        (
            10,
            25,
            [6.396041871773284, 13.931166068788894],
            [
                1.9247534428614046,
                1.2832906097907995,
                1.2817337379540221,
                0.7919724207563471,
                0.6277360606610808,
                0.431314323523645,
            ],
            [
                1.2825118668898574,
                2.2077467400157356,
                4.3402514470008615,
                4.340260056283634,
            ],
        ),
    ] {
        let sample = mixed(n, dim);
        for (beta, expected) in [1.0, 7.5].into_iter().zip(log_dets) {
            let value = LogDet::new(beta).unwrap().measure(&sample).unwrap();
            near(&format!("log_det {beta}"), value, expected, 1e-12);
        }
        for (alpha, expected) in ALPHAS.into_iter().zip(entropies) {
            let value = RenyiMatrixEntropy::new(alpha)
                .unwrap()
                .measure(&sample)
                .unwrap();
            // The reference loses digits to 1 / (1 - alpha).
            near(
                &format!("alpha {alpha}"),
                value,
                expected,
                1e-12_f64.max(1e-15 / (1.0 - alpha).abs()),
            );
        }
        near(
            "von Neumann",
            VonNeumannEntropy.measure(&sample).unwrap(),
            von_neumann,
            1e-12,
        );
        near(
            "participation",
            ParticipationRatio.measure(&sample).unwrap(),
            participation,
            1e-12,
        );
        near(
            "effective",
            EffectiveRank.measure(&sample).unwrap(),
            effective,
            1e-12,
        );
        near(
            "rankme",
            RankMe::new(1e-7).unwrap().measure(&sample).unwrap(),
            rankme,
            1e-12,
        );
    }
    let value = TotalCorrelation.measure(&mixed(40, 3)).unwrap();
    near("total correlation", value, 0.8308418829079517, 1e-12);
}

#[test]
fn special_orders_of_renyi() {
    let sample = mixed(10, 25);
    let renyi = |alpha| {
        RenyiMatrixEntropy::new(alpha)
            .unwrap()
            .measure(&sample)
            .unwrap()
    };
    let von_neumann = VonNeumannEntropy.measure(&sample).unwrap();
    assert_eq!(renyi(1.0), von_neumann);
    for step in [1e-15, 1e-12, 1e-9] {
        near(
            "below 1",
            renyi(1.0 - step),
            von_neumann,
            3.0 * step + 1e-14,
        );
        near(
            "above 1",
            renyi(1.0 + step),
            von_neumann,
            3.0 * step + 1e-14,
        );
    }
    let ratio = ParticipationRatio.measure(&sample).unwrap();
    near("order 2", renyi(2.0), ratio.ln(), 1e-14);
    // The two forms of the sum meet where one takes over from the other.
    for alpha in [0.5_f64, 1.5] {
        near(
            "seam",
            renyi(alpha.next_down()),
            renyi(alpha.next_up()),
            1e-13,
        );
    }
}

#[test]
fn both_forms_of_the_log_determinant_agree() {
    for (n, dim) in [(10, 25), (2, 7), (24, 25), (25, 25)] {
        let sample = mixed(n, dim);
        for beta in [1e-3, 1.0, 1e3] {
            let full = DMatrix::identity(dim, dim) + covariance(&sample).unwrap() * beta;
            let expected = 0.5 * Spd::new(&full).unwrap().log_det();
            let value = LogDet::new(beta).unwrap().measure(&sample).unwrap();
            near(
                &format!("n = {n}, dim = {dim}, beta = {beta}"),
                value,
                expected,
                1e-12,
            );
        }
    }
}

#[test]
fn values_alone_are_those_of_the_decompositions() {
    let matrix = mixed(30, 8).matrix().clone();
    for matrix in [matrix.transpose(), matrix] {
        let (values, full) = (
            singular_values(&matrix).unwrap(),
            svd(&matrix).unwrap().values,
        );
        assert_eq!(values.len(), 8);
        for (value, full) in values.into_iter().zip(full) {
            near("singular value", value, full, 1e-13);
        }
    }
    let symmetric = covariance(&mixed(30, 8)).unwrap();
    let (values, full) = (
        symmetric_eigenvalues(&symmetric).unwrap(),
        symmetric_eigen(&symmetric).unwrap().0,
    );
    for (value, full) in values.into_iter().zip(full) {
        near("eigenvalue", value, full, 1e-13);
    }
    assert!(matches!(
        symmetric_eigenvalues(&DMatrix::zeros(2, 3)),
        Err(Error::Mismatch {
            expected: 2,
            actual: 3,
            ..
        })
    ));
    let spd = Spd::new(&symmetric).unwrap();
    let back = spd.lower().transpose() * spd.solve_transposed(&DMatrix::identity(8, 8));
    assert!((back - DMatrix::<f64>::identity(8, 8)).norm() < 1e-10);
}
