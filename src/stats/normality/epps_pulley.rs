use std::f64::consts::{PI, SQRT_2, TAU};

use super::tail::weighted_chi_square;
use super::{Entry, Moments, NormalityTest, Outcome, Tail, Univariate, enough, line, outcome};
use crate::error::Error;
use crate::sample::Sample;

/// Epps and Pulley's test with fitted mean and standard deviation.
///
/// `T = n int |f(t) - exp(-t^2/2)|^2 phi(t) dt`, `f(t) = (1/n) sum_j exp(i t z_j)` the characteristic function of
/// the numbers less their mean over their standard deviation (divisor `n`), `phi` the standard normal density; the
/// integral is [`EppsPulley::distance`] over `sqrt(2 pi)`.
///
/// For Gaussian points and `n -> infinity`, `T` has the law of `sum_j w_j chi_j^2`, `w_j` the eigenvalues of
/// `k(s, t) = exp(-(s-t)^2/2) - (1 + s t + (s t)^2/2) exp(-(s^2+t^2)/2)` under the weight `phi`. The p-value is
/// the tail of that law at `(T - 0.365/n + 1.34/n^2)(1 + 1.3/n)`, where finite samples come near the limit, and 1
/// where this is not positive.
///
/// Takes `n >= 10` numbers. Cost `O(n (r + 15))`, `r` their range in standard deviations, and at most `O(n^2)`; one
/// copy of the numbers. Consistent against every law; weak against what differs at high frequencies alone.
///
/// # Errors
/// [`Error::TooFewPoints`], [`Error::NonFinite`], [`Error::SingularCovariance`] for constant numbers.
///
/// # Source
/// Epps & Pulley 1983; Baringhaus & Henze 1988 for the closed form and the kernel; Henze 1990 (Metrika 37) for the
/// finite samples; Ebner & Henze 2021 for the eigenvalues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EppsPulley;

/// The eigenvalues that matter, each right to the last digit. The sum of all is `1 - 1.5 / sqrt 3`.
const EIGENVALUES: [f64; 20] = [
    0.0742748390409696,
    0.044810433055983145,
    0.008419070949925677,
    0.004586844319155551,
    0.001079975224788847,
    0.0005519386846937881,
    0.0001457387851887423,
    7.121096647301512e-5,
    2.0182079813886275e-5,
    9.538394686438464e-6,
    2.836844019016433e-6,
    1.3068420353986214e-6,
    4.02503150216624e-7,
    1.8170235437914315e-7,
    5.7466491365787996e-8,
    2.5520451127622594e-8,
    8.240562626219796e-9,
    3.610447550535441e-9,
    1.1854319282161085e-9,
    5.135259655922039e-10,
];

impl EppsPulley {
    /// `int |f(t) - exp(-t^2/2)|^2 exp(-t^2/2) dt`, `f` the characteristic function of the values as they are, by the
    /// cheaper of the two rules below.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::NonFinite`].
    pub fn distance(values: &[f64]) -> Result<f64, Error> {
        // Half a pair costs an exponential, a node some products.
        if grid(values).0 > values.len() as f64 {
            Self::closed_form(values)
        } else {
            Self::quadrature(values)
        }
    }

    /// [`EppsPulley::distance`] in closed form,
    /// `sqrt(2 pi) ((1/n^2) sum_jk exp(-(y_j - y_k)^2 / 2) - (sqrt 2 / n) sum_j exp(-y_j^2 / 4) + 1 / sqrt 3)`.
    /// Cost `O(n^2)`.
    ///
    /// # Errors
    /// As [`EppsPulley::distance`].
    pub fn closed_form(values: &[f64]) -> Result<f64, Error> {
        numbers(values)?;
        let n = values.len() as f64;
        let (mut pairs, mut singles) = (0.0, 0.0);
        for (j, y) in values.iter().enumerate() {
            let row = values[..j].iter().map(|z| (-0.5 * (y - z) * (y - z)).exp());
            pairs += row.sum::<f64>();
            singles += (-0.25 * y * y).exp();
        }
        // The pairs stand on one side of the diagonal, whose terms are 1.
        let pairs = (2.0 * pairs / n + 1.0) / n;
        Ok(TAU.sqrt() * (pairs - SQRT_2 * singles / n + 1.0 / 3.0_f64.sqrt()))
    }

