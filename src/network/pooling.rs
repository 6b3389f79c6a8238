use nalgebra::DMatrix;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::layer::Piece;
use super::real::Real;
use super::shape::Shape;
use super::tile::Tile;
use super::window::Window;
use crate::error::Error;
use crate::linalg::lanes::run_sum;

/// What a pooling makes of the numbers in its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PoolingKind {
    /// Their sum over the size of the window; the padding counts as zeros.
    Average,
    /// The largest; of equal ones the first by rows. The padding does not take part.
    Max,
}

/// Pooling of every plane of an image by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pooling {
    kind: PoolingKind,
    input: Shape,
    output: Shape,
    window: Window,
}

/// No number of a window has been seen yet.
const NONE: u32 = u32::MAX;

impl Pooling {
    /// Pools images of a shape.
    ///
    /// # Errors
    /// [`Error::Empty`] for an empty image, [`Error::InvalidParameter`] for a window that does not
    /// fit or a padding of more than half the window, which would leave a window without numbers.
    pub fn new(kind: PoolingKind, input: Shape, window: Window) -> Result<Self, Error> {
        let (height, width) = window.positions(input)?;
        if 2 * window.padding > window.height.min(window.width) {
            return Err(Error::invalid(
                "padding of a pooling",
                window.padding,
                format!(
                    "at most half of the window of {} x {}",
                    window.height, window.width
                ),
            ));
        }
        let output = Shape::image(input.channels, height, width);
        output.require_size()?;
        Ok(Self {
            kind,
            input,
            output,
            window,
        })
    }

    /// The mean of every plane.
    ///
    /// # Errors
    /// [`Error::Empty`] for an empty image, [`Error::InvalidParameter`] for planes of more than 2^24
    /// numbers.
    pub fn global_average(input: Shape) -> Result<Self, Error> {
        let window = Window {
            height: input.height,
            width: input.width,
            stride: 1,
            padding: 0,
        };
        Self::new(PoolingKind::Average, input, window)
    }

    /// Average or maximum.
    pub fn kind(&self) -> PoolingKind {
        self.kind
    }

    /// The images that it takes.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// The images that it gives.
    pub fn output(&self) -> Shape {
        self.output
    }

    /// The window, with its stride and padding.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Whether the window is the whole image.
    pub(super) fn is_global(&self) -> bool {
        self.output.size() == self.input.channels
            && self.window.padding == 0
            && self.window.size() * self.input.channels == self.input.size()
    }

    /// Calls `visit(place of the output, place of the input)` for every number of every window,
    /// windows' rows first.
    pub(super) fn visit(&self, mut visit: impl FnMut(usize, usize)) {
        let tile = Tile {
            window: self.window,
            input: self.input,
            positions: (self.output.height, self.output.width),
            channels: 0..self.input.channels,
            lines: 0..self.output.height,
            points: 1,
        };
        let (places, plane) = (self.window.size(), self.output.height * self.output.width);
        tile.runs(|column, rows, first| {
            let to = column / places * plane;
            for (step, row) in rows.enumerate() {
                visit(to + row, first + step * self.window.stride);
            }
        });
    }

    fn scale<T: Real>(&self) -> T {
        T::from_f64(1.0 / self.window.size() as f64)
    }

    /// The largest number of each window, as places of the input.
    fn winners<T: Real>(&self, points: &DMatrix<T>) -> DMatrix<u32> {
        let (from, to) = (self.input.size(), self.output.size());
        let mut winners = vec![NONE; to * points.ncols()];
        (winners.par_chunks_mut(to))
            .zip(points.as_slice().par_chunks(from))
            .for_each(|(winners, point)| {
                self.visit(|to, from| {
                    let winner = &mut winners[to];
                    // NaN wins, so that it is seen in the result.
                    let wins = *winner == NONE
                        || point[from] > point[*winner as usize]
                        || point[from].is_nan();
                    if wins {
                        *winner = from as u32;
                    }
                });
            });
        DMatrix::from_vec(to, points.ncols(), winners)
    }

