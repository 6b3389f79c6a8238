//! Neighbour searches against brute force, bit by bit, and the estimators that rest on them.
#![allow(
    clippy::float_cmp,
    clippy::unwrap_used,
    reason = "equal bits are the claim; helpers may fail"
)]

use proptest::prelude::*;
use rand::{Rng, RngExt};
use vicinfo::entropy::KozachenkoLeonenko;
use vicinfo::entropy::{self, EntropyEstimator, Promises, Side};
use vicinfo::error::Error;
use vicinfo::information::ThreeEntropies;
use vicinfo::information::{self, InformationEstimator};
use vicinfo::information::{Ksg1, Ties};
use vicinfo::neighbour::{Neighbours, Norm, brute};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

const NORMS: [Norm; 2] = [Norm::Euclidean, Norm::Max];

/// Kinds of data on which searches go wrong in different ways.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Uniform,
    Lattice,
    Repeated,
    Clusters,
    HeavyTails,
    HugeOffset,
    Tiny,
    Giant,
    UnequalScales,
}

const KINDS: [Kind; 9] = [
    Kind::Uniform,
    Kind::Lattice,
    Kind::Repeated,
    Kind::Clusters,
    Kind::HeavyTails,
    Kind::HugeOffset,
    Kind::Tiny,
    Kind::Giant,
    Kind::UnequalScales,
];

fn sample(kind: Kind, n: usize, dim: usize, seed: u64) -> Sample {
    let mut rng = Seed::root(seed).child("neighbour").rng();
    let mut points: Vec<f64> = Vec::with_capacity(n * dim);
    for i in 0..n {
        let earlier = if i > 0 && matches!(kind, Kind::Repeated) && rng.random::<f64>() < 0.5 {
            Some(rng.random_range(0..i))
        } else {
            None
        };
        let centre = f64::from(rng.random_range(0..3_i32)) * 100.0;
        for j in 0..dim {
            let v = match earlier {
                Some(e) => points[e * dim + j],
                None => coordinate(kind, centre, j, &mut rng),
            };
            points.push(v);
        }
    }
    Sample::from_points(dim, points).unwrap()
}

fn coordinate(kind: Kind, centre: f64, j: usize, rng: &mut impl Rng) -> f64 {
    let u: f64 = rng.random::<f64>() - 0.5;
    match kind {
        Kind::Uniform | Kind::Repeated => u,
        Kind::Lattice => (u * 4.0).round(),
        Kind::Clusters => centre + u * 1e-3,
        Kind::HeavyTails => u / (rng.random::<f64>() + 1e-9).powi(3),
        Kind::HugeOffset => 1e12 + u,
        Kind::Tiny => u * 1e-170,
        Kind::Giant => u * 1e170,
        Kind::UnequalScales => u * 10f64.powi(4 * (j as i32 % 4)),
    }
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|v| v.to_bits()).collect()
}

