use vicinfo::experiment::{Effect, Finding, Line};

use super::{
    COLLAPSED, FAST_RATE, LOG_DET, LONG_STEPS, MIDDLE, NARROW, Part, RATE, Row, STEPS, Setting,
    WIDE, of_setting, read_at, select,
};

/// Horizon of a training.
const HORIZON: f64 = RATE * STEPS as f64;
/// Horizon of the long runs.
const LONG: f64 = FAST_RATE * LONG_STEPS as f64;
/// Horizon at which rates are compared.
const EARLY: f64 = 2.0;

const SOFT: (Setting, f64) = (Setting::Soft, WIDE);
const VERY_SOFT: (Setting, f64) = (Setting::Soft, 1.0);
const NARROW_SOFT: (Setting, f64) = (Setting::Soft, NARROW);
const MIDDLE_SOFT: (Setting, f64) = (Setting::Soft, MIDDLE);
const ONE_HOT: (Setting, f64) = (Setting::OneHot, NARROW);
const LONG_ONE_HOT: (Setting, f64) = (Setting::OneHot, MIDDLE);

fn effect(row: &Row) -> Effect {
    Effect::new(row.mean, row.std_error)
}

/// A quantity of a setting at a horizon; NaN where it was not measured.
fn at(rows: &[Row], part: Part, quantity: &str, setting: (Setting, f64), horizon: f64) -> Effect {
    of_setting(rows, part, quantity, setting)
        .find(|row| read_at(row, horizon))
        .map_or(Effect::exact(f64::NAN), effect)
}

/// The share of their spread that inputs have left after a training.
fn trained(rows: &[Row], setting: (Setting, f64)) -> Effect {
    at(rows, Part::Training, "share", setting, HORIZON)
}

fn starts(rows: &[Row], part: Part) -> usize {
    let counts = select(rows, part, "share").map(|row| row.n);
    counts.min().unwrap_or(0)
}

/// Inputs are to have lost their spread.
fn collapsed() -> Line {
    Line::at_most(
        0.0,
        COLLAPSED,
        "a millionth of the spread is a thousandth of the extent, below what a figure shows",
    )
}

/// They are to have kept it.
fn kept() -> Line {
    Line::at_least(
        0.5,
        0.0,
        "whoever keeps half of the spread has not collapsed; what collapses loses all but a trace",
    )
}

/// The same at components of standard deviation 0.5 and a horizon of 100.
fn wide(rows: &[Row]) -> Effect {
    at(rows, Part::Time, "share", SOFT, 5.0 * HORIZON)
}

pub(super) fn collapse(rows: &[Row]) -> Finding {
    let line = collapsed();
    let worst = line.worst([wide(rows), trained(rows, VERY_SOFT)].into_iter());
    let of = |quantity, setting| at(rows, Part::Training, quantity, setting, HORIZON).value;
    let share = |setting| 100.0 * of("collapsed", setting);
    let frozen = (Setting::FrozenMeans, WIDE);
    Finding {
        claim: "mixture-collapse".into(),
        form: "as stated: trainable inputs collapse".into(),
        statement: "Gradient ascent on means and inputs with soft posteriors brings all inputs of two moons to one point (components of standard deviation 1 by horizon 20, 0.5 by horizon 100).".into(),
        unit: "share of the first spread".into(),
        evidence: format!(
            "of {} starts {:.1} % have collapsed by horizon 20 at standard deviation 1 and {:.1} % at 0.5, where the largest share left is {:.0e}, and {:.0e} by horizon 100; frozen means leave {:.2} ± {:.2} at 0.5, from {:.0e} to {:.2}",
            starts(rows, Part::Training),
            share(VERY_SOFT),
            share(SOFT),
            of("largest_share", SOFT),
            at(rows, Part::Time, "largest_share", SOFT, 5.0 * HORIZON).value,
            trained(rows, frozen).value,
            trained(rows, frozen).std_error,
            of("smallest_share", frozen),
            of("largest_share", frozen),
        ),
        controls: vec![
            line.refuted("one-hot posteriors", trained(rows, ONE_HOT)),
            line.refuted(
                "with the log-determinant of the inputs, standard deviation 1",
                trained(rows, (Setting::LogDet, 1.0)),
            ),
            line.refuted("standard deviation 0.15", trained(rows, NARROW_SOFT)),
        ],
        ..line.judge(worst)
    }
}

pub(super) fn narrow(rows: &[Row]) -> Finding {
    let line = collapsed();
    let of = |quantity| at(rows, Part::Training, quantity, NARROW_SOFT, HORIZON).value;
    Finding {
        claim: "mixture-collapse".into(),
        form: "as stated: at any width".into(),
        statement: "By horizon 20 they have come to one point however narrow the components are (checked at standard deviation 0.15).".into(),
        unit: "share of the first spread".into(),
        evidence: format!(
            "the inputs have come to {:.1} points in the mean, with shares from {:.2} to {:.2} of the spread",
            of("distinct_inputs"),
            of("smallest_share"),
            of("largest_share"),
        ),
        controls: vec![
            line.supported("standard deviation 1", trained(rows, VERY_SOFT)),
            line.supported("standard deviation 0.5 by horizon 100", wide(rows)),
            line.refuted("one-hot posteriors", trained(rows, ONE_HOT)),
        ],
        ..line.judge(trained(rows, NARROW_SOFT))
    }
}

