//! What is measured on a model: known answers, the gate on collapsed embeddings, threads.

use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::image::{Augmentation, Images, sprites};
use vicinfo::network::{Layer, Linear, Network, Shape};
use vicinfo::seed::Seed;
use vicinfo::training::{Learner, Model, Monitor, Reading};

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
            Err(Error::invalid(
                "standard deviation of the embedding",
                std,
                "at least 0.05 for a number that does not see the scale"
            ))
        );
    }
    // The probes standardise, and the raw numbers see the scale.
    for name in ["linear_accuracy", "log_det_nats", "invariance"] {
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
