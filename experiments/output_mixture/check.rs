use vicinfo::experiment::{Effect, Finding, Line};
use vicinfo::stats::Summary;

use super::{LARGE, NEGLIGIBLE, Part, Row, SMALL, UNIT, WIDE_NOISES, at, select, shapes};

const CLAIM: &str = "output-mixture";

fn effect(row: &Row) -> Effect {
    Effect::new(row.value, row.std_error)
}

fn square<'a>(rows: &'a [Row], quantity: &'a str, noise: f64) -> impl Iterator<Item = Effect> {
    at(rows, Part::Square, quantity, noise).map(effect)
}

/// In the plane a random map may be close to normal, A A^T = A^T A, and the pieces of neighbouring regions
/// close to each other, so that a wrong covariance is nearly right; from here on that does not happen.
const WIDE: usize = 8;

/// The smallest departure among the networks of [`WIDE`] or more dimensions.
fn smallest_wide<'a>(
    rows: impl Iterator<Item = &'a Row>,
    departure: impl Fn(Effect) -> Effect,
) -> Effect {
    let wide = rows.filter(|row| row.dim >= WIDE);
    Effect::smallest(wide.map(|row| departure(effect(row))))
}

fn negligible() -> Line {
    Line::at_most(
        0.0,
        NEGLIGIBLE,
        "no test tells two laws apart better than with 1 % above chance",
    )
}

/// The share of escapes at a noise, for the evidence.
fn escapes(rows: &[Row], noise: f64) -> f64 {
    Effect::largest(square(rows, "p_leave", noise)).value
}

pub(super) fn any_noise(rows: &[Row]) -> Finding {
    let line = negligible();
    let worst = |noise| line.worst(square(rows, "total_variation", noise));
    let unit = worst(UNIT);
    Finding {
        claim: CLAIM.into(),
        form: "as stated: whatever the noise".into(),
        statement: "The law of the output is the mixture of Gaussians, checked where the noise equals the distance to the nearest face of the region.".into(),
        unit: "total variation".into(),
        evidence: format!(
            "total variation up to {:.3} ± {:.3} at s = {UNIT}, where up to {:.3} of the draws leave their region; up to {:.2} at s = {LARGE}",
            unit.value,
            unit.std_error,
            escapes(rows, UNIT),
            worst(LARGE).value
        ),
        controls: vec![
            line.refuted(
                format!("noise s = {LARGE}, in every network"),
                Effect::smallest(square(rows, "total_variation", LARGE)),
            ),
            line.supported(format!("noise s = {SMALL}"), worst(SMALL)),
        ],
        ..line.judge(unit)
    }
}

pub(super) fn small_noise(rows: &[Row]) -> Finding {
    let line = negligible();
    let worst = |noise| line.worst(square(rows, "total_variation", noise));
    let small = worst(SMALL);
    Finding {
        claim: CLAIM.into(),
        form: "corrected: for noise of 0.3 of the distance to the nearest face".into(),
        statement: "At s = 0.3 the law of the output is the mixture of N(A x + b, A S A^T), for one-to-one leaky networks of several widths and depths.".into(),
        unit: "total variation".into(),
        evidence: format!(
            "total variation at most {:.1e} ± {:.0e} over all networks at s = {SMALL}; one face alone lets 1 % through at s = 0.43",
            small.value, small.std_error
        ),
        controls: vec![line.refuted(
            format!("noise s = {UNIT}, in every network"),
            Effect::smallest(square(rows, "total_variation", UNIT)),
        )],
        ..line.judge(small)
    }
}

