/// How the numbers of a point are to be read: `channels` planes of `height` rows of `width`
/// numbers, in that order, as in a contiguous PyTorch tensor of shape (C, H, W).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Number of planes; for a vector, its length.
    pub channels: usize,
    /// Rows of a plane.
    pub height: usize,
    /// Numbers in a row.
    pub width: usize,
}

impl Shape {
    /// A vector of `dim` numbers.
    pub fn vector(dim: usize) -> Self {
        Self::image(dim, 1, 1)
    }

    /// An image.
    pub fn image(channels: usize, height: usize, width: usize) -> Self {
        Self {
            channels,
            height,
            width,
        }
    }

    /// Numbers in a point.
    pub fn size(self) -> usize {
        self.channels * self.height * self.width
    }
}
