use std::f64::consts::LN_2;

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::mixture::log_sum_exp;
use super::{JointLaw, Moments, Truth};
use crate::error::Error;
use crate::sample::{Paired, Sample};
use crate::seed::Seed;

/// Two noisy views of one word of a finite code: `X = c_T + s N`, `Y = c_T + s N'`.
///
/// `T` takes one of `N` words `c_j` in `R^d` with probabilities `w_j`; the noises are independent and
/// standard normal, so that the views are independent given the word. Pointwise information
/// `ln sum_j r_j(x) r_j(y) / w_j`, `r_j` the probability of word `j` given a view. Whatever an encoder
/// does, the information is at most the entropy of the word ([`TwoViews::cap`]), `ln N` for equal weights.
///
/// The codes [`TwoViews::cube`] and [`TwoViews::parity`] have mean 0 and covariance `I` exactly, so that
/// no variance and no covariance term tells them apart, nor from a Gaussian.
#[derive(Debug, Clone, PartialEq)]
pub struct TwoViews {
    weights: Vec<f64>,
    words: DMatrix<f64>,
    std: f64,
    information: Truth,
}

impl TwoViews {
    /// Views of the words that are the columns of a `d x N` matrix, with noise of standard deviation
    /// `std`. `draws` pairs of stream `seed` give the information, in time `O(draws N d)`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] unless there is a weight for every word; [`Error::Empty`] without words or
    /// coordinates; [`Error::NonFinite`] in a word; [`Error::InvalidParameter`] for a weight that is not
    /// positive, weights whose sum is off 1 by more than `1e-12`, or `std` that is not positive and
    /// finite; [`Error::TooFewPoints`] below 100 draws.
    pub fn new(
        weights: Vec<f64>,
        words: DMatrix<f64>,
        std: f64,
        draws: usize,
        seed: Seed,
    ) -> Result<Self, Error> {
        if weights.len() != words.ncols() {
            return Err(Error::Mismatch {
                what: "weights of words",
                expected: words.ncols(),
                actual: weights.len(),
            });
        }
        let words = Sample::new(words)?.matrix().clone();
        if let Some(weight) = weights.iter().find(|w| w.is_nan() || **w <= 0.0) {
            return Err(Error::invalid("weight", weight, "a positive number"));
        }
        let total: f64 = weights.iter().sum();
        if total.is_nan() || (total - 1.0).abs() > 1e-12 {
            return Err(Error::invalid("weights", total, "their sum must be 1"));
        }
        check_std(std)?;
        let ceiling = weights.iter().map(|w| -w.ln()).fold(0.0, f64::max);
        let mut law = Self {
            weights,
            words,
            std,
            information: Truth::Exact(0.0),
        };
        law.information = super::monte_carlo_information(
            draws,
            seed,
            ceiling,
            |n, seed| law.sample(n, seed),
            |x, y| law.pointwise(x, y),
        )?;
        Ok(law)
    }

    /// Equally likely words `{-1, 1}^bits`.
    ///
    /// The coordinates are independent: the information is `bits (2 J(1/s) - J(sqrt(2)/s))` with `J(a)`
    /// the information between a fair sign `T` and `a T + N`, by quadrature to `1e-13`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for `bits` outside 1 to 12, or `std` that is not positive and finite.
    pub fn cube(bits: u32, std: f64) -> Result<Self, Error> {
        if !(1..=12).contains(&bits) {
            return Err(Error::invalid("bits", bits, "from 1 to 12"));
        }
        check_std(std)?;
        let words = DMatrix::from_fn(bits as usize, 1 << bits, |i, word| sign(word, 1 << i));
        let both = std::f64::consts::SQRT_2 / std;
        let information = f64::from(bits) * (2.0 * sign_channel(1.0 / std) - sign_channel(both));
        Ok(Self {
            weights: vec![1.0 / f64::from(1 << bits); 1 << bits],
            words,
            std,
            information: Truth::Exact(information),
        })
    }

    /// Equally likely words of `2^bits - 1` signs: the products of the signs of every non-empty set of
    /// `bits` fair bits. Two bits give the code of three signs `(a, b, a b)`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for `bits` outside 2 to 8; as [`TwoViews::new`].
    pub fn parity(bits: u32, std: f64, draws: usize, seed: Seed) -> Result<Self, Error> {
        if !(2..=8).contains(&bits) {
            return Err(Error::invalid("bits", bits, "from 2 to 8"));
        }
        let count = 1_usize << bits;
        let words = DMatrix::from_fn(count - 1, count, |i, word| sign(word, i + 1));
        Self::new(vec![1.0 / count as f64; count], words, std, draws, seed)
    }

    /// The words as columns.
    pub fn words(&self) -> &DMatrix<f64> {
        &self.words
    }

