use proptest::prelude::*;
use vicinfo::Error;
use vicinfo::stats::{
    Summary, Verdict, at_least, at_most, clopper_pearson, equivalent, holm, kolmogorov_smirnov,
    spearman, student_t_quantile, wilson,
};

use Verdict::{Inconclusive, Refuted, Supported};

#[test]
fn verdicts_need_room_on_their_side() {
    assert_eq!(at_most(0.0, 0.1, 0.5, 0.0, 4.0), Supported);
    assert_eq!(at_most(0.2, 0.1, 0.5, 0.0, 4.0), Inconclusive);
    assert_eq!(at_most(0.91, 0.1, 0.5, 0.0, 4.0), Refuted);
    assert_eq!(at_most(0.91, 0.1, 0.5, 1.0, 4.0), Supported);
    assert_eq!(at_least(0.91, 0.1, 0.5, 0.0, 4.0), Supported);
    assert_eq!(at_least(0.0, 0.1, 0.5, 0.0, 4.0), Refuted);
    assert_eq!(equivalent(0.0, 0.1, 0.5, 4.0), Supported);
    assert_eq!(equivalent(-0.3, 0.1, 0.5, 4.0), Inconclusive);
    assert_eq!(equivalent(-1.0, 0.1, 0.5, 4.0), Refuted);
    // "Not rejected" is not support: a wide interval around zero decides nothing.
    assert_eq!(equivalent(0.0, 10.0, 0.5, 4.0), Inconclusive);
    for nan in [
        at_most(f64::NAN, 0.1, 0.5, 0.0, 4.0),
        equivalent(0.0, f64::NAN, 0.5, 4.0),
    ] {
        assert_eq!(nan, Inconclusive);
    }
}

#[test]
fn summaries_agree_with_numpy() {
    // numpy: np.mean, np.std(ddof=1) of [1, 2, 4, 8]
    let summary = Summary::new(&[1.0, 2.0, 4.0, 8.0]).unwrap();
    assert!((summary.mean - 3.75).abs() < 1e-15);
    assert!((summary.std_dev - 3.095_695_936_834_452).abs() < 1e-14);
    assert!((summary.std_error - 1.547_847_968_417_226).abs() < 1e-14);
    let shifted = Summary::new(&[1e9 + 1.0, 1e9 + 2.0, 1e9 + 4.0, 1e9 + 8.0]).unwrap();
    assert!((shifted.std_dev - summary.std_dev).abs() < 1e-12);
    assert_eq!(
        Summary::new(&[1.0]),
        Err(Error::TooFewPoints {
            method: "a standard error",
            required: 2,
            actual: 1
        })
    );
    assert!(matches!(
        Summary::new(&[1e200, -1e200]),
        Err(Error::NonFiniteResult { .. })
    ));
    assert!(matches!(
        Summary::new(&[1.0, f64::NAN]),
        Err(Error::NonFinite { point: 1, .. })
    ));
}

#[test]
fn intervals_agree_with_scipy() {
    // scipy 1.17: beta.ppf for Clopper-Pearson, binomtest(..).proportion_ci(method='wilson')
    let expected = [
        (
            0,
            100,
            0.9,
            0.0,
            0.029513049607039925,
            0.0,
            0.02634272078317432,
        ),
        (
            3,
            10,
            0.95,
            0.0667395111777345,
            0.6524528500599973,
            0.10779126740630102,
            0.6032218525388546,
        ),
        (
            50,
            1000,
            0.99,
            0.03392666271022028,
            0.07050437520145814,
            0.035025075722532446,
            0.0709069726905337,
        ),
        (
            500,
            500,
            0.9,
            0.9940264484836504,
            1.0,
            0.9946180353701581,
            1.0,
        ),
        (
            1,
            7,
            0.5,
            0.0402643902112974,
            0.34071021430136383,
            0.07550334351766484,
            0.2538001251888176,
        ),
    ];
    for (s, n, confidence, cp_low, cp_high, w_low, w_high) in expected {
        let exact = clopper_pearson(s, n, confidence).unwrap();
        assert!((exact.lower - cp_low).abs() < 1e-12, "{s}/{n}: {exact:?}");
        assert!((exact.upper - cp_high).abs() < 1e-12, "{s}/{n}: {exact:?}");
        let score = wilson(s, n, confidence).unwrap();
        assert!((score.lower - w_low).abs() < 1e-12, "{s}/{n}: {score:?}");
        assert!((score.upper - w_high).abs() < 1e-12, "{s}/{n}: {score:?}");
    }
    // oracles.json: ClopperPearson_0/100_95, one-sided 95 %.
    let one_sided = clopper_pearson(0, 100, 0.9).unwrap().upper;
    assert!((one_sided - 0.029_513_049_607_039_93).abs() < 1e-15);
    assert!(matches!(
        clopper_pearson(2, 1, 0.9),
        Err(Error::InvalidParameter { .. })
    ));
    assert!(matches!(
        wilson(0, 0, 0.9),
        Err(Error::InvalidParameter { .. })
    ));
    assert!(matches!(
        wilson(0, 1, 1.0),
        Err(Error::InvalidParameter { .. })
    ));
}

