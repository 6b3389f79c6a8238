use nalgebra::DMatrix;
use statrs::function::gamma::ln_gamma;

use crate::error::Error;

/// Largest distance between an empirical distribution function and a given one, and how probable a larger
/// one is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KolmogorovSmirnov {
    /// `sup_x |F_n(x) - F(x)|`.
    pub statistic: f64,
    /// Probability of a distance at least as large when the values come from `F`.
    pub p_value: f64,
}

/// Tests whether values come from a law with the distribution function `cdf`, which has to be continuous.
///
/// The p-value is exact: from the matrix power of Marsaglia, Tsang & Wang, or, where
/// `n D^2 > 3.76`, twice the one-sided tail of Smirnov; both sides together are then less probable
/// than `1e-12`. Takes at least one value; the order does not matter. Cost `O(n log n)` plus at most
/// `O(n^1.5 log n)`.
///
/// # Errors
/// [`Error::TooFewPoints`] without values, [`Error::NonFinite`], and [`Error::InvalidParameter`] where
/// `cdf` leaves `[0, 1]`.
///
/// # Source
/// Marsaglia, Tsang & Wang 2003, section 2; Smirnov 1944 and Birnbaum & Tingey 1951 for the tail.
pub fn kolmogorov_smirnov(
    values: &[f64],
    cdf: impl Fn(f64) -> f64,
) -> Result<KolmogorovSmirnov, Error> {
    let n = values.len();
    if n == 0 {
        return Err(Error::TooFewPoints {
            method: "a Kolmogorov-Smirnov test",
            required: 1,
            actual: 0,
        });
    }
    if let Some(point) = values.iter().position(|v| !v.is_finite()) {
        return Err(Error::NonFinite {
            point,
            coordinate: 0,
            value: values[point].to_string(),
        });
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut statistic = 0.0_f64;
    for (i, &value) in sorted.iter().enumerate() {
        let level = cdf(value);
        if !(0.0..=1.0).contains(&level) {
            return Err(Error::invalid(
                "cdf",
                level,
                format!("between 0 and 1 at {value}"),
            ));
        }
        let above = (i + 1) as f64 / n as f64 - level;
        let below = level - i as f64 / n as f64;
        statistic = statistic.max(above).max(below);
    }
    Ok(KolmogorovSmirnov {
        statistic,
        // Every sample is at least 1/(2n) away: there the recursion below divides by nothing.
        p_value: if n as f64 * statistic <= 0.5 {
            1.0
        } else if n as f64 * statistic * statistic > 3.76 {
            2.0 * one_sided_tail(n, statistic)
        } else {
            1.0 - distribution(n, statistic)
        },
    })
}

/// `P(D+ >= d) = d sum_{j=0..n(1-d)} C(n, j) (d + j/n)^(j-1) (1 - d - j/n)^(n-j)`.
fn one_sided_tail(n: usize, d: f64) -> f64 {
    let size = n as f64;
    (0..=n)
        .map(|j| j as f64)
        .take_while(|j| j / size < 1.0 - d)
        .map(|j| {
            let choose = ln_gamma(size + 1.0) - ln_gamma(j + 1.0) - ln_gamma(size - j + 1.0);
            let up = d + j / size;
            (choose + (j - 1.0) * up.ln() + (size - j) * (1.0 - up).ln()).exp()
        })
        .sum::<f64>()
        * d
}

/// `P(D < d)` of `n` values: `n!/n^n` times the middle entry of the `n`-th power of a matrix of
/// `2 ceil(n d) - 1` rows.
fn distribution(n: usize, d: f64) -> f64 {
    let size = n as f64;
    let k = (size * d).ceil().max(1.0);
    let h = k - size * d;
    let rows = 2 * k as usize - 1;
    // Factorials below 1/(i - j + 1)! come one after the other: no large numbers meet.
    let mut inverse_factorials = vec![1.0; rows + 2];
    for i in 1..rows + 2 {
        inverse_factorials[i] = inverse_factorials[i - 1] / i as f64;
    }
    let mut matrix = DMatrix::from_fn(rows, rows, |i, j| {
        if i + 1 < j {
            return 0.0;
        }
        let order = (i + 1 - j) as i32;
        let mut entry = 1.0;
        if j == 0 {
            entry -= h.powi(order);
        }
        if i == rows - 1 {
            entry -= h.powi(order);
        }
        entry
    });
    let corner = 2.0 * h - 1.0;
    if corner > 0.0 {
        matrix[(rows - 1, 0)] += corner.powi(rows as i32);
    }
    for j in 0..rows {
        for i in 0..rows {
            if i + 1 >= j {
                matrix[(i, j)] *= inverse_factorials[i + 1 - j];
            }
        }
    }
    let (power, exponent) = scaled_power(&matrix, n);
    let middle = power[(k as usize - 1, k as usize - 1)];
    let ln_scale = ln_gamma(size + 1.0) - size * size.ln();
    (middle.ln() + exponent * std::f64::consts::LN_2 + ln_scale).exp()
}

/// `matrix^n = power 2^exponent` with entries of `power` near 1.
fn scaled_power(matrix: &DMatrix<f64>, n: usize) -> (DMatrix<f64>, f64) {
    let rows = matrix.nrows();
    let (mut power, mut exponent) = (DMatrix::identity(rows, rows), 0.0);
    for bit in (0..=n.ilog2()).rev() {
        power = &power * &power;
        exponent *= 2.0;
        if n >> bit & 1 == 1 {
            power = &power * matrix;
        }
        let shift = power.amax().log2().floor();
        power *= (-shift).exp2();
        exponent += shift;
    }
    (power, exponent)
}
