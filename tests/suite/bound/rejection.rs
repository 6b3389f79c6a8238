//! What cannot be computed, and what is said then.

use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::bound::certificate::{
    clopper_pearson, empirical_bernstein, hoeffding, misclassified, supervised,
};
use vicinfo::bound::{
    Assumptions, Ball, CUTOFF, ContrastiveLoss, CountShape, Events, Labels, LeastSquares, MeanNorm,
    Observation, Population, Radius, Spend, Value, curl, losses, with_constant,
};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

use super::{Clouds, line};

pub(super) fn clouds() -> Clouds {
    Clouds::new(2, 2, 6, 8, Seed::root(1))
}

fn observe(clouds: &Clouds, hidden: bool) -> Observation {
    let hidden = hidden.then_some(&clouds.hidden);
    Observation::new(
        &clouds.features,
        &clouds.labels,
        &clouds.positives,
        hidden,
        CUTOFF,
    )
    .unwrap()
}

fn assume(observation: &Observation) -> Assumptions {
    Assumptions::from_norm(observation, 100.0, Radius::Declared(50.0), 0.05).unwrap()
}

pub(super) fn mismatch(what: &'static str, expected: usize, actual: usize) -> Error {
    Error::Mismatch {
        what,
        expected,
        actual,
    }
}

pub(super) const PROBABILITY: &str = "above 0 and below 1";
pub(super) const POSITIVE: &str = "a positive finite number";
pub(super) const NOT_NEGATIVE: &str = "a finite number, at least 0";

#[test]
fn deltas_outside_the_open_unit_interval() {
    let observation = observe(&clouds(), true);
    for delta in [0.0, 1.0, -0.1, 1.5, f64::NAN] {
        let error = || Error::invalid("delta", delta, PROBABILITY);
        assert_eq!(Spend::even(delta), Err(error()));
        assert_eq!(Spend::as_reconstructed(delta), Err(error()));
        let radius = Radius::Declared(50.0);
        assert_eq!(
            Assumptions::from_norm(&observation, 100.0, radius, delta),
            Err(error())
        );
        assert_eq!(
            line().assumptions(
                &line().observe(&[0, 2], &[[0, 1], [2, 3]], CUTOFF).unwrap(),
                radius,
                delta
            ),
            Err(error())
        );
        let norm = MeanNorm::Expected(1.0);
        assert_eq!(
            observation.alternative(&assume(&observation), norm, delta),
            Err(error())
        );
        assert_eq!(hoeffding(&[0.5], 1.0, delta), Err(error()));
        assert_eq!(empirical_bernstein(&[0.5, 0.6], 1.0, delta), Err(error()));
        assert_eq!(supervised(&[0.5], 0.0, 1.0, delta), Err(error()));
        assert_eq!(clopper_pearson(1, 2, delta), Err(error()));
        assert_eq!(
            curl(&[1.0], ContrastiveLoss::Hinge, 0.1, 1.0, 0.0, delta),
            Err(error())
        );
        assert_eq!(
            CountShape::Chernoff.deviation(5, &[1.0], None, delta),
            Err(Error::invalid("d", delta, PROBABILITY))
        );
    }
    // Three thirds and two quarters of 3/4 are 9/8.
    assert_eq!(
        Spend::as_reconstructed(0.75),
        Err(Error::invalid(
            "sum of the probabilities of failure",
            1.125,
            PROBABILITY
        ))
    );
    assert!(Spend::as_reconstructed(0.66).is_ok());
    let mut assumptions = assume(&observation);
    assumptions.spend.loss_labelled = 0.0;
    assert_eq!(
        observation.bound(&assumptions),
        Err(Error::invalid(
            "probability of failure, loss labelled",
            0.0,
            PROBABILITY
        ))
    );
}

