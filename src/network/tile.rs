use std::ops::Range;

use super::real::Real;
use super::shape::Shape;
use super::window::Window;

/// What a window sees of some points: the matrix whose row is a position and whose column is a
/// place of the window in a channel, with zeros for the padding.
///
/// Rows go over the rows `lines` of positions, the positions in them, and the points, which lie side
/// by side ([`interleave`]): whatever the stride, whole runs of numbers are copied. Columns go over
/// the `channels`, the window's rows and its columns.
#[derive(Debug, Clone)]
pub(super) struct Tile {
    pub window: Window,
    pub input: Shape,
    /// Rows and columns of positions.
    pub positions: (usize, usize),
    pub channels: Range<usize>,
    pub lines: Range<usize>,
    /// Number of points.
    pub points: usize,
}

impl Tile {
    /// Calls `visit(column, positions of the tile, first place)` for each run of positions on one
    /// line that see numbers of the image; places are counted from the first of the channels.
    pub(super) fn runs(&self, mut visit: impl FnMut(usize, Range<usize>, usize)) {
        let Self { window, input, .. } = self;
        let plane = input.height * input.width;
        let wide = self.positions.1;
        let mut column = 0;
        for channel in 0..self.channels.len() {
            for ky in 0..window.height {
                let inside = window.inside(ky, input.height, self.positions.0);
                let lines = self.lines.start.max(inside.start)..self.lines.end.min(inside.end);
                for kx in 0..window.width {
                    let across = window.inside(kx, input.width, wide);
                    if !across.is_empty() {
                        let x = across.start * window.stride + kx - window.padding;
                        for line in lines.clone() {
                            let y = line * window.stride + ky - window.padding;
                            let row = (line - self.lines.start) * wide;
                            let first = channel * plane + y * input.width + x;
                            visit(column, row + across.start..row + across.end, first);
                        }
                    }
                    column += 1;
                }
            }
        }
    }

    /// Columns of the tile.
    pub(super) fn columns(&self) -> usize {
        self.channels.len() * self.window.size()
    }

    /// Rows of the tile.
    pub(super) fn rows(&self) -> usize {
        self.lines.len() * self.positions.1 * self.points
    }

    /// The places of an image that belong to the channels.
    pub(super) fn places(&self) -> Range<usize> {
        let plane = self.input.height * self.input.width;
        self.channels.start * plane..self.channels.end * plane
    }

    /// Writes what the window sees of the interleaved channels into `numbers`, column after column.
    pub(super) fn lower<T: Real>(&self, points: &[T], numbers: &mut [T]) {
        let (height, stride, n) = (self.rows(), self.window.stride, self.points);
        if self.window.padding > 0 {
            numbers.fill(T::ZERO);
        }
        self.runs(|column, rows, first| {
            let length = rows.len();
            let target = &mut numbers[column * height + rows.start * n..][..length * n];
            match (stride, n) {
                (1, _) => target.copy_from_slice(&points[first * n..(first + length) * n]),
                // A constant step, so that the loop becomes shuffles.
                (2, 1) => {
                    let source = &points[first..first + 2 * length - 1];
                    for (value, pair) in target.iter_mut().zip(source.chunks(2)) {
                        *value = pair[0];
                    }
                }
                // Runs of a length that the compiler knows need no call.
                (_, SQUARE) => {
                    let (source, _) = points[first * n..].as_chunks::<SQUARE>();
                    let (target, _) = target.as_chunks_mut::<SQUARE>();
                    for (values, numbers) in target.iter_mut().zip(source.iter().step_by(stride)) {
                        *values = *numbers;
                    }
                }
                _ => {
                    let source = points[first * n..].chunks(n).step_by(stride);
                    for (values, numbers) in target.chunks_exact_mut(n).zip(source) {
                        values.copy_from_slice(numbers);
                    }
                }
            }
        });
    }

