//! The codes, their laws, and finite designs with the moments of these laws.

use std::f64::consts::{SQRT_2, TAU};

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};
use vicinfo::Error;
use vicinfo::law::{FourierCurve, JointGaussian, JointLaw, Mixture, TwoViews};
use vicinfo::linalg::{Spd, covariance, mean};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

/// Words of a design, a multiple of every code's: equal `n` makes equal divisors `n - 1`.
pub(super) const WORDS: usize = 128;
/// Words of the smaller design in three dimensions.
pub(super) const FEW_WORDS: usize = 64;

/// Draws of a law whose information is not asked for: the fewest that it takes.
pub(super) const FEWEST_DRAWS: usize = 100;

/// Which points the noise is added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// All signs in `d` dimensions: `d` bits.
    Cube,
    /// The products of the signs of all non-empty sets of `b` bits, `d = 2^b - 1`; with 2 bits the
    /// third sign is the exclusive or of the two.
    Parity,
    /// The closed curve `sqrt(2) (cos t, sin t, cos 2t, ...)`.
    Fourier,
    /// A standard normal vector.
    Gaussian,
}

impl Code {
    /// The legend's name for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Cube => "cube",
            Self::Parity => "parities",
            Self::Fourier => "Fourier curve",
            Self::Gaussian => "Gaussian",
        }
    }

    /// Its name in one dimension.
    pub(super) fn title(self, dim: usize) -> String {
        match (self, dim) {
            (Self::Cube, _) => format!("cube, {} words", 1 << dim),
            (Self::Parity, 3) => "exclusive or, 4 words".to_owned(),
            (Self::Parity, _) => format!("{dim} parities, {} words", dim + 1),
            (Self::Fourier, _) => format!("Fourier curve, d = {dim}"),
            (Self::Gaussian, _) => format!("Gaussian, d = {dim}"),
        }
    }

    /// Every word once; points of the curve at `count` equal steps; `count` normal points brought to
    /// mean 0 and second moment `I`.
    fn words(self, dim: usize, count: usize, seed: Seed) -> Result<DMatrix<f64>, Error> {
        Ok(match self {
            Self::Cube => TwoViews::cube(dim as u32, 1.0)?.words().clone(),
            Self::Parity => {
                let law = TwoViews::parity(bits(dim), 1.0, FEWEST_DRAWS, seed)?;
                law.words().clone()
            }
            Self::Fourier => DMatrix::from_fn(dim, count, |i, j| {
                let angle = TAU * j as f64 / count as f64 * (i / 2 + 1) as f64;
                SQRT_2 * if i % 2 == 0 { angle.cos() } else { angle.sin() }
            }),
            Self::Gaussian => {
                let mut rng = seed.rng();
                let drawn =
                    DMatrix::from_fn(dim, count, |_, _| rng.sample::<f64, _>(StandardNormal));
                let drawn = Sample::new(drawn)?;
                let centre = DVector::from_vec(mean(&drawn));
                let mut centred = drawn.matrix().clone();
                for mut point in centred.column_iter_mut() {
                    point -= &centre;
                }
                let spread = Spd::new(&covariance(&drawn)?)?;
                spread.whiten(&centred) * (count as f64 / (count - 1) as f64).sqrt()
            }
        })
    }

    /// The pairs of views.
    pub(super) fn views(
        self,
        dim: usize,
        std: f64,
        draws: usize,
        seed: Seed,
    ) -> Result<Box<dyn JointLaw>, Error> {
        Ok(match self {
            Self::Cube => Box::new(TwoViews::cube(dim as u32, std)?),
            Self::Parity => Box::new(TwoViews::parity(bits(dim), std, draws, seed)?),
            Self::Fourier => Box::new(FourierCurve::new(dim / 2, std, draws, seed)?),
            Self::Gaussian => {
                let covariance = DMatrix::from_fn(2 * dim, 2 * dim, |i, j| match (i, j) {
                    _ if i == j => 1.0 + std * std,
                    _ if i % dim == j % dim => 1.0,
                    _ => 0.0,
                });
                Box::new(JointGaussian::new(dim, &covariance)?)
            }
        })
    }

    /// The cube's views in another orthonormal basis, their information by Monte Carlo.
    pub(super) fn turned_cube(
        dim: usize,
        std: f64,
        draws: usize,
        seed: Seed,
    ) -> Result<TwoViews, Error> {
        let words = Self::Cube.words(dim, 0, seed)?;
        let count = words.ncols();
        let mut rng = seed.child("basis").rng();
        let drawn = DMatrix::from_fn(dim, dim, |_, _| rng.sample::<f64, _>(StandardNormal));
        let (_, axes) = vicinfo::linalg::symmetric_eigen(&(&drawn + drawn.transpose()))?;
        let weights = vec![1.0 / count as f64; count];
        TwoViews::new(weights, axes * words, std, draws, seed.child("draws"))
    }

    /// The law of one view.
    ///
    /// The curve becomes the mixture over points at equal steps. For a smooth periodic function that
    /// is exact to rounding once the steps are short against the noise: with 12 steps a
    /// `s / |c'|`, the missing part is below `exp(-2 pi^2 (12 / 2 pi)^2)`.
    pub(super) fn view(self, dim: usize, std: f64, seed: Seed) -> Result<Mixture, Error> {
        let (words, variance) = match self {
            Self::Gaussian => (DMatrix::zeros(dim, 1), 1.0 + std * std),
            Self::Fourier => {
                let squares = (1..=dim / 2).map(|k| 2.0 * (k * k) as f64).sum::<f64>();
                let steps = (12.0 * squares.sqrt() / std).ceil() as usize + 8 * dim;
                (self.words(dim, steps, seed)?, std * std)
            }
            Self::Cube | Self::Parity => (self.words(dim, 0, seed)?, std * std),
        };
        let count = words.ncols();
        let covariance = DMatrix::identity(dim, dim) * variance;
        Mixture::new(
            vec![1.0 / count as f64; count],
            words,
            vec![covariance; count],
        )
    }

    /// `count` words, each as often as the others.
    pub(super) fn book(self, dim: usize, count: usize, seed: Seed) -> Result<DMatrix<f64>, Error> {
        let words = self.words(dim, count, seed)?;
        Ok(DMatrix::from_fn(dim, count, |i, j| {
            words[(i, j % words.ncols())]
        }))
    }
}

/// Bits of a parity code.
fn bits(dim: usize) -> u32 {
    (dim + 1).ilog2()
}

/// Pairs of views of a book of words with the moments of the law, for noise of this standard deviation.
///
/// Every word meets every pair of noises `(s sqrt(d) u_i, s' sqrt(d) u_i)`, `u_i` the coordinate
/// directions and `s, s'` signs: of mean 0, covariance `I`, uncorrelated with each other and with the word.
pub(super) fn design(book: &DMatrix<f64>, std: f64) -> Result<Paired, Error> {
    let dim = book.nrows();
    let step = std * (dim as f64).sqrt();
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for word in book.column_iter() {
        for axis in 0..dim {
            for (first, second) in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
                for (view, sign) in [(&mut x, first), (&mut y, second)] {
                    let start = view.len();
                    view.extend(word.iter());
                    view[start + axis] += sign * step;
                }
            }
        }
    }
    Paired::new(Sample::from_points(dim, x)?, Sample::from_points(dim, y)?)
}
