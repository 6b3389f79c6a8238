//! Embeddings that are one point, as good as.

use nalgebra::DMatrix;
use vicinfo::audit::{Audit, Subject};
use vicinfo::bound::Labels;
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

use super::{assert_noted, audit, clusters, constant, gaussian, missing, value};

#[test]
fn of_a_collapsed_embedding_only_its_collapse_and_its_terms_are_told() {
    let views = gaussian(&[0.5; 5], 300, 7);
    let shrink = |view: &Sample| {
        view.map(5, |z, out| {
            for (out, z) in out.iter_mut().zip(z) {
                *out = 3.0 + 1e-6 * z;
            }
        })
    };
    let audit = audit(Paired::new(shrink(&views.x).unwrap(), shrink(&views.y).unwrap()).unwrap());
    assert!(audit.collapsed);
    let sections: Vec<&str> = audit.sections.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(sections, ["collapse", "vicreg"]);
    assert!(audit.html().contains("<strong>Collapsed.</strong>"));
    // What is not there is not explained.
    assert!(
        !audit
            .html()
            .contains("Entropies and informations are in nats")
    );
    // Points that are all the same have no spread at all.
    let audit = super::audit(constant(20));
    assert!(audit.collapsed);
    assert_eq!(
        missing(&audit, "collapse", "relative_invariance"),
        "InvalidParameter"
    );
    assert_eq!(value(&audit, "collapse", "dead_coordinates"), 3.0);
    assert_eq!(audit.collapsed_view.as_deref(), Some("both views"));
    assert!(audit.html().ends_with("</html>\n"));
}

/// What an encoder makes of one kind of view is not what it makes of the other.
#[test]
fn a_collapsed_second_view_is_found_and_named() {
    let n = 300;
    let views = gaussian(&[0.5; 3], n, 17);
    let constant = Sample::new(DMatrix::from_element(3, n, 0.7)).unwrap();
    for (x, y, view) in [
        (&views.x, &constant, "the second view"),
        (&constant, &views.x, "the first view"),
    ] {
        let audit = audit(Paired::new(x.clone(), y.clone()).unwrap());
        assert!(audit.collapsed, "{view}");
        assert_eq!(audit.collapsed_view.as_deref(), Some(view));
        let sections: Vec<&str> = audit.sections.iter().map(|s| s.id.as_str()).collect();
        assert_eq!(sections, ["collapse", "vicreg"]);
        let words = &audit.sections[0].words;
        assert!(
            words.contains(&format!("has collapsed, {view} of it")),
            "{words}"
        );
        assert!(
            audit
                .html()
                .contains(&format!("The points of {view} are one point"))
        );
    }
    let audit = audit(views);
    assert!(!audit.collapsed);
    assert_eq!(audit.collapsed_view, None);
}

#[test]
fn dead_coordinates_of_either_view_are_told() {
    let views = gaussian(&[0.5; 4], 300, 33);
    let still = |z: &[f64], out: &mut [f64]| {
        out.copy_from_slice(z);
        out[1] = 2.0;
    };
    let y = views.y.map(4, still).unwrap();
    let audit = audit(Paired::new(views.x, y).unwrap());
    assert_eq!(value(&audit, "collapse", "dead_coordinates"), 0.0);
    assert_eq!(value(&audit, "collapse", "dead_coordinates_second"), 1.0);
    let words = &audit.sections[0].words;
    assert!(
        words.contains("0 of 4 coordinates of the first view, and 1 of the second,"),
        "{words}"
    );
    let notes = &audit.sections[0].notes;
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert_noted(&audit, "collapse", "of the second view, counted from 0: 1;");
}

/// Who has dead coordinates is told which to leave out.
#[test]
fn dead_coordinates_are_named() {
    let views = gaussian(&[0.5; 40], 300, 34);
    let still = |z: &[f64], out: &mut [f64]| {
        for (j, (out, v)) in out.iter_mut().zip(z).enumerate() {
            *out = if j % 3 == 1 && j < 34 { 1e-4 * v } else { *v };
        }
    };
    let sparse = |view: &Sample| view.map(40, still).unwrap();
    let more = |z: &[f64], out: &mut [f64]| {
        for (j, (out, v)) in out.iter_mut().zip(z).enumerate() {
            *out = if j % 5 == 0 { *v } else { 0.0 };
        }
    };
    let x = sparse(&views.x);
    let y = views.y.map(40, more).unwrap();
    let audit = audit(Paired::new(x, y).unwrap());
    assert_noted(
        &audit,
        "collapse",
        "first view, counted from 0: 1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31;",
    );
    assert_noted(
        &audit,
        "collapse",
        "second view, counted from 0: 1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 16, 17, 18, 19, 21, 22, 23, 24, and 12 more;",
    );
}

/// Everything is 0 that a panel of the last figure shows: there is a page all the same.
#[test]
fn equal_views_of_equal_images_have_a_page() {
    let (views, labels) = clusters(400);
    let same = Paired::new(views.x.clone(), views.x).unwrap();
    let subject = Subject::new("same", same.clone())
        .and_then(|s| s.with_labels(Labels::from_integers(&labels).unwrap()))
        .and_then(|s| s.with_images(same))
        .unwrap();
    let audit = Audit::new(&subject, Seed::root(9)).unwrap();
    assert_eq!(value(&audit, "collapse", "relative_invariance"), 0.0);
    let page = audit.html();
    assert!(!page.contains("not drawn"), "a figure is missing");
}
