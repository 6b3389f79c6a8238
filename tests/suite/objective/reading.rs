//! Contrastive losses as likelihood and entropy, and discrete sources.

use proptest::prelude::*;
use vicinfo::Error;
use vicinfo::entropy::PairwiseBound;
use vicinfo::objective::reading::{NtXentReading, Prototypes, log_mean_exp, log_von_mises_fisher};
use vicinfo::objective::{NtXent, Objective, PairDist};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

use super::{close, views};

/// The points scaled to length 1.
fn on_the_sphere(sample: &Sample) -> Sample {
    let map = |point: &[f64], unit: &mut [f64]| {
        let length = point.iter().map(|v| v * v).sum::<f64>().sqrt();
        for (u, v) in unit.iter_mut().zip(point) {
            *u = v / length;
        }
    };
    sample.map(sample.dim(), map).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn nt_xent_is_a_likelihood_and_an_entropy(
        n in 2_usize..20, dim in 1_usize..10, temperature in 0.02_f64..3.0, seed in 0_u64..1000,
    ) {
        let views = views(n, dim, Seed::root(seed).child("sphere"));
        let loss = NtXent::new(temperature).unwrap().evaluate(&views).unwrap().value;
        let reading = NtXentReading::new(&views, temperature).unwrap();
        prop_assert!((loss - reading.loss()).abs() <= 1e-12 * (1.0 + loss.abs()));
        let cap = ((2 * n - 1) as f64).ln();
        prop_assert!(reading.information() <= cap + 1e-12);
        // Another temperature is another loss.
        let wrong = NtXentReading::new(&views, temperature * 1.5).unwrap();
        if dim > 1 {
            prop_assert!((loss - wrong.loss()).abs() > 1e-9);
        }
    }

    #[test]
    fn pair_dist_on_the_sphere_is_contrastive(
        n in 1_usize..20, dim in 1_usize..10, std in 0.2_f64..2.0, seed in 0_u64..1000,
    ) {
        let points = on_the_sphere(&views(n, dim, Seed::root(seed).child("pairs")).x);
        let pair_dist = PairDist::new(PairwiseBound::Kl, std).unwrap();
        let entropy = pair_dist.entropy(&points).unwrap().value;
        let variance = std * std;
        let h = 0.5 * dim as f64 * (std::f64::consts::TAU * std::f64::consts::E * variance).ln();
        let uniformity = log_mean_exp(&points, variance).unwrap();
        let contrastive = h + 1.0 / variance - uniformity;
        prop_assert!((entropy - contrastive).abs() <= 1e-12 * (1.0 + 1.0 / variance));
    }
}

#[test]
fn constants_of_the_law_of_von_mises_and_fisher() {
    // mpmath 1.3, 30 digits: (d/2-1)*log(k) - d/2*log(2*pi) - log(besseli(d/2-1, k))
    for (dim, kappa, expected) in [
        (2, 0.5, -1.899_426_785_594_826_8),
        (3, 2.0, -3.126_244_439_023_514),
        (8, 14.285_714_285_714_286, -11.094_420_731_003_382),
        (64, 5.0, 40.572_981_129_078_02),
        (128, 0.1, 127.053_417_461_871_7),
        (2, 200.0, -198.270_406_420_632_8),
        (2048, 20.0, 4_898.286_211_055_585),
        (16, 5000.0, -4_949.900_253_575_643),
        // Two points: 1 / (2 cosh 2).
        (1, 2.0, -2.018_149_927_917_81),
    ] {
        close(log_von_mises_fisher(dim, kappa).unwrap(), expected, 1e-13);
    }
    assert!(matches!(
        log_von_mises_fisher(3, 0.0),
        Err(Error::InvalidParameter { .. })
    ));
}

#[test]
fn temperatures_have_a_concentration() {
    let views = views(4, 3, Seed::root(3));
    assert!(NtXentReading::new(&views, 1e-6).is_ok());
    for temperature in [0.9e-7, 0.0, f64::NAN] {
        assert!(matches!(
            NtXentReading::new(&views, temperature),
            Err(Error::InvalidParameter { name, .. }) if name == "temperature"
        ));
    }
}

#[test]
fn one_temperature_makes_the_kernel_estimate_an_entropy() {
    // Points all alike: the density estimate is that of the kernel at its centre.
    let same = Sample::from_points(3, [1.0, 2.0, 2.0].repeat(4)).unwrap();
    let views = vicinfo::sample::Paired::new(same.clone(), same).unwrap();
    let reading = NtXentReading::new(&views, 0.5).unwrap();
    let peak = log_von_mises_fisher(3, 2.0).unwrap() + 2.0;
    close(reading.entropy, -peak, 1e-14);
    close(reading.log_likelihood, peak, 1e-14);
    assert!(reading.information().abs() < 1e-13);
    close(reading.loss(), 7.0_f64.ln(), 1e-14);
}

