//! Where means and inputs come to rest, and where they do not.

use vicinfo::experiment::{Effect, Finding, Line};

use super::check::{APART, HORIZON, VERY_SOFT, at, effect, kept, starts, trained};
use super::{COLLAPSED, LOG_DET, Part, Row, Setting, WIDE, of_setting, select};

/// The largest standard deviation at which all starts keep the means apart and the smallest at which none does, with a
/// quantity that was measured at these; NaN where there is none.
fn bracket(rows: &[Row], value: impl Fn(&Row) -> Effect) -> [Effect; 2] {
    let ends = |quantity, keeps: bool| {
        select(rows, Part::Transition, quantity).filter(move |row| (row.mean > COLLAPSED) == keeps)
    };
    let by_std = |a: &&Row, b: &&Row| a.std.total_cmp(&b.std);
    [
        ends("smallest_share", true).max_by(by_std),
        ends("largest_share", false).min_by(by_std),
    ]
    .map(|row| row.map_or(Effect::exact(f64::NAN), &value))
}

pub(super) fn transition(rows: &[Row]) -> Finding {
    let line = Line::near(
        1.0,
        0.02,
        "the nearest standard deviations tried are one part in a hundred away, or nearer",
    );
    let [below, above] = bracket(rows, |row| Effect::exact(row.std));
    let critical = select(rows, Part::Transition, "critical").map(effect);
    let critical = critical.last().unwrap_or(Effect::exact(f64::NAN));
    let of = |quantity| {
        let ends = bracket(rows, |row| {
            of_setting(rows, Part::Transition, quantity, (row.setting, row.std))
                .next()
                .map_or(Effect::exact(f64::NAN), effect)
        });
        line.worst(ends.into_iter())
    };
    let remains = select(rows, Part::Transition, "largest_means")
        .filter(|row| row.std >= above.value)
        .map(effect);
    let table: Vec<String> = select(rows, Part::Transition, "means")
        .filter(|row| row.std < 1.0)
        .map(|row| format!("{:.4} at {}", row.mean, row.std))
        .collect();
    Finding {
        claim: "mixture-collapse".into(),
        form: "corrected: where the means collapse".into(),
        statement: "Expectation-maximisation on fixed inputs brings all means to the centroid if and only if s^2 is at least the largest eigenvalue of the inputs' covariance.".into(),
        unit: "s at the transition over the root of the largest eigenvalue".into(),
        evidence: format!(
            "in all of {} starts the means stay apart up to {} and collapse from {} times the root, which is {:.3} here; spread of the means by that ratio: {}; above, at most {:.0e}",
            starts(rows, Part::Transition),
            below.value,
            above.value,
            critical.value,
            table.join(", "),
            Effect::largest(remains).value,
        ),
        controls: vec![
            line.refuted("the root of the mean eigenvalue", of("over_mean_eigenvalue")),
            line.refuted(
                "the root of the smallest eigenvalue",
                of("over_smallest_eigenvalue"),
            ),
        ],
        ..line.judge(line.worst([below, above].into_iter()))
    }
}

pub(super) fn spread(rows: &[Row]) -> Finding {
    const NEAR: (Setting, f64) = (Setting::FixedInputs, 0.99);
    let line = Line::near(
        1.0,
        0.05,
        "the formula is the first order in 1 - s^2 / l, here 0.02; the next changes it by a few hundredths",
    );
    let of = |quantity, setting| at(rows, Part::Transition, quantity, setting, 0.0);
    Finding {
        claim: "mixture-collapse".into(),
        form: "corrected: how far apart the means stay".into(),
        statement: "Just below the transition the spread of the means is (l - s^2) / (1 + k/2 - k r/6), l the largest eigenvalue, k the excess kurtosis of the inputs along its axis, r the kurtosis of the means (at s = 0.99 of the critical one).".into(),
        unit: "spread of the means over the formula".into(),
        evidence: format!(
            "excess kurtosis {:.3} ± {:.3}; the ratio is {:.3} ± {:.3} at 0.8, where higher orders count",
            of("excess_kurtosis", NEAR).value,
            of("excess_kurtosis", NEAR).std_error,
            of("over_formula", (Setting::FixedInputs, 0.8)).value,
            of("over_formula", (Setting::FixedInputs, 0.8)).std_error,
        ),
        controls: vec![line.refuted(
            "the formula of Gaussian inputs, l - s^2",
            of("over_gaussian_formula", NEAR),
        )],
        ..line.judge(of("over_formula", NEAR))
    }
}

pub(super) fn fixed_inputs(rows: &[Row]) -> Finding {
    let line = kept();
    let of = |quantity, factor: f64| {
        select(rows, Part::Scale, quantity)
            .find(|row| row.weight.total_cmp(&factor).is_eq())
            .map_or(Effect::exact(f64::NAN), effect)
    };
    Finding {
        claim: "mixture-collapse".into(),
        form: "as stated: fixed inputs, identity covariance".into(),
        statement: "With fixed inputs and components of covariance I the means keep at least half of the inputs' spread (two moons of radius 1).".into(),
        unit: "spread of the means over that of the inputs, 1e-12 for that or less".into(),
        evidence: format!(
            "at most {:.0e} for moons of radius 1, where {:.0} of ten means is left; {:.3} ± {:.3} and {:.1} means for radius 4: the covariance I is a choice of the unit of the inputs",
            of("share", 1.0).value,
            of("distinct_means", 1.0).value,
            of("share", 4.0).value,
            of("share", 4.0).std_error,
            of("distinct_means", 4.0).value,
        ),
        controls: vec![
            line.supported("the same moons, four times as large", of("share", 4.0)),
            line.refuted("the same moons, three quarters as large", of("share", 0.75)),
        ],
        ..line.judge(of("share", 1.0))
    }
}

