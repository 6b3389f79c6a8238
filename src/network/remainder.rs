use nalgebra::DMatrix;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use super::product::{product, view};
use super::{Network, Real};
use crate::error::{Error, finite};
use crate::seed::Seed;

/// How much of a network's spread around a point its affine map leaves out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Remainder {
    /// `E |f(X) - (A X + b)|^2 / E |A (X - x)|^2`.
    pub share: f64,
    /// Standard error of the share.
    pub std_error: f64,
}

/// Draws that one task takes: fixed, so that results do not depend on the number of threads.
const DRAWS: usize = 128;

impl<T: Real> Network<T> {
    /// The measured remainder of the affine map at a point, for `X` normal around it.
    ///
    /// `E |f(X) - (A X + b)|^2 / E |A (X - x)|^2` with `X = x + L e`, `e` standard normal, `A` and
    /// `b` those of [`Network::affine_at`]: zero when `f` is affine as far as `X` reaches, small
    /// when it is affine in effect, for smooth activations and for many small kinks alike. The
    /// numerator is a mean over draws, the denominator is `||A L||^2` (Frobenius) and exact. The linear
    /// part is that of the rounded steps; what is left of rounding is that of the images, a share of
    /// about `(eps |f(x)|)^2 / ||A L||^2`, which in `f32` noise of a millionth of the point reaches.
    ///
    /// Takes a `d_in x k` factor `L` and at least two draws; draw `i` takes its numbers from the
    /// stream `i / 128`. Cost: `k` plus two passes a draw.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for a point or factor of another dimension, [`Error::TooFewPoints`]
    /// for fewer than two draws, [`Error::NonFiniteResult`] when `A L` is zero, so that there is
    /// nothing to compare with, and when an image overflows.
    pub fn expansion_remainder(
        &self,
        x: &[T],
        factor: &DMatrix<T>,
        draws: usize,
        seed: Seed,
    ) -> Result<Remainder, Error> {
        self.require_dim("rows of the factor", self.input.size(), factor.nrows())?;
        if draws < 2 {
            return Err(Error::TooFewPoints {
                method: "expansion_remainder",
                required: 2,
                actual: draws,
            });
        }
        let x = DMatrix::from_column_slice(x.len(), 1, x);
        let (centre, pieces) = self.trace(&x)?;
        let spread = self.push(&pieces, factor)?;
        let linear: f64 = spread.iter().map(|v| v.to_f64() * v.to_f64()).sum();
        let starts: Vec<usize> = (0..draws).step_by(DRAWS).collect();
        let squares: Vec<Result<Vec<f64>, Error>> = (starts.par_iter().enumerate())
            .map(|(task, start)| {
                let n = DRAWS.min(draws - start);
                let mut rng = seed.child(task).rng();
                let noise = DMatrix::from_fn(factor.ncols(), n, |_, _| {
                    T::from_f64(StandardNormal.sample(&mut rng))
                });
                let steps = product(view(factor), view(&noise));
                let points = DMatrix::from_fn(x.nrows(), n, |i, c| x[i] + steps[(i, c)]);
                let images = self.apply(&points)?;
                // The steps that were made: where the precision is too low for them, those drawn would
                // count the rounding of the points as a remainder.
                let linear = self.push(
                    &pieces,
                    &DMatrix::from_fn(x.nrows(), n, |i, c| points[(i, c)] - x[i]),
                )?;
                let remainder = |c: usize| {
                    (0..centre.nrows())
                        .map(|i| {
                            let expected = centre[i].to_f64() + linear[(i, c)].to_f64();
                            (images[(i, c)].to_f64() - expected).powi(2)
                        })
                        .sum::<f64>()
                };
                Ok((0..n).map(remainder).collect())
            })
            .collect();
        let mut all = Vec::with_capacity(draws);
        for group in squares {
            all.extend(group?);
        }
        let n = draws as f64;
        let mean = all.iter().sum::<f64>() / n;
        let variance = all.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / (n - 1.0);
        Ok(Remainder {
            share: finite("remainder over the linear part", mean / linear)?,
            std_error: finite("its standard error", (variance / n).sqrt() / linear)?,
        })
    }
}
