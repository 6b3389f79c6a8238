use libm::erfc;
use nalgebra::DMatrix;
use statrs::function::erf::erfc_inv;

use super::{JointLaw, Law, Truth};
use crate::error::{Error, finite};
use crate::linalg::svd;
use crate::sample::{Paired, Sample};
use crate::seed::Seed;
use crate::stats::Summary;

/// An injective map of `R^d` (or of the support of a law) into `R^e`, `e >= d`.
///
/// Mutual information does not change when either half goes through an injection.
pub trait Injection: Send + Sync {
    /// Name with parameters.
    fn name(&self) -> String;

    /// Number of coordinates of the points that it takes; `None` when any will do.
    fn dim(&self) -> Option<usize> {
        None
    }

    /// Number of coordinates of the image of a point of `dim` coordinates.
    fn image_dim(&self, dim: usize) -> usize {
        dim
    }

    /// Writes the image of `point` into `image`.
    fn apply(&self, point: &[f64], image: &mut [f64]);

    /// Writes the point whose image is `image`.
    fn invert(&self, image: &[f64], point: &mut [f64]);
}

/// A smooth invertible map of `R^d` (or of the support of a law) onto its image in `R^d`.
///
/// `h(f(X)) = h(X) + E ln |det J(X)|`.
pub trait Bijection: Injection {
    /// Matrix of partial derivatives at `point`, `J_ij = d f_i / d x_j`.
    fn jacobian(&self, point: &[f64]) -> DMatrix<f64>;

    /// `ln |det J|` at `point`.
    fn ln_abs_det(&self, point: &[f64]) -> f64;

    /// `ln |det J|` where it is the same everywhere.
    fn constant_ln_abs_det(&self) -> Option<f64> {
        None
    }
}

/// A smooth increasing function of the real line; as a map it acts on every coordinate.
pub trait Increasing: Send + Sync {
    /// Name with parameters.
    fn name(&self) -> String;

    /// `f(x)`.
    fn value(&self, x: f64) -> f64;

    /// The `x` of `f(x) = y`.
    fn inverse(&self, y: f64) -> f64;

    /// `ln f'(x)`.
    fn ln_derivative(&self, x: f64) -> f64;
}

impl<F: Increasing> Injection for F {
    fn name(&self) -> String {
        Increasing::name(self)
    }

    fn apply(&self, point: &[f64], image: &mut [f64]) {
        for (x, y) in point.iter().zip(image) {
            *y = self.value(*x);
        }
    }

    fn invert(&self, image: &[f64], point: &mut [f64]) {
        for (y, x) in image.iter().zip(point) {
            *x = self.inverse(*y);
        }
    }
}

impl<F: Increasing> Bijection for F {
    fn jacobian(&self, point: &[f64]) -> DMatrix<f64> {
        let derivatives = point.iter().map(|x| self.ln_derivative(*x).exp());
        DMatrix::from_diagonal(&nalgebra::DVector::from_iterator(point.len(), derivatives))
    }

    fn ln_abs_det(&self, point: &[f64]) -> f64 {
        point.iter().map(|x| self.ln_derivative(*x)).sum()
    }
}

/// `x -> A x + b` with an invertible square matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Affine {
    matrix: DMatrix<f64>,
    inverse: DMatrix<f64>,
    shift: Vec<f64>,
    ln_abs_det: f64,
}