/// All three searches against brute force; radii that meet points exactly are among the tested.
fn agree(sample: &Sample, norm: Norm, k: usize) -> Result<(), TestCaseError> {
    let neighbours = Neighbours::new(sample, norm);
    let kth = neighbours.kth_distances(k).unwrap();
    prop_assert_eq!(
        bits(&kth),
        bits(&brute::kth_distances(sample, norm, k).unwrap())
    );
    prop_assert_eq!(
        neighbours.nearest(k).unwrap(),
        brute::nearest(sample, norm, k).unwrap()
    );
    let above: Vec<f64> = kth.iter().map(|r| r.next_up()).collect();
    let mixed: Vec<f64> = (0..kth.len())
        .map(|i| kth[(i * 7 + 3) % kth.len()] * [0.0, 0.5, 1.0, 3.0, -1.0, 1e3][i % 6])
        .collect();
    for radii in [&kth, &above, &mixed] {
        prop_assert_eq!(
            neighbours.counts_within(radii).unwrap(),
            brute::counts_within(sample, norm, radii).unwrap()
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn equals_brute_force(
        kind in 0..KINDS.len(), n in 2_usize..260, dim in 1_usize..13, k in 1_usize..12, seed: u64,
    ) {
        let sample = sample(KINDS[kind], n, dim, seed);
        for norm in NORMS {
            agree(&sample, norm, k.min(n - 1))?;
        }
    }
}

#[test]
fn equals_brute_force_at_high_orders_and_with_few_points() {
    // Around the width of a tile of the sieve, with its last tile half empty and full.
    for (n, k) in [
        (17, 16),
        (20, 16),
        (20, 17),
        (24, 23),
        (32, 17),
        (41, 40),
        (130, 17),
    ] {
        for dim in [8, 40] {
            for kind in KINDS {
                let sample = sample(kind, n, dim, 3);
                for norm in NORMS {
                    agree(&sample, norm, k).unwrap();
                }
            }
        }
    }
}

#[test]
fn equals_brute_force_on_every_kind_in_every_structure() {
    // 1 is the sorted line, the rest are trees, shallow and deep, and the flat scan.
    for dim in [1, 2, 3, 7, 30, 70] {
        for kind in KINDS {
            let sample = sample(kind, 700, dim, 5);
            for norm in NORMS {
                agree(&sample, norm, 4).unwrap();
            }
        }
    }
}

#[test]
fn every_order_up_to_the_last() {
    let sample = sample(Kind::Uniform, 40, 3, 1);
    for k in 1..40 {
        for norm in NORMS {
            agree(&sample, norm, k).unwrap();
        }
    }
}

#[test]
fn a_cluster_beside_a_far_point_keeps_its_distances() {
    // Squares of 1e-170 vanish beside an extent of 1 unless they are scaled.
    let mut points = vec![1.0, 1.0];
    for i in 0..50 {
        points.extend([f64::from(i) * 1e-170, f64::from(i * i) * 1e-170]);
    }
    let sample = Sample::from_points(2, points).unwrap();
    agree(&sample, Norm::Euclidean, 3).unwrap();
    let kth = Neighbours::new(&sample, Norm::Euclidean)
        .kth_distances(1)
        .unwrap();
    assert!(kth.iter().all(|&r| r > 0.0));
}

#[test]
fn distances_beyond_the_largest_double_are_an_error() {
    for dim in [1, 2, 5] {
        let points = (0..40)
            .map(|i| f64::MAX * [1.0, -1.0][i / dim % 2])
            .take(2 * dim);
        let sample = Sample::from_points(dim, points.collect()).unwrap();
        for norm in NORMS {
            let error = Neighbours::new(&sample, norm).kth_distances(1).unwrap_err();
            assert!(matches!(error, Error::NonFiniteResult { .. }), "{error}");
            assert_eq!(Err(error), brute::kth_distances(&sample, norm, 1));
        }
    }
}

#[test]
fn bad_orders_and_radii_are_rejected() {
    for dim in [1, 2] {
        let sample = sample(Kind::Uniform, 4, dim, 0);
        let neighbours = Neighbours::new(&sample, Norm::Max);
        let few = Error::TooFewPoints {
            method: "nearest neighbours",
            required: 5,
            actual: 4,
        };
        assert_eq!(neighbours.kth_distances(4), Err(few.clone()));
        assert_eq!(neighbours.nearest(4), Err(few.clone()));
        assert_eq!(brute::nearest(&sample, Norm::Max, 4), Err(few));
        assert!(matches!(
            neighbours.kth_distances(0),
            Err(Error::InvalidParameter { name, .. }) if name == "k"
        ));
        assert_eq!(
            neighbours.counts_within(&[1.0; 3]),
            Err(Error::Mismatch {
                what: "radii, one a point",
                expected: 4,
                actual: 3
            })
        );
        for bad in [f64::NAN, f64::INFINITY] {
            assert!(matches!(
                neighbours.counts_within(&[1.0, 1.0, bad, 1.0]),
                Err(Error::InvalidParameter { name, .. }) if name == "radius of point 2"
            ));
        }
    }
    let one = Sample::from_points(3, vec![1.0, 2.0, 3.0]).unwrap();
    let neighbours = Neighbours::new(&one, Norm::Euclidean);
    assert!(matches!(
        neighbours.kth_distances(1),
        Err(Error::TooFewPoints {
            required: 2,
            actual: 1,
            ..
        })
    ));
    assert_eq!(neighbours.counts_within(&[1.0]), Ok(vec![0]));
}

fn pairs(n: usize, dim_x: usize, dim_y: usize) -> Paired {
    let x = sample(Kind::Uniform, n, dim_x, 11);
    let y = sample(Kind::HeavyTails, n, dim_y, 12);
    Paired::new(x, y).unwrap()
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let pairs = [pairs(3000, 1, 1), pairs(3000, 2, 3), pairs(700, 20, 20)];
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let mut all = Vec::new();
            for pairs in &pairs {
                all.push(
                    Ksg1::new(3, Ties::Reject)
                        .unwrap()
                        .information(pairs)
                        .unwrap(),
                );
                for norm in NORMS {
                    let estimator = KozachenkoLeonenko::new(3, norm).unwrap();
                    all.push(estimator.entropy(&pairs.joint()).unwrap());
                    let nearest = Neighbours::new(&pairs.joint(), norm).nearest(4).unwrap();
                    all.extend(
                        nearest
                            .iter()
                            .flatten()
                            .map(|n| n.distance + n.point as f64),
                    );
                }
            }
            bits(&all)
        })
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(3));
}