pub(super) fn single(rows: &[Row]) -> Finding {
    let line = Line::at_most(0.0, 1e-12, "rounding of 200 steps");
    let all = |quantity| select(rows, Part::One, quantity).map(effect);
    let ratios: Vec<String> = select(rows, Part::One, "share_after_100")
        .map(|row| format!("{:.12} at {} times the inputs' rate", row.mean, row.weight))
        .collect();
    Finding {
        claim: "mixture-collapse".into(),
        form: "corrected: one component".into(),
        statement: "With one mean the spread of the inputs after t steps of rate a is (1 - a)^(2 t) of the first, whatever the rate of the mean: it collapses however fast the parameter is.".into(),
        unit: "relative departure".into(),
        evidence: format!(
            "over 200 steps at a = 0.01 the largest departure of any start is {:.0e}; shares left after 100 steps (0.99^200 = 0.133979674858): {}",
            Effect::largest(all("largest_departure")).value,
            ratios.join(", "),
        ),
        controls: vec![
            line.refuted(
                "(1 - a)^t",
                Effect::smallest(all("departure_unsquared")),
            ),
            line.refuted(
                "ten means of standard deviation 0.5",
                Effect::smallest(all("departure_of_ten_means")),
            ),
        ],
        ..line.judge(line.worst(all("departure")))
    }
}

pub(super) fn log_det(rows: &[Row]) -> Finding {
    let line = Line::near(
        1.0,
        1e-6,
        "the inputs come nearer to their rest by a tenth in every step, over 500 steps",
    );
    let scaled = |setting| {
        let spread = at(rows, Part::Training, "inputs", setting, HORIZON);
        Effect::new(
            spread.value / (2.0 * LOG_DET),
            spread.std_error / (2.0 * LOG_DET),
        )
    };
    let means = Effect::largest(select(rows, Part::LogDet, "largest_means").map(effect));
    let places = |quantity| at(rows, Part::Training, quantity, APART, HORIZON);
    let halfway = at(rows, Part::Training, "share", APART, 0.5 * HORIZON);
    let weights: Vec<String> = select(rows, Part::LogDet, "over_2w")
        .map(|row| row.weight.to_string())
        .collect();
    Finding {
        claim: "mixture-collapse".into(),
        form: "corrected: what a log-determinant does".into(),
        statement: "With (n w / 2 s^2) ln det C of the inputs' covariance C added, inputs whose means collapse come to rest at C = w I, so that their spread is 2 w (standard deviation 1).".into(),
        unit: "spread over 2 w".into(),
        evidence: format!(
            "weights {}: the means have a spread of at most {:.0e}; at standard deviation 0.5 the means stay apart, at {} to {} places by horizon 20, and there is no rest: the inputs have {:.2} ± {:.2} times their first spread at horizon 10 and {:.2} ± {:.2} at 20, and go on growing by the next finding",
            weights.join(", "),
            means.value,
            places("smallest_distinct_means").value,
            places("largest_distinct_means").value,
            halfway.value,
            halfway.std_error,
            trained(rows, APART).value,
            trained(rows, APART).std_error,
        ),
        controls: vec![
            line.refuted("without the log-determinant (or less)", scaled(VERY_SOFT)),
            line.refuted(
                "standard deviation 0.5, where the means stay apart (horizon 20)",
                scaled(APART),
            ),
        ],
        ..line.judge(line.worst(select(rows, Part::LogDet, "over_2w").map(effect)))
    }
}

pub(super) fn growth(rows: &[Row]) -> Finding {
    let line = Line::near(
        0.0,
        0.02,
        "a fiftieth of an axis: as clusters slow down their means lag behind by more than half, by one part in about four times the horizon",
    );
    let of = |quantity, std| {
        of_setting(rows, Part::Growth, quantity, (Setting::LogDet, std))
            .next()
            .map_or(Effect::exact(f64::NAN), effect)
    };
    let apart = |quantity| of(quantity, WIDE);
    Finding {
        claim: "mixture-collapse".into(),
        form: "corrected: a log-determinant without a rest".into(),
        statement: "Where the means stay apart, a log-determinant drives the inputs apart without limit: at equal rates their spread grows by w r in a unit of the horizon, r the number of axes that the clusters of means lie along (standard deviation 0.5).".into(),
        unit: "growth over w, less r".into(),
        evidence: format!(
            "weight {LOG_DET}: the spread is {:.2} ± {:.2} at horizon 100 and {:.2} ± {:.2} at 200, around {} to {} means; its growth over w is {:.3} ± {:.3} on average and from {:.3} to {:.3}",
            apart("spread_midway").value,
            apart("spread_midway").std_error,
            apart("spread_at_the_end").value,
            apart("spread_at_the_end").std_error,
            apart("smallest_distinct_means").value,
            apart("largest_distinct_means").value,
            apart("growth_over_w").value,
            apart("growth_over_w").std_error,
            apart("smallest_growth_over_w").value,
            apart("largest_growth_over_w").value,
        ),
        controls: vec![
            line.supported(
                "standard deviation 1, where the means are at one point and r is 0",
                of("growth_less_axes", 1.0),
            ),
            line.refuted(
                "2 w r, as if the means did not lag behind",
                apart("growth_less_twice_axes"),
            ),
        ],
        ..line.judge(apart("growth_less_axes"))
    }
}
