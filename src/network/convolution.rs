use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::arena::Arena;
use super::channel::channel_sums;
use super::perceptron::Initialisation;
use super::product::view;
use super::real::Real;
use super::shape::Shape;
use super::tile::{Tile, interleave, separate};
use super::weight_limit::require_weights;
use super::window::Window;
use crate::error::Error;
use crate::seed::Seed;

/// Rows of a tile: enough for the products to run at full speed. Fixed, as is [`TILE`], so that
/// every entry is summed in the same order whatever the number of threads.
const ROWS: usize = 256;
/// Numbers in a tile: it has to stay in the second-level cache beside the filters.
const TILE: usize = 1 << 16;
/// Points of a task that has several are a multiple of this, if a tile can hold what they see of [`CHANNELS`]: runs of
/// so many numbers are quick to copy.
const POINTS: usize = 16;
/// Channels that a tile should hold for products at full speed.
const CHANNELS: usize = 8;
/// Tasks that the gradient of the weights is split into, at least.
const TASKS: usize = 8;
/// Weights that every task sums by itself, at most.
const WEIGHTS: usize = 1 << 16;

/// Two-dimensional convolution of an image's planes with zero padding, as PyTorch's `Conv2d`:
/// `y[o, p] = b[o] + sum_{c, q} w[o, c, q] x[c, s p + q - padding]`, `p` a position, `q` a place
/// of the window, `s` the stride.
#[derive(Debug, Clone, PartialEq)]
pub struct Convolution<T: Real> {
    input: Shape,
    output: Shape,
    window: Window,
    /// A filter a column: as a contiguous tensor of shape (out, in, height, width).
    weight: DMatrix<T>,
    bias: Option<DVector<T>>,
}

/// Memory that a task uses again for its next tile.
struct Scratch<T> {
    tile: Vec<T>,
    /// Interleaved channels of the input.
    input: Vec<T>,
    /// Interleaved output.
    image: Vec<T>,
}

impl<T: Real> Scratch<T> {
    fn new() -> Self {
        Self {
            tile: Vec::new(),
            input: Vec::new(),
            image: Vec::new(),
        }
    }
}

/// The first `len` numbers of a buffer, whatever they are.
fn room<T: Real>(buffer: &mut Vec<T>, len: usize) -> &mut [T] {
    if buffer.len() < len {
        buffer.resize(len, T::ZERO);
    }
    &mut buffer[..len]
}

impl<T: Real> Convolution<T> {
    /// Takes the shape of the images, the window and the filters, one a column with the numbers
    /// `(channel, row, column)` of the window in this order, and a bias for each filter if there
    /// is one.
    ///
    /// # Errors
    /// [`Error::Empty`] for no filters or an empty image; [`Error::Mismatch`] for filters or a
    /// bias of another length; [`Error::InvalidParameter`] for a window that does not fit or a
    /// weight that is not finite.
    pub fn new(
        input: Shape,
        window: Window,
        weight: DMatrix<T>,
        bias: Option<DVector<T>>,
    ) -> Result<Self, Error> {
        let (height, width) = window.positions(input)?;
        let filters = weight.ncols();
        let output = Shape::image(filters, height, width);
        output.require_size()?;
        if filters == 0 {
            return Err(Error::Empty {
                n: 0,
                dim: weight.nrows(),
            });
        }
        let mismatch = |what, expected, actual| {
            if expected == actual {
                Ok(())
            } else {
                Err(Error::Mismatch {
                    what,
                    expected,
                    actual,
                })
            }
        };
        let length = input.channels * window.size();
        mismatch("numbers of a filter", length, weight.nrows())?;
        super::require_finite("weight", weight.as_slice())?;
        if let Some(bias) = &bias {
            mismatch("length of the bias", filters, bias.len())?;
            super::require_finite("bias", bias.as_slice())?;
        }
        Ok(Self {
            input,
            output,
            window,
            weight,
            bias,
        })
    }