#[test]
fn names_read_back() {
    for name in [
        "kozachenko_leonenko(k=3,norm=euclidean)",
        "kozachenko_leonenko(k=5,norm=max)",
    ] {
        assert_eq!(entropy::parse(name).unwrap().name(), name);
    }
    for name in [
        "ksg1(k=3)",
        "ksg1(k=4,ties=count)",
        "three_entropies(estimator=kozachenko_leonenko(k=3,norm=max))",
    ] {
        assert_eq!(information::parse(name).unwrap().name(), name);
    }
    assert_eq!(information::parse("ksg1").unwrap().name(), "ksg1(k=3)");
    for (text, parameter) in [
        ("ksg1(k=0)", "k"),
        ("ksg1(k=many)", "k"),
        ("ksg1(ties=jitter)", "ties"),
    ] {
        let error = information::parse(text).err();
        assert!(matches!(error, Some(Error::InvalidParameter { name, .. }) if name == parameter));
    }
    for text in ["kozachenko_leonenko(k=0)", "kozachenko_leonenko(norm=city)"] {
        let error = entropy::parse(text).err();
        assert!(matches!(error, Some(Error::InvalidParameter { .. })));
    }
}

#[test]
fn too_few_points_and_repeated_points_are_rejected() {
    let estimator = KozachenkoLeonenko::new(3, Norm::Euclidean).unwrap();
    for n in 1..4 {
        let few = |method| Error::TooFewPoints {
            method,
            required: 4,
            actual: n,
        };
        let estimate = estimator.entropy(&sample(Kind::Uniform, n, 2, 3));
        assert_eq!(estimate, Err(few("kozachenko_leonenko")));
        let ksg = Ksg1::new(3, Ties::Reject).unwrap();
        assert_eq!(ksg.information(&pairs(n, 1, 2)), Err(few("ksg1")));
    }
    for (dim, n) in [(1, 50), (3, 50)] {
        let constant = Sample::from_points(dim, vec![2.5; n * dim]).unwrap();
        let all = Error::Duplicates {
            point: 0,
            k: 3,
            count: n,
            n,
        };
        assert_eq!(estimator.entropy(&constant), Err(all.clone()));
        let both = Paired::new(constant.clone(), constant).unwrap();
        assert_eq!(
            Ksg1::new(3, Ties::Reject).unwrap().information(&both),
            Err(all)
        );
        // Literally: nobody is within zero, so psi(3) + psi(n) - 2 psi(1).
        let literal = Ksg1::new(3, Ties::Count)
            .unwrap()
            .information(&both)
            .unwrap();
        let harmonic: f64 = (1..n).map(|m| 1.0 / m as f64).sum();
        assert!((literal - (1.5 + harmonic)).abs() < 1e-13, "{literal}");
    }
    // Three points in one place: two neighbours at distance zero, the third not.
    let points = vec![1.0, 1.0, 1.0, 4.0, 6.0, 9.0];
    let sample = Sample::from_points(1, points).unwrap();
    assert!(estimator.entropy(&sample).is_ok());
    let second = KozachenkoLeonenko::new(2, Norm::Max).unwrap();
    assert_eq!(
        second.entropy(&sample),
        Err(Error::Duplicates {
            point: 0,
            k: 2,
            count: 3,
            n: 6
        })
    );
}

