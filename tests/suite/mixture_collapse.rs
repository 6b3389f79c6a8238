//! The ascent of the experiment `mixture-collapse`.

use nalgebra::DMatrix;
use proptest::prelude::*;

use vicinfo::Error;
use vicinfo::linalg::symmetric_eigenvalues;
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

#[path = "../../experiments/mixture_collapse/ascent.rs"]
pub mod ascent;
#[path = "../../experiments/mixture_collapse/moons.rs"]
pub mod moons;

use ascent::{Ascent, Posterior, State, covariance};
use moons::two_moons;

fn points(dim: usize, coordinates: &[f64]) -> Sample {
    Sample::from_points(dim, coordinates.to_vec()).unwrap()
}

fn spread(points: &Sample) -> f64 {
    covariance(points).unwrap().trace()
}

fn near(actual: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(actual.len(), expected.len());
    for (a, e) in actual.iter().zip(expected) {
        assert!((a - e).abs() <= tolerance, "{a} against {e}");
    }
}

fn soft(std: f64, inputs: f64, means: f64) -> Ascent {
    Ascent::new(Posterior::Soft { std }, inputs, means).unwrap()
}

fn one_hot(inputs: f64, means: f64) -> Ascent {
    Ascent::new(Posterior::OneHot, inputs, means).unwrap()
}

/// Five points and three means in the plane.
fn plane() -> State {
    State {
        inputs: points(2, &[0.3, -1.2, 1.1, 0.4, -0.7, 0.9, 2.0, -0.1, -1.4, -0.6]),
        means: points(2, &[0.1, 0.2, 1.5, -0.4, -0.9, 0.3]),
    }
}

fn moons_state(seed: u64) -> State {
    let inputs = two_moons(200, 0.05, Seed::root(seed)).unwrap();
    let means = inputs
        .select(&[3, 21, 47, 60, 88, 104, 131, 150, 171, 199])
        .unwrap();
    State { inputs, means }
}

/// numpy 2.4: `L = -((X[:,None]-M[None])**2).sum(2)/(2*s*s); exp(L - scipy.special.logsumexp(L, axis=1, keepdims=True))`, `s = 0.7`.
#[test]
fn posteriors_are_those_of_numpy() {
    let posteriors = soft(0.7, 0.1, 0.1).posteriors(&plane()).unwrap();
    let expected = [
        0.476_218_952_523_024_3,
        0.438_888_361_846_398_4,
        0.084_892_685_630_577_27,
        0.429_963_832_689_385_8,
        0.549_274_905_231_789_1,
        0.020_761_262_078_824_99,
        0.321_515_310_953_650_55,
        0.001_300_620_013_725_873_6,
        0.677_184_069_032_623_6,
        0.031_407_516_397_368_91,
        0.968_374_283_015_571_5,
        0.000_218_200_587_059_581_47,
        0.133_787_474_196_806_17,
        0.000_459_683_596_292_751,
        0.865_752_842_206_901_1,
    ];
    near(posteriors.as_slice(), &expected, 1e-15);
}

/// As above, then with `Y = X - X.mean(0); C = np.cov(X.T, ddof=0)`: `X + .3*(R@M - X + .2*np.linalg.solve(C, Y.T).T)` and
/// `M + .6*((R.T@X)/R.sum(0)[:,None] - M)`; one-hot with `R = np.eye(3)[L.argmax(1)]`.
#[test]
fn a_step_is_that_of_numpy() {
    let mut state = plane();
    let ascent = soft(0.7, 0.3, 0.6).with_log_det(0.2).unwrap();
    let moved = ascent.step(&mut state).unwrap();
    let inputs = [
        0.404_472_172_048_353_2,
        -0.976_607_958_011_536_9,
        1.056_651_090_712_595_4,
        0.296_436_786_882_176_23,
        -0.705_344_071_376_932_4,
        0.826_962_074_177_494_8,
        1.907_217_292_545_817,
        -0.188_495_480_112_941_15,
        -1.275_154_103_235_042_2,
        -0.381_324_764_815_793_25,
    ];
    let means = [
        0.154_701_302_848_545_6,
        -0.003_363_181_894_256_523,
        1.418_383_212_005_394_5,
        -0.283_443_556_395_038_54,
        -0.955_826_868_900_132_5,
        0.118_699_213_414_200_67,
    ];
    near(state.inputs.coordinates(), &inputs, 1e-14);
    near(state.means.coordinates(), &means, 1e-14);
    near(&[moved], &[1.2 - 0.976_607_958_011_536_9], 1e-14);

    let mut state = plane();
    let ascent = one_hot(0.3, 0.6).with_log_det(0.2).unwrap();
    ascent.step(&mut state).unwrap();
    let inputs = [
        0.245_606_865_762_039,
        -0.900_154_833_448_102_4,
        1.252_184_009_138_891_4,
        0.214_683_431_961_533_53,
        -0.802_735_111_072_910_2,
        0.836_880_663_708_986_7,
        1.920_565_553_855_394_7,
        -0.194_194_655_187_750_1,
        -1.315_621_317_683_414_8,
        -0.377_214_607_034_667_64,
    ];
    near(state.inputs.coordinates(), &inputs, 1e-14);
    near(
        state.means.coordinates(),
        &[0.22, -0.64, 1.53, -0.07, -0.99, 0.21],
        1e-14,
    );
}

