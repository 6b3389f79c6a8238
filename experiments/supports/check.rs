use vicinfo::experiment::{Effect, Finding, Line};

use super::{
    FULL, HUGE_NOISE, NOISE, OTHERS, OVERLAP, Part, Row, SHARE, named, noise_name, select, single,
};

fn effect(row: &Row) -> Effect {
    Effect::new(row.value, row.std_error)
}

fn bayes<'a>(rows: &'a [Row], data: &'a str, part: Part, noise: f64) -> Option<&'a Row> {
    select(rows, data, part, "bayes_error").find(|row| row.x.total_cmp(&noise).is_eq())
}

pub(super) fn noise(rows: &[Row], data: &str) -> Option<Finding> {
    let row = bayes(rows, data, Part::Images, NOISE)?;
    let huge = bayes(rows, data, Part::Images, HUGE_NOISE)?;
    let nearest = single(rows, data, Part::Images, "mean_nearest_distance")?;
    let smallest = single(rows, data, Part::Images, "smallest_nearest_distance")?;
    let line = Line::at_most(
        0.0,
        OVERLAP,
        "1 % error between the nearest pair is where the output law's total variation reaches 1 %",
    );
    Some(Finding {
        claim: "prototype-supports".into(),
        form: format!("{data}: isotropic pixel noise"),
        statement: format!(
            "Under isotropic pixel noise of standard deviation {NOISE}, an image and its nearest neighbour are told apart without error."
        ),
        unit: "mean Bayes error".into(),
        evidence: format!(
            "mean Bayes error {:.1e} ± {:.0e} over {} images; nearest neighbours are {:.2} apart on average, the closest pair {:.2}, so most of the error comes from few pairs",
            row.value, row.std_error, row.n, nearest.value, smallest.value
        ),
        controls: vec![line.refuted(
            format!("noise of standard deviation {HUGE_NOISE}"),
            effect(huge),
        )],
        ..line.judge(effect(row))
    })
}

/// A share of images, of which one in twenty may be exceptions.
fn share() -> Line {
    Line::at_most(
        0.0,
        SHARE,
        "one image in twenty may have a near twin in the data",
    )
}

pub(super) fn confusion(rows: &[Row], data: &str) -> Option<Finding> {
    let confused = |name: &str| named(rows, data, &format!("confused: {name}"));
    let (row, noise, huge) = (
        confused(FULL)?,
        confused(&noise_name(NOISE))?,
        confused(&noise_name(HUGE_NOISE))?,
    );
    Some(Finding {
        claim: "prototype-supports".into(),
        form: format!("{data}: augmentations, recognising the source"),
        statement: "An augmented view (crop, brightness and contrast, blur, noise) is nearer to its own image than to any other image of the data set.".into(),
        unit: "share of views nearer to another image".into(),
        evidence: format!(
            "{:.1} % ± {:.1} % of {} views lie nearer to another image, against {:.1} % under isotropic noise of {NOISE}",
            100.0 * row.value,
            100.0 * row.std_error,
            row.n,
            100.0 * noise.value
        ),
        controls: vec![
            share().refuted(noise_name(HUGE_NOISE), effect(huge)),
            share().supported(noise_name(NOISE), effect(noise)),
        ],
        ..share().judge(effect(row))
    })
}

pub(super) fn views(rows: &[Row], data: &str) -> Option<Finding> {
    let beyond = |name: &str| named(rows, data, &format!("beyond: {name}"));
    let (row, others, tiny) = (beyond(FULL)?, beyond(OTHERS)?, beyond("pixel noise 0.001")?);
    let view = named(rows, data, &format!("distance: {FULL}"))?;
    let nearest = single(rows, data, Part::Images, "mean_nearest_distance")?;
    Some(Finding {
        claim: "prototype-supports".into(),
        form: format!("{data}: augmentations, distance of two views"),
        statement: "Two augmented views of an image (crop, brightness and contrast, blur, noise) are closer to each other than the image is to any other.".into(),
        unit: "share of images where they are not".into(),
        evidence: format!(
            "for {:.1} % ± {:.1} % of {} images the views are farther apart than the nearest other image; mean distances: views {:.2}, nearest image {:.2}",
            100.0 * row.value,
            100.0 * row.std_error,
            row.n,
            view.value,
            nearest.value
        ),
        controls: vec![
            share().refuted(OTHERS, effect(others)),
            share().supported("views that differ by pixel noise 0.001", effect(tiny)),
        ],
        ..share().judge(effect(row))
    })
}

pub(super) fn evidence(rows: &[Row], data: &str) -> Option<Finding> {
    let row = bayes(rows, data, Part::Cloud, NOISE)?;
    let (plane, wide) = (
        bayes(rows, data, Part::PlaneCloud, NOISE)?,
        bayes(rows, data, Part::WideCloud, NOISE)?,
    );
    let mean = |part, quantity| single(rows, data, part, quantity).map(|row| row.value);
    let ratio =
        |part| Some(mean(part, "mean_nearest_distance")? / mean(part, "mean_pair_distance")?);
    let line = Line::at_least(OVERLAP, 0.0, "the line of the test itself");
    Some(Finding {
        claim: "prototype-supports".into(),
        form: format!("{data}: large distances as evidence"),
        statement: "The same test refuses a cloud of independent Gaussian points of the images' dimension and spread, which has no prototypes.".into(),
        unit: "mean Bayes error".into(),
        evidence: format!(
            "mean Bayes error of the cloud at noise {NOISE}: {:.1e}; the test passes it, so large distances are a matter of dimension. Nearest over mean distance: images {:.2}, cloud {:.2}",
            row.value,
            ratio(Part::Images)?,
            ratio(Part::Cloud)?
        ),
        controls: vec![
            line.refuted("a cloud in four times the dimension", effect(wide)),
            line.supported("a cloud of the same spread in two dimensions", effect(plane)),
        ],
        ..line.judge(effect(row))
    })
}
