//! Cutting lines and polygons at the edges of a panel.

use super::canvas::Place;

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rectangle {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Rectangle {
    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// Whether a place lies inside or, up to rounding, on the edge.
    pub fn holds(&self, (x, y): Place) -> bool {
        let slack = 1e-6;
        (self.left - slack..=self.right() + slack).contains(&x)
            && (self.top - slack..=self.bottom() + slack).contains(&y)
    }

    /// The parts of a line inside.
    pub fn line(&self, path: &[Place]) -> Vec<Vec<Place>> {
        let mut parts: Vec<Vec<Place>> = Vec::new();
        let mut open = false;
        for pair in path.windows(2) {
            let Some((from, to, whole)) = self.segment(pair[0], pair[1]) else {
                open = false;
                continue;
            };
            match parts.last_mut() {
                Some(part) if open => part.push(to),
                _ => parts.push(vec![from, to]),
            }
            open = whole;
        }
        parts
    }

    /// The part of a segment inside, and whether it reaches its end (Liang and Barsky).
    fn segment(&self, (x0, y0): Place, (x1, y1): Place) -> Option<(Place, Place, bool)> {
        let (dx, dy) = (x1 - x0, y1 - y0);
        let (mut enter, mut leave) = (0.0f64, 1.0f64);
        for (direction, room) in [
            (-dx, x0 - self.left),
            (dx, self.right() - x0),
            (-dy, y0 - self.top),
            (dy, self.bottom() - y0),
        ] {
            if direction < 0.0 {
                enter = enter.max(room / direction);
            } else if direction > 0.0 {
                leave = leave.min(room / direction);
            } else if room < 0.0 {
                return None;
            }
        }
        (enter <= leave).then(|| {
            let at = |t: f64| (x0 + t * dx, y0 + t * dy);
            (at(enter), at(leave), leave >= 1.0)
        })
    }

    /// The part of a polygon inside (Sutherland and Hodgman).
    pub fn polygon(&self, path: &[Place]) -> Vec<Place> {
        // Distance to an edge, positive inside.
        let edges: [&dyn Fn(Place) -> f64; 4] = [
            &|(x, _)| x - self.left,
            &|(x, _)| self.right() - x,
            &|(_, y)| y - self.top,
            &|(_, y)| self.bottom() - y,
        ];
        let mut path = path.to_vec();
        for inside in edges {
            let mut cut = Vec::with_capacity(path.len() + 2);
            for (i, &to) in path.iter().enumerate() {
                let from = path[(i + path.len() - 1) % path.len()];
                let (before, after) = (inside(from), inside(to));
                if (before < 0.0) != (after < 0.0) {
                    let t = before / (before - after);
                    cut.push((from.0 + t * (to.0 - from.0), from.1 + t * (to.1 - from.1)));
                }
                if after >= 0.0 {
                    cut.push(to);
                }
            }
            path = cut;
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: Rectangle = Rectangle {
        left: 0.0,
        top: 0.0,
        width: 1.0,
        height: 1.0,
    };

    #[test]
    fn a_line_is_cut_where_it_crosses() {
        let parts = UNIT.line(&[
            (-1.0, 0.5),
            (0.5, 0.5),
            (0.5, 2.0),
            (0.75, 2.0),
            (0.75, 0.0),
        ]);
        assert_eq!(
            parts,
            [
                vec![(0.0, 0.5), (0.5, 0.5), (0.5, 1.0)],
                vec![(0.75, 1.0), (0.75, 0.0)]
            ]
        );
        assert!(UNIT.line(&[(-1.0, 2.0), (2.0, 2.0)]).is_empty());
    }

    #[test]
    fn a_polygon_is_cut_to_its_common_part() {
        let path = UNIT.polygon(&[(0.5, 0.5), (2.0, 0.5), (2.0, 2.0), (0.5, 2.0)]);
        let area: f64 = (0..path.len())
            .map(|i| {
                let (a, b) = (path[i], path[(i + 1) % path.len()]);
                (a.0 * b.1 - b.0 * a.1) / 2.0
            })
            .sum();
        assert!((area.abs() - 0.25).abs() < 1e-12);
        assert!(
            UNIT.polygon(&[(2.0, 0.0), (3.0, 0.0), (3.0, 1.0)])
                .is_empty()
        );
    }
}
