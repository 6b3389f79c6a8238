use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::activation::Activation;
use super::arena::Arena;
use super::channel::{by_part, run_sums};
use super::layer::TASK;
use super::real::Real;
use super::weight_limit::require_weights;
use crate::error::Error;
use crate::linalg::lanes::{run_sum, widely};

/// Batch normalisation, `y = w (x - m) / sqrt(v + eps) + b` in every channel.
///
/// In evaluation `m` and `v` are the running statistics, and the layer is affine. In training they
/// are the mean and the biased variance of the batch, over the points and all positions of the
/// channel; the running statistics then move towards the batch's mean and *unbiased* variance by
/// the share `momentum`. The same layer serves vectors and images.
///
/// # Source
/// Ioffe & Szegedy 2015; the conventions are those of PyTorch's `BatchNorm1d` and `BatchNorm2d`.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchNorm<T: Real> {
    /// `w` and `b`, where the layer has them.
    scale: Option<(DVector<T>, DVector<T>)>,
    running_mean: DVector<T>,
    running_var: DVector<T>,
    eps: f64,
    momentum: f64,
}

/// What the backward pass needs. It normalises the input again: that is quicker than to write it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Normalised<T: Real> {
    pub input: DMatrix<T>,
    /// Mean and biased variance of each channel.
    moments: Vec<(f64, f64)>,
    /// Whether a ReLU has been applied to the image.
    rectified: bool,
}

/// How a channel is normalised, and what comes of it: `u = (x - mean) inverse` and `y = weight u + bias`.
#[derive(Clone, Copy)]
struct Rule<T> {
    mean: T,
    inverse: T,
    weight: T,
    bias: T,
}

impl<T: Real> Rule<T> {
    /// `u` and `y` at `x`.
    #[inline(always)]
    fn at(self, x: T) -> (T, T) {
        let normalised = (x - self.mean) * self.inverse;
        (normalised, self.weight * normalised + self.bias)
    }

    /// `u`, and the cotangent before the ReLU, where there is one.
    #[inline(always)]
    fn back<const RECTIFIED: bool>(self, x: T, cotangent: T) -> (T, T) {
        let (normalised, image) = self.at(x);
        let slope = if !RECTIFIED || image > T::ZERO {
            T::ONE
        } else {
            T::ZERO
        };
        (normalised, cotangent * slope)
    }

    /// `sum v` and `sum v u` over a plane.
    #[inline(always)]
    fn sums<const RECTIFIED: bool>(self, cotangents: &[T], points: &[T]) -> (f64, f64) {
        run_sums(cotangents, points, |v, x| {
            let (u, v) = self.back::<RECTIFIED>(x, v);
            (v, v * u)
        })
    }

    /// `slope (v - mean - u share)` in the place of the cotangents of a plane.
    #[inline(always)]
    fn pull<const RECTIFIED: bool>(
        self,
        cotangents: &mut [T],
        points: &[T],
        [slope, mean, share]: [T; 3],
    ) {
        for (value, x) in cotangents.iter_mut().zip(points) {
            let (u, v) = self.back::<RECTIFIED>(*x, *value);
            *value = slope * (v - mean - u * share);
        }
    }
}

impl<T: Real> BatchNorm<T> {
    /// PyTorch's `eps`.
    pub const EPS: f64 = 1e-5;
    /// PyTorch's `momentum`.
    pub const MOMENTUM: f64 = 0.1;

    /// A new layer: `w = 1`, `b = 0`, running mean 0 and variance 1.
    ///
    /// # Errors
    /// [`Error::Empty`] without channels, [`Error::InvalidParameter`] for more than 2^27, whose numbers take 4 GiB in
    /// double precision.
    pub fn identity(channels: usize) -> Result<Self, Error> {
        require_weights("channels", channels, [[channels as u128, 4, 1]])?;
        let fill = |value| DVector::from_element(channels, value);
        let scale = Some((fill(T::ONE), fill(T::ZERO)));
        Self::new(
            scale,
            fill(T::ZERO),
            fill(T::ONE),
            Self::EPS,
            Self::MOMENTUM,
        )
    }

