//! Entropy from distances to nearest neighbours.

use std::f64::consts::{LN_2, PI};

use super::{EntropyEstimator, Entry, Promises, Side};
use crate::error::{Error, finite};
use crate::neighbour::{Neighbours, Norm};
use crate::sample::Sample;

/// Registry entry.
pub const ENTRY: Entry = Entry {
    id: "kozachenko_leonenko",
    summary: "distances to the k-th nearest neighbour, Euclidean or max norm; consistent for bounded densities",
    parameters: &[("k", "3"), ("norm", "euclidean")],
    build: |parameters| {
        let k = parameters.value("k", "a whole number, at least 1")?;
        let norm = parameters.choice("norm", &Norm::WORDS)?;
        Ok(Box::new(KozachenkoLeonenko::new(k, norm)?))
    },
    defaults: &[
        "kozachenko_leonenko(k=3,norm=euclidean)",
        "kozachenko_leonenko(k=3,norm=max)",
    ],
};

/// Nearest-neighbour estimate of differential entropy.
///
/// `h = psi(n) - psi(k) + ln c_d + (d/n) sum_i ln r_i`,
/// `r_i` the distance from point `i` to its `k`-th neighbour (a radius, not a diameter), `c_d` the
/// volume of the unit ball of the norm, `psi` the digamma function.
///
/// Takes `n` points in `R^d`, `n > k`; returns nats. Cost `O(n log n)` for small `d` and
/// `O(n^2 d)` for large. Converges for bounded densities; biased for small `n` and large `d`.
///
/// # Errors
/// [`Error::TooFewPoints`] when `n <= k`; [`Error::Duplicates`] when an `r_i` is 0;
/// [`Error::NonFiniteResult`] when a distance exceeds the largest double.
///
/// # Source
/// Kozachenko & Leonenko 1987; Kraskov, Stögbauer & Grassberger 2004, eq. 20.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KozachenkoLeonenko {
    k: usize,
    norm: Norm,
}

impl KozachenkoLeonenko {
    /// The estimator with neighbours of order `k` in a norm.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for `k = 0`.
    pub fn new(k: usize, norm: Norm) -> Result<Self, Error> {
        check_order(k)?;
        Ok(Self { k, norm })
    }

    /// The distance of every point to its `k`-th neighbour.
    pub(crate) fn radii(&self, sample: &Sample) -> Result<Vec<f64>, Error> {
        check_points(ENTRY.id, self.k, sample.n())?;
        let radii = Neighbours::new(sample, self.norm).kth_distances(self.k)?;
        check_distinct(&radii, self.k)?;
        Ok(radii)
    }

    /// The estimate from these in `R^dim`.
    pub(crate) fn of_radii(&self, radii: &[f64], dim: usize) -> Result<f64, Error> {
        let n = radii.len();
        let sum: f64 = radii.iter().map(|r| r.ln()).sum();
        let psi = digamma_of_integers(n);
        let volume = log_unit_ball(dim, self.norm);
        finite(
            self.name(),
            psi[n] - psi[self.k] + volume + dim as f64 * (sum / n as f64),
        )
    }
}

impl EntropyEstimator for KozachenkoLeonenko {
    fn name(&self) -> String {
        format!("{}(k={},norm={})", ENTRY.id, self.k, self.norm.as_str())
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            scaling: true,
            rotation: self.norm == Norm::Euclidean,
            unbiased_on_gaussian: false,
            side: Side::Consistent,
        }
    }

    fn entropy(&self, sample: &Sample) -> Result<f64, Error> {
        self.of_radii(&self.radii(sample)?, sample.dim())
    }

    fn warnings(&self, sample: &Sample) -> Vec<String> {
        neighbour_warnings(sample, self.k)
    }
}

/// Rejects neighbours of order 0.
pub(crate) fn check_order(k: usize) -> Result<(), Error> {
    if k == 0 {
        return Err(Error::invalid("k", k, "a whole number, at least 1"));
    }
    Ok(())
}

/// Rejects samples without a `k`-th neighbour.
pub(crate) fn check_points(method: &'static str, k: usize, n: usize) -> Result<(), Error> {
    if n <= k {
        return Err(Error::TooFewPoints {
            method,
            required: k.saturating_add(1),
            actual: n,
        });
    }
    Ok(())
}

/// Rejects samples in which a `k`-th neighbour is at distance zero.
pub(crate) fn check_distinct(radii: &[f64], k: usize) -> Result<(), Error> {
    match radii.iter().position(|&r| r <= 0.0) {
        None => Ok(()),
        Some(point) => Err(Error::Duplicates {
            point,
            k,
            count: radii.iter().filter(|&&r| r <= 0.0).count(),
            n: radii.len(),
        }),
    }
}

