//! What the views share.

use vicinfo::figure::Mark;
use vicinfo::sample::{Paired, Sample};

use super::{assert_noted, audit, gaussian, reading, section, value};

#[test]
fn independent_views_share_nothing() {
    let audit = audit(gaussian(&[0.0; 16], 4096, 5));
    let bound = reading(&audit, "information", "info_nce");
    assert!(
        bound.value.unwrap() < 4.0 * bound.std_error.unwrap(),
        "{bound:?}"
    );
    let words = &section(&audit, "information").words;
    assert!(words.contains("is seen beyond chance"), "{words}");
    assert!((value(&audit, "collapse", "relative_invariance") - 1.0).abs() < 0.03);
    assert_noted(&audit, "information", "mostly the bias");
    // scipy.stats.t.ppf(0.975, 3): four batches of 512, the last of the curve.
    let drawn = section(&audit, "information").figures[0].panels[0]
        .series
        .last()
        .unwrap();
    let Mark::Band { band, .. } = &drawn.mark else {
        panic!("{drawn:?}")
    };
    let (size, low, high) = band[band.len() - 1];
    assert_eq!((size, bound.points), (512.0, 2048));
    let half = 3.182446305284263 * bound.std_error.unwrap();
    assert!(((high - low) / 2.0 - half).abs() < 1e-12 * half);
}

/// Batches are as large as four of them leave: 64 pairs give some of 8.
#[test]
fn few_pairs_still_have_a_bound() {
    let views = gaussian(&[0.99; 8], 64, 22);
    let audit = audit(views.clone());
    let bound = reading(&audit, "information", "info_nce");
    let cap = value(&audit, "information", "info_nce_cap");
    assert_eq!((cap, bound.points), (8.0_f64.ln(), 32));
    assert!(bound.value.unwrap() > 0.5 * cap && bound.value.unwrap() <= cap);
    // 63 leave 32 beside those that choose the temperature, 62 leave 31.
    for (n, there) in [(63, true), (62, false)] {
        let few: Vec<usize> = (0..n).collect();
        let few = Paired::new(views.x.select(&few).unwrap(), views.y.select(&few).unwrap());
        let audit = super::audit(few.unwrap());
        assert_eq!(
            reading(&audit, "information", "info_nce").value.is_some(),
            there,
            "{n}"
        );
    }
}

/// Chance does not pass for information: Student's interval of four batches has 2.5 % on each side.
#[test]
fn few_independent_pairs_are_seldom_said_to_share_something() {
    let said = (0..200)
        .filter(|seed| {
            let audit = audit(gaussian(&[0.0; 4], 64, 100 + seed));
            let section = section(&audit, "information");
            let below = |note: &String| note.contains("ksg1 is below");
            let found = section.words.contains("The views share some");
            // Without a bound above zero nothing is below it.
            assert!(found || !section.notes.iter().any(below), "{seed}");
            found
        })
        .count();
    // 5 of 200 are expected, 13 or more have a chance of 2e-3; by a normal interval it were 14.
    assert!(said <= 12, "{said} of 200");
}

/// A coordinate that stands still decides no distance, and is not said to make information.
#[test]
fn constants_take_nothing_from_neighbours() {
    let views = gaussian(&[0.0; 4], 500, 36);
    let still = |z: &[f64], out: &mut [f64]| {
        out.copy_from_slice(z);
        out[3] = 0.0;
    };
    let of = |view: &Sample| view.map(4, still).unwrap();
    let audit = audit(Paired::new(of(&views.x), of(&views.y)).unwrap());
    let ksg = reading(&audit, "information", "ksg1");
    assert_eq!(ksg.side.as_deref(), Some("consistent"));
    assert!(ksg.value.unwrap().abs() < 0.1);
    let notes = &section(&audit, "information").notes;
    assert!(
        !notes.iter().any(|note| note.contains("assumes a density")),
        "{notes:?}"
    );
}

/// Views that share much, by Gaussian formulas 6.6 nats: KSG sees less than the lower bound does.
#[test]
fn neighbours_below_the_bound_are_said_to_be_too_low() {
    let audit = audit(gaussian(&[0.9; 8], 1500, 35));
    let (ksg, bound) = (
        value(&audit, "information", "ksg1"),
        value(&audit, "information", "info_nce"),
    );
    assert!(ksg < bound, "{ksg} {bound}");
    assert_noted(&audit, "information", "ksg1 is below the bound of InfoNCE");
}

#[test]
fn many_distinct_inputs_saturate_the_contrast() {
    let views = gaussian(&[0.9999; 32], 4096, 6);
    let audit = audit(views);
    assert_noted(&audit, "information", "saturated: ");
}
