use std::sync::{Arc, Mutex};

use argmin::core::observers::{Observe, ObserverMode};
use argmin::core::{CostFunction, Executor, Gradient, KV, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use nalgebra::{DMatrix, DVector};

use super::require_labelled;
use crate::bound::Labels;
use crate::error::{Error, finite};
use crate::linalg::Spd;
use crate::linalg::product::{product, view};
use crate::sample::Sample;
use crate::training::same;

/// Multinomial logistic regression on standardised coordinates: the linear probe.
///
/// Minimises `(1/n) [sum_i -ln softmax(W u_i + b)_(y_i) + |W|^2 / (2 C)]`, `u` the points with mean 0 and variance 1
/// (divisor `n`) in every coordinate. The problem is convex; L-BFGS stops at a gradient of length `tolerance`. A coordinate
/// that is constant stays at 0.
///
/// Takes `n` points in `R^d` with labels in `K` classes. Cost `O(n d K)` an iteration and `O(n d^2 + d^3)` once.
///
/// # Errors
/// [`Error::Mismatch`] for another number of labels; [`Error::InvalidParameter`] for a `C` or a tolerance that is not positive and
/// finite; [`Error::NoConvergence`] when no place of at most `evaluations` has a gradient within ten times the tolerance, as for a tolerance below
/// the rounding of the loss; [`Error::NonFiniteResult`] when a coordinate's variance or the gradient overflows. Coordinates that depend on each
/// other to the last digits are told apart by the penalty alone: as [`Spd::new`], mostly [`Error::SingularCovariance`], when `K/C` is lost beside
/// `n` in rounding, and [`Error::TinyVariance`] when it is all that a constant coordinate has and is below the smallest normal double.
///
/// # Source
/// The objective of scikit-learn's `LogisticRegression` over `n C`, behind its `StandardScaler`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Logistic {
    /// Inverse strength `C` of the penalty.
    pub inverse_penalty: f64,
    /// Length of the gradient to reach.
    pub tolerance: f64,
    /// Evaluations of the loss at most.
    pub evaluations: u64,
}

impl Default for Logistic {
    /// `C = 1`, a gradient of 1e-5, 2000 evaluations.
    fn default() -> Self {
        Self {
            inverse_penalty: 1.0,
            tolerance: 1e-5,
            evaluations: 2000,
        }
    }
}

/// A fitted probe.
#[derive(Debug, Clone, PartialEq)]
pub struct LogisticFit {
    /// `K x d` weights of the standardised coordinates.
    pub weights: DMatrix<f64>,
    /// `K` biases.
    pub bias: DVector<f64>,
    /// Mean of each coordinate.
    pub mean: DVector<f64>,
    /// Standard deviation of each coordinate, 1 where it is constant.
    pub std: DVector<f64>,
    /// What was minimised, at its end.
    pub loss: f64,
    /// Length of its gradient there.
    pub gradient: f64,
    /// Iterations completed.
    pub iterations: u64,
}

