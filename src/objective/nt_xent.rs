use nalgebra::DMatrix;

use super::unit::Units;
use super::{Entry, Evaluation, Objective, Term, common_dim, pairwise, several};
use crate::error::Error;
use crate::kernel;
use crate::parameters::Parameters;
use crate::sample::{Paired, Sample};

/// NT-Xent, the loss of SimCLR: how badly each point is told to belong to its other view.
///
/// With `u_1 .. u_2n` the points of both views scaled to length 1, `p(i)` the other view of `i`,
/// `t` the temperature,
/// `-(1/2n) sum_i ln (exp(<u_i, u_p(i)> / t) / sum_{j != i} exp(<u_i, u_j> / t))`. The denominator holds the
/// pair itself and not the point itself.
///
/// Since `<u, v> = 1 - |u - v|^2 / 2`, it is the sum of two terms: `alignment`,
/// `(1/n) sum_i |u_i - u_p(i)|^2 / (2 t)` over the pairs, and `uniformity`,
/// `(1/2n) sum_i ln sum_{j != i} exp(-|u_i - u_j|^2 / (2 t))`.
///
/// Takes `n > 1` pairs of the same dimension. Cost `O(n^2 d)`, memory `32 n^2` bytes: 11585 pairs at most.
///
/// # Errors
/// [`Error::Mismatch`] when the views differ in dimension; [`Error::TooFewPoints`] for a single pair;
/// [`Error::ZeroVector`].
///
/// # Source
/// Chen, Kornblith, Norouzi & Hinton 2020, eq. 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NtXent {
    temperature: f64,
}

const TEMPERATURE: &str =
    "a finite number, at least 0.003: below, the kernel of opposite points vanishes";

impl NtXent {
    /// Chooses the temperature.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless it is finite and at least 0.003.
    pub fn new(temperature: f64) -> Result<Self, Error> {
        if temperature.is_finite() && temperature >= 0.003 {
            Ok(Self { temperature })
        } else {
            Err(Error::invalid("temperature", temperature, TEMPERATURE))
        }
    }
}

impl Objective for NtXent {
    fn name(&self) -> String {
        format!("{}(temperature={})", ENTRY.id, self.temperature)
    }

    fn evaluate(&self, views: &Paired) -> Result<Evaluation, Error> {
        let dim = common_dim(views)?;
        several("a contrast with other pairs", &views.x)?;
        let n = views.n();
        let first = Units::new("the first view", &views.x)?;
        let second = Units::new("the second view", &views.y)?;
        let both = [first.matrix().as_slice(), second.matrix().as_slice()].concat();
        let both = Sample::from_points(dim, both)?;
        let mut kernel = kernel::matrix(&both, (2.0 * self.temperature).sqrt())?;
        kernel.fill_diagonal(0.0);
        let sums = pairwise::sums(&kernel);
        let squares: f64 = (first.points().zip(second.points()))
            .map(|(u, v)| squared_distance(u, v))
            .sum();
        let terms = vec![
            Term {
                of: ENTRY.id,
                name: "alignment",
                weight: 1.0,
                value: squares / (2.0 * self.temperature * n as f64),
            },
            Term {
                of: ENTRY.id,
                name: "uniformity",
                weight: 1.0,
                value: sums.iter().map(|s| s.ln()).sum::<f64>() / (2 * n) as f64,
            },
        ];
        let shares: Vec<f64> = sums.iter().map(|s| 1.0 / s).collect();
        pairwise::weigh(&mut kernel, &shares);
        for i in 0..n {
            kernel[(i, n + i)] -= 2.0;
            kernel[(n + i, i)] -= 2.0;
        }
        let factor = -1.0 / (self.temperature * (2 * n) as f64);
        let slope = pairwise::pull(both.matrix(), &kernel) * factor;
        let half = |from| DMatrix::from_column_slice(dim, n, &slope.as_slice()[from..][..dim * n]);
        let gradient = [first.pull(half(0)), second.pull(half(dim * n))];
        Evaluation::new(&self.name(), terms, gradient)
    }
}

/// `|u - v|^2`.
pub(super) fn squared_distance(u: &[f64], v: &[f64]) -> f64 {
    u.iter().zip(v).map(|(u, v)| (u - v) * (u - v)).sum()
}

pub(super) const ENTRY: Entry = Entry {
    id: "nt_xent",
    summary: "contrast of each point with all others of both views (SimCLR)",
    parameters: &[("temperature", "0.5")],
    build,
    defaults: &["nt_xent(temperature=0.5)"],
};

fn build(parameters: &Parameters) -> Result<Box<dyn Objective>, Error> {
    let temperature = parameters.value("temperature", TEMPERATURE)?;
    Ok(Box::new(NtXent::new(temperature)?))
}
