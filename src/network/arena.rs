use nalgebra::DMatrix;

use super::real::Real;

/// Memory of passes that are over, for those to come: fresh memory would have to be mapped, page by page, in every
/// training step.
#[derive(Debug)]
pub(crate) struct Arena<T: Real> {
    /// What is not in use, the longest unused first.
    spare: Vec<Vec<T>>,
    /// Buffers taken since the last [`Arena::settle`].
    taken: usize,
}

impl<T: Real> Arena<T> {
    pub(crate) fn new() -> Self {
        Self {
            spare: Vec::new(),
            taken: 0,
        }
    }

    /// A buffer of `len` numbers, whatever they are.
    pub(super) fn take(&mut self, len: usize) -> Vec<T> {
        self.taken += 1;
        let fitting = (self.spare.iter().enumerate())
            // A small need does not use up a large buffer.
            .filter(|(_, buffer)| (len..=2 * len).contains(&buffer.capacity()))
            .min_by_key(|(_, buffer)| buffer.capacity())
            .map(|(place, _)| place);
        match fitting {
            Some(place) => {
                let mut buffer = self.spare.remove(place);
                buffer.resize(len, T::ZERO);
                buffer
            }
            None => vec![T::ZERO; len],
        }
    }

    /// As [`Arena::take`], all zero.
    pub(super) fn zeros(&mut self, len: usize) -> Vec<T> {
        let mut buffer = self.take(len);
        buffer.fill(T::ZERO);
        buffer
    }

    /// A copy of a matrix.
    pub(super) fn copy(&mut self, matrix: &DMatrix<T>) -> DMatrix<T> {
        let mut copy = self.take(matrix.len());
        copy.copy_from_slice(matrix.as_slice());
        DMatrix::from_vec(matrix.nrows(), matrix.ncols(), copy)
    }

    /// Takes the memory of a matrix, wherever it comes from.
    pub(super) fn give(&mut self, matrix: DMatrix<T>) {
        self.spare.push(matrix.data.into());
    }

    /// Ends a round: keeps no more buffers than it has taken.
    pub(crate) fn settle(&mut self) {
        let surplus = self.spare.len().saturating_sub(self.taken);
        self.spare.drain(..surplus);
        self.taken = 0;
    }
}