pub(super) fn patience(rows: &[Row]) -> Finding {
    let line = collapsed();
    let long = |quantity, horizon| at(rows, Part::Time, quantity, MIDDLE_SOFT, horizon);
    Finding {
        claim: "mixture-collapse".into(),
        form: "corrected: a matter of time".into(),
        statement: "Soft posteriors have no other rest than the collapsed one, as an extreme point of the hull is pulled inwards by every mean: at standard deviation 0.4 all inputs are at one point by horizon 1000, where some starts are not at 20.".into(),
        unit: "share of the first spread".into(),
        evidence: format!(
            "largest share left in {} starts: {:.2} at horizon 20, {:.2} at 100, {:.0e} at 1000; mean {:.3} ± {:.3} at 20",
            starts(rows, Part::Time),
            long("largest_share", HORIZON).value,
            long("largest_share", 5.0 * HORIZON).value,
            long("largest_share", LONG).value,
            long("share", HORIZON).value,
            long("share", HORIZON).std_error,
        ),
        controls: vec![
            line.refuted(
                "the slowest start at horizon 20",
                long("largest_share", HORIZON),
            ),
            line.refuted(
                "one-hot posteriors at horizon 1000",
                at(rows, Part::Time, "share", LONG_ONE_HOT, LONG),
            ),
        ],
        ..line.judge(long("share", LONG))
    }
}

pub(super) fn clusters(rows: &[Row]) -> Finding {
    let line = Line::near(
        1.0,
        0.02,
        "the shortest of the horizons is 80 steps, of which the last may overshoot",
    );
    let worst = line.worst(select(rows, Part::Clusters, "over_formula").map(effect));
    let of = |quantity, std| at(rows, Part::Clusters, quantity, (Setting::Soft, std), 0.0).value;
    let horizons: Vec<String> = select(rows, Part::Clusters, "half_horizon")
        .map(|row| format!("{:.4} at {}", row.mean, row.std))
        .collect();
    Finding {
        claim: "mixture-collapse".into(),
        form: "corrected: how long it takes".into(),
        statement: "Two clusters at distance D come nearer by 2 D / (1 + exp(D^2 / 2 s^2)) in a unit of the horizon: what looks like a rest of narrow components is a time that grows exponentially.".into(),
        unit: "horizon to half the distance, over the formula's".into(),
        evidence: format!(
            "horizons from distance 1 to 1/2 by standard deviation: {}",
            horizons.join(", ")
        ),
        controls: vec![
            line.refuted(
                "the formula at standard deviation 1 for clusters at 0.3",
                Effect::exact(of("half_horizon", 0.3) / of("formula", 1.0)),
            ),
            line.refuted(
                "the formula at standard deviation 0.3 for clusters at 0.5",
                Effect::exact(of("half_horizon", 0.5) / of("formula", 0.3)),
            ),
        ],
        ..line.judge(worst)
    }
}

pub(super) fn one_hot(rows: &[Row]) -> Finding {
    let line = kept();
    let long = at(rows, Part::Time, "share", LONG_ONE_HOT, LONG);
    let worst = line.worst([trained(rows, ONE_HOT), long].into_iter());
    let of = |quantity| at(rows, Part::Training, quantity, ONE_HOT, HORIZON).value;
    Finding {
        claim: "mixture-collapse".into(),
        form: "as stated: one-hot posteriors prevent it".into(),
        statement: "With every input given to its nearest mean alone, inputs and means keep at least half of the spread, at horizon 20 and at 1000; the nearest mean is the same for every standard deviation.".into(),
        unit: "share of the first spread".into(),
        evidence: format!(
            "shares from {:.2} to {:.2} in {} starts at horizon 20, {:.1} points left of 200; {:.3} ± {:.3} at horizon 1000; the nearest mean has the largest soft posterior for a share of {} of the inputs at standard deviations 0.15, 0.4, 0.5 and 1",
            of("smallest_share"),
            of("largest_share"),
            starts(rows, Part::Training),
            of("distinct_inputs"),
            long.value,
            long.std_error,
            of("agreement"),
        ),
        controls: vec![
            line.refuted("soft posteriors, standard deviation 0.5", trained(rows, SOFT)),
            line.refuted("soft posteriors, standard deviation 1", trained(rows, VERY_SOFT)),
        ],
        ..line.judge(worst)
    }
}

/// A quantity of a ratio of rates at the horizon of the comparison, components of standard deviation 0.5.
fn rate(rows: &[Row], quantity: &str, ratio: f64, horizon: f64) -> Effect {
    of_setting(rows, Part::Rates, quantity, SOFT)
        .find(|row| row.weight.total_cmp(&ratio).is_eq() && read_at(row, horizon))
        .map_or(Effect::exact(f64::NAN), effect)
}

