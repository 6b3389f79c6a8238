//! Lines that decide findings and their controls.

use vicinfo::experiment::{Effect, Line};
use vicinfo::finding::STANDARD_ERRORS;
use vicinfo::stats::Verdict;

#[test]
fn a_line_decides_on_its_side_and_keeps_its_distance() {
    let se = 0.01;
    let margin = STANDARD_ERRORS * se;
    let at_most = Line::at_most(1.0, 0.5, "a test");
    let at_least = Line::at_least(1.0, 0.5, "a test");
    let near = Line::near(1.0, 0.5, "a test");
    for (line, value, verdict) in [
        (&at_most, 1.5 - 1.1 * margin, Verdict::Supported),
        (&at_most, 1.5 - 0.9 * margin, Verdict::Inconclusive),
        (&at_most, 1.5 + 0.9 * margin, Verdict::Inconclusive),
        (&at_most, 1.5 + 1.1 * margin, Verdict::Refuted),
        (&at_most, -1e9, Verdict::Supported),
        (&at_least, 0.5 + 1.1 * margin, Verdict::Supported),
        (&at_least, 0.5 + 0.9 * margin, Verdict::Inconclusive),
        (&at_least, 0.5 - 1.1 * margin, Verdict::Refuted),
        (&at_least, 1e9, Verdict::Supported),
        (&near, 1.5 - 1.1 * margin, Verdict::Supported),
        (&near, 1.5 + 1.1 * margin, Verdict::Refuted),
        (&near, 0.5 + 1.1 * margin, Verdict::Supported),
        (&near, 0.5 - 1.1 * margin, Verdict::Refuted),
        (&near, 0.0, Verdict::Refuted),
    ] {
        assert_eq!(
            line.decide(Effect::new(value, se)),
            verdict,
            "{line:?} {value}"
        );
    }
    for line in [at_most, at_least, near] {
        assert_eq!(
            line.decide(Effect::exact(f64::NAN)),
            Verdict::Inconclusive,
            "{line:?}"
        );
    }
}

#[test]
fn finding_and_controls_carry_the_numbers_of_their_line() {
    let line = Line::at_most(2.0, 0.25, "why");
    let finding = line.judge(Effect::new(1.0, 0.5));
    assert_eq!(finding.verdict, Verdict::Inconclusive);
    assert_eq!((finding.effect, finding.std_error), (1.0, 0.5));
    assert_eq!((finding.bound, finding.tolerance), (2.0, 0.25));
    assert_eq!(finding.tolerance_reason, "why");
    assert!(line.refuted("far", Effect::exact(3.0)).holds());
    assert!(!line.refuted("near", Effect::exact(1.0)).holds());
    assert!(line.supported("near", Effect::exact(1.0)).holds());
    assert!(!line.supported("far", Effect::exact(3.0)).holds());
}

/// Ends from scipy 1.17: `binomtest(k, n).proportion_ci(2*norm.cdf(4)-1, method='exact')`.
#[test]
fn a_share_keeps_the_farther_end_of_its_exact_interval() {
    for (held, trials, far) in [
        (500, 500, 0.020507014542198054),
        (0, 500, 0.02050701454219804),
        (7, 40, 0.3172759535212649),
        (2339, 2400, 0.015347359235684865),
    ] {
        let share = Effect::share(held, trials);
        assert_eq!(share.value, held as f64 / trials as f64);
        let end = STANDARD_ERRORS * share.std_error;
        assert!((end - far).abs() < 1e-10, "{held} of {trials}: {end}");
    }
    assert!(Effect::share(0, 0).value.is_nan());
    assert!(Effect::share(3, 2).value.is_nan());
    let line = Line::at_least(0.95, 0.0, "a test");
    assert_eq!(line.decide(Effect::share(100, 100)), Verdict::Inconclusive);
    assert_eq!(line.decide(Effect::share(500, 500)), Verdict::Supported);
}

