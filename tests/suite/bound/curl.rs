use vicinfo::bound::{ContrastiveLoss, Labels, Population, curl};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

use super::{line, near};

#[test]
fn hinge_on_four_points() {
    // By hand: A given A 9/8, B given B 1, A against B 0, B against A 1/2.
    let curl = line().curl(ContrastiveLoss::Hinge).unwrap();
    assert_eq!(curl.collision_probability, 0.5);
    near("unsupervised", curl.unsupervised, 0.65625, 1e-15);
    near("same", curl.same, (1.125 + 1.0) / 2.0, 1e-15);
    near("different", curl.different, 0.25, 1e-15);
    near("supervised", curl.supervised, 0.25, 1e-15);
    near("bound", curl.bound(), 0.3125, 1e-15);
    near("collision", curl.collision(), 0.0625, 1e-15);
    near("jensen", curl.jensen(), 0.0, 1e-15);
}

fn random(classes: usize, scale: f64, seed: Seed) -> Population {
    random_with(classes, scale, None, seed)
}

fn random_with(classes: usize, scale: f64, priors: Option<Vec<f64>>, seed: Seed) -> Population {
    let (dim, per_class) = (3, 6);
    let mut points = seed.child("points").normal_matrix(dim, classes * per_class) * 0.5;
    let means = seed.child("means").normal_matrix(dim, classes);
    for (i, mut point) in points.column_iter_mut().enumerate() {
        point += means.column(i % classes);
        point *= scale;
    }
    let labels: Vec<i64> = (0..classes * per_class)
        .map(|i| (i % classes) as i64)
        .collect();
    let labels = Labels::from_integers(&labels).unwrap();
    Population::new(Sample::new(points).unwrap(), labels, priors).unwrap()
}

/// The loss of a triple of points, from the definition.
fn triple(population: &Population, loss: ContrastiveLoss, [x, near, far]: [usize; 3]) -> f64 {
    let of = |i: usize| population.features().point(i);
    let margin: f64 = (of(x).iter().zip(of(near)).zip(of(far)))
        .map(|((x, near), far)| x * (near - far))
        .sum();
    loss.value(margin)
}

/// The parts of the gap come from pairs of classes; the contrastive loss of all triples knows nothing of these.
#[test]
fn the_gap_is_that_of_all_triples() {
    let losses = [
        ContrastiveLoss::Hinge,
        ContrastiveLoss::Logistic,
        ContrastiveLoss::NaturalLogistic,
    ];
    let priors = vec![0.5, 0.2, 0.2, 0.1];
    for number in 0..12 {
        let seed = Seed::root(4).child(number);
        let population = random_with(4, 0.8 + 0.2 * number as f64, Some(priors.clone()), seed);
        let of = population.labels().of();
        let points = of.len();
        let per_class = (points / 4) as f64;
        let tau: f64 = priors.iter().map(|p| p * p).sum();
        for loss in losses {
            let mut sum = 0.0;
            for x in 0..points {
                for near in (0..points).filter(|&near| of[near] == of[x]) {
                    for far in 0..points {
                        let probability = priors[of[x]] * priors[of[far]] / per_class.powi(3);
                        sum += probability * triple(&population, loss, [x, near, far]);
                    }
                }
            }
            let curl = population.curl(loss).unwrap();
            near("unsupervised", curl.unsupervised, sum, 1e-13);
            let gap = (sum - tau) / (1.0 - tau) - curl.supervised;
            near("gap", curl.gap(), gap, 1e-12);
            assert!((gap - curl.jensen()).abs() > 1e-3, "{curl:?}");

            // Triples drawn as the loss is defined.
            let draws = 20_000;
            let pairs = population.draw_positives(draws, seed.child("pairs"));
            let others = population.draw(draws, seed.child("others"));
            let drawn: Vec<f64> = (pairs.iter().zip(others))
                .map(|(&[x, near], far)| triple(&population, loss, [x, near, far]))
                .collect();
            let drawn = vicinfo::stats::Summary::new(&drawn).unwrap();
            assert!(
                (drawn.mean - curl.unsupervised).abs() < 5.0 * drawn.std_error,
                "{loss:?}: {} ± {} against {}",
                drawn.mean,
                drawn.std_error,
                curl.unsupervised
            );
        }
    }
}

#[test]
fn the_lemma_needs_a_loss_of_one_at_zero() {
    let mut broken = 0;
    for number in 0..60 {
        let seed = Seed::root(1).child(number);
        let population = random(2 + number as usize % 4, 0.1 + 0.05 * number as f64, seed);
        for loss in [ContrastiveLoss::Hinge, ContrastiveLoss::Logistic] {
            let curl = population.curl(loss).unwrap();
            assert!(curl.gap() >= -1e-12, "{curl:?}");
            assert!(
                curl.collision() >= -1e-12 && curl.jensen() >= -1e-12,
                "{curl:?}"
            );
        }
        let natural = population.curl(ContrastiveLoss::NaturalLogistic).unwrap();
        broken += usize::from(natural.gap() < -1e-3);
    }
    assert!(broken > 15, "{broken}");
}