impl Affine {
    /// An affine bijection of `R^d`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] when the numbers of rows, columns and shifts differ;
    /// [`Error::InvalidParameter`] for a matrix that is singular to working precision.
    pub fn new(matrix: DMatrix<f64>, shift: Vec<f64>) -> Result<Self, Error> {
        let dim = matrix.nrows();
        for (what, actual) in [
            ("columns of the matrix", matrix.ncols()),
            ("shifts", shift.len()),
        ] {
            if actual != dim {
                return Err(Error::Mismatch {
                    what,
                    expected: dim,
                    actual,
                });
            }
        }
        let parts = svd(&matrix)?;
        let (largest, smallest) = (
            parts.values.first().copied().unwrap_or(0.0),
            parts.values.last().copied().unwrap_or(0.0),
        );
        if smallest.is_nan() || smallest <= largest * f64::EPSILON * dim as f64 {
            return Err(Error::invalid(
                "matrix",
                format!("singular values from {largest:e} to {smallest:e}"),
                "an invertible matrix",
            ));
        }
        let mut scaled = parts.v;
        for (mut column, value) in scaled.column_iter_mut().zip(&parts.values) {
            column /= *value;
        }
        Ok(Self {
            inverse: scaled * parts.u.transpose(),
            ln_abs_det: parts.values.iter().map(|v| v.ln()).sum(),
            matrix,
            shift,
        })
    }
}

impl Injection for Affine {
    fn name(&self) -> String {
        format!("affine(dim={})", self.shift.len())
    }

    fn dim(&self) -> Option<usize> {
        Some(self.shift.len())
    }

    fn apply(&self, point: &[f64], image: &mut [f64]) {
        for (i, target) in image.iter_mut().enumerate() {
            let sum: f64 = point
                .iter()
                .enumerate()
                .map(|(j, x)| self.matrix[(i, j)] * x)
                .sum();
            *target = sum + self.shift[i];
        }
    }

    fn invert(&self, image: &[f64], point: &mut [f64]) {
        for (i, target) in point.iter_mut().enumerate() {
            *target = (image.iter().zip(&self.shift).enumerate())
                .map(|(j, (y, b))| self.inverse[(i, j)] * (y - b))
                .sum();
        }
    }
}

impl Bijection for Affine {
    fn jacobian(&self, _point: &[f64]) -> DMatrix<f64> {
        self.matrix.clone()
    }

    fn ln_abs_det(&self, _point: &[f64]) -> f64 {
        self.ln_abs_det
    }

    fn constant_ln_abs_det(&self) -> Option<f64> {
        Some(self.ln_abs_det)
    }
}

/// A monotone function of the real line, applied to every coordinate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coordinatewise {
    /// `asinh x`: tames heavy tails.
    Asinh,
    /// `x sqrt|x|`: stretches tails; its derivative vanishes at 0.
    HalfCube,
    /// The standard normal distribution function: onto `(0, 1)`.
    NormalCdf,
}

impl Increasing for Coordinatewise {
    fn name(&self) -> String {
        match self {
            Self::Asinh => "asinh",
            Self::HalfCube => "half_cube",
            Self::NormalCdf => "normal_cdf",
        }
        .to_owned()
    }

    fn value(&self, x: f64) -> f64 {
        match self {
            Self::Asinh => x.asinh(),
            Self::HalfCube => x * x.abs().sqrt(),
            Self::NormalCdf => normal_cdf(x),
        }
    }

    fn inverse(&self, y: f64) -> f64 {
        match self {
            Self::Asinh => y.sinh(),
            Self::HalfCube => y.signum() * y.abs().powf(2.0 / 3.0),
            Self::NormalCdf => normal_quantile(y),
        }
    }

    fn ln_derivative(&self, x: f64) -> f64 {
        match self {
            Self::Asinh => -0.5 * (x * x).ln_1p(),
            Self::HalfCube => 1.5_f64.ln() + 0.5 * x.abs().ln(),
            Self::NormalCdf => -0.5 * (x * x + std::f64::consts::TAU.ln()),
        }
    }
}

/// Probability that a standard normal number is below `x`.
pub(super) fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// The `x` whose [`normal_cdf`] is `u`.
pub(super) fn normal_quantile(u: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * u)
}

/// Several bijections, the first applied first.
pub struct Composition(Vec<Box<dyn Bijection>>);

