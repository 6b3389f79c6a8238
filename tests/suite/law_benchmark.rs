//! The tasks of Czyż et al. 2023 against its values, its samples and the estimates made with it.

use std::collections::BTreeMap;

use vicinfo::information::{InformationEstimator, Ksg1, Ties};
use vicinfo::law::Truth;
use vicinfo::law::catalogue::BENCHMARK;
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;

use crate::fixture::{self, Fixture, Reference, standardised};
use crate::law_joint::pairs;
use crate::shared::shared;

/// Values that the benchmark lists, in nats.
fn listed(id: &str) -> f64 {
    let base = [
        ("1v1-additive-0.1", 1.709_437_912),
        ("1v1-additive-0.75", 0.333_333_333),
        ("student-identity-1-1-1", 0.224_171_428),
        ("student-identity-2-2-1", 0.431_945_622),
        ("student-identity-2-2-2", 0.193_147_181),
        ("student-identity-3-3-2", 0.290_921_923),
        ("student-identity-3-3-3", 0.178_711_853),
        ("student-identity-5-5-2", 0.448_150_677),
        ("student-identity-5-5-3", 0.298_543_623),
        ("multinormal-dense-2-2-0.5", 0.293_893_332),
        ("multinormal-dense-3-3-0.5", 0.413_339_287),
        ("multinormal-dense-5-5-0.5", 0.592_811_833),
        ("multinormal-dense-25-25-0.5", 1.292_183_722),
        ("multinormal-dense-50-50-0.5", 1.624_265_374),
    ];
    if let Some((_, value)) = base.iter().find(|(base, _)| id.ends_with(base)) {
        *value
    } else if id.contains("multinormal-sparse") {
        1.021_651_248
    } else {
        assert!(
            id.ends_with("1v1-normal-0.75") || id == "1v1-bimodal-0.75",
            "{id}"
        );
        0.413_339_287
    }
}

#[test]
fn tasks_have_their_information() {
    for id in BENCHMARK {
        let Truth::Exact(value) = pairs(id).information() else {
            panic!("{id} is not exact")
        };
        // Nine decimals are listed.
        assert!((value - listed(id)).abs() < 1e-9, "{id}: {value}");
    }
}

/// The name of the law that a sample set came from: the part before `-n1000-s3`.
fn law_of(fixture: &Fixture) -> Option<&str> {
    let (id, tail) = fixture.id.rsplit_once("-n")?;
    let known = tail.contains("-s") && vicinfo::law::catalogue::named(id).is_ok();
    known.then_some(id)
}

/// Largest distance between two empirical distribution functions.
fn kolmogorov_smirnov(mut a: Vec<f64>, mut b: Vec<f64>) -> f64 {
    a.sort_unstable_by(f64::total_cmp);
    b.sort_unstable_by(f64::total_cmp);
    let share =
        |values: &[f64], at: f64| values.partition_point(|v| *v <= at) as f64 / values.len() as f64;
    a.iter()
        .chain(&b)
        .map(|at| (share(&a, *at) - share(&b, *at)).abs())
        .fold(0.0, f64::max)
}

/// Two-sample Kolmogorov-Smirnov test of every coordinate, and of the sum and the difference of every
/// coordinate of X and every one of Y, at level 0.001 for all of them together.
///
/// # Source
/// Knuth, The Art of Computer Programming, volume 2, section 3.3.1: the critical distance is
/// `sqrt(-ln(level / 2) / 2) sqrt(1/n + 1/m)`.
#[test]
fn draws_are_distributed_as_those_of_the_benchmark() {
    const NAME: &str = "draws_are_distributed_as_those_of_the_benchmark";
    let Some(fixtures) = fixture::all(NAME) else {
        return;
    };
    let mut compared = 0;
    for fixture in &fixtures {
        let Some(id) = law_of(fixture) else {
            continue;
        };
        compared += 1;
        let ours = pairs(id).sample(20_000, Seed::root(41).child(id));
        let (dim_x, dim_y) = ours.dims();
        assert_eq!(fixture.pairs.dims(), (dim_x, dim_y), "{id}");
        let functions = function_count(dim_x, dim_y);
        let level = 0.001 / functions as f64;
        let (n, m) = (ours.n() as f64, fixture.pairs.n() as f64);
        let critical = (-0.5 * (0.5 * level).ln()).sqrt() * (1.0 / n + 1.0 / m).sqrt();
        let (a, b) = (functions_of(&ours), functions_of(&fixture.pairs));
        assert_eq!(a.len(), functions);
        for ((what, a), (_, b)) in a.into_iter().zip(b) {
            let distance = kolmogorov_smirnov(a, b);
            assert!(
                distance < critical,
                "{id}, {what}: distance {distance}, critical {critical}"
            );
        }
    }
    assert_eq!(compared, 15);
}

fn function_count(dim_x: usize, dim_y: usize) -> usize {
    dim_x + dim_y + 2 * dim_x * dim_y
}

