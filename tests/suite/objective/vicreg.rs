use nalgebra::DMatrix;
use vicinfo::objective::{
    self, Hinge, Objective, Vicreg, covariance_term, invariance_term, variance_term,
};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

use super::{close, toy, views};

#[test]
fn toy_example_by_hand() {
    // Variances 2/3 with divisor 3, covariance 0, every coordinate moved by 0.1.
    let evaluation = Vicreg::published().evaluate(&toy()).unwrap();
    close(evaluation.term("invariance").unwrap(), 0.01, 1e-15);
    close(
        evaluation.term("variance").unwrap(),
        0.183_442_184_124_929,
        1e-14,
    );
    assert!(evaluation.term("covariance").unwrap() < 1e-30);
    close(evaluation.value, 4.836_054_603_123_22, 1e-13);
    let summed = Vicreg::new([25.0, 25.0, 1.0], 1.0, Hinge::Sum).unwrap();
    let summed = summed.evaluate(&toy()).unwrap();
    close(
        summed.value,
        4.836_054_603_123_22 + 25.0 * 0.183_442_184_124_929,
        1e-13,
    );
}

#[test]
fn covariance_term_counts_off_diagonal_squares() {
    // Covariance [[1.1547, .5774], [.5774, 1.1547]] has the determinant of the identity and term .3333.
    let c = (4.0_f64 / 3.0).sqrt();
    let s = (1.0_f64 / 3.0).sqrt();
    let target = vicinfo::linalg::Spd::new(&DMatrix::from_row_slice(2, 2, &[c, s, s, c])).unwrap();
    let white = Sample::from_points(2, vec![1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0, -1.0]).unwrap();
    let unit = white.matrix() * (0.75_f64).sqrt();
    let sample = Sample::new(target.lower() * unit).unwrap();
    assert!((covariance_term(&sample).unwrap() - 1.0 / 3.0).abs() < 1e-12);
    assert!(target.log_det().abs() < 1e-14);
}

#[test]
fn hinge_is_flat_above_gamma() {
    let views = toy();
    let wide = Sample::new(views.x.matrix() * 10.0).unwrap();
    assert_eq!(variance_term(&wide, 1.0).unwrap(), 0.0);
    assert!(variance_term(&wide, 20.0).unwrap() > 0.0);
}

#[test]
fn terms_of_the_objective_are_the_single_terms() {
    let views = views(40, 9, Seed::root(3));
    let evaluation = Vicreg::published().evaluate(&views).unwrap();
    let term = |name| evaluation.term(name).unwrap();
    close(term("invariance"), invariance_term(&views).unwrap(), 1e-15);
    let variance = variance_term(&views.x, 1.0).unwrap() + variance_term(&views.y, 1.0).unwrap();
    close(term("variance"), variance / 2.0, 1e-13);
    let covariance = covariance_term(&views.x).unwrap() + covariance_term(&views.y).unwrap();
    close(term("covariance"), covariance, 1e-13);
}

#[test]
fn a_sum_is_the_sum_and_reads_back() {
    let views = views(12, 4, Seed::root(4));
    let text = "vicreg(covariance=0) + 0.5*log_det(epsilon=0.01)+-2 * uniformity";
    let sum = objective::parse(text).unwrap();
    assert_eq!(
        sum.name(),
        "vicreg(invariance=25,variance=25,covariance=0,gamma=1,hinge=mean) \
         + 0.5*log_det(epsilon=0.01) + -2*uniformity(t=2)"
    );
    assert_eq!(objective::parse(&sum.name()).unwrap().name(), sum.name());
    let evaluation = sum.evaluate(&views).unwrap();
    let part = |text: &str| objective::parse(text).unwrap().evaluate(&views).unwrap();
    let parts = [
        (1.0, part("vicreg(covariance=0)")),
        (0.5, part("log_det")),
        (-2.0, part("uniformity")),
    ];
    close(
        evaluation.value,
        parts.iter().map(|(w, part)| w * part.value).sum(),
        1e-14,
    );
    for view in 0..2 {
        let expected = (parts.iter()).fold(DMatrix::zeros(4, 12), |sum, (w, part)| {
            sum + &part.gradient[view] * *w
        });
        assert!((&evaluation.gradient[view] - expected).amax() < 1e-13);
    }
    // A single name is no sum.
    assert_eq!(objective::parse(" byol ").unwrap().name(), "byol()");
}

#[test]
fn registry_builds_every_default_and_names_read_back() {
    let views = views(12, 4, Seed::root(5));
    for entry in objective::ALL {
        assert!(!entry.summary.is_empty() && !entry.defaults.is_empty());
        for name in entry.defaults.iter().chain([&entry.id]) {
            let built = objective::parse(name).unwrap();
            assert_eq!(
                objective::parse(&built.name()).unwrap().name(),
                built.name()
            );
            assert!(built.name().starts_with(entry.id));
            let evaluation = built.evaluate(&views).unwrap();
            let terms = evaluation.terms.iter().map(|t| t.weight * t.value);
            close(evaluation.value, terms.sum(), 1e-15);
        }
        // The first default is what the bare name stands for.
        assert_eq!(
            objective::parse(entry.id).unwrap().name(),
            entry.defaults[0]
        );
    }
}