#[test]
fn extreme_units_only_shift_the_entropy() {
    let base = sample(Kind::Uniform, 500, 4, 8);
    for norm in NORMS {
        let estimator = KozachenkoLeonenko::new(3, norm).unwrap();
        let here = estimator.entropy(&base).unwrap();
        for power in [-900, -560, 560, 900] {
            let factor = 2f64.powi(power);
            let scaled = base
                .map(4, |a, b| {
                    b.iter_mut().zip(a).for_each(|(b, a)| *b = a * factor)
                })
                .unwrap();
            let shift = 4.0 * f64::from(power) * std::f64::consts::LN_2;
            let there = estimator.entropy(&scaled).unwrap();
            assert!(
                (there - here - shift).abs() < 1e-9,
                "{norm:?} 2^{power}: {there} {here}"
            );
        }
    }
}

#[test]
fn warnings_name_what_is_wrong() {
    let warn = |sample: &Sample| {
        KozachenkoLeonenko::new(3, Norm::Max)
            .unwrap()
            .warnings(sample)
    };
    assert!(warn(&sample(Kind::Uniform, 500, 4, 1)).is_empty());
    let says = |sample: &Sample, what: &str| warn(sample).iter().any(|w| w.contains(what));
    assert!(says(&sample(Kind::Uniform, 500, 17, 1), "17 dimensions"));
    assert!(says(&sample(Kind::UnequalScales, 500, 4, 1), "Standardise"));
    assert!(says(&sample(Kind::Lattice, 500, 4, 1), "repeated values"));
    assert!(says(&sample(Kind::Uniform, 30, 4, 1), "30 points are few"));
}

/// An estimator that converges to a bound.
struct OneSided;

impl EntropyEstimator for OneSided {
    fn name(&self) -> String {
        "one_sided()".to_owned()
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            scaling: true,
            rotation: true,
            unbiased_on_gaussian: false,
            side: Side::Above,
        }
    }

    fn entropy(&self, _: &Sample) -> Result<f64, Error> {
        Ok(0.0)
    }
}

#[test]
fn three_entropies_takes_no_bounds() {
    let error = ThreeEntropies::new(Box::new(OneSided)).err();
    assert!(matches!(error, Some(Error::InvalidParameter { value, .. }) if value == "one_sided()"));
    let adapter = information::parse("three_entropies").unwrap();
    assert_eq!(adapter.promises().side, Side::Consistent);
    let pairs = pairs(200, 2, 1);
    let kl = KozachenkoLeonenko::new(3, Norm::Max).unwrap();
    let [x, y, joint] = [&pairs.x, &pairs.y, &pairs.joint()].map(|s| kl.entropy(s).unwrap());
    assert_eq!(adapter.information(&pairs).unwrap(), x + y - joint);
}

/// Half of the points coincide: each of them is tied with thousands, of which `k` are kept.
#[test]
fn ties_leave_no_memory_behind() {
    let (n, k) = (4000, 3);
    for dim in [1, 2, 12] {
        let mut rng = Seed::root(77).child(dim).rng();
        let points = (0..n * dim).map(|at| if at < n / 2 * dim { 0.0 } else { rng.random() });
        let sample = Sample::from_points(dim, points.collect()).unwrap();
        for norm in NORMS {
            let nearest = Neighbours::new(&sample, norm).nearest(k).unwrap();
            let kept: usize = nearest.iter().map(Vec::capacity).sum();
            assert!(kept <= 2 * n * k, "{dim} {norm:?}: room for {kept}");
        }
    }
}

/// One point far away changes no bit of the others' distances.
#[test]
fn an_outlier_leaves_the_others_exact() {
    let mut rng = Seed::root(78).rng();
    let mut points: Vec<f64> = (0..600 * 24).map(|_| rng.random_range(-1.0..1.0)).collect();
    points[5 * 24..6 * 24].fill(1e9);
    let sample = Sample::from_points(24, points).unwrap();
    for norm in NORMS {
        let found = Neighbours::new(&sample, norm).kth_distances(3).unwrap();
        assert_eq!(found, brute::kth_distances(&sample, norm, 3).unwrap());
    }
}