/// `sum_i ln [(1/K) sum_k N(x_i; m_k, s^2 I)] + (n w / 2 s^2) ln det C` up to constants.
fn objective(inputs: &[f64], means: &[f64], std: f64, weight: f64) -> f64 {
    let (inputs, means) = (points(2, inputs), points(2, means));
    let precision = 0.5 / (std * std);
    let mut value = 0.0;
    for x in inputs.points() {
        let density = means.points().map(|m| {
            let square = (x[0] - m[0]).powi(2) + (x[1] - m[1]).powi(2);
            (-square * precision).exp()
        });
        value += density.sum::<f64>().ln();
    }
    let c = covariance(&inputs).unwrap();
    let det = c[(0, 0)] * c[(1, 1)] - c[(0, 1)] * c[(1, 0)];
    value + inputs.n() as f64 * weight * precision * det.ln()
}

#[test]
fn a_step_follows_the_gradient_of_the_documented_objective() {
    let (std, weight) = (0.7, 0.2);
    let before = plane();
    let mut after = before.clone();
    let ascent = soft(std, 1.0, 1.0).with_log_det(weight).unwrap();
    ascent.step(&mut after).unwrap();
    let mass = ascent.posteriors(&before).unwrap().column_sum();
    let (x, m) = (before.inputs.coordinates(), before.means.coordinates());
    let slope = |values: &[f64], i: usize, value: &dyn Fn(&[f64]) -> f64| {
        const STEP: f64 = 1e-5;
        let [up, down] = [STEP, -STEP].map(|step| {
            let mut moved = values.to_vec();
            moved[i] += step;
            value(&moved)
        });
        (up - down) / (2.0 * STEP)
    };
    for i in 0..x.len() {
        let gradient = slope(x, i, &|x| objective(x, m, std, weight));
        near(
            &[after.inputs.coordinates()[i] - x[i]],
            &[std * std * gradient],
            1e-8,
        );
    }
    for i in 0..m.len() {
        let gradient = slope(m, i, &|m| objective(x, m, std, weight));
        let step = std * std / mass[i / 2] * gradient;
        near(&[after.means.coordinates()[i] - m[i]], &[step], 1e-8);
    }
}

#[test]
fn the_first_of_equally_near_means_takes_the_input() {
    for (means, expected) in [([-1.0, 1.0], 1.0), ([1.0, -1.0], -1.0)] {
        let state = State {
            inputs: points(1, &[0.0, 3.0 * expected]),
            means: points(1, &means),
        };
        let posteriors = one_hot(0.1, 0.1).posteriors(&state).unwrap();
        assert_eq!(posteriors.column(0).as_slice(), [1.0, 0.0]);
        // The far input shows which mean is which.
        let far = posteriors.column(1).as_slice().to_vec();
        assert_eq!(
            far,
            if means[0] * expected > 0.0 {
                [1.0, 0.0]
            } else {
                [0.0, 1.0]
            }
        );
    }
}

#[test]
fn a_mean_nearest_to_no_input_stays_where_it_is() {
    let mut state = State {
        inputs: points(1, &[-1.0, 0.25, 0.5]),
        means: points(1, &[0.0, 100.0, 0.0]),
    };
    one_hot(0.5, 0.5).step(&mut state).unwrap();
    // The third mean is as near as the first, which takes all.
    assert_eq!(state.means.coordinates()[1..], [100.0, 0.0]);
    near(&state.means.coordinates()[..1], &[-0.25 / 6.0], 1e-16);
    assert_eq!(state.inputs.coordinates(), [-0.5, 0.125, 0.25]);
}

/// mpmath, 40 digits: weights `exp(-(x-100)**2/(2*s*s)) / (exp(-x*x/(2*s*s)) + ...)` of the second mean, `s = 1.25`, down to 1e-1418.
#[test]
fn a_mean_whose_posteriors_underflow_moves_by_their_logarithms() {
    let mut state = State {
        inputs: points(1, &[-1.0, 0.25, 0.5]),
        means: points(1, &[0.0, 100.0]),
    };
    let ascent = soft(1.25, 0.0, 1.0);
    assert_eq!(ascent.posteriors(&state).unwrap().row(1).sum(), 0.0);
    ascent.step(&mut state).unwrap();
    near(state.means.point(1), &[0.499_999_971_866_209_5], 1e-14);
    near(state.means.point(0), &[-0.25 / 3.0], 1e-15);
}

