use nalgebra::DMatrix;
use proptest::prelude::*;
use rand::RngExt;
use vicinfo::Error;
use vicinfo::diagnostic::{self, Diagnostic};
use vicinfo::entropy::{self, EntropyEstimator};
use vicinfo::linalg::{
    Spd, covariance, cross_covariance, mean, pseudo_inverse, second_moment, singular_values, svd,
    symmetric_eigen,
};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

fn close(a: &[f64], b: &[f64], tolerance: f64) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!(
            (a - b).abs() <= tolerance * (1.0 + b.abs()),
            "{a} against {b}"
        );
    }
}

fn random(rows: usize, columns: usize, label: &str) -> DMatrix<f64> {
    let mut rng = Seed::root(11).child(label).rng();
    DMatrix::from_fn(rows, columns, |_, _| rng.random_range(-1.0..1.0))
}

#[test]
fn decompositions_refuse_what_is_not_a_number() {
    for bad in [f64::NAN, f64::INFINITY] {
        let mut matrix = DMatrix::identity(3, 3);
        matrix[(2, 1)] = bad;
        let refusal = Err(Error::NonFiniteResult {
            what: "an entry of the matrix to be decomposed".to_owned(),
            value: bad.to_string(),
        });
        assert_eq!(symmetric_eigen(&matrix).map(drop), refusal);
        assert_eq!(
            vicinfo::linalg::symmetric_eigenvalues(&matrix).map(drop),
            refusal
        );
        assert_eq!(svd(&matrix).map(drop), refusal);
        assert_eq!(vicinfo::linalg::singular_values(&matrix).map(drop), refusal);
        assert_eq!(pseudo_inverse(&matrix, 1e-12).map(drop), refusal);
        // Only the lower triangle of a symmetric matrix is read.
        let turned = matrix.transpose();
        assert_eq!(symmetric_eigen(&turned).unwrap().0, [1.0; 3]);
    }
}

