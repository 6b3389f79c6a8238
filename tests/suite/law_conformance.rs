//! The suites pass on every listed law.

use vicinfo::conformance;
use vicinfo::law::catalogue::{Kind, listed};

use crate::conformance::none;

/// Coordinates up to which a law is checked in every run.
const FAST: usize = 10;

fn check(of: impl Fn(usize) -> bool) -> usize {
    let mut checked = 0;
    for entry in listed() {
        // Names tell the dimension only to those who read them: building is cheap.
        match entry.build().unwrap() {
            Kind::Points(law) if of(law.dim()) => none(&entry.id, &conformance::law(&*law)),
            Kind::Pairs(law) if of(law.dims().0 + law.dims().1) => {
                none(&entry.id, &conformance::joint_law(&*law));
            }
            _ => continue,
        }
        checked += 1;
    }
    checked
}

#[test]
fn our_laws_conform() {
    let checked = check(|dim| dim <= FAST);
    assert!(checked > 40, "{checked}");
}

#[test]
#[ignore = "slow statistics: estimates in up to 100 dimensions"]
fn our_laws_of_many_dimensions_conform() {
    let checked = check(|dim| dim > FAST);
    assert!(checked > 10, "{checked}");
}

#[test]
fn every_check_has_a_name_of_its_own() {
    for checks in [
        conformance::law_checks().collect::<Vec<_>>(),
        conformance::joint_law_checks().collect(),
    ] {
        assert!(checks.iter().all(|(_, demand)| !demand.is_empty()));
        let mut names: Vec<&str> = checks.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), checks.len());
    }
}
