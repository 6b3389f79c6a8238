//! The events of the proof over many draws, and the controls in which one of them must fail.

use nalgebra::DMatrix;
use vicinfo::bound::certificate::{Gibbs, PacBayes, empirical_bernstein, hoeffding, supervised};
use vicinfo::bound::{
    Assumptions, CUTOFF, Complexities, Constants, CountShape, Events, Labels, LeastSquares,
    Observation, Population, Radius, Spend, complexity, losses, spectral_norm,
};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

const TRIALS: u64 = 60;

/// Points around the means of their classes, all within the unit ball.
fn population(classes: usize, dim: usize, per_class: usize, seed: Seed) -> Population {
    let means = seed.child("means").normal_matrix(dim, classes);
    let n = classes * per_class;
    let mut points = seed.child("points").normal_matrix(dim, n) * 0.7;
    for (i, mut point) in points.column_iter_mut().enumerate() {
        point += means.column(i % classes);
        let norm = point.norm();
        if norm > 1.0 {
            point /= norm;
        }
    }
    let labels: Vec<i64> = (0..n).map(|i| (i % classes) as i64).collect();
    Population::new(
        Sample::new(points).unwrap(),
        Labels::from_integers(&labels).unwrap(),
        None,
    )
    .unwrap()
}

fn assumptions(population: &Population, observation: &Observation) -> Assumptions {
    population
        .assumptions(observation, Radius::Peeled { base: 0.5 }, 0.05)
        .unwrap()
}

/// In how many trials each event holds.
fn holds(count: impl Fn(u64) -> bool) -> u64 {
    (0..TRIALS).filter(|trial| count(*trial)).count() as u64
}

#[test]
fn every_event_holds_on_nearly_all_draws() {
    let population = population(4, 6, 12, Seed::root(1));
    for shape in [CountShape::TotalVariation, CountShape::Chernoff] {
        let mut failures = 0;
        for trial in 0..TRIALS {
            let seed = Seed::root(2).child(trial);
            let labelled = population.draw(50, seed.child("labelled"));
            let pairs = population.draw_positives(200, seed.child("pairs"));
            let observation = population.observe(&labelled, &pairs, CUTOFF).unwrap();
            let assumptions = Assumptions {
                count: shape,
                ..assumptions(&population, &observation)
            };
            let events = Events::new(&population, &labelled, &observation, &assumptions).unwrap();
            assert!(events.chain.holds() && events.residual.holds());
            failures += events.all().iter().filter(|event| !event.holds()).count();
        }
        // Each event may fail in one trial of 100; together they do in none of these.
        assert_eq!(failures, 0);
    }
}

#[test]
fn the_same_point_twice_is_no_positive_pair() {
    let population = population(4, 6, 12, Seed::root(1));
    let invariant = |twice: bool| {
        holds(|trial| {
            let seed = Seed::root(3).child(trial);
            let labelled = population.draw(50, seed.child("labelled"));
            let mut pairs = population.draw_positives(200, seed.child("pairs"));
            if twice {
                for pair in &mut pairs {
                    pair[1] = pair[0];
                }
            }
            let observation = population.observe(&labelled, &pairs, CUTOFF).unwrap();
            let assumptions = assumptions(&population, &observation);
            let events = Events::new(&population, &labelled, &observation, &assumptions).unwrap();
            events.invariance_unlabelled.holds()
        })
    };
    assert_eq!(invariant(false), TRIALS);
    assert_eq!(invariant(true), 0);
}

#[test]
fn pairs_of_other_class_probabilities_break_the_third_event() {
    // One class at a point, the other spread: pairs of the first class look invariant.
    let features = Sample::from_points(1, vec![0.5, 0.5, -1.0, 1.0, -0.9, 0.9]).unwrap();
    let labels = Labels::from_integers(&[0, 0, 1, 1, 1, 1]).unwrap();
    let make = |priors| Population::new(features.clone(), labels.clone(), Some(priors)).unwrap();
    let (fair, shifted) = (make(vec![0.5, 0.5]), make(vec![0.97, 0.03]));
    let invariant = |pairs_from: &Population| {
        holds(|trial| {
            let seed = Seed::root(4).child(trial);
            let labelled = fair.draw(300, seed.child("labelled"));
            let pairs = pairs_from.draw_positives(1000, seed.child("pairs"));
            let observation = fair.observe(&labelled, &pairs, CUTOFF).unwrap();
            let assumptions = assumptions(&fair, &observation);
            let events = Events::new(&fair, &labelled, &observation, &assumptions).unwrap();
            events.invariance_unlabelled.holds()
        })
    };
    assert_eq!(invariant(&fair), TRIALS);
    assert_eq!(invariant(&shifted), 0);
}

