//! Fitting the means of a Gaussian mixture by gradient, where the points may move as well.

use nalgebra::DMatrix;

use vicinfo::Error;
use vicinfo::error::finite;
use vicinfo::linalg::{Spd, centred, second_moment};
use vicinfo::sample::Sample;

/// How a point is shared out among the components.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Posterior {
    /// `r_k = exp(-|x - m_k|^2 / 2 s^2) / sum_l exp(-|x - m_l|^2 / 2 s^2)`, `s` the standard deviation of every component.
    Soft {
        /// The `s` above.
        std: f64,
    },
    /// All to the nearest mean, the first of those equally near: the largest `r_k`, whatever `s` is.
    OneHot,
}

/// Points and means, one a column.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The inputs `x_i`, `d x n`.
    pub inputs: Sample,
    /// The means `m_k`, `d x K`.
    pub means: Sample,
}

/// Gradient ascent on `sum_i ln [(1/K) sum_k N(x_i; m_k, s^2 I)] + (n w / 2 s^2) ln det C`, `C` the covariance of the
/// inputs with divisor `n`, over means and inputs.
///
/// With `r_ik` the posterior of component `k` at `x_i` and `c` the mean of the inputs, one step is, both from the same state,
///
/// `x_i <- x_i + a (sum_k r_ik m_k - x_i + w C^-1 (x_i - c))` and
/// `m_k <- m_k + b (sum_i r_ik x_i / sum_i r_ik - m_k)`:
///
/// the gradients times `s^2` and times `s^2 / sum_i r_ik`, so that neither rate has a unit, `a = 1` brings an input to its
/// posterior mean, and `a = 0, b = 1` is expectation-maximisation.
///
/// Under [`Posterior::OneHot`] a mean that is nearest to no input stays where it is. Under [`Posterior::Soft`] every mean
/// has a share of every input; where all its shares are below the smallest double, the step is computed from their logarithms.
///
/// # Source
/// Dempster, Laird & Rubin 1977 for the means; Cheng 1995 for inputs that follow the mixture they define.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ascent {
    posterior: Posterior,
    input_rate: f64,
    mean_rate: f64,
    log_det_weight: f64,
}

impl Ascent {
    /// The ascent with rates `a` of the inputs and `b` of the means, without the log-determinant.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a rate outside of `[0, 1]` and for a standard deviation whose square is not a
    /// positive number of full precision.
    pub fn new(posterior: Posterior, input_rate: f64, mean_rate: f64) -> Result<Self, Error> {
        if let Posterior::Soft { std } = posterior
            && !(std > 0.0 && (std * std).is_normal())
        {
            return Err(Error::invalid(
                "std",
                std,
                "positive, with a square that is a normal double",
            ));
        }
        for (name, rate) in [("input_rate", input_rate), ("mean_rate", mean_rate)] {
            if !(0.0..=1.0).contains(&rate) {
                return Err(Error::invalid(name, rate, "from 0 to 1"));
            }
        }
        Ok(Self {
            posterior,
            input_rate,
            mean_rate,
            log_det_weight: 0.0,
        })
    }

    /// The same ascent with the log-determinant of the inputs at weight `w`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a weight that is negative or not finite.
    pub fn with_log_det(self, weight: f64) -> Result<Self, Error> {
        if !(weight >= 0.0 && weight.is_finite()) {
            return Err(Error::invalid(
                "log_det_weight",
                weight,
                "a finite number, at least 0",
            ));
        }
        Ok(Self {
            log_det_weight: weight,
            ..self
        })
    }

    /// The posteriors `r_ik`, `K x n`: a column for each input.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for inputs and means in different dimensions, [`Error::NonFiniteResult`] for a squared distance
    /// that overflows.
    pub fn posteriors(&self, state: &State) -> Result<DMatrix<f64>, Error> {
        let means = by_coordinate(state)?;
        let mut posteriors = DMatrix::zeros(state.means.n(), state.inputs.n());
        for (point, mut column) in state.inputs.points().zip(posteriors.column_iter_mut()) {
            self.share(point, &means, column.as_mut_slice())?;
        }
        Ok(posteriors)
    }

    /// One step; returns the largest change of a coordinate.
    ///
    /// # Errors
    /// As [`Ascent::posteriors`]; with a log-determinant also those of [`Spd::new`], for inputs whose covariance is
    /// singular, and [`Error::NonFinite`] where it throws an input out of the range of doubles.
    pub fn step(&self, state: &mut State) -> Result<f64, Error> {
        let means = by_coordinate(state)?;
        let (dim, count) = (state.means.dim(), state.means.n());
        let mut targets = self.log_det_pull(&state.inputs)?;
        let mut shares = vec![0.0; count];
        let mut masses = vec![0.0; count];
        // As the means, all components of one coordinate after the other.
        let mut sums = vec![0.0; dim * count];
        for (point, target) in (state.inputs.points()).zip(targets.chunks_exact_mut(dim)) {
            self.share(point, &means, &mut shares)?;
            for (mass, share) in masses.iter_mut().zip(&shares) {
                *mass += share;
            }
            for (v, sums) in point.iter().zip(sums.chunks_exact_mut(count)) {
                for (sum, share) in sums.iter_mut().zip(&shares) {
                    *sum += share * v;
                }
            }
            for (target, means) in target.iter_mut().zip(means.chunks_exact(count)) {
                *target += shares.iter().zip(means).map(|(r, m)| r * m).sum::<f64>();
            }
        }
        let mut centres = Vec::with_capacity(dim * count);
        for (k, mean) in state.means.points().enumerate() {
            // Below this a sum of shares has lost digits to subnormal numbers.
            if masses[k] > f64::MIN_POSITIVE / f64::EPSILON {
                centres.extend(sums[k..].iter().step_by(count).map(|sum| sum / masses[k]));
            } else if let Posterior::Soft { std } = self.posterior {
                centres.extend(self.remote_centre(&state.inputs, &means, k, std)?);
            } else {
                centres.extend(mean);
            }
        }
        let inputs = towards(&state.inputs, &targets, self.input_rate)?;
        let means = towards(&state.means, &centres, self.mean_rate)?;
        let moved =
            largest_change(&state.inputs, &inputs).max(largest_change(&state.means, &means));
        *state = State { inputs, means };
        Ok(moved)
    }

