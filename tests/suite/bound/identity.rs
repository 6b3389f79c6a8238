//! What must not change, and what must add up.

use nalgebra::DMatrix;
use proptest::prelude::*;
use vicinfo::bound::{
    Assumptions, CUTOFF, Events, Labels, LeastSquares, MeanNorm, Observation, Population, Radius,
    losses, spectral_norm, with_constant,
};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

use super::{Clouds, known, near};

fn random_population(dim: usize, classes: usize, seed: Seed) -> Population {
    let per_class = 7;
    let labels: Vec<i64> = (0..classes * per_class)
        .map(|i| (i % classes) as i64)
        .collect();
    let means = seed.child("means").normal_matrix(dim, classes);
    let mut points = seed.child("points").normal_matrix(dim, labels.len());
    for (i, mut point) in points.column_iter_mut().enumerate() {
        point += means.column(i % classes);
    }
    let labels = Labels::from_integers(&labels).unwrap();
    Population::new(Sample::new(points).unwrap(), labels, None).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// With one class for each point the residual is the norm of the projection itself.
    #[test]
    fn squared_norm_of_the_projection(n in 1_usize..40, dim in 1_usize..20, rank in 1_usize..20, number in 0_u64..1000) {
        let seed = Seed::root(number);
        let rank = rank.min(dim);
        let features = seed.child("left").normal_matrix(dim, rank) * seed.child("right").normal_matrix(rank, n);
        let fit = LeastSquares::new(&Sample::new(features).unwrap(), &DMatrix::identity(n, n), CUTOFF).unwrap();
        prop_assert_eq!(fit.rank, rank.min(n));
        prop_assert_eq!(fit.squared_projection_norm(), n - fit.rank);
        prop_assert!((fit.residual.powi(2) - (n - fit.rank) as f64).abs() < 1e-10);
    }

    /// A change of basis of the features changes neither the residual nor the fitted values.
    #[test]
    fn residuals_do_not_see_the_basis(n in 2_usize..60, dim in 1_usize..12, number in 0_u64..1000) {
        let seed = Seed::root(number);
        let clouds = Clouds::new(dim, 3, n, 5, seed);
        let basis = seed.child("basis").normal_matrix(dim, dim) + DMatrix::identity(dim, dim) * 6.0;
        let turned = Sample::new(&basis * clouds.features.matrix()).unwrap();
        let targets = clouds.labels.one_hot();
        let first = LeastSquares::new(&clouds.features, &targets, CUTOFF).unwrap();
        let second = LeastSquares::new(&turned, &targets, CUTOFF).unwrap();
        prop_assert!((first.residual - second.residual).abs() < 1e-9);
        prop_assert_eq!(first.rank, second.rank);
        let fitted = &first.weights * clouds.features.matrix();
        let refitted = &second.weights * turned.matrix();
        prop_assert!((fitted - refitted).amax() < 1e-8);
    }

    /// The residual is what is left of the targets, and its rows are orthogonal to the features.
    #[test]
    fn the_fit_is_the_best(n in 1_usize..700, dim in 1_usize..9, number in 0_u64..1000) {
        let clouds = Clouds::new(dim, 2, n, 3, Seed::root(number));
        let targets = clouds.labels.one_hot();
        let fit = LeastSquares::new(&clouds.features, &targets, CUTOFF).unwrap();
        let left = &fit.weights * clouds.features.matrix() - &targets;
        prop_assert!((left.norm() - fit.residual).abs() < 1e-10 * (n as f64).sqrt());
        let slope = &left * clouds.features.matrix().transpose();
        prop_assert!(slope.amax() < 1e-9 * n as f64);
        let losses = losses(&fit.weights, &clouds.features, &targets).unwrap();
        let squares: f64 = losses.iter().map(|l| l * l).sum();
        prop_assert!((squares.sqrt() - fit.residual).abs() < 1e-10 * (n as f64).sqrt());
    }

    /// The chain of the proof is deterministic: it holds for every draw, also where the bound is absurd.
    #[test]
    fn the_chain_always_holds(dim in 1_usize..12, classes in 2_usize..6, n in 1_usize..30, m in 1_usize..30, number in 0_u64..1000) {
        let seed = Seed::root(number);
        let population = random_population(dim, classes, seed);
        let labelled = population.draw(n, seed.child("labelled"));
        let pairs = population.draw_positives(m, seed.child("pairs"));
        let observation = population.observe(&labelled, &pairs, CUTOFF).unwrap();
        let assumptions = population.assumptions(&observation, Radius::Peeled { base: 0.1 }, 0.05).unwrap();
        let events = Events::new(&population, &labelled, &observation, &assumptions).unwrap();
        prop_assert!(events.chain.holds(), "{:?}", events.chain);
        prop_assert!(events.residual.holds(), "{:?}", events.residual);
        // The five events imply the bound.
        if events.all().iter().all(|event| event.holds() || event.name == "bound") {
            prop_assert!(events.bound.holds(), "{:?}", events.bound);
        }
    }
}

