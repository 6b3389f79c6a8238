use std::f64::consts::PI;

use super::Injection;

/// `[0, 1] -> R^2`, `u -> (t cos t, t sin t) / 21` with `t = 1.5 pi (1 + 2 u)`: a rolled-up line.
///
/// The radius grows with `u`, so no two points meet. Its image is a curve: the law of the image has
/// no density in the plane, but its information with anything is that of the law on the line.
///
/// # Source
/// Czyż et al. 2023 (arXiv 2306.11078), the embedding task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwissRoll;

impl Injection for SwissRoll {
    fn name(&self) -> String {
        "swiss_roll".to_owned()
    }

    fn dim(&self) -> Option<usize> {
        Some(1)
    }

    fn image_dim(&self, _dim: usize) -> usize {
        2
    }

    fn apply(&self, point: &[f64], image: &mut [f64]) {
        let t = 1.5 * PI * (1.0 + 2.0 * point[0]);
        let (sin, cos) = t.sin_cos();
        (image[0], image[1]) = (t * cos / 21.0, t * sin / 21.0);
    }

    fn invert(&self, image: &[f64], point: &mut [f64]) {
        let t = 21.0 * image[0].hypot(image[1]);
        point[0] = 0.5 * (t / (1.5 * PI) - 1.0);
    }
}