    /// Takes `(w, b)`, if there are any, the running mean and variance, `eps` and `momentum`.
    ///
    /// # Errors
    /// [`Error::Empty`] without channels, [`Error::Mismatch`] for vectors of different lengths,
    /// [`Error::InvalidParameter`] for numbers that are not finite, a negative variance, an `eps`
    /// that is not positive or a momentum outside `[0, 1]`.
    pub fn new(
        scale: Option<(DVector<T>, DVector<T>)>,
        running_mean: DVector<T>,
        running_var: DVector<T>,
        eps: f64,
        momentum: f64,
    ) -> Result<Self, Error> {
        let channels = running_mean.len();
        if channels == 0 {
            return Err(Error::Empty { n: 0, dim: 0 });
        }
        let mut vectors = vec![
            ("running mean", &running_mean),
            ("running variance", &running_var),
        ];
        if let Some((weight, bias)) = &scale {
            vectors.extend([("weight", weight), ("bias", bias)]);
        }
        for (what, vector) in vectors {
            if vector.len() != channels {
                return Err(Error::Mismatch {
                    what: "channels of a batch normalisation",
                    expected: channels,
                    actual: vector.len(),
                });
            }
            super::require_finite(what, vector.as_slice())?;
        }
        if let Some(index) = running_var.iter().position(|value| *value < T::ZERO) {
            return Err(Error::invalid(
                format!("running variance, entry {index}"),
                running_var[index],
                "a variance is not negative",
            ));
        }
        if !(eps > 0.0 && eps.is_finite()) {
            return Err(Error::invalid("eps", eps, "it must be positive and finite"));
        }
        if !(0.0..=1.0).contains(&momentum) {
            return Err(Error::invalid(
                "momentum",
                momentum,
                "it must lie between 0 and 1",
            ));
        }
        Ok(Self {
            scale,
            running_mean,
            running_var,
            eps,
            momentum,
        })
    }

    /// Number of channels.
    pub fn channels(&self) -> usize {
        self.running_mean.len()
    }

    /// `w` and `b`, where the layer has them.
    pub fn scale(&self) -> Option<(&DVector<T>, &DVector<T>)> {
        self.scale.as_ref().map(|(weight, bias)| (weight, bias))
    }

    pub(super) fn scale_mut(&mut self) -> Option<(&mut [T], &mut [T])> {
        (self.scale.as_mut()).map(|(weight, bias)| (weight.as_mut_slice(), bias.as_mut_slice()))
    }

    /// Mean and variance that the evaluation uses.
    pub fn running(&self) -> (&DVector<T>, &DVector<T>) {
        (&self.running_mean, &self.running_var)
    }

    /// What is added to a variance.
    pub fn eps(&self) -> f64 {
        self.eps
    }

    /// Share by which the running statistics move.
    pub fn momentum(&self) -> f64 {
        self.momentum
    }

    /// `w` of a channel; 1 where the layer has none.
    fn weight(&self, channel: usize) -> T {
        self.scale
            .as_ref()
            .map_or(T::ONE, |(weight, _)| weight[channel])
    }

    /// `b` of a channel; 0 where the layer has none.
    fn bias(&self, channel: usize) -> T {
        self.scale
            .as_ref()
            .map_or(T::ZERO, |(_, bias)| bias[channel])
    }

    /// `u -> slope u + intercept` of every channel in evaluation.
    fn affine(&self) -> Vec<(T, T)> {
        (0..self.channels())
            .map(|c| {
                let slope =
                    self.weight(c).to_f64() / (self.running_var[c].to_f64() + self.eps).sqrt();
                let intercept = self.bias(c).to_f64() - self.running_mean[c].to_f64() * slope;
                (T::from_f64(slope), T::from_f64(intercept))
            })
            .collect()
    }

    pub(super) fn apply(&self, points: DMatrix<T>) -> DMatrix<T> {
        let affine = self.affine();
        by_plane(points, self.channels(), |c, plane| {
            let (slope, intercept) = affine[c];
            for value in plane {
                *value = slope * *value + intercept;
            }
        })
    }

    /// The linear part in evaluation; it is its own transpose.
    pub(super) fn push(&self, vectors: DMatrix<T>) -> DMatrix<T> {
        let affine = self.affine();
        by_plane(vectors, self.channels(), |c, plane| {
            let (slope, _) = affine[c];
            for value in plane {
                *value = slope * *value;
            }
        })
    }

