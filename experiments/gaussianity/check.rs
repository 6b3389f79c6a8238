use vicinfo::experiment::{Effect, Finding, Line};
use vicinfo::stats::{Verdict, student_t_quantile};

use super::{
    BETWEEN, FACE_DISTANCES, LEVEL, PAPER, Part, Row, TESTS, against, at, curve, layer_of, select,
};

fn effect(row: &Row) -> Effect {
    Effect::new(row.value, row.std_error)
}

/// What a row says of a few networks that are compared with their twins, to be decided by Student's t.
fn of_few(row: &Row) -> Effect {
    let freedom = row.replicates as f64 - 1.0;
    student_t_quantile(1.0 - T_LEVEL / 2.0, freedom).map_or(Effect::exact(f64::NAN), |quantile| {
        effect(row).keeping(quantile)
    })
}

/// Level of the decisions by Student's t.
const T_LEVEL: f64 = 0.01;

/// Rejections beyond the test's level up to which outputs count as Gaussian.
const EXCESS: f64 = 0.05;
/// Probability of leaving the region up to which the output law is one Gaussian for practical
/// purposes: it bounds the total variation distance.
const STAY: f64 = 0.05;
/// Squared departure from an affine map, relative to its variance, up to which a network is nearly
/// affine.
const NEARLY_AFFINE: f64 = 0.1;

/// How far the p-value must fall for one of many independent replicates.
pub(super) fn fall_of_many() -> Line {
    Line::at_least(
        0.015,
        0.0,
        "a tenth of the smallest fall in the paper's figure, from 0.19 to 0.036",
    )
}

/// The same for networks that are trained here: few, with embeddings that depend on each other.
pub(super) fn fall_of_few() -> Line {
    Line::at_least(
        0.05,
        0.0,
        "a third of the smallest fall in the paper's figure, from 0.19 to 0.036: with a few networks of dependent outputs less could not be told from none",
    )
}

pub(super) fn falls(rows: &[Row], subject: &str, form: &str, line: &Line) -> Option<Finding> {
    let fall = at(rows, subject, "p_value_fall", 0.0)?;
    let affine = at(rows, subject, "affine_p_value_fall", 0.0)?;
    let (low, high) = (
        at(rows, subject, "p_value", PAPER.0)?,
        at(rows, subject, "p_value", PAPER.1)?,
    );
    Some(Finding {
        claim: "gaussianity".into(),
        form: format!("{subject}: {form}"),
        statement: format!(
            "The mean p-value of the outputs falls as the noise on the input grows from {} to {}.",
            PAPER.0, PAPER.1
        ),
        unit: "fall of the mean p-value".into(),
        evidence: format!(
            "mean p-value {:.3} ± {:.3} at noise {}, {:.3} ± {:.3} at {}; a Gaussian gives 0.5",
            low.value, low.std_error, PAPER.0, high.value, high.std_error, PAPER.1
        ),
        controls: vec![line.refuted(
            "the affine map of the image in place of the network, for noise of its own",
            effect(affine),
        )],
        ..line.judge(effect(fall))
    })
}

/// The largest noise up to which the outputs pass as Gaussian at every level measured, as the row of the
/// rejections there; `None` where they do not at the smallest.
fn passing<'a>(rows: &'a [Row], subject: &'a str) -> Option<&'a Row> {
    let mut levels: Vec<&Row> = curve(rows, subject, "rejected").collect();
    levels.sort_by(|a, b| a.noise.total_cmp(&b.noise));
    let passes = |row: &&Row| {
        at(rows, subject, "affine_rejected", row.noise)
            .is_some_and(|affine| row.value <= affine.value + EXCESS)
    };
    levels.into_iter().take_while(passes).last()
}

