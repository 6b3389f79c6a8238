use std::ops::Range;

use super::real::Real;
use super::shape::Shape;
use super::window::Window;

/// What a window sees of some points: the matrix whose row is a position and whose column is a
/// place of the window in a channel, with zeros for the padding.
///
/// Rows go over the points, the rows `lines` of positions, and the positions in them; columns over
/// the `channels`, the window's rows and its columns.
#[derive(Debug, Clone)]
pub(super) struct Tile {
    pub window: Window,
    pub input: Shape,
    /// Rows and columns of positions.
    pub positions: (usize, usize),
    pub channels: Range<usize>,
    pub lines: Range<usize>,
}

impl Tile {
    /// Calls `visit(column, rows of the tile, first number, of the points)` for each run of
    /// positions on one line that see numbers of the image.
    pub(super) fn runs(&self, points: usize, mut visit: impl FnMut(usize, Range<usize>, usize)) {
        let Self { window, input, .. } = self;
        let (size, plane) = (input.size(), input.height * input.width);
        let wide = self.positions.1;
        let mut column = 0;
        for channel in self.channels.clone() {
            for ky in 0..window.height {
                let inside = window.inside(ky, input.height, self.positions.0);
                let lines = self.lines.start.max(inside.start)..self.lines.end.min(inside.end);
                for kx in 0..window.width {
                    let across = window.inside(kx, input.width, wide);
                    if !across.is_empty() {
                        let x = across.start * window.stride + kx - window.padding;
                        for point in 0..points {
                            let row = point * self.lines.len() * wide;
                            for line in lines.clone() {
                                let y = line * window.stride + ky - window.padding;
                                let row = row + (line - self.lines.start) * wide;
                                let first = point * size + channel * plane + y * input.width + x;
                                visit(column, row + across.start..row + across.end, first);
                            }
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
    pub(super) fn rows(&self, points: usize) -> usize {
        points * self.lines.len() * self.positions.1
    }

    /// Writes what the window sees of the points into `numbers`, column after column.
    pub(super) fn lower<T: Real>(&self, points: &[T], numbers: &mut [T]) {
        let n = points.len() / self.input.size();
        let (height, stride) = (self.rows(n), self.window.stride);
        if self.window.padding > 0 {
            numbers.fill(T::ZERO);
        }
        self.runs(n, |column, rows, first| {
            let length = rows.len();
            let target = &mut numbers[column * height + rows.start..][..length];
            match stride {
                1 => target.copy_from_slice(&points[first..first + length]),
                // A constant step, so that the loop becomes shuffles.
                2 => {
                    let source = &points[first..first + 2 * length - 1];
                    for (value, pair) in target.iter_mut().zip(source.chunks(2)) {
                        *value = pair[0];
                    }
                }
                _ => {
                    let source = points[first..].iter().step_by(stride);
                    for (value, number) in target.iter_mut().zip(source) {
                        *value = *number;
                    }
                }
            }
        });
    }

    /// Adds the entries of `numbers` to the numbers of the points that the window saw there: the
    /// transpose of [`Tile::lower`].
    pub(super) fn raise<T: Real>(&self, numbers: &[T], points: &mut [T]) {
        let n = points.len() / self.input.size();
        let (height, stride) = (self.rows(n), self.window.stride);
        self.runs(n, |column, rows, first| {
            let length = rows.len();
            let source = &numbers[column * height + rows.start..][..length];
            if stride == 1 {
                for (value, number) in points[first..first + length].iter_mut().zip(source) {
                    *value += *number;
                }
            } else {
                let target = points[first..].iter_mut().step_by(stride);
                for (value, number) in target.zip(source) {
                    *value += *number;
                }
            }
        });
    }
}