#[test]
fn tiny_components_are_one_hot_and_not_nan() {
    let state = plane();
    let soft = soft(1e-150, 0.1, 0.1).posteriors(&state).unwrap();
    assert_eq!(soft, one_hot(0.1, 0.1).posteriors(&state).unwrap());
}

#[test]
fn one_mean_takes_the_spread_by_the_closed_form() {
    for mean_rate in [0.0, 0.01, 1.0] {
        for ascent in [soft(0.5, 0.01, mean_rate), one_hot(0.01, mean_rate)] {
            let mut state = moons_state(1);
            state.means = points(2, &[3.0, -2.0]);
            let first = spread(&state.inputs);
            for _ in 0..100 {
                ascent.step(&mut state).unwrap();
            }
            // mpmath: 0.99 to the power of 200.
            near(
                &[spread(&state.inputs) / first],
                &[0.133_979_674_857_962],
                1e-14,
            );
        }
    }
}

#[test]
fn the_log_determinant_brings_the_covariance_to_its_weight() {
    for weight in [0.05, 0.3] {
        let mut state = moons_state(2);
        let ascent = soft(1.0, 0.1, 0.1).with_log_det(weight).unwrap();
        for _ in 0..600 {
            ascent.step(&mut state).unwrap();
        }
        let expected = DMatrix::identity(2, 2) * weight;
        near(
            covariance(&state.inputs).unwrap().as_slice(),
            expected.as_slice(),
            1e-12,
        );
        assert!(spread(&state.means) < 1e-20);
    }
}

/// Clusters at distance `x` from their centre and `x - m` from their means, along `r` axes: `x' = m - x + w / x` and `m' = x - m`
/// let them lag behind by `w / 2 x`, so that the spread `r x^2` grows by `r w`.
#[test]
fn a_log_determinant_drives_clusters_apart_by_its_weight_for_each_axis() {
    let weight = 0.1;
    let corners = [-9.0, -9.0, 9.0, -9.0, -9.0, 9.0, 9.0, 9.0];
    for (axes, both) in [(1.0, points(1, &[-9.0, 9.0])), (2.0, points(2, &corners))] {
        let ascent = soft(0.5, 0.1, 0.1).with_log_det(weight).unwrap();
        let mut state = State {
            inputs: both.clone(),
            means: both,
        };
        let mut spreads = Vec::new();
        for step in 0..=1100 {
            if step % 100 == 0 {
                spreads.push(spread(&state.inputs));
            }
            ascent.step(&mut state).unwrap();
        }
        // The first ten units of the horizon let the means fall behind.
        let growth = spreads[11] - spreads[1];
        near(&[growth], &[100.0 * weight * axes], 0.01 * axes);
    }
}

/// Not the moons: three coordinates of unlike spread, turned into each other.
#[test]
fn means_of_fixed_inputs_collapse_from_the_largest_eigenvalue_on() {
    let mix = DMatrix::from_row_slice(3, 3, &[2.0, 0.3, 0.1, -0.5, 1.0, 0.2, 0.4, 0.0, 0.5]);
    let inputs = Sample::new(mix * Seed::root(3).normal_matrix(3, 60)).unwrap();
    let largest = symmetric_eigenvalues(&covariance(&inputs).unwrap()).unwrap()[0];
    let means = inputs.select(&[0, 1, 2, 3]).unwrap();
    for (ratio, collapses) in [(0.95, false), (0.99, false), (1.01, true), (1.05, true)] {
        let ascent = soft(ratio * largest.sqrt(), 0.0, 1.0);
        let mut state = State {
            inputs: inputs.clone(),
            means: means.clone(),
        };
        for _ in 0..3000 {
            ascent.step(&mut state).unwrap();
        }
        let share = spread(&state.means) / largest;
        assert_eq!(state.inputs, inputs);
        assert!(
            if collapses {
                share < 1e-20
            } else {
                share > 0.01
            },
            "{ratio}: {share}"
        );
    }
}

/// scipy 1.17: `quad(lambda D: (1 + exp(D*D/(2*s*s)))/(2*D), .5, 1)`.
#[test]
fn two_clusters_meet_in_the_time_of_the_integral() {
    for (std, expected) in [(0.3, 14.851_361_985_902_69), (0.5, 1.471_577_203_064_652)] {
        let both = points(1, &[-0.5, 0.5]);
        let mut state = State {
            inputs: both.clone(),
            means: both,
        };
        let mut horizon = 0.0;
        // Equal rates keep an input and its mean together.
        while state.inputs.point(1)[0] > 0.25 {
            soft(std, 1e-4, 1e-4).step(&mut state).unwrap();
            horizon += 1e-4;
        }
        near(&[horizon], &[expected], 3e-4 * expected);
        near(state.means.coordinates(), state.inputs.coordinates(), 1e-12);
    }
}

