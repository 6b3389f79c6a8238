//! Learners: gradients, collapse and its prevention, threads, checkpoints.

use std::path::Path;

use nalgebra::DMatrix;
use vicinfo::image::{Augmentation, sprites};
use vicinfo::network::Shape;
use vicinfo::seed::Seed;
use vicinfo::training::{Batches, Encoder, Learner, Optimiser, Plan, Schedule, Step, views};

pub(super) const SHAPE: Shape = Shape {
    channels: 1,
    height: 12,
    width: 12,
};

pub(super) fn plan(method: &str) -> Plan {
    Plan {
        encoder: Encoder::parse("conv_net(channels=8-16)").unwrap(),
        projector: vec![24, 8],
        predictor: 16,
        method: method.to_owned(),
        optimiser: Optimiser::parse("adamw()").unwrap(),
        schedule: Schedule {
            rate: 3e-3,
            warm_up: 5,
            steps: 60,
            floor: 0.01,
        },
        keep: 0.99,
    }
}

/// Two views of a batch of sprites.
fn batch(step: u64, n: usize) -> [DMatrix<f64>; 2] {
    let (images, _) = sprites(192, 12, Seed::root(1)).unwrap();
    let batches = Batches::new(images.n(), n, Seed::root(2)).unwrap();
    let epoch = step / batches.per_epoch();
    let indices = &batches.epoch(epoch)[(step % batches.per_epoch()) as usize];
    let augmentation = Augmentation {
        crop: 0.6,
        turn: 3.0,
        flip: true,
        jitter: 0.4,
        blur: 1.0,
        noise: 0.05,
    };
    ["first", "second"].map(|view| {
        views(
            &images,
            indices,
            &augmentation,
            Seed::root(3).child(view).child(epoch),
        )
    })
}

pub(super) fn train(learner: &mut Learner<f64>, steps: u64) -> Vec<Step> {
    (0..steps)
        .map(|_| {
            let [first, second] = batch(learner.steps(), 32);
            learner.step(&first, &second).unwrap()
        })
        .collect()
}

fn trained(method: &str, steps: u64) -> Vec<Step> {
    let mut learner = Learner::new(plan(method), SHAPE, Seed::root(4)).unwrap();
    train(&mut learner, steps)
}

/// Plain gradient descent of a tiny rate changes the loss by minus the rate times the squared length of the way,
/// which the change of the loss has to give back; a wrong gradient anywhere would not.
#[test]
fn the_way_is_the_derivative_of_the_loss() {
    const RATE: f64 = 1e-7;
    for method in [
        "vicreg()",
        "nt_xent(temperature=0.2)",
        "2*barlow_twins()",
        "sigreg(slices=8)",
        "vicreg(covariance=0) + 0.5*log_det(epsilon=0.01)",
        "invariance() + pair_dist(std=0.7)",
    ] {
        let mut plan = plan(method);
        plan.optimiser = Optimiser::parse("sgd(momentum=0,weight_decay=0)").unwrap();
        plan.schedule = Schedule {
            rate: RATE,
            warm_up: 0,
            steps: 1_000_000,
            floor: 1.0,
        };
        let mut learner = Learner::<f64>::new(plan, SHAPE, Seed::root(4)).unwrap();
        let [first, second] = batch(0, 32);
        let before = learner.model().clone();
        let loss = learner.step(&first, &second).unwrap().loss;
        let after = learner.model().clone();
        let moved = |a: &vicinfo::network::Network<f64>, b: &vicinfo::network::Network<f64>| {
            let pairs = a.parameters().into_iter().zip(b.parameters());
            let squares = |(a, b): (
                vicinfo::network::Parameter<f64>,
                vicinfo::network::Parameter<f64>,
            )| {
                let differences = a.values.iter().zip(b.values).map(|(a, b)| (a - b).powi(2));
                differences.sum::<f64>()
            };
            pairs.map(squares).sum::<f64>()
        };
        let way =
            moved(&before.encoder, &after.encoder) + moved(&before.projector, &after.projector);
        let expected = -way / RATE;
        let found = learner.step(&first, &second).unwrap().loss - loss;
        // The rest is of second order in the rate.
        assert!(
            (found - expected).abs() < 0.02 * expected.abs(),
            "{method}: {found} {expected}"
        );
    }
}