impl Composition {
    /// The maps one after the other; without any, the identity.
    ///
    /// # Errors
    /// [`Error::Mismatch`] when two maps take points of different dimensions.
    pub fn new(maps: Vec<Box<dyn Bijection>>) -> Result<Self, Error> {
        if let Some(dim) = maps.iter().find_map(|map| map.dim()) {
            for map in &maps {
                fits(&**map, dim)?;
            }
        }
        Ok(Self(maps))
    }

    /// The point on its way: before each map, and the image at the end.
    fn path(&self, point: &[f64]) -> Vec<Vec<f64>> {
        let mut path = vec![point.to_vec()];
        for map in &self.0 {
            let mut image = vec![0.0; point.len()];
            map.apply(&path[path.len() - 1], &mut image);
            path.push(image);
        }
        path
    }
}

impl Injection for Composition {
    fn name(&self) -> String {
        let names: Vec<String> = self.0.iter().rev().map(|map| map.name()).collect();
        names.join("-")
    }

    fn dim(&self) -> Option<usize> {
        self.0.iter().find_map(|map| map.dim())
    }

    fn apply(&self, point: &[f64], image: &mut [f64]) {
        let path = self.path(point);
        image.copy_from_slice(&path[path.len() - 1]);
    }

    fn invert(&self, image: &[f64], point: &mut [f64]) {
        let mut at = image.to_vec();
        for map in self.0.iter().rev() {
            let mut before = vec![0.0; at.len()];
            map.invert(&at, &mut before);
            at = before;
        }
        point.copy_from_slice(&at);
    }
}

impl Bijection for Composition {
    fn jacobian(&self, point: &[f64]) -> DMatrix<f64> {
        let start = DMatrix::identity(point.len(), point.len());
        (self.0.iter().zip(self.path(point)))
            .fold(start, |before, (map, at)| map.jacobian(&at) * before)
    }

    fn ln_abs_det(&self, point: &[f64]) -> f64 {
        self.0
            .iter()
            .zip(self.path(point))
            .map(|(map, at)| map.ln_abs_det(&at))
            .sum()
    }

    fn constant_ln_abs_det(&self) -> Option<f64> {
        self.0.iter().map(|map| map.constant_ln_abs_det()).sum()
    }
}

/// A map of the wrong dimension would read a corner of its matrix and be silently wrong.
fn fits(map: &dyn Injection, dim: usize) -> Result<(), Error> {
    match map.dim() {
        Some(actual) if actual != dim => Err(Error::Mismatch {
            what: "dimension of a map",
            expected: dim,
            actual,
        }),
        _ => Ok(()),
    }
}

fn image_of(sample: &Sample, map: &dyn Injection) -> Sample {
    let dim = map.image_dim(sample.dim());
    let mut coordinates = vec![0.0; sample.n() * dim];
    for (point, image) in sample.points().zip(coordinates.chunks_exact_mut(dim)) {
        map.apply(point, image);
    }
    super::drawn(dim, coordinates)
}

/// The law of `f(X)`.
///
/// Its entropy is that of `X` plus `E ln |det J|`: exact where the determinant is constant and the
/// entropy of `X` is exact, else a Monte-Carlo mean with its standard error. Where the entropy of
/// `X` lies between bounds and the determinant varies, the bounds are moved apart by four standard
/// errors of the mean.
pub struct Image {
    law: Box<dyn Law + Send>,
    map: Box<dyn Bijection>,
    entropy: Truth,
}