#[test]
fn counts_that_do_not_fit() {
    let data = clouds();
    let other = Clouds::new(3, 2, 5, 8, Seed::root(2));
    let observe = |features, labels, positives, hidden| {
        Observation::new(features, labels, positives, Some(hidden), CUTOFF)
    };
    assert_eq!(
        observe(&data.features, &other.labels, &data.positives, &data.hidden),
        Err(mismatch("labels", 6, 5))
    );
    assert_eq!(
        observe(&data.features, &data.labels, &data.positives, &data.labels),
        Err(mismatch("labels", 8, 6))
    );
    assert_eq!(
        observe(&data.features, &data.labels, &other.positives, &data.hidden),
        Err(mismatch("dimension of the first positives", 2, 3))
    );
    let uneven = Paired::new(data.positives.x.clone(), other.positives.y.clone()).unwrap();
    assert_eq!(
        observe(&data.features, &data.labels, &uneven, &data.hidden),
        Err(mismatch("dimension of the second positives", 2, 3))
    );
    let renamed = Labels::new(data.hidden.of().to_vec(), vec!["0".into(), "2".into()]).unwrap();
    assert_eq!(
        observe(&data.features, &data.labels, &data.positives, &renamed),
        Err(Error::invalid(
            "classes of the pairs",
            "0, 2",
            "the same as of the labelled points: 0, 1"
        ))
    );
    let weights = DMatrix::zeros(2, 3);
    assert_eq!(
        losses(&weights, &data.features, &data.labels.one_hot()),
        Err(mismatch("columns of the weights", 2, 3))
    );
    assert_eq!(
        misclassified(&DMatrix::zeros(5, 2), &data.features, &data.labels),
        Err(mismatch("rows of the weights", 2, 5))
    );
    assert_eq!(
        Population::new(data.features.clone(), other.labels.clone(), None),
        Err(mismatch("labels", 6, 5))
    );
}

#[test]
fn cutoffs_and_targets() {
    let data = clouds();
    for cutoff in [-1e-3, 1.0, f64::NAN] {
        assert_eq!(
            LeastSquares::new(&data.features, &data.labels.one_hot(), cutoff),
            Err(Error::invalid("cutoff", cutoff, "at least 0 and below 1"))
        );
    }
    assert_eq!(
        LeastSquares::new(&data.features, &DMatrix::zeros(0, 6), CUTOFF),
        Err(Error::Empty { n: 6, dim: 0 })
    );
    let mut targets = data.labels.one_hot();
    targets[(1, 4)] = f64::NAN;
    assert_eq!(
        LeastSquares::new(&data.features, &targets, CUTOFF),
        Err(Error::NonFinite {
            point: 4,
            coordinate: 1,
            value: "NaN".to_owned()
        })
    );
    let tiny = Sample::new(data.features.matrix() * 1e-310).unwrap();
    assert!(matches!(
        LeastSquares::new(&tiny, &data.labels.one_hot(), CUTOFF),
        Err(Error::NonFiniteResult { what, .. }) if what == "a weight of the least-squares fit"
    ));
    assert_eq!(
        with_constant(&data.features, f64::INFINITY),
        Err(Error::NonFinite {
            point: 0,
            coordinate: 2,
            value: "inf".to_owned()
        })
    );
}

#[test]
fn hidden_classes_are_missed_by_name() {
    let data = clouds();
    let observation = observe(&data, false);
    let assumptions =
        Assumptions::from_norm(&observation, 100.0, Radius::Declared(50.0), 0.05).unwrap();
    let why = Value::Unknown("needs the classes of the unlabelled pairs");
    let bound = observation.bound(&assumptions).unwrap();
    for term in &bound.terms {
        let unknown =
            ["c_invariance", "c_concentration", "residual_unlabelled"].contains(&term.name);
        assert_eq!(term.value == why, unknown, "{term:?}");
        assert_eq!(term.value.known().is_none(), unknown);
    }
    assert_eq!((bound.total, bound.core()), (why, why));
    assert_eq!(observation.informal(0.0).unwrap().total, why);
    let alternative = observation
        .alternative(&assumptions, MeanNorm::Bounded(100.0), 0.05)
        .unwrap();
    assert_eq!(alternative.total, why);
    assert_eq!(
        alternative.core(),
        Value::Unknown("needs the terms of the downstream bound")
    );
    assert_eq!(
        Assumptions::from_norm(&observation, 100.0, Radius::Peeled { base: 1.0 }, 0.05),
        Err(Error::invalid(
            "radius",
            "peeled",
            "needs the classes of the unlabelled pairs"
        ))
    );
    // Without W_S̄ its losses are those of the ball.
    assert_eq!(assumptions.constants.kappa_unlabelled, 50.0 * 100.0 + 1.0);
    // What is known is the same as with the classes.
    let informed = observe(&data, true);
    let informed = informed
        .bound(&Assumptions {
            constants: assumptions.constants,
            ..assume(&informed)
        })
        .unwrap();
    for term in bound.terms.iter().filter(|term| term.value != why) {
        assert_eq!(Some(term.value), informed.term(term.name));
    }
    let population = Population::new(data.features.clone(), data.labels.clone(), None).unwrap();
    assert_eq!(
        Events::new(&population, &[0, 1, 2, 3, 4, 5], &observation, &assumptions),
        Err(Error::invalid(
            "observation",
            "without classes",
            "needs the classes of the unlabelled pairs"
        ))
    );
}

