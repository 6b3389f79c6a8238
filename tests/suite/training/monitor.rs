//! What is measured on a model: known answers, the gate on collapsed embeddings, threads.

use std::ops::Range;

use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::bound::{Assumptions, CUTOFF, Labels, Observation, Radius};
use vicinfo::image::{Augmentation, Images, sprites};
use vicinfo::network::{Layer, Linear, Network, Shape};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;
use vicinfo::training::{Learner, Model, Monitor, Reading, views};

use super::learner::{SHAPE, plan, train};

fn monitor() -> Monitor {
    let images = |label: &str, n: usize| sprites(n, 12, Seed::root(1).child(label)).unwrap().0;
    Monitor {
        known: images("known", 300),
        fresh: images("fresh", 200),
        augmentation: Augmentation {
            crop: 0.6,
            turn: 3.0,
            flip: true,
            jitter: 0.4,
            blur: 1.0,
            noise: 0.05,
        },
        seed: Seed::root(2),
        few: 50,
        most: 150,
        collapsed: 0.05,
    }
}

/// After a few steps: before the first one the running statistics are not those of any image.
fn model(seed: u64) -> Model<f64> {
    let mut learner = Learner::new(plan("vicreg()"), SHAPE, Seed::root(seed)).unwrap();
    train(&mut learner, 30);
    learner.model().clone()
}

fn reading(readings: &[Reading], name: &str) -> Result<f64, Error> {
    let found = readings.iter().find(|reading| reading.name == name);
    found.unwrap().value.clone()
}

#[test]
fn every_number_is_given_of_a_healthy_model() {
    let readings = monitor().measure(&model(3)).unwrap();
    assert_eq!(
        readings.len(),
        Monitor::UNLABELLED.len() + Monitor::LABELLED.len()
    );
    for Reading { name, value } in &readings {
        assert!(value.is_ok(), "{name}: {value:?}");
    }
    let of = |name| reading(&readings, name).unwrap();
    for name in [
        "linear_accuracy",
        "few_labels_accuracy",
        "neighbour_accuracy",
    ] {
        assert!((0.1..=1.0).contains(&of(name)), "{name}: {}", of(name));
    }
    assert!((0.0..1.2).contains(&of("relative_invariance")));
    assert!((1.0..8.1).contains(&of("rankme_embedding")));
    assert!((1.0..8.1).contains(&of("lidar_embedding")));
    // A log-determinant of variances of mean 1 is largest, (d/2) ln(1 + epsilon), where all are equal.
    assert!(of("scaled_log_det_nats") <= 4.0 * 1.01_f64.ln());
}

/// Another size of the embedding moves what sees it and nothing else.
#[test]
fn scaled_numbers_do_not_see_the_scale() {
    let plain = model(3);
    let mut larger = plain.clone();
    let dim = plain.projector.output().size();
    let factor = Linear::new(DMatrix::identity(dim, dim) * 4.0, None).unwrap();
    let factor = Network::new(Shape::vector(dim), vec![Layer::Linear(factor)]).unwrap();
    larger.projector = larger.projector.followed_by(factor).unwrap();
    let monitor = monitor();
    let [plain, larger] = [&plain, &larger].map(|model| monitor.measure(model).unwrap());
    for name in Monitor::UNLABELLED.into_iter().chain(Monitor::LABELLED) {
        let (a, b) = (
            reading(&plain, name).unwrap(),
            reading(&larger, name).unwrap(),
        );
        let expected = match name {
            "std_embedding" => 4.0 * a,
            "invariance" => 16.0 * a,
            // Up to the floor, which is small beside these variances.
            "log_det_nats" => a + dim as f64 * 4.0_f64.ln(),
            // Views apart by less count against its delta.
            "lidar_embedding" => continue,
            _ => a,
        };
        let tolerance = if name == "log_det_nats" { 0.05 } else { 1e-9 };
        assert!(
            (b - expected).abs() <= tolerance * expected.abs().max(1.0),
            "{name}: {b} {expected}"
        );
    }
}