impl Image {
    /// The image of a law; `draws` points of stream `seed` give the mean of `ln |det J|` where it
    /// is not constant.
    ///
    /// # Errors
    /// [`Error::Mismatch`] when the map takes points of another dimension;
    /// [`Error::NonFinite`] when `ln |det J|` is not finite at a draw; [`Error::TooFewPoints`]
    /// below two draws when they are needed.
    pub fn new(
        law: Box<dyn Law + Send>,
        map: Box<dyn Bijection>,
        draws: usize,
        seed: Seed,
    ) -> Result<Self, Error> {
        fits(&*map, law.dim())?;
        let entropy = match map.constant_ln_abs_det() {
            Some(shift) => shifted(law.entropy(), shift, None),
            None => {
                let sample = law.sample(draws.max(1), seed);
                let logs: Vec<f64> = sample.points().map(|point| map.ln_abs_det(point)).collect();
                let summary = Summary::new(&logs)?;
                let mean = finite("the mean of ln |det J|", summary.mean)?;
                shifted(law.entropy(), mean, Some(summary.std_error))
            }
        };
        Ok(Self { law, map, entropy })
    }
}

/// `truth + shift`, the shift being exact or a Monte-Carlo mean.
fn shifted(truth: Truth, shift: f64, shift_error: Option<f64>) -> Truth {
    let moved = match truth {
        Truth::Exact(value) => Truth::Exact(value + shift),
        Truth::Between { lower, upper } => Truth::Between {
            lower: lower + shift,
            upper: upper + shift,
        },
        Truth::MonteCarlo { value, std_error } => Truth::MonteCarlo {
            value: value + shift,
            std_error,
        },
    };
    let Some(error) = shift_error else {
        return moved;
    };
    match moved {
        Truth::Exact(value) => Truth::MonteCarlo {
            value,
            std_error: error,
        },
        Truth::Between { lower, upper } => Truth::Between {
            lower: lower - 4.0 * error,
            upper: upper + 4.0 * error,
        },
        Truth::MonteCarlo { value, std_error } => Truth::MonteCarlo {
            value,
            std_error: std_error.hypot(error),
        },
    }
}

impl Law for Image {
    fn dim(&self) -> usize {
        self.law.dim()
    }

    fn sample(&self, n: usize, seed: Seed) -> Sample {
        image_of(&self.law.sample(n, seed), &*self.map)
    }

    fn entropy(&self) -> Truth {
        self.entropy
    }

    fn nested(&self) -> bool {
        self.law.nested()
    }
}

/// The law of `(f(X), g(Y))` for injections `f` and `g`, with the information of `(X, Y)`.
pub struct JointImage {
    law: Box<dyn JointLaw + Send>,
    map_x: Box<dyn Injection>,
    map_y: Box<dyn Injection>,
}

impl JointImage {
    /// The image of a law of pairs.
    ///
    /// # Errors
    /// [`Error::Mismatch`] when a map takes points of another dimension than its half.
    pub fn new(
        law: Box<dyn JointLaw + Send>,
        map_x: Box<dyn Injection>,
        map_y: Box<dyn Injection>,
    ) -> Result<Self, Error> {
        let (dim_x, dim_y) = law.dims();
        fits(&*map_x, dim_x)?;
        fits(&*map_y, dim_y)?;
        Ok(Self { law, map_x, map_y })
    }
}

impl JointLaw for JointImage {
    fn dims(&self) -> (usize, usize) {
        let (dim_x, dim_y) = self.law.dims();
        (self.map_x.image_dim(dim_x), self.map_y.image_dim(dim_y))
    }

    fn sample(&self, n: usize, seed: Seed) -> Paired {
        let pairs = self.law.sample(n, seed);
        super::paired(
            image_of(&pairs.x, &*self.map_x),
            image_of(&pairs.y, &*self.map_y),
        )
    }

    fn information(&self) -> Truth {
        self.law.information()
    }

    fn pointwise_information(&self, x: &[f64], y: &[f64]) -> Option<f64> {
        let (dim_x, dim_y) = self.law.dims();
        let (mut before_x, mut before_y) = (vec![0.0; dim_x], vec![0.0; dim_y]);
        self.map_x.invert(x, &mut before_x);
        self.map_y.invert(y, &mut before_y);
        self.law.pointwise_information(&before_x, &before_y)
    }

    fn nested(&self) -> bool {
        self.law.nested()
    }
}
