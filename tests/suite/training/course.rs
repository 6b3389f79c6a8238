//! Courses and runs: how many steps there are, and that an interruption leaves no trace.

use std::path::Path;

use vicinfo::Error;
use vicinfo::image::{Augmentation, Images, Sizes, sprites, sprites_of};
use vicinfo::seed::Seed;
use vicinfo::training::{Course, Encoder, Learner, Optimiser, Preset, Profile, Run, Step};

pub(super) fn images(n: usize) -> Images {
    sprites(n, 8, Seed::root(1)).unwrap().0
}

/// A course of tiny networks.
pub(super) fn course(method: &str, n: usize, epochs: u64) -> Course {
    let preset = Preset::named("vicreg").unwrap();
    let mut course = Course::small(preset, Augmentation::SPRITES, n, epochs).unwrap();
    course.plan.encoder = Encoder::parse("conv_net(channels=4-8)").unwrap();
    course.plan.projector = vec![16, 12];
    course.plan.predictor = 32;
    course.plan.method = method.to_owned();
    course.batch = 16;
    course.schedule(n, epochs).unwrap();
    course
}

fn to_the_end(run: &mut Run<'_, f64>) -> Vec<Step> {
    std::iter::from_fn(|| run.step().unwrap()).collect()
}

fn bytes(run: &Run<'_, f64>) -> Vec<u8> {
    run.learner().to_safetensors(Default::default()).unwrap()
}

#[test]
fn an_interruption_leaves_no_trace() {
    // 40 images in batches of 16: two steps an epoch, eight images wait for the next one.
    let images = images(40);
    for method in ["vicreg()", "byol()", "cross_entropy()"] {
        let course = course(method, 40, 3);
        let seed = Seed::root(2);
        let mut whole = Run::<f64>::new(course.clone(), &images, seed).unwrap();
        assert_eq!(whole.per_epoch(), 2);
        let steps = to_the_end(&mut whole);
        assert_eq!(steps.len(), 6);
        assert_eq!(whole.step(), Ok(None));
        // Between epochs and in the middle of one.
        for taken in [0, 2, 3] {
            let mut run = Run::<f64>::new(course.clone(), &images, seed).unwrap();
            for _ in 0..taken {
                run.step().unwrap();
            }
            assert_eq!(run.between_epochs(), taken != 3);
            let (learner, _) = Learner::from_safetensors(Path::new("run"), &bytes(&run)).unwrap();
            let mut run = Run::resume(course.clone(), &images, seed, learner).unwrap();
            let rest = to_the_end(&mut run);
            assert_eq!(rest, steps[taken..], "{method} {taken}");
            assert!(bytes(&run) == bytes(&whole), "{method} {taken}");
        }
        // Another seed is another run.
        let mut other = Run::<f64>::new(course, &images, Seed::root(3)).unwrap();
        assert_ne!(to_the_end(&mut other), steps);
    }
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let images = images(48);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| {
            let course = course("simsiam() + 0.1*log_det()", 48, 2);
            let mut run = Run::<f64>::new(course, &images, Seed::root(2)).unwrap();
            to_the_end(&mut run);
            bytes(&run)
        })
    };
    assert!(run(1) == run(3));
}

#[test]
fn schedules_count_epochs() {
    let mut course = course("vicreg()", 100, 7);
    let schedule = course.plan.schedule;
    assert_eq!((schedule.steps, schedule.warm_up), (42, 6));
    course.schedule(33, 1).unwrap();
    let schedule = course.plan.schedule;
    assert_eq!((schedule.steps, schedule.warm_up), (2, 0));
    assert_eq!(
        course.schedule(33, 0),
        Err(Error::invalid("epochs", 0, "from 1 to 9223372036854775807"))
    );
    assert!(course.schedule(33, u64::MAX / 2).is_ok());
    assert!(matches!(
        course.schedule(33, u64::MAX / 2 + 1),
        Err(Error::InvalidParameter { .. })
    ));
    assert_eq!(
        course.schedule(15, 1),
        Err(Error::invalid(
            "batch",
            16,
            "at most the 15 points that there are"
        ))
    );
    let preset = Preset::named("simclr").unwrap();
    for (n, batch) in [(100, 100), (6000, 256)] {
        let small = Course::small(preset, Augmentation::UPRIGHT, n, 15).unwrap();
        assert_eq!((small.batch, small.plan.method), (batch, preset.method(64)));
    }
    assert_eq!(
        [Profile::Quick, Profile::Minutes].map(Profile::epochs),
        [5, 15]
    );
}

