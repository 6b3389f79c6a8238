use nalgebra::{DMatrix, DVector};

use super::{Network, Real};
use crate::error::Error;

/// `x -> A x + b`.
#[derive(Debug, Clone, PartialEq)]
pub struct Affine<T: Real> {
    /// `A`, a `d_out x d_in` matrix.
    pub matrix: DMatrix<T>,
    /// `b`.
    pub offset: DVector<T>,
}

impl<T: Real> Network<T> {
    /// The affine map that the network is on the region of `x`; for smooth activations its
    /// first-order expansion at `x`.
    ///
    /// `A` comes from pulling the unit vectors of the output back, or from pushing those of the
    /// input forward, whichever are fewer; `b` is the image of zero under the same pieces, never
    /// the difference `f(x) - A x`, which loses digits. Cost: `min(d_in, d_out)` passes.
    ///
    /// # Errors
    /// As [`Network::apply`]; [`Error::NonFiniteResult`] when the map overflows.
    pub fn affine_at(&self, x: &[T]) -> Result<Affine<T>, Error> {
        let (_, pieces) = self.trace(&DMatrix::from_column_slice(x.len(), 1, x))?;
        let (dim, out) = (self.input().size(), self.output().size());
        let matrix = if out <= dim {
            self.pull(&pieces, &identity(out))?.transpose()
        } else {
            self.push(&pieces, &identity(dim))?
        };
        let zero = DMatrix::from_element(dim, 1, T::ZERO);
        let offset = self.extend(&pieces, &zero)?.column(0).into_owned();
        Ok(Affine { matrix, offset })
    }
}

pub(super) fn identity<T: Real>(dim: usize) -> DMatrix<T> {
    DMatrix::from_fn(dim, dim, |i, j| if i == j { T::ONE } else { T::ZERO })
}
