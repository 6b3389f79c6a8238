use nalgebra::DMatrix;
use rand::seq::SliceRandom;
use rayon::prelude::*;

use crate::error::Error;
use crate::image::{Augmentation, Images};
use crate::network::Real;
use crate::seed::Seed;

/// The batches of every epoch: a fresh permutation of the points, cut into batches of one size. The points that do
/// not fill the last batch wait for the next epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batches {
    n: usize,
    size: usize,
    seed: Seed,
}

impl Batches {
    /// Batches of `size` of `n` points, epoch `e` permuted by the stream `e`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for batches of fewer than two points or of more than there are.
    pub fn new(n: usize, size: usize, seed: Seed) -> Result<Self, Error> {
        if size < 2 {
            return Err(Error::invalid(
                "batch",
                size,
                "at least 2 points: a batch normalisation has to see a variance",
            ));
        }
        if size > n {
            return Err(Error::invalid(
                "batch",
                size,
                format!("at most the {n} points that there are"),
            ));
        }
        Ok(Self { n, size, seed })
    }

    /// Batches in an epoch.
    pub fn per_epoch(&self) -> u64 {
        (self.n / self.size) as u64
    }

    /// The points of each batch of an epoch.
    pub fn epoch(&self, epoch: u64) -> Vec<Vec<usize>> {
        let mut order: Vec<usize> = (0..self.n).collect();
        order.shuffle(&mut self.seed.child(epoch).rng());
        (order.chunks_exact(self.size))
            .map(<[usize]>::to_vec)
            .collect()
    }
}

/// One view of each of some images, a `d x n` matrix of intensities; image `i` is changed by the stream `i`.
///
/// # Panics
/// When an index is no image.
pub fn views<T: Real>(
    images: &Images,
    indices: &[usize],
    augmentation: &Augmentation,
    seed: Seed,
) -> DMatrix<T> {
    let (size, dim) = (images.size(), images.size().dim());
    let mut matrix = vec![T::ZERO; dim * indices.len()];
    (matrix.par_chunks_mut(dim))
        .zip(indices)
        .for_each(|(column, &i)| {
            let view = augmentation.view(&images.intensities(i), size, seed.child(i));
            for (number, intensity) in column.iter_mut().zip(view) {
                *number = T::from_f64(intensity);
            }
        });
    DMatrix::from_vec(dim, indices.len(), matrix)
}
