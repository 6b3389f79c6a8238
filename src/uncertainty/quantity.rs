use nalgebra::{DMatrix, DVector};

use crate::entropy::EntropyEstimator;
use crate::error::Error;
use crate::information::InformationEstimator;
use crate::law::{Gaussian, JointGaussian, JointLaw, Law, Truth};
use crate::linalg::{Spd, covariance, mean};
use crate::sample::{Paired, Sample};
use crate::seed::Seed;

/// Points or pairs: what can be divided into parts and imitated by a Gaussian law.
pub trait Data: Sized + Sync {
    /// Number of points or pairs.
    fn n(&self) -> usize;

    /// Those at `indices`, in that order.
    ///
    /// # Errors
    /// As [`Sample::select`].
    fn select(&self, indices: &[usize]) -> Result<Self, Error>;

    /// All coordinates of each point or pair.
    fn joint(&self) -> Sample;

    /// The reverse of [`Data::joint`]: data of the same shape as `self` from their coordinates.
    ///
    /// # Errors
    /// [`Error::Mismatch`] when `joint` has another dimension.
    fn divided(&self, joint: Sample) -> Result<Self, Error>;
}

impl Data for Sample {
    fn n(&self) -> usize {
        Self::n(self)
    }

    fn select(&self, indices: &[usize]) -> Result<Self, Error> {
        Self::select(self, indices)
    }

    fn joint(&self) -> Sample {
        self.clone()
    }

    fn divided(&self, joint: Sample) -> Result<Self, Error> {
        same_dim(self.dim(), joint.dim())?;
        Ok(joint)
    }
}

impl Data for Paired {
    fn n(&self) -> usize {
        Self::n(self)
    }

    fn select(&self, indices: &[usize]) -> Result<Self, Error> {
        Self::new(self.x.select(indices)?, self.y.select(indices)?)
    }

    fn joint(&self) -> Sample {
        Self::joint(self)
    }

    fn divided(&self, joint: Sample) -> Result<Self, Error> {
        let (dim_x, dim_y) = self.dims();
        same_dim(dim_x + dim_y, joint.dim())?;
        let x = joint.map(dim_x, |point, half| half.copy_from_slice(&point[..dim_x]))?;
        let y = joint.map(dim_y, |point, half| half.copy_from_slice(&point[dim_x..]))?;
        Self::new(x, y)
    }
}

fn same_dim(expected: usize, actual: usize) -> Result<(), Error> {
    if expected == actual {
        return Ok(());
    }
    Err(Error::Mismatch {
        what: "coordinates of the points",
        expected,
        actual,
    })
}

/// A number that is estimated from data.
pub trait Quantity: Sync {
    /// What it is estimated from.
    type Data: Data;

    /// The estimate, in nats for entropies and informations.
    ///
    /// # Errors
    /// When the method does not apply to these data.
    fn estimate(&self, data: &Self::Data) -> Result<f64, Error>;

    /// What the estimate is about, for the Gaussian law that the twins come from.
    ///
    /// # Errors
    /// When it is not known.
    fn gaussian_truth(&self, twins: &Twins<'_, Self::Data>) -> Result<f64, Error>;
}

/// Differential entropy, by an estimator.
///
/// The truth for a Gaussian law with covariance `S` is `(d/2) ln(2 pi e) + (1/2) ln det S`, and
/// that of `S + std^2 I` when the estimate is about the
/// [smoothed](EntropyEstimator::smoothing) law.
pub struct Entropy<'a>(pub &'a dyn EntropyEstimator);

impl Quantity for Entropy<'_> {
    type Data = Sample;

    fn estimate(&self, sample: &Sample) -> Result<f64, Error> {
        self.0.entropy(sample)
    }

    fn gaussian_truth(&self, twins: &Twins<'_, Sample>) -> Result<f64, Error> {
        let mut covariance = twins.covariance.clone();
        if let Some(std) = self.0.smoothing() {
            for j in 0..covariance.nrows() {
                covariance[(j, j)] += std * std;
            }
        }
        let law = Gaussian::new(DVector::zeros(covariance.nrows()), &covariance)?;
        exact(law.entropy())
    }
}

/// Mutual information, by an estimator.
///
/// The truth for a Gaussian law is `(1/2) (ln det S_x + ln det S_y - ln det S)`.
pub struct Information<'a>(pub &'a dyn InformationEstimator);

impl Quantity for Information<'_> {
    type Data = Paired;

    fn estimate(&self, pairs: &Paired) -> Result<f64, Error> {
        self.0.information(pairs)
    }

    fn gaussian_truth(&self, twins: &Twins<'_, Paired>) -> Result<f64, Error> {
        let law = JointGaussian::new(twins.data.x.dim(), &twins.covariance)?;
        exact(law.information())
    }
}

fn exact(truth: Truth) -> Result<f64, Error> {
    match truth {
        Truth::Exact(value) => Ok(value),
        other => Err(Error::invalid(
            "truth of a Gaussian law",
            format!("{other:?}"),
            "a closed form",
        )),
    }
}

/// Gaussian samples with the size, the mean and the covariance of given data.
pub struct Twins<'a, D> {
    data: &'a D,
    covariance: DMatrix<f64>,
    law: Gaussian,
}

impl<'a, D: Data> Twins<'a, D> {
    /// The Gaussian law with the mean of the data and their covariance (divisor `n - 1`).
    ///
    /// Takes more points than coordinates. Cost `O(n d^2 + d^3)`.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] when `n <= d`, `d` counting the coordinates of both halves of
    /// pairs: the covariance is singular, and has no Gaussian density;
    /// [`Error::SingularCovariance`] when it is singular all the same.
    pub fn new(data: &'a D) -> Result<Self, Error> {
        let joint = data.joint();
        if joint.n() <= joint.dim() {
            return Err(Error::TooFewPoints {
                method: "a Gaussian law with the covariance of the data",
                required: joint.dim() + 1,
                actual: joint.n(),
            });
        }
        let covariance = covariance(&joint)?;
        let law = Gaussian::new(DVector::from_vec(mean(&joint)), &covariance)?;
        Ok(Self {
            data,
            covariance,
            law,
        })
    }

    /// Covariance of all coordinates, `d x d`.
    pub fn covariance(&self) -> &DMatrix<f64> {
        &self.covariance
    }

    /// Its factor.
    pub fn factor(&self) -> &Spd {
        self.law.covariance()
    }

    /// As many points or pairs as the data hold, drawn from the law.
    ///
    /// # Errors
    /// [`Error::Mismatch`] only if [`Data::divided`] does not take what [`Data::joint`] gave.
    pub fn draw(&self, seed: Seed) -> Result<D, Error> {
        self.data.divided(self.law.sample(self.data.n(), seed))
    }
}