#[test]
fn small_problems_agree_with_numpy() {
    // numpy 2.4: linalg.slogdet, eigvalsh, solve, svd, pinv
    let a = DMatrix::from_row_slice(3, 3, &[4.0, 2.0, 0.5, 2.0, 3.0, -0.4, 0.5, -0.4, 1.5]);
    let spd = Spd::new(&a).unwrap();
    assert!((spd.log_det() - 2.283_402_273_577_271_7).abs() < 1e-14);
    let solution = spd.solve(&DMatrix::from_row_slice(3, 1, &[1.0, 2.0, 3.0]));
    close(
        solution.as_slice(),
        &[-0.9133537206931701, 1.6411824668705401, 2.7420998980632003],
        1e-13,
    );
    close(
        &symmetric_eigen(&a).unwrap().0,
        &[5.567061319788538, 2.08967220064716, 0.8432664795643039],
        1e-14,
    );
    let b = DMatrix::from_row_slice(2, 3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    close(
        &svd(&b).unwrap().values,
        &[9.508032000695724, 0.7728696356734844],
        1e-14,
    );
    let expected = DMatrix::from_row_slice(
        3,
        2,
        &[
            -17.0 / 18.0,
            4.0 / 9.0,
            -1.0 / 9.0,
            1.0 / 9.0,
            13.0 / 18.0,
            -2.0 / 9.0,
        ],
    );
    close(
        pseudo_inverse(&b, 1e-12).unwrap().as_slice(),
        expected.as_slice(),
        1e-13,
    );
}

#[test]
fn factorisations_rebuild_their_matrix() {
    let factor = random(40, 60, "factor");
    let a = &factor * factor.transpose();
    let spd = Spd::new(&a).unwrap();
    close(
        (spd.lower() * spd.lower().transpose()).as_slice(),
        a.as_slice(),
        1e-12,
    );
    let (values, vectors) = symmetric_eigen(&a).unwrap();
    let diagonal = DMatrix::from_diagonal(&nalgebra::DVector::from_vec(values.clone()));
    close(
        (&vectors * diagonal * vectors.transpose()).as_slice(),
        a.as_slice(),
        1e-12,
    );
    let log_det: f64 = values.iter().map(|v| v.ln()).sum();
    assert!((log_det - spd.log_det()).abs() < 1e-10);
    let parts = svd(&factor).unwrap();
    let diagonal = DMatrix::from_diagonal(&nalgebra::DVector::from_vec(parts.values));
    close(
        (parts.u * diagonal * parts.v.transpose()).as_slice(),
        factor.as_slice(),
        1e-12,
    );
    let white = spd.whiten(&a);
    close(
        (&white * spd.whiten(&DMatrix::identity(40, 40)).transpose()).as_slice(),
        DMatrix::<f64>::identity(40, 40).as_slice(),
        1e-9,
    );
}

/// Forward substitution, row by row.
fn whitened(lower: &DMatrix<f64>, b: &DMatrix<f64>) -> DMatrix<f64> {
    let mut solution = b.clone();
    for mut column in solution.column_iter_mut() {
        for i in 0..lower.nrows() {
            let known: f64 = (0..i).map(|k| lower[(i, k)] * column[k]).sum();
            column[i] = (column[i] - known) / lower[(i, i)];
        }
    }
    solution
}

#[test]
fn whitening_has_the_bits_of_the_loop_over_rows() {
    // The last have work for several threads, and more rows than are summed at once.
    for (dim, columns) in [(1, 5), (7, 1), (40, 60), (130, 90), (300, 13)] {
        let factor = random(dim, dim + 20, "factor");
        let spd = Spd::new(&(&factor * factor.transpose())).unwrap();
        let b = random(dim, columns, "right-hand side");
        let expected = whitened(spd.lower(), &b);
        for threads in [1, 3] {
            let pool = vicinfo::experiment::thread_pool(Some(threads)).unwrap();
            let found = pool.install(|| spd.whiten(&b));
            let bits = |m: &DMatrix<f64>| m.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(
                bits(&found),
                bits(&expected),
                "{dim} x {columns}, {threads} threads"
            );
        }
    }
}

#[test]
fn units_cost_no_digits() {
    let rho: f64 = 0.6;
    let (a, b) = (1e-150, 1e150);
    let m = DMatrix::from_row_slice(2, 2, &[a * a, rho * a * b, rho * a * b, b * b]);
    let spd = Spd::new(&m).unwrap();
    assert!(
        (spd.log_det() - (1.0 - rho * rho).ln()).abs() < 1e-10,
        "{}",
        spd.log_det()
    );
}

#[test]
fn singular_and_crooked_matrices_are_named() {
    let ones = DMatrix::from_element(3, 3, 2.0);
    assert!(matches!(
        Spd::new(&ones),
        Err(Error::SingularCovariance {
            dim: 3,
            coordinate: 1,
            ..
        })
    ));
    let constant = DMatrix::from_row_slice(2, 2, &[1.0, 0.0, 0.0, 0.0]);
    assert_eq!(
        Spd::new(&constant),
        Err(Error::SingularCovariance {
            dim: 2,
            coordinate: 1,
            residual: 0.0,
            tolerance: 32.0 * f64::EPSILON
        })
    );
    let words = Spd::new(&constant).unwrap_err().to_string();
    assert!(
        words.contains("coordinate 1 (counted from 0) has nothing of its variance left"),
        "{words}"
    );
    let indefinite = DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 2.0, 1.0]);
    assert!(matches!(
        Spd::new(&indefinite),
        Err(Error::SingularCovariance { coordinate: 1, .. })
    ));
    let crooked = DMatrix::from_row_slice(2, 2, &[1.0, 0.5, 0.1, 1.0]);
    assert!(matches!(
        Spd::new(&crooked),
        Err(Error::NotPositiveDefinite { .. })
    ));
    let negative = DMatrix::from_row_slice(1, 1, &[-1.0]);
    assert!(matches!(
        Spd::new(&negative),
        Err(Error::NotPositiveDefinite { .. })
    ));
    let nan = DMatrix::from_row_slice(1, 1, &[f64::NAN]);
    assert!(matches!(
        Spd::new(&nan),
        Err(Error::NotPositiveDefinite { .. })
    ));
    assert!(matches!(
        Spd::new(&DMatrix::zeros(2, 3)),
        Err(Error::NotPositiveDefinite { .. })
    ));
    assert!(matches!(
        symmetric_eigen(&DMatrix::zeros(2, 3)),
        Err(Error::Mismatch { .. })
    ));
    assert!(matches!(
        pseudo_inverse(&constant, 1.0),
        Err(Error::InvalidParameter { .. })
    ));
    // A ridge makes it invertible, and says so.
    let ridged = Spd::with_ridge(&ones, 0.5).unwrap();
    assert_eq!(ridged.ridge(), 0.5);
    assert!((ridged.log_det() - (6.5 * 0.25_f64).ln()).abs() < 1e-14);
    assert!(matches!(
        Spd::with_ridge(&ones, -1.0),
        Err(Error::InvalidParameter { .. })
    ));
}