/// Real functions of pairs that see the margins and how the halves belong together.
fn functions_of(pairs: &Paired) -> Vec<(String, Vec<f64>)> {
    let column = |sample: &Sample, j| sample.coordinate(j).collect::<Vec<f64>>();
    let (dim_x, dim_y) = pairs.dims();
    let mut functions = Vec::new();
    for i in 0..dim_x {
        functions.push((format!("x{i}"), column(&pairs.x, i)));
    }
    for j in 0..dim_y {
        functions.push((format!("y{j}"), column(&pairs.y, j)));
        for i in 0..dim_x {
            let (x, y) = (column(&pairs.x, i), column(&pairs.y, j));
            let add = |sign: f64| x.iter().zip(&y).map(|(x, y)| x + sign * y).collect();
            functions.push((format!("x{i} + y{j}"), add(1.0)));
            functions.push((format!("x{i} - y{j}"), add(-1.0)));
        }
    }
    functions
}

fn ksg_of_standardised(pairs: &Paired) -> f64 {
    let pairs = Paired::new(standardised(&pairs.x), standardised(&pairs.y)).unwrap();
    Ksg1::new(3, Ties::Reject)
        .unwrap()
        .information(&pairs)
        .unwrap()
}

/// One estimate on a sample of the benchmark is one of ours, as far as its spread tells.
#[test]
fn estimates_on_its_samples_are_like_those_on_ours() {
    const NAME: &str = "estimates_on_its_samples_are_like_those_on_ours";
    const REPLICATES: usize = 12;
    let Some(fixtures) = fixture::all(NAME) else {
        return;
    };
    for fixture in &fixtures {
        let Some(id) = law_of(fixture) else {
            continue;
        };
        let Some(Reference::Number(theirs)) = fixture.reference("ksg1_max_standardised_k3") else {
            panic!("{id} has no reference value")
        };
        let law = pairs(id);
        let ours: Vec<f64> = (0..REPLICATES)
            .map(|i| {
                let seed = Seed::root(42).child(id).child(i);
                ksg_of_standardised(&law.sample(fixture.pairs.n(), seed))
            })
            .collect();
        let ours = Summary::new(&ours).unwrap();
        let spread = ours.std_dev * (1.0 + 1.0 / REPLICATES as f64).sqrt();
        println!(
            "{id}: {theirs:.4}, ours {:.4}, spread {spread:.4}",
            ours.mean
        );
        assert!(
            (theirs - ours.mean).abs() < 6.0 * spread,
            "{id}: {theirs} against {} with spread {spread}",
            ours.mean
        );
    }
}

/// Mean estimates over samples of 5000 pairs of every task, against those made with ten of the
/// benchmark's own samples by another program.
///
/// Estimates on one law have one spread: ours, known from more of them, is taken for both means.
///
/// The farthest from ours is 1v1-additive-0.75, where the ten samples are unlike others of their source:
/// its seeds 0 to 9 give 0.3362, seeds 60 to 459 give 0.3253 ± 0.0006, 400 samples of numpy
/// 0.3237 ± 0.0006 and 400 of ours 0.3232 ± 0.0007, all by scipy's cKDTree.
#[test]
#[ignore = "slow statistics: estimates on 5000 pairs in up to 100 dimensions"]
fn estimates_on_all_tasks_are_those_of_the_benchmark() {
    const NAME: &str = "estimates_on_all_tasks_are_those_of_the_benchmark";
    const THEIRS: f64 = 10.0;
    let Some(path) = shared(NAME, "peers_accuracy.csv") else {
        return;
    };
    let text = std::fs::read_to_string(path).unwrap();
    let mut published = BTreeMap::new();
    for line in text
        .lines()
        .filter(|line| line.contains(",max_std_ksg1_k3,"))
    {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |k: usize| fields[k].parse::<f64>().unwrap();
        published.insert(fields[0].to_owned(), (number(7), number(9)));
    }
    assert_eq!(published.len(), BENCHMARK.len());
    let mut distances = Vec::new();
    for id in BENCHMARK {
        let (mean, std_dev) = published[id];
        let law = pairs(id);
        // Many coordinates cost more, and their estimates spread no more.
        let replicates = if law.dims().0 > 2 { 10 } else { 60 };
        let ours: Vec<f64> = (0..replicates)
            .map(|i| ksg_of_standardised(&law.sample(5000, Seed::root(43).child(id).child(i))))
            .collect();
        let ours = Summary::new(&ours).unwrap();
        let std_error = ours.std_error.hypot(ours.std_dev / THEIRS.sqrt());
        let distance = (ours.mean - mean) / std_error;
        println!(
            "{id}: {mean:.4} ± {std_dev:.4}, ours {:.4} ± {:.4}: {distance:+.2}",
            ours.mean, ours.std_dev
        );
        distances.push((distance, id));
    }
    for (distance, id) in &distances {
        assert!(distance.abs() < 6.0, "{id}: {distance} standard errors");
    }
    // Together they are as near as chance: 40 squares of about t-distributed numbers of mean 1.3 and
    // standard deviation 2.3 at the most.
    let squares: f64 = distances
        .iter()
        .map(|(distance, _)| distance * distance)
        .sum();
    assert!(
        squares / (distances.len() as f64) < 1.3 + 6.0 * 2.3 / 40.0_f64.sqrt(),
        "{squares}"
    );
}