    /// Adds the entries of `numbers` to the numbers of the interleaved channels that the window saw
    /// there: the transpose of [`Tile::lower`].
    pub(super) fn raise<T: Real>(&self, numbers: &[T], points: &mut [T]) {
        let (height, stride, n) = (self.rows(), self.window.stride, self.points);
        self.runs(|column, rows, first| {
            let length = rows.len();
            let source = &numbers[column * height + rows.start * n..][..length * n];
            if stride == 1 {
                add(&mut points[first * n..(first + length) * n], source);
            } else if n == SQUARE {
                let (target, _) = points[first * n..].as_chunks_mut::<SQUARE>();
                let (source, _) = source.as_chunks::<SQUARE>();
                for (values, numbers) in target.iter_mut().step_by(stride).zip(source) {
                    add(values, numbers);
                }
            } else {
                let target = points[first * n..].chunks_mut(n).step_by(stride);
                for (values, numbers) in target.zip(source.chunks_exact(n)) {
                    add(values, numbers);
                }
            }
        });
    }
}

fn add<T: Real>(values: &mut [T], numbers: &[T]) {
    for (value, number) in values.iter_mut().zip(numbers) {
        *value += *number;
    }
}

/// Side of the squares that a transposition goes by: lines of the cache that fit its first level.
const SQUARE: usize = 16;
/// Side of the squares in them that are turned in registers.
const CORNER: usize = 4;

/// Some places of images of `size` numbers, with the numbers that all points have at a place side
/// by side.
pub(super) fn interleave<T: Real>(
    images: &[T],
    size: usize,
    places: Range<usize>,
    lanes: &mut [T],
) {
    let n = images.len() / size;
    for from in (0..n).step_by(SQUARE) {
        let points = &images[from * size..n.min(from + SQUARE) * size];
        for start in places.clone().step_by(SQUARE) {
            let width = SQUARE.min(places.end - start);
            let lanes = &mut lanes[(start - places.start) * n + from..];
            let points = (&points[start..], size);
            for i in (0..n.min(from + SQUARE) - from).step_by(CORNER) {
                for k in (0..width).step_by(CORNER) {
                    let sides = (CORNER.min(n - from - i), CORNER.min(width - k));
                    turn(points, (i, k), sides, (lanes, n));
                }
            }
        }
    }
}

/// The inverse of [`interleave`].
pub(super) fn separate<T: Real>(lanes: &[T], size: usize, places: Range<usize>, images: &mut [T]) {
    let n = images.len() / size;
    for from in (0..n).step_by(SQUARE) {
        let points = &mut images[from * size..n.min(from + SQUARE) * size];
        for start in places.clone().step_by(SQUARE) {
            let width = SQUARE.min(places.end - start);
            let lanes = (&lanes[(start - places.start) * n + from..], n);
            let points = &mut points[start..];
            for i in (0..n.min(from + SQUARE) - from).step_by(CORNER) {
                for k in (0..width).step_by(CORNER) {
                    let sides = (CORNER.min(width - k), CORNER.min(n - from - i));
                    turn(lanes, (k, i), sides, (points, size));
                }
            }
        }
    }
}

/// Writes the rectangle of a matrix that begins at a row and a column into its transpose. A matrix comes with the
/// distance between its rows.
#[inline(always)]
fn turn<T: Real>(
    (from, from_step): (&[T], usize),
    (row, column): (usize, usize),
    (rows, columns): (usize, usize),
    (to, to_step): (&mut [T], usize),
) {
    if (rows, columns) == (CORNER, CORNER) {
        let line = |i: usize| {
            let line = &from[(row + i) * from_step + column..][..CORNER];
            [line[0], line[1], line[2], line[3]]
        };
        let (a, b, c, d) = (line(0), line(1), line(2), line(3));
        for k in 0..CORNER {
            let target = &mut to[(column + k) * to_step + row..][..CORNER];
            target.copy_from_slice(&[a[k], b[k], c[k], d[k]]);
        }
        return;
    }
    for i in row..row + rows {
        for k in column..column + columns {
            to[k * to_step + i] = from[i * from_step + k];
        }
    }
}
