use std::borrow::Cow;

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::invariance::{invariance_term, slope};
use super::{Entry, Evaluation, Objective, OfView, POSITIVE, Term, common_dim, positive};
use crate::diagnostic::SlicedEppsPulley;
use crate::error::Error;
use crate::linalg::lanes::{run_sum, widely};
use crate::linalg::product::{product, view};
use crate::parameters::Parameters;
use crate::sample::{Paired, Sample};

/// SIGReg (LeJEPA): the sliced Epps-Pulley statistic of the views, and their distance from their mean.
///
/// `(1 - lambda) v + lambda (T(Z) + T(Z')) / 2`, `v` the mean square of `z - (z + z') / 2` over points,
/// coordinates and views, a quarter of [`invariance_term`], and
/// `T(Z) = (n / s) sum_u sum_k w_k |f_u(t_k) - exp(-t_k^2 / 2)|^2`, `f_u` the characteristic function of
/// the points on direction `u`, `s` the number of directions. The nodes `t_k` are `knots` equal steps
/// from 0 to `reach`, `w_k = 2 exp(-t_k^2 / 2)` times the weight of the trapezoidal rule: with many
/// knots and a reach of 9, `n` times the integral over the line of [`SlicedEppsPulley`], with the
/// published 17 and 3 most of it. Nothing is standardised.
///
/// The directions are given, or those of [`SlicedEppsPulley`], which are fixed; the published training
/// draws new ones at every step, and a caller does so by giving them. With given directions the name says
/// `slices=given` and cannot be read back.
///
/// Takes `n >= 1` pairs of the same dimension. Cost `O(s n (d + knots))`.
///
/// # Errors
/// [`Error::Mismatch`] when the views differ in dimension, or the directions from them;
/// [`Error::ZeroVector`] for a direction.
///
/// # Source
/// Balestriero & LeCun 2025 (arXiv 2511.08544), and the authors' code for the nodes and the factor `n`.
#[derive(Debug, Clone, PartialEq)]
pub struct SigReg {
    directions: Directions,
    lambda: f64,
    nodes: Vec<Node>,
    knots: usize,
    reach: f64,
}

#[derive(Debug, Clone, PartialEq)]
enum Directions {
    Given(DMatrix<f64>),
    Fixed(SlicedEppsPulley, usize),
}

/// A place of the characteristic function.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Node {
    t: f64,
    weight: f64,
    gaussian: f64,
}

const LAMBDA: &str = "from 0 to 1";
const KNOTS: &str = "from 2 to 10000";
const SLICES: &str = "a whole number of directions, at least 1";

impl SigReg {
    /// Takes the directions, the columns of a matrix, which are scaled to length 1.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for `lambda` outside 0 to 1, `knots` outside 2 to 10000 or a `reach`
    /// that is not positive; [`Error::ZeroVector`]; as [`Sample::new`] for the directions.
    pub fn new(
        directions: DMatrix<f64>,
        lambda: f64,
        knots: usize,
        reach: f64,
    ) -> Result<Self, Error> {
        let sample = Sample::new(directions)?;
        let units = super::unit::Units::new("the directions", &sample)?;
        Self::with(
            Directions::Given(units.matrix().clone()),
            lambda,
            knots,
            reach,
        )
    }

    /// Takes `slices` fixed directions.
    ///
    /// # Errors
    /// As [`SigReg::new`] and [`SlicedEppsPulley::new`].
    pub fn fixed(slices: usize, lambda: f64, knots: usize, reach: f64) -> Result<Self, Error> {
        let fixed = Directions::Fixed(SlicedEppsPulley::new(slices, false)?, slices);
        Self::with(fixed, lambda, knots, reach)
    }

    fn with(directions: Directions, lambda: f64, knots: usize, reach: f64) -> Result<Self, Error> {
        if !(0.0..=1.0).contains(&lambda) {
            return Err(Error::invalid("lambda", lambda, LAMBDA));
        }
        if !(2..=10_000).contains(&knots) {
            return Err(Error::invalid("knots", knots, KNOTS));
        }
        let step = positive("reach", reach)? / (knots - 1) as f64;
        let nodes = (0..knots).map(|k| {
            let t = k as f64 * step;
            let gaussian = (-0.5 * t * t).exp();
            let ends = k == 0 || k == knots - 1;
            let weight = if ends { step } else { 2.0 * step };
            Node {
                t,
                weight: weight * gaussian,
                gaussian,
            }
        });
        Ok(Self {
            directions,
            lambda,
            nodes: nodes.collect(),
            knots,
            reach,
        })
    }

    /// `T` of one view.
    ///
    /// # Errors
    /// As the objective.
    pub fn statistic(&self, points: &Sample) -> Result<OfView, Error> {
        self.statistic_on(&self.directions(points.dim()), points)
    }