    /// [`EppsPulley::distance`] by the trapezoidal rule, on nodes so close that it is exact to rounding. Cost
    /// `O(n (r + 15))`, `r` the larger of the range of the values and their distance from 0; memory `O(r)`.
    ///
    /// # Errors
    /// As [`EppsPulley::distance`]; [`Error::InvalidParameter`] for values so far apart that more nodes
    /// were needed than there are values and than `2^24`.
    pub fn quadrature(values: &[f64]) -> Result<f64, Error> {
        numbers(values)?;
        // Values that stay in the fastest memory while all nodes pass over them.
        const BLOCK: usize = 512;
        let (nodes, step) = grid(values);
        if nodes > MOST_NODES.max(values.len() as f64) {
            return Err(Error::invalid(
                "nodes of the quadrature",
                nodes,
                format!("at most {MOST_NODES}: take the closed form for values so far apart"),
            ));
        }
        let nodes = nodes as usize;
        let n = values.len() as f64;
        let mut sums = vec![(0.0, 0.0); nodes];
        for block in values.chunks(BLOCK) {
            // On a grid, exp(i t y) is a power of exp(i step y): no sine a node.
            let turns: Vec<(f64, f64)> = block.iter().map(|y| (step * y).sin_cos()).collect();
            let mut waves = vec![(0.0, 1.0); block.len()];
            for (sines, cosines) in &mut sums {
                for ((sin, cos), (turn_sin, turn_cos)) in waves.iter_mut().zip(&turns) {
                    (*sin, *cos) = (
                        *sin * turn_cos + *cos * turn_sin,
                        *cos * turn_cos - *sin * turn_sin,
                    );
                    *sines += *sin;
                    *cosines += *cos;
                }
            }
        }
        // At t = 0 both functions are 1.
        let terms = (1_usize..).zip(&sums).map(|(node, (sines, cosines))| {
            let t = node as f64 * step;
            let gaussian = (-0.5 * t * t).exp();
            let (real, imaginary) = (cosines / n - gaussian, sines / n);
            (real * real + imaginary * imaginary) * gaussian
        });
        Ok(2.0 * step * terms.sum::<f64>())
    }
}

/// Refuses what has no characteristic function.
fn numbers(values: &[f64]) -> Result<(), Error> {
    if values.is_empty() {
        return Err(Error::Empty { n: 0, dim: 1 });
    }
    match values.iter().position(|v| !v.is_finite()) {
        Some(point) => Err(Error::NonFinite {
            point,
            coordinate: 0,
            value: values[point].to_string(),
        }),
        None => Ok(()),
    }
}

/// Nodes that take 256 MiB.
const MOST_NODES: f64 = (1 << 24) as f64;

/// Number of nodes above 0 and their distance. The integrand is below `4 exp(-t^2/2)`, and its Fourier
/// transform a Gaussian of variance at most 3 about each value and each difference of values.
fn grid(values: &[f64]) -> (f64, f64) {
    const END: f64 = 8.7;
    const MARGIN: f64 = 15.0;
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let reach = (high - low).max(high.abs()).max(low.abs());
    let step = 2.0 * PI / (reach + MARGIN);
    ((END / step).ceil(), step)
}

const FEWEST: usize = 10;

impl NormalityTest for EppsPulley {
    fn name(&self) -> String {
        ENTRY.id.to_owned()
    }

    fn tail(&self) -> Tail {
        Tail::Upper
    }

    fn test(&self, sample: &Sample) -> Result<Outcome, Error> {
        self.test_values(line(sample)?)
    }
}

impl Univariate for EppsPulley {
    fn test_values(&self, values: &[f64]) -> Result<Outcome, Error> {
        enough(ENTRY.id, FEWEST, values.len())?;
        let moments = Moments::new(values)?;
        let standard: Vec<f64> = values.iter().map(|&v| moments.standardise(v)).collect();
        let n = values.len() as f64;
        let statistic = n * Self::distance(&standard)? / TAU.sqrt();
        let limit = (statistic - 0.365 / n + 1.34 / (n * n)) * (1.0 + 1.3 / n);
        outcome(
            ENTRY.id,
            statistic,
            weighted_chi_square(limit, &EIGENVALUES),
        )
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "epps_pulley",
    summary: "Epps and Pulley's distance of characteristic functions, mean and deviation fitted, in one dimension",
    parameters: &[],
    build: |_| Ok(Box::new(EppsPulley)),
    defaults: &[],
};
