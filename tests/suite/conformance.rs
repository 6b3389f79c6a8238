//! The suites pass on our own estimators and maps.

use std::fmt::Debug;

use nalgebra::DMatrix;
use vicinfo::conformance::{self, Failure};
use vicinfo::entropy;
use vicinfo::information;
use vicinfo::law::{
    Affine, Bijection, Composition, Coordinatewise, Injection, NormalToMixture, Spiral, Wiggly,
};

pub fn none(name: &str, failures: &[Failure]) {
    let lines: Vec<String> = failures.iter().map(Failure::to_string).collect();
    assert!(failures.is_empty(), "{name} fails\n{}", lines.join("\n"));
}

pub fn caught(fault: &str, check: &str, failures: &[Failure]) {
    let names: Vec<&str> = failures.iter().map(|failure| failure.check).collect();
    assert!(
        names.contains(&check),
        "{fault}: expected '{check}' among {names:?}"
    );
}

/// Nothing fails without a fault, and every fault is caught by the check beside it: the whole suite once, and of
/// it the one check for each fault.
pub fn caught_by_name<F: Copy + Debug, const N: usize>(
    suite: impl Fn(F) -> Vec<Failure>,
    one: impl Fn(F, &str) -> Result<Option<Failure>, vicinfo::Error>,
    without: F,
    faults: [(F, &str); N],
) {
    none("without a fault", &suite(without));
    for (fault, check) in faults {
        assert!(
            one(fault, check).unwrap().is_some(),
            "{fault:?}: '{check}' holds"
        );
    }
}

#[test]
fn a_single_check_finds_what_the_suite_finds() {
    use vicinfo::entropy::EntropyEstimator;

    /// A number of no entropy at all.
    struct Zero(Box<dyn EntropyEstimator>);
    impl EntropyEstimator for Zero {
        fn name(&self) -> String {
            "zero".into()
        }
        fn promises(&self) -> entropy::Promises {
            self.0.promises()
        }
        fn entropy(&self, _: &vicinfo::sample::Sample) -> Result<f64, vicinfo::Error> {
            Ok(0.0)
        }
    }
    let zero = Zero(entropy::parse("gaussian()").unwrap());
    let failures = conformance::entropy(&zero);
    let mut found = Vec::new();
    for (check, _) in conformance::entropy_checks() {
        found.extend(conformance::entropy_check(&zero, check).unwrap());
    }
    assert_eq!(found, failures);
    assert!(!failures.is_empty());
    let error = conformance::entropy_check(&zero, "none").unwrap_err();
    let words = error.to_string();
    assert!(
        words.contains("check = none: one of permutation, "),
        "{words}"
    );
}

#[test]
fn our_entropy_estimators_conform() {
    for entry in entropy::ALL {
        for name in entry.defaults {
            none(name, &conformance::entropy(&*entropy::parse(name).unwrap()));
        }
    }
    for name in [
        "kolchinsky_tracey(bound=kl,std=0.05)",
        "kozachenko_leonenko(k=1)",
        "kozachenko_leonenko(k=10,norm=max)",
        "spacing(method=vasicek,m=3)",
        "spacing(method=van_es,m=3)",
        "spacing(method=ebrahimi,m=3)",
        "spacing(method=correa,m=3)",
        "spacing(method=correa,m=6)",
        "histogram(bins=5,correction=miller_madow)",
    ] {
        none(name, &conformance::entropy(&*entropy::parse(name).unwrap()));
    }
}

#[test]
fn our_information_estimators_conform() {
    for entry in information::ALL {
        for name in entry.defaults {
            none(
                name,
                &conformance::information(&*information::parse(name).unwrap()),
            );
        }
    }
    for name in [
        "ksg1(k=10)",
        "lnc(k=8)",
        "lnc(k=20)",
        "ross(k=3)",
        "standardised(estimator=gaussian(bias_corrected=true))",
        "standardised(estimator=lnc)",
    ] {
        none(
            name,
            &conformance::information(&*information::parse(name).unwrap()),
        );
    }
}

#[test]
fn our_bijections_conform() {
    let matrix = DMatrix::from_row_slice(3, 3, &[1.0, 2.0, 0.0, 0.0, -1.0, 0.5, 3.0, 0.0, 1.0]);
    let affine = || Affine::new(matrix.clone(), vec![1.0, -2.0, 0.0]).unwrap();
    none("affine", &conformance::bijection(&affine(), 3));
    for map in [
        Coordinatewise::Asinh,
        Coordinatewise::HalfCube,
        Coordinatewise::NormalCdf,
    ] {
        none(&map.name(), &conformance::bijection(&map, 3));
    }
    let others: [Box<dyn Bijection>; 4] = [
        Box::new(Wiggly::new(vec![[0.4, 1.0, 0.0], [0.2, 1.7, 1.0], [0.03, 3.3, -2.5]]).unwrap()),
        Box::new(NormalToMixture::new(vec![0.3, 0.7], vec![0.0, 5.0]).unwrap()),
        Box::new(Spiral::new(3, (0, 1), 1.0 / 3.0).unwrap()),
        Box::new(Spiral::new(3, (2, 1), -0.7).unwrap()),
    ];
    for map in others {
        none(&map.name(), &conformance::bijection(&*map, 3));
    }
    let composed = Composition::new(vec![
        Box::new(affine()),
        Box::new(Coordinatewise::Asinh),
        Box::new(affine()),
    ])
    .unwrap();
    none(&composed.name(), &conformance::bijection(&composed, 3));
    assert_eq!(composed.constant_ln_abs_det(), None);
    let twice = Composition::new(vec![Box::new(affine()), Box::new(affine())]).unwrap();
    none("affine twice", &conformance::bijection(&twice, 3));
    assert!(twice.constant_ln_abs_det().is_some());
}

/// An affine map whose Jacobian is written transposed: its determinant, and so every entropy, is right.
struct Transposed(Affine);

impl Injection for Transposed {
    fn name(&self) -> String {
        "transposed".into()
    }
    fn apply(&self, point: &[f64], image: &mut [f64]) {
        self.0.apply(point, image);
    }
    fn invert(&self, image: &[f64], point: &mut [f64]) {
        self.0.invert(image, point);
    }
}

impl Bijection for Transposed {
    fn jacobian(&self, point: &[f64]) -> DMatrix<f64> {
        self.0.jacobian(point).transpose()
    }
    fn ln_abs_det(&self, point: &[f64]) -> f64 {
        self.0.ln_abs_det(point)
    }
    fn constant_ln_abs_det(&self) -> Option<f64> {
        self.0.constant_ln_abs_det()
    }
}

#[test]
fn a_transposed_jacobian_is_caught_although_its_determinant_is_right() {
    let matrix = DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 0.0, 1.0]);
    let map = Transposed(Affine::new(matrix, vec![0.0; 2]).unwrap());
    let failures = conformance::bijection(&map, 2);
    caught("transposed", "jacobian", &failures);
    assert_eq!(failures.len(), 1, "{failures:?}");
    let one = |check| conformance::bijection_check(&map, 2, check).unwrap();
    assert_eq!(one("jacobian").as_ref(), failures.first());
    assert_eq!(one("inverse"), None);
}

#[test]
fn every_check_has_a_name_of_its_own() {
    let mut names: Vec<&str> = conformance::entropy_checks()
        .map(|(name, _)| name)
        .collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(
        conformance::information_checks()
            .all(|(name, demand)| !name.is_empty() && !demand.is_empty())
    );
}