    fn average<T: Real>(&self, points: &DMatrix<T>) -> DMatrix<T> {
        let (from, to) = (self.input.size(), self.output.size());
        let scale: T = self.scale();
        let mut image = vec![T::ZERO; to * points.ncols()];
        (image.par_chunks_mut(to))
            .zip(points.as_slice().par_chunks(from))
            .for_each(|(image, point)| {
                if self.is_global() {
                    let planes = point.chunks_exact(self.window.size());
                    for (value, plane) in image.iter_mut().zip(planes) {
                        *value = T::from_f64(run_sum(plane, |x| x)) * scale;
                    }
                } else {
                    self.visit(|to, from| image[to] += point[from]);
                    for value in image {
                        *value *= scale;
                    }
                }
            });
        DMatrix::from_vec(to, points.ncols(), image)
    }

    pub(super) fn apply<T: Real>(&self, points: &DMatrix<T>) -> DMatrix<T> {
        self.forward(points).0
    }

    /// The image, with the piece of a pooling that has pieces.
    pub(super) fn forward<T: Real>(&self, points: &DMatrix<T>) -> (DMatrix<T>, Piece<T>) {
        let piece = self.piece(points);
        (self.push(&piece, points), piece)
    }

    pub(super) fn piece<T: Real>(&self, input: &DMatrix<T>) -> Piece<T> {
        match self.kind {
            PoolingKind::Average => Piece::Whole,
            PoolingKind::Max => Piece::Winners(self.winners(input)),
        }
    }

    pub(super) fn push<T: Real>(&self, piece: &Piece<T>, vectors: &DMatrix<T>) -> DMatrix<T> {
        let Piece::Winners(winners) = piece else {
            return self.average(vectors);
        };
        let (from, to) = (self.input.size(), self.output.size());
        // Without points there are no vectors either.
        let group = vectors.ncols() / winners.ncols().max(1);
        let mut image = vec![T::ZERO; to * vectors.ncols()];
        (image.par_chunks_mut(to))
            .zip(vectors.as_slice().par_chunks(from))
            .enumerate()
            .for_each(|(c, (image, vector))| {
                for (value, winner) in image.iter_mut().zip(winners.column(c / group).iter()) {
                    *value = vector[*winner as usize];
                }
            });
        DMatrix::from_vec(to, vectors.ncols(), image)
    }

    pub(super) fn pull<T: Real>(&self, piece: &Piece<T>, cotangents: &DMatrix<T>) -> DMatrix<T> {
        let zeros = vec![T::ZERO; self.input.size() * cotangents.ncols()];
        self.pull_onto(piece, cotangents, zeros)
    }

    /// As [`Pooling::pull`], in memory that is zero.
    pub(super) fn pull_onto<T: Real>(
        &self,
        piece: &Piece<T>,
        cotangents: &DMatrix<T>,
        mut pulled: Vec<T>,
    ) -> DMatrix<T> {
        let (from, to) = (self.output.size(), self.input.size());
        let scale: T = self.scale();
        (pulled.par_chunks_mut(to))
            .zip(cotangents.as_slice().par_chunks(from))
            .enumerate()
            .for_each(|(c, (pulled, cotangent))| match piece {
                Piece::Winners(winners) => {
                    let column = c / (cotangents.ncols() / winners.ncols());
                    for (value, winner) in cotangent.iter().zip(winners.column(column).iter()) {
                        pulled[*winner as usize] += *value;
                    }
                }
                _ if self.is_global() => {
                    let planes = pulled.chunks_exact_mut(self.window.size());
                    for (plane, value) in planes.zip(cotangent) {
                        plane.fill(*value * scale);
                    }
                }
                _ => self.visit(|from, to| pulled[to] += cotangent[from] * scale),
            });
        DMatrix::from_vec(to, cotangents.ncols(), pulled)
    }
}