pub(super) fn bound(rows: &[Row]) -> Finding {
    // The bounds lie between 1e-24 and 1, so that no absolute excess is small beside all of them.
    let line = Line::at_most(
        0.0,
        4.0,
        "the coupling allows none; chance takes one of 200 settings beyond 4 in one run of 160 at most",
    );
    let in_errors = |e: Effect| Effect::exact(e.value / e.std_error);
    let all: Vec<Effect> = select(rows, Part::Square, "excess").map(effect).collect();
    let beyond = (all.iter()).filter(|e| e.value > 4.0 * e.std_error).count();
    let worst = line.worst(all.iter().copied().map(in_errors));
    let resolved = |noise| {
        let errors = square(rows, "excess", noise).map(|e| Effect::exact(e.std_error));
        4.0 * Effect::largest(errors).value
    };
    let ratio = {
        let sum = |quantity| square(rows, quantity, UNIT).map(|e| e.value).sum::<f64>();
        sum("total_variation") / sum("p_leave")
    };
    let smallest = |quantity| smallest_wide(at(rows, Part::Square, quantity, SMALL), in_errors);
    Finding {
        claim: CLAIM.into(),
        form: "corrected: total variation is at most the escape probability".into(),
        statement: "At every noise the total variation to the mixture is at most the union bound over the faces of the regions.".into(),
        unit: "excess over the union bound and rounding in standard errors".into(),
        evidence: format!(
            "{beyond} of {} settings exceed the bound by more than four standard errors, which is {:.0e} at s = {SMALL} and {:.0e} at s = {UNIT} at most; the largest excess is {:.1e}. At s = {UNIT} the total variation is {ratio:.2} of the escape probability on average",
            all.len(),
            resolved(SMALL),
            resolved(UNIT),
            Effect::largest(all.iter().copied()).value,
        ),
        controls: vec![
            line.refuted(
                format!(
                    "every component with the map of another region, s = {SMALL}, in every network of {WIDE} or more dimensions"
                ),
                smallest("excess_swapped"),
            ),
            line.refuted(
                format!("covariance A^T S A, s = {SMALL}, in every network of {WIDE} or more dimensions"),
                smallest("excess_transposed"),
            ),
        ],
        ..line.judge(worst)
    }
}

fn on_line(rows: &[Row], quantity: &str, noise: f64) -> Effect {
    Effect::farthest(at(rows, Part::Line, quantity, noise).map(effect))
}

pub(super) fn attained(rows: &[Row]) -> Finding {
    let line = Line::near(0.0, 1e-10, "accuracy of the quadrature");
    let slack = |unit: &str| {
        select(rows, Part::Line, unit)
            .map(effect)
            .collect::<Vec<_>>()
    };
    let folds = [slack("slack absolute"), slack("slack relu")].concat();
    let worst = line.worst(folds.into_iter());
    let leaky = on_line(rows, "slack leaky 0.1", UNIT);
    Finding {
        claim: CLAIM.into(),
        form: "corrected: the bound is attained".into(),
        statement: "For one unit that folds or cuts, the total variation equals the escape probability at every noise.".into(),
        unit: "escape probability less total variation".into(),
        evidence: format!(
            "largest difference for |x| and the ReLU {:.1e}; a leaky ReLU of slope 0.1 stays {:.4} below at s = {UNIT}",
            worst.value.abs(),
            leaky.value
        ),
        controls: vec![line.refuted("leaky ReLU of slope 0.1, which does neither", leaky)],
        ..line.judge(worst)
    }
}

pub(super) fn divergence(rows: &[Row]) -> Finding {
    let line = Line::at_most(0.0, 0.1, "a tenth of a nat");
    let kl = |slope: &str| on_line(rows, &format!("kl_nats flat side {slope}"), 0.43);
    let steep = kl("0.001");
    let variation = on_line(rows, "total_variation flat side 0.001", 0.43).value;
    Finding {
        claim: CLAIM.into(),
        form: "as stated: in Kullback-Leibler divergence".into(),
        statement: "Where the total variation to the mixture is 1 %, the Kullback-Leibler divergence is small as well.".into(),
        unit: "nats".into(),
        evidence: format!(
            "at s = 0.43 on the flat side of a leaky ReLU of slope 0.001 the total variation is {variation:.4} and the divergence {:.0} nats; of slope 0.1 {:.3} nats: rare draws decide it, and there is no bound",
            steep.value,
            kl("0.1").value
        ),
        controls: vec![
            line.refuted("slope 0.01", kl("0.01")),
            line.supported("slope 0.9", kl("0.9")),
        ],
        ..line.judge(steep)
    }
}

fn covariances(rows: &[Row], quantity: &str) -> Vec<Effect> {
    select(rows, Part::Covariance, quantity)
        .map(effect)
        .collect()
}

fn smallest_covariance(rows: &[Row], quantity: &str) -> Effect {
    smallest_wide(select(rows, Part::Covariance, quantity), |e| e)
}

fn departure() -> Line {
    Line::near(
        0.0,
        0.01,
        "a tenth of the norm of the covariance, squared; escapes add less at s = 0.3",
    )
}