proptest! {
    #[test]
    fn a_step_stays_in_the_hull_and_soft_posteriors_leave_its_ends(
        coordinates in prop::collection::vec(-3.0..3.0_f64, 4..12),
        means in prop::collection::vec(-3.0..3.0_f64, 2..5),
        rates in (0.01..1.0_f64, 0.01..1.0_f64),
        std in 0.3..3.0_f64,
    ) {
        let start = State { inputs: points(1, &coordinates), means: points(1, &means) };
        let ends = |state: &State| {
            let all = || state.inputs.coordinates().iter().chain(state.means.coordinates()).copied();
            (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max))
        };
        let (low, high) = ends(&start);
        for (ascent, strict) in [(soft(std, rates.0, rates.1), true), (one_hot(rates.0, rates.1), false)] {
            let mut state = start.clone();
            ascent.step(&mut state).unwrap();
            let (lower, upper) = ends(&state);
            let rounding = 1e-14;
            prop_assert!(lower >= low - rounding && upper <= high + rounding);
            if strict && high - low > 1e-3 && std > 1.0 {
                prop_assert!(upper - lower < high - low);
            }
        }
    }

    #[test]
    fn a_step_moves_with_the_points(shift in (-5.0..5.0_f64, -5.0..5.0_f64), factor in 0.1..10.0_f64) {
        let moved = |sample: &Sample| {
            let map = |p: &[f64], q: &mut [f64]| {
                (q[0], q[1]) = (factor * p[0] + shift.0, factor * p[1] + shift.1);
            };
            sample.map(2, map).unwrap()
        };
        let ascent = |factor: f64| {
            soft(0.7 * factor, 0.3, 0.6).with_log_det(0.2 * factor * factor).unwrap()
        };
        let mut own = plane();
        let mut other = State { inputs: moved(&own.inputs), means: moved(&own.means) };
        ascent(1.0).step(&mut own).unwrap();
        ascent(factor).step(&mut other).unwrap();
        let size = factor + shift.0.abs() + shift.1.abs();
        near(other.inputs.coordinates(), moved(&own.inputs).coordinates(), 1e-12 * size);
        near(other.means.coordinates(), moved(&own.means).coordinates(), 1e-12 * size);
    }
}

#[test]
fn what_cannot_be_fitted_is_an_error() {
    let parameter = |result: Result<Ascent, Error>| match result {
        Err(Error::InvalidParameter { name, .. }) => name,
        other => panic!("{other:?}"),
    };
    for std in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-200, 1e200] {
        assert_eq!(
            parameter(Ascent::new(Posterior::Soft { std }, 0.1, 0.1)),
            "std"
        );
    }
    for rate in [-0.1, 1.5, f64::NAN] {
        assert_eq!(
            parameter(Ascent::new(Posterior::OneHot, rate, 0.1)),
            "input_rate"
        );
        assert_eq!(
            parameter(Ascent::new(Posterior::OneHot, 0.1, rate)),
            "mean_rate"
        );
    }
    for weight in [-1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(
            parameter(one_hot(0.1, 0.1).with_log_det(weight)),
            "log_det_weight"
        );
    }
    let mut unlike = State {
        inputs: plane().inputs,
        means: points(1, &[0.0, 1.0]),
    };
    let mismatch = Error::Mismatch {
        what: "coordinates of a mean",
        expected: 2,
        actual: 1,
    };
    let ascent = soft(1.0, 0.1, 0.1);
    assert_eq!(ascent.step(&mut unlike), Err(mismatch.clone()));
    assert_eq!(ascent.posteriors(&unlike), Err(mismatch));
    let mut far = State {
        inputs: points(1, &[1e200, 0.0]),
        means: points(1, &[0.0]),
    };
    let overflow = Error::NonFiniteResult {
        what: "a squared distance to a mean".into(),
        value: "inf".into(),
    };
    assert_eq!(ascent.step(&mut far), Err(overflow.clone()));
    assert_eq!(ascent.posteriors(&far), Err(overflow));
    // A failed step changes nothing.
    assert_eq!(far.inputs.coordinates(), [1e200, 0.0]);
    let mut line = State {
        inputs: points(2, &[0.0, 0.0, 1.0, 2.0, 2.0, 4.0]),
        means: points(2, &[0.0, 0.0]),
    };
    assert!(matches!(
        ascent.with_log_det(0.1).unwrap().step(&mut line),
        Err(Error::SingularCovariance {
            dim: 2,
            coordinate: 1,
            ..
        })
    ));
    assert!(ascent.step(&mut line).is_ok());
}