#[test]
fn clopper_pearson_covers() {
    // Exact coverage by summing the binomial law: at least nominal for every p.
    let (n, confidence) = (30_u64, 0.9);
    for step in 1..50 {
        let p = f64::from(step) / 50.0;
        let mut coverage = 0.0;
        let mut weight = (1.0 - p).powi(30);
        for s in 0..=n {
            let interval = clopper_pearson(s, n, confidence).unwrap();
            if (interval.lower..=interval.upper).contains(&p) {
                coverage += weight;
            }
            weight *= (n - s) as f64 / (s + 1) as f64 * p / (1.0 - p);
        }
        assert!(coverage >= confidence - 1e-9, "p = {p}: {coverage}");
    }
}

#[test]
fn spearman_agrees_with_scipy() {
    // scipy.stats.spearmanr([1,2,3,4,5,5],[2,1,4,3,7,9])
    let rho = spearman(
        &[1.0, 2.0, 3.0, 4.0, 5.0, 5.0],
        &[2.0, 1.0, 4.0, 3.0, 7.0, 9.0],
    )
    .unwrap();
    assert!((rho - 0.869_656_553_478_672_7).abs() < 1e-14, "{rho}");
    assert!(matches!(
        spearman(&[1.0, 1.0], &[1.0, 2.0]),
        Err(Error::InvalidParameter { .. })
    ));
    assert!(matches!(
        spearman(&[1.0], &[1.0, 2.0]),
        Err(Error::Mismatch { .. })
    ));
    assert!(matches!(
        spearman(&[f64::INFINITY, 1.0], &[1.0, 2.0]),
        Err(Error::NonFinite { .. })
    ));
    assert_eq!(spearman(&[0.0, -0.0, 1.0], &[2.0, 2.0, 5.0]).unwrap(), 1.0);
}

#[test]
fn student_quantiles_agree_with_scipy() {
    // scipy.stats.t.ppf(p, df), SciPy 1.17.1
    for (p, degrees, expected) in [
        (0.975, 1.0, 12.706204736174694),
        (0.975, 3.0, 3.1824463052837078),
        (0.975, 9.0, 2.262157162798205),
        (0.975, 164.0, 1.9745345758584756),
        (0.995, 30.0, 2.7499956535672254),
        (0.6, 2.5, 0.2814595127485477),
        (0.025, 12.0, -2.1788128296672293),
        (0.9995, 255.0, 3.3290876552893325),
        (0.975, 99999.0, 1.9599877077718442),
    ] {
        let quantile = student_t_quantile(p, degrees).unwrap();
        assert!(
            (quantile - expected).abs() < 1e-10 * expected.abs(),
            "{p}, {degrees}: {quantile}"
        );
    }
    for (p, degrees) in [
        (0.0, 1.0),
        (1.0, 1.0),
        (f64::NAN, 1.0),
        (0.5, 0.0),
        (0.5, f64::INFINITY),
    ] {
        assert!(
            matches!(
                student_t_quantile(p, degrees),
                Err(Error::InvalidParameter { .. })
            ),
            "{p}, {degrees}"
        );
    }
}