#[test]
fn covariance_is_the_sum_of_products_for_any_number_of_threads() {
    let (n, dim) = (3000, 7);
    let x = Sample::new(random(dim, n, "x").map(|v| v + 1e6)).unwrap();
    let y = Sample::new(random(3, n, "y")).unwrap();
    let (mx, my) = (mean(&x), mean(&y));
    let naive = DMatrix::from_fn(dim, 3, |i, j| {
        x.points()
            .zip(y.points())
            .map(|(a, b)| (a[i] - mx[i]) * (b[j] - my[j]))
            .sum::<f64>()
            / (n - 1) as f64
    });
    close(
        cross_covariance(&x, &y).unwrap().as_slice(),
        naive.as_slice(),
        1e-9,
    );
    let full = covariance(&x).unwrap();
    assert_eq!(full, full.transpose());
    let centred = Sample::new(DMatrix::from_fn(dim, n, |i, j| x.matrix()[(i, j)] - mx[i])).unwrap();
    close(
        (second_moment(&centred).unwrap() * (n as f64 / (n - 1) as f64)).as_slice(),
        full.as_slice(),
        1e-9,
    );
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        assert_eq!(pool.install(|| covariance(&x).unwrap()), full);
    }
}

#[test]
fn samples_reject_what_is_not_a_sample() {
    assert_eq!(
        Sample::from_points(2, vec![]),
        Err(Error::Empty { n: 0, dim: 2 })
    );
    assert_eq!(
        Sample::from_points(0, vec![1.0]),
        Err(Error::Empty { n: 0, dim: 0 })
    );
    assert_eq!(
        Sample::from_points(2, vec![1.0, 2.0, 3.0]),
        Err(Error::Mismatch {
            what: "number of coordinates",
            expected: 2,
            actual: 3
        })
    );
    for (bad, text) in [
        (f64::NAN, "NaN"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        assert_eq!(
            Sample::from_points(2, vec![1.0, 2.0, 3.0, bad]),
            Err(Error::NonFinite {
                point: 1,
                coordinate: 1,
                value: text.into()
            })
        );
    }
    let three = Sample::from_points(1, vec![1.0, 2.0, 3.0]).unwrap();
    let two = Sample::from_points(1, vec![1.0, 2.0]).unwrap();
    assert!(matches!(
        Paired::new(three.clone(), two.clone()),
        Err(Error::Mismatch {
            expected: 3,
            actual: 2,
            ..
        })
    ));
    assert!(matches!(
        cross_covariance(&three, &two),
        Err(Error::Mismatch { .. })
    ));
    assert_eq!(three.select(&[2, 0]).unwrap().coordinates(), [3.0, 1.0]);
    assert!(matches!(
        three.select(&[3]),
        Err(Error::Mismatch { actual: 3, .. })
    ));
    assert!(matches!(
        three.map(1, |_, y| y[0] = f64::NAN),
        Err(Error::NonFinite { point: 0, .. })
    ));
    assert!(matches!(
        covariance(&Sample::from_points(1, vec![1.0]).unwrap()),
        Err(Error::TooFewPoints {
            required: 2,
            actual: 1,
            ..
        })
    ));
}

proptest! {
    #[test]
    fn hadamard(entries in prop::collection::vec(-1.0..1.0_f64, 20)) {
        // Four rows of five: positive definite with probability one.
        let factor = DMatrix::from_row_slice(4, 5, &entries);
        let a = &factor * factor.transpose();
        if let Ok(spd) = Spd::new(&a) {
            let diagonal: f64 = a.diagonal().iter().map(|v| v.ln()).sum();
            prop_assert!(spd.log_det() <= diagonal + 1e-12);
        }
    }

    #[test]
    fn pseudo_inverse_satisfies_penrose(entries in prop::collection::vec(-1.0..1.0_f64, 12), rank in 1..3_usize) {
        let left = DMatrix::from_row_slice(4, rank, &entries[..4 * rank]);
        let right = DMatrix::from_fn(rank, 3, |i, j| entries[(5 * i + j + 3) % 12]);
        let a = left * right;
        let p = pseudo_inverse(&a, 1e-9).unwrap();
        let again = &a * &p * &a;
        prop_assert!((again - &a).norm() < 1e-8);
    }
}

/// The same points in ever smaller units: the log-determinant follows the unit, or the variance that
/// lost its digits is named. Three points, `numpy.cov([[0, 1, 2], [0, 3, 1]])`.
#[test]
fn units_cost_no_digits_or_are_refused() {
    let (mut followed, mut refused) = (0, 0);
    for power in 480..545 {
        let unit = 2.0_f64.powi(-power);
        let points = [0.0, 0.0, 1.0, 3.0, 2.0, 1.0].map(|v| v * unit);
        let sample = Sample::from_points(2, points.to_vec()).unwrap();
        let covariance = covariance(&sample).unwrap();
        let log_det =
            2.083_333_333_333_333_5_f64.ln() - 4.0 * f64::from(power) * std::f64::consts::LN_2;
        let diagonal = entropy::DiagonalGaussian.entropy(&sample);
        let total = diagnostic::TotalCorrelation.measure(&sample);
        match Spd::new(&covariance) {
            Ok(spd) => {
                let error = spd.log_det() - log_det;
                assert!(error.abs() <= 1e-14 * log_det.abs(), "2^-{power}: {error}");
                // -(1/2) ln(1 - 0.25 / (1 * 7/3)).
                let expected = -0.5 * (1.0 - 0.25 * 3.0 / 7.0_f64).ln();
                assert!((total.unwrap() - expected).abs() < 1e-14, "2^-{power}");
                assert!(diagonal.is_ok());
                followed += 1;
            }
            Err(error) => {
                let variance = covariance[(0, 0)];
                let expected = if variance == 0.0 {
                    Error::SingularCovariance {
                        dim: 2,
                        coordinate: 0,
                        residual: 0.0,
                        tolerance: 32.0 * f64::EPSILON,
                    }
                } else {
                    refused += 1;
                    Error::TinyVariance {
                        coordinate: 0,
                        variance,
                    }
                };
                assert_eq!(error, expected, "2^-{power}");
                let kind = expected.kind();
                assert_eq!(diagonal.unwrap_err().kind(), kind, "2^-{power}");
                assert_eq!(total.unwrap_err().kind(), kind, "2^-{power}");
            }
        }
    }
    // Variances are normal down to 2^-1022, and not 0 down to 2^-1074.
    assert_eq!((followed, refused), (511 - 480 + 1, 537 - 511));
}

#[test]
fn many_columns_are_solved_as_one_is() {
    for (dim, columns) in [(1, 1), (5, 3), (70, 200), (130, 65)] {
        let mut rng = Seed::root(31).child(dim).rng();
        let root = DMatrix::from_fn(dim, dim + 2, |_, _| rng.random_range(-1.0..1.0));
        let matrix = &root * root.transpose() + DMatrix::identity(dim, dim);
        let b = DMatrix::from_fn(dim, columns, |_, _| rng.random_range(-1.0..1.0));
        let factor = Spd::new(&matrix).unwrap();
        let many = factor.solve_many(b.clone());
        assert!((&matrix * &many - &b).amax() < 1e-10);
        assert!((many - factor.solve(&b)).amax() < 1e-11);
    }
}

#[test]
fn ranks_of_large_triangular_factors_are_counted_right() {
    // 200 points of rank 100 in 210 coordinates: the triangular factor of their transpose has the rank 100 too.
    let points = random(210, 100, "loadings") * random(100, 200, "factors");
    let factor = points.transpose().qr().r();
    for matrix in [&factor, &factor.transpose(), &points] {
        let parts = svd(matrix).unwrap();
        let alone = singular_values(matrix).unwrap();
        close(&alone, &parts.values, 1e-12);
        let largest = alone[0];
        assert!(
            alone[99] > 1e-3 * largest && alone[100] < 1e-12 * largest,
            "{}",
            alone[100] / largest
        );
        let middle = DMatrix::from_diagonal(&nalgebra::DVector::from_vec(parts.values.clone()));
        let back = &parts.u * middle * parts.v.transpose();
        assert!((back - matrix).norm() < 1e-12 * matrix.norm());
        for vectors in [&parts.u, &parts.v] {
            let size = vectors.ncols();
            let gram = vectors.transpose() * vectors;
            assert!((gram - DMatrix::identity(size, size)).norm() < 1e-10);
        }
    }
}
