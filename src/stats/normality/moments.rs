use super::enough;
use crate::error::Error;

/// Partial sums side by side, so that the processor adds several at once. Their number is part of the
/// result's last digits.
const LANES: usize = 8;

/// Mean, standard deviation, skewness and kurtosis of numbers, all with divisor `n`.
///
/// With `m_k = (1/n) sum_i (x_i - mean)^k`: standard deviation `sqrt(m_2)`, skewness `m_3 / m_2^(3/2)`,
/// kurtosis `m_4 / m_2^2` (3 for the Gaussian). No digits are lost to a large mean, and numbers of any
/// finite size neither over- nor underflow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    n: usize,
    scale: f64,
    pivot: f64,
    shift: f64,
    variance: f64,
    skewness: f64,
    kurtosis: f64,
}

impl Moments {
    /// Reads the numbers, three times; allocates nothing. Cost `O(n)`.
    ///
    /// # Errors
    /// [`Error::TooFewPoints`] below 2 numbers, [`Error::NonFinite`], [`Error::SingularCovariance`] when all
    /// are equal.
    pub fn new(values: &[f64]) -> Result<Self, Error> {
        let n = values.len();
        enough("central moments", 2, n)?;
        let first = values[0];
        let largest = fold(values, [0.0_f64; 1], |[largest], v| {
            // A NaN must not be passed over as the smaller one.
            let size = v.abs();
            [if size <= largest { largest } else { size }]
        })
        .into_iter()
        .fold(
            0.0,
            |largest, [lane]| {
                if lane <= largest { largest } else { lane }
            },
        );
        if !largest.is_finite()
            && let Some(point) = values.iter().position(|v| !v.is_finite())
        {
            return Err(Error::NonFinite {
                point,
                coordinate: 0,
                value: values[point].to_string(),
            });
        }
        #[allow(clippy::float_cmp, reason = "constant means equal to the last bit")]
        if values.iter().all(|&v| v == first) {
            return Err(Error::SingularCovariance {
                dim: 1,
                coordinate: 0,
                residual: 0.0,
                tolerance: 0.0,
            });
        }
        // A power of two, so that scaling is exact; the smallest numbers take as much as fits.
        let scale = (-largest.log2().floor()).clamp(-1020.0, 1020.0).exp2();
        let size = n as f64;
        let first = first * scale;
        let [offset] = sums(values, |v| [v * scale - first]);
        let pivot = first + offset / size;
        let powers = sums(values, |v| {
            let one = v * scale - pivot;
            let two = one * one;
            [one, two, two * one, two * two]
        });
        // Powers about the pivot, then about the mean: the rounding of the pivot leaves no trace.
        let [a, b, c, d] = powers.map(|sum| sum / size);
        let variance = b - a * a;
        let third = c - a * (3.0 * b - 2.0 * a * a);
        let fourth = d - a * (4.0 * c - a * (6.0 * b - 3.0 * a * a));
        Ok(Self {
            n,
            scale,
            pivot,
            shift: a,
            variance,
            skewness: third / (variance * variance.sqrt()),
            kurtosis: fourth / (variance * variance),
        })
    }

    /// How many numbers.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Their mean.
    pub fn mean(&self) -> f64 {
        (self.pivot + self.shift) / self.scale
    }

    /// Their standard deviation, divisor `n`.
    pub fn std_dev(&self) -> f64 {
        self.variance.sqrt() / self.scale
    }

    /// Their skewness.
    pub fn skewness(&self) -> f64 {
        self.skewness
    }

    /// Their kurtosis, 3 for the Gaussian.
    pub fn kurtosis(&self) -> f64 {
        self.kurtosis
    }

    /// `(value - mean) / std_dev`.
    pub fn standardise(&self, value: f64) -> f64 {
        ((value * self.scale - self.pivot) - self.shift) / self.variance.sqrt()
    }
}

/// Every lane folds each eighth number; what is left over goes to the first lanes.
fn fold<T: Copy>(values: &[f64], start: T, step: impl Fn(T, f64) -> T) -> [T; LANES] {
    let mut lanes = [start; LANES];
    let (rows, rest) = values.as_chunks::<LANES>();
    for row in rows {
        for (lane, &value) in lanes.iter_mut().zip(row) {
            *lane = step(*lane, value);
        }
    }
    for (lane, &value) in lanes.iter_mut().zip(rest) {
        *lane = step(*lane, value);
    }
    lanes
}

fn sums<const K: usize>(values: &[f64], terms: impl Fn(f64) -> [f64; K]) -> [f64; K] {
    let add = |mut sum: [f64; K], terms: [f64; K]| {
        sum.iter_mut().zip(terms).for_each(|(s, t)| *s += t);
        sum
    };
    let lanes = fold(values, [0.0; K], |sum, value| add(sum, terms(value)));
    lanes.into_iter().fold([0.0; K], add)
}
