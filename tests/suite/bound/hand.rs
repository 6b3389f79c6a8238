//! A population of four points, where every number can be found by hand; the decimals are mpmath's, at 30
//! digits.

use vicinfo::bound::{
    Assumptions, Ball, CUTOFF, Complexities, Constants, CountShape, Events, MeanNorm, Observation,
    Radius, Spend, complexity,
};

use super::{known, line, near};

/// Labelled points 1, 2 and -1; pairs (2, 1) and (-1, 0).
fn observation() -> Observation {
    line()
        .observe(&[0, 1, 2], &[[1, 0], [2, 3]], CUTOFF)
        .unwrap()
}

fn assumptions(observation: &Observation) -> Assumptions {
    line()
        .assumptions(observation, Radius::Declared(1.0), 0.05)
        .unwrap()
}

#[test]
fn fits_and_constants() {
    let observation = observation();
    let weights = observation.labelled.weights.as_slice();
    near("W_S of A", weights[0], 0.5, 1e-15);
    near("W_S of B", weights[1], -1.0 / 6.0, 1e-15);
    let fit = observation.unlabelled.as_ref().unwrap();
    near("W_S̄ of A", fit.weights[0], 0.4, 1e-15);
    near("W_S̄ of B", fit.weights[1], -0.2, 1e-15);
    near(
        "c",
        observation.weight_distance.unwrap(),
        0.105409255338946,
        1e-14,
    );
    near("I", observation.invariance, 1.0, 1e-15);
    assert_eq!(observation.shares, [2.0 / 3.0, 1.0 / 3.0]);
    assert_eq!(observation.labelled.rank, 1);
    assert_eq!(observation.labelled.squared_projection_norm(), 2);

    let assumptions = assumptions(&observation);
    let Constants {
        tau,
        tau_unlabelled,
        kappa,
        kappa_unlabelled,
        kappa_labelled,
    } = assumptions.constants;
    assert_eq!((tau, tau_unlabelled, kappa), (1.0, 0.5, 3.0));
    near("kappa_S̄", kappa_unlabelled, 1.0, 1e-15);
    near("kappa_S", kappa_labelled, 0.985912657903775, 1e-14);
    assert_eq!(assumptions.complexities.invariance, 0.0);
    near("R", assumptions.complexities.loss, 6.0_f64.sqrt(), 1e-15);
    let risk = line().risk(&observation.labelled.weights).unwrap();
    near("risk", risk, 0.7080512314589033, 1e-14);
}

#[test]
fn the_bound_with_a_fifth_of_delta_for_each_event() {
    let observation = observation();
    let bound = observation.bound(&assumptions(&observation)).unwrap();
    for (name, expected) in [
        ("c_invariance", 0.105409255339),
        ("c_concentration", 0.159276177526),
        ("residual_labelled", 0.666666666667),
        ("residual_unlabelled", 2.0_f64.sqrt()),
        ("count", 1.148353694111),
        ("complexity", 6.928203230276),
        ("kappa_m", 6.437898078868),
        ("kappa_n", 1.752173923252),
    ] {
        near(name, known(bound.term(name)), expected, 1e-12);
    }
    assert_eq!(bound.terms.len(), 8);
    near("bound", known(Some(bound.total)), 18.61219458841086, 1e-13);
    near("failure", bound.failure, 0.05, 1e-15);
    let core = 0.105409255338946 + 2.0 / 3.0 + 2.0_f64.sqrt();
    near("core", known(Some(bound.core())), core, 1e-14);
}

#[test]
fn the_bound_as_reconstructed() {
    let observation = observation();
    let assumptions = Assumptions {
        spend: Spend::as_reconstructed(0.05).unwrap(),
        count: CountShape::Chernoff,
        ..assumptions(&observation)
    };
    let bound = observation.bound(&assumptions).unwrap();
    for (name, expected) in [
        ("c_concentration", 0.150182792871),
        ("count", 3.741966174801),
        ("kappa_m", 6.279987238209),
        ("kappa_n", 1.709196036089),
    ] {
        near(name, known(bound.term(name)), expected, 1e-12);
    }
    near("bound", known(Some(bound.total)), 20.99582495662377, 1e-13);
    // Its logarithms add up to one and a half of the delta that they name.
    near("failure", bound.failure, 0.075, 1e-15);
}

#[test]
fn the_bound_in_one_line() {
    let observation = observation();
    let assumptions = assumptions(&observation);
    let norm = MeanNorm::Expected(line().root_mean_square());
    let bound = observation.alternative(&assumptions, norm, 0.05).unwrap();
    near(
        "alternative",
        known(Some(bound.total)),
        6.896535415101311,
        1e-13,
    );
    near(
        "c_norm",
        known(bound.term("c_norm")),
        0.129_099_444_873_580_56,
        1e-13,
    );
    assert_eq!(bound.failure, 0.05);

    // With the mean over the labelled points, 4/3, for a norm of at most 2.
    let observed = observation
        .alternative(&assumptions, MeanNorm::Bounded(2.0), 0.05)
        .unwrap();
    near(
        "c_norm",
        known(observed.term("c_norm")),
        0.305_848_526_130_393_5,
        1e-13,
    );
    near(
        "kappa_m",
        known(observed.term("kappa_m")),
        2.880_968_373_959_762,
        1e-13,
    );
}