    /// The directions in a space of this dimension, as columns.
    fn directions(&self, dim: usize) -> Cow<'_, DMatrix<f64>> {
        match &self.directions {
            Directions::Given(directions) => Cow::Borrowed(directions),
            Directions::Fixed(slices, _) => Cow::Owned(slices.directions(dim)),
        }
    }

    fn statistic_on(&self, directions: &DMatrix<f64>, points: &Sample) -> Result<OfView, Error> {
        if directions.nrows() != points.dim() {
            return Err(Error::Mismatch {
                what: "coordinates of a direction",
                expected: points.dim(),
                actual: directions.nrows(),
            });
        }
        let slices = directions.ncols() as f64;
        let n = points.n();
        // One column a direction; each turns into the derivatives of its statistic.
        let mut values = product(view(points.matrix()).transpose(), view(directions));
        let statistics: Vec<f64> = (values.as_mut_slice())
            .par_chunks_exact_mut(n)
            .map(|values| {
                widely(
                    #[inline(always)]
                    || self.slice(values),
                )
            })
            .collect();
        let gradient = product(view(directions), view(&values).transpose());
        Ok(OfView {
            value: statistics.iter().sum::<f64>() / slices,
            gradient: gradient / slices,
        })
    }

    /// The statistic of the values on one direction, which become its derivatives.
    #[inline(always)]
    fn slice(&self, values: &mut [f64]) -> f64 {
        let n = values.len() as f64;
        // On equal steps, exp(i t y) is a power of exp(i step y): no sine a node.
        let step = self.nodes[1].t;
        let turns = Waves::new(values.iter().map(|y| (step * y).sin_cos()));
        let mut waves = Waves::new(values.iter().map(|_| (0.0, 1.0)));
        values.fill(0.0);
        let mut statistic = 0.0;
        // At t = 0 both functions are 1, whatever the values.
        for node in &self.nodes[1..] {
            waves.turn(&turns);
            let (cosines, sines) = (run_sum(&waves.cos, |v| v), run_sum(&waves.sin, |v| v));
            let (real, imaginary) = (cosines / n - node.gaussian, sines / n);
            statistic += node.weight * (real * real + imaginary * imaginary);
            let factor = 2.0 * node.weight * node.t;
            let (real, imaginary) = (factor * real, factor * imaginary);
            for (derivative, (sin, cos)) in
                (values.iter_mut()).zip(waves.sin.iter().zip(&waves.cos))
            {
                *derivative += imaginary * cos - real * sin;
            }
        }
        n * statistic
    }
}

/// Points of the unit circle, their sines apart from their cosines: so loops over them vectorise.
struct Waves {
    sin: Vec<f64>,
    cos: Vec<f64>,
}

impl Waves {
    fn new(points: impl Iterator<Item = (f64, f64)>) -> Self {
        let (sin, cos) = points.unzip();
        Self { sin, cos }
    }

    /// Turns each point by the angle of another.
    #[inline(always)]
    fn turn(&mut self, turns: &Self) {
        let own = self.sin.iter_mut().zip(&mut self.cos);
        for ((sin, cos), (turn_sin, turn_cos)) in own.zip(turns.sin.iter().zip(&turns.cos)) {
            (*sin, *cos) = (
                *sin * turn_cos + *cos * turn_sin,
                *cos * turn_cos - *sin * turn_sin,
            );
        }
    }
}

impl Objective for SigReg {
    fn name(&self) -> String {
        // Given directions have no name that could be read back.
        let slices = match &self.directions {
            Directions::Given(_) => "given".to_owned(),
            Directions::Fixed(_, slices) => slices.to_string(),
        };
        format!(
            "{}(lambda={},slices={slices},knots={},reach={})",
            ENTRY.id, self.lambda, self.knots, self.reach
        )
    }

    fn evaluate(&self, views: &Paired) -> Result<Evaluation, Error> {
        let directions = self.directions(common_dim(views)?);
        let of = |view| self.statistic_on(&directions, view);
        let [first, second] = [of(&views.x)?, of(&views.y)?];
        let terms = vec![
            Term {
                of: ENTRY.id,
                name: "invariance",
                weight: 1.0 - self.lambda,
                value: invariance_term(views)? / 4.0,
            },
            Term {
                of: ENTRY.id,
                name: "sigreg",
                weight: self.lambda,
                value: (first.value + second.value) / 2.0,
            },
        ];
        let slope = slope(views, (1.0 - self.lambda) / 4.0);
        let share = self.lambda / 2.0;
        let gradient = [
            first.gradient * share + &slope,
            second.gradient * share - slope,
        ];
        Evaluation::new(&self.name(), terms, gradient)
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "sigreg",
    summary: "sliced Epps-Pulley statistic against the standard Gaussian, with invariance (LeJEPA)",
    parameters: &[
        ("lambda", "0.02"),
        ("slices", "64"),
        ("knots", "17"),
        ("reach", "3"),
    ],
    build,
    defaults: &["sigreg(lambda=0.02,slices=64,knots=17,reach=3)"],
};

fn build(parameters: &Parameters) -> Result<Box<dyn Objective>, Error> {
    let lambda = parameters.value("lambda", LAMBDA)?;
    let slices = parameters.value("slices", SLICES)?;
    let knots = parameters.value("knots", KNOTS)?;
    let reach = parameters.value("reach", POSITIVE)?;
    Ok(Box::new(SigReg::fixed(slices, lambda, knots, reach)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::lanes::assert_same_bits_everywhere;

    #[test]
    fn a_direction_has_the_same_bits_everywhere() {
        let sigreg = SigReg::fixed(1, 0.5, 17, 3.0).expect("parameters in range");
        let values: Vec<f64> = (0..77).map(|i| (f64::from(i) * 0.37).sin() * 3.0).collect();
        assert_same_bits_everywhere(
            #[inline(always)]
            || {
                let mut derivatives = values.clone();
                let statistic = sigreg.slice(&mut derivatives);
                derivatives.push(statistic);
                derivatives
            },
        );
    }
}
