use vicinfo::experiment::{Effect, Finding, Line};

use super::{
    COLLAPSED, FAST_RATE, GONE, LONG_STEPS, MIDDLE, NARROW, Part, RATE, Row, STARTS, STEPS,
    Setting, WIDE, of_setting, read_at, select,
};

/// Horizon of a training.
pub(super) const HORIZON: f64 = RATE * STEPS as f64;
/// Horizon of the long runs.
const LONG: f64 = FAST_RATE * LONG_STEPS as f64;
/// Horizon at which no start has collapsed yet.
const SOON: f64 = 5.0;
/// Horizon at which rates are compared.
const EARLY: f64 = 2.0;

const SOFT: (Setting, f64) = (Setting::Soft, WIDE);
pub(super) const VERY_SOFT: (Setting, f64) = (Setting::Soft, 1.0);
const NARROW_SOFT: (Setting, f64) = (Setting::Soft, NARROW);
const MIDDLE_SOFT: (Setting, f64) = (Setting::Soft, MIDDLE);
const ONE_HOT: (Setting, f64) = (Setting::OneHot, NARROW);
/// Where a log-determinant finds the means apart.
pub(super) const APART: (Setting, f64) = (Setting::LogDet, WIDE);
const LONG_ONE_HOT: (Setting, f64) = (Setting::OneHot, MIDDLE);

pub(super) fn effect(row: &Row) -> Effect {
    Effect::new(row.mean, row.std_error)
}

/// A quantity of a setting at a horizon; NaN where it was not measured.
pub(super) fn at(
    rows: &[Row],
    part: Part,
    quantity: &str,
    setting: (Setting, f64),
    horizon: f64,
) -> Effect {
    of_setting(rows, part, quantity, setting)
        .find(|row| read_at(row, horizon))
        .map_or(Effect::exact(f64::NAN), effect)
}

/// The share of their spread that inputs have left after a training.
pub(super) fn trained(rows: &[Row], setting: (Setting, f64)) -> Effect {
    at(rows, Part::Training, "share", setting, HORIZON)
}

pub(super) fn starts(rows: &[Row], part: Part) -> usize {
    let counts = select(rows, part, "share").map(|row| row.n);
    counts.min().unwrap_or(0)
}

/// The share of starts whose inputs have collapsed by the end of a training.
fn gone(rows: &[Row], setting: (Setting, f64)) -> Effect {
    at(rows, Part::Training, "collapsed", setting, HORIZON)
}

/// The inputs of all starts are to have lost their spread.
fn collapsed() -> Line {
    Line::at_least(
        1.0,
        0.25,
        format!(
            "all of {STARTS} starts say of those that were not tried that more than three quarters collapse, at four standard errors"
        ),
    )
}

/// They are to have kept it.
pub(super) fn kept() -> Line {
    Line::at_least(
        0.5,
        0.0,
        "whoever keeps half of the spread has not collapsed; what collapses loses all but a trace",
    )
}

/// The same at components of standard deviation 0.5 and a horizon of 100.
fn wide(rows: &[Row]) -> Effect {
    at(rows, Part::Time, "collapsed", SOFT, 5.0 * HORIZON)
}

