use nalgebra::DMatrix;

use super::normal_cdf;
use crate::error::Error;
use crate::law::{Law, Mixture};
use crate::network::{Layer, Network, Piece};

/// One piece of a map of the line: `x -> slope x + intercept` for `x` in `(from, to]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LineSegment {
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// Its slope.
    pub slope: f64,
    /// Its value at zero.
    pub intercept: f64,
}

impl LineSegment {
    /// The value at `x`, on the segment or beyond it.
    pub fn at(&self, x: f64) -> f64 {
        self.slope * x + self.intercept
    }

    /// The point of the segment that `z` is the image of; none off the image or for a slope of 0.
    pub(super) fn preimage(&self, z: f64) -> Option<f64> {
        // Its image is a point, and the division would put `z` at an end at infinity.
        if self.slope == 0.0 {
            return None;
        }
        let x = (z - self.intercept) / self.slope;
        (x > self.from && x <= self.to).then_some(x)
    }

    /// The images of its finite ends.
    pub(super) fn image_ends(&self) -> impl Iterator<Item = f64> {
        let ends = [self.from, self.to].into_iter().filter(|x| x.is_finite());
        ends.map(|x| self.at(x))
    }
}

/// A piecewise-affine map of the line, on which preimages can be counted and integrals are exact.
#[derive(Debug, Clone, PartialEq)]
pub struct PiecewiseLine {
    segments: Vec<LineSegment>,
}

impl PiecewiseLine {
    /// A map from its segments, from left to right; it may jump between them.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless each begins where the one before it ends, from `-inf` to
    /// `inf`, with finite slopes and intercepts.
    pub fn new(segments: Vec<LineSegment>) -> Result<Self, Error> {
        let mut end = f64::NEG_INFINITY;
        for segment in &segments {
            let LineSegment {
                from,
                to,
                slope,
                intercept,
            } = *segment;
            if from.total_cmp(&end).is_ne()
                || from.partial_cmp(&to) != Some(std::cmp::Ordering::Less)
            {
                return Err(Error::invalid(
                    "segment",
                    format!("({from}, {to}]"),
                    format!("it must begin at {end} and have a length"),
                ));
            }
            for (name, value) in [("slope", slope), ("intercept", intercept)] {
                if !value.is_finite() {
                    return Err(Error::invalid(name, value, "it must be finite"));
                }
            }
            end = to;
        }
        if end.total_cmp(&f64::INFINITY).is_ne() {
            return Err(Error::invalid("last segment", end, "it must end at inf"));
        }
        Ok(Self { segments })
    }

    /// The whole map of a network from the line to the line, layer by layer: a unit splits every
    /// segment on which its input passes a kink. Cost: a pass of each layer a segment.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for more inputs or outputs than one; [`Error::InvalidParameter`] for a
    /// layer that is neither affine nor an activation with pieces.
    pub fn of_network(network: &Network<f64>) -> Result<Self, Error> {
        for (what, size) in [
            ("inputs of a map of the line", network.input().size()),
            ("outputs of a map of the line", network.output().size()),
        ] {
            if size != 1 {
                return Err(Error::Mismatch {
                    what,
                    expected: 1,
                    actual: size,
                });
            }
        }
        let one = DMatrix::from_element(1, 1, 1.0);
        let mut parts = vec![Part {
            from: f64::NEG_INFINITY,
            to: f64::INFINITY,
            slopes: one.clone(),
            intercepts: one * 0.0,
        }];
        for (index, layer) in network.layers().iter().enumerate() {
            if let Layer::Activation(activation) = layer {
                let kinks: Vec<f64> = (activation.pieces().iter())
                    .map(|piece| piece.to)
                    .filter(|kink| kink.is_finite())
                    .collect();
                parts = parts.iter().flat_map(|part| part.split(&kinks)).collect();
            }
            for part in &mut parts {
                part.pass(layer, index)?;
            }
        }
        Self::new(
            (parts.into_iter())
                .map(|part| LineSegment {
                    from: part.from,
                    to: part.to,
                    slope: part.slopes[0],
                    intercept: part.intercepts[0],
                })
                .collect(),
        )
    }

