//! Labelled, order-free random streams.

use std::fmt::Display;

use nalgebra::DMatrix;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;
use sha2::{Digest, Sha256};

/// A point in the tree of random streams.
///
/// A child is named by a label, never by the order of the calls, so that adding a draw
/// somewhere changes no number elsewhere:
///
/// ```
/// use rand::RngExt;
/// use vicinfo::seed::Seed;
///
/// let seed = Seed::root(7);
/// let draw = |label: u32| seed.child("noise").child(label).rng().random::<f64>();
/// assert_eq!(draw(3), draw(3));
/// assert_ne!(draw(3), draw(4));
/// ```
///
/// A child's key is `SHA-256(parent key || label)`, the stream is ChaCha with 8 rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seed([u8; 32]);

impl Seed {
    /// The root of a tree of streams.
    pub fn root(number: u64) -> Self {
        Self(Sha256::digest(number.to_le_bytes()).into())
    }

    /// The stream of this name below the present one.
    #[must_use]
    pub fn child(self, label: impl Display) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(self.0);
        hasher.update(label.to_string().as_bytes());
        Self(hasher.finalize().into())
    }

    /// A generator at the beginning of this stream.
    pub fn rng(self) -> ChaCha8Rng {
        ChaCha8Rng::from_seed(self.0)
    }

    /// A `rows x columns` matrix of independent standard normal numbers, drawn column by column from the
    /// beginning of this stream.
    pub fn normal_matrix(self, rows: usize, columns: usize) -> DMatrix<f64> {
        let mut rng = self.rng();
        DMatrix::from_fn(rows, columns, |_, _| rng.sample(StandardNormal))
    }
}