    /// The probabilities of the words.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Entropy of the word, `-sum_j w_j ln w_j`: an upper bound on the information at any noise.
    pub fn cap(&self) -> f64 {
        self.weights.iter().map(|w| -w * w.ln()).sum()
    }

    /// `ln r_j` for every word.
    fn ln_posterior(&self, view: &[f64]) -> Vec<f64> {
        let scale = 0.5 / (self.std * self.std);
        let mut terms: Vec<f64> = (self.words.column_iter().zip(&self.weights))
            .map(|(word, weight)| {
                let squared: f64 = view
                    .iter()
                    .zip(word.iter())
                    .map(|(v, c)| (v - c).powi(2))
                    .sum();
                weight.ln() - scale * squared
            })
            .collect();
        let total = log_sum_exp(&terms);
        terms.iter_mut().for_each(|term| *term -= total);
        terms
    }

    fn pointwise(&self, x: &[f64], y: &[f64]) -> f64 {
        let terms: Vec<f64> = (self.ln_posterior(x).iter().zip(self.ln_posterior(y)))
            .zip(&self.weights)
            .map(|((x, y), weight)| x + y - weight.ln())
            .collect();
        log_sum_exp(&terms)
    }

    fn draw(&self, rng: &mut ChaCha8Rng) -> usize {
        let mut left: f64 = rng.random();
        // Rounding can leave a rest behind the last weight; that is the last word's.
        (self.weights.iter())
            .position(|weight| {
                left -= weight;
                left < 0.0
            })
            .unwrap_or(self.weights.len() - 1)
    }
}

/// The product over the bits of `mask` that are set in `word` of -1.
fn sign(word: usize, mask: usize) -> f64 {
    if (word & mask).count_ones().is_multiple_of(2) {
        1.0
    } else {
        -1.0
    }
}

fn check_std(std: f64) -> Result<(), Error> {
    if std > 0.0 && std.is_finite() {
        Ok(())
    } else {
        Err(Error::invalid("std", std, "a positive finite number"))
    }
}

/// Information between a fair sign `T` and `a T + N`, `ln 2 - E ln(1 + exp(-2 a (a + N)))`.
///
/// The trapezoid rule, whose error falls like `exp(-pi^2 / (a h))` in the step `h`: the nearest
/// singularity of the integrand is `pi / (2 a)` off the real line.
fn sign_channel(a: f64) -> f64 {
    // Beyond, the missing part is below exp(-a^2 / 2) < 1e-300.
    if a > 40.0 {
        return LN_2;
    }
    const REACH: f64 = 12.0;
    let steps = (REACH * 5.0 * (1.0 + a)).ceil();
    let step = REACH / steps;
    let missing: f64 = (-(steps as i64)..=steps as i64)
        .map(|k| {
            let noise = k as f64 * step;
            let exponent = -2.0 * a * (a + noise);
            let softplus = exponent.max(0.0) + (-exponent.abs()).exp().ln_1p();
            (-0.5 * noise * noise).exp() * softplus
        })
        .sum();
    LN_2 - missing * step / std::f64::consts::TAU.sqrt()
}

impl JointLaw for TwoViews {
    fn dims(&self) -> (usize, usize) {
        (self.words.nrows(), self.words.nrows())
    }

    fn sample(&self, n: usize, seed: Seed) -> Paired {
        let dim = self.words.nrows();
        let mut rng = seed.rng();
        let (mut x, mut y) = (Vec::with_capacity(n * dim), Vec::with_capacity(n * dim));
        for _ in 0..n {
            let word = self.draw(&mut rng);
            for view in [&mut x, &mut y] {
                for c in self.words.column(word).iter() {
                    view.push(c + self.std * rng.sample::<f64, _>(StandardNormal));
                }
            }
        }
        super::paired(super::drawn(dim, x), super::drawn(dim, y))
    }

    fn information(&self) -> Truth {
        self.information
    }

    fn pointwise_information(&self, x: &[f64], y: &[f64]) -> Option<f64> {
        Some(self.pointwise(x, y))
    }

    fn moments(&self) -> Option<Moments> {
        let dim = self.words.nrows();
        let mean = &self.words * DVector::from_column_slice(&self.weights);
        let mut code = DMatrix::zeros(dim, dim);
        for (word, weight) in self.words.column_iter().zip(&self.weights) {
            let shift = word - &mean;
            code += &shift * shift.transpose() * *weight;
        }
        let noise = self.std * self.std;
        Some(Moments {
            mean: DVector::from_fn(2 * dim, |i, _| mean[i % dim]),
            covariance: DMatrix::from_fn(2 * dim, 2 * dim, |i, j| {
                code[(i % dim, j % dim)] + if i == j { noise } else { 0.0 }
            }),
        })
    }
}
