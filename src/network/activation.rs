use nalgebra::DMatrix;
use rayon::prelude::*;

use super::layer::{Piece, TASK};
use super::real::Real;
use super::tape::Record;
use crate::error::Error;

/// A map of every unit by itself.
///
/// The first four are piecewise affine: a unit's *state* says on which piece it is, counted from
/// the left. At a kink the left piece counts, so that the slope of a ReLU at zero is zero. The
/// others are smooth: their piece at a point is the first-order expansion there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// `max(0, u)`.
    Relu,
    /// `u` above zero, `slope u` below.
    LeakyRelu {
        /// Slope below zero.
        slope: f64,
    },
    /// `|u|`.
    Absolute,
    /// `u` cut to `[-1, 1]`.
    HardTanh,
    /// Hyperbolic tangent; smooth.
    Tanh,
    /// `u Phi(u)`, `Phi` the normal distribution function; smooth (Hendrycks & Gimpel 2016).
    Gelu,
    /// `u / (1 + exp(-u))`; smooth.
    Silu,
}

/// One affine piece of an activation: `u -> slope u + intercept` for `u` in `(from, to]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ActivationPiece {
    /// Where the piece begins.
    pub from: f64,
    /// Where the piece ends.
    pub to: f64,
    /// Its slope.
    pub slope: f64,
    /// Its value at zero.
    pub intercept: f64,
}

const fn piece(from: f64, to: f64, slope: f64, intercept: f64) -> ActivationPiece {
    ActivationPiece {
        from,
        to,
        slope,
        intercept,
    }
}

const INFINITY: f64 = f64::INFINITY;

impl Activation {
    /// The affine pieces from left to right; none for a smooth activation.
    pub fn pieces(&self) -> Vec<ActivationPiece> {
        match *self {
            Self::Relu => vec![
                piece(-INFINITY, 0.0, 0.0, 0.0),
                piece(0.0, INFINITY, 1.0, 0.0),
            ],
            Self::LeakyRelu { slope } => vec![
                piece(-INFINITY, 0.0, slope, 0.0),
                piece(0.0, INFINITY, 1.0, 0.0),
            ],
            Self::Absolute => vec![
                piece(-INFINITY, 0.0, -1.0, 0.0),
                piece(0.0, INFINITY, 1.0, 0.0),
            ],
            Self::HardTanh => vec![
                piece(-INFINITY, -1.0, 0.0, -1.0),
                piece(-1.0, 1.0, 1.0, 0.0),
                piece(1.0, INFINITY, 0.0, 1.0),
            ],
            Self::Tanh | Self::Gelu | Self::Silu => Vec::new(),
        }
    }

    /// Whether the map consists of affine pieces.
    pub fn is_piecewise_affine(&self) -> bool {
        !matches!(self, Self::Tanh | Self::Gelu | Self::Silu)
    }

    /// # Errors
    /// [`Error::InvalidParameter`] for a slope that is not finite.
    pub(super) fn check(&self) -> Result<(), Error> {
        match *self {
            Self::LeakyRelu { slope } if !slope.is_finite() => Err(Error::invalid(
                "slope of a leaky ReLU",
                slope,
                "it must be finite",
            )),
            _ => Ok(()),
        }
    }
}

/// Value and slope of a smooth activation.
fn expansion(activation: Activation, u: f64) -> (f64, f64) {
    match activation {
        Activation::Tanh => {
            let value = u.tanh();
            (value, 1.0 - value * value)
        }
        Activation::Gelu => {
            // The distribution function through erfc, which keeps its digits in the lower tail.
            let cdf = 0.5 * libm::erfc(-u * std::f64::consts::FRAC_1_SQRT_2);
            let density = (-0.5 * u * u).exp() / (2.0 * std::f64::consts::PI).sqrt();
            (u * cdf, cdf + u * density)
        }
        Activation::Silu => {
            let sigmoid = 1.0 / (1.0 + (-u).exp());
            (u * sigmoid, sigmoid * (1.0 + u * (1.0 - sigmoid)))
        }
        _ => unreachable!("only smooth activations are expanded"),
    }
}

impl Activation {
    /// The image of a unit's input. NaN stays NaN, so that an overflow is seen in the result.
    pub(super) fn value<T: Real>(self, u: T) -> T {
        match self {
            Self::Relu => {
                if u <= T::ZERO {
                    T::ZERO
                } else {
                    u
                }
            }
            Self::LeakyRelu { slope } => {
                if u > T::ZERO {
                    u
                } else {
                    T::from_f64(slope) * u
                }
            }
            Self::Absolute => {
                if u > T::ZERO {
                    u
                } else {
                    -u
                }
            }
            Self::HardTanh => {
                if u > T::ONE {
                    T::ONE
                } else if u <= -T::ONE {
                    -T::ONE
                } else {
                    u
                }
            }
            smooth => T::from_f64(expansion(smooth, u.to_f64()).0),
        }
    }

    /// Which piece `u` lies on, counted from the left.
    pub(super) fn state<T: Real>(self, u: T) -> u8 {
        match self {
            Self::HardTanh => u8::from(u > -T::ONE) + u8::from(u > T::ONE),
            _ => u8::from(u > T::ZERO),
        }
    }