impl Logistic {
    /// Fits the probe.
    ///
    /// # Errors
    /// See the type.
    pub fn fit(&self, sample: &Sample, labels: &Labels) -> Result<LogisticFit, Error> {
        require_labelled(sample, labels)?;
        for (name, value) in [
            ("inverse_penalty", self.inverse_penalty),
            ("tolerance", self.tolerance),
        ] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(Error::invalid(name, value, "a positive finite number"));
            }
        }
        let (mean, std) = moments(sample)?;
        let (dim, classes) = (sample.dim(), labels.classes().len());
        let penalty = 1.0 / self.inverse_penalty;
        let points = standardised(sample, &mean, &std);
        let n = sample.n() as f64;
        let mut curvature = product(view(&points), view(&points).transpose()) / n;
        for j in 0..dim {
            curvature[(j, j)] += classes as f64 * penalty / n;
        }
        let root = Spd::new(&curvature)?;
        // Frobenius' norm of `L`: a gradient in the weights is at most so many times that in the coordinates.
        let stretch = curvature.trace().sqrt().max(1.0);
        let data = Arc::new(Data {
            points: root.whiten(&points),
            root,
            labels: labels.of().to_vec(),
            classes,
            penalty,
        });
        let start = vec![0.0; classes * (dim + 1)];
        let failed = || Error::NoConvergence {
            what: "logistic regression",
            rows: sample.n(),
            columns: dim,
        };
        let solver = LBFGS::new(MoreThuenteLineSearch::new(), 10)
            .with_tolerance_grad(self.tolerance / stretch)
            .and_then(|solver| solver.with_tolerance_cost(0.0))
            .map_err(|_| failed())?;
        // A line search that cannot improve for rounding would go on for ever.
        let seen = Arc::new(Mutex::new(Seen::default()));
        let problem = Problem {
            data: Arc::clone(&data),
            seen: Arc::clone(&seen),
            most: self.evaluations,
        };
        let ended = Executor::new(problem, solver)
            .configure(|state| state.param(start).max_iters(self.evaluations))
            .add_observer(Count(Arc::clone(&seen)), ObserverMode::Always)
            .timer(false)
            .run();
        let end = (ended.ok()).and_then(|result| result.state().get_best_param().cloned());
        let seen = seen.lock().map_err(|_| failed())?;
        // Whatever ended the iterations, with an error or without: what counts is the gradient, at the lowest loss of all iterations or where it
        // was the shortest.
        for place in end.iter().chain([&seen.flattest]) {
            if place.is_empty() {
                continue;
            }
            let (loss, slopes) = data.evaluate(place);
            let (of_weights, of_bias) = slopes.split_at(classes * dim);
            let of_weights = DMatrix::from_column_slice(classes, dim, of_weights);
            let of_weights = &of_weights * data.root.lower().transpose();
            let length = of_weights.norm().hypot(norm(of_bias));
            let gradient = finite("gradient of the logistic regression", length)?;
            if gradient <= 10.0 * self.tolerance {
                let (weights, bias) = place.split_at(classes * dim);
                return Ok(LogisticFit {
                    weights: data.weights(weights),
                    bias: DVector::from_column_slice(bias),
                    mean,
                    std,
                    loss,
                    gradient,
                    iterations: seen.iterations,
                });
            }
        }
        Err(failed())
    }
}

impl LogisticFit {
    /// The class of the largest score of each point; the first of equal ones.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for points of another dimension.
    pub fn predict(&self, sample: &Sample) -> Result<Vec<usize>, Error> {
        same("coordinates of the points", self.mean.len(), sample.dim())?;
        let points = standardised(sample, &self.mean, &self.std);
        let scores = product(view(&self.weights), view(&points));
        Ok((scores.column_iter())
            .map(|column| {
                let scores = column
                    .iter()
                    .zip(&self.bias)
                    .map(|(score, bias)| score + bias);
                let best = scores.enumerate().reduce(
                    |best, next| {
                        if next.1 > best.1 { next } else { best }
                    },
                );
                best.map_or(0, |(class, _)| class)
            })
            .collect())
    }
}

fn moments(sample: &Sample) -> Result<(DVector<f64>, DVector<f64>), Error> {
    let (n, dim) = (sample.n() as f64, sample.dim());
    let mut mean = DVector::<f64>::zeros(dim);
    for i in 0..sample.n() {
        for (sum, value) in mean.iter_mut().zip(sample.point(i)) {
            *sum += value / n;
        }
    }
    let mut variance = DVector::<f64>::zeros(dim);
    for i in 0..sample.n() {
        for ((sum, value), mean) in variance.iter_mut().zip(sample.point(i)).zip(&mean) {
            *sum += (value - mean).powi(2) / n;
        }
    }
    for variance in &variance {
        finite("variance of a coordinate", *variance)?;
    }
    // A constant coordinate has the rounding of its mean left.
    let std = DVector::from_fn(dim, |j, _| {
        let rounding = 16.0 * f64::EPSILON * mean[j].abs();
        let std = variance[j].sqrt();
        if std > rounding { std } else { 1.0 }
    });
    Ok((mean, std))
}