#[test]
fn runs_that_cannot_be_taken_up() {
    let images = images(40);
    let learner = || {
        let run = Run::<f64>::new(course("vicreg()", 40, 2), &images, Seed::root(2)).unwrap();
        let (learner, _) =
            Learner::<f64>::from_safetensors(Path::new("run"), &bytes(&run)).unwrap();
        learner
    };
    let refused = |course: Course, images: &Images| {
        Run::resume(course, images, Seed::root(2), learner()).err()
    };
    let mut other = course("vicreg()", 40, 2);
    other.plan.optimiser = Optimiser::parse("sgd()").unwrap();
    assert!(
        matches!(refused(other, &images), Some(Error::InvalidParameter { name, .. }) if name == "learner")
    );
    let (wide, _) = sprites(40, 12, Seed::root(1)).unwrap();
    assert_eq!(
        refused(course("vicreg()", 40, 2), &wide),
        Some(Error::Mismatch {
            what: "numbers of an image, as many as the network takes",
            expected: 64,
            actual: 144
        })
    );
    // Of another batch or other images, where it shows: 4 steps are no epochs of 3, and a learner does not go back.
    let mut smaller = course("vicreg()", 40, 2);
    smaller.batch = 13;
    assert_eq!(
        refused(smaller, &images),
        Some(Error::invalid(
            "steps",
            4,
            "a multiple of 3, the batches of 13 that 40 images make in an epoch"
        ))
    );
    let mut course_of_more = course("vicreg()", 40, 2);
    course_of_more.plan.schedule.steps = 5;
    assert!(matches!(
        Run::<f64>::new(course_of_more, &images, Seed::root(2)).err(),
        Some(Error::InvalidParameter { name, value, .. }) if name == "steps" && value == "5"
    ));
    let short = course("vicreg()", 40, 1);
    let mut ahead = Learner::<f64>::new(
        short.plan.clone(),
        learner().model().encoder.input(),
        Seed::root(2),
    )
    .unwrap();
    let view = |label: &str| Seed::root(3).child(label).normal_matrix(64, 8);
    for _ in 0..3 {
        ahead.step(&view("first"), &view("second")).unwrap();
    }
    assert_eq!(
        Run::resume(short, &images, Seed::root(2), ahead).err(),
        Some(Error::invalid(
            "learner",
            "3 steps",
            "at most the 2 of the schedule"
        ))
    );
    // The classes that cross-entropy takes.
    let pixels: Vec<u8> = (0..40).flat_map(|i| images.bytes(i).to_vec()).collect();
    let plain = Images::new(images.size(), pixels, None).unwrap();
    let supervised = course("cross_entropy()", 40, 2);
    assert_eq!(
        Run::<f64>::new(supervised.clone(), &plain, Seed::root(2)).err(),
        Some(Error::invalid(
            "images",
            "without labels",
            "labelled: cross-entropy takes the classes"
        ))
    );
    let mut few = supervised;
    few.plan.projector = vec![16, 9];
    assert_eq!(
        Run::<f64>::new(few, &images, Seed::root(2)).err(),
        Some(Error::invalid(
            "class",
            9,
            "below the dimension of the embedding, 9: its coordinates are the log-odds of the classes"
        ))
    );
}

/// Log-odds of no knowledge cost `ln K`; what is learnt of the shapes of these images costs less.
#[test]
fn supervision_learns_the_classes() {
    let (images, _) = sprites_of(Sizes::LARGE, 160, 16, Seed::root(1)).unwrap();
    let mut course = course("cross_entropy()", 160, 30);
    course.augmentation = Augmentation::IDENTITY;
    course.plan.projector = vec![16, 10];
    let mut run = Run::<f64>::new(course, &images, Seed::root(2)).unwrap();
    let steps = to_the_end(&mut run);
    let mean = |steps: &[Step]| steps.iter().map(|s| s.loss).sum::<f64>() / steps.len() as f64;
    let (first, last) = (mean(&steps[..10]), mean(&steps[steps.len() - 10..]));
    assert!(first > 10.0_f64.ln() - 0.3, "{first}");
    assert!(last < 0.7 * 10.0_f64.ln(), "{last}");
}