pub(super) fn collapse(rows: &[Row]) -> Finding {
    let line = collapsed();
    let worst = line.worst([wide(rows), gone(rows, VERY_SOFT)].into_iter());
    let of = |quantity, setting| at(rows, Part::Training, quantity, setting, HORIZON).value;
    let share = |effect: Effect| 100.0 * effect.value;
    let frozen = (Setting::FrozenMeans, WIDE);
    Finding {
        claim: "mixture-collapse".into(),
        form: "as stated: trainable inputs collapse".into(),
        statement: "Gradient ascent on means and inputs with soft posteriors brings all inputs of two moons to one point (components of standard deviation 1 by horizon 20, 0.5 by horizon 100).".into(),
        unit: "share of the starts whose inputs collapsed".into(),
        evidence: format!(
            "collapsed are inputs with at most {COLLAPSED:e} of their first spread, a thousandth of the extent, and none is followed below {GONE:e}; of {} starts {:.1} % collapse by horizon 20 at standard deviation 1, {:.1} % at 0.5, where the largest share of the spread left is {:.0e}, and {:.1} % there by horizon 100; with frozen means {:.1} % collapse by horizon 20 at 0.5, and {:.2} ± {:.2} of the spread is left on average",
            starts(rows, Part::Training),
            share(gone(rows, VERY_SOFT)),
            share(gone(rows, SOFT)),
            of("largest_share", SOFT),
            share(wide(rows)),
            share(gone(rows, frozen)),
            trained(rows, frozen).value,
            trained(rows, frozen).std_error,
        ),
        controls: vec![
            line.refuted("one-hot posteriors", gone(rows, ONE_HOT)),
            line.refuted(
                "with the log-determinant of the inputs, standard deviation 1",
                gone(rows, (Setting::LogDet, 1.0)),
            ),
            line.refuted("standard deviation 0.15", gone(rows, NARROW_SOFT)),
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
        unit: "share of the starts whose inputs collapsed".into(),
        evidence: format!(
            "the inputs have come to {:.1} points in the mean, with {:.3} ± {:.3} of the spread, from {:.2} to {:.2}",
            of("distinct_inputs"),
            trained(rows, NARROW_SOFT).value,
            trained(rows, NARROW_SOFT).std_error,
            of("smallest_share"),
            of("largest_share"),
        ),
        controls: vec![
            line.supported("standard deviation 1", gone(rows, VERY_SOFT)),
            line.supported("standard deviation 0.5 by horizon 100", wide(rows)),
            line.refuted("one-hot posteriors", gone(rows, ONE_HOT)),
        ],
        ..line.judge(gone(rows, NARROW_SOFT))
    }
}

pub(super) fn patience(rows: &[Row]) -> Finding {
    let line = collapsed();
    let at_horizon = |setting, horizon| at(rows, Part::Time, "collapsed", setting, horizon);
    let long = |quantity, horizon| at(rows, Part::Time, quantity, MIDDLE_SOFT, horizon);
    // Every width that was followed, those that have not collapsed included.
    let mut stds: Vec<f64> = (select(rows, Part::Time, "collapsed"))
        .filter(|row| row.setting == Setting::Soft)
        .map(|row| row.std)
        .collect();
    stds.sort_by(|a, b| b.total_cmp(a));
    stds.dedup();
    let shares: Vec<String> = (stds.into_iter())
        .map(|std| {
            let [early, later, last] = [HORIZON, 5.0 * HORIZON, LONG]
                .map(|horizon| 100.0 * at_horizon((Setting::Soft, std), horizon).value);
            format!("{early:.1}, {later:.1} and {last:.1} % at {std}")
        })
        .collect();
    Finding {
        claim: "mixture-collapse".into(),
        form: "corrected: a matter of time".into(),
        statement: "Soft posteriors have no other rest than the collapsed one, as an extreme point of the hull is pulled inwards by every mean: at standard deviation 0.4 the inputs of all starts are at one point by horizon 1000, where those of some are not at 20. Narrower components take longer still, by the law of the next finding.".into(),
        unit: "share of the starts whose inputs collapsed".into(),
        evidence: format!(
            "of {} starts so many have collapsed by horizons 20, 100 and 1000, by standard deviation: {}; at 0.4 the largest share of the spread left is {:.2} at horizon 20 and {:.2} at 100",
            starts(rows, Part::Time),
            shares.join("; "),
            long("largest_share", HORIZON).value,
            long("largest_share", 5.0 * HORIZON).value,
        ),
        controls: vec![
            line.refuted("the same starts at horizon 5", at_horizon(MIDDLE_SOFT, SOON)),
            line.refuted(
                "one-hot posteriors at horizon 1000",
                at_horizon(LONG_ONE_HOT, LONG),
            ),
        ],
        ..line.judge(at_horizon(MIDDLE_SOFT, LONG))
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
        statement: "Two clusters at distance D come nearer by 2 D / (1 + exp(D^2 / 2 s^2)) in a unit of the horizon: what looks like a rest of narrow components is a time that grows as the exponential of D^2 / 2 s^2.".into(),
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
            "shares at horizon 2: {:.3} with frozen means, {:.3} at a tenth of the inputs' rate, {:.3} at equal rates, {:.3} at ten and {:.3} at a hundred times; at horizon {last:.0}: {:.2}, {:.2}, {:.0e}, {:.0e} and {:.0e} ({GONE:e} stands for that or less). Slower inputs in as many steps keep theirs because they have trained less, to horizon {:.2}",
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