/// What a network with one face says, with the noise so many standard deviations from it, and the exact answer.
fn face(rows: &[Row], quantity: &str, distance: f64) -> Option<(String, Effect)> {
    let row = |quantity: &str| {
        (rows.iter())
            .filter(|row| row.part == Part::Face && row.quantity == quantity)
            .find(|row| row.noise.total_cmp(&distance.recip()).is_eq())
    };
    let exact = row(&format!("{quantity}_exact"))?;
    let setting = format!(
        "a network of one face, {distance} standard deviations away: {:.4} exactly",
        exact.value
    );
    Some((setting, effect(row(quantity)?)))
}

/// A finding about the largest noise up to which the outputs pass, or that there is none.
fn where_they_pass(
    rows: &[Row],
    subject: &str,
    quantity: &str,
    line: &Line,
    evidence: impl Fn(&Row, &Row) -> Option<String>,
) -> Option<Finding> {
    let [far, near] = FACE_DISTANCES;
    let (supported, refuted) = (face(rows, quantity, far)?, face(rows, quantity, near)?);
    let controls = vec![
        line.supported(supported.0, supported.1),
        line.refuted(refuted.0, refuted.1),
    ];
    let finding = match passing(rows, subject) {
        Some(pass) => {
            let row = at(rows, subject, quantity, pass.noise)?;
            Finding {
                evidence: evidence(pass, row)?,
                ..line.judge(effect(row))
            }
        }
        None => {
            let least =
                curve(rows, subject, quantity).min_by(|a, b| a.noise.total_cmp(&b.noise))?;
            Finding {
                evidence: format!(
                    "there is no such noise: already at {:e}, the smallest, over {:.0} points more outputs are rejected than of a Gaussian; the effect is the one there",
                    least.noise,
                    100.0 * EXCESS
                ),
                verdict: Verdict::Inconclusive,
                ..line.judge(effect(least))
            }
        }
    };
    Some(Finding {
        claim: "gaussianity".into(),
        controls,
        ..finding
    })
}

pub(super) fn one_region(rows: &[Row], subject: &str) -> Option<Finding> {
    let line = Line::at_most(
        STAY,
        0.0,
        "the probability of leaving bounds the total variation distance from the one Gaussian of the image's region",
    );
    let evidence = |pass: &Row, leave: &Row| {
        let flips = at(rows, subject, "flips", pass.noise)?;
        let remainder = at(rows, subject, "remainder", pass.noise)?;
        let smallest = curve(rows, subject, "leave").min_by(|a, b| a.noise.total_cmp(&b.noise))?;
        Some(format!(
            "up to noise {:.3} at most {:.0} points more outputs are rejected than of a Gaussian; there the noise leaves the region with probability {:.3} ± {:.3} (at noise {:e} with {:.3}), {:.1} % of the hidden units change their state, and the departure from the affine map is {:.3} of its variance",
            pass.noise,
            100.0 * EXCESS,
            leave.value,
            leave.std_error,
            smallest.noise,
            smallest.value,
            100.0 * flips.value,
            remainder.value
        ))
    };
    Some(Finding {
        form: format!("{subject}: as a sign of one region"),
        statement: "Where the outputs pass the test of normality (up to the largest noise at which they do), the noise stays in the region of the image, so that one affine map acts (Theorem 1).".into(),
        unit: "probability of leaving the region".into(),
        ..where_they_pass(rows, subject, "leave", &line, evidence)?
    })
}

pub(super) fn one_map(rows: &[Row], subject: &str) -> Option<Finding> {
    let line = Line::at_most(
        NEARLY_AFFINE,
        0.0,
        "a tenth of the variance is what a reader would still call nearly affine",
    );
    let evidence = |pass: &Row, remainder: &Row| {
        let hidden =
            at(rows, subject, "hidden_rejected", pass.noise).map_or_else(String::new, |row| {
                format!(
                    "; of the last hidden units {:.0} % are rejected there",
                    100.0 * row.value
                )
            });
        Some(format!(
            "at noise {:.3}, the largest up to which they pass, the squared departure is {:.3} ± {:.3} of the variance{hidden}",
            pass.noise, remainder.value, remainder.std_error
        ))
    };
    Some(Finding {
        form: format!("{subject}: as a sign of one affine map in mean square"),
        statement: "Where the outputs pass the test of normality (up to the largest noise at which they do), the network is nearly its affine map at the image, though not on one region.".into(),
        unit: "squared departure from the affine map, relative to its variance".into(),
        ..where_they_pass(rows, subject, "remainder", &line, evidence)?
    })
}

