//! Optimisers and schedules against closed forms.

use vicinfo::Error;
use vicinfo::network::{Gradient, ParameterMut, Real};
use vicinfo::training::{Memory, Optimiser, Schedule, keep};

/// One step on one number.
fn step<T: Real>(
    optimiser: &Optimiser,
    rate: f64,
    memory: &mut Memory<T>,
    values: &mut Vec<T>,
    gradient: f64,
) -> Result<(), Error> {
    let parameter = ParameterMut {
        name: "weight".to_owned(),
        shape: vec![1, 1],
        values,
    };
    let gradient = Gradient {
        name: "weight".to_owned(),
        values: vec![T::from_f64(gradient)],
    };
    optimiser.step(rate, memory, &mut [parameter], &[gradient])
}

/// `steps` steps with a constant gradient on one number.
fn run(text: &str, start: f64, gradient: f64, rate: f64, steps: usize) -> f64 {
    let optimiser = Optimiser::parse(text).unwrap();
    let mut memory = Memory::new();
    let mut values = vec![start];
    for _ in 0..steps {
        step(&optimiser, rate, &mut memory, &mut values, gradient).unwrap();
    }
    values[0]
}

/// Under a constant gradient both moments of Adam are the gradient itself once corrected: every step is the rate.
#[test]
fn adam_moves_by_the_rate_under_a_constant_gradient() {
    let after = run("adamw(weight_decay=0)", 1.0, 3.0, 0.01, 50);
    assert!((after - (1.0 - 0.5)).abs() < 1e-8, "{after}");
    // The decay alone is geometric.
    let after = run("adamw(weight_decay=0.5)", 1.0, 0.0, 0.1, 20);
    assert!((after - 0.95_f64.powi(20)).abs() < 1e-14, "{after}");
}

/// `m_t = g (1 - p^t)/(1 - p)`, and the way is their sum.
#[test]
fn momentum_is_a_geometric_sum() {
    let (g, p, rate, steps) = (2.0, 0.8_f64, 0.1, 12);
    let way: f64 = (1..=steps).map(|t| g * (1.0 - p.powi(t)) / (1.0 - p)).sum();
    let after = run(
        "sgd(momentum=0.8,weight_decay=0)",
        5.0,
        g,
        rate,
        steps as usize,
    );
    assert!((after - (5.0 - rate * way)).abs() < 1e-12, "{after}");
}

/// The first step is the share `rate trust` of the weight, whatever the size of the gradient.
#[test]
fn layer_wise_rates_do_not_see_the_gradients_size() {
    for gradient in [1e-6, 1.0, 1e6] {
        let after = run("lars(weight_decay=0,trust=0.02)", 4.0, gradient, 0.5, 1);
        assert!((after - (4.0 - 0.5 * 0.02 * 4.0)).abs() < 1e-14, "{after}");
    }
    // A weight of zero has no norm: it takes the plain rate.
    let after = run("lars(weight_decay=0,trust=0.02)", 0.0, 3.0, 0.5, 1);
    assert!((after + 1.5).abs() < 1e-14, "{after}");
}

#[test]
fn vectors_are_spared_unless_said_otherwise() {
    let decayed = |text: &str, shape: Vec<usize>| {
        let optimiser = Optimiser::parse(text).unwrap();
        let mut values = vec![1.0];
        let parameter = ParameterMut {
            name: "bias".to_owned(),
            shape,
            values: &mut values,
        };
        let gradient = Gradient {
            name: "bias".to_owned(),
            values: vec![0.0],
        };
        (optimiser.step(1.0, &mut Memory::new(), &mut [parameter], &[gradient])).unwrap();
        values[0] < 1.0
    };
    for rule in ["adamw", "sgd", "lars"] {
        let text = |spared: &str| format!("{rule}(weight_decay=0.1,spared={spared})");
        assert!(decayed(&text("vectors"), vec![1, 1]), "{rule}");
        assert!(!decayed(&text("vectors"), vec![1]), "{rule}");
        assert!(decayed(&text("none"), vec![1]), "{rule}");
    }
}

#[test]
fn names_read_back() {
    for text in ["adamw()", "sgd(momentum=0.5)", "lars(spared=none)"] {
        let optimiser = Optimiser::parse(text).unwrap();
        assert_eq!(Optimiser::parse(&optimiser.to_string()), Ok(optimiser));
    }
}

