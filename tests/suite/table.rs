//! Numbers that NumPy and Rust make alike to the last bit.

use vicinfo::sample::Sample;

/// `n` correlated points in `R^dim`. In NumPy:
///
/// ```python
/// def mixed(n, d):
///     x = np.array([[((i*i*(j+3)*17 + i*(j*j+5)*29 + j*7) % 211) / 64 for j in range(d)] for i in range(n)])
///     return x + 2*x[:, :1]*np.arange(d)/d
/// ```
pub fn mixed(n: usize, dim: usize) -> Sample {
    let entry = |i: usize, j: usize| {
        ((i * i * (j + 3) * 17 + i * (j * j + 5) * 29 + j * 7) % 211) as f64 / 64.0
    };
    let points = (0..n).flat_map(|i| {
        (0..dim).map(move |j| entry(i, j) + 2.0 * entry(i, 0) * j as f64 / dim as f64)
    });
    Sample::from_points(dim, points.collect()).unwrap()
}

/// `value` must be `expected` up to `tolerance` times `max(1, |expected|)`.
pub fn near(what: &str, value: f64, expected: f64, tolerance: f64) {
    assert!(
        (value - expected).abs() <= tolerance * expected.abs().max(1.0),
        "{what}: {value} against {expected}"
    );
}
