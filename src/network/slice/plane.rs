use nalgebra::{DMatrix, DVector};

use super::super::require_finite;
use super::polygon::{Vertex, area};
use crate::error::Error;

/// A part of a plane in the input space: the points `origin + s first + t second` for `(s, t)` in
/// a convex window.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    origin: DVector<f64>,
    directions: DMatrix<f64>,
    window: Vec<Vertex>,
}

impl Slice {
    /// Takes a point, two directions and the corners of the window in their order, which may go
    /// round either way.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for directions of another dimension than the origin;
    /// [`Error::InvalidParameter`] for numbers that are not finite, for directions that lie on one
    /// line, and for a window that is not convex or has no area.
    pub fn new(
        origin: &[f64],
        first: &[f64],
        second: &[f64],
        window: &[(f64, f64)],
    ) -> Result<Self, Error> {
        let dim = origin.len();
        if dim == 0 {
            return Err(Error::Empty { n: 1, dim });
        }
        for direction in [first, second] {
            if direction.len() != dim {
                return Err(Error::Mismatch {
                    what: "coordinates of a direction of the slice",
                    expected: dim,
                    actual: direction.len(),
                });
            }
        }
        require_finite("origin of the slice", origin)?;
        require_finite("first direction of the slice", first)?;
        require_finite("second direction of the slice", second)?;
        for (s, t) in window {
            require_finite("corner of the window", &[*s, *t])?;
        }
        require_plane(first, second)?;
        let mut window = window.to_vec();
        if area(&window) < 0.0 {
            window.reverse();
        }
        require_convex(&window)?;
        Ok(Self {
            origin: DVector::from_column_slice(origin),
            directions: DMatrix::from_columns(&[
                DVector::from_column_slice(first),
                DVector::from_column_slice(second),
            ]),
            window,
        })
    }

    /// The same with the rectangle `[s.0, s.1] x [t.0, t.1]` as window.
    ///
    /// # Errors
    /// As [`Slice::new`].
    pub fn rectangle(
        origin: &[f64],
        first: &[f64],
        second: &[f64],
        s: (f64, f64),
        t: (f64, f64),
    ) -> Result<Self, Error> {
        let corners = [(s.0, t.0), (s.1, t.0), (s.1, t.1), (s.0, t.1)];
        Self::new(origin, first, second, &corners)
    }

    /// The point at `(0, 0)`.
    pub fn origin(&self) -> &DVector<f64> {
        &self.origin
    }

    /// The two directions, a `d x 2` matrix.
    pub fn directions(&self) -> &DMatrix<f64> {
        &self.directions
    }

    /// The corners of the window, counter-clockwise.
    pub fn window(&self) -> &[(f64, f64)] {
        &self.window
    }

    /// Area of the window in the coordinates of the slice.
    pub fn area(&self) -> f64 {
        area(&self.window)
    }

    /// The points at some coordinates, a `d x n` matrix.
    pub fn points(&self, coordinates: &[(f64, f64)]) -> DMatrix<f64> {
        let columns = coordinates.iter();
        let coordinates: Vec<f64> = columns.flat_map(|(s, t)| [*s, *t]).collect();
        let coordinates = DMatrix::from_column_slice(2, coordinates.len() / 2, &coordinates);
        let mut points = &self.directions * coordinates;
        for mut point in points.column_iter_mut() {
            point += &self.origin;
        }
        points
    }
}

/// Refuses two directions on one line.
fn require_plane(first: &[f64], second: &[f64]) -> Result<(), Error> {
    let unit = |direction: &[f64]| {
        let largest = direction.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let scaled: Vec<f64> = direction.iter().map(|v| v / largest).collect();
        let norm = scaled.iter().map(|v| v * v).sum::<f64>().sqrt();
        scaled.into_iter().map(|v| v / norm).collect::<Vec<f64>>()
    };
    let (first, second) = (unit(first), unit(second));
    let cosine: f64 = first.iter().zip(&second).map(|(a, b)| a * b).sum();
    let residual = first.iter().zip(&second).map(|(a, b)| b - cosine * a);
    let sine = residual.map(|v| v * v).sum::<f64>().sqrt();
    // A direction of zeros gives NaN.
    if sine > 1e-12 {
        Ok(())
    } else {
        Err(Error::invalid(
            "directions of the slice",
            format!("sine of their angle {sine:e}"),
            "two directions that are not zero and do not lie on one line",
        ))
    }
}

fn require_convex(window: &[Vertex]) -> Result<(), Error> {
    let refuse = |found: String| {
        Err(Error::invalid(
            "window of the slice",
            found,
            "the corners of a convex polygon with an area, in their order",
        ))
    };
    let area = area(window);
    if window.len() < 3 || !(area > 0.0 && area.is_finite()) {
        return refuse(format!("{} corners, area {area}", window.len()));
    }
    let n = window.len();
    let turn = |i: usize| {
        let (a, b, c) = (window[i], window[(i + 1) % n], window[(i + 2) % n]);
        let (d, e) = ((b.0 - a.0, b.1 - a.1), (c.0 - b.0, c.1 - b.1));
        let (cross, dot) = (d.0 * e.1 - d.1 * e.0, d.0 * e.0 + d.1 * e.1);
        cross.atan2(dot)
    };
    let turns: Vec<f64> = (0..n).map(turn).collect();
    if let Some(i) = turns.iter().position(|turn| *turn < -1e-12) {
        return refuse(format!("it turns inwards at corner {}", (i + 1) % n));
    }
    // A star turns left at every corner and goes round more than once.
    let round = turns.iter().sum::<f64>() / std::f64::consts::TAU;
    if round > 1.5 {
        return refuse(format!("it goes round {} times", round.round()));
    }
    Ok(())
}