#[test]
fn features_chosen_on_the_pairs_pay_for_their_family() {
    // A thousand random encoders of the same points, and the one whose pairs are nearest.
    let (count, m, points) = (1000, 40, 16);
    let labels = Labels::from_integers(&vec![0; points]).unwrap();
    let family: Vec<Population> = (0..count)
        .map(|f| {
            // Half of the points at 1, the others at -1: no encoder is better than another.
            let draws = Seed::root(5).child(f).normal_matrix(1, points);
            let mut sorted = draws.as_slice().to_vec();
            sorted.sort_by(f64::total_cmp);
            let signs = draws.map(|v| if v < sorted[points / 2] { -1.0 } else { 1.0 });
            Population::new(Sample::new(signs).unwrap(), labels.clone(), None).unwrap()
        })
        .collect();
    // The distances are 0 or 2.
    let paid = complexity::finite_union(0.0, 2.0, count).unwrap();
    let covered = |complexity: f64| {
        holds(|trial| {
            let seed = Seed::root(6).child(trial);
            let pairs = family[0].draw_positives(m, seed);
            let labelled = family[0].draw(10, seed.child("labelled"));
            let distance = |f: &Population| -> f64 {
                let z = f.features().coordinates();
                pairs.iter().map(|&[a, b]| (z[a] - z[b]).abs()).sum()
            };
            let chosen = family
                .iter()
                .min_by(|a, b| distance(a).total_cmp(&distance(b)))
                .unwrap();
            let observation = chosen.observe(&labelled, &pairs, CUTOFF).unwrap();
            let plain = assumptions(chosen, &observation);
            let assumptions = Assumptions {
                complexities: Complexities {
                    invariance: complexity,
                    ..plain.complexities
                },
                constants: Constants {
                    tau: 2.0,
                    ..plain.constants
                },
                spend: Spend {
                    invariance_unlabelled: 0.05,
                    ..plain.spend
                },
                ..plain
            };
            let events = Events::new(chosen, &labelled, &observation, &assumptions).unwrap();
            events.invariance_unlabelled.holds()
        })
    };
    assert_eq!(covered(paid), TRIALS);
    let unpaid = covered(0.0);
    assert!(unpaid < TRIALS / 4, "{unpaid}");
}

#[test]
fn a_fit_to_few_pairs_pays_for_its_ball() {
    // Labels that have nothing to do with the features.
    let points = 64;
    let features = Sample::new(Seed::root(7).normal_matrix(16, points)).unwrap();
    let labels: Vec<i64> = (0..points).map(|i| (i % 4) as i64).collect();
    let population =
        Population::new(features, Labels::from_integers(&labels).unwrap(), None).unwrap();
    let events = |trial: u64| {
        let seed = Seed::root(8).child(trial);
        let labelled = population.draw(30, seed.child("labelled"));
        let pairs = population.draw_positives(20, seed.child("pairs"));
        let observation = population.observe(&labelled, &pairs, CUTOFF).unwrap();
        let assumptions = assumptions(&population, &observation);
        Events::new(&population, &labelled, &observation, &assumptions).unwrap()
    };
    assert_eq!(holds(|trial| events(trial).loss_unlabelled.holds()), TRIALS);
    let unpaid = holds(|trial| {
        let event = events(trial).loss_unlabelled;
        event.without("complexity").without("deviation").holds()
    });
    assert!(unpaid < TRIALS / 2, "{unpaid}");
}

#[test]
fn classes_without_points_need_the_count_term() {
    // Every class at a point of its own: fits are exact on the classes seen, and all wrong on the others.
    let classes = 20;
    let features = Sample::new(DMatrix::identity(classes, classes)).unwrap();
    let labels: Vec<i64> = (0..classes as i64).collect();
    let population =
        Population::new(features, Labels::from_integers(&labels).unwrap(), None).unwrap();
    let (mut with, mut without) = (0, 0);
    for trial in 0..TRIALS {
        let seed = Seed::root(9).child(trial);
        let labelled = population.draw(5, seed.child("labelled"));
        // Enough pairs to see every class.
        let pairs: Vec<[usize; 2]> = (0..400).map(|i| [i % classes; 2]).collect();
        let observation = population.observe(&labelled, &pairs, CUTOFF).unwrap();
        let assumptions = assumptions(&population, &observation);
        let events = Events::new(&population, &labelled, &observation, &assumptions).unwrap();
        assert!(observation.invariance <= 0.0 && observation.labelled.residual < 1e-12);
        with += u64::from(events.count.holds());
        without += u64::from(events.count.without("count").holds());
    }
    assert_eq!((with, without), (TRIALS, 0));
}