/// `a / b` with the standard error of first order.
fn ratio(a: &Row, b: &Row) -> Effect {
    let value = a.value / b.value;
    let std_error = (a.std_error / b.value).hypot(value * b.std_error / b.value);
    Effect::new(value, std_error)
}

pub(super) fn averaging(rows: &[Row], narrow: &str, wide: &str) -> Option<Finding> {
    if narrow == wide {
        return None;
    }
    let of = |quantity| {
        Some((
            at(rows, wide, quantity, PAPER.1)?,
            at(rows, narrow, quantity, PAPER.1)?,
        ))
    };
    let (excess, remainder, flips) = (of("k2_excess")?, of("remainder")?, of("flips")?);
    let line = Line::at_most(
        0.5,
        0.0,
        "four times the units under each output or more; for independent terms K²/n falls at least as fast as their number grows",
    );
    Some(Finding {
        claim: "gaussianity".into(),
        form: format!("{narrow} against {wide}: more units"),
        statement: format!(
            "With more hidden units under each output K²/n falls, the statistic of the test a draw, though the departure from the affine map does not (untrained, noise {}): outputs can look Gaussian as sums of many terms.",
            PAPER.1
        ),
        unit: format!("K²/n beyond the null, {wide} over {narrow}"),
        evidence: format!(
            "at noise {} K²/n beyond that of the affine map is {:.5} ± {:.5} ({narrow}) and {:.5} ± {:.5} ({wide}), while the squared departure from the affine map is {:.2} and {:.2} of the variance",
            PAPER.1,
            excess.1.value,
            excess.1.std_error,
            excess.0.value,
            excess.0.std_error,
            remainder.1.value,
            remainder.0.value
        ),
        controls: vec![
            line.refuted(
                "the squared departure in place of K²/n",
                ratio(remainder.0, remainder.1),
            ),
            line.refuted(
                "the share of units that change state",
                ratio(flips.0, flips.1),
            ),
        ],
        ..line.judge(ratio(excess.0, excess.1))
    })
}

/// Whether the p-values of one method are at least another's, network by network.
pub(super) fn above(
    rows: &[Row],
    (method, other): (&str, &str),
    layer: &str,
    (statement, reason): (&str, &str),
) -> Option<Finding> {
    let comparison = layer_of(&against(method, other), layer);
    let of = |quantity, noise| at(rows, &comparison, quantity, noise).map(of_few);
    let line = Line::at_least(
        0.0,
        0.0,
        format!("{reason}; decided by Student's t over the networks, level 1 %"),
    );
    let between = |method: &str| {
        let subject = layer_of(method, layer);
        let (p_value, flips) = (
            at(rows, &subject, "p_value", BETWEEN)?,
            at(rows, &subject, "flips", BETWEEN)?,
        );
        Some(format!(
            "{:.3} ± {:.3} ({method}, with {:.1} % of the hidden units in another state)",
            p_value.value,
            p_value.std_error,
            100.0 * flips.value
        ))
    };
    Some(Finding {
        claim: "gaussianity".into(),
        form: comparison.clone(),
        statement: format!(
            "{statement} (mean over the noise from {} to {}).",
            PAPER.0, PAPER.1
        ),
        unit: "difference of the mean p-values, network by network".into(),
        evidence: format!(
            "for instance at noise {BETWEEN} the mean p-value is {} and {}",
            between(method)?,
            between(other)?
        ),
        controls: vec![
            line.refuted(
                format!("the affine maps of the images in place of {other}"),
                of("p_value_above_affine", 0.0)?,
            ),
            line.supported(
                format!(
                    "the affine maps of the images in place of {method}, at noise {} alone, where {other} is farthest from its own",
                    PAPER.1
                ),
                of("affine_p_value_above", PAPER.1)?,
            ),
        ],
        ..line.judge(of("p_value_above", 0.0)?)
    })
}

