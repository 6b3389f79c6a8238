//! Calibrated tests and rates of rejection.

use rayon::prelude::*;
use vicinfo::Error;
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::clopper_pearson;
use vicinfo::stats::normality::{
    self, Calibrated, DagostinoPearson, HenzeZirkler, MardiaKurtosis, MardiaSkewness,
    NormalityTest, Skewness, Sliced, Tail, UNIVARIATE, power,
};

use crate::normality_check::gaussian;
use crate::table::mixed;

#[test]
fn calibrated_p_values_are_shares_of_the_null() {
    let seed = Seed::root(6);
    let sample = mixed(40, 3);
    let calibrated = Calibrated::new(&HenzeZirkler, 40, 3, 99, seed).unwrap();
    let outcome = calibrated.test(&sample).unwrap();
    let statistic = HenzeZirkler.test(&sample).unwrap().statistic;
    assert_eq!(outcome.statistic, statistic);
    let count = calibrated
        .null()
        .iter()
        .filter(|&&t| t >= statistic)
        .count();
    assert_eq!(outcome.p_value, (1 + count) as f64 / 100.0);
    assert_eq!(calibrated.resolution(), 0.01);
    assert_eq!(calibrated.p_value(f64::MAX).unwrap(), 0.01);
    assert_eq!(calibrated.p_value(f64::MIN).unwrap(), 1.0);
    // A value of the null itself counts.
    assert!(matches!(
        calibrated.p_value(f64::NAN),
        Err(Error::InvalidParameter { name, .. }) if name == "statistic"
    ));
    let tenth = calibrated.null()[89];
    assert_eq!(calibrated.p_value(tenth).unwrap(), 0.11);

    let both = Calibrated::new(&MardiaKurtosis, 40, 3, 99, seed).unwrap();
    assert_eq!(both.resolution(), 0.02);
    for far in [f64::MAX, f64::MIN] {
        assert_eq!(both.p_value(far).unwrap(), 0.02);
    }
    assert_eq!(both.p_value(both.null()[49]).unwrap(), 1.0);
    assert_eq!(both.p_value(both.null()[4]).unwrap(), 0.12);

    let pools = [1, 4].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| {
            let test = normality::parse("sliced(slices=5)").unwrap();
            let calibrated = Calibrated::new(&*test, 300, 3, 20, seed).unwrap();
            let mardia = MardiaSkewness.test(&mixed(1000, 4)).unwrap();
            (calibrated.null().to_vec(), mardia)
        })
    });
    assert_eq!(pools[0], pools[1]);
}

#[test]
fn calibration_is_refused_where_it_would_be_wrong() {
    let seed = Seed::root(7);
    let raw = Sliced::random(&DagostinoPearson, 4, false, seed).unwrap();
    let error = |test: &dyn NormalityTest, n, dim, replicates| {
        Calibrated::new(test, n, dim, replicates, seed)
            .err()
            .unwrap()
    };
    assert!(matches!(
        error(&raw, 40, 3, 99),
        Error::InvalidParameter { name, .. } if name == "test"
    ));
    assert!(matches!(
        error(&HenzeZirkler, 40, 3, 0),
        Error::InvalidParameter { name, .. } if name == "replicates"
    ));
    assert_eq!(error(&HenzeZirkler, 0, 3, 9), Error::Empty { n: 0, dim: 3 });
    assert_eq!(
        error(&Skewness, 7, 1, 9),
        Error::TooFewPoints {
            method: "skewness",
            required: 8,
            actual: 7
        }
    );
    let calibrated = Calibrated::new(&HenzeZirkler, 40, 3, 99, seed).unwrap();
    for (sample, what, expected, actual) in [
        (mixed(41, 3), "points of a calibrated test", 40, 41),
        (mixed(40, 2), "coordinates of a calibrated test", 3, 2),
    ] {
        assert_eq!(
            calibrated.test(&sample),
            Err(Error::Mismatch {
                what,
                expected,
                actual
            })
        );
    }
    let run = |level, replicates| {
        power(
            &calibrated,
            |n, s| gaussian(3, n, s),
            40,
            replicates,
            level,
            seed,
        )
    };
    assert!(run(0.01, 10).is_ok());
    for (level, replicates, parameter) in [
        (0.0099, 10, "level"),
        (0.0, 10, "level"),
        (1.0, 10, "level"),
        (f64::NAN, 10, "level"),
        (0.05, 0, "replicates"),
    ] {
        assert!(
            matches!(
                run(level, replicates),
                Err(Error::InvalidParameter { name, .. }) if name == parameter
            ),
            "level {level}, {replicates} replicates"
        );
    }
    // The alternative's own error comes through.
    let broken = |_, _| Sample::from_points(3, vec![f64::NAN; 120]);
    assert!(matches!(
        power(&calibrated, broken, 40, 3, 0.05, seed),
        Err(Error::NonFinite { point: 0, .. })
    ));
}

#[test]
fn power_counts_rejections() {
    let seed = Seed::root(8);
    let found = power(
        &DagostinoPearson,
        |n, s| gaussian(1, n, s),
        30,
        500,
        0.2,
        seed,
    )
    .unwrap();
    let by_hand = (0..500)
        .filter(|&r: &usize| {
            let sample = gaussian(1, 30, seed.child("power").child(r)).unwrap();
            DagostinoPearson.test(&sample).unwrap().p_value <= 0.2
        })
        .count() as u64;
    assert_eq!((found.rejections, found.replicates), (by_hand, 500));
    assert_eq!(found.rate(), by_hand as f64 / 500.0);
    assert_eq!(
        found.interval(0.9).unwrap(),
        clopper_pearson(by_hand, 500, 0.9).unwrap()
    );
}

/// Over the draws of null and sample together the size is the level, whatever `n`, `d` and the approximation:
/// 19 draws, or 39 where both sides count, give it exactly.
#[test]
fn calibrated_tests_keep_their_level() {
    for entry in normality::ALL {
        let name = match entry.id {
            "sliced" => "sliced(slices=4)",
            id => id,
        };
        let test = normality::parse(name).unwrap();
        let dim = if UNIVARIATE.iter().any(|(id, _)| *id == entry.id) {
            1
        } else {
            4
        };
        let draws = if test.tail() == Tail::Both { 39 } else { 19 };
        let rejections: usize = (0..1500_usize)
            .into_par_iter()
            .map(|r| {
                let seed = Seed::root(9).child(entry.id).child(r);
                let calibrated = Calibrated::new(&*test, 12, dim, draws, seed).unwrap();
                let sample = gaussian(dim, 12, seed.child("sample")).unwrap();
                usize::from(calibrated.test(&sample).unwrap().p_value <= 0.05)
            })
            .sum();
        let interval = clopper_pearson(rejections as u64, 1500, 0.9999).unwrap();
        assert!(
            (interval.lower..interval.upper).contains(&0.05),
            "{name}: {rejections} of 1500"
        );
    }
}