    /// Writes the `r_k` at a point; returns the squared distance of the nearest mean and
    /// `sum_k exp(-(|x - m_k|^2 - nearest) / 2 s^2)`, which is at least 1 however small `s` is.
    fn share(&self, point: &[f64], means: &[f64], shares: &mut [f64]) -> Result<(f64, f64), Error> {
        shares.fill(0.0);
        for (v, means) in point.iter().zip(means.chunks_exact(shares.len())) {
            for (square, mean) in shares.iter_mut().zip(means) {
                *square += (v - mean) * (v - mean);
            }
        }
        let ends = |(low, high), &square: &f64| (f64::min(low, square), f64::max(high, square));
        let (nearest, farthest) = shares.iter().fold((f64::INFINITY, 0.0), ends);
        finite("a squared distance to a mean", farthest)?;
        match self.posterior {
            Posterior::OneHot => {
                let first = shares
                    .iter()
                    .take_while(|square| **square > nearest)
                    .count();
                shares.fill(0.0);
                shares[first] = 1.0;
                Ok((nearest, 1.0))
            }
            Posterior::Soft { std } => {
                let precision = 0.5 / (std * std);
                let mut total = 0.0;
                for share in shares.iter_mut() {
                    *share = (-(*share - nearest) * precision).exp();
                    total += *share;
                }
                let whole = total.recip();
                for share in shares {
                    *share *= whole;
                }
                Ok((nearest, total))
            }
        }
    }

    /// `sum_i r_ik x_i / sum_i r_ik` for a component whose shares underflow: from `ln r_ik`, relative to the largest.
    fn remote_centre(
        &self,
        inputs: &Sample,
        means: &[f64],
        k: usize,
        std: f64,
    ) -> Result<Vec<f64>, Error> {
        let count = means.len() / inputs.dim();
        let mut shares = vec![0.0; count];
        let mut excesses = Vec::with_capacity(inputs.n());
        for point in inputs.points() {
            let (nearest, total) = self.share(point, means, &mut shares)?;
            let mean = means[k..].iter().step_by(count);
            let square: f64 = point.iter().zip(mean).map(|(v, m)| (v - m) * (v - m)).sum();
            excesses.push((square - nearest, total));
        }
        // Squared distances are compared before a small `s^2` divides them.
        let least = (excesses.iter()).fold(f64::INFINITY, |least, e| least.min(e.0));
        let mut centre = vec![0.0; inputs.dim()];
        let mut mass = 0.0;
        for (point, (excess, total)) in inputs.points().zip(excesses) {
            let share = (-(excess - least) * (0.5 / (std * std))).exp() / total;
            mass += share;
            for (c, v) in centre.iter_mut().zip(point) {
                *c += share * v;
            }
        }
        centre.iter_mut().for_each(|c| *c /= mass);
        Ok(centre)
    }

    /// `w C^-1 (x_i - c)` of every input.
    fn log_det_pull(&self, inputs: &Sample) -> Result<Vec<f64>, Error> {
        if self.log_det_weight > 0.0 {
            let offsets = centred(inputs);
            let covariance = Spd::new(&covariance(inputs)?)?;
            let pull = covariance.solve(&offsets) * self.log_det_weight;
            Ok(pull.as_slice().to_vec())
        } else {
            Ok(vec![0.0; inputs.coordinates().len()])
        }
    }
}

/// Covariance with divisor `n`, the one of the likelihood.
///
/// # Errors
/// [`Error::NonFiniteResult`] on overflow.
pub fn covariance(points: &Sample) -> Result<DMatrix<f64>, Error> {
    second_moment(&Sample::new(centred(points))?)
}

/// The means, all components of one coordinate after the other.
fn by_coordinate(state: &State) -> Result<Vec<f64>, Error> {
    let (dim, means) = (state.inputs.dim(), &state.means);
    if dim != means.dim() {
        return Err(Error::Mismatch {
            what: "coordinates of a mean",
            expected: dim,
            actual: means.dim(),
        });
    }
    Ok((0..dim).flat_map(|i| means.coordinate(i)).collect())
}

/// The points moved towards their targets by a share of the way.
fn towards(points: &Sample, targets: &[f64], rate: f64) -> Result<Sample, Error> {
    let all = points.coordinates().iter().zip(targets);
    let moved = all.map(|(v, target)| v + rate * (target - v)).collect();
    Sample::from_points(points.dim(), moved)
}

fn largest_change(from: &Sample, to: &Sample) -> f64 {
    let both = from.coordinates().iter().zip(to.coordinates());
    both.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
