use super::drawn::{Drawn, Signs};
use crate::bound::radius::{not_negative, positive};
use crate::error::{Error, finite};
use crate::linalg::product::{product, view};
use crate::sample::Sample;

/// The complexity of the linear maps `|W|_F <= B` to `R^r` on given points, the supremum exact and the average
/// over signs: `E sup_W m^(-1/2) sum_j <xi_j, W z_j> = (B/sqrt(m)) E |sum_j xi_j z_j^T|_F`.
///
/// `xi_j` are vectors of `r` signs, `outputs` of them; for `r = 1` the linear functions. The losses
/// `|W z - y|` have at most `sqrt(2)` times this complexity (Maurer 2016); so have the distances of positives under
/// linear encoders, on the points `x_j^+ - x_j^++`. Never above `B sqrt(r (1/m) sum |z_j|^2)`,
/// which is [`maurer`] over `sqrt(2)`. Cost `O(draws m d r)`.
///
/// # Errors
/// [`Error::InvalidParameter`] for a radius that is not positive and finite, without outputs, and for all
/// combinations of more than 20 signs; [`Error::TooFewPoints`] below two draws; [`Error::NonFiniteResult`] on
/// overflow.
///
/// # Source
/// Bartlett & Mendelson 2002, lemma 22, for one output; Maurer 2016 for several.
pub fn linear(points: &Sample, radius: f64, outputs: usize, signs: Signs) -> Result<Drawn, Error> {
    positive("radius", radius)?;
    if outputs == 0 {
        return Err(Error::invalid("outputs", outputs, "at least 1"));
    }
    let m = points.n() as f64;
    let squares: f64 = points.coordinates().iter().map(|v| v * v).sum();
    let deviation = radius * (outputs as f64 * squares / m).sqrt();
    signs.average(points.n(), outputs, deviation, |signs| {
        let sums = product(view(points.matrix()), view(signs));
        let draws = sums.as_slice().chunks_exact(points.dim() * outputs);
        draws
            .map(|sums| radius * (sums.iter().map(|v| v * v).sum::<f64>() / m).sqrt())
            .collect()
    })
}

/// The complexity of the losses `|W f(x) - y|` over `|W|_F <= B`, `W` with `r` rows, at most
/// `sqrt(2) B sqrt(r E |f(x)|^2)`.
///
/// `norm` is `sqrt(E |f(x)|^2)` or any bound on `|f(x)|`, for an expected complexity; the root mean square over the
/// points, for that of the points. Cost `O(1)`.
///
/// # Errors
/// [`Error::InvalidParameter`] for a radius that is not positive and finite, a norm that is negative or not
/// finite, and without outputs; [`Error::NonFiniteResult`] on overflow.
///
/// # Source
/// Maurer 2016, the vector contraction, with the norm as the contraction.
pub fn maurer(radius: f64, outputs: usize, norm: f64) -> Result<f64, Error> {
    positive("radius", radius)?;
    if outputs == 0 {
        return Err(Error::invalid("outputs", outputs, "at least 1"));
    }
    not_negative("norm", norm)?;
    finite(
        "a complexity",
        radius * (2.0 * outputs as f64).sqrt() * norm,
    )
}