    /// Draws `filters` filters, each with all numbers that it sees as its fan-in, without a bias.
    ///
    /// # Errors
    /// As [`Convolution::new`]; [`Error::InvalidParameter`] for more than 2^29 weights (4 GiB in double precision).
    pub fn draw(
        input: Shape,
        window: Window,
        filters: usize,
        initialisation: Initialisation,
        seed: Seed,
    ) -> Result<Self, Error> {
        window.positions(input)?;
        let sizes = [input.channels, filters, window.size()].map(|size| size as u128);
        require_weights("filters", filters, [sizes])?;
        // Fewer than 2^32 channels, and 2^24 numbers of the window.
        let fan_in = input.channels * window.size();
        if filters == 0 {
            return Err(Error::Empty { n: 0, dim: fan_in });
        }
        let weight = initialisation.draw(filters, fan_in, seed).transpose();
        Self::new(input, window, weight.map(T::from_f64), None)
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

    /// The filters, one a column.
    pub fn weight(&self) -> &DMatrix<T> {
        &self.weight
    }

    /// The offset of each filter, where there is one.
    pub fn bias(&self) -> Option<&DVector<T>> {
        self.bias.as_ref()
    }

    pub(super) fn weight_mut(&mut self) -> (&mut [T], Option<&mut [T]>) {
        let bias = self.bias.as_mut().map(DVector::as_mut_slice);
        (self.weight.as_mut_slice(), bias)
    }

    fn positions(&self) -> usize {
        self.output.height * self.output.width
    }

    /// Points of one task: one, unless its positions are too few for the rows of a tile.
    fn group(&self) -> usize {
        let positions = self.positions();
        match ROWS / positions {
            0 | 1 => 1,
            least => {
                let channels = self.input.channels.min(CHANNELS);
                let points = TILE / (positions * self.window.size() * channels);
                if points >= POINTS {
                    least.next_multiple_of(POINTS)
                } else {
                    least
                }
            }
        }
    }

    /// Lines of positions that one tile holds, where a single point has more than enough.
    fn lines(&self) -> impl Iterator<Item = Range<usize>> + use<T> {
        let height = self.output.height;
        let step = (ROWS / self.output.width).clamp(1, height);
        (0..height)
            .step_by(step)
            .map(move |from| from..height.min(from + step))
    }

    /// Channels that one tile holds, in blocks of nearly one size.
    fn channels(&self) -> usize {
        let rows = ROWS
            .max(self.output.width)
            .max(self.group() * self.positions());
        let most = (TILE / (rows * self.window.size())).max(1);
        let channels = self.input.channels;
        channels.div_ceil(channels.div_ceil(most))
    }

    fn blocks(&self, step: usize) -> impl Iterator<Item = Range<usize>> + use<T> {
        let channels = self.input.channels;
        (0..channels)
            .step_by(step)
            .map(move |from| from..channels.min(from + step))
    }

    fn tile(&self, channels: Range<usize>, lines: Range<usize>, points: usize) -> Tile {
        Tile {
            window: self.window,
            input: self.input,
            positions: (self.output.height, self.output.width),
            channels,
            lines,
            points,
        }
    }

    /// What the window sees of some points, as a matrix.
    fn lower<'a>(
        &self,
        tile: &Tile,
        points: &[T],
        buffer: &mut Vec<T>,
        numbers: &'a mut Vec<T>,
    ) -> MatRef<'a, T> {
        let places = tile.places();
        let numbers = room(numbers, tile.rows() * tile.columns());
        if tile.points == 1 {
            tile.lower(&points[places], numbers);
        } else {
            let lanes = room(buffer, places.len() * tile.points);
            interleave(points, self.input.size(), places, lanes);
            tile.lower(lanes, numbers);
        }
        MatRef::from_column_major_slice(numbers, tile.rows(), tile.columns())
    }

    /// The filters' rows of some channels.
    fn filters(&self, channels: Range<usize>) -> MatRef<'_, T> {
        let size = self.window.size();
        view(&self.weight).subrows(channels.start * size, channels.len() * size)
    }

    pub(super) fn apply(&self, points: &DMatrix<T>) -> DMatrix<T> {
        let images = vec![T::ZERO; self.output.size() * points.ncols()];
        self.convolve(points, self.bias.as_ref(), images)
    }

    /// As [`Convolution::apply`], in memory of the arena.
    pub(super) fn forward(&self, points: &DMatrix<T>, arena: &mut Arena<T>) -> DMatrix<T> {
        let images = arena.take(self.output.size() * points.ncols());
        self.convolve(points, self.bias.as_ref(), images)
    }

    pub(super) fn push(&self, tangents: &DMatrix<T>) -> DMatrix<T> {
        let images = vec![T::ZERO; self.output.size() * tangents.ncols()];
        self.convolve(tangents, None, images)
    }

    /// Writes over all of the images.
    fn convolve(
        &self,
        points: &DMatrix<T>,
        bias: Option<&DVector<T>>,
        mut images: Vec<T>,
    ) -> DMatrix<T> {
        let (from, to, group) = (self.input.size(), self.output.size(), self.group());
        images
            .par_chunks_mut(to * group)
            .zip(points.as_slice().par_chunks(from * group))
            .for_each_init(Scratch::new, |scratch, (images, points)| {
                for lines in self.lines() {
                    self.convolve_tile(points, lines, images, scratch);
                }
                if let Some(bias) = bias {
                    let planes = images.chunks_exact_mut(self.positions());
                    for (plane, offset) in planes.zip(bias.iter().cycle()) {
                        for value in plane {
                            *value += *offset;
                        }
                    }
                }
            });
        DMatrix::from_vec(to, points.ncols(), images)
    }

    /// Some lines of the images of a task's points.
    fn convolve_tile(
        &self,
        points: &[T],
        lines: Range<usize>,
        images: &mut [T],
        scratch: &mut Scratch<T>,
    ) {
        let (n, filters, plane) = (
            points.len() / self.input.size(),
            self.output.channels,
            self.positions(),
        );
        let rows = n * lines.len() * self.output.width;
        let first = lines.start * self.output.width;
        let mut target = if n == 1 {
            MatMut::from_column_major_slice_with_stride_mut(
                &mut images[first..],
                rows,
                filters,
                plane,
            )
        } else {
            let image = room(&mut scratch.image, rows * filters);
            MatMut::from_column_major_slice_mut(image, rows, filters)
        };
        for channels in self.blocks(self.channels()) {
            let accumulate = if channels.start == 0 {
                Accum::Replace
            } else {
                Accum::Add
            };
            let tile = self.tile(channels.clone(), lines.clone(), n);
            let numbers = self.lower(&tile, points, &mut scratch.input, &mut scratch.tile);
            let filters = self.filters(channels);
            matmul(&mut target, accumulate, numbers, filters, T::ONE, Par::Seq);
        }
        if n > 1 {
            let size = self.output.size();
            separate(&scratch.image, size, 0..size, images);
        }
    }

    /// The cotangents of some lines as a matrix with a row a position and a column a filter.
    fn gather<'a>(
        &self,
        cotangents: &'a [T],
        lines: &Range<usize>,
        buffer: &'a mut Vec<T>,
    ) -> MatRef<'a, T> {
        let (filters, plane) = (self.output.channels, self.positions());
        let n = cotangents.len() / self.output.size();
        let rows = n * lines.len() * self.output.width;
        if n == 1 {
            let first = lines.start * self.output.width;
            return MatRef::from_column_major_slice_with_stride(
                &cotangents[first..],
                rows,
                filters,
                plane,
            );
        }
        let image = room(buffer, rows * filters);
        interleave(cotangents, self.output.size(), 0..self.output.size(), image);
        MatRef::from_column_major_slice(image, rows, filters)
    }

    pub(super) fn pull(&self, cotangents: &DMatrix<T>) -> DMatrix<T> {
        let zeros = vec![T::ZERO; self.input.size() * cotangents.ncols()];
        self.pull_onto(cotangents, zeros)
    }

    /// The cotangents of the input, and the gradients, in memory of the arena.
    pub(super) fn backward(
        &self,
        points: &DMatrix<T>,
        cotangents: &DMatrix<T>,
        wanted: bool,
        arena: &mut Arena<T>,
    ) -> (Vec<Vec<T>>, Option<DMatrix<T>>) {
        let gradients = self.gradients(points, cotangents);
        let pulled = wanted.then(|| {
            let zeros = arena.zeros(self.input.size() * cotangents.ncols());
            self.pull_onto(cotangents, zeros)
        });
        (gradients, pulled)
    }

    fn pull_onto(&self, cotangents: &DMatrix<T>, mut pulled: Vec<T>) -> DMatrix<T> {
        let (from, to, group) = (self.output.size(), self.input.size(), self.group());
        pulled
            .par_chunks_mut(to * group)
            .zip(cotangents.as_slice().par_chunks(from * group))
            .for_each_init(Scratch::new, |scratch, (pulled, cotangents)| {
                for lines in self.lines() {
                    let images = self.gather(cotangents, &lines, &mut scratch.image);
                    let (n, rows) = (pulled.len() / to, images.nrows());
                    for channels in self.blocks(self.channels()) {
                        let tile = self.tile(channels.clone(), lines.clone(), n);
                        let numbers = room(&mut scratch.tile, rows * tile.columns());
                        matmul(
                            MatMut::from_column_major_slice_mut(numbers, rows, tile.columns()),
                            Accum::Replace,
                            images,
                            self.filters(channels).transpose(),
                            T::ONE,
                            Par::Seq,
                        );
                        let places = tile.places();
                        if n == 1 {
                            tile.raise(numbers, &mut pulled[places]);
                        } else {
                            let lanes = room(&mut scratch.input, places.len() * n);
                            lanes.fill(T::ZERO);
                            tile.raise(numbers, lanes);
                            separate(lanes, to, places, pulled);
                        }
                    }
                }
            });
        DMatrix::from_vec(to, cotangents.ncols(), pulled)
    }

    /// Gradients of `sum_i <v_i, y_i>` in the filters and the bias, `v_i` the cotangent and `y_i`
    /// the image of point `i`.
    ///
    /// A task has some channels and some points. With few weights it has as many channels as a tile
    /// holds, so that few tasks read the same cotangents; with many it has few channels and all
    /// points, so that no sums are kept twice.
    fn gradients(&self, points: &DMatrix<T>, cotangents: &DMatrix<T>) -> Vec<Vec<T>> {
        let n = points.ncols();
        let filters = self.output.channels;
        let few = self.weight.len() <= WEIGHTS;
        let least = if few { 1 } else { TASKS };
        let step = self.channels().min(self.input.channels.div_ceil(least));
        let blocks: Vec<Range<usize>> = self.blocks(step).collect();
        let groups = n.div_ceil(self.group());
        let parts = TASKS.div_ceil(blocks.len()).min(groups).max(1);
        let part = groups.div_ceil(parts).max(1) * self.group();
        let tasks: Vec<(Range<usize>, Range<usize>)> = (blocks.iter())
            .flat_map(|channels| {
                (0..n)
                    .step_by(part)
                    .map(|from| (channels.clone(), from..n.min(from + part)))
            })
            .collect();
        let partial: Vec<DMatrix<T>> = tasks
            .into_par_iter()
            .map_init(Scratch::new, |scratch, (channels, range)| {
                let rows = channels.len() * self.window.size();
                let mut sum = vec![T::ZERO; rows * filters];
                let (from, to) = (self.input.size(), self.output.size());
                let points = &points.as_slice()[range.start * from..range.end * from];
                let cotangents = &cotangents.as_slice()[range.start * to..range.end * to];
                for (points, cotangents) in
                    (points.chunks(from * self.group())).zip(cotangents.chunks(to * self.group()))
                {
                    for lines in self.lines() {
                        let images = self.gather(cotangents, &lines, &mut scratch.image);
                        let n = points.len() / from;
                        let tile = self.tile(channels.clone(), lines.clone(), n);
                        let numbers =
                            self.lower(&tile, points, &mut scratch.input, &mut scratch.tile);
                        matmul(
                            MatMut::from_column_major_slice_mut(&mut sum, rows, filters),
                            Accum::Add,
                            numbers.transpose(),
                            images,
                            T::ONE,
                            Par::Seq,
                        );
                    }
                }
                DMatrix::from_vec(rows, filters, sum)
            })
            .collect();
        let mut weight = DMatrix::from_vec(
            self.weight.nrows(),
            filters,
            vec![T::ZERO; self.weight.len()],
        );
        let parts = partial.len() / blocks.len();
        for (channels, partial) in blocks.iter().zip(partial.chunks_exact(parts)) {
            let mut rows = weight.rows_mut(
                channels.start * self.window.size(),
                channels.len() * self.window.size(),
            );
            for partial in partial {
                rows += partial;
            }
        }
        let mut gradients = vec![weight.data.into()];
        if self.bias.is_some() {
            gradients.push(channel_sums(cotangents, filters));
        }
        gradients
    }
}
