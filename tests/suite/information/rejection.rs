//! Pairs that an estimator refuses.

use vicinfo::Error;
use vicinfo::information;
use vicinfo::sample::Paired;

use super::{beside, pair, weyl};

#[test]
fn unsuitable_pairs_are_refused_by_name() {
    let (u, v) = (weyl(2.0), weyl(3.0));
    let few = |n: usize| pair(u[..n].to_vec(), v[..n].to_vec(), 1, 1);
    let refuses = |name: &str, pairs: &Paired| {
        let estimator = information::parse(name).unwrap();
        estimator.information(pairs).unwrap_err()
    };
    for name in [
        "ksg1(k=3,norm=euclidean)",
        "ksg2(k=3)",
        "lnc(k=3)",
        "mixed(k=3)",
    ] {
        for n in [1, 3] {
            let error = refuses(name, &few(n));
            let right =
                matches!(error, Error::TooFewPoints { required: 4, actual, .. } if actual == n);
            assert!(right, "{name}: {error}");
        }
    }
    assert!(matches!(
        refuses("binned", &few(1)),
        Error::TooFewPoints {
            required: 2,
            actual: 1,
            ..
        }
    ));
    // Repeated pairs have no density.
    let twice = pair(
        [&u[..50], &u[..50]].concat(),
        [&v[..50], &v[..50]].concat(),
        1,
        1,
    );
    for name in ["ksg1(k=1,norm=euclidean)", "ksg2(k=1)"] {
        assert_eq!(
            refuses(name, &twice),
            Error::Duplicates {
                point: 0,
                k: 1,
                count: 100,
                n: 100
            },
            "{name}"
        );
    }
    // On a grid every inner point has four neighbours at one distance.
    let grid = |step: usize| (0..100).map(|i| (i / step % 10) as f64).collect::<Vec<_>>();
    let grid = pair(grid(10), grid(1), 1, 1);
    assert_eq!(
        refuses("ksg2(k=1)", &grid),
        Error::TiedNeighbours {
            point: 0,
            k: 1,
            count: 100,
            n: 100
        }
    );
    assert!(
        information::parse("ksg2(k=1,ties=count)")
            .unwrap()
            .information(&grid)
            .is_ok()
    );
    // Constant halves and equal halves.
    let constant = pair(u.clone(), vec![0.1; 300], 1, 1);
    for name in ["standardised", "normal_ranks", "gaussian_copula"] {
        assert!(
            matches!(
                refuses(name, &constant),
                Error::SingularCovariance {
                    dim: 1,
                    coordinate: 0,
                    ..
                }
            ),
            "{name}"
        );
    }
    assert_eq!(
        information::parse("binned").unwrap().information(&constant),
        Ok(0.0)
    );
    for pairs in [&constant, &pair(u.clone(), u.clone(), 1, 1)] {
        let error = refuses("lnc", pairs);
        assert!(
            matches!(&error, Error::NonFiniteResult { value, .. } if value == "-inf"),
            "{error}"
        );
    }
    let plane = pair(beside(&u, &v), beside(&v, &u), 2, 2);
    assert!(
        matches!(refuses("lnc(k=4)", &plane), Error::InvalidParameter { name, .. } if name == "k")
    );
    // Which half holds the letters, and letters that occur once.
    assert!(
        matches!(refuses("ross", &few(20)), Error::InvalidParameter { name, .. } if name == "discrete")
    );
    assert!(
        matches!(refuses("ross", &grid), Error::InvalidParameter { name, .. } if name == "discrete")
    );
    let lonely = pair(vec![0.0, 0.0, 0.0, 1.0], u[..4].to_vec(), 1, 1);
    assert!(matches!(
        refuses("ross", &lonely),
        Error::TooFewPoints {
            required: 2,
            actual: 1,
            ..
        }
    ));
    let coincide = pair(vec![0.0, 0.0, 1.0, 1.0], vec![0.5, 0.5, 1.0, 2.0], 1, 1);
    assert_eq!(
        refuses("ross(k=1,discrete=x)", &coincide),
        Error::Duplicates {
            point: 0,
            k: 1,
            count: 2,
            n: 4
        }
    );
    for name in [
        "ksg2(k=0)",
        "mixed(k=0)",
        "ross(k=0)",
        "lnc(k=2)",
        "lnc(share=0)",
        "lnc(share=1)",
        "binned(bins=1)",
        "ross(discrete=z)",
        "binned(correction=both)",
    ] {
        assert!(
            matches!(
                information::parse(name).err(),
                Some(Error::InvalidParameter { .. })
            ),
            "{name}"
        );
    }
    assert!(matches!(
        information::parse("standardised(estimator=nothing)").err(),
        Some(Error::UnknownName { .. })
    ));
}