#[test]
fn scaling_the_features_scales_the_ball() {
    let clouds = Clouds::new(4, 3, 60, 90, Seed::root(1));
    let norm = {
        let points = clouds.features.points().chain(clouds.positives.x.points());
        let norms = points
            .chain(clouds.positives.y.points())
            .map(|z| z.iter().map(|v| v * v).sum::<f64>().sqrt());
        norms.fold(0.0, f64::max)
    };
    let alternative = |observation: &Observation, assumptions: &Assumptions, norm: f64| {
        let bound = observation.alternative(assumptions, MeanNorm::Bounded(norm), 0.05);
        known(Some(bound.unwrap().total))
    };
    let evaluate = |scale: f64| {
        let scaled = |sample: &Sample| Sample::new(sample.matrix() * scale).unwrap();
        let positives =
            Paired::new(scaled(&clouds.positives.x), scaled(&clouds.positives.y)).unwrap();
        let observation = Observation::new(
            &scaled(&clouds.features),
            &clouds.labels,
            &positives,
            Some(&clouds.hidden),
            CUTOFF,
        )
        .unwrap();
        let radius = Radius::Declared(5.0 / scale);
        let norm = norm * scale * (1.0 + 1e-13);
        let assumptions = Assumptions::from_norm(&observation, norm, radius, 0.05).unwrap();
        let bound = observation.bound(&assumptions).unwrap();
        let informal = known(Some(observation.informal(0.0).unwrap().total));
        let one_line = alternative(&observation, &assumptions, norm);
        (observation, bound, informal, one_line)
    };
    let (first, bound, informal, one_line) = evaluate(1.0);
    // Squares of 1e-170 and of 1e170 are 0 and infinite in doubles.
    for scale in [1e-170, 1e-150, 1e-3, 0.1, 10.0, 1e150, 1e170] {
        let (other, scaled, scaled_informal, scaled_line) = evaluate(scale);
        near("one line", scaled_line, one_line, 1e-10);
        let norm = other.labelled.weight_norm() * scale;
        near("|W|", norm, first.labelled.weight_norm(), 1e-10);
        let c = other.weight_distance.unwrap() * scale;
        near("c", c, first.weight_distance.unwrap(), 1e-10);
        for term in &bound.terms {
            near(
                term.name,
                known(scaled.term(term.name)),
                known(Some(term.value)),
                1e-10,
            );
        }
        near(
            "total",
            known(Some(scaled.total)),
            known(Some(bound.total)),
            1e-10,
        );
        // The informal sum follows the scale.
        let residuals = informal - first.invariance;
        near(
            "informal",
            scaled_informal,
            residuals + scale * first.invariance,
            1e-10,
        );
    }
}