fn standardised(sample: &Sample, mean: &DVector<f64>, std: &DVector<f64>) -> DMatrix<f64> {
    let mut points = sample.matrix().clone();
    for mut point in points.column_iter_mut() {
        for ((value, mean), std) in point.iter_mut().zip(mean).zip(std) {
            *value = (*value - mean) / std;
        }
    }
    points
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

struct Data {
    /// `L^-1 u`.
    points: DMatrix<f64>,
    /// `L`.
    root: Spd,
    labels: Vec<usize>,
    classes: usize,
    penalty: f64,
}

struct Problem {
    data: Arc<Data>,
    seen: Arc<Mutex<Seen>>,
    most: u64,
}

/// What stays when an error ends the iterations, and the last evaluation: loss and gradient of a place are asked for one
/// after the other.
#[derive(Default)]
struct Seen {
    iterations: u64,
    evaluations: u64,
    place: Vec<f64>,
    loss: f64,
    gradient: Vec<f64>,
    /// Where the gradient was the shortest.
    flattest: Vec<f64>,
    least: Option<f64>,
}

/// Counts the iterations.
struct Count(Arc<Mutex<Seen>>);

impl<I: State> Observe<I> for Count {
    fn observe_iter(&mut self, state: &I, _: &KV) -> Result<(), argmin::core::Error> {
        let mut seen = (self.0.lock()).map_err(|_| argmin::core::Error::msg("poisoned"))?;
        // The executor counts an iteration once it has been seen.
        seen.iterations = state.get_iter() + 1;
        Ok(())
    }
}

impl Data {
    /// `W` of its coordinates `W L`, which lie by columns.
    fn weights(&self, coordinates: &[f64]) -> DMatrix<f64> {
        let dim = self.points.nrows();
        let coordinates = DMatrix::from_column_slice(self.classes, dim, coordinates);
        self.root
            .solve_transposed(&coordinates.transpose())
            .transpose()
    }

    /// Loss and gradient at the coordinates of the weights, by columns, and the biases behind them.
    fn evaluate(&self, parameters: &[f64]) -> (f64, Vec<f64>) {
        let (dim, n) = self.points.shape();
        let (weights, bias) = parameters.split_at(self.classes * dim);
        let coordinates = DMatrix::from_column_slice(self.classes, dim, weights);
        let weights = self.weights(weights);
        let mut slopes = product(view(&coordinates), view(&self.points));
        let mut loss = 0.0;
        for (mut scores, &own) in slopes.column_iter_mut().zip(&self.labels) {
            for (score, bias) in scores.iter_mut().zip(bias) {
                *score += bias;
            }
            let largest = scores.max();
            let own_score = scores[own];
            let mut sum = 0.0;
            for score in scores.iter_mut() {
                *score = (*score - largest).exp();
                sum += *score;
            }
            loss += largest + sum.ln() - own_score;
            scores /= sum;
            scores[own] -= 1.0;
        }
        let n = n as f64;
        let of_weights = product(view(&slopes), view(&self.points).transpose());
        let of_penalty = self.root.whiten(&weights.transpose()).transpose() * self.penalty;
        let of_weights = (of_weights + of_penalty) / n;
        let of_bias = slopes.column_sum() / n;
        let loss = (loss + 0.5 * self.penalty * weights.norm_squared()) / n;
        let gradient = of_weights.iter().chain(of_bias.iter()).copied().collect();
        (loss, gradient)
    }
}

impl Problem {
    /// What is asked of an evaluation, made only if the place is a new one.
    fn read<R>(
        &self,
        place: &[f64],
        read: impl FnOnce(&Seen) -> R,
    ) -> Result<R, argmin::core::Error> {
        let mut seen = (self.seen.lock()).map_err(|_| argmin::core::Error::msg("poisoned"))?;
        if seen.place != place {
            if seen.evaluations >= self.most {
                return Err(argmin::core::Error::msg("evaluations used up"));
            }
            let (loss, gradient) = self.data.evaluate(place);
            let length = norm(&gradient);
            if length.is_finite() && seen.least.is_none_or(|least| length < least) {
                seen.least = Some(length);
                seen.flattest = place.to_vec();
            }
            seen.evaluations += 1;
            seen.place = place.to_vec();
            seen.loss = loss;
            seen.gradient = gradient;
        }
        Ok(read(&seen))
    }
}

impl CostFunction for Problem {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, parameters: &Vec<f64>) -> Result<f64, argmin::core::Error> {
        self.read(parameters, |seen| seen.loss)
    }
}

impl Gradient for Problem {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, parameters: &Vec<f64>) -> Result<Vec<f64>, argmin::core::Error> {
        self.read(parameters, |seen| seen.gradient.clone())
    }
}