    /// The segments from left to right.
    pub fn segments(&self) -> &[LineSegment] {
        &self.segments
    }

    /// The image of a point.
    pub fn apply(&self, x: f64) -> f64 {
        let place = self.segments.partition_point(|segment| segment.to < x);
        self.segments[place.min(self.segments.len() - 1)].at(x)
    }
}

/// A stretch of the line on which all units of a layer are affine.
struct Part {
    from: f64,
    to: f64,
    slopes: DMatrix<f64>,
    intercepts: DMatrix<f64>,
}

impl Part {
    /// Cuts where a unit passes one of its kinks.
    fn split(&self, kinks: &[f64]) -> Vec<Self> {
        let mut cuts = vec![self.from, self.to];
        for (slope, intercept) in self.slopes.iter().zip(self.intercepts.iter()) {
            // A constant unit gives NaN or an infinity, which lies in no part.
            let places = kinks.iter().map(|kink| (kink - intercept) / slope);
            cuts.extend(places.filter(|x| *x > self.from && *x < self.to));
        }
        cuts.sort_by(f64::total_cmp);
        cuts.dedup();
        (cuts.iter().zip(&cuts[1..]))
            .map(|(&from, &to)| Self {
                from,
                to,
                slopes: self.slopes.clone(),
                intercepts: self.intercepts.clone(),
            })
            .collect()
    }

    /// A point in the middle, away from the kinks.
    fn inner(&self) -> f64 {
        match (self.from.is_finite(), self.to.is_finite()) {
            (true, true) => f64::midpoint(self.from, self.to),
            (true, false) => self.from + self.from.abs().max(1.0),
            (false, true) => self.to - self.to.abs().max(1.0),
            (false, false) => 0.0,
        }
    }

    fn pass(&mut self, layer: &Layer<f64>, index: usize) -> Result<(), Error> {
        let input = &self.slopes * self.inner() + &self.intercepts;
        let piece = layer.piece(&input);
        let known = matches!(
            (layer, &piece),
            (Layer::Activation(_), Piece::States(_)) | (_, Piece::Whole)
        );
        if !known {
            return Err(Error::invalid(
                format!("layer {index}"),
                "neither affine nor a piecewise-affine activation",
                "its pieces along a line are not known here",
            ));
        }
        self.slopes = layer.push(&piece, self.slopes.clone());
        self.intercepts = layer.extend(&piece, self.intercepts.clone());
        Ok(())
    }
}

/// A Gaussian on the line with its weight.
#[derive(Debug, Clone, Copy)]
pub(super) struct LineComponent {
    pub weight: f64,
    pub mean: f64,
    pub std_dev: f64,
}

impl LineComponent {
    /// The components of a law on the line.
    pub(super) fn of(law: &Mixture) -> Result<Vec<Self>, Error> {
        if law.dim() != 1 {
            return Err(Error::Mismatch {
                what: "dimension of a law on the line",
                expected: 1,
                actual: law.dim(),
            });
        }
        Ok((law.weights().iter().enumerate())
            .map(|(n, &weight)| Self {
                weight,
                mean: law.means()[(0, n)],
                std_dev: law.component_covariance(n)[(0, 0)].sqrt(),
            })
            .collect())
    }

    /// `ln (weight N(x; mean, std_dev^2))`.
    pub(super) fn ln_density(&self, x: f64) -> f64 {
        let xi = (x - self.mean) / self.std_dev;
        self.weight.ln() - self.std_dev.ln() - 0.5 * (xi * xi + std::f64::consts::TAU.ln())
    }

    /// Its probability, times the weight, of `(from, to]`.
    pub(super) fn mass(&self, from: f64, to: f64) -> f64 {
        let place = |x: f64| (x - self.mean) / self.std_dev;
        self.weight * normal_mass(place(from), place(to))
    }
}

/// `Phi(to) - Phi(from)`, from the tail in which both have their digits.
pub(super) fn normal_mass(from: f64, to: f64) -> f64 {
    if from > 0.0 {
        normal_cdf(-from) - normal_cdf(-to)
    } else {
        normal_cdf(to) - normal_cdf(from)
    }
}