#[test]
fn nearly_dependent_features_cost_the_residual_no_digits() {
    // Columns of condition 1e8, and targets that they determine but for one part in 1e6, so that a
    // difference of squares would have no digits left.
    let n = 3000;
    let seed = Seed::root(4);
    let mut features = seed.child("features").normal_matrix(3, n);
    for i in 0..n {
        features[(2, i)] = features[(0, i)] + 1e-8 * features[(2, i)];
    }
    let exact = DMatrix::from_row_slice(1, 3, &[0.3, -1.0, 0.7]) * &features;
    let noise = seed.child("noise").normal_matrix(1, n);
    let features = Sample::new(features).unwrap();
    let alone = LeastSquares::new(&features, &noise, CUTOFF).unwrap();
    let fit = LeastSquares::new(&features, &(exact + &noise * 1e-6), CUTOFF).unwrap();
    let relative = fit.residual / (alone.residual * 1e-6) - 1.0;
    assert!(relative.abs() < 1e-8, "{relative:e}");
    assert_eq!(fit.rank, 3);
    let (largest, smallest) = (fit.singular_values[0], fit.singular_values[2]);
    assert!(largest / smallest > 1e8);
    // A coarser cut-off gives the direction up, and says so.
    let coarse = LeastSquares::new(&features, &noise, 1e-6).unwrap();
    assert_eq!(coarse.rank, 2);
    assert!(coarse.residual >= alone.residual);
}

#[test]
fn a_constant_coordinate_is_a_bias() {
    let clouds = Clouds::new(3, 3, 50, 10, Seed::root(9));
    let targets = clouds.labels.one_hot();
    let shifted = Sample::new(clouds.features.matrix().map(|v| v + 10.0)).unwrap();
    let fit = |sample: &Sample| {
        LeastSquares::new(&with_constant(sample, 2.0).unwrap(), &targets, CUTOFF).unwrap()
    };
    let (plain, moved) = (fit(&clouds.features), fit(&shifted));
    near("residual", moved.residual, plain.residual, 1e-11);
    // The one-hot rows add up to 1, and so do the fitted values.
    let fitted = &plain.weights * with_constant(&clouds.features, 2.0).unwrap().matrix();
    for column in fitted.column_iter() {
        near("sum", column.sum(), 1.0, 1e-12);
    }
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let clouds = Clouds::new(20, 4, 3000, 5000, Seed::root(3));
    let observe = || {
        Observation::new(
            &clouds.features,
            &clouds.labels,
            &clouds.positives,
            Some(&clouds.hidden),
            CUTOFF,
        )
        .unwrap()
    };
    let many = observe();
    let one = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap()
        .install(observe);
    assert_eq!(many, one);
}

#[test]
fn degenerate_features_that_have_an_answer() {
    // Fewer points than dimensions: the fit interpolates.
    let clouds = Clouds::new(30, 3, 12, 12, Seed::root(2));
    let targets = clouds.labels.one_hot();
    let fit = LeastSquares::new(&clouds.features, &targets, CUTOFF).unwrap();
    assert_eq!((fit.rank, fit.residual), (12, 0.0));
    near(
        "fitted",
        (&fit.weights * clouds.features.matrix() - &targets).amax(),
        0.0,
        1e-12,
    );
    // Constant features: the shares of the classes. No features at all: nothing.
    let constant = Sample::new(DMatrix::from_element(2, 12, 3.0)).unwrap();
    let fit = LeastSquares::new(&constant, &targets, CUTOFF).unwrap();
    assert_eq!(fit.rank, 1);
    near("share", fit.weights[(0, 0)], 1.0 / 18.0, 1e-15);
    near("residual", fit.residual, 8.0_f64.sqrt(), 1e-14);
    let zero = Sample::new(DMatrix::zeros(2, 12)).unwrap();
    let fit = LeastSquares::new(&zero, &targets, CUTOFF).unwrap();
    assert_eq!((fit.rank, fit.weights.amax()), (0, 0.0));
    near("residual", fit.residual, 12.0_f64.sqrt(), 1e-14);
    // One class only: constant features hit it.
    let one = Labels::from_integers(&[5; 12]).unwrap();
    let fit = LeastSquares::new(&constant, &one.one_hot(), CUTOFF).unwrap();
    near("residual", fit.residual, 0.0, 1e-14);
    near(
        "norm",
        spectral_norm(&fit.weights).unwrap(),
        2.0_f64.sqrt() / 6.0,
        1e-14,
    );
}