#[test]
fn norms_and_radii() {
    let observation = observe(&clouds(), true);
    let norm = observation.largest_norm;
    for value in [0.0, -1.0, f64::INFINITY, f64::NAN] {
        assert_eq!(
            Assumptions::from_norm(&observation, value, Radius::Declared(50.0), 0.05),
            Err(Error::invalid("norm of the features", value, POSITIVE))
        );
        assert_eq!(
            Radius::Declared(value).ball(Some(0.1)),
            Err(Error::invalid("radius", value, POSITIVE))
        );
        assert_eq!(
            Radius::Peeled { base: value }.ball(Some(0.1)),
            Err(Error::invalid("base of the radii", value, POSITIVE))
        );
    }
    let below = format!("at least the norm {norm} of an observed point");
    assert_eq!(
        Assumptions::from_norm(&observation, 0.9 * norm, Radius::Declared(50.0), 0.05),
        Err(Error::invalid(
            "norm of the features",
            0.9 * norm,
            below.clone()
        ))
    );
    assert_eq!(
        observation.alternative(&assume(&observation), MeanNorm::Bounded(0.9 * norm), 0.05),
        Err(Error::invalid("norm of the features", 0.9 * norm, below))
    );
    assert_eq!(
        Radius::Declared(1.0).ball(Some(1.25)),
        Err(Error::invalid(
            "radius",
            1.0,
            "at least the norm 1.25 of the fitted weights"
        ))
    );
    for norm in [f64::NAN, f64::INFINITY] {
        for radius in [Radius::Declared(1.0), Radius::Peeled { base: 1.0 }] {
            assert_eq!(
                radius.ball(Some(norm)),
                Err(Error::invalid(
                    "norm of the fitted weights",
                    norm,
                    NOT_NEGATIVE
                ))
            );
        }
    }
    assert_eq!(
        observation.alternative(&assume(&observation), MeanNorm::Expected(-1.0), 0.05),
        Err(Error::invalid("mean norm", -1.0, NOT_NEGATIVE))
    );
}