#[test]
fn without_its_factor_the_core_falls_below_the_risk() {
    // Fewer points than dimensions, and features that are nearly the same for a class: both fits interpolate.
    let population = population(4, 30, 12, Seed::root(10));
    let small = Sample::new(population.features().matrix() * 1e-3).unwrap();
    let population = Population::new(small, population.labels().clone(), None).unwrap();
    let (mut with, mut without) = (0, 0);
    for trial in 0..TRIALS {
        let seed = Seed::root(11).child(trial);
        let labelled = population.draw(12, seed.child("labelled"));
        let pairs = population.draw_positives(12, seed.child("pairs"));
        let observation = population.observe(&labelled, &pairs, CUTOFF).unwrap();
        let assumptions = assumptions(&population, &observation);
        let bound = observation.bound(&assumptions).unwrap();
        let risk = population.risk(&observation.labelled.weights).unwrap();
        let informal = observation.informal(0.0).unwrap();
        with += u64::from(bound.core().known().unwrap() >= risk);
        without += u64::from(informal.total.known().unwrap() >= risk);
    }
    assert_eq!((with, without), (TRIALS, 0));
}

#[test]
fn draws_follow_the_probabilities() {
    let features = Sample::from_points(1, vec![0.0, 1.0, 2.0]).unwrap();
    let classes = ["a", "b", "c"].map(str::to_owned).to_vec();
    let labels = Labels::new(vec![0, 0, 2], classes).unwrap();
    let population = Population::new(features, labels, Some(vec![0.3, 0.0, 0.7])).unwrap();
    let n = 40_000;
    let drawn = population.draw(n, Seed::root(12));
    let share = |i: usize| drawn.iter().filter(|&&d| d == i).count() as f64 / n as f64;
    for (i, p) in [(0, 0.15), (1, 0.15), (2, 0.7_f64)] {
        let std_error = (p * (1.0 - p) / n as f64).sqrt();
        assert!((share(i) - p).abs() < 6.0 * std_error, "{i}: {}", share(i));
    }
    let pairs = population.draw_positives(n, Seed::root(13));
    assert!(pairs.iter().all(|&[a, b]| (a == 2) == (b == 2)));
    // Independent given the class: half of the pairs of the first class are of different points.
    let of_first = pairs.iter().filter(|pair| pair[0] < 2);
    let (mut total, mut apart) = (0.0, 0.0);
    for [a, b] in of_first {
        total += 1.0;
        apart += if a == b { 0.0 } else { 1.0 };
    }
    assert!((apart / total - 0.5_f64).abs() < 6.0 * (0.25_f64 / total).sqrt());
    assert_eq!(drawn, population.draw(n, Seed::root(12)));
}

#[test]
fn certificates_are_above_the_risk() {
    let population = population(3, 8, 10, Seed::root(14));
    let (n, norm, delta) = (60, 1.0 + 1e-12, 0.05);
    let mut below = [0; 5];
    let mut optimistic = 0;
    for trial in 0..TRIALS {
        let seed = Seed::root(15).child(trial);
        let pick = |label: &str| {
            let indices = population.draw(n, seed.child(label));
            let features = population.features().select(&indices).unwrap();
            let targets = population.labels().select(&indices).unwrap().one_hot();
            (features, targets)
        };
        let (features, targets) = pick("fitted");
        let fit = LeastSquares::new(&features, &targets, CUTOFF).unwrap();
        let risk = population.risk(&fit.weights).unwrap();
        let fitted = losses(&fit.weights, &features, &targets).unwrap();
        let (others, other_targets) = pick("held out");
        let held_out = losses(&fit.weights, &others, &other_targets).unwrap();
        let range = spectral_norm(&fit.weights).unwrap() * norm + 1.0;
        let ball = Radius::Peeled { base: 0.5 }
            .ball(Some(fit.weights.norm()))
            .unwrap();
        let complexity = complexity::maurer(ball.radius, 3, norm).unwrap();
        let kappa = ball.radius * norm + 1.0;
        let pac_bayes = |gibbs| {
            let bound = PacBayes {
                prior_std: 0.5,
                norm,
                delta,
                gibbs,
            };
            bound.certify(&features, &targets, &fit.weights).unwrap()
        };
        let draws = Gibbs::MonteCarlo {
            draws: 20,
            seed: seed.child("posterior"),
        };
        let certificates = [
            hoeffding(&held_out, range, delta).unwrap(),
            empirical_bernstein(&held_out, range, delta).unwrap(),
            supervised(&fitted, complexity, kappa, delta * ball.share).unwrap(),
            pac_bayes(Gibbs::Moment).certificate,
            pac_bayes(draws).certificate,
        ];
        for (below, certificate) in below.iter_mut().zip(&certificates) {
            *below += u64::from(certificate.value < risk);
        }
        // The mean over the fitted points alone is no bound.
        optimistic += u64::from(certificates[2].piece("mean").unwrap() < risk);
    }
    // A twentieth of the trials would be three of them.
    assert!(below.iter().all(|&count| count <= 3), "{below:?}");
    assert!(optimistic > TRIALS * 2 / 3, "{optimistic}");
}
