//! Two interleaved half circles.

use std::f64::consts::PI;

use rand::RngExt;
use rand_distr::StandardNormal;

use vicinfo::Error;
use vicinfo::error::finite;
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

/// `n` points in the plane, on two half circles of radius 1 that reach into each other.
///
/// The upper moon has `floor(n / 2)` points `(cos t, sin t)`, the lower one the others at
/// `(1 - cos t, 1/2 - sin t)`, the angles `t` of each equally spaced from 0 to pi, both ends included; normal noise of
/// standard deviation `noise` is added to every coordinate. As `n` grows the trace of the covariance tends to
/// `21/16 - 1/pi + 2 noise^2`.
///
/// # Errors
/// [`Error::TooFewPoints`] below four points; [`Error::InvalidParameter`] for a negative noise,
/// [`Error::NonFiniteResult`] for one that is not finite.
///
/// # Source
/// `make_moons` of scikit-learn (Pedregosa et al. 2011), whose points these are when `noise` is 0.
pub fn two_moons(n: usize, noise: f64, seed: Seed) -> Result<Sample, Error> {
    if n < 4 {
        return Err(Error::TooFewPoints {
            method: "two moons",
            required: 4,
            actual: n,
        });
    }
    if finite("the noise of two moons", noise)? < 0.0 {
        return Err(Error::invalid("noise", noise, "at least 0"));
    }
    let mut rng = seed.rng();
    let mut coordinates = Vec::with_capacity(2 * n);
    let upper = n / 2;
    for i in 0..n {
        let (place, points) = if i < upper {
            (i, upper)
        } else {
            (i - upper, n - upper)
        };
        let (sin, cos) = (PI * place as f64 / (points - 1) as f64).sin_cos();
        let point = if i < upper {
            [cos, sin]
        } else {
            [1.0 - cos, 0.5 - sin]
        };
        coordinates.extend(point.map(|v| v + noise * rng.sample::<f64, _>(StandardNormal)));
    }
    Sample::from_points(2, coordinates)
}