#[test]
fn exact_classes_close_the_gap_for_any_number() {
    for classes in [2, 4, 9] {
        // One point a class, at any place: equal features have margin 0.
        let points = Seed::root(2).child(classes).normal_matrix(3, classes);
        let labels: Vec<i64> = (0..classes as i64).collect();
        let labels = Labels::from_integers(&labels).unwrap();
        let population = Population::new(Sample::new(points).unwrap(), labels, None).unwrap();
        for loss in [ContrastiveLoss::Hinge, ContrastiveLoss::Logistic] {
            let curl = population.curl(loss).unwrap();
            near("gap", curl.gap(), 0.0, 1e-13);
            near("same", curl.same, 1.0, 1e-13);
        }
        // The same feature for everything: all risks are 1.
        let constant = Sample::new(nalgebra::DMatrix::from_element(2, classes, 0.7)).unwrap();
        let population = Population::new(constant, population.labels().clone(), None).unwrap();
        let curl = population.curl(ContrastiveLoss::Hinge).unwrap();
        near("unsupervised", curl.unsupervised, 1.0, 1e-13);
        near("supervised", curl.supervised, 1.0, 1e-13);
    }
    // Orthogonal classes at distance: only collisions cost.
    let labels = Labels::from_integers(&[0, 1, 2]).unwrap();
    let points = nalgebra::DMatrix::identity(3, 3) * 1.5;
    let population = Population::new(Sample::new(points).unwrap(), labels, None).unwrap();
    let curl = population.curl(ContrastiveLoss::Hinge).unwrap();
    near("unsupervised", curl.unsupervised, 1.0 / 3.0, 1e-14);
    near("supervised", curl.supervised, 0.0, 1e-14);
}

#[test]
fn collisions_vanish_with_the_number_of_classes() {
    let collision = |classes| {
        let curl = random(classes, 1.0, Seed::root(3))
            .curl(ContrastiveLoss::Hinge)
            .unwrap();
        (curl.collision(), curl.jensen())
    };
    let (few, many) = (collision(2), collision(32));
    assert!(many.0 < few.0 / 8.0, "{few:?} {many:?}");
    assert!(many.1 > 1e-3, "{many:?}");
}

#[test]
fn losses_keep_their_digits() {
    let loss = ContrastiveLoss::Logistic;
    near("0", loss.value(0.0), 1.0, 1e-15);
    near("-800", loss.value(-800.0), 800.0 / 2.0_f64.ln(), 1e-15);
    assert!((loss.value(50.0) * 2.0_f64.ln() / (-50.0_f64).exp() - 1.0).abs() < 1e-12);
    near(
        "ln",
        ContrastiveLoss::NaturalLogistic.value(0.0),
        2.0_f64.ln(),
        1e-15,
    );
    assert_eq!(ContrastiveLoss::Hinge.value(-2.5), 3.5);
    assert_eq!(ContrastiveLoss::Hinge.value(2.5), 0.0);
}

#[test]
fn from_observed_losses() {
    let losses = [0.5, 1.0, 0.0, 2.5];
    let certificate = curl(&losses, ContrastiveLoss::Hinge, 0.2, 1.0, 0.3, 0.05).unwrap();
    let gen_bound = 2.0 * 12.0_f64.sqrt() * 0.3 / 2.0 + 3.0 * (20.0_f64.ln() / 8.0).sqrt();
    near(
        "hinge",
        certificate.value,
        (1.0 + gen_bound - 0.2) / 0.8,
        1e-14,
    );
    let certificate = curl(&losses, ContrastiveLoss::Logistic, 0.2, 1.0, 0.3, 0.05);
    // 0 is no value of this loss.
    assert!(certificate.is_err());
    let losses = [0.5, 1.0, 0.4, 2.5];
    let certificate = curl(&losses, ContrastiveLoss::Logistic, 0.2, 1.0, 0.3, 0.05).unwrap();
    let ln2 = std::f64::consts::LN_2;
    let gen_bound =
        2.0 * 12.0_f64.sqrt() * 0.3 / 2.0 / ln2 + 2.0 / ln2 * (20.0_f64.ln() / 8.0).sqrt();
    near(
        "logistic",
        certificate.value,
        (1.1 + gen_bound - 0.2) / 0.8,
        1e-14,
    );
}