#[test]
fn kolmogorov_smirnov_agrees_with_scipy() {
    // i = np.arange(1, n + 1); x = ((i * 0.6180339887498949 + shift * 0.1) % 1) ** power
    // d = scipy.stats.kstest(x, 'uniform').statistic; 1 - scipy.stats._ksstats._kolmogn_DMTW(n, d):
    // its exact branch; kstest itself takes an expansion for the larger n. SciPy 1.17.1
    for (n, shift, power, statistic, p_value) in [
        (1, 0.0, 1.0, 0.6180339887498949, 0.7639320225002102),
        (5, 1.0, 1.0, 0.1901699437494746, 0.9771102938116509),
        (10, 2.0, 1.0, 0.09179606750063041, 0.9999395470903818),
        (200, 5.0, 1.1, 0.043316518662721626, 0.8311752882346022),
        (1000, 6.0, 1.03, 0.012857801993318096, 0.9957969578090106),
    ] {
        let values: Vec<f64> = (1..=n)
            .map(|i| ((f64::from(i) * 0.6180339887498949 + shift * 0.1) % 1.0).powf(power))
            .collect();
        let test = kolmogorov_smirnov(&values, |x| x).unwrap();
        assert!((test.statistic - statistic).abs() < 1e-13, "{n}: {test:?}");
        assert!((test.p_value - p_value).abs() < 1e-11, "{n}: {test:?}");
    }
    // scipy.stats.kstwo.sf(d, n), but _kolmogn_DMTW(n, d, cdf=False) for n >= 1000 except the last tail:
    // values at (i - 1)/n + d, up to 1, have the distance d.
    for (n, d, p_value) in [
        (10, 0.1, 0.99963712),
        (10, 0.3, 0.27053557479999946),
        (10, 0.6, 0.0005681672000000003),
        (100, 0.05, 0.9532159710635725),
        (100, 0.19, 0.0012339926382722768),
        (100, 0.2, 0.0005551927327988775),
        (1000, 0.02, 0.8108971310702142),
        (1000, 0.06, 0.001428597887481869),
        (1000, 0.0615, 0.0009907150268300409),
        (1000, 0.1, 3.703687096817711e-9),
        (10_000, 0.01, 0.2682191279630352),
    ] {
        let values: Vec<f64> = (0..n)
            .map(|i| (f64::from(i) / f64::from(n) + d).min(1.0))
            .collect();
        let test = kolmogorov_smirnov(&values, |x| x).unwrap();
        assert!((test.statistic - d).abs() < 1e-13, "{n}, {d}: {test:?}");
        assert!(
            (test.p_value - p_value).abs() < 1e-9 * p_value,
            "{n}, {d}: {test:?}, expected {p_value}"
        );
    }
    assert_eq!(
        kolmogorov_smirnov(&[], |x| x),
        Err(Error::TooFewPoints {
            method: "a Kolmogorov-Smirnov test",
            required: 1,
            actual: 0
        })
    );
    // As near as any sample can be: every other one is as far, so that p is 1.
    for grid in [&[0.5][..], &[0.25, 0.75], &[0.125, 0.375, 0.625, 0.875]] {
        let test = kolmogorov_smirnov(grid, |x| x).unwrap();
        assert_eq!(
            (test.statistic, test.p_value),
            (0.5 / grid.len() as f64, 1.0)
        );
    }
    assert!(matches!(
        kolmogorov_smirnov(&[0.5, f64::NAN], |x| x),
        Err(Error::NonFinite { point: 1, .. })
    ));
    assert!(matches!(
        kolmogorov_smirnov(&[0.5, 1.5], |x| x),
        Err(Error::InvalidParameter { .. })
    ));
}

#[test]
fn holm_steps_down() {
    // By hand: sorted .01 .02 .03 .04 -> 4*.01, 3*.02, max(.06, 2*.03), max(.06, .04).
    assert_eq!(
        holm(&[0.04, 0.01, 0.03, 0.02]).unwrap(),
        vec![0.06, 0.04, 0.06, 0.06]
    );
    assert_eq!(holm(&[0.9, 0.8]).unwrap(), vec![1.0, 1.0]);
    assert!(matches!(holm(&[1.5]), Err(Error::InvalidParameter { .. })));
    assert!(holm(&[]).unwrap().is_empty());
}

proptest! {
    #[test]
    fn holm_lies_between_raw_and_bonferroni(p in prop::collection::vec(0.0..1.0_f64, 1..12)) {
        let adjusted = holm(&p).unwrap();
        for (raw, adjusted) in p.iter().zip(&adjusted) {
            prop_assert!(adjusted >= raw);
            prop_assert!(*adjusted <= (raw * p.len() as f64).min(1.0) || p.len() > 1);
            prop_assert!(*adjusted <= 1.0);
        }
        let smallest = p.iter().copied().fold(1.0, f64::min);
        let adjusted_smallest = adjusted.iter().copied().fold(1.0, f64::min);
        prop_assert!((adjusted_smallest - (smallest * p.len() as f64).min(1.0)).abs() < 1e-12);
    }

    #[test]
    fn spearman_sees_order_alone(x in prop::collection::vec(-5.0..5.0_f64, 3..20)) {
        let y: Vec<f64> = x.iter().map(|v| v.exp()).collect();
        if let Ok(rho) = spearman(&x, &y) {
            prop_assert!((rho - 1.0).abs() < 1e-12);
            let down: Vec<f64> = y.iter().map(|v| -v).collect();
            prop_assert!((spearman(&x, &down).unwrap() + 1.0).abs() < 1e-12);
        }
    }
}
