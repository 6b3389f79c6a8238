use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::shape::Shape;
use crate::error::Error;

/// Numbers in a rectangle, at most.
const NUMBERS: usize = 1 << 24;

/// Where a convolution or a pooling looks: a rectangle of at most 2^24 numbers that steps over an
/// image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Rows of the rectangle.
    pub height: usize,
    /// Columns of the rectangle.
    pub width: usize,
    /// Steps between neighbouring rectangles, down and across.
    pub stride: usize,
    /// Rows and columns of padding on every side of the image: fewer than the longer sides of the
    /// rectangle and of the image together, as positions farther out see nothing but padding.
    pub padding: usize,
}

impl Window {
    /// A square window.
    pub fn square(side: usize, stride: usize, padding: usize) -> Self {
        Self {
            height: side,
            width: side,
            stride,
            padding,
        }
    }

    /// Numbers in the rectangle.
    pub(super) fn size(self) -> usize {
        self.height * self.width
    }

    /// Rows and columns of positions that the window has on an image:
    /// `floor((side + 2 padding - window) / stride) + 1` of each.
    ///
    /// # Errors
    /// [`Error::Empty`] for an image without numbers, [`Error::InvalidParameter`] for one of 2^32 - 1
    /// or more, for a window or stride of zero, a window of more than 2^24 numbers, a padding not below
    /// the longer sides of window and image together, or a window larger than the padded image.
    pub(super) fn positions(self, input: Shape) -> Result<(usize, usize), Error> {
        if input.size() == 0 {
            return Err(Error::Empty {
                n: input.channels,
                dim: input.height * input.width,
            });
        }
        input.require_size()?;
        if self.height == 0 || self.width == 0 || self.stride == 0 {
            return Err(Error::invalid(
                "window",
                format!("{} x {}, stride {}", self.height, self.width, self.stride),
                "sides and stride must be at least one",
            ));
        }
        if (self.height.checked_mul(self.width)).is_none_or(|numbers| numbers > NUMBERS) {
            return Err(Error::invalid(
                "window",
                format!("{} x {}", self.height, self.width),
                format!("at most {NUMBERS} numbers"),
            ));
        }
        let sides = self.height.max(self.width) + input.height.max(input.width);
        if self.padding >= sides {
            return Err(Error::invalid(
                "window",
                format!("{} x {}, padding {}", self.height, self.width, self.padding),
                format!("a padding below {sides}, the sides of window and image together"),
            ));
        }
        let count = |side: usize, window: usize| {
            let padded = side.checked_add(self.padding.checked_mul(2)?)?;
            Some(padded.checked_sub(window)? / self.stride + 1)
        };
        (count(input.height, self.height).zip(count(input.width, self.width))).ok_or_else(|| {
            Error::invalid(
                "window",
                format!("{} x {}", self.height, self.width),
                format!(
                    "it must fit into an image of {} x {} with a padding of {}",
                    input.height, input.width, self.padding
                ),
            )
        })
    }

    /// Positions at which place `at` of the window lies on an axis of `side` numbers, of
    /// `positions`: there, position `o` sees number `o stride + at - padding`.
    pub(super) fn inside(self, at: usize, side: usize, positions: usize) -> Range<usize> {
        let from = self.padding.saturating_sub(at).div_ceil(self.stride);
        let to = (side + self.padding)
            .saturating_sub(at)
            .div_ceil(self.stride);
        from.min(positions)..to.min(positions).max(from.min(positions))
    }
}