#[test]
fn the_schedule_rises_and_falls() {
    let schedule = Schedule {
        rate: 0.2,
        warm_up: 4,
        steps: 24,
        floor: 0.1,
    };
    let rates: Vec<f64> = (0..24).map(|step| schedule.rate(step)).collect();
    assert!((rates[0] - 0.05).abs() < 1e-15 && (rates[3] - 0.2).abs() < 1e-15);
    assert!(
        (rates[4] - 0.2).abs() < 1e-15,
        "the cosine starts at its top"
    );
    // Half-way the cosine is zero.
    assert!((rates[14] - 0.2 * 0.55).abs() < 1e-15);
    assert!(rates[4..].windows(2).all(|pair| pair[1] < pair[0]));
    assert!((schedule.rate(24) - 0.02).abs() < 1e-15);
    assert!((schedule.rate(1000) - 0.02).abs() < 1e-15);
}

#[test]
fn a_target_stops_moving_at_the_end() {
    assert!((keep(0.99, 0, 100) - 0.99).abs() < 1e-15);
    assert!((keep(0.99, 50, 100) - 0.995).abs() < 1e-15);
    assert!((keep(0.99, 100, 100) - 1.0).abs() < 1e-15);
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let optimiser = Optimiser::parse("sgd()").unwrap();
    let mut values = vec![1.0, 2.0];
    let mut step = |rate: f64, numbers: usize, memory: &mut Memory<f64>| {
        let parameter = ParameterMut {
            name: "weight".to_owned(),
            shape: vec![2, 1],
            values: &mut values,
        };
        let gradient = Gradient {
            name: "weight".to_owned(),
            values: vec![1.0; numbers],
        };
        optimiser.step(rate, memory, &mut [parameter], &[gradient])
    };
    let mut memory = Memory::new();
    assert_eq!(
        step(0.1, 3, &mut memory),
        Err(Error::Mismatch {
            what: "numbers of a gradient",
            expected: 2,
            actual: 3
        })
    );
    assert_eq!(
        step(-0.1, 2, &mut memory),
        Err(Error::invalid("rate", -0.1, "a finite number, at least 0"))
    );
    let mut other = Memory {
        steps: 3,
        slots: vec![vec![vec![0.0]]],
    };
    assert_eq!(
        step(0.1, 2, &mut other),
        Err(Error::Mismatch {
            what: "numbers in the memory",
            expected: 2,
            actual: 1
        })
    );
    // Nothing has moved; then a rate beyond the numbers' range.
    assert_eq!(step(0.0, 2, &mut memory), Ok(()));
    assert_eq!(
        step(f64::MAX, 2, &mut memory),
        Err(Error::NonFiniteResult {
            what: "weight after step 2".to_owned(),
            value: "-inf".to_owned()
        })
    );
    for text in [
        "adamw(beta1=1)",
        "sgd(momentum=-0.1)",
        "adamw(epsilon=0)",
        "lars(trust=-1)",
    ] {
        assert!(
            matches!(Optimiser::parse(text), Err(Error::InvalidParameter { .. })),
            "{text}"
        );
    }
    assert!(matches!(
        Optimiser::parse("adam()"),
        Err(Error::UnknownName { .. })
    ));
}

/// A gradient that no number of the memory has room for is an error, not a parameter that stays where it is.
#[test]
fn moments_that_overflow_are_refused() {
    fn refused<T: Real>(text: &str, rate: f64, weight: f64, gradient: f64) -> Option<Error> {
        let mut values = vec![T::from_f64(weight)];
        let optimiser = Optimiser::parse(text).unwrap();
        step(&optimiser, rate, &mut Memory::new(), &mut values, gradient).err()
    }
    let infinite = |what: &str| {
        Some(Error::NonFiniteResult {
            what: what.to_owned(),
            value: "inf".to_owned(),
        })
    };
    // A thousandth of the square of 1e21 is beyond single precision, that of 1e160 beyond double precision.
    let second = infinite("second_moment of weight after step 1");
    assert_eq!(refused::<f32>("adamw()", 0.01, 1.0, 1e21), second);
    assert_eq!(refused::<f64>("adamw()", 0.01, 1.0, 1e160), second);
    assert_eq!(refused::<f32>("adamw()", 0.01, 1.0, 1e20), None);
    // The square of a length of 1e160, by which the rate of a layer is divided.
    let length = infinite("update of weight in step 1");
    assert_eq!(refused::<f64>("lars()", 0.01, 1.0, 1e160), length);
    assert_eq!(refused::<f64>("lars()", 0.01, 1.0, 1e150), None);
    assert_eq!(refused::<f32>("lars()", 0.01, 1.0, 1e30), None);
    assert_eq!(refused::<f32>("sgd()", 0.01, 1.0, 1e30), None);
}
