use nalgebra::DMatrix;

use super::{Bijection, Injection};
use crate::error::{Error, finite};

/// `x -> R(speed |x|^2) x`: the farther out a point, the farther it is turned.
///
/// `R(angle)` turns coordinate `i` towards coordinate `j` of a plane `(i, j)`; `|x|^2` is over all
/// coordinates of `R^d`. The map keeps every sphere and the volume: `ln |det J| = 0`.
///
/// # Source
/// Czyż et al. 2023 (arXiv 2306.11078), appendix on transformations; there `speed` is `1/d`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spiral {
    dim: usize,
    plane: (usize, usize),
    speed: f64,
}

impl Spiral {
    /// A spiral of `R^dim`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless the plane has two different coordinates below `dim`;
    /// [`Error::NonFiniteResult`] for a speed that is not finite.
    pub fn new(dim: usize, plane: (usize, usize), speed: f64) -> Result<Self, Error> {
        if plane.0 == plane.1 || plane.0.max(plane.1) >= dim {
            return Err(Error::invalid(
                "plane",
                format!("({}, {})", plane.0, plane.1),
                format!("two different coordinates, counted from 0, of {dim}"),
            ));
        }
        Ok(Self {
            dim,
            plane,
            speed: finite("the speed of a spiral", speed)?,
        })
    }

    fn turn(&self, from: &[f64], to: &mut [f64], direction: f64) {
        let squared: f64 = from.iter().map(|v| v * v).sum();
        let (sin, cos) = (direction * self.speed * squared).sin_cos();
        let (i, j) = self.plane;
        to.copy_from_slice(from);
        to[i] = cos * from[i] - sin * from[j];
        to[j] = sin * from[i] + cos * from[j];
    }
}

impl Injection for Spiral {
    fn name(&self) -> String {
        let Self { dim, plane, speed } = self;
        format!(
            "spiral(dim={dim},i={},j={},speed={speed})",
            plane.0, plane.1
        )
    }

    fn dim(&self) -> Option<usize> {
        Some(self.dim)
    }

    fn apply(&self, point: &[f64], image: &mut [f64]) {
        self.turn(point, image, 1.0);
    }

    fn invert(&self, image: &[f64], point: &mut [f64]) {
        self.turn(image, point, -1.0);
    }
}

impl Bijection for Spiral {
    /// `R + 2 speed (G R x) x^T`, `G` the generator of `R`.
    fn jacobian(&self, point: &[f64]) -> DMatrix<f64> {
        let mut image = vec![0.0; self.dim];
        self.apply(point, &mut image);
        let squared: f64 = point.iter().map(|v| v * v).sum();
        let (sin, cos) = (self.speed * squared).sin_cos();
        let (i, j) = self.plane;
        let mut jacobian = DMatrix::identity(self.dim, self.dim);
        (jacobian[(i, i)], jacobian[(i, j)]) = (cos, -sin);
        (jacobian[(j, i)], jacobian[(j, j)]) = (sin, cos);
        for (k, x) in point.iter().enumerate() {
            jacobian[(i, k)] -= 2.0 * self.speed * image[j] * x;
            jacobian[(j, k)] += 2.0 * self.speed * image[i] * x;
        }
        jacobian
    }

    fn ln_abs_det(&self, _point: &[f64]) -> f64 {
        0.0
    }

    fn constant_ln_abs_det(&self) -> Option<f64> {
        Some(0.0)
    }
}
