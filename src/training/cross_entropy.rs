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
    if let Some(class) = classes.iter().find(|class| **class >= logits.dim()) {
        return Err(Error::invalid(
            "class",
            class,
            format!(
                "below the dimension of the embedding, {}: its coordinates are the log-odds of the classes",
                logits.dim()
            ),
        ));
    }
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
