//! What cannot be trained, and runs that fail.

use std::path::Path;

use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::seed::Seed;
use vicinfo::training::{Batches, Encoder, Learner, Method, Optimiser};

use super::learner::{SHAPE, plan};

#[test]
fn batches_that_cannot_be_cut() {
    assert_eq!(
        Batches::new(10, 11, Seed::root(1)),
        Err(Error::invalid(
            "batch",
            11,
            "at most the 10 points that there are"
        ))
    );
    assert!(matches!(
        Batches::new(10, 1, Seed::root(1)),
        Err(Error::InvalidParameter { .. })
    ));
}

#[test]
fn plans_that_cannot_be_followed() {
    let refused = |change: &dyn Fn(&mut vicinfo::training::Plan)| {
        let mut plan = plan("vicreg()");
        change(&mut plan);
        Learner::<f64>::new(plan, SHAPE, Seed::root(1))
            .err()
            .unwrap()
    };
    assert_eq!(
        refused(&|p| p.keep = 1.5),
        Error::invalid("keep", 1.5, "from 0 to 1")
    );
    assert_eq!(
        refused(&|p| p.schedule.steps = 0),
        Error::invalid("steps", 0, "at least 1")
    );
    assert_eq!(
        refused(&|p| p.schedule.rate = f64::NAN),
        Error::invalid("rate", f64::NAN, "a finite number, at least 0")
    );
    assert!(matches!(
        refused(&|p| p.method = "vicrag()".to_owned()),
        Error::UnknownName {
            kind: "objective",
            ..
        }
    ));
    assert!(matches!(
        refused(&|p| p.projector = vec![0]),
        Error::InvalidParameter { .. }
    ));
    let both = "byol() + simsiam()";
    assert_eq!(
        Method::parse(both).err(),
        Some(Error::invalid(
            "method",
            both,
            "byol and simsiam have different targets: one of them"
        ))
    );
    for text in [
        "conv_net(channels=16-0)",
        "perceptron(widths=)",
        "resnet18(width=-1)",
    ] {
        assert!(
            matches!(Encoder::parse(text), Err(Error::InvalidParameter { .. })),
            "{text}"
        );
    }
}

#[test]
fn methods_read_back() {
    for text in [
        "vicreg()",
        "simsiam() + 0.2*log_det()",
        "3*byol() + 0.5*normalised(objective=nt_xent(temperature=0.3))",
    ] {
        let name = Method::parse(text).unwrap().to_string();
        assert_eq!(Method::parse(&name).unwrap().to_string(), name);
    }
}

#[test]
fn a_run_that_diverges_says_where() {
    let mut plan = plan("vicreg()");
    plan.optimiser = Optimiser::parse("sgd(momentum=0)").unwrap();
    plan.schedule.rate = 1e200;
    plan.schedule.warm_up = 0;
    let mut learner = Learner::<f64>::new(plan, SHAPE, Seed::root(1)).unwrap();
    let view = |label| Seed::root(2).child(label).normal_matrix(144, 16);
    let (first, second) = (view("first"), view("second"));
    let loss = learner.step(&first, &second).unwrap().loss;
    match learner.step(&first, &second) {
        Err(Error::FailedStep {
            step: 1,
            rate,
            cause,
            before,
        }) => {
            assert!(rate > 1e199);
            assert!(matches!(*cause, Error::NonFiniteResult { .. }), "{cause}");
            assert_eq!(before, loss.to_string());
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn views_of_another_size() {
    let mut learner = Learner::<f64>::new(plan("vicreg()"), SHAPE, Seed::root(1)).unwrap();
    let (first, second) = (DMatrix::zeros(100, 4), DMatrix::zeros(144, 4));
    assert_eq!(
        learner.step(&first, &second),
        Err(Error::Mismatch {
            what: "coordinates of the points",
            expected: 144,
            actual: 100
        })
    );
}

#[test]
fn one_image_has_no_spread() {
    let mut learner = Learner::<f64>::new(plan("invariance()"), SHAPE, Seed::root(1)).unwrap();
    let view = |label: &str, n| Seed::root(2).child(label).normal_matrix(144, n);
    for (first, second, actual) in [(1, 1, 1), (2, 1, 1), (0, 0, 0)] {
        assert_eq!(
            learner.step(&view("first", first), &view("second", second)),
            Err(Error::TooFewPoints {
                method: "a step of a training",
                required: 2,
                actual
            })
        );
    }
    let step = learner.step(&view("first", 2), &view("second", 2)).unwrap();
    assert!(step.step == 0 && step.std > 0.0);
}

#[test]
fn damaged_checkpoints() {
    let learner = Learner::<f64>::new(plan("byol()"), SHAPE, Seed::root(1)).unwrap();
    let bytes = learner.to_safetensors(Default::default()).unwrap();
    let read = |bytes: &[u8]| {
        Learner::<f64>::from_safetensors(Path::new("run.safetensors"), bytes)
            .err()
            .unwrap()
    };
    // Cut off, of something else, and in another precision.
    assert!(matches!(
        read(&bytes[..bytes.len() / 2]),
        Error::Format { .. }
    ));
    let network = learner.model().encoder.to_safetensors().unwrap();
    assert_eq!(
        read(&network),
        Error::format(
            Path::new("run.safetensors"),
            "a checkpoint of a training run, with its plan in the metadata",
            "no such entry"
        )
    );
    let single = Learner::<f32>::from_safetensors(Path::new("run.safetensors"), &bytes);
    assert!(matches!(single.err(), Some(Error::Format { .. })));
    // A number that is none, in the first weight.
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut broken = bytes.clone();
    broken[8 + header..8 + header + 8].copy_from_slice(&f64::NAN.to_le_bytes());
    assert!(matches!(read(&broken), Error::InvalidParameter { .. }));
}
