use nalgebra::DMatrix;

use crate::error::Error;
use crate::network::Real;
use crate::sample::Sample;

/// Cross-entropy of classes under the embedding taken as log-odds, and its derivative.
///
/// `-(1/n) sum_i ln (exp z_(i, y_i) / sum_k exp z_(i, k))`, `k` over all coordinates. The derivative is
/// `(p - e_y) / n`.
///
/// # Errors
/// [`Error::Mismatch`] for another number of classes than points; [`Error::InvalidParameter`] for a class beyond the
/// coordinates.
pub(super) fn cross_entropy<T: Real>(
    logits: &Sample,
    classes: &[usize],
) -> Result<(f64, DMatrix<T>), Error> {
    super::same("classes of a batch", logits.n(), classes.len())?;
    require(classes.iter().copied(), logits.dim())?;
    let n = logits.n() as f64;
    let mut value = 0.0;
    let mut gradient = DMatrix::zeros(logits.dim(), logits.n());
    for (i, (point, &class)) in logits.points().zip(classes).enumerate() {
        let largest = point.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = point.iter().map(|z| (z - largest).exp()).sum();
        value += (total.ln() + largest - point[class]) / n;
        for (k, z) in point.iter().enumerate() {
            let share = (z - largest).exp() / total - f64::from(u8::from(k == class));
            gradient[(k, i)] = T::from_f64(share / n);
        }
    }
    Ok((value, gradient))
}

/// Refuses a class without a coordinate among the `dim` of the embedding.
pub(super) fn require(mut classes: impl Iterator<Item = usize>, dim: usize) -> Result<(), Error> {
    match classes.find(|class| *class >= dim) {
        None => Ok(()),
        Some(class) => Err(Error::invalid(
            "class",
            class,
            format!(
                "below the dimension of the embedding, {dim}: its coordinates are the log-odds of the classes"
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

    use super::*;

    const CLASSES: [usize; 4] = [2, 0, 1, 2];

    fn logits(shift: f64) -> DMatrix<f64> {
        DMatrix::from_fn(3, 4, |k, i| {
            let (i, k) = (i as f64, k as f64);
            (1.7 * i + 0.9 * k).sin() * (1.0 + 2.0 * k) + shift
        })
    }

    /// ```python
    /// i, k = np.arange(4)[:, None], np.arange(3)[None, :]
    /// z, y = np.sin(1.7*i + 0.9*k)*(1 + 2*k), np.array([2, 0, 1, 2])
    /// -scipy.special.log_softmax(z, axis=1)[np.arange(4), y].mean()
    /// (scipy.special.softmax(z, axis=1) - np.eye(3)[y])/4
    /// ```
    #[test]
    fn value_and_gradient_are_those_of_scipy() {
        let expected = [
            [
                0.001764203130791358,
                0.018498318449791207,
                -0.02026252158058256,
            ],
            [
                -0.1609011410690716,
                0.15518001541395646,
                0.005721125655115174,
            ],
            [
                0.22763575781629747,
                -0.2311824472747991,
                0.003546689458501685,
            ],
            [
                0.005251524676702206,
                0.005732126832314488,
                -0.010983651509016673,
            ],
        ];
        // A common shift of the log-odds changes nothing, also where an exponential of one would overflow.
        for (shift, tolerance) in [(0.0, 1e-15), (1000.0, 1e-12)] {
            let logits = Sample::new(logits(shift)).unwrap();
            let (value, gradient) = cross_entropy::<f64>(&logits, &CLASSES).unwrap();
            assert!(
                (value - 0.9369594604108409).abs() < 10.0 * tolerance,
                "{value}"
            );
            for (found, expected) in gradient.column_iter().zip(&expected) {
                for (found, expected) in found.iter().zip(expected) {
                    assert!((found - expected).abs() < tolerance, "{found} {expected}");
                }
            }
        }
    }

    #[test]
    fn classes_have_coordinates() {
        let logits = Sample::new(logits(0.0)).unwrap();
        assert_eq!(
            cross_entropy::<f64>(&logits, &[0, 3, 1, 2]),
            Err(Error::invalid(
                "class",
                3,
                "below the dimension of the embedding, 3: its coordinates are the log-odds of the classes"
            ))
        );
        assert_eq!(
            cross_entropy::<f64>(&logits, &[0, 1, 2]),
            Err(Error::Mismatch {
                what: "classes of a batch",
                expected: 4,
                actual: 3
            })
        );
    }
}