pub(super) fn covariance_as_stated(rows: &[Row]) -> Finding {
    let line = departure();
    let worst = |quantity| line.worst(covariances(rows, quantity).into_iter());
    let stated = worst("covariance_as_stated");
    Finding {
        claim: CLAIM.into(),
        form: "as stated: covariance A^T S A".into(),
        statement: "The covariance of the output around a prototype is A^T S A.".into(),
        unit: "squared relative distance of the covariances".into(),
        evidence: format!(
            "the output's covariance is {:.2} ± {:.2} of its squared norm away at worst, at least {:.2} in every network",
            stated.value,
            stated.std_error,
            Effect::smallest(covariances(rows, "covariance_as_stated").into_iter()).value
        ),
        controls: vec![
            line.refuted(
                format!("covariance by the map of another region, in every network of {WIDE} or more dimensions"),
                smallest_covariance(rows, "covariance_of_another_region"),
            ),
            line.supported("covariance A S A^T", worst("covariance")),
        ],
        ..line.judge(stated)
    }
}

pub(super) fn covariance(rows: &[Row]) -> Finding {
    let line = departure();
    let worst = |quantity| line.worst(covariances(rows, quantity).into_iter());
    let right = worst("covariance");
    Finding {
        claim: CLAIM.into(),
        form: "corrected: covariance A S A^T".into(),
        statement: "The covariance of the output around a prototype is A S A^T.".into(),
        unit: "squared relative distance of the covariances".into(),
        evidence: format!(
            "{:.1e} ± {:.0e} of the squared norm at worst, at s = {SMALL}",
            right.value, right.std_error
        ),
        controls: vec![line.refuted(
            format!("covariance A^T S A, in every network of {WIDE} or more dimensions"),
            smallest_covariance(rows, "covariance_as_stated"),
        )],
        ..line.judge(right)
    }
}

/// Mean over the prototypes of one width, each in a network of its own.
pub(super) fn over_networks(rows: &[Row], quantity: &str, width: usize, noise: f64) -> Effect {
    let values: Vec<f64> = at(rows, Part::Width, quantity, noise)
        .filter(|row| row.size == width)
        .map(|row| row.value)
        .collect();
    Summary::new(&values).map_or(Effect::exact(f64::NAN), |s| {
        Effect::new(s.mean, s.std_error)
    })
}

fn widths(rows: &[Row]) -> (usize, usize) {
    let widths = shapes(rows, Part::Width);
    let size = |shape: Option<&(usize, usize)>| shape.map_or(0, |shape| shape.1);
    (size(widths.first()), size(widths.last()))
}

pub(super) fn regions(rows: &[Row]) -> Finding {
    let line = Line::at_most(0.0, 0.05, "one draw in twenty may leave");
    let [tiny, _, noise, _] = WIDE_NOISES;
    let (narrow, wide) = widths(rows);
    let leave = over_networks(rows, "p_leave", wide, noise);
    Finding {
        claim: CLAIM.into(),
        form: "as stated: for wide networks".into(),
        statement: "Outputs of a wide ReLU network look Gaussian because inputs stay in the region of their prototype.".into(),
        unit: "probability of leaving".into(),
        evidence: format!(
            "at width {wide} and noise {noise}, {:.3} ± {:.3} of the draws leave and cross {:.1} faces on average, while all but {:.3} of the output's variance is that of the affine map",
            leave.value,
            leave.std_error,
            over_networks(rows, "faces_crossed", wide, noise).value,
            over_networks(rows, "nonlinearity", wide, noise).value
        ),
        controls: vec![
            line.refuted(
                format!("width {narrow}"),
                over_networks(rows, "p_leave", narrow, noise),
            ),
            line.supported(
                format!("noise {tiny}"),
                over_networks(rows, "p_leave", wide, tiny),
            ),
        ],
        ..line.judge(leave)
    }
}

pub(super) fn linearity(rows: &[Row]) -> Finding {
    let line = Line::at_most(
        0.0,
        0.2,
        "a fifth of the variance: correlation above 0.89 with the affine map",
    );
    let [_, _, noise, huge] = WIDE_NOISES;
    let (_, wide) = widths(rows);
    let bend = over_networks(rows, "nonlinearity", wide, noise);
    Finding {
        claim: CLAIM.into(),
        form: "corrected: wide networks are effectively linear".into(),
        statement: format!(
            "Across the many regions that its draws visit at noise {noise}, a wide ReLU network stays near the affine map of the prototype."
        ),
        unit: "squared deviation from the affine map over its variance".into(),
        evidence: format!(
            "{:.3} ± {:.3} at width {wide} and noise {noise}, where {:.3} of the draws leave the region",
            bend.value,
            bend.std_error,
            over_networks(rows, "p_leave", wide, noise).value
        ),
        controls: vec![line.refuted(
            format!("noise {huge}"),
            over_networks(rows, "nonlinearity", wide, huge),
        )],
        ..line.judge(bend)
    }
}
