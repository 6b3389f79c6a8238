use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::objective::{covariance_term, invariance_term, variance_term, vicreg};
use vicinfo::sample::{Paired, Sample};

fn toy() -> Paired {
    let z = Sample::from_points(2, vec![1.0, 0.0, -1.0, 0.0, 0.0, 1.0, 0.0, -1.0]).unwrap();
    let shifted = Sample::new(z.matrix().map(|v| v + 0.1)).unwrap();
    Paired::new(z, shifted).unwrap()
}

#[test]
fn toy_example_by_hand() {
    // oracles.json: VICReg_toy and VICReg_toy_total_25/25/1.
    let terms = vicreg(&toy()).unwrap();
    assert!((terms.invariance - 0.01).abs() < 1e-15);
    assert!((terms.variance - 0.183_442_184_124_929).abs() < 1e-14);
    assert!(terms.covariance.abs() < 1e-30);
    assert!((terms.weighted([25.0, 25.0, 1.0]) - 4.836_054_603_123_22).abs() < 1e-12);
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
fn views_must_agree_in_dimension() {
    let x = Sample::from_points(1, vec![0.0, 1.0]).unwrap();
    let y = Sample::from_points(2, vec![0.0, 1.0, 2.0, 3.0]).unwrap();
    let pairs = Paired::new(x.clone(), y).unwrap();
    assert!(matches!(
        invariance_term(&pairs),
        Err(Error::Mismatch {
            expected: 1,
            actual: 2,
            ..
        })
    ));
    let single = Sample::from_points(1, vec![0.0]).unwrap();
    assert!(matches!(
        variance_term(&single, 1.0),
        Err(Error::TooFewPoints { .. })
    ));
}
