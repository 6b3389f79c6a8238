//! Convex polygons and the lines that cut them.

/// A place on the slice.
pub(super) type Vertex = (f64, f64);

/// The zeros of `across s + up t + offset`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub across: f64,
    pub up: f64,
    pub offset: f64,
    /// Values up to this size count as zero.
    pub tolerance: f64,
}

/// Forks of the recursion that may run on another core: two to this power.
const FORKS: usize = 12;
/// Lines that make a fork worth its cost.
const MANY: usize = 16;

impl Line {
    fn at(&self, (s, t): Vertex) -> f64 {
        self.across * s + self.up * t + self.offset
    }

    /// Whether the polygon has vertices on both sides.
    pub fn crosses(&self, polygon: &[Vertex]) -> bool {
        let (mut below, mut above) = (false, false);
        for vertex in polygon {
            let value = self.at(*vertex);
            below |= value < -self.tolerance;
            above |= value > self.tolerance;
        }
        below && above
    }

    /// The parts of a convex polygon below and above. A vertex on the line belongs to both.
    fn cut(&self, polygon: &[Vertex]) -> [Vec<Vertex>; 2] {
        let side = |value: f64| {
            if value > self.tolerance {
                1
            } else if value < -self.tolerance {
                -1
            } else {
                0
            }
        };
        let mut parts = [(); 2].map(|()| Vec::with_capacity(polygon.len() + 1));
        let next = polygon.iter().cycle().skip(1);
        for (from, to) in polygon.iter().zip(next) {
            let (a, b) = (self.at(*from), self.at(*to));
            if side(a) <= 0 {
                parts[0].push(*from);
            }
            if side(a) >= 0 {
                parts[1].push(*from);
            }
            if side(a) * side(b) < 0 {
                let share = a / (a - b);
                let between = (
                    from.0 + share * (to.0 - from.0),
                    from.1 + share * (to.1 - from.1),
                );
                parts[0].push(between);
                parts[1].push(between);
            }
        }
        parts
    }
}

/// Cuts a convex polygon along all lines, each of which crosses it.
///
/// The polygon is halved by one line, and each half is left with the lines that cross it, until
/// none are: no line is tried on pieces that it passes by. The order of the pieces does not depend
/// on the number of threads.
pub(super) fn pieces(polygon: Vec<Vertex>, lines: Vec<Line>, forks: usize) -> Vec<Vec<Vertex>> {
    if forks < FORKS && lines.len() >= MANY {
        let [(left, left_lines), (right, right_lines)] = halves(&polygon, lines);
        let (mut all, rest) = rayon::join(
            || pieces(left, left_lines, forks + 1),
            || pieces(right, right_lines, forks + 1),
        );
        all.extend(rest);
        return all;
    }
    let mut done = Vec::new();
    let mut open = vec![(polygon, lines)];
    while let Some((polygon, lines)) = open.pop() {
        if lines.is_empty() {
            done.push(polygon);
        } else {
            let [left, right] = halves(&polygon, lines);
            open.extend([right, left]);
        }
    }
    done
}

/// Both parts of a polygon along the middle one of its lines, each with the lines that cross it.
fn halves(polygon: &[Vertex], mut lines: Vec<Line>) -> [(Vec<Vertex>, Vec<Line>); 2] {
    let line = lines.remove(lines.len() / 2);
    line.cut(polygon).map(|part| {
        let crossing = lines.iter().filter(|line| line.crosses(&part));
        let crossing = crossing.copied().collect();
        (part, crossing)
    })
}

/// Area of a polygon whose vertices go round counter-clockwise; negative if clockwise.
pub(super) fn area(polygon: &[Vertex]) -> f64 {
    let Some(&(s, t)) = polygon.first() else {
        return 0.0;
    };
    // From a vertex, so that a small polygon far from the origin keeps its digits.
    let corner = |&(a, b): &Vertex| (a - s, b - t);
    let twice: f64 = (polygon.windows(2))
        .map(|pair| {
            let ((a, b), (c, d)) = (corner(&pair[0]), corner(&pair[1]));
            a * d - b * c
        })
        .sum();
    0.5 * twice
}

/// Mean of the vertices: inside, for a convex polygon.
pub(super) fn middle(polygon: &[Vertex]) -> Vertex {
    let n = polygon.len() as f64;
    let sum = (polygon.iter()).fold((0.0, 0.0), |sum, v| (sum.0 + v.0, sum.1 + v.1));
    (sum.0 / n, sum.1 / n)
}
