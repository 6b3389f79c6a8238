//! Images: IDX and CIFAR binary files, procedural sprites, and augmentations.
#![allow(
    clippy::disallowed_methods,
    reason = "this module is where a user's images are read"
)]

mod augmentation;
mod file;
mod source;
mod sprite;

pub use augmentation::Augmentation;
pub use file::{DataSet, find, named};
pub use source::Source;
pub use sprite::{Factors, SHAPES, Sizes, sprites, sprites_of};

use rayon::prelude::*;

use crate::error::Error;

/// Numbers of the largest image: `255^2` times this fits 32 bits.
const LARGEST_DIM: usize = 66_000;

/// Width, height and channels of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Pixels a line.
    pub width: usize,
    /// Lines.
    pub height: usize,
    /// 1 for grey, 3 for red, green, blue.
    pub channels: usize,
}

impl Size {
    /// Numbers in an image.
    pub fn dim(self) -> usize {
        self.width * self.height * self.channels
    }
}

/// Images of equal size in 8 bits, plane by plane and line by line, with labels where known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    size: Size,
    pixels: Vec<u8>,
    labels: Option<Vec<u8>>,
}

impl Images {
    /// Takes the pixels of one image after the other.
    ///
    /// # Errors
    /// [`Error::Empty`] without images or pixels; [`Error::InvalidParameter`] for images of more than
    /// 66 000 numbers; [`Error::Mismatch`] when the number of bytes is no
    /// multiple of an image's, or the number of labels is not that of the images.
    pub fn new(size: Size, pixels: Vec<u8>, labels: Option<Vec<u8>>) -> Result<Self, Error> {
        let dim = size.dim();
        if dim == 0 || pixels.is_empty() {
            return Err(Error::Empty { n: 0, dim });
        }
        if dim > LARGEST_DIM {
            return Err(Error::invalid(
                "numbers of an image",
                dim,
                format!("at most {LARGEST_DIM}"),
            ));
        }
        let n = pixels.len() / dim;
        if n * dim != pixels.len() {
            return Err(Error::Mismatch {
                what: "bytes of pixels",
                expected: n * dim,
                actual: pixels.len(),
            });
        }
        if let Some(labels) = &labels
            && labels.len() != n
        {
            return Err(Error::Mismatch {
                what: "labels",
                expected: n,
                actual: labels.len(),
            });
        }
        Ok(Self {
            size,
            pixels,
            labels,
        })
    }

    /// Number of images.
    pub fn n(&self) -> usize {
        self.pixels.len() / self.size.dim()
    }

    /// Their size.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Their labels, where known.
    pub fn labels(&self) -> Option<&[u8]> {
        self.labels.as_deref()
    }

    /// The bytes of image `i`.
    ///
    /// # Panics
    /// When there is no such image.
    pub fn bytes(&self, i: usize) -> &[u8] {
        let dim = self.size.dim();
        &self.pixels[i * dim..(i + 1) * dim]
    }

    /// The intensities of image `i`, from 0 to 1.
    ///
    /// # Panics
    /// When there is no such image.
    pub fn intensities(&self, i: usize) -> Vec<f64> {
        self.bytes(i)
            .iter()
            .map(|byte| f64::from(*byte) / 255.0)
            .collect()
    }

    /// The images at these places, in their order.
    ///
    /// # Errors
    /// [`Error::Empty`] without a place; [`Error::InvalidParameter`] for one that is none.
    pub fn select(&self, places: &[usize]) -> Result<Self, Error> {
        if let Some(place) = places.iter().find(|place| **place >= self.n()) {
            return Err(Error::invalid(
                "place of an image",
                place,
                format!("below the number of images, {}", self.n()),
            ));
        }
        let pixels = places.iter().flat_map(|&i| self.bytes(i)).copied();
        let labels = (self.labels.as_ref())
            .map(|labels| places.iter().map(|&i| labels[i]).collect::<Vec<_>>());
        Self::new(self.size, pixels.collect(), labels)
    }

    /// Images of half the side, a pixel the mean of the 2 x 2 below it, rounded to 8 bits (halves upwards).
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for an odd side.
    pub fn halved(&self) -> Result<Self, Error> {
        let Size {
            width,
            height,
            channels,
        } = self.size;
        if width % 2 == 1 || height % 2 == 1 {
            return Err(Error::invalid(
                "side of the images",
                format!("{height} x {width}"),
                "even, to halve it",
            ));
        }
        let plane = |plane: &[u8]| -> Vec<u8> {
            let at = |row: usize, column: usize| u32::from(plane[row * width + column]);
            (0..height / 2)
                .flat_map(|row| (0..width / 2).map(move |column| (2 * row, 2 * column)))
                .map(|(row, column)| {
                    let sum = at(row, column)
                        + at(row, column + 1)
                        + at(row + 1, column)
                        + at(row + 1, column + 1);
                    ((sum + 2) / 4) as u8
                })
                .collect()
        };
        let size = Size {
            width: width / 2,
            height: height / 2,
            channels,
        };
        let pixels = (self.pixels.par_chunks_exact(width * height))
            .flat_map_iter(plane)
            .collect();
        Self::new(size, pixels, self.labels.clone())
    }

    /// Standard deviation of the intensities over all images and pixels, about each pixel's mean.
    pub fn pixel_std(&self) -> f64 {
        let (n, dim) = (self.n() as f64, self.size.dim());
        let mut sums = vec![(0_u64, 0_u64); dim];
        for image in self.pixels.chunks_exact(dim) {
            for (sum, byte) in sums.iter_mut().zip(image) {
                let value = u64::from(*byte);
                sum.0 += value;
                sum.1 += value * value;
            }
        }
        // Integer sums are exact; the subtraction loses no more than its own rounding.
        let variance: f64 = (sums.iter())
            .map(|(sum, squares)| *squares as f64 / n - (*sum as f64 / n).powi(2))
            .sum();
        (variance / dim as f64).sqrt() / 255.0
    }

    /// Euclidean distance between images `i` and `j` in intensities; exact up to its square root.
    ///
    /// # Panics
    /// When there is no such image.
    pub fn distance(&self, i: usize, j: usize) -> f64 {
        f64::from(squared(self.bytes(i), self.bytes(j))).sqrt() / 255.0
    }

    /// Distance of each of `queries` to its nearest other image. Cost `O(queries n dim)`.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] for a single image.
    ///
    /// # Panics
    /// When a query is no image.
    pub fn nearest_distances(&self, queries: &[usize]) -> Result<Vec<f64>, Error> {
        if self.n() < 2 {
            return Err(Error::TooFewPoints {
                method: "a nearest image",
                required: 2,
                actual: self.n(),
            });
        }
        Ok((queries.par_iter())
            .map(|&i| {
                let query = self.bytes(i);
                let nearest = (0..self.n())
                    .filter(|&j| j != i)
                    .map(|j| squared(query, self.bytes(j)))
                    .min()
                    .unwrap_or(u32::MAX);
                f64::from(nearest).sqrt() / 255.0
            })
            .collect())
    }
}

/// Sum of squared differences; 32 bits hold it up to [`LARGEST_DIM`].
fn squared(a: &[u8], b: &[u8]) -> u32 {
    a.iter()
        .zip(b)
        .map(|(a, b)| {
            let difference = u32::from(a.abs_diff(*b));
            difference * difference
        })
        .sum()
}
