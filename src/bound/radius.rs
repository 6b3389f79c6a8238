use super::observation::NEEDS_CLASSES;
use crate::error::Error;

/// The ball `|W|_F <= B` in which `W_S̄` lies, fixed before the data or found by peeling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Radius {
    /// `B`, chosen without a look at the data.
    Declared(f64),
    /// The smallest of `2 base, 4 base, 8 base, …` that holds the fit; `base` chosen without a look at the data.
    /// The `k`-th ball may fail with probability `d/(k (k + 1))` only, of which the sum is `d`.
    Peeled {
        /// Half the radius of the first ball.
        base: f64,
    },
}

/// A ball, and the share of the probability of failure that it may use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ball {
    /// `B`.
    pub radius: f64,
    /// 1, or `1/(k (k + 1))` for the `k`-th ball of a peeling.
    pub share: f64,
}

impl Radius {
    /// The ball that holds a fit of Frobenius norm `norm`; `None` for a fit that is not known.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a radius or base that is not positive and finite, for a declared radius
    /// that the fit exceeds, since the bound says nothing then, for peeling without a fit, and for a norm that is
    /// negative or not finite.
    pub fn ball(self, norm: Option<f64>) -> Result<Ball, Error> {
        if let Some(norm) = norm {
            not_negative("norm of the fitted weights", norm)?;
        }
        match self {
            Self::Declared(radius) => {
                positive("radius", radius)?;
                match norm {
                    Some(norm) if norm > radius => Err(Error::invalid(
                        "radius",
                        radius,
                        format!("at least the norm {norm} of the fitted weights"),
                    )),
                    _ => Ok(Ball { radius, share: 1.0 }),
                }
            }
            Self::Peeled { base } => {
                positive("base of the radii", base)?;
                let norm = norm.ok_or_else(|| Error::invalid("radius", "peeled", NEEDS_CLASSES))?;
                let (mut k, mut radius) = (1.0, 2.0 * base);
                while radius < norm {
                    k += 1.0;
                    radius *= 2.0;
                }
                Ok(Ball {
                    radius,
                    share: 1.0 / (k * (k + 1.0)),
                })
            }
        }
    }
}

/// Passes a finite number on that is not negative.
pub(super) fn not_negative(name: &'static str, value: f64) -> Result<f64, Error> {
    if value >= 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(Error::invalid(name, value, "a finite number, at least 0"))
    }
}

/// Passes a norm on that is positive, finite, and not exceeded by the largest of the points by more than rounding.
pub(super) fn no_less_than(norm: f64, largest: f64) -> Result<f64, Error> {
    positive("norm of the features", norm)?;
    if largest > norm * (1.0 + 1e-12) {
        return Err(Error::invalid(
            "norm of the features",
            norm,
            format!("at least the norm {largest} of an observed point"),
        ));
    }
    Ok(norm)
}

/// Passes a positive finite number on.
pub(super) fn positive(name: &'static str, value: f64) -> Result<f64, Error> {
    if value > 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(Error::invalid(name, value, "a positive finite number"))
    }
}