#[test]
fn extremes_keep_the_error_of_the_one_they_choose() {
    let effects = || {
        [(1.0, 0.1), (-3.0, 0.3), (2.0, 0.2)]
            .into_iter()
            .map(|(value, error)| Effect::new(value, error))
    };
    assert_eq!(Effect::largest(effects()), Effect::new(2.0, 0.2));
    assert_eq!(Effect::smallest(effects()), Effect::new(-3.0, 0.3));
    assert_eq!(Effect::farthest(effects()), Effect::new(-3.0, 0.3));
    for kind in 0..3 {
        // Nothing measured decides nothing, whichever way the line points.
        let none: [Effect; 0] = [];
        let strange = [
            Effect::exact(1.0),
            Effect::exact(f64::NAN),
            Effect::exact(2.0),
        ];
        for effects in [&none[..], &strange[..]] {
            let effects = effects.iter().copied();
            let effect = match kind {
                0 => Effect::largest(effects),
                1 => Effect::smallest(effects),
                _ => Effect::farthest(effects),
            };
            assert_eq!(
                Line::at_most(0.0, 1.0, "a test").decide(effect),
                Verdict::Inconclusive
            );
            assert_eq!(
                Line::near(0.0, 1.0, "a test").decide(effect),
                Verdict::Inconclusive
            );
        }
    }
}

/// Of effects that must all keep to a line, one that is undecided outweighs a larger one that is not.
#[test]
fn the_worst_effect_decides_for_all() {
    let line = Line::at_most(0.0, 0.05, "a test");
    let sharp = Effect::new(0.02, 0.001);
    let blurred = Effect::new(0.019, 0.05);
    let beyond = Effect::new(0.5, 0.01);
    let worst = |effects: &[Effect]| line.worst(effects.iter().copied());
    // The largest alone would call this supported.
    assert_eq!(
        line.decide(Effect::largest([sharp, blurred].into_iter())),
        Verdict::Supported
    );
    for order in [[sharp, blurred], [blurred, sharp]] {
        assert_eq!(worst(&order), blurred);
        assert_eq!(line.decide(worst(&order)), Verdict::Inconclusive);
    }
    assert_eq!(worst(&[blurred, beyond, sharp]), beyond);
    // Among equal verdicts the one nearest to the wrong side.
    assert_eq!(worst(&[Effect::new(0.01, 0.001), sharp]), sharp);
    let at_least = Line::at_least(1.0, 0.0, "a test");
    let (near, far) = (Effect::exact(1.1), Effect::exact(9.0));
    assert_eq!(at_least.worst([far, near].into_iter()), near);
    // What was not measured is not passed over, and does not hide what was refuted.
    let missing = Effect::exact(f64::NAN);
    for order in [[sharp, missing], [missing, sharp]] {
        assert_eq!(line.decide(worst(&order)), Verdict::Inconclusive);
    }
    assert_eq!(worst(&[missing, beyond]), beyond);
    assert_eq!(line.decide(worst(&[])), Verdict::Inconclusive);
}

/// What is decided with fewer replicates or together with others keeps more standard errors, and says how many.
#[test]
fn an_effect_says_what_it_keeps() {
    let line = Line::at_least(0.0, 0.0, "a test");
    let effect = Effect::new(0.5, 0.1);
    assert_eq!(line.decide(effect), Verdict::Supported);
    let few = effect.keeping(9.9);
    assert_eq!(line.decide(few), Verdict::Inconclusive);
    let finding = line.judge(few);
    assert_eq!(finding.verdict, Verdict::Inconclusive);
    let control = line.refuted("far below", Effect::new(-1.0, 0.1).keeping(9.9));
    assert!(control.holds());
    // The usual number is not written, any other is and is read back.
    for (finding, written) in [(line.judge(effect), false), (finding, true)] {
        let json = serde_json::to_string(&finding).unwrap();
        assert_eq!(json.contains("standard_errors"), written);
        let read: vicinfo::finding::Finding = serde_json::from_str(&json).unwrap();
        assert_eq!(read, finding);
    }
}