/// The last horizon of the rates.
fn latest(rows: &[Row]) -> f64 {
    of_setting(rows, Part::Rates, "share", SOFT)
        .map(|row| row.horizon)
        .fold(f64::NAN, f64::max)
}

pub(super) fn fast_means(rows: &[Row]) -> Finding {
    let line = kept();
    let share = |ratio| rate(rows, "share", ratio, EARLY);
    let last = latest(rows);
    Finding {
        claim: "mixture-collapse".into(),
        form: "as stated: faster parameters prevent it".into(),
        statement: "Where the means learn a hundred times as fast as the inputs, inputs keep at least half of their spread (standard deviation 0.5, equal rate of the inputs, horizon 2).".into(),
        unit: "share of the first spread".into(),
        evidence: format!(
            "shares at horizon 2: {:.3} with frozen means, {:.3} at a tenth of the inputs' rate, {:.3} at equal rates, {:.3} at ten and {:.3} at a hundred times; at horizon {last:.0}: {:.2}, {:.2}, {:.0e}, {:.0e} and {:.0e}. Slower inputs in as many steps keep theirs because they have trained less, to horizon {:.2}",
            share(0.0).value,
            share(0.1).value,
            share(1.0).value,
            share(10.0).value,
            share(100.0).value,
            rate(rows, "share", 0.0, last).value,
            rate(rows, "share", 0.1, last).value,
            rate(rows, "share", 1.0, last).value,
            rate(rows, "share", 10.0, last).value,
            rate(rows, "share", 100.0, last).value,
            EARLY / 100.0,
        ),
        controls: vec![
            line.refuted("ten times as fast", share(10.0)),
            line.supported(
                "the same ratio by inputs a hundred times slower, in as many steps",
                rate(rows, "share_with_slow_inputs", 100.0, EARLY / 100.0),
            ),
            line.supported(
                "one-hot posteriors at horizon 2",
                at(rows, Part::Training, "share", ONE_HOT, EARLY),
            ),
        ],
        ..line.judge(share(100.0))
    }
}

pub(super) fn acceleration(rows: &[Row]) -> Finding {
    let line = Line::at_least(
        0.05,
        0.0,
        "a twentieth of the first spread is a difference that a figure shows",
    );
    let lead = |ratio| rate(rows, "below_equal_rates", ratio, EARLY);
    Finding {
        claim: "mixture-collapse".into(),
        form: "corrected: faster parameters hasten it".into(),
        statement: "From equal starts, at equal rate of the inputs and equal horizon, means a hundred times as fast leave less spread than means as fast as the inputs (standard deviation 0.5, horizon 2).".into(),
        unit: "share of the first spread, below that at equal rates".into(),
        evidence: format!(
            "below equal rates by {:.3} ± {:.3} at ten times, {:.3} ± {:.3} at a hundred times; slower means leave more, by {:.3} ± {:.3} at a tenth and {:.3} ± {:.3} frozen",
            lead(10.0).value,
            lead(10.0).std_error,
            lead(100.0).value,
            lead(100.0).std_error,
            -lead(0.1).value,
            lead(0.1).std_error,
            -lead(0.0).value,
            lead(0.0).std_error,
        ),
        controls: vec![
            line.refuted("means a hundred times slower", lead(0.01)),
            line.refuted("frozen means", lead(0.0)),
        ],
        ..line.judge(lead(100.0))
    }
}

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
        unit: "spread of the means over that of the inputs".into(),
        evidence: format!(
            "{:.0e} for moons of radius 1, where {:.0} of ten means is left; {:.3} ± {:.3} and {:.1} means for radius 4: the covariance I is a choice of the unit of the inputs",
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
    let weights: Vec<String> = select(rows, Part::LogDet, "over_2w")
        .map(|row| row.weight.to_string())
        .collect();
    Finding {
        claim: "mixture-collapse".into(),
        form: "corrected: what a log-determinant does".into(),
        statement: "With (n w / 2 s^2) ln det C of the inputs' covariance C added, inputs whose means collapse come to rest at C = w I, so that their spread is 2 w (standard deviation 1).".into(),
        unit: "spread over 2 w".into(),
        evidence: format!(
            "weights {}: the means have a spread of at most {:.0e}; at standard deviation 0.5 the means do not collapse, and the inputs are left with {:.2} ± {:.2} times their first spread at horizon 20",
            weights.join(", "),
            means.value,
            trained(rows, (Setting::LogDet, WIDE)).value,
            trained(rows, (Setting::LogDet, WIDE)).std_error,
        ),
        controls: vec![
            line.refuted("without the log-determinant", scaled(VERY_SOFT)),
            line.refuted(
                "standard deviation 0.5, where the means stay apart",
                scaled((Setting::LogDet, WIDE)),
            ),
        ],
        ..line.judge(line.worst(select(rows, Part::LogDet, "over_2w").map(effect)))
    }
}