#[test]
fn nothing_scale_free_is_said_of_a_collapsed_model() {
    let mut collapsed = model(3);
    let dim = collapsed.projector.output().size();
    let factor = Linear::new(DMatrix::identity(dim, dim) * 1e-4, None).unwrap();
    let factor = Network::new(Shape::vector(dim), vec![Layer::Linear(factor)]).unwrap();
    collapsed.projector = collapsed.projector.followed_by(factor).unwrap();
    let mut monitor = monitor();
    let readings = monitor.measure(&collapsed).unwrap();
    let std = reading(&readings, "std_embedding").unwrap();
    assert!(std < 0.01);
    for name in [
        "relative_invariance",
        "scaled_log_det_nats",
        "rankme_embedding",
        "lidar_embedding",
    ] {
        assert_eq!(
            reading(&readings, name),
            Err(Error::Collapsed {
                what: "the embedding",
                std,
                least: 0.05
            })
        );
    }
    // Accuracies are what can still be read, raw numbers see the scale, and the representation has not collapsed.
    for name in [
        "linear_accuracy",
        "linear_accuracy_embedding",
        "log_det_nats",
        "invariance",
        "rankme_representation",
        "alpha_req_representation",
    ] {
        assert!(reading(&readings, name).is_ok(), "{name}");
    }
    // On request everything is given: the control that looks excellent.
    monitor.collapsed = 0.0;
    let rank = reading(&monitor.measure(&collapsed).unwrap(), "rankme_embedding").unwrap();
    let healthy = reading(&monitor.measure(&model(3)).unwrap(), "rankme_embedding").unwrap();
    assert!((rank - healthy).abs() < 1e-6, "{rank} {healthy}");
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let (monitor, model) = (monitor(), model(4));
    let bits = |threads: usize| -> Vec<u64> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let readings = pool.unwrap().install(|| monitor.measure(&model).unwrap());
        readings
            .iter()
            .map(|r| r.value.clone().unwrap().to_bits())
            .collect()
    };
    assert_eq!(bits(1), bits(3));
}

#[test]
fn what_cannot_be_measured() {
    let mut without = monitor();
    let pixels = (0..without.fresh.n()).flat_map(|i| without.fresh.bytes(i).to_vec());
    let pixels: Vec<u8> = pixels.collect();
    without.fresh = Images::new(without.fresh.size(), pixels, None).unwrap();
    assert_eq!(
        without.measure(&model(3)),
        Err(Error::invalid(
            "fresh images",
            "without labels",
            "probes have to see the classes"
        ))
    );
    let mut many = monitor();
    many.few = 301;
    assert_eq!(
        many.measure(&model(3)),
        Err(Error::invalid(
            "few",
            301,
            "from 1 to the 300 images that are known"
        ))
    );
}

