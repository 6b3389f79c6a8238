use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::channel::{by_channel, run_dot, run_sum};
use super::layer::TASK;
use super::real::Real;
use crate::error::Error;

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

/// What the backward pass needs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Normalised<T: Real> {
    /// `(x - m) / sqrt(v + eps)`.
    normalised: DMatrix<T>,
    /// Mean and biased variance of each channel.
    moments: Vec<(f64, f64)>,
}

impl<T: Real> BatchNorm<T> {
    /// PyTorch's `eps`.
    pub const EPS: f64 = 1e-5;
    /// PyTorch's `momentum`.
    pub const MOMENTUM: f64 = 0.1;

    /// A new layer: `w = 1`, `b = 0`, running mean 0 and variance 1.
    ///
    /// # Errors
    /// [`Error::Empty`] without channels.
    pub fn identity(channels: usize) -> Result<Self, Error> {
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

    /// Normalises with the statistics of the batch.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] when a channel has a single number, whose variance says nothing;
    /// [`Error::NonFiniteResult`] when its mean or unbiased variance overflows.
    pub(super) fn forward(&self, points: DMatrix<T>) -> Result<(DMatrix<T>, Normalised<T>), Error> {
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
        let factors: Vec<(T, T)> = (moments.iter())
            .map(|(mean, variance)| {
                let inverse = 1.0 / (variance + self.eps).sqrt();
                (T::from_f64(*mean), T::from_f64(inverse))
            })
            .collect();
        let mut normalised = points;
        let mut image = vec![T::ZERO; normalised.len()];
        let columns = (TASK / dim).max(1);
        (normalised.as_mut_slice().par_chunks_mut(dim * columns))
            .zip(image.par_chunks_mut(dim * columns))
            .for_each(|(normalised, image)| {
                let planes = normalised.chunks_exact_mut(positions);
                let images = image.chunks_exact_mut(positions);
                for (at, (plane, image)) in planes.zip(images).enumerate() {
                    let c = at % channels;
                    let (mean, inverse) = factors[c];
                    let (weight, bias) = (self.weight(c), self.bias(c));
                    for (value, image) in plane.iter_mut().zip(image) {
                        *value = (*value - mean) * inverse;
                        *image = weight * *value + bias;
                    }
                }
            });
        let image = DMatrix::from_vec(dim, normalised.ncols(), image);
        Ok((
            image,
            Normalised {
                normalised,
                moments,
            },
        ))
    }

    /// Moves the running statistics towards those of a batch.
    pub(super) fn absorb(&mut self, record: &Normalised<T>) {
        let numbers = (record.normalised.len() / self.channels()) as f64;
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
        record: &Normalised<T>,
        cotangents: DMatrix<T>,
    ) -> (Vec<Vec<T>>, DMatrix<T>) {
        let (channels, dim) = (self.channels(), cotangents.nrows());
        let positions = dim / channels;
        let numbers = (cotangents.ncols() * positions) as f64;
        let sums = by_channel(channels, positions, |range| {
            let mut sums = vec![(0.0, 0.0); range.len()];
            let place = range.start * positions..range.end * positions;
            for (v, u) in (cotangents.as_slice().chunks_exact(dim))
                .zip(record.normalised.as_slice().chunks_exact(dim))
            {
                let planes = v[place.clone()].chunks_exact(positions);
                let planes = planes.zip(u[place.clone()].chunks_exact(positions));
                for (sum, (v, u)) in sums.iter_mut().zip(planes) {
                    sum.0 += run_sum(v, |value| value);
                    sum.1 += run_dot(v, u);
                }
            }
            sums
        });
        let factors: Vec<[T; 3]> = (sums.iter().zip(&record.moments).enumerate())
            .map(|(c, ((sum, dot), (_, variance)))| {
                let slope = self.weight(c).to_f64() / (variance + self.eps).sqrt();
                [slope, sum / numbers, dot / numbers].map(T::from_f64)
            })
            .collect();
        let mut pulled = cotangents;
        let columns = (TASK / dim).max(1);
        (pulled.as_mut_slice().par_chunks_mut(dim * columns))
            .zip(record.normalised.as_slice().par_chunks(dim * columns))
            .for_each(|(pulled, normalised)| {
                let planes = pulled.chunks_exact_mut(positions);
                let planes = planes.zip(normalised.chunks_exact(positions));
                for (at, (pulled, normalised)) in planes.enumerate() {
                    let [slope, mean, share] = factors[at % channels];
                    for (v, u) in pulled.iter_mut().zip(normalised) {
                        *v = slope * (*v - mean - *u * share);
                    }
                }
            });
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

/// Mean and biased variance of each channel, in two passes over numbers that stay in the cache.
fn moments<T: Real>(points: &DMatrix<T>, channels: usize) -> Vec<(f64, f64)> {
    let dim = points.nrows();
    let positions = dim / channels;
    let numbers = (points.ncols() * positions) as f64;
    by_channel(channels, positions, |range| {
        let place = range.start * positions..range.end * positions;
        let mut means = vec![0.0; range.len()];
        for point in points.as_slice().chunks_exact(dim) {
            let planes = point[place.clone()].chunks_exact(positions);
            for (sum, plane) in means.iter_mut().zip(planes) {
                *sum += run_sum(plane, |value| value);
            }
        }
        for mean in &mut means {
            *mean /= numbers;
        }
        let centres: Vec<T> = means.iter().map(|mean| T::from_f64(*mean)).collect();
        let mut squares = vec![0.0; range.len()];
        for point in points.as_slice().chunks_exact(dim) {
            let planes = point[place.clone()].chunks_exact(positions);
            for ((sum, centre), plane) in squares.iter_mut().zip(&centres).zip(planes) {
                *sum += run_sum(plane, |value| (value - *centre) * (value - *centre));
            }
        }
        (means.into_iter().zip(squares))
            .map(|(mean, square)| (mean, square / numbers))
            .collect()
    })
}