#[test]
fn the_informal_sum() {
    let observation = observation();
    let informal = observation.informal(0.5).unwrap();
    let expected = 1.0 + 2.0 * 0.5 / 2.0_f64.sqrt() + 2.0 / 3.0 + 2.0_f64.sqrt();
    near("informal", known(Some(informal.total)), expected, 1e-14);
}

#[test]
fn every_event_of_the_hand_example() {
    let observation = observation();
    let assumptions = assumptions(&observation);
    let events = Events::new(&line(), &[0, 1, 2], &observation, &assumptions).unwrap();
    for event in events.all() {
        assert!(event.holds(), "{event:?}");
    }
    // phi is 1/2 at every point, and so is its mean.
    near("phi", events.invariance_labelled.left, 0.5, 1e-15);
    near("I", events.invariance_unlabelled.left, 0.5, 1e-15);
    near(
        "I_S̄",
        events.invariance_unlabelled.piece("invariance").unwrap(),
        1.0,
        1e-15,
    );
    near("risk", events.bound.left, 0.7080512314589033, 1e-14);
    near(
        "margin",
        events.bound.margin(),
        18.61219458841086 - 0.7080512314589033,
        1e-12,
    );
    // A piece left out is missed.
    let without = events.invariance_unlabelled.without("deviation");
    near("without", without.margin(), 0.5, 1e-15);
    assert!(!events.residual.without("residual_labelled").holds());
}

#[test]
fn radii_are_declared_or_peeled() {
    let declared = Radius::Declared(1.5).ball(Some(1.2)).unwrap();
    assert_eq!(
        declared,
        Ball {
            radius: 1.5,
            share: 1.0
        }
    );
    let peel = |norm| Radius::Peeled { base: 0.25 }.ball(Some(norm)).unwrap();
    assert_eq!(
        peel(0.1),
        Ball {
            radius: 0.5,
            share: 0.5
        }
    );
    assert_eq!(
        peel(0.5),
        Ball {
            radius: 0.5,
            share: 0.5
        }
    );
    assert_eq!(
        peel(0.51),
        Ball {
            radius: 1.0,
            share: 1.0 / 6.0
        }
    );
    assert_eq!(
        peel(3.9),
        Ball {
            radius: 4.0,
            share: 1.0 / 20.0
        }
    );
    // The shares of all balls are one together.
    let shares = (1..=900).map(|k| peel(0.25 * 2.0_f64.powi(k)).share);
    near("shares", shares.sum(), 1.0 - 1.0 / 901.0, 1e-12);

    // Peeling changes the fifth event alone.
    let observation = observation();
    let peeled = line()
        .assumptions(&observation, Radius::Peeled { base: 0.5 }, 0.05)
        .unwrap();
    assert_eq!(
        peeled.ball,
        Ball {
            radius: 1.0,
            share: 0.5
        }
    );
    let bound = observation.bound(&peeled).unwrap();
    // 6 sqrt(ln 200/4).
    let kappa_m = 6.905_422_239_004_095;
    near("kappa_m", known(bound.term("kappa_m")), kappa_m, 1e-13);
    let changed = 18.61219458841086 - 6.437898078868 + kappa_m;
    near("bound", known(Some(bound.total)), changed, 1e-12);
}

#[test]
fn what_is_unknown_costs_more() {
    let observation = observation();
    let exact = assumptions(&observation);
    let unknown = Assumptions::from_norm(&observation, 2.0, Radius::Declared(1.0), 0.05).unwrap();
    let count = |a: &Assumptions| known(observation.bound(a).unwrap().term("count"));
    assert_eq!(unknown.constants.tau, 4.0);
    near(
        "kappa_S",
        unknown.constants.kappa_labelled,
        1.0 + 2.0 * (10.0_f64 / 36.0).sqrt(),
        1e-14,
    );
    near(
        "kappa_S̄",
        unknown.constants.kappa_unlabelled,
        1.0 + 2.0 * 0.2_f64.sqrt(),
        1e-14,
    );
    near("R", unknown.complexities.loss, 4.0, 1e-14);
    assert!(count(&unknown) > count(&exact));
    // Two equally likely classes are the worst case of the count term.
    let deviation = |priors: Option<&[f64]>, shape: CountShape| {
        shape
            .deviation(50, &observation.shares, priors, 0.02)
            .unwrap()
    };
    for shape in [CountShape::TotalVariation, CountShape::Chernoff] {
        let worst = deviation(None, shape);
        near("count", deviation(Some(&[0.5, 0.5]), shape), worst, 1e-14);
        assert!(deviation(Some(&[0.9, 0.1]), shape) < worst);
    }
    // Of n = 50 points, K equally likely classes and d = 0.01, mpmath.
    for (k, total_variation, chernoff) in [
        (2, 0.285_307_280_747_589_5, 0.979_098_732_272_326_6),
        (10, 0.426_728_636_984_899, 2.465_911_995_111_274_4),
        (1000, 2.449_546_266_491_636, 31.248_772_962_188_674),
    ] {
        let even = vec![1.0 / f64::from(k); k as usize];
        let of = |shape: CountShape| shape.deviation(50, &even, Some(&even), 0.01).unwrap();
        near(
            "total variation",
            of(CountShape::TotalVariation),
            total_variation,
            1e-12,
        );
        near("Chernoff", of(CountShape::Chernoff), chernoff, 1e-12);
    }
    assert_eq!(complexity::maurer(1.0, 2, 2.0).unwrap(), 4.0);
    assert_eq!(
        unknown.complexities,
        Complexities {
            invariance: 0.0,
            loss: 4.0
        }
    );
}
