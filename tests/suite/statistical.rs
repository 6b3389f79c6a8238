//! Estimators on laws with known truth, over replicates: bias within six standard errors of the mean
//! plus an allowance that is stated. Slow: `cargo test -- --include-ignored`.

use nalgebra::{DMatrix, DVector};
use vicinfo::entropy::{EntropyEstimator, KozachenkoLeonenko};
use vicinfo::information::{InformationEstimator, Ksg1, Ties};
use vicinfo::law::{
    Coordinatewise, Gaussian, JointGaussian, JointImage, JointLaw, Law, StudentT, Truth, UniformBox,
};
use vicinfo::neighbour::Norm;
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;

const REPLICATES: usize = 24;

fn exact(truth: Truth) -> f64 {
    match truth {
        Truth::Exact(value) => value,
        other => panic!("{other:?}"),
    }
}

fn near_zero(what: &str, errors: &[f64], allowance: f64) {
    let summary = Summary::new(errors).unwrap();
    println!("{what}: {:+.4} ± {:.4}", summary.mean, summary.std_error);
    assert!(
        summary.mean.abs() <= 6.0 * summary.std_error + allowance,
        "{what}: mean error {} ± {}, allowance {allowance}",
        summary.mean,
        summary.std_error
    );
}

#[test]
#[ignore = "slow statistics: 24 samples of 10 000 points a law"]
fn nearest_neighbour_entropies_find_the_truth() {
    let covariance = DMatrix::from_row_slice(2, 2, &[2.0, 0.5, 0.5, 1.0]);
    // Allowances: the bias at n = 10 000 is of order (k/n)^(2/d) for smooth laws, and (k/n)^(1/d)
    // times the share of the points at an edge for the uniform law.
    let laws: [(&str, Box<dyn Law>, f64); 5] = [
        (
            "gaussian 2",
            Box::new(Gaussian::new(DVector::zeros(2), &covariance).unwrap()),
            0.005,
        ),
        ("gaussian 4", Box::new(Gaussian::standard(4).unwrap()), 0.05),
        ("uniform 1", Box::new(UniformBox::unit(1).unwrap()), 0.002),
        ("uniform 3", Box::new(UniformBox::unit(3).unwrap()), 0.12),
        (
            "student 2, df 3",
            Box::new(StudentT::standard(2, 3.0).unwrap()),
            0.01,
        ),
    ];
    for (name, law, allowance) in laws {
        let truth = exact(law.entropy());
        for norm in [Norm::Euclidean, Norm::Max] {
            let estimator = KozachenkoLeonenko::new(3, norm).unwrap();
            let errors: Vec<f64> = (0..REPLICATES)
                .map(|replicate| {
                    let sample = law.sample(10_000, Seed::root(31).child(name).child(replicate));
                    estimator.entropy(&sample).unwrap() - truth
                })
                .collect();
            near_zero(&format!("{name}, {}", estimator.name()), &errors, allowance);
        }
    }
}

#[test]
#[ignore = "slow statistics: 24 samples a law, each read before and after two maps"]
fn ksg_finds_the_truth_and_does_not_change_under_monotone_maps() {
    let ksg = Ksg1::new(3, Ties::Reject).unwrap();
    for (dim, correlations, allowance) in [
        (1, &[0.75][..], 0.005),
        (1, &[0.0], 0.005),
        (2, &[0.8, 0.8], 0.06),
    ] {
        let law = JointGaussian::sparse(dim, dim, correlations).unwrap();
        let truth = exact(law.information());
        let mut errors = Vec::new();
        let mut differences = Vec::new();
        let image = JointImage::new(
            Box::new(law.clone()),
            Box::new(Coordinatewise::Asinh),
            Box::new(Coordinatewise::NormalCdf),
        )
        .unwrap();
        for replicate in 0..REPLICATES {
            let seed = Seed::root(32)
                .child(format!("{dim} {correlations:?}"))
                .child(replicate);
            let value = ksg.information(&law.sample(5000, seed)).unwrap();
            errors.push(value - truth);
            differences.push(ksg.information(&image.sample(5000, seed)).unwrap() - value);
        }
        near_zero(&format!("ksg1 {correlations:?}"), &errors, allowance);
        near_zero(
            &format!("ksg1 under maps {correlations:?}"),
            &differences,
            2.0 * allowance,
        );
    }
}
