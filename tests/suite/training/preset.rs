//! Presets: all parse, all train.

use vicinfo::Error;
use vicinfo::seed::Seed;
use vicinfo::training::{Method, Monitor, Preset, Run};

use super::course::{course, images};

#[test]
fn names_are_distinct_and_methods_read_back() {
    for (i, preset) in Preset::ALL.iter().enumerate() {
        assert!(Preset::ALL[..i].iter().all(|other| other.id != preset.id));
        assert!(!preset.summary.is_empty() && !preset.label.is_empty());
        assert_eq!(Preset::named(preset.id).unwrap().id, preset.id);
        for dim in [2, 64, 300] {
            let text = preset.method(dim);
            let method = Method::parse(&text).unwrap();
            let written = method.to_string();
            assert_eq!(Method::parse(&written).unwrap().to_string(), written);
            assert_eq!(method.supervised(), preset.id == "supervised", "{text}");
        }
    }
    match Preset::named("vicrag").err() {
        Some(Error::UnknownName {
            kind: "method",
            name,
            known,
        }) => assert!(name == "vicrag" && known.starts_with("vicreg, vicreg_cov5,")),
        other => panic!("{other:?}"),
    }
}

/// Weights by hand: 50/d nats of the log-determinant; components of variance 0.06 d.
#[test]
fn weights_go_with_the_dimension() {
    let method = |id: &str, dim| Preset::named(id).unwrap().method(dim);
    assert_eq!(
        method("vicreg_log_det", 100),
        "vicreg(covariance=0) + 0.5*log_det(epsilon=0.01)"
    );
    assert_eq!(
        method("simclr_plus_log_det", 100),
        "nt_xent(temperature=0.2) + 0.02*normalised(objective=log_det(epsilon=0.01))"
    );
    assert_eq!(
        method("vicreg_pair_dist", 150),
        "vicreg(covariance=0) + 15*pair_dist(std=3)"
    );
}

#[test]
fn every_preset_trains() {
    let images = images(32);
    for preset in Preset::ALL {
        let mut course = course(&preset.method(12), 32, 1);
        course.plan.schedule.rate = preset.rate;
        let mut run = Run::<f32>::new(course, &images, Seed::root(2)).unwrap();
        let before = run.learner().model().clone();
        for _ in 0..2 {
            let step = run.step().unwrap().unwrap();
            assert!(step.loss.is_finite() && step.std > 0.0, "{}", preset.id);
            assert!(!step.terms.is_empty(), "{}", preset.id);
        }
        assert_eq!(run.step().unwrap(), None);
        assert_ne!(*run.learner().model(), before, "{}", preset.id);
    }
}

/// docs/training.md names every preset with what it minimises, and every number that is measured.
#[test]
fn the_page_on_training_is_complete() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/training.md");
    let page = std::fs::read_to_string(path).unwrap();
    for preset in Preset::ALL {
        let minimised = match preset.trained {
            true => format!("`{}`", preset.method(64)),
            false => "nothing".to_owned(),
        };
        let row = format!("| `{}` | {minimised} |", preset.id);
        assert!(page.contains(&row), "{row}");
    }
    for name in Monitor::UNLABELLED.into_iter().chain(Monitor::LABELLED) {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
}