    /// Normalises with the statistics of the batch, and applies a ReLU if one follows.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] when a channel has a single number, whose variance says nothing;
    /// [`Error::NonFiniteResult`] when its mean or unbiased variance overflows.
    pub(super) fn forward(
        &self,
        points: DMatrix<T>,
        rectified: bool,
        arena: &mut Arena<T>,
    ) -> Result<(DMatrix<T>, Normalised<T>), Error> {
        let (channels, dim) = (self.channels(), points.nrows());
        let positions = dim / channels;
        if points.ncols() * positions < 2 {
            return Err(Error::TooFewPoints {
                method: "batch normalisation in training mode",
                required: 2,
                actual: points.ncols(),
            });
        }
        let moments = moments(&points, channels);
        // The unbiased variance, which the running one takes, is at most twice the biased one.
        for (c, (mean, variance)) in moments.iter().enumerate() {
            for (what, value) in [("mean", *mean), ("variance", 2.0 * variance)] {
                if !T::from_f64(value).is_finite() {
                    return Err(Error::NonFiniteResult {
                        what: format!("{what} of channel {c} in the batch"),
                        value: T::from_f64(value).to_string(),
                    });
                }
            }
        }
        let record = Normalised {
            input: points,
            moments,
            rectified,
        };
        let rules = self.rules(&record);
        let mut image = arena.take(record.input.len());
        let columns = (TASK / dim).max(1);
        (record.input.as_slice().par_chunks(dim * columns))
            .zip(image.par_chunks_mut(dim * columns))
            .for_each(|(points, images)| {
                widely(
                    #[inline(always)]
                    || {
                        let planes = points.chunks_exact(positions);
                        let images = images.chunks_exact_mut(positions);
                        for (at, (plane, image)) in planes.zip(images).enumerate() {
                            let rule = rules[at % channels];
                            // Told apart outside the loop, both cases vectorise.
                            if rectified {
                                map(plane, image, |x| Activation::Relu.value(rule.at(x).1));
                            } else {
                                map(plane, image, |x| rule.at(x).1);
                            }
                        }
                    },
                );
            });
        Ok((DMatrix::from_vec(dim, record.input.ncols(), image), record))
    }

    /// What has been done to every channel.
    fn rules(&self, record: &Normalised<T>) -> Vec<Rule<T>> {
        (record.moments.iter().enumerate())
            .map(|(c, (mean, variance))| Rule {
                mean: T::from_f64(*mean),
                inverse: T::from_f64(1.0 / (variance + self.eps).sqrt()),
                weight: self.weight(c),
                bias: self.bias(c),
            })
            .collect()
    }

    /// Moves the running statistics towards those of a batch.
    pub(super) fn absorb(&mut self, record: &Normalised<T>) {
        let numbers = (record.input.len() / self.channels()) as f64;
        for (c, (mean, variance)) in record.moments.iter().enumerate() {
            let towards = |old: T, new: f64| {
                T::from_f64((1.0 - self.momentum) * old.to_f64() + self.momentum * new)
            };
            self.running_mean[c] = towards(self.running_mean[c], *mean);
            let unbiased = variance * numbers / (numbers - 1.0);
            self.running_var[c] = towards(self.running_var[c], unbiased);
        }
    }