#[test]
fn losses_fall_and_embeddings_stay_apart() {
    for method in [
        "vicreg()",
        "nt_xent(temperature=0.2)",
        "byol()",
        "simsiam()",
    ] {
        let steps = trained(method, 60);
        let mean = |steps: &[Step]| steps.iter().map(|s| s.loss).sum::<f64>() / steps.len() as f64;
        assert!(mean(&steps[50..]) < mean(&steps[..5]), "{method}");
        assert!(steps[59].std > 0.01, "{method}: {}", steps[59].std);
    }
}

/// The control: the invariance alone is smallest for a constant network.
#[test]
fn invariance_alone_collapses() {
    let std = |method: &str| {
        let mut plan = plan(method);
        plan.schedule.rate = 0.02;
        plan.schedule.steps = 120;
        let mut learner = Learner::new(plan, SHAPE, Seed::root(4)).unwrap();
        let steps = train(&mut learner, 120);
        steps[119].std / steps[0].std
    };
    let (alone, with_variance) = (std("25*invariance()"), std("vicreg(covariance=0)"));
    assert!(
        alone < 0.05 && with_variance > 5.0 * alone,
        "{alone} {with_variance}"
    );
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let losses = |threads: usize| -> Vec<u64> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let steps = pool
            .unwrap()
            .install(|| trained("byol() + 0.1*nt_xent()", 4));
        steps.iter().map(|step| step.loss.to_bits()).collect()
    };
    assert_eq!(losses(1), losses(3));
}

#[test]
fn a_learner_goes_on_where_its_checkpoint_stopped() {
    for method in [
        "vicreg()",
        "byol() + 0.2*normalised(objective=log_det())",
        "simsiam()",
    ] {
        for optimiser in ["adamw()", "sgd()", "lars(trust=0.02)"] {
            let mut plan = plan(method);
            plan.optimiser = Optimiser::parse(optimiser).unwrap();
            let mut learner = Learner::<f64>::new(plan, SHAPE, Seed::root(4)).unwrap();
            train(&mut learner, 3);
            let notes = [("epoch".to_owned(), "2".to_owned())].into_iter().collect();
            let bytes = learner.to_safetensors(notes).unwrap();
            let rest = train(&mut learner, 3);
            let (mut read, notes) =
                Learner::<f64>::from_safetensors(Path::new("checkpoint"), &bytes).unwrap();
            assert_eq!(notes["epoch"], "2");
            assert_eq!(train(&mut read, 3), rest, "{method} {optimiser}");
            let bytes =
                |learner: &Learner<f64>| learner.to_safetensors(Default::default()).unwrap();
            assert!(bytes(&learner) == bytes(&read), "{method} {optimiser}");
        }
    }
}

/// Losses are evaluated in double precision: what single precision loses is the networks' rounding.
#[test]
fn single_precision_is_near_double_precision() {
    let [first, second] = batch(0, 32);
    for method in [
        "vicreg()",
        "nt_xent()",
        "invariance() + log_det()",
        "invariance() + pair_dist()",
    ] {
        let mut double = Learner::<f64>::new(plan(method), SHAPE, Seed::root(4)).unwrap();
        let mut single = Learner::<f32>::new(plan(method), SHAPE, Seed::root(4)).unwrap();
        let expected = double.step(&first, &second).unwrap().loss;
        let [first, second] = [&first, &second].map(|view| view.map(|v| v as f32));
        let found = single.step(&first, &second).unwrap().loss;
        let scale = expected.abs().max(1.0);
        assert!(
            (found - expected).abs() < 1e-5 * scale,
            "{method}: {found} {expected}"
        );
    }
}

#[test]
fn batches_are_permutations() {
    let batches = Batches::new(10, 3, Seed::root(5)).unwrap();
    let (first, second) = (batches.epoch(0), batches.epoch(1));
    assert_eq!(first.len(), 3);
    assert_ne!(first, second);
    assert_eq!(first, batches.epoch(0));
    let mut seen: Vec<usize> = first.into_iter().flatten().collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 9);
}
