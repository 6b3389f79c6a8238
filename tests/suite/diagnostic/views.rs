//! LiDAR and alpha-ReQ against NumPy 2.4.6.
//!
//! ```python
//! n, d = 60, 5
//! i, j = np.arange(n)[:, None], np.arange(d)[None, :]
//! z = np.sin(1.3*i + 2.1*j + 0.7*i*j)*(1 + j) + (i % 3)*np.cos(1.0*j) + 3.0
//! l = np.sort(np.linalg.eigvalsh(np.cov(z.T)))[::-1]; J = np.arange(first, last + 1)
//! -np.polyfit(np.log(J), np.log(l[first - 1:last]), 1, w=np.sqrt(1/J))[0]
//! g = z.reshape(k, q, d); m = g.mean(1); c = m.mean(0); B = (m - c).T @ (m - c)/k
//! e = (g - m[:, None]).reshape(n, d); W = e.T @ e/n + delta*np.eye(d)
//! v, V = np.linalg.eigh(W); R = V @ np.diag(v**-.5) @ V.T
//! l = np.clip(np.linalg.eigvalsh(R @ B @ R), 0, None); p = l/l.sum() + 1e-7; np.exp(-(p*np.log(p)).sum())
//! ```

use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

use super::{measure, normal};

fn points(n: usize) -> Sample {
    let value = |i: usize, j: usize| {
        let (a, b) = (i as f64, j as f64);
        (1.3 * a + 2.1 * b + 0.7 * a * b).sin() * (1.0 + b) + (i % 3) as f64 * b.cos() + 3.0
    };
    Sample::new(DMatrix::from_fn(5, n, |j, i| value(i, j))).unwrap()
}

#[test]
fn values_of_numpy() {
    for (name, n, expected) in [
        ("alpha_req()", 60, 1.2487401827969795),
        ("alpha_req(first=2,last=4)", 60, 1.8994393530469824),
        ("lidar(views=5)", 60, 3.505656980369115),
        ("lidar(views=10,delta=0.5)", 60, 2.800892314501455),
        ("lidar(views=5)", 10, 1.0000063472584015),
    ] {
        let found = measure(name, &points(n)).unwrap();
        assert!(
            (found - expected).abs() < 1e-10 * expected,
            "{name}: {found} {expected}"
        );
    }
}

/// A power law has its exponent, whatever the range of the fit.
#[test]
fn a_power_law_has_its_exponent() {
    // Orthogonal points: coordinate j alone is not zero in two of them, and has the variance of j^(-1.7).
    let dim = 30;
    let sample = Sample::new(DMatrix::from_fn(dim, 2 * dim, |j, i| {
        let size = ((j + 1) as f64).powf(-0.85);
        if i / 2 != j {
            0.0
        } else if i % 2 == 0 {
            size
        } else {
            -size
        }
    }))
    .unwrap();
    for name in ["alpha_req()", "alpha_req(first=4,last=20)"] {
        let found = measure(name, &sample).unwrap();
        assert!((found - 1.7).abs() < 1e-10, "{found}");
    }
}

/// Views that are equal but for noise span as many directions as the images; without images they span none in particular.
#[test]
fn lidar_counts_the_directions_of_the_images() {
    let (images, views, dim) = (200, 10, 12);
    let spanned = |directions: usize| {
        let centres = normal(dim, images, Seed::root(1));
        let noise = normal(dim, images * views, Seed::root(2));
        let points = DMatrix::from_fn(dim, images * views, |j, i| {
            let centre = if j < directions {
                centres.point(i / views)[j]
            } else {
                0.0
            };
            centre + 0.01 * noise.point(i)[j]
        });
        measure("lidar()", &Sample::new(points).unwrap()).unwrap()
    };
    let (three, all) = (spanned(3), spanned(12));
    assert!((2.8..3.1).contains(&three), "{three}");
    assert!((11.0..12.1).contains(&all), "{all}");
}

#[test]
fn what_has_no_groups_or_no_spectrum() {
    assert_eq!(
        measure("lidar(views=7)", &points(60)),
        Err(Error::Mismatch {
            what: "points, a multiple of the views of an image",
            expected: 56,
            actual: 60
        })
    );
    assert_eq!(
        measure("lidar(views=60)", &points(60)),
        Err(Error::TooFewPoints {
            method: "lidar",
            required: 120,
            actual: 60
        })
    );
    let same = Sample::new(DMatrix::from_fn(3, 20, |j, i| {
        // Both images have the mean 0.
        if i % 2 == 0 {
            1.0 + j as f64
        } else {
            -1.0 - j as f64
        }
    }));
    assert!(matches!(
        measure("lidar()", &same.unwrap()),
        Err(Error::NonFiniteResult { .. })
    ));
    assert!(matches!(
        measure("alpha_req(last=6)", &points(60)),
        Err(Error::InvalidParameter { .. })
    ));
    for name in [
        "alpha_req(first=0)",
        "alpha_req(first=3,last=3)",
        "lidar(views=1)",
        "lidar(delta=0)",
    ] {
        assert!(
            matches!(
                vicinfo::diagnostic::parse(name),
                Err(Error::InvalidParameter { .. })
            ),
            "{name}"
        );
    }
}