/// The terms are those that `Observation::bound` gives, whatever its constants; the risk is that of its weights.
#[test]
fn the_terms_of_the_bound_are_those_of_the_bound() {
    let (monitor, model) = (monitor(), model(3));
    let readings = monitor.labelled(&model).unwrap();
    assert_eq!(
        readings.iter().map(|r| r.name).collect::<Vec<_>>(),
        Monitor::LABELLED
    );
    let classes: Vec<String> = (0..10).map(|class| class.to_string()).collect();
    let labels = |images: &Images, places: Range<usize>| {
        let of = images.labels().unwrap()[places].iter();
        Labels::new(
            of.map(|label| usize::from(*label)).collect(),
            classes.clone(),
        )
        .unwrap()
    };
    let represented =
        |images: &Images, places: Range<usize>, augmentation: &Augmentation, label: &str| {
            let places: Vec<usize> = places.collect();
            let points = views(images, &places, augmentation, monitor.seed.child(label));
            Sample::new(model.represent(&points).unwrap()).unwrap()
        };
    // The pairs are none of the labelled images.
    let view = |label: &str| represented(&monitor.known, 50..200, &monitor.augmentation, label);
    let few = represented(&monitor.known, 0..50, &Augmentation::IDENTITY, "known");
    let observation = Observation::new(
        &few,
        &labels(&monitor.known, 0..50),
        &Paired::new(view("first positive"), view("second positive")).unwrap(),
        Some(&labels(&monitor.known, 50..200)),
        CUTOFF,
    )
    .unwrap();
    let norm = 2.0 * observation.largest_norm;
    let radius = Radius::Declared(1e6);
    let assumptions = Assumptions::from_norm(&observation, norm, radius, 0.05).unwrap();
    let bound = observation.bound(&assumptions).unwrap();
    let term = |name: &str| bound.term(name).unwrap().known().unwrap();
    let fresh = represented(&monitor.fresh, 0..200, &Augmentation::IDENTITY, "fresh");
    let of = monitor.fresh.labels().unwrap();
    let predicted = &observation.labelled.weights * fresh.matrix();
    let risk: f64 = (predicted.column_iter().zip(of))
        .map(|(column, label)| {
            let mut difference = column.clone_owned();
            difference[usize::from(*label)] -= 1.0;
            difference.norm() / 200.0
        })
        .sum();
    for (name, expected) in [
        ("bound_c_invariance", term("c_invariance")),
        ("bound_residual_labelled", term("residual_labelled")),
        ("bound_residual_unlabelled", term("residual_unlabelled")),
        ("bound_core", bound.core().known().unwrap()),
        ("downstream_risk", risk),
    ] {
        let found = reading(&readings, name).unwrap();
        assert!(
            (found - expected).abs() < 1e-10 * expected,
            "{name}: {found} {expected}"
        );
    }
}

#[test]
fn the_bound_takes_pairs_that_have_no_labels() {
    let mut monitor = monitor();
    monitor.few = 300;
    let readings = monitor.labelled(&model(3)).unwrap();
    assert!(reading(&readings, "few_labels_accuracy").is_ok());
    let refused = Err(Error::TooFewPoints {
        method: "the bound, whose pairs are images without labels,",
        required: 301,
        actual: 300,
    });
    for name in Monitor::LABELLED
        .into_iter()
        .filter(|n| n.starts_with("bound"))
    {
        assert_eq!(reading(&readings, name), refused, "{name}");
    }
    monitor.few = 50;
    monitor.most = 0;
    let readings = monitor.labelled(&model(3)).unwrap();
    assert!(reading(&readings, "bound_core").is_err());
}

#[test]
fn a_spread_takes_two_images() {
    let mut monitor = monitor();
    monitor.most = 1;
    assert_eq!(
        monitor.unlabelled(&model(3)),
        Err(Error::TooFewPoints {
            method: "the spread of embeddings",
            required: 2,
            actual: 1
        })
    );
}

/// The readings without labels are the same whether there are labels or not, and the labelled ones come after.
#[test]
fn labels_are_asked_for_only_where_they_are_read() {
    let (monitor, model) = (monitor(), model(3));
    let mut plain = monitor.clone();
    for images in [&mut plain.known, &mut plain.fresh] {
        let pixels = (0..images.n()).flat_map(|i| images.bytes(i).to_vec());
        let pixels: Vec<u8> = pixels.collect();
        *images = Images::new(images.size(), pixels, None).unwrap();
    }
    let unlabelled = plain.unlabelled(&model).unwrap();
    let names: Vec<&str> = unlabelled.iter().map(|r| r.name).collect();
    assert_eq!(names, Monitor::UNLABELLED);
    assert_eq!(unlabelled, monitor.unlabelled(&model).unwrap());
    let mut both = unlabelled;
    both.extend(monitor.labelled(&model).unwrap());
    assert_eq!(both, monitor.measure(&model).unwrap());
    assert_eq!(
        plain.labelled(&model),
        Err(Error::invalid(
            "known images",
            "without labels",
            "probes have to see the classes"
        ))
    );
}