    /// Gradients in `w` and `b`, and the cotangents of the input: with `u` the normalised input,
    /// `m` numbers a channel and `v` the cotangents,
    /// `w / sqrt(var + eps) (v - sum v / m - u sum (v u) / m)`.
    pub(super) fn backward(
        &self,
        record: Normalised<T>,
        cotangents: DMatrix<T>,
        arena: &mut Arena<T>,
    ) -> (Vec<Vec<T>>, DMatrix<T>) {
        let (channels, dim) = (self.channels(), cotangents.nrows());
        let positions = dim / channels;
        let numbers = (cotangents.ncols() * positions) as f64;
        let rules = self.rules(&record);
        let rectified = record.rectified;
        let sums = by_part(
            dim,
            cotangents.ncols(),
            #[inline(always)]
            |part| {
                let mut sums = vec![(0.0, 0.0); channels];
                let place = part.start * dim..part.end * dim;
                let cotangents = cotangents.as_slice()[place.clone()].chunks_exact(positions);
                let points = record.input.as_slice()[place].chunks_exact(positions);
                for (at, (v, x)) in cotangents.zip(points).enumerate() {
                    let (rule, sum) = (rules[at % channels], &mut sums[at % channels]);
                    let (total, dot) = if rectified {
                        rule.sums::<true>(v, x)
                    } else {
                        rule.sums::<false>(v, x)
                    };
                    sum.0 += total;
                    sum.1 += dot;
                }
                sums
            },
            |sum, other| {
                sum.0 += other.0;
                sum.1 += other.1;
            },
        );
        let factors: Vec<[T; 3]> = (sums.iter().zip(&record.moments).enumerate())
            .map(|(c, ((sum, dot), (_, variance)))| {
                let slope = self.weight(c).to_f64() / (variance + self.eps).sqrt();
                [slope, sum / numbers, dot / numbers].map(T::from_f64)
            })
            .collect();
        let mut pulled = cotangents;
        let columns = (TASK / dim).max(1);
        (pulled.as_mut_slice().par_chunks_mut(dim * columns))
            .zip(record.input.as_slice().par_chunks(dim * columns))
            .for_each(|(pulled, points)| {
                widely(
                    #[inline(always)]
                    || {
                        let planes = pulled.chunks_exact_mut(positions);
                        let planes = planes.zip(points.chunks_exact(positions));
                        for (at, (pulled, points)) in planes.enumerate() {
                            let (rule, factors) = (rules[at % channels], factors[at % channels]);
                            if rectified {
                                rule.pull::<true>(pulled, points, factors);
                            } else {
                                rule.pull::<false>(pulled, points, factors);
                            }
                        }
                    },
                );
            });
        arena.give(record.input);
        let gradients = match self.scale {
            Some(_) => vec![
                sums.iter().map(|(_, dot)| T::from_f64(*dot)).collect(),
                sums.iter().map(|(sum, _)| T::from_f64(*sum)).collect(),
            ],
            None => Vec::new(),
        };
        (gradients, pulled)
    }
}

#[inline(always)]
fn map<T: Real>(values: &[T], images: &mut [T], f: impl Fn(T) -> T) {
    for (image, value) in images.iter_mut().zip(values) {
        *image = f(*value);
    }
}

/// Changes every plane, told its channel, in place.
fn by_plane<T: Real>(
    mut points: DMatrix<T>,
    channels: usize,
    change: impl Fn(usize, &mut [T]) + Sync,
) -> DMatrix<T> {
    let dim = points.nrows();
    let columns = (TASK / dim).max(1);
    (points.as_mut_slice().par_chunks_mut(dim * columns)).for_each(|points| {
        for (at, plane) in points.chunks_exact_mut(dim / channels).enumerate() {
            change(at % channels, plane);
        }
    });
    points
}

/// Mean and biased variance of each channel: of parts in two passes over numbers that stay in the cache, put together
/// as Chan, Golub & LeVeque 1983 do.
fn moments<T: Real>(points: &DMatrix<T>, channels: usize) -> Vec<(f64, f64)> {
    let (dim, n) = points.shape();
    let positions = dim / channels;
    let moments = by_part(
        dim,
        n,
        #[inline(always)]
        |part| {
            let numbers = (part.len() * positions) as f64;
            let points = &points.as_slice()[part.start * dim..part.end * dim];
            let mut means = vec![0.0; channels];
            for (at, plane) in points.chunks_exact(positions).enumerate() {
                means[at % channels] += run_sum(plane, |value| value);
            }
            for mean in &mut means {
                *mean /= numbers;
            }
            let centres: Vec<T> = means.iter().map(|mean| T::from_f64(*mean)).collect();
            let mut squares = vec![0.0; channels];
            for (at, plane) in points.chunks_exact(positions).enumerate() {
                let centre = centres[at % channels];
                squares[at % channels] +=
                    run_sum(plane, |value| (value - centre) * (value - centre));
            }
            (means.into_iter().zip(squares))
                .map(|(mean, square)| (numbers, mean, square))
                .collect()
        },
        |(numbers, mean, square), (others, other, more)| {
            let (both, step) = (*numbers + others, other - *mean);
            *square += more + step * step * *numbers * others / both;
            *mean += step * others / both;
            *numbers = both;
        },
    );
    (moments.into_iter())
        .map(|(numbers, mean, square)| (mean, square / numbers))
        .collect()
}