pub(super) fn points(rows: &[Row]) -> Option<Finding> {
    let of = |quantity: &str, draws: usize, noise: f64| {
        (rows.iter())
            .find(|row| {
                row.part == Part::Points
                    && row.quantity == quantity
                    && row.draws == draws
                    && row.noise.total_cmp(&noise).is_eq()
            })
            .map(effect)
    };
    let draws = |pick: fn(usize, usize) -> usize| {
        (rows.iter())
            .filter(|row| row.part == Part::Points)
            .map(|row| row.draws)
            .reduce(pick)
    };
    let (few, many) = (draws(usize::min)?, draws(usize::max)?);
    let difference = |quantity: &str, noise: f64| {
        let (few, many) = (of(quantity, few, noise)?, of(quantity, many, noise)?);
        Some(Effect::new(
            many.value - few.value,
            few.std_error.hypot(many.std_error),
        ))
    };
    let line = Line::at_most(
        0.0,
        EXCESS,
        "a verdict on a law should not hang on how often it was drawn",
    );
    let (few_rate, many_rate) = (
        of("rejected", few, PAPER.1)?,
        of("rejected", many, PAPER.1)?,
    );
    Some(Finding {
        claim: "gaussianity".into(),
        form: "the p-value as a measure".into(),
        statement: format!(
            "The share of outputs rejected is a property of the network and the noise, not of the number of draws (noise {}).",
            PAPER.1
        ),
        unit: "difference of the share rejected".into(),
        evidence: format!(
            "at noise {} the test rejects {:.1} % of the outputs from {few} draws and {:.1} % from {many}, at one and the same level of {LEVEL}",
            PAPER.1,
            100.0 * few_rate.value,
            100.0 * many_rate.value
        ),
        controls: vec![
            line.supported("a Gaussian", difference("gaussian_rejected", 0.0)?),
            line.refuted(
                "Student's law with 20 degrees of freedom",
                difference("student_rejected", 0.0)?,
            ),
        ],
        ..line.judge(difference("rejected", PAPER.1)?)
    })
}

pub(super) fn blind(rows: &[Row]) -> Option<Finding> {
    let rate = |law: &str, test: &str| select(rows, Part::Blind, law, test).next().map(effect);
    let (axes, directions, joint) = (TESTS[0], TESTS[1], TESTS[3]);
    let xor = rate("sign-XOR normal, d = 8", axes)?;
    let cube = rate("cube, d = 64", directions)?;
    let small_cube = rate("cube, d = 8", axes)?;
    let null = rate("Gaussian, d = 8", axes)?;
    let line = Line::at_least(
        0.5,
        0.0,
        "a test that misses every other sample decides nothing",
    );
    let seen = |law| {
        Some(
            TESTS
                .iter()
                .filter_map(|test| rate(law, test))
                .map(|e| e.value)
                .fold(0.0, f64::max),
        )
    };
    Some(Finding {
        claim: "gaussianity".into(),
        form: "what the test can see".into(),
        statement: "A test of the coordinates notices outputs that are jointly not Gaussian."
            .into(),
        unit: "share of samples rejected".into(),
        evidence: format!(
            "sign-XOR normal in 8 dimensions, whose coordinates are dependent: rejected in {:.1} % of the samples, by the best of all tests in {:.1} %; cube of 64 dimensions along random directions {:.1} %, by Henze and Zirkler's test {:.1} %",
            100.0 * xor.value,
            100.0 * seen("sign-XOR normal, d = 8")?,
            100.0 * cube.value,
            100.0 * rate("cube, d = 64", joint)?.value
        ),
        controls: vec![
            line.supported(
                "cube in 8 dimensions, whose coordinates are two points",
                small_cube,
            ),
            line.refuted("a Gaussian", null),
        ],
        ..line.judge(xor)
    })
}