    pub(super) fn apply<T: Real>(self, mut points: DMatrix<T>) -> DMatrix<T> {
        points.as_mut_slice().par_chunks_mut(TASK).for_each(|part| {
            for value in part {
                *value = self.value(*value);
            }
        });
        points
    }

    /// The images, in place of the points, with what the backward pass needs of a piecewise-affine
    /// activation (its states) or a smooth one (its slopes).
    pub(super) fn forward<T: Real>(self, mut points: DMatrix<T>) -> (DMatrix<T>, Record<T>) {
        let (dim, n) = points.shape();
        let values = points.as_mut_slice().par_chunks_mut(TASK);
        let record = if self.is_piecewise_affine() {
            let mut states = vec![0; dim * n];
            (values.zip(states.par_chunks_mut(TASK))).for_each(|(values, states)| match self {
                // Known in the loop, the commonest one vectorises.
                Self::Relu => Self::enter(values, states, |u| {
                    (Self::Relu.state(u), Self::Relu.value(u))
                }),
                _ => Self::enter(values, states, |u| (self.state(u), self.value(u))),
            });
            Record::Piece(Piece::States(DMatrix::from_vec(dim, n, states)))
        } else {
            let mut slopes = vec![T::ZERO; dim * n];
            (values.zip(slopes.par_chunks_mut(TASK))).for_each(|(values, slopes)| {
                for (value, slope) in values.iter_mut().zip(slopes) {
                    let (image, tangent) = expansion(self, value.to_f64());
                    *value = T::from_f64(image);
                    *slope = T::from_f64(tangent);
                }
            });
            Record::Slopes(DMatrix::from_vec(dim, n, slopes))
        };
        (points, record)
    }

    /// Writes states and, in place, images.
    fn enter<T: Real>(values: &mut [T], states: &mut [u8], map: impl Fn(T) -> (u8, T)) {
        for (value, state) in values.iter_mut().zip(states) {
            (*state, *value) = map(*value);
        }
    }

    /// The piece at each point of the layer's *input*.
    pub(super) fn piece<T: Real>(self, input: &DMatrix<T>) -> Piece<T> {
        if self.is_piecewise_affine() {
            Piece::States(input.map(|u| self.state(u)))
        } else {
            let expansions = input.map(|u| expansion(self, u.to_f64()));
            Piece::Expansion {
                slopes: expansions.map(|(_, slope)| T::from_f64(slope)),
                intercepts: expansions.zip_map(input, |(value, slope), u| {
                    T::from_f64(value - slope * u.to_f64())
                }),
            }
        }
    }

    /// Slopes of the pieces, times the vectors; the map is its own transpose.
    pub(super) fn push<T: Real>(self, piece: &Piece<T>, vectors: DMatrix<T>) -> DMatrix<T> {
        match piece {
            Piece::States(states) => {
                let slopes: Vec<T> = (self.pieces().iter())
                    .map(|piece| T::from_f64(piece.slope))
                    .collect();
                // Selections instead of a look-up: they vectorise.
                let (left, middle) = (slopes[0], slopes[1]);
                let right = slopes.get(2).copied().unwrap_or(middle);
                scale(vectors, states, |value, state| {
                    let slope = if state == 1 { middle } else { right };
                    value * if state == 0 { left } else { slope }
                })
            }
            Piece::Expansion { slopes, .. } => scale(vectors, slopes, |value, slope| value * slope),
            _ => unreachable!("an activation has states or an expansion"),
        }
    }

    /// The value of each unit's affine piece at its input `vectors`, one column a point.
    pub(super) fn extend<T: Real>(self, piece: &Piece<T>, vectors: DMatrix<T>) -> DMatrix<T> {
        let mut image = self.push(piece, vectors);
        match piece {
            Piece::States(states) => {
                let intercepts: Vec<T> = (self.pieces().iter())
                    .map(|piece| T::from_f64(piece.intercept))
                    .collect();
                image.zip_apply(states, |value, state| *value += intercepts[state as usize]);
            }
            Piece::Expansion { intercepts, .. } => image += intercepts,
            _ => unreachable!("an activation has states or an expansion"),
        }
        image
    }
}

/// Changes each column of the vectors by the column of `factors` of its point.
pub(super) fn scale<T: Real, S: nalgebra::Scalar + Copy + Sync>(
    mut vectors: DMatrix<T>,
    factors: &DMatrix<S>,
    change: impl Fn(T, S) -> T + Sync,
) -> DMatrix<T> {
    // Without points there are no vectors either.
    let group = vectors.ncols() / factors.ncols().max(1);
    let dim = vectors.nrows();
    let factors = factors.as_slice();
    (vectors.as_mut_slice().par_chunks_mut(dim))
        .with_min_len((TASK / dim).max(1))
        .enumerate()
        .for_each(|(c, column)| {
            let factors = &factors[c / group * dim..][..dim];
            for (value, factor) in column.iter_mut().zip(factors) {
                *value = change(*value, *factor);
            }
        });
    vectors
}
