//! Bounds and likelihoods of Gaussian pairs.

use std::f64::consts::TAU;

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use vicinfo::Error;
use vicinfo::law::{JointGaussian, JointLaw, Truth};
use vicinfo::objective::reading::{Decoder, GaussianPair, NoisyViews, SignalViews};
use vicinfo::seed::Seed;

use super::close;

/// A positive definite matrix, away from singular.
fn covariance(dim: usize, seed: Seed) -> DMatrix<f64> {
    let root = seed.normal_matrix(dim, dim + 1);
    &root * root.transpose() / (dim + 1) as f64 + DMatrix::identity(dim, dim) * 0.1
}

#[test]
fn bounds_of_four_decoders() {
    // Z = A X, W = A X', X = S + E, X' = S + E'. numpy 2.4:
    // V = A@(S + E)@A.T; C = A@S@A.T; J = block([[V, C], [C.T, V]]); R = 2*V - C - C.T; ld = lambda M: slogdet(M)[1]
    // ld(V) - ld(J)/2; H = (2*log(2*pi*e) + ld(V))/2
    // L = lambda Q: H - (2*log(2*pi) + ld(Q) + trace(solve(Q, R)))/2; L(R); L(eye(2)); L(eye(2)*trace(R)/2)
    let encoder = DMatrix::from_row_slice(2, 3, &[1.0, 0.5, 0.0, 0.0, 1.0, -0.5]);
    let signal = DMatrix::from_row_slice(3, 3, &[1.0, 0.3, 0.0, 0.3, 1.0, 0.2, 0.0, 0.2, 1.0]);
    let noise = DMatrix::from_diagonal(&DVector::from_vec(vec![0.1, 0.2, 0.4]));
    let pair = SignalViews::new(signal, noise)
        .unwrap()
        .pair(&encoder, &encoder)
        .unwrap();
    let information = 1.300_709_569_172_344_5;
    close(pair.information().unwrap(), information, 1e-13);
    close(pair.entropy(), 3.064_210_421_205_574_5, 1e-13);
    let identity = || DMatrix::identity(2, 2);
    for (decoder, bound) in [
        (pair.conditional().unwrap(), information),
        (
            pair.best_covariance(identity()).unwrap(),
            1.209_389_782_982_645,
        ),
        (
            pair.best_isotropic(identity()).unwrap(),
            1.024_841_051_014_001,
        ),
        (
            Decoder::isotropic(identity(), 1.0).unwrap(),
            0.776_333_354_796_229,
        ),
    ] {
        let parts = pair.bound(&decoder).unwrap();
        close(parts.bound, bound, 1e-13);
        close(parts.gap, information - bound, 1e-13);
    }
    // With z and its mean scaled by c and the covariance kept at I, the bound depends on the scale.
    let scaled = |c: f64| {
        let decoder = Decoder::isotropic(identity(), 1.0 / (c * c)).unwrap();
        pair.bound(&decoder).unwrap().bound
    };
    close(scaled((2.0 / 0.9_f64).sqrt()), 1.024_841_051_014_001, 1e-13);
    assert!(scaled(0.05) < 0.0 && scaled(20.0) < -100.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn bound_and_gap_are_the_information(dim_z in 1_usize..5, dim_w in 1_usize..6, seed in 0_u64..10_000) {
        let seed = Seed::root(seed).child("bound");
        let joint = covariance(dim_z + dim_w, seed.child("joint"));
        let pair = GaussianPair::new(dim_z, &joint).unwrap();
        let information = pair.information().unwrap();
        let Truth::Exact(truth) = JointGaussian::new(dim_z, &joint).unwrap().information() else {
            panic!("a closed form");
        };
        prop_assert!((information - truth).abs() < 1e-10);
        let map = seed.child("map").normal_matrix(dim_z, dim_w);
        let any = covariance(dim_z, seed.child("decoder"));
        let decoders = [
            Decoder::isotropic(map.clone(), 1.0).unwrap(),
            Decoder::isotropic(map.clone(), 0.3).unwrap(),
            pair.best_isotropic(map.clone()).unwrap(),
            pair.best_covariance(map.clone()).unwrap(),
            Decoder::new(map, &any).unwrap(),
            pair.conditional().unwrap(),
        ];
        let parts = decoders.map(|decoder| pair.bound(&decoder).unwrap());
        for part in parts {
            prop_assert!((part.bound + part.gap - information).abs() <= 1e-10 * (1.0 + part.gap));
            prop_assert!(part.gap > -1e-10);
            prop_assert!((part.entropy + part.log_likelihood - part.bound).abs() < 1e-12);
        }
        // More freedom, better bounds; the conditional law itself leaves nothing.
        prop_assert!(parts[2].bound >= parts[0].bound - 1e-10);
        prop_assert!(parts[2].bound >= parts[1].bound - 1e-10);
        prop_assert!(parts[3].bound >= parts[2].bound - 1e-10);
        prop_assert!(parts[3].bound >= parts[4].bound - 1e-10);
        prop_assert!(parts[5].gap.abs() < 1e-10);
    }

    #[test]
    fn processing_loses_information(dim in 1_usize..6, seed in 0_u64..10_000) {
        let seed = Seed::root(seed).child("processing");
        let views = SignalViews::new(
            covariance(dim, seed.child("signal")),
            covariance(dim, seed.child("noise")),
        ).unwrap();
        let kept = 1 + (dim / 2);
        let encoder = seed.child("encoder").normal_matrix(kept, dim);
        let less = views.informations(&encoder).unwrap();
        prop_assert!(less.embeddings <= less.embedding_and_view + 1e-10);
        prop_assert!(less.embedding_and_view <= less.views + 1e-10);
        let invertible = seed.child("square").normal_matrix(dim, dim) + DMatrix::identity(dim, dim) * 3.0;
        let all = views.informations(&invertible).unwrap();
        prop_assert!((all.embeddings - all.views).abs() < 1e-8);
        prop_assert!((all.embedding_and_view - all.views).abs() < 1e-8);
    }

    #[test]
    fn the_stated_likelihood_exceeds_the_true_one(dim in 1_usize..6, seed in 0_u64..10_000) {
        let seed = Seed::root(seed).child("stated");
        let (first, second) = (covariance(dim, seed.child("first")), covariance(dim, seed.child("second")));
        let difference = DVector::from_column_slice(seed.child("difference").normal_matrix(dim, 1).as_slice());
        let log_det = |matrix: &DMatrix<f64>| vicinfo::linalg::Spd::new(matrix).unwrap().log_det();
        let excess = dim as f64 * TAU.ln()
            + 0.5 * (first.trace() - log_det(&first) + second.trace() - log_det(&second));
        let views = NoisyViews::new(difference, first, second).unwrap();
        let (unit, stated) = (views.unit().unwrap(), views.as_stated().unwrap());
        prop_assert!((stated - unit - excess).abs() < 1e-10);
        prop_assert!(stated - unit >= dim as f64 * (1.0 + TAU.ln()) - 1e-10);
        // Jensen: the logarithm of a mean is above the mean of logarithms.
        prop_assert!(views.jensen_gap().unwrap() >= -1e-12);
        prop_assert!((views.before_jensen().unwrap() - unit - views.jensen_gap().unwrap()).abs() < 1e-12);
    }
}

#[test]
fn likelihoods_by_hand() {
    // mpmath, 30 digits, mu - mu' = (1, -1), S = diag(.5, .25), S' = diag(1, 2).
    let diagonal = |a: f64, b: f64| DMatrix::from_diagonal(&DVector::from_vec(vec![a, b]));
    let views = NoisyViews::new(
        DVector::from_vec(vec![1.0, -1.0]),
        diagonal(0.5, 0.25),
        diagonal(1.0, 2.0),
    )
    .unwrap();
    close(views.unit().unwrap(), -4.712_877_066_409_345, 1e-14);
    close(views.as_stated().unwrap(), 1.531_024_246_969_291, 1e-14);
    close(views.of_embedding().unwrap(), -3.246_950_656_689_318, 1e-14);
    // -(1/2) (2 ln(2 pi) + ln 6 + 1.5 / 2 + 1.25 / 3), by hand.
    let before = -0.5 * (2.0 * TAU.ln() + 6.0_f64.ln() + 0.75 + 1.25 / 3.0);
    close(views.before_jensen().unwrap(), before, 1e-14);
}

#[test]
fn likelihoods_of_correlated_embeddings() {
    // numpy 2.4 and scipy 1.17, a quadrature over z in place of the closed form:
    // x, w = numpy.polynomial.hermite_e.hermegauss(20); w /= w.sum(); L = numpy.linalg.cholesky(S)
    // sum(a * b * multivariate_normal([0, 0], T).logpdf(d + L @ [p, q]) for p, a in zip(x, w) for q, b in zip(x, w))
    // with T = S', then T = I + S'.
    let covariance = |a: f64, b: f64, c: f64| DMatrix::from_row_slice(2, 2, &[a, b, b, c]);
    let views = NoisyViews::new(
        DVector::from_vec(vec![1.0, -1.0]),
        covariance(0.5, 0.2, 0.25),
        covariance(1.0, 0.6, 2.0),
    )
    .unwrap();
    close(views.of_embedding().unwrap(), -3.673_639_821_473_74, 1e-13);
    close(
        views.before_jensen().unwrap(),
        -3.408_492_858_029_576,
        1e-13,
    );
}

#[test]
fn scalar_views_at_four_noises() {
    // X = S + E, X' = S + E', Var S = 1, Var E = s, Z = X: exact information, bound with q = N(x', 1), bound
    // at the best scale, and what the stated likelihood would give, computed with numpy 2; the row of .1 also
    // with mpmath.
    for (noise, exact, unit, best, stated) in [
        (1e-4, 4.2587, 0.499_95, 4.258_65, 11.548),
        (0.01, 1.9635, 0.494_98, 1.960_99, 6.948),
        (0.1, 0.8756, 0.447_66, 0.852_37, 4.688),
        (1.0, 0.1438, -0.1534, 0.0, 2.684),
    ] {
        let one = |v: f64| DMatrix::from_element(1, 1, v);
        let views = SignalViews::new(one(1.0), one(noise)).unwrap();
        let pair = views.pair(&one(1.0), &one(1.0)).unwrap();
        let information = pair.information().unwrap();
        let bound = |decoder: &Decoder| pair.bound(decoder).unwrap().bound;
        let at_unit = bound(&Decoder::isotropic(one(1.0), 1.0).unwrap());
        let at_best = bound(&pair.best_isotropic(one(1.0)).unwrap());
        assert!((information - exact).abs() < 6e-5, "{information}");
        assert!((at_unit - unit).abs() < 6e-5, "{at_unit}");
        assert!((at_best - best).abs() < 6e-6, "{at_best}");
        // Given the signal, both embeddings are it with noise.
        let given = NoisyViews::new(DVector::zeros(1), one(noise), one(noise)).unwrap();
        close(pair.entropy() + given.unit().unwrap(), at_unit, 1e-13);
        let printed = pair.entropy() + given.as_stated().unwrap();
        assert!((printed - stated).abs() < 6e-4, "{printed}");
        // The bounds hold, the stated form does not.
        assert!(at_unit <= information && at_best <= information && printed > information);
        if noise == 0.1 {
            close(information, 0.875_634_053_936_659, 1e-13);
            close(at_unit, 0.447_655_089_902_162_4, 1e-13);
            close(at_best, 0.852_374_046_119_212_6, 1e-13);
        }
    }
}

#[test]
fn pairs_that_have_no_bound() {
    let identity = DMatrix::identity(3, 3);
    assert!(matches!(
        GaussianPair::new(3, &identity),
        Err(Error::InvalidParameter { .. })
    ));
    let pair = GaussianPair::new(1, &identity).unwrap();
    assert_eq!(
        pair.bound(&Decoder::isotropic(DMatrix::zeros(1, 3), 1.0).unwrap()),
        Err(Error::Mismatch {
            what: "columns of the map",
            expected: 2,
            actual: 3
        })
    );
    assert!(matches!(
        Decoder::isotropic(DMatrix::zeros(1, 2), 0.0),
        Err(Error::SingularCovariance { dim: 1, .. })
    ));
    // No covariance: not symmetric, and with a correlation above 1.
    let refused = |pair: Result<GaussianPair, Error>, says: &str| match pair {
        Err(Error::NotPositiveDefinite { dim: 2, reason }) => {
            assert!(reason.contains(says), "{reason}");
        }
        other => panic!("{other:?}"),
    };
    refused(
        GaussianPair::new(1, &DMatrix::from_row_slice(2, 2, &[1.0, 0.5, 0.0, 1.0])),
        "entries (0, 1) and (1, 0) are 0.5 and 0",
    );
    let nan = DMatrix::from_row_slice(2, 2, &[1.0, 0.5, f64::NAN, 1.0]);
    refused(GaussianPair::new(1, &nan), "are 0.5 and NaN");
    let number = |v: f64| DMatrix::from_element(1, 1, v);
    for cross in [1.3, -1.3, 1.0 + 1e-8] {
        let pair = GaussianPair::from_blocks(number(1.0), number(1.0), number(cross));
        refused(pair, "with unit variances its least eigenvalue is -");
    }
    let pair = GaussianPair::from_blocks(number(1.0), number(1.0), number(f64::NAN));
    assert!(matches!(pair, Err(Error::NonFiniteResult { .. })));
    for (signal, noise) in [
        ([1.0, 0.5, 0.0, 1.0], [1.0, 0.0, 0.0, 1.0]),
        ([1.0, 0.0, 0.0, 1.0], [1.0, 0.5, 0.0, 1.0]),
        ([1.0, 2.0, 2.0, 1.0], [9.0, 0.0, 0.0, 9.0]),
        ([9.0, 0.0, 0.0, 9.0], [1.0, 2.0, 2.0, 1.0]),
    ] {
        let matrix = |entries: [f64; 4]| DMatrix::from_row_slice(2, 2, &entries);
        assert!(matches!(
            SignalViews::new(matrix(signal), matrix(noise)),
            Err(Error::NotPositiveDefinite { dim: 2, .. })
        ));
    }
    let degenerate = DMatrix::from_element(2, 2, 1.0);
    assert!(SignalViews::new(degenerate, DMatrix::identity(2, 2)).is_ok());
    // W determines Z.
    let one = DMatrix::from_element(1, 1, 1.0);
    let same = GaussianPair::from_blocks(one.clone(), one.clone(), one).unwrap();
    assert!(matches!(
        same.information(),
        Err(Error::PerfectDependence { index: 0, .. })
    ));
    assert!(matches!(
        same.conditional(),
        Err(Error::SingularCovariance { .. })
    ));
    let views = SignalViews::new(DMatrix::identity(2, 2), DMatrix::identity(2, 2)).unwrap();
    assert!(matches!(
        views.informations(&DMatrix::from_element(2, 2, 1.0)),
        Err(Error::SingularCovariance { .. })
    ));
}

#[test]
fn laws_of_ill_conditioned_halves_are_laws() {
    // Z = A (S + E), W = A (S + E') with A of condition 1e5 and noise of variance 1e-8: every correlation is
    // 1 / (1 + 1e-8), which computing moves by up to 4e-7. The law is one, and so is its bound.
    let dim = 8;
    for seed in 0..20 {
        let turn = |label: &str| {
            let seed = Seed::root(seed).child(label);
            seed.normal_matrix(dim, dim).qr().q()
        };
        let stretch = nalgebra::DVector::from_fn(dim, |i, _| 10_f64.powf(-5.0 * i as f64 / 7.0));
        let encoder = turn("left") * DMatrix::from_diagonal(&stretch) * turn("right");
        let shared = &encoder * encoder.transpose();
        let shared = (&shared + shared.transpose()) / 2.0;
        let view = &shared * (1.0 + 1e-8);
        let pair = GaussianPair::from_blocks(view.clone(), view, shared);
        assert!(pair.is_ok(), "{seed}: {pair:?}");
    }
}