/// `psi(0..=n)` at the index of its argument; `psi(0)` is the pole, minus infinity.
///
/// `psi(m + 1) = psi(m) + 1 / m` in compensated sums: every value is right to about the last
/// digit, and the table costs less than a handful of direct evaluations a point.
pub(crate) fn digamma_of_integers(n: usize) -> Vec<f64> {
    const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;
    // What the double above lacks.
    const EULER_GAMMA_REST: f64 = -4.942_915_152_430_645e-18;
    let (mut high, mut low) = (-EULER_GAMMA, -EULER_GAMMA_REST);
    let mut table = Vec::with_capacity(n + 1);
    table.push(f64::NEG_INFINITY);
    for m in 1..=n {
        table.push(high + low);
        let term = 1.0 / m as f64;
        let sum = high + term;
        let shown = sum - high;
        low += (high - (sum - shown)) + (term - shown);
        high = sum;
    }
    table
}

/// Log-volume of the unit ball in `dim` dimensions.
fn log_unit_ball(dim: usize, norm: Norm) -> f64 {
    match norm {
        Norm::Max => dim as f64 * LN_2,
        // c_d = c_(d-2) 2 pi / d, c_0 = 1, c_1 = 2.
        Norm::Euclidean => {
            let start = if dim % 2 == 1 { LN_2 } else { 0.0 };
            (2..=dim)
                .filter(|d| d % 2 == dim % 2)
                .fold(start, |log, d| log + (2.0 * PI / d as f64).ln())
        }
    }
}

/// Reasons to distrust distances to `k`-th neighbours in a sample.
pub(crate) fn neighbour_warnings(sample: &Sample, k: usize) -> Vec<String> {
    const DIM: usize = 16;
    const SCALES: f64 = 10.0;
    let (n, dim) = (sample.n(), sample.dim());
    let mut warnings = Vec::new();
    if dim > DIM {
        warnings.push(format!(
            "{dim} dimensions: beyond about {DIM} the density changes within the distance to the k-th neighbour, k = {k}, and the estimate is biased"
        ));
    }
    if n < 10 * (k + dim) {
        warnings.push(format!(
            "{n} points are few for {dim} dimensions and neighbours of order {k}: expect a bias"
        ));
    }
    let deviations: Vec<f64> = (0..dim).map(|j| deviation(sample, j)).collect();
    let (mut narrow, mut wide) = (0, 0);
    for j in 0..dim {
        narrow = if deviations[j] < deviations[narrow] {
            j
        } else {
            narrow
        };
        wide = if deviations[j] > deviations[wide] {
            j
        } else {
            wide
        };
    }
    if deviations[wide] > SCALES * deviations[narrow] {
        warnings.push(format!(
            "the standard deviations of the coordinates reach from {:.3e} (coordinate {narrow}) to {:.3e} (coordinate {wide}): \
             distances hardly see the narrow ones. Standardise the coordinates first",
            deviations[narrow], deviations[wide]
        ));
    }
    let tied: Vec<usize> = (0..dim)
        .filter(|&j| sample.occurrences(j).len() < n)
        .collect();
    if let Some(first) = tied.first() {
        warnings.push(format!(
            "{} of {dim} coordinates hold repeated values (the first is coordinate {first}): \
             neighbour distances assume a density, which rounded or discrete data have not",
            tied.len()
        ));
    }
    warnings
}

/// Standard deviation of a coordinate, in a form that does not overflow.
fn deviation(sample: &Sample, j: usize) -> f64 {
    let n = sample.n() as f64;
    let mean = sample.coordinate(j).map(|v| v / n).sum::<f64>();
    let largest = sample
        .coordinate(j)
        .fold(0.0, |m: f64, v| m.max((v - mean).abs()));
    if largest == 0.0 {
        return 0.0;
    }
    let squares = sample.coordinate(j).map(|v| ((v - mean) / largest).powi(2));
    largest * (squares.sum::<f64>() / n).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digamma_agrees_with_scipy() {
        // scipy.special.digamma 1.17
        let psi = digamma_of_integers(1_000_000);
        for (m, value) in [
            (1, -0.577_215_664_901_532_9),
            (2, 0.422_784_335_098_467_1),
            (3, 0.922_784_335_098_467_1),
            (10, 2.251_752_589_066_721),
            (100, 4.600_161_852_738_087),
            (1000, 6.907_255_195_648_812),
            (100_000, 11.512_920_464_961_896),
            (1_000_000, 13.815_510_057_964_191),
        ] {
            assert!((psi[m] - value).abs() <= 4e-15, "psi({m}) = {}", psi[m]);
        }
    }

    #[test]
    fn unit_balls() {
        let volumes = [2.0, PI, 4.0 / 3.0 * PI, PI * PI / 2.0, 8.0 * PI * PI / 15.0];
        for (d, volume) in (1..).zip(volumes) {
            assert!((log_unit_ball(d, Norm::Euclidean) - volume.ln()).abs() < 1e-14);
            assert!((log_unit_ball(d, Norm::Max) - 2f64.powi(d as i32).ln()).abs() < 1e-14);
        }
    }
}