#[test]
fn assumptions_out_of_range() {
    let observation = observe(&clouds(), true);
    let reject = |change: &dyn Fn(&mut Assumptions), error: Error| {
        let mut assumptions = assume(&observation);
        change(&mut assumptions);
        assert_eq!(observation.bound(&assumptions), Err(error));
    };
    reject(
        &|a| a.constants.tau = -1.0,
        Error::invalid("tau", -1.0, NOT_NEGATIVE),
    );
    reject(
        &|a| a.constants.tau_unlabelled = f64::NAN,
        Error::invalid("tau_unlabelled", f64::NAN, NOT_NEGATIVE),
    );
    reject(
        &|a| a.constants.kappa = f64::INFINITY,
        Error::invalid("kappa", f64::INFINITY, NOT_NEGATIVE),
    );
    reject(
        &|a| a.constants.kappa_unlabelled = -2.0,
        Error::invalid("kappa_unlabelled", -2.0, NOT_NEGATIVE),
    );
    reject(
        &|a| a.constants.kappa_labelled = -2.0,
        Error::invalid("kappa_labelled", -2.0, NOT_NEGATIVE),
    );
    reject(
        &|a| a.complexities.invariance = -2.0,
        Error::invalid("complexity of the invariance", -2.0, NOT_NEGATIVE),
    );
    reject(
        &|a| a.complexities.loss = -2.0,
        Error::invalid("complexity of the loss", -2.0, NOT_NEGATIVE),
    );
    reject(
        &|a| {
            a.ball = Ball {
                radius: 1.0,
                share: 1.5,
            }
        },
        Error::invalid("share of the ball", 1.5, "above 0 and at most 1"),
    );
    // Events that fail with probability 1 together say nothing.
    reject(
        &|a| {
            a.spend = Spend {
                count: 0.5,
                invariance_labelled: 0.125,
                invariance_unlabelled: 0.125,
                loss_labelled: 0.125,
                loss_unlabelled: 0.125,
            }
        },
        Error::invalid("sum of the probabilities of failure", 1.0, PROBABILITY),
    );
    reject(
        &|a| a.ball.radius = 0.0,
        Error::invalid("radius", 0.0, POSITIVE),
    );
    reject(
        &|a| a.priors = Some(vec![1.0]),
        mismatch("probabilities of classes", 2, 1),
    );
    reject(
        &|a| a.priors = Some(vec![1.5, -0.5]),
        Error::invalid("probability of a class", 1.5, "at least 0 and at most 1"),
    );
    reject(
        &|a| a.priors = Some(vec![0.5, 0.25]),
        Error::invalid(
            "sum of the probabilities of the classes",
            0.75,
            "1 up to rounding",
        ),
    );
    // Twice its deviation, sqrt(ln(100)/16) of the largest double, is beyond it.
    reject(
        &|a| a.constants.kappa = f64::MAX,
        Error::NonFiniteResult {
            what: "kappa_m of the bound".to_owned(),
            value: "inf".to_owned(),
        },
    );
    assert_eq!(
        observation.informal(-1.0),
        Err(Error::invalid(
            "complexity of the invariance",
            -1.0,
            NOT_NEGATIVE
        ))
    );
}

#[test]
fn populations_and_their_draws() {
    let features = Sample::from_points(1, vec![0.0, 1.0]).unwrap();
    let names = || vec!["a".to_owned(), "b".to_owned()];
    let labels = Labels::new(vec![0, 0], names()).unwrap();
    assert_eq!(
        Population::new(features.clone(), labels, Some(vec![0.5, 0.5])),
        Err(Error::invalid(
            "class",
            "b",
            "its probability is 0.5, so that it needs a point at least"
        ))
    );
    let population = line();
    assert_eq!(
        population.observe(&[0, 4], &[[0, 1]], CUTOFF),
        Err(mismatch("index of a point, at most", 3, 4))
    );
    assert_eq!(
        population.observe(&[], &[[0, 1]], CUTOFF),
        Err(Error::Empty { n: 0, dim: 1 })
    );
    assert_eq!(
        population.observe(&[0], &[[0, 1], [1, 2]], CUTOFF),
        Err(Error::invalid(
            "positive pair",
            "(1, 2)",
            "two points of one class"
        ))
    );
    let observation = population
        .observe(&[0, 2], &[[0, 1], [2, 3]], CUTOFF)
        .unwrap();
    let assumptions = population
        .assumptions(&observation, Radius::Declared(9.0), 0.05)
        .unwrap();
    assert_eq!(
        Events::new(&population, &[0], &observation, &assumptions),
        Err(mismatch("labelled points", 2, 1))
    );
    assert_eq!(
        Events::new(&population, &[0, 9], &observation, &assumptions),
        Err(mismatch("index of a point, at most", 3, 9))
    );
    let single = Labels::from_integers(&[3, 3]).unwrap();
    let single = Population::new(features, single, None).unwrap();
    assert_eq!(
        single.curl(ContrastiveLoss::Hinge),
        Err(Error::invalid(
            "probability of two equal classes",
            1.0,
            "below 1: with a single class there is nothing to tell apart"
        ))
    );
    assert_eq!(
        CountShape::Chernoff.deviation(0, &[1.0], None, 0.5),
        Err(Error::Empty { n: 0, dim: 1 })
    );
}
