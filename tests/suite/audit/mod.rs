//! Audits of embeddings whose entropies, informations and labels are known.

mod collapse;
mod compare;
mod entropy;
mod information;
mod labels;

use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::audit::{Audit, Reading, Section, Subject};
use vicinfo::bound::Labels;
use vicinfo::law::{JointGaussian, JointLaw};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

fn audit(views: Paired) -> Audit {
    Audit::new(&Subject::new("planted", views).unwrap(), Seed::root(9)).unwrap()
}

fn reading<'a>(audit: &'a Audit, section: &str, name: &str) -> &'a Reading {
    let found = audit.reading(section, name);
    found.unwrap_or_else(|| panic!("no {name} in {section}"))
}

fn value(audit: &Audit, section: &str, name: &str) -> f64 {
    let reading = reading(audit, section, name);
    reading
        .value
        .unwrap_or_else(|| panic!("{name}: {:?}", reading.missing))
}

fn section<'a>(audit: &'a Audit, id: &str) -> &'a Section {
    audit.sections.iter().find(|s| s.id == id).unwrap()
}

/// That a section has a note with these words.
fn assert_noted(audit: &Audit, id: &str, words: &str) {
    let notes = &section(audit, id).notes;
    assert!(notes.iter().any(|note| note.contains(words)), "{notes:?}");
}

/// The kind of the error that stands in place of a number.
fn missing(audit: &Audit, section: &str, name: &str) -> String {
    let reading = reading(audit, section, name);
    assert_eq!(reading.value, None, "{name}");
    reading.missing.clone().unwrap().kind
}

fn gaussian(correlations: &[f64], n: usize, seed: u64) -> Paired {
    let dim = correlations.len();
    let law = JointGaussian::sparse(dim, dim, correlations).unwrap();
    law.sample(n, Seed::root(seed))
}

/// Views that are all the same point.
fn constant(n: usize) -> Paired {
    let constant = Sample::new(DMatrix::from_element(3, n, 0.0)).unwrap();
    Paired::new(constant.clone(), constant).unwrap()
}

/// Two clusters 20 standard deviations apart.
fn clusters(n: usize) -> (Paired, Vec<i64>) {
    let noise = gaussian(&[0.5; 4], n, 11);
    let shift = |view: &Sample| {
        let mut matrix = view.matrix().clone();
        for (i, mut point) in matrix.column_iter_mut().enumerate() {
            point[0] += if i % 2 == 0 { 10.0 } else { -10.0 };
        }
        Sample::new(matrix).unwrap()
    };
    let labels = (0..n as i64).map(|i| i % 2).collect();
    (
        Paired::new(shift(&noise.x), shift(&noise.y)).unwrap(),
        labels,
    )
}

#[test]
fn fewer_points_than_coordinates_give_reasons() {
    let audit = audit(gaussian(&[0.5; 60], 40, 10));
    for (section, name, kind) in [
        ("entropy", "gaussian", "TooFewPoints"),
        ("slack", "off_diagonal", "TooFewPoints"),
        ("information", "gaussian", "TooFewPoints"),
        ("information", "info_nce", "TooFewPoints"),
    ] {
        assert_eq!(missing(&audit, section, name), kind, "{name}");
    }
    assert!(
        reading(&audit, "entropy", "gaussian_shrunk")
            .value
            .is_some()
    );
    assert!(audit.html().ends_with("</html>\n"));
}

#[test]
fn threads_change_nothing_and_the_seed_does() {
    let views = gaussian(&[0.7; 4], 5000, 13);
    let subject = Subject::new("planted", views).unwrap();
    let json = |threads: usize, seed: u64| {
        let pool = vicinfo::experiment::thread_pool(Some(threads)).unwrap();
        let audit = pool
            .install(|| Audit::new(&subject, Seed::root(seed)))
            .unwrap();
        serde_json::to_string(&audit).unwrap()
    };
    let one = json(1, 1);
    assert_eq!(one, json(2, 1));
    assert_ne!(one, json(2, 2));
    assert!(one.contains("4000 of the 5000 pairs"));
    // What is written is read back, figures aside.
    let back: Audit = serde_json::from_str(&one).unwrap();
    assert_eq!(serde_json::to_string(&back).unwrap(), one);
    // Four batches of 512 of the second half; as many choose the temperature.
    assert_eq!(reading(&back, "information", "info_nce").points, 2048);
    assert_eq!(reading(&back, "information", "info_nce_cap").points, 2048);
    assert!(
        reading(&back, "information", "info_nce")
            .about
            .contains("512 other pairs")
    );
    assert_noted(&back, "information", "InfoNCE: 2048 of the 5000 pairs");
    // Beside the twin it has 4000 pairs: seven batches of 256 of the half that is left.
    assert_eq!(reading(&back, "baseline", "info_nce").points, 1792);
    assert_noted(&back, "baseline", "batches of 256 and never above ln 256");
    assert_noted(&back, "information", "ksg1: 4000 of the 5000 pairs");
    // A stream does not tell its number; audits of before the version was recorded are read, too.
    assert_eq!(back.version, env!("CARGO_PKG_VERSION"));
    assert_eq!(back.seed, None);
    let mut old: serde_json::Value = serde_json::from_str(&one).unwrap();
    for key in ["version", "seed", "collapsed_view"] {
        assert!(old.as_object_mut().unwrap().remove(key).is_some(), "{key}");
    }
    let old: Audit = serde_json::from_value(old).unwrap();
    assert_eq!(old.version, "");
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let views = gaussian(&[0.5; 3], 20, 16);
    let subject = |views: Paired| Subject::new("planted", views);
    let few = Paired::new(
        views.x.select(&[0, 1]).unwrap(),
        views.y.select(&[0, 1]).unwrap(),
    )
    .unwrap();
    assert!(matches!(subject(few), Err(Error::TooFewPoints { .. })));
    let narrow = views
        .y
        .map(2, |z, out| out.copy_from_slice(&z[..2]))
        .unwrap();
    let uneven = Paired::new(views.x.clone(), narrow).unwrap();
    assert!(matches!(
        subject(uneven.clone()),
        Err(Error::Mismatch { .. })
    ));
    let labels = |labels: &[i64]| Labels::from_integers(labels).unwrap();
    let with = |labels: Labels| subject(views.clone()).unwrap().with_labels(labels);
    assert!(matches!(with(labels(&[1, 2])), Err(Error::Mismatch { .. })));
    assert!(matches!(
        with(labels(&[3; 20])),
        Err(Error::InvalidParameter { .. })
    ));
    let with = |images: Paired| subject(views.clone()).unwrap().with_images(images);
    assert!(matches!(with(uneven), Err(Error::Mismatch { .. })));
    let huge = views.x.map(3, |_, out| out.fill(1e200)).unwrap();
    let huge = Subject::new("huge", Paired::new(huge.clone(), huge).unwrap()).unwrap();
    assert!(matches!(
        Audit::new(&huge, Seed::root(1)),
        Err(Error::NonFiniteResult { .. })
    ));
}