#[test]
fn information_of_prototypes() {
    // numpy: the double integral of p(x, y) ln p(x, y) / (p(x) p(y)) by the trapezoidal rule on a
    // square grid of step std / 14, 11 std beyond the numbers.
    for (numbers, std, expected) in [
        (vec![-3.0, -1.0, 1.0, 3.0], 0.1, 1.386_294_361_119_901),
        (vec![-3.0, -1.0, 1.0, 3.0], 0.3, 1.382_576_650_529_871_6),
        (vec![-3.0, -1.0, 1.0, 3.0], 1.0, 0.593_926_360_009_114_5),
        (vec![0.0, 0.4, 2.5], 0.5, 0.578_348_009_857_462),
        (vec![-1.0, 1.0], 2.0, 0.021_497_492_784_667_394),
    ] {
        let prototypes = Prototypes::new(numbers, std).unwrap();
        close(prototypes.information().unwrap(), expected, 1e-11);
    }
    // One view about a sign: the mixture of N(-1, 1) and N(1, 1) has entropy 1.755769353551504.
    let signs = Prototypes::new(vec![-1.0, 1.0], 1.0).unwrap();
    let one = signs.information_of_one_view().unwrap();
    close(one, 0.336_830_820_346_831_6, 1e-12);
    // A single number, and numbers far apart.
    let single = Prototypes::new(vec![4.0], 1.0).unwrap();
    assert!(single.information().unwrap().abs() < 1e-13);
    let far = Prototypes::new(vec![-1e6, 0.0, 1e6], 1.0).unwrap();
    close(far.information().unwrap(), 3.0_f64.ln(), 1e-13);
    assert_eq!(
        Prototypes::new(Vec::new(), 1.0).unwrap_err(),
        Error::Empty { n: 0, dim: 1 }
    );
    assert!(matches!(
        Prototypes::new(vec![0.0, f64::NAN], 1.0),
        Err(Error::NonFinite { point: 1, .. })
    ));
    assert!(matches!(
        Prototypes::new(vec![0.0], 0.0),
        Err(Error::InvalidParameter { .. })
    ));
}

#[test]
fn log_det_in_place_of_entropy_is_no_bound_on_a_discrete_source() {
    // Four points at noise .1 and .3: with the Gaussian entropy the objective exceeds the information.
    for (std, gaussian, exact) in [(0.1, 2.762, 1.386_29), (0.3, 1.675, 1.382_58)] {
        let prototypes = Prototypes::new(vec![-3.0, -1.0, 1.0, 3.0], std).unwrap();
        let of_the_gaussian = prototypes.gaussian_information().unwrap();
        assert!((of_the_gaussian - gaussian).abs() < 5e-4);
        assert!((prototypes.information().unwrap() - exact).abs() < 5e-6);
        assert!(of_the_gaussian > prototypes.information().unwrap());
    }
    // mpmath, 900 digits: rho = v/(v + s*s); -log((1 - rho)*(1 + rho))/2
    for (numbers, std, expected) in [
        (vec![-3.0, -1.0, 1.0, 3.0], 0.1, 2.762_228_711_427_254_5),
        (vec![-1.0, 1.0], 2.0, 0.020_410_997_260_127_565),
        (vec![0.0, 0.4, 2.5], 0.5, 0.578_124_438_859_107_1),
        (vec![-1.0, 1.0], 1e6, 4.999_999_999_99e-25),
        (vec![-1.0, 1.0], 1e-170, 391.092_892_218_707_8),
        (vec![-1e200, 2e200], 1.0, 460.575_910_116_637_3),
        (vec![7.0], 1.0, 0.0),
    ] {
        let prototypes = Prototypes::new(numbers, std).unwrap();
        let value = prototypes.gaussian_information().unwrap();
        assert!(
            (value - expected).abs() <= 1e-13 * expected,
            "{value} against {expected}"
        );
    }
    let far = Prototypes::new(vec![-1e200, 1e200], 1e-170).unwrap();
    let overflow = |result: Result<f64, Error>| match result {
        Err(Error::NonFiniteResult { what, .. }) => assert_eq!(what, "a number in units of std"),
        other => panic!("{other:?}"),
    };
    overflow(far.gaussian_information());
    overflow(far.information());
    overflow(far.information_of_one_view());
}
