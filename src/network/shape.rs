use serde::{Deserialize, Serialize};

use crate::error::Error;

/// How the numbers of a point are to be read: `channels` planes of `height` rows of `width`
/// numbers, in that order, as in a contiguous PyTorch tensor of shape (C, H, W).
///
/// In JSON it is `[C, H, W]`, or `[d]` for a vector. A point has fewer than 2^32 - 1 numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<usize>", into = "Vec<usize>")]
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

    /// Numbers in a point; [`usize::MAX`] where they are more.
    pub fn size(self) -> usize {
        (self.channels.saturating_mul(self.height)).saturating_mul(self.width)
    }

    /// Refuses a point of more than 2^32 - 2 numbers, whose places would not fit into 32 bits.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`].
    pub(super) fn require_size(self) -> Result<(), Error> {
        if self.size() < u32::MAX as usize {
            return Ok(());
        }
        Err(Error::invalid(
            "shape",
            format!("{} x {} x {}", self.channels, self.height, self.width),
            "a point has fewer than 2^32 - 1 numbers",
        ))
    }

    /// Whether there is a single number in each channel.
    pub fn is_vector(self) -> bool {
        (self.height, self.width) == (1, 1)
    }

    /// This shape, if it is the expected one.
    pub(super) fn require(self, what: &str, expected: Self) -> Result<Self, Error> {
        if self == expected {
            return Ok(self);
        }
        let text = |shape: Self| format!("{} x {} x {}", shape.channels, shape.height, shape.width);
        Err(Error::invalid(
            format!("shape at {what}"),
            text(self),
            format!("channels, height and width have to be {}", text(expected)),
        ))
    }
}

impl From<Shape> for Vec<usize> {
    fn from(shape: Shape) -> Self {
        if shape.is_vector() {
            vec![shape.channels]
        } else {
            vec![shape.channels, shape.height, shape.width]
        }
    }
}

impl TryFrom<Vec<usize>> for Shape {
    type Error = String;

    fn try_from(sizes: Vec<usize>) -> Result<Self, String> {
        let shape = match sizes[..] {
            [dim] => Self::vector(dim),
            [channels, height, width] => Self::image(channels, height, width),
            _ => {
                return Err(format!(
                    "a shape has one size or three (channels, height, width), not {}",
                    sizes.len()
                ));
            }
        };
        shape.require_size().map_err(|error| error.to_string())?;
        Ok(shape)
    }
}
