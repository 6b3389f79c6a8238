use rand::seq::index;
use vicinfo::Error;
use vicinfo::experiment::{Effect, replicated};
use vicinfo::linalg::{mean, symmetric_eigen};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;

use super::ascent::{Ascent, Posterior, State, covariance};
use super::moons::two_moons;
use super::{
    COLLAPSED, COMPONENTS, Cell, FAST_RATE, GONE, LOG_DET, MIDDLE, NARROW, NOISE, PICTURES, POINTS,
    Part, RATE, RATIOS, Row, Setting, WIDE,
};

/// Largest change of a coordinate in a step that counts as none: a few roundings.
const STILL: f64 = 1e-15;
/// The same for means on their way to a rest that they come nearer to by at least one part in a thousand in every step.
const AT_REST: f64 = 1e-13;
/// Steps of means to their rest; more than any run took.
const PATIENCE: usize = 100_000;

/// Quantity, weight (a ratio of rates, where there are several in a cell) and horizon.
type Key = (&'static str, f64, f64);

/// What one replicate measures.
type Values = Vec<(Key, f64)>;

/// Moons, and means on some of their points.
fn start(components: usize, factor: f64, seed: Seed) -> Result<State, Error> {
    let moons = two_moons(POINTS, NOISE, seed.child("moons"))?;
    let inputs = moons.map(2, |point, image| {
        for (to, v) in image.iter_mut().zip(point) {
            *to = factor * v;
        }
    })?;
    let chosen = index::sample(&mut seed.child("means").rng(), POINTS, components);
    let means = inputs.select(&chosen.into_vec())?;
    Ok(State { inputs, means })
}

/// Trace of the covariance with divisor `n`.
fn spread(points: &Sample) -> Result<f64, Error> {
    Ok(covariance(points)?.trace())
}

/// 1 for inputs that have collapsed, else 0.
fn gone(share: f64) -> f64 {
    f64::from(u8::from(share <= COLLAPSED))
}

/// Points that are apart: as many as can be taken one after the other at a distance above a thousandth.
fn distinct(points: &Sample) -> f64 {
    let mut taken: Vec<&[f64]> = Vec::new();
    for point in points.points() {
        let square = |other: &&[f64]| -> f64 {
            (other.iter().zip(point))
                .map(|(a, b)| (a - b).powi(2))
                .sum()
        };
        if taken.iter().all(|other| square(other) > 1e-6) {
            taken.push(point);
        }
    }
    taken.len() as f64
}

/// The ascent of a setting with rates of its inputs and means.
fn ascent(setting: Setting, std: f64, inputs: f64, means: f64) -> Result<Ascent, Error> {
    let soft = Posterior::Soft { std };
    match setting {
        Setting::Soft => Ascent::new(soft, inputs, means),
        Setting::OneHot => Ascent::new(Posterior::OneHot, inputs, means),
        Setting::FrozenMeans => Ascent::new(soft, inputs, 0.0),
        Setting::LogDet => Ascent::new(soft, inputs, means)?.with_log_det(LOG_DET),
        Setting::FixedInputs => Ascent::new(soft, 0.0, means),
    }
}

/// Steps at which a run is read: three in a decade, and the last.
fn read_at(steps: usize) -> Vec<usize> {
    let decades = (0..8).map(|power| 10_usize.pow(power));
    let all = decades.flat_map(|ten| [ten, 2 * ten, 5 * ten]);
    let before = all.filter(|step| *step < steps);
    before.chain([steps]).collect()
}

/// Follows inputs and means, and reads them after given steps: `(step, share of the first spread, state)`.
///
/// At [`GONE`] a run is not followed any further, as inputs and means stay in their common hull; what is read from then on
/// is that bound, not the share at the step that happened to fall below it.
fn follow(
    ascent: Ascent,
    mut state: State,
    steps: &[usize],
    mut read: impl FnMut(usize, f64, &State) -> Result<(), Error>,
) -> Result<(), Error> {
    let first = spread(&state.inputs)?;
    let mut share = 1.0;
    let (mut done, mut moved) = (0, f64::INFINITY);
    for &step in steps {
        while done < step && share > GONE && moved >= STILL {
            moved = ascent.step(&mut state)?;
            done += 1;
            if done % 10 == 0 || done == step || moved < STILL {
                share = spread(&state.inputs)? / first;
            }
        }
        read(step, share.max(GONE), &state)?;
    }
    Ok(())
}

pub(super) fn measure(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let one: fn(&Cell, Seed) -> Result<Values, Error> = match cell.part {
        Part::Training => training,
        Part::Time => time,
        Part::Rates => rates,
        Part::Transition => transition,
        Part::Scale => scale,
        Part::One => single,
        Part::LogDet => equilibrium,
        Part::Growth => growth,
        Part::Clusters => return clusters(cell),
        Part::Picture => return picture(cell, seed),
    };
    let mut rows = Vec::new();
    for ((quantity, weight, horizon), values) in
        replicated(cell.replicates, seed, |seed| one(cell, seed))?
    {
        let row = |quantity: String, mean, std_error| Row {
            weight,
            horizon,
            n: values.len(),
            ..Row::new(cell, quantity, mean, std_error)
        };
        if quantity == "collapsed" {
            let held = values.iter().filter(|value| **value > 0.0).count();
            let share = Effect::share(held, values.len());
            rows.push(row(quantity.into(), share.value, share.std_error));
            continue;
        }
        let summary = Summary::new(&values)?;
        rows.push(row(quantity.into(), summary.mean, summary.std_error));
        let ends = [f64::min, f64::max].map(|end| values.iter().copied().reduce(end));
        for (name, end) in ["smallest", "largest"].into_iter().zip(ends) {
            rows.extend(end.map(|end| row(format!("{name}_{quantity}"), end, 0.0)));
        }
    }
    Ok(rows)
}

fn training(cell: &Cell, seed: Seed) -> Result<Values, Error> {
    let state = start(COMPONENTS, 1.0, seed)?;
    let first = spread(&state.inputs)?;
    let ascent = ascent(cell.setting, cell.std, RATE, RATE)?;
    let mut values = Vec::new();
    follow(ascent, state, &read_at(cell.steps), |step, share, state| {
        let key = |quantity| (quantity, cell.weight, RATE * step as f64);
        values.extend([(key("share"), share), (key("collapsed"), gone(share))]);
        if step == cell.steps {
            values.extend([
                (key("inputs"), share * first),
                (key("distinct_inputs"), distinct(&state.inputs)),
                (key("distinct_means"), distinct(&state.means)),
            ]);
            if cell.setting == Setting::OneHot {
                values.push((key("agreement"), agreement(state)?));
            }
        }
        Ok(())
    })?;
    Ok(values)
}

/// Share of inputs whose largest soft posterior is that of the nearest mean, over all standard deviations of the experiment.
fn agreement(state: &State) -> Result<f64, Error> {
    let nearest = Ascent::new(Posterior::OneHot, RATE, RATE)?.posteriors(state)?;
    let stds = [NARROW, MIDDLE, WIDE, 1.0];
    let mut agreeing = 0;
    for std in stds {
        let soft = Ascent::new(Posterior::Soft { std }, RATE, RATE)?.posteriors(state)?;
        let both = soft.column_iter().zip(nearest.column_iter());
        agreeing += both.filter(|(soft, one)| soft.imax() == one.imax()).count();
    }
    Ok(agreeing as f64 / (stds.len() * state.inputs.n()) as f64)
}

fn time(cell: &Cell, seed: Seed) -> Result<Values, Error> {
    let state = start(COMPONENTS, 1.0, seed)?;
    let ascent = ascent(cell.setting, cell.std, FAST_RATE, FAST_RATE)?;
    let mut values = Vec::new();
    follow(ascent, state, &read_at(cell.steps), |step, share, _| {
        let key = |quantity| (quantity, cell.weight, FAST_RATE * step as f64);
        values.extend([(key("share"), share), (key("collapsed"), gone(share))]);
        Ok(())
    })?;
    Ok(values)
}

fn rates(cell: &Cell, seed: Seed) -> Result<Values, Error> {
    let steps: Vec<usize> = (read_at(cell.steps).into_iter().chain([300]))
        .filter(|step| *step >= 10 && *step <= cell.steps)
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    let shares = |inputs: f64, means: f64| -> Result<Vec<f64>, Error> {
        let mut shares = Vec::new();
        let ascent = ascent(cell.setting, cell.std, inputs, means)?;
        follow(
            ascent,
            start(COMPONENTS, 1.0, seed)?,
            &steps,
            |_, share, _| {
                shares.push(share);
                Ok(())
            },
        )?;
        Ok(shares)
    };
    let equal = shares(RATE, RATE)?;
    let mut values = Vec::new();
    for ratio in RATIOS {
        let own = if ratio.total_cmp(&1.0).is_eq() {
            equal.clone()
        } else {
            shares(RATE, RATE * ratio)?
        };
        for ((step, share), equal) in steps.iter().zip(own).zip(&equal) {
            let key = |quantity| (quantity, ratio, RATE * *step as f64);
            values.push((key("share"), share));
            values.push((key("below_equal_rates"), equal - share));
        }
    }
    let [.., fastest] = RATIOS;
    let slow = RATE / fastest;
    for (step, share) in steps.iter().zip(shares(slow, RATE)?) {
        values.push((
            ("share_with_slow_inputs", fastest, slow * *step as f64),
            share,
        ));
    }
    Ok(values)
}

/// Expectation-maximisation on fixed inputs until the means rest.
fn rest(std: f64, mut state: State) -> Result<State, Error> {
    let ascent = ascent(Setting::FixedInputs, std, 0.0, 1.0)?;
    for _ in 0..PATIENCE {
        if ascent.step(&mut state)? < AT_REST {
            return Ok(state);
        }
    }
    Err(Error::NoConvergence {
        what: "means of a mixture",
        rows: state.means.dim(),
        columns: state.means.n(),
    })
}

/// `mean (p - c)^4 / (mean (p - c)^2)^2` of the points along a direction, `c` their mean.
fn kurtosis(points: &Sample, direction: &[f64]) -> f64 {
    let centre = mean(points);
    let [mut squares, mut fourths] = [0.0; 2];
    for point in points.points() {
        let along: f64 = (point.iter().zip(&centre).zip(direction))
            .map(|((v, c), axis)| (v - c) * axis)
            .sum();
        squares += along.powi(2);
        fourths += along.powi(4);
    }
    fourths * points.n() as f64 / (squares * squares)
}

/// With `t` the ratio of `s^2` to the largest eigenvalue, `e = 1/t - 1`, `k` the excess kurtosis of the inputs along its
/// axis and `r` the kurtosis of the means, the likelihood of an input is to fourth order in the means
/// `e q/2 + r q^2 k/24 - q^2 (k + 2)/8`, `q` the variance of the means over `s^2`; its maximum is at `q = e / (1 + k/2 - k r/6)`.
fn transition(cell: &Cell, seed: Seed) -> Result<Values, Error> {
    let state = start(COMPONENTS, 1.0, seed)?;
    let (eigenvalues, axes) = symmetric_eigen(&covariance(&state.inputs)?)?;
    let (largest, smallest) = (eigenvalues[0], eigenvalues[eigenvalues.len() - 1]);
    let std = cell.std * largest.sqrt();
    let axis = axes.column(0);
    let excess = kurtosis(&state.inputs, axis.as_slice()) - 3.0;
    let state = rest(std, state)?;
    let own = spread(&state.means)?;
    let gap = largest - std * std;
    let key = |quantity| (quantity, cell.weight, 0.0);
    let mut values = vec![
        (key("means"), own),
        (key("share"), own / largest),
        (key("over_mean_eigenvalue"), {
            let mean = eigenvalues.iter().sum::<f64>() / eigenvalues.len() as f64;
            std / mean.sqrt()
        }),
        (key("over_smallest_eigenvalue"), std / smallest.sqrt()),
        (key("critical"), largest.sqrt()),
        (key("gaussian_formula"), gap / largest),
        (key("excess_kurtosis"), excess),
    ];
    if gap > 0.0 {
        let of_means = kurtosis(&state.means, axis.as_slice());
        let formula = gap / (1.0 + excess / 2.0 - excess * of_means / 6.0);
        values.extend([
            (key("over_formula"), own / formula),
            (key("over_gaussian_formula"), own / gap),
        ]);
    }
    Ok(values)
}

fn scale(cell: &Cell, seed: Seed) -> Result<Values, Error> {
    let state = rest(cell.std, start(COMPONENTS, cell.weight, seed)?)?;
    let key = |quantity| (quantity, cell.weight, 0.0);
    // What is left of collapsed means says where they count as resting.
    let share = (spread(&state.means)? / spread(&state.inputs)?).max(GONE);
    Ok(vec![
        (key("share"), share),
        (key("distinct_means"), distinct(&state.means)),
    ])
}

/// Largest departures of the spread from `(1 - a)^(2 t)` times what it was.
fn single(cell: &Cell, seed: Seed) -> Result<Values, Error> {
    let [mut own, mut unsquared, mut shared] = [0.0_f64; 3];
    let mut at_hundred = f64::NAN;
    let steps: Vec<usize> = (1..=cell.steps).collect();
    let ascent = ascent(cell.setting, cell.std, RATE, cell.weight * RATE)?;
    follow(ascent, start(1, 1.0, seed)?, &steps, |step, share, _| {
        let power = (step as f64 * (-RATE).ln_1p()).exp();
        own = own.max((share / (power * power) - 1.0).abs());
        unsquared = unsquared.max((share / power - 1.0).abs());
        if step == 100 {
            at_hundred = share;
        }
        Ok(())
    })?;
    follow(
        ascent,
        start(COMPONENTS, 1.0, seed)?,
        &steps,
        |step, share, _| {
            let power = (step as f64 * (-RATE).ln_1p()).exp();
            shared = shared.max((share / (power * power) - 1.0).abs());
            Ok(())
        },
    )?;
    let key = |quantity| (quantity, cell.weight, RATE * cell.steps as f64);
    Ok(vec![
        (key("departure"), own),
        (key("departure_unsquared"), unsquared),
        (key("departure_of_ten_means"), shared),
        (key("share_after_100"), at_hundred),
    ])
}

/// Spread of the inputs over `2 w`.
fn equilibrium(cell: &Cell, seed: Seed) -> Result<Values, Error> {
    let soft = Posterior::Soft { std: cell.std };
    let ascent = Ascent::new(soft, FAST_RATE, FAST_RATE)?.with_log_det(cell.weight)?;
    let mut state = start(COMPONENTS, 1.0, seed)?;
    for _ in 0..cell.steps {
        ascent.step(&mut state)?;
    }
    let key = |quantity| (quantity, cell.weight, FAST_RATE * cell.steps as f64);
    let of_means = spread(&state.means)?;
    Ok(vec![
        (key("over_2w"), spread(&state.inputs)? / (2.0 * cell.weight)),
        (key("means"), of_means),
    ])
}

/// How fast the spread of the inputs grows where a log-determinant drives apart what the means do not hold together.
///
/// Inputs in clusters far apart, each under means of its own that follow it at an equal rate: `w C^-1 (x - c)` drives a cluster
/// and its means lag behind by half of that, so that it moves by `w C^-1 (x - c) / 2` in a unit of the horizon. The trace of
/// `C` then grows by `w tr(C^-1 B)`, `B` the covariance of the clusters' centres: by `w` for each of the `r` axes that the
/// clusters lie along, across which `C` is all theirs once they are far apart.
fn growth(cell: &Cell, seed: Seed) -> Result<Values, Error> {
    let soft = Posterior::Soft { std: cell.std };
    let ascent = Ascent::new(soft, FAST_RATE, FAST_RATE)?.with_log_det(cell.weight)?;
    let mut state = start(COMPONENTS, 1.0, seed)?;
    let mut middle = f64::NAN;
    for step in 0..cell.steps {
        if step == cell.steps / 2 {
            middle = spread(&state.inputs)?;
        }
        ascent.step(&mut state)?;
    }
    let last = spread(&state.inputs)?;
    let half = FAST_RATE * (cell.steps - cell.steps / 2) as f64;
    let growth = (last - middle) / (half * cell.weight);
    let centres = distinct(&state.means);
    // Two centres lie along one axis, more of them along both.
    let dim = state.means.dim() as f64;
    let axes = (centres - 1.0).min(dim);
    let key = |quantity| (quantity, cell.weight, FAST_RATE * cell.steps as f64);
    Ok(vec![
        (key("spread_midway"), middle),
        (key("spread_at_the_end"), last),
        (key("distinct_means"), centres),
        (key("growth_over_w"), growth),
        (key("growth_less_axes"), growth - axes),
        (key("growth_less_twice_axes"), growth - 2.0 * axes),
    ])
}

/// Two inputs with a mean on each, at distance 1: the horizon at which they have come to half of it, over the formula's.
///
/// Either point has the share `1 / (1 + exp(D^2 / 2 s^2))` in the other, so that `D' = -2 D` times that share, and from
/// `D = 1` to `1/2` it takes the integral of `(1 + exp(D^2 / 2 s^2)) / 2 D`.
fn clusters(cell: &Cell) -> Result<Vec<Row>, Error> {
    let points = Sample::from_points(1, vec![-0.5, 0.5])?;
    let mut state = State {
        inputs: points.clone(),
        means: points,
    };
    let ascent = ascent(cell.setting, cell.std, RATE, RATE)?;
    let distance = |state: &State| state.inputs.point(1)[0] - state.inputs.point(0)[0];
    let mut steps = 0;
    while distance(&state) > 0.5 && steps < cell.steps {
        ascent.step(&mut state)?;
        steps += 1;
    }
    // Simpson's rule.
    const INTERVALS: usize = 2000;
    let speed = |distance: f64| {
        let exponent = distance * distance / (2.0 * cell.std * cell.std);
        (1.0 + exponent.exp()) / (2.0 * distance)
    };
    let width = 0.5 / INTERVALS as f64;
    let formula: f64 = (0..=INTERVALS)
        .map(|i| {
            let weight = match i {
                0 | INTERVALS => 1.0,
                _ if i % 2 == 1 => 4.0,
                _ => 2.0,
            };
            weight * speed(0.5 + i as f64 * width) * width / 3.0
        })
        .sum();
    let horizon = RATE * steps as f64;
    let reached = distance(&state) <= 0.5;
    let mut rows = vec![Row::new(cell, "formula", formula, 0.0)];
    if reached {
        rows.push(Row::new(cell, "half_horizon", horizon, 0.0));
        rows.push(Row::new(cell, "over_formula", horizon / formula, 0.0));
    }
    rows.push(Row::new(cell, "distance", distance(&state), 0.0));
    Ok(rows)
}

/// Inputs and means of one start, before and after training in every setting of the picture.
fn picture(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let before = start(COMPONENTS, 1.0, seed)?;
    let mut rows = Vec::new();
    let mut show = |setting: Setting, std: f64, steps: usize, state: &State| {
        let (upper, lower) = ("upper_input", "lower_input");
        let inputs = state.inputs.points().enumerate();
        let inputs = inputs.map(|(i, point)| (if i < POINTS / 2 { upper } else { lower }, point));
        let means = state.means.points().map(|point| ("mean", point));
        rows.extend(inputs.chain(means).map(|(name, point)| Row {
            setting,
            std,
            horizon: RATE * steps as f64,
            x: Some(point[0]),
            ..Row::new(cell, name, point[1], 0.0)
        }));
    };
    show(Setting::Soft, NARROW, 0, &before);
    for (setting, std) in PICTURES {
        let mut state = before.clone();
        if setting == Setting::FixedInputs {
            state = rest(std, state)?;
        } else {
            let ascent = ascent(setting, std, RATE, RATE)?;
            for _ in 0..cell.steps {
                ascent.step(&mut state)?;
            }
        }
        show(setting, std, cell.steps, &state);
    }
    Ok(rows)
}
