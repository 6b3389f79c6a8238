use std::f64::consts::{LN_2, TAU};

use crate::error::{Error, finite};

/// Two noisy views of one of finitely many equally likely numbers: `X = c_T + s N`, `X' = c_T + s N'`.
///
/// Bounds that put the log-determinant in place of an entropy can exceed the information here, which
/// is at most `ln K` for `K` numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Prototypes {
    numbers: Vec<f64>,
    std: f64,
}

impl Prototypes {
    /// Takes the numbers and the standard deviation of the noise.
    ///
    /// # Errors
    /// [`Error::Empty`] without numbers; [`Error::NonFinite`]; [`Error::InvalidParameter`] unless `std` is
    /// positive and finite.
    pub fn new(numbers: Vec<f64>, std: f64) -> Result<Self, Error> {
        if numbers.is_empty() {
            return Err(Error::Empty { n: 0, dim: 1 });
        }
        if let Some(point) = numbers.iter().position(|v| !v.is_finite()) {
            return Err(Error::NonFinite {
                point,
                coordinate: 0,
                value: numbers[point].to_string(),
            });
        }
        Ok(Self {
            numbers,
            std: super::super::positive("std", std)?,
        })
    }

    /// `I(X; X')` by quadrature, to about `1e-12` nats.
    ///
    /// `(X + X') / sqrt 2` and `(X - X') / sqrt 2` are independent given the number, the second is noise
    /// alone, so that `I = 2 H(X) - H(sqrt 2 c_T + s N) - (1/2) ln(2 pi e s^2)`: entropies of mixtures in
    /// one dimension.
    ///
    /// # Errors
    /// [`Error::NoConvergence`] when the quadrature does not settle on `2^16` nodes;
    /// [`Error::NonFiniteResult`] when the numbers overflow in units of `std`.
    pub fn information(&self) -> Result<f64, Error> {
        let both = 2.0_f64.sqrt() / self.std;
        // In units of the noise, whose entropy then cancels.
        let value = 2.0 * self.excess(1.0 / self.std)? - self.excess(both)?;
        finite("the information of the prototypes", value)
    }

    /// `I(X; T)`, the information of one view about the number, by quadrature.
    ///
    /// # Errors
    /// As [`Prototypes::information`].
    pub fn information_of_one_view(&self) -> Result<f64, Error> {
        self.excess(1.0 / self.std)
    }

    /// The information of the Gaussian pair with the same covariance,
    /// `-(1/2) ln(1 - rho^2)`, `rho = v / (v + s^2)`, `v` the variance of the numbers.
    ///
    /// # Errors
    /// [`Error::NonFiniteResult`] when the numbers overflow in units of `std`.
    pub fn gaussian_information(&self) -> Result<f64, Error> {
        let numbers = self.means(1.0 / self.std)?;
        let count = numbers.len() as f64;
        let mean = numbers.iter().map(|c| c / count).sum::<f64>();
        let far = numbers.iter().map(|c| (c - mean).abs()).fold(0.0, f64::max);
        if far == 0.0 {
            return Ok(0.0);
        }
        let squares = numbers.iter().map(|c| ((c - mean) / far).powi(2));
        // Its square may overflow.
        let deviation = finite(
            "the deviation of the numbers",
            far * (squares.sum::<f64>() / count).sqrt(),
        )?;
        let variance = deviation * deviation;
        Ok(if deviation > 1e9 {
            // 1 - rho^2 = (1 + 2 v) / (1 + v)^2 is 2 / v to all digits.
            deviation.ln() - 0.5 * LN_2
        } else if variance > 1.0 {
            -0.5 * ((1.0 + 2.0 * variance) / (1.0 + variance).powi(2)).ln()
        } else {
            let rho = variance / (1.0 + variance);
            -0.5 * (-rho * rho).ln_1p()
        })
    }

    /// The numbers times a factor.
    fn means(&self, scale: f64) -> Result<Vec<f64>, Error> {
        let mean = |c: &f64| finite("a number in units of std", c * scale);
        self.numbers.iter().map(mean).collect()
    }

    /// `H(scale c_T + N) - H(N)`, which is also the information between the sum and `T`:
    /// `-E ln sum_j exp(-((y - m_j)^2 - (y - m_T)^2) / 2) / K`, an expectation over `T` and the noise.
    ///
    /// The trapezoidal rule in the noise; its step is halved until the value stands still.
    fn excess(&self, scale: f64) -> Result<f64, Error> {
        const REACH: f64 = 12.0;
        const MOST: usize = 1 << 16;
        let means = self.means(scale)?;
        let count = means.len() as f64;
        let at = |noise: f64| {
            let logs = means.iter().map(|own| {
                let exponents = means.iter().map(|mean| {
                    let gap = own - mean;
                    -gap * (noise + 0.5 * gap)
                });
                let largest = exponents.clone().fold(f64::NEG_INFINITY, f64::max);
                largest + exponents.map(|e| (e - largest).exp()).sum::<f64>().ln()
            });
            (-0.5 * noise * noise).exp() * logs.sum::<f64>()
        };
        let mut step = REACH / 64.0;
        let mut nodes = 64_usize;
        let mut sum: f64 = (-64..=64).map(|k| at(f64::from(k) * step)).sum();
        let value = |sum: f64, step: f64| count.ln() - sum * step / (count * TAU.sqrt());
        let mut last = value(sum, step);
        while nodes < MOST {
            // The old nodes and the ones half way between them.
            let middles = (0..2 * nodes).map(|k| -REACH + (k as f64 + 0.5) * step);
            sum += middles.map(at).sum::<f64>();
            step /= 2.0;
            nodes *= 2;
            let next = value(sum, step);
            if (next - last).abs() < 1e-13 {
                return Ok(next);
            }
            last = next;
        }
        Err(Error::NoConvergence {
            what: "quadrature over the noise",
            rows: nodes,
            columns: means.len(),
        })
    }
}
